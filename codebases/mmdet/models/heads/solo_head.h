// SPDX-License-Identifier: Apache-2.0
//
// What the SOLO heads share: a grid of cells on each level, each with a score for each class and
// one mask of the whole picture.
#ifndef MMD_CODEBASES_MMDET_MODELS_HEADS_SOLO_HEAD_H_
#define MMD_CODEBASES_MMDET_MODELS_HEADS_SOLO_HEAD_H_

#include "codebases/mmdet/models/modules.h"
#include "codebases/mmdet/models/options.h"
#include "nn/conv_module.h"
#include "nn/matrix_nms.h"

typedef struct mmd_solo_head_t {
  int64_t num_classes, in_channels, feat_channels, stacked_convs, cls_down_index;
  mmd_ints_t strides, num_grids;
  const mmd_value_t *norm_cfg, *dcn_cfg, *test_cfg;
  bool dcn_apply_to_all_conv;
} mmd_solo_head_t;

// Rows of SOLOHead's own options; the first field of a head's struct is |base|.
#define MMD_SOLO_HEAD_OPTIONS(type_)                                                               \
  MMD_OPT_COUNT_REQUIRED("num_classes", type_, base.num_classes, "Classes, without background."),  \
      MMD_OPT_COUNT_REQUIRED("in_channels", type_, base.in_channels, "Channels of the inputs."),   \
      MMD_OPT_COUNT("feat_channels", type_, base.feat_channels, "256", "Channels in the towers."), \
      MMD_OPT_COUNT("stacked_convs", type_, base.stacked_convs, "4", "Convolutions of a tower."),  \
      MMD_OPT_INTS("strides", type_, base.strides, "[4, 8, 16, 32, 64]",                           \
                   "Masks of a level must have more pixels."),                                     \
      MMD_OPT_INTS("num_grids", type_, base.num_grids, "[40, 36, 24, 16, 12]",                     \
                   "Cells of a level in each direction."),                                         \
      MMD_OPT_INT("cls_down_index", type_, base.cls_down_index, "0",                               \
                  "The class tower is brought to the grid before that convolution."),              \
      MMD_OPT_DICT("norm_cfg", type_, base.norm_cfg, "Kind of normalisation."),                    \
      MMD_OPT_DICT("test_cfg", type_, base.test_cfg, "Set by the detector."),                      \
      MMD_OPT_TRAINING("scale_ranges"), MMD_OPT_TRAINING("pos_scale"),                             \
      MMD_OPT_TRAINING("loss_mask"), MMD_OPT_TRAINING("loss_cls"), MMD_OPT_TRAINING("train_cfg"),  \
      MMD_OPT_TRAINING("init_cfg")

// A head while it is built.
typedef struct mmd_solo_plan_t {
  const mmd_solo_head_t *self;
  mmd_norm_t norm;
  mmd_activation_t relu;
  mmd_matrix_nms_t nms;
  mmd_edge_t *inputs[MMD_MAX_FEATURES];  // the first and the last one resized to their neighbours
} mmd_solo_plan_t;

// False after a failure.
bool mmd_solo_plan(mmd_builder_t *b, const mmd_solo_head_t *self, const mmd_features_t *inputs,
                   mmd_solo_plan_t *out_plan);

// -1 to 1 from left to right (|axis| 3) or from top to bottom (2): [batch, 1, height, width].
mmd_edge_t *mmd_solo_coordinate(mmd_builder_t *b, int axis, mmd_edge_t *x);
// |x| with both behind its channels.
mmd_edge_t *mmd_solo_with_coordinates(mmd_builder_t *b, mmd_edge_t *x);
// To the height and width |size|, a tensor of two numbers; or a grid of |size| cells each way.
mmd_edge_t *mmd_solo_resize(mmd_builder_t *b, mmd_edge_t *size, mmd_edge_t *x);
mmd_edge_t *mmd_solo_to_grid(mmd_builder_t *b, int64_t size, mmd_edge_t *x);

// Convolution |index| of a tower whose first one has |extra| more channels.
mmd_edge_t *mmd_solo_tower_conv(mmd_builder_t *b, const mmd_solo_plan_t *plan, const char *name,
                                int64_t index, int64_t extra, mmd_edge_t *x);
// Scores [batch, cells, classes] of a level's class logits: those of a cell that is better than its
// left, upper and upper left neighbour, else 0.
mmd_edge_t *mmd_solo_scores(mmd_builder_t *b, const mmd_solo_plan_t *plan, mmd_edge_t *logits);
// Of |scores| those that pass the threshold, the cells |index|; else 0.
mmd_edge_t *mmd_solo_passing(mmd_builder_t *b, const mmd_solo_plan_t *plan, mmd_edge_t *scores,
                             mmd_edge_t *index);

// Suppression, and the outputs dets, labels and masks. The masks' size times |scale| is the
// network's input. As MMDeploy has it, boxes are the whole input where masks are left small, and
// zeros where the deploy config asks for masks of the input's size (export_postprocess_mask).
void mmd_solo_finish(mmd_builder_t *b, const mmd_solo_plan_t *plan,
                     const mmd_mask_candidates_t *candidates, double scale,
                     mmd_features_t *out_outputs);

#endif  // MMD_CODEBASES_MMDET_MODELS_HEADS_SOLO_HEAD_H_
