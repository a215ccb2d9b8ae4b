// SPDX-License-Identifier: Apache-2.0
#include "backends/onnx_files.h"

#include <string.h>

#include "backends/onnx_deform_conv.h"
#include "backends/target_util.h"
#include "base/alloc.h"
#include "graph/extract.h"
#include "mmdeploy/version.h"
#include "ops/infer.h"
#include "passes/pass.h"
#include "value/json.h"
#include "writers/onnx/export.h"
#include "writers/onnx/lower_opset.h"

#define DEFAULT_OPSET 11

static mmd_status_t read_opset(const mmdeploy_target_request_t *request, int64_t *out_opset) {
  mmd_value_t *config = NULL;
  MMD_TRY(mmd_json_parse(request->ir_config_json, strlen(request->ir_config_json), "ir_config",
                         &config));
  *out_opset = mmd_value_get_int(mmd_object_get(config, "opset_version"), DEFAULT_OPSET);
  mmd_value_release(config);
  if (*out_opset >= MMD_OLDEST_OPSET && *out_opset <= MMD_NEWEST_OPSET) return NULL;
  return MMD_ERROR(MMD_INVALID_ARGUMENT, "onnx_config.opset_version: %lld; %d to %d are accepted",
                   (long long)*out_opset, MMD_OLDEST_OPSET, MMD_NEWEST_OPSET);
}

mmd_status_t mmd_onnx_files_lower(mmdeploy_graph_t *graph,
                                  const mmdeploy_target_request_t *request) {
  int64_t opset = 0;
  MMD_TRY(read_opset(request, &opset));
  if (opset < MMD_DEFORM_CONV_OPSET) MMD_TRY(mmd_onnx_convert_deform_conv(graph));
  MMD_TRY(mmd_passes_run(graph, mmd_passes_split, NULL));
  MMD_TRY(mmd_graph_infer(graph));
  MMD_TRY(mmd_onnx_lower(graph, opset));
  mmd_region_erase_unused_constants(graph->root);
  return mmd_graph_remove_marks(graph);  // and imports that nothing needs any more
}

mmd_status_t mmd_onnx_files_write(const mmdeploy_graph_t *graph,
                                  const mmdeploy_target_request_t *request,
                                  mmdeploy_target_result_t *out_result) {
  const mmd_onnx_export_options_t options = {
      .producer_name = "mmdeploy", .producer_version = MMDEPLOY_VERSION, .no_value_info = true};
  char *path = NULL;
  MMD_TRY(mmd_target_name_file(request, "onnx_config", NULL, 0, out_result, &path));
  mmd_status_t status = mmd_onnx_export(graph, &options, path);
  mmd_free(path);
  return status;
}
