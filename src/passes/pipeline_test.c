// SPDX-License-Identifier: Apache-2.0
#include "passes/pass_testing.h"
#include "tests/support/mmd_test_fail.h"

static const char model[] =
    "graph \"g\" { opset \"\" 9 input %x : f32[2,1,4,4]\n"
    "constant %w : f32[2,1,3,3] = [1, 2, 3, 4, 5, 6, 7, 8, 9, 9, 8, 7, 6, 5, 4, 3, 2, 1]\n"
    "constant %one : f32[2] = [1, 1] constant %also_one : f32[2] = [1, 1] constant %i : i64[] = "
    "[0]\n"
    "%a = Conv(%x, %w) {pads = [1, 1, 1, 1]}\n"
    "%b = BatchNormalization(%a, %one, %also_one, %also_one, %one)\n"
    "%c = Dropout(%b) %d = Relu(%c) %shape = Shape(%d) %n = Gather(%shape, %i)\n"
    "%n1 = Unsqueeze(%n) {axes = [0]} %m1 = Constant() {value = tensor i64[1] = [-1]}\n"
    "%to = Concat(%n1, %m1) {axis = 0} %y = Reshape(%d, %to) %unused = Neg(%y) output %y }";

static void a_small_net_becomes_smaller(void **state) {
  (void)state;
  const mmd_pass_options_t options = {.verify = true};
  mmd_graph_t *graph = test_parse(model), *original = test_parse(model);
  mmd_assert_ok(mmd_passes_run(graph, mmd_passes_convert, &options));
  mmd_assert_ok(mmd_graph_verify(graph));
  assert_int_equal(graph->root->node_count, 3);  // Conv, Relu, Reshape
  assert_int_equal(graph->root->constant_count, 3);
  assert_string_equal(graph->root->outputs[0]->name, "y");
  test_assert_same_numbers(original, graph);
  mmd_graph_destroy(original);
  mmd_graph_destroy(graph);
}

static mmd_status_t count_dump(void *user, const char *pass, int round, const mmd_graph_t *graph) {
  (void)graph;
  if (round == 0) assert_string_equal(pass, "fuse_batch_norm");
  ++*(int *)user;
  return NULL;
}

static void graphs_are_dumped_after_a_pass(void **state) {
  (void)state;
  int count = 0;
  mmd_pass_options_t options = {
      .dump = count_dump, .user = &count, .dump_after = "fuse_batch_norm"};
  mmd_graph_t *graph = test_parse(model);
  mmd_assert_ok(mmd_passes_run(graph, mmd_passes_optimize, &options));
  assert_true(count >= 1);
  options.dump_after = "fuse_batch_norms";
  mmd_assert_fails(mmd_passes_run(graph, mmd_passes_optimize, &options), MMD_NOT_FOUND,
                   "did you mean 'fuse_batch_norm'?");
  static const char *const unknown[] = {"fold_constants", "zzz", NULL};
  mmd_assert_fails(mmd_passes_run(graph, unknown, NULL), MMD_NOT_FOUND, "no pass 'zzz'");
  mmd_graph_destroy(graph);
}

static void every_pass_is_listed(void **state) {
  (void)state;
  assert_true(mmd_pass_count() >= 10);
  for (size_t i = 0; i < mmd_pass_count(); ++i) {
    const mmd_pass_t *found = NULL;
    mmd_assert_ok(mmd_pass_find(mmd_pass_at(i)->name, &found));
    assert_ptr_equal(found, mmd_pass_at(i));
    assert_non_null(found->help);
  }
  for (size_t i = 0, at = 0; mmd_passes_convert[i]; ++i, ++at) {  // in the same order
    while (at < mmd_pass_count() && strcmp(mmd_pass_at(at)->name, mmd_passes_convert[i]) != 0) ++at;
    assert_true(at < mmd_pass_count());
  }
}

static mmd_status_t run_all(void *context) {
  (void)context;
  mmd_graph_t *graph = NULL;
  MMD_TRY(mmd_graph_parse(model, sizeof model - 1, "test", &graph));
  mmd_status_t status = mmd_passes_run(graph, mmd_passes_convert, NULL);
  if (mmd_status_code(status) == MMD_OUT_OF_MEMORY) {
    // What is left is still a whole graph.
    mmd_status_t broken = mmd_graph_verify(graph);
    if (mmd_status_code(broken) != MMD_OUT_OF_MEMORY)
      mmd_assert_ok(broken);
    else
      mmd_status_free(broken);
  }
  mmd_graph_destroy(graph);
  return status;
}

static void short_memory_is_reported(void **state) {
  (void)state;
  mmd_test_sweep(run_all, NULL);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_small_net_becomes_smaller),
      cmocka_unit_test(graphs_are_dumped_after_a_pass),
      cmocka_unit_test(every_pass_is_listed),
      cmocka_unit_test(short_memory_is_reported),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
