// SPDX-License-Identifier: Apache-2.0
//
// What the code bases give libmmdeploy_convert.
#include "codebases/mmcls/models/modules.h"
#include "codebases/mmcls/task.h"
#include "convert/registry.h"

const mmd_task_t *const mmd_task_table[] = {
    &mmd_mmcls_classification,
    NULL,
};

const mmd_module_t *const mmd_module_registry[] = {
    &mmd_mmcls_image_classifier,
    &mmd_mmcls_resnet,
    &mmd_mmcls_resnet_v1c,
    &mmd_mmcls_resnet_v1d,
    &mmd_mmcls_seresnet,
    &mmd_mmcls_mobilenet_v2,
    &mmd_mmcls_vision_transformer,
    &mmd_mmcls_global_average_pooling,
    &mmd_mmcls_cls_head,
    &mmd_mmcls_linear_cls_head,
    &mmd_mmcls_vision_transformer_cls_head,
    NULL,
};
