// SPDX-License-Identifier: Apache-2.0
#include "convert/node_cost.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/file.h"
#include "graph/text.h"
#include "ops/infer.h"
#include "tests/support/mmd_test.h"

static mmd_graph_t *read_graph(const char *body) {
  mmd_graph_t *graph = NULL;
  mmd_str_t text = {0};
  mmd_assert_ok(mmd_str_printf(&text, "graph \"g\" { opset \"\" 17 %s }", body));
  mmd_assert_ok(mmd_graph_parse(mmd_str_text(&text), text.size, "test", &graph));
  mmd_str_deinit(&text);
  mmd_assert_ok(mmd_graph_infer(graph));
  return graph;
}

// MACs and operations of the last node; "?" when not known.
static void expect_cost(const char *body, const char *macs, const char *operations) {
  mmd_graph_t *graph = read_graph(body);
  mmd_cost_t cost;
  bool known;
  mmd_str_t text = {0};
  mmd_assert_ok(mmd_node_cost(graph, graph->root->last, &cost, &known));
  if (known) {
    mmd_assert_ok(mmd_dim_format(cost.macs, &text));
    assert_string_equal(mmd_str_text(&text), macs);
    mmd_str_clear(&text);
    mmd_assert_ok(mmd_dim_format(cost.operations, &text));
    assert_string_equal(mmd_str_text(&text), operations);
  } else {
    assert_string_equal("?", macs);
  }
  mmd_str_deinit(&text);
  mmd_graph_destroy(graph);
}

//===--- against mmcv ------------------------------------------------------===//

// Layers of testdata/node_cost.py; what mmcv counts is MACs but for the norm and the activation.
static const struct {
  const char *name, *body;
  bool is_operations;
} g_layers[] = {
    {"conv",
     "input %x : f32[1,6,15,17] input %w : f32[8,6,3,3] "
     "%y = Conv(%x, %w) {strides = [2, 2], pads = [1, 1, 1, 1]} output %y",
     false},
    {"conv_groups",
     "input %x : f32[1,6,15,17] input %w : f32[12,2,3,5] %y = Conv(%x, %w) {group = 3} output %y",
     false},
    {"conv_dilated",
     "input %x : f32[1,4,20] input %w : f32[5,4,3] %y = Conv(%x, %w) {dilations = [2]} output %y",
     false},
    {"conv_transpose",
     "input %x : f32[1,6,7,9] input %w : f32[6,4,4,4] "
     "%y = ConvTranspose(%x, %w) {strides = [2, 2], pads = [1, 1, 1, 1]} output %y",
     false},
    {"gemm", "input %x : f32[1,20] input %w : f32[7,20] %y = Gemm(%x, %w) {transB = 1} output %y",
     false},
    {"matmul", "input %x : f32[1,11,20] input %w : f32[20,7] %y = MatMul(%x, %w) output %y", false},
    {"batch_norm",
     "input %x : f32[1,6,7,9] input %s : f32[6] "
     "%y = BatchNormalization(%x, %s, %s, %s, %s) output %y",
     true},
    {"relu", "input %x : f32[1,6,15,17] %y = Relu(%x) output %y", true},
};

static void layers_cost_what_mmcv_counts(void **state) {
  (void)state;
  char *text = NULL;
  size_t size = 0, found = 0;
  mmd_assert_ok(
      mmd_file_read(MMD_TEST_FILE("src/convert/testdata/node_cost.txt"), 1 << 16, &text, &size));
  for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) {
    char *number = strchr(line, ' ');
    assert_non_null(number);
    *number++ = '\0';
    for (size_t i = 0; i < sizeof g_layers / sizeof *g_layers; ++i) {
      if (strcmp(g_layers[i].name, line) != 0) continue;
      const bool is_operations = g_layers[i].is_operations;
      expect_cost(g_layers[i].body, is_operations ? "0" : number, is_operations ? number : "0");
      ++found;
    }
  }
  mmd_free(text);
  assert_int_equal(found, sizeof g_layers / sizeof *g_layers);
}

//===--- the documented rules ----------------------------------------------===//

static void biases_and_pools_are_operations(void **state) {
  (void)state;
  expect_cost(
      "input %x : f32[1,2,4,4] input %w : f32[3,2,1,1] input %b : f32[3] "
      "%y = Conv(%x, %w, %b) output %y",
      "96", "48");
  expect_cost("input %x : f32[1,2,4,4] %y = MaxPool(%x) {kernel_shape = [2, 2]} output %y", "0",
              "72");
  expect_cost("input %x : f32[1,2,4,4] %y = GlobalAveragePool(%x) output %y", "0", "32");
  expect_cost("input %x : f32[5,7] %y = Softmax(%x) output %y", "0", "140");
  expect_cost("input %x : f32[5,7] %y = Sum(%x, %x, %x) output %y", "0", "70");
}

static void other_products(void **state) {
  (void)state;
  expect_cost(
      "input %a : f32[2,3,5] input %b : f32[2,5,7] "
      "%y = Einsum(%a, %b) {equation = \"bij, bjk -> bik\"} output %y",
      "210", "0");
  expect_cost(
      "input %x : f32[9,2,3] input %w : f32[1,16,3] input %r : f32[1,16,4] "
      "%y = LSTM(%x, %w, %r) {hidden_size = 4} output %y",
      "2016", "0");
  expect_cost(
      "input %q : f32[2,6,8] input %k : f32[2,10,8] "
      "%y = com.microsoft::MultiHeadAttention(%q, %k, %k) {num_heads = 2} output %y",
      "1920", "0");
}

#define RESIZE(mode)                                             \
  "input %x : f32[1,1,2,2] constant %s : f32[4] = [1, 1, 2, 2] " \
  "%y = Resize(%x, _, %s) {mode = \"" mode "\"} output %y"

static void samples_depend_on_the_mode(void **state) {
  (void)state;
  expect_cost(RESIZE("nearest"), "0", "0");
  expect_cost(RESIZE("linear"), "0", "128");
  expect_cost(RESIZE("cubic"), "0", "512");
}

static void open_sizes_give_expressions(void **state) {
  (void)state;
  expect_cost("input %x : f32[n,20] input %w : f32[20,7] %y = MatMul(%x, %w) output %y", "140*n",
              "0");
  expect_cost("input %x : f32[n,3] %y = Transpose(%x) output %y", "0", "0");
}

static void what_is_not_known_is_said(void **state) {
  (void)state;
  expect_cost("input %x : f32[?] %y = Relu(%x) output %y", "?", "?");
  expect_cost("input %x : f32[2] %y = other::Thing(%x) output %y", "?", "?");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(layers_cost_what_mmcv_counts),
      cmocka_unit_test(biases_and_pools_are_operations),
      cmocka_unit_test(other_products),
      cmocka_unit_test(samples_depend_on_the_mode),
      cmocka_unit_test(open_sizes_give_expressions),
      cmocka_unit_test(what_is_not_known_is_said),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
