// SPDX-License-Identifier: Apache-2.0
#include "formats/checkpoint/checkpoint_writer.h"

#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/file.h"
#include "base/map.h"
#include "formats/checkpoint/checkpoint_pack.h"
#include "formats/checkpoint/pickle_writer.h"
#include "formats/zip/zip_writer.h"

// The tensors whose bytes go to the file, in the order of their numbers. Those of |meta| are
// borrowed from it, those of entries from the caller.
typedef struct item_t {
  mmd_tensor_t tensor;
  mmd_dtype_t dtype;  // in the file
} item_t;

typedef struct storages_t {
  item_t *items;
  size_t count, capacity;
  mmd_map_t *known;            // "address/types/bytes" of packed views -> number + 1
  const mmd_tensor_t *source;  // of the entry being written, when its type changes; else NULL
} storages_t;

static mmd_status_t add_storage(void *user, const mmd_tensor_t *tensor, size_t *out_number) {
  storages_t *s = user;
  char key[96];
  const mmd_dtype_t dtype = tensor->dtype;
  if (s->source) tensor = s->source;
  bool is_packed = mmd_tensor_is_contiguous(tensor) && mmd_tensor_byte_size(tensor) > 0;
  if (is_packed) {
    snprintf(key, sizeof key, "%p/%d/%d/%zu", mmd_tensor_data(tensor), (int)tensor->dtype,
             (int)dtype, mmd_tensor_byte_size(tensor));
    uintptr_t found = (uintptr_t)mmd_map_get(s->known, key);
    if (found) {
      *out_number = (size_t)found - 1;
      return NULL;
    }
  }
  MMD_TRY(MMD_GROW(s->items, s->capacity, s->count + 1));
  *out_number = s->count;
  s->items[s->count++] = (item_t){*tensor, dtype};
  return is_packed ? mmd_map_set(s->known, key, (void *)(uintptr_t)s->count, NULL) : NULL;
}

static mmd_status_t check_keys(const mmd_checkpoint_entry_t *entries, size_t count) {
  mmd_map_t *seen = NULL;
  MMD_TRY(mmd_map_create(&seen));
  mmd_status_t status = NULL;
  for (size_t i = 0; !status && i < count; ++i) {
    if (mmd_map_has(seen, entries[i].key)) {
      status = MMD_ERROR(MMD_INVALID_ARGUMENT, "the key '%s' stands twice", entries[i].key);
    } else {
      status = mmd_map_set(seen, entries[i].key, seen, NULL);
    }
  }
  mmd_map_destroy(seen);
  return status;
}

static mmd_status_t write_meta(mmd_pickle_writer_t *w, const mmd_value_t *meta) {
  MMD_TRY(mmd_pickle_write_text(w, "meta", 4));
  if (meta && mmd_value_kind(meta) != MMD_VALUE_OBJECT) {
    return MMD_ERROR(MMD_INVALID_ARGUMENT, "meta is of kind '%s', not an object",
                     mmd_value_kind_name(mmd_value_kind(meta)));
  }
  if (meta) return mmd_status_annotate(mmd_pickle_write_value(w, meta), "meta");
  MMD_TRY(mmd_pickle_write_dict_begin(w));
  return mmd_pickle_write_items_end(w);
}

static mmd_status_t write_entry(mmd_pickle_writer_t *w, const mmd_checkpoint_entry_t *entry) {
  storages_t *s = w->user;
  mmd_tensor_t shown = entry->tensor;
  if (entry->dtype) shown.dtype = entry->dtype;
  s->source = &entry->tensor;
  mmd_status_t status = mmd_pickle_write_text(w, entry->key, strlen(entry->key));
  if (!status) {
    status = mmd_status_annotate(mmd_pickle_write_tensor(w, &shown), "'%s'", entry->key);
  }
  s->source = NULL;
  return status;
}

static mmd_status_t write_pickle(mmd_pickle_writer_t *w, const mmd_value_t *meta,
                                 const mmd_checkpoint_entry_t *entries, size_t count) {
  MMD_TRY(mmd_pickle_write_begin(w));
  MMD_TRY(mmd_pickle_write_dict_begin(w));
  MMD_TRY(write_meta(w, meta));
  MMD_TRY(mmd_pickle_write_text(w, "state_dict", 10));
  MMD_TRY(mmd_pickle_write_ordered_begin(w));
  for (size_t i = 0; i < count; ++i) MMD_TRY(write_entry(w, &entries[i]));
  MMD_TRY(mmd_pickle_write_items_end(w));
  MMD_TRY(mmd_pickle_write_items_end(w));
  return mmd_pickle_write_end(w);
}

static mmd_status_t write_tensor(mmd_zip_writer_t *zip, size_t number, const item_t *item) {
  char name[64];
  snprintf(name, sizeof name, "archive/data/%zu", number);
  mmd_tensor_t packed = {0};
  MMD_TRY(mmd_checkpoint_pack(&item->tensor, item->dtype, &packed));
  const size_t size = mmd_tensor_byte_size(&packed);
  const mmd_zip_part_t part = {mmd_tensor_data(&packed), size, packed.storage};
  mmd_status_t status = mmd_zip_writer_add_parts(zip, name, &part, size ? 1 : 0);
  mmd_tensor_deinit(&packed);
  mmd_checkpoint_drop_pages(&item->tensor);
  return status;
}

// Records in PyTorch's own order.
static mmd_status_t write_records(mmd_zip_writer_t *zip, const mmd_str_t *pickle,
                                  const storages_t *storages) {
  MMD_TRY(mmd_zip_writer_add(zip, "archive/data.pkl", mmd_str_text(pickle), pickle->size));
  MMD_TRY(mmd_zip_writer_add(zip, "archive/byteorder", "little", 6));
  for (size_t i = 0; i < storages->count; ++i) MMD_TRY(write_tensor(zip, i, &storages->items[i]));
  MMD_TRY(mmd_zip_writer_add(zip, "archive/version", "3\n", 2));
  return mmd_zip_writer_finish(zip);
}

static mmd_status_t write_archive(mmd_writer_t *writer, const mmd_str_t *pickle,
                                  const storages_t *storages) {
  mmd_zip_writer_t *zip = NULL;
  mmd_zip_writer_options_t options = {.alignment = 64};
  MMD_TRY(mmd_zip_writer_create(writer, &options, &zip));
  mmd_status_t status = write_records(zip, pickle, storages);
  mmd_zip_writer_destroy(zip);
  return status;
}

mmd_status_t mmd_checkpoint_write(const char *path, const mmd_value_t *meta,
                                  const mmd_checkpoint_entry_t *entries, size_t count) {
  storages_t storages = {0};
  mmd_pickle_writer_t pickle = {.add_storage = add_storage, .user = &storages};
  mmd_writer_t *writer = NULL;
  mmd_status_t status = check_keys(entries, count);
  if (!status) status = mmd_map_create(&storages.known);
  if (!status) status = write_pickle(&pickle, meta, entries, count);
  if (!status) status = mmd_writer_create(path, &writer);
  if (!status) status = write_archive(writer, &pickle.out, &storages);
  if (!status) status = mmd_writer_commit(writer);
  mmd_writer_destroy(writer);
  mmd_str_deinit(&pickle.out);
  mmd_map_destroy(storages.known);
  mmd_free(storages.items);
  return mmd_status_annotate(status, "%s", path);
}
