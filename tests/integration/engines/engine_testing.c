// SPDX-License-Identifier: Apache-2.0
#include "tests/integration/engines/engine_testing.h"

#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/file.h"
#include "convert/target.h"
#include "graph/text.h"
#include "ops/infer.h"
#include "writers/onnx/export.h"

//===--- engines -----------------------------------------------------------===//

static const engine_settings_t g_openvino_half = {
    .backend_config = "{\"mo_options\": {\"args\": {\"--data_type\": \"FP16\"}}}"};
static const engine_settings_t g_ncnn_half = {.precision = "FP16"};
static const engine_settings_t g_torchscript_half = {.backend_config = "{\"precision\": \"FP16\"}"};

static const engine_t g_engines[] = {
    {.name = "openvino",
     .save_file = "net.onnx",
     .net_file = "net.xml",
     .weights_file = "net.bin",
     .relative = 1e-3,
     .absolute = 1e-5,
     .low = -2,
     .high = 2,
     .has_ranges = true,
     .is_apart_on_nearest = true,
     .half = &g_openvino_half,
     .ops = {{"NMSRotated", 13},
             {"grid_sampler", 55},
             {"MMCVDeformConv2d", 10},
             {"MMCVModulatedDeformConv2d", 10},
             {"MMCVRoiAlign", 4},
             {"MMCVRoIAlignRotated", 10},
             {"MMCVMultiScaleDeformableAttention", 7},
             {"TRTBicubicInterpolate", 10},
             {"TRTInstanceNormalization", 4},
             {"ScaledDotProductAttentionTRT", 6},
             {"AdaptiveAvgPool2d", 4},
             {"Gelu", 1},
             {"HardSwish", 1},
             {"LayerNorm", 2},
             {"MultiHeadAttention", 1}}},
    {.name = "ncnn",
     .save_file = "net.onnx",
     .net_file = "net.param",
     .weights_file = "net.bin",
     .relative = 1e-3,
     .absolute = 1e-5,
     .low = 0,
     .high = 1,
     .lacks_empty = true,
     .half = &g_ncnn_half,
     .ops = {{"MMCVDeformConv2d", 10},
             {"MMCVModulatedDeformConv2d", 10},
             {"MMCVRoiAlign", 4},
             {"MMCVRoIAlignRotated", 4},
             {"MMCVMultiLevelRoiAlign", 1},
             {"DetectionOutput", 8},
             {"PriorBox", 5},
             {"Yolov3DetectionOutput", 3}}},
    {.name = "torchscript",
     .save_file = "net.pt",
     .net_file = "net.pt",
     .relative = 1e-3,
     .absolute = 1e-5,
     .low = -2,
     .high = 2,
     .has_ranges = true,
     .half = &g_torchscript_half,
     .ops = {{"NMSRotated", 13},
             {"grid_sampler", 50},
             {"MMCVDeformConv2d", 10},
             {"MMCVModulatedDeformConv2d", 10},
             {"MMCVRoiAlign", 14},
             {"MMCVRoIAlignRotated", 11}}},
};
enum { ENGINE_COUNT = sizeof g_engines / sizeof *g_engines };

const engine_t *engine_find(const char *name) {
  for (int i = 0; i < ENGINE_COUNT; ++i) {
    if (strcmp(g_engines[i].name, name) == 0) return &g_engines[i];
  }
  return NULL;
}

const engine_t *engine_of_arguments(int argc, char **argv) {
  const engine_t *engine = argc == 2 ? engine_find(argv[1]) : NULL;
  if (engine) return engine;
  fprintf(stderr, "usage: %s ENGINE\nengines:", argv[0]);
  for (int i = 0; i < ENGINE_COUNT; ++i) fprintf(stderr, " %s", g_engines[i].name);
  fprintf(stderr, "\n");
  return NULL;
}

mmd_backend_t *engine_open(const engine_t *engine) {
  char reason[1024];
  mmd_backend_t *backend = NULL;
  mmd_status_t status = mmd_backend_get(engine->name, &backend);
  if (!status) status = mmd_backend_open(backend);
  if (!status) return backend;
  snprintf(reason, sizeof reason, "%s", mmd_status_message(status));
  mmd_status_free(status);
  mmd_test_skip_engine(engine->name, reason);
}

//===--- networks ----------------------------------------------------------===//

void engine_net_init(engine_net_t *net, const engine_t *engine) {
  net->engine = engine;
  net->folder = mmd_test_make_directory();
  net->net = mmd_path_join(net->folder, engine->net_file);
  net->weights = engine->weights_file ? mmd_path_join(net->folder, engine->weights_file) : NULL;
}

void engine_net_deinit(engine_net_t *net) {
  mmd_test_remove_tree(net->folder);
  mmd_free(net->folder);
  mmd_free(net->net);
  mmd_free(net->weights);
}

mmd_status_t engine_net_write(const engine_net_t *net, const mmd_graph_t *graph,
                              const engine_settings_t *settings) {
  static const engine_settings_t defaults = {0};
  const mmdeploy_target_t *target = NULL;
  mmd_graph_t *legal = NULL;
  mmdeploy_target_result_t files;
  if (!settings) settings = &defaults;
  const mmdeploy_target_request_t request = {
      .struct_size = sizeof request,
      .directory = net->folder,
      .save_file = net->engine->save_file,
      .backend_config_json = settings->backend_config ? settings->backend_config : "{}",
      .ir_config_json = "{}",
      .precision = settings->precision ? settings->precision : "FP32",
  };
  MMD_TRY(mmd_target_get(net->engine->name, &target));
  MMD_TRY(mmd_graph_clone(graph, &legal));
  mmd_status_t status = mmd_graph_infer(legal);
  if (!status) status = mmd_target_legalize(target, legal, &request);
  if (!status) status = mmd_target_write(target, legal, &request, &files);
  mmd_graph_destroy(legal);
  return status;
}

mmd_status_t engine_net_open(const engine_net_t *net, const char *device, const char *options,
                             mmd_session_t **out_session) {
  mmd_backend_t *backend = engine_open(net->engine);
  mmd_storage_t *bytes = NULL, *weights = NULL;
  const bool has_weights = net->weights && mmd_path_exists(net->weights);
  mmd_status_t status = mmd_storage_map_file(net->net, &bytes);
  if (!status && has_weights) status = mmd_storage_map_file(net->weights, &weights);
  const mmd_session_options_t session = {.name = "net",
                                         .net = bytes,
                                         .net_path = net->net,
                                         .weights = weights,
                                         .weights_path = weights ? net->weights : NULL,
                                         .device_name = device,
                                         .threads = 1,
                                         .options_json = options};
  if (!status) status = mmd_session_create(backend, &session, out_session);
  mmd_storage_release(bytes);
  mmd_storage_release(weights);
  return status;
}

mmd_status_t engine_run(const engine_t *engine, const mmd_graph_t *graph,
                        const mmd_tensor_t *inputs, size_t input_count, mmd_tensor_t *outputs,
                        size_t output_count) {
  engine_net_t net;
  mmd_session_t *session = NULL;
  engine_net_init(&net, engine);
  mmd_status_t status = engine_net_write(&net, graph, NULL);
  if (!status) status = engine_net_open(&net, NULL, NULL, &session);
  if (!status) status = mmd_session_run(session, inputs, input_count, outputs, output_count);
  mmd_session_destroy(session);
  engine_net_deinit(&net);
  return status;
}

//===--- small graphs ------------------------------------------------------===//

mmd_tensor_t engine_draw(int rank, const int64_t *sizes, float low, float high) {
  mmd_shape_t shape;
  mmd_tensor_t tensor;
  uint32_t draw = 11;
  mmd_assert_ok(mmd_shape_make(rank, sizes, &shape));
  mmd_assert_ok(mmd_tensor_create(MMD_F32, &shape, false, &tensor));
  float *data = mmd_tensor_mutable_data(&tensor);
  for (size_t i = 0; i < mmd_tensor_count(&tensor); ++i) {
    draw = draw * 1664525u + 1013904223u;
    data[i] = low + (high - low) * ((float)(draw >> 8) / (float)(1 << 24));
  }
  return tensor;
}

mmd_status_t engine_run_onnxruntime(const mmd_graph_t *graph, const mmd_tensor_t *inputs,
                                    mmd_tensor_t *outputs) {
  mmd_backend_t *backend = NULL;
  mmd_storage_t *net = NULL;
  mmd_session_t *session = NULL;
  mmd_status_t status = mmd_backend_get("onnxruntime", &backend);
  if (!status) status = mmd_backend_open(backend);
  if (status) {
    mmd_status_free(status);
    mmd_test_skip("ONNX Runtime is not there");
  }
  MMD_TRY(mmd_onnx_export_memory(graph, NULL, &net));
  const mmd_session_options_t options = {.name = "net", .net = net, .threads = 1};
  status = mmd_session_create(backend, &options, &session);
  if (!status)
    status = mmd_session_run(session, inputs, graph->root->input_count, outputs,
                             graph->root->output_count);
  mmd_session_destroy(session);
  mmd_storage_release(net);
  return status;
}

void engine_compare(const char *name, const mmd_tensor_t *want, const mmd_tensor_t *have,
                    double tolerance) {
  mmd_difference_t difference = {0};
  if (!mmd_shape_equal(&want->shape, &have->shape)) fail_msg("%s: another shape", name);
  mmd_assert_ok(mmd_tensor_difference(have, want, &difference));
  if (!(difference.max_rel <= tolerance)) fail_msg("%s: differs by %g", name, difference.max_rel);
}

//===--- bad files ---------------------------------------------------------===//

mmd_graph_t *engine_parse(const char *text) {
  mmd_graph_t *graph = NULL;
  mmd_assert_ok(mmd_graph_parse(text, strlen(text), "test", &graph));
  return graph;
}

void engine_net_write_text(const engine_net_t *net, const char *text,
                           const engine_settings_t *settings) {
  mmd_graph_t *graph = engine_parse(text);
  mmd_assert_ok(engine_net_write(net, graph, settings));
  mmd_graph_destroy(graph);
}

static mmd_tensor_t make_ones(int64_t batch, int64_t height, int64_t width) {
  const int64_t sizes[] = {batch, 3, height, width};
  mmd_shape_t shape;
  mmd_tensor_t tensor;
  mmd_assert_ok(mmd_shape_make(4, sizes, &shape));
  mmd_assert_ok(mmd_tensor_create(MMD_F32, &shape, true, &tensor));
  float *data = mmd_tensor_mutable_data(&tensor);
  for (size_t i = 0; i < mmd_tensor_count(&tensor); ++i) data[i] = 1;
  return tensor;
}

mmd_status_t engine_run_ones(mmd_session_t *session, int64_t batch, int64_t height, int64_t width,
                             double *out_last) {
  mmd_tensor_t input = make_ones(batch, height, width), out = {0};
  mmd_status_t status = mmd_session_run(session, &input, 1, &out, 1);
  if (!status) {
    assert_int_equal(out.shape.dims[0], batch);
    const size_t count = mmd_tensor_count(&out);
    *out_last = count ? mmd_tensor_get_f64(&out, count - 1) : 0;
  }
  mmd_tensor_deinit(&input);
  mmd_tensor_deinit(&out);
  return status;
}

void engine_file_edit(const char *path, const char *from, const char *to) {
  char *data = NULL;
  size_t size = 0, at = 0;
  const size_t length = strlen(from), new_length = strlen(to);
  mmd_assert_ok(mmd_file_read(path, (size_t)1 << 20, &data, &size));
  while (at + length <= size && memcmp(data + at, from, length) != 0) ++at;
  if (at + length > size) fail_msg("'%s' is not in\n%s", from, data);
  char *edited = mmd_alloc(size + new_length);
  assert_non_null(edited);
  memcpy(edited, data, at);
  memcpy(edited + at, to, new_length);
  memcpy(edited + at + new_length, data + at + length, size - at - length);
  mmd_assert_ok(mmd_file_write(path, edited, size - length + new_length));
  mmd_free(edited);
  mmd_free(data);
}

void engine_file_cut(const char *path, size_t size) {
  char *data = NULL;
  size_t whole = 0;
  mmd_assert_ok(mmd_file_read(path, (size_t)1 << 20, &data, &whole));
  assert_true(size < whole);
  mmd_assert_ok(mmd_file_write(path, data, size));
  mmd_free(data);
}
