// SPDX-License-Identifier: Apache-2.0
//
// ChannelMapper: a convolution a level that gives all the same channels, and more levels by strided
// convolutions.
#include "codebases/mmdet/models/input_check.h"
#include "codebases/mmdet/models/modules.h"
#include "codebases/mmdet/models/options.h"
#include "nn/conv_module.h"

typedef struct channel_mapper_t {
  mmd_ints_t in_channels;
  int64_t out_channels, kernel_size, num_outs;
  const mmd_value_t *conv_cfg, *norm_cfg, *act_cfg, *bias;
} channel_mapper_t;

static const mmd_option_t g_options[] = {
    {.name = "in_channels",
     .type = MMD_OPTION_INTS,
     .offset = offsetof(channel_mapper_t, in_channels),
     .min = 1,
     .max = 65536,
     .flags = MMD_OPTION_REQUIRED,
     .help = "Channels of each input."},
    MMD_OPT_COUNT_REQUIRED("out_channels", channel_mapper_t, out_channels,
                           "Channels of each output."),
    {.name = "kernel_size",
     .type = MMD_OPTION_INT,
     .offset = offsetof(channel_mapper_t, kernel_size),
     .default_text = "3",
     .min = 1,
     .max = 255,
     .help = "Kernel of the convolutions."},
    {.name = "num_outs",
     .type = MMD_OPTION_INT,
     .offset = offsetof(channel_mapper_t, num_outs),
     .default_text = "0",
     .min = 0,
     .max = MMD_MAX_FEATURES,
     .flags = MMD_OPTION_NULLABLE,
     .help = "Number of outputs; None: as many as inputs."},
    MMD_OPT_DICT("conv_cfg", channel_mapper_t, conv_cfg, "Kind of convolution."),
    MMD_OPT_DICT("norm_cfg", channel_mapper_t, norm_cfg, "Kind of normalisation; None: none."),
    MMD_OPT_DICT("act_cfg", channel_mapper_t, act_cfg, "Activation, dict(type='ReLU') by default."),
    MMD_OPT_DICT("bias", channel_mapper_t, bias, "'auto': where there is no norm."),
    MMD_OPT_TRAINING("init_cfg"),
};
static const mmd_option_table_t g_table =
    MMD_OPTION_TABLE("ChannelMapper", channel_mapper_t, g_options);

typedef struct plan_t {
  mmd_norm_t norm;
  mmd_activation_t activation;
  const mmd_value_t *conv_cfg;
  bool has_bias;
} plan_t;

static plan_t read_plan(mmd_builder_t *b, const channel_mapper_t *self) {
  plan_t plan = {.norm = {.kind = MMD_NORM_NONE, .abbr = ""},
                 .activation = mmd_activation_read(b, "act_cfg", self->act_cfg, "ReLU"),
                 .conv_cfg = self->conv_cfg};
  if (self->norm_cfg) plan.norm = mmd_norm_read(b, "norm_cfg", self->norm_cfg, NULL, 1e-5);
  plan.has_bias = mmd_value_get_bool(self->bias, plan.norm.kind == MMD_NORM_NONE);
  return plan;
}

static mmd_edge_t *conv_module(mmd_builder_t *b, const plan_t *plan, const char *list, size_t index,
                               mmd_conv_t conv, mmd_edge_t *x) {
  const size_t mark = mmd_scope_enter(b, "%s.%zu", list, index);
  conv.bias = plan->has_bias;
  conv.cfg = plan->conv_cfg;
  x = mmd_nn_conv(b, "conv", &conv, x);
  x = mmd_nn_norm_numbered(b, 0, &plan->norm, conv.out_channels, x);
  x = mmd_nn_activation(b, &plan->activation, x);
  mmd_scope_leave(b, mark);
  return x;
}

static void build(mmd_builder_t *b, const void *options, const mmd_features_t *inputs,
                  mmd_features_t *out_outputs) {
  const channel_mapper_t *self = options;
  const plan_t plan = read_plan(b, self);
  const int64_t out = self->out_channels, kernel = self->kernel_size;
  const size_t count = inputs->count;
  if (!mmd_check_in_channels(b, inputs, &self->in_channels, false)) return;
  for (size_t i = 0; i < count; ++i) {
    const mmd_conv_t conv =
        mmd_conv_square(self->in_channels.items[i], out, kernel, 1, (kernel - 1) / 2);
    out_outputs->items[i] = conv_module(b, &plan, "convs", i, conv, inputs->items[i]);
  }
  out_outputs->count = count;
  for (size_t i = count; i < (size_t)self->num_outs; ++i) {
    const bool is_first = i == count;
    const int64_t in = is_first ? self->in_channels.items[count - 1] : out;
    mmd_edge_t *from = is_first ? inputs->items[count - 1] : out_outputs->items[i - 1];
    out_outputs->items[out_outputs->count++] =
        conv_module(b, &plan, "extra_convs", i - count, mmd_conv_square(in, out, 3, 2, 1), from);
  }
}

const mmd_module_t mmd_mmdet_channel_mapper = {.codebase = "mmdet",
                                               .kind = "neck",
                                               .type = "ChannelMapper",
                                               .options = &g_table,
                                               .build = build};
