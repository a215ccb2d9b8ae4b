// SPDX-License-Identifier: Apache-2.0
//
// As in resize_axis.c, the order and the width of every operation decides bits of the result.
#include "kernels/resize_taps.h"

#include <math.h>

#include "base/alloc.h"
#include "kernels/resize_plan.h"

enum { CUBIC_TAPS = 4, LANCZOS_TAPS = 8 };

mmd_status_t mmd_tap_axis_init(size_t count, size_t taps, mmd_tap_axis_t *axis) {
  *axis = (mmd_tap_axis_t){.count = count, .taps = taps};
  axis->index = mmd_alloc_array(count, taps * sizeof *axis->index);
  axis->weights = mmd_alloc_array(count, taps * sizeof *axis->weights);
  if (axis->index && axis->weights) return NULL;
  mmd_tap_axis_deinit(axis);
  return mmd_status_no_memory();
}

void mmd_tap_axis_deinit(mmd_tap_axis_t *axis) {
  mmd_free(axis->index);
  mmd_free(axis->weights);
  *axis = (mmd_tap_axis_t){0};
}

// Indexes |first|, |first| + 1, … of result |i|, kept inside the source.
static void put_indexes(mmd_tap_axis_t *axis, size_t i, int64_t first, size_t src) {
  const int64_t last = (int64_t)src - 1;
  for (size_t k = 0; k < axis->taps; ++k) {
    const int64_t at = first + (int64_t)k;
    axis->index[i * axis->taps + k] = (int32_t)(at < 0 ? 0 : at > last ? last : at);
  }
}

// The position without error, and its fraction rounded once: the wheel's linear kind for floats and
// its bicubic are those of Intel's library, which has it so.
static void exact_sample(size_t src, size_t dst, size_t i, int64_t *out_index,
                         float *out_fraction) {
  const int64_t from = (int64_t)((2 * i + 1) * src) - (int64_t)dst;
  const int64_t whole = 2 * (int64_t)dst;
  const int64_t index = from >= 0 ? from / whole : -1;  // |from| is never below -whole
  *out_index = index;
  *out_fraction = (float)((double)(from - index * whole) / (double)whole);
}

mmd_status_t mmd_tap_axis_linear(size_t src, size_t dst, size_t begin, size_t count,
                                 mmd_tap_axis_t *axis) {
  MMD_TRY(mmd_tap_axis_init(count, 2, axis));
  for (size_t i = 0; i < count; ++i) {
    int64_t index;
    float fraction;
    exact_sample(src, dst, begin + i, &index, &fraction);
    put_indexes(axis, i, index, src);
    axis->weights[2 * i] = 1.f - fraction;
    axis->weights[2 * i + 1] = fraction;
  }
  return NULL;
}

mmd_status_t mmd_tap_axis_area_linear(size_t src, size_t dst, size_t begin, size_t count,
                                      mmd_tap_axis_t *axis) {
  MMD_TRY(mmd_tap_axis_init(count, 2, axis));
  for (size_t i = 0; i < count; ++i) {
    int32_t index;
    float fraction;
    mmd_area_linear_sample(src, dst, begin + i, &index, &fraction);
    put_indexes(axis, i, index, src);
    axis->weights[2 * i] = 1.f - fraction;
    axis->weights[2 * i + 1] = fraction;
  }
  return NULL;
}

// Intel's library: the distance to the first tap is a float, the weights are made in double.
static void cubic_weights(float fraction, float *out) {
  const double a = -0.75;
  const double u = (double)(1.f + fraction) - 1;
  const double v = 1 - u;
  out[0] = (float)(a * u * v * v);
  out[1] = (float)((1.25 * u - 2.25) * u * u + 1);
  out[2] = (float)((1.25 * v - 2.25) * v * v + 1);
  out[3] = (float)(a * u * u * v);
}

mmd_status_t mmd_tap_axis_cubic(size_t src, size_t dst, size_t begin, size_t count,
                                mmd_tap_axis_t *axis) {
  MMD_TRY(mmd_tap_axis_init(count, CUBIC_TAPS, axis));
  for (size_t i = 0; i < count; ++i) {
    int64_t index;
    float fraction;
    exact_sample(src, dst, begin + i, &index, &fraction);
    put_indexes(axis, i, index - 1, src);
    cubic_weights(fraction, axis->weights + CUBIC_TAPS * i);
  }
  return NULL;
}

mmd_status_t mmd_tap_axis_small_cubic(size_t src, size_t dst, size_t begin, size_t count,
                                      mmd_tap_axis_t *axis) {
  MMD_TRY(mmd_tap_axis_init(count, CUBIC_TAPS, axis));
  const float a = -0.75f;
  for (size_t i = 0; i < count; ++i) {
    int32_t index;
    float u;
    float *w = axis->weights + CUBIC_TAPS * i;
    mmd_linear_sample(src, dst, begin + i, &index, &u);
    put_indexes(axis, i, (int64_t)index - 1, src);
    w[0] = ((a * (u + 1) - 5 * a) * (u + 1) + 8 * a) * (u + 1) - 4 * a;
    w[1] = ((a + 2) * u - (a + 3)) * u * u + 1;
    w[2] = ((a + 2) * (1 - u) - (a + 3)) * (1 - u) * (1 - u) + 1;
    w[3] = 1.f - w[0] - w[1] - w[2];
  }
  return NULL;
}

// OpenCV's: sines of steps of 45 degrees from those of the first.
static void lanczos_weights(float fraction, float *out) {
  const double h = 0.70710678118654752440084436210485, pi = 3.1415926535897932384626433832795;
  const double parts[LANCZOS_TAPS][2] = {{1, 0},  {-h, -h}, {0, 1},  {h, -h},
                                         {-1, 0}, {h, h},   {0, -1}, {-h, h}};
  const double y0 = -(double)(fraction + 3.f) * pi * 0.25;
  const double s0 = sin(y0), c0 = cos(y0);
  float sum = 0;
  for (int k = 0; k < LANCZOS_TAPS; ++k) {
    const float distance = fraction + 3.f - (float)k;
    const double y = -(double)distance * pi * 0.25;
    // A pixel that is hit takes everything.
    out[k] =
        fabsf(distance) < 1e-6f ? 1e30f : (float)((parts[k][0] * s0 + parts[k][1] * c0) / (y * y));
    sum += out[k];
  }
  sum = 1.f / sum;
  for (int k = 0; k < LANCZOS_TAPS; ++k) out[k] *= sum;
}

mmd_status_t mmd_tap_axis_lanczos(size_t src, size_t dst, size_t begin, size_t count,
                                  mmd_tap_axis_t *axis) {
  MMD_TRY(mmd_tap_axis_init(count, LANCZOS_TAPS, axis));
  for (size_t i = 0; i < count; ++i) {
    int32_t index;
    float fraction;
    mmd_linear_sample(src, dst, begin + i, &index, &fraction);
    put_indexes(axis, i, (int64_t)index - 3, src);
    lanczos_weights(fraction, axis->weights + LANCZOS_TAPS * i);
  }
  return NULL;
}

static void area_weights(size_t src, double scale, size_t i, size_t at, mmd_tap_axis_t *axis) {
  const double begin = (double)i * scale, end = begin + scale, rest = (double)src - begin;
  const double cell = scale < rest ? scale : rest;
  int64_t last = (int64_t)floor(end);
  int64_t first = (int64_t)ceil(begin);
  if (last > (int64_t)src - 1) last = (int64_t)src - 1;
  if (first > last) first = last;
  const bool has_head = (double)first - begin > 1e-3 && first > 0;
  float *weights = axis->weights + at * axis->taps;
  put_indexes(axis, at, first - (has_head ? 1 : 0), src);
  size_t k = 0;
  if (has_head) weights[k++] = (float)(((double)first - begin) / cell);
  for (int64_t x = first; x < last && k < axis->taps; ++x) weights[k++] = (float)(1.0 / cell);
  double tail = end - (double)last;
  if (tail > 1e-3 && k < axis->taps) {
    if (tail > 1) tail = 1;
    weights[k] = (float)((tail < cell ? tail : cell) / cell);
  }
}

mmd_status_t mmd_tap_axis_area(size_t src, size_t dst, size_t begin, size_t count,
                               mmd_tap_axis_t *axis) {
  const double scale = 1.0 / ((double)dst / (double)src);
  size_t taps = (size_t)ceil(scale) + 2;
  if (taps > src) taps = src;
  MMD_TRY(mmd_tap_axis_init(count, taps, axis));
  for (size_t i = 0; i < count; ++i) area_weights(src, scale, begin + i, i, axis);
  return NULL;
}
