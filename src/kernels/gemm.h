// SPDX-License-Identifier: Apache-2.0
//
// Float matrix product, row-major:
//   c = limit(alpha * op(a) * op(b) + beta * add + row_bias + column_bias)
// with op(a) of m x k and op(b) of k x n. Sums are float, in blocks of k.
#ifndef MMD_KERNELS_GEMM_H_
#define MMD_KERNELS_GEMM_H_

#include <stdbool.h>

#include "base/thread.h"

typedef struct mmd_gemm_t {
  size_t m, n, k;
  const float *a;
  size_t lda;        // elements from one stored row to the next
  bool transpose_a;  // |a| is stored k x m
  const float *b;
  size_t ldb;
  bool transpose_b;  // |b| is stored n x k
  float *c;
  size_t ldc;
  float alpha, beta;         // beta 0: |add| is not read
  const float *add;          // as |c|, with rows of ldc floats; NULL: |c| itself
  const float *row_bias;     // m values, or NULL
  const float *column_bias;  // n values, or NULL
  float low, high;           // limits of the result
} mmd_gemm_t;

// Packed matrices, alpha 1, beta 0, no bias, no limits.
mmd_gemm_t mmd_gemm_make(size_t m, size_t n, size_t k, const float *a, const float *b, float *c);

// Fails only when memory is short. |pool| may be NULL.
mmd_status_t mmd_gemm_run(const mmd_gemm_t *gemm, mmd_pool_t *pool) MMD_MUST_USE;

// Fills a panel of op(b): rows [k, k + rows) of columns [n, n + columns), each row |width| floats
// wide; columns beyond |columns| are zero. |columns| <= |width|.
typedef void (*mmd_gemm_pack_fn)(const void *context, size_t k, size_t rows, size_t n,
                                 size_t columns, size_t width, float *out);

// The same product with op(b) made by |pack|, which several threads call; b, ldb and transpose_b
// are not used. Convolutions stand on this.
mmd_status_t mmd_gemm_run_packed(const mmd_gemm_t *gemm, mmd_gemm_pack_fn pack, const void *context,
                                 mmd_pool_t *pool) MMD_MUST_USE;

#endif  // MMD_KERNELS_GEMM_H_
