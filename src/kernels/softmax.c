// SPDX-License-Identifier: Apache-2.0
#include "kernels/softmax.h"

#include <math.h>

#include "kernels/vec.h"

enum { GRAIN = 4096 };  // values that are worth a thread

typedef struct job_t {
  const mmd_softmax_t *softmax;
  const float *x;
  float *y;
} job_t;

// Contiguous lines.
static void run_lines(void *context, size_t begin, size_t end) {
  const job_t *job = context;
  const mmd_vec_t *vec = mmd_vec_get();
  size_t count = job->softmax->count;
  for (size_t i = begin; i < end; ++i) {
    const float *x = job->x + i * count;
    float *y = job->y + i * count;
    float sum = vec->exp_sum(count, vec->max(count, x), x, y);
    vec->scale(count, 1.f / sum, y);
  }
}

static float line_max(const float *x, size_t count, size_t step) {
  float max = x[0];
  for (size_t i = 1; i < count; ++i) max = x[i * step] > max ? x[i * step] : max;
  return max;
}

// Line |i| % inner of block |i| / inner; its values are |inner| apart.
static void run_strided(void *context, size_t begin, size_t end) {
  const job_t *job = context;
  size_t count = job->softmax->count;
  size_t step = job->softmax->inner;
  for (size_t i = begin; i < end; ++i) {
    size_t at = i / step * count * step + i % step;
    float max = line_max(job->x + at, count, step);
    float sum = 0.f;
    for (size_t k = 0; k < count; ++k) {
      float e = expf(job->x[at + k * step] - max);
      job->y[at + k * step] = e;
      sum += e;
    }
    for (size_t k = 0; k < count; ++k) job->y[at + k * step] /= sum;
  }
}

static void run_log(void *context, size_t begin, size_t end) {
  const job_t *job = context;
  size_t count = job->softmax->count;
  size_t step = job->softmax->inner;
  for (size_t i = begin; i < end; ++i) {
    size_t at = i / step * count * step + i % step;
    float max = line_max(job->x + at, count, step);
    float sum = 0.f;
    for (size_t k = 0; k < count; ++k) sum += expf(job->x[at + k * step] - max);
    float log_sum = logf(sum);  // added to a large |max| it would lose its digits
    for (size_t k = 0; k < count; ++k) {
      job->y[at + k * step] = job->x[at + k * step] - max - log_sum;
    }
  }
}

static void run(const mmd_softmax_t *softmax, const float *x, float *y, mmd_pool_t *pool,
                mmd_range_fn fn) {
  job_t job = {softmax, x, y};
  if (softmax->count == 0) return;
  mmd_parallel_for(pool, softmax->outer * softmax->inner, GRAIN / softmax->count + 1, fn, &job);
}

void mmd_softmax_run(const mmd_softmax_t *softmax, const float *x, float *y, mmd_pool_t *pool) {
  run(softmax, x, y, pool, softmax->inner == 1 ? run_lines : run_strided);
}

void mmd_softmax_run_log(const mmd_softmax_t *softmax, const float *x, float *y, mmd_pool_t *pool) {
  run(softmax, x, y, pool, run_log);
}
