// SPDX-License-Identifier: Apache-2.0
#include "base/alloc.h"
#include "formats/zip/zip.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  mmd_storage_t *storage = NULL;
  mmd_zip_t *zip = NULL;
  mmd_zip_options_t options = {.max_entry_inflated = 1 << 20, .max_total_inflated = 1 << 22};
  if (mmd_status_ignore(mmd_storage_borrow(data, size, NULL, NULL, &storage))) return 0;
  if (!mmd_status_ignore(mmd_zip_open(storage, "fuzz", &options, &zip))) {
    for (size_t i = 0; i < mmd_zip_size(zip) && i < 64; ++i) {
      const mmd_zip_entry_t *entry = mmd_zip_at(zip, i);
      char *text = NULL;
      size_t text_size = 0;
      mmd_status_ignore(mmd_zip_verify(zip, entry));
      mmd_status_ignore(mmd_zip_read(zip, entry, 1 << 16, &text, &text_size));
      mmd_free(text);
      (void)mmd_zip_find(zip, entry->name);
    }
  }
  mmd_zip_destroy(zip);
  mmd_storage_release(storage);
  return 0;
}
