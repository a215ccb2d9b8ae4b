// SPDX-License-Identifier: Apache-2.0
#include "formats/npy/npy.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void touch(const mmd_tensor_t *tensor) {
  size_t count = mmd_tensor_count(tensor);
  if (count == 0 || tensor->dtype == MMD_C64 || tensor->dtype == MMD_C128) return;
  (void)mmd_tensor_get_f64(tensor, 0);
  (void)mmd_tensor_get_f64(tensor, count - 1);
}

static void read_npz(mmd_storage_t *storage) {
  mmd_zip_t *zip = NULL;
  mmd_value_t *arrays = NULL;
  mmd_zip_options_t options = {.max_entry_inflated = 1 << 20, .max_total_inflated = 1 << 22};
  if (mmd_status_ignore(mmd_zip_open(storage, "fuzz", &options, &zip))) return;
  if (!mmd_status_ignore(mmd_npz_read(zip, &arrays))) {
    for (size_t i = 0; i < mmd_object_size(arrays); ++i) {
      touch(mmd_value_get_tensor(mmd_object_value_at(arrays, i)));
    }
  }
  mmd_value_release(arrays);
  mmd_zip_destroy(zip);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  mmd_storage_t *storage = NULL;
  mmd_tensor_t tensor = {0};
  if (mmd_status_ignore(mmd_storage_borrow(data, size, NULL, NULL, &storage))) return 0;
  if (mmd_zip_probe(data, size)) {
    read_npz(storage);
  } else if (!mmd_status_ignore(mmd_npy_parse(storage, 0, size, "fuzz", &tensor))) {
    touch(&tensor);
  }
  mmd_tensor_deinit(&tensor);
  mmd_storage_release(storage);
  return 0;
}
