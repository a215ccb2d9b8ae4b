// SPDX-License-Identifier: Apache-2.0
//
// Moving pixels about: crops, interleaved to planes and back, bytes to float. Strides are bytes
// from one row to the next; planes are packed. Source and result do not overlap.
#ifndef MMD_KERNELS_LAYOUT_H_
#define MMD_KERNELS_LAYOUT_H_

#include <stddef.h>
#include <stdint.h>

// Copies |height| rows of |row_size| bytes: a crop, when |src| points at its first pixel.
void mmd_layout_copy(const void *src, size_t src_stride, size_t row_size, size_t height, void *dst,
                     size_t dst_stride);

// |element_size| is the bytes of one channel of one pixel: 1, 2, 4 or 8.
void mmd_layout_hwc_to_chw(const void *src, size_t src_stride, size_t width, size_t height,
                           size_t channels, size_t element_size, void *dst);
void mmd_layout_chw_to_hwc(const void *src, size_t width, size_t height, size_t channels,
                           size_t element_size, void *dst, size_t dst_stride);

// |count| values, without scaling.
void mmd_layout_u8_to_f32(const uint8_t *src, size_t count, float *dst);

#endif  // MMD_KERNELS_LAYOUT_H_
