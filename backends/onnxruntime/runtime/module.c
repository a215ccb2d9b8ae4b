// SPDX-License-Identifier: Apache-2.0
//
// The backend table of ONNX Runtime.
#include "backends/module.h"
#include "backends/onnxruntime/runtime/session.h"

MMD_MODULE_LIBRARY(ort)
MMD_MODULE_CPU
MMD_MODULE_CREATE(ort)
MMD_MODULE_SESSION(ort, inputs, input_count, outputs, output_count)
MMD_MODULE_QUERY("onnxruntime", "ONNX Runtime on the CPU",
                 MMDEPLOY_BACKEND_CONCURRENT_RUN | MMDEPLOY_BACKEND_DYNAMIC_SHAPES)
