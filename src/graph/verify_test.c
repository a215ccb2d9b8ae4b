// SPDX-License-Identifier: Apache-2.0
#include "graph/verify.h"

#include <string.h>

#include "graph/text.h"
#include "tests/support/mmd_test.h"

static mmd_graph_t *parse(const char *text) {
  mmd_graph_t *graph = NULL;
  mmd_assert_ok(mmd_graph_parse(text, strlen(text), "test", &graph));
  return graph;
}

static mmd_graph_t *chain(void) {
  return parse(
      "graph \"g\" { input %x constant %k : f32[1] = [1] %a = A(%x, %k) {i = 1} %b = B(%a) "
      "%c = C(%b) output %c }");
}

static void damage_is_found(void **state) {
  (void)state;
  mmd_graph_t *g = chain();
  mmd_node_t *a = g->root->first, *b = a->next, *c = b->next;
  mmd_assert_ok(mmd_graph_verify(g));

  mmd_node_move_before(a, NULL);
  mmd_assert_fails(mmd_graph_verify(g), MMD_INVALID_ARGUMENT,
                   "graph 'g': B node 'b': edge 'a' is used before it is made");
  mmd_node_move_before(a, b);

  b->inputs[0] = c->outputs[0];
  mmd_assert_fails(mmd_graph_verify(g), MMD_INVALID_ARGUMENT, NULL);
  b->inputs[0] = a->outputs[0];

  c->outputs[0]->producer = b;
  mmd_assert_fails(mmd_graph_verify(g), MMD_INVALID_ARGUMENT, "another producer");
  c->outputs[0]->producer = c;

  const char *name = c->outputs[0]->name;
  c->outputs[0]->name = "a";
  mmd_assert_fails(mmd_graph_verify(g), MMD_INVALID_ARGUMENT, "another edge");
  c->outputs[0]->name = name;

  mmd_edge_t *k = mmd_graph_find_edge(g, "k");
  k->type.dtype = MMD_I64;
  mmd_assert_fails(mmd_graph_verify(g), MMD_INVALID_ARGUMENT, "another type than its data");
  k->type.dtype = MMD_F32;

  g->root->node_count = 4;
  mmd_assert_fails(mmd_graph_verify(g), MMD_INVALID_ARGUMENT, "has 3 nodes, not 4");
  g->root->node_count = 3;

  mmd_use_t *uses = k->uses;
  k->uses = NULL;
  mmd_assert_fails(mmd_graph_verify(g), MMD_INVALID_ARGUMENT, "does not know of this use");
  k->uses = uses;

  b->erased = true;
  mmd_assert_fails(mmd_graph_verify(g), MMD_INVALID_ARGUMENT, "erased");
  b->erased = false;
  mmd_assert_ok(mmd_graph_verify(g));
  mmd_graph_destroy(g);
}

static void print_names(const mmd_graph_t *graph, char *out) {
  *out = '\0';
  for (const mmd_node_t *node = graph->root->first; node; node = node->next)
    strcat(out, node->outputs[0]->name);
}

static void sorting_is_stable(void **state) {
  (void)state;
  char names[16];
  mmd_graph_t *g = chain();
  mmd_assert_ok(mmd_graph_sort(g));
  print_names(g, names);
  assert_string_equal(names, "abc");
  mmd_node_t *a = g->root->first;
  mmd_node_move_before(a, NULL);            // b c a
  mmd_node_move_before(g->root->first, a);  // c b a
  mmd_assert_ok(mmd_graph_sort(g));
  print_names(g, names);
  assert_string_equal(names, "abc");
  mmd_assert_ok(mmd_graph_verify(g));
  mmd_graph_destroy(g);
}

static void inner_reads_count(void **state) {
  (void)state;
  char names[16];
  mmd_graph_t *g = parse(
      "graph \"g\" { input %x %a = A(%x) %b = If(%x) {r = region \"r\" { %i = I(%a) %j = J(%i) "
      "output %j }} output %b }");
  mmd_node_t *a = g->root->first, *b = a->next;
  mmd_region_t *inner = mmd_node_attr_region(b, "r");
  mmd_node_move_before(a, NULL);
  mmd_node_move_before(inner->first, NULL);
  mmd_assert_fails(mmd_graph_verify(g), MMD_INVALID_ARGUMENT, "used before");
  mmd_assert_ok(mmd_graph_sort(g));
  print_names(g, names);
  assert_string_equal(names, "ab");
  mmd_assert_ok(mmd_graph_verify(g));
  mmd_graph_destroy(g);
}

static void cycles_name_their_nodes(void **state) {
  (void)state;
  mmd_graph_t *g = chain();
  mmd_node_t *a = g->root->first;
  mmd_assert_ok(mmd_node_set_input(a, 0, a->next->outputs[0]));
  mmd_assert_fails(mmd_graph_sort(g), MMD_INVALID_ARGUMENT, "cycle: A node 'a', B node 'b'");
  mmd_graph_destroy(g);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(damage_is_found),
      cmocka_unit_test(sorting_is_stable),
      cmocka_unit_test(inner_reads_count),
      cmocka_unit_test(cycles_name_their_nodes),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
