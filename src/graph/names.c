// SPDX-License-Identifier: Apache-2.0
//
// Edges by name. Chains run through the edges, so taking one out and renaming need no memory.
#include <string.h>

#include "base/alloc.h"
#include "base/hash.h"
#include "graph/internal.h"

typedef struct mmd_names {
  mmd_edge_t **buckets;
  size_t bucket_count;  // a power of two
  size_t count;
} names_t;

static uint64_t hash_name(const char *name) {
  return mmd_hash_text(name, strlen(name));
}

mmd_status_t mmd_names_create(mmd_graph_t *graph) {
  names_t *names = mmd_arena_alloc(&graph->arena, sizeof *names);
  MMD_TRY_ALLOC(names);
  names->bucket_count = 64;
  names->buckets = mmd_alloc_array(names->bucket_count, sizeof *names->buckets);
  MMD_TRY_ALLOC(names->buckets);
  graph->names = names;
  return NULL;
}

void mmd_names_destroy(mmd_graph_t *graph) {
  if (graph->names) mmd_free(graph->names->buckets);
  graph->names = NULL;
}

// Keeps chains short; without memory they only get longer.
static void grow(names_t *names) {
  size_t wanted = names->bucket_count * 4;
  mmd_edge_t **buckets = mmd_alloc_array(wanted, sizeof *buckets);
  if (!buckets) return;
  for (size_t i = 0; i < names->bucket_count; ++i) {
    for (mmd_edge_t *edge = names->buckets[i], *next; edge; edge = next) {
      next = edge->next_name;
      mmd_edge_t **bucket = &buckets[edge->name_hash & (wanted - 1)];
      edge->next_name = *bucket;
      *bucket = edge;
    }
  }
  mmd_free(names->buckets);
  names->buckets = buckets;
  names->bucket_count = wanted;
}

void mmd_names_add(mmd_edge_t *edge, const char *name) {
  names_t *names = edge->region->graph->names;
  if (names->count >= names->bucket_count) grow(names);
  edge->name = name;
  edge->name_hash = hash_name(name);
  mmd_edge_t **bucket = &names->buckets[edge->name_hash & (names->bucket_count - 1)];
  edge->next_name = *bucket;
  *bucket = edge;
  ++names->count;
}

void mmd_names_remove(mmd_edge_t *edge) {
  names_t *names = edge->region->graph->names;
  mmd_edge_t **link = &names->buckets[edge->name_hash & (names->bucket_count - 1)];
  while (*link && *link != edge) link = &(*link)->next_name;
  if (!*link) return;
  *link = edge->next_name;
  edge->next_name = NULL;
  --names->count;
}

mmd_edge_t *mmd_graph_find_edge(const mmd_graph_t *graph, const char *name) {
  const names_t *names = graph->names;
  uint64_t hash = hash_name(name);
  mmd_edge_t *edge = names->buckets[hash & (names->bucket_count - 1)];
  while (edge && (edge->name_hash != hash || strcmp(edge->name, name) != 0)) edge = edge->next_name;
  return edge;
}
