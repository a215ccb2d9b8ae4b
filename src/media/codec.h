// SPDX-License-Identifier: Apache-2.0
//
// The kinds of picture files.
#ifndef MMD_MEDIA_CODEC_H_
#define MMD_MEDIA_CODEC_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/file.h"
#include "media/bitmap.h"

// A file in memory and what is wanted of it.
typedef struct mmd_decode_t {
  const uint8_t *data;
  size_t size;
  bool gray;              // one channel instead of BGR
  bool keep_orientation;  // as stored, whatever EXIF says
  uint64_t max_pixels;    // 0 = MMD_BITMAP_MAX_PIXELS
} mmd_decode_t;

// Decodes as cv2.imread does. CORRUPT for damaged and empty data, NOT_SUPPORTED for another kind of
// file, OUT_OF_RANGE for too many pixels.
mmd_status_t mmd_codec_decode(const mmd_decode_t *request, mmd_bitmap_t *out_bitmap) MMD_MUST_USE;

// Writes in the kind that the extension of |path| names. |quality| is 1..100 (0 = the kind's
// default).
mmd_status_t mmd_codec_write(const mmd_bitmap_t *bitmap, const char *path,
                             int quality) MMD_MUST_USE;

// One kind of file. A decoder creates |out_bitmap| and may set |inout_orientation| (1 before);
// after an error the caller frees what lies in |out_bitmap|. An encoder writes all bytes to
// |writer|.
mmd_status_t mmd_jpeg_decode(const mmd_decode_t *request, mmd_bitmap_t *out_bitmap,
                             int *inout_orientation) MMD_MUST_USE;
mmd_status_t mmd_jpeg_encode(const mmd_bitmap_t *bitmap, int quality,
                             mmd_writer_t *writer) MMD_MUST_USE;
mmd_status_t mmd_png_decode(const mmd_decode_t *request, mmd_bitmap_t *out_bitmap,
                            int *inout_orientation) MMD_MUST_USE;
mmd_status_t mmd_png_encode(const mmd_bitmap_t *bitmap, int quality,
                            mmd_writer_t *writer) MMD_MUST_USE;
mmd_status_t mmd_webp_decode(const mmd_decode_t *request, mmd_bitmap_t *out_bitmap,
                             int *inout_orientation) MMD_MUST_USE;
mmd_status_t mmd_webp_encode(const mmd_bitmap_t *bitmap, int quality,
                             mmd_writer_t *writer) MMD_MUST_USE;
mmd_status_t mmd_bmp_decode(const mmd_decode_t *request, mmd_bitmap_t *out_bitmap,
                            int *inout_orientation) MMD_MUST_USE;
mmd_status_t mmd_pnm_decode(const mmd_decode_t *request, mmd_bitmap_t *out_bitmap,
                            int *inout_orientation) MMD_MUST_USE;

// For decoders: checks the size that a header tells, then makes the bitmap.
mmd_status_t mmd_decode_create_bitmap(const mmd_decode_t *request, uint64_t width, uint64_t height,
                                      mmd_bitmap_t *out_bitmap) MMD_MUST_USE;

// Gray as OpenCV's decoders (not its cvtColor) compute it: 14-bit weights.
uint8_t mmd_decode_gray(unsigned blue, unsigned green, unsigned red);

// Stores a row of BGR pixels as BGR or gray, as |request| wants.
void mmd_decode_store_row(const mmd_decode_t *request, const uint8_t *bgr, size_t width,
                          uint8_t *dst);

#endif  // MMD_MEDIA_CODEC_H_
