// SPDX-License-Identifier: Apache-2.0
#include <string.h>

#include "graph/graph.h"
#include "graph/internal.h"

static void link_before(mmd_node_t *node, mmd_node_t *before) {
  mmd_region_t *region = node->region;
  node->next = before;
  node->previous = before ? before->previous : region->last;
  if (node->previous) {
    node->previous->next = node;
  } else {
    region->first = node;
  }
  if (before) {
    before->previous = node;
  } else {
    region->last = node;
  }
  ++region->node_count;
}

static void unlink_node(mmd_node_t *node) {
  mmd_region_t *region = node->region;
  if (node->previous) {
    node->previous->next = node->next;
  } else {
    region->first = node->next;
  }
  if (node->next) {
    node->next->previous = node->previous;
  } else {
    region->last = node->previous;
  }
  node->next = node->previous = NULL;
  --region->node_count;
}

static mmd_status_t init_strings(mmd_node_t *node, const char *domain, const char *op,
                                 const char *name) {
  mmd_graph_t *graph = node->region->graph;
  domain = mmd_domain_normal(domain);
  MMD_TRY(mmd_graph_strdup(graph, domain, &node->domain));
  MMD_TRY(mmd_graph_strdup(graph, op, &node->op));
  MMD_TRY(mmd_graph_strdup(graph, name, &node->name));
  node->scope = node->overload = "";
  node->version = mmd_graph_opset(graph, domain);
  return NULL;
}

static mmd_status_t new_use(mmd_node_t *node, size_t index) {
  mmd_use_t *use = mmd_arena_alloc(&node->region->graph->arena, sizeof *use);
  MMD_TRY_ALLOC(use);
  use->node = node;
  use->index = index;
  node->input_uses[index] = use;
  return NULL;
}

// Memory for inputs and outputs; nothing is linked yet.
static mmd_status_t init_arrays(mmd_node_t *node, size_t input_count, mmd_edge_t *const *inputs,
                                size_t output_count) {
  mmd_arena_t *arena = &node->region->graph->arena;
  node->inputs = mmd_arena_alloc_array(arena, input_count, sizeof *node->inputs);
  node->input_uses = mmd_arena_alloc_array(arena, input_count, sizeof *node->input_uses);
  node->outputs = mmd_arena_alloc_array(arena, output_count, sizeof *node->outputs);
  if (!node->inputs || !node->input_uses || !node->outputs) return mmd_status_no_memory();
  node->input_count = node->input_capacity = input_count;
  node->output_count = output_count;
  for (size_t i = 0; inputs && i < input_count; ++i)
    if (inputs[i]) MMD_TRY(new_use(node, i));
  return NULL;
}

static mmd_status_t make_outputs(mmd_node_t *node, const char *const *names) {
  mmd_status_t status = NULL;
  for (size_t i = 0; i < node->output_count && !status; ++i) {
    if (!names[i] || !*names[i]) continue;
    status = mmd_edge_create(node->region, names[i], &node->outputs[i]);
    if (status) break;
    node->outputs[i]->producer = node;
    node->outputs[i]->output_index = i;
  }
  if (!status) return NULL;
  for (size_t i = 0; i < node->output_count; ++i)
    if (node->outputs[i]) mmd_edge_discard(node->outputs[i]);
  return status;
}

mmd_status_t mmd_node_create_named(mmd_region_t *region, mmd_node_t *before, const char *domain,
                                   const char *op, const char *name, size_t input_count,
                                   mmd_edge_t *const *inputs, size_t output_count,
                                   const char *const *output_names, mmd_node_t **out_node) {
  mmd_node_t *node = mmd_arena_alloc(&region->graph->arena, sizeof *node);
  MMD_TRY_ALLOC(node);
  node->region = region;
  MMD_TRY(init_strings(node, domain, op, name));
  MMD_TRY(init_arrays(node, input_count, inputs, output_count));
  MMD_TRY(make_outputs(node, output_names));
  for (size_t i = 0; inputs && i < input_count; ++i) {
    node->inputs[i] = inputs[i];
    if (inputs[i]) mmd_use_link(node->input_uses[i], inputs[i]);
  }
  link_before(node, before);
  if (out_node) *out_node = node;
  return NULL;
}

mmd_status_t mmd_node_create(mmd_region_t *region, mmd_node_t *before, const char *domain,
                             const char *op, const char *name, size_t input_count,
                             mmd_edge_t *const *inputs, size_t output_count,
                             mmd_node_t **out_node) {
  mmd_arena_t *arena = &region->graph->arena;
  const char **names = mmd_arena_alloc_array(arena, output_count, sizeof *names);
  MMD_TRY_ALLOC(names);
  const char *base = name && *name ? name : op;
  for (size_t i = 0; i < output_count; ++i) {
    names[i] = output_count == 1 ? base : mmd_arena_printf(arena, "%s_%zu", base, i);
    MMD_TRY_ALLOC(names[i]);
  }
  return mmd_node_create_named(region, before, domain, op, name, input_count, inputs, output_count,
                               names, out_node);
}

static mmd_status_t grow_inputs(mmd_node_t *node, size_t count) {
  mmd_graph_t *graph = node->region->graph;
  size_t capacity = node->input_capacity;
  MMD_TRY(MMD_GRAPH_GROW(graph, node->inputs, capacity, count));
  capacity = node->input_capacity;
  MMD_TRY(MMD_GRAPH_GROW(graph, node->input_uses, capacity, count));
  node->input_capacity = capacity;
  return NULL;
}

mmd_status_t mmd_node_set_input(mmd_node_t *node, size_t index, mmd_edge_t *edge) {
  if (index >= node->input_capacity) MMD_TRY(grow_inputs(node, index + 1));
  if (edge && !node->input_uses[index]) MMD_TRY(new_use(node, index));
  if (index >= node->input_count) node->input_count = index + 1;
  if (node->inputs[index]) mmd_use_unlink(node->input_uses[index], node->inputs[index]);
  node->inputs[index] = edge;
  if (edge) mmd_use_link(node->input_uses[index], edge);
  return NULL;
}

mmd_status_t mmd_node_trim_inputs(mmd_node_t *node, size_t count) {
  for (size_t i = count; i < node->input_count; ++i) MMD_TRY(mmd_node_set_input(node, i, NULL));
  if (node->input_count > count) node->input_count = count;
  while (node->input_count > 0 && !node->inputs[node->input_count - 1]) --node->input_count;
  return NULL;
}

mmd_status_t mmd_node_drop_output(mmd_node_t *node, size_t index) {
  mmd_edge_t *edge = index < node->output_count ? node->outputs[index] : NULL;
  if (edge && edge->uses)
    return MMD_ERROR(MMD_INVALID_ARGUMENT, "output '%s' is still used", edge->name);
  if (edge) {
    mmd_edge_discard(edge);
    node->outputs[index] = NULL;
  }
  while (node->output_count > 0 && !node->outputs[node->output_count - 1]) --node->output_count;
  return NULL;
}

mmd_status_t mmd_node_remove_output(mmd_node_t *node, size_t index) {
  mmd_edge_t *edge = index < node->output_count ? node->outputs[index] : NULL;
  if (edge && edge->uses)
    return MMD_ERROR(MMD_INVALID_ARGUMENT, "output '%s' is still used", edge->name);
  if (edge) mmd_edge_discard(edge);
  for (size_t i = index + 1; i < node->output_count; ++i) {
    node->outputs[i - 1] = node->outputs[i];
    if (node->outputs[i]) node->outputs[i]->output_index = i - 1;
  }
  if (index < node->output_count) --node->output_count;
  return NULL;
}

mmd_status_t mmd_node_set_name(mmd_node_t *node, const char *name) {
  return mmd_graph_strdup(node->region->graph, name, &node->name);
}

mmd_status_t mmd_node_set_scope(mmd_node_t *node, const char *scope) {
  return mmd_graph_strdup(node->region->graph, scope, &node->scope);
}

mmd_status_t mmd_node_set_op(mmd_node_t *node, const char *domain, const char *op,
                             int64_t version) {
  const char *new_domain = NULL, *new_op = NULL;
  MMD_TRY(mmd_graph_strdup(node->region->graph, mmd_domain_normal(domain), &new_domain));
  MMD_TRY(mmd_graph_strdup(node->region->graph, op, &new_op));
  node->domain = new_domain;
  node->op = new_op;
  node->version = version;
  return NULL;
}

void mmd_node_move_before(mmd_node_t *node, mmd_node_t *before) {
  if (node == before) return;
  unlink_node(node);
  link_before(node, before);
}

void mmd_node_move_into(mmd_node_t *node, mmd_region_t *region, mmd_node_t *before) {
  unlink_node(node);
  node->region = region;
  for (size_t i = 0; i < node->output_count; ++i)
    if (node->outputs[i]) node->outputs[i]->region = region;
  link_before(node, before);
}

mmd_status_t mmd_node_erase(mmd_node_t *node) {
  if (node->erased) return MMD_ERROR(MMD_INTERNAL, "node '%s' is erased twice", node->name);
  for (size_t i = 0; i < node->output_count; ++i)
    if (node->outputs[i] && node->outputs[i]->uses)
      return MMD_ERROR(MMD_INVALID_ARGUMENT, "output '%s' of a node to erase is still used",
                       node->outputs[i]->name);
  for (size_t i = 0; i < node->input_count; ++i) {
    if (node->inputs[i]) mmd_use_unlink(node->input_uses[i], node->inputs[i]);
    node->inputs[i] = NULL;
  }
  for (size_t i = 0; i < node->attr_count; ++i) mmd_attr_discard(&node->attrs[i]);
  node->attr_count = 0;
  for (size_t i = 0; i < node->output_count; ++i)
    if (node->outputs[i]) mmd_edge_discard(node->outputs[i]);
  mmd_storage_release(node->unknown);
  node->unknown = NULL;
  unlink_node(node);
  node->erased = true;
  return NULL;
}

bool mmd_node_is(const mmd_node_t *node, const char *domain, const char *op) {
  return strcmp(node->op, op) == 0 && strcmp(node->domain, mmd_domain_normal(domain)) == 0;
}

mmd_edge_t *mmd_node_input(const mmd_node_t *node, size_t index) {
  return index < node->input_count ? node->inputs[index] : NULL;
}

mmd_status_t mmd_node_describe(const mmd_node_t *node, mmd_str_t *out_text) {
  if (*node->domain) MMD_TRY(mmd_str_printf(out_text, "%s::", node->domain));
  MMD_TRY(mmd_str_printf(out_text, "%s node", node->op));
  const char *name = node->name;
  if (!*name && node->output_count > 0 && node->outputs[0]) name = node->outputs[0]->name;
  MMD_TRY(mmd_str_printf(out_text, " '%s'", name));
  if (*node->scope) MMD_TRY(mmd_str_printf(out_text, " (%s)", node->scope));
  return NULL;
}
