// SPDX-License-Identifier: Apache-2.0
#include "kernels/color.h"

// The pixel loop with constant channel counts for the common cases, so that compilers unroll it.
#define SHUFFLE_LOOP(FROM, TO)                                    \
  for (size_t x = 0; x < width; ++x, in += (FROM), out += (TO)) { \
    for (size_t c = 0; c < (TO); ++c) out[c] = in[order[c]];      \
  }

#define SHUFFLE_ROW(T)                                                                   \
  static void shuffle_row_##T(const T *in, size_t from, size_t width, T *out, size_t to, \
                              const uint8_t *order) {                                    \
    if (from == 3 && to == 3) {                                                          \
      SHUFFLE_LOOP(3, 3)                                                                 \
    } else if (from == 4 && to == 3) {                                                   \
      SHUFFLE_LOOP(4, 3)                                                                 \
    } else {                                                                             \
      SHUFFLE_LOOP(from, to)                                                             \
    }                                                                                    \
  }

SHUFFLE_ROW(uint8_t)
SHUFFLE_ROW(float)

static const float *f32_row(const float *image, size_t stride, size_t y) {
  return (const float *)(const void *)((const uint8_t *)image + y * stride);
}

static float *f32_out_row(float *image, size_t stride, size_t y) {
  return (float *)(void *)((uint8_t *)image + y * stride);
}

void mmd_color_shuffle_u8(const uint8_t *src, size_t src_stride, size_t src_channels, size_t width,
                          size_t height, uint8_t *dst, size_t dst_stride, size_t dst_channels,
                          const uint8_t *order) {
  for (size_t y = 0; y < height; ++y) {
    shuffle_row_uint8_t(src + y * src_stride, src_channels, width, dst + y * dst_stride,
                        dst_channels, order);
  }
}

void mmd_color_shuffle_f32(const float *src, size_t src_stride, size_t src_channels, size_t width,
                           size_t height, float *dst, size_t dst_stride, size_t dst_channels,
                           const uint8_t *order) {
  for (size_t y = 0; y < height; ++y) {
    shuffle_row_float(f32_row(src, src_stride, y), src_channels, width,
                      f32_out_row(dst, dst_stride, y), dst_channels, order);
  }
}

// Weights of 2^15.
enum { GRAY_RED = 9798, GRAY_GREEN = 19235, GRAY_BLUE = 3735 };

void mmd_color_to_gray_u8(const uint8_t *src, size_t src_stride, size_t channels, bool rgb,
                          size_t width, size_t height, uint8_t *dst, size_t dst_stride) {
  const int first = rgb ? GRAY_RED : GRAY_BLUE;
  const int third = rgb ? GRAY_BLUE : GRAY_RED;
  for (size_t y = 0; y < height; ++y) {
    const uint8_t *in = src + y * src_stride;
    uint8_t *out = dst + y * dst_stride;
    for (size_t x = 0; x < width; ++x, in += channels) {
      out[x] = (uint8_t)((in[0] * first + in[1] * GRAY_GREEN + in[2] * third + (1 << 14)) >> 15);
    }
  }
}

void mmd_color_to_gray_f32(const float *src, size_t src_stride, size_t channels, bool rgb,
                           size_t width, size_t height, float *dst, size_t dst_stride) {
  const float first = rgb ? 0.299f : 0.114f;
  const float third = rgb ? 0.114f : 0.299f;
  for (size_t y = 0; y < height; ++y) {
    const float *in = f32_row(src, src_stride, y);
    float *out = f32_out_row(dst, dst_stride, y);
    for (size_t x = 0; x < width; ++x, in += channels) {
      out[x] = in[0] * first + in[1] * 0.587f + in[2] * third;
    }
  }
}

// Weights of 2^20, video range.
enum {
  NV_LUMA = 1220542,
  NV_BLUE_U = 2116026,
  NV_GREEN_U = -409993,
  NV_GREEN_V = -852492,
  NV_RED_V = 1673527,
  NV_HALF = 1 << 19,
};

static uint8_t clip(int value) {
  return (uint8_t)(value < 0 ? 0 : value > 255 ? 255 : value);
}

void mmd_color_from_nv(const mmd_nv_image_t *src, bool rgb, uint8_t *dst, size_t dst_stride) {
  size_t blue = rgb ? 2 : 0;
  for (size_t y = 0; y < src->height; ++y) {
    const uint8_t *luma = src->luma + y * src->luma_stride;
    const uint8_t *chroma = src->chroma + y / 2 * src->chroma_stride;
    uint8_t *out = dst + y * dst_stride;
    for (size_t x = 0; x < src->width; ++x, out += 3) {
      const uint8_t *pair = chroma + (x & ~(size_t)1);
      int u = pair[src->v_first ? 1 : 0] - 128;
      int v = pair[src->v_first ? 0 : 1] - 128;
      int level = (luma[x] > 16 ? luma[x] - 16 : 0) * NV_LUMA + NV_HALF;
      out[blue] = clip((level + NV_BLUE_U * u) >> 20);
      out[1] = clip((level + NV_GREEN_U * u + NV_GREEN_V * v) >> 20);
      out[2 - blue] = clip((level + NV_RED_V * v) >> 20);
    }
  }
}
