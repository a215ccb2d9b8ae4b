// SPDX-License-Identifier: Apache-2.0
//
// What the code bases give libmmdeploy.
#include "codebases/mmcls/postprocess/linear_cls_head.h"
#include "pipeline/registry.h"

const mmd_component_t *const mmd_postprocess_registry[] = {
    &mmd_linear_cls_head,         &mmd_cls_head,
    &mmd_stacked_linear_cls_head, &mmd_vision_transformer_cls_head,
    &mmd_conformer_head,          &mmd_multi_label_linear_cls_head,
    &mmd_multi_label_cls_head,    NULL,
};

const char *const mmd_task_registry[] = {"Classifier", NULL};
