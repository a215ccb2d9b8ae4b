// SPDX-License-Identifier: Apache-2.0
// test-labels: long
//
// Real networks: what `optimize` makes of them, and our evaluator, against ONNX Runtime on the file
// as it is.
#include <stdio.h>
#include <stdlib.h>

#include "convert/run_onnx_testing.h"
#include "tests/support/mmd_test_skip.h"

enum { MAX_WORDS = 20, MAX_INPUTS = 3, MAX_SETS = 2, MAX_OUTPUTS = 4 };

typedef struct network_t {
  const char *file;
  int nodes;  // that `optimize` may leave
  // Sets of inputs, "NAME=1x3x64x64" or "NAME=rate" for the number 16000.
  const char *inputs[MAX_SETS][MAX_INPUTS];
  double tolerance;  // of the evaluator, relative to an output's largest number
} network_t;

static const network_t networks[] = {
    {"yolox_nano.onnx", 360, {{"images=1x3x416x416"}}, 1e-3},
    {"yolov8n_320n.onnx", 313, {{"images=1x3x320x320"}, {"images=2x3x96x160"}}, 1e-3},
    {"ppocrv4_det.onnx", 191, {{"x=1x3x64x96"}, {"x=2x3x96x64"}}, 1e-3},
    {"ppocrv4_rec.onnx", 252, {{"x=1x3x48x64"}, {"x=2x3x48x160"}}, 1e-3},
    {"ppocr_cls.onnx", 143, {{"x=1x3x48x192"}, {"x=3x3x48x192"}}, 1e-3},
    {"silero_vad.onnx", 148, {{"input=1x512", "state=2x1x128", "sr=rate"}}, 1e-3},
    {"silero_vad_16k_op15.onnx", 76, {{"input=1x512", "state=2x1x128", "sr=rate"}}, 1e-3},
    {"silero_vad_16k_sequence.onnx", 25, {{"input=1x576", "h=1x1x128", "c=1x1x128"}}, 1e-3},
    {"silero_vad_half.onnx", 73, {{"input=1x512", "state=2x1x128"}}, 1e-2},
    {"silero_vad_op18_ifless.onnx", 90, {{"input=1x576", "state=2x1x128", "sr=rate"}}, 1e-3},
};

typedef struct outputs_t {
  size_t count;
  mmd_tensor_t tensors[MAX_OUTPUTS];
} outputs_t;

static void clear(outputs_t *outputs) {
  for (size_t i = 0; i < outputs->count; ++i) mmd_tensor_deinit(&outputs->tensors[i]);
  outputs->count = 0;
}

// The words of |inputs| behind the |count| words that are there; the rate lies in file 3.
static void add_inputs(const char *const inputs[MAX_INPUTS], const char *words[MAX_WORDS],
                       size_t count) {
  for (size_t i = 0; i < MAX_INPUTS && inputs[i]; ++i) {
    const bool is_rate = strcmp(inputs[i], "sr=rate") == 0;
    words[count++] = is_rate ? "--input" : "--shape";
    words[count++] = is_rate ? "sr=@3" : inputs[i];
  }
  words[count] = NULL;
}

static void make_rate(scene_t *scene) {
  const mmd_shape_t scalar = {0};
  const int64_t rate = 16000;
  mmd_tensor_t tensor = {0};
  mmd_assert_ok(mmd_tensor_from_data(MMD_I64, &scalar, &rate, &tensor));
  mmd_assert_ok(mmd_npy_write_file(scene->paths[3], &tensor));
  mmd_tensor_deinit(&tensor);
}

static outputs_t run(scene_t *scene, const char *file, const char *backend,
                     const char *const inputs[MAX_INPUTS]) {
  const char *words[MAX_WORDS] = {file, "--backend", backend, "--output", scene->folder};
  outputs_t outputs = {0};
  add_inputs(inputs, words, 5);
  mmd_assert_ok(scene_run(scene, &mmd_run_onnx_command, words));
  outputs.count = mmd_array_size(mmd_object_get(scene->result, "outputs"));
  assert_in_range(outputs.count, 1, MAX_OUTPUTS);
  for (size_t i = 0; i < outputs.count; ++i) {
    char path[48];
    snprintf(path, sizeof path, "outputs.%zu.file", i);
    // A copy: the next run writes files of the same names, and this one may be mapped.
    mmd_tensor_t mapped = {0};
    mmd_assert_ok(mmd_npy_read_file(scene_string(scene, path), &mapped));
    mmd_assert_ok(mmd_tensor_copy(&mapped, &outputs.tensors[i]));
    mmd_tensor_deinit(&mapped);
  }
  return outputs;
}

static void compare(const network_t *network, const char *what, const outputs_t *wanted,
                    const outputs_t *got, double tolerance) {
  assert_int_equal(wanted->count, got->count);
  for (size_t i = 0; i < wanted->count; ++i) {
    mmd_difference_t difference = {0};
    assert_true(mmd_shape_equal(&wanted->tensors[i].shape, &got->tensors[i].shape));
    mmd_assert_ok(mmd_tensor_difference(&got->tensors[i], &wanted->tensors[i], &difference));
    print_message("%-30s %-10s output %zu: %.1e\n", network->file, what, i, difference.max_rel);
    // A text detector is almost zero everywhere on noise.
    if (!(difference.max_rel <= tolerance || difference.max_abs <= 1e-6))
      fail_msg("%s: %s: output %zu differs by %g", network->file, what, i, difference.max_rel);
  }
}

static void check_inputs(scene_t *scene, const network_t *network, const char *file,
                         const char *const inputs[MAX_INPUTS]) {
  outputs_t wanted = run(scene, file, "onnxruntime", inputs);
  outputs_t optimized = run(scene, "@0", "onnxruntime", inputs);
  outputs_t evaluated = run(scene, file, "reference", inputs);
  compare(network, "optimized", &wanted, &optimized, network->tolerance);
  compare(network, "evaluator", &wanted, &evaluated, network->tolerance);
  clear(&wanted);
  clear(&optimized);
  clear(&evaluated);
}

static void check_network(const network_t *network, const char *file) {
  scene_t scene;
  scene_init(&scene);
  make_rate(&scene);
  const char *words[MAX_WORDS] = {file, "@0"};
  add_inputs(network->inputs[0], words, 2);
  mmd_assert_ok(scene_run(&scene, &mmd_optimize_command, words));
  assert_int_equal(scene.exit_status, 0);
  assert_string_equal(scene_string(&scene, "verification"), "passed");
  mmd_graph_t *graph = scene_read(&scene, 0);
  const size_t nodes = mmd_graph_node_count(graph);
  mmd_graph_destroy(graph);
  if (nodes > (size_t)network->nodes) fail_msg("%s: %zu nodes", network->file, nodes);
  for (size_t i = 0; i < MAX_SETS && network->inputs[i][0]; ++i)
    check_inputs(&scene, network, file, network->inputs[i]);
  scene_deinit(&scene);
}

static void networks_stay_what_they_are(void **state) {
  (void)state;
  const char *assets = getenv("MMDEPLOY_ASSETS");
  if (!assets || !*assets) mmd_test_skip("MMDEPLOY_ASSETS is not set");
  const char *library = getenv("MMDEPLOY_ONNXRUNTIME_LIBRARY");
  if (!library || !*library) mmd_test_skip("MMDEPLOY_ONNXRUNTIME_LIBRARY is not set");
  char *folder = mmd_path_join(assets, "networks");
  for (size_t i = 0; i < sizeof networks / sizeof *networks; ++i) {
    char *file = mmd_path_join(folder, networks[i].file);
    if (!mmd_path_exists(file)) mmd_test_skip(file);
    check_network(&networks[i], file);
    mmd_free(file);
  }
  mmd_free(folder);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(networks_stay_what_they_are)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
