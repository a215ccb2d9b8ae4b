// SPDX-License-Identifier: Apache-2.0
//
// The heads of mmpose.
#ifndef MMD_CODEBASES_MMPOSE_POSTPROCESS_HEADS_H_
#define MMD_CODEBASES_MMPOSE_POSTPROCESS_HEADS_H_

#include "value/component.h"

// One head under the names of mmpose's classes.
extern const mmd_component_t mmd_topdown_heatmap_base_head, mmd_topdown_heatmap_simple_head,
    mmd_topdown_heatmap_multi_stage_head, mmd_vipnas_heatmap_simple_head,
    mmd_topdown_heatmap_msmu_head;
extern const mmd_component_t mmd_deeppose_regression_head, mmd_simcc_label_head;

#endif  // MMD_CODEBASES_MMPOSE_POSTPROCESS_HEADS_H_
