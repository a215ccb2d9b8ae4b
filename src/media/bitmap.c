// SPDX-License-Identifier: Apache-2.0
#include "media/bitmap.h"

#include <stdbool.h>
#include <string.h>

#include "base/alloc.h"

mmd_status_t mmd_bitmap_check_size(uint64_t width, uint64_t height, uint64_t max_pixels) {
  if (width == 0 || height == 0) {
    return MMD_ERROR(MMD_CORRUPT, "the picture has no pixels: %llu x %llu",
                     (unsigned long long)width, (unsigned long long)height);
  }
  if (width > MMD_BITMAP_MAX_SIDE || height > MMD_BITMAP_MAX_SIDE) {
    return MMD_ERROR(MMD_OUT_OF_RANGE, "the picture is %llu x %llu; a side may have %u pixels",
                     (unsigned long long)width, (unsigned long long)height, MMD_BITMAP_MAX_SIDE);
  }
  if (width * height > max_pixels) {
    return MMD_ERROR(MMD_OUT_OF_RANGE, "the picture is %llu x %llu; %llu pixels are allowed",
                     (unsigned long long)width, (unsigned long long)height,
                     (unsigned long long)max_pixels);
  }
  return NULL;
}

mmd_status_t mmd_bitmap_create(uint32_t width, uint32_t height, int channels,
                               mmd_bitmap_t *out_bitmap) {
  memset(out_bitmap, 0, sizeof *out_bitmap);
  MMD_TRY(mmd_bitmap_check_size(width, height, MMD_BITMAP_MAX_PIXELS));
  out_bitmap->pixels = mmd_alloc_uninit((size_t)width * height * (size_t)channels);
  MMD_TRY_ALLOC(out_bitmap->pixels);
  out_bitmap->width = (int)width;
  out_bitmap->height = (int)height;
  out_bitmap->channels = channels;
  return NULL;
}

void mmd_bitmap_deinit(mmd_bitmap_t *bitmap) {
  mmd_free(bitmap->pixels);
  memset(bitmap, 0, sizeof *bitmap);
}

size_t mmd_bitmap_stride(const mmd_bitmap_t *bitmap) {
  return (size_t)bitmap->width * (size_t)bitmap->channels;
}

uint8_t *mmd_bitmap_row(const mmd_bitmap_t *bitmap, size_t y) {
  return bitmap->pixels + y * mmd_bitmap_stride(bitmap);
}

// Copies |count| pixels from places |step| bytes apart.
static void gather(const uint8_t *src, ptrdiff_t step, size_t count, int channels, uint8_t *dst) {
  if (channels == 1) {
    for (size_t i = 0; i < count; ++i, src += step) dst[i] = *src;
    return;
  }
  for (size_t i = 0; i < count; ++i, src += step, dst += 3) {
    dst[0] = src[0];
    dst[1] = src[1];
    dst[2] = src[2];
  }
}

mmd_status_t mmd_bitmap_orient(mmd_bitmap_t *bitmap, int orientation) {
  if (orientation <= 1 || orientation > 8) return NULL;
  // How the result's first pixel and axes lie in the source.
  const bool swapped = orientation >= 5;
  const bool from_right =
      orientation == 2 || orientation == 3 || orientation == 7 || orientation == 8;
  const bool from_bottom =
      orientation == 3 || orientation == 4 || orientation == 6 || orientation == 7;
  const ptrdiff_t pixel = bitmap->channels, row = (ptrdiff_t)mmd_bitmap_stride(bitmap);
  const ptrdiff_t along_x = from_right ? -pixel : pixel, along_y = from_bottom ? -row : row;
  mmd_bitmap_t result;
  MMD_TRY(mmd_bitmap_create((uint32_t)(swapped ? bitmap->height : bitmap->width),
                            (uint32_t)(swapped ? bitmap->width : bitmap->height), bitmap->channels,
                            &result));
  const uint8_t *src = bitmap->pixels;
  if (from_right) src += (bitmap->width - 1) * pixel;
  if (from_bottom) src += (bitmap->height - 1) * row;
  for (int y = 0; y < result.height; ++y) {
    gather(src + y * (swapped ? along_x : along_y), swapped ? along_y : along_x,
           (size_t)result.width, result.channels, mmd_bitmap_row(&result, (size_t)y));
  }
  mmd_bitmap_deinit(bitmap);
  *bitmap = result;
  return NULL;
}
