// SPDX-License-Identifier: Apache-2.0
//
// A place in the source is (x term of the column) + (y term of the row), both in 1/1024 pixel; the
// sum is rounded to 1/32. Blocks of columns keep the x terms on the stack.
#include "kernels/warp_affine.h"

#include <math.h>
#include <stdbool.h>

#include "base/alloc.h"
#include "kernels/resize.h"

enum { BLOCK = 256, TERM_ONE = 1024, TERM_SHIFT = 5, HALF = 16, STEPS = 32 };
#define MAX_SIDE 1000000u

typedef struct block_t {
  const mmd_warp_affine_t *warp;
  const uint8_t *src;
  size_t src_stride, begin, count;  // columns of the result
  int32_t x_terms[BLOCK], y_terms[BLOCK];
} block_t;

// The four pixels around a place and where in 1/32 it lies between them.
typedef struct taps_t {
  int32_t x, y, fx, fy;
} taps_t;

mmd_warp_affine_t mmd_warp_affine_make(size_t channels, size_t src_width, size_t src_height,
                                       size_t width, size_t height, const mmd_affine_t *map) {
  return (mmd_warp_affine_t){channels, src_width, src_height,
                             width,    height,    mmd_affine_invert(map)};
}

// cvRound of x86: what does not fit, NaN too, is the least number, far outside.
static int32_t round_term(double value) {
  const double rounded = rint(value);
  return rounded >= -2147483648.0 && rounded <= 2147483647.0 ? (int32_t)rounded : INT32_MIN;
}

static void begin_block(block_t *block, size_t begin) {
  const size_t rest = block->warp->width - begin;
  const double *m = block->warp->inverse.m;
  block->begin = begin;
  block->count = rest < BLOCK ? rest : BLOCK;
  for (size_t i = 0; i < block->count; ++i) {
    const double x = (double)(begin + i);
    block->x_terms[i] = round_term(m[0] * x * TERM_ONE);
    block->y_terms[i] = round_term(m[3] * x * TERM_ONE);
  }
}

// Places of a row: the terms to which those of the columns are added.
static void row_terms(const block_t *block, size_t y, int64_t *out_x, int64_t *out_y) {
  const double *m = block->warp->inverse.m;
  *out_x = (int64_t)round_term((m[1] * (double)y + m[2]) * TERM_ONE) + HALF;
  *out_y = (int64_t)round_term((m[4] * (double)y + m[5]) * TERM_ONE) + HALF;
}

static inline taps_t taps_at(const block_t *block, size_t i, int64_t row_x, int64_t row_y) {
  const int32_t x = (int32_t)((row_x + block->x_terms[i]) >> TERM_SHIFT);
  const int32_t y = (int32_t)((row_y + block->y_terms[i]) >> TERM_SHIFT);
  return (taps_t){x >> TERM_SHIFT, y >> TERM_SHIFT, x & (STEPS - 1), y & (STEPS - 1)};
}

static inline bool is_inside(const mmd_warp_affine_t *warp, const taps_t *taps) {
  return taps->x >= 0 && taps->y >= 0 && (size_t)taps->x + 1 < warp->src_width &&
         (size_t)taps->y + 1 < warp->src_height;
}

// Whether pixel (x, y) exists.
static inline bool has_pixel(const mmd_warp_affine_t *warp, int64_t x, int64_t y) {
  return x >= 0 && y >= 0 && x < (int64_t)warp->src_width && y < (int64_t)warp->src_height;
}

static inline const uint8_t *pixel_at(const block_t *block, int64_t x, int64_t y, size_t size) {
  return block->src + (size_t)y * block->src_stride + (size_t)x * block->warp->channels * size;
}

static inline int32_t weight_of(const taps_t *t, int corner) {
  return (corner & 1 ? t->fx : STEPS - t->fx) * (corner & 2 ? t->fy : STEPS - t->fy);
}

//===--- bytes ---===//

static inline uint8_t blend_u8(int32_t sum) {
  return (uint8_t)((sum + 512) >> 10);
}

// Some of the four pixels may not exist; they are zero.
static void edge_u8(const block_t *block, const taps_t *t, uint8_t *out) {
  int32_t sums[4] = {0};
  for (int k = 0; k < 4; ++k) {
    const int64_t x = (int64_t)t->x + (k & 1), y = (int64_t)t->y + (k >> 1);
    if (!has_pixel(block->warp, x, y)) continue;
    const uint8_t *pixel = pixel_at(block, x, y, 1);
    for (size_t c = 0; c < block->warp->channels; ++c) sums[c] += pixel[c] * weight_of(t, k);
  }
  for (size_t c = 0; c < block->warp->channels; ++c) out[c] = blend_u8(sums[c]);
}

static inline void row_u8(const block_t *block, size_t y, size_t channels, uint8_t *out) {
  int64_t row_x, row_y;
  row_terms(block, y, &row_x, &row_y);
  for (size_t i = 0; i < block->count; ++i, out += channels) {
    const taps_t t = taps_at(block, i, row_x, row_y);
    if (!is_inside(block->warp, &t)) {
      edge_u8(block, &t, out);
      continue;
    }
    const uint8_t *a = pixel_at(block, t.x, t.y, 1), *b = a + block->src_stride;
    const int32_t w0 = weight_of(&t, 0), w1 = weight_of(&t, 1);
    const int32_t w2 = weight_of(&t, 2), w3 = weight_of(&t, 3);
    for (size_t c = 0; c < channels; ++c) {
      out[c] = blend_u8(a[c] * w0 + a[c + channels] * w1 + b[c] * w2 + b[c + channels] * w3);
    }
  }
}

//===--- floats ---===//

static void edge_f32(const block_t *block, const taps_t *t, float *out) {
  float sums[4] = {0};
  for (int k = 0; k < 4; ++k) {
    const int64_t x = (int64_t)t->x + (k & 1), y = (int64_t)t->y + (k >> 1);
    if (!has_pixel(block->warp, x, y)) continue;
    const float *pixel = (const float *)(const void *)pixel_at(block, x, y, sizeof(float));
    const float weight = (float)weight_of(t, k) / (STEPS * STEPS);
    for (size_t c = 0; c < block->warp->channels; ++c) sums[c] += pixel[c] * weight;
  }
  for (size_t c = 0; c < block->warp->channels; ++c) out[c] = sums[c];
}

static inline void row_f32(const block_t *block, size_t y, size_t channels, float *out) {
  const float unit = 1.0F / (STEPS * STEPS);
  int64_t row_x, row_y;
  row_terms(block, y, &row_x, &row_y);
  for (size_t i = 0; i < block->count; ++i, out += channels) {
    const taps_t t = taps_at(block, i, row_x, row_y);
    if (!is_inside(block->warp, &t)) {
      edge_f32(block, &t, out);
      continue;
    }
    const uint8_t *at = pixel_at(block, t.x, t.y, sizeof(float));
    const float *a = (const float *)(const void *)at;
    const float *b = (const float *)(const void *)(at + block->src_stride);
    const float w0 = (float)weight_of(&t, 0) * unit, w1 = (float)weight_of(&t, 1) * unit;
    const float w2 = (float)weight_of(&t, 2) * unit, w3 = (float)weight_of(&t, 3) * unit;
    for (size_t c = 0; c < channels; ++c) {
      out[c] = a[c] * w0 + a[c + channels] * w1 + b[c] * w2 + b[c + channels] * w3;
    }
  }
}

//===--- images ---===//

static mmd_status_t check(const mmd_warp_affine_t *warp, size_t src_stride, size_t dst_stride,
                          size_t size) {
  const size_t pixel = warp->channels * size;
  if (warp->channels < 1 || warp->channels > 4) {
    return MMD_ERROR(MMD_INVALID_ARGUMENT, "warp_affine: %zu channels; 1 to 4 are accepted",
                     warp->channels);
  }
  if (warp->src_width > MAX_SIDE || warp->src_height > MAX_SIDE || warp->width > MAX_SIDE ||
      warp->height > MAX_SIDE) {
    return MMD_ERROR(MMD_OUT_OF_RANGE, "warp_affine: %zux%zu to %zux%zu; sides may have %u pixels",
                     warp->src_width, warp->src_height, warp->width, warp->height, MAX_SIDE);
  }
  if (src_stride < warp->src_width * pixel || dst_stride < warp->width * pixel ||
      src_stride % size || dst_stride % size) {
    return MMD_ERROR(MMD_INVALID_ARGUMENT, "warp_affine: rows of %zu and %zu bytes do not fit",
                     src_stride, dst_stride);
  }
  return NULL;
}

// The constant number of channels lets the compiler unroll the loops over them.
static void block_row_u8(const block_t *block, size_t y, uint8_t *out) {
  switch (block->warp->channels) {
    case 1:
      row_u8(block, y, 1, out);
      break;
    case 3:
      row_u8(block, y, 3, out);
      break;
    default:
      row_u8(block, y, block->warp->channels, out);
  }
}

// The places of the columns or of the rows, in 1/32 pixel, when they do not depend on the other
// axis. |m| is the map's row for x or y; |own| and |other| are the lengths of the two axes.
static bool fill_places(const double m[3], int own_axis, size_t own, size_t other, int32_t *out) {
  const double slope = m[own_axis], skew = m[1 - own_axis];
  // Both terms are monotonous, so their ends tell.
  const bool is_x = own_axis == 0;
  if (is_x &&
      round_term((skew * (double)(other - 1) + m[2]) * TERM_ONE) != round_term(m[2] * TERM_ONE)) {
    return false;
  }
  if (!is_x && round_term(skew * (double)(other - 1) * TERM_ONE) != 0) return false;
  for (size_t i = 0; i < own; ++i) {
    const double at = (double)i;
    const int64_t term =
        is_x ? (int64_t)round_term(m[2] * TERM_ONE) + round_term(slope * at * TERM_ONE)
             : (int64_t)round_term((slope * at + m[2]) * TERM_ONE);
    out[i] = (int32_t)((term + HALF) >> TERM_SHIFT);
  }
  return true;
}

bool mmd_warp_affine_places(const mmd_warp_affine_t *warp, int32_t *out_x, int32_t *out_y) {
  const double *m = warp->inverse.m;
  return warp->width && warp->height && m[0] > 0 &&
         fill_places(m, 0, warp->width, warp->height, out_x) &&
         fill_places(m + 3, 1, warp->height, warp->width, out_y);
}

// A map without rotation is a blend along the rows and one along the columns. Both are whole
// numbers, so nothing is lost against the four pixels at once.
static mmd_status_t scale_u8(const mmd_warp_affine_t *warp, const uint8_t *src, size_t src_stride,
                             uint8_t *dst, size_t dst_stride, bool *out_done) {
  mmd_resize_t resize = mmd_resize_make(MMD_RESIZE_CV_LINEAR, warp->channels, warp->src_width,
                                        warp->src_height, warp->width, warp->height);
  *out_done = false;
  if (mmd_status_ignore(mmd_resize_check(&resize))) return NULL;
  int32_t *places = mmd_alloc_array(warp->width + warp->height, sizeof *places);
  MMD_TRY_ALLOC(places);
  mmd_status_t status = NULL;
  if (mmd_warp_affine_places(warp, places, places + warp->width)) {
    resize.places_x = places;
    resize.places_y = places + warp->width;
    *out_done = true;
    status = mmd_resize_u8(&resize, src, src_stride, dst, dst_stride);
  }
  mmd_free(places);
  return status;
}

mmd_status_t mmd_warp_affine_u8(const mmd_warp_affine_t *warp, const uint8_t *src,
                                size_t src_stride, uint8_t *dst, size_t dst_stride) {
  block_t block = {.warp = warp, .src = src, .src_stride = src_stride};
  bool is_done = false;
  MMD_TRY(check(warp, src_stride, dst_stride, 1));
  MMD_TRY(scale_u8(warp, src, src_stride, dst, dst_stride, &is_done));
  if (is_done) return NULL;
  for (size_t x = 0; x < warp->width; x += BLOCK) {
    begin_block(&block, x);
    for (size_t y = 0; y < warp->height; ++y) {
      block_row_u8(&block, y, dst + y * dst_stride + x * warp->channels);
    }
  }
  return NULL;
}

mmd_status_t mmd_warp_affine_f32(const mmd_warp_affine_t *warp, const float *src, size_t src_stride,
                                 float *dst, size_t dst_stride) {
  block_t block = {
      .warp = warp, .src = (const uint8_t *)(const void *)src, .src_stride = src_stride};
  const size_t row = dst_stride / sizeof *dst;
  MMD_TRY(check(warp, src_stride, dst_stride, sizeof(float)));
  for (size_t x = 0; x < warp->width; x += BLOCK) {
    begin_block(&block, x);
    for (size_t y = 0; y < warp->height; ++y) {
      row_f32(&block, y, warp->channels, dst + y * row + x * warp->channels);
    }
  }
  return NULL;
}
