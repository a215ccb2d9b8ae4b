// SPDX-License-Identifier: Apache-2.0
#include "passes/pass_util.h"

#include <string.h>

#include "ops/op.h"

// The graph bounds how deep regions nest.
static mmd_status_t walk_region(mmd_region_t *region, mmd_pass_visit_fn visit, void *context) {
  for (mmd_node_t *node = region->first, *next; node; node = next) {
    next = node->next;
    MMD_TRY(visit(node, context));
    if (node->erased) continue;
    for (size_t i = 0; i < node->attr_count; ++i) {
      mmd_attr_t *attr = &node->attrs[i];
      if (attr->kind == MMD_ATTR_REGION) MMD_TRY(walk_region(attr->u.region, visit, context));
      for (size_t j = 0; attr->kind == MMD_ATTR_REGIONS && j < attr->count; ++j)
        MMD_TRY(walk_region(attr->u.regions[j], visit, context));
    }
  }
  return NULL;
}

mmd_status_t mmd_pass_walk(mmd_graph_t *graph, mmd_pass_visit_fn visit, void *context) {
  return walk_region(graph->root, visit, context);
}

bool mmd_pass_is_opaque(const mmd_node_t *node) {
  const mmd_graph_t *graph = node->region->graph;
  for (size_t i = 0; i < graph->function_count; ++i)
    if (mmd_node_is(node, graph->functions[i]->domain, graph->functions[i]->name)) return true;
  return mmd_op_find(node->domain, node->op, node->version) == NULL;
}

bool mmd_pass_is(const mmd_node_t *node, const char *op) {
  return mmd_node_is(node, MMD_DOMAIN_ONNX, op) && !mmd_pass_is_opaque(node);
}

const mmd_tensor_t *mmd_pass_constant(const mmd_node_t *node, size_t index) {
  const mmd_edge_t *edge = mmd_node_input(node, index);
  return edge && edge->is_constant ? &edge->constant : NULL;
}

bool mmd_pass_ints(const mmd_node_t *node, size_t index, size_t max, int64_t *out_numbers,
                   size_t *out_count) {
  const mmd_tensor_t *tensor = mmd_pass_constant(node, index);
  if (!tensor || tensor->shape.rank > 1) return false;
  if (tensor->dtype != MMD_I64 && tensor->dtype != MMD_I32) return false;
  size_t count = mmd_tensor_count(tensor);
  if (count > max) return false;
  for (size_t i = 0; i < count; ++i) out_numbers[i] = mmd_tensor_get_i64(tensor, i);
  *out_count = count;
  return true;
}

bool mmd_pass_output_used(const mmd_node_t *node, size_t index) {
  return index < node->output_count && node->outputs[index] && node->outputs[index]->uses;
}

mmd_status_t mmd_pass_add_constant(const mmd_node_t *node, const char *base, mmd_tensor_t *tensor,
                                   mmd_edge_t **out_edge) {
  mmd_status_t status = mmd_region_add_constant(node->region, base, tensor, out_edge);
  mmd_tensor_deinit(tensor);
  return status;
}
