// SPDX-License-Identifier: Apache-2.0
//
// The backend table of ncnn.
#include "backends/module.h"
#include "backends/ncnn/runtime/session.h"

MMD_MODULE_LIBRARY(ncnn)
MMD_MODULE_CPU
MMD_MODULE_CREATE(ncnn)
MMD_MODULE_SESSION(ncnn, input_infos, param.input_count, output_infos, param.output_count)
MMD_MODULE_QUERY("ncnn", "ncnn", MMDEPLOY_BACKEND_CONCURRENT_RUN | MMDEPLOY_BACKEND_DYNAMIC_SHAPES)
