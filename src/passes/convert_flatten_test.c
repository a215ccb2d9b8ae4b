// SPDX-License-Identifier: Apache-2.0
#include "passes/pass_testing.h"

#define HEAD "graph \"g\" { opset \"\" 17 input %x : f32[n,4,3,3] constant %s : i64[2] = "
#define POOLED(shape) HEAD shape " %p = GlobalAveragePool(%x) %y = Reshape(%p, %s) output %y }"
#define FLATTENED(shape)                                                                       \
  "graph \"g\" {\n  opset \"\" 17\n  input %x : f32[n,4,3,3]\n  constant %s : i64[2] = " shape \
  "\n"                                                                                         \
  "  %p = GlobalAveragePool(%x)\n  %y = Flatten(%p) {axis = 1}\n  output %y\n}\n"

static void a_pooling_is_flattened(void **state) {
  (void)state;
  test_pass("convert_flatten", POOLED("[0, -1]"), FLATTENED("[0, -1]"));
  test_pass("convert_flatten", POOLED("[0, 4]"), FLATTENED("[0, 4]"));
}

static void others_stay(void **state) {
  (void)state;
  // Other sizes; no pooling.
  test_pass_keeps("convert_flatten", POOLED("[-1, 2]"));
  test_pass_keeps("convert_flatten", HEAD "[0, -1] %p = Relu(%x) %y = Reshape(%p, %s) output %y }");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_pooling_is_flattened),
      cmocka_unit_test(others_stay),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
