// SPDX-License-Identifier: Apache-2.0
//
// PyTorch's zip container (since 1.6): NAME/data.pkl, NAME/data/KEY, NAME/version, NAME/byteorder.
#include <string.h>

#include "base/alloc.h"
#include "base/checked.h"
#include "formats/checkpoint/containers.h"
#include "formats/npy/npy.h"

enum { RECORD_LIMIT = 4096 };

// The entry |folder| + |name|, or NULL.
static mmd_status_t find_record(const mmd_zip_t *zip, const mmd_zip_entry_t *data, const char *name,
                                const mmd_zip_entry_t **out_entry) {
  mmd_str_t full = {0};
  size_t folder = strlen(data->name) - strlen("data.pkl");
  mmd_status_t status = mmd_str_append_n(&full, data->name, folder);
  if (!status) status = mmd_str_append(&full, name);
  if (!status) *out_entry = mmd_zip_find(zip, mmd_str_text(&full));
  mmd_str_deinit(&full);
  return status;
}

// The outermost data.pkl: "archive/data.pkl".
static const mmd_zip_entry_t *find_data(const mmd_zip_t *zip) {
  for (size_t i = 0; i < mmd_zip_size(zip); ++i) {
    const mmd_zip_entry_t *e = mmd_zip_at(zip, i);
    const char *slash = strchr(e->name, '/');
    if (strcmp(slash ? slash + 1 : e->name, "data.pkl") == 0) return e;
  }
  return NULL;
}

static mmd_status_t check_byte_order(const mmd_zip_t *zip, const mmd_zip_entry_t *data) {
  const mmd_zip_entry_t *entry = NULL;
  MMD_TRY(find_record(zip, data, "byteorder", &entry));
  if (!entry) return NULL;
  char *text = NULL;
  size_t size = 0;
  MMD_TRY(mmd_zip_read(zip, entry, RECORD_LIMIT, &text, &size));
  bool is_little = strcmp(text, "little") == 0;
  mmd_free(text);
  if (is_little) return NULL;
  return MMD_ERROR(MMD_NOT_SUPPORTED, "%s: written on a big-endian machine; little is read",
                   mmd_zip_name(zip));
}

static mmd_status_t check_script(const mmd_zip_t *zip, const mmd_zip_entry_t *data) {
  const mmd_zip_entry_t *entry = NULL;
  MMD_TRY(find_record(zip, data, "constants.pkl", &entry));
  if (!entry) return NULL;
  return MMD_ERROR(MMD_NOT_SUPPORTED, "%s: a TorchScript module, not a checkpoint",
                   mmd_zip_name(zip));
}

static mmd_status_t find_storage(const mmd_zip_t *zip, const mmd_zip_entry_t *data,
                                 const mmd_pickle_storage_t *record,
                                 const mmd_zip_entry_t **out_entry) {
  mmd_str_t name = {0};
  mmd_status_t status = mmd_str_printf(&name, "data/%s", record->key);
  if (!status) status = find_record(zip, data, mmd_str_text(&name), out_entry);
  mmd_str_deinit(&name);
  MMD_TRY(status);
  if (!*out_entry) {
    return MMD_ERROR(MMD_CORRUPT, "%s: no entry for storage 'data/%s'", mmd_zip_name(zip),
                     record->key);
  }
  size_t needed = 0;
  if (!mmd_checked_mul((size_t)record->count, mmd_dtype_size(record->dtype), &needed) ||
      needed > (*out_entry)->size) {
    return MMD_ERROR(MMD_CORRUPT, "%s: zip entry '%s': %llu bytes for a storage of %llu elements",
                     mmd_zip_name(zip), (*out_entry)->name, (unsigned long long)(*out_entry)->size,
                     (unsigned long long)record->count);
  }
  return NULL;
}

// The storages that the entries gave; released when the tensors hold their own references.
typedef struct storages_t {
  mmd_storage_t **items;
  size_t count;
} storages_t;

static mmd_status_t attach_storages(const mmd_zip_t *zip, const mmd_zip_entry_t *data,
                                    mmd_pickle_t *pickle, storages_t *storages) {
  size_t count = mmd_pickle_storage_count(pickle);
  if (count == 0) return NULL;
  storages->items = mmd_alloc_array(count, sizeof *storages->items);
  MMD_TRY_ALLOC(storages->items);
  for (size_t i = 0; i < count; ++i) {
    mmd_pickle_storage_t *record = mmd_pickle_storage_at(pickle, i);
    const mmd_zip_entry_t *entry = NULL;
    MMD_TRY(find_storage(zip, data, record, &entry));
    MMD_TRY(mmd_zip_view(zip, entry, &record->storage, &record->offset));
    record->size = (size_t)entry->size;
    storages->items[storages->count++] = record->storage;
  }
  return NULL;
}

static mmd_status_t read_pickle(const mmd_container_input_t *input, const mmd_zip_t *zip,
                                const mmd_zip_entry_t *data, mmd_value_t **out_root) {
  mmd_storage_t *storage = NULL;
  size_t offset = 0;
  mmd_str_t name = {0};
  mmd_pickle_t *pickle = NULL;
  storages_t storages = {0};
  mmd_status_t status = mmd_zip_view(zip, data, &storage, &offset);
  if (!status) status = mmd_str_printf(&name, "%s: %s", input->name, data->name);
  if (!status) {
    status = mmd_pickle_parse(mmd_storage_data(storage) + offset, (size_t)data->size,
                              mmd_str_text(&name), &input->options->pickle, &pickle);
  }
  if (!status) status = attach_storages(zip, data, pickle, &storages);
  if (!status) status = mmd_pickle_value(pickle, out_root);
  mmd_pickle_destroy(pickle);
  for (size_t i = 0; i < storages.count; ++i) mmd_storage_release(storages.items[i]);
  mmd_free(storages.items);
  mmd_str_deinit(&name);
  mmd_storage_release(storage);
  return status;
}

static bool is_npz(const mmd_zip_t *zip) {
  for (size_t i = 0; i < mmd_zip_size(zip); ++i) {
    if (!mmd_str_ends_with(mmd_zip_at(zip, i)->name, ".npy")) return false;
  }
  return mmd_zip_size(zip) > 0;
}

static mmd_status_t read_archive(const mmd_container_input_t *input, const mmd_zip_t *zip,
                                 const char **out_container, mmd_value_t **out_root) {
  const mmd_zip_entry_t *data = find_data(zip);
  if (!data && is_npz(zip)) {
    *out_container = "npz";
    return mmd_npz_read(zip, out_root);
  }
  if (!data) {
    return MMD_ERROR(MMD_INVALID_ARGUMENT,
                     "%s: a zip archive, but no checkpoint: it has no entry 'NAME/data.pkl'",
                     input->name);
  }
  *out_container = "torch zip";
  MMD_TRY(check_script(zip, data));
  MMD_TRY(check_byte_order(zip, data));
  return read_pickle(input, zip, data, out_root);
}

mmd_status_t mmd_container_read_zip(const mmd_container_input_t *input, const char **out_container,
                                    mmd_value_t **out_root) {
  mmd_zip_t *zip = NULL;
  MMD_TRY(mmd_zip_open(input->storage, input->name, &input->options->zip, &zip));
  mmd_status_t status = read_archive(input, zip, out_container, out_root);
  mmd_zip_destroy(zip);
  return status;
}
