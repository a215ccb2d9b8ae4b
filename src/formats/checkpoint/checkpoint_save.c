// SPDX-License-Identifier: Apache-2.0
//
// The container by the name of the file.
#include <string.h>

#include "base/alloc.h"
#include "base/file.h"
#include "base/str.h"
#include "formats/checkpoint/checkpoint_pack.h"
#include "formats/checkpoint/checkpoint_writer.h"
#include "formats/npy/npy.h"
#include "value/json.h"

mmd_status_t mmd_checkpoint_pack(const mmd_tensor_t *tensor, mmd_dtype_t dtype,
                                 mmd_tensor_t *out_packed) {
  if (dtype != MMD_DTYPE_UNDEFINED && dtype != tensor->dtype) {
    return mmd_tensor_cast(tensor, dtype, out_packed);
  }
  if (!mmd_tensor_is_contiguous(tensor)) return mmd_tensor_copy(tensor, out_packed);
  *out_packed = mmd_tensor_retain(tensor);  // unaligned is fine: bytes are written
  return NULL;
}

void mmd_checkpoint_drop_pages(const mmd_tensor_t *tensor) {
  if (!mmd_tensor_is_set(tensor) || !mmd_tensor_is_contiguous(tensor)) return;
  mmd_storage_drop_pages(tensor->storage, tensor->offset, mmd_tensor_byte_size(tensor));
}

// --- safetensors ---

// Its metadata are an object of texts.
static mmd_status_t put_metadata(mmd_value_t *texts, const char *key, const mmd_value_t *value) {
  size_t size = 0;
  const char *text = mmd_value_get_string_n(value, &size);
  if (text) return mmd_object_take(texts, key, mmd_value_string_n(text, size));
  mmd_str_t json = {0};
  mmd_status_t status = mmd_json_write(value, 0, &json);
  if (!status)
    status = mmd_object_take(texts, key, mmd_value_string_n(mmd_str_text(&json), json.size));
  mmd_str_deinit(&json);
  return status;
}

static mmd_status_t make_metadata(const mmd_value_t *meta, mmd_value_t *texts) {
  // Readers in Python ask whose tensors these are.
  MMD_TRY(mmd_object_take(texts, "format", mmd_value_string("pt")));
  for (size_t i = 0; i < mmd_object_size(meta); ++i) {
    MMD_TRY(put_metadata(texts, mmd_object_key_at(meta, i), mmd_object_value_at(meta, i)));
  }
  return NULL;
}

static mmd_status_t save_safetensors(const char *path, const mmd_value_t *meta,
                                     const mmd_checkpoint_entry_t *entries, size_t count) {
  mmd_value_t *texts = mmd_value_object();
  MMD_TRY_ALLOC(texts);
  mmd_status_t status = make_metadata(meta, texts);
  if (!status) status = mmd_safetensors_write(path, texts, entries, count);
  mmd_value_release(texts);
  return status;
}

// --- npz ---

static mmd_status_t add_array(mmd_zip_writer_t *zip, const mmd_checkpoint_entry_t *entry) {
  mmd_tensor_t packed = {0};
  MMD_TRY(mmd_checkpoint_pack(&entry->tensor, entry->dtype, &packed));
  mmd_status_t status = mmd_npz_add(zip, entry->key, &packed);
  mmd_tensor_deinit(&packed);
  mmd_checkpoint_drop_pages(&entry->tensor);
  return status;
}

static mmd_status_t write_arrays(mmd_writer_t *writer, const mmd_checkpoint_entry_t *entries,
                                 size_t count) {
  const mmd_zip_writer_options_t options = {.alignment = 64};
  mmd_zip_writer_t *zip = NULL;
  MMD_TRY(mmd_zip_writer_create(writer, &options, &zip));
  mmd_status_t status = NULL;
  for (size_t i = 0; !status && i < count; ++i) status = add_array(zip, &entries[i]);
  if (!status) status = mmd_zip_writer_finish(zip);
  mmd_zip_writer_destroy(zip);
  return status;
}

static mmd_status_t save_npz(const char *path, const mmd_value_t *meta,
                             const mmd_checkpoint_entry_t *entries, size_t count) {
  (void)meta;
  mmd_writer_t *writer = NULL;
  MMD_TRY(mmd_writer_create(path, &writer));
  mmd_status_t status = write_arrays(writer, entries, count);
  if (!status) status = mmd_writer_commit(writer);
  mmd_writer_destroy(writer);
  return mmd_status_annotate(status, "%s", path);
}

// --- by extension ---

typedef mmd_status_t (*save_fn)(const char *path, const mmd_value_t *meta,
                                const mmd_checkpoint_entry_t *entries, size_t count);

static save_fn find_writer(const char *path) {
  static const struct {
    const char *extension;
    save_fn save;
  } writers[] = {
      {".pth", mmd_checkpoint_write},
      {".pt", mmd_checkpoint_write},
      {".ckpt", mmd_checkpoint_write},
      {".bin", mmd_checkpoint_write},
      {".tar", mmd_checkpoint_write},
      {".safetensors", save_safetensors},
      {".npz", save_npz},
  };
  const char *extension = mmd_path_extension(path);
  for (size_t i = 0; i < sizeof writers / sizeof *writers; ++i) {
    if (strcmp(writers[i].extension, extension) == 0) return writers[i].save;
  }
  return NULL;
}

mmd_status_t mmd_checkpoint_check_path(const char *path) {
  if (find_writer(path)) return NULL;
  return MMD_ERROR(MMD_INVALID_ARGUMENT,
                   "%s: no container is written under the extension '%s'; .pth (.pt, .ckpt, .bin, "
                   ".tar), .safetensors and .npz are accepted",
                   path, mmd_path_extension(path));
}

mmd_status_t mmd_checkpoint_save(const char *path, const mmd_value_t *meta,
                                 const mmd_checkpoint_entry_t *entries, size_t count) {
  MMD_TRY(mmd_checkpoint_check_path(path));
  return find_writer(path)(path, meta, entries, count);
}
