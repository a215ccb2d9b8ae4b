// SPDX-License-Identifier: Apache-2.0
#include "base/alloc.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/checked.h"

// No request of ours is larger than this; anything above is a size from a damaged file.
#define ALLOC_MAX ((size_t)1 << (sizeof(size_t) == 8 ? 40 : 30))

static void *default_allocate(void *self, size_t size) {
  (void)self;
  return malloc(size);
}

static void *default_reallocate(void *self, void *pointer, size_t size) {
  (void)self;
  return realloc(pointer, size);
}

static void default_free(void *self, void *pointer) {
  (void)self;
  free(pointer);
}

static const mmd_allocator_t default_allocator = {NULL, default_allocate, default_reallocate,
                                                  default_free};
// Written by mmd_allocator_set only, which nobody calls while others allocate.
static mmd_allocator_t current = {NULL, default_allocate, default_reallocate, default_free};

void mmd_allocator_set(const mmd_allocator_t *allocator) {
  current = allocator ? *allocator : default_allocator;
}

const mmd_allocator_t *mmd_allocator_get(void) {
  return &current;
}

void *mmd_alloc(size_t size) {
  if (size > ALLOC_MAX) return NULL;
  if (size == 0) size = 1;
  // calloc gets large zeroed blocks from the kernel without touching them.
  if (current.allocate == default_allocate) return calloc(1, size);
  void *pointer = current.allocate(current.self, size);
  if (pointer) memset(pointer, 0, size);
  return pointer;
}

void *mmd_alloc_uninit(size_t size) {
  if (size > ALLOC_MAX) return NULL;
  return current.allocate(current.self, size ? size : 1);
}

void *mmd_alloc_array(size_t count, size_t size) {
  size_t bytes;
  return mmd_checked_mul(count, size, &bytes) ? mmd_alloc(bytes) : NULL;
}

void *mmd_realloc(void *pointer, size_t size) {
  if (size > ALLOC_MAX) return NULL;
  return current.reallocate(current.self, pointer, size ? size : 1);
}

void mmd_free(void *pointer) {
  if (pointer) current.free(current.self, pointer);
}

// The block that the allocator gave stands right in front of the aligned address.
void *mmd_alloc_aligned(size_t size, size_t alignment) {
  if (alignment < sizeof(void *)) alignment = sizeof(void *);
  size_t total;
  if (!mmd_checked_add(size, alignment + sizeof(void *), &total)) return NULL;
  char *block = mmd_alloc_uninit(total);
  if (!block) return NULL;
  size_t address = (size_t)(uintptr_t)(block + sizeof(void *));
  char *aligned = block + sizeof(void *) + (alignment - address % alignment) % alignment;
  memcpy(aligned - sizeof(void *), &block, sizeof(void *));
  return aligned;
}

void mmd_free_aligned(void *pointer) {
  if (!pointer) return;
  void *block;
  memcpy(&block, (char *)pointer - sizeof(void *), sizeof(void *));
  mmd_free(block);
}

char *mmd_strdup(const char *text) {
  return text ? mmd_strndup(text, strlen(text)) : NULL;
}

char *mmd_strndup(const char *text, size_t size) {
  if (!text || size == SIZE_MAX) return NULL;
  char *copy = mmd_alloc_uninit(size + 1);
  if (!copy) return NULL;
  memcpy(copy, text, size);
  copy[size] = 0;
  return copy;
}

mmd_status_t mmd_array_grow(void **items, size_t *capacity, size_t needed, size_t item_size) {
  if (needed <= *capacity) return NULL;
  size_t grown = *capacity + *capacity / 2;
  if (grown < needed) grown = needed;
  if (grown < 4) grown = 4;
  size_t bytes;
  if (!mmd_checked_mul(grown, item_size, &bytes)) return mmd_status_no_memory();
  // The array's own pointer type is unknown here: its bytes are copied, not read as void *.
  void *old, *moved;
  memcpy(&old, items, sizeof old);
  moved = mmd_realloc(old, bytes);
  if (!moved) return mmd_status_no_memory();
  memcpy(items, &moved, sizeof moved);
  *capacity = grown;
  return NULL;
}
