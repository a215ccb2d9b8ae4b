// SPDX-License-Identifier: Apache-2.0
//
// The convert side of OpenVINO: the graph is lowered to the engine's own operators and written as
// IR, .xml and .bin.
#include <stdio.h>
#include <string.h>

#include "backends/openvino/target/lower_table.h"
#include "base/alloc.h"
#include "base/file.h"
#include "base/plugin_error.h"
#include "graph/extract.h"
#include "ops/infer.h"
#include "passes/pass.h"

static mmd_status_t legalize(const ov_config_t *config, mmdeploy_graph_t *graph) {
  static const char *const raise[] = {"convert_opset", NULL};
  const mmd_pass_options_t options = {.opset = MMD_OV_OPSET};
  MMD_TRY(mmd_passes_run(graph, mmd_passes_split, NULL));
  MMD_TRY(mmd_passes_run(graph, raise, &options));
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

// "end2end.onnx" -> "end2end.xml".
static mmd_status_t file_name(const mmdeploy_target_request_t *request, const char *suffix,
                              char *out_name, size_t capacity) {
  const char *file = request->save_file;
  const char *dot = strrchr(file, '.');
  const int stem = dot && dot != file ? (int)(dot - file) : (int)strlen(file);
  if (!mmd_path_is_contained(file)) {
    return MMD_ERROR(MMD_INVALID_ARGUMENT, "onnx_config.save_file: '%s' leaves the work directory",
                     file);
  }
  const int size = snprintf(out_name, capacity, "%.*s%s", stem, file, suffix);
  if (size >= 0 && (size_t)size < capacity) return NULL;
  return MMD_ERROR(MMD_INVALID_ARGUMENT, "onnx_config.save_file: the name is too long");
}

static mmd_status_t write_files(const ov_ir_t *ir, const mmdeploy_target_request_t *request,
                                mmdeploy_target_result_t *out_result) {
  const size_t capacity = sizeof out_result->files[0];
  MMD_TRY(file_name(request, ".xml", out_result->files[0], capacity));
  MMD_TRY(file_name(request, ".bin", out_result->files[1], capacity));
  char *xml = mmd_path_join(request->directory, out_result->files[0]);
  char *bin = mmd_path_join(request->directory, out_result->files[1]);
  mmd_status_t status = xml && bin ? ov_ir_write(ir, xml, bin) : mmd_status_no_memory();
  mmd_free(xml);
  mmd_free(bin);
  out_result->file_count = 2;
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
