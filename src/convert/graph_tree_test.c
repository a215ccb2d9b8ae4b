// SPDX-License-Identifier: Apache-2.0
#include "convert/graph_tree.h"

#include <stdio.h>
#include <string.h>

#include "graph/text.h"
#include "ops/infer.h"
#include "tests/support/mmd_test.h"
#include "tests/support/mmd_test_fail.h"

static mmd_status_t make_tree(const char *body, mmd_graph_t **out_graph,
                              mmd_graph_tree_t *out_tree) {
  mmd_str_t text = {0};
  mmd_status_t status = mmd_str_printf(&text, "graph \"g\" { opset \"\" 17 %s }", body);
  *out_graph = NULL;
  *out_tree = (mmd_graph_tree_t){0};
  if (!status) status = mmd_graph_parse(mmd_str_text(&text), text.size, "test", out_graph);
  mmd_str_deinit(&text);
  if (!status) status = mmd_graph_infer(*out_graph);
  if (!status) status = mmd_graph_tree_create(*out_graph, out_tree);
  return status;
}

static mmd_status_t print_item(const mmd_graph_tree_t *tree, size_t at, mmd_str_t *out) {
  const mmd_tree_item_t *item = &tree->items[at];
  MMD_TRY(mmd_str_append(out, item->name));
  if (item->first_child == MMD_TREE_NONE) return NULL;
  MMD_TRY(mmd_str_append(out, "("));
  for (size_t child = item->first_child; child != MMD_TREE_NONE; child = tree->items[child].next) {
    if (child != item->first_child) MMD_TRY(mmd_str_append(out, " "));
    MMD_TRY(print_item(tree, child, out));
  }
  return mmd_str_append(out, ")");
}

static void expect_tree(const char *body, const char *wanted) {
  mmd_graph_t *graph;
  mmd_graph_tree_t tree;
  mmd_str_t text = {0};
  mmd_assert_ok(make_tree(body, &graph, &tree));
  mmd_assert_ok(print_item(&tree, 0, &text));
  assert_string_equal(mmd_str_text(&text), wanted);
  mmd_str_deinit(&text);
  mmd_graph_tree_deinit(&tree);
  mmd_graph_destroy(graph);
}

static void modules_come_from_scopes(void **state) {
  (void)state;
  expect_tree(
      "input %x : f32[2] %a = Relu(%x) name \"r\" scope \"backbone.0\" "
      "%b = Abs(%a) name \"s\" scope \"neck\" %c = Neg(%b) name \"t\" scope \"backbone.1\" output "
      "%c",
      "g(backbone(0(r) 1(t)) neck(s))");
}

static void modules_come_from_names(void **state) {
  (void)state;
  // PyTorch's, with the list's name twice; ours; TensorFlow's.
  expect_tree(
      "input %x : f32[2] %a = Relu(%x) name \"/layer1/layer1.0/conv1/Relu\" "
      "%b = Abs(%a) name \"/layer1/layer1.1/Abs\" %c = Neg(%b) name \"Neg_3\" output %c",
      "g(layer1(0(conv1(Relu)) 1(Abs)) Neg_3)");
  expect_tree(
      "input %x : f32[2] %a = Relu(%x) name \"head.fc.Relu\" %b = Abs(%a) name \"net/a/Abs\" "
      "output %b",
      "g(head(fc(Relu)) net(a(Abs)))");
  // A name that is an operator and its number says nothing.
  expect_tree("input %x : f32[2] %a = Relu(%x) name \"p2o.Relu.0\" output %a", "g(p2o.Relu.0)");
}

static void modules_come_from_weights(void **state) {
  (void)state;
  // The activation between two layers of a block lies in the block.
  expect_tree(
      "input %x : f32[2] constant %net.a.weight : f32[2] = [1, 2] "
      "constant %net.b.bias : f32[2] = [1, 2] %a = Mul(%x, %net.a.weight) name \"Mul_0\" "
      "%b = Relu(%a) name \"Relu_1\" %c = Add(%b, %net.b.bias) name \"Add_2\" "
      "%d = Relu(%c) name \"Relu_3\" output %d",
      "g(net(a(Mul_0) Relu_1 b(Add_2)) Relu_3)");
}

static void bodies_belong_to_their_nodes(void **state) {
  (void)state;
  expect_tree(
      "input %x : f32[2] input %p : bool[] "
      "%e = If(%p) {then_branch = region \"t\" { %t = Neg(%x) name \"n\" output %t },\n"
      "else_branch = region \"f\" { %f = Abs(%x) name \"a.b\" output %f }} name \"if\" output %e",
      "g(if(then_branch(n) else_branch(a(b))))");
}

static const mmd_tree_item_t *find(const mmd_graph_tree_t *tree, const char *name) {
  for (size_t i = 0; i < tree->count; ++i) {
    if (strcmp(tree->items[i].name, name) == 0) return &tree->items[i];
  }
  fail_msg("no item '%s'", name);
  return NULL;
}

static const char *const g_shared =
    "input %x : f32[1,2,4,4] constant %w : f32[2,2,1,1] = [1, 2, 3, 4] "
    "%a = Conv(%x, %w) name \"m.a.Conv\" %b = Conv(%a, %w) name \"m.b.Conv\" "
    "%c = Shape(%b) name \"m.b.Shape\" %d = Add(%b, %a) name \"Add\" "
    "%z = other::Thing(%c) name \"Thing\" output %d output %z";

static void sums_go_up(void **state) {
  (void)state;
  mmd_graph_t *graph;
  mmd_graph_tree_t tree;
  mmd_assert_ok(make_tree(g_shared, &graph, &tree));
  const mmd_tree_item_t *root = &tree.items[0], *m = find(&tree, "m"), *a = find(&tree, "a"),
                        *b = find(&tree, "b");
  assert_int_equal(root->node_count, 5);
  assert_int_equal(m->node_count, 3);
  // Shared weights count once, where they are used first.
  assert_int_equal(root->parameters, 4);
  assert_int_equal(a->parameters, 4);
  assert_int_equal(b->parameters, 0);
  assert_int_equal(mmd_dim_number(m->cost.macs), 2 * 64);
  assert_int_equal(mmd_dim_number(root->cost.operations), 32);
  assert_int_equal(root->unknown_costs, 1);
  assert_int_equal(m->unknown_costs, 0);
  // |a| is used outside of m, and so are both results of m.b.
  assert_int_equal(m->output_count, 3);
  assert_int_equal(b->output_count, 2);
  assert_string_equal(b->output->name, "c");
  assert_string_equal(root->output->name, "d");
  mmd_graph_tree_deinit(&tree);
  mmd_graph_destroy(graph);
}

static void weights_in_nodes_count(void **state) {
  (void)state;
  mmd_graph_t *graph;
  mmd_graph_tree_t tree;
  mmd_assert_ok(
      make_tree("input %x : f32[2] %w = Constant() {value = tensor f32[2] = [1, 2]} "
                "%k = Constant() {value = tensor i64[1] = [2]} %a = Add(%x, %w) name \"m.Add\" "
                "%b = Reshape(%a, %k) output %b",
                &graph, &tree));
  assert_int_equal(tree.items[0].parameters, 2);
  assert_int_equal(find(&tree, "m")->parameters, 2);
  assert_int_equal(tree.items[0].node_count, 2);
  mmd_graph_tree_deinit(&tree);
  mmd_graph_destroy(graph);
}

static void closed_modules_stand_for_their_nodes(void **state) {
  (void)state;
  mmd_graph_t *graph;
  mmd_graph_tree_t tree;
  mmd_assert_ok(make_tree(g_shared, &graph, &tree));
  const size_t conv = graph->root->first->mark;
  const size_t a = tree.items[conv].parent, m = tree.items[a].parent;
  assert_int_equal(mmd_graph_tree_visible(&tree, conv, -1), conv);
  assert_int_equal(mmd_graph_tree_visible(&tree, conv, 3), conv);
  assert_int_equal(mmd_graph_tree_visible(&tree, conv, 2), a);
  assert_int_equal(mmd_graph_tree_visible(&tree, conv, 1), m);
  mmd_graph_tree_deinit(&tree);
  mmd_graph_destroy(graph);
}

static mmd_status_t sweep(void *context) {
  mmd_graph_t *graph;
  mmd_graph_tree_t tree;
  mmd_status_t status = make_tree(context, &graph, &tree);
  mmd_graph_tree_deinit(&tree);
  mmd_graph_destroy(graph);
  return status;
}

static void short_memory_leaves_nothing(void **state) {
  (void)state;
  char body[512];
  snprintf(body, sizeof body, "%s", g_shared);
  mmd_test_sweep(sweep, body);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(modules_come_from_scopes),
      cmocka_unit_test(modules_come_from_names),
      cmocka_unit_test(modules_come_from_weights),
      cmocka_unit_test(bodies_belong_to_their_nodes),
      cmocka_unit_test(sums_go_up),
      cmocka_unit_test(weights_in_nodes_count),
      cmocka_unit_test(closed_modules_stand_for_their_nodes),
      cmocka_unit_test(short_memory_leaves_nothing),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
