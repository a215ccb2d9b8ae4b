// SPDX-License-Identifier: Apache-2.0
//
// A compiled network on TVM's virtual machine.
#ifndef MMD_BACKENDS_TVM_RUNTIME_SESSION_H_
#define MMD_BACKENDS_TVM_RUNTIME_SESSION_H_

#include "backends/tvm/runtime/interface.h"
#include "backends/tvm/runtime/library.h"

typedef struct tvm_session_t {
  const tvm_library_t *library;
  char *name;
  tvm_interface_t interface;
  tvm_value_t module, machine, main;
} tvm_session_t;

mmd_status_t tvm_session_create(const tvm_library_t *library, const mmdeploy_session_desc_t *desc,
                                tvm_session_t **out_session) MMD_MUST_USE;
void tvm_session_destroy(tvm_session_t *session);  // NULL is fine

// One run at a time.
mmd_status_t tvm_session_run(const tvm_session_t *session, const mmdeploy_run_tensor_t *inputs,
                             size_t input_count, mmdeploy_run_tensor_t *outputs,
                             size_t output_count) MMD_MUST_USE;

#endif  // MMD_BACKENDS_TVM_RUNTIME_SESSION_H_
