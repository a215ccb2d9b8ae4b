// SPDX-License-Identifier: Apache-2.0
#include <string.h>

#include "graph/graph.h"
#include "graph/internal.h"

mmd_status_t mmd_region_create(mmd_graph_t *graph, const char *name, mmd_region_t **out_region) {
  mmd_region_t *region = mmd_arena_alloc(&graph->arena, sizeof *region);
  MMD_TRY_ALLOC(region);
  MMD_TRY(mmd_graph_strdup(graph, name, &region->name));
  region->graph = graph;
  region->next_region = graph->regions;
  graph->regions = region;
  *out_region = region;
  return NULL;
}

mmd_status_t mmd_region_add_input(mmd_region_t *region, const char *name, const mmd_type_t *type,
                                  mmd_edge_t **out_edge) {
  MMD_TRY(MMD_GRAPH_GROW(region->graph, region->inputs, region->input_capacity,
                         region->input_count + 1));
  mmd_type_t copy = {0};
  if (type) MMD_TRY(mmd_type_copy(region->graph, type, &copy));
  mmd_edge_t *edge = NULL;
  MMD_TRY(mmd_edge_create(region, name && *name ? name : "input", &edge));
  edge->type = copy;
  edge->output_index = region->input_count;
  region->inputs[region->input_count++] = edge;
  if (out_edge) *out_edge = edge;
  return NULL;
}

static mmd_status_t constant_type(mmd_graph_t *graph, const mmd_tensor_t *tensor,
                                  mmd_type_t *out_type) {
  *out_type = mmd_type_tensor(graph, tensor->dtype, tensor->shape.rank, tensor->shape.dims);
  return out_type->kind == MMD_TYPE_TENSOR ? NULL : mmd_status_no_memory();
}

mmd_status_t mmd_region_add_constant(mmd_region_t *region, const char *name,
                                     const mmd_tensor_t *tensor, mmd_edge_t **out_edge) {
  if (!mmd_tensor_is_set(tensor))
    return MMD_ERROR(MMD_INVALID_ARGUMENT, "constant '%s' has no data", name ? name : "");
  MMD_TRY(MMD_GRAPH_GROW(region->graph, region->constants, region->constant_capacity,
                         region->constant_count + 1));
  mmd_type_t type;
  MMD_TRY(constant_type(region->graph, tensor, &type));
  mmd_edge_t *edge = NULL;
  MMD_TRY(mmd_edge_create(region, name && *name ? name : "constant", &edge));
  edge->type = type;
  edge->is_constant = true;
  edge->constant = mmd_tensor_retain(tensor);
  edge->output_index = region->constant_count;
  region->constants[region->constant_count++] = edge;
  if (out_edge) *out_edge = edge;
  return NULL;
}

mmd_status_t mmd_edge_set_constant(mmd_edge_t *edge, const mmd_tensor_t *tensor) {
  if (!edge->is_constant || !mmd_tensor_is_set(tensor))
    return MMD_ERROR(MMD_INVALID_ARGUMENT, "'%s' is no constant or gets no data", edge->name);
  mmd_type_t type;
  MMD_TRY(constant_type(edge->region->graph, tensor, &type));
  mmd_tensor_t old = edge->constant;
  edge->constant = mmd_tensor_retain(tensor);
  edge->type = type;
  edge->elements = NULL;
  edge->element_count = 0;
  mmd_tensor_deinit(&old);
  return NULL;
}

mmd_status_t mmd_edge_erase_constant(mmd_edge_t *edge) {
  if (!edge->is_constant || edge->uses)
    return MMD_ERROR(MMD_INVALID_ARGUMENT, "'%s' is no constant or still used", edge->name);
  mmd_region_t *region = edge->region;
  size_t i = edge->output_index;
  memmove(&region->constants[i], &region->constants[i + 1],
          (region->constant_count - i - 1) * sizeof *region->constants);
  --region->constant_count;
  for (; i < region->constant_count; ++i) region->constants[i]->output_index = i;
  mmd_edge_discard(edge);
  return NULL;
}

mmd_status_t mmd_region_move_constants(mmd_region_t *from, mmd_region_t *to) {
  const size_t count = to->constant_count + from->constant_count;
  MMD_TRY(MMD_GRAPH_GROW(to->graph, to->constants, to->constant_capacity, count));
  for (size_t i = 0; i < from->constant_count; ++i) {
    mmd_edge_t *edge = from->constants[i];
    edge->region = to;
    edge->output_index = to->constant_count;
    to->constants[to->constant_count++] = edge;
  }
  from->constant_count = 0;
  return NULL;
}

size_t mmd_region_erase_unused_constants(mmd_region_t *region) {
  size_t kept = 0, count = region->constant_count;
  for (size_t i = 0; i < count; ++i) {
    mmd_edge_t *edge = region->constants[i];
    if (!edge->uses) {
      mmd_edge_discard(edge);
      continue;
    }
    edge->output_index = kept;
    region->constants[kept++] = edge;
  }
  region->constant_count = kept;
  return count - kept;
}

mmd_status_t mmd_region_add_output(mmd_region_t *region, mmd_edge_t *edge) {
  mmd_graph_t *graph = region->graph;
  size_t count = region->output_count;
  MMD_TRY(MMD_GRAPH_GROW(graph, region->outputs, region->output_capacity, count + 1));
  MMD_TRY(MMD_GRAPH_GROW(graph, region->output_uses, region->output_use_capacity, count + 1));
  mmd_use_t *use = mmd_arena_alloc(&graph->arena, sizeof *use);
  MMD_TRY_ALLOC(use);
  *use = (mmd_use_t){.region = region, .index = count};
  region->outputs[count] = edge;
  region->output_uses[count] = use;
  ++region->output_count;
  mmd_use_link(use, edge);
  return NULL;
}

mmd_status_t mmd_region_set_output(mmd_region_t *region, size_t index, mmd_edge_t *edge) {
  if (index >= region->output_count)
    return MMD_ERROR(MMD_OUT_OF_RANGE, "region '%s' has no output %zu", region->name, index);
  mmd_use_unlink(region->output_uses[index], region->outputs[index]);
  region->outputs[index] = edge;
  mmd_use_link(region->output_uses[index], edge);
  return NULL;
}

mmd_status_t mmd_region_remove_output(mmd_region_t *region, size_t index) {
  if (index >= region->output_count)
    return MMD_ERROR(MMD_OUT_OF_RANGE, "region '%s' has no output %zu", region->name, index);
  mmd_use_unlink(region->output_uses[index], region->outputs[index]);
  --region->output_count;
  for (size_t i = index; i < region->output_count; ++i) {
    region->outputs[i] = region->outputs[i + 1];
    region->output_uses[i] = region->output_uses[i + 1];
    region->output_uses[i]->index = i;
  }
  return NULL;
}

mmd_status_t mmd_region_remove_input(mmd_region_t *region, size_t index) {
  if (index >= region->input_count)
    return MMD_ERROR(MMD_OUT_OF_RANGE, "region '%s' has no input %zu", region->name, index);
  mmd_edge_t *edge = region->inputs[index];
  if (edge->uses) return MMD_ERROR(MMD_INVALID_ARGUMENT, "input '%s' is still used", edge->name);
  --region->input_count;
  for (size_t i = index; i < region->input_count; ++i) {
    region->inputs[i] = region->inputs[i + 1];
    region->inputs[i]->output_index = i;
  }
  mmd_edge_discard(edge);
  return NULL;
}

bool mmd_region_is_inside(const mmd_region_t *inner, const mmd_region_t *outer) {
  while (inner && inner != outer) inner = inner->owner ? inner->owner->region : NULL;
  return inner != NULL;
}

size_t mmd_region_depth(const mmd_region_t *region) {
  size_t depth = 0;
  for (; region->owner; region = region->owner->region) ++depth;
  return depth;
}

static void unlink_inputs(mmd_node_t *node) {
  for (size_t i = 0; i < node->input_count; ++i) {
    if (!node->inputs[i]) continue;
    mmd_use_unlink(node->input_uses[i], node->inputs[i]);
    node->inputs[i] = NULL;
  }
}

void mmd_region_clear(mmd_region_t *region) {
  while (region->output_count > 0) {
    size_t last = --region->output_count;
    mmd_use_unlink(region->output_uses[last], region->outputs[last]);
  }
  for (mmd_node_t *node = region->first; node; node = node->next) {
    unlink_inputs(node);
    for (size_t i = 0; i < node->attr_count; ++i) mmd_attr_discard(&node->attrs[i]);
    node->attr_count = 0;
  }
  for (mmd_node_t *node = region->first; node; node = node->next) {
    for (size_t i = 0; i < node->output_count; ++i)
      if (node->outputs[i]) mmd_edge_discard(node->outputs[i]);
    mmd_storage_release(node->unknown);
    node->unknown = NULL;
    node->erased = true;
  }
  for (size_t i = 0; i < region->input_count; ++i) mmd_edge_discard(region->inputs[i]);
  for (size_t i = 0; i < region->constant_count; ++i) mmd_edge_discard(region->constants[i]);
  region->input_count = region->constant_count = region->node_count = 0;
  region->first = region->last = NULL;
}
