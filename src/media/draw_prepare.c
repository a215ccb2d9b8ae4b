// SPDX-License-Identifier: Apache-2.0
#include "media/draw_prepare.h"

#include <math.h>
#include <string.h>

#include "kernels/color.h"
#include "kernels/resize.h"

#define SMALL_WIDTH 240     // narrower pictures are enlarged
#define ENLARGED_WIDTH 360  // to this
#define MAX_LONG_SIDE 4096  // unless their other side gets longer than this
#define BACKGROUND 27

static mmd_status_t copy_as_bgr(const mmd_bitmap_t *src, mmd_bitmap_t *out_bitmap) {
  static const uint8_t same[] = {0, 1, 2}, spread[] = {0, 0, 0};
  MMD_TRY(mmd_bitmap_create((uint32_t)src->width, (uint32_t)src->height, 3, out_bitmap));
  mmd_color_shuffle_u8(src->pixels, mmd_bitmap_stride(src), (size_t)src->channels,
                       (size_t)src->width, (size_t)src->height, out_bitmap->pixels,
                       mmd_bitmap_stride(out_bitmap), 3, src->channels == 1 ? spread : same);
  return NULL;
}

static mmd_status_t enlarge(mmd_bitmap_t *bitmap, double scale) {
  mmd_bitmap_t large;
  MMD_TRY(mmd_bitmap_create((uint32_t)lround(bitmap->width * scale),
                            (uint32_t)lround(bitmap->height * scale), 3, &large));
  const mmd_resize_t resize =
      mmd_resize_make(MMD_RESIZE_PIL_BICUBIC, 3, (size_t)bitmap->width, (size_t)bitmap->height,
                      (size_t)large.width, (size_t)large.height);
  mmd_status_t status = mmd_resize_u8(&resize, bitmap->pixels, mmd_bitmap_stride(bitmap),
                                      large.pixels, mmd_bitmap_stride(&large));
  if (status) {
    mmd_bitmap_deinit(&large);
    return status;
  }
  mmd_bitmap_deinit(bitmap);
  *bitmap = large;
  return NULL;
}

mmd_status_t mmd_draw_prepare(const mmd_bitmap_t *bitmap, mmd_bitmap_t *out_bitmap) {
  MMD_TRY(copy_as_bgr(bitmap, out_bitmap));
  if (bitmap->width >= SMALL_WIDTH) return NULL;
  const int longest = bitmap->width > bitmap->height ? bitmap->width : bitmap->height;
  const double scale =
      fmin((double)ENLARGED_WIDTH / bitmap->width, (double)MAX_LONG_SIDE / longest);
  if (scale <= 1) return NULL;
  mmd_status_t status = enlarge(out_bitmap, scale);
  if (status) mmd_bitmap_deinit(out_bitmap);
  return status;
}

mmd_status_t mmd_draw_extend(mmd_bitmap_t *bitmap, int min_width, int min_height) {
  const int width = bitmap->width > min_width ? bitmap->width : min_width;
  const int height = bitmap->height > min_height ? bitmap->height : min_height;
  if (width == bitmap->width && height == bitmap->height) return NULL;
  mmd_bitmap_t large;
  MMD_TRY(mmd_bitmap_create((uint32_t)width, (uint32_t)height, 3, &large));
  const size_t stride = mmd_bitmap_stride(&large), used = mmd_bitmap_stride(bitmap);
  for (int y = 0; y < height; ++y) {
    uint8_t *row = mmd_bitmap_row(&large, (size_t)y);
    size_t done = 0;
    if (y < bitmap->height) {
      memcpy(row, mmd_bitmap_row(bitmap, (size_t)y), used);
      done = used;
    }
    memset(row + done, BACKGROUND, stride - done);
  }
  mmd_bitmap_deinit(bitmap);
  *bitmap = large;
  return NULL;
}
