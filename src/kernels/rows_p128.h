// SPDX-License-Identifier: Apache-2.0
//
// The one-pixel part of the vocabulary of rows.inc for x86: SSE2, and SSSE3 with ROWS_SSSE3.
#ifndef MMD_KERNELS_ROWS_P128_H_
#define MMD_KERNELS_ROWS_P128_H_

#include <emmintrin.h>
#include <stdint.h>
#include <string.h>

typedef __m128i P;

static inline __m128i p_pair(const int16_t *weights) {
  int32_t pair;
  memcpy(&pair, weights, 4);
  return _mm_set1_epi32(pair);
}

// Words c0 d0 c1 d1 c2 d2 . . of two neighbouring pixels c and d.
static inline __m128i p_load_pair(const uint8_t *p, size_t channels) {
  __m128i bytes = _mm_loadl_epi64((const __m128i *)p);
#ifdef ROWS_SSSE3
  const __m128i pairs3 = _mm_setr_epi8(0, -1, 3, -1, 1, -1, 4, -1, 2, -1, 5, -1, -1, -1, -1, -1);
  const __m128i pairs4 = _mm_setr_epi8(0, -1, 4, -1, 1, -1, 5, -1, 2, -1, 6, -1, 3, -1, 7, -1);
  return _mm_shuffle_epi8(bytes, channels == 3 ? pairs3 : pairs4);
#else
  __m128i next = channels == 3 ? _mm_srli_si128(bytes, 3) : _mm_srli_si128(bytes, 4);
  return _mm_unpacklo_epi8(_mm_unpacklo_epi8(bytes, next), _mm_setzero_si128());
#endif
}

static inline P p_linear(const uint8_t *p, size_t channels, const int16_t *weights) {
  return _mm_madd_epi16(p_load_pair(p, channels), p_pair(weights));
}

static inline void p_store_s16(P p, int16_t *out) {
  __m128i words = _mm_srai_epi32(p, 4);
  _mm_storel_epi64((__m128i *)out, _mm_packs_epi32(words, words));
}

static inline P p_zero(void) {
  return _mm_setzero_si128();
}

static inline void p_filter(const uint8_t *p, size_t channels, const int16_t *weights, P *lo,
                            P *hi) {
  __m128i pixels = p_load_pair(p, channels);
  *lo = _mm_add_epi32(*lo, _mm_madd_epi16(pixels, p_pair(weights)));
  *hi = _mm_add_epi32(*hi, _mm_madd_epi16(pixels, p_pair(weights + 2)));
}

// The sum of Pillow's weights, still to be clipped.
static inline __m128i p_sum(P lo, P hi) {
  __m128i sum = _mm_add_epi32(lo, _mm_slli_epi32(hi, 12));
  return _mm_srai_epi32(_mm_add_epi32(sum, _mm_set1_epi32(1 << 21)), 22);
}

static inline uint32_t p_narrow(P lo, P hi) {
  __m128i words = _mm_packs_epi32(p_sum(lo, hi), _mm_setzero_si128());
  return (uint32_t)_mm_cvtsi128_si32(_mm_packus_epi16(words, words));
}

#endif  // MMD_KERNELS_ROWS_P128_H_
