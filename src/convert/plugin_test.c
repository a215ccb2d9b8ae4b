// SPDX-License-Identifier: Apache-2.0
//
// Plugins of tests/plugins: what they may do to a graph, and what is said of bad ones.
#include "convert/plugin.h"

#include <stdio.h>
#include <stdlib.h>

#include "convert/run_onnx_testing.h"
#include "graph/verify.h"
#include "ops/infer.h"

#define PLUGIN(name) MMD_BINARY_DIR "/lib/plugins/" name ".so"
#define EXAMPLE PLUGIN("example_plugin")

#define HEAD "graph \"g\" { opset \"\" 13 input %x : f32[2,3] "

static mmd_graph_t *read_graph(const char *text) {
  mmd_graph_t *graph = NULL;
  mmd_assert_ok(mmd_graph_parse(text, strlen(text), "test", &graph));
  mmd_assert_ok(mmd_graph_infer(graph));
  return graph;
}

static mmd_value_t *list(const char *a, const char *b) {
  mmd_value_t *names = mmd_value_array();
  if (a) mmd_assert_ok(mmd_array_take(names, mmd_value_string(a)));
  if (b) mmd_assert_ok(mmd_array_take(names, mmd_value_string(b)));
  return names;
}

static mmd_status_t apply(mmd_graph_t *graph, const char *path, const char *a, const char *b) {
  mmd_value_t *paths = list(path, NULL), *names = list(a, b);
  mmd_status_t status = mmd_plugin_apply(graph, paths, names);
  mmd_value_release(paths);
  mmd_value_release(names);
  return status;
}

static void expect_text(const mmd_graph_t *graph, const char *wanted) {
  mmd_str_t text = {0};
  mmd_assert_ok(mmd_graph_print(graph, 0, &text));
  if (!strstr(mmd_str_text(&text), wanted)) {
    assert_string_equal(mmd_str_text(&text), wanted);
  }
  mmd_str_deinit(&text);
}

//===--- good passes -------------------------------------------------------===//

static void the_example_rewrites(void **state) {
  (void)state;
  mmd_graph_t *graph = read_graph(HEAD
                                  "%d = Dropout(%x) name \"drop\" %s = Sigmoid(%d) name \"sig\" "
                                  "%y = Mul(%s, %d) name \"mul\" scope \"neck\" output %y }");
  mmd_assert_ok(apply(graph, EXAMPLE, "remove_dropout", "fuse_swish"));
  expect_text(graph,
              "  %y = example::Swish(%x) {beta = 1.0} name \"mul_swish\" scope \"neck\" : "
              "f32[2,3]\n  output %y\n");
  assert_int_equal(mmd_graph_node_count(graph), 1);
  mmd_graph_destroy(graph);
}

static void the_example_goes_into_bodies(void **state) {
  (void)state;
  mmd_graph_t *graph = read_graph(
      HEAD
      "input %p : bool[] %e = If(%p) {then_branch = region \"t\" { %a = Neg(%x) "
      "%t = Dropout(%a) output %t },\nelse_branch = region \"f\" { %f = Abs(%x) output %f }} "
      "output %e }");
  mmd_assert_ok(apply(graph, EXAMPLE, "remove_dropout", NULL));
  assert_int_equal(mmd_graph_node_count(graph), 3);
  mmd_graph_destroy(graph);
}

static void a_file_is_loaded_once(void **state) {
  (void)state;
  mmd_assert_ok(mmd_plugin_load(EXAMPLE));
  const size_t count = mmd_plugin_pass_count();
  mmd_assert_ok(mmd_plugin_load(EXAMPLE));
  assert_int_equal(mmd_plugin_pass_count(), count);
}

static void folders_are_searched(void **state) {
  (void)state;
  char *folder = mmd_test_make_directory();
  char *path = mmd_path_join(folder, "found_plugin.so");
  // Of a name that is not taken yet.
  mmd_assert_ok(mmd_file_copy(PLUGIN("plugin_result"), path));
  setenv("MMDEPLOY_PLUGIN_PATH", folder, 1);
  mmd_assert_ok(mmd_plugin_load_all(NULL));
  unsetenv("MMDEPLOY_PLUGIN_PATH");
  const mmd_plugin_pass_t last = mmd_plugin_pass_at(mmd_plugin_pass_count() - 1);
  assert_string_equal(last.pass->name, "change_result");
  assert_string_equal(last.path, path);
  mmd_test_remove_tree(folder);
  mmd_free(path);
  mmd_free(folder);
}

//===--- bad ones ----------------------------------------------------------===//

static void bad_files_are_refused(void **state) {
  (void)state;
  const size_t count = mmd_plugin_pass_count();
  mmd_assert_fails(mmd_plugin_load("/nonexistent/plugin.so"), MMD_UNAVAILABLE,
                   "/nonexistent/plugin.so");
  mmd_assert_fails(mmd_plugin_load(PLUGIN("plugin_other_symbol")), MMD_UNAVAILABLE,
                   "no symbol 'mmdeploy_graph_query' or 'mmdeploy_target_query'");
  mmd_assert_fails(mmd_plugin_load(PLUGIN("plugin_newer")), MMD_UNAVAILABLE,
                   "graph ABI version 99 found, version 1 is needed");
  mmd_assert_fails(mmd_plugin_load(PLUGIN("plugin_small")), MMD_UNAVAILABLE, "of 16 bytes");
  mmd_assert_fails(mmd_plugin_load(PLUGIN("plugin_refuses")), MMD_UNAVAILABLE, "not today");
  mmd_assert_fails(mmd_plugin_load(PLUGIN("plugin_bad_name")), MMD_UNAVAILABLE,
                   "'Bad-Name' is no name");
  mmd_assert_fails(mmd_plugin_load(PLUGIN("plugin_taken_name")), MMD_UNAVAILABLE,
                   "there is a pass 'fold_constants' already");
  mmd_assert_fails(mmd_plugin_load(PLUGIN("plugin_hollow")), MMD_UNAVAILABLE,
                   "has no run function");
  assert_int_equal(mmd_plugin_pass_count(), count);
}

static void expect_bad_pass(const char *path, const char *name, mmd_code_t code,
                            const char *message) {
  mmd_graph_t *graph = read_graph(HEAD "%a = Relu(%x) %y = Abs(%a) output %y }");
  mmd_assert_fails(apply(graph, path, name, NULL), code, message);
  mmd_graph_destroy(graph);
}

static void bad_passes_are_named(void **state) {
  (void)state;
  expect_bad_pass(PLUGIN("plugin_silent"), "fail_silently", MMD_INTERNAL,
                  "plugin_silent.so: fails with code 77 and no message");
  expect_bad_pass(PLUGIN("plugin_loud"), "fail_loudly", MMD_NOT_SUPPORTED,
                  "plugin_loud.so: this model is not for me");
  expect_bad_pass(PLUGIN("plugin_order"), "break_order", MMD_INVALID_ARGUMENT,
                  "pass break_order of " PLUGIN("plugin_order") ": leaves a broken graph");
  expect_bad_pass(PLUGIN("plugin_types"), "break_types", MMD_INVALID_ARGUMENT,
                  "plugin_types.so: leaves a broken graph");
}

static void unknown_passes_are_named(void **state) {
  (void)state;
  expect_bad_pass(EXAMPLE, "remove_dropuot", MMD_NOT_FOUND, "'remove_dropout' is one");
  expect_bad_pass(EXAMPLE, "fold_constants", MMD_INVALID_ARGUMENT, "is a pass of ours");
}

// What a pass makes of the numbers, the command's own comparison sees.
static void optimize_compares_what_a_plugin_did(void **state) {
  (void)state;
  scene_t s;
  scene_init(&s);
  scene_model(&s, 0, HEAD "%a = Relu(%x) %y = Abs(%a) output %y }");
  mmd_assert_ok(SCENE_RUN(&s, mmd_optimize_command, "@0", "@1", "--pass", "change_result"));
  assert_int_equal(s.exit_status, 3);
  mmd_assert_ok(SCENE_RUN(&s, mmd_optimize_command, "@0", "@1", "--pass", "remove_dropout"));
  assert_int_equal(s.exit_status, 0);
  scene_deinit(&s);
}

//===--- the table ---------------------------------------------------------===//

#define API (&mmd_plugin_graph_api)

static void nodes_and_values_are_read(void **state) {
  (void)state;
  mmd_graph_t *graph = read_graph(
      HEAD
      "constant %w : f32[3] = [1, 2, 3] %a = Add(%x, %w) name \"add\" scope \"m\" "
      "%y = Softmax(%a) {axis = 1, note = \"n\", scale = 0.5f, sizes = [4, 5]} name \"soft\" "
      "output %y }");
  mmd_region_t *root = API->graph_root(graph);
  mmd_node_t *add = API->region_first_node(root), *soft = API->node_next(add);
  mmd_edge_t *w = API->graph_find_value(graph, "w");
  assert_string_equal(API->graph_name(graph), "g");
  assert_int_equal(API->graph_opset(graph, ""), 13);
  assert_int_equal(API->region_input_count(root), 1);
  assert_int_equal(API->region_node_count(root), 2);
  assert_ptr_equal(API->region_last_node(root), soft);
  assert_ptr_equal(API->region_output(root, 0), API->node_output(soft, 0));
  assert_null(API->region_output(root, 1));
  assert_null(API->node_next(soft));
  assert_ptr_equal(API->node_previous(soft), add);
  assert_string_equal(API->node_scope(add), "m");
  assert_ptr_equal(API->node_input(add, 1), w);
  assert_ptr_equal(API->region_constant(root, 0), w);
  assert_true(API->value_is_constant(w));
  assert_false(API->value_is_output(w));
  assert_int_equal(API->value_use_count(w), 1);
  assert_ptr_equal(API->value_user(w, 0), add);
  assert_ptr_equal(API->value_producer(API->node_input(soft, 0)), add);
  assert_int_equal(API->attr_int(soft, "axis", -1), 1);
  assert_int_equal(API->attr_int(soft, "scale", -1), -1);
  assert_float_equal(API->attr_float(soft, "scale", 0), 0.5, 0);
  assert_string_equal(API->attr_string(soft, "note", ""), "n");
  size_t count = 0;
  assert_int_equal(API->attr_ints(soft, "sizes", &count)[1], 5);
  assert_int_equal(count, 2);
  assert_int_equal(API->attr_kind(soft, "none"), MMDEPLOY_ATTR_NONE);
  assert_int_equal(API->attr_kind(soft, "sizes"), MMDEPLOY_ATTR_INTS);
  mmdeploy_plugin_tensor_info_t info;
  assert_int_equal(API->value_info(API->node_output(add, 0), &info), 0);
  assert_int_equal(info.rank, 2);
  assert_int_equal(info.dims[1], 3);
  mmdeploy_graph_tensor_t tensor;
  assert_int_equal(API->value_constant(w, &tensor, NULL), 0);
  assert_int_equal(tensor.byte_size, 12);
  assert_float_equal(((const float *)tensor.data)[2], 3, 0);
  mmd_graph_destroy(graph);
}

static void graphs_are_changed(void **state) {
  (void)state;
  mmdeploy_plugin_error_t error = {0};
  mmd_graph_t *graph = read_graph(HEAD "%y = Relu(%x) name \"r\" output %y }");
  mmd_region_t *root = API->graph_root(graph);
  mmd_node_t *relu = API->region_first_node(root), *mul = NULL;
  const float numbers[3] = {2, 3, 4};
  const mmdeploy_graph_tensor_t tensor = {MMDEPLOY_PLUGIN_F32, 1, {3}, numbers, sizeof numbers};
  mmd_edge_t *inputs[2] = {API->region_input(root, 0), NULL};
  assert_int_equal(API->constant_create(root, "k", &tensor, &inputs[1], &error), 0);
  assert_int_equal(API->node_create(root, relu, "", "Mul", "m", 2, inputs, 1, &mul, &error), 0);
  assert_int_equal(API->node_set_input(relu, 0, API->node_output(mul, 0), &error), 0);
  assert_int_equal(API->node_set_op(relu, "", "LeakyRelu", 6, &error), 0);
  assert_int_equal(API->attr_set_float(relu, "alpha", 0.25, &error), 0);
  assert_int_equal(API->node_set_name(relu, "leaky", &error), 0);
  assert_int_equal(API->graph_infer(graph, &error), 0);
  assert_int_equal(API->graph_verify(graph, &error), 0);
  expect_text(graph,
              "  %m = Mul(%x, %k) : f32[2,3]\n"
              "  %y = LeakyRelu:6(%m) {alpha = 0.25} name \"leaky\" : f32[2,3]\n");
  mmd_graph_destroy(graph);
}

static void mistakes_are_refused(void **state) {
  (void)state;
  mmdeploy_plugin_error_t error = {0};
  mmd_graph_t *graph = read_graph(HEAD "%y = Relu(%x) name \"r\" output %y }");
  mmd_region_t *root = API->graph_root(graph);
  mmd_node_t *relu = API->region_first_node(root), *node = NULL;
  mmdeploy_graph_tensor_t tensor = {MMDEPLOY_PLUGIN_F32, 1, {3}, "", 1};
  mmd_edge_t *value = NULL;
  assert_int_equal(API->node_erase(NULL, &error), MMDEPLOY_PLUGIN_INVALID_ARGUMENT);
  assert_string_equal(error.message, "node_erase: node is NULL");
  assert_int_equal(API->node_erase(relu, &error), MMDEPLOY_PLUGIN_INVALID_ARGUMENT);
  assert_non_null(strstr(error.message, "'y'"));
  assert_int_equal(API->node_create(root, NULL, "none", "Op", "n", 0, NULL, 1, &node, &error),
                   MMDEPLOY_PLUGIN_INVALID_ARGUMENT);
  assert_non_null(strstr(error.message, "does not import the domain 'none'"));
  assert_int_equal(API->constant_create(root, "k", &tensor, &value, &error),
                   MMDEPLOY_PLUGIN_INVALID_ARGUMENT);
  assert_non_null(strstr(error.message, "1 bytes; its shape needs 3 elements of 4"));
  tensor.dtype = MMDEPLOY_PLUGIN_STRING;
  assert_int_equal(API->constant_create(root, "k", &tensor, &value, &error),
                   MMDEPLOY_PLUGIN_NOT_SUPPORTED);
  assert_int_equal(API->value_erase_constant(API->region_input(root, 0), &error),
                   MMDEPLOY_PLUGIN_INVALID_ARGUMENT);
  assert_int_equal(API->value_rename(API->region_input(root, 0), "y", &error),
                   MMDEPLOY_PLUGIN_INVALID_ARGUMENT);
  assert_int_equal(API->attr_tensor(relu, "none", &tensor, &error), MMDEPLOY_PLUGIN_NOT_FOUND);
  assert_int_equal(API->region_set_output(root, 1, API->region_input(root, 0), &error),
                   MMDEPLOY_PLUGIN_OUT_OF_RANGE);
  assert_null(API->node_next(NULL));
  assert_string_equal(API->node_op(NULL), "");
  mmd_assert_ok(mmd_graph_verify(graph));
  mmd_graph_destroy(graph);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_example_rewrites),
      cmocka_unit_test(the_example_goes_into_bodies),
      cmocka_unit_test(a_file_is_loaded_once),
      cmocka_unit_test(bad_files_are_refused),
      cmocka_unit_test(bad_passes_are_named),
      cmocka_unit_test(unknown_passes_are_named),
      cmocka_unit_test(folders_are_searched),
      cmocka_unit_test(optimize_compares_what_a_plugin_did),
      cmocka_unit_test(nodes_and_values_are_read),
      cmocka_unit_test(graphs_are_changed),
      cmocka_unit_test(mistakes_are_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
