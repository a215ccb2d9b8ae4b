// SPDX-License-Identifier: Apache-2.0
//
// Any file: the kind is told by the content.
#include "media/fuzz_decode.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  return mmd_fuzz_decode(mmd_codec_decode, data, size);
}
