// SPDX-License-Identifier: Apache-2.0
//
// Uncompressed Windows and OS/2 bitmaps of 1, 4, 8, 16, 24 and 32 bits. As in OpenCV, 32-bit files
// are taken for BGRA whatever their masks say, and 5- and 6-bit samples are shifted, not scaled.
#include <string.h>

#include "base/alloc.h"
#include "media/codec.h"

#define FILE_HEADER 14
#define OS2_HEADER 12
#define MIN_HEADER 36
#define BI_RGB 0
#define BI_RLE8 1
#define BI_RLE4 2
#define BI_BITFIELDS 3

typedef struct bmp_t {
  const uint8_t *data;
  size_t size;
  size_t pixels;  // offset
  size_t header, palette_offset, entry_size;
  int64_t width, height;
  bool top_down;
  unsigned bits;
  uint32_t compression, colors_used;
  bool green6;  // 16 bits as 5-6-5
  uint8_t palette[256][3];
} bmp_t;

static mmd_status_t truncated(void) {
  return MMD_ERROR(MMD_CORRUPT, "the BMP file is truncated");
}

static unsigned get16(const uint8_t *p) {
  return (unsigned)(p[0] | p[1] << 8);
}
static uint32_t get32(const uint8_t *p) {
  return get16(p) | (uint32_t)get16(p + 2) << 16;
}

static mmd_status_t read_header(bmp_t *self) {
  const uint8_t *p = self->data + FILE_HEADER;
  if (self->size < FILE_HEADER + OS2_HEADER) return truncated();
  self->pixels = get32(self->data + 10);
  self->header = get32(p);
  if (self->header != OS2_HEADER && self->header < MIN_HEADER) {
    return MMD_ERROR(MMD_CORRUPT, "damaged BMP file: a header of %zu bytes", self->header);
  }
  if (self->header > self->size - FILE_HEADER) return truncated();
  self->palette_offset = FILE_HEADER + self->header;
  if (self->header == OS2_HEADER) {
    self->width = get16(p + 4);
    self->height = get16(p + 6);
    self->bits = get16(p + 10);
    self->entry_size = 3;
    return NULL;
  }
  self->width = (int32_t)get32(p + 4);
  self->height = (int32_t)get32(p + 8);
  self->bits = get16(p + 14);
  self->compression = get32(p + 16);
  self->colors_used = get32(p + 32);
  self->entry_size = 4;
  self->top_down = self->height < 0;
  if (self->top_down) self->height = -self->height;
  if (self->width < 0) return MMD_ERROR(MMD_CORRUPT, "damaged BMP file: a negative width");
  return NULL;
}

static mmd_status_t read_masks(bmp_t *self) {
  const uint8_t *masks = self->data + FILE_HEADER + 40;
  if (self->size < FILE_HEADER + 40 + 12) return truncated();
  const uint32_t red = get32(masks), green = get32(masks + 4), blue = get32(masks + 8);
  self->green6 = red == 0xf800 && green == 0x7e0 && blue == 0x1f;
  if (!self->green6 && (red != 0x7c00 || green != 0x3e0 || blue != 0x1f)) {
    return MMD_ERROR(MMD_NOT_SUPPORTED, "a BMP file with masks %x %x %x", red, green, blue);
  }
  return NULL;
}

static mmd_status_t read_palette(bmp_t *self) {
  const uint32_t most = 1u << self->bits;
  const uint32_t count = self->colors_used ? self->colors_used : most;
  if (count > most) return MMD_ERROR(MMD_CORRUPT, "damaged BMP file: %u colours", count);
  if (count * self->entry_size > self->size - self->palette_offset) return truncated();
  const uint8_t *src = self->data + self->palette_offset;
  for (uint32_t i = 0; i < count; ++i, src += self->entry_size) memcpy(self->palette[i], src, 3);
  return NULL;
}

static mmd_status_t check_kind(bmp_t *self) {
  const bool masked = self->compression == BI_BITFIELDS && (self->bits == 16 || self->bits == 32);
  if (self->compression != BI_RGB && !masked) {
    const bool packed = self->compression == BI_RLE8 || self->compression == BI_RLE4;
    return MMD_ERROR(MMD_NOT_SUPPORTED, "a BMP file with %s compression (kind %u)",
                     packed ? "run-length" : "unknown", self->compression);
  }
  switch (self->bits) {
    case 1:
    case 4:
    case 8:
      return read_palette(self);
    case 16:
      return masked ? read_masks(self) : NULL;
    case 24:
    case 32:
      return NULL;
    default:
      return MMD_ERROR(MMD_NOT_SUPPORTED, "a BMP file with %u bits a pixel", self->bits);
  }
}

static void unpack_pixel(const bmp_t *self, const uint8_t *row, size_t x, uint8_t bgr[3]) {
  const unsigned bits = self->bits;
  if (bits <= 8) {
    const size_t at = x * bits;
    const unsigned shift = 8 - bits - (unsigned)(at % 8);
    memcpy(bgr, self->palette[row[at / 8] >> shift & ((1u << bits) - 1)], 3);
  } else if (bits == 16) {
    const unsigned pixel = get16(row + x * 2);
    bgr[0] = (uint8_t)(pixel << 3);
    bgr[1] = (uint8_t)(self->green6 ? pixel >> 3 & ~3u : pixel >> 2 & ~7u);
    bgr[2] = (uint8_t)(self->green6 ? pixel >> 8 & ~7u : pixel >> 7 & ~7u);
  } else {
    memcpy(bgr, row + x * (bits / 8), 3);
  }
}

static mmd_status_t read_rows(const bmp_t *self, const mmd_decode_t *request,
                              const mmd_bitmap_t *bitmap) {
  const size_t width = (size_t)self->width, height = (size_t)self->height;
  const size_t stride = (width * self->bits + 31) / 32 * 4;
  if (self->pixels > self->size || (self->size - self->pixels) / stride < height) {
    return truncated();
  }
  uint8_t *row = mmd_alloc_uninit(width * 3);
  MMD_TRY_ALLOC(row);
  for (size_t y = 0; y < height; ++y) {
    const uint8_t *src = self->data + self->pixels + y * stride;
    for (size_t x = 0; x < width; ++x) unpack_pixel(self, src, x, row + x * 3);
    mmd_decode_store_row(request, row, width,
                         mmd_bitmap_row(bitmap, self->top_down ? y : height - 1 - y));
  }
  mmd_free(row);
  return NULL;
}

mmd_status_t mmd_bmp_decode(const mmd_decode_t *request, mmd_bitmap_t *out_bitmap,
                            int *inout_orientation) {
  (void)inout_orientation;
  bmp_t self = {.data = request->data, .size = request->size};
  MMD_TRY(read_header(&self));
  MMD_TRY(check_kind(&self));
  MMD_TRY(
      mmd_decode_create_bitmap(request, (uint64_t)self.width, (uint64_t)self.height, out_bitmap));
  return read_rows(&self, request, out_bitmap);
}
