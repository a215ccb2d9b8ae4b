// SPDX-License-Identifier: Apache-2.0
#include "kernels/isa_avx512.h"

#include <stdint.h>

typedef float V __attribute__((vector_size(64)));
typedef int32_t VI __attribute__((vector_size(64)));

#define VEC_NAME mmd_vec_avx512
#define VL 16
#define TILE_ROWS 12

static inline V v_fma(V a, V b, V c) {
  return (V)_mm512_fmadd_ps((__m512)a, (__m512)b, (__m512)c);
}

#include "kernels/vec.inc"

#if defined(__clang__)
#pragma clang attribute pop
#endif
