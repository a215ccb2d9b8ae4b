// SPDX-License-Identifier: Apache-2.0
//
// The test pipeline of a detector as the SDK's transforms.
#ifndef MMD_CODEBASES_MMDET_PREPROCESS_H_
#define MMD_CODEBASES_MMDET_PREPROCESS_H_

#include "frontends/openmmlab/task.h"

mmd_status_t mmd_mmdet_preprocess(const mmd_task_context_t *context,
                                  mmd_value_t **out_transforms) MMD_MUST_USE;
// Height and width behind the transforms; 0 = depends on the image.
mmd_status_t mmd_mmdet_input_size(const mmd_task_context_t *context,
                                  int64_t out_size[2]) MMD_MUST_USE;

#endif  // MMD_CODEBASES_MMDET_PREPROCESS_H_
