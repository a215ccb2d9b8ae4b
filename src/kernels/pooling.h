// SPDX-License-Identifier: Apache-2.0
//
// Float 2-d pooling over planes (batch x channels), and over whole planes.
#ifndef MMD_KERNELS_POOLING_H_
#define MMD_KERNELS_POOLING_H_

#include <stdbool.h>

#include "base/thread.h"

typedef struct mmd_pooling_t {
  size_t planes, height, width;
  size_t kernel_h, kernel_w;
  size_t stride_h, stride_w;
  size_t dilation_h, dilation_w;
  size_t pad_top, pad_left, pad_bottom, pad_right;
  size_t out_height, out_width;  // of mmd_pooling_out_size, or smaller
  bool count_include_pad;        // average: divide by the whole window within the padding
} mmd_pooling_t;

// The number of windows along one axis. |ceil_mode|: a last window may reach past the padding, when
// it begins inside the image or the padding before it (PyTorch's rule). 0 when none fits.
size_t mmd_pooling_out_size(size_t size, size_t kernel, size_t stride, size_t dilation,
                            size_t pad_begin, size_t pad_end, bool ceil_mode);

// |y| is planes x out_height x out_width. A window without a pixel gives -infinity (max) or 0, one
// with a NaN that.
// |pool|, for threads, may be NULL. Fails when memory is short only.
mmd_status_t mmd_pooling_max(const mmd_pooling_t *pooling, const float *x, float *y,
                             mmd_pool_t *pool) MMD_MUST_USE;
mmd_status_t mmd_pooling_average(const mmd_pooling_t *pooling, const float *x, float *y,
                                 mmd_pool_t *pool) MMD_MUST_USE;

// One value for each of |planes| planes of |size| values.
void mmd_pooling_global_average(size_t planes, size_t size, const float *x, float *y);
void mmd_pooling_global_max(size_t planes, size_t size, const float *x, float *y);

#endif  // MMD_KERNELS_POOLING_H_
