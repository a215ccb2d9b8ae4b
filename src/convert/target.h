// SPDX-License-Identifier: Apache-2.0
//
// Targets as the converter sees them: lookup, the services they may call, the check of their
// operator table.
#ifndef MMD_CONVERT_TARGET_H_
#define MMD_CONVERT_TARGET_H_

#include "base/status.h"
#include "graph/graph.h"
#include "mmdeploy/plugin/target.h"

// What plugins of the converter are offered besides graphs.
extern const mmdeploy_host_t mmd_target_host_base;

// The target of a backend by name, from the registry or from plugins added by mmd_target_load; the
// message lists the known ones.
mmd_status_t mmd_target_get(const char *name, const mmdeploy_target_t **out_target) MMD_MUST_USE;

// Adds the target of a shared object that exports mmdeploy_target_query.
mmd_status_t mmd_target_load(const char *path) MMD_MUST_USE;

// Every node whose operator the target's table lacks, in one error: node, operator, version found,
// versions accepted.
mmd_status_t mmd_target_check(const mmdeploy_target_t *target,
                              const mmd_graph_t *graph) MMD_MUST_USE;

// legalize, check.
mmd_status_t mmd_target_legalize(const mmdeploy_target_t *target, mmd_graph_t *graph,
                                 const mmdeploy_target_request_t *request) MMD_MUST_USE;

// write; checks that the files named in |out_result| exist.
mmd_status_t mmd_target_write(const mmdeploy_target_t *target, const mmd_graph_t *graph,
                              const mmdeploy_target_request_t *request,
                              mmdeploy_target_result_t *out_result) MMD_MUST_USE;

#endif  // MMD_CONVERT_TARGET_H_
