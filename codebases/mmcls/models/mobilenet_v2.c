// SPDX-License-Identifier: Apache-2.0
//
// MobileNetV2.
#include "nn/mobilenet_v2.h"

#include <stddef.h>

#include "codebases/mmcls/models/modules.h"

typedef struct mobilenet_v2_t {
  double widen_factor;
  mmd_ints_t out_indices;
  const mmd_value_t *conv_cfg, *norm_cfg, *act_cfg;
} mobilenet_v2_t;

#define TRAINING_ONLY(label)                                                \
  {                                                                         \
    .name = (label), .type = MMD_OPTION_VALUE, .flags = MMD_OPTION_IGNORED, \
    .help = "Training only."                                                \
  }

static const mmd_option_t mobilenet_v2_options[] = {
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
     .default_text = "[7]",
     .min = 0,
     .max = 7,
     .help = "Stages whose features are given out; 7 is the last convolution."},
    {.name = "conv_cfg",
     .type = MMD_OPTION_VALUE,
     .offset = offsetof(mobilenet_v2_t, conv_cfg),
     .flags = MMD_OPTION_NULLABLE,
     .help = "Kind of convolution."},
    {.name = "norm_cfg",
     .type = MMD_OPTION_VALUE,
     .offset = offsetof(mobilenet_v2_t, norm_cfg),
     .help = "Kind of normalisation, dict(type='BN') by default."},
    {.name = "act_cfg",
     .type = MMD_OPTION_VALUE,
     .offset = offsetof(mobilenet_v2_t, act_cfg),
     .help = "Activation, dict(type='ReLU6') by default."},
    TRAINING_ONLY("frozen_stages"),
    TRAINING_ONLY("norm_eval"),
    TRAINING_ONLY("with_cp"),
    TRAINING_ONLY("init_cfg"),
    TRAINING_ONLY("pretrained"),
};

static const mmd_option_table_t mobilenet_v2_table =
    MMD_OPTION_TABLE("MobileNetV2", mobilenet_v2_t, mobilenet_v2_options);

static void build_mobilenet_v2(mmd_builder_t *b, const void *options, const mmd_features_t *inputs,
                               mmd_features_t *out_outputs) {
  const mobilenet_v2_t *self = options;
  const mmd_mobilenet_v2_t net = {
      .widen_factor = self->widen_factor,
      .out_indices = self->out_indices,
      .norm = mmd_norm_read(b, "norm_cfg", self->norm_cfg, "BN", 1e-5),
      .activation = mmd_activation_read(b, "act_cfg", self->act_cfg, "ReLU6"),
  };
  mmd_conv_check_cfg(b, self->conv_cfg);
  mmd_nn_mobilenet_v2(b, &net, inputs->items[0], out_outputs->items, &out_outputs->count);
}

const mmd_module_t mmd_mmcls_mobilenet_v2 = {
    .codebase = "mmcls",
    .kind = "backbone",
    .type = "MobileNetV2",
    .options = &mobilenet_v2_table,
    .build = build_mobilenet_v2,
};
