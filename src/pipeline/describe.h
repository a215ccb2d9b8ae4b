// SPDX-License-Identifier: Apache-2.0
//
// What can be said of a package without running it.
#ifndef MMD_PIPELINE_DESCRIBE_H_
#define MMD_PIPELINE_DESCRIBE_H_

#include "pipeline/package.h"

// An object: "task", "version"; "nets": [{"name", "net", "weights", "backend", "precision",
// "batch_size", "dynamic_shape", "bytes" or "error"}]; "tasks": the nodes of pipeline.json in
// order, inner pipelines opened, with "steps" for Transform (the effective ones with every number,
// or those of the file and an "error" when this build cannot run them); where they are there:
// "classes", "codebase" and "verification" of detail.json, "parity" (parity.json).
mmd_status_t mmd_package_describe(mmd_package_t *package,
                                  mmd_value_t **out_description) MMD_MUST_USE;

// The steps of a Transform as they will run, with every number. Fails when this build cannot run
// them.
mmd_status_t mmd_package_describe_steps(const mmd_package_t *package, const mmd_value_t *transforms,
                                        mmd_value_t **out_steps) MMD_MUST_USE;

#endif  // MMD_PIPELINE_DESCRIBE_H_
