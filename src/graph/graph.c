// SPDX-License-Identifier: Apache-2.0
#include "graph/graph.h"

#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/checked.h"
#include "graph/internal.h"

const char *mmd_domain_normal(const char *domain) {
  return !domain || strcmp(domain, "ai.onnx") == 0 ? "" : domain;
}

mmd_status_t mmd_graph_strdup(mmd_graph_t *graph, const char *text, const char **out_copy) {
  if (!text || !*text) {
    *out_copy = "";
    return NULL;
  }
  const char *copy = mmd_arena_strdup(&graph->arena, text);
  MMD_TRY_ALLOC(copy);
  *out_copy = copy;
  return NULL;
}

mmd_status_t mmd_graph_grow(mmd_graph_t *graph, void **items, size_t *capacity, size_t needed,
                            size_t item_size) {
  if (needed <= *capacity) return NULL;
  size_t wanted = *capacity + *capacity / 2 + 2;
  if (wanted < needed) wanted = needed;
  void *grown = mmd_arena_alloc_array(&graph->arena, wanted, item_size);
  MMD_TRY_ALLOC(grown);
  if (*capacity) memcpy(grown, *items, *capacity * item_size);
  *items = grown;
  *capacity = wanted;
  return NULL;
}

static mmd_status_t init_graph(mmd_graph_t *graph, const char *name) {
  MMD_TRY(mmd_names_create(graph));
  MMD_TRY(mmd_map_create(&graph->suffixes));
  MMD_TRY(mmd_graph_strdup(graph, name, &graph->name));
  graph->producer_name = graph->producer_version = graph->model_domain = "";
  return mmd_region_create(graph, name, &graph->root);
}

mmd_status_t mmd_graph_create(const char *name, mmd_graph_t **out_graph) {
  mmd_graph_t *graph = mmd_alloc(sizeof *graph);
  MMD_TRY_ALLOC(graph);
  mmd_arena_init(&graph->arena);
  mmd_status_t status = init_graph(graph, name);
  if (status) {
    mmd_graph_destroy(graph);
    return status;
  }
  *out_graph = graph;
  return NULL;
}

void mmd_graph_destroy(mmd_graph_t *graph) {
  if (!graph) return;
  for (size_t i = 0; i < graph->function_count; ++i) {
    mmd_function_t *function = graph->functions[i];
    for (size_t j = 0; j < function->attr_default_count; ++j)
      mmd_attr_discard(&function->attr_defaults[j]);
  }
  // Regions are cleared one by one; an inner one that its owner already cleared is empty.
  for (mmd_region_t *region = graph->regions; region; region = region->next_region)
    mmd_region_clear(region);
  mmd_names_destroy(graph);
  mmd_map_destroy(graph->suffixes);
  mmd_arena_deinit(&graph->arena);
  mmd_free(graph);
}

mmd_status_t mmd_graph_set_opset(mmd_graph_t *graph, const char *domain, int64_t version) {
  domain = mmd_domain_normal(domain);
  for (size_t i = 0; i < graph->opset_count; ++i) {
    if (strcmp(graph->opsets[i].domain, domain) == 0) {
      graph->opsets[i].version = version;
      return NULL;
    }
  }
  MMD_TRY(MMD_GRAPH_GROW(graph, graph->opsets, graph->opset_capacity, graph->opset_count + 1));
  mmd_opset_t *opset = &graph->opsets[graph->opset_count];
  MMD_TRY(mmd_graph_strdup(graph, domain, &opset->domain));
  opset->version = version;
  opset->kept = NULL;
  ++graph->opset_count;
  return NULL;
}

int64_t mmd_graph_opset(const mmd_graph_t *graph, const char *domain) {
  domain = mmd_domain_normal(domain);
  for (size_t i = 0; i < graph->opset_count; ++i)
    if (strcmp(graph->opsets[i].domain, domain) == 0) return graph->opsets[i].version;
  return 0;
}

mmd_status_t mmd_graph_set_property(mmd_graph_t *graph, const char *key, const char *value) {
  const char *copy = NULL;
  MMD_TRY(mmd_graph_strdup(graph, value, &copy));
  for (size_t i = 0; i < graph->property_count; ++i) {
    if (strcmp(graph->properties[i].key, key) == 0) {
      graph->properties[i].value = copy;
      return NULL;
    }
  }
  MMD_TRY(MMD_GRAPH_GROW(graph, graph->properties, graph->property_capacity,
                         graph->property_count + 1));
  mmd_property_t *property = &graph->properties[graph->property_count];
  MMD_TRY(mmd_graph_strdup(graph, key, &property->key));
  property->value = copy;
  property->kept = NULL;
  ++graph->property_count;
  return NULL;
}

mmd_status_t mmd_kept_copy(mmd_graph_t *graph, const mmd_kept_t *kept,
                           const mmd_kept_t **out_kept) {
  return mmd_graph_keep(graph, kept ? kept->data : NULL, kept ? kept->size : 0, out_kept);
}

mmd_status_t mmd_graph_keep(mmd_graph_t *graph, const void *data, size_t size,
                            const mmd_kept_t **out_kept) {
  *out_kept = NULL;
  if (size == 0) return NULL;
  if (size > SIZE_MAX - sizeof(mmd_kept_t)) return mmd_status_no_memory();
  mmd_kept_t *kept = mmd_arena_alloc(&graph->arena, sizeof *kept + size);
  MMD_TRY_ALLOC(kept);
  kept->size = size;
  memcpy(kept->data, data, size);
  *out_kept = kept;
  return NULL;
}

static size_t count_nodes(const mmd_region_t *region);

static size_t count_nodes_below(const mmd_node_t *node) {
  size_t count = 0;
  for (size_t i = 0; i < node->attr_count; ++i) {
    const mmd_attr_t *attr = &node->attrs[i];
    if (attr->kind == MMD_ATTR_REGION) count += count_nodes(attr->u.region);
    if (attr->kind != MMD_ATTR_REGIONS) continue;
    for (size_t j = 0; j < attr->count; ++j) count += count_nodes(attr->u.regions[j]);
  }
  return count;
}

static size_t count_nodes(const mmd_region_t *region) {
  size_t count = region->node_count;
  for (const mmd_node_t *node = region->first; node; node = node->next)
    count += count_nodes_below(node);
  return count;
}

size_t mmd_graph_node_count(const mmd_graph_t *graph) {
  return count_nodes(graph->root);
}

const char *mmd_graph_fresh_name(mmd_graph_t *graph, const char *base) {
  if (!base || !*base) base = "edge";
  if (!mmd_graph_find_edge(graph, base)) return mmd_arena_strdup(&graph->arena, base);
  // The map's values are the numbers themselves.
  uintptr_t number = (uintptr_t)mmd_map_get(graph->suffixes, base);
  const char *name;
  do {
    ++number;
    name = mmd_arena_printf(&graph->arena, "%s_%zu", base, (size_t)number);
  } while (name && mmd_graph_find_edge(graph, name));
  if (!name) return NULL;
  mmd_status_t status = mmd_map_set(graph->suffixes, base, (void *)number, NULL);
  return mmd_status_ignore(status) ? NULL : name;
}

static bool is_free(const mmd_graph_t *graph, const char *name, const char *first_output) {
  return !mmd_graph_find_edge(graph, name) && !mmd_graph_find_edge(graph, first_output);
}

const char *mmd_graph_fresh_node_name(mmd_graph_t *graph, const char *base) {
  mmd_arena_t *arena = &graph->arena;
  const char *key = mmd_arena_printf(arena, "node %s", base), *name, *output;
  if (!key) return NULL;
  uintptr_t number = (uintptr_t)mmd_map_get(graph->suffixes, key);
  do {
    name = number ? mmd_arena_printf(arena, "%s_%zu", base, (size_t)number)
                  : mmd_arena_strdup(arena, base);
    output = name ? mmd_arena_printf(arena, "%s_0", name) : NULL;
    ++number;
  } while (output && !is_free(graph, name, output));
  if (!output) return NULL;
  mmd_status_t status = mmd_map_set(graph->suffixes, key, (void *)number, NULL);
  return mmd_status_ignore(status) ? NULL : name;
}

mmd_status_t mmd_graph_add_function(mmd_graph_t *graph, const char *domain, const char *name,
                                    mmd_function_t **out_function) {
  mmd_function_t *function = mmd_arena_alloc(&graph->arena, sizeof *function);
  MMD_TRY_ALLOC(function);
  MMD_TRY(mmd_graph_strdup(graph, mmd_domain_normal(domain), &function->domain));
  MMD_TRY(mmd_graph_strdup(graph, name, &function->name));
  function->overload = "";
  MMD_TRY(mmd_region_create(graph, name, &function->body));
  MMD_TRY(
      MMD_GRAPH_GROW(graph, graph->functions, graph->function_capacity, graph->function_count + 1));
  graph->functions[graph->function_count++] = function;
  *out_function = function;
  return NULL;
}
