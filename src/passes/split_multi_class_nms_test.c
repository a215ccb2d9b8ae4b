// SPDX-License-Identifier: Apache-2.0
//
// The composite's own evaluation is the oracle: the boxes of these graphs are not PyTorch's, those
// of the detectors' goldens are (codebases/mmdet/models).
#include <stdio.h>

#include "passes/pass_testing.h"

// Scores are positive and boxes lie side by side, so that some overlap.
#define BODY                                                                                   \
  "  constant %%offset : f32[1,12,4] = [0, 0, 3, 3, 1, 0, 4, 3, 5, 5, 9, 9, 5, 5, 9, 8, 0, "   \
  "0, 3, 3, 2, 2, 4, 6, 7, 0, 9, 4, 7, 1, 9, 5, 0, 6, 3, 9, 0, 6, 3, 8, 4, 4, 6, 6, 8, 8, "    \
  "9, 9]\n"                                                                                    \
  "  %%boxes = Add(%%x, %%offset)\n  %%scores = Sigmoid(%%s)\n"                                \
  "  %%dets, %%labels%s = mmdeploy::MultiClassNMS(%%boxes, %%scores) {score_threshold = 0.4, " \
  "iou_threshold = 0.5, max_output_boxes_per_class = %d, pre_top_k = %d, keep_top_k = %d, "    \
  "class_agnostic = %d}\n  output %%dets output %%labels%s }"

static void check(const char *batch, bool index, int per_class, int pre_top_k, int keep_top_k,
                  int agnostic) {
  char text[4096];
  const int size = snprintf(text, sizeof text,
                            "graph \"g\" { opset \"\" 17 opset \"mmdeploy\" 1 input %%x : "
                            "f32[%s,12,4]\n input %%s : f32[%s,12,3]\n",
                            batch, batch);
  snprintf(text + size, sizeof text - (size_t)size, BODY, index ? ", %index" : "", per_class,
           pre_top_k, keep_top_k, agnostic, index ? " output %index" : "");
  mmd_graph_t *graph = test_run("split_multi_class_nms", text, NULL), *original = test_parse(text);
  for (const mmd_node_t *node = graph->root->first; node; node = node->next)
    assert_string_equal(node->domain, "");
  test_assert_same_numbers(original, graph);
  mmd_graph_destroy(original);
  mmd_graph_destroy(graph);
}

// "n" is TEST_SYMBOL images.
static void numbers_stay(void **state) {
  static const char *const batches[] = {"1", "2", "n"};
  (void)state;
  for (int i = 0; i < 3; ++i) {
    for (int agnostic = 0; agnostic < 2; ++agnostic) {
      check(batches[i], false, 100, -1, 5, agnostic);
      check(batches[i], true, 100, 7, 5, agnostic);
      check(batches[i], true, 2, 7, 100, agnostic);  // fewer are left than would be kept
      check(batches[i], true, 100, 100, -1, agnostic);
    }
  }
}

// Each class has boxes of its own.
static void check_by_class(const char *batch, int pre_top_k, int keep_top_k) {
  static const char body[] =
      "  constant %%offset : f32[1,6,2,4] = [0, 0, 3, 3, 1, 0, 4, 3, 5, 5, 9, 9, 5, 5, 9, 8, 0, "
      "0, 3, 3, 2, 2, 4, 6, 7, 0, 9, 4, 7, 1, 9, 5, 0, 6, 3, 9, 0, 6, 3, 8, 4, 4, 6, 6, 8, 8, "
      "9, 9]\n"
      "  %%boxes = Add(%%x, %%offset)\n  %%scores = Sigmoid(%%s)\n"
      "  %%dets, %%labels = mmdeploy::MultiClassNMS(%%boxes, %%scores) {score_threshold = 0.4, "
      "iou_threshold = 0.3, max_output_boxes_per_class = 4, pre_top_k = %d, keep_top_k = %d}\n"
      "  output %%dets output %%labels }";
  char text[4096];
  const int size = snprintf(text, sizeof text,
                            "graph \"g\" { opset \"\" 17 opset \"mmdeploy\" 1 input %%x : "
                            "f32[%s,6,2,4]\n input %%s : f32[%s,6,2]\n",
                            batch, batch);
  snprintf(text + size, sizeof text - (size_t)size, body, pre_top_k, keep_top_k);
  mmd_graph_t *graph = test_run("split_multi_class_nms", text, NULL), *original = test_parse(text);
  for (const mmd_node_t *node = graph->root->first; node; node = node->next)
    assert_string_equal(node->domain, "");
  test_assert_same_numbers(original, graph);
  mmd_graph_destroy(original);
  mmd_graph_destroy(graph);
}

static void boxes_of_each_class(void **state) {
  static const char *const batches[] = {"1", "2", "n"};
  (void)state;
  for (int i = 0; i < 3; ++i) {
    check_by_class(batches[i], -1, 5);
    check_by_class(batches[i], 4, 5);
    check_by_class(batches[i], 4, 100);
    check_by_class(batches[i], -1, -1);
  }
}

// No box passes: the row of zeros alone.
static void never_empty(void **state) {
  static const char text[] =
      "graph \"g\" { opset \"\" 17 opset \"mmdeploy\" 1 input %x : f32[1,4,4]\n"
      "input %s : f32[1,4,2]\n"
      "%dets, %labels = mmdeploy::MultiClassNMS(%x, %s) {score_threshold = 5.0, iou_threshold = "
      "0.5, keep_top_k = 10} output %dets output %labels }";
  mmd_tensor_t outputs[TEST_MAX_VALUES] = {{0}};
  (void)state;
  mmd_graph_t *graph = test_run("split_multi_class_nms", text, NULL);
  test_evaluate(graph, outputs);
  assert_int_equal(outputs[0].shape.dims[1], 1);
  for (size_t i = 0; i < 5; ++i) assert_true(mmd_tensor_get_f64(&outputs[0], i) == 0);
  assert_true(mmd_tensor_get_f64(&outputs[1], 0) == 0);
  for (int i = 0; i < 2; ++i) mmd_tensor_deinit(&outputs[i]);
  mmd_graph_destroy(graph);
}

// The candidates cannot be more than pre_top_k: no TopK over them.
static void needless_choice_goes(void **state) {
  size_t count = 0;
  static const char text[] =
      "graph \"g\" { opset \"\" 17 opset \"mmdeploy\" 1 input %x : f32[1,4,4]\n"
      "input %s : f32[1,4,2]\n"
      "%dets, %labels = mmdeploy::MultiClassNMS(%x, %s) {pre_top_k = 4, keep_top_k = 10} "
      "output %dets output %labels }";
  (void)state;
  mmd_graph_t *graph = test_run("split_multi_class_nms", text, NULL);
  for (const mmd_node_t *node = graph->root->first; node; node = node->next)
    count += mmd_node_is(node, "", "TopK");
  assert_int_equal(count, 1);
  mmd_graph_destroy(graph);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(numbers_stay),
      cmocka_unit_test(boxes_of_each_class),
      cmocka_unit_test(never_empty),
      cmocka_unit_test(needless_choice_goes),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
