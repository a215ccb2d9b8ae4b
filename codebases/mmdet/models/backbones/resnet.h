// SPDX-License-Identifier: Apache-2.0
//
// What the backbones that are ResNets share: options, and how they become nn/resnet.h's struct.
#ifndef MMD_CODEBASES_MMDET_MODELS_BACKBONES_RESNET_H_
#define MMD_CODEBASES_MMDET_MODELS_BACKBONES_RESNET_H_

#include "codebases/mmdet/models/modules.h"
#include "codebases/mmdet/models/options.h"
#include "nn/resnet.h"

typedef struct mmd_mmdet_resnet_t {
  int64_t depth, in_channels, stem_channels, base_channels, num_stages, groups, base_width;
  int64_t scales, radix, reduction_factor;
  mmd_ints_t strides, dilations, out_indices;
  int style;
  bool deep_stem, avg_down, avg_down_stride;
  const mmd_value_t *arch, *conv_cfg, *norm_cfg, *dcn, *stage_with_dcn, *plugins;
} mmd_mmdet_resnet_t;

extern const char *const mmd_mmdet_resnet_styles[];

// clang-format off
#define MMD_RESNET_OPT(field) .offset = offsetof(mmd_mmdet_resnet_t, field)
#define MMD_RESNET_COMMON_OPTIONS                                                                                   \
  MMD_OPT_COUNT("in_channels", mmd_mmdet_resnet_t, in_channels, "3", "Channels of the image."),                     \
  MMD_OPT_INTS("dilations", mmd_mmdet_resnet_t, dilations, "[1, 1, 1, 1]", "Dilation of each stage."),              \
  MMD_OPT_INTS("out_indices", mmd_mmdet_resnet_t, out_indices, "[0, 1, 2, 3]", "Stages whose features are given out."), \
  {.name = "style", .type = MMD_OPTION_CHOICE, MMD_RESNET_OPT(style), .choices = mmd_mmdet_resnet_styles,           \
   .default_text = "pytorch", .help = "Where a bottleneck strides: pytorch in the 3x3, caffe in the first 1x1."},   \
  MMD_OPT_BOOL("deep_stem", mmd_mmdet_resnet_t, deep_stem, "false", "Three 3x3 convolutions in place of the 7x7 one."), \
  MMD_OPT_BOOL("avg_down", mmd_mmdet_resnet_t, avg_down, "false", "Average pooling in place of the stride on the shortcut."), \
  MMD_OPT_DICT("conv_cfg", mmd_mmdet_resnet_t, conv_cfg, "Kind of convolution."),                                   \
  MMD_OPT_DICT("norm_cfg", mmd_mmdet_resnet_t, norm_cfg, "Kind of normalisation, dict(type='BN') by default."),     \
  MMD_OPT_DICT("dcn", mmd_mmdet_resnet_t, dcn, "Deformable convolutions; None: none."),                             \
  MMD_OPT_DICT("stage_with_dcn", mmd_mmdet_resnet_t, stage_with_dcn, "Which stages have them; none by default."),   \
  MMD_OPT_DICT("plugins", mmd_mmdet_resnet_t, plugins, "Further modules of the blocks; None: none."),               \
  MMD_OPT_TRAINING("frozen_stages"), MMD_OPT_TRAINING("norm_eval"), MMD_OPT_TRAINING("with_cp"),                    \
  MMD_OPT_TRAINING("zero_init_residual"), MMD_OPT_TRAINING("init_cfg"), MMD_OPT_TRAINING("pretrained")
#define MMD_RESNET_OPTIONS                                                                                          \
  MMD_RESNET_COMMON_OPTIONS,                                                                                        \
  {.name = "depth", .type = MMD_OPTION_INT, MMD_RESNET_OPT(depth), .flags = MMD_OPTION_REQUIRED,                    \
   .help = "Number of layers: 18, 34, 50, 101 or 152."},                                                            \
  {.name = "stem_channels", .type = MMD_OPTION_INT, MMD_RESNET_OPT(stem_channels),                                  \
   .min = 1, .max = 65536, .flags = MMD_OPTION_NULLABLE, .help = "Channels behind the stem; None: base_channels."}, \
  MMD_OPT_COUNT("base_channels", mmd_mmdet_resnet_t, base_channels, "64", "Middle channels of the first stage."),   \
  {.name = "num_stages", .type = MMD_OPTION_INT, MMD_RESNET_OPT(num_stages), .default_text = "4",                   \
   .min = 1, .max = MMD_RESNET_MAX_STAGES, .help = "Number of stages."},                                            \
  MMD_OPT_INTS("strides", mmd_mmdet_resnet_t, strides, "[1, 2, 2, 2]", "Stride of each stage.")
// clang-format on

// The struct of these options; what a family has of its own is set afterwards.
mmd_resnet_t mmd_mmdet_resnet_read(mmd_builder_t *builder, const mmd_mmdet_resnet_t *options);
void mmd_mmdet_resnet_build(mmd_builder_t *builder, const mmd_resnet_t *resnet,
                            const mmd_features_t *inputs, mmd_features_t *out_outputs);

#define MMD_MMDET_BACKBONE(symbol, name, table, function) \
  const mmd_module_t symbol = {.codebase = "mmdet",       \
                               .kind = "backbone",        \
                               .type = (name),            \
                               .options = &(table),       \
                               .build = (function)}

#endif  // MMD_CODEBASES_MMDET_MODELS_BACKBONES_RESNET_H_
