// SPDX-License-Identifier: Apache-2.0
#include "media/codec.h"

#include <string.h>
#include <strings.h>

typedef struct codec_t {
  const char *name;
  bool (*matches)(const uint8_t *data, size_t size);
  mmd_status_t (*decode)(const mmd_decode_t *request, mmd_bitmap_t *out_bitmap,
                         int *inout_orientation);
  mmd_status_t (*encode)(const mmd_bitmap_t *bitmap, int quality,
                         mmd_writer_t *writer);  // NULL: cannot be written
  const char *extensions[3];
} codec_t;

static bool begins(const uint8_t *data, size_t size, const char *magic, size_t magic_size) {
  return size >= magic_size && memcmp(data, magic, magic_size) == 0;
}
#define BEGINS(data, size, magic) begins((data), (size), (magic), sizeof(magic) - 1)

static bool is_jpeg(const uint8_t *data, size_t size) {
  return BEGINS(data, size, "\xff\xd8\xff");
}
static bool is_png(const uint8_t *data, size_t size) {
  return BEGINS(data, size, "\x89PNG\r\n\x1a\n");
}
static bool is_webp(const uint8_t *data, size_t size) {
  return BEGINS(data, size, "RIFF") && size >= 12 && memcmp(data + 8, "WEBP", 4) == 0;
}
static bool is_bmp(const uint8_t *data, size_t size) {
  return BEGINS(data, size, "BM");
}
static bool is_pnm(const uint8_t *data, size_t size) {
  return size >= 3 && data[0] == 'P' && data[1] >= '1' && data[1] <= '6' &&
         strchr(" \t\r\n#", data[2]) && data[2];
}

static const codec_t CODECS[] = {
    {"JPEG", is_jpeg, mmd_jpeg_decode, mmd_jpeg_encode, {".jpg", ".jpeg"}},
    {"PNG", is_png, mmd_png_decode, mmd_png_encode, {".png"}},
    {"WebP", is_webp, mmd_webp_decode, mmd_webp_encode, {".webp"}},
    {"BMP", is_bmp, mmd_bmp_decode, NULL, {".bmp"}},
    {"PNM", is_pnm, mmd_pnm_decode, NULL, {NULL}},
};
#define CODEC_COUNT (sizeof CODECS / sizeof *CODECS)

// Kinds that people try, so that the message can name them.
static const char *name_of_foreign(const uint8_t *data, size_t size) {
  if (BEGINS(data, size, "GIF8")) return "a GIF file";
  if (BEGINS(data, size, "II*\0") || BEGINS(data, size, "MM\0*")) return "a TIFF file";
  if (size >= 12 && memcmp(data + 4, "ftypavif", 8) == 0) return "an AVIF file";
  if (size >= 12 && memcmp(data + 4, "ftyphei", 7) == 0) return "a HEIF file";
  if (BEGINS(data, size, "%PDF")) return "a PDF file";
  return "not a picture";
}

static mmd_status_t find_decoder(const mmd_decode_t *request, const codec_t **out_codec) {
  if (request->size == 0) return MMD_ERROR(MMD_CORRUPT, "the picture file is empty");
  for (size_t i = 0; i < CODEC_COUNT; ++i) {
    if (!CODECS[i].matches(request->data, request->size)) continue;
    *out_codec = &CODECS[i];
    return NULL;
  }
  return MMD_ERROR(MMD_NOT_SUPPORTED, "%s; JPEG, PNG, WebP, BMP and PNM can be read",
                   name_of_foreign(request->data, request->size));
}

mmd_status_t mmd_codec_decode(const mmd_decode_t *request, mmd_bitmap_t *out_bitmap) {
  const codec_t *codec = NULL;
  int orientation = 1;
  memset(out_bitmap, 0, sizeof *out_bitmap);
  MMD_TRY(find_decoder(request, &codec));
  mmd_status_t status = codec->decode(request, out_bitmap, &orientation);
  if (!status && !request->keep_orientation) status = mmd_bitmap_orient(out_bitmap, orientation);
  if (status) mmd_bitmap_deinit(out_bitmap);
  return status;
}

static mmd_status_t find_encoder(const char *path, const codec_t **out_codec) {
  const char *extension = mmd_path_extension(path);
  for (size_t i = 0; i < CODEC_COUNT; ++i) {
    if (!CODECS[i].encode) continue;
    for (const char *const *e = CODECS[i].extensions; *e; ++e) {
      if (strcasecmp(extension, *e) != 0) continue;
      *out_codec = &CODECS[i];
      return NULL;
    }
  }
  return MMD_ERROR(MMD_NOT_SUPPORTED,
                   "%s: pictures are written as .jpg, .jpeg, .png or .webp, not as '%s'", path,
                   extension);
}

mmd_status_t mmd_codec_write(const mmd_bitmap_t *bitmap, const char *path, int quality) {
  const codec_t *codec = NULL;
  mmd_writer_t *writer = NULL;
  MMD_TRY(find_encoder(path, &codec));
  MMD_TRY(mmd_writer_create(path, &writer));
  mmd_status_t status = mmd_status_annotate(codec->encode(bitmap, quality, writer), "%s", path);
  if (!status) status = mmd_writer_commit(writer);
  mmd_writer_destroy(writer);
  return status;
}

mmd_status_t mmd_decode_create_bitmap(const mmd_decode_t *request, uint64_t width, uint64_t height,
                                      mmd_bitmap_t *out_bitmap) {
  MMD_TRY(mmd_bitmap_check_size(width, height,
                                request->max_pixels ? request->max_pixels : MMD_BITMAP_MAX_PIXELS));
  return mmd_bitmap_create((uint32_t)width, (uint32_t)height, request->gray ? 1 : 3, out_bitmap);
}

uint8_t mmd_decode_gray(unsigned blue, unsigned green, unsigned red) {
  return (uint8_t)((blue * 1868 + green * 9617 + red * 4899 + 8192) >> 14);
}

void mmd_decode_store_row(const mmd_decode_t *request, const uint8_t *bgr, size_t width,
                          uint8_t *dst) {
  if (!request->gray) {
    memcpy(dst, bgr, width * 3);
    return;
  }
  for (size_t x = 0; x < width; ++x, bgr += 3) dst[x] = mmd_decode_gray(bgr[0], bgr[1], bgr[2]);
}
