// SPDX-License-Identifier: Apache-2.0
//
// ResNet, ResNetV1d and ResNeXt of mmdet.
#include "codebases/mmdet/models/backbones/resnet.h"

enum { STYLE_PYTORCH, STYLE_CAFFE };
const char *const mmd_mmdet_resnet_styles[] = {"pytorch", "caffe", NULL};

static const mmd_option_t g_resnet_options[] = {MMD_RESNET_OPTIONS};
static const mmd_option_t g_resnext_options[] = {
    MMD_RESNET_OPTIONS,
    MMD_OPT_COUNT("groups", mmd_mmdet_resnet_t, groups, "1", "Groups of the 3x3 convolutions."),
    MMD_OPT_COUNT("base_width", mmd_mmdet_resnet_t, base_width, "4",
                  "Channels of a group in the first stage."),
};
static const mmd_option_table_t g_resnet_table =
    MMD_OPTION_TABLE("ResNet", mmd_mmdet_resnet_t, g_resnet_options);
static const mmd_option_table_t g_resnext_table =
    MMD_OPTION_TABLE("ResNeXt", mmd_mmdet_resnet_t, g_resnext_options);

static const mmd_value_t *unless_null(const mmd_value_t *value) {
  return mmd_value_is_null(value) ? NULL : value;
}

mmd_resnet_t mmd_mmdet_resnet_read(mmd_builder_t *b, const mmd_mmdet_resnet_t *self) {
  return (mmd_resnet_t){
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
      .deep_stem = self->deep_stem,
      .flat_stem = true,
      .avg_down = self->avg_down,
      .avg_down_always = true,
      .norm = mmd_norm_read(b, "norm_cfg", self->norm_cfg, "BN", 1e-5),
      .conv_cfg = unless_null(self->conv_cfg),
      .dcn = unless_null(self->dcn),
      .stage_with_dcn = unless_null(self->stage_with_dcn),
      .plugins = unless_null(self->plugins),
  };
}

void mmd_mmdet_resnet_build(mmd_builder_t *b, const mmd_resnet_t *resnet,
                            const mmd_features_t *inputs, mmd_features_t *out_outputs) {
  if (!mmd_builder_ok(b)) return;
  mmd_nn_resnet(b, resnet, inputs->items[0], out_outputs->items, &out_outputs->count);
}

static void build_resnet(mmd_builder_t *b, const void *options, const mmd_features_t *inputs,
                         mmd_features_t *out_outputs) {
  const mmd_resnet_t resnet = mmd_mmdet_resnet_read(b, options);
  mmd_mmdet_resnet_build(b, &resnet, inputs, out_outputs);
}

static void build_resnet_v1d(mmd_builder_t *b, const void *options, const mmd_features_t *inputs,
                             mmd_features_t *out_outputs) {
  mmd_resnet_t resnet = mmd_mmdet_resnet_read(b, options);
  resnet.deep_stem = resnet.avg_down = true;
  mmd_mmdet_resnet_build(b, &resnet, inputs, out_outputs);
}

MMD_MMDET_BACKBONE(mmd_mmdet_resnet, "ResNet", g_resnet_table, build_resnet);
MMD_MMDET_BACKBONE(mmd_mmdet_resnet_v1d, "ResNetV1d", g_resnet_table, build_resnet_v1d);
MMD_MMDET_BACKBONE(mmd_mmdet_resnext, "ResNeXt", g_resnext_table, build_resnet);
