// SPDX-License-Identifier: Apache-2.0
//
// The module builders of mmdet, 0.x and 1.x; one file a class or family.
#ifndef MMD_CODEBASES_MMDET_MODELS_MODULES_H_
#define MMD_CODEBASES_MMDET_MODELS_MODULES_H_

#include "frontends/openmmlab/module.h"

// Detectors: kind "detector". One-stage ones differ in their heads alone.
#define MMD_MMDET_SINGLE_STAGE_COUNT 16
extern const mmd_module_t mmd_mmdet_single_stage[MMD_MMDET_SINGLE_STAGE_COUNT];

// Kind "backbone".
extern const mmd_module_t mmd_mmdet_resnet;
extern const mmd_module_t mmd_mmdet_resnet_v1d;
extern const mmd_module_t mmd_mmdet_resnext;
extern const mmd_module_t mmd_mmdet_csp_darknet;

// Kind "neck".
extern const mmd_module_t mmd_mmdet_fpn;
extern const mmd_module_t mmd_mmdet_yolox_pafpn;

// Kind "bbox_head".
extern const mmd_module_t mmd_mmdet_retina_head;
extern const mmd_module_t mmd_mmdet_fsaf_head;
extern const mmd_module_t mmd_mmdet_fcos_head;
extern const mmd_module_t mmd_mmdet_atss_head;
extern const mmd_module_t mmd_mmdet_gfl_head;
extern const mmd_module_t mmd_mmdet_ld_head;
extern const mmd_module_t mmd_mmdet_yolox_head;

#endif  // MMD_CODEBASES_MMDET_MODELS_MODULES_H_
