// SPDX-License-Identifier: Apache-2.0
//
// Shared by the files of this folder only.
#ifndef MMD_GRAPH_INTERNAL_H_
#define MMD_GRAPH_INTERNAL_H_

#include "graph/graph.h"

// Regions nested deeper than this are refused, so that walks may recurse.
enum { MMD_REGION_MAX_DEPTH = 64 };

// "ai.onnx" and NULL are "".
const char *mmd_domain_normal(const char *domain);
// Arena copy; NULL and "" are the static "".
mmd_status_t mmd_graph_strdup(mmd_graph_t *graph, const char *text,
                              const char **out_copy) MMD_MUST_USE;
// What |kept|, of this or another graph, holds; NULL stays NULL.
mmd_status_t mmd_kept_copy(mmd_graph_t *graph, const mmd_kept_t *kept,
                           const mmd_kept_t **out_kept) MMD_MUST_USE;
// Like mmd_array_grow in the arena: the old array is left behind.
mmd_status_t mmd_graph_grow(mmd_graph_t *graph, void **items, size_t *capacity, size_t needed,
                            size_t item_size) MMD_MUST_USE;
#define MMD_GRAPH_GROW(graph, items, capacity, needed) \
  mmd_graph_grow((graph), (void **)&(items), &(capacity), (needed), sizeof *(items))

mmd_status_t mmd_names_create(mmd_graph_t *graph) MMD_MUST_USE;
void mmd_names_destroy(mmd_graph_t *graph);
// |name| lies in the arena and is nobody's.
void mmd_names_add(mmd_edge_t *edge, const char *name);
void mmd_names_remove(mmd_edge_t *edge);  // one that is not listed is fine

// A new edge with a fresh name made from |name|, listed in the graph.
mmd_status_t mmd_edge_create(mmd_region_t *region, const char *name,
                             mmd_edge_t **out_edge) MMD_MUST_USE;
// Takes the edge out of the graph's list and releases its weights.
void mmd_edge_discard(mmd_edge_t *edge);

void mmd_use_link(mmd_use_t *use, mmd_edge_t *edge);
void mmd_use_unlink(mmd_use_t *use, mmd_edge_t *edge);

// A copy in the arena of |graph| whose tensors are retained. Regions are taken as they are.
mmd_status_t mmd_attr_copy(mmd_graph_t *graph, const mmd_attr_t *attr,
                           mmd_attr_t *out_attr) MMD_MUST_USE;
// Releases the tensors of an attribute and clears its regions.
void mmd_attr_discard(mmd_attr_t *attr);
// Room for |count| attributes.
mmd_status_t mmd_node_reserve_attrs(mmd_node_t *node, size_t count) MMD_MUST_USE;

// Takes everything out of the region: nodes, edges, weights.
void mmd_region_clear(mmd_region_t *region);
size_t mmd_region_depth(const mmd_region_t *region);  // 0 for one without owner

// Dimension at the start of |text|; |out_used| gets the bytes it took.
mmd_status_t mmd_dim_parse_prefix(mmd_graph_t *graph, const char *text, size_t size,
                                  size_t *out_used, const mmd_dim_t **out_dim) MMD_MUST_USE;
mmd_status_t mmd_type_parse_prefix(mmd_graph_t *graph, const char *text, size_t size,
                                   size_t *out_used, mmd_type_t *out_type) MMD_MUST_USE;

// Text of |size| bytes in double quotes, with escapes; appends.
mmd_status_t mmd_text_quote(const char *text, size_t size, mmd_str_t *out_text) MMD_MUST_USE;
// Bytes that stand in names without quotes.
bool mmd_text_is_name_char(char c);
bool mmd_text_is_name(const char *text);
// Reads a quoted text at the start of |text| into |out_bytes| (appended).
mmd_status_t mmd_text_unquote(const char *text, size_t size, size_t *out_used,
                              mmd_str_t *out_bytes) MMD_MUST_USE;

#endif  // MMD_GRAPH_INTERNAL_H_
