// SPDX-License-Identifier: Apache-2.0
//
// Reshape behind a global pooling, to the batch and the rest, becomes Flatten. It needs no numbers,
// and what knows Flatten alone (many an engine for classifiers) can take it.
#include "passes/pass_util.h"

static bool is_pooling(const mmd_edge_t *edge) {
  const mmd_node_t *node = edge ? edge->producer : NULL;
  return node && (mmd_pass_is(node, "GlobalAveragePool") || mmd_pass_is(node, "GlobalMaxPool"));
}

// [0, -1], or [0, K]: K can only be what is left.
static bool keeps_batch(const mmd_node_t *node) {
  int64_t shape[2];
  size_t count = 0;
  return mmd_pass_ints(node, 1, 2, shape, &count) && count == 2 && shape[0] == 0 && shape[1] != 0 &&
         mmd_node_attr_int(node, "allowzero", 0) == 0;
}

static mmd_status_t visit(mmd_node_t *node, void *context) {
  if (!mmd_pass_is(node, "Reshape") || node->version < 5 || !keeps_batch(node)) return NULL;
  mmd_edge_t *input = mmd_node_input(node, 0);
  mmd_node_t *flatten = NULL;
  if (!is_pooling(input) || !mmd_pass_output_used(node, 0)) return NULL;
  MMD_TRY(mmd_node_create(node->region, node, MMD_DOMAIN_ONNX, "Flatten", node->name, 1, &input, 1,
                          &flatten));
  MMD_TRY(mmd_node_set_int(flatten, "axis", 1));
  MMD_TRY(mmd_edge_set_type(flatten->outputs[0], &node->outputs[0]->type));
  MMD_TRY(mmd_edge_forward(node->outputs[0], flatten->outputs[0]));
  *(bool *)context = true;
  return mmd_node_erase(node);
}

static mmd_status_t run(mmd_graph_t *graph, const mmd_pass_options_t *options, bool *out_changed) {
  (void)options;
  return mmd_pass_walk(graph, visit, out_changed);
}

const mmd_pass_t mmd_pass_convert_flatten = {
    .name = "convert_flatten",
    .help = "let a Reshape that flattens a global pooling be Flatten",
    .run = run,
};
