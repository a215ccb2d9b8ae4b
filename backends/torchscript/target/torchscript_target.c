// SPDX-License-Identifier: Apache-2.0
//
// The convert side of TorchScript: the graph is lowered to code and written as torch.jit.save would
// write a frozen module.
#include <stdio.h>
#include <string.h>

#include "backends/torchscript/target/lower_table.h"
#include "base/alloc.h"
#include "base/file.h"
#include "base/plugin_error.h"
#include "graph/extract.h"
#include "ops/infer.h"
#include "passes/pass.h"

static mmd_status_t legalize(mmdeploy_graph_t *graph) {
  static const char *const raise[] = {"convert_opset", NULL};
  const mmd_pass_options_t options = {.opset = MMD_TS_OPSET};
  MMD_TRY(mmd_passes_run(graph, mmd_passes_split, NULL));
  MMD_TRY(mmd_passes_run(graph, raise, &options));
  MMD_TRY(mmd_graph_infer(graph));
  mmd_region_erase_unused_constants(graph->root);
  return mmd_graph_remove_marks(graph);
}

static int32_t target_legalize(const mmdeploy_target_host_t *host, mmdeploy_graph_t *graph,
                               const mmdeploy_target_request_t *request,
                               mmdeploy_plugin_error_t *error) {
  (void)host;
  (void)request;
  return mmd_plugin_error_set(error, legalize(graph));
}

// "end2end.pt", whatever the suffix in the deploy config.
static mmd_status_t name_file(const mmdeploy_target_request_t *request,
                              mmdeploy_target_result_t *out_result) {
  const size_t capacity = sizeof out_result->files[0];
  const char *file = request->save_file;
  const char *dot = strrchr(file, '.');
  const int stem = dot && dot != file ? (int)(dot - file) : (int)strlen(file);
  if (!mmd_path_is_contained(file)) {
    return MMD_ERROR(MMD_INVALID_ARGUMENT, "ir_config.save_file: '%s' leaves the work directory",
                     file);
  }
  const int size = snprintf(out_result->files[0], capacity, "%.*s.pt", stem, file);
  if (size >= 0 && (size_t)size < capacity) return NULL;
  return MMD_ERROR(MMD_INVALID_ARGUMENT, "ir_config.save_file: the name is too long");
}

static mmd_status_t write_target(const mmdeploy_graph_t *graph,
                                 const mmdeploy_target_request_t *request,
                                 mmdeploy_target_result_t *out_result) {
  ts_archive_t archive = {0};
  MMD_TRY(name_file(request, out_result));
  char *path = mmd_path_join(request->directory, out_result->files[0]);
  MMD_TRY_ALLOC(path);
  mmd_status_t status = ts_lower_graph(graph, &archive);
  if (!status) status = ts_archive_write(&archive, path);
  ts_archive_deinit(&archive);
  mmd_free(path);
  out_result->file_count = 1;
  return status;
}

static int32_t target_write(const mmdeploy_target_host_t *host, const mmdeploy_graph_t *graph,
                            const mmdeploy_target_request_t *request,
                            mmdeploy_target_result_t *out_result, mmdeploy_plugin_error_t *error) {
  (void)host;
  return mmd_plugin_error_set(error, write_target(graph, request, out_result));
}

extern const mmdeploy_target_t mmd_torchscript_target;
const mmdeploy_target_t mmd_torchscript_target = {
    .abi_version = MMDEPLOY_TARGET_ABI_VERSION,
    .struct_size = sizeof(mmdeploy_target_t),
    .name = "torchscript",
    .description = "TorchScript (.pt), PyTorch 1.13 and later",
    .ir_type = "torchscript",
    .ir_suffix = ".pt",
    .ops = mmd_ts_ops,
    .op_count = MMD_TS_OP_COUNT,
    .legalize = target_legalize,
    .write = target_write,
};
