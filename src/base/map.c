// SPDX-License-Identifier: Apache-2.0
#include "base/map.h"

#include <string.h>

#include "base/alloc.h"
#include "base/hash.h"

// Up to here a scan over the entries beats the index.
#define SMALL_SIZE 8

struct mmd_map_slot {
  char *key;
  void *value;
  uint32_t hash;
  uint32_t key_size;
};

static uint32_t hash_key(const char *key, size_t size) {
  return (uint32_t)mmd_hash_text(key, size);
}

static bool entry_is(const struct mmd_map_slot *entry, const char *key, size_t size,
                     uint32_t hash) {
  return entry->hash == hash && entry->key_size == size && memcmp(entry->key, key, size) == 0;
}

#define ABSENT SIZE_MAX

static size_t find(const mmd_map_t *map, const char *key, size_t size, uint32_t hash) {
  if (!map->index) {
    for (size_t i = 0; i < map->size; ++i) {
      if (entry_is(&map->entries[i], key, size, hash)) return i;
    }
    return ABSENT;
  }
  size_t mask = map->index_size - 1;
  for (size_t at = hash & mask; map->index[at] != 0; at = (at + 1) & mask) {
    size_t i = map->index[at] - 1;
    if (entry_is(&map->entries[i], key, size, hash)) return i;
  }
  return ABSENT;
}

static void index_add(mmd_map_t *map, size_t entry) {
  size_t mask = map->index_size - 1;
  size_t at = map->entries[entry].hash & mask;
  while (map->index[at] != 0) at = (at + 1) & mask;
  map->index[at] = (uint32_t)(entry + 1);
}

static void index_fill(mmd_map_t *map) {
  memset(map->index, 0, map->index_size * sizeof *map->index);
  for (size_t i = 0; i < map->size; ++i) index_add(map, i);
}

// Keeps the index at most half full.
static mmd_status_t index_reserve(mmd_map_t *map, size_t count) {
  if (count <= SMALL_SIZE || count * 2 <= map->index_size) return NULL;
  if (count >= UINT32_MAX / 4) return mmd_status_no_memory();
  size_t size = 32;
  while (size < count * 3) size *= 2;
  uint32_t *index = mmd_alloc_array(size, sizeof *index);
  MMD_TRY_ALLOC(index);
  mmd_free(map->index);
  map->index = index;
  map->index_size = size;
  index_fill(map);
  return NULL;
}

mmd_status_t mmd_map_create(mmd_map_t **out_map) {
  *out_map = mmd_alloc(sizeof **out_map);
  MMD_TRY_ALLOC(*out_map);
  return NULL;
}

void mmd_map_deinit(mmd_map_t *map) {
  for (size_t i = 0; i < map->size; ++i) mmd_free(map->entries[i].key);
  mmd_free(map->entries);
  mmd_free(map->index);
  memset(map, 0, sizeof *map);
}

void mmd_map_destroy(mmd_map_t *map) {
  if (!map) return;
  mmd_map_deinit(map);
  mmd_free(map);
}

mmd_status_t mmd_map_set_n(mmd_map_t *map, const char *key, size_t key_size, void *value,
                           void **out_old) {
  if (out_old) *out_old = NULL;
  if (key_size > UINT32_MAX) return MMD_ERROR(MMD_OUT_OF_RANGE, "key of %zu bytes", key_size);
  uint32_t hash = hash_key(key, key_size);
  size_t i = find(map, key, key_size, hash);
  if (i != ABSENT) {
    if (out_old) *out_old = map->entries[i].value;
    map->entries[i].value = value;
    return NULL;
  }
  MMD_TRY(index_reserve(map, map->size + 1));
  MMD_TRY(MMD_GROW(map->entries, map->capacity, map->size + 1));
  char *copy = mmd_strndup(key, key_size);
  MMD_TRY_ALLOC(copy);
  map->entries[map->size] = (struct mmd_map_slot){copy, value, hash, (uint32_t)key_size};
  ++map->size;
  if (map->index) index_add(map, map->size - 1);
  return NULL;
}

mmd_status_t mmd_map_set(mmd_map_t *map, const char *key, void *value, void **out_old) {
  return mmd_map_set_n(map, key, strlen(key), value, out_old);
}

void *mmd_map_get_n(const mmd_map_t *map, const char *key, size_t key_size) {
  size_t i = find(map, key, key_size, hash_key(key, key_size));
  return i == ABSENT ? NULL : map->entries[i].value;
}

void *mmd_map_get(const mmd_map_t *map, const char *key) {
  return mmd_map_get_n(map, key, strlen(key));
}

bool mmd_map_has(const mmd_map_t *map, const char *key) {
  size_t size = strlen(key);
  return find(map, key, size, hash_key(key, size)) != ABSENT;
}

// Empties the slot of |entry|, the last one, and closes the gap in its run of slots.
static void index_remove_last(mmd_map_t *map, size_t entry) {
  size_t mask = map->index_size - 1;
  size_t hole = map->entries[entry].hash & mask;
  while (map->index[hole] != entry + 1) hole = (hole + 1) & mask;
  for (size_t at = (hole + 1) & mask; map->index[at] != 0; at = (at + 1) & mask) {
    size_t home = map->entries[map->index[at] - 1].hash & mask;
    if (((at - home) & mask) >= ((at - hole) & mask)) {
      map->index[hole] = map->index[at];
      hole = at;
    }
  }
  map->index[hole] = 0;
}

void *mmd_map_remove(mmd_map_t *map, const char *key) {
  size_t size = strlen(key);
  size_t i = find(map, key, size, hash_key(key, size));
  if (i == ABSENT) return NULL;
  struct mmd_map_slot gone = map->entries[i];
  bool last = i + 1 == map->size;
  if (last && map->index) index_remove_last(map, i);
  memmove(map->entries + i, map->entries + i + 1, (map->size - i - 1) * sizeof *map->entries);
  --map->size;
  if (!last && map->index) index_fill(map);
  mmd_free(gone.key);
  return gone.value;
}

size_t mmd_map_size(const mmd_map_t *map) {
  return map->size;
}

mmd_map_entry_t mmd_map_at(const mmd_map_t *map, size_t index) {
  return (mmd_map_entry_t){map->entries[index].key, map->entries[index].value};
}
