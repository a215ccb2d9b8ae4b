// SPDX-License-Identifier: Apache-2.0
//
// What a string tensor stores: one pointer an element, released with the storage. Copies share the
// text, so that a long one that is repeated a million times takes memory once.
#ifndef MMD_TENSOR_STRING_SLOTS_H_
#define MMD_TENSOR_STRING_SLOTS_H_

#include <stdatomic.h>

#include "base/storage.h"

typedef struct mmd_string_slot_t {
  atomic_size_t references;
  size_t size;
  char text[];  // and a NUL
} mmd_string_slot_t;

mmd_status_t mmd_string_slots_create(size_t count, mmd_storage_t **out_storage) MMD_MUST_USE;
mmd_string_slot_t **mmd_string_slots_get(mmd_storage_t *storage);

#endif  // MMD_TENSOR_STRING_SLOTS_H_
