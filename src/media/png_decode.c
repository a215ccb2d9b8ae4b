// SPDX-License-Identifier: Apache-2.0
#include <string.h>

#include "base/alloc.h"
#include "media/codec.h"
#include "media/exif.h"
#include "media/png_alloc.h"
#include "media/png_gray.h"

#define MAX_CHUNK ((size_t)64 << 20)  // profiles and texts; inflated size counts

typedef struct png_t {
  spng_ctx *context;
  const mmd_decode_t *request;
  mmd_bitmap_t *bitmap;
  struct spng_ihdr header;
} png_t;

static mmd_status_t read_header(png_t *self) {
  MMD_TRY(
      mmd_png_status(spng_set_png_buffer(self->context, self->request->data, self->request->size)));
  MMD_TRY(mmd_png_status(spng_set_chunk_limits(self->context, MAX_CHUNK, MAX_CHUNK)));
  MMD_TRY(mmd_png_status(spng_get_ihdr(self->context, &self->header)));
  return mmd_decode_create_bitmap(self->request, self->header.width, self->header.height,
                                  self->bitmap);
}

static mmd_status_t decode_pixels(png_t *self, void *out, size_t size, int format) {
  return mmd_png_status(spng_decode_image(self->context, out, size, format, 0));
}

static void swap_red_and_blue(const mmd_bitmap_t *bitmap) {
  uint8_t *p = bitmap->pixels;
  const size_t count = (size_t)bitmap->width * (size_t)bitmap->height;
  for (size_t i = 0; i < count; ++i, p += 3) {
    const uint8_t red = p[0];
    p[0] = p[2];
    p[2] = red;
  }
}

static mmd_status_t decode_color(png_t *self) {
  const size_t size = mmd_bitmap_stride(self->bitmap) * (size_t)self->bitmap->height;
  MMD_TRY(decode_pixels(self, self->bitmap->pixels, size, SPNG_FMT_RGB8));
  swap_red_and_blue(self->bitmap);
  return NULL;
}

// libpng knows a few sRGB profiles by their checksums and takes them for an sRGB block. This one is
// by far the commonest.
static bool has_srgb_profile(png_t *self) {
  static const char name[] = "sRGB IEC61966-2.1";
  struct spng_iccp iccp;
  if (spng_get_iccp(self->context, &iccp) != SPNG_OK || iccp.profile_len != 3144) return false;
  for (size_t i = 0; i + sizeof name <= iccp.profile_len; ++i) {
    if (memcmp(iccp.profile + i, name, sizeof name) == 0) return true;
  }
  return false;
}

static uint32_t file_gamma(png_t *self) {
  uint8_t intent;
  uint32_t gamma;
  if (spng_get_srgb(self->context, &intent) == SPNG_OK || has_srgb_profile(self)) return 45455;
  return spng_get_gama_int(self->context, &gamma) == SPNG_OK ? gamma : 0;
}

static mmd_status_t decode_gray(png_t *self) {
  static const size_t channels_of_type[] = {1, 0, 3, 3, 2, 0, 4};
  const struct spng_ihdr *header = &self->header;
  const size_t count = (size_t)header->width * header->height;
  if (header->color_type == SPNG_COLOR_TYPE_GRAYSCALE && header->bit_depth <= 8) {
    return decode_pixels(self, self->bitmap->pixels, count, SPNG_FMT_G8);
  }
  const bool palette = header->color_type == SPNG_COLOR_TYPE_INDEXED;
  const size_t channels = channels_of_type[header->color_type];
  const size_t size = count * channels * (header->bit_depth == 16 ? 2 : 1);
  void *pixels = mmd_alloc_uninit(size);
  MMD_TRY_ALLOC(pixels);
  mmd_status_t status = decode_pixels(self, pixels, size, palette ? SPNG_FMT_RGB8 : SPNG_FMT_PNG);
  if (!status && header->bit_depth == 16) {
    mmd_png_gray_16(pixels, channels, count, self->bitmap->pixels);
  } else if (!status) {
    mmd_png_gray_t gray;
    mmd_png_gray_init(&gray, file_gamma(self));
    mmd_png_gray_8(&gray, pixels, channels, count, self->bitmap->pixels);
  }
  mmd_free(pixels);
  return status;
}

// The block may stand behind the pixels; damage there does no harm.
static mmd_status_t read_orientation(png_t *self, int *inout_orientation) {
  struct spng_exif exif;
  mmd_status_t status = mmd_png_status(spng_decode_chunks(self->context));
  if (mmd_status_code(status) == MMD_OUT_OF_MEMORY) return status;
  mmd_status_free(status);
  if (spng_get_exif(self->context, &exif) != SPNG_OK) return NULL;
  *inout_orientation = mmd_exif_orientation((const uint8_t *)exif.data, exif.length);
  return NULL;
}

mmd_status_t mmd_png_decode(const mmd_decode_t *request, mmd_bitmap_t *out_bitmap,
                            int *inout_orientation) {
  png_t self = {.request = request, .bitmap = out_bitmap};
  self.context = mmd_png_context_create(0);
  MMD_TRY_ALLOC(self.context);
  mmd_status_t status = read_header(&self);
  if (!status) status = request->gray ? decode_gray(&self) : decode_color(&self);
  if (!status) status = read_orientation(&self, inout_orientation);
  spng_ctx_free(self.context);
  return status;
}
