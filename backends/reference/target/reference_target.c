// SPDX-License-Identifier: Apache-2.0
//
// Our own evaluator reads ONNX too. Its operators are those of src/ops, so they are checked there
// and not in a table.
#include "backends/onnx_files.h"
#include "base/plugin_error.h"
#include "ops/evaluator.h"

static mmd_status_t legalize(mmdeploy_graph_t *graph, const mmdeploy_target_request_t *request) {
  const mmd_evaluator_options_t options = {.mode = MMD_EVAL_FAST};
  mmd_evaluator_t *evaluator = NULL;
  MMD_TRY(mmd_onnx_files_lower(graph, request));
  MMD_TRY(mmd_evaluator_create(graph, &options, &evaluator));  // lists all unknown operators
  mmd_evaluator_destroy(evaluator);
  return NULL;
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

static const mmdeploy_target_op_t g_ops[] = {
    {.domain = "*",
     .name = "*",
     .min_version = 1,
     .max_version = 1000,
     .note = "what the evaluator has"},
};

extern const mmdeploy_target_t mmd_reference_target;
const mmdeploy_target_t mmd_reference_target = {
    .abi_version = MMDEPLOY_TARGET_ABI_VERSION,
    .struct_size = sizeof(mmdeploy_target_t),
    .name = "reference",
    .description = "ONNX for our own evaluator",
    .ir_type = "onnx",
    .ir_suffix = ".onnx",
    .ops = g_ops,
    .op_count = sizeof g_ops / sizeof *g_ops,
    .legalize = target_legalize,
    .write = target_write,
};
