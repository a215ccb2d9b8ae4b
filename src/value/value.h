// SPDX-License-Identifier: Apache-2.0
//
// The dynamic value that configs, packages and pipelines share: null, bool, int, float, string,
// bytes, array, object, tensor, any. Values are counted (atomically). A value may be changed only
// while its changer is the only holder; shared values are read-only by convention.
//
// Constructors return NULL when memory is short. Setters "take" a reference: the caller's reference
// moves into the container also on failure, and a NULL value is answered by the out-of-memory
// status, so MMD_TRY(mmd_object_take(o, "k", mmd_value_int(3))) needs no other check.
#ifndef MMD_VALUE_VALUE_H_
#define MMD_VALUE_VALUE_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "tensor/image.h"
#include "tensor/tensor.h"

typedef struct mmd_value mmd_value_t;

typedef enum mmd_value_kind_t {
  MMD_VALUE_NULL,
  MMD_VALUE_BOOL,
  MMD_VALUE_INT,
  MMD_VALUE_FLOAT,
  MMD_VALUE_STRING,
  MMD_VALUE_BYTES,
  MMD_VALUE_ARRAY,
  MMD_VALUE_OBJECT,  // keeps insertion order
  MMD_VALUE_TENSOR,
  MMD_VALUE_IMAGE,
  MMD_VALUE_ANY,  // somebody's object with a type tag
} mmd_value_kind_t;

// Arrays remember what Python called them; equality ignores it.
typedef enum mmd_array_flavour_t {
  MMD_ARRAY_LIST,
  MMD_ARRAY_TUPLE,
  MMD_ARRAY_SET
} mmd_array_flavour_t;

mmd_value_t *mmd_value_null(void);
mmd_value_t *mmd_value_bool(bool flag);
mmd_value_t *mmd_value_int(int64_t number);
mmd_value_t *mmd_value_float(double number);
mmd_value_t *mmd_value_string(const char *text);
mmd_value_t *mmd_value_string_n(const char *text, size_t size);
mmd_value_t *mmd_value_bytes(const void *data, size_t size);
mmd_value_t *mmd_value_array(void);
mmd_value_t *mmd_value_tuple(void);
mmd_value_t *mmd_value_object(void);
mmd_value_t *mmd_value_tensor(const mmd_tensor_t *tensor);  // retains the storage
mmd_value_t *mmd_value_image(const mmd_image_t *image);  // retains; a borrowed image stays borrowed
// |tag| is compared by address. |destroy| (may be NULL) runs when the last reference goes.
mmd_value_t *mmd_value_any(const char *tag, void *object, void (*destroy)(void *object));

mmd_value_t *mmd_value_retain(mmd_value_t *value);  // NULL stays NULL
void mmd_value_release(mmd_value_t *value);         // NULL is fine; depth does not matter
// Deep for arrays and objects; tensors, images and any are shared. Values nested deeper than
// MMD_VALUE_MAX_DEPTH are refused.
#define MMD_VALUE_MAX_DEPTH 1000
mmd_status_t mmd_value_copy(const mmd_value_t *value, mmd_value_t **out_copy) MMD_MUST_USE;

mmd_value_kind_t mmd_value_kind(const mmd_value_t *value);  // NULL reads as MMD_VALUE_NULL
const char *mmd_value_kind_name(mmd_value_kind_t kind);     // "array"
bool mmd_value_is_null(const mmd_value_t *value);
bool mmd_value_is_number(const mmd_value_t *value);  // int, float or bool

// Unchecked reads with a fallback for another kind. Int, float and bool convert into one another.
bool mmd_value_get_bool(const mmd_value_t *value, bool fallback);
int64_t mmd_value_get_int(const mmd_value_t *value, int64_t fallback);
double mmd_value_get_float(const mmd_value_t *value, double fallback);
const char *mmd_value_get_string(const mmd_value_t *value, const char *fallback);  // borrowed
const char *mmd_value_get_string_n(const mmd_value_t *value,
                                   size_t *out_size);  // NULL for other kinds
const void *mmd_value_get_bytes(const mmd_value_t *value, size_t *out_size);
const mmd_tensor_t *mmd_value_get_tensor(
    const mmd_value_t *value);  // borrowed, NULL for other kinds
const mmd_image_t *mmd_value_get_image(const mmd_value_t *value);
void *mmd_value_get_any(const mmd_value_t *value, const char *tag);  // NULL for another tag
const char *mmd_value_any_tag(const mmd_value_t *value);             // NULL for other kinds

// Arrays. Reading a non-array gives size 0 and NULL items.
size_t mmd_array_size(const mmd_value_t *array);
mmd_value_t *mmd_array_at(const mmd_value_t *array, size_t index);                // borrowed
mmd_status_t mmd_array_take(mmd_value_t *array, mmd_value_t *item) MMD_MUST_USE;  // appends
mmd_status_t mmd_array_set(mmd_value_t *array, size_t index,
                           mmd_value_t *item) MMD_MUST_USE;  // takes; replaces
mmd_status_t mmd_array_insert(mmd_value_t *array, size_t index,
                              mmd_value_t *item) MMD_MUST_USE;  // takes
void mmd_array_remove(mmd_value_t *array, size_t index);
mmd_array_flavour_t mmd_array_flavour(const mmd_value_t *array);
void mmd_array_set_flavour(mmd_value_t *array, mmd_array_flavour_t flavour);

// Objects. Reading a non-object gives size 0 and NULL members.
size_t mmd_object_size(const mmd_value_t *object);
mmd_value_t *mmd_object_get(const mmd_value_t *object,
                            const char *key);  // borrowed, NULL when absent
const char *mmd_object_key_at(const mmd_value_t *object, size_t index);
mmd_value_t *mmd_object_value_at(const mmd_value_t *object, size_t index);
mmd_status_t mmd_object_take(mmd_value_t *object, const char *key,
                             mmd_value_t *item) MMD_MUST_USE;  // a replaced key keeps its place
mmd_status_t mmd_object_take_n(mmd_value_t *object, const char *key, size_t key_size,
                               mmd_value_t *item) MMD_MUST_USE;
bool mmd_object_remove(mmd_value_t *object, const char *key);  // keeps the order of the rest
mmd_value_t *mmd_object_get_path(
    const mmd_value_t *object,
    const char *dotted);  // "data.test.pipeline.0.type"; -1 is the last item

// As Python's ==: 1, 1.0 and true are equal, objects and sets regardless of order. Tensors by
// content. Beyond MMD_VALUE_MAX_DEPTH only the same value equals itself.
bool mmd_value_equal(const mmd_value_t *a, const mmd_value_t *b);

#endif  // MMD_VALUE_VALUE_H_
