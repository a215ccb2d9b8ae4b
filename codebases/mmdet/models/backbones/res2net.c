// SPDX-License-Identifier: Apache-2.0
//
// Res2Net: always a deep stem, average pooling on the shortcuts and strides in the 3x3s, whatever
// its options say.
#include "codebases/mmdet/models/backbones/resnet.h"

static const mmd_option_t g_options[] = {
    MMD_RESNET_OPTIONS,
    {.name = "scales",
     .type = MMD_OPTION_INT,
     .offset = offsetof(mmd_mmdet_resnet_t, scales),
     .default_text = "4",
     .min = 2,
     .max = 16,
     .help = "Parts of a block's middle channels."},
    MMD_OPT_COUNT("base_width", mmd_mmdet_resnet_t, base_width, "26",
                  "Channels of a part in the first stage."),
};
static const mmd_option_table_t g_table =
    MMD_OPTION_TABLE("Res2Net", mmd_mmdet_resnet_t, g_options);

static void build(mmd_builder_t *b, const void *options, const mmd_features_t *inputs,
                  mmd_features_t *out_outputs) {
  const mmd_mmdet_resnet_t *self = options;
  mmd_resnet_t resnet = mmd_mmdet_resnet_read(b, self);
  resnet.deep_stem = resnet.avg_down = true;
  resnet.caffe = false;
  resnet.scales = self->scales;
  mmd_mmdet_resnet_build(b, &resnet, inputs, out_outputs);
}

MMD_MMDET_BACKBONE(mmd_mmdet_res2net, "Res2Net", g_table, build);
