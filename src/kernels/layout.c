// SPDX-License-Identifier: Apache-2.0
#include "kernels/layout.h"

#include <string.h>

void mmd_layout_copy(const void *src, size_t src_stride, size_t row_size, size_t height, void *dst,
                     size_t dst_stride) {
  for (size_t y = 0; y < height; ++y) {
    memcpy((uint8_t *)dst + y * dst_stride, (const uint8_t *)src + y * src_stride, row_size);
  }
}

// Copies |count| elements between places |in_step| and |out_step| elements apart.
#define COPY_LOOP(T)                                                                 \
  for (size_t i = 0; i < count; ++i) {                                               \
    memcpy(out + i * out_step * sizeof(T), in + i * in_step * sizeof(T), sizeof(T)); \
  }

static void copy_strided(const uint8_t *in, size_t in_step, uint8_t *out, size_t out_step,
                         size_t count, size_t size) {
  switch (size) {
    case 1:
      COPY_LOOP(uint8_t) break;
    case 2:
      COPY_LOOP(uint16_t) break;
    case 4:
      COPY_LOOP(uint32_t) break;
    default:
      COPY_LOOP(uint64_t) break;
  }
}

void mmd_layout_hwc_to_chw(const void *src, size_t src_stride, size_t width, size_t height,
                           size_t channels, size_t element_size, void *dst) {
  for (size_t y = 0; y < height; ++y) {
    const uint8_t *in = (const uint8_t *)src + y * src_stride;
    for (size_t c = 0; c < channels; ++c) {
      uint8_t *out = (uint8_t *)dst + (c * height + y) * width * element_size;
      copy_strided(in + c * element_size, channels, out, 1, width, element_size);
    }
  }
}

void mmd_layout_chw_to_hwc(const void *src, size_t width, size_t height, size_t channels,
                           size_t element_size, void *dst, size_t dst_stride) {
  for (size_t y = 0; y < height; ++y) {
    uint8_t *out = (uint8_t *)dst + y * dst_stride;
    for (size_t c = 0; c < channels; ++c) {
      const uint8_t *in = (const uint8_t *)src + (c * height + y) * width * element_size;
      copy_strided(in, 1, out + c * element_size, channels, width, element_size);
    }
  }
}

void mmd_layout_u8_to_f32(const uint8_t *src, size_t count, float *dst) {
  for (size_t i = 0; i < count; ++i) dst[i] = (float)src[i];
}
