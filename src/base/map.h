// SPDX-License-Identifier: Apache-2.0
//
// String-keyed hash map that keeps insertion order. Keys are copied; values are pointers that the
// map does not own.
#ifndef MMD_BASE_MAP_H_
#define MMD_BASE_MAP_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

typedef struct mmd_map_entry_t {
  const char *key;  // owned by the map
  void *value;
} mmd_map_entry_t;

// Fields are the map's own; initialise with zeros or mmd_map_create.
typedef struct mmd_map_t {
  struct mmd_map_slot *entries;  // in insertion order
  size_t size, capacity;
  uint32_t *index;    // open addressing: entry number + 1; NULL while the map is small
  size_t index_size;  // a power of two
} mmd_map_t;
void mmd_map_deinit(mmd_map_t *map);  // of a map inside another struct

mmd_status_t mmd_map_create(mmd_map_t **out_map) MMD_MUST_USE;
void mmd_map_destroy(mmd_map_t *map);  // NULL is fine; values are left alone

// Adds or replaces; |out_old| (may be NULL) gets the replaced value or NULL.
mmd_status_t mmd_map_set(mmd_map_t *map, const char *key, void *value, void **out_old) MMD_MUST_USE;
mmd_status_t mmd_map_set_n(mmd_map_t *map, const char *key, size_t key_size, void *value,
                           void **out_old) MMD_MUST_USE;
void *mmd_map_get(const mmd_map_t *map, const char *key);  // NULL when absent
void *mmd_map_get_n(const mmd_map_t *map, const char *key, size_t key_size);
bool mmd_map_has(const mmd_map_t *map, const char *key);
// The value, NULL when absent. Keeps the order of the rest; costs time in proportion to the size
// unless the last entry goes.
void *mmd_map_remove(mmd_map_t *map, const char *key);
size_t mmd_map_size(const mmd_map_t *map);

// Entries in insertion order; |index| < size.
mmd_map_entry_t mmd_map_at(const mmd_map_t *map, size_t index);

#endif  // MMD_BASE_MAP_H_
