// SPDX-License-Identifier: Apache-2.0
//
// Making tensors and views of them. Conversions are in tensor_convert.c.
#include "tensor/tensor.h"

#include <string.h>

#include "base/alloc.h"
#include "base/checked.h"
#include "tensor/string_slots.h"

static mmd_status_t check_dtype(mmd_dtype_t dtype) {
  if (dtype > MMD_DTYPE_UNDEFINED && dtype < MMD_DTYPE_COUNT) return NULL;
  return MMD_ERROR(MMD_INVALID_ARGUMENT, "unknown element type %d", (int)dtype);
}

// Bytes of |count| packed elements.
static bool packed_bytes(mmd_dtype_t dtype, size_t count, size_t *out_bytes) {
  size_t size = dtype == MMD_STRING ? sizeof(void *) : mmd_dtype_size(dtype);
  if (size == 0) {  // 4-bit types
    *out_bytes = count / 2 + count % 2;
    return true;
  }
  return mmd_checked_mul(count, size, out_bytes);
}

static mmd_status_t size_of(mmd_dtype_t dtype, const mmd_shape_t *shape, size_t *out_bytes) {
  size_t count;
  MMD_TRY(check_dtype(dtype));
  mmd_shape_t checked;
  MMD_TRY(mmd_shape_make(shape->rank, shape->dims, &checked));
  MMD_TRY(mmd_shape_count(shape, &count));
  if (packed_bytes(dtype, count, out_bytes)) return NULL;
  return MMD_ERROR(MMD_OUT_OF_RANGE, "%zu elements of %s do not fit in memory", count,
                   mmd_dtype_name(dtype));
}

static void fill(mmd_tensor_t *tensor, mmd_dtype_t dtype, const mmd_shape_t *shape,
                 mmd_storage_t *storage, size_t offset) {
  *tensor = (mmd_tensor_t){.dtype = dtype, .storage = storage, .offset = offset};
  tensor->shape.rank = shape->rank;
  for (int i = 0; i < shape->rank; ++i) tensor->shape.dims[i] = shape->dims[i];
  mmd_shape_strides(shape, tensor->strides);
}

mmd_status_t mmd_tensor_create(mmd_dtype_t dtype, const mmd_shape_t *shape, bool zeroed,
                               mmd_tensor_t *out_tensor) {
  size_t bytes, count;
  mmd_storage_t *storage;
  *out_tensor = (mmd_tensor_t){0};
  MMD_TRY(size_of(dtype, shape, &bytes));
  if (dtype == MMD_STRING) {
    MMD_TRY(mmd_shape_count(shape, &count));
    MMD_TRY(mmd_string_slots_create(count, &storage));
  } else {
    MMD_TRY(mmd_storage_create(bytes, zeroed, &storage));
  }
  fill(out_tensor, dtype, shape, storage, 0);
  return NULL;
}

static mmd_status_t no_foreign_strings(mmd_dtype_t dtype) {
  if (dtype != MMD_STRING) return NULL;
  return MMD_ERROR(MMD_INVALID_ARGUMENT, "a string tensor cannot be a view of bytes");
}

static mmd_status_t range_error(const mmd_storage_t *storage, size_t offset, size_t bytes) {
  return MMD_ERROR(MMD_CORRUPT, "a tensor of %zu bytes at offset %zu does not fit in %zu bytes",
                   bytes, offset, mmd_storage_size(storage));
}

mmd_status_t mmd_tensor_view(mmd_storage_t *storage, size_t offset, mmd_dtype_t dtype,
                             const mmd_shape_t *shape, mmd_tensor_t *out_tensor) {
  size_t bytes, end;
  *out_tensor = (mmd_tensor_t){0};
  MMD_TRY(no_foreign_strings(dtype));
  MMD_TRY(size_of(dtype, shape, &bytes));
  if (!mmd_checked_add(offset, bytes, &end) || end > mmd_storage_size(storage)) {
    return range_error(storage, offset, bytes);
  }
  fill(out_tensor, dtype, shape, mmd_storage_retain(storage), offset);
  return NULL;
}

// Elements from the first to behind the last reachable one.
static bool strided_span(const mmd_shape_t *shape, const int64_t *strides, size_t *out_span) {
  size_t last = 0;
  for (int i = 0; i < shape->rank; ++i) {
    if (shape->dims[i] == 0) {
      *out_span = 0;
      return true;
    }
  }
  for (int i = 0; i < shape->rank; ++i) {
    size_t reach;
    if (strides[i] < 0) return false;
    if (!mmd_checked_mul((size_t)(shape->dims[i] - 1), (size_t)strides[i], &reach)) return false;
    if (!mmd_checked_add(last, reach, &last)) return false;
  }
  return mmd_checked_add(last, 1, out_span);
}

mmd_status_t mmd_tensor_view_strided(mmd_storage_t *storage, size_t offset, mmd_dtype_t dtype,
                                     const mmd_shape_t *shape, const int64_t *strides,
                                     mmd_tensor_t *out_tensor) {
  size_t bytes, span, end;
  *out_tensor = (mmd_tensor_t){0};
  MMD_TRY(no_foreign_strings(dtype));
  MMD_TRY(size_of(dtype, shape, &bytes));  // the packed size must be possible too
  if (!strided_span(shape, strides, &span) || !packed_bytes(dtype, span, &bytes)) {
    return MMD_ERROR(MMD_CORRUPT, "tensor strides are negative or too large");
  }
  if (!mmd_checked_add(offset, bytes, &end) || end > mmd_storage_size(storage)) {
    return range_error(storage, offset, bytes);
  }
  fill(out_tensor, dtype, shape, mmd_storage_retain(storage), offset);
  for (int i = 0; i < shape->rank; ++i) out_tensor->strides[i] = strides[i];
  return NULL;
}

mmd_status_t mmd_tensor_from_data(mmd_dtype_t dtype, const mmd_shape_t *shape, const void *data,
                                  mmd_tensor_t *out_tensor) {
  *out_tensor = (mmd_tensor_t){0};
  MMD_TRY(no_foreign_strings(dtype));
  MMD_TRY(mmd_tensor_create(dtype, shape, false, out_tensor));
  size_t bytes = mmd_tensor_byte_size(out_tensor);
  if (bytes > 0) memcpy(mmd_tensor_mutable_data(out_tensor), data, bytes);
  return NULL;
}

mmd_status_t mmd_tensor_scalar_f32(float number, mmd_tensor_t *out_tensor) {
  mmd_shape_t shape = {.rank = 0};
  return mmd_tensor_from_data(MMD_F32, &shape, &number, out_tensor);
}

mmd_status_t mmd_tensor_scalar_i64(int64_t number, mmd_tensor_t *out_tensor) {
  mmd_shape_t shape = {.rank = 0};
  return mmd_tensor_from_data(MMD_I64, &shape, &number, out_tensor);
}

static mmd_status_t from_list(mmd_dtype_t dtype, const void *data, size_t count,
                              mmd_tensor_t *out_tensor) {
  *out_tensor = (mmd_tensor_t){0};
  if (count > INT64_MAX) return mmd_status_no_memory();
  mmd_shape_t shape = {.rank = 1, .dims = {(int64_t)count}};
  return mmd_tensor_from_data(dtype, &shape, data, out_tensor);
}

mmd_status_t mmd_tensor_from_i64(const int64_t *numbers, size_t count, mmd_tensor_t *out_tensor) {
  return from_list(MMD_I64, numbers, count, out_tensor);
}

mmd_status_t mmd_tensor_from_f32(const float *numbers, size_t count, mmd_tensor_t *out_tensor) {
  return from_list(MMD_F32, numbers, count, out_tensor);
}

void mmd_tensor_deinit(mmd_tensor_t *tensor) {
  mmd_storage_release(tensor->storage);
  *tensor = (mmd_tensor_t){0};
}

mmd_tensor_t mmd_tensor_retain(const mmd_tensor_t *tensor) {
  mmd_storage_retain(tensor->storage);
  return *tensor;
}

size_t mmd_tensor_count(const mmd_tensor_t *tensor) {
  if (!tensor->storage) return 0;
  size_t count = 1;
  for (int i = 0; i < tensor->shape.rank; ++i) count *= (size_t)tensor->shape.dims[i];
  return count;
}

size_t mmd_tensor_byte_size(const mmd_tensor_t *tensor) {
  size_t bytes = 0;
  return packed_bytes(tensor->dtype, mmd_tensor_count(tensor), &bytes) ? bytes : 0;
}

bool mmd_tensor_is_contiguous(const mmd_tensor_t *tensor) {
  int64_t stride = 1;
  if (mmd_tensor_count(tensor) == 0) return true;
  for (int i = tensor->shape.rank - 1; i >= 0; --i) {
    if (tensor->shape.dims[i] == 1) continue;  // its stride is never used
    if (tensor->strides[i] != stride) return false;
    stride *= tensor->shape.dims[i];
  }
  return true;
}

bool mmd_tensor_is_aligned(const mmd_tensor_t *tensor) {
  size_t size = mmd_dtype_size(tensor->dtype);
  if (!tensor->storage || size <= 1) return true;
  if (tensor->dtype == MMD_C64 || tensor->dtype == MMD_C128) size /= 2;
  return (uintptr_t)mmd_tensor_data(tensor) % size == 0;
}

const void *mmd_tensor_data(const mmd_tensor_t *tensor) {
  return tensor->storage ? mmd_storage_data(tensor->storage) + tensor->offset : NULL;
}

void *mmd_tensor_mutable_data(mmd_tensor_t *tensor) {
  uint8_t *data = tensor->storage ? mmd_storage_mutable_data(tensor->storage) : NULL;
  return data ? data + tensor->offset : NULL;
}

mmd_status_t mmd_tensor_reshape(const mmd_tensor_t *tensor, const mmd_shape_t *shape,
                                mmd_tensor_t *out_tensor) {
  size_t count;
  *out_tensor = (mmd_tensor_t){0};
  mmd_shape_t checked;
  MMD_TRY(mmd_shape_make(shape->rank, shape->dims, &checked));
  MMD_TRY(mmd_shape_count(shape, &count));
  if (count != mmd_tensor_count(tensor)) {
    return MMD_ERROR(MMD_INVALID_ARGUMENT, "cannot reshape %zu elements to %zu",
                     mmd_tensor_count(tensor), count);
  }
  mmd_tensor_t packed;
  if (mmd_tensor_is_contiguous(tensor)) {
    packed = mmd_tensor_retain(tensor);
  } else {
    MMD_TRY(mmd_tensor_copy(tensor, &packed));
  }
  fill(out_tensor, packed.dtype, shape, packed.storage, packed.offset);
  return NULL;
}

mmd_status_t mmd_tensor_transpose(const mmd_tensor_t *tensor, const int *axes,
                                  mmd_tensor_t *out_tensor) {
  int rank = tensor->shape.rank;
  unsigned seen = 0;
  mmd_tensor_t result = *tensor;
  *out_tensor = (mmd_tensor_t){0};
  for (int i = 0; i < rank; ++i) {
    if (axes[i] < 0 || axes[i] >= rank || (seen >> axes[i] & 1)) {
      return MMD_ERROR(MMD_INVALID_ARGUMENT, "axis %d of a transposition of %d axes is wrong",
                       axes[i], rank);
    }
    seen |= 1u << axes[i];
    result.shape.dims[i] = tensor->shape.dims[axes[i]];
    result.strides[i] = tensor->strides[axes[i]];
  }
  mmd_storage_retain(result.storage);
  *out_tensor = result;
  return NULL;
}

mmd_status_t mmd_tensor_slice(const mmd_tensor_t *tensor, int axis, int64_t begin, int64_t end,
                              mmd_tensor_t *out_tensor) {
  mmd_tensor_t result = *tensor;
  *out_tensor = (mmd_tensor_t){0};
  if (axis < 0 || axis >= tensor->shape.rank) {
    return MMD_ERROR(MMD_OUT_OF_RANGE, "axis %d of a tensor of rank %d", axis, tensor->shape.rank);
  }
  if (begin < 0 || end < begin || end > tensor->shape.dims[axis]) {
    return MMD_ERROR(MMD_OUT_OF_RANGE, "slice %lld:%lld of a dimension of %lld", (long long)begin,
                     (long long)end, (long long)tensor->shape.dims[axis]);
  }
  result.shape.dims[axis] = end - begin;
  // An empty slice may begin behind the last element, where nothing is.
  size_t skip = end > begin ? (size_t)(begin * tensor->strides[axis]) : 0;
  size_t bits = tensor->dtype == MMD_STRING ? sizeof(void *) * 8 : mmd_dtype_bits(tensor->dtype);
  if (bits == 4 && skip % 2 != 0) {
    return MMD_ERROR(MMD_NOT_SUPPORTED, "a slice of 4-bit numbers that begins within a byte");
  }
  result.offset += bits == 4 ? skip / 2 : skip * (bits / 8);
  mmd_storage_retain(result.storage);
  *out_tensor = result;
  return NULL;
}

mmd_status_t mmd_tensor_format(const mmd_tensor_t *tensor, mmd_str_t *out_text) {
  if (!mmd_tensor_is_set(tensor)) return mmd_str_append(out_text, "unset");
  MMD_TRY(mmd_str_printf(out_text, "%s[", mmd_dtype_name(tensor->dtype)));
  MMD_TRY(mmd_shape_format(&tensor->shape, out_text));
  return mmd_str_append_char(out_text, ']');
}
