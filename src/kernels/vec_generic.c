// SPDX-License-Identifier: Apache-2.0
//
// Four lanes, which the compiler maps to SSE2, NEON or scalars.
#include <stddef.h>
#include <stdint.h>

typedef float V __attribute__((vector_size(16)));
typedef int32_t VI __attribute__((vector_size(16)));

#define VEC_NAME mmd_vec_generic
#define VL 4
#define TILE_ROWS 6

static inline V v_fma(V a, V b, V c) {
  return a * b + c;
}

static inline V v_max(V a, V b) {
  const VI mask = b > a;
  return (V)((mask & (VI)b) | (~mask & (VI)a));
}

static inline V v_min(V a, V b) {
  const VI mask = b < a;
  return (V)((mask & (VI)b) | (~mask & (VI)a));
}

static inline V v_even(V a, V b) {
  return (V){a[0], a[2], b[0], b[2]};
}

static inline V v_take(const float *p, VI at) {
  V v;
  for (size_t i = 0; i < VL; ++i) v[i] = at[i] < 0 ? 0.f : p[at[i]];
  return v;
}

static inline V v_load_part(const float *p, size_t count) {
  V v = {0};
  for (size_t i = 0; i < count; ++i) v[i] = p[i];
  return v;
}

static inline void v_store_part(float *p, V v, size_t count) {
  for (size_t i = 0; i < count; ++i) p[i] = v[i];
}

#include "kernels/vec.inc"
