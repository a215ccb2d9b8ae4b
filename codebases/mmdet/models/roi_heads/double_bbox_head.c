// SPDX-License-Identifier: Apache-2.0
//
// DoubleConvFCBBoxHead: fully connected layers give the classes, from the first features;
// convolutions give the boxes, from the second.
#include <stdio.h>

#include "codebases/mmdet/models/roi_heads/bbox_head.h"
#include "nn/conv_module.h"
#include "nn/linear.h"
#include "nn/pool.h"
#include "nn/resnet_block.h"

typedef struct double_t {
  mmd_bbox_head_t base;
  int64_t num_convs, num_fcs, conv_out_channels, fc_out_channels;
  const mmd_value_t *conv_cfg, *norm_cfg;
} double_t;

static const mmd_option_t g_options[] = {
    MMD_BBOX_HEAD_OPTIONS(double_t),
    MMD_OPT_COUNT_REQUIRED("num_convs", double_t, num_convs, "Residual blocks before the boxes."),
    MMD_OPT_COUNT_REQUIRED("num_fcs", double_t, num_fcs,
                           "Fully connected layers before the classes."),
    MMD_OPT_COUNT("conv_out_channels", double_t, conv_out_channels, "1024",
                  "Channels of the blocks."),
    MMD_OPT_COUNT("fc_out_channels", double_t, fc_out_channels, "1024",
                  "Features of fully connected layers."),
    MMD_OPT_DICT("conv_cfg", double_t, conv_cfg, "Kind of convolution."),
    MMD_OPT_DICT("norm_cfg", double_t, norm_cfg,
                 "Kind of normalisation, dict(type='BN') by "
                 "default."),
};
static const mmd_option_table_t g_table =
    MMD_OPTION_TABLE("DoubleConvFCBBoxHead", double_t, g_options);

// The first block: its norm is always BatchNorm, its convolutions are plain ones.
static mmd_edge_t *widen(mmd_builder_t *b, const double_t *self, mmd_edge_t *x) {
  const int64_t in = self->base.in_channels, out = self->conv_out_channels;
  const mmd_norm_t norm = mmd_norm_read(b, "norm_cfg", NULL, "BN", 1e-5);
  const mmd_activation_t relu = {.type = "ReLU"}, none = {0};
  const mmd_conv_t square = mmd_conv_square(in, in, 3, 1, 1);
  const mmd_conv_t point = mmd_conv_square(in, out, 1, 1, 0);
  const size_t mark = mmd_scope_enter(b, "res_block");
  mmd_edge_t *main = mmd_nn_conv_module(b, "conv1", &square, &norm, &relu, x);
  main = mmd_nn_conv_module(b, "conv2", &point, &norm, &none, main);
  mmd_edge_t *shortcut = mmd_nn_conv_module(b, "conv_identity", &point, &norm, &none, x);
  mmd_scope_leave(b, mark);
  return mmd_nn_relu(b, mmd_nn_binary(b, "Add", main, shortcut));
}

static mmd_edge_t *blocks(mmd_builder_t *b, const double_t *self, mmd_edge_t *x) {
  const int64_t channels = self->conv_out_channels;
  const mmd_resnet_t style = {.norm = mmd_norm_read(b, "norm_cfg", self->norm_cfg, "BN", 1e-5),
                              .conv_cfg = self->conv_cfg};
  for (int64_t i = 0; i < self->num_convs && mmd_builder_ok(b); ++i) {
    const mmd_resnet_block_t block = {.is_bottleneck = true,
                                      .index = (int)i,
                                      .in_channels = channels,
                                      .out_channels = channels,
                                      .middle = channels / 4,
                                      .groups = 1,
                                      .stride = 1,
                                      .dilation = 1};
    const size_t mark = mmd_scope_enter(b, "conv_branch.%lld", (long long)i);
    x = mmd_nn_resnet_block(b, &style, &block, x);
    mmd_scope_leave(b, mark);
  }
  return x;
}

static mmd_edge_t *fcs(mmd_builder_t *b, const double_t *self, mmd_edge_t *x) {
  x = mmd_nn_flatten(b, 1, x);
  for (int64_t i = 0; i < self->num_fcs && mmd_builder_ok(b); ++i) {
    const int64_t first = self->base.in_channels * mmd_bbox_head_area(&self->base);
    const mmd_linear_t linear = {i ? self->fc_out_channels : first, self->fc_out_channels, true};
    char name[48];
    snprintf(name, sizeof name, "fc_branch.%lld", (long long)i);
    x = mmd_nn_relu(b, mmd_nn_linear(b, name, &linear, 2, x));
  }
  return x;
}

static void build(mmd_builder_t *b, const void *options, const mmd_features_t *inputs,
                  mmd_features_t *out_outputs) {
  const double_t *self = options;
  const mmd_bbox_head_t *base = &self->base;
  if (!mmd_bbox_head_check(b, base, inputs)) return;
  if (inputs->count != 2) {
    mmd_builder_fail(
        b, MMD_ERROR(MMD_INVALID_ARGUMENT, "%s: DoubleConvFCBBoxHead needs a DoubleHeadRoIHead",
                     b->config_path));
    return;
  }
  mmd_bbox_head_end(b, "fc_cls", base->num_classes + 1, self->fc_out_channels,
                    fcs(b, self, inputs->items[0]), out_outputs);
  mmd_edge_t *x = blocks(b, self, widen(b, self, inputs->items[1]));
  x = mmd_nn_flatten(b, 1, mmd_nn_global_average_pool(b, x));
  mmd_bbox_head_end(b, "fc_reg", mmd_bbox_head_box_size(base), self->conv_out_channels, x,
                    out_outputs);
}

const mmd_module_t mmd_mmdet_double_bbox_head = {.codebase = "mmdet",
                                                 .kind = "bbox_head",
                                                 .type = "DoubleConvFCBBoxHead",
                                                 .options = &g_table,
                                                 .build = build};
