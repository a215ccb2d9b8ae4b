// SPDX-License-Identifier: Apache-2.0
//
// Expected numbers: PyTorch 1.13.1's adaptive_max_pool2d and the resizing of mmcv 1.7.2's merging
// cells, of a map with i * 37 % 101 - 50 at place i.
#include "nn/adaptive_pool.h"

#include "ops/evaluator.h"
#include "tests/support/mmd_test.h"

enum { LIMIT = 12 };  // cells of a window

typedef struct case_t {
  int64_t size[2], out[2];
  int adaptive[12], padded[12];
} case_t;

static const case_t cases[] = {
    {{7, 11},
     {3, 4},
     {30, 40, 50, 50, 36, 46, 50, 50, 42, 49, 49, 35},
     {27, 37, 47, 20, 36, 46, 50, 29, 42, 49, 25, 35}},
    {{6, 8}, {3, 2}, {44, 34, 47, 50, 33, 43}, {44, 34, 47, 50, 33, 43}},
    {{5, 9}, {1, 4}, {47, 50, 34, 44}, {47, 50, 37, 44}},
    {{3, 4},
     {3, 4},
     {-50, -13, 24, -40, -3, 34, -30, 7, 44, -20, 17, -47},
     {-50, -13, 24, -40, -3, 34, -30, 7, 44, -20, 17, -47}},
};

typedef mmd_edge_t *(*pool_fn)(mmd_builder_t *builder, int64_t limit, mmd_edge_t *x,
                               mmd_edge_t *like);

static mmd_graph_t *build(const case_t *c, pool_fn pool, bool is_dynamic) {
  const int64_t dims[] = {1, 1, is_dynamic ? -1 : c->size[0], is_dynamic ? -1 : c->size[1]};
  const int64_t like_dims[] = {1, 1, is_dynamic ? -1 : c->out[0], is_dynamic ? -1 : c->out[1]};
  mmd_graph_t *graph = NULL;
  mmd_builder_t builder;
  mmd_edge_t *x, *like;
  mmd_assert_ok(mmd_graph_create("test", &graph));
  mmd_assert_ok(mmd_graph_set_opset(graph, MMD_DOMAIN_ONNX, 20));
  mmd_type_t type = mmd_type_tensor(graph, MMD_F32, 4, dims);
  mmd_assert_ok(mmd_region_add_input(graph->root, "x", &type, &x));
  type = mmd_type_tensor(graph, MMD_F32, 4, like_dims);
  mmd_assert_ok(mmd_region_add_input(graph->root, "like", &type, &like));
  mmd_assert_ok(mmd_builder_init(&builder, graph, NULL));
  mmd_edge_t *y = pool(&builder, LIMIT, x, like);
  mmd_assert_ok(mmd_builder_finish(&builder));
  mmd_assert_ok(mmd_region_add_output(graph->root, y));
  return graph;
}

static mmd_tensor_t make_map(const int64_t *size) {
  const mmd_shape_t shape = {.rank = 4, .dims = {1, 1, size[0], size[1]}};
  mmd_tensor_t tensor;
  mmd_assert_ok(mmd_tensor_create(MMD_F32, &shape, false, &tensor));
  float *data = mmd_tensor_mutable_data(&tensor);
  for (int i = 0; i < (int)mmd_tensor_count(&tensor); ++i) data[i] = (float)(i * 37 % 101 - 50);
  return tensor;
}

static void check(const case_t *c, pool_fn pool, const int *expected, bool is_dynamic) {
  const mmd_evaluator_options_t options = {.mode = MMD_EVAL_PLAIN};
  mmd_evaluator_t *evaluator = NULL;
  mmd_tensor_t inputs[] = {make_map(c->size), make_map(c->out)}, output = {0};
  mmd_graph_t *graph = build(c, pool, is_dynamic);
  mmd_assert_ok(mmd_evaluator_create(graph, &options, &evaluator));
  mmd_assert_ok(mmd_evaluator_run_tensors(evaluator, inputs, 2, &output, 1));
  assert_int_equal(output.shape.dims[2], c->out[0]);
  assert_int_equal(output.shape.dims[3], c->out[1]);
  for (size_t i = 0; i < mmd_tensor_count(&output); ++i)
    assert_int_equal((int)mmd_tensor_get_f64(&output, i), expected[i]);
  mmd_tensor_deinit(&output);
  for (int i = 0; i < 2; ++i) mmd_tensor_deinit(&inputs[i]);
  mmd_evaluator_destroy(evaluator);
  mmd_graph_destroy(graph);
}

static void test_windows(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; ++i) {
    for (int dynamic = 0; dynamic < 2; ++dynamic) {
      check(&cases[i], mmd_nn_adaptive_max_pool_like, cases[i].adaptive, dynamic);
      check(&cases[i], mmd_nn_padded_max_pool_like, cases[i].padded, dynamic);
    }
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_windows)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
