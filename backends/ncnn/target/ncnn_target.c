// SPDX-License-Identifier: Apache-2.0
//
// The convert side of ncnn: the graph is lowered to the engine's layers and written as .param and
// .bin.
#include "backends/ncnn/target/lower_table.h"
#include "backends/target_util.h"
#include "base/alloc.h"
#include "base/plugin_error.h"
#include "graph/extract.h"
#include "ops/infer.h"
#include "passes/pass.h"

//===--- legalisation ------------------------------------------------------===//

static const char *const g_passes[] = {
    "split_gather_topk",
    "fold_constants",
    "eliminate_identities",
    "eliminate_pairs",
    "eliminate_common_subexpressions",
    "fuse_select_assign",
    "fuse_shape_concat",
    "fold_shapes",
    "fuse_slices",
    "fuse_focus",
    "fuse_pad",
    "fuse_batch_norm",
    "fuse_scale_bias",
    "fuse_hard_sigmoid",
    "fuse_input_scale",
    "eliminate_dead_code",
    NULL,
};

// Types are inferred anew: what became constant tells more sizes than the types that are there.
static mmd_status_t infer_anew(mmd_graph_t *graph) {
  for (mmd_node_t *node = graph->root->first; node; node = node->next) {
    for (size_t i = 0; i < node->output_count; ++i) {
      if (node->outputs[i]) mmd_edge_forget_sizes(node->outputs[i]);
    }
  }
  return mmd_graph_infer(graph);
}

// A CastLike of a constant could not be folded.
static mmd_status_t convert_cast_like(mmd_graph_t *graph) {
  for (mmd_node_t *node = graph->root->first; node; node = node->next) {
    const mmd_edge_t *like = mmd_node_input(node, 1);
    if (!mmd_node_is(node, MMD_DOMAIN_ONNX, "CastLike") || !like || !like->type.dtype) continue;
    MMD_TRY(mmd_node_set_int(node, "to", (int64_t)like->type.dtype));
    MMD_TRY(mmd_node_trim_inputs(node, 1));
    MMD_TRY(mmd_node_set_op(node, MMD_DOMAIN_ONNX, "Cast", node->version));
  }
  return NULL;
}

static mmd_status_t legalize(mmdeploy_graph_t *graph) {
  static const char *const raise[] = {"convert_opset", NULL};
  const mmd_pass_options_t options = {.opset = MMD_NCNN_OPSET};
  MMD_TRY(mmd_passes_run(graph, raise, &options));
  MMD_TRY(convert_cast_like(graph));
  MMD_TRY(mmd_passes_run(graph, g_passes, &options));
  MMD_TRY(infer_anew(graph));
  MMD_TRY(mmd_passes_run(graph, g_passes, &options));
  MMD_TRY(mmd_passes_run(graph, raise, &options));
  MMD_TRY(infer_anew(graph));
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

//===--- writing -----------------------------------------------------------===//

static mmd_status_t write_files(nc_net_t *net, const mmdeploy_target_request_t *request,
                                mmdeploy_target_result_t *out_result) {
  const char *const key = "onnx_config";
  char *param = NULL, *bin = NULL;
  mmd_status_t status = mmd_target_name_file(request, key, ".param", 0, out_result, &param);
  if (!status) status = mmd_target_name_file(request, key, ".bin", 1, out_result, &bin);
  if (!status) status = nc_net_write(net, param, bin);
  mmd_free(param);
  mmd_free(bin);
  return status;
}

static mmd_status_t lower(mmd_graph_t *graph, const mmd_dim_t *batch, int64_t batch_size,
                          const mmdeploy_target_request_t *request,
                          mmdeploy_target_result_t *out_result) {
  nc_net_t net;
  bool is_f16 = false;
  MMD_TRY(mmd_target_wants_f16(request, &is_f16));
  nc_net_init(&net);
  net.use_f16 = is_f16;
  mmd_status_t status = nc_lower_graph(graph, batch, batch_size, &net);
  if (!status) status = write_files(&net, request, out_result);
  nc_net_deinit(&net);
  return status;
}

// The first size of all inputs, where it is one number above 1 that becomes a symbol; else NULL.
static mmd_status_t free_batch(mmd_graph_t *graph, int64_t *out_size, const mmd_dim_t **out_batch) {
  const mmd_region_t *root = graph->root;
  const mmd_dim_t *symbol = mmd_dim_fresh(graph, "batch");
  *out_batch = NULL;
  *out_size = 0;
  MMD_TRY_ALLOC(symbol);
  for (size_t i = 0; i < root->input_count; ++i) {
    mmd_type_t type = root->inputs[i]->type;
    const int64_t size = type.has_rank && type.rank >= 2 ? mmd_dim_number(type.dims[0]) : -1;
    if (size < 2 || (i && size != *out_size)) return NULL;
    *out_size = size;
    type.dims[0] = symbol;
    MMD_TRY(mmd_edge_set_type(root->inputs[i], &type));
  }
  // Numbers that stand for the batch elsewhere may contradict it now.
  mmd_status_t status = infer_anew(graph);
  if (mmd_status_code(status) == MMD_OUT_OF_MEMORY) return status;
  if (!mmd_status_ignore(status)) *out_batch = nc_find_batch(graph);
  return NULL;
}

// A static batch is run item by item too.
static mmd_status_t write_items(const mmd_graph_t *graph, const mmdeploy_target_request_t *request,
                                mmdeploy_target_result_t *out_result) {
  mmd_graph_t *copy = NULL;
  const mmd_dim_t *batch = NULL;
  int64_t size = 0;
  MMD_TRY(mmd_graph_clone(graph, &copy));
  mmd_status_t status = free_batch(copy, &size, &batch);
  if (!status) {
    status = batch ? lower(copy, batch, size, request, out_result)
                   : MMD_ERROR(MMD_NOT_SUPPORTED, "ncnn: no batch");
  }
  mmd_graph_destroy(copy);
  return status;
}

// Pictures whose batch is dynamic but cannot be walked over, since the graph was made for one.
static mmd_status_t fix_batch(mmd_graph_t *graph) {
  const mmd_region_t *root = graph->root;
  bool is_fixed = false;
  for (size_t i = 0; i < root->input_count; ++i) {
    mmd_type_t type = root->inputs[i]->type;
    if (!type.has_rank || type.rank != 4 || type.dims[0]->kind != MMD_DIM_SYMBOL) continue;
    type.dims[0] = mmd_dim_const(graph, 1);
    MMD_TRY_ALLOC(type.dims[0]);
    MMD_TRY(mmd_edge_set_type(root->inputs[i], &type));
    is_fixed = true;
  }
  return is_fixed ? infer_anew(graph) : NULL;
}

static mmd_status_t write_one(const mmd_graph_t *graph, const mmdeploy_target_request_t *request,
                              mmdeploy_target_result_t *out_result) {
  mmd_graph_t *copy = NULL;
  MMD_TRY(mmd_graph_clone(graph, &copy));
  mmd_status_t status = fix_batch(copy);
  if (!status) status = lower(copy, NULL, 0, request, out_result);
  mmd_graph_destroy(copy);
  return status;
}

static bool takes_pictures(const mmd_graph_t *graph) {
  for (size_t i = 0; i < graph->root->input_count; ++i) {
    const mmd_type_t *type = &graph->root->inputs[i]->type;
    if (type->has_rank && type->rank == 4) return true;
  }
  return false;
}

static mmd_status_t write_whole(const mmd_graph_t *graph, const mmdeploy_target_request_t *request,
                                mmdeploy_target_result_t *out_result) {
  mmd_graph_t *copy = NULL;
  MMD_TRY(mmd_graph_clone(graph, &copy));
  mmd_status_t status = lower(copy, NULL, 0, request, out_result);
  mmd_graph_destroy(copy);
  return status;
}

// What was refused is tried in another way. Of refusals the first stays.
static mmd_status_t try_next(mmd_status_t status, const mmd_graph_t *graph,
                             const mmdeploy_target_request_t *request,
                             mmdeploy_target_result_t *out_result,
                             mmd_status_t (*write)(const mmd_graph_t *,
                                                   const mmdeploy_target_request_t *,
                                                   mmdeploy_target_result_t *)) {
  if (mmd_status_code(status) != MMD_NOT_SUPPORTED) return status;
  mmd_status_t next = write(graph, request, out_result);
  const bool is_refused = mmd_status_code(next) == MMD_NOT_SUPPORTED;
  mmd_status_free(is_refused ? next : status);
  return is_refused ? status : next;
}

// Item by item where that is possible, which for pictures is faster than a batch inside of the net.
static mmd_status_t write_pictures(const mmd_graph_t *graph,
                                   const mmdeploy_target_request_t *request,
                                   mmdeploy_target_result_t *out_result) {
  mmd_status_t status = write_items(graph, request, out_result);
  if (mmd_status_code(status) != MMD_NOT_SUPPORTED) return status;
  mmd_status_free(status);
  return write_one(graph, request, out_result);
}

static mmd_status_t write_target(mmd_graph_t *graph, const mmdeploy_target_request_t *request,
                                 mmdeploy_target_result_t *out_result) {
  const mmd_dim_t *batch = nc_find_batch(graph);
  const bool has_pictures = takes_pictures(graph);
  mmd_status_t status = batch          ? lower(graph, batch, 0, request, out_result)
                        : has_pictures ? write_pictures(graph, request, out_result)
                                       : write_whole(graph, request, out_result);
  if (batch) status = try_next(status, graph, request, out_result, write_one);
  if (batch || has_pictures) status = try_next(status, graph, request, out_result, write_whole);
  return has_pictures ? status : try_next(status, graph, request, out_result, write_items);
}

static mmd_status_t write_copy(const mmdeploy_graph_t *graph,
                               const mmdeploy_target_request_t *request,
                               mmdeploy_target_result_t *out_result) {
  mmd_graph_t *copy = NULL;
  MMD_TRY(mmd_graph_clone(graph, &copy));
  mmd_status_t status = mmd_graph_infer(copy);
  if (!status) status = write_target(copy, request, out_result);
  mmd_graph_destroy(copy);
  return status;
}

static int32_t target_write(const mmdeploy_target_host_t *host, const mmdeploy_graph_t *graph,
                            const mmdeploy_target_request_t *request,
                            mmdeploy_target_result_t *out_result, mmdeploy_plugin_error_t *error) {
  (void)host;
  return mmd_plugin_error_set(error, write_copy(graph, request, out_result));
}

extern const mmdeploy_target_t mmd_ncnn_target;
const mmdeploy_target_t mmd_ncnn_target = {
    .abi_version = MMDEPLOY_TARGET_ABI_VERSION,
    .struct_size = sizeof(mmdeploy_target_t),
    .name = "ncnn",
    .description = "ncnn (.param and .bin)",
    .ir_type = "onnx",
    .ir_suffix = ".onnx",
    .ops = mmd_ncnn_ops,
    .op_count = MMD_NCNN_OP_COUNT,
    .legalize = target_legalize,
    .write = target_write,
};
