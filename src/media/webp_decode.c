// SPDX-License-Identifier: Apache-2.0
#include <webp/decode.h>

#include "base/alloc.h"
#include "kernels/color.h"
#include "media/codec.h"

static mmd_status_t webp_status(VP8StatusCode code) {
  switch (code) {
    case VP8_STATUS_OK:
      return NULL;
    case VP8_STATUS_OUT_OF_MEMORY:
      return mmd_status_no_memory();
    case VP8_STATUS_UNSUPPORTED_FEATURE:
      return MMD_ERROR(MMD_NOT_SUPPORTED, "this kind of WebP file");
    case VP8_STATUS_SUSPENDED:
    case VP8_STATUS_NOT_ENOUGH_DATA:
      return MMD_ERROR(MMD_CORRUPT, "the WebP file is truncated");
    default:
      return MMD_ERROR(MMD_CORRUPT, "damaged WebP file");
  }
}

static mmd_status_t decode_bgr(const mmd_decode_t *request, WebPDecoderConfig *config,
                               uint8_t *pixels) {
  const size_t stride = (size_t)config->input.width * 3;
  config->output.colorspace = MODE_BGR;
  config->output.is_external_memory = 1;
  config->output.u.RGBA.rgba = pixels;
  config->output.u.RGBA.stride = (int)stride;
  config->output.u.RGBA.size = stride * (size_t)config->input.height;
  const VP8StatusCode code = WebPDecode(request->data, request->size, config);
  WebPFreeDecBuffer(&config->output);
  return webp_status(code);
}

static mmd_status_t decode_gray(const mmd_decode_t *request, WebPDecoderConfig *config,
                                uint8_t *gray) {
  const size_t width = (size_t)config->input.width, height = (size_t)config->input.height;
  uint8_t *pixels = mmd_alloc_uninit(width * height * 3);
  MMD_TRY_ALLOC(pixels);
  mmd_status_t status = decode_bgr(request, config, pixels);
  if (!status) {
    mmd_color_to_gray_u8(pixels, width * 3, 3, false, width, height, gray, width);
  }
  mmd_free(pixels);
  return status;
}

// OpenCV 4.7 looks for no orientation in WebP files.
mmd_status_t mmd_webp_decode(const mmd_decode_t *request, mmd_bitmap_t *out_bitmap,
                             int *inout_orientation) {
  (void)inout_orientation;
  WebPDecoderConfig config;
  if (!WebPInitDecoderConfig(&config)) {
    return MMD_ERROR(MMD_UNAVAILABLE, "libwebp has another version than the one built against");
  }
  MMD_TRY(webp_status(WebPGetFeatures(request->data, request->size, &config.input)));
  if (config.input.has_animation) {
    return MMD_ERROR(MMD_NOT_SUPPORTED, "animated WebP files cannot be read");
  }
  MMD_TRY(mmd_decode_create_bitmap(request, (uint64_t)config.input.width,
                                   (uint64_t)config.input.height, out_bitmap));
  return request->gray ? decode_gray(request, &config, out_bitmap->pixels)
                       : decode_bgr(request, &config, out_bitmap->pixels);
}
