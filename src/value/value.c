// SPDX-License-Identifier: Apache-2.0
//
// Making, counting and reading values. Containers are in container.c.
#include "value/value.h"

#include <limits.h>
#include <math.h>
#include <string.h>

#include "base/alloc.h"
#include "base/checked.h"
#include "value/internal.h"

#define IMMORTAL UINT_MAX
#define HEADER_SIZE offsetof(mmd_value_t, as)

// Immutable, so one of each is enough.
static mmd_value_t null_value = {.references = IMMORTAL, .kind = MMD_VALUE_NULL};
static mmd_value_t bool_values[2] = {
    {.references = IMMORTAL, .kind = MMD_VALUE_BOOL, .as.flag = false},
    {.references = IMMORTAL, .kind = MMD_VALUE_BOOL, .as.flag = true},
};

static mmd_value_t *value_new(mmd_value_kind_t kind, size_t body_size) {
  size_t size;
  if (!mmd_checked_add(HEADER_SIZE, body_size, &size)) return NULL;
  mmd_value_t *value = mmd_alloc(size);
  if (!value) return NULL;
  atomic_init(&value->references, 1);
  value->kind = (uint8_t)kind;
  return value;
}

#define BODY_SIZE(member) sizeof(((mmd_value_t *)0)->as.member)

mmd_value_t *mmd_value_null(void) {
  return &null_value;
}

mmd_value_t *mmd_value_bool(bool flag) {
  return &bool_values[flag];
}

mmd_value_t *mmd_value_int(int64_t number) {
  mmd_value_t *value = value_new(MMD_VALUE_INT, BODY_SIZE(integer));
  if (value) value->as.integer = number;
  return value;
}

mmd_value_t *mmd_value_float(double number) {
  mmd_value_t *value = value_new(MMD_VALUE_FLOAT, BODY_SIZE(number));
  if (value) value->as.number = number;
  return value;
}

static mmd_value_t *text_new(mmd_value_kind_t kind, const void *data, size_t size) {
  size_t body;
  if (!mmd_checked_add(size, sizeof(size_t) + 1, &body)) return NULL;
  mmd_value_t *value = value_new(kind, body);
  if (!value) return NULL;
  value->as.string.size = size;
  char *text = (char *)value + offsetof(mmd_value_t, as.string.text);
  if (size > 0) memcpy(text, data, size);
  return value;
}

mmd_value_t *mmd_value_string(const char *text) {
  return text ? text_new(MMD_VALUE_STRING, text, strlen(text)) : NULL;
}

mmd_value_t *mmd_value_string_n(const char *text, size_t size) {
  return text_new(MMD_VALUE_STRING, text, size);
}

mmd_value_t *mmd_value_bytes(const void *data, size_t size) {
  return text_new(MMD_VALUE_BYTES, data, size);
}

mmd_value_t *mmd_value_array(void) {
  return value_new(MMD_VALUE_ARRAY, BODY_SIZE(container));
}

mmd_value_t *mmd_value_tuple(void) {
  mmd_value_t *value = mmd_value_array();
  if (value) value->flavour = MMD_ARRAY_TUPLE;
  return value;
}

mmd_value_t *mmd_value_object(void) {
  return value_new(MMD_VALUE_OBJECT, BODY_SIZE(container));
}

mmd_value_t *mmd_value_tensor(const mmd_tensor_t *tensor) {
  mmd_value_t *value = value_new(MMD_VALUE_TENSOR, BODY_SIZE(tensor));
  if (value) value->as.tensor = mmd_tensor_retain(tensor);
  return value;
}

mmd_value_t *mmd_value_image(const mmd_image_t *image) {
  mmd_value_t *value = value_new(MMD_VALUE_IMAGE, BODY_SIZE(image));
  if (value) value->as.image = mmd_image_retain(image);
  return value;
}

mmd_value_t *mmd_value_any(const char *tag, void *object, void (*destroy)(void *object)) {
  mmd_value_t *value = value_new(MMD_VALUE_ANY, BODY_SIZE(any));
  if (!value) return NULL;
  value->as.any.tag = tag;
  value->as.any.object = object;
  value->as.any.destroy = destroy;
  return value;
}

mmd_value_t *mmd_value_retain(mmd_value_t *value) {
  if (!value) return NULL;
  if (atomic_load_explicit(&value->references, memory_order_relaxed) != IMMORTAL) {
    atomic_fetch_add_explicit(&value->references, 1, memory_order_relaxed);
  }
  return value;
}

// True when the last reference went.
static bool drop(mmd_value_t *value) {
  if (!value) return false;
  if (atomic_load_explicit(&value->references, memory_order_relaxed) == IMMORTAL) return false;
  return atomic_fetch_sub_explicit(&value->references, 1, memory_order_acq_rel) == 1;
}

static bool is_container(const mmd_value_t *value) {
  return value->kind == MMD_VALUE_ARRAY || value->kind == MMD_VALUE_OBJECT;
}

static void leaf_destroy(mmd_value_t *value) {
  if (value->kind == MMD_VALUE_TENSOR) mmd_tensor_deinit(&value->as.tensor);
  if (value->kind == MMD_VALUE_IMAGE) mmd_image_deinit(&value->as.image);
  if (value->kind == MMD_VALUE_ANY && value->as.any.destroy) {
    value->as.any.destroy(value->as.any.object);
  }
  mmd_free(value);
}

// Drops a reference: leaves go at once, containers join the list.
static void bury(mmd_value_t *value, mmd_value_t **dead) {
  if (!drop(value)) return;
  if (is_container(value)) {
    value->as.container.next_dead = *dead;
    *dead = value;
  } else {
    leaf_destroy(value);
  }
}

// A loop over a list instead of recursion: depth must not cost stack.
void mmd_value_release(mmd_value_t *value) {
  mmd_value_t *dead = NULL;
  bury(value, &dead);
  while (dead) {
    mmd_value_t *container = dead;
    dead = container->as.container.next_dead;
    if (container->kind == MMD_VALUE_ARRAY) {
      mmd_array_body_t *array = &container->as.container.as.array;
      for (size_t i = 0; i < array->size; ++i) bury(array->items[i], &dead);
      mmd_free(array->items);
    } else {
      mmd_map_t *map = &container->as.container.as.map;
      for (size_t i = 0; i < mmd_map_size(map); ++i) bury(mmd_map_at(map, i).value, &dead);
      mmd_map_deinit(map);
    }
    mmd_free(container);
  }
}

mmd_value_kind_t mmd_value_kind(const mmd_value_t *value) {
  return value ? (mmd_value_kind_t)value->kind : MMD_VALUE_NULL;
}

const char *mmd_value_kind_name(mmd_value_kind_t kind) {
  static const char *const names[] = {"null",  "bool",   "int",    "float", "string", "bytes",
                                      "array", "object", "tensor", "image", "any"};
  return (unsigned)kind <= MMD_VALUE_ANY ? names[kind] : "unknown";
}

bool mmd_value_is_null(const mmd_value_t *value) {
  return mmd_value_kind(value) == MMD_VALUE_NULL;
}

bool mmd_value_is_number(const mmd_value_t *value) {
  mmd_value_kind_t kind = mmd_value_kind(value);
  return kind == MMD_VALUE_INT || kind == MMD_VALUE_FLOAT || kind == MMD_VALUE_BOOL;
}

bool mmd_value_get_bool(const mmd_value_t *value, bool fallback) {
  switch (mmd_value_kind(value)) {
    case MMD_VALUE_BOOL:
      return value->as.flag;
    case MMD_VALUE_INT:
      return value->as.integer != 0;
    case MMD_VALUE_FLOAT:
      return value->as.number != 0;
    default:
      return fallback;
  }
}

static int64_t truncate_number(double number, int64_t fallback) {
  if (isnan(number)) return fallback;
  if (number <= -0x1p63) return INT64_MIN;
  return number >= 0x1p63 ? INT64_MAX : (int64_t)number;
}

int64_t mmd_value_get_int(const mmd_value_t *value, int64_t fallback) {
  switch (mmd_value_kind(value)) {
    case MMD_VALUE_BOOL:
      return value->as.flag;
    case MMD_VALUE_INT:
      return value->as.integer;
    case MMD_VALUE_FLOAT:
      return truncate_number(value->as.number, fallback);
    default:
      return fallback;
  }
}

double mmd_value_get_float(const mmd_value_t *value, double fallback) {
  switch (mmd_value_kind(value)) {
    case MMD_VALUE_BOOL:
      return value->as.flag;
    case MMD_VALUE_INT:
      return (double)value->as.integer;
    case MMD_VALUE_FLOAT:
      return value->as.number;
    default:
      return fallback;
  }
}

static const char *text_of(const mmd_value_t *value, mmd_value_kind_t kind, size_t *out_size) {
  bool fits = mmd_value_kind(value) == kind;
  if (out_size) *out_size = fits ? value->as.string.size : 0;
  return fits ? (const char *)value + offsetof(mmd_value_t, as.string.text) : NULL;
}

const char *mmd_value_get_string(const mmd_value_t *value, const char *fallback) {
  const char *text = text_of(value, MMD_VALUE_STRING, NULL);
  return text ? text : fallback;
}

const char *mmd_value_get_string_n(const mmd_value_t *value, size_t *out_size) {
  return text_of(value, MMD_VALUE_STRING, out_size);
}

const void *mmd_value_get_bytes(const mmd_value_t *value, size_t *out_size) {
  return text_of(value, MMD_VALUE_BYTES, out_size);
}

const mmd_tensor_t *mmd_value_get_tensor(const mmd_value_t *value) {
  return mmd_value_kind(value) == MMD_VALUE_TENSOR ? &value->as.tensor : NULL;
}

const mmd_image_t *mmd_value_get_image(const mmd_value_t *value) {
  return mmd_value_kind(value) == MMD_VALUE_IMAGE ? &value->as.image : NULL;
}

void *mmd_value_get_any(const mmd_value_t *value, const char *tag) {
  if (mmd_value_kind(value) != MMD_VALUE_ANY || value->as.any.tag != tag) return NULL;
  return value->as.any.object;
}

const char *mmd_value_any_tag(const mmd_value_t *value) {
  return mmd_value_kind(value) == MMD_VALUE_ANY ? value->as.any.tag : NULL;
}
