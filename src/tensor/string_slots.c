// SPDX-License-Identifier: Apache-2.0
#include "tensor/string_slots.h"

#include <string.h>

#include "base/alloc.h"
#include "tensor/tensor.h"

typedef struct {
  size_t count;
  mmd_string_slot_t *slots[];
} block_t;

static void slot_release(mmd_string_slot_t *slot) {
  if (slot && atomic_fetch_sub_explicit(&slot->references, 1, memory_order_acq_rel) == 1)
    mmd_free(slot);
}

static void block_release(void *user) {
  block_t *block = user;
  for (size_t i = 0; i < block->count; ++i) slot_release(block->slots[i]);
  mmd_free(block);
}

mmd_status_t mmd_string_slots_create(size_t count, mmd_storage_t **out_storage) {
  if (count > SIZE_MAX / sizeof(void *) - sizeof(block_t)) return mmd_status_no_memory();
  size_t bytes = count * sizeof(mmd_string_slot_t *);
  block_t *block = mmd_alloc(sizeof *block + bytes);
  MMD_TRY_ALLOC(block);
  block->count = count;
  mmd_status_t status = mmd_storage_borrow(block->slots, bytes, block_release, block, out_storage);
  if (status) mmd_free(block);
  return status;
}

mmd_string_slot_t **mmd_string_slots_get(mmd_storage_t *storage) {
  return (mmd_string_slot_t **)(uintptr_t)mmd_storage_data(storage);
}

// Slot of the element at flat |index|.
static mmd_string_slot_t **slot_of(const mmd_tensor_t *tensor, size_t index) {
  size_t at = tensor->offset / sizeof(void *);
  for (int i = tensor->shape.rank - 1; i >= 0; --i) {
    size_t dim = (size_t)tensor->shape.dims[i];
    at += index % dim * (size_t)tensor->strides[i];
    index /= dim;
  }
  return mmd_string_slots_get(tensor->storage) + at;
}

const char *mmd_tensor_get_string(const mmd_tensor_t *tensor, size_t index, size_t *out_size) {
  const mmd_string_slot_t *slot = NULL;
  if (tensor->dtype == MMD_STRING && index < mmd_tensor_count(tensor)) {
    slot = *slot_of(tensor, index);
  }
  if (out_size) *out_size = slot ? slot->size : 0;
  return slot ? slot->text : "";
}

static mmd_status_t check_element(const mmd_tensor_t *tensor, size_t index) {
  if (tensor->dtype == MMD_STRING && index < mmd_tensor_count(tensor)) return NULL;
  return MMD_ERROR(MMD_INVALID_ARGUMENT, "no string element %zu in a tensor of %s", index,
                   mmd_dtype_name(tensor->dtype));
}

mmd_status_t mmd_tensor_set_string(mmd_tensor_t *tensor, size_t index, const char *text,
                                   size_t size) {
  MMD_TRY(check_element(tensor, index));
  if (size > SIZE_MAX - sizeof(mmd_string_slot_t) - 1) return mmd_status_no_memory();
  mmd_string_slot_t *slot = mmd_alloc_uninit(sizeof *slot + size + 1);
  MMD_TRY_ALLOC(slot);
  atomic_init(&slot->references, 1);
  slot->size = size;
  if (size > 0) memcpy(slot->text, text, size);
  slot->text[size] = 0;
  mmd_string_slot_t **place = slot_of(tensor, index);
  slot_release(*place);
  *place = slot;
  return NULL;
}

mmd_status_t mmd_tensor_share_string(mmd_tensor_t *tensor, size_t index, const mmd_tensor_t *from,
                                     size_t from_index) {
  MMD_TRY(check_element(tensor, index));
  MMD_TRY(check_element(from, from_index));
  mmd_string_slot_t **place = slot_of(tensor, index), *slot = *slot_of(from, from_index);
  if (slot) atomic_fetch_add_explicit(&slot->references, 1, memory_order_relaxed);
  slot_release(*place);
  *place = slot;
  return NULL;
}
