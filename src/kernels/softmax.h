// SPDX-License-Identifier: Apache-2.0
//
// Softmax over the middle axis of outer x count x inner floats. |y| may be |x|.
#ifndef MMD_KERNELS_SOFTMAX_H_
#define MMD_KERNELS_SOFTMAX_H_

#include "base/thread.h"

typedef struct mmd_softmax_t {
  size_t outer, count, inner;
} mmd_softmax_t;

// |pool| may be NULL. Within a few units in the last place of exact results.
void mmd_softmax_run(const mmd_softmax_t *softmax, const float *x, float *y, mmd_pool_t *pool);

// The logarithm of it.
void mmd_softmax_run_log(const mmd_softmax_t *softmax, const float *x, float *y, mmd_pool_t *pool);

#endif  // MMD_KERNELS_SOFTMAX_H_
