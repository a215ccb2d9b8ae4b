// SPDX-License-Identifier: Apache-2.0
#include <webp/encode.h>

#include "base/alloc.h"
#include "kernels/color.h"
#include "media/codec.h"

#define DEFAULT_QUALITY 95

typedef struct sink_t {
  mmd_writer_t *writer;
  mmd_status_t status;
} sink_t;

static int write_bytes(const uint8_t *data, size_t size, const WebPPicture *picture) {
  sink_t *sink = picture->custom_ptr;
  if (!sink->status) sink->status = mmd_writer_write(sink->writer, data, size);
  return !sink->status;
}

static mmd_status_t import(const mmd_bitmap_t *bitmap, WebPPicture *picture) {
  static const uint8_t spread[] = {0, 0, 0};
  const size_t width = (size_t)bitmap->width, height = (size_t)bitmap->height;
  if (bitmap->channels == 3) {
    return WebPPictureImportBGR(picture, bitmap->pixels, bitmap->width * 3)
               ? NULL
               : mmd_status_no_memory();
  }
  uint8_t *pixels = mmd_alloc_uninit(width * height * 3);
  MMD_TRY_ALLOC(pixels);
  mmd_color_shuffle_u8(bitmap->pixels, width, 1, width, height, pixels, width * 3, 3, spread);
  const int done = WebPPictureImportBGR(picture, pixels, bitmap->width * 3);
  mmd_free(pixels);
  return done ? NULL : mmd_status_no_memory();
}

static mmd_status_t encode(const WebPConfig *config, WebPPicture *picture, const sink_t *sink) {
  if (WebPEncode(config, picture)) return NULL;
  if (sink->status) return sink->status;
  if (picture->error_code == VP8_ENC_ERROR_OUT_OF_MEMORY) return mmd_status_no_memory();
  return MMD_ERROR(MMD_INTERNAL, "cannot write a WebP file: error %d of libwebp",
                   (int)picture->error_code);
}

mmd_status_t mmd_webp_encode(const mmd_bitmap_t *bitmap, int quality, mmd_writer_t *writer) {
  sink_t sink = {.writer = writer};
  WebPConfig config;
  WebPPicture picture;
  if (bitmap->width > WEBP_MAX_DIMENSION || bitmap->height > WEBP_MAX_DIMENSION) {
    return MMD_ERROR(MMD_OUT_OF_RANGE, "a WebP file holds at most %d x %d pixels, not %d x %d",
                     WEBP_MAX_DIMENSION, WEBP_MAX_DIMENSION, bitmap->width, bitmap->height);
  }
  if (!WebPConfigPreset(&config, WEBP_PRESET_PHOTO, (float)(quality ? quality : DEFAULT_QUALITY)) ||
      !WebPPictureInit(&picture)) {
    return MMD_ERROR(MMD_UNAVAILABLE, "libwebp has another version than the one built against");
  }
  picture.width = bitmap->width;
  picture.height = bitmap->height;
  picture.writer = write_bytes;
  picture.custom_ptr = &sink;
  mmd_status_t status = import(bitmap, &picture);
  if (!status) status = encode(&config, &picture, &sink);
  WebPPictureFree(&picture);
  return status;
}
