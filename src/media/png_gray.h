// SPDX-License-Identifier: Apache-2.0
//
// Gray of colour PNG files with the numbers of libpng, which OpenCV leaves this to: other weights
// than elsewhere, and in linear light when the file tells its gamma.
#ifndef MMD_MEDIA_PNG_GRAY_H_
#define MMD_MEDIA_PNG_GRAY_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct mmd_png_gray_t {
  bool linear;
  uint8_t to_linear[256], from_linear[256];
} mmd_png_gray_t;

// |file_gamma| is that of the gAMA block (45455 = 1/2.2), or 0 when the file tells none.
void mmd_png_gray_init(mmd_png_gray_t *self, uint32_t file_gamma);

// Pixels of |channels| samples (1 and 2: gray first; 3 and 4: red first) to 8-bit gray. Gamma does
// not count at 16 bits.
void mmd_png_gray_8(const mmd_png_gray_t *self, const uint8_t *src, size_t channels, size_t count,
                    uint8_t *dst);
void mmd_png_gray_16(const uint16_t *src, size_t channels, size_t count, uint8_t *dst);

#endif  // MMD_MEDIA_PNG_GRAY_H_
