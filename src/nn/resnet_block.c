// SPDX-License-Identifier: Apache-2.0
#include "nn/resnet_block.h"

#include <string.h>

#include "nn/activation.h"
#include "nn/conv.h"
#include "nn/plugin_layer.h"
#include "nn/pool.h"
#include "nn/se_layer.h"

mmd_edge_t *mmd_nn_resnet_conv(mmd_builder_t *b, const mmd_resnet_t *self, int number,
                               const mmd_conv_t *conv, bool activate, mmd_edge_t *x) {
  const char *const names[] = {"conv1", "conv2", "conv3"};
  mmd_conv_t spec = *conv;
  if (!spec.cfg) spec.cfg = self->conv_cfg;
  x = mmd_nn_conv(b, names[number - 1], &spec, x);
  x = mmd_nn_norm_numbered(b, number, &self->norm, conv->out_channels, x);
  return activate ? mmd_nn_relu(b, x) : x;
}

static mmd_conv_t dilated(mmd_conv_t conv, int64_t dilation) {
  conv.padding[0] = conv.padding[1] = dilation;
  conv.dilation[0] = conv.dilation[1] = dilation;
  return conv;
}

static mmd_edge_t *basic_block(mmd_builder_t *b, const mmd_resnet_t *self,
                               const mmd_resnet_block_t *block, mmd_edge_t *x) {
  const int64_t channels = block->out_channels;
  const mmd_conv_t first =
      dilated(mmd_conv_square(block->in_channels, channels, 3, block->stride, 1), block->dilation);
  const mmd_conv_t second = mmd_conv_square(channels, channels, 3, 1, 1);
  x = mmd_nn_resnet_conv(b, self, 1, &first, true, x);
  return mmd_nn_resnet_conv(b, self, 2, &second, false, x);
}

//===--- plugins -----------------------------------------------------------===//

// Without "stages" a plugin is in all of them.
static bool is_in_stage(const mmd_value_t *plugin, int stage) {
  const mmd_value_t *stages = mmd_object_get(plugin, "stages");
  if (mmd_value_is_null(stages)) return true;
  return mmd_value_get_bool(mmd_array_at(stages, (size_t)stage), false);
}

static mmd_edge_t *add_plugins(mmd_builder_t *b, const mmd_resnet_t *self,
                               const mmd_resnet_block_t *block, const char *position,
                               int64_t channels, mmd_edge_t *x) {
  for (size_t i = 0; i < mmd_array_size(self->plugins); ++i) {
    const mmd_value_t *plugin = mmd_array_at(self->plugins, i);
    const char *at = mmd_value_get_string(mmd_object_get(plugin, "position"), "");
    if (strcmp(at, position) == 0 && is_in_stage(plugin, block->stage))
      x = mmd_nn_plugin_layer(b, mmd_object_get(plugin, "cfg"), channels, x);
  }
  return x;
}

//===--- bottleneck --------------------------------------------------------===//

static mmd_edge_t *plain_middle(mmd_builder_t *b, const mmd_resnet_t *self,
                                const mmd_resnet_block_t *block, mmd_edge_t *x) {
  const int64_t stride = self->caffe ? 1 : block->stride;
  mmd_conv_t conv =
      dilated(mmd_conv_square(block->middle, block->middle, 3, stride, 1), block->dilation);
  conv.groups = block->groups;
  conv.cfg = block->dcn;
  return mmd_nn_resnet_conv(b, self, 2, &conv, true, x);
}

static mmd_edge_t *bottleneck(mmd_builder_t *b, const mmd_resnet_t *self,
                              const mmd_resnet_block_t *block, mmd_edge_t *x) {
  const mmd_conv_t first =
      mmd_conv_square(block->in_channels, block->middle, 1, self->caffe ? block->stride : 1, 0);
  const mmd_conv_t third = mmd_conv_square(block->middle, block->out_channels, 1, 1, 0);
  x = mmd_nn_resnet_conv(b, self, 1, &first, true, x);
  x = add_plugins(b, self, block, "after_conv1", block->middle, x);
  x = self->scales  ? mmd_nn_res2net_middle(b, self, block, x)
      : self->radix ? mmd_nn_resnest_middle(b, self, block, x)
                    : plain_middle(b, self, block, x);
  x = add_plugins(b, self, block, "after_conv2", block->middle, x);
  x = mmd_nn_resnet_conv(b, self, 3, &third, false, x);
  x = add_plugins(b, self, block, "after_conv3", block->out_channels, x);
  if (!self->se_ratio) return x;
  return mmd_nn_se_layer(b, "se_layer", block->out_channels, self->se_ratio, x);
}

// The shortcut of a stage's first block; the numbers in the names count the pooling too.
static mmd_edge_t *downsample(mmd_builder_t *b, const mmd_resnet_t *self,
                              const mmd_resnet_block_t *block, mmd_edge_t *x) {
  const bool pooled = self->avg_down && (block->stride != 1 || self->avg_down_always);
  const mmd_pool2d_t pool = {.kernel = block->stride, .stride = block->stride, .ceil_mode = true};
  const mmd_conv_t conv =
      mmd_conv_square(block->in_channels, block->out_channels, 1, pooled ? 1 : block->stride, 0);
  const size_t mark = mmd_scope_enter(b, "downsample");
  if (pooled) x = mmd_nn_average_pool(b, &pool, x);
  x = mmd_nn_conv_by_cfg(b, pooled ? "1" : "0", self->conv_cfg, &conv, x);
  x = mmd_nn_norm(b, pooled ? "2" : "1", &self->norm, block->out_channels, x);
  mmd_scope_leave(b, mark);
  return x;
}

mmd_edge_t *mmd_nn_resnet_block(mmd_builder_t *b, const mmd_resnet_t *self,
                                const mmd_resnet_block_t *block, mmd_edge_t *x) {
  mmd_edge_t *out =
      block->is_bottleneck ? bottleneck(b, self, block, x) : basic_block(b, self, block, x);
  mmd_edge_t *shortcut = block->has_downsample ? downsample(b, self, block, x) : x;
  return mmd_nn_relu(b, mmd_nn_binary(b, "Add", out, shortcut));
}
