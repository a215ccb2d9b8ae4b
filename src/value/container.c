// SPDX-License-Identifier: Apache-2.0
//
// Arrays and objects.
#include <string.h>

#include "base/alloc.h"
#include "base/str.h"
#include "value/internal.h"
#include "value/value.h"

static mmd_status_t wrong_kind(const mmd_value_t *value, const char *wanted) {
  return MMD_ERROR(MMD_INVALID_ARGUMENT, "expected an %s, found a value of kind %s", wanted,
                   mmd_value_kind_name(mmd_value_kind(value)));
}

size_t mmd_array_size(const mmd_value_t *array) {
  const mmd_array_body_t *body = mmd_value_items(array);
  return body ? body->size : 0;
}

mmd_value_t *mmd_array_at(const mmd_value_t *array, size_t index) {
  const mmd_array_body_t *body = mmd_value_items(array);
  return body && index < body->size ? body->items[index] : NULL;
}

mmd_status_t mmd_array_take(mmd_value_t *array, mmd_value_t *item) {
  return mmd_array_insert(array, mmd_array_size(array), item);
}

mmd_status_t mmd_array_set(mmd_value_t *array, size_t index, mmd_value_t *item) {
  if (!item) return mmd_status_no_memory();
  mmd_status_t status = NULL;
  if (mmd_value_kind(array) != MMD_VALUE_ARRAY) {
    status = wrong_kind(array, "array");
  } else if (index >= mmd_array_size(array)) {
    status = MMD_ERROR(MMD_OUT_OF_RANGE, "index %zu of an array of %zu items", index,
                       mmd_array_size(array));
  }
  if (!status) {
    mmd_value_t **place = &array->as.container.as.array.items[index];
    mmd_value_t *old = *place;
    *place = item;
    item = old;
  }
  mmd_value_release(item);
  return status;
}

mmd_status_t mmd_array_insert(mmd_value_t *array, size_t index, mmd_value_t *item) {
  if (!item) return mmd_status_no_memory();
  mmd_status_t status = NULL;
  if (mmd_value_kind(array) != MMD_VALUE_ARRAY) {
    status = wrong_kind(array, "array");
  } else if (index > mmd_array_size(array)) {
    status = MMD_ERROR(MMD_OUT_OF_RANGE, "place %zu in an array of %zu items", index,
                       mmd_array_size(array));
  } else {
    mmd_array_body_t *body = &array->as.container.as.array;
    status = MMD_GROW(body->items, body->capacity, body->size + 1);
  }
  if (status) {
    mmd_value_release(item);
    return status;
  }
  mmd_array_body_t *body = &array->as.container.as.array;
  memmove(body->items + index + 1, body->items + index, (body->size - index) * sizeof *body->items);
  body->items[index] = item;
  ++body->size;
  return NULL;
}

void mmd_array_remove(mmd_value_t *array, size_t index) {
  if (index >= mmd_array_size(array)) return;
  mmd_array_body_t *body = &array->as.container.as.array;
  mmd_value_t *gone = body->items[index];
  --body->size;
  memmove(body->items + index, body->items + index + 1, (body->size - index) * sizeof *body->items);
  mmd_value_release(gone);
}

mmd_array_flavour_t mmd_array_flavour(const mmd_value_t *array) {
  return mmd_value_items(array) ? (mmd_array_flavour_t)array->flavour : MMD_ARRAY_LIST;
}

void mmd_array_set_flavour(mmd_value_t *array, mmd_array_flavour_t flavour) {
  if (mmd_value_items(array)) array->flavour = (uint8_t)flavour;
}

size_t mmd_object_size(const mmd_value_t *object) {
  const mmd_map_t *map = mmd_value_members(object);
  return map ? mmd_map_size(map) : 0;
}

mmd_value_t *mmd_object_get(const mmd_value_t *object, const char *key) {
  const mmd_map_t *map = mmd_value_members(object);
  return map ? mmd_map_get(map, key) : NULL;
}

const char *mmd_object_key_at(const mmd_value_t *object, size_t index) {
  const mmd_map_t *map = mmd_value_members(object);
  return map && index < mmd_map_size(map) ? mmd_map_at(map, index).key : NULL;
}

mmd_value_t *mmd_object_value_at(const mmd_value_t *object, size_t index) {
  const mmd_map_t *map = mmd_value_members(object);
  return map && index < mmd_map_size(map) ? mmd_map_at(map, index).value : NULL;
}

mmd_status_t mmd_object_take_n(mmd_value_t *object, const char *key, size_t key_size,
                               mmd_value_t *item) {
  if (!item) return mmd_status_no_memory();
  void *old = NULL;
  mmd_status_t status;
  if (mmd_value_kind(object) != MMD_VALUE_OBJECT) {
    status = wrong_kind(object, "object");
  } else {
    status = mmd_map_set_n(&object->as.container.as.map, key, key_size, item, &old);
  }
  mmd_value_release(status ? item : old);
  return status;
}

mmd_status_t mmd_object_take(mmd_value_t *object, const char *key, mmd_value_t *item) {
  return mmd_object_take_n(object, key, strlen(key), item);
}

bool mmd_object_remove(mmd_value_t *object, const char *key) {
  if (!mmd_value_members(object)) return false;
  mmd_value_t *gone = mmd_map_remove(&object->as.container.as.map, key);
  mmd_value_release(gone);
  return gone != NULL;
}

static mmd_value_t *get_part(const mmd_value_t *value, const char *part, size_t size) {
  const mmd_map_t *map = mmd_value_members(value);
  int64_t index;
  if (map) return mmd_map_get_n(map, part, size);
  if (!mmd_parse_i64(part, size, &index)) return NULL;
  size_t count = mmd_array_size(value);
  if (index < 0) index += (int64_t)count;
  return index < 0 ? NULL : mmd_array_at(value, (size_t)index);
}

mmd_value_t *mmd_object_get_path(const mmd_value_t *object, const char *dotted) {
  mmd_value_t *found = NULL;
  for (const char *at = dotted;; ++at) {
    size_t size = strcspn(at, ".");
    found = get_part(object, at, size);
    at += size;
    if (!found || *at == 0) return found;
    object = found;
  }
}

static mmd_status_t copy_at(const mmd_value_t *value, int depth, mmd_value_t **out_copy);

static mmd_status_t copy_members(const mmd_value_t *value, int depth, mmd_value_t *copy) {
  for (size_t i = 0; i < mmd_array_size(value); ++i) {
    mmd_value_t *item;
    MMD_TRY(copy_at(mmd_array_at(value, i), depth + 1, &item));
    MMD_TRY(mmd_array_take(copy, item));
  }
  for (size_t i = 0; i < mmd_object_size(value); ++i) {
    mmd_value_t *item;
    MMD_TRY(copy_at(mmd_object_value_at(value, i), depth + 1, &item));
    MMD_TRY(mmd_object_take(copy, mmd_object_key_at(value, i), item));
  }
  return NULL;
}

// Values other than containers are never changed, so a copy may share them.
static mmd_status_t copy_at(const mmd_value_t *value, int depth, mmd_value_t **out_copy) {
  mmd_value_kind_t kind = mmd_value_kind(value);
  *out_copy = NULL;
  if (kind != MMD_VALUE_ARRAY && kind != MMD_VALUE_OBJECT) {
    *out_copy = value ? mmd_value_retain((mmd_value_t *)(uintptr_t)value) : mmd_value_null();
    return NULL;
  }
  if (depth >= MMD_VALUE_MAX_DEPTH) {
    return MMD_ERROR(MMD_OUT_OF_RANGE, "a value is nested deeper than %d", MMD_VALUE_MAX_DEPTH);
  }
  mmd_value_t *copy = kind == MMD_VALUE_ARRAY ? mmd_value_array() : mmd_value_object();
  MMD_TRY_ALLOC(copy);
  copy->flavour = value->flavour;
  mmd_status_t status = copy_members(value, depth, copy);
  if (status) {
    mmd_value_release(copy);
    return status;
  }
  *out_copy = copy;
  return NULL;
}

mmd_status_t mmd_value_copy(const mmd_value_t *value, mmd_value_t **out_copy) {
  return copy_at(value, 0, out_copy);
}

static bool equal_at(const mmd_value_t *a, const mmd_value_t *b, int depth);

static bool numbers_equal(const mmd_value_t *a, const mmd_value_t *b) {
  bool float_a = a->kind == MMD_VALUE_FLOAT, float_b = b->kind == MMD_VALUE_FLOAT;
  if (float_a && float_b) return a->as.number == b->as.number;
  if (!float_a && !float_b) return mmd_value_get_int(a, 0) == mmd_value_get_int(b, 0);
  // Exact: a large integer is not equal to the float that it rounds to.
  double number = float_a ? a->as.number : b->as.number;
  int64_t integer = mmd_value_get_int(float_a ? b : a, 0);
  return number >= -0x1p63 && number < 0x1p63 && number == (double)integer &&
         (int64_t)number == integer;
}

static bool set_contains(const mmd_value_t *set, const mmd_value_t *item, int depth) {
  for (size_t i = 0; i < mmd_array_size(set); ++i) {
    if (equal_at(mmd_array_at(set, i), item, depth)) return true;
  }
  return false;
}

static bool arrays_equal(const mmd_value_t *a, const mmd_value_t *b, int depth) {
  size_t size = mmd_array_size(a);
  if (size != mmd_array_size(b)) return false;
  bool sets = a->flavour == MMD_ARRAY_SET && b->flavour == MMD_ARRAY_SET;
  for (size_t i = 0; i < size; ++i) {
    const mmd_value_t *item = mmd_array_at(a, i);
    if (sets ? !set_contains(b, item, depth) : !equal_at(item, mmd_array_at(b, i), depth)) {
      return false;
    }
  }
  return true;
}

static bool objects_equal(const mmd_value_t *a, const mmd_value_t *b, int depth) {
  if (mmd_object_size(a) != mmd_object_size(b)) return false;
  for (size_t i = 0; i < mmd_object_size(a); ++i) {
    const mmd_value_t *other = mmd_object_get(b, mmd_object_key_at(a, i));
    if (!other || !equal_at(mmd_object_value_at(a, i), other, depth)) return false;
  }
  return true;
}

static bool images_equal(const mmd_image_t *a, const mmd_image_t *b) {
  if (a->height != b->height || a->width != b->width || a->format != b->format ||
      a->dtype != b->dtype) {
    return false;
  }
  size_t row = (size_t)a->width * (size_t)mmd_pixel_channels(a->format) * mmd_dtype_size(a->dtype);
  size_t rows = mmd_image_byte_size(a) / a->row_stride;
  for (size_t y = 0; y < rows; ++y) {
    if (memcmp(a->data + y * a->row_stride, b->data + y * b->row_stride, row) != 0) return false;
  }
  return true;
}

static bool same_kind_equal(const mmd_value_t *a, const mmd_value_t *b, int depth) {
  switch ((mmd_value_kind_t)a->kind) {
    case MMD_VALUE_NULL:
      return true;
    case MMD_VALUE_STRING:
    case MMD_VALUE_BYTES:
      return a->as.string.size == b->as.string.size &&
             memcmp(a->as.string.text, b->as.string.text, a->as.string.size) == 0;
    case MMD_VALUE_ARRAY:
      return arrays_equal(a, b, depth + 1);
    case MMD_VALUE_OBJECT:
      return objects_equal(a, b, depth + 1);
    case MMD_VALUE_TENSOR:
      return mmd_tensor_equal(&a->as.tensor, &b->as.tensor);
    case MMD_VALUE_IMAGE:
      return images_equal(&a->as.image, &b->as.image);
    default:
      return a->as.any.tag == b->as.any.tag && a->as.any.object == b->as.any.object;
  }
}

static bool equal_at(const mmd_value_t *a, const mmd_value_t *b, int depth) {
  if (mmd_value_is_number(a) && mmd_value_is_number(b)) return numbers_equal(a, b);
  if (a == b) return true;
  if (mmd_value_kind(a) != mmd_value_kind(b)) return false;
  if (mmd_value_is_null(a)) return true;
  return depth < MMD_VALUE_MAX_DEPTH && same_kind_equal(a, b, depth);
}

bool mmd_value_equal(const mmd_value_t *a, const mmd_value_t *b) {
  return equal_at(a, b, 0);
}
