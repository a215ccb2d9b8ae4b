// SPDX-License-Identifier: Apache-2.0
//
// The stages of CSPDarknet and CSPNeXt: a table of each class, or the config's own list.
#ifndef MMD_CODEBASES_MMDET_MODELS_BACKBONES_CSP_STAGES_H_
#define MMD_CODEBASES_MMDET_MODELS_BACKBONES_CSP_STAGES_H_

#include "frontends/openmmlab/module.h"
#include "nn/csp_layer.h"

enum { MMD_CSP_MAX_STAGES = 8 };

typedef struct mmd_csp_stage_t {
  int64_t in_channels, out_channels, blocks;
  bool add_identity, use_spp;
} mmd_csp_stage_t;

// What the two backbones have in common.
typedef struct mmd_csp_backbone_t {
  double deepen_factor, widen_factor;
  mmd_ints_t out_indices, spp_kernels;
  const mmd_value_t *arch_ovewrite;  // spelled as mmdet spells it
  mmd_csp_layer_t layer;             // what the CSP layers of all stages share
  int stage_count;
  mmd_csp_stage_t stages[MMD_CSP_MAX_STAGES];
} mmd_csp_backbone_t;

// Takes the |count| stages of |table|, or those of arch_ovewrite, scaled. False after a failure.
bool mmd_csp_backbone_read(mmd_builder_t *builder, int count, const mmd_csp_stage_t *table,
                           mmd_csp_backbone_t *backbone);

// The modules "stage1" … behind |stem|, which is feature 0.
void mmd_csp_backbone_build(mmd_builder_t *builder, const mmd_csp_backbone_t *backbone,
                            const mmd_csp_style_t *style, mmd_edge_t *stem,
                            mmd_features_t *out_outputs);

#endif  // MMD_CODEBASES_MMDET_MODELS_BACKBONES_CSP_STAGES_H_
