// SPDX-License-Identifier: Apache-2.0
//
// Post-processing of classifiers: scores [1, classes] into labels with scores.
#ifndef MMD_CODEBASES_MMCLS_POSTPROCESS_LINEAR_CLS_HEAD_H_
#define MMD_CODEBASES_MMCLS_POSTPROCESS_LINEAR_CLS_HEAD_H_

#include "value/component.h"

// The best |topk| classes, best first. A package names the head's class, so each class has an
// entry; they do the same.
extern const mmd_component_t mmd_linear_cls_head;
extern const mmd_component_t mmd_cls_head;
extern const mmd_component_t mmd_stacked_linear_cls_head;
extern const mmd_component_t mmd_vision_transformer_cls_head;
extern const mmd_component_t mmd_conformer_head;

// All classes in index order.
extern const mmd_component_t mmd_multi_label_linear_cls_head;
extern const mmd_component_t mmd_multi_label_cls_head;

#endif  // MMD_CODEBASES_MMCLS_POSTPROCESS_LINEAR_CLS_HEAD_H_
