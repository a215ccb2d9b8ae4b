// SPDX-License-Identifier: Apache-2.0
//
// Targets as the converter sees them: lookup, the services they may call, the check of their
// operator table.
#ifndef MMD_CONVERT_TARGET_H_
#define MMD_CONVERT_TARGET_H_

#include "base/map.h"
#include "base/status.h"
#include "graph/graph.h"
#include "mmdeploy/plugin/target.h"

// What plugins of the converter are offered besides graphs.
extern const mmdeploy_host_t mmd_target_host_base;

// The target of a backend by name: from the registry, from plugins added by mmd_target_load, or
// from the backend's own module (mmd_backend_get). The message lists the known ones.
mmd_status_t mmd_target_get(const char *name, const mmdeploy_target_t **out_target) MMD_MUST_USE;

// All of the registry, then those that were loaded; NULL past the end.
const mmdeploy_target_t *mmd_target_at(size_t index);
// What it says it is got by, or NULL.
const char *mmd_target_get_command(const mmdeploy_target_t *target);
// Whether it can run what it writes: mmdeploy_target_request_t.trial.
bool mmd_target_tries(const mmdeploy_target_t *target);
double mmd_target_precision(const mmdeploy_target_t *target);
// Where its compiler is; "" for a target that does not tell.
mmd_status_t mmd_target_find(const mmdeploy_target_t *target,
                             const mmdeploy_target_request_t *request, char *out_text,
                             size_t text_size) MMD_MUST_USE;

// Names of all backends that can be converted to or run on here, sorted: modules that are found,
// and targets. A map of names; the values mean nothing.
mmd_status_t mmd_target_backends(mmd_map_t **out_names) MMD_MUST_USE;

// Adds the target of a shared object that exports mmdeploy_target_query.
mmd_status_t mmd_target_load(const char *path) MMD_MUST_USE;

// Every node whose operator the target's table lacks, in one error: node, operator, version found,
// versions accepted.
mmd_status_t mmd_target_check(const mmdeploy_target_t *target,
                              const mmd_graph_t *graph) MMD_MUST_USE;

// What the target refuses before there is a graph.
mmd_status_t mmd_target_prepare(const mmdeploy_target_t *target,
                                const mmdeploy_target_request_t *request) MMD_MUST_USE;

bool mmd_target_has_prepare(const mmdeploy_target_t *target);

// legalize, check.
mmd_status_t mmd_target_legalize(const mmdeploy_target_t *target, mmd_graph_t *graph,
                                 const mmdeploy_target_request_t *request) MMD_MUST_USE;

// write; checks that the files named in |out_result| exist.
mmd_status_t mmd_target_write(const mmdeploy_target_t *target, const mmd_graph_t *graph,
                              const mmdeploy_target_request_t *request,
                              mmdeploy_target_result_t *out_result) MMD_MUST_USE;

#endif  // MMD_CONVERT_TARGET_H_
