// SPDX-License-Identifier: Apache-2.0
#include "kernels/isa_avx2.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#define ROWS_SIMD 1
#define ROWS_SSSE3 1
#define ROWS_NAME mmd_rows_avx2
#define ROWS_Q 8
#define ROWS_LOAD 16
#define ROWS_FLOATS 8
#define ROWS_B 32
#include "kernels/rows_p128.h"
#include "kernels/unroll.h"

typedef __m256i Q;
typedef __m256i V;
typedef struct Y {
  __m256i lo[2], hi[2];
} Y;

static inline __m256i load_two(const uint8_t *low, const uint8_t *high) {
  __m256i v = _mm256_castsi128_si256(_mm_loadu_si128((const __m128i *)low));
  return _mm256_inserti128_si256(v, _mm_loadu_si128((const __m128i *)high), 1);
}

static inline void q_linear(const uint8_t *row, size_t channels, const int32_t *index,
                            const int16_t *weights, Q *q) {
  // Words c0 d0 c1 d1 c2 d2 c3 d3 of neighbours c and d; -1 makes the zero high bytes.
  const __m256i pairs3 = _mm256_broadcastsi128_si256(
      _mm_setr_epi8(0, -1, 3, -1, 1, -1, 4, -1, 2, -1, 5, -1, -1, -1, -1, -1));
  const __m256i pairs4 = _mm256_broadcastsi128_si256(
      _mm_setr_epi8(0, -1, 4, -1, 1, -1, 5, -1, 2, -1, 6, -1, 3, -1, 7, -1));
  const __m256i pairs = channels == 3 ? pairs3 : pairs4;
  __m256i w = _mm256_loadu_si256((const __m256i *)weights);
  __m256i wk[4] = {_mm256_shuffle_epi32(w, 0x00), _mm256_shuffle_epi32(w, 0x55),
                   _mm256_shuffle_epi32(w, 0xaa), _mm256_shuffle_epi32(w, 0xff)};
  MMD_UNROLL
  for (size_t k = 0; k < 4; ++k) {
    __m256i bytes =
        load_two(row + (size_t)index[k] * channels, row + (size_t)index[k + 4] * channels);
    q[k] = _mm256_madd_epi16(_mm256_shuffle_epi8(bytes, pairs), wk[k]);
  }
}

static inline void q_bytes(const uint8_t *row, size_t channels, Q *q) {
  MMD_UNROLL
  for (size_t k = 0; k < 4; ++k) {
    int32_t low;
    int32_t high;
    memcpy(&low, row + k * channels, 4);
    memcpy(&high, row + (k + 4) * channels, 4);
    __m128i bytes = _mm_unpacklo_epi32(_mm_cvtsi32_si128(low), _mm_cvtsi32_si128(high));
    q[k] = _mm256_cvtepu8_epi32(bytes);
  }
}

static inline void q_transpose(Q *q) {
  __m256i a = _mm256_unpacklo_epi32(q[0], q[1]);
  __m256i b = _mm256_unpacklo_epi32(q[2], q[3]);
  __m256i c = _mm256_unpackhi_epi32(q[0], q[1]);
  __m256i d = _mm256_unpackhi_epi32(q[2], q[3]);
  q[0] = _mm256_unpacklo_epi64(a, b);
  q[1] = _mm256_unpackhi_epi64(a, b);
  q[2] = _mm256_unpacklo_epi64(c, d);
  q[3] = _mm256_unpackhi_epi64(c, d);
}

static inline void q_store_s16(Q q, int16_t *out) {
  __m256i words = _mm256_srai_epi32(q, 4);
  words = _mm256_permute4x64_epi64(_mm256_packs_epi32(words, words), 0x08);
  _mm_storeu_si128((__m128i *)out, _mm256_castsi256_si128(words));
}

static inline void q_store_f32(Q q, float mean, float scale, float *out) {
  __m256 value = _mm256_sub_ps(_mm256_cvtepi32_ps(q), _mm256_set1_ps(mean));
  _mm256_storeu_ps(out, _mm256_mul_ps(value, _mm256_set1_ps(scale)));
}

static inline V v_linear(const int16_t *row0, const int16_t *row1, const int16_t *weights) {
  __m256i a =
      _mm256_mulhi_epi16(_mm256_loadu_si256((const __m256i *)row0), _mm256_set1_epi16(weights[0]));
  __m256i b =
      _mm256_mulhi_epi16(_mm256_loadu_si256((const __m256i *)row1), _mm256_set1_epi16(weights[1]));
  return _mm256_srai_epi16(_mm256_add_epi16(_mm256_add_epi16(a, b), _mm256_set1_epi16(2)), 2);
}

static inline V v_warp(const int16_t *row0, const int16_t *row1, const int16_t *weights) {
  int32_t pair;
  memcpy(&pair, weights, 4);
  __m256i w = _mm256_set1_epi32(pair);
  __m256i a = _mm256_loadu_si256((const __m256i *)row0);
  __m256i b = _mm256_loadu_si256((const __m256i *)row1);
  __m256i half = _mm256_set1_epi32(512);
  __m256i lo = _mm256_madd_epi16(_mm256_unpacklo_epi16(a, b), w);
  __m256i hi = _mm256_madd_epi16(_mm256_unpackhi_epi16(a, b), w);
  lo = _mm256_srai_epi32(_mm256_add_epi32(lo, half), 10);
  hi = _mm256_srai_epi32(_mm256_add_epi32(hi, half), 10);
  return _mm256_packs_epi32(lo, hi);  // undoes the order of the unpacking
}

static inline void v_store_u8(V v, uint8_t *out) {
  __m256i bytes = _mm256_permute4x64_epi64(_mm256_packus_epi16(v, v), 0x08);
  _mm_storeu_si128((__m128i *)out, _mm256_castsi256_si128(bytes));
}

static inline void v_store_f32(V v, float mean, float scale, float *out) {
  q_store_f32(_mm256_cvtepu16_epi32(_mm256_castsi256_si128(v)), mean, scale, out);
  q_store_f32(_mm256_cvtepu16_epi32(_mm256_extracti128_si256(v, 1)), mean, scale, out + 8);
}

static inline Y y_zero(void) {
  __m256i zero = _mm256_setzero_si256();
  return (Y){{zero, zero}, {zero, zero}};
}

static inline __m256i y_pair(const int16_t *weights) {
  int32_t pair;
  memcpy(&pair, weights, 4);
  return _mm256_set1_epi32(pair);
}

static inline void y_add(Y *y, const uint8_t *a, const uint8_t *b, const int16_t *weights) {
  __m128i va = _mm_loadu_si128((const __m128i *)a);
  __m128i vb = _mm_loadu_si128((const __m128i *)b);
  __m256i pixels[2] = {_mm256_cvtepu8_epi16(_mm_unpacklo_epi8(va, vb)),
                       _mm256_cvtepu8_epi16(_mm_unpackhi_epi8(va, vb))};
  __m256i wlo = y_pair(weights);
  __m256i whi = y_pair(weights + 2);
  MMD_UNROLL
  for (int i = 0; i < 2; ++i) {
    y->lo[i] = _mm256_add_epi32(y->lo[i], _mm256_madd_epi16(pixels[i], wlo));
    y->hi[i] = _mm256_add_epi32(y->hi[i], _mm256_madd_epi16(pixels[i], whi));
  }
}

static inline __m256i y_sum(__m256i lo, __m256i hi) {
  __m256i sum = _mm256_add_epi32(lo, _mm256_slli_epi32(hi, 12));
  return _mm256_srai_epi32(_mm256_add_epi32(sum, _mm256_set1_epi32(1 << 21)), 22);
}

static inline void y_store(const Y *y, uint8_t *out) {
  __m256i words = _mm256_packs_epi32(y_sum(y->lo[0], y->hi[0]), y_sum(y->lo[1], y->hi[1]));
  words = _mm256_permute4x64_epi64(words, 0xd8);
  __m256i bytes = _mm256_permute4x64_epi64(_mm256_packus_epi16(words, words), 0x08);
  _mm_storeu_si128((__m128i *)out, _mm256_castsi256_si128(bytes));
}

typedef __m256i B;

static inline __m256i above_8(const float *row, __m256 threshold) {
  return _mm256_castps_si256(_mm256_cmp_ps(_mm256_loadu_ps(row), threshold, _CMP_GT_OQ));
}

static inline B b_above(const float *row, float threshold) {
  const __m256 t = _mm256_set1_ps(threshold);
  const __m256i low = _mm256_packs_epi32(above_8(row, t), above_8(row + 8, t));
  const __m256i high = _mm256_packs_epi32(above_8(row + 16, t), above_8(row + 24, t));
  // Packing works in halves of the vector: fours of pixels are out of order.
  const __m256i fours = _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7);
  const __m256i bytes = _mm256_permutevar8x32_epi32(_mm256_packs_epi16(low, high), fours);
  return _mm256_and_si256(bytes, _mm256_set1_epi8(1));
}

static inline void b_store(B b, int8_t *out) {
  _mm256_storeu_si256((__m256i *)out, b);
}

static inline bool b_any(B b) {
  return !_mm256_testz_si256(b, b);
}

static inline __m256d widen(const float *values) {
  return _mm256_cvtps_pd(_mm_loadu_ps(values));
}

static inline __m256i flags_of(const uint8_t *mask) {
  const __m128i bytes = _mm_loadl_epi64((const __m128i *)mask);
  return _mm256_sub_epi32(_mm256_setzero_si256(), _mm256_cvtepu8_epi32(bytes));
}

#include "kernels/rows.inc"

#if defined(__clang__)
#pragma clang attribute pop
#endif
