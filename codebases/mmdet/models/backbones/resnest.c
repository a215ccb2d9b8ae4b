// SPDX-License-Identifier: Apache-2.0
//
// ResNeSt: a ResNetV1d with split attention.
#include "codebases/mmdet/models/backbones/resnet.h"

static const mmd_option_t g_options[] = {
    MMD_RESNET_OPTIONS,
    MMD_OPT_COUNT("groups", mmd_mmdet_resnet_t, groups, "1", "Groups of the 3x3 convolutions."),
    MMD_OPT_COUNT("base_width", mmd_mmdet_resnet_t, base_width, "4",
                  "Channels of a group in the first stage."),
    {.name = "radix",
     .type = MMD_OPTION_INT,
     .offset = offsetof(mmd_mmdet_resnet_t, radix),
     .default_text = "2",
     .min = 1,
     .max = 64,
     .help = "Splits that attention chooses from."},
    MMD_OPT_COUNT("reduction_factor", mmd_mmdet_resnet_t, reduction_factor, "4",
                  "Channels by channels inside the attention."),
    MMD_OPT_BOOL("avg_down_stride", mmd_mmdet_resnet_t, avg_down_stride, "true",
                 "Average pooling in place of the 3x3's stride."),
};
static const mmd_option_table_t g_table =
    MMD_OPTION_TABLE("ResNeSt", mmd_mmdet_resnet_t, g_options);

static void build(mmd_builder_t *b, const void *options, const mmd_features_t *inputs,
                  mmd_features_t *out_outputs) {
  const mmd_mmdet_resnet_t *self = options;
  mmd_resnet_t resnet = mmd_mmdet_resnet_read(b, self);
  resnet.deep_stem = resnet.avg_down = true;
  resnet.radix = self->radix;
  resnet.reduction = self->reduction_factor;
  resnet.avg_down_stride = self->avg_down_stride;
  mmd_mmdet_resnet_build(b, &resnet, inputs, out_outputs);
}

MMD_MMDET_BACKBONE(mmd_mmdet_resnest, "ResNeSt", g_table, build);
