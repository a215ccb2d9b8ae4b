// SPDX-License-Identifier: Apache-2.0
//
// Real networks as IR in OpenVINO beside the files themselves in ONNX Runtime.
// test-labels: assets
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/file.h"
#include "frontends/onnx/import.h"
#include "ops/infer.h"
#include "passes/pass.h"
#include "tests/integration/openvino/openvino_testing.h"

enum { MAX_OUTPUTS = 4, SIZES = 2 };

typedef struct network_t {
  const char *file;
  int64_t sizes[SIZES][4];  // of the picture; the second may be left out
} network_t;

static const network_t g_networks[] = {
    {"ppocrv4_det.onnx", {{1, 3, 64, 96}, {2, 3, 96, 64}}},
    {"ppocrv4_rec.onnx", {{1, 3, 48, 64}, {2, 3, 48, 160}}},
    {"ppocr_cls.onnx", {{1, 3, 48, 192}, {3, 3, 48, 192}}},
    {"yolox_nano.onnx", {{1, 3, 416, 416}}},
    {"yolov8n_320n.onnx", {{1, 3, 320, 320}, {2, 3, 96, 160}}},
};

#define TOLERANCE 1e-3

static mmd_backend_t *onnxruntime(void) {
  mmd_backend_t *backend = NULL;
  mmd_status_t status = mmd_backend_get("onnxruntime", &backend);
  if (!status) status = mmd_backend_open(backend);
  if (!status) return backend;
  mmd_status_free(status);
  mmd_test_skip("ONNX Runtime is not there");
}

static mmd_session_t *open_file(const char *path) {
  mmd_storage_t *net = NULL;
  mmd_session_t *session = NULL;
  mmd_assert_ok(mmd_storage_map_file(path, &net));
  const mmd_session_options_t options = {.name = "net", .net = net, .net_path = path, .threads = 2};
  mmd_assert_ok(mmd_session_create(onnxruntime(), &options, &session));
  mmd_storage_release(net);
  return session;
}

// As `onnx2openvino` does it.
static mmd_session_t *open_ir(const openvino_net_t *net, const char *path, const char *config) {
  mmd_graph_t *graph = NULL;
  mmd_session_t *session = NULL;
  mmd_assert_ok(mmd_onnx_import(path, NULL, &graph));
  mmd_assert_ok(mmd_graph_infer(graph));
  mmd_assert_ok(mmd_passes_run(graph, mmd_passes_convert, NULL));
  mmd_assert_ok(openvino_net_write(net, graph, config));
  mmd_graph_destroy(graph);
  mmd_assert_ok(openvino_net_open(net, NULL, NULL, &session));
  return session;
}

static mmd_tensor_t make_picture(const int64_t sizes[4]) {
  mmd_shape_t shape;
  mmd_tensor_t tensor;
  uint32_t draw = 7;
  mmd_assert_ok(mmd_shape_make(4, sizes, &shape));
  mmd_assert_ok(mmd_tensor_create(MMD_F32, &shape, false, &tensor));
  float *data = mmd_tensor_mutable_data(&tensor);
  for (size_t i = 0; i < mmd_tensor_count(&tensor); ++i) {
    draw = draw * 1664525u + 1013904223u;
    data[i] = (float)(draw >> 8) / (float)(1 << 22) - 2;
  }
  return tensor;
}

static void compare(const char *file, const mmd_tensor_t *want, const mmd_tensor_t *have,
                    double tolerance) {
  mmd_difference_t difference = {0};
  assert_true(mmd_shape_equal(&want->shape, &have->shape));
  mmd_assert_ok(mmd_tensor_difference(have, want, &difference));
  print_message("%-20s %.1e\n", file, difference.max_rel);
  // A text detector is almost zero everywhere on noise.
  if (!(difference.max_rel <= tolerance || difference.max_abs <= 1e-6))
    fail_msg("%s differs by %g", file, difference.max_rel);
}

static void check_size(const network_t *network, mmd_session_t *truth, mmd_session_t *session,
                       const int64_t sizes[4], double tolerance) {
  mmd_tensor_t picture = make_picture(sizes), want[MAX_OUTPUTS] = {0}, have[MAX_OUTPUTS] = {0};
  const size_t count = mmd_session_output_count(truth);
  assert_in_range(count, 1, MAX_OUTPUTS);
  assert_int_equal(mmd_session_output_count(session), count);
  mmd_assert_ok(mmd_session_run(truth, &picture, 1, want, count));
  mmd_assert_ok(mmd_session_run(session, &picture, 1, have, count));
  for (size_t i = 0; i < count; ++i) {
    compare(network->file, &want[i], &have[i], tolerance);
    mmd_tensor_deinit(&want[i]);
    mmd_tensor_deinit(&have[i]);
  }
  mmd_tensor_deinit(&picture);
}

static void check(const network_t *network, const char *config, double tolerance) {
  const char *assets = getenv("MMDEPLOY_ASSETS");
  openvino_net_t net;
  openvino_engine();
  if (!assets || !*assets) mmd_test_skip("MMDEPLOY_ASSETS is not set");
  char *folder = mmd_path_join(assets, "networks");
  char *path = mmd_path_join(folder, network->file);
  openvino_net_init(&net);
  mmd_session_t *truth = open_file(path), *session = open_ir(&net, path, config);
  for (int i = 0; i < SIZES && network->sizes[i][0]; ++i)
    check_size(network, truth, session, network->sizes[i], tolerance);
  mmd_session_destroy(truth);
  mmd_session_destroy(session);
  openvino_net_deinit(&net);
  mmd_free(path);
  mmd_free(folder);
}

static void like_onnxruntime(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof g_networks / sizeof *g_networks; ++i)
    check(&g_networks[i], NULL, TOLERANCE);
}

// Weights in half precision.
static void half_weights(void **state) {
  (void)state;
  check(&g_networks[2], "{\"mo_options\": {\"args\": {\"--data_type\": \"FP16\"}}}", 1e-2);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(like_onnxruntime),
                                     cmocka_unit_test(half_weights)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
