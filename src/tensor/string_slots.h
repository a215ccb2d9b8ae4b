// SPDX-License-Identifier: Apache-2.0
//
// What a string tensor stores: one pointer an element, freed with the storage.
#ifndef MMD_TENSOR_STRING_SLOTS_H_
#define MMD_TENSOR_STRING_SLOTS_H_

#include "base/storage.h"

typedef struct mmd_string_slot_t {
  size_t size;
  char text[];  // and a NUL
} mmd_string_slot_t;

mmd_status_t mmd_string_slots_create(size_t count, mmd_storage_t **out_storage) MMD_MUST_USE;
mmd_string_slot_t **mmd_string_slots_get(mmd_storage_t *storage);

#endif  // MMD_TENSOR_STRING_SLOTS_H_
