// SPDX-License-Identifier: Apache-2.0
//
// The custom operators of the module `onnxruntime` against src/ops/testdata. With the argument
// "old" over the library of MMDEPLOY_ONNXRUNTIME_LIBRARY_OLD.
#include <pthread.h>

#include "ops/op_golden.h"
#include "runtime/session.h"
#include "tests/support/mmd_test_skip.h"
#include "writers/onnx/export.h"

#define MODULE MMD_BINARY_DIR "/lib/mmdeploy/libmmdeploy_onnxruntime.so"
#define TOLERANCE 2e-5

enum { THREADS = 4, ROUNDS = 20 };

static const char *const ops[] = {"NMSRotated",
                                  "NMSMatch",
                                  "grid_sampler",
                                  "MMCVDeformConv2d",
                                  "MMCVModulatedDeformConv2d",
                                  "MMCVRoIAlignRotated"};
enum { OP_COUNT = sizeof ops / sizeof *ops };

static mmd_backend_t *g_backend;
static mmd_pool_t *g_pool;
static bool g_is_old;

static int open_engine(void **state) {
  (void)state;
  const char *name = g_is_old ? "MMDEPLOY_ONNXRUNTIME_LIBRARY_OLD" : "MMDEPLOY_ONNXRUNTIME_LIBRARY";
  const char *path = getenv(name);
  if (!path || !*path) return 0;
  mmd_assert_ok(mmd_backend_load(MODULE, &g_backend));
  mmd_assert_ok(mmd_backend_set_library("onnxruntime", path));
  mmd_assert_ok(mmd_backend_open(g_backend));
  mmd_assert_ok(mmd_pool_create(2, &g_pool));
  print_message("ONNX Runtime %s\n", mmd_backend_version(g_backend));
  return 0;
}

static int close_engine(void **state) {
  (void)state;
  mmd_pool_destroy(g_pool);
  return 0;
}

static void need_engine(void) {
  if (!g_backend) mmd_test_skip("the library of ONNX Runtime is not named in the environment");
}

//===--- sessions ----------------------------------------------------------===//

// |graph| as an ONNX file of an opset that both engines read. Nothing is folded.
static mmd_status_t open_session(mmd_graph_t *graph, mmd_session_t **out_session) {
  mmd_storage_t *net = NULL;
  const mmd_onnx_export_options_t onnx = {.ir_version = 7, .no_value_info = true};
  if (!mmd_graph_opset(graph, "")) mmd_assert_ok(mmd_graph_set_opset(graph, "", 11));
  MMD_TRY(mmd_onnx_export_memory(graph, &onnx, &net));
  const mmd_session_options_t options = {
      .name = "case",
      .net = net,
      .threads = 1,
      .pool = g_pool,
      .options_json = "{\"graph_optimization_level\": \"none\"}"};
  mmd_status_t status = mmd_session_create(g_backend, &options, out_session);
  mmd_storage_release(net);
  return status;
}

static mmd_status_t run_once(mmd_graph_t *graph, const mmd_tensor_t *inputs, size_t count,
                             mmd_tensor_t *out) {
  mmd_session_t *session = NULL;
  MMD_TRY(open_session(graph, &session));
  mmd_status_t status = mmd_session_run(session, inputs, count, out, 1);
  mmd_session_destroy(session);
  return status;
}

static int find_op(const mmd_graph_t *graph) {
  if (mmd_graph_node_count(graph) != 1) return -1;
  const char *name = graph->root->first->op;
  for (int i = 0; i < OP_COUNT; ++i) {
    if (strcmp(ops[i], name) == 0) return i;
  }
  return -1;
}

//===--- numbers -----------------------------------------------------------===//

static void compare_text(const mmd_golden_t *g, const mmd_tensor_t *out, const char *want) {
  for (size_t i = 0; i < mmd_tensor_count(out); ++i) {
    char *at;
    const double number = strtod(want, &at), have = mmd_tensor_get_f64(out, i);
    if (at == want) fail_msg("too few numbers, %zu, for\n%.300s", i, g->text);
    want = at;
    if (have == number || (isnan(have) && isnan(number))) continue;
    if (fabs(have - number) <= TOLERANCE * (1 + fabs(number))) continue;
    fail_msg("element %zu is %g, want %g, in\n%.400s", i, have, number, g->text);
  }
  assert_int_equal(*want, '\n');
}

static void check_case(mmd_golden_t *g, const char *at) {
  mmd_tensor_t out = {0};
  char part[64] = "";
  mmd_status_t status = run_once(g->graph, g->inputs, g->input_count, &out);
  if (sscanf(at, "fails %63[^\n]", part) == 1) {
    if (!status) fail_msg("success in\n%.400s", g->text);
    // What the operator says reaches the caller of either engine.
    if (!strstr(mmd_status_message(status), g->graph->root->first->op))
      fail_msg("%s", mmd_status_message(status));
    mmd_status_free(status);
    assert_null(out.storage);
    return;
  }
  if (status) fail_msg("%s in\n%.400s", mmd_status_message(status), g->text);
  compare_text(g, &out, at + 4);
  mmd_tensor_deinit(&out);
}

// The form of op_golden.h.
static void check_file(const char *file, size_t *counts) {
  char path[256], *text;
  size_t size;
  snprintf(path, sizeof path, "%s/src/ops/testdata/%s", MMD_SOURCE_DIR, file);
  mmd_assert_ok(mmd_file_read(path, SIZE_MAX, &text, &size));
  for (const char *at = strstr(text, "\ngraph "); at; at = strstr(at, "\ngraph ")) {
    mmd_golden_t g;
    at = mmd_golden_read(at + 1, &g);
    const int op = find_op(g.graph);
    if (op >= 0) check_case(&g, at), ++counts[op];
    for (size_t i = 0; i < g.input_count; ++i) mmd_tensor_deinit(&g.inputs[i]);
    mmd_graph_destroy(g.graph);
  }
  mmd_free(text);
}

// The form of custom_ops_test.c: inputs and answers are constants.
static void check_constants(size_t *counts) {
  char *text = NULL;
  size_t size;
  mmd_assert_ok(mmd_file_read(MMD_TEST_FILE("src/ops/testdata/custom_ops_golden.txt"), 1 << 20,
                              &text, &size));
  for (char *at = strstr(text, "graph \"g\""); at; at = strstr(at + 1, "graph \"g\"")) {
    char *next = strstr(at, "\ncase ");
    mmd_graph_t *graph = NULL;
    mmd_tensor_t out = {0};
    mmd_assert_ok(mmd_graph_parse(at, next ? (size_t)(next - at) : strlen(at), "golden", &graph));
    mmd_assert_ok(mmd_graph_infer(graph));
    const int op = find_op(graph);
    if (op >= 0) {
      mmd_assert_ok(run_once(graph, NULL, 0, &out));
      const mmd_tensor_t *want = &mmd_graph_find_edge(graph, "want0")->constant;
      assert_true(mmd_shape_equal(&want->shape, &out.shape));
      assert_int_equal(want->dtype, out.dtype);
      for (size_t i = 0; i < mmd_tensor_count(want); ++i)
        assert_true(mmd_tensor_get_f64(want, i) == mmd_tensor_get_f64(&out, i));
      mmd_tensor_deinit(&out);
      ++counts[op];
    }
    mmd_graph_destroy(graph);
  }
  mmd_free(text);
}

static void like_mmcv_and_pytorch(void **state) {
  (void)state;
  static const size_t least[OP_COUNT] = {16, 6, 100, 15, 15, 10};
  size_t counts[OP_COUNT] = {0};
  need_engine();
  check_file("grid_sample.txt", counts);
  check_file("deform_conv.txt", counts);
  check_file("roi_align.txt", counts);
  check_constants(counts);
  for (int i = 0; i < OP_COUNT; ++i) {
    print_message("%s: %zu cases\n", ops[i], counts[i]);
    assert_true(counts[i] >= least[i]);
  }
}

//===--- errors ------------------------------------------------------------===//

static void refuse(const char *text, const char *part) {
  mmd_graph_t *graph = NULL;
  mmd_tensor_t inputs[2] = {{0}}, out = {0};
  need_engine();
  mmd_assert_ok(mmd_graph_parse(text, strlen(text), "test", &graph));
  for (size_t i = 0; i < graph->root->input_count; ++i)
    inputs[i] = mmd_golden_input(graph->root->inputs[i]);
  mmd_status_t status = run_once(graph, inputs, graph->root->input_count, &out);
  mmd_assert_fails(status, MMD_INVALID_ARGUMENT, part);
  assert_null(out.storage);
  for (size_t i = 0; i < graph->root->input_count; ++i) mmd_tensor_deinit(&inputs[i]);
  mmd_graph_destroy(graph);
}

#define HEAD "graph \"g\" { opset \"\" 11 opset \"mmdeploy\" 1 "

static void errors_name_the_node(void **state) {
  (void)state;
  refuse(HEAD
         "input %a : f32[1,2,4] input %b : f32[1,1,2] "
         "%y = mmdeploy::NMSRotated(%a, %b) name \"keep\" output %y }",
         "NMSRotated 'keep'");
  refuse(HEAD
         "input %a : f32[1,2,5] input %b : f32[1,1,2] "
         "%y = mmdeploy::NMSRotated(%a, %b) {iou_threshold = 1} output %y }",
         "attribute iou_threshold: a float is expected");
  refuse(HEAD
         "input %a : f32[1,2,5,5] input %b : f32[1,5,5,2] "
         "%y = mmdeploy::grid_sampler(%a, %b) {padding_mode = 1.5f} output %y }",
         "attribute padding_mode: an integer is expected");
}

// A node behind the one that fails must not take the process down.
static void errors_in_the_middle(void **state) {
  (void)state;
  refuse(HEAD
         "input %a : f32[1,2,4] input %b : f32[1,1,2] "
         "%k = mmdeploy::NMSRotated(%a, %b) constant %i : i64[1] = [2] "
         "%y = Gather(%k, %i) {axis = 1} output %y }",
         "NMSRotated");
}

//===--- threads -----------------------------------------------------------===//

typedef struct work_t {
  mmd_session_t *session;
  const mmd_tensor_t *inputs;
  int wrong;
} work_t;

// Two boxes, one of them twice as good; (0, 0, 1) and (0, 0, 0) are kept.
static void *run_often(void *opaque) {
  work_t *work = opaque;
  for (int i = 0; i < ROUNDS; ++i) {
    mmd_tensor_t out = {0};
    mmd_status_t status = mmd_session_run(work->session, work->inputs, 2, &out, 1);
    work->wrong += status || mmd_tensor_count(&out) != 6 || mmd_tensor_get_f64(&out, 2) != 1 ||
                   mmd_tensor_get_f64(&out, 5) != 0;
    mmd_status_free(status);
    mmd_tensor_deinit(&out);
  }
  return NULL;
}

static void one_session_in_many_threads(void **state) {
  (void)state;
  static const char text[] = HEAD
      "input %a : f32[1,2,5] input %b : f32[1,1,2] "
      "%y = mmdeploy::NMSRotated(%a, %b) {iou_threshold = 0.5f} output %y }";
  static const float boxes[] = {10, 10, 4, 8, 0.5f, 30, 30, 4, 8, 0}, scores[] = {0.4f, 0.8f};
  mmd_graph_t *graph = NULL;
  mmd_session_t *session = NULL;
  mmd_tensor_t inputs[2] = {{0}};
  pthread_t threads[THREADS];
  work_t work[THREADS];
  need_engine();
  mmd_assert_ok(mmd_graph_parse(text, strlen(text), "test", &graph));
  mmd_assert_ok(open_session(graph, &session));
  mmd_assert_ok(mmd_tensor_from_data(MMD_F32, &(mmd_shape_t){3, {1, 2, 5}}, boxes, &inputs[0]));
  mmd_assert_ok(mmd_tensor_from_data(MMD_F32, &(mmd_shape_t){3, {1, 1, 2}}, scores, &inputs[1]));
  for (int i = 0; i < THREADS; ++i) {
    work[i] = (work_t){session, inputs, 0};
    assert_int_equal(pthread_create(&threads[i], NULL, run_often, &work[i]), 0);
  }
  for (int i = 0; i < THREADS; ++i) {
    assert_int_equal(pthread_join(threads[i], NULL), 0);
    assert_int_equal(work[i].wrong, 0);
  }
  mmd_session_destroy(session);
  for (int i = 0; i < 2; ++i) mmd_tensor_deinit(&inputs[i]);
  mmd_graph_destroy(graph);
}

int main(int argc, char **argv) {
  g_is_old = argc > 1 && strcmp(argv[1], "old") == 0;
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(like_mmcv_and_pytorch),
      cmocka_unit_test(errors_name_the_node),
      cmocka_unit_test(errors_in_the_middle),
      cmocka_unit_test(one_session_in_many_threads),
  };
  return cmocka_run_group_tests(tests, open_engine, close_engine);
}
