// SPDX-License-Identifier: Apache-2.0
//
// All external compilers against a fake one that prints its arguments.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/file.h"
#include "base/log.h"
#include "base/str.h"
#include "convert/target.h"
#include "graph/text.h"
#include "ops/infer.h"
#include "tests/support/mmd_test.h"
#include "tests/support/mmd_test_fail.h"

#define FAKE MMD_TEST_FILE("backends/external/testdata/fake_compiler.sh")

static const char *const g_variables[] = {"MMDEPLOY_TRTEXEC", "MMDEPLOY_SNPE_ONNX_TO_DLC",
                                          "MMDEPLOY_ATC"};

typedef struct scratch_t {
  char *folder;
  mmd_graph_t *fixed, *dynamic;
} scratch_t;
static scratch_t g_scratch;

static mmd_graph_t *make_graph(const char *sizes) {
  char text[256];
  mmd_graph_t *graph = NULL;
  snprintf(text, sizeof text,
           "graph \"g\" {\n  ir_version 8\n  opset \"\" 17\n  input %%input : f32[%s]\n"
           "  %%output = Relu(%%input)\n  output %%output\n}\n",
           sizes);
  mmd_assert_ok(mmd_graph_parse(text, strlen(text), "test", &graph));
  mmd_assert_ok(mmd_graph_infer(graph));
  return graph;
}

static int setup(void **state) {
  (void)state;
  g_scratch.folder = mmd_test_make_directory();
  g_scratch.fixed = make_graph("1,3,4,4");
  g_scratch.dynamic = make_graph("batch,3,h,w");
  for (size_t i = 0; i < 3; ++i) setenv(g_variables[i], FAKE, 1);
  unsetenv("FAKE_MODE");
  mmd_log_set_level(MMD_LOG_WARN);
  return 0;
}

static int teardown(void **state) {
  (void)state;
  mmd_test_remove_tree(g_scratch.folder);
  mmd_free(g_scratch.folder);
  mmd_graph_destroy(g_scratch.fixed);
  mmd_graph_destroy(g_scratch.dynamic);
  return 0;
}

static mmdeploy_target_request_t request_of(const char *config) {
  return (mmdeploy_target_request_t){.struct_size = sizeof(mmdeploy_target_request_t),
                                     .directory = g_scratch.folder,
                                     .save_file = "end2end.onnx",
                                     .backend_config_json = config,
                                     .ir_config_json = "{}",
                                     .precision = "FP32",
                                     .python = FAKE};
}

static mmd_status_t prepare(const char *backend, const char *config) {
  const mmdeploy_target_t *target = NULL;
  const mmdeploy_target_request_t request = request_of(config);
  MMD_TRY(mmd_target_get(backend, &target));
  return mmd_target_prepare(target, &request);
}

static mmd_status_t convert(const char *backend, const mmd_graph_t *graph, const char *config,
                            mmdeploy_target_result_t *out_files) {
  const mmdeploy_target_t *target = NULL;
  const mmdeploy_target_request_t request = request_of(config);
  mmd_graph_t *copy = NULL;
  MMD_TRY(mmd_target_get(backend, &target));
  MMD_TRY(mmd_graph_clone(graph, &copy));
  mmd_status_t status = mmd_target_legalize(target, copy, &request);
  if (!status) status = mmd_target_write(target, copy, &request, out_files);
  mmd_graph_destroy(copy);
  return status;
}

static char *read_text(const char *name) {
  char *path = mmd_path_join(g_scratch.folder, name), *text = NULL;
  size_t size = 0;
  mmd_assert_ok(mmd_file_read(path, 0, &text, &size));
  mmd_free(path);
  return text;
}

// The names in the work directory, with blanks between them.
static void assert_files(const char *wanted) {
  char **names = NULL;
  size_t count = 0;
  mmd_str_t text = {0};
  mmd_assert_ok(mmd_path_list(g_scratch.folder, &names, &count));
  for (size_t i = 0; i < count; ++i) {
    mmd_assert_ok(mmd_str_printf(&text, "%s%s", i ? " " : "", names[i]));
    mmd_free(names[i]);
  }
  mmd_free(names);
  assert_string_equal(mmd_str_text(&text), wanted);
  mmd_str_deinit(&text);
}

// The log holds the arguments; paths begin with the folder that the compiler worked in.
static void assert_arguments(const char *log, const char *wanted) {
  char *text = read_text(log);
  mmd_str_t shown = {0};
  for (const char *p = text; *p;) {
    const char *folder = strncmp(p, g_scratch.folder, strlen(g_scratch.folder)) == 0
                             ? p + strlen(g_scratch.folder)
                             : NULL;
    if (folder && folder[0] == '/' && folder[1] == '.') {
      p = folder + 1 + strcspn(folder + 1, "/");
      mmd_assert_ok(mmd_str_append(&shown, "F"));
    } else {
      mmd_assert_ok(mmd_str_append_char(&shown, *p++));
    }
  }
  assert_string_equal(mmd_str_text(&shown), wanted);
  mmd_str_deinit(&shown);
  mmd_free(text);
}

//===--- arguments ---------------------------------------------------------===//

static void test_tensorrt(void **state) {
  (void)state;
  mmdeploy_target_result_t files;
  mmd_assert_ok(
      convert("tensorrt", g_scratch.dynamic,
              "{\"common_config\": {\"fp16_mode\": true, \"max_workspace_size\": 1073741824},"
              " \"model_inputs\": [{\"input_shapes\": {\"input\": {\"min_shape\": [1, 3, 64, 64],"
              " \"opt_shape\": [1, 3, 320, 320], \"max_shape\": [2, 3, 640, 640]}}}],"
              " \"compiler_args\": [\"--verbose\", \"--builderOptimizationLevel=5\"]}",
              &files));
  assert_arguments("end2end.tensorrt.log",
                   "--onnx=F/end2end.onnx\n--saveEngine=F/end2end.engine\n--skipInference\n--fp16\n"
                   "--memPoolSize=workspace:1024\n--minShapes=input:1x3x64x64\n"
                   "--optShapes=input:1x3x320x320\n--maxShapes=input:2x3x640x640\n--verbose\n"
                   "--builderOptimizationLevel=5\n");
  assert_string_equal(files.files[0], "end2end.engine");
  assert_string_equal(files.files[1], "");
  assert_files("end2end.engine end2end.onnx end2end.tensorrt.log");
}

// Shapes of a network whose sizes are fixed are refused by the program.
static void test_tensorrt_fixed(void **state) {
  (void)state;
  mmdeploy_target_result_t files;
  mmd_assert_ok(convert("tensorrt", g_scratch.fixed,
                        "{\"common_config\": {\"fp16_mode\": false, \"max_workspace_size\": 0},"
                        " \"model_inputs\": [{\"input_shapes\": [{\"min_shape\": [1, 3, 4, 4]}]}]}",
                        &files));
  assert_arguments("end2end.tensorrt.log",
                   "--onnx=F/end2end.onnx\n--saveEngine=F/end2end.engine\n--skipInference\n");
}

static void test_snpe(void **state) {
  (void)state;
  mmdeploy_target_result_t files;
  mmd_assert_ok(convert("snpe", g_scratch.fixed, "{}", &files));
  assert_arguments("end2end.snpe.log",
                   "--input_network\nF/end2end.onnx\n--output\nF/end2end.dlc\n");
  assert_files("end2end.dlc end2end.onnx end2end.snpe.log");
}

static void test_ascend(void **state) {
  (void)state;
  mmdeploy_target_result_t files;
  mmd_assert_ok(convert("ascend", g_scratch.fixed, "{}", &files));
  assert_arguments("end2end.ascend.log",
                   "--model=F/end2end.onnx\n--framework=5\n--output=F/end2end\n"
                   "--soc_version=Ascend310\n--input_format=NCHW\n--input_shape=input:1,3,4,4\n");
  mmd_assert_ok(convert("ascend", g_scratch.dynamic,
                        "{\"model_inputs\": [{\"input_shapes\": {\"input\": [1, 3, -1, -1]},"
                        " \"dynamic_image_size\": [[800, 1344], [1344, 800]]}]}",
                        &files));
  assert_arguments("end2end.ascend.log",
                   "--model=F/end2end.onnx\n--framework=5\n--output=F/end2end\n"
                   "--soc_version=Ascend310\n--input_format=NCHW\n--input_shape=input:1,3,-1,-1\n"
                   "--dynamic_image_size=800,1344;1344,800\n");
  mmd_assert_ok(convert("ascend", g_scratch.dynamic,
                        "{\"soc_version\": \"Ascend310P3\", \"model_inputs\": [{\"input_shapes\":"
                        " {\"input\": [-1, 3, 4, 4]}, \"dynamic_dims\": [[1], [2]]}]}",
                        &files));
  assert_arguments("end2end.ascend.log",
                   "--model=F/end2end.onnx\n--framework=5\n--output=F/end2end\n"
                   "--soc_version=Ascend310P3\n--input_format=ND\n--input_shape=input:-1,3,4,4\n"
                   "--dynamic_dims=1;2\n");
}

static void test_scripts(void **state) {
  (void)state;
  mmdeploy_target_result_t files;
  setenv("FAKE_PACKAGE", "tvm", 1);
  mmd_assert_ok(convert("tvm", g_scratch.fixed, "{}", &files));
  char *text = read_text("end2end.tvm.log");
  assert_non_null(strstr(text, "/share/mmdeploy/vendor/tvm_compile.py\n--onnx\n"));
  assert_non_null(strstr(text, "/backend_config.json\n"));
  mmd_free(text);
  assert_string_equal(files.files[0], "end2end.so");
  assert_string_equal(files.files[1], "end2end.txt");
  text = read_text("end2end.txt");
  assert_string_equal(text, "mmdeploy-tvm 1\ninput input 1 4 1 3 4 4\noutput output 1 4 1 3 4 4\n");
  mmd_free(text);
  setenv("FAKE_PACKAGE", "rknn", 1);
  mmd_assert_ok(convert("rknn", g_scratch.fixed,
                        "{\"common_config\": {\"target_platform\": \"rk3588\"}}", &files));
  text = read_text("end2end.rknn.log");
  assert_non_null(strstr(text, "/share/mmdeploy/vendor/rknn_compile.py\n--onnx\n"));
  mmd_free(text);
  assert_files("end2end.onnx end2end.rknn end2end.rknn.log end2end.so end2end.tvm.log end2end.txt");
}

#ifndef MMD_HAS_TORCHSCRIPT
static void test_coreml(void **state) {
  (void)state;
  mmdeploy_target_result_t files;
  mmd_assert_fails(convert("coreml", g_scratch.fixed, "{}", &files), MMD_NOT_SUPPORTED,
                   "this build has no target 'torchscript', which is needed");
}
#else
// From TorchScript, to a folder, which takes the place of an older one.
static void test_coreml(void **state) {
  (void)state;
  mmdeploy_target_result_t files;
  mmd_graph_t *graph = NULL;
  static const char text[] =
      "graph \"g\" {\n  ir_version 8\n  opset \"\" 17\n  opset \"mmdeploy\" 1\n"
      "  input %boxes : f32[1,9,4]\n  input %scores : f32[1,9,2]\n"
      "  %dets, %labels = mmdeploy::MultiClassNMS(%boxes, %scores) {iou_threshold = 0.5,"
      " score_threshold = 0.25, max_output_boxes_per_class = 7, keep_top_k = 5}\n"
      "  output %dets\n  output %labels\n}\n";
  setenv("FAKE_PACKAGE", "coremltools", 1);
  setenv("FAKE_MODE", "folder", 1);
  for (int i = 0; i < 2; ++i) {
    mmd_assert_ok(convert("coreml", g_scratch.fixed, "{}", &files));
    assert_string_equal(files.files[0], "end2end.mlpackage");
    assert_files("end2end.coreml.log end2end.mlpackage end2end.pt");
  }
  char *log = read_text("end2end.coreml.log");
  assert_non_null(strstr(log, "/coreml_compile.py\n--net\n"));
  assert_null(strstr(log, "--nms"));
  mmd_free(log);
  setenv("FAKE_MODE", "", 1);
  mmd_assert_ok(mmd_graph_parse(text, strlen(text), "test", &graph));
  mmd_assert_ok(mmd_graph_infer(graph));
  mmd_assert_ok(convert("coreml", graph, "{\"convert_to\": \"neuralnetwork\"}", &files));
  mmd_graph_destroy(graph);
  assert_string_equal(files.files[0], "end2end.mlmodel");
  log = read_text("end2end.coreml.log");
  assert_non_null(strstr(log,
                         "\n--nms={\"outputs\": [\"dets\", \"labels\"], \"iou_threshold\": 0.5, "
                         "\"score_threshold\": 0.25, \"max_boxes\": 5}\n"));
  mmd_free(log);
}

#endif

// What the simulator has to run, and where it puts what it found.
static void test_trial(void **state) {
  (void)state;
  mmdeploy_target_result_t files;
  const mmdeploy_target_t *target = NULL;
  mmdeploy_target_request_t request =
      request_of("{\"common_config\": {\"target_platform\": \"a\"}}");
  char *folder = mmd_path_join(g_scratch.folder, "trial"), *first = mmd_path_join(folder, "0");
  char *input = mmd_path_join(first, "input_0.npy"), *output = mmd_path_join(first, "output_0.npy");
  setenv("FAKE_PACKAGE", "rknn", 1);
  mmd_assert_ok(mmd_path_make_directories(first));
  mmd_assert_ok(mmd_file_write(input, "x", 1));
  request.trial = folder;
  mmd_assert_ok(mmd_target_get("rknn", &target));
  assert_true(mmd_target_tries(target));
  mmd_assert_ok(mmd_target_write(target, g_scratch.fixed, &request, &files));
  assert_true(mmd_path_exists(output));
  mmd_free(output);
  mmd_free(input);
  mmd_free(first);
  mmd_free(folder);
}

//===--- failures ----------------------------------------------------------===//

static void test_program_fails(void **state) {
  (void)state;
  mmdeploy_target_result_t files;
  setenv("FAKE_MODE", "fail", 1);
  mmd_assert_fails(convert("snpe", g_scratch.fixed, "{}", &files), MMD_INTERNAL,
                   "backend 'snpe': snpe-onnx-to-dlc ended with status 9 after ");
  assert_files("end2end.snpe.log");
  mmd_assert_fails(
      convert("snpe", g_scratch.fixed, "{}", &files), MMD_INTERNAL,
      "its last words: two | three | four | five?[31m | [E] node 7: no implementation (log: ");
  setenv("FAKE_MODE", "killed", 1);
  mmd_assert_fails(convert("snpe", g_scratch.fixed, "{}", &files), MMD_INTERNAL,
                   "was ended by signal 9 (Killed)");
  setenv("FAKE_MODE", "nothing", 1);
  mmd_assert_fails(convert("snpe", g_scratch.fixed, "{}", &files), MMD_INTERNAL,
                   "ended well without writing end2end.dlc");
  assert_files("end2end.snpe.log");
  setenv("FAKE_MODE", "slow", 1);
  mmd_assert_fails(convert("snpe", g_scratch.fixed, "{\"compiler_timeout\": 0.3}", &files),
                   MMD_INTERNAL,
                   "was ended, since backend_config.compiler_timeout allows no more, after 0.");
  assert_files("end2end.snpe.log");
}

static void test_program_missing(void **state) {
  (void)state;
  setenv("MMDEPLOY_TRTEXEC", "/nonexistent/trtexec", 1);
  mmd_assert_fails(prepare("tensorrt", "{}"), MMD_UNAVAILABLE,
                   "backend 'tensorrt': MMDEPLOY_TRTEXEC: '/nonexistent/trtexec' is no program");
  unsetenv("MMDEPLOY_TRTEXEC");
  mmd_assert_fails(prepare("tensorrt", "{}"), MMD_UNAVAILABLE,
                   "the program 'trtexec' is not in PATH; TensorRT 8.6 and newer bring it, and "
                   "MMDEPLOY_TRTEXEC may name it");
  setenv("FAKE_PACKAGE", "another", 1);
  mmd_assert_fails(prepare("tvm", "{}"), MMD_UNAVAILABLE,
                   "is no Python with the package 'tvm'; 'pip install apache-tvm onnx' gets it");
  mmd_assert_fails(prepare("coreml", "{}"), MMD_UNAVAILABLE,
                   "'pip install coremltools torch' gets it");
  assert_files("");
}

static void test_configs(void **state) {
  (void)state;
  mmdeploy_target_result_t files;
  mmd_assert_ok(convert("tensorrt", g_scratch.fixed,
                        "{\"common_config\": {\"int8_mode\": true, \"fp16_mode\": true},"
                        " \"compiler_args\": [\"--calib=/cache\"]}",
                        &files));
  assert_arguments("end2end.tensorrt.log",
                   "--onnx=F/end2end.onnx\n--saveEngine=F/end2end.engine\n--skipInference\n--fp16\n"
                   "--int8\n--calib=/cache\n");
  mmd_test_remove_tree(g_scratch.folder);
  mmd_assert_ok(mmd_path_make_directories(g_scratch.folder));
  mmd_assert_fails(prepare("tensorrt", "{\"common_config\": {\"int8_mode\": true}}"),
                   MMD_NOT_SUPPORTED, "backend_config.common_config.int8_mode");
  mmd_assert_fails(prepare("rknn", "{}"), MMD_INVALID_ARGUMENT,
                   "backend_config.common_config.target_platform");
  mmd_assert_fails(prepare("tvm", "{\"model_inputs\": [{\"qconfig\": {}}]}"), MMD_NOT_SUPPORTED,
                   "backend_config.model_inputs[0].qconfig");
  mmd_assert_fails(prepare("coreml", "{\"convert_to\": \"onnx\"}"), MMD_INVALID_ARGUMENT,
                   "backend_config.convert_to: 'mlprogram' or 'neuralnetwork'");
  mmd_assert_fails(convert("tensorrt", g_scratch.dynamic, "{}", &files), MMD_INVALID_ARGUMENT,
                   "backend_config.model_inputs[0].input_shapes.input.min_shape: a list of sizes");
  mmd_assert_fails(convert("ascend", g_scratch.dynamic, "{}", &files), MMD_INVALID_ARGUMENT,
                   "backend_config.model_inputs[0].input_shapes.input");
  mmd_assert_fails(convert("snpe", g_scratch.fixed, "{\"compiler_args\": 7}", &files),
                   MMD_INVALID_ARGUMENT, "backend_config.compiler_args");
  assert_files("");
}

static mmd_status_t convert_fixed(void *context) {
  mmdeploy_target_result_t files;
  (void)context;
  return convert("snpe", g_scratch.fixed, "{}", &files);
}

static void test_short_memory(void **state) {
  (void)state;
  mmd_test_sweep(convert_fixed, NULL);
  assert_files("end2end.dlc end2end.onnx end2end.snpe.log");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(test_tensorrt),        TEST(test_tensorrt_fixed), TEST(test_snpe),
      TEST(test_ascend),          TEST(test_scripts),        TEST(test_program_fails),
      TEST(test_program_missing), TEST(test_configs),        TEST(test_short_memory),
      TEST(test_coreml),          TEST(test_trial),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
