// SPDX-License-Identifier: Apache-2.0
#include "nn/context_block.h"

#include "nn/activation.h"
#include "nn/conv.h"
#include "nn/pool.h"
#include "nn/tensor_ops.h"

// [batch, channels, 1, 1]: the cells weighed by the softmax of a mask.
static mmd_edge_t *attention_pool(mmd_builder_t *b, int64_t channels, mmd_edge_t *x) {
  const int64_t rows[] = {0, channels, -1}, column[] = {0, -1, 1}, map[] = {0, channels, 1, 1};
  mmd_conv_t conv = mmd_conv_square(channels, 1, 1, 1, 0);
  conv.bias = true;
  mmd_edge_t *mask = mmd_nn_reshape(b, 3, column, mmd_nn_conv(b, "conv_mask", &conv, x));
  mmd_edge_t *sum =
      mmd_nn_binary(b, "MatMul", mmd_nn_reshape(b, 3, rows, x), mmd_nn_softmax(b, 1, mask));
  return mmd_nn_reshape(b, 4, map, sum);
}

// LayerNorm([planes, 1, 1]).
static mmd_edge_t *norm(mmd_builder_t *b, const char *name, int64_t planes, mmd_edge_t *x) {
  const int64_t dims[] = {planes, 1, 1}, flat[] = {planes}, map[] = {0, planes, 1, 1};
  const size_t mark = mmd_scope_enter(b, "%s", name);
  mmd_edge_t *const inputs[] = {mmd_nn_flatten(b, 1, x),
                                mmd_nn_reshape(b, 1, flat, mmd_nn_weight(b, "weight", 3, dims)),
                                mmd_nn_reshape(b, 1, flat, mmd_nn_weight(b, "bias", 3, dims))};
  mmd_node_t *node;
  mmd_edge_t *out = mmd_nn_op(b, "LayerNormalization", 3, inputs, &node);
  mmd_nn_set_int(b, node, "axis", -1);
  mmd_nn_set_float(b, node, "epsilon", 1e-5);
  mmd_scope_leave(b, mark);
  return mmd_nn_reshape(b, 4, map, out);
}

static mmd_edge_t *transform(mmd_builder_t *b, const char *name, int64_t channels, int64_t planes,
                             mmd_edge_t *x) {
  mmd_conv_t squeeze = mmd_conv_square(channels, planes, 1, 1, 0);
  mmd_conv_t excite = mmd_conv_square(planes, channels, 1, 1, 0);
  squeeze.bias = excite.bias = true;
  const size_t mark = mmd_scope_enter(b, "%s", name);
  x = mmd_nn_conv(b, "0", &squeeze, x);
  x = mmd_nn_relu(b, norm(b, "1", planes, x));
  x = mmd_nn_conv(b, "3", &excite, x);
  mmd_scope_leave(b, mark);
  return x;
}

mmd_edge_t *mmd_nn_context_block(mmd_builder_t *b, const char *name,
                                 const mmd_context_block_t *block, mmd_edge_t *x) {
  const int64_t channels = block->channels;
  const int64_t planes = (int64_t)((double)channels * block->ratio);
  const size_t mark = mmd_scope_enter(b, "%s", name);
  mmd_edge_t *context =
      block->has_attention ? attention_pool(b, channels, x) : mmd_nn_global_average_pool(b, x);
  if (block->has_mul) {
    mmd_edge_t *scale = transform(b, "channel_mul_conv", channels, planes, context);
    x = mmd_nn_binary(b, "Mul", x, mmd_nn_unary(b, "Sigmoid", scale));
  }
  if (block->has_add)
    x = mmd_nn_binary(b, "Add", x, transform(b, "channel_add_conv", channels, planes, context));
  mmd_scope_leave(b, mark);
  return x;
}
