// SPDX-License-Identifier: Apache-2.0
//
// The test pipeline of a config in the language of pipeline.json, and what it says about sizes.
#ifndef MMD_CODEBASES_MMCLS_PREPROCESS_H_
#define MMD_CODEBASES_MMCLS_PREPROCESS_H_

#include "frontends/openmmlab/task.h"

mmd_status_t mmd_mmcls_preprocess(const mmd_task_context_t *context,
                                  mmd_value_t **out_transforms) MMD_MUST_USE;
// [height, width] behind the pipeline, 0 where it depends on the image.
mmd_status_t mmd_mmcls_input_size(const mmd_task_context_t *context,
                                  int64_t out_size[2]) MMD_MUST_USE;

#endif  // MMD_CODEBASES_MMCLS_PREPROCESS_H_
