// SPDX-License-Identifier: Apache-2.0
//
// Four lanes, which the compiler maps to SSE2, NEON or scalars.
#include <stdint.h>

typedef float V __attribute__((vector_size(16)));
typedef int32_t VI __attribute__((vector_size(16)));

#define VEC_NAME mmd_vec_generic
#define VL 4
#define TILE_ROWS 6

static inline V v_fma(V a, V b, V c) {
  return a * b + c;
}

#include "kernels/vec.inc"
