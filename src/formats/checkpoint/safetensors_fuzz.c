// SPDX-License-Identifier: Apache-2.0
//
// The header of a safetensors file, over zeros: the length in front is right, so that what is
// fuzzed is the table itself. The first byte says how many bytes of data there are.
#include <stdlib.h>
#include <string.h>

#include "formats/checkpoint/checkpoint.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void touch(const mmd_tensor_t *tensor) {
  const size_t count = mmd_tensor_count(tensor);
  if (count == 0 || !mmd_dtype_size(tensor->dtype)) return;
  (void)mmd_tensor_get_i64(tensor, 0);
  (void)mmd_tensor_get_i64(tensor, count - 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  mmd_storage_t *storage = NULL;
  mmd_checkpoint_t *checkpoint = NULL;
  if (size < 2 || size > 1 << 16) return 0;
  const uint64_t header = size - 1;
  if (mmd_status_ignore(mmd_storage_create(8 + size - 1 + 4 * data[0], true, &storage))) return 0;
  uint8_t *bytes = mmd_storage_mutable_data(storage);
  for (int i = 0; i < 8; ++i) bytes[i] = (uint8_t)(header >> 8 * i);
  memcpy(bytes + 8, data + 1, size - 1);
  if (!mmd_status_ignore(mmd_checkpoint_open_storage(storage, "fuzz", NULL, &checkpoint))) {
    for (size_t i = 0; i < mmd_checkpoint_size(checkpoint); ++i)
      touch(mmd_checkpoint_tensor_at(checkpoint, i));
    (void)mmd_checkpoint_meta(checkpoint);
  }
  mmd_checkpoint_destroy(checkpoint);
  mmd_storage_release(storage);
  return 0;
}
