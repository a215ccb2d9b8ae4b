// SPDX-License-Identifier: Apache-2.0
//
// Products in half precision: fast mode, which widens them, against plain mode.
#include <stdio.h>
#include <string.h>

#include "graph/text.h"
#include "ops/evaluator.h"
#include "tests/support/mmd_test.h"

static void run(const mmd_graph_t *graph, mmd_eval_mode_t mode, mmd_tensor_t *out_y) {
  const mmd_type_t *type = &graph->root->inputs[0]->type;
  const mmd_evaluator_options_t options = {.mode = mode};
  mmd_shape_t shape = {.rank = type->rank};
  mmd_evaluator_t *evaluator;
  mmd_tensor_t x;
  for (int i = 0; i < type->rank; ++i) shape.dims[i] = mmd_dim_number(type->dims[i]);
  mmd_assert_ok(mmd_tensor_create(type->dtype, &shape, true, &x));
  for (size_t i = 0; i < mmd_tensor_count(&x); ++i)
    mmd_dtype_store_f64(x.dtype, mmd_tensor_mutable_data(&x), i, (double)(i * 37 % 23) / 7 - 1.5);
  mmd_assert_ok(mmd_evaluator_create(graph, &options, &evaluator));
  mmd_assert_ok(mmd_evaluator_run_tensors(evaluator, &x, 1, out_y, 1));
  mmd_evaluator_destroy(evaluator);
  mmd_tensor_deinit(&x);
}

static void check(const char *dtype, mmd_dtype_t wanted, double tolerance, const char *form) {
  char text[600];
  mmd_graph_t *graph;
  mmd_tensor_t plain = {0}, fast = {0};
  mmd_difference_t difference;
  snprintf(text, sizeof text, form, dtype, dtype, dtype, dtype);
  mmd_assert_ok(mmd_graph_parse(text, strlen(text), "test", &graph));
  run(graph, MMD_EVAL_PLAIN, &plain);
  run(graph, MMD_EVAL_FAST, &fast);
  assert_int_equal(fast.dtype, wanted);
  assert_true(mmd_tensor_count(&plain) > 0);
  mmd_assert_ok(mmd_tensor_difference(&fast, &plain, &difference));
  assert_true(difference.max_rel <= tolerance);
  mmd_tensor_deinit(&plain);
  mmd_tensor_deinit(&fast);
  mmd_graph_destroy(graph);
}

static void products_are_those_of_plain_mode(void **state) {
  (void)state;
  static const char *const forms[] = {
      "graph \"g\" { opset \"\" 21 input %%x : %s[3,5] constant %%w : %s[5,2] = [1, 0.1, -2, 3, "
      "0.7, "
      "-0.3, 5, 1, 2, -1] %%m = MatMul(%%x, %%w) output %%m }",
      "graph \"g\" { opset \"\" 21 input %%x : %s[3,5] constant %%w : %s[2,5] = [1, 0.1, -2, 3, "
      "0.7, "
      "-0.3, 5, 1, 2, -1] constant %%b : %s[2] = [0.3, -7] %%m = Gemm(%%x, %%w, %%b) {transB = 1, "
      "alpha = 0.5} output %%m }",
      // A Relu behind the convolution, which float32 would have taken along.
      "graph \"g\" { opset \"\" 21 input %%x : %s[1,1,4,4] constant %%w : %s[2,1,2,2] = [1, 0.1, "
      "-2, "
      "3, 0.7, -0.3, 5, 1] constant %%b : %s[2] = [0.3, -7] %%c = Conv(%%x, %%w, %%b) %%m = "
      "Relu(%%c) output %%m }",
      "graph \"g\" { opset \"\" 21 input %%x : %s[1,1,4,4] constant %%w : %s[1,2,2,2] = [1, 0.1, "
      "-2, "
      "3, 0.7, -0.3, 5, 1] %%m = ConvTranspose(%%x, %%w) {strides = [2, 2]} output %%m }",
  };
  for (size_t i = 0; i < sizeof forms / sizeof *forms; ++i) {
    check("f16", MMD_F16, 0x1p-10, forms[i]);
    check("bf16", MMD_BF16, 0x1p-7, forms[i]);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(products_are_those_of_plain_mode),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
