// SPDX-License-Identifier: Apache-2.0
//
// Float deformable convolution, NCHW: every kernel element reads at an offset of its own, between
// pixels (Dai et al. 2017), and with a mask its value is scaled (Zhu et al. 2018).
#ifndef MMD_KERNELS_DEFORM_CONV_H_
#define MMD_KERNELS_DEFORM_CONV_H_

#include "kernels/conv.h"

// As mmd_conv_run. |offset| is batch x offset_groups x taps x (dy, dx) x out_height x out_width
// with taps = kernel_h x kernel_w; |mask| is the same without the pair, or NULL. |offset_groups|
// divides the input channels. A position that is not a number reads zero. |low| and |high| are not
// used.
mmd_status_t mmd_deform_conv_run(const mmd_conv_t *conv, size_t offset_groups, const float *x,
                                 const float *offset, const float *mask, const float *weight,
                                 const float *bias, float *y, mmd_pool_t *pool) MMD_MUST_USE;

#endif  // MMD_KERNELS_DEFORM_CONV_H_
