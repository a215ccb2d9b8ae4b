// SPDX-License-Identifier: Apache-2.0
#include "passes/pass_testing.h"

static void attributes_become_inputs(void **state) {
  (void)state;
  test_pass(
      "convert_opset",
      "graph \"g\" { opset \"\" 9 input %x : f32[1,2,3]\n"
      "%a = Squeeze(%x) {axes = [0]} %b = Unsqueeze(%a) {axes = [1]} %c = ReduceSum(%b) {axes = "
      "[1], "
      "keepdims = 0}\n"
      "%d = Clip(%c) {min = -0.5, max = 0.5} %e = Pad(%d) {pads = [1, 0, 0, 1], value = 2.0}\n"
      "%f = Slice(%e) {starts = [0], ends = [2], axes = [1]} %h = Softmax(%f)\n"
      "%i, %j = Split(%h) {axis = 1, split = [1, 1]} output %i output %j }",
      "graph \"g\" {\n  opset \"\" 17\n  input %x : f32[1,2,3]\n"
      "  constant %a_axes : i64[1] = [0]\n  constant %b_axes : i64[1] = [1]\n"
      "  constant %c_axes : i64[1] = [1]\n  constant %d_min : f32[] = [-0.5]\n"
      "  constant %d_max : f32[] = [0.5]\n  constant %e_pads : i64[4] = [1, 0, 0, 1]\n"
      "  constant %e_value : f32[] = [2.0]\n  constant %f_starts : i64[1] = [0]\n"
      "  constant %f_ends : i64[1] = [2]\n  constant %f_axes : i64[1] = [1]\n"
      "  constant %i_split : i64[2] = [1, 1]\n"
      "  %a = Squeeze(%x, %a_axes)\n  %b = Unsqueeze(%a, %b_axes)\n"
      "  %c = ReduceSum(%b, %c_axes) {keepdims = 0}\n  %d = Clip(%c, %d_min, %d_max)\n"
      "  %e = Pad(%d, %e_pads, %e_value)\n  %f = Slice(%e, %f_starts, %f_ends, %f_axes)\n"
      "  %h = Softmax(%f) {axis = 1}\n  %i, %j = Split(%h, %i_split) {axis = 1}\n"
      "  output %i\n  output %j\n}\n");
}

static void old_softmax_is_over_all_behind_the_axis(void **state) {
  (void)state;
  test_pass("convert_opset",
            "graph \"g\" { opset \"\" 11 input %x : f32[2,3,2] %y = Softmax(%x) output %y }",
            "graph \"g\" {\n  opset \"\" 17\n  input %x : f32[2,3,2]\n  %y_shape = Shape(%x)\n"
            "  %y_flat = Flatten(%x) {axis = 1}\n  %y_2 = Softmax(%y_flat) {axis = -1} name \"y\"\n"
            "  %y = Reshape(%y_2, %y_shape)\n  output %y\n}\n");
}

// Resize before 11 took the ceiling where the result is smaller; both ways at once cannot be said.
static void old_nearest_pixels_depend_on_the_scale(void **state) {
  (void)state;
  test_pass(
      "convert_opset",
      "graph \"g\" { opset \"\" 10 input %x : f32[1,1,4,4] constant %s : f32[4] = [1, 1, 0.5, 1]\n"
      "constant %t : f32[4] = [1, 1, 0.5, 2] %y = Resize(%x, %s) %z = Resize(%x, %t)\n"
      "output %y output %z }",
      "graph \"g\" {\n  opset \"\" 17\n  input %x : f32[1,1,4,4]\n"
      "  constant %s : f32[4] = [1.0, 1.0, 0.5, 1.0]\n"
      "  constant %t : f32[4] = [1.0, 1.0, 0.5, 2.0]\n"
      "  %y = Resize(%x, _, %s) {coordinate_transformation_mode = \"asymmetric\", nearest_mode = "
      "\"ceil\"}\n"
      "  %z = Resize:10(%x, %t)\n  output %y\n  output %z\n}\n");
}

static void old_hardmax_is_over_all_behind_the_axis(void **state) {
  (void)state;
  test_pass("convert_opset",
            "graph \"g\" { opset \"\" 11 input %x : f32[2,3,2] %y = Hardmax(%x) output %y }",
            "graph \"g\" {\n  opset \"\" 17\n  input %x : f32[2,3,2]\n  %y_shape = Shape(%x)\n"
            "  %y_flat = Flatten(%x) {axis = 1}\n  %y_2 = Hardmax(%y_flat) {axis = -1} name \"y\"\n"
            "  %y = Reshape(%y_2, %y_shape)\n  output %y\n}\n");
}

// GridSample's modes have other names since 20, GroupNormalization a number a channel since 21.
static void new_forms_of_late_opsets(void **state) {
  (void)state;
  const mmd_pass_options_t options = {.opset = 21};
  const char *before =
      "graph \"g\" { opset \"\" 18 input %x : f32[1,4,2,2] input %p : f32[1,2,2,2]\n"
      "constant %s : f32[2] = [1, 2] constant %t : f32[2] = [3, -1]\n"
      "%a = GroupNormalization(%x, %s, %t) {num_groups = 2}\n"
      "%b = GridSample(%a, %p) {mode = \"bicubic\"} %c = GridSample(%b, %p) output %c }";
  mmd_graph_t *graph = test_run("convert_opset", before, &options), *original = test_parse(before);
  mmd_str_t text = {0};
  test_assert_same_numbers(original, graph);
  mmd_assert_ok(mmd_graph_print(graph, MMD_TEXT_NO_TYPES, &text));
  assert_non_null(
      strstr(mmd_str_text(&text),
             "  %a_scale_column = Reshape(%s, %a_scale_column_shape)\n"
             "  %a_scale_repeated = Expand(%a_scale_column, %a_scale_repeated_shape)\n"));
  assert_non_null(strstr(mmd_str_text(&text),
                         "  %a = GroupNormalization(%x, %a_scale_channels, %a_bias_channels) "
                         "{num_groups = 2}\n"
                         "  %b = GridSample(%a, %p) {mode = \"cubic\"}\n"
                         "  %c = GridSample(%b, %p) {mode = \"linear\"}\n"));
  mmd_str_deinit(&text);
  mmd_graph_destroy(original);
  mmd_graph_destroy(graph);
}

static void old_norms_and_dropouts_are_inference(void **state) {
  (void)state;
  test_pass_text(
      "convert_opset",
      "graph \"g\" { opset \"\" 6 input %x : f32[1,2,3,3] constant %s : f32[2] = [1, 2]\n"
      "%a, %m, %v = BatchNormalization(%x, %s, %s, %s, %s) {is_test = 1, spatial = 1, "
      "consumed_inputs = [0, 0, 0, 1, 1], momentum = 0.5}\n"
      "%b = Dropout(%a) {ratio = 0.25, is_test = 1} output %b }",
      "graph \"g\" {\n  opset \"\" 17\n  input %x : f32[1,2,3,3]\n  constant %s : f32[2] = [1.0, "
      "2.0]\n"
      "  constant %b_ratio : f32[] = [0.25]\n"
      "  %a = BatchNormalization(%x, %s, %s, %s, %s) {consumed_inputs = [0, 0, 0, 1, 1], momentum "
      "= 0.5}\n"
      "  %b = Dropout(%a, %b_ratio)\n  output %b\n}\n");
}

static void upsample_becomes_resize(void **state) {
  (void)state;
  test_pass_text(
      "convert_opset",
      "graph \"g\" { opset \"\" 9 input %x : f32[1,1,2,2] constant %s : f32[4] = [1, 1, 2, 2]\n"
      "%y = Upsample(%x, %s) {mode = \"linear\"} %z = Upsample:7(%x) {scales = [1.0, 1.0, 2.0, "
      "3.0]}\n"
      "%r = Resize:10(%x, %s) output %y output %z output %r }",
      "graph \"g\" {\n  opset \"\" 17\n  input %x : f32[1,1,2,2]\n"
      "  constant %s : f32[4] = [1.0, 1.0, 2.0, 2.0]\n"
      "  constant %z_scales : f32[4] = [1.0, 1.0, 2.0, 3.0]\n"
      "  %y = Resize(%x, _, %s) {mode = \"linear\", coordinate_transformation_mode = "
      "\"asymmetric\"}\n"
      "  %z = Resize(%x, _, %z_scales) {coordinate_transformation_mode = \"asymmetric\", "
      "nearest_mode = \"floor\"}\n"
      "  %r = Resize(%x, _, %s) {coordinate_transformation_mode = \"asymmetric\", nearest_mode = "
      "\"floor\"}\n"
      "  output %y\n  output %z\n  output %r\n}\n");
}

static void old_broadcasts_are_aligned(void **state) {
  (void)state;
  test_pass_text(
      "convert_opset",
      "graph \"g\" { opset \"\" 6 input %x : f32[1,2,3,3] constant %b : f32[2] = [1, 2]\n"
      "%y = Add(%x, %b) {broadcast = 1, axis = 1} output %y }",
      "graph \"g\" {\n  opset \"\" 17\n  input %x : f32[1,2,3,3]\n  constant %b : f32[2] = [1.0, "
      "2.0]\n"
      "  constant %y_aligned_axes : i64[2] = [1, 2]\n"
      "  %y_aligned = Unsqueeze(%b, %y_aligned_axes)\n  %y = Add(%x, %y_aligned)\n  output "
      "%y\n}\n");
}

static void newer_and_unknown_nodes_stay(void **state) {
  (void)state;
  test_pass_text("convert_opset",
                 "graph \"g\" { opset \"\" 9 opset \"my\" 1 input %x : f32[1] %a = my::Squeeze(%x) "
                 "{axes = [0]}\n"
                 "%b = Mystery(%a) {axes = [0]} %c = Tile:1(%b, %x, %x) output %c }",
                 "graph \"g\" {\n  opset \"\" 17\n  opset \"my\" 1\n  input %x : f32[1]\n"
                 "  %a = my::Squeeze(%x) {axes = [0]}\n  %b = Mystery:9(%a) {axes = [0]}\n"
                 "  %c = Tile:1(%b, %x, %x)\n  output %c\n}\n");
  test_pass_keeps("convert_opset",
                  "graph \"g\" { opset \"\" 18 input %x : f32[1] %y = Relu(%x) output %y }");
}

static void the_target_can_be_chosen(void **state) {
  (void)state;
  const mmd_pass_options_t options = {.opset = 18};
  mmd_graph_t *graph =
      test_run("convert_opset",
               "graph \"g\" { opset \"\" 12 input %x : f32[2,2] %a = ReduceMean(%x) {axes = [1]}\n"
               "%b, %c = Split(%a) output %b output %c }",
               &options);
  test_assert_text(
      graph,
      "graph \"g\" {\n  opset \"\" 18\n  input %x : f32[2,2]\n  constant %a_axes : i64[1] = [1]\n"
      "  %a = ReduceMean(%x, %a_axes)\n  %b, %c = Split(%a) {num_outputs = 2}\n"
      "  output %b\n  output %c\n}\n");
  mmd_graph_destroy(graph);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(attributes_become_inputs),
      cmocka_unit_test(old_softmax_is_over_all_behind_the_axis),
      cmocka_unit_test(old_nearest_pixels_depend_on_the_scale),
      cmocka_unit_test(old_hardmax_is_over_all_behind_the_axis),
      cmocka_unit_test(new_forms_of_late_opsets),
      cmocka_unit_test(old_norms_and_dropouts_are_inference),
      cmocka_unit_test(upsample_becomes_resize),
      cmocka_unit_test(old_broadcasts_are_aligned),
      cmocka_unit_test(newer_and_unknown_nodes_stay),
      cmocka_unit_test(the_target_can_be_chosen),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
