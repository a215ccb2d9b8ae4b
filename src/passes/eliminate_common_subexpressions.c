// SPDX-License-Identifier: Apache-2.0
//
// Of equal nodes (same operator, inputs and attributes) the later is replaced by the first, also
// when it lies in a region inside. Integer tensors whose elements are the same expressions are
// equal whatever computed them.
#include <stdint.h>
#include <string.h>

#include "base/alloc.h"
#include "base/hash.h"
#include "ops/infer.h"
#include "ops/op.h"
#include "passes/pass_util.h"

typedef struct {
  uint64_t hash;
  size_t next;  // entry of the same bucket, plus one
  mmd_node_t *node;
  mmd_edge_t *edge;  // of entries that stand for known elements, else NULL
} entry_t;

typedef struct {
  entry_t *entries;
  size_t count, capacity;
  size_t *buckets;  // first entry, plus one
  size_t bucket_count;
  bool changed;
} table_t;

//===--- equality ----------------------------------------------------------===//

static bool equal_strings(const mmd_attr_string_t *a, const mmd_attr_string_t *b) {
  return a->size == b->size && memcmp(a->data, b->data, a->size) == 0;
}

static bool equal_lists(const mmd_attr_t *a, const mmd_attr_t *b) {
  if (a->count != b->count) return false;
  for (size_t i = 0; i < a->count; ++i) {
    bool same = false;
    if (a->kind == MMD_ATTR_INTS) same = a->u.integers[i] == b->u.integers[i];
    if (a->kind == MMD_ATTR_FLOATS) same = a->u.numbers[i] == b->u.numbers[i];
    if (a->kind == MMD_ATTR_STRINGS) same = equal_strings(&a->u.strings[i], &b->u.strings[i]);
    if (!same) return false;
  }
  return true;
}

static bool equal_attrs(const mmd_attr_t *a, const mmd_attr_t *b) {
  if (!b || a->kind != b->kind) return false;
  switch (a->kind) {
    case MMD_ATTR_INT:
      return a->u.integer == b->u.integer;
    case MMD_ATTR_FLOAT:
      return a->u.number == b->u.number;
    case MMD_ATTR_STRING:
      return equal_strings(&a->u.string, &b->u.string);
    case MMD_ATTR_TENSOR:
      return mmd_tensor_equal(a->u.tensor, b->u.tensor);
    case MMD_ATTR_INTS:
    case MMD_ATTR_FLOATS:
    case MMD_ATTR_STRINGS:
      return equal_lists(a, b);
    default:
      return false;
  }
}

static bool equal_nodes(const mmd_node_t *a, const mmd_node_t *b) {
  if (strcmp(a->op, b->op) != 0 || strcmp(a->domain, b->domain) != 0 || a->version != b->version ||
      a->input_count != b->input_count || a->output_count != b->output_count ||
      a->attr_count != b->attr_count)
    return false;
  for (size_t i = 0; i < a->input_count; ++i)
    if (a->inputs[i] != b->inputs[i]) return false;
  for (size_t i = 0; i < a->output_count; ++i)
    if (!a->outputs[i] != !b->outputs[i]) return false;
  for (size_t i = 0; i < a->attr_count; ++i)
    if (!equal_attrs(&a->attrs[i], mmd_node_attr(b, a->attrs[i].name))) return false;
  return true;
}

static bool has_elements(const mmd_edge_t *edge) {
  return edge->elements && edge->type.kind == MMD_TYPE_TENSOR && edge->type.has_rank &&
         edge->type.rank <= 1 && edge->type.dtype == MMD_I64;
}

// Expressions are interned: equal ones are the same pointer.
static bool equal_elements(const mmd_edge_t *a, const mmd_edge_t *b) {
  return a->type.rank == b->type.rank && a->element_count == b->element_count &&
         memcmp(a->elements, b->elements, a->element_count * sizeof *a->elements) == 0;
}

//===--- table -------------------------------------------------------------===//

static uint64_t hash_node(const mmd_node_t *node) {
  uint64_t hash = mmd_hash_bytes(MMD_HASH_SEED, node->op, strlen(node->op));
  return mmd_hash_bytes(hash, node->inputs, node->input_count * sizeof *node->inputs);
}

static uint64_t hash_elements(const mmd_edge_t *edge) {
  uint64_t hash =
      mmd_hash_bytes(UINT64_C(0x84222325cbf29ce4), &edge->type.rank, sizeof edge->type.rank);
  return mmd_hash_bytes(hash, edge->elements, edge->element_count * sizeof *edge->elements);
}

// Entries are made in the order of the walk, so one whose region encloses |node|'s stands before
// it.
static const entry_t *find_entry(const table_t *table, const mmd_node_t *node,
                                 const mmd_edge_t *edge, uint64_t hash) {
  for (size_t i = table->buckets[hash % table->bucket_count]; i; i = table->entries[i - 1].next) {
    const entry_t *entry = &table->entries[i - 1];
    if (entry->hash != hash || !entry->edge != !edge || entry->node->erased) continue;
    if (!mmd_region_is_inside(node->region, entry->node->region)) continue;
    if (edge ? equal_elements(entry->edge, edge) : equal_nodes(entry->node, node)) return entry;
  }
  return NULL;
}

static mmd_status_t add_entry(table_t *table, mmd_node_t *node, mmd_edge_t *edge, uint64_t hash) {
  MMD_TRY(MMD_GROW(table->entries, table->capacity, table->count + 1));
  size_t *bucket = &table->buckets[hash % table->bucket_count];
  table->entries[table->count++] =
      (entry_t){.hash = hash, .next = *bucket, .node = node, .edge = edge};
  *bucket = table->count;
  return NULL;
}

//===--- walk --------------------------------------------------------------===//

static bool can_merge(const mmd_node_t *node) {
  if (node->output_count == 0 || mmd_pass_is_opaque(node)) return false;
  if (strcmp(node->op, "Dropout") == 0 || strcmp(node->op, "Identity") == 0) return false;
  if (mmd_op_find(node->domain, node->op, node->version)->flags & MMD_OP_RANDOM) return false;
  for (size_t i = 0; i < node->attr_count; ++i) {
    mmd_attr_kind_t kind = node->attrs[i].kind;
    if (kind == MMD_ATTR_REGION || kind == MMD_ATTR_REGIONS || kind == MMD_ATTR_REFERENCE)
      return false;
  }
  return true;
}

static mmd_status_t replace(table_t *table, mmd_node_t *node, const entry_t *equal) {
  for (size_t i = 0; i < node->output_count; ++i) {
    mmd_edge_t *to = equal->edge ? equal->edge : equal->node->outputs[i];
    if (node->outputs[i] && !mmd_edge_can_forward(node->outputs[i], to)) return NULL;
  }
  for (size_t i = 0; i < node->output_count; ++i) {
    mmd_edge_t *to = equal->edge ? equal->edge : equal->node->outputs[i];
    if (node->outputs[i]) MMD_TRY(mmd_edge_forward(node->outputs[i], to));
  }
  table->changed = true;
  return mmd_node_erase(node);
}

static mmd_status_t merge_as(table_t *table, mmd_node_t *node, mmd_edge_t *edge) {
  uint64_t hash = edge ? hash_elements(edge) : hash_node(node);
  const entry_t *equal = find_entry(table, node, edge, hash);
  return equal ? replace(table, node, equal) : add_entry(table, node, edge, hash);
}

static mmd_status_t visit(mmd_node_t *node, void *context) {
  table_t *table = context;
  if (!can_merge(node)) return NULL;
  MMD_TRY(merge_as(table, node, NULL));
  if (node->erased || node->output_count != 1 || !node->outputs[0]) return NULL;
  return has_elements(node->outputs[0]) ? merge_as(table, node, node->outputs[0]) : NULL;
}

static mmd_status_t run(mmd_graph_t *graph, const mmd_pass_options_t *options, bool *out_changed) {
  (void)options;
  MMD_TRY(mmd_graph_infer(graph));
  table_t table = {.bucket_count = mmd_graph_node_count(graph) * 3 + 61};
  table.buckets = mmd_alloc_array(table.bucket_count, sizeof *table.buckets);
  mmd_status_t status =
      table.buckets ? mmd_pass_walk(graph, visit, &table) : mmd_status_no_memory();
  *out_changed |= table.changed;
  mmd_free(table.entries);
  mmd_free(table.buckets);
  return status;
}

const mmd_pass_t mmd_pass_eliminate_common_subexpressions = {
    .name = "eliminate_common_subexpressions",
    .help = "let equal nodes, and equal computations of sizes, be one",
    .run = run,
};
