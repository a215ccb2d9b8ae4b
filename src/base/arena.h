// SPDX-License-Identifier: Apache-2.0
//
// Bump allocation for parses and graphs: many small things, freed together.
#ifndef MMD_BASE_ARENA_H_
#define MMD_BASE_ARENA_H_

#include <stdbool.h>
#include <stddef.h>

#include "base/status.h"

typedef struct mmd_arena_block mmd_arena_block_t;

typedef struct mmd_arena_t {
  mmd_arena_block_t *blocks;
  size_t block_size;   // size of the next regular block
  size_t used_bytes;   // handed out so far
  size_t limit_bytes;  // 0 = no limit; going past it fails like lack of memory
  bool is_over_limit;  // that has happened
  bool has_failed;     // so it has, or memory was short; whoever asks may reset it
} mmd_arena_t;

void mmd_arena_init(mmd_arena_t *arena);
void mmd_arena_deinit(mmd_arena_t *arena);

// Zeroed, aligned to 16 bytes; NULL when memory is short. A size of 0 gives a valid pointer.
void *mmd_arena_alloc(mmd_arena_t *arena, size_t size);
void *mmd_arena_alloc_array(mmd_arena_t *arena, size_t count, size_t size);
char *mmd_arena_strdup(mmd_arena_t *arena, const char *text);
char *mmd_arena_strndup(mmd_arena_t *arena, const char *text, size_t size);
char *mmd_arena_printf(mmd_arena_t *arena, const char *fmt, ...) MMD_PRINTF(2, 3);

#endif  // MMD_BASE_ARENA_H_
