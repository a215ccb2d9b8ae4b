// SPDX-License-Identifier: Apache-2.0
//
// Against ncnn's own layers (testdata/detection_output.txt, made by make_detection_output.py), in
// both modes.
#include "ops/op_golden.h"

static void compare(const mmd_golden_t *g, const char *want, mmd_eval_mode_t mode) {
  mmd_tensor_t out;
  mmd_assert_ok(mmd_golden_run(g, mode, NULL, &out));
  assert_int_equal(out.shape.rank, 3);
  assert_int_equal(out.shape.dims[0], 1);
  for (size_t i = 0; i < mmd_tensor_count(&out); ++i) {
    char *at;
    const double number = strtod(want, &at), have = mmd_tensor_get_f64(&out, i);
    if (at == want) fail_msg("too few numbers, %zu, for\n%.300s", i, g->text);
    want = at;
    if (!(fabs(have - number) <= 1e-5 * (1 + fabs(number))))
      fail_msg("element %zu is %g, want %g, in\n%.400s", i, have, number, g->text);
  }
  if (*want != '\n') fail_msg("too many numbers wanted of\n%.300s", g->text);
  mmd_tensor_deinit(&out);
}

static void results_are_those_of_ncnn(void **state) {
  char *text;
  size_t size, cases = 0;
  (void)state;
  mmd_assert_ok(
      mmd_file_read(MMD_TEST_FILE("src/ops/testdata/detection_output.txt"), 1 << 20, &text, &size));
  for (const char *at = strstr(text, "\ngraph "); at; at = strstr(at, "\ngraph "), ++cases) {
    mmd_golden_t g;
    at = mmd_golden_read(at + 1, &g);
    mmd_assert_ok(mmd_graph_infer(g.graph));
    assert_memory_equal(at, "want", 4);
    compare(&g, at + 4, MMD_EVAL_PLAIN);
    compare(&g, at + 4, MMD_EVAL_FAST);
    for (size_t i = 0; i < g.input_count; ++i) mmd_tensor_deinit(&g.inputs[i]);
    mmd_graph_destroy(g.graph);
  }
  assert_true(cases >= 16);
  mmd_free(text);
}

// A graph of one node on |inputs|, text of its lines; what its evaluation says.
static void expect_error(const char *inputs, const char *node, const char *want) {
  mmd_str_t text = {0};
  mmd_golden_t g;
  mmd_tensor_t out;
  mmd_assert_ok(mmd_str_printf(&text,
                               "graph \"g\" {\n  opset \"mmdeploy\" 1\n%s  %%y = mmdeploy::%s\n"
                               "  output %%y\n}\n",
                               inputs, node));
  // No "fill" lines: the inputs are constants.
  mmd_golden_read(mmd_str_text(&text), &g);
  mmd_status_t status = mmd_golden_run(&g, MMD_EVAL_PLAIN, NULL, &out);
  if (!status) fail_msg("success instead of '%s'", want);
  assert_non_null(strstr(mmd_status_message(status), want));
  assert_true(mmd_status_ignore(status));
  mmd_graph_destroy(g.graph);
  mmd_str_deinit(&text);
}

#define CONSTANT(name, dims, numbers) "  constant %" name " : f32[" dims "] = [" numbers "]\n"
#define EIGHT "0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0"
#define DETECTION(scores, numbers)             \
  CONSTANT("l", "1,1,4", "0.0, 0.0, 0.0, 0.0") \
  CONSTANT("s", "1,1," scores, numbers) CONSTANT("p", "1,2,4", EIGHT)

static void wrong_inputs_are_refused(void **state) {
  (void)state;
  const char *good = DETECTION("2", "0.0, 1.0"), *bad = DETECTION("3", "0.0, 1.0, 0.0");
  const char *map = CONSTANT("m", "1,6,1,1", "0.0, 0.0, 0.0, 0.0, 0.0, 0.0");
  expect_error(bad, "DetectionOutput(%l, %s, %p) {num_class = 2}", "not those of 2 classes");
  expect_error(good, "DetectionOutput(%l, %s, %p) {num_class = 0}", "not those of 0 classes");
  expect_error(good, "DetectionOutput(%l, %s, %p) {num_class = 9223372036854775807}",
               "not those of");
  expect_error(good, "DetectionOutput(%l, %s, %p) {num_class = 2, keep_top_k = -1}",
               "negative nms_top_k or keep_top_k");
  expect_error(map, "PriorBox(%m) {image_width = 8, image_height = 8}", "the sizes");
  expect_error(map, "PriorBox(%m) {min_sizes = floats [1.0]}", "the sizes");
  expect_error(map,
               "Yolov3DetectionOutput(%m) {num_class = 1, num_box = 1, biases = floats [1.0, 1.0],"
               " mask = floats [1.0], anchors_scale = floats [8.0]}",
               "map 0");
  expect_error(map,
               "Yolov3DetectionOutput(%m) {num_class = 2, num_box = 1, biases = floats [1.0, 1.0],"
               " mask = floats [0.0], anchors_scale = floats [8.0]}",
               "map 0");
  expect_error(map, "Yolov3DetectionOutput(%m) {num_class = 1, num_box = 1}", "the lists");
}

static void sizes_are_inferred(void **state) {
  (void)state;
  mmd_golden_check_type(
      "graph \"g\" {\n"
      "  opset \"mmdeploy\" 1\n"
      "  input %x : f32[1,c,h,w]\n"
      "  %y = mmdeploy::PriorBox(%x) {min_sizes = floats [1.0], max_sizes = floats [2.0],"
      " aspect_ratios = floats [2.0]}\n"
      "  output %y\n"
      "}\n",
      "f32[1,2,16*h*w]");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(results_are_those_of_ncnn),
      cmocka_unit_test(wrong_inputs_are_refused),
      cmocka_unit_test(sizes_are_inferred),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
