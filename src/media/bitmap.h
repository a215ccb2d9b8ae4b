// SPDX-License-Identifier: Apache-2.0
//
// Packed 8-bit pixels that are owned: BGR or gray, top row first.
#ifndef MMD_MEDIA_BITMAP_H_
#define MMD_MEDIA_BITMAP_H_

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

typedef struct mmd_bitmap_t {
  uint8_t *pixels;  // freed with mmd_free
  int width, height;
  int channels;  // 3 or 1
} mmd_bitmap_t;

#define MMD_BITMAP_MAX_SIDE (1u << 20)
#define MMD_BITMAP_MAX_PIXELS ((uint64_t)1 << 30)

// OUT_OF_RANGE unless both sides are within 1..MMD_BITMAP_MAX_SIDE and the area is at most
// |max_pixels|.
mmd_status_t mmd_bitmap_check_size(uint64_t width, uint64_t height,
                                   uint64_t max_pixels) MMD_MUST_USE;

// Pixels are not initialised.
mmd_status_t mmd_bitmap_create(uint32_t width, uint32_t height, int channels,
                               mmd_bitmap_t *out_bitmap) MMD_MUST_USE;
void mmd_bitmap_deinit(mmd_bitmap_t *bitmap);

size_t mmd_bitmap_stride(const mmd_bitmap_t *bitmap);
uint8_t *mmd_bitmap_row(const mmd_bitmap_t *bitmap, size_t y);

// Turns the picture upright; |orientation| is that of EXIF, 1 to 8. The bitmap stays as it is on
// failure.
mmd_status_t mmd_bitmap_orient(mmd_bitmap_t *bitmap, int orientation) MMD_MUST_USE;

#endif  // MMD_MEDIA_BITMAP_H_
