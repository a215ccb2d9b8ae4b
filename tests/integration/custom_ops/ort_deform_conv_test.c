// SPDX-License-Identifier: Apache-2.0
//
// DeformConv on ONNX Runtime: the module's operators stand for it, with equal results, unless the
// deploy config promises an engine that has it; an older engine says which one it would take.
#include "mmdeploy/plugin/target.h"
#include "ops/op_golden.h"
#include "runtime/session.h"
#include "tests/support/mmd_test_skip.h"
#include "writers/onnx/export.h"

#define MODULE MMD_BINARY_DIR "/lib/mmdeploy/libmmdeploy_onnxruntime.so"

extern const mmdeploy_target_t mmd_onnxruntime_target, mmd_reference_target;

#define INPUTS                       \
  "graph \"g\" {\n  opset \"\" 20\n" \
  "  input %x : f32[2,8,7,9]\n"      \
  "  input %w : f32[6,4,3,3]\n"      \
  "  input %o : f32[2,36,4,4]\n"     \
  "  input %b : f32[6]\n"            \
  "  input %m : f32[2,18,4,4]\n"
#define SAME "kernel_shape = [3, 3], strides = [2, 3], group = 2, offset_group = 2"
#define EVEN SAME ", pads = [1, 2, 1, 2]"
#define UNEVEN SAME ", pads = [2, 1, 0, 3]"

static const struct {
  const char *node, *op;
  size_t nodes;
} cases[] = {
    {"DeformConv(%x, %w, %o) {" EVEN "}", "MMCVDeformConv2d", 1},
    {"DeformConv(%x, %w, %o) {" UNEVEN "}", "MMCVDeformConv2d", 1},
    {"DeformConv(%x, %w, %o, %b) {" EVEN "}", "MMCVDeformConv2d", 3},
    {"DeformConv(%x, %w, %o, _, %m) {" UNEVEN "}", "MMCVModulatedDeformConv2d", 1},
    {"DeformConv(%x, %w, %o, %b, %m) {" EVEN "}", "MMCVModulatedDeformConv2d", 1},
};
enum { CASES = sizeof cases / sizeof *cases };

static mmd_graph_t *make_graph(size_t index) {
  char text[1024];
  mmd_graph_t *graph = NULL;
  snprintf(text, sizeof text, "%s  %%y = %s name \"deform\"\n  output %%y\n}\n", INPUTS,
           cases[index].node);
  mmd_assert_ok(mmd_graph_parse(text, strlen(text), "case", &graph));
  mmd_assert_ok(mmd_graph_infer(graph));
  return graph;
}

static int32_t legalize(const mmdeploy_target_t *target, const char *backend_config,
                        const char *ir_config, mmd_graph_t *graph, mmdeploy_plugin_error_t *error) {
  const mmdeploy_target_request_t request = {.struct_size = sizeof request,
                                             .directory = ".",
                                             .save_file = "end2end.onnx",
                                             .backend_config_json = backend_config,
                                             .ir_config_json = ir_config,
                                             .precision = "FP32"};
  return target->legalize(NULL, graph, &request, error);
}

static const mmd_node_t *find(const mmd_graph_t *graph, const char *op) {
  const mmd_node_t *node = graph->root->first;
  while (node && strcmp(node->op, op) != 0) node = node->next;
  return node;
}

//===--- the engine --------------------------------------------------------===//

static mmd_backend_t *open_engine(void) {
  static mmd_backend_t *backend;
  const char *path = getenv("MMDEPLOY_ONNXRUNTIME_LIBRARY");
  if (!path || !*path) mmd_test_skip("the library of ONNX Runtime is not named in the environment");
  if (!backend) {
    mmd_assert_ok(mmd_backend_load(MODULE, &backend));
    mmd_assert_ok(mmd_backend_set_library("onnxruntime", path));
    mmd_assert_ok(mmd_backend_open(backend));
  }
  return backend;
}

static mmd_status_t open_session(mmd_backend_t *backend, const mmd_graph_t *graph,
                                 mmd_session_t **out_session) {
  const mmd_onnx_export_options_t onnx = {.ir_version = 8, .no_value_info = true};
  mmd_session_options_t options = {.name = "case", .threads = 1, .options_json = "{}"};
  MMD_TRY(mmd_onnx_export_memory(graph, &onnx, &options.net));
  mmd_status_t status = mmd_session_create(backend, &options, out_session);
  mmd_storage_release(options.net);
  return status;
}

static void compare(const mmd_tensor_t *a, const mmd_tensor_t *b) {
  assert_true(mmd_shape_equal(&a->shape, &b->shape));
  for (size_t i = 0; i < mmd_tensor_count(a); ++i) {
    const double want = mmd_tensor_get_f64(a, i), have = mmd_tensor_get_f64(b, i);
    if (fabs(want - have) > 2e-5 * (1 + fabs(want)))
      fail_msg("element %zu is %g, want %g", i, have, want);
  }
}

// The inputs that the graph still has, of |tensors|.
static size_t take_inputs(const mmd_graph_t *graph, const mmd_tensor_t *tensors,
                          mmd_tensor_t *out) {
  static const char *const names[] = {"x", "w", "o", "b", "m"};
  size_t count = 0;
  for (size_t i = 0; i < graph->root->input_count; ++i) {
    for (size_t k = 0; k < 5; ++k)
      if (strcmp(graph->root->inputs[i]->name, names[k]) == 0) out[count++] = tensors[k];
  }
  return count;
}

static void check_case(mmd_backend_t *backend, size_t index, bool is_standard) {
  const char *op = is_standard ? "DeformConv" : cases[index].op;
  mmd_golden_t golden = {.graph = make_graph(index), .input_count = 5};
  mmd_tensor_t want, have, given[5];
  mmd_session_t *session = NULL;
  for (size_t i = 0; i < 5; ++i) {
    golden.inputs[i] = mmd_golden_input(golden.graph->root->inputs[i]);
    mmd_golden_fill((uint32_t)i + 1, i == 2 ? 2 : 1, 0, &golden.inputs[i]);
  }
  mmd_assert_ok(mmd_golden_run(&golden, MMD_EVAL_PLAIN, NULL, &want));
  assert_int_equal(
      legalize(&mmd_onnxruntime_target, is_standard ? "{\"min_version\": \"1.25\"}" : "{}",
               is_standard ? "{\"opset_version\": 20}" : "{\"opset_version\": 11}", golden.graph,
               NULL),
      0);
  assert_non_null(find(golden.graph, op));
  assert_int_equal(mmd_graph_node_count(golden.graph), is_standard ? 1 : cases[index].nodes);
  mmd_assert_ok(open_session(backend, golden.graph, &session));
  const size_t count = take_inputs(golden.graph, golden.inputs, given);
  mmd_assert_ok(mmd_session_run(session, given, count, &have, 1));
  compare(&want, &have);
  mmd_session_destroy(session);
  mmd_tensor_deinit(&want);
  mmd_tensor_deinit(&have);
  for (size_t i = 0; i < 5; ++i) mmd_tensor_deinit(&golden.inputs[i]);
  mmd_graph_destroy(golden.graph);
}

static bool has_deform_conv(mmd_backend_t *backend) {
  int minor = 0;
  assert_int_equal(sscanf(mmd_backend_version(backend), "1.%d", &minor), 1);
  return minor >= 25;
}

static void results_are_equal(void **state) {
  (void)state;
  mmd_backend_t *backend = open_engine();
  for (size_t i = 0; i < CASES; ++i) {
    check_case(backend, i, false);
    if (has_deform_conv(backend)) check_case(backend, i, true);
  }
}

static void an_older_engine_says_so(void **state) {
  (void)state;
  mmd_backend_t *backend = open_engine();
  if (has_deform_conv(backend)) return;
  mmd_graph_t *graph = make_graph(4);
  mmd_session_t *session = NULL;
  assert_int_equal(legalize(&mmd_onnxruntime_target, "{\"min_version\": \"1.25\"}",
                            "{\"opset_version\": 19}", graph, NULL),
                   0);
  mmd_status_t status = open_session(backend, graph, &session);
  const char *const parts[] = {"'deform'", mmd_backend_version(backend), "DeformConv needs",
                               "1.25.0 or newer"};
  assert_int_equal(mmd_status_code(status), MMD_NOT_SUPPORTED);
  for (size_t i = 0; i < 4; ++i) {
    if (!strstr(mmd_status_message(status), parts[i]))
      fail_msg("no %s in: %s", parts[i], mmd_status_message(status));
  }
  mmd_status_free(status);
  mmd_graph_destroy(graph);
}

//===--- the choice --------------------------------------------------------===//

static void the_version_decides(void **state) {
  (void)state;
  static const struct {
    const mmdeploy_target_t *target;
    const char *backend, *ir;
    bool is_standard;
  } rows[] = {
      {&mmd_onnxruntime_target, "{}", "{\"opset_version\": 20}", false},
      {&mmd_onnxruntime_target, "{\"min_version\": null}", "{\"opset_version\": 20}", false},
      {&mmd_onnxruntime_target, "{\"min_version\": \"1.24.9\"}", "{\"opset_version\": 20}", false},
      {&mmd_onnxruntime_target, "{\"min_version\": \"1.25\"}", "{\"opset_version\": 18}", false},
      {&mmd_onnxruntime_target, "{\"min_version\": \"1.25\"}", "{}", false},
      {&mmd_onnxruntime_target, "{\"min_version\": \"1.25\"}", "{\"opset_version\": 19}", true},
      {&mmd_onnxruntime_target, "{\"min_version\": \"2.0.1\"}", "{\"opset_version\": 20}", true},
      {&mmd_reference_target, "{}", "{\"opset_version\": 11}", false},
      {&mmd_reference_target, "{}", "{\"opset_version\": 19}", true},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; ++i) {
    mmd_graph_t *graph = make_graph(4);
    assert_int_equal(legalize(rows[i].target, rows[i].backend, rows[i].ir, graph, NULL), 0);
    assert_true(!!find(graph, "DeformConv") == rows[i].is_standard);
    assert_true(!!find(graph, "MMCVModulatedDeformConv2d") != rows[i].is_standard);
    mmd_graph_destroy(graph);
  }
}

static void a_bad_version_is_refused(void **state) {
  (void)state;
  static const char *const configs[] = {"{\"min_version\": \"new\"}", "{\"min_version\": 1.25}",
                                        "{\"min_version\": \"1.25.0rc1\"}",
                                        "{\"min_version\": \"-1.25\"}"};
  for (size_t i = 0; i < 4; ++i) {
    mmd_graph_t *graph = make_graph(0);
    mmdeploy_plugin_error_t error = {0};
    assert_int_not_equal(legalize(&mmd_onnxruntime_target, configs[i], "{}", graph, &error), 0);
    assert_non_null(strstr(error.message, "backend_config.min_version"));
    mmd_graph_destroy(graph);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(results_are_equal),
      cmocka_unit_test(an_older_engine_says_so),
      cmocka_unit_test(the_version_decides),
      cmocka_unit_test(a_bad_version_is_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
