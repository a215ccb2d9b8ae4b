// SPDX-License-Identifier: Apache-2.0
//
// ConvNeXt, and its second version (use_grn): blocks of a large depthwise convolution, a norm over
// the channels of each pixel and two 1x1 convolutions. Those are linear layers in the checkpoint.
#include <stddef.h>
#include <stdio.h>

#include "codebases/mmcls/models/modules.h"
#include "nn/activation.h"
#include "nn/conv.h"
#include "nn/norm.h"
#include "nn/pool.h"
#include "nn/tensor_ops.h"

enum { MAX_STAGES = 8, MLP_RATIO = 4, MAX_CHANNELS = 65536, MAX_DEPTH = 1024 };

typedef struct convnext_t {
  const mmd_value_t *arch, *norm_cfg, *act_cfg;
  mmd_ints_t out_indices;
  int64_t in_channels, stem_patch_size;
  double layer_scale_init_value;
  bool linear_pw_conv, use_grn, gap_before_final_norm;
} convnext_t;

#define TRAINING_ONLY(label)                                                \
  {                                                                         \
    .name = (label), .type = MMD_OPTION_VALUE, .flags = MMD_OPTION_IGNORED, \
    .help = "Training only."                                                \
  }
#define BOOL(label, field, fallback, text)                                           \
  {                                                                                  \
    .name = (label), .type = MMD_OPTION_BOOL, .offset = offsetof(convnext_t, field), \
    .default_text = (fallback), .help = (text)                                       \
  }
#define VALUE(label, field, text)                                                     \
  {                                                                                   \
    .name = (label), .type = MMD_OPTION_VALUE, .offset = offsetof(convnext_t, field), \
    .help = (text)                                                                    \
  }

static const mmd_option_t convnext_options[] = {
    VALUE("arch", arch, "Name of a size, 'tiny' by default, or dict(depths=…, channels=…)."),
    {.name = "in_channels",
     .type = MMD_OPTION_INT,
     .offset = offsetof(convnext_t, in_channels),
     .default_text = "3",
     .min = 1,
     .max = MAX_CHANNELS,
     .help = "Channels of the image."},
    {.name = "stem_patch_size",
     .type = MMD_OPTION_INT,
     .offset = offsetof(convnext_t, stem_patch_size),
     .default_text = "4",
     .min = 1,
     .max = 1024,
     .help = "Kernel and stride of the first convolution."},
    VALUE("norm_cfg", norm_cfg, "Norm, dict(type='LN2d', eps=1e-6) by default."),
    VALUE("act_cfg", act_cfg, "Activation, dict(type='GELU') by default."),
    BOOL("linear_pw_conv", linear_pw_conv, "true", "1x1 convolutions are linear layers."),
    BOOL("use_grn", use_grn, "false", "Global response normalisation in the blocks."),
    {.name = "layer_scale_init_value",
     .type = MMD_OPTION_FLOAT,
     .offset = offsetof(convnext_t, layer_scale_init_value),
     .default_text = "1e-6",
     .help = "Above 0, blocks have a learned scale."},
    {.name = "out_indices",
     .type = MMD_OPTION_INTS,
     .offset = offsetof(convnext_t, out_indices),
     .default_text = "[-1]",
     .help = "Stages whose features are given out."},
    BOOL("gap_before_final_norm", gap_before_final_norm, "true",
         "Features are averaged before their norm: vectors, not maps."),
    TRAINING_ONLY("drop_path_rate"),
    TRAINING_ONLY("frozen_stages"),
    TRAINING_ONLY("with_cp"),
    TRAINING_ONLY("init_cfg"),
    TRAINING_ONLY("pretrained"),
};
static const mmd_option_table_t convnext_table =
    MMD_OPTION_TABLE("ConvNeXt", convnext_t, convnext_options);

typedef struct arch_t {
  int stages;
  int64_t depths[MAX_STAGES], channels[MAX_STAGES];
} arch_t;

static const struct {
  const char *name;
  arch_t arch;
} known_archs[] = {
    {"atto", {4, {2, 2, 6, 2}, {40, 80, 160, 320}}},
    {"femto", {4, {2, 2, 6, 2}, {48, 96, 192, 384}}},
    {"pico", {4, {2, 2, 6, 2}, {64, 128, 256, 512}}},
    {"nano", {4, {2, 2, 8, 2}, {80, 160, 320, 640}}},
    {"tiny", {4, {3, 3, 9, 3}, {96, 192, 384, 768}}},
    {"small", {4, {3, 3, 27, 3}, {96, 192, 384, 768}}},
    {"base", {4, {3, 3, 27, 3}, {128, 256, 512, 1024}}},
    {"large", {4, {3, 3, 27, 3}, {192, 384, 768, 1536}}},
    {"xlarge", {4, {3, 3, 27, 3}, {256, 512, 1024, 2048}}},
    {"huge", {4, {3, 3, 27, 3}, {352, 704, 1408, 2816}}},
};

typedef struct plan_t {
  const convnext_t *self;
  arch_t arch;
  mmd_norm_t norm;
  mmd_norm_t reduction_norm;  // in front of the convolutions between the stages
  mmd_activation_t activation;
} plan_t;

//===--- reading -----------------------------------------------------------===//

static mmd_status_t named_arch(const mmd_builder_t *b, const char *name, arch_t *out_arch) {
  const char *names[sizeof known_archs / sizeof *known_archs];
  const size_t count = sizeof known_archs / sizeof *known_archs;
  for (size_t i = 0; i < count; ++i) {
    names[i] = known_archs[i].name;
    if (!mmd_str_equal(name, names[i])) continue;
    *out_arch = known_archs[i].arch;
    return NULL;
  }
  const char *nearest = mmd_nearest_name(name, names, count);
  return MMD_ERROR(MMD_INVALID_ARGUMENT, "%s.arch: there is no '%s'%s%s%s", b->config_path, name,
                   nearest ? "; did you mean '" : "", nearest ? nearest : "", nearest ? "'?" : "");
}

static bool read_list(const mmd_value_t *list, int64_t max, size_t count, int64_t *numbers) {
  if (mmd_array_size(list) != count) return false;
  for (size_t i = 0; i < count; ++i) {
    numbers[i] = mmd_value_get_int(mmd_array_at(list, i), -1);
    if (numbers[i] < 1 || numbers[i] > max) return false;
  }
  return true;
}

static mmd_status_t read_arch(const mmd_builder_t *b, const mmd_value_t *value, arch_t *out_arch) {
  const char *name = mmd_value_get_string(value, mmd_value_is_null(value) ? "tiny" : NULL);
  if (name) return named_arch(b, name, out_arch);
  const mmd_value_t *depths = mmd_object_get(value, "depths");
  const size_t count = mmd_array_size(depths);
  out_arch->stages = (int)count;
  if (count >= 1 && count <= MAX_STAGES && read_list(depths, MAX_DEPTH, count, out_arch->depths) &&
      read_list(mmd_object_get(value, "channels"), MAX_CHANNELS, count, out_arch->channels)) {
    return NULL;
  }
  return MMD_ERROR(MMD_INVALID_ARGUMENT,
                   "%s.arch: a name, or a dict with depths and channels, as many positive numbers "
                   "of each (at most %d), is expected",
                   b->config_path, MAX_STAGES);
}

// LN2d: over the channels of each pixel.
static mmd_status_t read_norm(const mmd_builder_t *b, const mmd_value_t *cfg,
                              mmd_norm_t *out_norm) {
  *out_norm = (mmd_norm_t){.kind = MMD_NORM_LAYER, .eps = 1e-6, .affine = true, .abbr = "ln"};
  if (mmd_value_is_null(cfg)) return NULL;
  const char *type = mmd_value_get_string(mmd_object_get(cfg, "type"), "");
  if (!mmd_str_equal(type, "LN2d")) {
    return MMD_ERROR(MMD_NOT_SUPPORTED, "%s.norm_cfg: norm type '%s' is not supported, only LN2d",
                     b->config_path, type);
  }
  out_norm->eps = mmd_value_get_float(mmd_object_get(cfg, "eps"), 1e-5);
  out_norm->affine = mmd_value_get_bool(mmd_object_get(cfg, "elementwise_affine"), true);
  return NULL;
}

static mmd_status_t read_plan(mmd_builder_t *b, const convnext_t *self, plan_t *out_plan) {
  *out_plan = (plan_t){.self = self,
                       .activation = mmd_activation_read(b, "act_cfg", self->act_cfg, "GELU")};
  MMD_TRY(read_arch(b, self->arch, &out_plan->arch));
  MMD_TRY(read_norm(b, self->norm_cfg, &out_plan->norm));
  out_plan->reduction_norm = out_plan->norm;
  if (!b->is_1x) out_plan->reduction_norm.eps = 1e-5;  // mmcls does not ask norm_cfg there
  for (int i = 0; i < self->out_indices.count; ++i) {
    const int64_t index = self->out_indices.items[i];
    if (index < out_plan->arch.stages && index >= -4) continue;
    return MMD_ERROR(MMD_INVALID_ARGUMENT, "%s.out_indices: %lld is no stage, there are %d",
                     b->config_path, (long long)index, out_plan->arch.stages);
  }
  return NULL;
}

//===--- building ----------------------------------------------------------===//

// A norm over axis 1 of NCHW.
static mmd_edge_t *norm_map(mmd_builder_t *b, const char *name, const mmd_norm_t *norm,
                            int64_t channels, mmd_edge_t *x) {
  static const int64_t channels_last[] = {0, 2, 3, 1}, channels_first[] = {0, 3, 1, 2};
  x = mmd_nn_norm(b, name, norm, channels, mmd_nn_transpose(b, 4, channels_last, x));
  return mmd_nn_transpose(b, 4, channels_first, x);
}

// A vector as an operand of NCHW; folded when the graph is converted.
static mmd_edge_t *per_channel(mmd_builder_t *b, const char *name, int64_t channels) {
  const int64_t dims[] = {1, channels, 1, 1};
  return mmd_nn_reshape(b, 4, dims, mmd_nn_weight(b, name, 1, &channels));
}

// A linear layer over the channels as the convolution that it is.
static mmd_edge_t *pointwise(mmd_builder_t *b, const convnext_t *self, const char *name, int64_t in,
                             int64_t out, mmd_edge_t *x) {
  mmd_conv_t conv = mmd_conv_square(in, out, 1, 1, 0);
  conv.bias = true;
  if (!self->linear_pw_conv) return mmd_nn_conv(b, name, &conv, x);
  const int64_t dims[] = {out, in}, kernel[] = {out, in, 1, 1};
  const size_t mark = mmd_scope_enter(b, "%s", name);
  mmd_edge_t *const inputs[] = {x,
                                mmd_nn_reshape(b, 4, kernel, mmd_nn_weight(b, "weight", 2, dims)),
                                mmd_nn_weight(b, "bias", 1, dims)};
  x = mmd_nn_op(b, "Conv", 3, inputs, NULL);
  mmd_scope_leave(b, mark);
  return x;
}

static mmd_edge_t *reduce(mmd_builder_t *b, const char *op, size_t count, const int64_t *axes,
                          mmd_edge_t *x) {
  mmd_edge_t *const inputs[] = {x, mmd_nn_constant_i64(b, count, axes)};
  return mmd_nn_op(b, op, 2, inputs, NULL);  // keeps the axes
}

// Global response normalisation: channels weighed by their strength among all.
static mmd_edge_t *respond(mmd_builder_t *b, int64_t channels, mmd_edge_t *x) {
  static const int64_t space[] = {2, 3}, channel[] = {1};
  const size_t mark = mmd_scope_enter(b, "grn");
  mmd_edge_t *strength = reduce(b, "ReduceL2", 2, space, x);
  mmd_edge_t *mean = mmd_nn_shift(b, 1e-6F, reduce(b, "ReduceMean", 1, channel, strength));
  mmd_edge_t *factor = mmd_nn_binary(b, "Div", strength, mean);
  factor = mmd_nn_binary(b, "Mul", factor, per_channel(b, "gamma", channels));
  x = mmd_nn_binary(b, "Mul", x, mmd_nn_shift(b, 1, factor));
  x = mmd_nn_binary(b, "Add", x, per_channel(b, "beta", channels));
  mmd_scope_leave(b, mark);
  return x;
}

static mmd_edge_t *build_block(mmd_builder_t *b, const plan_t *plan, int64_t channels,
                               mmd_edge_t *x) {
  const convnext_t *self = plan->self;
  const int64_t hidden = MLP_RATIO * channels;
  mmd_conv_t depthwise = mmd_conv_square(channels, channels, 7, 1, 3);
  depthwise.groups = channels;
  depthwise.bias = true;
  mmd_edge_t *out = mmd_nn_conv(b, "depthwise_conv", &depthwise, x);
  out = norm_map(b, "norm", &plan->norm, channels, out);
  out = pointwise(b, self, "pointwise_conv1", channels, hidden, out);
  out = mmd_nn_activation(b, &plan->activation, out);
  if (self->use_grn) out = respond(b, hidden, out);
  out = pointwise(b, self, "pointwise_conv2", hidden, channels, out);
  if (self->layer_scale_init_value > 0)
    out = mmd_nn_binary(b, "Mul", out, per_channel(b, "gamma", channels));
  return mmd_nn_binary(b, "Add", x, out);
}

// The stem, or a norm and a strided convolution.
static mmd_edge_t *reduce_map(mmd_builder_t *b, const plan_t *plan, int stage, mmd_edge_t *x) {
  const convnext_t *self = plan->self;
  const bool is_stem = stage == 0;
  const int64_t in = is_stem ? self->in_channels : plan->arch.channels[stage - 1];
  const int64_t out = plan->arch.channels[stage], side = is_stem ? self->stem_patch_size : 2;
  mmd_conv_t conv = mmd_conv_square(in, out, side, side, 0);
  conv.bias = true;
  const size_t mark = mmd_scope_enter(b, "downsample_layers.%d", stage);
  if (!is_stem) x = norm_map(b, "0", &plan->reduction_norm, in, x);
  x = mmd_nn_conv(b, is_stem ? "0" : "1", &conv, x);
  if (is_stem) x = norm_map(b, "1", &plan->norm, out, x);
  mmd_scope_leave(b, mark);
  return x;
}

static bool is_wanted(const mmd_ints_t *indices, int64_t stage) {
  for (int i = 0; i < indices->count; ++i) {
    const int64_t index = indices->items[i];
    if ((index < 0 ? 4 + index : index) == stage) return true;  // as mmcls, whatever their number
  }
  return false;
}

static mmd_edge_t *finish(mmd_builder_t *b, const plan_t *plan, int stage, mmd_edge_t *x) {
  const int64_t channels = plan->arch.channels[stage];
  char name[16];
  snprintf(name, sizeof name, "norm%d", stage);
  if (!plan->self->gap_before_final_norm) return norm_map(b, name, &plan->norm, channels, x);
  x = mmd_nn_flatten(b, 1, mmd_nn_global_average_pool(b, x));
  return mmd_nn_norm(b, name, &plan->norm, channels, x);
}

static void build_convnext(mmd_builder_t *b, const void *options, const mmd_features_t *inputs,
                           mmd_features_t *out_outputs) {
  plan_t plan;
  mmd_edge_t *x = inputs->items[0];
  mmd_status_t status = read_plan(b, options, &plan);
  if (status) mmd_builder_fail(b, status);
  for (int i = 0; i < plan.arch.stages && mmd_builder_ok(b); ++i) {
    x = reduce_map(b, &plan, i, x);
    for (int64_t k = 0; k < plan.arch.depths[i] && mmd_builder_ok(b); ++k) {
      const size_t mark = mmd_scope_enter(b, "stages.%d.%lld", i, (long long)k);
      x = build_block(b, &plan, plan.arch.channels[i], x);
      mmd_scope_leave(b, mark);
    }
    if (is_wanted(&plan.self->out_indices, i))
      out_outputs->items[out_outputs->count++] = finish(b, &plan, i, x);
  }
}

const mmd_module_t mmd_mmcls_convnext = {
    .codebase = "mmcls",
    .kind = "backbone",
    .type = "ConvNeXt",
    .options = &convnext_table,
    .build = build_convnext,
};
