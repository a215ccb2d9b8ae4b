// SPDX-License-Identifier: Apache-2.0
//
// Image resizing with the numbers of OpenCV 4.7 and of Pillow: 8-bit results are theirs bit for
// bit, float results agree within 1e-5 of the value range. Channels are interleaved and, unlike in
// Pillow's RGBA mode, do not depend on each other (no multiplication by alpha).
#ifndef MMD_KERNELS_RESIZE_H_
#define MMD_KERNELS_RESIZE_H_

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

typedef enum mmd_resize_kind_t {
  MMD_RESIZE_CV_NEAREST,
  MMD_RESIZE_CV_LINEAR,  // cv2.INTER_LINEAR; no filter against aliasing
  MMD_RESIZE_PIL_NEAREST,
  MMD_RESIZE_PIL_BILINEAR,  // with a filter against aliasing
  MMD_RESIZE_PIL_BICUBIC,   // same
} mmd_resize_kind_t;

// What to compute. Only the window of the result is computed, and stored at the result pointer.
typedef struct mmd_resize_t {
  mmd_resize_kind_t kind;
  size_t channels;  // 1, 3 or 4
  size_t src_width, src_height;
  size_t width, height;  // of the whole result
  size_t window_x, window_y;
  size_t window_width, window_height;
} mmd_resize_t;

// A description whose window is the whole result.
mmd_resize_t mmd_resize_make(mmd_resize_kind_t kind, size_t channels, size_t src_width,
                             size_t src_height, size_t width, size_t height);

// Strides are the bytes from one row to the next. Source and result do not overlap.
mmd_status_t mmd_resize_u8(const mmd_resize_t *resize, const uint8_t *src, size_t src_stride,
                           uint8_t *dst, size_t dst_stride) MMD_MUST_USE;

// The kinds of OpenCV only. Strides are in bytes here too.
mmd_status_t mmd_resize_f32(const mmd_resize_t *resize, const float *src, size_t src_stride,
                            float *dst, size_t dst_stride) MMD_MUST_USE;

// INVALID_ARGUMENT or OUT_OF_RANGE for sizes that make no sense.
mmd_status_t mmd_resize_check(const mmd_resize_t *resize) MMD_MUST_USE;

#endif  // MMD_KERNELS_RESIZE_H_
