// SPDX-License-Identifier: Apache-2.0
#include "graph/text.h"

#include <string.h>

#include "graph/verify.h"
#include "tests/support/mmd_test.h"
#include "tests/support/mmd_test_fail.h"

static const char full_text[] =
    "graph \"main graph\" {\n"
    "  ir_version 8\n"
    "  producer \"tool\"\n"
    "  producer_version \"1.0\"\n"
    "  model_domain \"org.example\"\n"
    "  model_version 3\n"
    "  model_doc \"two\\nlines\"\n"
    "  opset \"\" 17\n"
    "  opset \"my.domain\" 2\n"
    "  property \"key\" \"value\"\n"
    "  function \"my.domain\" \"Twice\" {\n"
    "    opset \"\" 17\n"
    "    attribute \"alpha\"\n"
    "    default beta = 0.1f\n"
    "    default table = tensor i64[2] = [1, 2]\n"
    "    input %X\n"
    "    %Y = Add(%X, %X) {alpha = ref \"alpha\"}\n"
    "    output %Y\n"
    "  }\n"
    "  doc \"root\"\n"
    "  input %x : f32[batch,3,floor((h + 1) / 2),\"odd name\"] doc \"picture\"\n"
    "  input %cond : bool[]\n"
    "  input %\"a b:0\" : seq(f32[?])\n"
    "  input %opt : optional(any[2])\n"
    "  constant %w : f32[2,2] = [1.0, 2.5, -inf, nan]\n"
    "  constant %half : f16[2] = [0.33325195, 65504.0]\n"
    "  constant %u : u64[2] = [0, 18446744073709551615]\n"
    "  constant %s : string[2] = [\"a\", \"\\x00\\\"\"]\n"
    "  constant %c : c64[1] = hex \"0000803f00000040\"\n"
    "  constant %none : f32[0,3] = []\n"
    "  %y = Conv(%x, %w, _) {kernel_shape = [3, 3], alpha = 0.2f, beta = 0.1, auto_pad = "
    "\"SAME\\x00\"} "
    "name \"conv 1\" scope \"backbone.conv1\" : f32[batch,8,h,w]\n"
    "  %a, _, %b = my.domain::Thing:1(%y) {e = ints [], f = floats [], g = strings [], h = [1.0, "
    "inf], "
    "i = [\"p\", \"q\"], t = type seq(i64[n]), v = tensors [f32[1] = [0.5], i8[] = [-3]]} overload "
    "\"o\" doc \"d\"\n"
    "  %z = If(%cond) {then_branch = region \"then\" {\n"
    "    constant %k : i64[] = [7]\n"
    "    %t = Mul(%a, %k)\n"
    "    output %t\n"
    "  }, else_branch = region \"else\" {\n"
    "    output %b\n"
    "  }} : any[?]\n"
    "  () = Sink(%z) {bodies = regions [\"r0\" {\n"
    "    input %i\n"
    "    output %i\n"
    "  }, \"r1\" {\n"
    "  }]} name \"sink\"\n"
    "  output %z\n"
    "  output %x\n"
    "}\n";

static mmd_graph_t *parse(const char *text) {
  mmd_graph_t *graph = NULL;
  mmd_assert_ok(mmd_graph_parse(text, strlen(text), "test", &graph));
  return graph;
}

static void assert_prints(const mmd_graph_t *graph, unsigned flags, const char *expected) {
  mmd_str_t text = {0};
  mmd_assert_ok(mmd_graph_print(graph, flags, &text));
  assert_string_equal(mmd_str_text(&text), expected);
  mmd_str_deinit(&text);
}

static void text_reads_back(void **state) {
  (void)state;
  mmd_graph_t *graph = parse(full_text);
  assert_prints(graph, MMD_TEXT_WEIGHTS, full_text);
  assert_int_equal(mmd_graph_node_count(graph), 5);
  mmd_edge_t *y = mmd_graph_find_edge(graph, "y");
  assert_true(mmd_node_attr_float(y->producer, "alpha", 0) == (double)0.2f);
  assert_true(mmd_node_attr_float(y->producer, "beta", 0) == 0.1);
  size_t count = 0;
  assert_int_equal(mmd_node_attr_ints(y->producer, "kernel_shape", &count)[1], 3);
  assert_int_equal(mmd_node_attr(y->producer, "auto_pad")->u.string.size, 5);
  assert_int_equal(mmd_tensor_get_i64(&mmd_graph_find_edge(graph, "u")->constant, 1), -1);
  assert_int_equal(mmd_graph_find_edge(graph, "a")->producer->version, 1);
  mmd_graph_destroy(graph);
}

static void clones_print_the_same(void **state) {
  (void)state;
  mmd_graph_t *graph = parse(full_text), *clone = NULL;
  mmd_assert_ok(mmd_graph_clone(graph, &clone));
  const mmd_edge_t *w = mmd_graph_find_edge(graph, "w"), *copy = mmd_graph_find_edge(clone, "w");
  assert_ptr_equal(w->constant.storage, copy->constant.storage);
  mmd_graph_destroy(graph);
  mmd_assert_ok(mmd_graph_verify(clone));
  assert_prints(clone, MMD_TEXT_WEIGHTS, full_text);
  mmd_graph_destroy(clone);
}

static void large_constants_are_elided(void **state) {
  (void)state;
  mmd_graph_t *graph = parse(
      "graph \"g\" {\n"
      "  constant %big : f32[1000,1000,1000] = #0\n"
      "  constant %few : i64[17] = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16] // "
      "seq\n"
      "  output %big\n"
      "}\n");
  mmd_str_t text = {0};
  mmd_assert_ok(mmd_graph_print(graph, 0, &text));
  assert_non_null(strstr(text.data, "constant %few : i64[17] = #"));
  mmd_graph_t *again = NULL;
  mmd_assert_ok(mmd_graph_parse(text.data, text.size, "test", &again));
  assert_int_equal(mmd_tensor_get_i64(&mmd_graph_find_edge(again, "few")->constant, 16), 0);
  mmd_str_deinit(&text);
  mmd_graph_destroy(again);
  mmd_graph_destroy(graph);
}

static void types_can_be_left_out(void **state) {
  (void)state;
  mmd_graph_t *graph =
      parse("graph \"g\" { input %x : f32[1] %y = Relu:6(%x) : f32[1] output %y }");
  assert_prints(graph, MMD_TEXT_NO_TYPES,
                "graph \"g\" {\n  input %x : f32[1]\n  %y = Relu:6(%x)\n  output %y\n}\n");
  mmd_graph_destroy(graph);
}

static void bad_text_names_its_place(void **state) {
  (void)state;
  static const struct {
    const char *text, *message;
  } cases[] = {
      {"", "t:1:1: expected 'graph' at the end"},
      {"graph \"g\" {\n  %y = Relu(%x)\n}", "t:2:15: edge 'x' is not defined here"},
      {"graph \"g\" { input %x input %x }", "the name 'x' is taken"},
      {"graph \"g\" { %a, %a = Split() }", "stands twice"},
      {"graph \"g\" { %a = F() {k = 1, k = 2} }", "'k' stands twice"},
      {"graph \"g\" { constant %a : f32[9] = [1, 2]               }", "expected ','"},
      {"graph \"g\" { constant %a : f32[n] = [1] }", "numbers as shape"},
      {"graph \"g\" { constant %a : f32[99999999] = [1] }", "fewer elements"},
      {"graph \"g\" { constant %a : f32[4611686018427387904,4611686018427387904] = #0 }", NULL},
      {"graph \"g\" { constant %a : u8[2] = hex \"0g00\" }", "hexadecimal"},
      {"graph \"g\" { input %x : f32[1 }", "in a type"},
      {"graph \"g\" { input %x : f33[1] }", "element type"},
      {"graph \"g\" { input %x : f32[1,1,1,1,1,1,1,1,1] }", "more than 8"},
      {"graph \"g\" { %y = F() {a = region \"r\" { output %y } } }", "used before it is made"},
      {"graph \"g\" { %y = F() {a = region \"r\" { %z = G() }} output %z }", "not defined here"},
      {"graph \"g\" { nonsense }", "t:1:13: expected a statement"},
      {"graph \"g\" { } }", "nothing behind"},
      {"graph \"g\" { opset \"\" 99999999999999999999 }", "integer of 64 bits"},
      {"graph \"unfinished", "does not end"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; ++i) {
    mmd_graph_t *graph = NULL;
    mmd_status_t status = mmd_graph_parse(cases[i].text, strlen(cases[i].text), "t", &graph);
    assert_non_null(status);
    if (cases[i].message && !strstr(mmd_status_message(status), cases[i].message))
      fail_msg("case %zu: %s", i, mmd_status_message(status));
    mmd_status_free(status);
  }
}

static void deep_regions_are_refused(void **state) {
  (void)state;
  mmd_str_t text = {0};
  mmd_assert_ok(mmd_str_append(&text, "graph \"g\" {"));
  for (int i = 0; i < 200; ++i)
    mmd_assert_ok(mmd_str_printf(&text, "%%e%d = F() {r = region \"r\" {", i));
  mmd_graph_t *graph = NULL;
  mmd_assert_fails(mmd_graph_parse(text.data, text.size, "t", &graph), MMD_OUT_OF_RANGE,
                   "nested deeper");
  mmd_str_deinit(&text);
}

static mmd_status_t round_trip(void *context) {
  (void)context;
  mmd_graph_t *graph = NULL, *clone = NULL;
  mmd_str_t text = {0};
  mmd_status_t status = mmd_graph_parse(full_text, sizeof full_text - 1, "t", &graph);
  if (!status) status = mmd_graph_clone(graph, &clone);
  if (!status) status = mmd_graph_sort(clone);
  if (!status) status = mmd_graph_verify(clone);
  if (!status) status = mmd_graph_print(clone, MMD_TEXT_WEIGHTS, &text);
  mmd_str_deinit(&text);
  mmd_graph_destroy(clone);
  mmd_graph_destroy(graph);
  return status;
}

static void short_memory_is_reported(void **state) {
  (void)state;
  mmd_test_sweep(round_trip, NULL);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(text_reads_back),
      cmocka_unit_test(clones_print_the_same),
      cmocka_unit_test(large_constants_are_elided),
      cmocka_unit_test(types_can_be_left_out),
      cmocka_unit_test(bad_text_names_its_place),
      cmocka_unit_test(deep_regions_are_refused),
      cmocka_unit_test(short_memory_is_reported),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
