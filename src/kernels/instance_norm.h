// SPDX-License-Identifier: Apache-2.0
#ifndef MMD_KERNELS_INSTANCE_NORM_H_
#define MMD_KERNELS_INSTANCE_NORM_H_

#include "base/thread.h"

// |batch| x |channels| planes of |size| floats: y = (x - mean) / sqrt(variance + epsilon) * scale +
// bias, with mean and (biased) variance of the plane, summed in double. |pool| may be NULL.
typedef struct mmd_instance_norm_t {
  size_t batch, channels, size;
  const float *x, *scale, *bias;
  double epsilon;
  float *y;
} mmd_instance_norm_t;
void mmd_instance_norm_run(const mmd_instance_norm_t *norm, mmd_pool_t *pool);

#endif  // MMD_KERNELS_INSTANCE_NORM_H_
