// SPDX-License-Identifier: Apache-2.0
#include "base/arena.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/checked.h"

#define ARENA_ALIGN ((size_t)16)
#define ARENA_FIRST_BLOCK ((size_t)4096)
#define ARENA_LAST_BLOCK ((size_t)1 << 20)

struct mmd_arena_block {
  mmd_arena_block_t *next;
  size_t size;  // of the bytes behind the header
  size_t used;
  size_t padding;
  unsigned char bytes[];
};
_Static_assert(sizeof(mmd_arena_block_t) % 16 == 0, "blocks keep the alignment");

void mmd_arena_init(mmd_arena_t *arena) {
  memset(arena, 0, sizeof *arena);
  arena->block_size = ARENA_FIRST_BLOCK;
}

void mmd_arena_deinit(mmd_arena_t *arena) {
  for (mmd_arena_block_t *block = arena->blocks; block;) {
    mmd_arena_block_t *next = block->next;
    mmd_free(block);
    block = next;
  }
  arena->blocks = NULL;
  arena->used_bytes = 0;
  arena->block_size = ARENA_FIRST_BLOCK;
}

// Zeroed, so that the pieces handed out are.
static mmd_arena_block_t *block_create(size_t size) {
  size_t total;
  if (!mmd_checked_add(size, sizeof(mmd_arena_block_t), &total)) return NULL;
  mmd_arena_block_t *block = mmd_alloc(total);
  if (block) block->size = size;
  return block;
}

static mmd_arena_block_t *block_for(mmd_arena_t *arena, size_t size) {
  mmd_arena_block_t *head = arena->blocks;
  if (head && head->size - head->used >= size) return head;
  if (arena->block_size == 0) arena->block_size = ARENA_FIRST_BLOCK;
  if (size > arena->block_size / 4) {
    // A large piece gets its own block behind the head, whose rest stays in use.
    mmd_arena_block_t *block = block_create(size);
    if (!block) return NULL;
    block->next = head ? head->next : NULL;
    *(head ? &head->next : &arena->blocks) = block;
    return block;
  }
  mmd_arena_block_t *block = block_create(arena->block_size);
  if (!block) return NULL;
  block->next = head;
  arena->blocks = block;
  if (arena->block_size < ARENA_LAST_BLOCK) arena->block_size *= 2;
  return block;
}

void *mmd_arena_alloc(mmd_arena_t *arena, size_t size) {
  size_t rounded, used;
  if (size == 0) size = 1;
  if (!mmd_checked_add(size, ARENA_ALIGN - 1, &rounded)) return NULL;
  rounded &= ~(ARENA_ALIGN - 1);
  if (!mmd_checked_add(arena->used_bytes, rounded, &used)) return NULL;
  if (arena->limit_bytes != 0 && used > arena->limit_bytes) {
    arena->is_over_limit = arena->has_failed = true;
    return NULL;
  }
  mmd_arena_block_t *block = block_for(arena, rounded);
  if (!block) {
    arena->has_failed = true;
    return NULL;
  }
  void *pointer = block->bytes + block->used;
  block->used += rounded;
  arena->used_bytes = used;
  return pointer;
}

void *mmd_arena_alloc_array(mmd_arena_t *arena, size_t count, size_t size) {
  size_t bytes;
  return mmd_checked_mul(count, size, &bytes) ? mmd_arena_alloc(arena, bytes) : NULL;
}

char *mmd_arena_strdup(mmd_arena_t *arena, const char *text) {
  return text ? mmd_arena_strndup(arena, text, strlen(text)) : NULL;
}

char *mmd_arena_strndup(mmd_arena_t *arena, const char *text, size_t size) {
  size_t total;
  if (!text || !mmd_checked_add(size, 1, &total)) return NULL;
  char *copy = mmd_arena_alloc(arena, total);
  if (copy) memcpy(copy, text, size);
  return copy;
}

char *mmd_arena_printf(mmd_arena_t *arena, const char *fmt, ...) {
  va_list args;
  va_start(args, fmt);
  int size = vsnprintf(NULL, 0, fmt, args);
  va_end(args);
  if (size < 0) return NULL;
  char *text = mmd_arena_alloc(arena, (size_t)size + 1);
  if (!text) return NULL;
  va_start(args, fmt);
  vsnprintf(text, (size_t)size + 1, fmt, args);
  va_end(args);
  return text;
}
