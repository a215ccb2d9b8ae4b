// SPDX-License-Identifier: Apache-2.0
//
// ResNet, ResNetV1c (deep stem), ResNetV1d (deep stem, average pooling on the shortcut) and
// SEResNet.
#include <stddef.h>

#include "codebases/mmcls/models/modules.h"
#include "nn/conv_module.h"
#include "nn/pool.h"
#include "nn/se_layer.h"

enum { MAX_STAGES = 4 };

typedef enum style_t { STYLE_PYTORCH, STYLE_CAFFE } style_t;

typedef struct resnet_t {
  int64_t depth, in_channels, stem_channels, base_channels, expansion, num_stages, se_ratio;
  mmd_ints_t strides, dilations, out_indices;
  int style;
  bool deep_stem, avg_down;
  const mmd_value_t *conv_cfg, *norm_cfg;
} resnet_t;

static const char *const styles[] = {"pytorch", "caffe", NULL};

#define POSITIVE .min = 1, .max = 65536
#define TRAINING_ONLY(label)                                                \
  {                                                                         \
    .name = (label), .type = MMD_OPTION_VALUE, .flags = MMD_OPTION_IGNORED, \
    .help = "Training only."                                                \
  }

// clang-format off
#define RESNET_COMMON_OPTIONS                                                                                       \
  {.name = "depth", .type = MMD_OPTION_INT, .offset = offsetof(resnet_t, depth), .flags = MMD_OPTION_REQUIRED,     \
   .help = "Number of layers: 18, 34, 50, 101 or 152."},                                                           \
  {.name = "in_channels", .type = MMD_OPTION_INT, .offset = offsetof(resnet_t, in_channels),                       \
   .default_text = "3", POSITIVE, .help = "Channels of the image."},                                               \
  {.name = "stem_channels", .type = MMD_OPTION_INT, .offset = offsetof(resnet_t, stem_channels),                   \
   .default_text = "64", POSITIVE, .help = "Channels behind the stem."},                                           \
  {.name = "base_channels", .type = MMD_OPTION_INT, .offset = offsetof(resnet_t, base_channels),                   \
   .default_text = "64", POSITIVE, .help = "Middle channels of the first stage."},                                 \
  {.name = "expansion", .type = MMD_OPTION_INT, .offset = offsetof(resnet_t, expansion), POSITIVE,                 \
   .flags = MMD_OPTION_NULLABLE, .help = "Output by middle channels of a block; None is the block's own."},        \
  {.name = "num_stages", .type = MMD_OPTION_INT, .offset = offsetof(resnet_t, num_stages), .default_text = "4",    \
   .min = 1, .max = MAX_STAGES, .help = "Number of stages."},                                                      \
  {.name = "strides", .type = MMD_OPTION_INTS, .offset = offsetof(resnet_t, strides),                              \
   .default_text = "[1, 2, 2, 2]", .min = 1, .max = 64, .help = "Stride of each stage."},                          \
  {.name = "dilations", .type = MMD_OPTION_INTS, .offset = offsetof(resnet_t, dilations),                          \
   .default_text = "[1, 1, 1, 1]", .min = 1, .max = 64, .help = "Dilation of each stage."},                        \
  {.name = "out_indices", .type = MMD_OPTION_INTS, .offset = offsetof(resnet_t, out_indices),                      \
   .default_text = "[3]", .min = 0, .max = MAX_STAGES, .help = "Stages whose features are given out."},            \
  {.name = "style", .type = MMD_OPTION_CHOICE, .offset = offsetof(resnet_t, style), .choices = styles,             \
   .default_text = "pytorch", .help = "Where a bottleneck strides: pytorch in the 3x3, caffe in the first 1x1."},  \
  {.name = "conv_cfg", .type = MMD_OPTION_VALUE, .offset = offsetof(resnet_t, conv_cfg),                           \
   .flags = MMD_OPTION_NULLABLE, .help = "Kind of convolution."},                                                  \
  {.name = "norm_cfg", .type = MMD_OPTION_VALUE, .offset = offsetof(resnet_t, norm_cfg),                           \
   .help = "Kind of normalisation, dict(type='BN') by default."},                                                  \
  TRAINING_ONLY("frozen_stages"), TRAINING_ONLY("norm_eval"), TRAINING_ONLY("with_cp"),                            \
  TRAINING_ONLY("zero_init_residual"), TRAINING_ONLY("init_cfg"), TRAINING_ONLY("pretrained"),                     \
  TRAINING_ONLY("drop_path_rate")

#define RESNET_STEM_OPTIONS                                                                                         \
  {.name = "deep_stem", .type = MMD_OPTION_BOOL, .offset = offsetof(resnet_t, deep_stem), .default_text = "false", \
   .help = "Three 3x3 convolutions in place of the 7x7 one."},                                                     \
  {.name = "avg_down", .type = MMD_OPTION_BOOL, .offset = offsetof(resnet_t, avg_down), .default_text = "false",   \
   .help = "Average pooling in place of the stride on the shortcut."}
// clang-format on

static const mmd_option_t resnet_options[] = {RESNET_COMMON_OPTIONS, RESNET_STEM_OPTIONS};
static const mmd_option_t resnet_variant_options[] = {RESNET_COMMON_OPTIONS};
static const mmd_option_t seresnet_options[] = {
    RESNET_COMMON_OPTIONS,
    RESNET_STEM_OPTIONS,
    {.name = "se_ratio",
     .type = MMD_OPTION_INT,
     .offset = offsetof(resnet_t, se_ratio),
     .default_text = "16",
     POSITIVE,
     .help = "How much the excitation squeezes the channels."},
};

static const mmd_option_table_t resnet_table = MMD_OPTION_TABLE("ResNet", resnet_t, resnet_options);
static const mmd_option_table_t resnet_v1c_table =
    MMD_OPTION_TABLE("ResNetV1c", resnet_t, resnet_variant_options);
static const mmd_option_table_t resnet_v1d_table =
    MMD_OPTION_TABLE("ResNetV1d", resnet_t, resnet_variant_options);
static const mmd_option_table_t seresnet_table =
    MMD_OPTION_TABLE("SEResNet", resnet_t, seresnet_options);

typedef struct arch_t {
  int64_t depth;
  bool bottleneck;
  int blocks[MAX_STAGES];
} arch_t;

static const arch_t archs[] = {
    {18, false, {2, 2, 2, 2}},  {34, false, {3, 4, 6, 3}},  {50, true, {3, 4, 6, 3}},
    {101, true, {3, 4, 23, 3}}, {152, true, {3, 8, 36, 3}},
};

// Everything the blocks need.
typedef struct plan_t {
  const arch_t *arch;
  int64_t expansion, se_ratio;
  bool caffe, avg_down;
  mmd_norm_t norm;
} plan_t;

typedef struct block_t {
  int64_t in_channels, out_channels, stride, dilation;
  bool has_downsample;
} block_t;

// conv<n> and its norm; a ReLU behind it when |activate|.
static mmd_edge_t *conv_norm(mmd_builder_t *b, const plan_t *plan, int number,
                             const mmd_conv_t *conv, bool activate, mmd_edge_t *x) {
  const char *const names[] = {"conv1", "conv2", "conv3"};
  x = mmd_nn_conv(b, names[number - 1], conv, x);
  x = mmd_nn_norm_numbered(b, number, &plan->norm, conv->out_channels, x);
  return activate ? mmd_nn_relu(b, x) : x;
}

static mmd_conv_t dilated(mmd_conv_t conv, int64_t dilation) {
  conv.padding[0] = conv.padding[1] = dilation;
  conv.dilation[0] = conv.dilation[1] = dilation;
  return conv;
}

static mmd_edge_t *basic_block(mmd_builder_t *b, const plan_t *plan, const block_t *block,
                               mmd_edge_t *x) {
  const int64_t channels = block->out_channels;
  const mmd_conv_t first =
      dilated(mmd_conv_square(block->in_channels, channels, 3, block->stride, 1), block->dilation);
  const mmd_conv_t second = mmd_conv_square(channels, channels, 3, 1, 1);
  x = conv_norm(b, plan, 1, &first, true, x);
  return conv_norm(b, plan, 2, &second, false, x);
}

static mmd_edge_t *bottleneck(mmd_builder_t *b, const plan_t *plan, const block_t *block,
                              mmd_edge_t *x) {
  const int64_t middle = block->out_channels / plan->expansion;
  const int64_t first_stride = plan->caffe ? block->stride : 1;
  const int64_t second_stride = plan->caffe ? 1 : block->stride;
  const mmd_conv_t first = mmd_conv_square(block->in_channels, middle, 1, first_stride, 0);
  const mmd_conv_t second =
      dilated(mmd_conv_square(middle, middle, 3, second_stride, 1), block->dilation);
  const mmd_conv_t third = mmd_conv_square(middle, block->out_channels, 1, 1, 0);
  x = conv_norm(b, plan, 1, &first, true, x);
  x = conv_norm(b, plan, 2, &second, true, x);
  x = conv_norm(b, plan, 3, &third, false, x);
  if (!plan->se_ratio) return x;
  return mmd_nn_se_layer(b, "se_layer", block->out_channels, plan->se_ratio, x);
}

// The shortcut of a stage's first block; the numbers in the names count the pooling too.
static mmd_edge_t *downsample(mmd_builder_t *b, const plan_t *plan, const block_t *block,
                              mmd_edge_t *x) {
  const bool pooled = plan->avg_down && block->stride != 1;
  const mmd_pool2d_t pool = {.kernel = block->stride, .stride = block->stride, .ceil_mode = true};
  const mmd_conv_t conv =
      mmd_conv_square(block->in_channels, block->out_channels, 1, pooled ? 1 : block->stride, 0);
  const size_t mark = mmd_scope_enter(b, "downsample");
  if (pooled) x = mmd_nn_average_pool(b, &pool, x);
  x = mmd_nn_conv(b, pooled ? "1" : "0", &conv, x);
  x = mmd_nn_norm(b, pooled ? "2" : "1", &plan->norm, block->out_channels, x);
  mmd_scope_leave(b, mark);
  return x;
}

static mmd_edge_t *residual_block(mmd_builder_t *b, const plan_t *plan, const block_t *block,
                                  mmd_edge_t *x) {
  mmd_edge_t *out =
      plan->arch->bottleneck ? bottleneck(b, plan, block, x) : basic_block(b, plan, block, x);
  mmd_edge_t *shortcut = block->has_downsample ? downsample(b, plan, block, x) : x;
  return mmd_nn_relu(b, mmd_nn_binary(b, "Add", out, shortcut));
}

static mmd_edge_t *stage(mmd_builder_t *b, const plan_t *plan, int index, block_t block,
                         mmd_edge_t *x) {
  block.has_downsample = block.stride != 1 || block.in_channels != block.out_channels;
  for (int i = 0; i < plan->arch->blocks[index]; ++i) {
    const size_t mark = mmd_scope_enter(b, "layer%d.%d", index + 1, i);
    x = residual_block(b, plan, &block, x);
    mmd_scope_leave(b, mark);
    block.in_channels = block.out_channels;
    block.stride = 1;
    block.has_downsample = false;
  }
  return x;
}

static mmd_edge_t *deep_stem(mmd_builder_t *b, const resnet_t *self, const plan_t *plan,
                             mmd_edge_t *x) {
  const int64_t half = self->stem_channels / 2;
  const mmd_activation_t relu = {.type = "ReLU"};
  const mmd_conv_t convs[] = {mmd_conv_square(self->in_channels, half, 3, 2, 1),
                              mmd_conv_square(half, half, 3, 1, 1),
                              mmd_conv_square(half, self->stem_channels, 3, 1, 1)};
  static const char *const names[] = {"0", "1", "2"};
  const size_t mark = mmd_scope_enter(b, "stem");
  for (int i = 0; i < 3; ++i) x = mmd_nn_conv_module(b, names[i], &convs[i], &plan->norm, &relu, x);
  mmd_scope_leave(b, mark);
  return x;
}

static mmd_edge_t *stem(mmd_builder_t *b, const resnet_t *self, const plan_t *plan, bool deep,
                        mmd_edge_t *x) {
  const mmd_conv_t conv = mmd_conv_square(self->in_channels, self->stem_channels, 7, 2, 3);
  const mmd_pool2d_t pool = {.kernel = 3, .stride = 2, .padding = 1};
  x = deep ? deep_stem(b, self, plan, x) : conv_norm(b, plan, 1, &conv, true, x);
  return mmd_nn_max_pool(b, &pool, x);
}

static const arch_t *find_arch(int64_t depth) {
  for (size_t i = 0; i < sizeof archs / sizeof archs[0]; ++i) {
    if (archs[i].depth == depth) return &archs[i];
  }
  return NULL;
}

static mmd_status_t make_plan(mmd_builder_t *b, const resnet_t *self, bool avg_down,
                              plan_t *out_plan) {
  const char *path = b->config_path;
  const arch_t *arch = find_arch(self->depth);
  if (!arch || (self->se_ratio && !arch->bottleneck)) {
    return MMD_ERROR(MMD_INVALID_ARGUMENT, "%s.depth: %lld is none of %s50, 101, 152", path,
                     (long long)self->depth, self->se_ratio ? "" : "18, 34, ");
  }
  if (self->strides.count != self->num_stages || self->dilations.count != self->num_stages) {
    return MMD_ERROR(MMD_INVALID_ARGUMENT,
                     "%s: num_stages is %lld, but there are %d strides and %d dilations", path,
                     (long long)self->num_stages, self->strides.count, self->dilations.count);
  }
  for (int i = 0; i < self->out_indices.count; ++i) {
    if (self->out_indices.items[i] < self->num_stages) continue;
    return MMD_ERROR(MMD_INVALID_ARGUMENT, "%s.out_indices: %lld is no stage, there are %lld", path,
                     (long long)self->out_indices.items[i], (long long)self->num_stages);
  }
  const int64_t expansion = self->expansion ? self->expansion : arch->bottleneck ? 4 : 1;
  if (!arch->bottleneck && expansion != 1) {
    return MMD_ERROR(MMD_INVALID_ARGUMENT, "%s.expansion: must be 1 for depth %lld", path,
                     (long long)self->depth);
  }
  *out_plan = (plan_t){
      .arch = arch,
      .expansion = expansion,
      .se_ratio = self->se_ratio,
      .caffe = self->style == STYLE_CAFFE,
      .avg_down = avg_down,
      .norm = mmd_norm_read(b, "norm_cfg", self->norm_cfg, "BN", 1e-5),
  };
  mmd_conv_check_cfg(b, self->conv_cfg);
  return NULL;
}

static bool is_wanted(const mmd_ints_t *indices, int index) {
  for (int i = 0; i < indices->count; ++i) {
    if (indices->items[i] == index) return true;
  }
  return false;
}

static void build(mmd_builder_t *b, const resnet_t *self, bool deep, bool avg_down,
                  const mmd_features_t *inputs, mmd_features_t *out_outputs) {
  plan_t plan;
  mmd_status_t status = make_plan(b, self, avg_down, &plan);
  if (status) {
    mmd_builder_fail(b, status);
    return;
  }
  mmd_edge_t *x = stem(b, self, &plan, deep, inputs->items[0]);
  block_t block = {.in_channels = self->stem_channels,
                   .out_channels = self->base_channels * plan.expansion};
  for (int i = 0; i < self->num_stages; ++i) {
    block.stride = self->strides.items[i];
    block.dilation = self->dilations.items[i];
    x = stage(b, &plan, i, block, x);
    if (is_wanted(&self->out_indices, i)) out_outputs->items[out_outputs->count++] = x;
    block.in_channels = block.out_channels;
    block.out_channels *= 2;
  }
}

static void build_resnet(mmd_builder_t *b, const void *options, const mmd_features_t *inputs,
                         mmd_features_t *out_outputs) {
  const resnet_t *self = options;
  build(b, self, self->deep_stem, self->avg_down, inputs, out_outputs);
}

static void build_resnet_v1c(mmd_builder_t *b, const void *options, const mmd_features_t *inputs,
                             mmd_features_t *out_outputs) {
  build(b, options, true, false, inputs, out_outputs);
}

static void build_resnet_v1d(mmd_builder_t *b, const void *options, const mmd_features_t *inputs,
                             mmd_features_t *out_outputs) {
  build(b, options, true, true, inputs, out_outputs);
}

const mmd_module_t mmd_mmcls_resnet = {.codebase = "mmcls",
                                       .kind = "backbone",
                                       .type = "ResNet",
                                       .options = &resnet_table,
                                       .build = build_resnet};
const mmd_module_t mmd_mmcls_resnet_v1c = {.codebase = "mmcls",
                                           .kind = "backbone",
                                           .type = "ResNetV1c",
                                           .options = &resnet_v1c_table,
                                           .build = build_resnet_v1c};
const mmd_module_t mmd_mmcls_resnet_v1d = {.codebase = "mmcls",
                                           .kind = "backbone",
                                           .type = "ResNetV1d",
                                           .options = &resnet_v1d_table,
                                           .build = build_resnet_v1d};
const mmd_module_t mmd_mmcls_seresnet = {.codebase = "mmcls",
                                         .kind = "backbone",
                                         .type = "SEResNet",
                                         .options = &seresnet_table,
                                         .build = build_resnet};
