// SPDX-License-Identifier: Apache-2.0
//
// out[c] = ((float)in[order[c]] - mean[c]) * scale[c] for each pixel, in float; scale is 1.f / std.
// See fused.h on its numbers. Up to 4 interleaved channels; strides are bytes. The float version
// may work in place.
#ifndef MMD_KERNELS_NORMALIZE_H_
#define MMD_KERNELS_NORMALIZE_H_

#include <stddef.h>
#include <stdint.h>

typedef struct mmd_normalize_t {
  size_t channels;
  uint8_t order[4];
  float mean[4], scale[4];
} mmd_normalize_t;

void mmd_normalize_u8(const mmd_normalize_t *normalize, const uint8_t *src, size_t src_stride,
                      size_t width, size_t height, float *dst, size_t dst_stride);
void mmd_normalize_f32(const mmd_normalize_t *normalize, const float *src, size_t src_stride,
                       size_t width, size_t height, float *dst, size_t dst_stride);

#endif  // MMD_KERNELS_NORMALIZE_H_
