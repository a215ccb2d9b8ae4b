// SPDX-License-Identifier: Apache-2.0
//
// What libmmdeploy holds; defined in codebases/registry_run.c and backends/registry_run.c.
#ifndef MMD_PIPELINE_REGISTRY_H_
#define MMD_PIPELINE_REGISTRY_H_

#include "mmdeploy/plugin/backend.h"
#include "value/component.h"

extern const mmd_component_t
    *const mmd_postprocess_registry[];  // post-processing heads, NULL-terminated
// Modules of pipeline.json that stand by themselves (module "Task"), NULL-terminated. Transform,
// Net and the modules of the heads are not among them.
extern const mmd_component_t *const mmd_task_module_registry[];
extern const char
    *const mmd_task_registry[];  // deploy.json task names this build can run, NULL-terminated
extern const mmdeploy_backend_query_fn
    mmd_backend_registry[];  // backends linked in, NULL-terminated

// Makes the backends that are linked in known to the runtime; cheap to call again.
mmd_status_t mmd_backend_registry_use(void) MMD_MUST_USE;

#endif  // MMD_PIPELINE_REGISTRY_H_
