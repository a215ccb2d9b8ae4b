// SPDX-License-Identifier: Apache-2.0
//
// Pictures: rows of interleaved pixels, top row first.
#ifndef MMD_TENSOR_IMAGE_H_
#define MMD_TENSOR_IMAGE_H_

#include "base/status.h"
#include "base/storage.h"
#include "tensor/dtype.h"

// Numbers are those of mmdeploy_pixel_format_t.
typedef enum mmd_pixel_format_t {
  MMD_PIXEL_BGR = 0,
  MMD_PIXEL_RGB = 1,
  MMD_PIXEL_GRAY = 2,
  MMD_PIXEL_NV12 = 3,  // height rows of luma, then height/2 rows of interleaved chroma
  MMD_PIXEL_NV21 = 4,
  MMD_PIXEL_BGRA = 5,
  MMD_PIXEL_FORMAT_COUNT = 6
} mmd_pixel_format_t;

typedef struct mmd_image_t {
  const uint8_t *data;  // borrowed when |storage| is NULL
  int height, width;    // of the picture, > 0
  size_t row_stride;    // bytes
  mmd_pixel_format_t format;
  mmd_dtype_t dtype;       // MMD_U8, MMD_F32, …
  mmd_storage_t *storage;  // owner of |data|, or NULL
} mmd_image_t;

int mmd_pixel_channels(mmd_pixel_format_t format);             // 3, 1, 4; 1 for NV12 and NV21
const char *mmd_pixel_format_name(mmd_pixel_format_t format);  // "bgr"

// Sides are limited to MMD_IMAGE_MAX_SIDE and the bytes to what size_t holds.
#define MMD_IMAGE_MAX_SIDE 65535
mmd_status_t mmd_image_create(int height, int width, mmd_pixel_format_t format, mmd_dtype_t dtype,
                              mmd_image_t *out_image) MMD_MUST_USE;  // uninitialised, packed rows
mmd_status_t mmd_image_borrow(const void *data, int height, int width, size_t row_stride,
                              mmd_pixel_format_t format, mmd_dtype_t dtype,
                              mmd_image_t *out_image) MMD_MUST_USE;  // row_stride 0 = packed
uint8_t *mmd_image_mutable_data(mmd_image_t *image);   // NULL unless it owns heap storage
size_t mmd_image_byte_size(const mmd_image_t *image);  // rows x stride, chroma counted
mmd_image_t mmd_image_retain(const mmd_image_t *image);
void mmd_image_deinit(mmd_image_t *image);

#endif  // MMD_TENSOR_IMAGE_H_
