// SPDX-License-Identifier: Apache-2.0
//
// Float loops with a variant for each instruction set, on which gemm, conv, pool and softmax stand.
// Variants differ in rounding: some have fused multiply-add, and sums have another order. Internal
// to the kernels.
#ifndef MMD_KERNELS_VEC_H_
#define MMD_KERNELS_VEC_H_

#include <stdbool.h>
#include <stddef.h>

enum {
  MMD_VEC_MAX_TILE = 16 * 32,  // floats of the largest gemm tile
  MMD_VEC_SLACK = 16,          // floats that |filter| may read too much
};

// What happens to a finished sum on its way to memory.
typedef struct mmd_vec_epilogue_t {
  float alpha;               // factor of the sum
  float beta;                // factor of what the result holds already; 0 does not read it
  float bias;                // added to every element
  const float *column_bias;  // one for each element, or NULL
  float low, high;           // limits; infinities for none
} mmd_vec_epilogue_t;

typedef struct mmd_vec_t {
  // The tile of the matrix product: |tile_rows| x |tile_columns|, row-major, packed.
  size_t tile_rows, tile_columns;
  // tile = sum over k of a[r][k * a_step] * b[k * tile_columns + c].
  void (*multiply)(size_t k, const float *const *a, size_t a_step, const float *b, float *tile);
  // out[i] = limit(alpha * sum[i] + beta * out[i] + bias + column_bias[i]).
  void (*finish)(const mmd_vec_epilogue_t *epilogue, const float *sum, size_t count, float *out);
  void (*axpy)(size_t count, float factor, const float *x, float *y);  // y += factor * x
  // out[i] = limit(sum over t of weights[t] * in[t][i] + bias): alpha, beta and column_bias of the
  // epilogue are not used. Reads up to MMD_VEC_SLACK floats past |count| of each input.
  void (*filter)(const mmd_vec_epilogue_t *epilogue, size_t taps, const float *const *in,
                 const float *weights, size_t count, float *out);
  float (*dot)(size_t count, const float *x, const float *y);
  float (*sum)(size_t count, const float *x);
  float (*max)(size_t count, const float *x);                // count > 0
  void (*max_into)(size_t count, const float *x, float *y);  // y = max(x, y)
  void (*scale)(size_t count, float factor, float *x);
  float (*exp_sum)(size_t count, float shift, const float *x, float *out);  // out = exp(x - shift)
} mmd_vec_t;

// The variant for mmd_cpu_isa().
const mmd_vec_t *mmd_vec_get(void);

extern const mmd_vec_t mmd_vec_generic;
extern const mmd_vec_t mmd_vec_avx2;
extern const mmd_vec_t mmd_vec_avx512;

#endif  // MMD_KERNELS_VEC_H_
