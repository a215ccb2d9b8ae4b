// SPDX-License-Identifier: Apache-2.0
//
// MobileNetV2 as mmdet has it: other layers are given out, and other names in the blocks, than in
// mmcls.
#include "nn/mobilenet_v2.h"

#include "codebases/mmdet/models/modules.h"
#include "codebases/mmdet/models/options.h"

typedef struct mobilenet_v2_t {
  double widen_factor;
  mmd_ints_t out_indices;
  const mmd_value_t *conv_cfg, *norm_cfg, *act_cfg;
} mobilenet_v2_t;

static const mmd_option_t g_options[] = {
    {.name = "widen_factor",
     .type = MMD_OPTION_FLOAT,
     .offset = offsetof(mobilenet_v2_t, widen_factor),
     .default_text = "1.0",
     .min = 1e-6,
     .max = 64,
     .help = "Multiplies the channels of every layer."},
    {.name = "out_indices",
     .type = MMD_OPTION_INTS,
     .offset = offsetof(mobilenet_v2_t, out_indices),
     .default_text = "[1, 2, 4, 7]",
     .min = 0,
     .max = 7,
     .help = "Layers whose features are given out; 7 is the last convolution."},
    MMD_OPT_DICT("conv_cfg", mobilenet_v2_t, conv_cfg, "Kind of convolution."),
    MMD_OPT_DICT("norm_cfg", mobilenet_v2_t, norm_cfg, "Kind of normalisation."),
    MMD_OPT_DICT("act_cfg", mobilenet_v2_t, act_cfg, "Kind of activation."),
    MMD_OPT_TRAINING("frozen_stages"),
    MMD_OPT_TRAINING("norm_eval"),
    MMD_OPT_TRAINING("with_cp"),
    MMD_OPT_TRAINING("pretrained"),
    MMD_OPT_TRAINING("init_cfg"),
};
static const mmd_option_table_t g_table =
    MMD_OPTION_TABLE("MobileNetV2", mobilenet_v2_t, g_options);

static void build(mmd_builder_t *b, const void *options, const mmd_features_t *inputs,
                  mmd_features_t *out_outputs) {
  const mobilenet_v2_t *self = options;
  const mmd_mobilenet_v2_t net = {
      .widen_factor = self->widen_factor,
      .out_indices = self->out_indices,
      .has_named_parts = true,
      .norm = mmd_norm_read(b, "norm_cfg", self->norm_cfg, "BN", 1e-5),
      .activation = mmd_activation_read(b, "act_cfg", self->act_cfg, "ReLU6"),
  };
  mmd_conv_check_cfg(b, self->conv_cfg);
  mmd_nn_mobilenet_v2(b, &net, inputs->items[0], out_outputs->items, &out_outputs->count);
}

const mmd_module_t mmd_mmdet_mobilenet_v2 = {.codebase = "mmdet",
                                             .kind = "backbone",
                                             .type = "MobileNetV2",
                                             .options = &g_table,
                                             .build = build};
