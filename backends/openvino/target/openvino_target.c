// SPDX-License-Identifier: Apache-2.0
//
// The convert side of OpenVINO: the graph is lowered to the engine's own operators and written as
// IR, .xml and .bin.

#include "backends/openvino/target/lower_table.h"
#include "backends/target_util.h"
#include "base/alloc.h"
#include "base/plugin_error.h"
#include "graph/extract.h"
#include "ops/infer.h"

static mmd_status_t legalize(const ov_config_t *config, mmdeploy_graph_t *graph) {
  MMD_TRY(mmd_target_raise(graph, MMD_OV_OPSET));
  MMD_TRY(ov_config_normalize(config, graph));
  MMD_TRY(mmd_graph_infer(graph));
  mmd_region_erase_unused_constants(graph->root);
  return mmd_graph_remove_marks(graph);
}

static int32_t target_legalize(const mmdeploy_target_host_t *host, mmdeploy_graph_t *graph,
                               const mmdeploy_target_request_t *request,
                               mmdeploy_plugin_error_t *error) {
  ov_config_t config;
  (void)host;
  mmd_status_t status = ov_config_read(request, &config);
  if (!status) {
    status = legalize(&config, graph);
    ov_config_deinit(&config);
  }
  return mmd_plugin_error_set(error, status);
}

static mmd_status_t write_files(const ov_ir_t *ir, const mmdeploy_target_request_t *request,
                                mmdeploy_target_result_t *out_result) {
  const char *const key = "onnx_config";
  char *xml = NULL, *bin = NULL;
  mmd_status_t status = mmd_target_name_file(request, key, ".xml", 0, out_result, &xml);
  if (!status) status = mmd_target_name_file(request, key, ".bin", 1, out_result, &bin);
  if (!status) status = ov_ir_write(ir, xml, bin);
  mmd_free(xml);
  mmd_free(bin);
  return status;
}

static mmd_status_t write_target(const mmdeploy_graph_t *graph,
                                 const mmdeploy_target_request_t *request,
                                 mmdeploy_target_result_t *out_result) {
  ov_config_t config;
  ov_ir_t ir;
  MMD_TRY(ov_config_read(request, &config));
  ov_ir_init(&ir);
  mmd_status_t status = ov_lower_graph(graph, &config, &ir);
  if (!status) status = write_files(&ir, request, out_result);
  ov_ir_deinit(&ir);
  ov_config_deinit(&config);
  return status;
}

static int32_t target_write(const mmdeploy_target_host_t *host, const mmdeploy_graph_t *graph,
                            const mmdeploy_target_request_t *request,
                            mmdeploy_target_result_t *out_result, mmdeploy_plugin_error_t *error) {
  (void)host;
  return mmd_plugin_error_set(error, write_target(graph, request, out_result));
}

extern const mmdeploy_target_t mmd_openvino_target;
const mmdeploy_target_t mmd_openvino_target = {
    .abi_version = MMDEPLOY_TARGET_ABI_VERSION,
    .struct_size = sizeof(mmdeploy_target_t),
    .name = "openvino",
    .description = "OpenVINO IR (.xml and .bin)",
    .ir_type = "onnx",
    .ir_suffix = ".onnx",
    .ops = mmd_ov_ops,
    .op_count = MMD_OV_OP_COUNT,
    .legalize = target_legalize,
    .write = target_write,
    .get = "pip install openvino",
};
