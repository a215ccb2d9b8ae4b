// SPDX-License-Identifier: Apache-2.0
//
// safetensors: 8 bytes of header length, a JSON header, the tensors' bytes.
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/file.h"
#include "formats/checkpoint/checkpoint_pack.h"
#include "formats/checkpoint/checkpoint_writer.h"
#include "formats/checkpoint/containers.h"
#include "value/json.h"

enum { HEADER_LIMIT = 100000000 };  // as the original has it

static const struct {
  const char *name;
  mmd_dtype_t dtype;
} dtype_names[] = {
    {"F32", MMD_F32},   {"F16", MMD_F16}, {"BF16", MMD_BF16},        {"F64", MMD_F64},
    {"I64", MMD_I64},   {"I32", MMD_I32}, {"I16", MMD_I16},          {"I8", MMD_I8},
    {"U64", MMD_U64},   {"U32", MMD_U32}, {"U16", MMD_U16},          {"U8", MMD_U8},
    {"BOOL", MMD_BOOL}, {"C64", MMD_C64}, {"F8_E4M3", MMD_F8E4M3FN}, {"F8_E5M2", MMD_F8E5M2},
};

static uint64_t header_size(const uint8_t *data) {
  uint64_t n = 0;
  for (unsigned i = 0; i < 8; ++i) n |= (uint64_t)data[i] << (8 * i);
  return n;
}

bool mmd_container_probe_safetensors(const void *data, size_t size) {
  const uint8_t *p = data;
  return size >= 10 && p[8] == '{' && header_size(p) >= 2 && header_size(p) <= HEADER_LIMIT;
}

static bool find_dtype(const char *name, mmd_dtype_t *out_dtype) {
  for (size_t i = 0; name && i < sizeof dtype_names / sizeof dtype_names[0]; ++i) {
    if (strcmp(dtype_names[i].name, name) != 0) continue;
    *out_dtype = dtype_names[i].dtype;
    return true;
  }
  return false;
}

static mmd_status_t bad_entry(const mmd_container_input_t *input, const char *key,
                              const char *what) {
  return MMD_ERROR(MMD_CORRUPT, "%s: safetensors entry '%s': %s", input->name, key, what);
}

static mmd_status_t read_shape(const mmd_container_input_t *input, const char *key,
                               const mmd_value_t *list, mmd_shape_t *out_shape) {
  int64_t dims[MMD_MAX_RANK];
  size_t rank = mmd_array_size(list);
  if (mmd_value_kind(list) != MMD_VALUE_ARRAY) return bad_entry(input, key, "it has no shape");
  if (rank > MMD_MAX_RANK) return bad_entry(input, key, "more than 8 dimensions");
  for (size_t i = 0; i < rank; ++i) {
    const mmd_value_t *dim = mmd_array_at(list, i);
    if (mmd_value_kind(dim) != MMD_VALUE_INT) return bad_entry(input, key, "its shape is wrong");
    dims[i] = mmd_value_get_int(dim, -1);
  }
  return mmd_status_annotate(mmd_shape_make((int)rank, dims, out_shape), "%s: '%s'", input->name,
                             key);
}

// The bytes of one entry; the first byte behind the header is number 0.
typedef struct range_t {
  uint64_t from, to;
  const char *key;
} range_t;

static mmd_status_t read_entry(const mmd_container_input_t *input, size_t begin, const char *key,
                               const mmd_value_t *entry, mmd_value_t *root, range_t *out_range) {
  const mmd_value_t *offsets = mmd_object_get(entry, "data_offsets");
  const char *name = mmd_value_get_string(mmd_object_get(entry, "dtype"), NULL);
  mmd_dtype_t dtype = MMD_DTYPE_UNDEFINED;
  if (!find_dtype(name, &dtype)) {
    return MMD_ERROR(MMD_NOT_SUPPORTED, "%s: safetensors entry '%s': type '%s' is not read",
                     input->name, key, name ? name : "?");
  }
  mmd_shape_t shape;
  MMD_TRY(read_shape(input, key, mmd_object_get(entry, "shape"), &shape));
  int64_t from = mmd_value_get_int(mmd_array_at(offsets, 0), -1);
  int64_t to = mmd_value_get_int(mmd_array_at(offsets, 1), -1);
  size_t left = mmd_storage_size(input->storage) - begin, count = 0;
  if (mmd_array_size(offsets) != 2 || from < 0 || to < from || (uint64_t)to > left) {
    return bad_entry(input, key, "its data lie outside the file");
  }
  MMD_TRY(mmd_status_annotate(mmd_shape_count(&shape, &count), "%s: '%s'", input->name, key));
  size_t size = (size_t)(to - from), item = mmd_dtype_size(dtype);
  if (size % item != 0 || size / item != count) {
    return bad_entry(input, key, "its shape does not fit its data");
  }
  *out_range = (range_t){(uint64_t)from, (uint64_t)to, key};
  mmd_tensor_t tensor = {0};
  MMD_TRY(mmd_tensor_view(input->storage, begin + (size_t)from, dtype, &shape, &tensor));
  mmd_value_t *value = mmd_value_tensor(&tensor);
  mmd_tensor_deinit(&tensor);
  return mmd_object_take(root, key, value);
}

// Metadata are texts. Where OpenMMLab keeps classes and colours, mmd_checkpoint_save has put JSON.
static mmd_status_t read_metadata(const mmd_value_t *metadata, mmd_value_t *root) {
  static const char *const names[] = {"CLASSES", "PALETTE", "classes", "palette", "dataset_meta"};
  mmd_value_t *copy = NULL;
  MMD_TRY(mmd_value_copy(metadata, &copy));
  for (size_t i = 0; i < sizeof names / sizeof *names; ++i) {
    const char *text = mmd_value_get_string(mmd_object_get(copy, names[i]), "");
    mmd_value_t *value = NULL;
    if (*text != '[' && *text != '{') continue;
    mmd_status_t status = mmd_json_parse(text, strlen(text), names[i], &value);
    if (mmd_status_code(status) != MMD_OUT_OF_MEMORY && mmd_status_ignore(status)) continue;
    if (!status) status = mmd_object_take(copy, names[i], value);
    if (status) {
      mmd_value_release(copy);
      return status;
    }
  }
  return mmd_object_take(root, "__metadata__", copy);
}

static int compare_ranges(const void *a, const void *b) {
  const range_t *x = a, *y = b;
  if (x->from != y->from) return x->from < y->from ? -1 : 1;
  return (x->to > y->to) - (x->to < y->to);  // what is empty first
}

static mmd_status_t refuse_range(const char *name, const range_t *range, const range_t *before) {
  const unsigned long long from = range->from, end = before ? before->to : 0;
  if (before && range->from < before->to) {
    return MMD_ERROR(MMD_CORRUPT,
                     "%s: safetensors entry '%s': its data begin at %llu, inside of those of '%s', "
                     "which end at %llu",
                     name, range->key, from, before->key, end);
  }
  return MMD_ERROR(MMD_CORRUPT,
                   "%s: safetensors entry '%s': its data begin at %llu, and no entry has the %llu "
                   "bytes from %llu on",
                   name, range->key, from, from - end, end);
}

// The data of the entries follow each other from the header to the end of the file, as the format
// has it, whatever the order of the keys: nothing is shared and nothing hides between them.
static mmd_status_t check_ranges(const char *name, range_t *ranges, size_t count, uint64_t size) {
  qsort(ranges, count, sizeof *ranges, compare_ranges);
  uint64_t end = 0;
  for (size_t i = 0; i < count; ++i) {
    if (ranges[i].from != end) return refuse_range(name, &ranges[i], i ? &ranges[i - 1] : NULL);
    end = ranges[i].to;
  }
  if (end == size) return NULL;
  return MMD_ERROR(MMD_CORRUPT,
                   "%s: the data of its last safetensors entry%s%s%s end at %llu, those of the "
                   "file at %llu",
                   name, count ? ", '" : "", count ? ranges[count - 1].key : "", count ? "'," : "",
                   (unsigned long long)end, (unsigned long long)size);
}

static mmd_status_t read_entries(const mmd_container_input_t *input, const mmd_value_t *header,
                                 size_t begin, range_t *ranges, mmd_value_t *root) {
  size_t count = 0;
  for (size_t i = 0; i < mmd_object_size(header); ++i) {
    const char *key = mmd_object_key_at(header, i);
    mmd_value_t *entry = mmd_object_value_at(header, i);
    if (strcmp(key, "__metadata__") == 0) {
      MMD_TRY(read_metadata(entry, root));
    } else {
      MMD_TRY(read_entry(input, begin, key, entry, root, &ranges[count++]));
    }
  }
  return check_ranges(input->name, ranges, count, mmd_storage_size(input->storage) - begin);
}

static mmd_status_t read_header(const mmd_container_input_t *input, const mmd_value_t *header,
                                size_t begin, mmd_value_t *root) {
  if (mmd_value_kind(header) != MMD_VALUE_OBJECT) {
    return MMD_ERROR(MMD_CORRUPT, "%s: the safetensors header is no object", input->name);
  }
  range_t *ranges = mmd_alloc_array(mmd_object_size(header) + 1, sizeof *ranges);
  MMD_TRY_ALLOC(ranges);
  mmd_status_t status = read_entries(input, header, begin, ranges, root);
  mmd_free(ranges);
  return status;
}

mmd_status_t mmd_container_read_safetensors(const mmd_container_input_t *input,
                                            mmd_value_t **out_root) {
  const uint8_t *data = mmd_storage_data(input->storage);
  size_t size = mmd_storage_size(input->storage);
  uint64_t length = header_size(data);
  if (length > size - 8) {
    return MMD_ERROR(MMD_CORRUPT, "%s: truncated in its safetensors header", input->name);
  }
  mmd_value_t *header = NULL;
  MMD_TRY(mmd_json_parse_as((const char *)data + 8, (size_t)length, input->name,
                            MMD_JSON_UNIQUE_KEYS, &header));
  mmd_value_t *root = mmd_value_object();
  mmd_status_t status =
      root ? read_header(input, header, 8 + (size_t)length, root) : mmd_status_no_memory();
  mmd_value_release(header);
  if (status) {
    mmd_value_release(root);
    return status;
  }
  *out_root = root;
  return NULL;
}

// --- writing ---

// The tensor as it will be in the file, for its type and size alone.
static mmd_tensor_t shown(const mmd_checkpoint_entry_t *entry) {
  mmd_tensor_t tensor = entry->tensor;
  if (entry->dtype) tensor.dtype = entry->dtype;
  return tensor;
}

static mmd_status_t describe(const mmd_checkpoint_entry_t *entry, size_t from,
                             mmd_value_t **out_value) {
  const mmd_tensor_t described = shown(entry), *t = &described;
  const char *name = NULL;
  for (size_t i = 0; i < sizeof dtype_names / sizeof dtype_names[0]; ++i) {
    if (dtype_names[i].dtype == t->dtype) name = dtype_names[i].name;
  }
  if (!name) {
    return MMD_ERROR(MMD_NOT_SUPPORTED, "'%s': safetensors holds no %s tensors", entry->key,
                     mmd_dtype_name(t->dtype));
  }
  mmd_value_t *object = mmd_value_object(), *shape = mmd_value_array();
  mmd_value_t *offsets = mmd_value_array();
  mmd_status_t status = object && shape && offsets ? NULL : mmd_status_no_memory();
  for (int i = 0; !status && i < t->shape.rank; ++i) {
    status = mmd_array_take(shape, mmd_value_int(t->shape.dims[i]));
  }
  if (!status) status = mmd_array_take(offsets, mmd_value_int((int64_t)from));
  if (!status) {
    status = mmd_array_take(offsets, mmd_value_int((int64_t)(from + mmd_tensor_byte_size(t))));
  }
  if (!status) status = mmd_object_take(object, "dtype", mmd_value_string(name));
  if (!status) status = mmd_object_take(object, "shape", mmd_value_retain(shape));
  if (!status) status = mmd_object_take(object, "data_offsets", mmd_value_retain(offsets));
  mmd_value_release(shape);
  mmd_value_release(offsets);
  if (status) {
    mmd_value_release(object);
    return status;
  }
  *out_value = object;
  return NULL;
}

static mmd_status_t make_header(const mmd_value_t *metadata, const mmd_checkpoint_entry_t *entries,
                                size_t count, mmd_value_t *header) {
  if (metadata) {
    mmd_value_t *copy = NULL;
    MMD_TRY(mmd_value_copy(metadata, &copy));
    MMD_TRY(mmd_object_take(header, "__metadata__", copy));
  }
  size_t at = 0;
  for (size_t i = 0; i < count; ++i) {
    mmd_value_t *value = NULL;
    if (mmd_object_get(header, entries[i].key)) {
      return MMD_ERROR(MMD_INVALID_ARGUMENT, "the key '%s' stands twice", entries[i].key);
    }
    MMD_TRY(describe(&entries[i], at, &value));
    MMD_TRY(mmd_object_take(header, entries[i].key, value));
    const mmd_tensor_t tensor = shown(&entries[i]);
    at += mmd_tensor_byte_size(&tensor);
  }
  return NULL;
}

static mmd_status_t write_header(mmd_writer_t *writer, const mmd_value_t *header) {
  mmd_str_t text = {0};
  mmd_status_t status = mmd_json_write(header, 0, &text);
  while (!status && text.size % 8 != 0) status = mmd_str_append_char(&text, ' ');
  uint8_t length[8];
  for (unsigned i = 0; i < 8; ++i) length[i] = (uint8_t)((uint64_t)text.size >> (8 * i));
  if (!status) status = mmd_writer_write(writer, length, sizeof length);
  if (!status) status = mmd_writer_write(writer, mmd_str_text(&text), text.size);
  mmd_str_deinit(&text);
  return status;
}

static mmd_status_t write_tensor(mmd_writer_t *writer, const mmd_checkpoint_entry_t *entry) {
  mmd_tensor_t packed = {0};
  MMD_TRY(mmd_checkpoint_pack(&entry->tensor, entry->dtype, &packed));
  const uint8_t *data = mmd_tensor_data(&packed);
  const size_t size = mmd_tensor_byte_size(&packed);
  mmd_status_t status = NULL;
  for (size_t at = 0, n; !status && at < size; at += n) {
    n = size - at < MMD_CHECKPOINT_PIECE ? size - at : MMD_CHECKPOINT_PIECE;
    status = mmd_writer_write(writer, data + at, n);
    mmd_storage_drop_pages(packed.storage, packed.offset + at, n);
  }
  mmd_tensor_deinit(&packed);
  mmd_checkpoint_drop_pages(&entry->tensor);
  return status;
}

mmd_status_t mmd_safetensors_write(const char *path, const mmd_value_t *metadata,
                                   const mmd_checkpoint_entry_t *entries, size_t count) {
  mmd_writer_t *writer = NULL;
  mmd_value_t *header = mmd_value_object();
  MMD_TRY_ALLOC(header);
  mmd_status_t status = make_header(metadata, entries, count, header);
  if (!status) status = mmd_writer_create(path, &writer);
  if (!status) status = write_header(writer, header);
  for (size_t i = 0; !status && i < count; ++i) status = write_tensor(writer, &entries[i]);
  if (!status) status = mmd_writer_commit(writer);
  mmd_writer_destroy(writer);
  mmd_value_release(header);
  return mmd_status_annotate(status, "%s", path);
}
