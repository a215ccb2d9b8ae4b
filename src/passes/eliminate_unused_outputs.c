// SPDX-License-Identifier: Apache-2.0
//
// Outputs that nobody reads are not made:
//   optional ones (the mask of Dropout, the indices of MaxPool, states of LSTM) are left out
//   those of If go from both branches, the scans of Loop from its body
//   Split of which one part is read becomes Slice
#include "ops/infer.h"
#include "ops/op.h"
#include "passes/pass_util.h"

static bool is_unused(const mmd_node_t *node, size_t index) {
  return node->outputs[index] && !node->outputs[index]->uses;
}

//===--- optional outputs --------------------------------------------------===//

// How many outputs BatchNormalization has says whether it trains, before opset 14.
static mmd_status_t drop_optional(mmd_node_t *node, const mmd_op_t *op, bool *out_changed) {
  if (mmd_pass_is(node, "BatchNormalization")) return NULL;
  size_t used = 0;
  for (size_t i = 0; i < node->output_count; ++i) used += mmd_pass_output_used(node, i);
  for (size_t i = node->output_count; used > 0 && i-- > (size_t)op->min_outputs;) {
    if (!is_unused(node, i)) continue;
    MMD_TRY(mmd_node_drop_output(node, i));
    *out_changed = true;
  }
  return NULL;
}

//===--- If and Loop -------------------------------------------------------===//

static mmd_status_t trim_if(mmd_node_t *node, bool *out_changed) {
  mmd_region_t *branches[] = {mmd_node_attr_region(node, "then_branch"),
                              mmd_node_attr_region(node, "else_branch")};
  for (int i = 0; i < 2; ++i)
    if (!branches[i] || branches[i]->output_count != node->output_count) return NULL;
  for (size_t i = node->output_count; i-- > 0 && node->output_count > 1;) {
    if (!is_unused(node, i)) continue;
    MMD_TRY(mmd_region_remove_output(branches[0], i));
    MMD_TRY(mmd_region_remove_output(branches[1], i));
    MMD_TRY(mmd_node_remove_output(node, i));
    *out_changed = true;
  }
  return NULL;
}

static mmd_status_t trim_loop(mmd_node_t *node, bool *out_changed) {
  mmd_region_t *body = mmd_node_attr_region(node, "body");
  if (!body || node->input_count < 2 || body->output_count != node->output_count + 1) return NULL;
  const size_t carried = node->input_count - 2;
  for (size_t i = node->output_count; i-- > carried && node->output_count > 1;) {
    if (!is_unused(node, i)) continue;
    MMD_TRY(mmd_region_remove_output(body, i + 1));
    MMD_TRY(mmd_node_remove_output(node, i));
    *out_changed = true;
  }
  return NULL;
}

//===--- Split -------------------------------------------------------------===//

static bool part_size(const mmd_node_t *node, size_t index, int axis, int64_t *out_size) {
  const mmd_edge_t *edge = node->outputs[index];
  if (!edge || edge->type.kind != MMD_TYPE_TENSOR || !edge->type.has_rank) return false;
  *out_size = axis < edge->type.rank ? mmd_dim_number(edge->type.dims[axis]) : -1;
  return *out_size >= 0;
}

static mmd_status_t slice(mmd_node_t *node, size_t index, int64_t axis, int64_t start,
                          int64_t end) {
  const int64_t numbers[] = {start, end, axis};
  static const char *const names[] = {"starts", "ends", "axes"};
  mmd_edge_t *inputs[4] = {node->inputs[0]}, *output = node->outputs[index];
  mmd_node_t *made = NULL;
  for (size_t i = 0; i < 3; ++i) {
    mmd_tensor_t tensor = {0};
    MMD_TRY(mmd_tensor_from_i64(&numbers[i], 1, &tensor));
    MMD_TRY(mmd_pass_add_constant(node, names[i], &tensor, &inputs[i + 1]));
  }
  MMD_TRY(mmd_node_create(node->region, node, MMD_DOMAIN_ONNX, "Slice", node->name, 4, inputs, 1,
                          &made));
  MMD_TRY(mmd_edge_set_type(made->outputs[0], &output->type));
  MMD_TRY(mmd_edge_forward(output, made->outputs[0]));
  return mmd_node_erase(node);
}

// Slice takes its bounds as inputs since opset 10.
static mmd_status_t visit_split(mmd_node_t *node, bool *out_changed) {
  if (node->version < 10 || node->output_count < 2 || !mmd_node_input(node, 0)) return NULL;
  const mmd_type_t *type = &node->inputs[0]->type;
  int64_t axis = mmd_node_attr_int(node, "axis", 0), start = 0, size = 0;
  size_t wanted = node->output_count;
  for (size_t i = 0; i < node->output_count; ++i) {
    if (!mmd_pass_output_used(node, i)) continue;
    if (wanted < node->output_count) return NULL;
    wanted = i;
  }
  if (wanted == node->output_count || type->kind != MMD_TYPE_TENSOR || !type->has_rank) return NULL;
  if (axis < 0) axis += type->rank;
  if (axis < 0 || axis >= type->rank) return NULL;
  for (size_t i = 0; i <= wanted; ++i) {
    if (!part_size(node, i, (int)axis, &size) || size < 0) return NULL;
    if (__builtin_add_overflow(start, size, &start)) return NULL;
  }
  *out_changed = true;
  return slice(node, wanted, axis, start - size, start);
}

//===--- walk --------------------------------------------------------------===//

static mmd_status_t visit(mmd_node_t *node, void *context) {
  if (mmd_pass_is_opaque(node)) return NULL;
  if (mmd_pass_is(node, "If")) return trim_if(node, context);
  if (mmd_pass_is(node, "Loop")) return trim_loop(node, context);
  if (mmd_pass_is(node, "Split")) return visit_split(node, context);
  const mmd_op_t *op = mmd_op_find(node->domain, node->op, node->version);
  return op->max_outputs > op->min_outputs ? drop_optional(node, op, context) : NULL;
}

static mmd_status_t run(mmd_graph_t *graph, const mmd_pass_options_t *options, bool *out_changed) {
  (void)options;
  MMD_TRY(mmd_graph_infer(graph));
  return mmd_pass_walk(graph, visit, out_changed);
}

const mmd_pass_t mmd_pass_eliminate_unused_outputs = {
    .name = "eliminate_unused_outputs",
    .help = "leave out outputs that nobody reads; let a Split of one read part be Slice",
    .run = run,
};
