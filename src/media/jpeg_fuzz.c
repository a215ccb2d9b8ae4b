// SPDX-License-Identifier: Apache-2.0
#include "media/fuzz_decode.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static mmd_status_t decode(const mmd_decode_t *request, mmd_bitmap_t *out_bitmap) {
  int orientation = 1;
  return mmd_jpeg_decode(request, out_bitmap, &orientation);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  return mmd_fuzz_decode(decode, data, size);
}
