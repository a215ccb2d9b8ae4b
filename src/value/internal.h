// SPDX-License-Identifier: Apache-2.0
//
// The layout of a value; for the files of this folder only.
#ifndef MMD_VALUE_INTERNAL_H_
#define MMD_VALUE_INTERNAL_H_

#include <stdatomic.h>

#include "base/map.h"
#include "value/value.h"

typedef struct mmd_array_body_t {
  mmd_value_t **items;
  size_t size, capacity;
} mmd_array_body_t;

// Blocks are as large as their kind needs: see mmd_value_t's constructors.
struct mmd_value {
  atomic_uint references;  // UINT_MAX: lives for ever
  uint8_t kind;            // mmd_value_kind_t
  uint8_t flavour;         // mmd_array_flavour_t
  union {
    bool flag;
    int64_t integer;
    double number;
    struct {
      size_t size;
      char text[8];  // |size| bytes and a NUL; strings and bytes
    } string;
    struct {
      mmd_value_t *next_dead;  // the list of containers being freed
      union {
        mmd_array_body_t array;
        mmd_map_t map;
      } as;
    } container;
    mmd_tensor_t tensor;
    mmd_image_t image;
    struct {
      const char *tag;
      void *object;
      void (*destroy)(void *object);
    } any;
  } as;
};

static inline const mmd_array_body_t *mmd_value_items(const mmd_value_t *value) {
  return value && value->kind == MMD_VALUE_ARRAY ? &value->as.container.as.array : 0;
}

static inline const mmd_map_t *mmd_value_members(const mmd_value_t *value) {
  return value && value->kind == MMD_VALUE_OBJECT ? &value->as.container.as.map : 0;
}

#endif  // MMD_VALUE_INTERNAL_H_
