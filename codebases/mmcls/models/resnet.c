// SPDX-License-Identifier: Apache-2.0
//
// ResNet, ResNetV1c (deep stem), ResNetV1d (deep stem, average pooling on the shortcut) and
// SEResNet.
#include <stddef.h>

#include "codebases/mmcls/models/modules.h"
#include "nn/conv.h"
#include "nn/resnet.h"

enum { MAX_STAGES = MMD_RESNET_MAX_STAGES };

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

static void build(mmd_builder_t *b, const resnet_t *self, bool deep, bool avg_down,
                  const mmd_features_t *inputs, mmd_features_t *out_outputs) {
  const mmd_resnet_t resnet = {
      .depth = self->depth,
      .in_channels = self->in_channels,
      .stem_channels = self->stem_channels,
      .base_channels = self->base_channels,
      .expansion = self->expansion,
      .se_ratio = self->se_ratio,
      .num_stages = self->num_stages,
      .strides = self->strides,
      .dilations = self->dilations,
      .out_indices = self->out_indices,
      .caffe = self->style == STYLE_CAFFE,
      .deep_stem = deep,
      .avg_down = avg_down,
      .norm = mmd_norm_read(b, "norm_cfg", self->norm_cfg, "BN", 1e-5),
  };
  mmd_conv_check_cfg(b, self->conv_cfg);
  mmd_nn_resnet(b, &resnet, inputs->items[0], out_outputs->items, &out_outputs->count);
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
