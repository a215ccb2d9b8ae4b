// SPDX-License-Identifier: Apache-2.0
#include "nn/linear.h"

static mmd_edge_t *gemm(mmd_builder_t *builder, mmd_edge_t *x, mmd_edge_t *weight,
                        mmd_edge_t *bias) {
  mmd_edge_t *const inputs[] = {x, weight, bias};
  mmd_node_t *node;
  mmd_edge_t *out = mmd_nn_op(builder, "Gemm", bias ? 3 : 2, inputs, &node);
  mmd_nn_set_int(builder, node, "transB", 1);
  return out;
}

// The weight is transposed by a node, which constant folding removes.
static mmd_edge_t *matmul(mmd_builder_t *builder, mmd_edge_t *x, mmd_edge_t *weight,
                          mmd_edge_t *bias) {
  static const int64_t swap[] = {1, 0};
  mmd_node_t *node;
  mmd_edge_t *transposed = mmd_nn_op(builder, "Transpose", 1, &weight, &node);
  mmd_nn_set_ints(builder, node, "perm", 2, swap);
  mmd_edge_t *out = mmd_nn_binary(builder, "MatMul", x, transposed);
  return bias ? mmd_nn_binary(builder, "Add", out, bias) : out;
}

mmd_edge_t *mmd_nn_linear(mmd_builder_t *builder, const char *name, const mmd_linear_t *linear,
                          int rank, mmd_edge_t *x) {
  const int64_t dims[] = {linear->out_features, linear->in_features};
  const size_t mark = mmd_scope_enter(builder, "%s", name);
  mmd_edge_t *weight = mmd_nn_weight(builder, "weight", 2, dims);
  mmd_edge_t *bias = linear->bias ? mmd_nn_weight(builder, "bias", 1, dims) : NULL;
  mmd_edge_t *out = rank == 2 ? gemm(builder, x, weight, bias) : matmul(builder, x, weight, bias);
  mmd_scope_leave(builder, mark);
  return out;
}
