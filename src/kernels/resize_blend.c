// SPDX-License-Identifier: Apache-2.0
//
// OpenCV's area, bicubic and lanczos kinds for bytes. As in resize_axis.c, the order and the width
// of every operation decides bits of the result.
#include <math.h>
#include <string.h>

#include "kernels/resize_plan.h"

enum { CUBIC = 4, LANCZOS = 8, FIXED_ONE = 2048, FIXED_BITS = 22 };

//===--- plan ---===//

typedef mmd_status_t (*make_axis_fn)(size_t, size_t, size_t, size_t, mmd_tap_axis_t *);

static void round_weights(mmd_tap_axis_t *axis) {
  for (size_t i = 0; i < axis->count * axis->taps; ++i) {
    axis->weights[i] = rintf(axis->weights[i] * (float)FIXED_ONE);
  }
}

mmd_status_t mmd_resize_blend_plan(mmd_resize_plan_t *plan) {
  static const make_axis_fn makers[] = {
      [MMD_RESIZE_AREA] = mmd_tap_axis_area,
      [MMD_RESIZE_CUBIC] = mmd_tap_axis_cubic,
      [MMD_RESIZE_SMALL_CUBIC] = mmd_tap_axis_small_cubic,
      [MMD_RESIZE_LANCZOS] = mmd_tap_axis_lanczos,
  };
  const mmd_resize_t *r = &plan->resize;
  if (plan->method == MMD_RESIZE_MEAN) return NULL;
  const make_axis_fn make = makers[plan->method];
  MMD_TRY(make(r->src_width, r->width, r->window_x, r->window_width, &plan->tap_x));
  MMD_TRY(make(r->src_height, r->height, r->window_y, r->window_height, &plan->tap_y));
  if (plan->method == MMD_RESIZE_LANCZOS || plan->method == MMD_RESIZE_SMALL_CUBIC) {
    round_weights(&plan->tap_x);
    round_weights(&plan->tap_y);
  }
  return NULL;
}

static uint8_t clip(int32_t value) {
  return (uint8_t)(value < 0 ? 0 : value > 255 ? 255 : value);
}

//===--- bicubic ---===//

// The order of the additions is that of Intel's library for SSE 4.2, which has another one for
// gray.
#define CUBIC_ROW(CHANNELS)                                                 \
  for (size_t x = 0; x < axis->count; ++x, out += (CHANNELS)) {             \
    const int32_t *at = axis->index + CUBIC * x;                            \
    const float *w = axis->weights + CUBIC * x;                             \
    for (size_t c = 0; c < (CHANNELS); ++c) {                               \
      float part[CUBIC];                                                    \
      for (size_t k = 0; k < CUBIC; ++k) {                                  \
        part[k] = (float)src[(size_t)at[k] * (CHANNELS) + c] * w[k];        \
      }                                                                     \
      out[c] = (CHANNELS) == 1 ? (part[0] + part[1]) + (part[2] + part[3])  \
                               : (part[0] + part[3]) + (part[1] + part[2]); \
    }                                                                       \
  }

static void fill_cubic(mmd_resize_rows_t *rows, const uint8_t *src, uint8_t *slot) {
  const mmd_tap_axis_t *axis = &rows->plan->tap_x;
  const size_t channels = rows->plan->resize.channels;
  float *out = (float *)(void *)slot;
  if (channels == 1) {
    CUBIC_ROW(1)
  } else if (channels == 3) {
    CUBIC_ROW(3)
  } else {
    CUBIC_ROW(4)
  }
}

// To the nearest integer, halves to even, by adding 1.5 * 2^23; |value| is small.
static int32_t round_small(float value) {
  const float shifted = value + 12582912.f;
  int32_t bits;
  memcpy(&bits, &shifted, sizeof bits);
  return bits - 0x4b400000;
}

static void get_cubic(mmd_resize_rows_t *rows, size_t y, uint8_t *out) {
  const mmd_resize_plan_t *p = rows->plan;
  const float *w = p->tap_y.weights + CUBIC * y;
  const float *taps[CUBIC];
  for (size_t k = 0; k < CUBIC; ++k) {
    const size_t row = (size_t)p->tap_y.index[CUBIC * y + k];
    taps[k] = (const float *)(const void *)mmd_resize_rows_slot(rows, row, fill_cubic);
  }
  for (size_t i = 0; i < p->resize.window_width * p->resize.channels; ++i) {
    const float value =
        (taps[0][i] * w[0] + taps[1][i] * w[1]) + (taps[2][i] * w[2] + taps[3][i] * w[3]);
    out[i] = clip(round_small(value));
  }
}

//===--- lanczos, and bicubic of small images: weights of 2048 ---===//

static void fill_fixed(mmd_resize_rows_t *rows, const uint8_t *src, uint8_t *slot) {
  const mmd_tap_axis_t *axis = &rows->plan->tap_x;
  const size_t channels = rows->plan->resize.channels, taps = axis->taps;
  int32_t *out = (int32_t *)(void *)slot;
  for (size_t x = 0; x < axis->count; ++x, out += channels) {
    int32_t sums[4] = {0};
    for (size_t k = 0; k < taps; ++k) {
      const uint8_t *pixel = src + (size_t)axis->index[taps * x + k] * channels;
      const int32_t weight = (int32_t)axis->weights[taps * x + k];
      for (size_t c = 0; c < channels; ++c) sums[c] += pixel[c] * weight;
    }
    for (size_t c = 0; c < channels; ++c) out[c] = sums[c];
  }
}

static void get_fixed_rows(mmd_resize_rows_t *rows, size_t y, const int32_t **taps, int32_t *w) {
  const mmd_tap_axis_t *axis = &rows->plan->tap_y;
  for (size_t k = 0; k < axis->taps; ++k) {
    const size_t row = (size_t)axis->index[axis->taps * y + k];
    taps[k] = (const int32_t *)(const void *)mmd_resize_rows_slot(rows, row, fill_fixed);
    w[k] = (int32_t)axis->weights[axis->taps * y + k];
  }
}

static void get_lanczos(mmd_resize_rows_t *rows, size_t y, uint8_t *out) {
  const mmd_resize_plan_t *p = rows->plan;
  const int32_t *taps[LANCZOS];
  int32_t w[LANCZOS];
  get_fixed_rows(rows, y, taps, w);
  for (size_t i = 0; i < p->resize.window_width * p->resize.channels; ++i) {
    int32_t sum = 1 << (FIXED_BITS - 1);
    for (size_t k = 0; k < LANCZOS; ++k) sum += taps[k][i] * w[k];
    out[i] = clip(sum >> FIXED_BITS);
  }
}

// OpenCV takes eight results at once in float, and the rest of the row as integers.
static void get_small_cubic(mmd_resize_rows_t *rows, size_t y, uint8_t *out) {
  const mmd_resize_t *r = &rows->plan->resize;
  const size_t first = r->window_x * r->channels, together = r->width * r->channels / 8 * 8;
  const float scale = 1.f / (float)(FIXED_ONE * FIXED_ONE);
  const int32_t *taps[CUBIC];
  int32_t w[CUBIC];
  get_fixed_rows(rows, y, taps, w);
  for (size_t i = 0; i < r->window_width * r->channels; ++i) {
    if (first + i < together) {
      float sum = (float)taps[3][i] * ((float)w[3] * scale);
      for (int k = 2; k >= 0; --k) sum = (float)taps[k][i] * ((float)w[k] * scale) + sum;
      out[i] = clip(round_small(sum));
    } else {
      int32_t sum = 1 << (FIXED_BITS - 1);
      for (size_t k = 0; k < CUBIC; ++k) sum += taps[k][i] * w[k];
      out[i] = clip(sum >> FIXED_BITS);
    }
  }
}

//===--- area ---===//

static void fill_area(mmd_resize_rows_t *rows, const uint8_t *src, uint8_t *slot) {
  const mmd_tap_axis_t *axis = &rows->plan->tap_x;
  const size_t channels = rows->plan->resize.channels;
  float *out = (float *)(void *)slot;
  for (size_t x = 0; x < axis->count; ++x, out += channels) {
    const float *w = axis->weights + axis->taps * x;
    // The pixels lie side by side: taps beyond the source weigh nothing.
    const uint8_t *pixel = src + (size_t)axis->index[axis->taps * x] * channels;
    for (size_t c = 0; c < channels; ++c) out[c] = 0;
    for (size_t k = 0; k < axis->taps && w[k] > 0; ++k, pixel += channels) {
      for (size_t c = 0; c < channels; ++c) out[c] += (float)pixel[c] * w[k];
    }
  }
}

static void get_area(mmd_resize_rows_t *rows, size_t y, uint8_t *out) {
  const mmd_tap_axis_t *axis = &rows->plan->tap_y;
  const float *w = axis->weights + axis->taps * y;
  const size_t count = rows->plan->resize.window_width * rows->plan->resize.channels;
  float *sums = rows->sums;
  for (size_t k = 0; k < axis->taps && w[k] > 0; ++k) {
    const size_t row = (size_t)axis->index[axis->taps * y + k];
    const float *in = (const float *)(const void *)mmd_resize_rows_slot(rows, row, fill_area);
    for (size_t i = 0; i < count; ++i) sums[i] = (k ? sums[i] : 0) + w[k] * in[i];
  }
  for (size_t i = 0; i < count; ++i) out[i] = clip(round_small(sums[i]));
}

static void get_mean(const mmd_resize_rows_t *rows, size_t y, uint8_t *out) {
  const mmd_resize_t *r = &rows->plan->resize;
  const size_t block_x = r->src_width / r->width, block_y = r->src_height / r->height;
  const float scale = 1.f / (float)(block_x * block_y);
  const uint8_t *src = rows->src + (y + r->window_y) * block_y * rows->src_stride;
  for (size_t x = 0; x < r->window_width; ++x) {
    uint64_t sums[4] = {0};
    for (size_t j = 0; j < block_y; ++j) {
      const uint8_t *pixel = src + j * rows->src_stride + (x + r->window_x) * block_x * r->channels;
      for (size_t i = 0; i < block_x; ++i, pixel += r->channels) {
        for (size_t c = 0; c < r->channels; ++c) sums[c] += pixel[c];
      }
    }
    for (size_t c = 0; c < r->channels; ++c) {
      *out++ = clip((int32_t)rintf((float)sums[c] * scale));
    }
  }
}

void mmd_resize_blend_get(mmd_resize_rows_t *rows, size_t y, uint8_t *out) {
  switch (rows->plan->method) {
    case MMD_RESIZE_MEAN:
      get_mean(rows, y, out);
      break;
    case MMD_RESIZE_AREA:
      get_area(rows, y, out);
      break;
    case MMD_RESIZE_CUBIC:
      get_cubic(rows, y, out);
      break;
    case MMD_RESIZE_SMALL_CUBIC:
      get_small_cubic(rows, y, out);
      break;
    default:
      get_lanczos(rows, y, out);
  }
}
