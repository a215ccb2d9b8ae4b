// SPDX-License-Identifier: Apache-2.0
//
// `edit --precision`. What the networks compute is compared with float32 by the command itself and,
// here, by `diff`.
#include "convert/edit_precision.h"

#include <stdio.h>

#include "convert/run_onnx_testing.h"

// %k is computed from the size alone, up to the Div.
static const char model[] =
    "graph \"g\" { opset \"\" 17\n"
    "input %x : f32[n,3,8,8]\n"
    "input %ids : i64[n]\n"
    "constant %w : f32[4,3,1,1] = [1, 2, 3, -1, -2, -3, 0.5, 0.25, 0.125, 1, 1, 1]\n"
    "constant %big : f32[4,1,1] = [70000, -3e38, 1e-9, 1]\n"
    "constant %two : f32[] = [2]\n"
    "constant %i : i64[] = [2]\n"
    "constant %roi : f32[0] = []\n"
    "constant %scales : f32[4] = [1, 1, 2, 2]\n"
    "%c = Conv(%x, %w) name \"head.conv\"\n"
    "%m = Min(%c, %big) name \"head.min\"\n"
    "%r = Resize(%m, %roi, %scales) {mode = \"nearest\"} name \"up\"\n"
    "%s = Shape(%c) name \"shape\"\n"
    "%d = Gather(%s, %i) {axis = 0} name \"gather\"\n"
    "%f = Cast(%d) {to = 1} name \"size\"\n"
    "%k = Div(%f, %two) name \"half_size\"\n"
    "%a = Mul(%r, %k) name \"scale\"\n"
    "%y = Softmax(%a) {axis = 1} name \"prob\"\n"
    "output %y output %ids }";

static void scene_precision_model(scene_t *s) {
  scene_init(s);
  scene_model(s, 0, model);
}

static mmd_dtype_t dtype_of(const mmd_graph_t *graph, const char *name) {
  const mmd_edge_t *edge = mmd_graph_find_edge(graph, name);
  if (!edge) fail_msg("no tensor %s", name);
  return edge->type.dtype;
}

static const mmd_node_t *node_of(const mmd_graph_t *graph, const char *name) {
  const mmd_node_t *node = graph->root->first;
  while (node && strcmp(node->name, name) != 0) node = node->next;
  if (!node) fail_msg("no node %s", name);
  return node;
}

static void activations_become_half(void **state) {
  (void)state;
  scene_t s;
  scene_precision_model(&s);
  mmd_assert_ok(SCENE_RUN(&s, mmd_edit_command, "@0", "@1", "--precision", "fp16"));
  assert_int_equal(s.exit_status, 0);
  mmd_graph_t *graph = scene_read(&s, 1);
  assert_int_equal(dtype_of(graph, "x"), MMD_F16);
  assert_int_equal(dtype_of(graph, "ids"), MMD_I64);
  assert_int_equal(dtype_of(graph, "y"), MMD_F16);
  assert_int_equal(dtype_of(graph, "c"), MMD_F16);
  // Resize stays, and what is made of the size; so does the weight that Resize takes.
  assert_int_equal(dtype_of(graph, "r"), MMD_F32);
  assert_int_equal(dtype_of(graph, "k"), MMD_F32);
  assert_int_equal(dtype_of(graph, "scales"), MMD_F32);
  assert_int_equal(node_of(graph, "head.conv")->inputs[1]->constant.dtype, MMD_F16);
  // The numbers that do not fit become the largest that does.
  const mmd_tensor_t *big = &node_of(graph, "head.min")->inputs[1]->constant;
  assert_true(mmd_tensor_get_f64(big, 0) == 65504);
  assert_true(mmd_tensor_get_f64(big, 1) == -65504);
  assert_true(mmd_tensor_get_f64(big, 2) == 0);
  assert_int_equal((int)scene_number(&s, "precision.overflows"), 2);
  assert_int_equal((int)scene_number(&s, "precision.underflows"), 1);
  assert_int_equal((int)scene_number(&s, "precision.converted"), 5);
  assert_int_equal((int)scene_number(&s, "precision.casts"), 3);
  assert_non_null(strstr(s.text.data, "became its largest number, the first in 'big'"));
  mmd_graph_destroy(graph);
  scene_deinit(&s);
}

static void inputs_and_outputs_may_stay(void **state) {
  (void)state;
  scene_t s;
  scene_precision_model(&s);
  mmd_assert_ok(SCENE_RUN(&s, mmd_edit_command, "@0", "@1", "--precision", "fp16", "--keep-io"));
  mmd_graph_t *graph = scene_read(&s, 1);
  assert_int_equal(dtype_of(graph, "x"), MMD_F32);
  assert_int_equal(dtype_of(graph, "y"), MMD_F32);
  assert_string_equal(graph->root->outputs[0]->name, "y");
  assert_string_equal(graph->root->outputs[0]->producer->op, "Cast");
  assert_int_equal(dtype_of(graph, "c"), MMD_F16);
  mmd_graph_destroy(graph);
  scene_deinit(&s);
}

// Layer by layer: 3 digits are left, and no more.
static void numbers_stay_near(void **state) {
  (void)state;
  scene_t s;
  scene_init(&s);
  scene_model(&s, 0,
              "graph \"g\" { opset \"\" 17 input %x : f32[4,5]\n"
              "constant %w : f32[5,2] = [0.1, 0.2, -0.3, 0.7, 1.1, -1.3, 1.7, 0.9, 0.3, 0.6]\n"
              "%a = MatMul(%x, %w) name \"a\" %b = Sigmoid(%a) name \"b\" output %b }");
  mmd_assert_ok(SCENE_RUN(&s, mmd_edit_command, "@0", "@1", "--precision", "fp16"));
  mmd_assert_ok(SCENE_RUN(&s, mmd_diff_command, "@0", "@1", "--numbers", "--tolerance", "0.002"));
  assert_int_equal(s.exit_status, 0);
  mmd_assert_ok(SCENE_RUN(&s, mmd_diff_command, "@0", "@1", "--numbers", "--tolerance", "1e-6"));
  assert_int_equal(s.exit_status, 3);
  assert_string_equal(scene_string(&s, "numbers.first.name"), "a");
  scene_deinit(&s);
}

static void lists_choose(void **state) {
  (void)state;
  scene_t s;
  scene_precision_model(&s);
  mmd_assert_ok(SCENE_RUN(&s, mmd_edit_command, "@0", "@1", "--precision", "fp16", "--keep-op",
                          "Softmax", "--half-op", "Resize", "--keep-node", "head.*"));
  mmd_graph_t *graph = scene_read(&s, 1);
  assert_int_equal(dtype_of(graph, "c"), MMD_F32);
  assert_int_equal(dtype_of(graph, "m"), MMD_F32);
  assert_int_equal(dtype_of(graph, "r"), MMD_F16);
  assert_int_equal(dtype_of(graph, "a"), MMD_F16);
  assert_int_equal(node_of(graph, "prob")->inputs[0]->type.dtype, MMD_F32);
  assert_int_equal(dtype_of(graph, "y"), MMD_F16);  // outputs are half all the same
  assert_int_equal((int)scene_number(&s, "precision.overflows"), 0);
  mmd_graph_destroy(graph);
  scene_deinit(&s);
}

// bfloat16 is younger: an operator that has it not yet stays.
static void operators_must_take_it(void **state) {
  (void)state;
  scene_t s;
  scene_precision_model(&s);
  mmd_assert_ok(SCENE_RUN(&s, mmd_edit_command, "@0", "@1", "--precision", "bf16", "--keep-io"));
  mmd_graph_t *graph = scene_read(&s, 1);
  assert_int_equal(dtype_of(graph, "c"), MMD_F32);  // Conv has it from opset 22 on
  assert_int_equal(dtype_of(graph, "m"), MMD_BF16);
  assert_int_equal(dtype_of(graph, "a"), MMD_BF16);
  mmd_graph_destroy(graph);
  assert_true(mmd_precision_accepts("Conv", 11, MMD_F16));
  assert_false(mmd_precision_accepts("Range", 21, MMD_F16));
  assert_false(mmd_precision_accepts("QuantizeLinear", 13, MMD_F16));
  assert_true(mmd_precision_accepts("QuantizeLinear", 19, MMD_F16));
  assert_false(mmd_precision_accepts("MatMul", 12, MMD_BF16));
  assert_true(mmd_precision_accepts("MatMul", 13, MMD_BF16));
  assert_true(mmd_precision_accepts("Where", 16, MMD_BF16));
  scene_deinit(&s);
}

static void bodies_stay(void **state) {
  (void)state;
  scene_t s;
  scene_init(&s);
  scene_model(&s, 0,
              "graph \"g\" { opset \"\" 17 input %x : f32[2,3] input %b : bool[]\n"
              "%h = Relu(%x) name \"relu\"\n"
              "%o = If(%b) {then_branch = region \"t\" { %p = Neg(%h) output %p }, else_branch = "
              "region \"e\" { %q = Abs(%h) output %q }} name \"if\" : f32[2,3]\n"
              "%y = Exp(%o) name \"exp\" output %y }");
  mmd_assert_ok(SCENE_RUN(&s, mmd_edit_command, "@0", "@1", "--precision", "fp16", "--keep-io"));
  assert_int_equal(s.exit_status, 0);
  assert_true(scene_number(&s, "precision.checked_runs") > 0);
  mmd_graph_t *graph = scene_read(&s, 1);
  assert_int_equal(dtype_of(graph, "h"), MMD_F16);
  assert_int_equal(dtype_of(graph, "p"), MMD_F32);
  assert_int_equal(dtype_of(graph, "o"), MMD_F32);
  mmd_graph_destroy(graph);
  scene_deinit(&s);
}

// 300 * 300 is too large for float16: the check says so.
static void overflow_in_the_run_is_found(void **state) {
  (void)state;
  scene_t s;
  scene_init(&s);
  scene_model(&s, 0,
              "graph \"g\" { opset \"\" 17 input %x : f32[1,4] constant %k : f32[] = [30000]\n"
              "%a = Mul(%x, %k) name \"a\" %b = Mul(%a, %a) name \"b\"\n"
              "%y = Sqrt(%b) name \"y\" output %y }");
  mmd_assert_ok(SCENE_RUN(&s, mmd_edit_command, "@0", "@1", "--precision", "fp16"));
  assert_int_equal(s.exit_status, 3);
  assert_non_null(strstr(s.text.data, "check: FAILED"));
  assert_non_null(strstr(s.text.data, "with --keep-from 'a' it would be"));
  assert_non_null(strstr(s.text.data, "--input NAME=FILE.npy"));
  mmd_assert_ok(
      SCENE_RUN(&s, mmd_edit_command, "@0", "@1", "--precision", "fp16", "--keep-from", "a"));
  assert_int_equal(s.exit_status, 0);
  mmd_graph_t *graph = scene_read(&s, 1);
  assert_int_equal(dtype_of(graph, "b"), MMD_F32);
  mmd_graph_destroy(graph);
  mmd_assert_ok(
      SCENE_RUN(&s, mmd_edit_command, "@0", "@1", "--precision", "fp16", "--keep-node", "[by]"));
  assert_int_equal(s.exit_status, 0);
  mmd_assert_ok(SCENE_RUN(&s, mmd_edit_command, "@0", "@1", "--precision", "fp16", "--no-check"));
  assert_int_equal(s.exit_status, 0);
  scene_deinit(&s);
}

// All scores are 1 in float16, so the order is another one; what was computed is right all the
// same.
static void decisions_are_taken_from_float32(void **state) {
  (void)state;
  static const char head[] =
      "graph \"g\" { opset \"\" 17 input %x : f32[1,64] constant %k : f32[] = [1e-4] constant %one "
      ": f32[] = [1] constant %n : i64[1] = [3]\n"
      "%m = Mul(%x, %k) name \"m\" %s = Add(%m, %one) name \"s\"\n"
      "%v, %i = TopK(%s, %n) name \"top\" %q = Mul(%v, %v) name \"q\"\n";
  char text[sizeof head + 128];
  scene_t s;
  scene_init(&s);
  snprintf(text, sizeof text, "%soutput %%i output %%q }", head);
  scene_model(&s, 0, text);
  mmd_assert_ok(SCENE_RUN(&s, mmd_edit_command, "@0", "@1", "--precision", "fp16"));
  assert_int_equal(s.exit_status, 0);
  assert_non_null(strstr(s.text.data, "with float32's decisions"));
  assert_int_equal((int)scene_number(&s, "precision.decisions"), 1);
  // A mistake behind the decision is found.
  snprintf(
      text, sizeof text,
      "%sconstant %%big : f32[] = [60000] %%z = Mul(%%q, %%big) name \"z\" %%y = Add(%%z, %%z) "
      "name \"y\" output %%i output %%y }",
      head);
  scene_model(&s, 0, text);
  mmd_assert_ok(SCENE_RUN(&s, mmd_edit_command, "@0", "@1", "--precision", "fp16"));
  assert_int_equal(s.exit_status, 3);
  assert_non_null(strstr(s.text.data, "FAILED (tolerance 0.02): output 'y' differs"));
  // So is one in front of it.
  scene_model(&s, 0,
              "graph \"g\" { opset \"\" 17 input %x : f32[1,64] constant %big : f32[] = [60000] "
              "constant %n : i64[1] = [3]\n"
              "%m = Mul(%x, %big) name \"m\" %s = Add(%m, %m) name \"s\"\n"
              "%v, %i = TopK(%s, %n) name \"top\" output %i }");
  mmd_assert_ok(SCENE_RUN(&s, mmd_edit_command, "@0", "@1", "--precision", "fp16"));
  assert_int_equal(s.exit_status, 3);
  assert_non_null(strstr(s.text.data, "output 's' differs"));
  scene_deinit(&s);
}

// A variance of 70000 would be infinite, one of 1e-6 would lose its digits.
static void layers_whose_weights_do_not_fit_stay(void **state) {
  (void)state;
  static const char *const variances[] = {"70000", "1e-6", "3"};
  for (size_t i = 0; i < 3; ++i) {
    scene_t s;
    char text[400];
    snprintf(
        text, sizeof text,
        "graph \"g\" { opset \"\" 13 input %%x : f32[1,2,3,3] constant %%o : f32[2] = [1, 1] "
        "constant %%v : f32[2] = [1, %s] %%n = BatchNormalization(%%x, %%o, %%o, %%o, %%v) name "
        "\"norm\" %%y = Relu(%%n) name \"act\" output %%y }",
        variances[i]);
    scene_init(&s);
    scene_model(&s, 0, text);
    mmd_assert_ok(SCENE_RUN(&s, mmd_edit_command, "@0", "@1", "--precision", "fp16", "--keep-io"));
    assert_int_equal(s.exit_status, 0);
    mmd_graph_t *graph = scene_read(&s, 1);
    assert_int_equal(dtype_of(graph, "n"), i < 2 ? MMD_F32 : MMD_F16);
    mmd_graph_destroy(graph);
    mmd_assert_ok(SCENE_RUN(&s, mmd_edit_command, "@0", "@1", "--precision", "fp16", "--half-op",
                            "BatchNormalization", "--no-check"));
    graph = scene_read(&s, 1);
    assert_int_equal(dtype_of(graph, "n"), MMD_F16);
    mmd_graph_destroy(graph);
    scene_deinit(&s);
  }
}

// Sums of quantised products are larger than float16's numbers.
static void integers_that_were_cast_stay(void **state) {
  (void)state;
  scene_t s;
  scene_init(&s);
  scene_model(
      &s, 0,
      "graph \"g\" { opset \"\" 13 input %x : f32[4,4] constant %k : i32[] = [3]\n"
      "%q, %e, %z = DynamicQuantizeLinear(%x) %m = MatMulInteger(%q, %q) name \"sum\" %l = "
      "Mul(%m, %k) name \"large\"\n"
      "%f = Cast(%l) {to = 1} name \"cast\" %a = Mul(%f, %e) name \"scale\" %d = Mul(%a, %e) "
      "name \"scaled\" output %d }");
  mmd_assert_ok(SCENE_RUN(&s, mmd_edit_command, "@0", "@1", "--precision", "fp16", "--keep-io"));
  assert_int_equal(s.exit_status, 0);
  mmd_graph_t *graph = scene_read(&s, 1);
  assert_int_equal(dtype_of(graph, "a"), MMD_F32);
  mmd_graph_destroy(graph);
  scene_deinit(&s);
}

static void bad_lists_are_refused(void **state) {
  (void)state;
  scene_t s;
  scene_precision_model(&s);
  mmd_assert_fails(
      SCENE_RUN(&s, mmd_edit_command, "@0", "@1", "--precision", "fp16", "--keep-op", "Sofmax"),
      MMD_NOT_FOUND, "no node fits --keep-op 'Sofmax'");
  mmd_assert_fails(
      SCENE_RUN(&s, mmd_edit_command, "@0", "@1", "--precision", "fp16", "--half-op", "GridSample"),
      MMD_NOT_FOUND, "--half-op 'GridSample'");
  mmd_assert_fails(
      SCENE_RUN(&s, mmd_edit_command, "@0", "@1", "--precision", "fp16", "--keep-node", "neck.*"),
      MMD_NOT_FOUND, "--keep-node 'neck.*'");
  mmd_assert_fails(
      SCENE_RUN(&s, mmd_edit_command, "@0", "@1", "--precision", "fp16", "--keep-until", "nope"),
      MMD_NOT_FOUND, "--keep-until: the main graph has no tensor 'nope'");
  mmd_assert_fails(SCENE_RUN(&s, mmd_edit_command, "@0", "@1", "--keep-from", "c", "--batch", "2"),
                   MMD_INVALID_ARGUMENT, "go together with --precision");
  mmd_assert_fails(SCENE_RUN(&s, mmd_edit_command, "@0", "@1", "--keep-io", "--opset", "18"),
                   MMD_INVALID_ARGUMENT, "go together with --precision");
  assert_false(mmd_path_exists(s.paths[1]));
  scene_deinit(&s);
}

// A run for which memory is short is one that cannot be compared, so not each failure is reported.
static void sweep_check(scene_t *s) {
  const char *const words[] = {s->paths[0], s->paths[1], "--precision", "fp16", "--keep-io", NULL};
  scene_call_t call = {&mmd_edit_command, words};
  bool met = true;
  for (size_t at = 1; met; at += 1 + at / 20) {
    mmd_test_fail_begin(at, at % 2 == 0);
    mmd_status_free(scene_call(&call));
    met = mmd_test_failed_once();
    const size_t left = mmd_test_live_blocks();
    mmd_test_fail_end();
    assert_int_equal(left, 0);
  }
}

static void short_memory_is_reported(void **state) {
  (void)state;
  scene_t s;
  scene_precision_model(&s);
  SCENE_SWEEP(mmd_edit_command, s.paths[0], s.paths[1], "--precision", "fp16", "--keep-io",
              "--keep-node", "prob", "--no-check");
  // The check with decisions and the search for advice.
  scene_model(
      &s, 0,
      "graph \"g\" { opset \"\" 17 input %x : f32[1,4] constant %k : f32[] = [60000]\n"
      "%a = Mul(%x, %k) name \"a\" %b = Mul(%a, %a) name \"b\" %i = ArgMax(%b) name \"i\" %y "
      "= Sqrt(%b) name \"y\" output %i output %y }");
  sweep_check(&s);
  scene_deinit(&s);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(activations_become_half),
      cmocka_unit_test(inputs_and_outputs_may_stay),
      cmocka_unit_test(numbers_stay_near),
      cmocka_unit_test(lists_choose),
      cmocka_unit_test(operators_must_take_it),
      cmocka_unit_test(bodies_stay),
      cmocka_unit_test(overflow_in_the_run_is_found),
      cmocka_unit_test(decisions_are_taken_from_float32),
      cmocka_unit_test(layers_whose_weights_do_not_fit_stay),
      cmocka_unit_test(integers_that_were_cast_stay),
      cmocka_unit_test(bad_lists_are_refused),
      cmocka_unit_test(short_memory_is_reported),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
