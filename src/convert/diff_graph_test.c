// SPDX-License-Identifier: Apache-2.0
#include "convert/run_onnx_testing.h"

#define HEAD "graph \"g\" { opset \"\" 13 input %x : f32[2,3] "

static const char first[] = HEAD
    "constant %w : f32[3] = [1, 2, 3]\n"
    "%a = Mul(%x, %w) name \"n1\" %b = Sin(%a) name \"n2\" %c = Abs(%b) name \"n3\" output %c }";

static void equal_files_are_equal(void **state) {
  (void)state;
  scene_t s;
  scene_init(&s);
  scene_model(&s, 0, first);
  scene_model(&s, 1, first);
  mmd_assert_ok(SCENE_RUN(&s, mmd_diff_command, "@0", "@1", "--numbers"));
  assert_int_equal(s.exit_status, 0);
  assert_string_equal(mmd_str_text(&s.text),
                      "0 differences of structure\nnumbers: 3 tensors compared, 0 differ\n");
  scene_deinit(&s);
}

static void structure_is_compared(void **state) {
  (void)state;
  scene_t s;
  scene_init(&s);
  scene_model(&s, 0, first);
  scene_model(&s, 1,
              "graph \"g\" { opset \"\" 14 input %x : f32[n,3] "
              "constant %w : f32[3] = [1, 2, 5] constant %v : i64[1] = [0]\n"
              "%a = Mul(%x, %w) name \"n1\" %b = Cos(%a) name \"n2\" "
              "%d = LeakyRelu(%b) {alpha = 0.5f} name \"n4\" output %d }");
  mmd_assert_ok(SCENE_RUN(&s, mmd_diff_command, "@0", "@1"));
  assert_int_equal(s.exit_status, 3);
  assert_string_equal(mmd_str_text(&s.text),
                      "opsets:\n  ~ ai.onnx  13 -> 14\n"
                      "inputs:\n  ~ x  f32[2,3] -> f32[n,3]\n"
                      "outputs:\n  - c  ?\n  + d  ?\n"
                      "initializers:\n  ~ w  values differ by up to 2\n  + v  i64[1]\n"
                      "nodes:\n  ~ n2  Sin -> Cos\n  - n3  Abs\n  + n4  LeakyRelu\n"
                      "9 differences of structure\n");
  scene_deinit(&s);
}

static void attributes_and_edges_are_compared(void **state) {
  (void)state;
  scene_t s;
  scene_init(&s);
  scene_model(&s, 0,
              HEAD
              "input %p : bool[] %a = Relu(%x) name \"a\" %b = Neg(%x) name \"b\"\n"
              "%c = Concat(%a, %b) {axis = 0} name \"c\" %d = Add(%a, %b) name \"d\"\n"
              "%e = If(%p) {then_branch = region \"t\" { %t = Neg(%a) output %t },\n"
              "else_branch = region \"f\" { %f = Neg(%b) output %f }} name \"e\"\n"
              "output %c output %d output %e }");
  scene_model(&s, 1,
              HEAD
              "input %p : bool[] %a = Relu(%x) name \"a\" %b = Neg(%x) name \"b\"\n"
              "%c = Concat(%a, %b) {axis = 1} name \"c\" %d = Add(%a, %a) name \"d\"\n"
              "%e = If(%p) {then_branch = region \"t\" { %t = Abs(%a) output %t },\n"
              "else_branch = region \"f\" { %f = Neg(%b) output %f }} name \"e\"\n"
              "output %c output %d output %e }");
  mmd_assert_ok(SCENE_RUN(&s, mmd_diff_command, "@0", "@1"));
  assert_string_equal(mmd_str_text(&s.text),
                      "nodes:\n  ~ c  Concat: attribute 'axis'\n  ~ d  Add: input 1 'b' -> 'a'\n"
                      "  ~ e  If: attribute 'then_branch'\n3 differences of structure\n");
  scene_deinit(&s);
}

static void first_difference_is_found(void **state) {
  (void)state;
  scene_t s;
  scene_init(&s);
  scene_model(&s, 0, first);
  scene_model(&s, 1,
              HEAD
              "constant %w : f32[3] = [1, 2, 3]\n"
              "%a = Mul(%x, %w) name \"n1\" %b = Cos(%a) name \"n2\" %c = Abs(%b) name \"n3\" "
              "output %c }");
  mmd_assert_ok(SCENE_RUN(&s, mmd_diff_command, "@0", "@1", "--numbers"));
  assert_int_equal(s.exit_status, 3);
  assert_string_equal(scene_string(&s, "numbers.first.name"), "b");
  assert_string_equal(scene_string(&s, "numbers.first.node"), "n2");
  assert_int_equal((int)scene_number(&s, "numbers.compared"), 3);
  assert_int_equal((int)scene_number(&s, "numbers.different"), 2);
  // A loose bound lets it through.
  mmd_assert_ok(SCENE_RUN(&s, mmd_diff_command, "@0", "@1", "--numbers", "--tolerance", "100"));
  assert_int_equal(s.exit_status, 0);
  // Other shapes differ whatever the bound.
  scene_model(&s, 1, HEAD "%a = Transpose(%x) %b = Sin(%a) %c = Abs(%b) output %c }");
  mmd_assert_ok(SCENE_RUN(&s, mmd_diff_command, "@0", "@1", "--numbers", "--tolerance", "100"));
  assert_int_equal(s.exit_status, 3);
  assert_string_equal(scene_string(&s, "numbers.first.note"), "f32[2x3] -> f32[3x2]");
  scene_deinit(&s);
}

static void bad_input_is_refused(void **state) {
  (void)state;
  scene_t s;
  scene_init(&s);
  scene_model(&s, 0, first);
  scene_model(&s, 1, "graph \"g\" { opset \"\" 13 input %q : f32[2,3] %c = Abs(%q) output %c }");
  scene_model(&s, 2, HEAD "%c = Odd(%x) output %c }");
  mmd_assert_fails(SCENE_RUN(&s, mmd_diff_command, "@0", "@1", "--numbers"), MMD_MISMATCH,
                   "the second graph's 'q'");
  mmd_status_t status = SCENE_RUN(&s, mmd_diff_command, "@0", "@2", "--numbers");
  assert_non_null(strstr(mmd_status_message(status), "the second graph: "));
  mmd_status_free(status);
  mmd_assert_fails(SCENE_RUN(&s, mmd_diff_command, "@0", "/nonexistent.onnx"), MMD_NOT_FOUND,
                   "nonexistent");
  // Nothing in common is no agreement.
  scene_model(&s, 1, HEAD "%z = Abs(%x) output %z }");
  mmd_assert_ok(SCENE_RUN(&s, mmd_diff_command, "@0", "@1", "--numbers"));
  assert_int_equal(s.exit_status, 3);
  scene_deinit(&s);
}

static void short_memory_is_reported(void **state) {
  (void)state;
  scene_t s;
  scene_init(&s);
  scene_model(&s, 0, first);
  scene_model(&s, 1, HEAD "%a = Transpose(%x) %b = Sin(%a) %c = Abs(%b) output %c }");
  SCENE_SWEEP(mmd_diff_command, s.paths[0], s.paths[1], "--numbers");
  scene_deinit(&s);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(equal_files_are_equal),
      cmocka_unit_test(structure_is_compared),
      cmocka_unit_test(attributes_and_edges_are_compared),
      cmocka_unit_test(first_difference_is_found),
      cmocka_unit_test(bad_input_is_refused),
      cmocka_unit_test(short_memory_is_reported),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
