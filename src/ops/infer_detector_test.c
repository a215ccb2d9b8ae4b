// SPDX-License-Identifier: Apache-2.0
//
// A detector as the original converter exports it with open sizes (testdata/strip_graph.py): what
// goes in as N,3,H,W comes out as N,K,5, and sizes that are known are known inside too.
#include <string.h>

#include "base/alloc.h"
#include "base/file.h"
#include "graph/text.h"
#include "ops/infer.h"
#include "tests/support/mmd_test.h"

static mmd_graph_t *read_detector(const char *input_type) {
  mmd_graph_t *graph = NULL;
  mmd_type_t type;
  char *text = NULL;
  size_t size = 0;
  mmd_assert_ok(
      mmd_file_read(MMD_TEST_FILE("src/ops/testdata/yolox_dynamic.txt"), 1 << 20, &text, &size));
  mmd_assert_ok(mmd_graph_parse(text, size, "yolox_dynamic.txt", &graph));
  mmd_free(text);
  mmd_assert_ok(mmd_type_parse(graph, input_type, strlen(input_type), &type));
  mmd_assert_ok(mmd_edge_set_type(graph->root->inputs[0], &type));
  mmd_assert_ok(mmd_graph_infer(graph));
  return graph;
}

static void expect_type(const mmd_edge_t *edge, const char *wanted) {
  mmd_str_t text = {0};
  mmd_assert_ok(mmd_type_format(&edge->type, &text));
  assert_string_equal(mmd_str_text(&text), wanted);
  mmd_str_deinit(&text);
}

static const mmd_node_t *find_node(const mmd_graph_t *graph, const char *op) {
  for (const mmd_node_t *node = graph->root->first; node; node = node->next) {
    if (mmd_node_is(node, MMD_DOMAIN_ONNX, op)) return node;
  }
  fail_msg("no %s", op);
  return NULL;
}

static void open_sizes_stay_open(void **state) {
  (void)state;
  mmd_graph_t *graph = read_detector("f32[N,3,H,W]");
  // At most 100 of the boxes that are left, one more for none.
  expect_type(graph->root->outputs[0], "f32[N,min(100, NonMaxSuppression + 1),5]");
  expect_type(graph->root->outputs[1], "i64[N,min(100, NonMaxSuppression + 1)]");
  mmd_graph_destroy(graph);
}

static void known_sizes_are_known_inside(void **state) {
  (void)state;
  mmd_graph_t *graph = read_detector("f32[2,3,416,416]");
  const mmd_node_t *nms = find_node(graph, "NonMaxSuppression");
  expect_type(graph->root->outputs[0], "f32[2,min(100, NonMaxSuppression + 1),5]");
  // 52x52 + 26x26 + 13x13 = 3549 places, fewer than the 5000 that are looked at.
  expect_type(nms->inputs[0], "f32[2,3549,4]");
  expect_type(nms->inputs[1], "f32[2,80,3549]");
  mmd_graph_destroy(graph);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(open_sizes_stay_open),
      cmocka_unit_test(known_sizes_are_known_inside),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
