// SPDX-License-Identifier: Apache-2.0
#ifndef MMD_BACKENDS_TORCHSCRIPT_RUNTIME_SESSION_H_
#define MMD_BACKENDS_TORCHSCRIPT_RUNTIME_SESSION_H_

#include "backends/torchscript/runtime/library.h"
#include "base/arena.h"

typedef struct ts_session_t {
  const ts_library_t *library;
  ts_module_t *module;
  mmd_arena_t arena;  // names
  int32_t threads;
  bool optimize;
  size_t input_count, output_count;
  mmdeploy_plugin_tensor_info_t *inputs, *outputs;
} ts_session_t;

mmd_status_t ts_session_create(const ts_library_t *library, const mmdeploy_session_desc_t *desc,
                               ts_session_t **out_session) MMD_MUST_USE;
void ts_session_destroy(ts_session_t *session);  // NULL is fine

mmd_status_t ts_session_run(ts_session_t *session, const mmdeploy_run_tensor_t *inputs,
                            size_t input_count, mmdeploy_run_tensor_t *outputs,
                            size_t output_count) MMD_MUST_USE;

#endif  // MMD_BACKENDS_TORCHSCRIPT_RUNTIME_SESSION_H_
