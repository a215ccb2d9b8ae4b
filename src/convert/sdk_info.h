// SPDX-License-Identifier: Apache-2.0
//
// The three JSON files of a package, in the form that MMDeploy writes.
#ifndef MMD_CONVERT_SDK_INFO_H_
#define MMD_CONVERT_SDK_INFO_H_

#include "frontends/openmmlab/config.h"
#include "mmdeploy/plugin/target.h"

typedef struct mmd_sdk_info_t {
  mmd_value_t *deploy, *pipeline, *detail;
} mmd_sdk_info_t;

typedef struct mmd_sdk_info_request_t {
  const mmd_task_t *task;
  const mmd_task_context_t *context;
  const mmd_deploy_view_t *deploy;
  const char *checkpoint_path;
  const mmdeploy_target_result_t *files;  // net and weights
  const mmd_value_t *classes;             // array of names, or NULL
  const char *palette;                    // their colours, "#dc143c,…"; NULL or "" = not known
  const char *verification;               // "not verified", "passed", "failed": detail.json says so
} mmd_sdk_info_request_t;

// deploy.json and pipeline.json hold what MMDeploy of the config's release line writes; detail.json
// has "classes", "palette", "verification" and "generator" on top.
mmd_status_t mmd_sdk_info_create(const mmd_sdk_info_request_t *request,
                                 mmd_sdk_info_t *out_info) MMD_MUST_USE;
void mmd_sdk_info_deinit(mmd_sdk_info_t *info);
mmd_status_t mmd_sdk_info_write(const mmd_sdk_info_t *info, const char *directory) MMD_MUST_USE;

#endif  // MMD_CONVERT_SDK_INFO_H_
