// SPDX-License-Identifier: Apache-2.0
//
// The composite's own evaluation is the oracle; that one is tested against mmcv (ops/roi_align).
#include <stdio.h>

#include "passes/pass_testing.h"

// RoIs of all levels in no order, at and beyond the border, without size, of the middle of a level.
#define ROIS                                                                                     \
  "  constant %%r : f32[9,5] = [0, 0, 0, 30, 30, 1, 1.5, 0.5, 6.25, 5, 0, -3, -2, 3, 3, 1, 5, "  \
  "4, 12, 11, 0, 20, 20, 30, 30, 1, 2, 2, 2, 2, 1, -9, 1, 20, 2, 0, 0, 0, 40, 50, 1, 3, 1, 17, " \
  "30]\n"

static mmd_graph_t *check(int levels, const char *attributes) {
  static const char *const maps[] = {"", "%a", "%a, %b", "%a, %b, %c"};
  char text[4096];
  snprintf(text, sizeof text,
           "graph \"g\" { opset \"\" 17 opset \"mmdeploy\" 1\n  input %%a : f32[2,2,10,11]\n"
           "  input %%b : f32[2,2,5,6]\n  input %%c : f32[2,2,3,3]\n" ROIS
           "  %%y = mmdeploy::MMCVMultiLevelRoiAlign(%%r, %s) {output_height = 3, output_width = "
           "2, featmap_strides = [4.0f, 8.0f, 16.0f], finest_scale = 8, pool_mode = 1, %s}\n"
           "  output %%y }",
           maps[levels], attributes);
  mmd_graph_t *graph = test_run("split_multi_level_roi_align", text, NULL);
  mmd_graph_t *original = test_parse(text);
  for (const mmd_node_t *node = graph->root->first; node; node = node->next)
    assert_string_equal(node->domain, "");
  test_assert_same_numbers(original, graph);
  mmd_graph_destroy(original);
  return graph;
}

static void numbers_stay(void **state) {
  (void)state;
  for (int levels = 1; levels <= 3; ++levels) {
    mmd_graph_destroy(check(levels, "sampling_ratio = 0, aligned = 1"));
    mmd_graph_destroy(check(levels, "sampling_ratio = 2, aligned = 0"));
    mmd_graph_destroy(check(levels, "sampling_ratio = 0, aligned = 1, roi_scale_factor = 1.5f"));
    mmd_graph_destroy(check(
        levels, "sampling_ratio = 0, aligned = 1, roi_scale_factor = 1.3f, roi_border = 0.0f"));
  }
}

static void one_level_needs_no_choice(void **state) {
  size_t count = 0;
  (void)state;
  mmd_graph_t *graph = check(1, "sampling_ratio = 0, aligned = 1");
  for (const mmd_node_t *node = graph->root->first; node; node = node->next) ++count;
  assert_true(count <= 4);  // boxes, images, their type, RoiAlign
  mmd_graph_destroy(graph);
}

// Maxima of mmcv are not those of ONNX: nothing is spelled out.
static void maxima_stay(void **state) {
  static const char text[] =
      "graph \"g\" { opset \"\" 17 opset \"mmdeploy\" 1 input %a : f32[1,2,10,11]\n"
      "constant %r : f32[1,5] = [0, 1, 2, 8, 9]\n"
      "%y = mmdeploy::MMCVMultiLevelRoiAlign(%r, %a) {featmap_strides = [4.0f], pool_mode = 0} "
      "output %y }";
  (void)state;
  mmd_graph_t *graph = test_run("split_multi_level_roi_align", text, NULL);
  assert_string_equal(graph->root->first->op, "MMCVMultiLevelRoiAlign");
  mmd_graph_destroy(graph);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(numbers_stay),
      cmocka_unit_test(one_level_needs_no_choice),
      cmocka_unit_test(maxima_stay),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
