// SPDX-License-Identifier: Apache-2.0
//
// What libmmdeploy_convert holds; defined in codebases/registry_convert.c and
// backends/registry_convert.c.
#ifndef MMD_CONVERT_REGISTRY_H_
#define MMD_CONVERT_REGISTRY_H_

#include "frontends/openmmlab/task.h"
#include "mmdeploy/plugin/target.h"

extern const mmd_task_t *const mmd_task_table[];              // NULL-terminated
extern const mmd_module_t *const mmd_module_registry[];       // NULL-terminated
extern const mmd_partition_set_t mmd_partition_sets[];        // ends with a codebase of NULL
extern const mmdeploy_target_t *const mmd_target_registry[];  // NULL-terminated

#endif  // MMD_CONVERT_REGISTRY_H_
