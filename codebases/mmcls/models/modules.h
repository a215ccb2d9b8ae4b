// SPDX-License-Identifier: Apache-2.0
//
// The module builders of mmcls (0.x) and mmpretrain (1.x); one file a class or family.
#ifndef MMD_CODEBASES_MMCLS_MODELS_MODULES_H_
#define MMD_CODEBASES_MMCLS_MODELS_MODULES_H_

#include "frontends/openmmlab/module.h"

extern const mmd_module_t mmd_mmcls_image_classifier;

extern const mmd_module_t mmd_mmcls_resnet;
extern const mmd_module_t mmd_mmcls_resnet_v1c;
extern const mmd_module_t mmd_mmcls_resnet_v1d;
extern const mmd_module_t mmd_mmcls_seresnet;
extern const mmd_module_t mmd_mmcls_mobilenet_v2;
extern const mmd_module_t mmd_mmcls_convnext;
extern const mmd_module_t mmd_mmcls_vision_transformer;

extern const mmd_module_t mmd_mmcls_global_average_pooling;

extern const mmd_module_t mmd_mmcls_cls_head;
extern const mmd_module_t mmd_mmcls_linear_cls_head;
extern const mmd_module_t mmd_mmcls_vision_transformer_cls_head;

#endif  // MMD_CODEBASES_MMCLS_MODELS_MODULES_H_
