// SPDX-License-Identifier: Apache-2.0
//
// Real networks in the form of the engine that the argument names, beside the files themselves in
// ONNX Runtime.
// test-labels: assets
#include <string.h>

#include "base/alloc.h"
#include "base/file.h"
#include "frontends/onnx/import.h"
#include "ops/infer.h"
#include "passes/pass.h"
#include "tests/integration/engines/engine_testing.h"

enum { MAX_OUTPUTS = 4, SIZES = 2 };

#define TOLERANCE 1e-3
#define HALF_TOLERANCE 1e-2

static const engine_t *g_engine;

typedef struct network_t {
  const char *file;
  int64_t sizes[SIZES][4];  // of the picture; the second may be left out
  bool needs_ranges;        // else height and width are fixed
} network_t;

static const network_t g_networks[] = {
    {"ppocrv4_det.onnx", {{1, 3, 64, 96}, {2, 3, 96, 64}}, false},
    {"ppocrv4_rec.onnx", {{1, 3, 48, 64}, {2, 3, 48, 160}}, false},
    {"ppocr_cls.onnx", {{1, 3, 48, 192}, {3, 3, 48, 192}}, false},
    {"yolox_nano.onnx", {{1, 3, 416, 416}}, false},
    {"yolov8n_320n.onnx", {{1, 3, 320, 320}, {2, 3, 96, 160}}, true},
};
static const network_t *const g_half_network = &g_networks[2];

//===--- sessions ----------------------------------------------------------===//

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

static bool is_fixed(const network_t *network) {
  return network->needs_ranges && !g_engine->has_ranges;
}

static void fix_sizes(mmd_graph_t *graph, const network_t *network) {
  mmd_type_t type = graph->root->inputs[0]->type;
  for (int axis = 2; axis < 4; ++axis)
    type.dims[axis] = mmd_dim_const(graph, network->sizes[0][axis]);
  mmd_assert_ok(mmd_edge_set_type(graph->root->inputs[0], &type));
}

// As `onnx2<engine>` does it.
static mmd_session_t *open_net(const engine_net_t *net, const network_t *network, const char *path,
                               const engine_settings_t *settings) {
  mmd_graph_t *graph = NULL;
  mmd_session_t *session = NULL;
  mmd_assert_ok(mmd_onnx_import(path, NULL, &graph));
  if (is_fixed(network)) fix_sizes(graph, network);
  mmd_assert_ok(mmd_graph_infer(graph));
  mmd_assert_ok(mmd_passes_run(graph, mmd_passes_convert, NULL));
  mmd_assert_ok(engine_net_write(net, graph, settings));
  mmd_graph_destroy(graph);
  mmd_assert_ok(engine_net_open(net, NULL, NULL, &session));
  return session;
}

//===--- comparison --------------------------------------------------------===//

static mmd_tensor_t make_picture(const int64_t sizes[4]) {
  mmd_shape_t shape;
  mmd_tensor_t tensor;
  uint32_t draw = 7;
  const float range = g_engine->high - g_engine->low;
  mmd_assert_ok(mmd_shape_make(4, sizes, &shape));
  mmd_assert_ok(mmd_tensor_create(MMD_F32, &shape, false, &tensor));
  float *data = mmd_tensor_mutable_data(&tensor);
  for (size_t i = 0; i < mmd_tensor_count(&tensor); ++i) {
    draw = draw * 1664525u + 1013904223u;
    data[i] = (float)(draw >> 8) / (float)(1 << 24) * range + g_engine->low;
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

static void check_size(const network_t *network, int index, mmd_session_t *truth,
                       mmd_session_t *session, double tolerance) {
  int64_t sizes[4];
  memcpy(sizes, network->sizes[index], sizeof sizes);
  if (is_fixed(network)) memcpy(sizes + 2, network->sizes[0] + 2, 2 * sizeof *sizes);
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

static void check(const network_t *network, const engine_settings_t *settings, double tolerance) {
  engine_net_t net;
  engine_open(g_engine);
  onnxruntime();
  char *folder = mmd_path_join(mmd_test_assets(), "networks");
  char *path = mmd_path_join(folder, network->file);
  engine_net_init(&net, g_engine);
  mmd_session_t *truth = open_file(path), *session = open_net(&net, network, path, settings);
  for (int i = 0; i < SIZES && network->sizes[i][0]; ++i)
    check_size(network, i, truth, session, tolerance);
  mmd_session_destroy(truth);
  mmd_session_destroy(session);
  engine_net_deinit(&net);
  mmd_free(path);
  mmd_free(folder);
}

static void like_onnxruntime(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof g_networks / sizeof *g_networks; ++i)
    check(&g_networks[i], NULL, TOLERANCE);
}

static void half_weights(void **state) {
  (void)state;
  check(g_half_network, g_engine->half, HALF_TOLERANCE);
}

int main(int argc, char **argv) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(like_onnxruntime)};
  const struct CMUnitTest half[] = {cmocka_unit_test(half_weights)};
  g_engine = engine_of_arguments(argc, argv);
  if (!g_engine) return 2;
  int failures = cmocka_run_group_tests(tests, NULL, NULL);
  if (g_engine->half) failures += cmocka_run_group_tests(half, NULL, NULL);
  return mmd_test_exit_status(failures);
}
