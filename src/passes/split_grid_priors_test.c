// SPDX-License-Identifier: Apache-2.0
#include "passes/pass_testing.h"

#define HEAD "graph \"g\" { opset \"\" 17 opset \"mmdeploy\" 1 input %x : f32[1,2,h,5]\n"

static void check(const char *text) {
  mmd_graph_t *graph = test_run("split_grid_priors", text, NULL), *original = test_parse(text);
  for (const mmd_node_t *node = graph->root->first; node; node = node->next)
    assert_string_equal(node->domain, "");
  test_assert_same_numbers(original, graph);
  mmd_graph_destroy(original);
  mmd_graph_destroy(graph);
}

static void anchors(void **state) {
  (void)state;
  check(HEAD
        "constant %b : f32[2,4] = [-4, -4, 4, 4, -8, -2, 8, 2.5]\n"
        "constant %s : f32[2,4] = [0, 8, 0, 8, 16, 0, 16, 0]\n"
        "%y = mmdeploy::GridPriors(%x, %b, %s) output %y }");
}

static void points(void **state) {
  (void)state;
  check(HEAD
        "constant %b : f32[1,2] = [4, 2]\nconstant %s : f32[2,2] = [0, 4, 8, 0]\n"
        "%y = mmdeploy::GridPriors(%x, %b, %s) output %y }");
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(anchors), cmocka_unit_test(points)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
