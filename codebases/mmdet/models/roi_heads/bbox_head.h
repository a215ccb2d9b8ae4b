// SPDX-License-Identifier: Apache-2.0
//
// What the bbox_heads over RoIs share. They give logits [m, classes + 1] and boxes [m, 4 or
// classes * 4].
#ifndef MMD_CODEBASES_MMDET_MODELS_ROI_HEADS_BBOX_HEAD_H_
#define MMD_CODEBASES_MMDET_MODELS_ROI_HEADS_BBOX_HEAD_H_

#include "codebases/mmdet/models/modules.h"
#include "codebases/mmdet/models/options.h"

typedef struct mmd_bbox_head_t {
  int64_t in_channels, num_classes;
  mmd_ints_t roi_feat_size;
  bool with_avg_pool, with_cls, with_reg, reg_class_agnostic;
  const mmd_value_t *bbox_coder, *reg_predictor_cfg, *cls_predictor_cfg, *loss_cls;
} mmd_bbox_head_t;

// Rows of BBoxHead's own options; the first field of a head's struct is |base|. The coder is read
// by the RoI head.
#define MMD_BBOX_HEAD_OPTIONS(type_)                                                               \
  MMD_OPT_COUNT("in_channels", type_, base.in_channels, "256", "Channels of the features."),       \
      MMD_OPT_COUNT("num_classes", type_, base.num_classes, "80", "Classes, without background."), \
      {.name = "roi_feat_size",                                                                    \
       .type = MMD_OPTION_INTS,                                                                    \
       .offset = offsetof(type_, base.roi_feat_size),                                              \
       .default_text = "[7]",                                                                      \
       .min = 1,                                                                                   \
       .max = 1024,                                                                                \
       .help = "Height and width of the features, or one number."},                                \
      MMD_OPT_BOOL("with_avg_pool", type_, base.with_avg_pool, "false", "Average over a RoI."),    \
      MMD_OPT_BOOL("with_cls", type_, base.with_cls, "true", "Predicts classes."),                 \
      MMD_OPT_BOOL("with_reg", type_, base.with_reg, "true", "Predicts boxes."),                   \
      MMD_OPT_BOOL("reg_class_agnostic", type_, base.reg_class_agnostic, "false",                  \
                   "One box a RoI, not one for each class."),                                      \
      MMD_OPT_DICT("bbox_coder", type_, base.bbox_coder, "How boxes are predicted."),              \
      MMD_OPT_DICT("reg_predictor_cfg", type_, base.reg_predictor_cfg, "Last layer of boxes."),    \
      MMD_OPT_DICT("cls_predictor_cfg", type_, base.cls_predictor_cfg, "Last layer of classes."),  \
      MMD_OPT_DICT("loss_cls", type_, base.loss_cls, "Only its type counts."),                     \
      MMD_OPT_TRAINING("reg_decoded_bbox"), MMD_OPT_TRAINING("loss_bbox"),                         \
      MMD_OPT_TRAINING("init_cfg"), MMD_OPT_TRAINING("train_cfg")

// Features of one RoI's map.
int64_t mmd_bbox_head_area(const mmd_bbox_head_t *base);
// Numbers that are predicted for boxes of a RoI.
int64_t mmd_bbox_head_box_size(const mmd_bbox_head_t *base);
// The features fit the options, and these are known. False after a failure.
bool mmd_bbox_head_check(mmd_builder_t *builder, const mmd_bbox_head_t *base,
                         const mmd_features_t *inputs);
// Appends the layer |name| of |size| to |channels| numbers to the outputs.
void mmd_bbox_head_end(mmd_builder_t *builder, const char *name, int64_t channels, int64_t size,
                       mmd_edge_t *x, mmd_features_t *outputs);

#endif  // MMD_CODEBASES_MMDET_MODELS_ROI_HEADS_BBOX_HEAD_H_
