// SPDX-License-Identifier: Apache-2.0
//
// Image resizing with the numbers of OpenCV 4.7 (its wheel for x86) and of Pillow: 8-bit results
// are theirs bit for bit, float results agree within 1e-5 of the value range. One thing is not
// defined: the wheel's bicubic adds floats in an order that depends on the processor, so that a few
// values in a million, those half way between two bytes, differ by one between processors. Channels
// are interleaved and, unlike in Pillow's RGBA mode, do not depend on each other (no multiplication
// by alpha).
#ifndef MMD_KERNELS_RESIZE_H_
#define MMD_KERNELS_RESIZE_H_

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

// Float images: Pillow's kinds compute each channel as its mode F does.
typedef enum mmd_resize_kind_t {
  MMD_RESIZE_CV_NEAREST,
  MMD_RESIZE_CV_LINEAR,  // cv2.INTER_LINEAR; OpenCV's kinds but AREA have no filter against
                         // aliasing
  MMD_RESIZE_CV_CUBIC,
  MMD_RESIZE_CV_AREA,  // enlarging (either side): a linear one with other sample positions
  MMD_RESIZE_CV_LANCZOS4,
  MMD_RESIZE_PIL_NEAREST,
  MMD_RESIZE_PIL_BOX,  // this and those below filter against aliasing
  MMD_RESIZE_PIL_BILINEAR,
  MMD_RESIZE_PIL_HAMMING,
  MMD_RESIZE_PIL_BICUBIC,
  MMD_RESIZE_PIL_LANCZOS,
  MMD_RESIZE_KIND_COUNT,
} mmd_resize_kind_t;

// What to compute. Only the window of the result is computed, and stored at the result pointer.
typedef struct mmd_resize_t {
  mmd_resize_kind_t kind;
  size_t channels;  // 1, 3 or 4
  size_t src_width, src_height;
  size_t width, height;  // of the whole result
  size_t window_x, window_y;
  size_t window_width, window_height;
  // When given, |kind| is not read: where in the source each column and each row of the result
  // lies, in 1/32 pixel, with zeros around the source, as cv2.warpAffine has it. Those of the
  // columns never fall. Only for bytes.
  const int32_t *places_x, *places_y;
} mmd_resize_t;

// A description of a kind whose window is the whole result.
mmd_resize_t mmd_resize_make(mmd_resize_kind_t kind, size_t channels, size_t src_width,
                             size_t src_height, size_t width, size_t height);

// Strides are the bytes from one row to the next. Source and result do not overlap.
mmd_status_t mmd_resize_u8(const mmd_resize_t *resize, const uint8_t *src, size_t src_stride,
                           uint8_t *dst, size_t dst_stride) MMD_MUST_USE;

// Strides are in bytes here too.
mmd_status_t mmd_resize_f32(const mmd_resize_t *resize, const float *src, size_t src_stride,
                            float *dst, size_t dst_stride) MMD_MUST_USE;

// INVALID_ARGUMENT or OUT_OF_RANGE for sizes that make no sense.
mmd_status_t mmd_resize_check(const mmd_resize_t *resize) MMD_MUST_USE;

#endif  // MMD_KERNELS_RESIZE_H_
