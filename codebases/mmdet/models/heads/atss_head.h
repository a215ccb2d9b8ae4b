// SPDX-License-Identifier: Apache-2.0
//
// ATSSHead's maps, for the heads that are made from it.
#ifndef MMD_CODEBASES_MMDET_MODELS_HEADS_ATSS_HEAD_H_
#define MMD_CODEBASES_MMDET_MODELS_HEADS_ATSS_HEAD_H_

#include "codebases/mmdet/models/heads/anchor_head.h"

typedef struct mmd_atss_head_t {
  mmd_anchor_head_t base;
  int64_t pred_kernel_size;
} mmd_atss_head_t;

// Rows of ATSSHead's options; the first field of a head's struct is an mmd_atss_head_t.
#define MMD_ATSS_HEAD_OPTIONS                                                                  \
  MMD_ANCHOR_HEAD_OPTIONS(mmd_atss_head_t), MMD_ANCHOR_TOWER_OPTIONS_FROM(mmd_atss_head_t, 0), \
      MMD_OPT_COUNT("pred_kernel_size", mmd_atss_head_t, pred_kernel_size, "3",                \
                    "Kernel of the last convolutions."),                                       \
      MMD_OPT_TRAINING("loss_centerness")

// Reads everything and builds the maps of every level: scores, boxes, centerness. False after a
// failure.
bool mmd_atss_head_maps(mmd_builder_t *b, const mmd_atss_head_t *self, const mmd_features_t *inputs,
                        mmd_anchor_plan_t *out_plan,
                        mmd_dense_level_t out_levels[MMD_MAX_PRIOR_LEVELS]);

#endif  // MMD_CODEBASES_MMDET_MODELS_HEADS_ATSS_HEAD_H_
