// SPDX-License-Identifier: Apache-2.0
#include "graph/inline.h"

#include <stdio.h>
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

static void assert_inlined(const char *text, const char *expected) {
  mmd_graph_t *graph = parse(text);
  mmd_str_t printed = {0};
  bool calls;
  mmd_assert_ok(mmd_graph_calls_functions(graph, &calls));
  assert_true(calls);
  mmd_assert_ok(mmd_graph_inline_functions(graph));
  mmd_assert_ok(mmd_graph_calls_functions(graph, &calls));
  assert_false(calls);
  mmd_assert_ok(mmd_graph_verify(graph));
  mmd_assert_ok(mmd_graph_print(graph, MMD_TEXT_NO_TYPES, &printed));
  assert_string_equal(mmd_str_text(&printed), expected);
  mmd_str_deinit(&printed);
  mmd_graph_destroy(graph);
}

#define SCALE                                                                    \
  "function \"f\" \"Scale\" { opset \"\" 13 attribute \"by\" default to = 2.0f " \
  "input %a input %b constant %one : f32[] = [1] "                               \
  "%k = Constant:13() {value_float = ref \"by\", other = ref \"to\"} "           \
  "%m = Mul:13(%a, %k) %n = Clip:13(%m, %b) name \"limit\" output %n }\n"

static void calls_become_bodies(void **state) {
  (void)state;
  assert_inlined("graph \"g\" { opset \"\" 17 opset \"f\" 1\n" SCALE
                 "input %x : f32[n] %p = f::Scale(%x) {by = 3.0f} name \"first\" : f32[n] "
                 "%q = f::Scale(%p, %x) {to = 4.0f} name \"second\" output %p output %q }",
                 "graph \"g\" {\n  opset \"\" 17\n  opset \"f\" 1\n  input %x : f32[n]\n"
                 "  constant %first/one : f32[] = [1.0]\n  constant %second/one : f32[] = [1.0]\n"
                 "  %first/k = Constant:13() {value_float = 3.0, other = 2.0}\n"
                 "  %first/m = Mul:13(%x, %first/k)\n"
                 "  %p = Clip:13(%first/m, _) name \"first/limit\"\n"
                 "  %second/k = Constant:13() {other = 4.0}\n"
                 "  %second/m = Mul:13(%p, %second/k)\n"
                 "  %q = Clip:13(%second/m, %x) name \"second/limit\"\n"
                 "  output %p\n  output %q\n}\n");
}

static void functions_may_call_functions(void **state) {
  (void)state;
  assert_inlined("graph \"g\" { opset \"\" 17 opset \"f\" 1\n" SCALE
                 "function \"f\" \"Twice\" { opset \"f\" 1 attribute \"s\" input %u "
                 "%v = f::Scale:1(%u) {by = ref \"s\"} name \"a\" "
                 "%w = f::Scale:1(%v) {by = ref \"s\"} name \"b\" output %w }\n"
                 "input %x : f32[n] %y = f::Twice(%x) {s = 3.0f} name \"t\" output %y }",
                 "graph \"g\" {\n  opset \"\" 17\n  opset \"f\" 1\n  input %x : f32[n]\n"
                 "  constant %t/a/one : f32[] = [1.0]\n  constant %t/b/one : f32[] = [1.0]\n"
                 "  %t/a/k = Constant:13() {value_float = 3.0, other = 2.0}\n"
                 "  %t/a/m = Mul:13(%x, %t/a/k)\n"
                 "  %t/v = Clip:13(%t/a/m, _) name \"t/a/limit\"\n"
                 "  %t/b/k = Constant:13() {value_float = 3.0, other = 2.0}\n"
                 "  %t/b/m = Mul:13(%t/v, %t/b/k)\n"
                 "  %y = Clip:13(%t/b/m, _) name \"t/b/limit\"\n"
                 "  output %y\n}\n");
}

static void regions_are_copied(void **state) {
  (void)state;
  // A call inside a branch; a branch inside a body that uses the body's edges; outputs that are
  // inputs or the same edge.
  assert_inlined(
      "graph \"g\" { opset \"\" 17 opset \"f\" 1\n"
      "function \"f\" \"Pick\" { opset \"\" 17 input %cc input %a "
      "%n = Neg:17(%a) %r = If:17(%cc) {then_branch = region \"then\" { "
      "%i = Add:17(%n, %a) output %i }, else_branch = region \"else\" { output %n }} "
      "output %r output %a output %r }\n"
      "input %c : bool[] input %x : f32[n] "
      "%y = If(%c) {then_branch = region \"t\" { "
      "%p, %q, %s = f::Pick(%c, %x) name \"pick\" output %p output %q output %s }, "
      "else_branch = region \"e\" { output %x output %x output %x }} output %y }",
      "graph \"g\" {\n  opset \"\" 17\n  opset \"f\" 1\n  input %c : bool[]\n"
      "  input %x : f32[n]\n"
      "  %y = If(%c) {then_branch = region \"t\" {\n"
      "    %pick/n = Neg(%x)\n"
      "    %p = If(%c) {then_branch = region \"then\" {\n"
      "      %pick/i = Add(%pick/n, %x)\n"
      "      output %pick/i\n"
      "    }, else_branch = region \"else\" {\n"
      "      output %pick/n\n"
      "    }} name \"pick/r\"\n"
      "    %q = Identity(%x)\n"
      "    %s = Identity(%p)\n"
      "    output %p\n    output %q\n    output %s\n"
      "  }, else_branch = region \"e\" {\n"
      "    output %x\n    output %x\n    output %x\n"
      "  }}\n  output %y\n}\n");
}

static void branches_may_be_attributes(void **state) {
  (void)state;
  assert_inlined(
      "graph \"g\" { opset \"\" 17 opset \"f\" 1\n"
      "function \"f\" \"Choose\" { opset \"\" 17 attribute \"b\" input %cc "
      "%r = If:17(%cc) {then_branch = ref \"b\", else_branch = ref \"b\"} output %r }\n"
      "input %c : bool[] input %x : f32[n] "
      "%y = f::Choose(%c) {b = region \"r\" { %i = Neg(%x) output %i }} output %y }",
      "graph \"g\" {\n  opset \"\" 17\n  opset \"f\" 1\n  input %c : bool[]\n"
      "  input %x : f32[n]\n"
      "  %y = If(%c) {then_branch = region \"r\" {\n"
      "    %y/i = Neg(%x)\n    output %y/i\n"
      "  }, else_branch = region \"r\" {\n"
      "    %y/i_1 = Neg(%x) name \"y/i\"\n    output %y/i_1\n"
      "  }} name \"y/r\"\n  output %y\n}\n");
}

static void assert_refused(const char *text, mmd_code_t code, const char *part) {
  mmd_graph_t *graph = parse(text);
  mmd_assert_fails(mmd_graph_inline_functions(graph), code, part);
  mmd_graph_destroy(graph);
}

static void endless_functions_are_refused(void **state) {
  (void)state;
  assert_refused(
      "graph \"g\" { opset \"f\" 1 function \"f\" \"A\" { input %a %b = f::B:1(%a) "
      "output %b } function \"f\" \"B\" { input %c %d = f::A:1(%c) output %d }\n"
      "input %x : f32[n] %y = f::A(%x) output %y }",
      MMD_INVALID_ARGUMENT, "64 deep");
  mmd_str_t text = {0};
  mmd_assert_ok(mmd_str_append(&text, "graph \"g\" { opset \"f\" 1 "));
  for (int i = 0; i < 40; ++i) {
    mmd_assert_ok(mmd_str_printf(&text,
                                 "function \"f\" \"A%d\" { input %%a%d %%b%d = f::A%d:1(%%a%d) "
                                 "%%c%d = f::A%d:1(%%b%d) output %%c%d }\n",
                                 i, i, i, i + 1, i, i, i + 1, i, i));
  }
  mmd_assert_ok(mmd_str_append(&text, "input %x : f32[n] %y = f::A0(%x) output %y }"));
  assert_refused(mmd_str_text(&text), MMD_OUT_OF_RANGE, "nodes");
  mmd_str_deinit(&text);
}

static void calls_must_fit(void **state) {
  (void)state;
  assert_refused("graph \"g\" { opset \"\" 17 opset \"f\" 1\n" SCALE
                 "input %x : f32[n] %y = f::Scale(%x, %x, %x) output %y }",
                 MMD_INVALID_ARGUMENT, "2 inputs");
  assert_refused(
      "graph \"g\" { opset \"f\" 1 function \"f\" \"A\" { input %a output %a }\n"
      "input %x : f32[n] %y = f::A(_) output %y }",
      MMD_INVALID_ARGUMENT, "left out");
}

static mmd_status_t clone_and_inline(void *context) {
  mmd_graph_t *copy;
  MMD_TRY(mmd_graph_clone(context, &copy));
  mmd_status_t status = mmd_graph_inline_functions(copy);
  mmd_graph_destroy(copy);
  return status;
}

static void memory_may_be_short(void **state) {
  (void)state;
  mmd_graph_t *graph = parse("graph \"g\" { opset \"\" 17 opset \"f\" 1\n" SCALE
                             "input %x : f32[n] %y = f::Scale(%x) {by = 3.0f} output %y }");
  mmd_test_sweep(clone_and_inline, graph);
  mmd_graph_destroy(graph);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(calls_become_bodies),
      cmocka_unit_test(functions_may_call_functions),
      cmocka_unit_test(regions_are_copied),
      cmocka_unit_test(branches_may_be_attributes),
      cmocka_unit_test(endless_functions_are_refused),
      cmocka_unit_test(calls_must_fit),
      cmocka_unit_test(memory_may_be_short),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
