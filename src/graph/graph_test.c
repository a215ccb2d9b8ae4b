// SPDX-License-Identifier: Apache-2.0
#include "graph/graph.h"

#include <string.h>

#include "graph/text.h"
#include "graph/verify.h"
#include "tests/support/mmd_test.h"
#include "tests/support/mmd_test_fail.h"

static mmd_graph_t *parse(const char *text) {
  mmd_graph_t *graph = NULL;
  mmd_assert_ok(mmd_graph_parse(text, strlen(text), "test", &graph));
  return graph;
}

static void assert_prints(const mmd_graph_t *graph, const char *expected) {
  mmd_str_t text = {0};
  mmd_assert_ok(mmd_graph_verify(graph));
  mmd_assert_ok(mmd_graph_print(graph, 0, &text));
  assert_string_equal(mmd_str_text(&text), expected);
  mmd_str_deinit(&text);
}

static mmd_status_t build(void *context) {
  mmd_graph_t *graph = NULL;
  mmd_tensor_t weights = {0};
  MMD_TRY(mmd_graph_create("net", &graph));
  mmd_region_t *root = graph->root;
  mmd_status_t status = mmd_graph_set_opset(graph, "ai.onnx", 17);
  const float numbers[2] = {1, 2};
  mmd_type_t type = mmd_type_tensor(graph, MMD_F32, 2, (int64_t[]){-1, 2});
  mmd_edge_t *x = NULL, *w = NULL;
  mmd_node_t *add = NULL, *split = NULL;
  if (!status && type.kind == MMD_TYPE_UNKNOWN) status = mmd_status_no_memory();
  if (!status) status = mmd_region_add_input(root, "x", &type, &x);
  if (!status) status = mmd_tensor_from_f32(numbers, 2, &weights);
  if (!status) status = mmd_region_add_constant(root, "x", &weights, &w);
  if (!status)
    status = mmd_node_create(root, NULL, "", "Add", "add", 2, (mmd_edge_t *[]){x, w}, 1, &add);
  if (!status) status = mmd_node_create(root, NULL, "", "Split", NULL, 1, add->outputs, 2, &split);
  if (!status) status = mmd_node_set_int(split, "axis", 1);
  if (!status) status = mmd_node_set_string(split, "mode", "a");
  if (!status) status = mmd_node_set_string(split, "mode", "b");
  if (!status) status = mmd_node_set_tensor(split, "table", &weights);
  if (!status) status = mmd_node_set_input(split, 3, w);
  if (!status) status = mmd_node_set_scope(split, "neck.0");
  if (!status) status = mmd_region_add_output(root, split->outputs[1]);
  if (!status) status = mmd_graph_verify(graph);
  mmd_tensor_deinit(&weights);
  if (status || !context) {
    mmd_graph_destroy(graph);
  } else {
    *(mmd_graph_t **)context = graph;
  }
  return status;
}

static void graphs_are_built(void **state) {
  (void)state;
  mmd_graph_t *graph = NULL;
  mmd_assert_ok(build(&graph));
  assert_prints(
      graph,
      "graph \"net\" {\n"
      "  opset \"\" 17\n"
      "  input %x : f32[dim,2]\n"
      "  constant %x_1 : f32[2] = [1.0, 2.0]\n"
      "  %add = Add(%x, %x_1)\n"
      "  %Split_0, %Split_1 = Split(%add, _, _, %x_1) {axis = 1, mode = \"b\", table = tensor "
      "f32[2] = [1.0, 2.0]} name \"\" scope \"neck.0\"\n"
      "  output %Split_1\n"
      "}\n");
  mmd_node_t *split = graph->root->last;
  assert_int_equal(mmd_edge_use_count(mmd_graph_find_edge(graph, "x_1")), 2);
  mmd_str_t text = {0};
  mmd_assert_ok(mmd_node_describe(split, &text));
  assert_string_equal(text.data, "Split node 'Split_0' (neck.0)");
  mmd_str_deinit(&text);
  assert_int_equal(mmd_node_attr_int(split, "axis", 7), 1);
  assert_int_equal(mmd_node_attr_int(split, "mode", 7), 7);
  assert_string_equal(mmd_node_attr_string(split, "mode", ""), "b");
  assert_non_null(mmd_node_attr_tensor(split, "table"));
  mmd_node_remove_attr(split, "mode");
  mmd_node_remove_attr(split, "mode");
  assert_null(mmd_node_attr(split, "mode"));
  mmd_assert_ok(mmd_node_trim_inputs(split, 3));
  assert_int_equal(split->input_count, 1);
  mmd_assert_ok(mmd_node_drop_output(split, 0));
  mmd_assert_fails(mmd_node_drop_output(split, 1), MMD_INVALID_ARGUMENT, "still used");
  mmd_assert_fails(mmd_node_erase(split), MMD_INVALID_ARGUMENT, "still used");
  mmd_assert_ok(mmd_region_remove_output(graph->root, 0));
  mmd_assert_ok(mmd_node_erase(split));
  assert_null(mmd_graph_find_edge(graph, "Split_1"));
  mmd_assert_fails(mmd_region_remove_input(graph->root, 0), MMD_INVALID_ARGUMENT, "still used");
  mmd_assert_ok(mmd_node_erase(graph->root->first));
  mmd_assert_ok(mmd_region_remove_input(graph->root, 0));
  mmd_assert_ok(mmd_edge_erase_constant(mmd_graph_find_edge(graph, "x_1")));
  assert_prints(graph, "graph \"net\" {\n  opset \"\" 17\n}\n");
  mmd_graph_destroy(graph);
}

static void short_memory_is_reported(void **state) {
  (void)state;
  mmd_test_sweep(build, NULL);
}

static void names_stay_unique(void **state) {
  (void)state;
  mmd_graph_t *graph = parse("graph \"g\" { input %x %y = F(%x) %y_1 = F(%x) }");
  assert_string_equal(mmd_graph_fresh_name(graph, "y"), "y_2");
  mmd_assert_fails(mmd_edge_rename(mmd_graph_find_edge(graph, "y"), "x"), MMD_INVALID_ARGUMENT,
                   "taken");
  mmd_assert_ok(mmd_edge_rename(mmd_graph_find_edge(graph, "y"), "z"));
  mmd_assert_ok(mmd_edge_rename(mmd_graph_find_edge(graph, "y_1"), "y"));
  assert_prints(
      graph, "graph \"g\" {\n  input %x\n  %z = F(%x) name \"y\"\n  %y = F(%x) name \"y_1\"\n}\n");
  mmd_graph_destroy(graph);
}

static void forward(mmd_graph_t *graph, const char *from, const char *to) {
  mmd_assert_ok(mmd_edge_forward(mmd_graph_find_edge(graph, from), mmd_graph_find_edge(graph, to)));
}

static void outputs_keep_their_names(void **state) {
  (void)state;
  mmd_graph_t *graph = parse("graph \"g\" { input %x %y = F(%x) %z = G(%y) %u = H(%z) output %z }");
  forward(graph, "z", "y");  // a node's output takes over the name
  assert_prints(graph,
                "graph \"g\" {\n  input %x\n  %z = F(%x) name \"y\"\n  %z_1 = G(%z) name \"z\"\n"
                "  %u = H(%z)\n  output %z\n}\n");
  forward(graph, "z", "x");  // an input cannot
  assert_prints(graph,
                "graph \"g\" {\n  input %x\n  %z_3 = F(%x) name \"y\"\n  %z_1 = G(%x) name \"z\"\n"
                "  %u = H(%x)\n  %z = Identity(%x)\n  output %z\n}\n");
  mmd_graph_destroy(graph);
}

static void inner_outputs_stay_inside(void **state) {
  (void)state;
  mmd_graph_t *graph = parse(
      "graph \"g\" { input %c %a = F(%c) %o = If(%c) {t = region \"r\" { %b = G(%a) output %b }} "
      "output %o }");
  forward(graph, "b", "a");
  assert_prints(graph,
                "graph \"g\" {\n  input %c\n  %a = F(%c)\n  %o = If(%c) {t = region \"r\" {\n"
                "    %b = G(%a)\n    %b_1 = Identity(%a) name \"b\"\n    output %b_1\n  }}\n  "
                "output %o\n}\n");
  mmd_node_t *node = graph->root->last;
  mmd_region_t *region = mmd_node_attr_region(node, "t");
  assert_ptr_equal(region->owner, node);
  assert_true(mmd_region_is_inside(region, graph->root));
  assert_false(mmd_region_is_inside(graph->root, region));
  mmd_assert_fails(mmd_node_set_region(region->first, "r", region), MMD_INVALID_ARGUMENT, "owner");
  mmd_assert_ok(mmd_node_set_region(node, "t", region));  // again: stays as it is
  assert_int_equal(region->node_count, 2);
  mmd_node_remove_attr(node, "t");
  assert_int_equal(mmd_edge_use_count(mmd_graph_find_edge(graph, "a")), 0);
  mmd_assert_ok(mmd_graph_verify(graph));
  mmd_graph_destroy(graph);
}

static void constants_are_replaced(void **state) {
  (void)state;
  mmd_graph_t *graph = parse("graph \"g\" { constant %w : f32[1] = [1] %y = F(%w) output %y }");
  mmd_edge_t *w = mmd_graph_find_edge(graph, "w");
  mmd_tensor_t tensor = {0};
  mmd_assert_ok(mmd_tensor_from_i64((int64_t[]){4, 5}, 2, &tensor));
  mmd_assert_ok(mmd_edge_set_constant(w, &tensor));
  mmd_tensor_deinit(&tensor);
  assert_prints(graph,
                "graph \"g\" {\n  constant %w : i64[2] = [4, 5]\n  %y = F(%w)\n  output %y\n}\n");
  mmd_assert_fails(mmd_edge_erase_constant(w), MMD_INVALID_ARGUMENT, "still used");
  mmd_graph_destroy(graph);
}

static void types_compare(void **state) {
  (void)state;
  mmd_graph_t *graph = parse(
      "graph \"g\" { input %a : f32[n,2] input %b : f32[n,2] input %c : f32[m,2] input %d : "
      "seq(f32[?]) "
      "input %e : f32[1,2] }");
  mmd_edge_t **in = graph->root->inputs;
  assert_true(mmd_type_equal(&in[0]->type, &in[1]->type));
  assert_false(mmd_type_equal(&in[0]->type, &in[2]->type));
  assert_false(mmd_type_equal(&in[0]->type, &in[3]->type));
  assert_true(mmd_type_is_static(&in[4]->type));
  assert_false(mmd_type_is_static(&in[0]->type));
  mmd_type_t type;
  mmd_assert_ok(mmd_type_parse(graph, "optional(seq(i64[?]))", 21, &type));
  assert_int_equal(type.element->element->dtype, MMD_I64);
  mmd_assert_fails(mmd_type_parse(graph, "f32[1]x", 7, &type), MMD_INVALID_ARGUMENT, "behind");
  mmd_graph_destroy(graph);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(graphs_are_built),
      cmocka_unit_test(short_memory_is_reported),
      cmocka_unit_test(names_stay_unique),
      cmocka_unit_test(outputs_keep_their_names),
      cmocka_unit_test(inner_outputs_stay_inside),
      cmocka_unit_test(constants_are_replaced),
      cmocka_unit_test(types_compare),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
