// SPDX-License-Identifier: Apache-2.0
//
// The two parts of StandardRoIHead, for the heads that are made of it.
#ifndef MMD_CODEBASES_MMDET_MODELS_ROI_HEADS_STANDARD_ROI_HEAD_H_
#define MMD_CODEBASES_MMDET_MODELS_ROI_HEADS_STANDARD_ROI_HEAD_H_

#include "codebases/mmdet/models/roi_heads/roi_head.h"

// dets and labels from the proposals. |reg_scale_factor| > 0: boxes are predicted from features of
// their own, of RoIs that are so much larger.
void mmd_standard_roi_detect(mmd_builder_t *builder, mmd_roi_net_t *net, double reg_scale_factor,
                             mmd_features_t *out_outputs);
// Features and mask of each detection of |outputs|, [batch * k, channels, h, w] and
// [batch * k, 1, h, w]. Both are NULL after a failure.
void mmd_standard_roi_masks(mmd_builder_t *builder, mmd_roi_net_t *net,
                            const mmd_features_t *outputs, mmd_edge_t **out_features,
                            mmd_edge_t **out_masks);

#endif  // MMD_CODEBASES_MMDET_MODELS_ROI_HEADS_STANDARD_ROI_HEAD_H_
