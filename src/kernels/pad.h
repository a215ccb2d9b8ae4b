// SPDX-License-Identifier: Apache-2.0
//
// A border around an image of any pixel size, as cv2.copyMakeBorder makes it.
#ifndef MMD_KERNELS_PAD_H_
#define MMD_KERNELS_PAD_H_

#include <stddef.h>

#include "base/status.h"

typedef enum mmd_pad_mode_t {
  MMD_PAD_CONSTANT,
  MMD_PAD_EDGE,       // aaa|abcd|ddd
  MMD_PAD_REFLECT,    // dcb|abcd|cba
  MMD_PAD_SYMMETRIC,  // cba|abcd|dcb
} mmd_pad_mode_t;

typedef struct mmd_pad_t {
  mmd_pad_mode_t mode;
  size_t top, bottom, left, right;
  size_t pixel_size;  // bytes of a pixel, 1 to 16
  const void *value;  // one pixel, for MMD_PAD_CONSTANT
} mmd_pad_t;

// The result has left + width + right times top + height + bottom pixels. Strides are bytes; source
// and result do not overlap.
mmd_status_t mmd_pad_image(const mmd_pad_t *pad, const void *src, size_t src_stride, size_t width,
                           size_t height, void *dst, size_t dst_stride) MMD_MUST_USE;

#endif  // MMD_KERNELS_PAD_H_
