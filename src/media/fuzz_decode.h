// SPDX-License-Identifier: Apache-2.0
//
// What the fuzz targets of this folder share. Not a part of the library.
#ifndef MMD_MEDIA_FUZZ_DECODE_H_
#define MMD_MEDIA_FUZZ_DECODE_H_

#include <stdlib.h>

#include "base/log.h"
#include "media/codec.h"

typedef mmd_status_t (*mmd_fuzz_decode_fn)(const mmd_decode_t *request, mmd_bitmap_t *out_bitmap);

static volatile unsigned g_fuzz_sum;

// In colour and in gray; every pixel is read, so that tools notice those that were never written.
static inline int mmd_fuzz_decode(mmd_fuzz_decode_fn decode, const uint8_t *data, size_t size) {
  mmd_log_set_level(MMD_LOG_OFF);
  for (int gray = 0; gray < 2; ++gray) {
    const mmd_decode_t request = {.data = data, .size = size, .gray = gray, .max_pixels = 1 << 16};
    mmd_bitmap_t bitmap = {0};
    const bool failed = mmd_status_ignore(decode(&request, &bitmap));
    const size_t bytes = failed ? 0 : mmd_bitmap_stride(&bitmap) * (size_t)bitmap.height;
    unsigned sum = 0;
    for (size_t i = 0; i < bytes; ++i) sum += bitmap.pixels[i];
    if (sum & 1) ++g_fuzz_sum;
    mmd_bitmap_deinit(&bitmap);
  }
  return 0;
}

#endif  // MMD_MEDIA_FUZZ_DECODE_H_
