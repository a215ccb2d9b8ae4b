// SPDX-License-Identifier: Apache-2.0
//
// The core of DCNv3 (Wang et al. 2023, InternImage): a deformable depthwise sum without a weight,
// in float, channels last.
#ifndef MMD_KERNELS_DCNV3_H_
#define MMD_KERNELS_DCNV3_H_

#include "base/thread.h"

typedef struct mmd_dcnv3_t {
  size_t batch, height, width;
  size_t groups, group_channels;
  size_t kernel_h, kernel_w, stride_h, stride_w, pad_h, pad_w, dilation_h, dilation_w;
  size_t out_height, out_width;
  float offset_scale;
} mmd_dcnv3_t;

// Where tap |tap| of the result's pixel (row, column) reads without an offset. Taps go down the
// columns of the kernel.
static inline void mmd_dcnv3_position(const mmd_dcnv3_t *d, size_t row, size_t column, size_t tap,
                                      double *out_y, double *out_x) {
  double centre_y = (double)(d->dilation_h * (d->kernel_h - 1) / 2);
  double centre_x = (double)(d->dilation_w * (d->kernel_w - 1) / 2),
         scale = (double)d->offset_scale;
  double step_y = (double)(tap % d->kernel_h * d->dilation_h) - centre_y;
  double step_x = (double)(tap / d->kernel_h * d->dilation_w) - centre_x;
  *out_y = centre_y - (double)d->pad_h + (double)(row * d->stride_h) + step_y * scale;
  *out_x = centre_x - (double)d->pad_w + (double)(column * d->stride_w) + step_x * scale;
}

// |x| is batch x height x width x groups x group_channels, |offset| batch x out_height x out_width
// x groups x taps x (dx, dy), |mask| the same without the pair, |y| as |x| with the other size.
// |pool| may be NULL. Fails when a parameter makes no sense.
mmd_status_t mmd_dcnv3_run(const mmd_dcnv3_t *dcnv3, const float *x, const float *offset,
                           const float *mask, float *y, mmd_pool_t *pool) MMD_MUST_USE;

#endif  // MMD_KERNELS_DCNV3_H_
