// SPDX-License-Identifier: Apache-2.0
#ifndef MMD_BACKENDS_OPENVINO_RUNTIME_SESSION_H_
#define MMD_BACKENDS_OPENVINO_RUNTIME_SESSION_H_

#include "backends/openvino/runtime/requests.h"
#include "base/arena.h"
#include "base/thread.h"

enum { OV_MAX_EQUAL_SIZES = 64 };

// Two axes of inputs that always have one size.
typedef struct ov_equal_sizes_t {
  size_t inputs[2];
  int axes[2];
} ov_equal_sizes_t;

typedef struct ov_session_t {
  ov_library_t *library;  // borrowed
  mmdeploy_session_desc_t desc;
  mmd_mutex_t mutex;
  ov_requests_t *requests;  // guarded; they are made anew when memory was short
  mmd_arena_t arena;        // names and descriptors
  size_t input_count, output_count;
  mmdeploy_plugin_tensor_info_t *inputs, *outputs;
  bool is_waiting;  // runs are started and waited for
  size_t equal_count;
  ov_equal_sizes_t equal[OV_MAX_EQUAL_SIZES];
} ov_session_t;

mmd_status_t ov_session_create(ov_library_t *library, const mmdeploy_session_desc_t *desc,
                               ov_session_t **out_session) MMD_MUST_USE;
void ov_session_destroy(ov_session_t *session);
mmd_status_t ov_session_run(ov_session_t *session, const mmdeploy_run_tensor_t *inputs,
                            size_t input_count, mmdeploy_run_tensor_t *outputs,
                            size_t output_count) MMD_MUST_USE;

#endif  // MMD_BACKENDS_OPENVINO_RUNTIME_SESSION_H_
