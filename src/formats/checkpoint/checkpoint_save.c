// SPDX-License-Identifier: Apache-2.0
//
// The container by the name of the file.
#include <stdint.h>
#include <string.h>

#include "base/alloc.h"
#include "base/file.h"
#include "base/str.h"
#include "formats/checkpoint/checkpoint_pack.h"
#include "formats/checkpoint/checkpoint_writer.h"
#include "formats/npy/npy.h"
#include "value/json.h"

// |count| elements from number |first| on of a packed tensor into |out|; their pages are let go.
static mmd_status_t cast_piece(const mmd_tensor_t *tensor, size_t first, size_t count,
                               mmd_tensor_t *out) {
  const size_t item = mmd_dtype_size(tensor->dtype), from = tensor->offset + first * item;
  const int64_t dims[1] = {(int64_t)count};
  mmd_shape_t shape;
  mmd_tensor_t piece = {0}, cast = {0};
  MMD_TRY(mmd_shape_make(1, dims, &shape));
  MMD_TRY(mmd_tensor_view(tensor->storage, from, tensor->dtype, &shape, &piece));
  mmd_status_t status = mmd_tensor_cast(&piece, out->dtype, &cast);
  if (!status) {
    uint8_t *data = mmd_tensor_mutable_data(out);
    memcpy(data + first * mmd_dtype_size(out->dtype), mmd_tensor_data(&cast),
           mmd_tensor_byte_size(&cast));
  }
  mmd_tensor_deinit(&cast);
  mmd_tensor_deinit(&piece);
  mmd_storage_drop_pages(tensor->storage, from, count * item);
  return status;
}

static mmd_status_t cast_large(const mmd_tensor_t *tensor, mmd_dtype_t dtype,
                               mmd_tensor_t *out_packed) {
  const size_t count = mmd_tensor_count(tensor);
  const size_t most = MMD_CHECKPOINT_PIECE / mmd_dtype_size(tensor->dtype);
  mmd_tensor_t packed;
  *out_packed = (mmd_tensor_t){0};
  MMD_TRY(mmd_tensor_create(dtype, &tensor->shape, false, &packed));
  mmd_status_t status = NULL;
  for (size_t first = 0; !status && first < count; first += most) {
    status = cast_piece(tensor, first, count - first < most ? count - first : most, &packed);
  }
  if (status) {
    mmd_tensor_deinit(&packed);
    return status;
  }
  *out_packed = packed;
  return NULL;
}

mmd_status_t mmd_checkpoint_pack(const mmd_tensor_t *tensor, mmd_dtype_t dtype,
                                 mmd_tensor_t *out_packed) {
  if (dtype != MMD_DTYPE_UNDEFINED && dtype != tensor->dtype) {
    const bool is_large = mmd_tensor_byte_size(tensor) > MMD_CHECKPOINT_PIECE &&
                          mmd_tensor_is_contiguous(tensor) && mmd_dtype_size(tensor->dtype) &&
                          mmd_dtype_size(dtype);
    return is_large ? cast_large(tensor, dtype, out_packed)
                    : mmd_tensor_cast(tensor, dtype, out_packed);
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
  if (mmd_status_code(status) == MMD_NOT_SUPPORTED) {
    mmd_status_free(status);
    status = MMD_ERROR(MMD_NOT_SUPPORTED, "'%s': NumPy has no type for %s%s", entry->key,
                       mmd_dtype_name(packed.dtype),
                       mmd_dtype_is_float(packed.dtype) ? "; --dtype f32 gives one" : "");
  }
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
