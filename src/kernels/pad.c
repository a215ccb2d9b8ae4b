// SPDX-License-Identifier: Apache-2.0
#include "kernels/pad.h"

#include <stdint.h>
#include <string.h>

enum { MAX_SIDE = 1 << 20 };

// The source position of position |i| of a line of |size| items; |i| may lie outside.
static size_t source_index(int64_t i, size_t size, mmd_pad_mode_t mode) {
  int64_t n = (int64_t)size;
  if (mode == MMD_PAD_EDGE || n == 1) return (size_t)(i < 0 ? 0 : i >= n ? n - 1 : i);
  // Mirrored lines repeat; the second half of a period runs backwards.
  int64_t repeat = mode == MMD_PAD_SYMMETRIC ? 1 : 0;
  int64_t period = 2 * n - 2 + 2 * repeat;
  i %= period;
  if (i < 0) i += period;
  if (i >= n) i = period - i - repeat;
  return (size_t)i;
}

static void put_pixels(uint8_t *out, size_t count, const uint8_t *pixel, size_t size) {
  for (size_t i = 0; i < count; ++i) memcpy(out + i * size, pixel, size);
}

static void pad_row(const mmd_pad_t *p, const uint8_t *in, size_t width, uint8_t *out) {
  size_t size = p->pixel_size;
  uint8_t *right = out + (p->left + width) * size;
  memcpy(out + p->left * size, in, width * size);
  if (p->mode == MMD_PAD_CONSTANT) {
    put_pixels(out, p->left, p->value, size);
    put_pixels(right, p->right, p->value, size);
    return;
  }
  for (size_t x = 0; x < p->left; ++x) {
    size_t from = source_index((int64_t)x - (int64_t)p->left, width, p->mode);
    memcpy(out + x * size, in + from * size, size);
  }
  for (size_t x = 0; x < p->right; ++x) {
    size_t from = source_index((int64_t)(width + x), width, p->mode);
    memcpy(right + x * size, in + from * size, size);
  }
}

static mmd_status_t check(const mmd_pad_t *p, size_t width, size_t height) {
  if (width < 1 || height < 1 || width > MAX_SIDE || height > MAX_SIDE || p->top > MAX_SIDE ||
      p->bottom > MAX_SIDE || p->left > MAX_SIDE || p->right > MAX_SIDE) {
    return MMD_ERROR(MMD_OUT_OF_RANGE, "pad: %zux%zu by %zu, %zu, %zu, %zu; at most %d each", width,
                     height, p->top, p->bottom, p->left, p->right, MAX_SIDE);
  }
  if (p->pixel_size < 1 || p->pixel_size > 16 || (unsigned)p->mode > MMD_PAD_SYMMETRIC) {
    return MMD_ERROR(MMD_INVALID_ARGUMENT, "pad: mode %d with pixels of %zu bytes", (int)p->mode,
                     p->pixel_size);
  }
  return NULL;
}

mmd_status_t mmd_pad_image(const mmd_pad_t *pad, const void *src, size_t src_stride, size_t width,
                           size_t height, void *dst, size_t dst_stride) {
  MMD_TRY(check(pad, width, height));
  size_t total = pad->top + height + pad->bottom;
  size_t pixels = pad->left + width + pad->right;
  for (size_t y = 0; y < total; ++y) {
    uint8_t *out = (uint8_t *)dst + y * dst_stride;
    int64_t at = (int64_t)y - (int64_t)pad->top;
    bool inside = at >= 0 && at < (int64_t)height;
    if (!inside && pad->mode == MMD_PAD_CONSTANT) {
      put_pixels(out, pixels, pad->value, pad->pixel_size);
      continue;
    }
    size_t from = inside ? (size_t)at : source_index(at, height, pad->mode);
    pad_row(pad, (const uint8_t *)src + from * src_stride, width, out);
  }
  return NULL;
}
