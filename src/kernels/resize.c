// SPDX-License-Identifier: Apache-2.0
#include "kernels/resize.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "base/alloc.h"
#include "base/checked.h"
#include "kernels/resize_plan.h"

enum { MAX_SIDE = 1 << 20 };

mmd_resize_t mmd_resize_make(mmd_resize_kind_t kind, size_t channels, size_t src_width,
                             size_t src_height, size_t width, size_t height) {
  return (mmd_resize_t){.kind = kind,
                        .channels = channels,
                        .src_width = src_width,
                        .src_height = src_height,
                        .width = width,
                        .height = height,
                        .window_width = width,
                        .window_height = height};
}

static bool is_side(size_t side) {
  return side >= 1 && side <= MAX_SIDE;
}

mmd_status_t mmd_resize_check(const mmd_resize_t *r) {
  if ((unsigned)r->kind >= MMD_RESIZE_KIND_COUNT) {
    return MMD_ERROR(MMD_INVALID_ARGUMENT, "resize: unknown interpolation %d", (int)r->kind);
  }
  if (r->channels != 1 && r->channels != 3 && r->channels != 4) {
    return MMD_ERROR(MMD_NOT_SUPPORTED, "resize: %zu channels; 1, 3 or 4 are supported",
                     r->channels);
  }
  if (!is_side(r->src_width) || !is_side(r->src_height) || !is_side(r->width) ||
      !is_side(r->height)) {
    return MMD_ERROR(MMD_OUT_OF_RANGE, "resize: %zux%zu to %zux%zu; sides must be 1 to %d",
                     r->src_width, r->src_height, r->width, r->height, MAX_SIDE);
  }
  if (r->window_width < 1 || r->window_height < 1 || r->window_x >= r->width ||
      r->window_y >= r->height || r->window_width > r->width - r->window_x ||
      r->window_height > r->height - r->window_y) {
    return MMD_ERROR(MMD_OUT_OF_RANGE, "resize: window %zux%zu at (%zu, %zu) leaves %zux%zu",
                     r->window_width, r->window_height, r->window_x, r->window_y, r->width,
                     r->height);
  }
  return NULL;
}

// How often |dst| pixels go into |src|; 0 when OpenCV does not see a whole number.
static size_t whole_ratio(size_t src, size_t dst) {
  double scale = 1.0 / ((double)dst / (double)src);
  return fabs(scale - rint(scale)) < DBL_EPSILON ? (size_t)rint(scale) : 0;
}

static mmd_resize_method_t choose_area_method(const mmd_resize_t *r) {
  if (r->width > r->src_width || r->height > r->src_height) return MMD_RESIZE_LINEAR;
  size_t x = whole_ratio(r->src_width, r->width), y = whole_ratio(r->src_height, r->height);
  if (x == 2 && y == 2) return MMD_RESIZE_HALVE;
  return x && y ? MMD_RESIZE_MEAN : MMD_RESIZE_AREA;
}

static mmd_resize_method_t choose_method(const mmd_resize_t *r) {
  if (r->places_x) return MMD_RESIZE_WARP;
  if (r->width == r->src_width && r->height == r->src_height) return MMD_RESIZE_COPY;
  switch (r->kind) {
    case MMD_RESIZE_CV_NEAREST:
    case MMD_RESIZE_PIL_NEAREST:
      return MMD_RESIZE_PICK;
    case MMD_RESIZE_CV_LINEAR:
      // OpenCV answers the exact half with a mean.
      return r->src_width == 2 * r->width && r->src_height == 2 * r->height ? MMD_RESIZE_HALVE
                                                                            : MMD_RESIZE_LINEAR;
    case MMD_RESIZE_CV_CUBIC:
      return r->src_width < MMD_CUBIC_MIN_SIDE || r->src_height < MMD_CUBIC_MIN_SIDE
                 ? MMD_RESIZE_SMALL_CUBIC
                 : MMD_RESIZE_CUBIC;
    case MMD_RESIZE_CV_AREA:
      return choose_area_method(r);
    case MMD_RESIZE_CV_LANCZOS4:
      return MMD_RESIZE_LANCZOS;
    default:
      return MMD_RESIZE_FILTER;
  }
}

static mmd_status_t make_axes(mmd_resize_plan_t *p) {
  const mmd_resize_t *r = &p->resize;
  switch (p->method) {
    case MMD_RESIZE_PICK: {
      bool cv = r->kind == MMD_RESIZE_CV_NEAREST;
      MMD_TRY((cv ? mmd_pick_axis_cv : mmd_pick_axis_pil)(r->src_width, r->width, r->window_x,
                                                          r->window_width, &p->pick_x));
      return (cv ? mmd_pick_axis_cv : mmd_pick_axis_pil)(r->src_height, r->height, r->window_y,
                                                         r->window_height, &p->pick_y);
    }
    case MMD_RESIZE_LINEAR:
      MMD_TRY(mmd_linear_axis_init(r->kind, r->src_width, r->width, r->window_x, r->window_width,
                                   true, &p->linear_x));
      return mmd_linear_axis_init(r->kind, r->src_height, r->height, r->window_y, r->window_height,
                                  false, &p->linear_y);
    case MMD_RESIZE_WARP:
      MMD_TRY(mmd_place_axis_init(r->places_x + r->window_x, r->src_width, r->window_width, true,
                                  &p->linear_x));
      return mmd_place_axis_init(r->places_y + r->window_y, r->src_height, r->window_height, false,
                                 &p->linear_y);
    case MMD_RESIZE_FILTER:
      if (r->width != r->src_width) {
        MMD_TRY(mmd_filter_axis_init(r->kind, r->src_width, r->width, r->window_x, r->window_width,
                                     &p->filter_x));
      }
      if (r->height == r->src_height) return NULL;
      return mmd_filter_axis_init(r->kind, r->src_height, r->height, r->window_y, r->window_height,
                                  &p->filter_y);
    case MMD_RESIZE_MEAN:
    case MMD_RESIZE_AREA:
    case MMD_RESIZE_CUBIC:
    case MMD_RESIZE_SMALL_CUBIC:
    case MMD_RESIZE_LANCZOS:
      return mmd_resize_blend_plan(p);
    default:
      return NULL;
  }
}

mmd_status_t mmd_resize_plan_init(const mmd_resize_t *resize, mmd_resize_plan_t *plan) {
  *plan = (mmd_resize_plan_t){.resize = *resize};
  MMD_TRY(mmd_resize_check(resize));
  plan->method = choose_method(resize);
  mmd_status_t status = make_axes(plan);
  if (status) mmd_resize_plan_deinit(plan);
  return status;
}

void mmd_resize_plan_deinit(mmd_resize_plan_t *plan) {
  mmd_free(plan->pick_x);
  mmd_free(plan->pick_y);
  mmd_linear_axis_deinit(&plan->linear_x);
  mmd_linear_axis_deinit(&plan->linear_y);
  mmd_filter_axis_deinit(&plan->filter_x);
  mmd_filter_axis_deinit(&plan->filter_y);
  mmd_tap_axis_deinit(&plan->tap_x);
  mmd_tap_axis_deinit(&plan->tap_y);
  *plan = (mmd_resize_plan_t){0};
}

mmd_status_t mmd_resize_rows_init(const mmd_resize_plan_t *plan, const uint8_t *src,
                                  size_t src_stride, mmd_resize_rows_t *rows) {
  *rows = (mmd_resize_rows_t){.plan = plan, .src = src, .src_stride = src_stride};
  size_t elements = plan->resize.window_width * plan->resize.channels;
  if (plan->method == MMD_RESIZE_LINEAR || plan->method == MMD_RESIZE_WARP) {
    rows->slots = 2;
    rows->slot_size = elements * sizeof(int16_t);
  } else if (plan->method == MMD_RESIZE_FILTER && plan->filter_y.count > 0) {
    rows->slots = 2 * plan->filter_y.pairs;
    rows->slot_size = elements;
  } else if (plan->method == MMD_RESIZE_AREA) {
    // Neighbours share one row at most.
    rows->slots = 2;
    rows->slot_size = elements * sizeof(float);
    rows->sums = mmd_alloc_array(elements, sizeof *rows->sums);
    if (!rows->sums) return mmd_status_no_memory();
  } else if (plan->method >= MMD_RESIZE_CUBIC) {
    rows->slots = plan->tap_y.taps;
    rows->slot_size = elements * sizeof(float);  // or int32_t
  } else {
    return NULL;
  }
  rows->memory = mmd_alloc_array(rows->slots, rows->slot_size);
  rows->slot_row = mmd_alloc_array(rows->slots, sizeof *rows->slot_row);
  rows->taps = mmd_alloc_array(rows->slots, sizeof *rows->taps);
  if (rows->memory && rows->slot_row && rows->taps) return NULL;
  mmd_resize_rows_deinit(rows);
  return mmd_status_no_memory();
}

void mmd_resize_rows_deinit(mmd_resize_rows_t *rows) {
  mmd_free(rows->memory);
  mmd_free(rows->slot_row);
  mmd_free(rows->taps);
  mmd_free(rows->sums);
  *rows = (mmd_resize_rows_t){0};
}

uint8_t *mmd_resize_rows_slot(mmd_resize_rows_t *rows, size_t row, mmd_resize_fill_fn fill) {
  size_t slot = row % rows->slots;
  uint8_t *memory = rows->memory + slot * rows->slot_size;
  if (rows->slot_row[slot] != row + 1) {
    fill(rows, rows->src + row * rows->src_stride, memory);
    rows->slot_row[slot] = row + 1;
  }
  return memory;
}

static void fill_linear(mmd_resize_rows_t *rows, const uint8_t *src, uint8_t *slot) {
  const mmd_resize_plan_t *p = rows->plan;
  mmd_rows_get()->linear_x(src, p->resize.src_width, p->resize.channels, &p->linear_x,
                           (int16_t *)(void *)slot, 0);
}

static void fill_filter(mmd_resize_rows_t *rows, const uint8_t *src, uint8_t *slot) {
  const mmd_resize_plan_t *p = rows->plan;
  mmd_rows_get()->filter_x(src, p->resize.src_width, p->resize.channels, &p->filter_x, slot);
}

void mmd_resize_plan_linear_rows(const mmd_resize_plan_t *plan, size_t y, size_t out_rows[2]) {
  int32_t last = (int32_t)plan->resize.src_height - 1;
  for (int i = 0; i < 2; ++i) {
    int32_t row = plan->linear_y.index[y] + i;
    out_rows[i] = (size_t)(row < 0 ? 0 : row > last ? last : row);
  }
}

static void get_linear(mmd_resize_rows_t *rows, size_t y, uint8_t *out) {
  const mmd_resize_plan_t *p = rows->plan;
  size_t source[2];
  mmd_resize_plan_linear_rows(p, y, source);
  const void *row0 = mmd_resize_rows_slot(rows, source[0], fill_linear);
  const void *row1 = mmd_resize_rows_slot(rows, source[1], fill_linear);
  const mmd_rows_t *loops = mmd_rows_get();
  (p->method == MMD_RESIZE_WARP ? loops->warp_y : loops->linear_y)(
      row0, row1, p->linear_y.weights + 2 * y, p->resize.window_width * p->resize.channels, out);
}

static void get_filtered(mmd_resize_rows_t *rows, size_t y, uint8_t *out) {
  const mmd_resize_plan_t *p = rows->plan;
  size_t count = p->resize.window_width * p->resize.channels;
  if (p->filter_y.count == 0) {
    fill_filter(rows, rows->src + (y + p->resize.window_y) * rows->src_stride, out);
    return;
  }
  size_t start = (size_t)p->filter_y.start[y];
  size_t size = (size_t)p->filter_y.size[y];
  for (size_t k = 0; k < rows->slots; ++k) {
    // Weights beyond |size| are zero, so any row will do.
    size_t row = start + (k < size ? k : 0);
    rows->taps[k] = p->filter_x.count > 0 ? mmd_resize_rows_slot(rows, row, fill_filter)
                                          : rows->src + row * rows->src_stride +
                                                p->resize.window_x * p->resize.channels;
  }
  mmd_rows_get()->filter_y(rows->taps, p->filter_y.weights + 4 * p->filter_y.pairs * y,
                           p->filter_y.pairs, count, out);
}

static void get_picked(const mmd_resize_rows_t *rows, size_t y, uint8_t *out) {
  const mmd_resize_plan_t *p = rows->plan;
  const uint8_t *src = rows->src + (size_t)p->pick_y[y] * rows->src_stride;
  size_t channels = p->resize.channels;
  for (size_t x = 0; x < p->resize.window_width; ++x) {
    const uint8_t *from = src + (size_t)p->pick_x[x] * channels;
    for (size_t c = 0; c < channels; ++c) out[x * channels + c] = from[c];
  }
}

static void get_halved(const mmd_resize_rows_t *rows, size_t y, uint8_t *out) {
  const mmd_resize_t *r = &rows->plan->resize;
  const uint8_t *row0 = rows->src + 2 * (y + r->window_y) * rows->src_stride;
  const uint8_t *row1 = row0 + rows->src_stride;
  for (size_t x = 0; x < r->window_width; ++x) {
    size_t at = 2 * (x + r->window_x) * r->channels;
    for (size_t c = 0; c < r->channels; ++c, ++at) {
      int sum = row0[at] + row0[at + r->channels] + row1[at] + row1[at + r->channels];
      out[x * r->channels + c] = (uint8_t)((sum + 2) >> 2);
    }
  }
}

void mmd_resize_rows_get(mmd_resize_rows_t *rows, size_t y, uint8_t *out) {
  const mmd_resize_t *r = &rows->plan->resize;
  switch (rows->plan->method) {
    case MMD_RESIZE_COPY:
      memcpy(out, rows->src + (y + r->window_y) * rows->src_stride + r->window_x * r->channels,
             r->window_width * r->channels);
      break;
    case MMD_RESIZE_PICK:
      get_picked(rows, y, out);
      break;
    case MMD_RESIZE_LINEAR:
    case MMD_RESIZE_WARP:
      get_linear(rows, y, out);
      break;
    case MMD_RESIZE_HALVE:
      get_halved(rows, y, out);
      break;
    case MMD_RESIZE_FILTER:
      get_filtered(rows, y, out);
      break;
    case MMD_RESIZE_MEAN:
    case MMD_RESIZE_AREA:
    case MMD_RESIZE_CUBIC:
    case MMD_RESIZE_SMALL_CUBIC:
    case MMD_RESIZE_LANCZOS:
      mmd_resize_blend_get(rows, y, out);
      break;
  }
}

mmd_status_t mmd_resize_u8(const mmd_resize_t *resize, const uint8_t *src, size_t src_stride,
                           uint8_t *dst, size_t dst_stride) {
  mmd_resize_plan_t plan;
  mmd_resize_rows_t rows;
  MMD_TRY(mmd_resize_plan_init(resize, &plan));
  mmd_status_t status = mmd_resize_rows_init(&plan, src, src_stride, &rows);
  if (!status) {
    for (size_t y = 0; y < resize->window_height; ++y) {
      mmd_resize_rows_get(&rows, y, dst + y * dst_stride);
    }
    mmd_resize_rows_deinit(&rows);
  }
  mmd_resize_plan_deinit(&plan);
  return status;
}
