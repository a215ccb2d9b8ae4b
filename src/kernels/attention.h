// SPDX-License-Identifier: Apache-2.0
//
// Scaled dot-product attention: softmax(q k' / sqrt(width) + mask) v, in floats.
#ifndef MMD_KERNELS_ATTENTION_H_
#define MMD_KERNELS_ATTENTION_H_

#include "base/thread.h"

typedef struct mmd_attention_t {
  size_t batch, queries, keys, width;  // keys and width are not 0
  const float *q;                      // batch x queries x width
  const float *k, *v;                  // batch x keys x width
  const float *mask;                   // queries x keys, added; NULL = none
  size_t mask_step;  // from the mask of one batch item to the next; 0 = one for all
  float *weights;    // batch x queries x keys
  float *out;        // batch x queries x width
} mmd_attention_t;

// A row that is masked altogether (-infinity) becomes NaN. Fails only when memory is short. |pool|
// may be NULL.
mmd_status_t mmd_attention_run(const mmd_attention_t *attention, mmd_pool_t *pool) MMD_MUST_USE;

#endif  // MMD_KERNELS_ATTENTION_H_
