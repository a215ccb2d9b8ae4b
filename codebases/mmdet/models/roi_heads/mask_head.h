// SPDX-License-Identifier: Apache-2.0
//
// FCNMaskHead in two parts, for the heads that are made of it.
#ifndef MMD_CODEBASES_MMDET_MODELS_ROI_HEADS_MASK_HEAD_H_
#define MMD_CODEBASES_MMDET_MODELS_ROI_HEADS_MASK_HEAD_H_

#include "codebases/mmdet/models/modules.h"
#include "codebases/mmdet/models/options.h"

typedef struct mmd_mask_head_t {
  int64_t num_convs, in_channels, conv_kernel_size, conv_out_channels, num_classes;
  bool class_agnostic;
  const mmd_value_t *upsample_cfg, *conv_cfg, *norm_cfg, *predictor_cfg;
} mmd_mask_head_t;

// Rows of FCNMaskHead's options; the first field of a head's struct is |base|.
#define MMD_MASK_HEAD_OPTIONS(type_)                                                               \
  {.name = "num_convs",                                                                            \
   .type = MMD_OPTION_INT,                                                                         \
   .offset = offsetof(type_, base.num_convs),                                                      \
   .default_text = "4",                                                                            \
   .max = 64,                                                                                      \
   .help = "Convolutions."},                                                                       \
      MMD_OPT_COUNT("in_channels", type_, base.in_channels, "256", "Channels of the features."),   \
      MMD_OPT_COUNT("conv_kernel_size", type_, base.conv_kernel_size, "3", "Their kernels."),      \
      MMD_OPT_COUNT("conv_out_channels", type_, base.conv_out_channels, "256", "Their channels."), \
      MMD_OPT_COUNT("num_classes", type_, base.num_classes, "80", "Classes."),                     \
      MMD_OPT_BOOL("class_agnostic", type_, base.class_agnostic, "false", "One mask for all."),    \
      MMD_OPT_DICT("upsample_cfg", type_, base.upsample_cfg,                                       \
                   "dict(type='deconv', scale_factor=2) by default."),                             \
      MMD_OPT_DICT("conv_cfg", type_, base.conv_cfg, "Kind of convolution."),                      \
      MMD_OPT_DICT("norm_cfg", type_, base.norm_cfg, "Kind of normalisation; None: none."),        \
      MMD_OPT_DICT("predictor_cfg", type_, base.predictor_cfg, "The last convolution."),           \
      MMD_OPT_TRAINING("roi_feat_size"), MMD_OPT_TRAINING("loss_mask"),                            \
      MMD_OPT_TRAINING("init_cfg"), MMD_OPT_TRAINING("train_cfg")

// |x| has the channels of the options. False after a failure.
bool mmd_mask_head_check(mmd_builder_t *builder, const mmd_mask_head_t *self, mmd_edge_t *x);
// A convolution module of the head with its norm and ReLU.
mmd_edge_t *mmd_mask_head_conv(mmd_builder_t *builder, const mmd_mask_head_t *self,
                               const char *name, int64_t in_channels, int64_t out_channels,
                               int64_t kernel, mmd_edge_t *x);
// "convs.0" … of all its convolutions.
mmd_edge_t *mmd_mask_head_convs(mmd_builder_t *builder, const mmd_mask_head_t *self, mmd_edge_t *x);
// Enlarged, and the last convolution: logits [m, classes or 1, height, width].
mmd_edge_t *mmd_mask_head_logits(mmd_builder_t *builder, const mmd_mask_head_t *self,
                                 mmd_edge_t *x);

#endif  // MMD_CODEBASES_MMDET_MODELS_ROI_HEADS_MASK_HEAD_H_
