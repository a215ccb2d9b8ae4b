// SPDX-License-Identifier: Apache-2.0
//
// What stands in place of the 3x3 convolution: in Res2Net a chain of small ones, in ResNeSt split
// attention.
#include <stdio.h>

#include "nn/activation.h"
#include "nn/pool.h"
#include "nn/resnet_block.h"
#include "nn/tensor_ops.h"

static mmd_conv_t make_conv(const mmd_resnet_t *self, const mmd_resnet_block_t *block,
                            int64_t in_channels, int64_t out_channels, int64_t stride) {
  mmd_conv_t conv = mmd_conv_square(in_channels, out_channels, 3, stride, block->dilation);
  conv.dilation[0] = conv.dilation[1] = block->dilation;
  conv.cfg = block->dcn ? block->dcn : self->conv_cfg;
  return conv;
}

//===--- Res2Net -----------------------------------------------------------===//

enum { MAX_SCALES = 16 };

static mmd_edge_t *scale_conv(mmd_builder_t *b, const mmd_resnet_t *self, const mmd_conv_t *conv,
                              int64_t index, mmd_edge_t *x) {
  char name[32];
  snprintf(name, sizeof name, "convs.%d", (int)index);
  x = mmd_nn_conv(b, name, conv, x);
  snprintf(name, sizeof name, "bns.%d", (int)index);
  return mmd_nn_relu(b, mmd_nn_norm(b, name, &self->norm, conv->out_channels, x));
}

// The first block of a stage treats the parts alone; the others add the result before.
mmd_edge_t *mmd_nn_res2net_middle(mmd_builder_t *b, const mmd_resnet_t *self,
                                  const mmd_resnet_block_t *block, mmd_edge_t *x) {
  const int64_t scales = self->scales, width = block->middle / scales;
  const int64_t stride = self->caffe ? 1 : block->stride;
  const mmd_pool2d_t pool = {
      .kernel = 3, .stride = stride, .padding = 1, .count_include_pad = true};
  const mmd_conv_t conv = make_conv(self, block, width, width, stride);
  int64_t sizes[MAX_SCALES];
  mmd_edge_t *parts[MAX_SCALES];
  if (scales < 2 || scales > MAX_SCALES) {
    mmd_builder_fail(b, MMD_ERROR(MMD_OUT_OF_RANGE, "%s.scales: %lld; 2 to %d are accepted",
                                  b->config_path, (long long)scales, MAX_SCALES));
    return NULL;
  }
  for (int64_t i = 0; i < scales; ++i) sizes[i] = width;
  mmd_nn_split(b, 1, (size_t)scales, sizes, x, parts);
  for (int64_t i = 0; i < scales - 1; ++i) {
    if (i > 0 && block->index > 0) parts[i] = mmd_nn_binary(b, "Add", parts[i - 1], parts[i]);
    parts[i] = scale_conv(b, self, &conv, i, parts[i]);
  }
  if (block->index == 0 && stride != 1)
    parts[scales - 1] = mmd_nn_average_pool(b, &pool, parts[scales - 1]);
  return mmd_nn_concat(b, 1, (size_t)scales, parts);
}

//===--- ResNeSt -----------------------------------------------------------===//

static mmd_edge_t *reduce_sum(mmd_builder_t *b, int64_t axis, mmd_edge_t *x) {
  mmd_edge_t *const inputs[] = {x, mmd_nn_constant_i64(b, 1, &axis)};
  mmd_node_t *node;
  mmd_edge_t *out = mmd_nn_op(b, "ReduceSum", 2, inputs, &node);
  mmd_nn_set_int(b, node, "keepdims", 0);
  return out;
}

// Channels of a group of fc1's and fc2's input and output.
static mmd_edge_t *fully_connected(mmd_builder_t *b, const char *name, int64_t in_channels,
                                   int64_t out_channels, int64_t groups, mmd_edge_t *x) {
  mmd_conv_t conv = mmd_conv_square(in_channels, out_channels, 1, 1, 0);
  conv.groups = groups;
  conv.bias = true;
  return mmd_nn_conv(b, name, &conv, x);
}

// How much of each split is taken, from their sum: [batch, radix, channels, 1, 1], or without radix
// [batch, channels, 1, 1].
static mmd_edge_t *attention(mmd_builder_t *b, const mmd_resnet_t *self, int64_t channels,
                             int64_t groups, mmd_edge_t *sum) {
  static const int64_t swapped[] = {0, 2, 1, 3};
  const int64_t radix = self->radix;
  const int64_t squeezed = channels * radix / self->reduction;
  const int64_t inner = squeezed > 32 ? squeezed : 32;
  mmd_edge_t *x = mmd_nn_global_average_pool(b, sum);
  x = fully_connected(b, "fc1", channels, inner, groups, x);
  x = mmd_nn_relu(b, mmd_nn_norm_numbered(b, 1, &self->norm, inner, x));
  x = fully_connected(b, "fc2", inner, channels * radix, groups, x);
  if (radix == 1) return mmd_nn_unary(b, "Sigmoid", x);
  const int64_t split[] = {0, groups, radix, -1}, joined[] = {0, radix, channels, 1, 1};
  x = mmd_nn_transpose(b, 4, swapped, mmd_nn_reshape(b, 4, split, x));
  return mmd_nn_reshape(b, 5, joined, mmd_nn_softmax(b, 1, x));
}

static mmd_edge_t *split_attention(mmd_builder_t *b, const mmd_resnet_t *self,
                                   const mmd_resnet_block_t *block, const mmd_conv_t *conv,
                                   mmd_edge_t *x) {
  const int64_t channels = block->middle;
  x = mmd_nn_conv(b, "conv", conv, x);
  char name[16];
  snprintf(name, sizeof name, "%s0", self->norm.abbr);
  x = mmd_nn_relu(b, mmd_nn_norm(b, name, &self->norm, conv->out_channels, x));
  if (self->radix == 1)
    return mmd_nn_binary(b, "Mul", attention(b, self, channels, block->groups, x), x);
  mmd_edge_t *shape = mmd_nn_slice(b, 0, 2, 4, mmd_nn_unary(b, "Shape", x));
  const int64_t heads[] = {0, self->radix, channels};
  mmd_edge_t *const dims[] = {mmd_nn_constant_i64(b, 3, heads), shape};
  x = mmd_nn_binary(b, "Reshape", x, mmd_nn_concat(b, 0, 2, dims));
  mmd_edge_t *share = attention(b, self, channels, block->groups, reduce_sum(b, 1, x));
  return reduce_sum(b, 1, mmd_nn_binary(b, "Mul", share, x));
}

mmd_edge_t *mmd_nn_resnest_middle(mmd_builder_t *b, const mmd_resnet_t *self,
                                  const mmd_resnet_block_t *block, mmd_edge_t *x) {
  const int64_t stride = self->caffe ? 1 : block->stride;
  const bool is_pooled = self->avg_down_stride && stride > 1;
  const mmd_pool2d_t pool = {
      .kernel = 3, .stride = stride, .padding = 1, .count_include_pad = true};
  mmd_conv_t conv =
      make_conv(self, block, block->middle, block->middle * self->radix, is_pooled ? 1 : stride);
  conv.groups = block->groups * self->radix;
  const size_t mark = mmd_scope_enter(b, "conv2");
  x = split_attention(b, self, block, &conv, x);
  mmd_scope_leave(b, mark);
  return is_pooled ? mmd_nn_average_pool(b, &pool, x) : x;
}
