// SPDX-License-Identifier: Apache-2.0
//
// Object detection of mmdet, 0.x and 1.x; with a third output "masks" instance segmentation, which
// the deploy configs call by the same task.
#ifndef MMD_CODEBASES_MMDET_TASK_H_
#define MMD_CODEBASES_MMDET_TASK_H_

#include "frontends/openmmlab/task.h"

extern const mmd_task_t mmd_mmdet_detection;

#endif  // MMD_CODEBASES_MMDET_TASK_H_
