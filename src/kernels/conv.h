// SPDX-License-Identifier: Apache-2.0
//
// Float 2-d convolution (cross-correlation, as in all networks), NCHW. A 1-d one has height 1.
#ifndef MMD_KERNELS_CONV_H_
#define MMD_KERNELS_CONV_H_

#include "base/thread.h"

typedef struct mmd_conv_t {
  size_t batch, channels, height, width;
  size_t out_channels, groups;  // groups divides both channel counts
  size_t kernel_h, kernel_w;
  size_t stride_h, stride_w;
  size_t dilation_h, dilation_w;
  size_t pad_top, pad_left, pad_bottom, pad_right;
  const float *add;  // added to the result, whose shape it has and whose memory it may be; or NULL
  float low, high;   // limits of the result, for a fused ReLU or clip; infinities for none
} mmd_conv_t;

// Strides, dilations and groups 1, no padding, no limits.
mmd_conv_t mmd_conv_make(size_t batch, size_t channels, size_t height, size_t width,
                         size_t out_channels, size_t kernel_h, size_t kernel_w);

// 0 when the kernel does not fit into the padded image.
size_t mmd_conv_out_height(const mmd_conv_t *conv);
size_t mmd_conv_out_width(const mmd_conv_t *conv);

// |weight| is out_channels x channels / groups x kernel_h x kernel_w; |bias| has out_channels
// values or is NULL. |y| is batch x out_channels x out_height x out_width. Fails when memory is
// short or a parameter makes no sense. |pool| may be NULL.
mmd_status_t mmd_conv_run(const mmd_conv_t *conv, const float *x, const float *weight,
                          const float *bias, float *y, mmd_pool_t *pool) MMD_MUST_USE;

// Room for the padded channels that mmd_conv_run works on, which may be far larger than image and
// result.
typedef struct mmd_conv_scratch_t {
  size_t bytes;     // at a time
  uint64_t floats;  // written in all
} mmd_conv_scratch_t;

// Fails as mmd_conv_run does; where the room cannot even be counted, memory is short.
mmd_status_t mmd_conv_scratch(const mmd_conv_t *conv, mmd_pool_t *pool,
                              mmd_conv_scratch_t *out_scratch) MMD_MUST_USE;

#endif  // MMD_KERNELS_CONV_H_
