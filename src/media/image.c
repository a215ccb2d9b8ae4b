// SPDX-License-Identifier: Apache-2.0
#include "media/image.h"

#include <string.h>

#include "base/alloc.h"
#include "base/file.h"
#include "base/last_error.h"
#include "kernels/color.h"
#include "media/codec.h"
#include "tensor/image.h"

#define MAX_FILE ((size_t)2 << 30)  // devices have no end

void mmd_image_replace(mmdeploy_image_t image, mmd_bitmap_t *bitmap) {
  mmd_bitmap_deinit(&image->bitmap);
  image->bitmap = *bitmap;
  memset(bitmap, 0, sizeof *bitmap);
  image->mat =
      (mmdeploy_mat_t){.data = image->bitmap.pixels,
                       .height = image->bitmap.height,
                       .width = image->bitmap.width,
                       .channel = image->bitmap.channels,
                       .format = image->bitmap.channels == 1 ? MMDEPLOY_PIXEL_FORMAT_GRAYSCALE
                                                             : MMDEPLOY_PIXEL_FORMAT_BGR,
                       .type = MMDEPLOY_DATA_TYPE_UINT8};
}

mmd_status_t mmd_image_wrap(mmd_bitmap_t *bitmap, mmdeploy_image_t *out_image) {
  mmdeploy_image_t image = mmd_alloc(sizeof *image);
  if (!image) {
    mmd_bitmap_deinit(bitmap);
    return mmd_status_no_memory();
  }
  mmd_image_replace(image, bitmap);
  *out_image = image;
  return NULL;
}

mmd_status_t mmd_image_make_bgr(mmdeploy_image_t image) {
  static const uint8_t spread[] = {0, 0, 0};
  const mmd_bitmap_t *gray = &image->bitmap;
  mmd_bitmap_t color;
  if (gray->channels == 3) return NULL;
  MMD_TRY(mmd_bitmap_create((uint32_t)gray->width, (uint32_t)gray->height, 3, &color));
  mmd_color_shuffle_u8(gray->pixels, mmd_bitmap_stride(gray), 1, (size_t)gray->width,
                       (size_t)gray->height, color.pixels, mmd_bitmap_stride(&color), 3, spread);
  mmd_image_replace(image, &color);
  return NULL;
}

static mmd_status_t null_argument(const char *name) {
  return MMD_ERROR(MMD_INVALID_ARGUMENT, "'%s' is NULL", name);
}

static mmd_status_t decode(const void *data, size_t size, mmdeploy_image_mode_t mode,
                           mmdeploy_image_t *out_image) {
  if ((unsigned)mode > MMDEPLOY_IMAGE_COLOR_AS_STORED) {
    return MMD_ERROR(MMD_INVALID_ARGUMENT, "'mode' is %d; 0 to 2 are known", (int)mode);
  }
  const mmd_decode_t request = {.data = data,
                                .size = size,
                                .gray = mode == MMDEPLOY_IMAGE_GRAYSCALE,
                                .keep_orientation = mode == MMDEPLOY_IMAGE_COLOR_AS_STORED};
  mmd_bitmap_t bitmap;
  MMD_TRY(mmd_codec_decode(&request, &bitmap));
  return mmd_image_wrap(&bitmap, out_image);
}

// Read, not mapped: a picture that somebody shortens meanwhile must not end the process.
static mmd_status_t read_file(const char *path, mmdeploy_image_mode_t mode,
                              mmdeploy_image_t *out_image) {
  char *data = NULL;
  size_t size = 0;
  MMD_TRY(mmd_file_read(path, MAX_FILE, &data, &size));
  mmd_status_t status = decode(data, size, mode, out_image);
  mmd_free(data);
  return mmd_status_annotate(status, "%s", path);
}

int mmdeploy_image_read(const char *path, mmdeploy_image_mode_t mode, mmdeploy_image_t *image) {
  if (!image) return mmd_last_error_set(__func__, null_argument("image"));
  *image = NULL;
  if (!path) return mmd_last_error_set(__func__, null_argument("path"));
  return mmd_last_error_set(__func__, read_file(path, mode, image));
}

int mmdeploy_image_decode(const void *data, size_t size, mmdeploy_image_mode_t mode,
                          mmdeploy_image_t *image) {
  if (!image) return mmd_last_error_set(__func__, null_argument("image"));
  *image = NULL;
  if (!data && size) return mmd_last_error_set(__func__, null_argument("data"));
  return mmd_last_error_set(__func__, decode(data, size, mode, image));
}

static mmd_status_t check_mat(const mmdeploy_mat_t *mat) {
  if (!mat) return null_argument("mat");
  if (!mat->data) return null_argument("mat->data");
  if (mat->width <= 0 || mat->height <= 0) {
    return MMD_ERROR(MMD_INVALID_ARGUMENT, "the picture is %d x %d", mat->width, mat->height);
  }
  if (mat->type != MMDEPLOY_DATA_TYPE_UINT8) {
    return MMD_ERROR(MMD_NOT_SUPPORTED, "a picture of data type %d; UINT8 is accepted",
                     (int)mat->type);
  }
  return NULL;
}

static mmd_status_t create(const mmdeploy_mat_t *mat, mmdeploy_image_t *out_image) {
  static const uint8_t orders[][3] = {
      [MMDEPLOY_PIXEL_FORMAT_BGR] = {0, 1, 2},
      [MMDEPLOY_PIXEL_FORMAT_RGB] = {2, 1, 0},
      [MMDEPLOY_PIXEL_FORMAT_GRAYSCALE] = {0, 0, 0},
      [MMDEPLOY_PIXEL_FORMAT_BGRA] = {0, 1, 2},
  };
  MMD_TRY(check_mat(mat));
  size_t channels = 0;
  switch (mat->format) {
    case MMDEPLOY_PIXEL_FORMAT_BGR:
    case MMDEPLOY_PIXEL_FORMAT_RGB:
    case MMDEPLOY_PIXEL_FORMAT_GRAYSCALE:
    case MMDEPLOY_PIXEL_FORMAT_BGRA:
      channels = (size_t)mmd_pixel_channels((mmd_pixel_format_t)mat->format);
      break;
    default:
      return MMD_ERROR(MMD_NOT_SUPPORTED,
                       "a picture of pixel format %d; BGR, RGB, GRAYSCALE and BGRA are accepted",
                       (int)mat->format);
  }
  mmd_bitmap_t bitmap;
  MMD_TRY(mmd_bitmap_create((uint32_t)mat->width, (uint32_t)mat->height, 3, &bitmap));
  const size_t width = (size_t)mat->width;
  mmd_color_shuffle_u8(mat->data, width * channels, channels, width, (size_t)mat->height,
                       bitmap.pixels, width * 3, 3, orders[mat->format]);
  return mmd_image_wrap(&bitmap, out_image);
}

int mmdeploy_image_create(const mmdeploy_mat_t *mat, mmdeploy_image_t *image) {
  if (!image) return mmd_last_error_set(__func__, null_argument("image"));
  *image = NULL;
  return mmd_last_error_set(__func__, create(mat, image));
}

const mmdeploy_mat_t *mmdeploy_image_mat(mmdeploy_image_t image) {
  return image ? &image->mat : NULL;
}

static mmd_status_t write_file(mmdeploy_image_t image, const char *path, int quality) {
  if (!image) return null_argument("image");
  if (!path) return null_argument("path");
  if (quality < 0 || quality > 100) {
    return MMD_ERROR(MMD_INVALID_ARGUMENT, "'quality' is %d; 0 to 100 are accepted", quality);
  }
  return mmd_codec_write(&image->bitmap, path, quality);
}

int mmdeploy_image_write(mmdeploy_image_t image, const char *path, int quality) {
  return mmd_last_error_set(__func__, write_file(image, path, quality));
}

void mmdeploy_image_destroy(mmdeploy_image_t image) {
  if (!image) return;
  mmd_bitmap_deinit(&image->bitmap);
  mmd_free(image);
}
