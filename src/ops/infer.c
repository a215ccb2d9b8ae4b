// SPDX-License-Identifier: Apache-2.0
#include "ops/infer.h"

#include "graph/inline.h"
#include "ops/infer_util.h"

// Elements of a small integer constant.
static mmd_status_t set_constant_elements(mmd_graph_t *graph, mmd_edge_t *edge) {
  edge->elements = NULL;
  edge->element_count = 0;
  const mmd_tensor_t *tensor = &edge->constant;
  bool integer = mmd_dtype_is_signed_int(tensor->dtype) || tensor->dtype == MMD_BOOL ||
                 (mmd_dtype_is_unsigned_int(tensor->dtype) && tensor->dtype != MMD_U64);
  size_t count = mmd_tensor_count(tensor);
  if (!integer || count > MMD_INFER_MAX_ELEMENTS || !mmd_tensor_is_set(tensor)) return NULL;
  const mmd_dim_t **elements = mmd_arena_alloc_array(&graph->arena, count + 1, sizeof *elements);
  MMD_TRY_ALLOC(elements);
  for (size_t i = 0; i < count; ++i) {
    elements[i] = mmd_dim_const(graph, mmd_tensor_get_i64(tensor, i));
    MMD_TRY_ALLOC(elements[i]);
  }
  edge->elements = elements;
  edge->element_count = count;
  return NULL;
}

static mmd_status_t infer_node(mmd_graph_t *graph, mmd_node_t *node) {
  for (size_t i = 0; i < node->output_count; ++i) {
    if (!node->outputs[i]) continue;
    node->outputs[i]->elements = NULL;
    node->outputs[i]->element_count = 0;
  }
  const mmd_op_t *op = mmd_op_find(node->domain, node->op, node->version);
  if (op && op->infer && node->input_count >= (size_t)op->min_inputs) {
    mmd_infer_context_t context = {.graph = graph, .node = node};
    return op->infer(&context);
  }
  for (size_t i = 0; i < node->attr_count; ++i) {  // unknown owners: at least their insides
    const mmd_attr_t *attr = &node->attrs[i];
    if (attr->kind == MMD_ATTR_REGION) MMD_TRY(mmd_infer_region(graph, attr->u.region));
    if (attr->kind != MMD_ATTR_REGIONS) continue;
    for (size_t k = 0; k < attr->count; ++k) MMD_TRY(mmd_infer_region(graph, attr->u.regions[k]));
  }
  return NULL;
}

// The graph bounds how deep regions nest.
mmd_status_t mmd_infer_region(mmd_graph_t *graph, mmd_region_t *region) {
  for (size_t i = 0; i < region->constant_count; ++i) {
    MMD_TRY(set_constant_elements(graph, region->constants[i]));
  }
  for (mmd_node_t *node = region->first; node; node = node->next) {
    MMD_TRY(infer_node(graph, node));
    // A size that could not be made would pass for an unknown one.
    if (graph->arena.has_failed) return mmd_status_no_memory();
  }
  return NULL;
}

mmd_status_t mmd_graph_infer(mmd_graph_t *graph) {
  bool calls;
  graph->arena.has_failed = false;
  MMD_TRY(mmd_graph_calls_functions(graph, &calls));
  return calls ? mmd_infer_functions(graph) : mmd_infer_region(graph, graph->root);
}
