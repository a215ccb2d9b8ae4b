// SPDX-License-Identifier: Apache-2.0
//
// An image seen through an affine map, with the numbers of cv2.warpAffine (OpenCV 4.7), bilinear
// and with zeros around the image, bit for bit. Positions are rounded to 1/32 pixel, as there.
#ifndef MMD_KERNELS_WARP_AFFINE_H_
#define MMD_KERNELS_WARP_AFFINE_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "kernels/affine.h"

typedef struct mmd_warp_affine_t {
  size_t channels;  // 1 to 4
  size_t src_width, src_height;
  size_t width, height;  // of the result
  // From a pixel of the result to the place in the source: the inverse of what cv2.warpAffine
  // takes without WARP_INVERSE_MAP.
  mmd_affine_t inverse;
} mmd_warp_affine_t;

// |map| takes source to result, as cv2.warpAffine has it.
mmd_warp_affine_t mmd_warp_affine_make(size_t channels, size_t src_width, size_t src_height,
                                       size_t width, size_t height, const mmd_affine_t *map);

// Without rotation and mirroring: the places in the source of the |width| columns and the |height|
// rows of the result, in 1/32 pixel, as mmd_resize_t takes them. False when the map is another one.
bool mmd_warp_affine_places(const mmd_warp_affine_t *warp, int32_t *out_x, int32_t *out_y);

// Strides are the bytes from one row to the next. Source and result do not overlap.
mmd_status_t mmd_warp_affine_u8(const mmd_warp_affine_t *warp, const uint8_t *src,
                                size_t src_stride, uint8_t *dst, size_t dst_stride) MMD_MUST_USE;
mmd_status_t mmd_warp_affine_f32(const mmd_warp_affine_t *warp, const float *src, size_t src_stride,
                                 float *dst, size_t dst_stride) MMD_MUST_USE;

#endif  // MMD_KERNELS_WARP_AFFINE_H_
