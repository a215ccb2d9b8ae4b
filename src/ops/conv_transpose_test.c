// SPDX-License-Identifier: Apache-2.0
//
// Transposed convolutions in fast mode against plain mode, which ONNX's node tests prove.
#include <math.h>
#include <string.h>

#include "graph/text.h"
#include "ops/evaluator.h"
#include "tests/support/mmd_test.h"

typedef struct case_t {
  const char *x;  // type of the input
  mmd_shape_t weight;
  int64_t group, strides[3], dilations[3], pads[6], extra[3];
  bool has_bias;
} case_t;

static const case_t cases[] = {
    {"f32[2,3,5,7]", {4, {3, 4, 2, 2}}, 1, {2, 2}, {1, 1}, {0}, {0}, true},
    {"f32[1,4,6,5]", {4, {4, 3, 3, 4}}, 2, {2, 3}, {1, 1}, {1, 0, 2, 1}, {1, 2}, true},
    {"f32[1,2,5,6]", {4, {2, 2, 3, 3}}, 1, {1, 2}, {3, 2}, {4, 5, 3, 1}, {0}, false},
    {"f32[1,3,9]", {3, {3, 2, 5}}, 1, {4}, {2}, {3, 6}, {3}, true},
    {"f32[2,2,3,4,5]",
     {5, {2, 1, 2, 3, 2}},
     2,
     {2, 1, 3},
     {1, 2, 1},
     {1, 0, 1, 0, 2, 0},
     {1},
     true},
    // Pads that are larger than what a kernel element gives.
    {"f32[1,1,2,2]", {4, {1, 1, 7, 7}}, 1, {1, 1}, {1, 1}, {6, 6, 1, 0}, {0}, false},
    // More than is held at once: several products for an image, the last one of fewer rows.
    {"f32[1,3,150,200]", {4, {3, 16, 4, 4}}, 1, {2, 2}, {1, 1}, {1, 1, 1, 1}, {0}, true},
};

static void make_tensor(const mmd_shape_t *shape, uint32_t seed, mmd_tensor_t *out_tensor) {
  mmd_assert_ok(mmd_tensor_create(MMD_F32, shape, true, out_tensor));
  float *data = mmd_tensor_mutable_data(out_tensor);
  for (size_t i = 0; i < mmd_tensor_count(out_tensor); ++i) {
    seed = seed * 1103515245u + 12345u;
    data[i] = (float)(seed >> 16 & 0x7fff) / 16384.f - 1.f;
  }
}

static mmd_edge_t *add_constant(mmd_graph_t *graph, const mmd_shape_t *shape, uint32_t seed) {
  mmd_tensor_t tensor;
  mmd_edge_t *edge;
  make_tensor(shape, seed, &tensor);
  mmd_assert_ok(mmd_region_add_constant(graph->root, "w", &tensor, &edge));
  mmd_tensor_deinit(&tensor);
  return edge;
}

static mmd_graph_t *make_graph(const case_t *t) {
  mmd_graph_t *graph;
  mmd_type_t type;
  mmd_node_t *node;
  mmd_edge_t *inputs[3] = {NULL};
  const size_t axes = (size_t)t->weight.rank - 2;
  const mmd_shape_t bias = {.rank = 1, .dims = {t->weight.dims[1] * t->group}};
  mmd_assert_ok(mmd_graph_create("test", &graph));
  mmd_assert_ok(mmd_graph_set_opset(graph, "", 17));
  mmd_assert_ok(mmd_type_parse(graph, t->x, strlen(t->x), &type));
  mmd_assert_ok(mmd_region_add_input(graph->root, "x", &type, &inputs[0]));
  inputs[1] = add_constant(graph, &t->weight, 1);
  if (t->has_bias) inputs[2] = add_constant(graph, &bias, 2);
  mmd_assert_ok(mmd_node_create(graph->root, NULL, "", "ConvTranspose", "n", t->has_bias ? 3 : 2,
                                inputs, 1, &node));
  mmd_assert_ok(mmd_node_set_int(node, "group", t->group));
  mmd_assert_ok(mmd_node_set_ints(node, "strides", axes, t->strides));
  mmd_assert_ok(mmd_node_set_ints(node, "dilations", axes, t->dilations));
  mmd_assert_ok(mmd_node_set_ints(node, "pads", 2 * axes, t->pads));
  mmd_assert_ok(mmd_node_set_ints(node, "output_padding", axes, t->extra));
  mmd_assert_ok(mmd_region_add_output(graph->root, node->outputs[0]));
  return graph;
}

static void run(const mmd_graph_t *graph, mmd_eval_mode_t mode, mmd_tensor_t *out_y) {
  const mmd_type_t *type = &graph->root->inputs[0]->type;
  const mmd_evaluator_options_t options = {.mode = mode};
  mmd_shape_t shape = {.rank = type->rank};
  mmd_evaluator_t *evaluator;
  mmd_tensor_t x;
  for (int i = 0; i < type->rank; ++i) shape.dims[i] = mmd_dim_number(type->dims[i]);
  make_tensor(&shape, 3, &x);
  mmd_assert_ok(mmd_evaluator_create(graph, &options, &evaluator));
  mmd_assert_ok(mmd_evaluator_run_tensors(evaluator, &x, 1, out_y, 1));
  mmd_evaluator_destroy(evaluator);
  mmd_tensor_deinit(&x);
}

static void fast_mode_is_plain_mode(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof cases / sizeof *cases; ++i) {
    mmd_tensor_t want = {0}, got = {0};
    mmd_difference_t difference;
    mmd_graph_t *graph = make_graph(&cases[i]);
    run(graph, MMD_EVAL_PLAIN, &want);
    run(graph, MMD_EVAL_FAST, &got);
    assert_true(mmd_tensor_count(&want) > 0);
    mmd_assert_ok(mmd_tensor_difference(&got, &want, &difference));
    assert_true(difference.max_abs <= 1e-5);
    mmd_tensor_deinit(&want);
    mmd_tensor_deinit(&got);
    mmd_graph_destroy(graph);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(fast_mode_is_plain_mode),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
