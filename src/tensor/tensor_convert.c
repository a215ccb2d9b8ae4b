// SPDX-License-Identifier: Apache-2.0
//
// Everything that reads the elements of tensors: copies, casts, comparison.
#include <math.h>
#include <string.h>

#include "base/alloc.h"
#include "tensor/tensor.h"

// Walks the rows (last axis) of a strided tensor.
typedef struct {
  const mmd_tensor_t *tensor;
  size_t rows, row_size;
  int64_t row_stride;
  int64_t index[MMD_MAX_RANK];
  size_t offset;  // of the row's first element, in elements
} rows_t;

static rows_t rows_begin(const mmd_tensor_t *tensor) {
  rows_t rows = {
      .tensor = tensor, .rows = 1, .row_size = mmd_tensor_count(tensor), .row_stride = 1};
  if (mmd_tensor_is_contiguous(tensor)) return rows;
  int last = tensor->shape.rank - 1;
  rows.row_size = (size_t)tensor->shape.dims[last];
  rows.row_stride = tensor->strides[last];
  rows.rows = mmd_tensor_count(tensor) / rows.row_size;
  return rows;
}

static void rows_next(rows_t *rows) {
  const mmd_tensor_t *tensor = rows->tensor;
  for (int i = tensor->shape.rank - 2; i >= 0; --i) {
    rows->offset += (size_t)tensor->strides[i];
    if (++rows->index[i] < tensor->shape.dims[i]) return;
    rows->offset -= (size_t)(tensor->strides[i] * tensor->shape.dims[i]);
    rows->index[i] = 0;
  }
}

static size_t element_offset(const mmd_tensor_t *tensor, size_t index) {
  size_t at = 0;
  for (int i = tensor->shape.rank - 1; i >= 0; --i) {
    size_t dim = (size_t)tensor->shape.dims[i];
    at += index % dim * (size_t)tensor->strides[i];
    index /= dim;
  }
  return at;
}

double mmd_tensor_get_f64(const mmd_tensor_t *tensor, size_t index) {
  return mmd_dtype_load_f64(tensor->dtype, mmd_tensor_data(tensor), element_offset(tensor, index));
}

int64_t mmd_tensor_get_i64(const mmd_tensor_t *tensor, size_t index) {
  return mmd_dtype_load_i64(tensor->dtype, mmd_tensor_data(tensor), element_offset(tensor, index));
}

static mmd_status_t copy_strings(const mmd_tensor_t *tensor, mmd_tensor_t *copy) {
  const size_t count = mmd_tensor_count(tensor);
  for (size_t i = 0; i < count; ++i) MMD_TRY(mmd_tensor_share_string(copy, i, tensor, i));
  return NULL;
}

static void copy_row(uint8_t *out, const uint8_t *in, size_t count, size_t size, size_t stride) {
  if (stride == size) {
    memcpy(out, in, count * size);
    return;
  }
  for (size_t i = 0; i < count; ++i, out += size, in += stride) {
    switch (size) {
      case 1:
        *out = *in;
        break;
      case 2:
        memcpy(out, in, 2);
        break;
      case 4:
        memcpy(out, in, 4);
        break;
      default:
        memcpy(out, in, size);
    }
  }
}

static void copy_elements(const mmd_tensor_t *tensor, uint8_t *out) {
  const uint8_t *data = mmd_tensor_data(tensor);
  size_t size = mmd_dtype_size(tensor->dtype), done = 0;
  rows_t rows = rows_begin(tensor);
  for (size_t r = 0; r < rows.rows; ++r, rows_next(&rows)) {
    if (size > 0) {
      copy_row(out + done * size, data + rows.offset * size, rows.row_size, size,
               (size_t)rows.row_stride * size);
      done += rows.row_size;
      continue;
    }
    for (size_t i = 0; i < rows.row_size; ++i) {  // 4-bit types
      size_t at = rows.offset + i * (size_t)rows.row_stride;
      mmd_dtype_store_i64(tensor->dtype, out, done++, mmd_dtype_load_i64(tensor->dtype, data, at));
    }
  }
}

mmd_status_t mmd_tensor_copy(const mmd_tensor_t *tensor, mmd_tensor_t *out_tensor) {
  *out_tensor = (mmd_tensor_t){0};
  if (!mmd_tensor_is_set(tensor)) return NULL;
  mmd_tensor_t copy;
  // Zeroed where elements are written by halves of bytes.
  bool halves = mmd_dtype_bits(tensor->dtype) == 4;
  MMD_TRY(mmd_tensor_create(tensor->dtype, &tensor->shape, halves, &copy));
  if (tensor->dtype == MMD_STRING) {
    mmd_status_t status = copy_strings(tensor, &copy);
    if (status) {
      mmd_tensor_deinit(&copy);
      return status;
    }
  } else if (mmd_tensor_count(tensor) > 0) {
    copy_elements(tensor, mmd_tensor_mutable_data(&copy));
  }
  *out_tensor = copy;
  return NULL;
}

mmd_status_t mmd_tensor_contiguous(const mmd_tensor_t *tensor, mmd_tensor_t *out_tensor) {
  if (!mmd_tensor_is_contiguous(tensor) || !mmd_tensor_is_aligned(tensor)) {
    return mmd_tensor_copy(tensor, out_tensor);
  }
  *out_tensor = mmd_tensor_retain(tensor);
  // Dimensions of one and empty tensors may carry odd strides; kernels should not meet them.
  mmd_shape_strides(&out_tensor->shape, out_tensor->strides);
  return NULL;
}

// The pairs that whole models are converted by.
static bool cast_fast(mmd_dtype_t from, const void *in, mmd_dtype_t to, void *out, size_t count) {
  if (from == MMD_F16 && to == MMD_F32) {
    const uint16_t *a = in;
    float *b = out;
    for (size_t i = 0; i < count; ++i) b[i] = mmd_half_to_float(a[i]);
  } else if (from == MMD_BF16 && to == MMD_F32) {
    const uint16_t *a = in;
    float *b = out;
    for (size_t i = 0; i < count; ++i) b[i] = mmd_bfloat_to_float(a[i]);
  } else if (from == MMD_F32 && to == MMD_F16) {
    const float *a = in;
    uint16_t *b = out;
    for (size_t i = 0; i < count; ++i) b[i] = mmd_float_to_half(a[i]);
  } else if (from == MMD_F64 && to == MMD_F32) {
    const double *a = in;
    float *b = out;
    for (size_t i = 0; i < count; ++i) b[i] = (float)a[i];
  } else if (from == MMD_U8 && to == MMD_F32) {
    const uint8_t *a = in;
    float *b = out;
    for (size_t i = 0; i < count; ++i) b[i] = (float)a[i];
  } else {
    return false;
  }
  return true;
}

static bool is_integral(mmd_dtype_t dtype) {
  return dtype == MMD_BOOL || mmd_dtype_is_signed_int(dtype) || mmd_dtype_is_unsigned_int(dtype);
}

static void cast_elements(const mmd_tensor_t *tensor, mmd_dtype_t dtype, void *out) {
  const uint8_t *data = mmd_tensor_data(tensor);
  // Integers do not pass through double, which has 53 bits; uint64 to float does, because above
  // 2^63 it has no int64.
  bool integers = is_integral(tensor->dtype) && !(tensor->dtype == MMD_U64 && !is_integral(dtype));
  size_t done = 0;
  rows_t rows = rows_begin(tensor);
  for (size_t r = 0; r < rows.rows; ++r, rows_next(&rows)) {
    for (size_t i = 0; i < rows.row_size; ++i, ++done) {
      size_t at = rows.offset + i * (size_t)rows.row_stride;
      if (integers) {
        mmd_dtype_store_i64(dtype, out, done, mmd_dtype_load_i64(tensor->dtype, data, at));
      } else {
        mmd_dtype_store_f64(dtype, out, done, mmd_dtype_load_f64(tensor->dtype, data, at));
      }
    }
  }
}

mmd_status_t mmd_tensor_cast(const mmd_tensor_t *tensor, mmd_dtype_t dtype,
                             mmd_tensor_t *out_tensor) {
  *out_tensor = (mmd_tensor_t){0};
  if (!mmd_tensor_is_set(tensor)) return NULL;
  if (tensor->dtype == dtype) return mmd_tensor_contiguous(tensor, out_tensor);
  if (tensor->dtype == MMD_STRING || dtype == MMD_STRING) {
    return MMD_ERROR(MMD_NOT_SUPPORTED, "cannot cast %s to %s", mmd_dtype_name(tensor->dtype),
                     mmd_dtype_name(dtype));
  }
  mmd_tensor_t result;
  MMD_TRY(mmd_tensor_create(dtype, &tensor->shape, mmd_dtype_bits(dtype) == 4, &result));
  size_t count = mmd_tensor_count(tensor);
  void *out = mmd_tensor_mutable_data(&result);
  bool packed = mmd_tensor_is_contiguous(tensor) && mmd_tensor_is_aligned(tensor);
  if (count > 0 &&
      !(packed && cast_fast(tensor->dtype, mmd_tensor_data(tensor), dtype, out, count)))
    cast_elements(tensor, dtype, out);
  *out_tensor = result;
  return NULL;
}

static bool strings_equal(const mmd_tensor_t *a, const mmd_tensor_t *b, size_t count) {
  for (size_t i = 0; i < count; ++i) {
    size_t na, nb;
    const char *ta = mmd_tensor_get_string(a, i, &na), *tb = mmd_tensor_get_string(b, i, &nb);
    if (na != nb || memcmp(ta, tb, na) != 0) return false;
  }
  return true;
}

bool mmd_tensor_equal(const mmd_tensor_t *a, const mmd_tensor_t *b) {
  if (!a->storage || !b->storage) return a->storage == b->storage;
  if (a->dtype != b->dtype || !mmd_shape_equal(&a->shape, &b->shape)) return false;
  size_t count = mmd_tensor_count(a), size = mmd_dtype_size(a->dtype);
  if (count == 0) return true;
  if (a->dtype == MMD_STRING) return strings_equal(a, b, count);
  const uint8_t *da = mmd_tensor_data(a), *db = mmd_tensor_data(b);
  if (size > 0 && mmd_tensor_is_contiguous(a) && mmd_tensor_is_contiguous(b)) {
    return memcmp(da, db, count * size) == 0;
  }
  for (size_t i = 0; i < count; ++i) {
    size_t ia = element_offset(a, i), ib = element_offset(b, i);
    bool same = size > 0 ? memcmp(da + ia * size, db + ib * size, size) == 0
                         : mmd_tensor_get_i64(a, i) == mmd_tensor_get_i64(b, i);
    if (!same) return false;
  }
  return true;
}

static double absolute_difference(double a, double b) {
  if (a == b || (isnan(a) && isnan(b))) return 0;
  return isnan(a) || isnan(b) ? (double)INFINITY : fabs(a - b);
}

static mmd_status_t check_comparable(const mmd_tensor_t *a, const mmd_tensor_t *b) {
  if (a->dtype == MMD_STRING || b->dtype == MMD_STRING) {
    return MMD_ERROR(MMD_NOT_SUPPORTED, "string tensors have no difference");
  }
  if (mmd_shape_equal(&a->shape, &b->shape)) return NULL;
  mmd_str_t text = {0};
  mmd_status_t status = mmd_tensor_format(a, &text);
  if (!status) status = mmd_str_append(&text, " against ");
  if (!status) status = mmd_tensor_format(b, &text);
  if (!status) status = MMD_ERROR(MMD_MISMATCH, "shapes differ: %s", mmd_str_text(&text));
  mmd_str_deinit(&text);
  return status;
}

mmd_status_t mmd_tensor_difference(const mmd_tensor_t *a, const mmd_tensor_t *b,
                                   mmd_difference_t *out_difference) {
  *out_difference = (mmd_difference_t){0};
  MMD_TRY(check_comparable(a, b));
  mmd_difference_t result = {0};
  size_t count = mmd_tensor_count(a);
  double largest = 0, sum = 0;
  for (size_t i = 0; i < count; ++i) {
    double x = mmd_tensor_get_f64(a, i), y = mmd_tensor_get_f64(b, i);
    double difference = absolute_difference(x, y);
    sum += difference;
    if (fabs(y) > largest && !isinf(y)) largest = fabs(y);
    if (difference <= result.max_abs) continue;
    result.max_abs = difference;
    result.worst_index = i;
  }
  result.mean_abs = count ? sum / (double)count : 0;
  if (result.max_abs > 0)
    result.max_rel = largest > 0 ? result.max_abs / largest : (double)INFINITY;
  *out_difference = result;
  return NULL;
}
