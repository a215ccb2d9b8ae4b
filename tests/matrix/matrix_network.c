// SPDX-License-Identifier: Apache-2.0
//
// matrix_network COLUMN FILE FOLDER: one cell of the support table, a foreign ONNX file of the
// assets as the files of the backend COLUMN ("ncnn", "ncnn-fp16") in FOLDER, as `onnx2ncnn` and its
// like write them, beside ONNX Runtime on the file as it is. Exits with 0 when all is well;
// otherwise the first line of the standard error says why not.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/file.h"
#include "convert/target.h"
#include "frontends/onnx/import.h"
#include "ops/infer.h"
#include "passes/pass.h"
#include "runtime/session.h"

enum { MAX_OUTPUTS = 4, SIZES = 2 };

typedef struct network_t {
  const char *file;
  bool is_fixed;            // for engines without ranges of a size
  int64_t sizes[SIZES][4];  // of the picture; the second may be left out
} network_t;

static const network_t g_networks[] = {
    {"ppocrv4_det.onnx", false, {{1, 3, 64, 96}, {2, 3, 96, 64}}},
    {"ppocrv4_rec.onnx", false, {{1, 3, 48, 64}, {2, 3, 48, 160}}},
    {"ppocr_cls.onnx", false, {{1, 3, 48, 192}, {3, 3, 48, 192}}},
    {"yolox_nano.onnx", false, {{1, 3, 416, 416}}},
    {"yolov8n_320n.onnx", true, {{1, 3, 320, 320}, {2, 3, 320, 320}}},
};

typedef struct cell_t {
  const network_t *network;
  const char *folder, *precision;
  char backend[32];
  double tolerance;  // relative to the largest number
} cell_t;

//===--- conversion --------------------------------------------------------===//

static mmd_status_t fix_sizes(mmd_graph_t *graph, const network_t *network) {
  mmd_type_t type = graph->root->inputs[0]->type;
  for (int axis = 2; axis < 4; ++axis)
    type.dims[axis] = mmd_dim_const(graph, network->sizes[0][axis]);
  return mmd_edge_set_type(graph->root->inputs[0], &type);
}

static mmd_status_t write_files(const cell_t *cell, const char *path, mmd_graph_t **graph,
                                mmdeploy_target_result_t *out_files) {
  const mmdeploy_target_t *target = NULL;
  const mmdeploy_target_request_t request = {
      .struct_size = sizeof request,
      .directory = cell->folder,
      .save_file = "net.onnx",
      .backend_config_json = "{}",
      .ir_config_json = "{}",
      .precision = cell->precision,
  };
  MMD_TRY(mmd_target_get(cell->backend, &target));
  MMD_TRY(mmd_onnx_import(path, NULL, graph));
  if (cell->network->is_fixed && strcmp(cell->backend, "ncnn") == 0)
    MMD_TRY(fix_sizes(*graph, cell->network));
  MMD_TRY(mmd_graph_infer(*graph));
  MMD_TRY(mmd_passes_run(*graph, mmd_passes_convert, NULL));
  MMD_TRY(mmd_target_legalize(target, *graph, &request));
  return mmd_target_write(target, *graph, &request, out_files);
}

//===--- sessions ----------------------------------------------------------===//

static mmd_status_t open_paths(const char *name, const char *net_path, const char *weights_path,
                               mmd_session_t **out_session) {
  mmd_backend_t *backend = NULL;
  mmd_storage_t *net = NULL, *weights = NULL;
  MMD_TRY(mmd_backend_get(name, &backend));
  mmd_status_t status = mmd_storage_map_file(net_path, &net);
  if (!status && weights_path) status = mmd_storage_map_file(weights_path, &weights);
  const mmd_session_options_t options = {.name = "net",
                                         .net = net,
                                         .net_path = net_path,
                                         .weights = weights,
                                         .weights_path = weights_path,
                                         .threads = 2};
  if (!status) status = mmd_session_create(backend, &options, out_session);
  mmd_storage_release(net);
  mmd_storage_release(weights);
  return status;
}

static mmd_status_t open_files(const cell_t *cell, const mmdeploy_target_result_t *files,
                               mmd_session_t **out_session) {
  char *net = mmd_path_join(cell->folder, files->files[0]);
  const bool has_weights = files->file_count > 1 && *files->files[1];
  char *weights = has_weights ? mmd_path_join(cell->folder, files->files[1]) : NULL;
  mmd_status_t status = open_paths(cell->backend, net, weights, out_session);
  mmd_free(net);
  mmd_free(weights);
  return status;
}

//===--- comparison --------------------------------------------------------===//

static mmd_status_t make_picture(const int64_t sizes[4], mmd_tensor_t *out_picture) {
  mmd_shape_t shape;
  uint32_t draw = 7;
  MMD_TRY(mmd_shape_make(4, sizes, &shape));
  MMD_TRY(mmd_tensor_create(MMD_F32, &shape, false, out_picture));
  float *data = mmd_tensor_mutable_data(out_picture);
  for (size_t i = 0; i < mmd_tensor_count(out_picture); ++i) {
    draw = draw * 1664525U + 1013904223U;
    data[i] = (float)(draw >> 8) / (float)(1 << 24);
  }
  return NULL;
}

static mmd_status_t compare(const cell_t *cell, size_t index, const mmd_tensor_t *want,
                            const mmd_tensor_t *have) {
  mmd_difference_t difference = {0};
  if (!mmd_shape_equal(&want->shape, &have->shape))
    return MMD_ERROR(MMD_MISMATCH, "output %zu has another shape", index);
  MMD_TRY(mmd_tensor_difference(have, want, &difference));
  // A text detector is almost zero everywhere on noise.
  if (difference.max_rel <= cell->tolerance || difference.max_abs <= 1e-6) return NULL;
  return MMD_ERROR(MMD_MISMATCH, "output %zu differs by %.1e of its largest number", index,
                   difference.max_rel);
}

static mmd_status_t compare_runs(const cell_t *cell, mmd_session_t *truth, mmd_session_t *session,
                                 const mmd_tensor_t *picture) {
  mmd_tensor_t want[MAX_OUTPUTS] = {0}, have[MAX_OUTPUTS] = {0};
  const size_t count = mmd_session_output_count(truth);
  if (count > MAX_OUTPUTS || mmd_session_output_count(session) != count)
    return MMD_ERROR(MMD_MISMATCH, "another number of outputs");
  mmd_status_t status = mmd_session_run(truth, picture, 1, want, count);
  if (!status) status = mmd_session_run(session, picture, 1, have, count);
  for (size_t i = 0; i < count; ++i) {
    if (!status) status = compare(cell, i, &want[i], &have[i]);
    mmd_tensor_deinit(&want[i]);
    mmd_tensor_deinit(&have[i]);
  }
  return status;
}

static mmd_status_t check_sizes(const cell_t *cell, mmd_session_t *truth, mmd_session_t *session) {
  const network_t *network = cell->network;
  mmd_status_t status = NULL;
  for (int i = 0; i < SIZES && network->sizes[i][0] && !status; ++i) {
    mmd_tensor_t picture = {0};
    status = make_picture(network->sizes[i], &picture);
    if (!status) status = compare_runs(cell, truth, session, &picture);
    mmd_tensor_deinit(&picture);
  }
  return status;
}

static mmd_status_t check(const cell_t *cell, const char *path) {
  mmd_graph_t *graph = NULL;
  mmdeploy_target_result_t files = {.struct_size = sizeof files};
  mmd_session_t *truth = NULL, *session = NULL;
  mmd_status_t status = mmd_path_make_directories(cell->folder);
  if (!status) status = write_files(cell, path, &graph, &files);
  if (!status) status = open_files(cell, &files, &session);
  if (!status) status = open_paths("onnxruntime", path, NULL, &truth);
  if (!status) status = check_sizes(cell, truth, session);
  mmd_session_destroy(truth);
  mmd_session_destroy(session);
  mmd_graph_destroy(graph);
  return status;
}

//===--- main --------------------------------------------------------------===//

static const network_t *find_network(const char *file) {
  for (size_t i = 0; i < sizeof g_networks / sizeof *g_networks; ++i) {
    if (strcmp(g_networks[i].file, file) == 0) return &g_networks[i];
  }
  return NULL;
}

int main(int argc, char **argv) {
  const char *assets = getenv("MMDEPLOY_ASSETS");
  const network_t *network = argc == 4 ? find_network(argv[2]) : NULL;
  if (!assets || !network) {
    fprintf(stderr, "usage: matrix_network COLUMN FILE FOLDER, with MMDEPLOY_ASSETS set\n");
    return 2;
  }
  const bool is_half = strstr(argv[1], "-fp16") != NULL;
  cell_t cell = {.network = network,
                 .folder = argv[3],
                 .precision = is_half ? "FP16" : "FP32",
                 .tolerance = is_half ? 1e-2 : 1e-3};
  snprintf(cell.backend, sizeof cell.backend, "%.*s", (int)strcspn(argv[1], "-"), argv[1]);
  char *folder = mmd_path_join(assets, "networks"), *path = mmd_path_join(folder, network->file);
  mmd_status_t status = check(&cell, path);
  if (status) fprintf(stderr, "%s\n", mmd_status_message(status));
  const int code = status ? 1 : 0;
  mmd_status_free(status);
  mmd_free(path);
  mmd_free(folder);
  return code;
}
