// SPDX-License-Identifier: Apache-2.0
#include "passes/pass_testing.h"

static void chains_go(void **state) {
  (void)state;
  test_pass(
      "eliminate_dead_code",
      "graph \"g\" { opset \"\" 17 input %x : f32[2] input %unused : f32[2]\n"
      "constant %k : f32[1] = [1] constant %w : f32[1] = [2]\n"
      "%a = Relu(%x) %b = Add(%x, %w) %c = Neg(%b) %d = Add(%a, %k) output %d }",
      "graph \"g\" {\n  opset \"\" 17\n  input %x : f32[2]\n  input %unused : f32[2]\n"
      "  constant %k : f32[1] = [1.0]\n  %a = Relu(%x)\n  %d = Add(%a, %k)\n  output %d\n}\n");
}

static void opaque_nodes_stay(void **state) {
  (void)state;
  test_pass_text("eliminate_dead_code",
                 "graph \"g\" { opset \"\" 17 opset \"my\" 1 input %x : f32[2]\n"
                 "%a = Relu(%x) %b = my::Log(%a) () = my::Sink(%x) output %x }",
                 "graph \"g\" {\n  opset \"\" 17\n  opset \"my\" 1\n  input %x : f32[2]\n"
                 "  %a = Relu(%x)\n  %b = my::Log(%a)\n  () = my::Sink(%x)\n  output %x\n}\n");
}

static void regions_are_cleaned(void **state) {
  (void)state;
  test_pass_text("eliminate_dead_code",
                 "graph \"g\" { opset \"\" 17 opset \"my\" 1 input %x : f32[2]\n"
                 "%b = my::Own(%x) {r = region \"r\" { constant %k : f32[] = [1] %i = Neg(%x) %j = "
                 "Relu(%x) output %j }}\n"
                 "output %b }",
                 "graph \"g\" {\n  opset \"\" 17\n  opset \"my\" 1\n  input %x : f32[2]\n"
                 "  %b = my::Own(%x) {r = region \"r\" {\n    %j = Relu(%x)\n    output %j\n  }}\n "
                 " output %b\n}\n");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(chains_go),
      cmocka_unit_test(opaque_nodes_stay),
      cmocka_unit_test(regions_are_cleaned),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
