// SPDX-License-Identifier: Apache-2.0
#include <stdio.h>

#include "passes/pass_testing.h"

static void check(const char *batch, int size) {
  char text[1024];
  snprintf(text, sizeof text,
           "graph \"g\" { opset \"\" 17 opset \"mmdeploy\" 1 input %%x : f32[%s,6,%d]\n"
           "input %%i : i64[%s,3]\n%%y = mmdeploy::GatherTopk(%%x, %%i) output %%y }",
           batch, size, batch);
  mmd_graph_t *graph = test_run("split_gather_topk", text, NULL), *original = test_parse(text);
  for (const mmd_node_t *node = graph->root->first; node; node = node->next)
    assert_string_equal(node->domain, "");
  test_assert_same_numbers(original, graph);
  mmd_graph_destroy(original);
  mmd_graph_destroy(graph);
}

static void rows_of_each_image(void **state) {
  (void)state;
  check("1", 4);
  check("2", 4);
  check("n", 4);
  check("n", 1);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(rows_of_each_image)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
