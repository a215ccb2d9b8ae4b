// SPDX-License-Identifier: Apache-2.0
#include "kernels/isa_avx2.h"

#include <stddef.h>
#include <stdint.h>

typedef float V __attribute__((vector_size(32)));
typedef int32_t VI __attribute__((vector_size(32)));

#define VEC_NAME mmd_vec_avx2
#define VL 8
#define TILE_ROWS 6

static inline V v_fma(V a, V b, V c) {
  return (V)_mm256_fmadd_ps((__m256)a, (__m256)b, (__m256)c);
}

// The second operand is the result when one of them is a NaN.
static inline V v_max(V a, V b) {
  return (V)_mm256_max_ps((__m256)b, (__m256)a);
}

static inline V v_min(V a, V b) {
  return (V)_mm256_min_ps((__m256)b, (__m256)a);
}

static inline V v_even(V a, V b) {
  const __m256 pairs = _mm256_shuffle_ps((__m256)a, (__m256)b, _MM_SHUFFLE(2, 0, 2, 0));
  return (V)_mm256_castpd_ps(
      _mm256_permute4x64_pd(_mm256_castps_pd(pairs), _MM_SHUFFLE(3, 1, 2, 0)));
}

static inline V v_take(const float *p, VI at) {
  const __m256 is_there = (__m256) ~(__m256i)at;
  return (V)_mm256_mask_i32gather_ps(_mm256_setzero_ps(), p, (__m256i)at, is_there, sizeof *p);
}

static inline __m256i first_lanes(size_t count) {
  const __m256i lanes = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
  return _mm256_cmpgt_epi32(_mm256_set1_epi32((int)count), lanes);
}

static inline V v_load_part(const float *p, size_t count) {
  return (V)_mm256_maskload_ps(p, first_lanes(count));
}

static inline void v_store_part(float *p, V v, size_t count) {
  _mm256_maskstore_ps(p, first_lanes(count), (__m256)v);
}

#include "kernels/vec.inc"

#if defined(__clang__)
#pragma clang attribute pop
#endif
