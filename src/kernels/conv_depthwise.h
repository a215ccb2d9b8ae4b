// SPDX-License-Identifier: Apache-2.0
#ifndef MMD_KERNELS_CONV_DEPTHWISE_H_
#define MMD_KERNELS_CONV_DEPTHWISE_H_

#include "kernels/conv_image.h"

// mmd_conv_run for groups == channels; it checks the parameters.
mmd_status_t mmd_conv_run_depthwise(const mmd_conv_t *conv, const float *x, const float *weight,
                                    const float *bias, float *y, mmd_pool_t *pool) MMD_MUST_USE;

// Floats that each thread works on; |image| is that of |conv|. False when their size overflows.
bool mmd_conv_depthwise_floats(const mmd_conv_t *conv, const mmd_conv_image_t *image,
                               size_t *out_floats);

#endif  // MMD_KERNELS_CONV_DEPTHWISE_H_
