// SPDX-License-Identifier: Apache-2.0
#include <emmintrin.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#define ROWS_SIMD 1
#define ROWS_NAME mmd_rows_sse2
#define ROWS_Q 4
#define ROWS_LOAD 8
#define ROWS_B 16
#include "kernels/rows_p128.h"
#include "kernels/unroll.h"

typedef __m128i Q;
typedef __m128i V;
typedef struct Y {
  __m128i lo[2], hi[2];
} Y;

static inline void q_linear(const uint8_t *row, size_t channels, const int32_t *index,
                            const int16_t *weights, Q *q) {
  MMD_UNROLL
  for (size_t k = 0; k < 4; ++k) {
    q[k] = p_linear(row + (size_t)index[k] * channels, channels, weights + 2 * k);
  }
}

static inline void q_bytes(const uint8_t *row, size_t channels, Q *q) {
  __m128i zero = _mm_setzero_si128();
  MMD_UNROLL
  for (size_t k = 0; k < 4; ++k) {
    int32_t bytes;
    memcpy(&bytes, row + k * channels, 4);
    q[k] = _mm_unpacklo_epi16(_mm_unpacklo_epi8(_mm_cvtsi32_si128(bytes), zero), zero);
  }
}

static inline void q_transpose(Q *q) {
  __m128i a = _mm_unpacklo_epi32(q[0], q[1]);
  __m128i b = _mm_unpacklo_epi32(q[2], q[3]);
  __m128i c = _mm_unpackhi_epi32(q[0], q[1]);
  __m128i d = _mm_unpackhi_epi32(q[2], q[3]);
  q[0] = _mm_unpacklo_epi64(a, b);
  q[1] = _mm_unpackhi_epi64(a, b);
  q[2] = _mm_unpacklo_epi64(c, d);
  q[3] = _mm_unpackhi_epi64(c, d);
}

static inline void q_store_s16(Q q, int16_t *out) {
  p_store_s16(q, out);
}

static inline void q_store_f32(Q q, float mean, float scale, float *out) {
  __m128 value = _mm_sub_ps(_mm_cvtepi32_ps(q), _mm_set1_ps(mean));
  _mm_storeu_ps(out, _mm_mul_ps(value, _mm_set1_ps(scale)));
}

static inline V v_linear(const int16_t *row0, const int16_t *row1, const int16_t *weights) {
  __m128i a = _mm_mulhi_epi16(_mm_loadu_si128((const __m128i *)row0), _mm_set1_epi16(weights[0]));
  __m128i b = _mm_mulhi_epi16(_mm_loadu_si128((const __m128i *)row1), _mm_set1_epi16(weights[1]));
  return _mm_srai_epi16(_mm_add_epi16(_mm_add_epi16(a, b), _mm_set1_epi16(2)), 2);
}

static inline V v_warp(const int16_t *row0, const int16_t *row1, const int16_t *weights) {
  __m128i a = _mm_loadu_si128((const __m128i *)row0);
  __m128i b = _mm_loadu_si128((const __m128i *)row1);
  __m128i half = _mm_set1_epi32(512);
  __m128i lo = _mm_madd_epi16(_mm_unpacklo_epi16(a, b), p_pair(weights));
  __m128i hi = _mm_madd_epi16(_mm_unpackhi_epi16(a, b), p_pair(weights));
  lo = _mm_srai_epi32(_mm_add_epi32(lo, half), 10);
  hi = _mm_srai_epi32(_mm_add_epi32(hi, half), 10);
  return _mm_packs_epi32(lo, hi);
}

static inline void v_store_u8(V v, uint8_t *out) {
  _mm_storel_epi64((__m128i *)out, _mm_packus_epi16(v, v));
}

static inline void v_store_f32(V v, float mean, float scale, float *out) {
  __m128i zero = _mm_setzero_si128();
  q_store_f32(_mm_unpacklo_epi16(v, zero), mean, scale, out);
  q_store_f32(_mm_unpackhi_epi16(v, zero), mean, scale, out + 4);
}

static inline Y y_zero(void) {
  __m128i zero = _mm_setzero_si128();
  return (Y){{zero, zero}, {zero, zero}};
}

static inline void y_add(Y *y, const uint8_t *a, const uint8_t *b, const int16_t *weights) {
  __m128i zero = _mm_setzero_si128();
  __m128i bytes =
      _mm_unpacklo_epi8(_mm_loadl_epi64((const __m128i *)a), _mm_loadl_epi64((const __m128i *)b));
  __m128i pixels[2] = {_mm_unpacklo_epi8(bytes, zero), _mm_unpackhi_epi8(bytes, zero)};
  __m128i wlo = p_pair(weights);
  __m128i whi = p_pair(weights + 2);
  MMD_UNROLL
  for (int i = 0; i < 2; ++i) {
    y->lo[i] = _mm_add_epi32(y->lo[i], _mm_madd_epi16(pixels[i], wlo));
    y->hi[i] = _mm_add_epi32(y->hi[i], _mm_madd_epi16(pixels[i], whi));
  }
}

static inline void y_store(const Y *y, uint8_t *out) {
  __m128i words = _mm_packs_epi32(p_sum(y->lo[0], y->hi[0]), p_sum(y->lo[1], y->hi[1]));
  _mm_storel_epi64((__m128i *)out, _mm_packus_epi16(words, words));
}

typedef __m128i B;

static inline __m128i above_4(const float *row, __m128 threshold) {
  return _mm_castps_si128(_mm_cmpgt_ps(_mm_loadu_ps(row), threshold));
}

static inline B b_above(const float *row, float threshold) {
  const __m128 t = _mm_set1_ps(threshold);
  const __m128i low = _mm_packs_epi32(above_4(row, t), above_4(row + 4, t));
  const __m128i high = _mm_packs_epi32(above_4(row + 8, t), above_4(row + 12, t));
  return _mm_and_si128(_mm_packs_epi16(low, high), _mm_set1_epi8(1));
}

static inline void b_store(B b, int8_t *out) {
  _mm_storeu_si128((__m128i *)out, b);
}

static inline bool b_any(B b) {
  return _mm_movemask_epi8(_mm_cmpgt_epi8(b, _mm_setzero_si128())) != 0;
}

#include "kernels/rows.inc"
