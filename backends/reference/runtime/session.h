// SPDX-License-Identifier: Apache-2.0
#ifndef MMD_BACKENDS_REFERENCE_RUNTIME_SESSION_H_
#define MMD_BACKENDS_REFERENCE_RUNTIME_SESSION_H_

#include "base/arena.h"
#include "base/thread.h"
#include "mmdeploy/plugin/backend.h"
#include "ops/evaluator.h"

typedef struct reference_session_t {
  mmd_graph_t *graph;
  mmd_storage_t *net;  // the graph's weights are views into it
  mmd_evaluator_options_t options;
  size_t input_count, output_count;
  mmdeploy_plugin_tensor_info_t *inputs, *outputs;
  mmd_arena_t arena;  // descriptors
  mmd_mutex_t mutex;  // guards |idle|
  bool has_mutex;
  mmd_evaluator_t *idle[8];  // evaluators between runs, one a concurrent caller
  size_t idle_count;
} reference_session_t;

mmd_status_t reference_session_create(const mmdeploy_session_desc_t *desc,
                                      reference_session_t **out_session) MMD_MUST_USE;
void reference_session_destroy(reference_session_t *session);
mmd_status_t reference_session_run(reference_session_t *session,
                                   const mmdeploy_run_tensor_t *inputs, size_t input_count,
                                   mmdeploy_run_tensor_t *outputs,
                                   size_t output_count) MMD_MUST_USE;

#endif  // MMD_BACKENDS_REFERENCE_RUNTIME_SESSION_H_
