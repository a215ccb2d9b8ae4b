// SPDX-License-Identifier: Apache-2.0
#ifndef MMD_BACKENDS_ONNXRUNTIME_RUNTIME_SESSION_H_
#define MMD_BACKENDS_ONNXRUNTIME_RUNTIME_SESSION_H_

#include "backends/onnxruntime/runtime/library.h"
#include "backends/onnxruntime/runtime/ops/custom_op.h"
#include "base/arena.h"
#include "mmdeploy/plugin/backend.h"

typedef struct ort_session_t {
  ort_library_t *library;  // borrowed
  ort_ops_t *ops;          // outlives |native|
  OrtSession *native;
  mmd_arena_t arena;  // names and descriptors
  size_t input_count, output_count;
  mmdeploy_plugin_tensor_info_t *inputs, *outputs;
  const char **input_names, **output_names;
} ort_session_t;

mmd_status_t ort_session_create(ort_library_t *library, const mmdeploy_session_desc_t *desc,
                                ort_session_t **out_session) MMD_MUST_USE;
void ort_session_destroy(ort_session_t *session);
mmd_status_t ort_session_run(ort_session_t *session, const mmdeploy_run_tensor_t *inputs,
                             size_t input_count, mmdeploy_run_tensor_t *outputs,
                             size_t output_count) MMD_MUST_USE;

#endif  // MMD_BACKENDS_ONNXRUNTIME_RUNTIME_SESSION_H_
