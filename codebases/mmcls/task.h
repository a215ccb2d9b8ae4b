// SPDX-License-Identifier: Apache-2.0
//
// Image classification of mmcls (0.x) and mmpretrain (1.x).
#ifndef MMD_CODEBASES_MMCLS_TASK_H_
#define MMD_CODEBASES_MMCLS_TASK_H_

#include "frontends/openmmlab/task.h"

extern const mmd_task_t mmd_mmcls_classification;

#endif  // MMD_CODEBASES_MMCLS_TASK_H_
