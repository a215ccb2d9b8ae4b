// SPDX-License-Identifier: Apache-2.0
#include "kernels/attention.h"

#include <math.h>

#include "kernels/gemm.h"
#include "kernels/vec.h"

enum { GRAIN = 4096 };  // values that are worth a thread

// Row |i| of |weights| from scores to shares.
static void normalize_rows(void *context, size_t begin, size_t end) {
  const mmd_attention_t *a = context;
  const mmd_vec_t *vec = mmd_vec_get();
  for (size_t i = begin; i < end; ++i) {
    float *row = a->weights + i * a->keys;
    size_t item = i / a->queries, query = i % a->queries;
    const float *mask = a->mask ? a->mask + item * a->mask_step + query * a->keys : NULL;
    for (size_t k = 0; mask && k < a->keys; ++k) row[k] += mask[k];
    float max = vec->max(a->keys, row);
    if (max > -INFINITY) {
      float sum = vec->exp_sum(a->keys, max, row, row);
      vec->scale(a->keys, 1.f / sum, row);
    } else {
      for (size_t k = 0; k < a->keys; ++k) row[k] = NAN;
    }
  }
}

static mmd_status_t score(const mmd_attention_t *a, size_t item, mmd_pool_t *pool) {
  const float *q = a->q + item * a->queries * a->width, *k = a->k + item * a->keys * a->width;
  mmd_gemm_t gemm =
      mmd_gemm_make(a->queries, a->keys, a->width, q, k, a->weights + item * a->queries * a->keys);
  gemm.transpose_b = true;
  gemm.ldb = a->width;
  gemm.alpha = 1.f / sqrtf((float)a->width);
  return mmd_gemm_run(&gemm, pool);
}

static mmd_status_t mix(const mmd_attention_t *a, size_t item, mmd_pool_t *pool) {
  mmd_gemm_t gemm =
      mmd_gemm_make(a->queries, a->width, a->keys, a->weights + item * a->queries * a->keys,
                    a->v + item * a->keys * a->width, a->out + item * a->queries * a->width);
  return mmd_gemm_run(&gemm, pool);
}

mmd_status_t mmd_attention_run(const mmd_attention_t *attention, mmd_pool_t *pool) {
  mmd_attention_t a = *attention;
  for (size_t i = 0; i < a.batch; ++i) MMD_TRY(score(&a, i, pool));
  mmd_parallel_for(pool, a.batch * a.queries, GRAIN / a.keys + 1, normalize_rows, &a);
  for (size_t i = 0; i < a.batch; ++i) MMD_TRY(mix(&a, i, pool));
  return NULL;
}
