// SPDX-License-Identifier: Apache-2.0
//
// MobileNetV2.
#include <stddef.h>

#include "codebases/mmcls/models/modules.h"
#include "nn/conv_module.h"
#include "nn/se_layer.h"

typedef struct mobilenet_v2_t {
  double widen_factor;
  mmd_ints_t out_indices;
  const mmd_value_t *conv_cfg, *norm_cfg, *act_cfg;
} mobilenet_v2_t;

#define TRAINING_ONLY(label)                                                \
  {                                                                         \
    .name = (label), .type = MMD_OPTION_VALUE, .flags = MMD_OPTION_IGNORED, \
    .help = "Training only."                                                \
  }

static const mmd_option_t mobilenet_v2_options[] = {
    {.name = "widen_factor",
     .type = MMD_OPTION_FLOAT,
     .offset = offsetof(mobilenet_v2_t, widen_factor),
     .default_text = "1.0",
     .min = 1e-6,
     .max = 64,
     .help = "Multiplies the channels of every layer."},
    {.name = "out_indices",
     .type = MMD_OPTION_INTS,
     .offset = offsetof(mobilenet_v2_t, out_indices),
     .default_text = "[7]",
     .min = 0,
     .max = 7,
     .help = "Stages whose features are given out; 7 is the last convolution."},
    {.name = "conv_cfg",
     .type = MMD_OPTION_VALUE,
     .offset = offsetof(mobilenet_v2_t, conv_cfg),
     .flags = MMD_OPTION_NULLABLE,
     .help = "Kind of convolution."},
    {.name = "norm_cfg",
     .type = MMD_OPTION_VALUE,
     .offset = offsetof(mobilenet_v2_t, norm_cfg),
     .help = "Kind of normalisation, dict(type='BN') by default."},
    {.name = "act_cfg",
     .type = MMD_OPTION_VALUE,
     .offset = offsetof(mobilenet_v2_t, act_cfg),
     .help = "Activation, dict(type='ReLU6') by default."},
    TRAINING_ONLY("frozen_stages"),
    TRAINING_ONLY("norm_eval"),
    TRAINING_ONLY("with_cp"),
    TRAINING_ONLY("init_cfg"),
    TRAINING_ONLY("pretrained"),
};

static const mmd_option_table_t mobilenet_v2_table =
    MMD_OPTION_TABLE("MobileNetV2", mobilenet_v2_t, mobilenet_v2_options);

typedef struct layer_t {
  int64_t expansion, channels;
  int blocks;
  int64_t stride;
} layer_t;

static const layer_t layers[] = {
    {1, 16, 1, 1}, {6, 24, 2, 2},  {6, 32, 3, 2},  {6, 64, 4, 2},
    {6, 96, 3, 1}, {6, 160, 3, 2}, {6, 320, 1, 1},
};
enum { LAYER_COUNT = sizeof layers / sizeof layers[0] };

typedef struct plan_t {
  mmd_norm_t norm;
  mmd_activation_t activation;
} plan_t;

// Modules conv.0, conv.1 and, where the channels are expanded, conv.2.
static mmd_edge_t *inverted_residual(mmd_builder_t *b, const plan_t *plan, int64_t in_channels,
                                     int64_t out_channels, int64_t stride, int64_t expansion,
                                     mmd_edge_t *x) {
  static const char *const names[] = {"0", "1", "2"};
  const mmd_activation_t linear = {0};
  const int64_t hidden = in_channels * expansion;
  const mmd_conv_t expand = mmd_conv_square(in_channels, hidden, 1, 1, 0);
  mmd_conv_t depthwise = mmd_conv_square(hidden, hidden, 3, stride, 1);
  depthwise.groups = hidden;
  const mmd_conv_t project = mmd_conv_square(hidden, out_channels, 1, 1, 0);

  mmd_edge_t *out = x;
  int n = 0;
  const size_t mark = mmd_scope_enter(b, "conv");
  if (expansion != 1) {
    out = mmd_nn_conv_module(b, names[n++], &expand, &plan->norm, &plan->activation, out);
  }
  out = mmd_nn_conv_module(b, names[n++], &depthwise, &plan->norm, &plan->activation, out);
  out = mmd_nn_conv_module(b, names[n], &project, &plan->norm, &linear, out);
  mmd_scope_leave(b, mark);
  const bool has_shortcut = stride == 1 && in_channels == out_channels;
  return has_shortcut ? mmd_nn_binary(b, "Add", x, out) : out;
}

static mmd_edge_t *build_layer(mmd_builder_t *b, const plan_t *plan, int index, int64_t in_channels,
                               int64_t out_channels, mmd_edge_t *x) {
  const layer_t *layer = &layers[index];
  for (int i = 0; i < layer->blocks; ++i) {
    const size_t mark = mmd_scope_enter(b, "layer%d.%d", index + 1, i);
    x = inverted_residual(b, plan, in_channels, out_channels, i ? 1 : layer->stride,
                          layer->expansion, x);
    mmd_scope_leave(b, mark);
    in_channels = out_channels;
  }
  return x;
}

static void give_out(const mobilenet_v2_t *self, int index, mmd_edge_t *x,
                     mmd_features_t *out_outputs) {
  for (int i = 0; i < self->out_indices.count; ++i) {
    if (self->out_indices.items[i] != index) continue;
    out_outputs->items[out_outputs->count++] = x;
    return;
  }
}

static void build_mobilenet_v2(mmd_builder_t *b, const void *options, const mmd_features_t *inputs,
                               mmd_features_t *out_outputs) {
  const mobilenet_v2_t *self = options;
  const double widen = self->widen_factor;
  const plan_t plan = {
      .norm = mmd_norm_read(b, "norm_cfg", self->norm_cfg, "BN", 1e-5),
      .activation = mmd_activation_read(b, "act_cfg", self->act_cfg, "ReLU6"),
  };
  mmd_conv_check_cfg(b, self->conv_cfg);
  int64_t channels = mmd_make_divisible(32 * widen, 8, 0.9);
  const mmd_conv_t first = mmd_conv_square(3, channels, 3, 2, 1);
  mmd_edge_t *x =
      mmd_nn_conv_module(b, "conv1", &first, &plan.norm, &plan.activation, inputs->items[0]);
  for (int i = 0; i < LAYER_COUNT; ++i) {
    const int64_t out_channels = mmd_make_divisible((double)layers[i].channels * widen, 8, 0.9);
    x = build_layer(b, &plan, i, channels, out_channels, x);
    give_out(self, i, x, out_outputs);
    channels = out_channels;
  }
  const int64_t last_channels = widen > 1 ? (int64_t)(1280 * widen) : 1280;
  const mmd_conv_t last = mmd_conv_square(channels, last_channels, 1, 1, 0);
  x = mmd_nn_conv_module(b, "conv2", &last, &plan.norm, &plan.activation, x);
  give_out(self, LAYER_COUNT, x, out_outputs);
}

const mmd_module_t mmd_mmcls_mobilenet_v2 = {
    .codebase = "mmcls",
    .kind = "backbone",
    .type = "MobileNetV2",
    .options = &mobilenet_v2_table,
    .build = build_mobilenet_v2,
};
