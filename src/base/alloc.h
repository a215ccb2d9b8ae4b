// SPDX-License-Identifier: Apache-2.0
//
// The one process allocator. Everything that our libraries allocate goes through it, so a host can
// replace it and tests can make the n-th call fail. Results are aligned to 16 bytes.
#ifndef MMD_BASE_ALLOC_H_
#define MMD_BASE_ALLOC_H_

#include <stdbool.h>
#include <stddef.h>

#include "base/status.h"

// |reallocate| has the contract of realloc: NULL |pointer| allocates. |free| accepts NULL.
typedef struct mmd_allocator_t {
  void *self;
  void *(*allocate)(void *self, size_t size);
  void *(*reallocate)(void *self, void *pointer, size_t size);
  void (*free)(void *self, void *pointer);
} mmd_allocator_t;

// Replaces the process allocator; only while nothing allocated through the old one is alive.
// NULL restores the default. Not thread-safe.
void mmd_allocator_set(const mmd_allocator_t *allocator);
const mmd_allocator_t *mmd_allocator_get(void);

void *mmd_alloc(size_t size);                      // zeroed; NULL when memory is short
void *mmd_alloc_uninit(size_t size);               // not zeroed
void *mmd_alloc_array(size_t count, size_t size);  // zeroed; NULL on overflow too
void *mmd_realloc(void *pointer, size_t size);
void mmd_free(void *pointer);  // NULL is fine

// |alignment| is a power of two; freed with mmd_free_aligned only.
void *mmd_alloc_aligned(size_t size, size_t alignment);
void mmd_free_aligned(void *pointer);

char *mmd_strdup(const char *text);  // NULL stays NULL
char *mmd_strndup(const char *text, size_t size);

// Makes room for |needed| items in the array |*items| of |*capacity| items of |item_size| bytes,
// growing by at least a half. New items are not zeroed. Use: MMD_GROW(v.items, v.capacity, n).
mmd_status_t mmd_array_grow(void **items, size_t *capacity, size_t needed,
                            size_t item_size) MMD_MUST_USE;
#define MMD_GROW(items, capacity, needed) \
  mmd_array_grow((void **)&(items), &(capacity), (needed), sizeof *(items))

#endif  // MMD_BASE_ALLOC_H_
