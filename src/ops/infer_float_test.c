// SPDX-License-Identifier: Apache-2.0
//
// Sizes that exporters compute as floats. Each chain is checked twice: the expression that
// inference gives, and that expression's number against the evaluator on an input of real size.
#include <string.h>

#include "base/alloc.h"
#include "graph/text.h"
#include "ops/evaluator.h"
#include "ops/infer.h"
#include "tests/support/mmd_test.h"

static mmd_graph_t *read_graph(const char *shape, const char *body) {
  mmd_graph_t *graph = NULL;
  mmd_str_t text = {0};
  mmd_assert_ok(
      mmd_str_printf(&text, "graph \"g\" { opset \"\" 13 input %%x : f32[%s] %s }", shape, body));
  mmd_assert_ok(mmd_graph_parse(mmd_str_text(&text), text.size, "test", &graph));
  mmd_str_deinit(&text);
  mmd_assert_ok(mmd_graph_infer(graph));
  return graph;
}

static void expect_type(const char *shape, const char *body, const char *wanted) {
  mmd_graph_t *graph = read_graph(shape, body);
  mmd_str_t text = {0};
  mmd_assert_ok(mmd_type_format(&graph->root->outputs[0]->type, &text));
  assert_string_equal(mmd_str_text(&text), wanted);
  mmd_str_deinit(&text);
  mmd_graph_destroy(graph);
}

// With the sizes 1, 3, 37, 50: what inference says is what evaluation gives.
static void expect_numbers(const char *body) {
  mmd_graph_t *graph = read_graph("1,3,37,50", body);
  const mmd_type_t *type = &graph->root->outputs[0]->type;
  const mmd_shape_t shape = {4, {1, 3, 37, 50}};
  mmd_tensor_t input, output;
  mmd_evaluator_t *evaluator = NULL;
  mmd_assert_ok(mmd_tensor_create(MMD_F32, &shape, true, &input));
  mmd_assert_ok(mmd_evaluator_create(graph, NULL, &evaluator));
  mmd_assert_ok(mmd_evaluator_run_tensors(evaluator, &input, 1, &output, 1));
  assert_true(mmd_type_is_static(type));
  assert_int_equal(type->rank, output.shape.rank);
  for (int i = 0; i < type->rank; ++i)
    assert_int_equal(mmd_dim_number(type->dims[i]), output.shape.dims[i]);
  mmd_tensor_deinit(&input);
  mmd_tensor_deinit(&output);
  mmd_evaluator_destroy(evaluator);
  mmd_graph_destroy(graph);
}

// %n is a size as computed; the result has it as its own.
#define RESULT                                                  \
  "constant %axes : i64[1] = [0] %list = Unsqueeze(%n, %axes) " \
  "%y = ConstantOfShape(%list) output %y"
// %h is the height as a float.
#define HEIGHT                                                                   \
  "constant %two : i64[] = [2] %shape = Shape(%x) %size = Gather(%shape, %two) " \
  "%h = Cast(%size) {to = 1} "

static void products_are_followed(void **state) {
  (void)state;
  const char *twice = HEIGHT
      "constant %k : f32[] = [2.0] %p = Mul(%h, %k) %f = Floor(%p) "
      "%n = Cast(%f) {to = 7} " RESULT;
  expect_type("b,3,height,width", twice, "f32[2*height]");
  expect_numbers(twice);
  const char *half = HEIGHT
      "constant %k : f32[] = [0.5] %p = Mul(%h, %k) %f = Floor(%p) "
      "%n = Cast(%f) {to = 7} " RESULT;
  expect_type("b,3,height,width", half, "f32[floor(height / 2)]");
  expect_numbers(half);
}

static void quotients_are_followed(void **state) {
  (void)state;
  const char *up = HEIGHT
      "constant %k : f32[] = [16.0] %q = Div(%h, %k) %c = Ceil(%q) "
      "%n = Cast(%c) {to = 7} " RESULT;
  expect_type("b,3,height,width", up, "f32[floor((height + 15) / 16)]");
  expect_numbers(up);
  // Casts cut; sums of fractions.
  const char *sum = HEIGHT
      "constant %k : f32[] = [4.0] constant %a : f32[] = [0.75] "
      "%q = Div(%h, %k) %s = Add(%q, %a) %n = Cast(%s) {to = 7} " RESULT;
  expect_type("b,3,height,width", sum, "f32[floor((height + 3) / 4)]");
  expect_numbers(sum);
}

// size x (target / size) is not always the target: with floats, 37 x (64 / 37) is below 64.
static void rounded_quotients_end_the_chain(void **state) {
  (void)state;
  const char *body = HEIGHT
      "constant %t : f32[] = [64.0] %scale = Div(%t, %h) "
      "%p = Mul(%h, %scale) %f = Floor(%p) %n = Cast(%f) {to = 7} " RESULT;
  expect_type("b,3,height,width", body, "f32[ConstantOfShape]");
}

static void lists_are_followed(void **state) {
  (void)state;
  const char *body =
      "constant %two : i64[1] = [2] constant %four : i64[1] = [4] constant %k : f32[2] = [2.0, "
      "0.25] "
      "%shape = Shape(%x) %hw = Slice(%shape, %two, %four) %f = Cast(%hw) {to = 1} "
      "%p = Mul(%f, %k) %q = Floor(%p) %n = Cast(%q) {to = 7} %y = ConstantOfShape(%n) output %y";
  expect_type("b,3,height,width", body, "f32[2*height,floor(width / 4)]");
  expect_numbers(body);
}

static void what_is_no_fraction_stays_unknown(void **state) {
  (void)state;
  expect_type("b,3,height,width",
              HEIGHT
              "constant %k : f32[] = [0.3] %p = Mul(%h, %k) %f = Floor(%p) "
              "%n = Cast(%f) {to = 7} " RESULT,
              "f32[ConstantOfShape]");
  // A cast of what may be negative cuts towards zero.
  expect_type("b,3,height,width",
              HEIGHT
              "constant %k : f32[] = [2.0] constant %a : f32[] = [9.0] %s = Sub(%h, %a) "
              "%p = Div(%s, %k) %n = Cast(%p) {to = 7} " RESULT,
              "f32[ConstantOfShape]");
}

// Max of integers, as it is written for opset 11.
static void choices_are_extremes(void **state) {
  (void)state;
  const char *max =
      "constant %two : i64[] = [2] constant %k : i64[] = [40] %shape = Shape(%x) "
      "%h = Gather(%shape, %two) %g = Greater(%h, %k) %n = Where(%g, %h, %k) " RESULT;
  expect_type("b,3,height,width", max, "f32[max(height, 40)]");
  expect_numbers(max);
  const char *min =
      "constant %two : i64[] = [2] constant %k : i64[] = [40] %shape = Shape(%x) "
      "%h = Gather(%shape, %two) %g = Greater(%h, %k) %n = Where(%g, %k, %h) " RESULT;
  expect_type("b,3,height,width", min, "f32[min(height, 40)]");
  expect_numbers(min);
}

// A chain of 200 products of a number with itself must end soon.
static void long_chains_end(void **state) {
  (void)state;
  mmd_str_t body = {0};
  mmd_assert_ok(mmd_str_append(&body, HEIGHT "%e0 = Mul(%h, %h) "));
  for (int i = 0; i < 200; ++i)
    mmd_assert_ok(mmd_str_printf(&body, "%%e%d = Mul(%%e%d, %%e%d) ", i + 1, i, i));
  mmd_assert_ok(mmd_str_append(&body, "%n = Cast(%e200) {to = 7} " RESULT));
  expect_type("b,3,height,width", mmd_str_text(&body), "f32[ConstantOfShape]");
  mmd_str_deinit(&body);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(products_are_followed),
      cmocka_unit_test(quotients_are_followed),
      cmocka_unit_test(rounded_quotients_end_the_chain),
      cmocka_unit_test(lists_are_followed),
      cmocka_unit_test(choices_are_extremes),
      cmocka_unit_test(what_is_no_fraction_stays_unknown),
      cmocka_unit_test(long_chains_end),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
