// SPDX-License-Identifier: Apache-2.0
//
// SSDNeck: ever smaller levels behind the backbone's. The first level may be divided by the length
// of its channels (L2Norm).
#include <math.h>

#include "codebases/mmdet/models/input_check.h"
#include "codebases/mmdet/models/modules.h"
#include "codebases/mmdet/models/options.h"
#include "nn/conv_module.h"
#include "nn/tensor_ops.h"

typedef struct ssd_neck_t {
  mmd_ints_t in_channels, out_channels, level_strides, level_paddings;
  int64_t last_kernel_size;
  const mmd_value_t *l2_norm_scale, *conv_cfg, *norm_cfg, *act_cfg;
  bool use_depthwise;
} ssd_neck_t;

#define REQUIRED_INTS(label, field, text)                                                      \
  {                                                                                            \
    .name = (label), .type = MMD_OPTION_INTS, .offset = offsetof(ssd_neck_t, field), .min = 0, \
    .max = 65536, .flags = MMD_OPTION_REQUIRED, .help = (text)                                 \
  }
static const mmd_option_t g_options[] = {
    REQUIRED_INTS("in_channels", in_channels, "Channels of each input."),
    REQUIRED_INTS("out_channels", out_channels, "Channels of each output."),
    REQUIRED_INTS("level_strides", level_strides, "Stride of each further level."),
    REQUIRED_INTS("level_paddings", level_paddings, "Padding of each further level."),
    MMD_OPT_DICT("l2_norm_scale", ssd_neck_t, l2_norm_scale,
                 "Scale that L2Norm began with; None: no L2Norm."),
    MMD_OPT_COUNT("last_kernel_size", ssd_neck_t, last_kernel_size, "3",
                  "Kernel of the last level."),
    MMD_OPT_BOOL("use_depthwise", ssd_neck_t, use_depthwise, "false",
                 "Depthwise separable convolutions."),
    MMD_OPT_DICT("conv_cfg", ssd_neck_t, conv_cfg, "Kind of convolution."),
    MMD_OPT_DICT("norm_cfg", ssd_neck_t, norm_cfg, "Kind of normalisation; None: none."),
    MMD_OPT_DICT("act_cfg", ssd_neck_t, act_cfg, "Kind of activation."),
    MMD_OPT_TRAINING("init_cfg"),
};
static const mmd_option_table_t g_table = MMD_OPTION_TABLE("SSDNeck", ssd_neck_t, g_options);

static bool check(mmd_builder_t *b, const ssd_neck_t *self, const mmd_features_t *inputs) {
  const int in = self->in_channels.count, extra = self->out_channels.count - in;
  mmd_conv_check_cfg(b, self->conv_cfg);
  if (!mmd_check_in_channels(b, inputs, &self->in_channels, false)) return false;
  if (in < 1 || extra < 1) {
    mmd_builder_fail(b, MMD_ERROR(MMD_INVALID_ARGUMENT,
                                  "%s.out_channels: %d items; more than in_channels has (%d) and "
                                  "at least two are expected",
                                  b->config_path, self->out_channels.count, in));
    return false;
  }
  for (int i = 0; i < in; ++i) {
    if (self->in_channels.items[i] == self->out_channels.items[i]) continue;
    mmd_builder_fail(b, MMD_ERROR(MMD_INVALID_ARGUMENT,
                                  "%s.out_channels[%d]: %lld; %lld as in in_channels is expected",
                                  b->config_path, i, (long long)self->out_channels.items[i],
                                  (long long)self->in_channels.items[i]));
    return false;
  }
  return mmd_check_same_length(b, "level_strides", self->level_strides.count,
                               "out_channels behind in_channels", extra) &&
         mmd_check_same_length(b, "level_paddings", self->level_paddings.count, "level_strides",
                               self->level_strides.count);
}

// weight * x / (length + eps), channels taken as one vector a pixel.
static mmd_edge_t *l2_norm(mmd_builder_t *b, int64_t channels, mmd_edge_t *x) {
  static const int64_t axis = 1;
  const int64_t dims[] = {1, -1, 1, 1};
  mmd_edge_t *const inputs[] = {x, mmd_nn_constant_i64(b, 1, &axis)};
  mmd_edge_t *length = mmd_nn_op(b, "ReduceL2", 2, inputs, NULL);
  length = mmd_nn_shift(b, 1e-10F, length);
  const size_t mark = mmd_scope_enter(b, "l2_norm");
  mmd_edge_t *weight = mmd_nn_reshape(b, 4, dims, mmd_nn_weight(b, "weight", 1, &channels));
  x = mmd_nn_binary(b, "Div", mmd_nn_binary(b, "Mul", x, weight), length);
  mmd_scope_leave(b, mark);
  return x;
}

static mmd_edge_t *build_level(mmd_builder_t *b, const ssd_neck_t *self, const mmd_norm_t *norm,
                               const mmd_activation_t *activation, int index, mmd_edge_t *x) {
  const int place = self->in_channels.count + index;
  const bool is_last = place + 1 == self->out_channels.count;
  const int64_t in = self->out_channels.items[place - 1], out = self->out_channels.items[place];
  const mmd_conv_t first = mmd_conv_square(in, out / 2, 1, 1, 0);
  const mmd_conv_t second =
      mmd_conv_square(out / 2, out, is_last ? self->last_kernel_size : 3,
                      self->level_strides.items[index], self->level_paddings.items[index]);
  const size_t mark = mmd_scope_enter(b, "extra_layers.%d", index);
  x = mmd_nn_conv_module(b, "0", &first, norm, activation, x);
  x = (self->use_depthwise ? mmd_nn_conv_module_separable : mmd_nn_conv_module)(
      b, "1", &second, norm, activation, x);
  mmd_scope_leave(b, mark);
  return x;
}

static void build(mmd_builder_t *b, const void *options, const mmd_features_t *inputs,
                  mmd_features_t *out_outputs) {
  const ssd_neck_t *self = options;
  mmd_norm_t norm = {.kind = MMD_NORM_NONE, .abbr = ""};
  const mmd_activation_t activation = mmd_activation_read(b, "act_cfg", self->act_cfg, "ReLU");
  if (self->norm_cfg) norm = mmd_norm_read(b, "norm_cfg", self->norm_cfg, NULL, 1e-5);
  if (!check(b, self, inputs)) return;
  *out_outputs = *inputs;
  const double scale = self->l2_norm_scale ? mmd_value_get_float(self->l2_norm_scale, 0) : 20;
  if (scale != 0) out_outputs->items[0] = l2_norm(b, self->in_channels.items[0], inputs->items[0]);
  mmd_edge_t *x = inputs->items[inputs->count - 1];
  for (int i = 0; i < self->level_strides.count; ++i) {
    x = build_level(b, self, &norm, &activation, i, x);
    out_outputs->items[out_outputs->count++] = x;
  }
}

const mmd_module_t mmd_mmdet_ssd_neck = {
    .codebase = "mmdet", .kind = "neck", .type = "SSDNeck", .options = &g_table, .build = build};
