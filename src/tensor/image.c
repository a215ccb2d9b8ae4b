// SPDX-License-Identifier: Apache-2.0
#include "tensor/image.h"

#include "base/checked.h"

static const struct {
  const char *name;
  int channels;
} formats[MMD_PIXEL_FORMAT_COUNT] = {{"bgr", 3},  {"rgb", 3},  {"gray", 1},
                                     {"nv12", 1}, {"nv21", 1}, {"bgra", 4}};

static bool is_known(mmd_pixel_format_t format) {
  return (unsigned)format < MMD_PIXEL_FORMAT_COUNT;
}

static bool has_chroma_plane(mmd_pixel_format_t format) {
  return format == MMD_PIXEL_NV12 || format == MMD_PIXEL_NV21;
}

int mmd_pixel_channels(mmd_pixel_format_t format) {
  return is_known(format) ? formats[format].channels : 0;
}

const char *mmd_pixel_format_name(mmd_pixel_format_t format) {
  return is_known(format) ? formats[format].name : "unknown";
}

// Checks the geometry; a |*row_stride| of 0 becomes the packed one.
static mmd_status_t check(int height, int width, mmd_pixel_format_t format, mmd_dtype_t dtype,
                          size_t *row_stride, size_t *out_bytes) {
  if (!is_known(format)) {
    return MMD_ERROR(MMD_INVALID_ARGUMENT, "unknown pixel format %d", (int)format);
  }
  size_t size = mmd_dtype_size(dtype);
  if (size == 0 || dtype == MMD_C64 || dtype == MMD_C128) {
    return MMD_ERROR(MMD_INVALID_ARGUMENT, "an image cannot hold elements of type %s",
                     mmd_dtype_name(dtype));
  }
  if (height < 1 || width < 1 || height > MMD_IMAGE_MAX_SIDE || width > MMD_IMAGE_MAX_SIDE) {
    return MMD_ERROR(MMD_OUT_OF_RANGE, "image of %dx%d pixels; sides are 1 to %d", width, height,
                     MMD_IMAGE_MAX_SIDE);
  }
  if (has_chroma_plane(format) && (height % 2 != 0 || width % 2 != 0)) {
    return MMD_ERROR(MMD_INVALID_ARGUMENT, "%s image of %dx%d pixels; sides must be even",
                     formats[format].name, width, height);
  }
  size_t packed = (size_t)width * (size_t)formats[format].channels * size;
  if (*row_stride == 0) *row_stride = packed;
  if (*row_stride < packed) {
    return MMD_ERROR(MMD_INVALID_ARGUMENT, "image rows of %zu bytes; %d pixels need %zu",
                     *row_stride, width, packed);
  }
  size_t rows = (size_t)height + (has_chroma_plane(format) ? (size_t)height / 2 : 0);
  if (mmd_checked_mul(*row_stride, rows, out_bytes)) return NULL;
  return MMD_ERROR(MMD_OUT_OF_RANGE, "image rows of %zu bytes do not fit in memory", *row_stride);
}

mmd_status_t mmd_image_create(int height, int width, mmd_pixel_format_t format, mmd_dtype_t dtype,
                              mmd_image_t *out_image) {
  size_t stride = 0, bytes;
  *out_image = (mmd_image_t){0};
  MMD_TRY(check(height, width, format, dtype, &stride, &bytes));
  mmd_storage_t *storage;
  MMD_TRY(mmd_storage_create(bytes, false, &storage));
  *out_image = (mmd_image_t){.data = mmd_storage_data(storage),
                             .height = height,
                             .width = width,
                             .row_stride = stride,
                             .format = format,
                             .dtype = dtype,
                             .storage = storage};
  return NULL;
}

mmd_status_t mmd_image_borrow(const void *data, int height, int width, size_t row_stride,
                              mmd_pixel_format_t format, mmd_dtype_t dtype,
                              mmd_image_t *out_image) {
  size_t bytes;
  *out_image = (mmd_image_t){0};
  if (!data) return MMD_ERROR(MMD_INVALID_ARGUMENT, "image without data");
  MMD_TRY(check(height, width, format, dtype, &row_stride, &bytes));
  *out_image = (mmd_image_t){.data = data,
                             .height = height,
                             .width = width,
                             .row_stride = row_stride,
                             .format = format,
                             .dtype = dtype};
  return NULL;
}

uint8_t *mmd_image_mutable_data(mmd_image_t *image) {
  if (!image->storage) return NULL;
  uint8_t *data = mmd_storage_mutable_data(image->storage);
  // The picture may begin within its storage.
  return data ? data + (image->data - mmd_storage_data(image->storage)) : NULL;
}

size_t mmd_image_byte_size(const mmd_image_t *image) {
  size_t rows = (size_t)image->height;
  if (has_chroma_plane(image->format)) rows += rows / 2;
  return rows * image->row_stride;
}

mmd_image_t mmd_image_retain(const mmd_image_t *image) {
  mmd_storage_retain(image->storage);
  return *image;
}

void mmd_image_deinit(mmd_image_t *image) {
  mmd_storage_release(image->storage);
  *image = (mmd_image_t){0};
}
