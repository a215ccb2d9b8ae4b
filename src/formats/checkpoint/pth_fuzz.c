// SPDX-License-Identifier: Apache-2.0
#include "formats/checkpoint/checkpoint.h"
#include "formats/checkpoint/upgrade.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  mmd_checkpoint_options_t options = {
      .pickle = {.memory_limit = 16 << 20, .max_values = 1 << 16},
      .zip = {.max_entry_inflated = 1 << 20, .max_total_inflated = 1 << 22},
  };
  mmd_storage_t *storage = NULL;
  mmd_checkpoint_t *checkpoint = NULL;
  if (mmd_status_ignore(mmd_storage_borrow(data, size, NULL, NULL, &storage))) return 0;
  if (!mmd_status_ignore(mmd_checkpoint_open_storage(storage, "fuzz", &options, &checkpoint))) {
    for (size_t i = 0; i < mmd_checkpoint_size(checkpoint); ++i) {
      const mmd_tensor_t *t = mmd_checkpoint_tensor_at(checkpoint, i);
      size_t count = mmd_tensor_count(t);
      if (count == 0 || t->dtype == MMD_C64 || t->dtype == MMD_C128) continue;
      (void)mmd_tensor_get_f64(t, 0);
      (void)mmd_tensor_get_f64(t, count - 1);
    }
    (void)mmd_checkpoint_classes(checkpoint);
    (void)mmd_status_ignore(mmd_checkpoint_upgrade(checkpoint, MMD_UPGRADE_1X, NULL));
  }
  mmd_checkpoint_destroy(checkpoint);
  mmd_storage_release(storage);
  return 0;
}
