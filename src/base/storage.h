// SPDX-License-Identifier: Apache-2.0
//
// Counted bytes: a mapped file, a heap block or somebody else's memory. Tensors, weights and model
// files are views into storages, so a 500 MB checkpoint is never copied.
// Counting is atomic; the bytes themselves are not guarded.
#ifndef MMD_BASE_STORAGE_H_
#define MMD_BASE_STORAGE_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

typedef struct mmd_storage mmd_storage_t;

typedef enum mmd_storage_kind_t {
  MMD_STORAGE_HEAP,
  MMD_STORAGE_MAPPED,  // read-only
  MMD_STORAGE_BORROWED,
} mmd_storage_kind_t;

// Heap bytes, 64-byte aligned; zeroed when |zeroed|.
mmd_status_t mmd_storage_create(size_t size, bool zeroed, mmd_storage_t **out_storage) MMD_MUST_USE;

// Maps a whole file read-only (an empty file gives size 0). The message names the path.
mmd_status_t mmd_storage_map_file(const char *path, mmd_storage_t **out_storage) MMD_MUST_USE;

// Wraps |data|; |release| (may be NULL) is called with |user| when the last reference goes.
mmd_status_t mmd_storage_borrow(const void *data, size_t size, void (*release)(void *user),
                                void *user, mmd_storage_t **out_storage) MMD_MUST_USE;

mmd_storage_t *mmd_storage_retain(mmd_storage_t *storage);  // NULL stays NULL
void mmd_storage_release(mmd_storage_t *storage);           // NULL is fine

const uint8_t *mmd_storage_data(const mmd_storage_t *storage);
uint8_t *mmd_storage_mutable_data(mmd_storage_t *storage);  // NULL unless heap
size_t mmd_storage_size(const mmd_storage_t *storage);
mmd_storage_kind_t mmd_storage_kind(const mmd_storage_t *storage);

// Tells the kernel that mapped pages are not needed for now (they are read again on use), so that
// peak memory of a streaming conversion stays small. No effect on other kinds.
void mmd_storage_drop_pages(const mmd_storage_t *storage, size_t offset, size_t size);

#endif  // MMD_BASE_STORAGE_H_
