// SPDX-License-Identifier: Apache-2.0
//
// What the classification heads share.
#ifndef MMD_CODEBASES_MMCLS_MODELS_HEADS_H_
#define MMD_CODEBASES_MMCLS_MODELS_HEADS_H_

#include "frontends/openmmlab/module.h"

// Options of ClsHead, which every head takes and the network does not need.
// clang-format off
#define MMD_CLS_HEAD_OPTIONS                                                                                        \
  {.name = "loss", .type = MMD_OPTION_VALUE, .flags = MMD_OPTION_IGNORED, .help = "Training only."},                \
  {.name = "topk", .type = MMD_OPTION_VALUE, .flags = MMD_OPTION_IGNORED, .help = "Goes to the post-processing."},  \
  {.name = "cal_acc", .type = MMD_OPTION_VALUE, .flags = MMD_OPTION_IGNORED, .help = "Training only."},             \
  {.name = "init_cfg", .type = MMD_OPTION_VALUE, .flags = MMD_OPTION_IGNORED, .help = "Training only."}
// clang-format on

// The last feature, which heads take; NULL (and a failure) when there is none.
mmd_edge_t *mmd_cls_head_input(mmd_builder_t *builder, const mmd_features_t *inputs);
// Scores of the logits [batch, classes] as the head's only output.
void mmd_cls_head_finish(mmd_builder_t *builder, mmd_edge_t *logits, mmd_features_t *out_outputs);

#endif  // MMD_CODEBASES_MMCLS_MODELS_HEADS_H_
