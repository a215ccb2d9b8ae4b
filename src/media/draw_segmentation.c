// SPDX-License-Identifier: Apache-2.0
#include <math.h>

#include "base/last_error.h"
#include "media/image.h"
#include "media/palette.h"

#define COLOR_COUNT 1024  // colours repeat after these

static mmd_status_t check(mmdeploy_image_t image, const int *labels, int width, int height) {
  if (!image) return MMD_ERROR(MMD_INVALID_ARGUMENT, "'image' is NULL");
  if (!labels) return MMD_ERROR(MMD_INVALID_ARGUMENT, "'labels' is NULL");
  if (width == image->bitmap.width && height == image->bitmap.height) return NULL;
  return MMD_ERROR(MMD_INVALID_ARGUMENT, "the label map is %d x %d, the picture %d x %d", width,
                   height, image->bitmap.width, image->bitmap.height);
}

static mmd_status_t draw(mmdeploy_image_t image, const int *labels, int width, int height,
                         const mmdeploy_draw_options_t *options) {
  static const mmdeploy_draw_options_t defaults;
  mmd_color_t colors[COLOR_COUNT];
  mmd_palette_t palette;
  if (!options) options = &defaults;
  MMD_TRY(check(image, labels, width, height));
  MMD_TRY(mmd_palette_find(options->palette, options->class_count, &palette));
  MMD_TRY(mmd_image_make_bgr(image));
  const float opacity = options->opacity > 0 ? fminf(options->opacity, 1) : 0.5f;
  const int count = palette.table ? palette.count : COLOR_COUNT;
  for (int i = 0; i < count; ++i) colors[i] = mmd_palette_color(&palette, i);
  for (int y = 0; y < height; ++y) {
    mmd_raster_labels(mmd_bitmap_row(&image->bitmap, (size_t)y), labels + (size_t)y * (size_t)width,
                      width, colors, count, (unsigned)lroundf(256 * opacity));
  }
  return NULL;
}

int mmdeploy_draw_segmentation(mmdeploy_image_t image, const int *labels, int width, int height,
                               const mmdeploy_draw_options_t *options) {
  return mmd_last_error_set(__func__, draw(image, labels, width, height, options));
}
