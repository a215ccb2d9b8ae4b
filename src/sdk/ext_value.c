// SPDX-License-Identifier: Apache-2.0
//
// ext.h: values.
#include <limits.h>
#include <math.h>
#include <stdatomic.h>
#include <string.h>

#include "base/alloc.h"
#include "mmdeploy/ext.h"
#include "sdk/handle.h"
#include "value/json.h"

//===--- JSON --------------------------------------------------------------===//

static mmd_status_t value_from_json(const char *json, mmdeploy_value_t *value) {
  MMD_CHECK_POINTER(value);
  *value = NULL;
  MMD_CHECK_POINTER(json);
  return mmd_json_parse(json, strlen(json), "json", (mmd_value_t **)value);
}

int mmdeploy_value_from_json(const char *json, mmdeploy_value_t *value) {
  return mmd_last_error_set(__func__, value_from_json(json, value));
}

static mmd_status_t value_to_json(mmdeploy_value_t value, char **json) {
  MMD_CHECK_POINTER(json);
  *json = NULL;
  MMD_CHECK_VALUE(value);
  return mmd_json_format((const mmd_value_t *)value, 0, json);
}

int mmdeploy_value_to_json(mmdeploy_value_t value, char **json) {
  return mmd_last_error_set(__func__, value_to_json(value, json));
}

void mmdeploy_string_free(char *text) {
  mmd_free(text);
}

//===--- reading -----------------------------------------------------------===//

// The value behind a handle; NULL for NULL and for handles of another kind.
static mmd_value_t *open_value(mmdeploy_value_t value) {
  return value && mmd_handle_is_value(value) ? (mmd_value_t *)value : NULL;
}

int mmdeploy_value_type(mmdeploy_value_t value) {
  static const int kinds[] = {
      [MMD_VALUE_NULL] = MMDEPLOY_VALUE_NULL,     [MMD_VALUE_BOOL] = MMDEPLOY_VALUE_BOOL,
      [MMD_VALUE_INT] = MMDEPLOY_VALUE_INT,       [MMD_VALUE_FLOAT] = MMDEPLOY_VALUE_FLOAT,
      [MMD_VALUE_STRING] = MMDEPLOY_VALUE_STRING, [MMD_VALUE_BYTES] = MMDEPLOY_VALUE_BINARY,
      [MMD_VALUE_ARRAY] = MMDEPLOY_VALUE_ARRAY,   [MMD_VALUE_OBJECT] = MMDEPLOY_VALUE_OBJECT,
      [MMD_VALUE_TENSOR] = MMDEPLOY_VALUE_ANY,    [MMD_VALUE_IMAGE] = MMDEPLOY_VALUE_ANY,
      [MMD_VALUE_ANY] = MMDEPLOY_VALUE_ANY,
  };
  const mmd_value_t *inner = open_value(value);
  return inner ? kinds[mmd_value_kind(inner)] : -1;
}

int mmdeploy_value_size(mmdeploy_value_t value) {
  const mmd_value_t *inner = open_value(value);
  if (!inner) return -1;
  const size_t size =
      mmd_value_kind(inner) == MMD_VALUE_OBJECT ? mmd_object_size(inner) : mmd_array_size(inner);
  return size < INT_MAX ? (int)size : INT_MAX;
}

static mmd_status_t check_kind(const mmd_value_t *value, mmd_value_kind_t kind) {
  if (mmd_value_kind(value) == kind) return NULL;
  return MMD_ERROR(MMD_NOT_SUPPORTED, "the value is %s, not %s",
                   mmd_value_kind_name(mmd_value_kind(value)), mmd_value_kind_name(kind));
}

static mmd_status_t value_at(mmdeploy_value_t array, int index, mmdeploy_value_t *item) {
  MMD_CHECK_POINTER(item);
  *item = NULL;
  MMD_CHECK_VALUE(array);
  const mmd_value_t *inner = (const mmd_value_t *)array;
  MMD_TRY(check_kind(inner, MMD_VALUE_ARRAY));
  if (index < 0 || (size_t)index >= mmd_array_size(inner)) {
    return MMD_ERROR(MMD_OUT_OF_RANGE, "item %d of an array of %zu", index, mmd_array_size(inner));
  }
  *item = (mmdeploy_value_t)mmd_value_retain(mmd_array_at(inner, (size_t)index));
  return NULL;
}

int mmdeploy_value_at(mmdeploy_value_t array, int index, mmdeploy_value_t *item) {
  return mmd_last_error_set(__func__, value_at(array, index, item));
}

static mmd_status_t value_get(mmdeploy_value_t object, const char *key, mmdeploy_value_t *item) {
  MMD_CHECK_POINTER(item);
  *item = NULL;
  MMD_CHECK_VALUE(object);
  MMD_CHECK_POINTER(key);
  const mmd_value_t *inner = (const mmd_value_t *)object;
  MMD_TRY(check_kind(inner, MMD_VALUE_OBJECT));
  mmd_value_t *found = mmd_object_get(inner, key);
  if (!found) return MMD_ERROR(MMD_OUT_OF_RANGE, "the object has no member '%s'", key);
  *item = (mmdeploy_value_t)mmd_value_retain(found);
  return NULL;
}

int mmdeploy_value_get(mmdeploy_value_t object, const char *key, mmdeploy_value_t *item) {
  return mmd_last_error_set(__func__, value_get(object, key, item));
}

const char *mmdeploy_value_key(mmdeploy_value_t object, int index) {
  const mmd_value_t *inner = open_value(object);
  if (index < 0 || (size_t)index >= mmd_object_size(inner)) return NULL;
  return mmd_object_key_at(inner, (size_t)index);
}

static mmd_status_t get_number(mmdeploy_value_t value, double *out_number) {
  MMD_CHECK_VALUE(value);
  const mmd_value_t *inner = (const mmd_value_t *)value;
  if (!mmd_value_is_number(inner)) {
    return MMD_ERROR(MMD_NOT_SUPPORTED, "the value is %s, not a number",
                     mmd_value_kind_name(mmd_value_kind(inner)));
  }
  *out_number = mmd_value_get_float(inner, 0);
  return NULL;
}

static mmd_status_t as_bool(mmdeploy_value_t value, int *out) {
  double number = 0;
  MMD_CHECK_POINTER(out);
  *out = 0;
  MMD_TRY(get_number(value, &number));
  *out = number != 0;
  return NULL;
}

int mmdeploy_value_as_bool(mmdeploy_value_t value, int *out) {
  return mmd_last_error_set(__func__, as_bool(value, out));
}

static mmd_status_t as_int(mmdeploy_value_t value, int64_t *out) {
  double number = 0;
  MMD_CHECK_POINTER(out);
  *out = 0;
  MMD_TRY(get_number(value, &number));
  const mmd_value_t *inner = (const mmd_value_t *)value;
  // -2^63 is a double, 2^63 - 1 is not.
  if (mmd_value_kind(inner) == MMD_VALUE_FLOAT && !(number >= -0x1p63 && number < 0x1p63)) {
    return MMD_ERROR(MMD_OUT_OF_RANGE, "%g is no integer of 64 bits", number);
  }
  *out = mmd_value_get_int(inner, 0);
  return NULL;
}

int mmdeploy_value_as_int(mmdeploy_value_t value, int64_t *out) {
  return mmd_last_error_set(__func__, as_int(value, out));
}

static mmd_status_t as_double(mmdeploy_value_t value, double *out) {
  MMD_CHECK_POINTER(out);
  *out = 0;
  return get_number(value, out);
}

int mmdeploy_value_as_double(mmdeploy_value_t value, double *out) {
  return mmd_last_error_set(__func__, as_double(value, out));
}

const char *mmdeploy_value_as_string(mmdeploy_value_t value) {
  return mmd_value_get_string(open_value(value), NULL);
}

static int find_type(mmd_dtype_t dtype) {
  static const mmd_dtype_t dtypes[] = {MMD_F32, MMD_F16, MMD_U8, MMD_I32};
  int type = 0;
  while (type < MMDEPLOY_DATA_TYPE_COUNT && dtypes[type] != dtype) ++type;
  return type;
}

static mmd_status_t as_mat(mmdeploy_value_t value, mmdeploy_mat_t *mat, size_t *row_stride) {
  MMD_CHECK_POINTER(mat);
  memset(mat, 0, sizeof *mat);
  if (row_stride) *row_stride = 0;
  MMD_CHECK_VALUE(value);
  const mmd_image_t *image = mmd_value_get_image((const mmd_value_t *)value);
  if (!image) return check_kind((const mmd_value_t *)value, MMD_VALUE_IMAGE);
  const int channels = mmd_pixel_channels(image->format), type = find_type(image->dtype);
  const size_t packed = (size_t)image->width * (size_t)channels * mmd_dtype_size(image->dtype);
  if (type == MMDEPLOY_DATA_TYPE_COUNT || (!row_stride && image->row_stride != packed)) {
    return MMD_ERROR(MMD_NOT_SUPPORTED, "a picture of %s with rows of %zu bytes",
                     mmd_dtype_name(image->dtype), image->row_stride);
  }
  mat->data = (uint8_t *)(uintptr_t)image->data;
  mat->height = image->height;
  mat->width = image->width;
  mat->channel = channels;
  mat->format = (mmdeploy_pixel_format_t)image->format;
  mat->type = (mmdeploy_data_type_t)type;
  if (row_stride) *row_stride = image->row_stride;
  return NULL;
}

int mmdeploy_value_as_mat(mmdeploy_value_t value, mmdeploy_mat_t *mat, size_t *row_stride) {
  return mmd_last_error_set(__func__, as_mat(value, mat, row_stride));
}

static mmd_status_t as_tensor(mmdeploy_value_t value, mmdeploy_tensor_t *tensor) {
  MMD_CHECK_POINTER(tensor);
  memset(tensor, 0, sizeof *tensor);
  MMD_CHECK_VALUE(value);
  const mmd_tensor_t *inner = mmd_value_get_tensor((const mmd_value_t *)value);
  if (!inner) return check_kind((const mmd_value_t *)value, MMD_VALUE_TENSOR);
  if (!mmd_dtype_size(inner->dtype) || !mmd_tensor_is_contiguous(inner)) {
    return MMD_ERROR(MMD_NOT_SUPPORTED, "a tensor of %s that is not packed",
                     mmd_dtype_name(inner->dtype));
  }
  tensor->data = mmd_tensor_data(inner);
  tensor->dtype = mmd_dtype_name(inner->dtype);
  tensor->byte_size = mmd_tensor_byte_size(inner);
  tensor->rank = inner->shape.rank;
  for (int i = 0; i < inner->shape.rank; ++i) tensor->shape[i] = inner->shape.dims[i];
  return NULL;
}
_Static_assert(MMDEPLOY_TENSOR_MAX_RANK == MMD_MAX_RANK, "shapes are copied");

int mmdeploy_value_as_tensor(mmdeploy_value_t value, mmdeploy_tensor_t *tensor) {
  return mmd_last_error_set(__func__, as_tensor(value, tensor));
}

//===--- making ------------------------------------------------------------===//

// Hands |made| on; NULL stands for a lack of memory.
static mmd_status_t give(mmd_value_t *made, mmdeploy_value_t *out_value) {
  MMD_TRY_ALLOC(made);
  *out_value = (mmdeploy_value_t)made;
  return NULL;
}

#define MAKE(value, made)                                                         \
  do {                                                                            \
    if (!(value)) return mmd_last_error_set(__func__, mmd_null_argument(#value)); \
    *(value) = NULL;                                                              \
    return mmd_last_error_set(__func__, give((made), (value)));                   \
  } while (0)

int mmdeploy_value_from_bool(int flag, mmdeploy_value_t *value) {
  MAKE(value, mmd_value_bool(flag != 0));
}

int mmdeploy_value_from_int(int64_t number, mmdeploy_value_t *value) {
  MAKE(value, mmd_value_int(number));
}

int mmdeploy_value_from_double(double number, mmdeploy_value_t *value) {
  MAKE(value, mmd_value_float(number));
}

int mmdeploy_value_create_array(mmdeploy_value_t *value) {
  MAKE(value, mmd_value_array());
}

int mmdeploy_value_create_object(mmdeploy_value_t *value) {
  MAKE(value, mmd_value_object());
}

static mmd_status_t from_string(const char *text, mmdeploy_value_t *value) {
  MMD_CHECK_POINTER(value);
  *value = NULL;
  MMD_CHECK_POINTER(text);
  return give(mmd_value_string(text), value);
}

int mmdeploy_value_from_string(const char *text, mmdeploy_value_t *value) {
  return mmd_last_error_set(__func__, from_string(text, value));
}

static mmd_status_t from_mat(const mmdeploy_mat_t *mat, mmdeploy_value_t *value) {
  MMD_CHECK_POINTER(value);
  *value = NULL;
  MMD_CHECK_POINTER(mat);
  return mmd_mat_wrap_strided(mat, 0, 0, NULL, (mmd_value_t **)value);
}

int mmdeploy_value_from_mat(const mmdeploy_mat_t *mat, mmdeploy_value_t *value) {
  return mmd_last_error_set(__func__, from_mat(mat, value));
}

static mmd_status_t from_model(mmdeploy_model_t model, mmdeploy_value_t *value) {
  MMD_CHECK_POINTER(value);
  *value = NULL;
  MMD_CHECK_HANDLE(model, MMD_TAG_MODEL);
  return give(mmd_package_value(model->package), value);
}

int mmdeploy_value_from_model(mmdeploy_model_t model, mmdeploy_value_t *value) {
  return mmd_last_error_set(__func__, from_model(model, value));
}

//===--- changing ----------------------------------------------------------===//

static mmd_status_t check_changeable(const mmd_value_t *value, mmd_value_kind_t kind) {
  MMD_TRY(check_kind(value, kind));
  // The counter is what a value begins with (mmd_handle_is_value).
  const uint32_t holders =
      atomic_load_explicit((const _Atomic uint32_t *)(const void *)value, memory_order_acquire);
  if (holders == 1) return NULL;
  return MMD_ERROR(MMD_INVALID_ARGUMENT,
                   "the value is in use elsewhere; change a copy (mmdeploy_value_copy)");
}

// A copy, so that no value can become part of itself.
static mmd_status_t copy_item(mmdeploy_value_t item, mmd_value_t **out_copy) {
  *out_copy = NULL;
  if (!item) return NULL;
  MMD_CHECK_VALUE(item);
  return mmd_value_copy((const mmd_value_t *)item, out_copy);
}

static mmd_status_t value_append(mmdeploy_value_t array, mmdeploy_value_t item) {
  mmd_value_t *copy = NULL;
  MMD_CHECK_VALUE(array);
  MMD_TRY(check_changeable((const mmd_value_t *)array, MMD_VALUE_ARRAY));
  MMD_TRY(copy_item(item, &copy));
  return mmd_array_take((mmd_value_t *)array, copy ? copy : mmd_value_null());
}

int mmdeploy_value_append(mmdeploy_value_t array, mmdeploy_value_t item) {
  return mmd_last_error_set(__func__, value_append(array, item));
}

static mmd_status_t value_set(mmdeploy_value_t object, const char *key, mmdeploy_value_t item) {
  mmd_value_t *copy = NULL;
  MMD_CHECK_VALUE(object);
  MMD_CHECK_POINTER(key);
  MMD_TRY(check_changeable((const mmd_value_t *)object, MMD_VALUE_OBJECT));
  MMD_TRY(copy_item(item, &copy));
  return mmd_object_take((mmd_value_t *)object, key, copy ? copy : mmd_value_null());
}

int mmdeploy_value_set(mmdeploy_value_t object, const char *key, mmdeploy_value_t item) {
  return mmd_last_error_set(__func__, value_set(object, key, item));
}
