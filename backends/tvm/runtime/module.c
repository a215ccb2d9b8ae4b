// SPDX-License-Identifier: Apache-2.0
//
// The backend table of TVM.
#include "backends/module.h"
#include "backends/tvm/runtime/session.h"

MMD_MODULE_LIBRARY(tvm)
MMD_MODULE_CPU
MMD_MODULE_CREATE(tvm)
MMD_MODULE_SESSION(tvm, interface.inputs, interface.input_count, interface.outputs,
                   interface.output_count)
MMD_MODULE_QUERY("tvm", "TVM, what its compiler makes",
                 MMDEPLOY_BACKEND_DYNAMIC_SHAPES | MMDEPLOY_BACKEND_NEEDS_PATH)
