// SPDX-License-Identifier: Apache-2.0
//
// Answers of an engine that runs nowhere but in its vendor's compiler: the compiler makes the files
// once more, and its simulator runs them.
#ifndef MMD_CONVERT_PARITY_TRIAL_H_
#define MMD_CONVERT_PARITY_TRIAL_H_

#include "convert/target.h"

typedef struct mmd_trial_t {
  const mmdeploy_target_t *target;  // one that tries
  const mmdeploy_target_request_t *request;
  const mmd_graph_t *graph;  // legalised
  size_t case_count;
  const mmd_tensor_t *const *inputs;  // of each case the inputs in graph order, packed
} mmd_trial_t;

// Whether |backend| has no module here, and the target can try what it makes instead.
mmd_status_t mmd_trial_is_needed(const mmdeploy_target_t *target, const char *backend,
                                 bool *out_is_needed) MMD_MUST_USE;

// |out_outputs| [case_count * outputs of the graph], in its order and element types. The files in
// the request's directory are those that were tried.
mmd_status_t mmd_trial_run(const mmd_trial_t *trial, mmd_tensor_t *out_outputs) MMD_MUST_USE;

#endif  // MMD_CONVERT_PARITY_TRIAL_H_
