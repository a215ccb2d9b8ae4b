// SPDX-License-Identifier: Apache-2.0
//
// What the heads over regions of interest (RoIs) are made of. Their inputs are the maps of the neck
// and, last, the proposals [batch, n, 5]; they give dets, labels and, with a mask head, masks.
#ifndef MMD_CODEBASES_MMDET_MODELS_ROI_HEADS_ROI_HEAD_H_
#define MMD_CODEBASES_MMDET_MODELS_ROI_HEADS_ROI_HEAD_H_

#include "codebases/mmdet/models/modules.h"
#include "codebases/mmdet/models/options.h"
#include "nn/box_coder.h"
#include "nn/multiclass_nms.h"

// Options that all heads have; the first field of a head's struct is |base|.
typedef struct mmd_roi_head_t {
  const mmd_value_t *bbox_roi_extractor, *bbox_head, *mask_roi_extractor, *mask_head;
  const mmd_value_t *shared_head, *test_cfg;
} mmd_roi_head_t;

#define MMD_ROI_HEAD_OPTIONS(type_)                                                              \
  MMD_OPT_DICT_REQUIRED("bbox_roi_extractor", type_, base.bbox_roi_extractor,                    \
                        "Cuts features for boxes."),                                             \
      MMD_OPT_DICT_REQUIRED("bbox_head", type_, base.bbox_head, "Classes and boxes."),           \
      MMD_OPT_DICT("mask_roi_extractor", type_, base.mask_roi_extractor,                         \
                   "Cuts features for masks; None: that of the boxes."),                         \
      MMD_OPT_DICT("mask_head", type_, base.mask_head, "Masks; None: none."),                    \
      MMD_OPT_DICT("shared_head", type_, base.shared_head, "Layers before both heads."),         \
      MMD_OPT_DICT("test_cfg", type_, base.test_cfg, "The detector's; its rpn and rcnn count."), \
      MMD_OPT_TRAINING("train_cfg"), MMD_OPT_TRAINING("pretrained"), MMD_OPT_TRAINING("init_cfg")

// The network around a head.
typedef struct mmd_roi_net_t {
  const mmd_roi_head_t *self;
  mmd_features_t maps;
  mmd_edge_t *proposals;  // [batch, n, 5]
  const char *path;       // of the head: "model.roi_head"
  int extractions;        // calls so far, for marks
  int forwards;
} mmd_roi_net_t;

// Takes the inputs apart and checks what no head of ours knows. False after a failure.
bool mmd_roi_net_init(mmd_builder_t *builder, const mmd_roi_head_t *self,
                      const mmd_features_t *inputs, mmd_roi_net_t *out_net);
// "<head>.<key>", "<head>.<key>[<index>]"; |index| -1: no list.
const char *mmd_roi_path(mmd_builder_t *builder, const mmd_roi_net_t *net, const char *key,
                         int index);

// What decoding needs of a bbox_head.
typedef struct mmd_bbox_plan_t {
  int64_t num_classes;
  bool class_agnostic;  // one box a RoI, not one for each class
  bool has_boxes;       // with_reg
  mmd_box_coder_t coder;
} mmd_bbox_plan_t;
// Reads them of the dict |cfg|, the config item |where|.
void mmd_bbox_plan_read(mmd_builder_t *builder, const mmd_value_t *cfg, const char *where,
                        mmd_bbox_plan_t *out_plan);

// |rois| [m, 5] as [m, channels, height, width] by the extractor |cfg|, the config item |where|, in
// the scope |scope|.
mmd_edge_t *mmd_roi_extract(mmd_builder_t *builder, mmd_roi_net_t *net, const char *scope,
                            const mmd_value_t *cfg, const char *where, mmd_edge_t *rois);
// The module |cfg| of |kind| in the scope |scope| ("bbox_head.0").
void mmd_roi_module(mmd_builder_t *builder, const char *kind, const char *scope,
                    const mmd_value_t *cfg, const char *where, const mmd_features_t *inputs,
                    mmd_features_t *out_outputs);
// The bbox_head |cfg| over features: logits [m, classes + 1] and, where it has them, boxes.
void mmd_roi_bbox_forward(mmd_builder_t *builder, mmd_roi_net_t *net, const char *scope,
                          const mmd_value_t *cfg, const char *where, const mmd_features_t *features,
                          mmd_edge_t **out_logits, mmd_edge_t **out_boxes);

// [batch, n, 4], or [batch, n, classes, 4] where each class has its own, from what is predicted
// [batch * n, …] for |priors| [batch, n, 4 or more].
mmd_edge_t *mmd_roi_decode(mmd_builder_t *builder, const mmd_bbox_plan_t *plan, mmd_edge_t *priors,
                           mmd_edge_t *predictions);
// The same of a head that predicts buckets, with the factor of the scores [batch, n, 1].
void mmd_roi_decode_buckets(mmd_builder_t *builder, const mmd_bbox_plan_t *plan, mmd_edge_t *priors,
                            mmd_edge_t *predictions, mmd_edge_t **out_boxes,
                            mmd_edge_t **out_confidence);
// [batch, n, classes]: the softmax of logits without background; 0 for rows that are no proposals.
mmd_edge_t *mmd_roi_scores(mmd_builder_t *builder, const mmd_roi_net_t *net,
                           const mmd_bbox_plan_t *plan, mmd_edge_t *logits);
// The suppression of test_cfg.rcnn. Scores that pass its threshold are multiplied by |factor|,
// which may be NULL.
void mmd_roi_suppress(mmd_builder_t *builder, const mmd_roi_net_t *net, mmd_edge_t *boxes,
                      mmd_edge_t *scores, mmd_edge_t *factor, mmd_features_t *out_outputs);

// The extractor of masks: the boxes' own where there is none.
const mmd_value_t *mmd_roi_mask_extractor(mmd_builder_t *builder, const mmd_roi_net_t *net,
                                          const char **out_where);
// The logits [m, classes or 1, h, w] of |mask_head| as probabilities of the class of each detection
// [m, 1, h, w].
mmd_edge_t *mmd_roi_mask_of(mmd_builder_t *builder, const mmd_value_t *mask_head,
                            mmd_edge_t *labels, mmd_edge_t *logits);
// They become the masks [batch, k, h, w] of |outputs|, which are dets and labels.
void mmd_roi_put_masks(mmd_builder_t *builder, mmd_edge_t *masks, mmd_features_t *outputs);
// The map of the class of each detection [m, 1, h, w] of |maps| [m, classes, h, w].
mmd_edge_t *mmd_roi_pick_class(mmd_builder_t *builder, mmd_edge_t *labels, mmd_edge_t *maps);

#endif  // MMD_CODEBASES_MMDET_MODELS_ROI_HEADS_ROI_HEAD_H_
