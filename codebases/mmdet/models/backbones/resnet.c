// SPDX-License-Identifier: Apache-2.0
//
// ResNet, ResNetV1d and ResNeXt of mmdet.
#include "nn/resnet.h"

#include "codebases/mmdet/models/modules.h"
#include "codebases/mmdet/models/options.h"
#include "nn/conv.h"

typedef struct resnet_t {
  int64_t depth, in_channels, stem_channels, base_channels, num_stages, groups, base_width;
  mmd_ints_t strides, dilations, out_indices;
  int style;
  bool deep_stem, avg_down;
  const mmd_value_t *conv_cfg, *norm_cfg, *dcn, *plugins;
} resnet_t;

enum { STYLE_PYTORCH, STYLE_CAFFE };
static const char *const styles[] = {"pytorch", "caffe", NULL};

// clang-format off
#define RESNET_OPTIONS                                                                                            \
  {.name = "depth", .type = MMD_OPTION_INT, .offset = offsetof(resnet_t, depth), .flags = MMD_OPTION_REQUIRED,    \
   .help = "Number of layers: 18, 34, 50, 101 or 152."},                                                          \
  MMD_OPT_COUNT("in_channels", resnet_t, in_channels, "3", "Channels of the image."),                             \
  {.name = "stem_channels", .type = MMD_OPTION_INT, .offset = offsetof(resnet_t, stem_channels),                  \
   .min = 1, .max = 65536, .flags = MMD_OPTION_NULLABLE, .help = "Channels behind the stem; None: base_channels."}, \
  MMD_OPT_COUNT("base_channels", resnet_t, base_channels, "64", "Middle channels of the first stage."),           \
  {.name = "num_stages", .type = MMD_OPTION_INT, .offset = offsetof(resnet_t, num_stages), .default_text = "4",   \
   .min = 1, .max = MMD_RESNET_MAX_STAGES, .help = "Number of stages."},                                          \
  MMD_OPT_INTS("strides", resnet_t, strides, "[1, 2, 2, 2]", "Stride of each stage."),                            \
  MMD_OPT_INTS("dilations", resnet_t, dilations, "[1, 1, 1, 1]", "Dilation of each stage."),                      \
  MMD_OPT_INTS("out_indices", resnet_t, out_indices, "[0, 1, 2, 3]", "Stages whose features are given out."),     \
  {.name = "style", .type = MMD_OPTION_CHOICE, .offset = offsetof(resnet_t, style), .choices = styles,            \
   .default_text = "pytorch", .help = "Where a bottleneck strides: pytorch in the 3x3, caffe in the first 1x1."}, \
  MMD_OPT_DICT("conv_cfg", resnet_t, conv_cfg, "Kind of convolution."),                                           \
  MMD_OPT_DICT("norm_cfg", resnet_t, norm_cfg, "Kind of normalisation, dict(type='BN') by default."),             \
  MMD_OPT_DICT("dcn", resnet_t, dcn, "Deformable convolutions; None: none."),                                     \
  MMD_OPT_DICT("plugins", resnet_t, plugins, "Further modules of the blocks; None: none."),                       \
  MMD_OPT_TRAINING("stage_with_dcn"), MMD_OPT_TRAINING("frozen_stages"), MMD_OPT_TRAINING("norm_eval"),           \
  MMD_OPT_TRAINING("with_cp"), MMD_OPT_TRAINING("zero_init_residual"), MMD_OPT_TRAINING("init_cfg"),              \
  MMD_OPT_TRAINING("pretrained")
#define RESNET_STEM_OPTIONS                                                                                       \
  MMD_OPT_BOOL("deep_stem", resnet_t, deep_stem, "false", "Three 3x3 convolutions in place of the 7x7 one."),     \
  MMD_OPT_BOOL("avg_down", resnet_t, avg_down, "false", "Average pooling in place of the stride on the shortcut.")
// clang-format on

static const mmd_option_t g_resnet_options[] = {RESNET_OPTIONS, RESNET_STEM_OPTIONS};
static const mmd_option_t g_resnet_v1d_options[] = {RESNET_OPTIONS};
static const mmd_option_t g_resnext_options[] = {
    RESNET_OPTIONS,
    RESNET_STEM_OPTIONS,
    MMD_OPT_COUNT("groups", resnet_t, groups, "1", "Groups of the 3x3 convolutions."),
    MMD_OPT_COUNT("base_width", resnet_t, base_width, "4",
                  "Channels of a group in the first stage."),
};
static const mmd_option_table_t g_resnet_table =
    MMD_OPTION_TABLE("ResNet", resnet_t, g_resnet_options);
static const mmd_option_table_t g_resnet_v1d_table =
    MMD_OPTION_TABLE("ResNetV1d", resnet_t, g_resnet_v1d_options);
static const mmd_option_table_t g_resnext_table =
    MMD_OPTION_TABLE("ResNeXt", resnet_t, g_resnext_options);

static void refuse(mmd_builder_t *b, const char *key, const mmd_value_t *value) {
  if (mmd_value_is_null(value)) return;
  mmd_builder_fail(b, MMD_ERROR(MMD_NOT_SUPPORTED, "%s.%s is not supported", b->config_path, key));
}

static void build(mmd_builder_t *b, const resnet_t *self, bool deep_stem, bool avg_down,
                  const mmd_features_t *inputs, mmd_features_t *out_outputs) {
  const mmd_resnet_t resnet = {
      .depth = self->depth,
      .in_channels = self->in_channels,
      .stem_channels = self->stem_channels ? self->stem_channels : self->base_channels,
      .base_channels = self->base_channels,
      .groups = self->groups,
      .base_width = self->base_width,
      .num_stages = self->num_stages,
      .strides = self->strides,
      .dilations = self->dilations,
      .out_indices = self->out_indices,
      .caffe = self->style == STYLE_CAFFE,
      .deep_stem = deep_stem,
      .flat_stem = true,
      .avg_down = avg_down,
      .avg_down_always = true,
      .norm = mmd_norm_read(b, "norm_cfg", self->norm_cfg, "BN", 1e-5),
  };
  refuse(b, "dcn", self->dcn);
  refuse(b, "plugins", self->plugins);
  mmd_conv_check_cfg(b, self->conv_cfg);
  mmd_nn_resnet(b, &resnet, inputs->items[0], out_outputs->items, &out_outputs->count);
}

static void build_resnet(mmd_builder_t *b, const void *options, const mmd_features_t *inputs,
                         mmd_features_t *out_outputs) {
  const resnet_t *self = options;
  build(b, self, self->deep_stem, self->avg_down, inputs, out_outputs);
}

static void build_resnet_v1d(mmd_builder_t *b, const void *options, const mmd_features_t *inputs,
                             mmd_features_t *out_outputs) {
  build(b, options, true, true, inputs, out_outputs);
}

#define RESNET(symbol, name, table, function)       \
  const mmd_module_t symbol = {.codebase = "mmdet", \
                               .kind = "backbone",  \
                               .type = (name),      \
                               .options = &(table), \
                               .build = (function)}
RESNET(mmd_mmdet_resnet, "ResNet", g_resnet_table, build_resnet);
RESNET(mmd_mmdet_resnet_v1d, "ResNetV1d", g_resnet_v1d_table, build_resnet_v1d);
RESNET(mmd_mmdet_resnext, "ResNeXt", g_resnext_table, build_resnet);
