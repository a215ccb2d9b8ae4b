// SPDX-License-Identifier: Apache-2.0
#include "nn/pool.h"

static mmd_edge_t *pool2d(mmd_builder_t *builder, const char *op, const mmd_pool2d_t *pool,
                          mmd_edge_t *x, mmd_node_t **out_node) {
  const int64_t kernel[] = {pool->kernel, pool->kernel};
  const int64_t stride[] = {pool->stride, pool->stride};
  const int64_t pads[] = {pool->padding, pool->padding, pool->padding, pool->padding};
  mmd_edge_t *out = mmd_nn_op(builder, op, 1, &x, out_node);
  mmd_nn_set_ints(builder, *out_node, "kernel_shape", 2, kernel);
  mmd_nn_set_ints(builder, *out_node, "strides", 2, stride);
  mmd_nn_set_ints(builder, *out_node, "pads", 4, pads);
  mmd_nn_set_int(builder, *out_node, "ceil_mode", pool->ceil_mode);
  return out;
}

mmd_edge_t *mmd_nn_max_pool(mmd_builder_t *builder, const mmd_pool2d_t *pool, mmd_edge_t *x) {
  mmd_node_t *node;
  return pool2d(builder, "MaxPool", pool, x, &node);
}

mmd_edge_t *mmd_nn_average_pool(mmd_builder_t *builder, const mmd_pool2d_t *pool, mmd_edge_t *x) {
  mmd_node_t *node;
  mmd_edge_t *out = pool2d(builder, "AveragePool", pool, x, &node);
  mmd_nn_set_int(builder, node, "count_include_pad", pool->count_include_pad);
  return out;
}

mmd_edge_t *mmd_nn_global_average_pool(mmd_builder_t *builder, mmd_edge_t *x) {
  return mmd_nn_unary(builder, "GlobalAveragePool", x);
}

mmd_edge_t *mmd_nn_flatten(mmd_builder_t *builder, int64_t axis, mmd_edge_t *x) {
  mmd_node_t *node;
  mmd_edge_t *out = mmd_nn_op(builder, "Flatten", 1, &x, &node);
  mmd_nn_set_int(builder, node, "axis", axis);
  return out;
}
