// SPDX-License-Identifier: Apache-2.0
#include "kernels/isa_avx2.h"

#include <stdint.h>

typedef float V __attribute__((vector_size(32)));
typedef int32_t VI __attribute__((vector_size(32)));

#define VEC_NAME mmd_vec_avx2
#define VL 8
#define TILE_ROWS 6

static inline V v_fma(V a, V b, V c) {
  return (V)_mm256_fmadd_ps((__m256)a, (__m256)b, (__m256)c);
}

#include "kernels/vec.inc"

#if defined(__clang__)
#pragma clang attribute pop
#endif
