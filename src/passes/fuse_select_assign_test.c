// SPDX-License-Identifier: Apache-2.0
#include "passes/pass_testing.h"

#define CONSTANTS                                                                             \
  "constant %t : f32[] = [0.25] constant %u : f32[] = [0.25] constant %flat : i64[1] = [-1] " \
  "constant %0 : i64[1] = [0] constant %first : i64[] = [0] constant %v : f32[] = [0.5]\n"
#define HEAD "graph \"g\" { opset \"\" 17 input %x : f32[3,5] " CONSTANTS

// As an exporter spells y[x > t] = z[x > t].
#define SPELLING(second)                                                              \
  "%y = Neg(%x) %z = Exp(%x) %c = Greater(%x, %t) %d = Greater(%x, " second           \
  ") %n = NonZero(%c) "                                                               \
  "%a = Transpose(%n) {perm = [1, 0]} %g = GatherND(%z, %a) %r = Reshape(%g, %flat) " \
  "%shape = Shape(%d) %e = Expand(%d, %shape) %m = NonZero(%e) %b = Transpose(%m) "   \
  "{perm = [1, 0]} %s = Shape(%b) %k = Gather(%s, %first) %l = Unsqueeze(%k, %0) "    \
  "%q = Slice(%r, %0, %l, %0) %w = ScatterND(%y, %b, %q) output %w }"

static void check(const char *text, const char *const *passes) {
  mmd_graph_t *before = test_parse(text), *after = test_parse(text);
  mmd_assert_ok(mmd_passes_run(after, passes, NULL));
  test_assert_text(after,
                   "graph \"g\" {\n  opset \"\" 17\n  input %x : f32[3,5]\n"
                   "  constant %t : f32[] = [0.25]\n  %y = Neg(%x)\n  %z = Exp(%x)\n"
                   "  %c = Greater(%x, %t)\n  %w = Where(%c, %z, %y)\n  output %w\n}\n");
  test_assert_same_numbers(before, after);
  mmd_graph_destroy(before);
  mmd_graph_destroy(after);
}

static void the_spelling_becomes_where(void **state) {
  static const char *const passes[] = {"fuse_select_assign", "eliminate_dead_code", NULL};
  (void)state;
  check(HEAD SPELLING("%u"), passes);
}

// The other passes take the spelling apart before this one sees it.
static void the_pipeline_finds_it_too(void **state) {
  (void)state;
  check(HEAD SPELLING("%t"), mmd_passes_optimize);
}

static void others_stay(void **state) {
  (void)state;
  // Two masks; and a sum instead of an assignment.
  test_pass_keeps("fuse_select_assign", HEAD
                  "%c = Greater(%x, %t) %d = Less(%x, %t) %n = NonZero(%c) %a = Transpose(%n) "
                  "{perm = [1, 0]} %g = GatherND(%x, %a) %m = NonZero(%d) %b = Transpose(%m) "
                  "{perm = [1, 0]} %w = ScatterND(%x, %b, %g) output %w }");
  test_pass_keeps("fuse_select_assign", HEAD
                  "%c = Greater(%x, %t) %n = NonZero(%c) %a = Transpose(%n) {perm = [1, 0]} "
                  "%g = GatherND(%x, %a) %w = ScatterND(%x, %a, %g) {reduction = \"add\"} "
                  "output %w }");
  test_pass_keeps("fuse_select_assign", HEAD SPELLING("%v"));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_spelling_becomes_where),
      cmocka_unit_test(the_pipeline_finds_it_too),
      cmocka_unit_test(others_stay),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
