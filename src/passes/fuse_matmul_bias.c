// SPDX-License-Identifier: Apache-2.0
//
// MatMul of two matrices by constant weights, and the Add of a constant row behind it, become Gemm.
#include "ops/infer.h"
#include "passes/pass_util.h"

static bool is_matrix(const mmd_edge_t *edge) {
  return edge && edge->type.kind == MMD_TYPE_TENSOR && edge->type.has_rank &&
         edge->type.rank == 2 && edge->type.dtype == MMD_F32;
}

// A row of |columns|, or one number, that does not make a matrix larger.
static bool is_row(const mmd_tensor_t *tensor, int64_t columns) {
  if (!tensor || tensor->dtype != MMD_F32 || tensor->shape.rank > 2) return false;
  int rank = tensor->shape.rank;
  if (rank == 2 && tensor->shape.dims[0] != 1) return false;
  return rank == 0 || tensor->shape.dims[rank - 1] == columns || mmd_tensor_count(tensor) == 1;
}

static mmd_status_t visit(mmd_node_t *node, void *context) {
  if (!mmd_pass_is(node, "Add") || node->version < 7 || node->input_count != 2) return NULL;
  size_t row = mmd_pass_constant(node, 1) ? 1 : 0;
  mmd_edge_t *edge = node->inputs[1 - row];
  mmd_node_t *product = edge ? edge->producer : NULL;
  if (!product || product->region != node->region || !mmd_pass_is(product, "MatMul")) return NULL;
  const mmd_tensor_t *weight = mmd_pass_constant(product, 1);
  if (mmd_edge_use_count(edge) != 1 || !is_matrix(mmd_node_input(product, 0)) || !weight ||
      weight->shape.rank != 2 || weight->dtype != MMD_F32 ||
      !is_row(mmd_pass_constant(node, row), weight->shape.dims[1]))
    return NULL;
  mmd_edge_t *inputs[] = {product->inputs[0], product->inputs[1], node->inputs[row]};
  mmd_node_t *gemm = NULL;
  MMD_TRY(mmd_node_create(node->region, node, MMD_DOMAIN_ONNX, "Gemm", product->name, 3, inputs, 1,
                          &gemm));
  MMD_TRY(mmd_edge_set_type(gemm->outputs[0], &node->outputs[0]->type));
  MMD_TRY(mmd_edge_forward(node->outputs[0], gemm->outputs[0]));
  MMD_TRY(mmd_node_erase(node));
  *(bool *)context = true;
  return mmd_node_erase(product);
}

static mmd_status_t run(mmd_graph_t *graph, const mmd_pass_options_t *options, bool *out_changed) {
  (void)options;
  MMD_TRY(mmd_graph_infer(graph));
  return mmd_pass_walk(graph, visit, out_changed);
}

const mmd_pass_t mmd_pass_fuse_matmul_bias = {
    .name = "fuse_matmul_bias",
    .help = "make Gemm of MatMul and Add",
    .run = run,
};
