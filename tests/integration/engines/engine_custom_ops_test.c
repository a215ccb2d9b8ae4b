// SPDX-License-Identifier: Apache-2.0
//
// mmcv's and MMDeploy's operators, ncnn's ends of detectors, and those of ONNX that stand for them,
// in the engine that the argument names, against src/ops/testdata.
#include "ops/op_golden.h"
#include "tests/integration/engines/engine_testing.h"

#define TOLERANCE 1e-4

enum { MAX_OUTPUTS = 3 };

static const engine_t *g_engine;

typedef struct op_t {
  const char *name;
  size_t computed, refused;
} op_t;

static op_t g_ops[ENGINE_MAX_OPS];  // as in the engine's list

static op_t *find_op(const mmd_graph_t *graph) {
  if (mmd_graph_node_count(graph) != 1) return NULL;
  for (int i = 0; i < ENGINE_MAX_OPS && g_ops[i].name; ++i) {
    if (strcmp(g_ops[i].name, graph->root->first->op) == 0) return &g_ops[i];
  }
  return NULL;
}

//===--- numbers -----------------------------------------------------------===//

static bool is_close(double have, double want) {
  return have == want || fabs(have - want) <= TOLERANCE * (1 + fabs(want)) ||
         (isnan(have) && isnan(want));
}

static void compare_text(const mmd_golden_t *g, const mmd_tensor_t *out, const char *want) {
  for (size_t i = 0; i < mmd_tensor_count(out); ++i) {
    char *at;
    const double number = strtod(want, &at), have = mmd_tensor_get_f64(out, i);
    if (at == want) fail_msg("too few numbers, %zu, for\n%.300s", i, g->text);
    want = at;
    if (!is_close(have, number))
      fail_msg("element %zu is %g, want %g, in\n%.700s", i, have, number, g->text);
  }
  assert_int_equal(*want, '\n');
}

// What the engine cannot express is refused by name, and counted.
static bool is_refused(op_t *op, mmd_status_t status, const char *text) {
  if (!status) return false;
  const bool is_named = mmd_status_code(status) == MMD_NOT_SUPPORTED &&
                        strstr(mmd_status_message(status), op->name) != NULL;
  if (!is_named) fail_msg("%s in\n%.400s", mmd_status_message(status), text);
  mmd_status_free(status);
  ++op->refused;
  return true;
}

// Where the numbers of a case are no numbers we answer 0, which neither PyTorch nor the engines
// promise.
static bool is_apart(const mmd_golden_t *g) {
  const mmd_node_t *node = g->graph->root->first;
  const char *end = strstr(g->text, "\n}\n");
  const bool is_nearest = mmd_node_attr_int(node, "interpolation_mode", 0) == 1 ||
                          strcmp(mmd_node_attr_string(node, "mode", ""), "nearest") == 0;
  const char *empty = strstr(g->text, ": f32[0,");
  if (g_engine->lacks_empty && empty && empty < end) return true;
  const char *nan = strstr(g->text, "nan"), *inf = strstr(g->text, "inf");
  if (is_nearest && g_engine->is_apart_on_nearest) return true;
  return (nan && nan < end) || (inf && inf < end);
}

static void check_case(mmd_golden_t *g, const char *at) {
  op_t *op = find_op(g->graph);
  mmd_tensor_t out = {0};
  if (!op || strncmp(at, "fails", 5) == 0 || is_apart(g)) return;
  if (!mmd_graph_opset(g->graph, "")) mmd_assert_ok(mmd_graph_set_opset(g->graph, "", 16));
  mmd_status_t status = engine_run(g_engine, g->graph, g->inputs, g->input_count, &out, 1);
  if (is_refused(op, status, g->text)) return;
  compare_text(g, &out, at + 4);
  mmd_tensor_deinit(&out);
  ++op->computed;
}

// The form of op_golden.h.
static void check_file(const char *file) {
  char path[256], *text;
  size_t size;
  snprintf(path, sizeof path, "%s/src/ops/testdata/%s", MMD_SOURCE_DIR, file);
  mmd_assert_ok(mmd_file_read(path, SIZE_MAX, &text, &size));
  for (const char *at = strstr(text, "\ngraph "); at; at = strstr(at, "\ngraph ")) {
    mmd_golden_t g;
    at = mmd_golden_read(at + 1, &g);
    check_case(&g, at);
    for (size_t i = 0; i < g.input_count; ++i) mmd_tensor_deinit(&g.inputs[i]);
    mmd_graph_destroy(g.graph);
  }
  mmd_free(text);
}

static void compare_constant(const mmd_graph_t *graph, size_t index, const mmd_tensor_t *out) {
  char name[32];
  snprintf(name, sizeof name, "want%zu", index);
  const mmd_tensor_t *want = &mmd_graph_find_edge(graph, name)->constant;
  assert_true(mmd_shape_equal(&want->shape, &out->shape));
  assert_int_equal(want->dtype, out->dtype);
  for (size_t i = 0; i < mmd_tensor_count(want); ++i)
    assert_true(is_close(mmd_tensor_get_f64(out, i), mmd_tensor_get_f64(want, i)));
}

// The engine refuses some operators over nothing but constants: those of the node become inputs,
// but for whole numbers, which are sizes.
static size_t make_inputs(mmd_graph_t *graph, mmd_tensor_t inputs[MMD_GOLDEN_MAX_INPUTS]) {
  const mmd_node_t *node = graph->root->first;
  size_t count = 0;
  for (size_t i = 0; i < node->input_count && count < MMD_GOLDEN_MAX_INPUTS; ++i) {
    mmd_edge_t *from = node->inputs[i], *to = NULL;
    if (!from || !from->is_constant || from->type.dtype == MMD_I64) continue;
    mmd_assert_ok(mmd_region_add_input(graph->root, NULL, &from->type, &to));
    inputs[count++] = mmd_tensor_retain(&from->constant);
    mmd_assert_ok(mmd_edge_replace_uses(from, to));
  }
  return count;
}

static void check_constant_case(op_t *op, mmd_graph_t *graph, const char *text) {
  mmd_tensor_t inputs[MMD_GOLDEN_MAX_INPUTS] = {{0}}, outs[MAX_OUTPUTS] = {{0}};
  if (!mmd_graph_opset(graph, "")) mmd_assert_ok(mmd_graph_set_opset(graph, "", 16));
  const size_t count = make_inputs(graph, inputs), out_count = graph->root->output_count;
  assert_in_range(out_count, 1, MAX_OUTPUTS);
  if (!is_refused(op, engine_run(g_engine, graph, inputs, count, outs, out_count), text)) {
    for (size_t i = 0; i < out_count; ++i) compare_constant(graph, i, &outs[i]);
    ++op->computed;
  }
  for (size_t i = 0; i < out_count; ++i) mmd_tensor_deinit(&outs[i]);
  for (size_t i = 0; i < count; ++i) mmd_tensor_deinit(&inputs[i]);
}

// The form of custom_ops_test.c: inputs and answers are constants.
static void check_constants(void) {
  char *text = NULL;
  size_t size;
  mmd_assert_ok(mmd_file_read(MMD_TEST_FILE("src/ops/testdata/custom_ops_golden.txt"), 1 << 20,
                              &text, &size));
  for (char *at = strstr(text, "graph \"g\""); at; at = strstr(at + 1, "graph \"g\"")) {
    char *next = strstr(at, "\ncase ");
    mmd_graph_t *graph = NULL;
    mmd_assert_ok(mmd_graph_parse(at, next ? (size_t)(next - at) : strlen(at), "golden", &graph));
    op_t *op = find_op(graph);
    // Boxes of no size and ten million pixels away, where areas are all rounding.
    const char *far = strstr(at, "1e+07");
    const bool is_degenerate = far && (!next || far < next);
    if (op && !is_degenerate) check_constant_case(op, graph, at);
    mmd_graph_destroy(graph);
  }
  mmd_free(text);
}

static void like_mmcv_and_pytorch(void **state) {
  (void)state;
  engine_open(g_engine);
  for (int i = 0; i < ENGINE_MAX_OPS; ++i) g_ops[i].name = g_engine->ops[i].name;
  check_file("grid_sample.txt");
  check_file("deform_conv.txt");
  check_file("roi_align.txt");
  check_file("ms_deform_attn.txt");
  check_file("bicubic_interpolate.txt");
  check_file("detection_output.txt");
  check_constants();
  for (int i = 0; i < ENGINE_MAX_OPS && g_ops[i].name; ++i) {
    print_message("%s: %zu cases, %zu refused\n", g_ops[i].name, g_ops[i].computed,
                  g_ops[i].refused);
    assert_true(g_ops[i].computed >= g_engine->ops[i].least);
  }
}

int main(int argc, char **argv) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(like_mmcv_and_pytorch)};
  g_engine = engine_of_arguments(argc, argv);
  if (!g_engine) return 2;
  return mmd_test_exit_status(cmocka_run_group_tests(tests, NULL, NULL));
}
