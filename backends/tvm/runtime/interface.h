// SPDX-License-Identifier: Apache-2.0
//
// The text beside a compiled network, written by backends/external:
//
//   mmdeploy-tvm 1
//   input NAME TYPE RANK SIZE...     TYPE as in ONNX; a size is a number or a name
//   output NAME TYPE RANK SIZE...
#ifndef MMD_BACKENDS_TVM_RUNTIME_INTERFACE_H_
#define MMD_BACKENDS_TVM_RUNTIME_INTERFACE_H_

#include "base/status.h"
#include "mmdeploy/plugin/backend.h"

enum { TVM_MAX_PORTS = 32 };

typedef struct tvm_interface_t {
  char *text;  // the names point into it
  size_t input_count, output_count;
  mmdeploy_plugin_tensor_info_t inputs[TVM_MAX_PORTS], outputs[TVM_MAX_PORTS];
} tvm_interface_t;

mmd_status_t tvm_interface_read(const void *data, size_t size,
                                tvm_interface_t *out_interface) MMD_MUST_USE;
void tvm_interface_deinit(tvm_interface_t *interface);

#endif  // MMD_BACKENDS_TVM_RUNTIME_INTERFACE_H_
