// SPDX-License-Identifier: Apache-2.0
#include "kernels/instance_norm.h"

#include <math.h>

enum { GRAIN = 4096 };  // values that are worth a thread

static void run_planes(void *context, size_t begin, size_t end) {
  const mmd_instance_norm_t *n = context;
  for (size_t p = begin; p < end; ++p) {
    const float *x = n->x + p * n->size;
    float *y = n->y + p * n->size;
    double sum = 0, squares = 0, count = (double)n->size;
    for (size_t i = 0; i < n->size; ++i) sum += (double)x[i];
    double mean = sum / count;
    for (size_t i = 0; i < n->size; ++i) squares += ((double)x[i] - mean) * ((double)x[i] - mean);
    size_t k = p % n->channels;
    double factor = (double)n->scale[k] / sqrt(squares / count + n->epsilon);
    double shift = (double)n->bias[k];
    for (size_t i = 0; i < n->size; ++i) y[i] = (float)(((double)x[i] - mean) * factor + shift);
  }
}

void mmd_instance_norm_run(const mmd_instance_norm_t *norm, mmd_pool_t *pool) {
  mmd_instance_norm_t n = *norm;
  if (n.size == 0) return;
  mmd_parallel_for(pool, n.batch * n.channels, GRAIN / n.size + 1, run_planes, &n);
}
