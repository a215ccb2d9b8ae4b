// SPDX-License-Identifier: Apache-2.0
//
// Constants of the same type and bytes become one. Candidates are found by a hash of the type and
// of bytes from a few places, so weights that differ are hardly read; equality is checked on all
// bytes. Constants without use go too.
#include <stdint.h>
#include <string.h>

#include "base/alloc.h"
#include "base/hash.h"
#include "passes/pass_util.h"

// The system reads some sixteen pages around each place that is touched, and all of them count as
// memory of ours: large weights are touched in a few places, and their pages given back.
enum { PLACES = 3, RUN = 32, LARGE = 1 << 20 };

typedef struct {
  uint64_t hash;
  size_t next;  // entry of the same bucket, plus one
  mmd_edge_t *edge;
} entry_t;

typedef struct {
  entry_t *entries;
  size_t count, capacity;
  size_t *buckets;  // first entry, plus one
  size_t bucket_count;
  bool changed;
} table_t;

static uint64_t hash_type(const mmd_tensor_t *tensor) {
  uint64_t hash = mmd_hash_bytes(MMD_HASH_SEED, &tensor->dtype, sizeof tensor->dtype);
  hash = mmd_hash_bytes(hash, &tensor->shape.rank, sizeof tensor->shape.rank);
  return mmd_hash_bytes(hash, tensor->shape.dims,
                        (size_t)tensor->shape.rank * sizeof *tensor->shape.dims);
}

// Of the bytes, runs at the begin, in the middle and at the end. Strings and 4-bit elements are
// left to the comparison.
static uint64_t hash_constant(const mmd_tensor_t *tensor) {
  uint64_t hash = hash_type(tensor);
  size_t size = mmd_dtype_size(tensor->dtype), count = mmd_tensor_count(tensor);
  if (size == 0 || count == 0 || !mmd_tensor_is_contiguous(tensor)) return hash;
  const unsigned char *data = mmd_tensor_data(tensor);
  if (count <= PLACES * RUN) return mmd_hash_bytes(hash, data, count * size);
  for (size_t i = 0; i < PLACES; ++i)
    hash = mmd_hash_bytes(hash, data + (count - RUN) / (PLACES - 1) * i * size, RUN * size);
  if (count * size > LARGE) mmd_storage_drop_pages(tensor->storage, tensor->offset, count * size);
  return hash;
}

// An equal constant that |region| sees, or NULL.
static mmd_edge_t *find_equal(const table_t *table, const mmd_region_t *region,
                              const mmd_tensor_t *tensor, uint64_t hash) {
  for (size_t i = table->buckets[hash % table->bucket_count]; i; i = table->entries[i - 1].next) {
    const entry_t *entry = &table->entries[i - 1];
    if (entry->hash == hash && mmd_region_is_inside(region, entry->edge->region) &&
        mmd_tensor_equal(&entry->edge->constant, tensor))
      return entry->edge;
  }
  return NULL;
}

static mmd_status_t add_entry(table_t *table, mmd_edge_t *edge, uint64_t hash) {
  MMD_TRY(MMD_GROW(table->entries, table->capacity, table->count + 1));
  size_t *bucket = &table->buckets[hash % table->bucket_count];
  table->entries[table->count++] = (entry_t){.hash = hash, .next = *bucket, .edge = edge};
  *bucket = table->count;
  return NULL;
}

static mmd_status_t merge_constants(mmd_region_t *region, table_t *table) {
  for (size_t i = 0; i < region->constant_count; ++i) {
    mmd_edge_t *edge = region->constants[i];
    if (!edge->uses) continue;
    uint64_t hash = hash_constant(&edge->constant);
    mmd_edge_t *equal = find_equal(table, region, &edge->constant, hash);
    if (!equal) {
      MMD_TRY(add_entry(table, edge, hash));
    } else if (!mmd_edge_is_output(edge)) {  // which keeps its name
      MMD_TRY(mmd_edge_replace_uses(edge, equal));
    }
  }
  table->changed |= mmd_region_erase_unused_constants(region) > 0;
  return NULL;
}

static mmd_status_t merge_region(mmd_region_t *region, table_t *table) {
  MMD_TRY(merge_constants(region, table));
  for (mmd_node_t *node = region->first; node; node = node->next) {
    for (size_t i = 0; i < node->attr_count; ++i) {
      mmd_attr_t *attr = &node->attrs[i];
      if (attr->kind == MMD_ATTR_REGION) MMD_TRY(merge_region(attr->u.region, table));
      for (size_t j = 0; attr->kind == MMD_ATTR_REGIONS && j < attr->count; ++j)
        MMD_TRY(merge_region(attr->u.regions[j], table));
    }
  }
  return NULL;
}

static mmd_status_t run(mmd_graph_t *graph, const mmd_pass_options_t *options, bool *out_changed) {
  (void)options;
  table_t table = {.bucket_count = graph->root->constant_count * 2 + 61};
  table.buckets = mmd_alloc_array(table.bucket_count, sizeof *table.buckets);
  mmd_status_t status = table.buckets ? merge_region(graph->root, &table) : mmd_status_no_memory();
  *out_changed |= table.changed;
  mmd_free(table.entries);
  mmd_free(table.buckets);
  return status;
}

const mmd_pass_t mmd_pass_eliminate_duplicate_initializers = {
    .name = "eliminate_duplicate_initializers",
    .help = "let constants of equal type and bytes be one",
    .run = run,
};
