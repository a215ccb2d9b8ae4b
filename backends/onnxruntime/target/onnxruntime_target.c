// SPDX-License-Identifier: Apache-2.0
//
// ONNX Runtime reads ONNX: the target lowers the graph to the opset of the deploy config and writes
// it.
#include "backends/onnx_deform_conv.h"
#include "backends/onnx_files.h"
#include "backends/onnxruntime/target/min_version.h"
#include "backends/onnxruntime/target/op_table.h"
#include "base/plugin_error.h"

static mmd_status_t legalize(mmdeploy_graph_t *graph, const mmdeploy_target_request_t *request) {
  bool has_deform_conv;
  MMD_TRY(ort_target_min_version(request, ORT_DEFORM_CONV_VERSION, &has_deform_conv));
  if (!has_deform_conv) MMD_TRY(mmd_onnx_convert_deform_conv(graph));
  return mmd_onnx_files_lower(graph, request);
}

static int32_t target_legalize(const mmdeploy_target_host_t *host, mmdeploy_graph_t *graph,
                               const mmdeploy_target_request_t *request,
                               mmdeploy_plugin_error_t *error) {
  (void)host;
  return mmd_plugin_error_set(error, legalize(graph, request));
}

static int32_t target_write(const mmdeploy_target_host_t *host, const mmdeploy_graph_t *graph,
                            const mmdeploy_target_request_t *request,
                            mmdeploy_target_result_t *out_result, mmdeploy_plugin_error_t *error) {
  (void)host;
  return mmd_plugin_error_set(error, mmd_onnx_files_write(graph, request, out_result));
}

extern const mmdeploy_target_t mmd_onnxruntime_target;
const mmdeploy_target_t mmd_onnxruntime_target = {
    .abi_version = MMDEPLOY_TARGET_ABI_VERSION,
    .struct_size = sizeof(mmdeploy_target_t),
    .name = "onnxruntime",
    .description = "ONNX for ONNX Runtime 1.15 and newer, opsets 9 to 20",
    .ir_type = "onnx",
    .ir_suffix = ".onnx",
    .ops = ort_target_ops,
    .op_count = ORT_TARGET_OP_COUNT,
    .legalize = target_legalize,
    .write = target_write,
    .get = "pip install onnxruntime",
};
