// SPDX-License-Identifier: Apache-2.0
//
// Convolutions with what follows them: fast mode against plain mode, which fuses nothing.
#include <math.h>
#include <string.h>

#include "graph/text.h"
#include "ops/evaluator.h"
#include "tests/support/mmd_test.h"

// Large enough for memory of dead results to be kept.
enum { CHANNELS = 3, SIZE = 40, COUNT = CHANNELS * SIZE * SIZE };

static mmd_edge_t *add_node(mmd_graph_t *graph, const char *op, size_t count,
                            mmd_edge_t *const *inputs) {
  mmd_node_t *node;
  mmd_assert_ok(mmd_node_create(graph->root, NULL, "", op, op, count, inputs, 1, &node));
  return node->outputs[0];
}
#define NODE(graph, op, ...)                                                            \
  add_node((graph), (op), sizeof((mmd_edge_t *[]){__VA_ARGS__}) / sizeof(mmd_edge_t *), \
           (mmd_edge_t *[]){__VA_ARGS__})

static mmd_edge_t *add_constant(mmd_graph_t *graph, int rank, const int64_t *dims, float scale) {
  mmd_shape_t shape;
  mmd_tensor_t tensor;
  mmd_edge_t *edge;
  mmd_assert_ok(mmd_shape_make(rank, dims, &shape));
  mmd_assert_ok(mmd_tensor_create(MMD_F32, &shape, true, &tensor));
  float *data = mmd_tensor_mutable_data(&tensor);
  for (size_t i = 0; i < mmd_tensor_count(&tensor); ++i) {
    data[i] = rank == 0 ? scale : scale * (float)((int)(i * 7 % 11) - 5);
  }
  mmd_assert_ok(mmd_region_add_constant(graph->root, "w", &tensor, &edge));
  mmd_tensor_deinit(&tensor);
  return edge;
}

static mmd_edge_t *conv(mmd_graph_t *graph, mmd_edge_t *x) {
  const int64_t dims[] = {CHANNELS, CHANNELS, 1, 1};
  return NODE(graph, "Conv", x, add_constant(graph, 4, dims, 0.25f));
}

static mmd_graph_t *make_graph(mmd_edge_t **out_x) {
  static const char type_text[] = "f32[1,3,40,40]";
  mmd_graph_t *graph;
  mmd_type_t type;
  mmd_assert_ok(mmd_graph_create("test", &graph));
  mmd_assert_ok(mmd_graph_set_opset(graph, "", 17));
  mmd_assert_ok(mmd_type_parse(graph, type_text, strlen(type_text), &type));
  mmd_assert_ok(mmd_region_add_input(graph->root, "x", &type, out_x));
  return graph;
}

static void run(const mmd_graph_t *graph, mmd_eval_mode_t mode, int times, float *out) {
  const mmd_shape_t shape = {.rank = 4, .dims = {1, CHANNELS, SIZE, SIZE}};
  const mmd_evaluator_options_t options = {.mode = mode};
  mmd_evaluator_t *evaluator;
  mmd_assert_ok(mmd_evaluator_create(graph, &options, &evaluator));
  for (int n = 0; n < times; ++n) {
    mmd_tensor_t input, outputs[4] = {0};
    mmd_assert_ok(mmd_tensor_create(MMD_F32, &shape, true, &input));
    float *data = mmd_tensor_mutable_data(&input);
    for (int i = 0; i < COUNT; ++i) data[i] = (float)(i * 5 % 13) - 6.f;
    data[COUNT / 2] = NAN;
    const size_t count = graph->root->output_count;
    mmd_assert_ok(mmd_evaluator_run_tensors(evaluator, &input, 1, outputs, count));
    for (size_t o = 0; o < count; ++o) {
      memcpy(out + o * COUNT, mmd_tensor_data(&outputs[o]), COUNT * sizeof *out);
      mmd_tensor_deinit(&outputs[o]);
    }
    mmd_tensor_deinit(&input);
  }
  mmd_evaluator_destroy(evaluator);
}

static void check(mmd_graph_t *graph) {
  static float want[4 * COUNT], got[4 * COUNT];
  const size_t count = graph->root->output_count * COUNT;
  run(graph, MMD_EVAL_PLAIN, 2, want);
  run(graph, MMD_EVAL_FAST, 3, got);
  for (size_t i = 0; i < count; ++i) {
    if (isnan(want[i])) {
      assert_true(isnan(got[i]));
    } else {
      assert_true(fabsf(got[i] - want[i]) <= 1e-5f * (1.f + fabsf(want[i])));
    }
  }
  mmd_graph_destroy(graph);
}

static void add_output(mmd_graph_t *graph, mmd_edge_t *edge) {
  mmd_assert_ok(mmd_region_add_output(graph->root, edge));
}

static void activations_follow(void **state) {
  (void)state;
  mmd_edge_t *x;
  mmd_graph_t *graph = make_graph(&x);
  mmd_edge_t *relu = NODE(graph, "Relu", conv(graph, x));
  mmd_edge_t *low = add_constant(graph, 0, NULL, -1.f), *high = add_constant(graph, 0, NULL, 2.f);
  add_output(graph, relu);
  add_output(graph, NODE(graph, "Clip", conv(graph, relu), low, high));
  add_output(graph, NODE(graph, "Clip", conv(graph, relu), NULL, high));
  check(graph);
}

// The sum may be written over the other summand, unless somebody still reads that.
static void residuals_follow(void **state) {
  (void)state;
  mmd_edge_t *x;
  mmd_graph_t *graph = make_graph(&x);
  mmd_edge_t *a = NODE(graph, "Relu", conv(graph, x));
  mmd_edge_t *b = NODE(graph, "Relu", NODE(graph, "Add", conv(graph, NODE(graph, "Neg", a)), a));
  mmd_edge_t *c = NODE(graph, "Add", b, conv(graph, b));  // b is the convolution's input too
  mmd_edge_t *left = conv(graph, c), *right = conv(graph, c);
  mmd_edge_t *d = NODE(graph, "Add", left, right);
  mmd_edge_t *e = NODE(graph, "Neg", d);
  mmd_edge_t *f = conv(graph, e);
  mmd_edge_t *g = NODE(graph, "Neg", d);  // between the convolution and the sum
  add_output(graph, NODE(graph, "Add", g, NODE(graph, "Add", f, d)));
  check(graph);
}

// Sums that are not of one shape, and results that others see too, stay as they are.
static void others_stay(void **state) {
  (void)state;
  mmd_edge_t *x;
  mmd_graph_t *graph = make_graph(&x);
  const int64_t dims[] = {CHANNELS, 1, 1};
  mmd_edge_t *bias = add_constant(graph, 3, dims, 0.5f);
  mmd_edge_t *seen = conv(graph, x);
  add_output(graph, seen);
  add_output(graph, NODE(graph, "Relu", seen));
  add_output(graph, NODE(graph, "Relu", NODE(graph, "Add", conv(graph, x), bias)));
  mmd_edge_t *twice = conv(graph, x);
  add_output(graph, NODE(graph, "Add", twice, twice));
  check(graph);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(activations_follow),
      cmocka_unit_test(residuals_follow),
      cmocka_unit_test(others_stay),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
