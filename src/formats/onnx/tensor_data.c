// SPDX-License-Identifier: Apache-2.0
#include "formats/onnx/tensor_data.h"

#include <string.h>

#include "base/alloc.h"
#include "base/checked.h"
#include "base/file.h"

#define DENSE_LIMIT ((size_t)1 << 30)

void mmd_onnx_source_deinit(mmd_onnx_source_t *source) {
  if (source->externals) {
    for (size_t i = 0; i < mmd_map_size(source->externals); i++) {
      mmd_storage_release(mmd_map_at(source->externals, i).value);
    }
  }
  mmd_map_destroy(source->externals);
  source->externals = NULL;
}

uint64_t mmd_onnx_source_external_bytes(const mmd_onnx_source_t *source) {
  uint64_t bytes = 0;
  for (size_t i = 0; source->externals && i < mmd_map_size(source->externals); i++)
    bytes += mmd_storage_size(mmd_map_at(source->externals, i).value);
  return bytes;
}

static mmd_status_t make_shape(mmd_proto_ints_t dims, mmd_shape_t *out_shape) {
  if (dims.count > MMD_MAX_RANK) {
    return MMD_ERROR(MMD_NOT_SUPPORTED, "%zu dimensions, at most %d are supported", dims.count,
                     MMD_MAX_RANK);
  }
  return mmd_shape_make((int)dims.count, dims.items, out_shape);
}

static mmd_status_t check_dtype(int64_t data_type, mmd_dtype_t *out_dtype) {
  if (data_type <= MMD_DTYPE_UNDEFINED || data_type >= MMD_DTYPE_COUNT) {
    return MMD_ERROR(MMD_NOT_SUPPORTED, "element type %lld, expected 1 to %d", (long long)data_type,
                     MMD_DTYPE_COUNT - 1);
  }
  *out_dtype = (mmd_dtype_t)data_type;
  return NULL;
}

static mmd_status_t packed_size(mmd_dtype_t dtype, const mmd_shape_t *shape, size_t *out_count,
                                size_t *out_size) {
  MMD_TRY(mmd_shape_count(shape, out_count));
  size_t bits;
  if (!mmd_checked_mul(*out_count, mmd_dtype_bits(dtype), &bits) ||
      !mmd_checked_add(bits, 7, &bits)) {
    return MMD_ERROR(MMD_OUT_OF_RANGE, "the tensor is too large");
  }
  *out_size = bits / 8;
  return NULL;
}

// A view when |data| lies in the storage, else a copy.
static mmd_status_t view_or_copy(mmd_storage_t *storage, const void *data, size_t size,
                                 mmd_dtype_t dtype, const mmd_shape_t *shape,
                                 mmd_tensor_t *out_tensor) {
  uintptr_t begin = storage ? (uintptr_t)mmd_storage_data(storage) : 0;
  uintptr_t at = (uintptr_t)data;
  if (storage && size > 0 && at >= begin && at - begin < mmd_storage_size(storage)) {
    return mmd_tensor_view(storage, (size_t)(at - begin), dtype, shape, out_tensor);
  }
  MMD_TRY(mmd_tensor_create(dtype, shape, false, out_tensor));
  if (size > 0) memcpy(mmd_tensor_mutable_data(out_tensor), data, size);
  return NULL;
}

static mmd_status_t wrong_count(const char *field, size_t actual, size_t expected) {
  return MMD_ERROR(MMD_CORRUPT, "%s holds %zu elements, the shape needs %zu", field, actual,
                   expected);
}

static mmd_status_t make_from_numbers(const char *field, mmd_proto_numbers_t numbers, size_t parts,
                                      mmd_storage_t *storage, mmd_dtype_t dtype,
                                      const mmd_shape_t *shape, size_t count, size_t size,
                                      mmd_tensor_t *out_tensor) {
  if (numbers.count / parts != count || numbers.count % parts != 0) {
    return wrong_count(field, numbers.count, count * parts);
  }
  return view_or_copy(storage, numbers.data, size, dtype, shape, out_tensor);
}

// Elements narrower than the field keep their low bytes: that is how float16 and 4-bit pairs stand
// in int32_data.
static mmd_status_t make_from_ints(const char *field, mmd_proto_ints_t ints, mmd_dtype_t dtype,
                                   const mmd_shape_t *shape, size_t size,
                                   mmd_tensor_t *out_tensor) {
  size_t width = mmd_dtype_size(dtype);
  if (width == 0) width = 1;
  if (ints.count != size / width) return wrong_count(field, ints.count, size / width);
  MMD_TRY(mmd_tensor_create(dtype, shape, false, out_tensor));
  uint8_t *data = mmd_tensor_mutable_data(out_tensor);
  for (size_t i = 0; i < ints.count; i++) memcpy(data + i * width, &ints.items[i], width);
  return NULL;
}

static mmd_status_t make_strings(mmd_proto_strings_t strings, const mmd_shape_t *shape,
                                 size_t count, mmd_tensor_t *out_tensor) {
  if (strings.count != count) return wrong_count("string_data", strings.count, count);
  mmd_tensor_t tensor = {0};
  MMD_TRY(mmd_tensor_create(MMD_STRING, shape, true, &tensor));
  for (size_t i = 0; i < count; i++) {
    mmd_status_t status = mmd_tensor_set_string(&tensor, i, (const char *)strings.items[i].data,
                                                strings.items[i].size);
    if (status) {
      mmd_tensor_deinit(&tensor);
      return status;
    }
  }
  *out_tensor = tensor;
  return NULL;
}

static mmd_status_t make_typed(const mmd_onnx_tensor_t *proto, mmd_storage_t *storage,
                               mmd_dtype_t dtype, const mmd_shape_t *shape, size_t count,
                               size_t size, mmd_tensor_t *out_tensor) {
  switch (dtype) {
    case MMD_F32:
    case MMD_C64:
      return make_from_numbers("float_data", proto->float_data, dtype == MMD_C64 ? 2 : 1, storage,
                               dtype, shape, count, size, out_tensor);
    case MMD_F64:
    case MMD_C128:
      return make_from_numbers("double_data", proto->double_data, dtype == MMD_C128 ? 2 : 1,
                               storage, dtype, shape, count, size, out_tensor);
    case MMD_I64:
      return make_from_ints("int64_data", proto->int64_data, dtype, shape, size, out_tensor);
    case MMD_U32:
    case MMD_U64:
      return make_from_ints("uint64_data", proto->uint64_data, dtype, shape, size, out_tensor);
    case MMD_STRING:
      return make_strings(proto->string_data, shape, count, out_tensor);
    default:
      return make_from_ints("int32_data", proto->int32_data, dtype, shape, size, out_tensor);
  }
}

static mmd_proto_bytes_t find_entry(const mmd_onnx_tensor_t *proto, const char *key) {
  for (size_t i = 0; i < proto->external_data.count; i++) {
    const mmd_onnx_entry_t *entry = &proto->external_data.items[i];
    if (mmd_proto_bytes_equal(entry->key, key)) return entry->value;
  }
  return (mmd_proto_bytes_t){NULL, 0};
}

mmd_proto_bytes_t mmd_onnx_tensor_location(const mmd_onnx_tensor_t *proto) {
  if (proto->data_location != 1) return (mmd_proto_bytes_t){NULL, 0};
  return find_entry(proto, "location");
}

static mmd_status_t read_size(const mmd_onnx_tensor_t *proto, const char *key, size_t fallback,
                              size_t *out_size) {
  mmd_proto_bytes_t text = find_entry(proto, key);
  int64_t number;
  *out_size = fallback;
  if (text.size == 0) return NULL;
  if (!mmd_parse_i64((const char *)text.data, text.size, &number) || number < 0) {
    return MMD_ERROR(MMD_CORRUPT, "external data: %s '%.*s', expected a number", key,
                     (int)(text.size > 32 ? 32 : text.size), (const char *)text.data);
  }
  *out_size = (size_t)number;
  return NULL;
}

static mmd_status_t outside_error(const char *location) {
  return MMD_ERROR(MMD_INVALID_ARGUMENT, "external data '%s' lies outside the folder of the model",
                   location);
}

static mmd_status_t map_external(mmd_onnx_source_t *source, const char *location,
                                 mmd_storage_t **out_storage) {
  if (!source->directory) {
    return MMD_ERROR(MMD_NOT_SUPPORTED, "external data '%s': the model has no folder", location);
  }
  if (!mmd_path_is_contained(location)) return outside_error(location);
  if (!source->externals) MMD_TRY(mmd_map_create(&source->externals));
  *out_storage = mmd_map_get(source->externals, location);
  if (*out_storage) return NULL;
  char *path = mmd_path_join(source->directory, location);
  MMD_TRY_ALLOC(path);
  mmd_storage_t *storage = NULL;
  // Caches of models hold links, the model's own among them, to a folder with all files.
  mmd_status_t status = mmd_path_stays_in(path, source->directory, source->path)
                            ? mmd_storage_map_file(path, &storage)
                            : outside_error(location);
  mmd_free(path);
  if (!status) status = mmd_map_set(source->externals, location, storage, NULL);
  if (status) {
    mmd_storage_release(storage);
    return mmd_status_annotate(status, "external data");
  }
  *out_storage = storage;
  return NULL;
}

static mmd_status_t make_external(const mmd_onnx_tensor_t *proto, mmd_onnx_source_t *source,
                                  mmd_dtype_t dtype, const mmd_shape_t *shape, size_t size,
                                  mmd_tensor_t *out_tensor) {
  if (dtype == MMD_STRING) return MMD_ERROR(MMD_NOT_SUPPORTED, "external data of strings");
  mmd_proto_bytes_t name = find_entry(proto, "location");
  if (name.size == 0 || memchr(name.data, 0, name.size)) {
    return MMD_ERROR(MMD_CORRUPT, "external data without a file name");
  }
  char *location = mmd_strndup((const char *)name.data, name.size);
  MMD_TRY_ALLOC(location);
  mmd_storage_t *storage = NULL;
  mmd_status_t status = map_external(source, location, &storage);
  size_t offset = 0, length = 0;
  if (!status) status = read_size(proto, "offset", 0, &offset);
  if (!status) status = read_size(proto, "length", size, &length);
  if (!status && length != size) {
    status = MMD_ERROR(MMD_CORRUPT, "external data '%s' has %zu bytes, the shape needs %zu",
                       location, length, size);
  }
  if (!status &&
      (offset > mmd_storage_size(storage) || size > mmd_storage_size(storage) - offset)) {
    status = MMD_ERROR(MMD_CORRUPT,
                       "external data '%s' from byte %zu on needs %zu bytes, the file has %zu",
                       location, offset, size, mmd_storage_size(storage));
  }
  if (!status) status = mmd_tensor_view(storage, offset, dtype, shape, out_tensor);
  mmd_free(location);
  return status;
}

mmd_status_t mmd_onnx_tensor_make(const mmd_onnx_tensor_t *proto, mmd_onnx_source_t *source,
                                  mmd_tensor_t *out_tensor) {
  mmd_dtype_t dtype = MMD_DTYPE_UNDEFINED;
  mmd_shape_t shape;
  size_t count, size;
  MMD_TRY(check_dtype(proto->data_type, &dtype));
  MMD_TRY(make_shape(proto->dims, &shape));
  MMD_TRY(packed_size(dtype, &shape, &count, &size));
  if (proto->segment.data) return MMD_ERROR(MMD_NOT_SUPPORTED, "tensors in segments");
  if (proto->data_location == 1) {
    return make_external(proto, source, dtype, &shape, size, out_tensor);
  }
  if (!proto->raw_data.data) {
    return make_typed(proto, source->storage, dtype, &shape, count, size, out_tensor);
  }
  if (dtype == MMD_STRING) return MMD_ERROR(MMD_CORRUPT, "raw_data of strings");
  if (proto->raw_data.size != size) {
    return MMD_ERROR(MMD_CORRUPT, "raw_data holds %zu bytes, the shape needs %zu",
                     proto->raw_data.size, size);
  }
  return view_or_copy(source->storage, proto->raw_data.data, size, dtype, &shape, out_tensor);
}

// The flat position of value |row|, or -1.
static int64_t sparse_position(const mmd_tensor_t *indices, const mmd_shape_t *shape, size_t row,
                               int64_t total) {
  if (indices->shape.rank == 1) {
    int64_t flat = mmd_tensor_get_i64(indices, row);
    return flat >= 0 && flat < total ? flat : -1;
  }
  int64_t flat = 0;
  for (int axis = 0; axis < shape->rank; axis++) {
    size_t at = row * (size_t)shape->rank + (size_t)axis;
    int64_t index = mmd_tensor_get_i64(indices, at);
    if (index < 0 || index >= shape->dims[axis]) return -1;
    flat = flat * shape->dims[axis] + index;
  }
  return flat;
}

static mmd_status_t check_sparse(const mmd_tensor_t *values, const mmd_tensor_t *indices,
                                 const mmd_shape_t *shape) {
  int rank = indices->shape.rank;
  bool ok = values->shape.rank == 1 && indices->dtype == MMD_I64 && (rank == 1 || rank == 2) &&
            indices->shape.dims[0] == values->shape.dims[0] &&
            (rank == 1 || indices->shape.dims[1] == shape->rank);
  if (!ok) return MMD_ERROR(MMD_CORRUPT, "values and indices of a sparse tensor do not fit");
  if (mmd_dtype_size(values->dtype) == 0) {
    return MMD_ERROR(MMD_NOT_SUPPORTED, "a sparse tensor of %s", mmd_dtype_name(values->dtype));
  }
  return NULL;
}

static mmd_status_t expand(const mmd_tensor_t *values, const mmd_tensor_t *indices,
                           const mmd_shape_t *shape, size_t limit, mmd_tensor_t *out_tensor) {
  size_t count, size;
  MMD_TRY(packed_size(values->dtype, shape, &count, &size));
  if (size > limit) {
    return MMD_ERROR(MMD_OUT_OF_RANGE, "a sparse tensor of %zu bytes when expanded, limit %zu",
                     size, limit);
  }
  mmd_tensor_t dense = {0};
  MMD_TRY(mmd_tensor_create(values->dtype, shape, true, &dense));
  size_t width = mmd_dtype_size(values->dtype);
  uint8_t *to = mmd_tensor_mutable_data(&dense);
  const uint8_t *from = mmd_tensor_data(values);
  for (size_t row = 0; row < mmd_tensor_count(values); row++) {
    int64_t position = sparse_position(indices, shape, row, (int64_t)count);
    if (position < 0) {
      mmd_tensor_deinit(&dense);
      return MMD_ERROR(MMD_CORRUPT, "index %zu of a sparse tensor is outside its shape", row);
    }
    memcpy(to + (size_t)position * width, from + row * width, width);
  }
  *out_tensor = dense;
  return NULL;
}

mmd_status_t mmd_onnx_sparse_make(const mmd_onnx_sparse_tensor_t *proto, mmd_onnx_source_t *source,
                                  mmd_tensor_t *out_tensor) {
  if (!proto->values || !proto->indices) {
    return MMD_ERROR(MMD_CORRUPT, "a sparse tensor without values or indices");
  }
  mmd_shape_t shape;
  MMD_TRY(make_shape(proto->dims, &shape));
  mmd_tensor_t values = {0}, indices = {0};
  mmd_status_t status = mmd_onnx_tensor_make(proto->values, source, &values);
  if (!status) status = mmd_onnx_tensor_make(proto->indices, source, &indices);
  if (!status) status = check_sparse(&values, &indices, &shape);
  size_t limit = source->dense_limit > 0 ? source->dense_limit : DENSE_LIMIT;
  if (!status) status = expand(&values, &indices, &shape, limit, out_tensor);
  mmd_tensor_deinit(&values);
  mmd_tensor_deinit(&indices);
  return status;
}
