// SPDX-License-Identifier: Apache-2.0
//
// mmcv's and MMDeploy's operators, and those of ONNX that stand for them, in libtorch against
// src/ops/testdata.
#include "backends/torchscript/target/archive.h"
#include "ops/op_golden.h"
#include "tests/integration/torchscript/torchscript_testing.h"

#define TOLERANCE 1e-4

typedef struct op_t {
  const char *name;
  size_t least;  // cases that must be computed
  size_t computed, refused;
} op_t;

static op_t g_ops[] = {
    {"grid_sampler", 50, 0, 0},
    {"MMCVDeformConv2d", 10, 0, 0},
    {"MMCVModulatedDeformConv2d", 10, 0, 0},
    {"MMCVRoiAlign", 4, 0, 0},
};
enum { OP_COUNT = sizeof g_ops / sizeof *g_ops };

static op_t *find_op(const mmd_graph_t *graph) {
  if (mmd_graph_node_count(graph) != 1) return NULL;
  for (int i = 0; i < OP_COUNT; ++i) {
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

// Where the numbers of a case are no numbers we answer 0, which PyTorch does not promise.
static bool is_apart(const mmd_golden_t *g) {
  const char *end = strstr(g->text, "\n}\n");
  const char *nan = strstr(g->text, "nan"), *inf = strstr(g->text, "inf");
  return (nan && nan < end) || (inf && inf < end);
}

static void check_case(mmd_golden_t *g, const char *at) {
  op_t *op = find_op(g->graph);
  mmd_tensor_t out = {0};
  if (!op || strncmp(at, "fails", 5) == 0 || is_apart(g)) return;
  if (!mmd_graph_opset(g->graph, "")) mmd_assert_ok(mmd_graph_set_opset(g->graph, "", 16));
  mmd_status_t status = torchscript_run(g->graph, g->inputs, g->input_count, &out, 1);
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

static void compare_constant(const mmd_graph_t *graph, const mmd_tensor_t *out) {
  const mmd_tensor_t *want = &mmd_graph_find_edge(graph, "want0")->constant;
  assert_true(mmd_shape_equal(&want->shape, &out->shape));
  assert_int_equal(want->dtype, out->dtype);
  for (size_t i = 0; i < mmd_tensor_count(want); ++i)
    assert_true(is_close(mmd_tensor_get_f64(out, i), mmd_tensor_get_f64(want, i)));
}

// The engine refuses some operators over nothing but constants: those of the node become inputs.
static size_t make_inputs(mmd_graph_t *graph, mmd_tensor_t inputs[MMD_GOLDEN_MAX_INPUTS]) {
  const mmd_node_t *node = graph->root->first;
  assert_true(node->input_count <= MMD_GOLDEN_MAX_INPUTS);
  for (size_t i = 0; i < node->input_count; ++i) {
    mmd_edge_t *from = node->inputs[i], *to = NULL;
    mmd_assert_ok(mmd_region_add_input(graph->root, NULL, &from->type, &to));
    inputs[i] = mmd_tensor_retain(&from->constant);
    mmd_assert_ok(mmd_edge_replace_uses(from, to));
  }
  return node->input_count;
}

static void check_constant_case(op_t *op, mmd_graph_t *graph, const char *text) {
  mmd_tensor_t inputs[MMD_GOLDEN_MAX_INPUTS] = {{0}}, out = {0};
  if (!mmd_graph_opset(graph, "")) mmd_assert_ok(mmd_graph_set_opset(graph, "", 16));
  const size_t count = make_inputs(graph, inputs);
  if (!is_refused(op, torchscript_run(graph, inputs, count, &out, 1), text)) {
    compare_constant(graph, &out);
    ++op->computed;
  }
  mmd_tensor_deinit(&out);
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
  torchscript_engine();
  check_file("grid_sample.txt");
  check_file("deform_conv.txt");
  check_file("roi_align.txt");
  check_constants();
  for (int i = 0; i < OP_COUNT; ++i) {
    print_message("%s: %zu cases, %zu refused\n", g_ops[i].name, g_ops[i].computed,
                  g_ops[i].refused);
    assert_true(g_ops[i].computed >= g_ops[i].least);
  }
}

// The operator of the original's files: offsets that move all places one to the right are a plain
// convolution over the moved picture, but for the first column.
static void modulated_deform_conv(void **state) {
  static const char code[] =
      "class Net(Module):\n  __parameters__ = []\n  __buffers__ = []\n"
      "  def forward(self: __torch__.Net, x: Tensor) -> Tensor:\n"
      "    w = torch.reshape(torch.sin(torch.arange(72, dtype=6)), [4, 2, 3, 3])\n"
      "    b = torch.arange(4, dtype=6)\n"
      "    right = torch.reshape(torch.tensor([0., 1.]), [1, 2, 1, 1])\n"
      "    offset = torch.repeat(right, [1, 18, 6, 7])\n"
      "    mask = torch.ones([1, 18, 6, 7])\n"
      "    have = ops.mmdeploy.modulated_deform_conv(x, w, b, offset, mask, 3, 3, 1, 1, 1, 1, 1, "
      "1, "
      "2, 2, True)\n"
      "    moved = torch.constant_pad_nd(x, [-1, 1], 0.)\n"
      "    want = torch.conv2d(moved, w, b, [1, 1], [1, 1], [1, 1], 2)\n"
      "    return torch.slice(torch.sub(have, want), 3, 1)\n";
  float numbers[4 * 6 * 7];
  torchscript_net_t net;
  ts_archive_t archive = {0};
  mmd_session_t *session = NULL;
  mmd_tensor_t input, out = {0};
  (void)state;
  torchscript_engine();
  torchscript_net_init(&net);
  mmd_assert_ok(mmd_str_append(&archive.code, code));
  mmd_assert_ok(ts_archive_write(&archive, net.path));
  ts_archive_deinit(&archive);
  mmd_assert_ok(torchscript_net_open(&net, NULL, NULL, &session));
  for (int i = 0; i < 4 * 6 * 7; ++i) numbers[i] = (float)(i * 37 % 41) / 7;
  mmd_assert_ok(mmd_tensor_from_data(MMD_F32, &(mmd_shape_t){4, {1, 4, 6, 7}}, numbers, &input));
  mmd_assert_ok(mmd_session_run(session, &input, 1, &out, 1));
  assert_int_equal(mmd_tensor_count(&out), 4 * 6 * 6);
  for (size_t i = 0; i < 4 * 6 * 6; ++i) assert_float_equal(mmd_tensor_get_f64(&out, i), 0, 1e-4);
  mmd_tensor_deinit(&input);
  mmd_tensor_deinit(&out);
  mmd_session_destroy(session);
  torchscript_net_deinit(&net);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(like_mmcv_and_pytorch),
                                     cmocka_unit_test(modulated_deform_conv)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
