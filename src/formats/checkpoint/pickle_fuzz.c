// SPDX-License-Identifier: Apache-2.0
// Storages get as many bytes as the input has, so that tensors are made too.
#include "formats/checkpoint/pickle.h"
#include "value/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  mmd_pickle_options_t options = {.memory_limit = 16 << 20, .max_values = 1 << 16};
  mmd_storage_t *storage = NULL;
  mmd_pickle_t *pickle = NULL;
  mmd_value_t *value = NULL;
  mmd_str_t text = {0};
  if (mmd_status_ignore(mmd_storage_borrow(data, size, NULL, NULL, &storage))) return 0;
  if (!mmd_status_ignore(mmd_pickle_parse(data, size, "fuzz", &options, &pickle))) {
    for (size_t i = 0; i < mmd_pickle_storage_count(pickle); ++i) {
      mmd_pickle_storage_t *record = mmd_pickle_storage_at(pickle, i);
      record->storage = storage;
      record->size = size;
    }
    if (!mmd_status_ignore(mmd_pickle_value(pickle, &value))) {
      mmd_status_ignore(mmd_json_write(value, 0, &text));
    }
  }
  mmd_str_deinit(&text);
  mmd_value_release(value);
  mmd_pickle_destroy(pickle);
  mmd_storage_release(storage);
  return 0;
}
