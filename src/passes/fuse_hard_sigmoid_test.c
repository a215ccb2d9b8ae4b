// SPDX-License-Identifier: Apache-2.0
#include "passes/pass_testing.h"

#define NAME "fuse_hard_sigmoid"
#define CONSTANTS                                                         \
  "constant %three : f32[1] = [3] constant %zero : f32[] = [0] constant " \
  "%six : f32[] = [6]\n"
#define CONSTANTS_AFTER                                                    \
  "  constant %three : f32[1] = [3.0]\n  constant %zero : f32[] = [0.0]\n" \
  "  constant %six : f32[] = [6.0]\n"
#define ATTRS "{alpha = 0.16666667f, beta = 0.5}"

static void hard_swish_is_two_nodes(void **state) {
  (void)state;
  test_pass(NAME,
            "graph \"g\" { opset \"\" 12 input %x : f32[n,4]\n" CONSTANTS
            "%a = Add(%x, %three) name \"h\" %c = Clip(%a, %zero, %six) %m = Mul(%x, %c) "
            "%y = Div(%m, %six) name \"d\" output %y }",
            "graph \"g\" {\n  opset \"\" 12\n  input %x : f32[n,4]\n" CONSTANTS_AFTER
            "  %h = HardSigmoid(%x) " ATTRS
            "\n"
            "  %y = Mul(%x, %h) name \"d\"\n  output %y\n}\n");
}

static void hard_sigmoid_is_one(void **state) {
  (void)state;
  test_pass(NAME,
            "graph \"g\" { opset \"\" 12 input %x : f32[n,4]\n" CONSTANTS
            "constant %sixth : f32[] = [0.16666667]\n"
            "%a = Add(%three, %x) %c = Clip(%a, %zero, %six) %y = Mul(%sixth, %c) output %y }",
            "graph \"g\" {\n  opset \"\" 12\n  input %x : f32[n,4]\n" CONSTANTS_AFTER
            "  constant %sixth : f32[] = [0.16666667]\n"
            "  %y = HardSigmoid(%x) " ATTRS " name \"a\"\n  output %y\n}\n");
}

static void others_stay(void **state) {
  (void)state;
  // Another bound than the divisor; the sum is used elsewhere; another factor than x.
  test_pass_keeps(NAME, "graph \"g\" { opset \"\" 12 input %x : f32[n,4]\n" CONSTANTS
                        "%a = Add(%x, %three) %c = Clip(%a, %zero, %six) %y = Div(%c, %three) "
                        "output %y }");
  test_pass_keeps(NAME, "graph \"g\" { opset \"\" 12 input %x : f32[n,4]\n" CONSTANTS
                        "%a = Add(%x, %three) %c = Clip(%a, %zero, %six) %y = Div(%c, %six) "
                        "output %y output %a }");
  test_pass_keeps(NAME,
                  "graph \"g\" { opset \"\" 12 input %x : f32[n,4] input %z : f32[n,4]\n" CONSTANTS
                  "%a = Add(%x, %three) %c = Clip(%a, %zero, %six) %m = Mul(%z, %c) "
                  "%y = Div(%m, %six) output %y }");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(hard_swish_is_two_nodes),
      cmocka_unit_test(hard_sigmoid_is_one),
      cmocka_unit_test(others_stay),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
