// SPDX-License-Identifier: Apache-2.0
//
// What the heads over points share: one prior a cell, in its middle.
#ifndef MMD_CODEBASES_MMDET_MODELS_HEADS_ANCHOR_FREE_HEAD_H_
#define MMD_CODEBASES_MMDET_MODELS_HEADS_ANCHOR_FREE_HEAD_H_

#include "codebases/mmdet/models/heads/anchor_head.h"

typedef struct mmd_anchor_free_head_t {
  mmd_anchor_head_t base;
  const mmd_value_t *strides, *conv_bias;
  bool dcn_on_last_conv;
} mmd_anchor_free_head_t;

// Rows of AnchorFreeHead's options; the first field of a head's struct is an
// mmd_anchor_free_head_t.
#define MMD_ANCHOR_FREE_HEAD_OPTIONS                                                               \
  MMD_OPT_COUNT_REQUIRED("num_classes", mmd_anchor_free_head_t, base.num_classes, "Classes."),     \
      MMD_OPT_COUNT_REQUIRED("in_channels", mmd_anchor_free_head_t, base.in_channels,              \
                             "Channels of the inputs."),                                           \
      MMD_OPT_COUNT("feat_channels", mmd_anchor_free_head_t, base.feat_channels, "256",            \
                    "Channels in the towers."),                                                    \
      MMD_ANCHOR_TOWER_OPTIONS(mmd_anchor_free_head_t),                                            \
      MMD_OPT_DICT("strides", mmd_anchor_free_head_t, strides,                                     \
                   "Stride of each level, (4, 8, 16, 32, 64)."),                                   \
      MMD_OPT_DICT("bbox_coder", mmd_anchor_free_head_t, base.bbox_coder,                          \
                   "How boxes are predicted."),                                                    \
      MMD_OPT_DICT("loss_cls", mmd_anchor_free_head_t, base.loss_cls, "Only use_sigmoid counts."), \
      MMD_OPT_DICT("test_cfg", mmd_anchor_free_head_t, base.test_cfg, "Set by the detector."),     \
      MMD_OPT_DICT("conv_bias", mmd_anchor_free_head_t, conv_bias,                                 \
                   "Whether towers have a bias; 'auto': where they have no norm."),                \
      MMD_OPT_BOOL("dcn_on_last_conv", mmd_anchor_free_head_t, dcn_on_last_conv, "false",          \
                   "The last convolution of a tower is deformable."),                              \
      MMD_OPT_TRAINING("loss_bbox"), MMD_OPT_TRAINING("train_cfg"), MMD_OPT_TRAINING("init_cfg")

// Where the points of a head come from: a list of strides, its place in the config (the dict that
// has it as "strides"), and where in a cell its point lies, in strides.
typedef struct mmd_head_points_t {
  const mmd_value_t *strides;
  const char *fallback;  // JSON, where there is no list
  const char *where;
  double offset;
} mmd_head_points_t;

// AnchorFreeHead's own default of strides.
#define MMD_ANCHOR_FREE_STRIDES "[4, 8, 16, 32, 64]"

// As mmd_anchor_head_plan, with points.
bool mmd_anchor_free_head_plan(mmd_builder_t *b, const mmd_anchor_free_head_t *self,
                               const mmd_head_points_t *points, const char *default_norm,
                               const mmd_features_t *inputs, mmd_anchor_plan_t *out_plan);

#endif  // MMD_CODEBASES_MMDET_MODELS_HEADS_ANCHOR_FREE_HEAD_H_
