// SPDX-License-Identifier: Apache-2.0
#include "media/png_gray.h"

#include <math.h>

#define HALF (1u << 14)

// 0.299 and 0.587 in 15 bits, rounded down; blue has the rest.
static unsigned weigh(unsigned red, unsigned green, unsigned blue, unsigned half) {
  return (red * 9797 + green * 19234 + blue * 3737 + half) >> 15;
}

static void fill_table(double exponent, uint8_t table[256]) {
  for (int i = 0; i < 256; ++i) table[i] = (uint8_t)floor(255 * pow(i / 255., exponent) + .5);
}

void mmd_png_gray_init(mmd_png_gray_t *self, uint32_t file_gamma) {
  // Gammas within 5 % of 1, and those outside libpng's range, do not count.
  self->linear =
      (file_gamma >= 16 && file_gamma < 95000) || (file_gamma > 105000 && file_gamma <= 625000000);
  if (!self->linear) return;
  fill_table(floor(1e10 / file_gamma + .5) * 1e-5, self->to_linear);
  fill_table(file_gamma * 1e-5, self->from_linear);
}

void mmd_png_gray_8(const mmd_png_gray_t *self, const uint8_t *src, size_t channels, size_t count,
                    uint8_t *dst) {
  for (size_t i = 0; i < count; ++i, src += channels) {
    if (channels < 3 || (src[0] == src[1] && src[0] == src[2])) {
      dst[i] = src[0];
    } else if (self->linear) {
      const uint8_t *to = self->to_linear;
      dst[i] = self->from_linear[weigh(to[src[0]], to[src[1]], to[src[2]], HALF)];
    } else {
      dst[i] = (uint8_t)weigh(src[0], src[1], src[2], 0);
    }
  }
}

void mmd_png_gray_16(const uint16_t *src, size_t channels, size_t count, uint8_t *dst) {
  for (size_t i = 0; i < count; ++i, src += channels) {
    const unsigned gray = channels < 3 ? src[0] : weigh(src[0], src[1], src[2], HALF);
    dst[i] = (uint8_t)(gray >> 8);
  }
}
