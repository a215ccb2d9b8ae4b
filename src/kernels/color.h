// SPDX-License-Identifier: Apache-2.0
//
// Colour conversion with the numbers of OpenCV 4.7: 8-bit results are equal bit for bit, float ones
// within 1e-6 of the value range. Strides are bytes; source and result do not overlap.
#ifndef MMD_KERNELS_COLOR_H_
#define MMD_KERNELS_COLOR_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Result channel c is source channel order[c]: swaps BGR and RGB ({2, 1, 0}), drops alpha
// ({0, 1, 2} of 4), spreads gray ({0, 0, 0} of 1). Up to 4 channels each.
void mmd_color_shuffle_u8(const uint8_t *src, size_t src_stride, size_t src_channels, size_t width,
                          size_t height, uint8_t *dst, size_t dst_stride, size_t dst_channels,
                          const uint8_t *order);
void mmd_color_shuffle_f32(const float *src, size_t src_stride, size_t src_channels, size_t width,
                           size_t height, float *dst, size_t dst_stride, size_t dst_channels,
                           const uint8_t *order);

// Gray of 3 or 4 channels; alpha is ignored. |rgb|: red comes first.
void mmd_color_to_gray_u8(const uint8_t *src, size_t src_stride, size_t channels, bool rgb,
                          size_t width, size_t height, uint8_t *dst, size_t dst_stride);
void mmd_color_to_gray_f32(const float *src, size_t src_stride, size_t channels, bool rgb,
                           size_t width, size_t height, float *dst, size_t dst_stride);

// A luma plane and a plane of chroma pairs, one for 2x2 pixels (NV12 has U first, NV21 has V
// first), to BGR or RGB. Width and height are even. Gray is the luma plane itself.
typedef struct mmd_nv_image_t {
  const uint8_t *luma;
  size_t luma_stride;
  const uint8_t *chroma;
  size_t chroma_stride;
  size_t width, height;
  bool v_first;
} mmd_nv_image_t;
void mmd_color_from_nv(const mmd_nv_image_t *src, bool rgb, uint8_t *dst, size_t dst_stride);

#endif  // MMD_KERNELS_COLOR_H_
