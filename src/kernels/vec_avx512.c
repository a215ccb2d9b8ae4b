// SPDX-License-Identifier: Apache-2.0
#include "kernels/isa_avx512.h"

#include <stddef.h>
#include <stdint.h>

typedef float V __attribute__((vector_size(64)));
typedef int32_t VI __attribute__((vector_size(64)));

#define VEC_NAME mmd_vec_avx512
#define VL 16
#define TILE_ROWS 12

static inline V v_fma(V a, V b, V c) {
  return (V)_mm512_fmadd_ps((__m512)a, (__m512)b, (__m512)c);
}

// The second operand is the result when one of them is a NaN.
static inline V v_max(V a, V b) {
  return (V)_mm512_max_ps((__m512)b, (__m512)a);
}

static inline V v_min(V a, V b) {
  return (V)_mm512_min_ps((__m512)b, (__m512)a);
}

static inline V v_even(V a, V b) {
  const __m512i lanes =
      _mm512_setr_epi32(0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30);
  return (V)_mm512_permutex2var_ps((__m512)a, lanes, (__m512)b);
}

static inline V v_take(const float *p, VI at) {
  const __mmask16 is_there = _mm512_cmpge_epi32_mask((__m512i)at, _mm512_setzero_si512());
  return (V)_mm512_mask_i32gather_ps(_mm512_setzero_ps(), is_there, (__m512i)at, p, sizeof *p);
}

static inline V v_load_part(const float *p, size_t count) {
  return (V)_mm512_maskz_loadu_ps((__mmask16)((1u << count) - 1), p);
}

static inline void v_store_part(float *p, V v, size_t count) {
  _mm512_mask_storeu_ps(p, (__mmask16)((1u << count) - 1), (__m512)v);
}

#include "kernels/vec.inc"

#if defined(__clang__)
#pragma clang attribute pop
#endif
