// SPDX-License-Identifier: Apache-2.0
//
// The convert side of TorchScript: the graph is lowered to code and written as torch.jit.save would
// write a frozen module.

#include "backends/target_util.h"
#include "backends/torchscript/target/lower_table.h"
#include "base/alloc.h"
#include "base/plugin_error.h"
#include "graph/extract.h"
#include "ops/infer.h"

static mmd_status_t legalize(mmdeploy_graph_t *graph) {
  MMD_TRY(mmd_target_raise(graph, MMD_TS_OPSET));
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

static mmd_status_t write_target(const mmdeploy_graph_t *graph,
                                 const mmdeploy_target_request_t *request,
                                 mmdeploy_target_result_t *out_result) {
  ts_archive_t archive = {0};
  char *path = NULL;
  MMD_TRY(mmd_target_wants_f16(request, &archive.use_f16));
  MMD_TRY(mmd_target_name_file(request, "ir_config", ".pt", 0, out_result, &path));
  mmd_status_t status = ts_lower_graph(graph, &archive);
  if (!status) status = ts_archive_write(&archive, path);
  ts_archive_deinit(&archive);
  mmd_free(path);
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
    .get = "apt-get install --no-install-recommends libtorch-dev g++",
};
