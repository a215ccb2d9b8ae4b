// SPDX-License-Identifier: Apache-2.0
//
// The backend table of OpenVINO.
#include "backends/module.h"
#include "backends/openvino/runtime/session.h"

MMD_MODULE_LIBRARY(ov)
MMD_MODULE_DEVICES(ov)
MMD_MODULE_CREATE(ov)
MMD_MODULE_SESSION(ov, inputs, input_count, outputs, output_count)
MMD_MODULE_QUERY("openvino", "OpenVINO",
                 MMDEPLOY_BACKEND_CONCURRENT_RUN | MMDEPLOY_BACKEND_DYNAMIC_SHAPES)
