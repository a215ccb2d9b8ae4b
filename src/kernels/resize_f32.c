// SPDX-License-Identifier: Apache-2.0
//
// Resizing of float images: one pass along the rows, one along the columns, for every kind that
// blends.
#include <string.h>

#include "base/alloc.h"
#include "kernels/resize.h"
#include "kernels/resize_plan.h"

//===--- kinds that copy pixels ---===//

typedef mmd_status_t (*pick_fn)(size_t, size_t, size_t, size_t, int32_t **);

// Equal sizes pick every pixel.
static mmd_status_t pick(const mmd_resize_t *r, const uint8_t *src, size_t src_stride, uint8_t *dst,
                         size_t dst_stride) {
  const pick_fn make_axis =
      r->kind == MMD_RESIZE_PIL_NEAREST ? mmd_pick_axis_pil : mmd_pick_axis_cv;
  int32_t *px = NULL;
  int32_t *py = NULL;
  size_t bytes = r->channels * sizeof(float);
  mmd_status_t status = make_axis(r->src_width, r->width, r->window_x, r->window_width, &px);
  if (!status) status = make_axis(r->src_height, r->height, r->window_y, r->window_height, &py);
  for (size_t y = 0; !status && y < r->window_height; ++y) {
    const uint8_t *from = src + (size_t)py[y] * src_stride;
    for (size_t x = 0; x < r->window_width; ++x) {
      memcpy(dst + y * dst_stride + x * bytes, from + (size_t)px[x] * bytes, bytes);
    }
  }
  mmd_free(px);
  mmd_free(py);
  return status;
}

//===--- kinds that blend ---===//

typedef struct blender_t {
  size_t channels;
  const uint8_t *src;
  size_t src_stride;
  mmd_tap_axis_t x, y;
  float *rows;     // one for each tap of |y|, after the horizontal pass
  size_t *row_of;  // the source row in each plus one, 0 = none
} blender_t;

static mmd_status_t make_axis(const mmd_resize_t *r, size_t src, size_t dst, size_t begin,
                              size_t count, mmd_tap_axis_t *axis) {
  const bool grows = r->width > r->src_width || r->height > r->src_height;
  const bool is_small = r->src_width < MMD_CUBIC_MIN_SIDE || r->src_height < MMD_CUBIC_MIN_SIDE;
  switch (r->kind) {
    case MMD_RESIZE_CV_LINEAR:
      return mmd_tap_axis_linear(src, dst, begin, count, axis);
    case MMD_RESIZE_CV_CUBIC:
      return (is_small ? mmd_tap_axis_small_cubic : mmd_tap_axis_cubic)(src, dst, begin, count,
                                                                        axis);
    case MMD_RESIZE_CV_LANCZOS4:
      return mmd_tap_axis_lanczos(src, dst, begin, count, axis);
    case MMD_RESIZE_CV_AREA:
      return (grows ? mmd_tap_axis_area_linear : mmd_tap_axis_area)(src, dst, begin, count, axis);
    default:
      return mmd_tap_axis_filter(r->kind, src, dst, begin, count, axis);
  }
}

static void blender_deinit(blender_t *b) {
  mmd_tap_axis_deinit(&b->x);
  mmd_tap_axis_deinit(&b->y);
  mmd_free(b->rows);
  mmd_free(b->row_of);
}

static mmd_status_t blender_init(const mmd_resize_t *r, const float *src, size_t src_stride,
                                 blender_t *b) {
  *b = (blender_t){.channels = r->channels, .src = (const uint8_t *)src, .src_stride = src_stride};
  MMD_TRY(make_axis(r, r->src_width, r->width, r->window_x, r->window_width, &b->x));
  mmd_status_t status =
      make_axis(r, r->src_height, r->height, r->window_y, r->window_height, &b->y);
  if (!status) {
    b->rows = mmd_alloc_array(b->y.taps, r->window_width * r->channels * sizeof(float));
    b->row_of = mmd_alloc_array(b->y.taps, sizeof *b->row_of);
    if (!b->rows || !b->row_of) status = mmd_status_no_memory();
  }
  if (status) blender_deinit(b);
  return status;
}

static void blend_row(const blender_t *b, const float *src, float *out) {
  const mmd_tap_axis_t *axis = &b->x;
  for (size_t x = 0; x < axis->count; ++x) {
    const int32_t *index = axis->index + x * axis->taps;
    const float *w = axis->weights + x * axis->taps;
    double sums[4] = {0};
    for (size_t k = 0; k < axis->taps; ++k) {
      const float *pixel = src + (size_t)index[k] * b->channels;
      if (w[k] == 0) continue;  // also where 0 * inf is no number
      for (size_t c = 0; c < b->channels; ++c) sums[c] += (double)pixel[c] * (double)w[k];
    }
    for (size_t c = 0; c < b->channels; ++c) *out++ = (float)sums[c];
  }
}

static const float *blended_row(blender_t *b, size_t row) {
  const size_t slot = row % b->y.taps;
  float *out = b->rows + slot * b->x.count * b->channels;
  if (b->row_of[slot] != row + 1) {
    blend_row(b, (const float *)(const void *)(b->src + row * b->src_stride), out);
    b->row_of[slot] = row + 1;
  }
  return out;
}

static void blend_columns(blender_t *b, size_t y, float *out) {
  const size_t count = b->x.count * b->channels;
  const float *w = b->y.weights + y * b->y.taps;
  bool is_first = true;
  for (size_t k = 0; k < b->y.taps; ++k) {
    if (w[k] == 0) continue;
    const float *row = blended_row(b, (size_t)b->y.index[y * b->y.taps + k]);
    for (size_t i = 0; i < count; ++i) out[i] = (is_first ? 0 : out[i]) + row[i] * w[k];
    is_first = false;
  }
  for (size_t i = 0; is_first && i < count; ++i) out[i] = 0;
}

mmd_status_t mmd_resize_f32(const mmd_resize_t *r, const float *src, size_t src_stride, float *dst,
                            size_t dst_stride) {
  MMD_TRY(mmd_resize_check(r));
  if (r->places_x) return MMD_ERROR(MMD_NOT_SUPPORTED, "resize: places with float images");
  uint8_t *to = (uint8_t *)dst;
  const bool is_same = r->width == r->src_width && r->height == r->src_height;
  if (is_same || r->kind == MMD_RESIZE_CV_NEAREST || r->kind == MMD_RESIZE_PIL_NEAREST) {
    return pick(r, (const uint8_t *)src, src_stride, to, dst_stride);
  }
  blender_t b;
  MMD_TRY(blender_init(r, src, src_stride, &b));
  for (size_t y = 0; y < r->window_height; ++y) {
    blend_columns(&b, y, (float *)(void *)(to + y * dst_stride));
  }
  blender_deinit(&b);
  return NULL;
}
