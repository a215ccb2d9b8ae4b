// SPDX-License-Identifier: Apache-2.0
#include "kernels/normalize.h"

#define NORMALIZE_ROW(T)                                                                           \
  static void normalize_row_##T(const mmd_normalize_t *n, const T *in, size_t width, float *out) { \
    size_t channels = n->channels;                                                                 \
    for (size_t x = 0; x < width; ++x, in += channels, out += channels) {                          \
      float pixel[4];                                                                              \
      for (size_t c = 0; c < channels; ++c) {                                                      \
        pixel[c] = ((float)in[n->order[c]] - n->mean[c]) * n->scale[c];                            \
      }                                                                                            \
      for (size_t c = 0; c < channels; ++c) out[c] = pixel[c];                                     \
    }                                                                                              \
  }

NORMALIZE_ROW(uint8_t)
NORMALIZE_ROW(float)

void mmd_normalize_u8(const mmd_normalize_t *normalize, const uint8_t *src, size_t src_stride,
                      size_t width, size_t height, float *dst, size_t dst_stride) {
  uint8_t *to = (uint8_t *)dst;
  for (size_t y = 0; y < height; ++y) {
    normalize_row_uint8_t(normalize, src + y * src_stride, width,
                          (float *)(void *)(to + y * dst_stride));
  }
}

void mmd_normalize_f32(const mmd_normalize_t *normalize, const float *src, size_t src_stride,
                       size_t width, size_t height, float *dst, size_t dst_stride) {
  const uint8_t *from = (const uint8_t *)src;
  uint8_t *to = (uint8_t *)dst;
  for (size_t y = 0; y < height; ++y) {
    normalize_row_float(normalize, (const float *)(const void *)(from + y * src_stride), width,
                        (float *)(void *)(to + y * dst_stride));
  }
}
