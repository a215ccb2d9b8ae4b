// SPDX-License-Identifier: Apache-2.0
//
// The backend table of TorchScript.
#include "backends/module.h"
#include "backends/torchscript/runtime/session.h"

MMD_MODULE_LIBRARY(ts)
MMD_MODULE_DEVICES(ts)
MMD_MODULE_CREATE(ts)
MMD_MODULE_SESSION(ts, inputs, input_count, outputs, output_count)
MMD_MODULE_QUERY("torchscript", "TorchScript through libtorch",
                 MMDEPLOY_BACKEND_CONCURRENT_RUN | MMDEPLOY_BACKEND_DYNAMIC_SHAPES)
