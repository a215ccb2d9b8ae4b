// SPDX-License-Identifier: Apache-2.0
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/file.h"
#include "frontends/onnx/import.h"
#include "graph/verify.h"
#include "tests/support/mmd_test.h"
#include "tests/support/mmd_test_fail.h"
#include "tests/support/mmd_test_skip.h"
#include "writers/onnx/export.h"
#include "writers/onnx/lower_opset.h"
#include "writers/onnx/lower_rules.h"

// A graph of one node with inputs "x0", "x1", … of the shape 1x4x6x8; |op| may get attributes and
// constants before it is lowered.
static mmd_graph_t *one_node(const char *op, int64_t opset, size_t inputs, size_t outputs) {
  mmd_graph_t *graph = NULL;
  mmd_assert_ok(mmd_graph_create("test", &graph));
  mmd_assert_ok(mmd_graph_set_opset(graph, MMD_DOMAIN_ONNX, opset));
  const int64_t dims[] = {1, 4, 6, 8};
  mmd_type_t type = mmd_type_tensor(graph, MMD_F32, 4, dims);
  mmd_edge_t *edges[4];
  for (size_t i = 0; i < inputs; i++) {
    char name[24];
    snprintf(name, sizeof name, "x%zu", i);
    mmd_assert_ok(mmd_region_add_input(graph->root, name, &type, &edges[i]));
  }
  mmd_node_t *node = NULL;
  mmd_assert_ok(mmd_node_create(graph->root, NULL, "", op, "y", inputs, edges, outputs, &node));
  mmd_assert_ok(mmd_region_add_output(graph->root, node->outputs[0]));
  return graph;
}

static void add_ints(mmd_graph_t *graph, size_t index, const int64_t *numbers, size_t count) {
  mmd_tensor_t tensor = {0};
  mmd_edge_t *edge = NULL;
  mmd_assert_ok(mmd_tensor_from_i64(numbers, count, &tensor));
  mmd_assert_ok(mmd_region_add_constant(graph->root, "ints", &tensor, &edge));
  mmd_assert_ok(mmd_node_set_input(graph->root->last, index, edge));
  mmd_tensor_deinit(&tensor);
}

static void add_float(mmd_graph_t *graph, size_t index, float number) {
  mmd_tensor_t tensor = {0};
  mmd_edge_t *edge = NULL;
  mmd_assert_ok(mmd_tensor_scalar_f32(number, &tensor));
  mmd_assert_ok(mmd_region_add_constant(graph->root, "float", &tensor, &edge));
  mmd_assert_ok(mmd_node_set_input(graph->root->last, index, edge));
  mmd_tensor_deinit(&tensor);
}

static void lower(mmd_graph_t *graph, int64_t opset) {
  mmd_assert_ok(mmd_onnx_lower(graph, opset));
  mmd_assert_ok(mmd_graph_verify(graph));
  assert_int_equal(mmd_graph_opset(graph, MMD_DOMAIN_ONNX), opset);
  for (const mmd_node_t *node = graph->root->first; node; node = node->next) {
    assert_int_equal(node->version, opset);
  }
  // The interface keeps its name.
  assert_string_equal(graph->root->outputs[0]->name, "y");
}

// The operators of the graph in order, "Shape Reshape".
static void assert_ops(const mmd_graph_t *graph, const char *expected) {
  char text[512] = "";
  for (const mmd_node_t *node = graph->root->first; node; node = node->next) {
    if (*text) strcat(text, " ");
    strcat(text, node->op);
  }
  assert_string_equal(text, expected);
}

static void assert_int_attr(const mmd_graph_t *graph, const char *name, size_t i, int64_t number) {
  size_t count = 0;
  const int64_t *numbers = mmd_node_attr_ints(graph->root->last, name, &count);
  assert_true(i < count);
  assert_int_equal(numbers[i], number);
}

static void inputs_become_attributes(void **state) {
  (void)state;
  static const char *const ops[] = {"Squeeze", "Unsqueeze", "ReduceSum", "ReduceMean"};
  for (size_t i = 0; i < 4; i++) {
    mmd_graph_t *graph = one_node(ops[i], 18, 1, 1);
    add_ints(graph, 1, (const int64_t[]){-4}, 1);
    lower(graph, 11);
    assert_int_equal(graph->root->last->input_count, 1);
    assert_int_attr(graph, "axes", 0, -4);
    lower(graph, 9);  // negative axes came with 11
    assert_int_attr(graph, "axes", 0, i == 1 ? 1 : 0);
    mmd_graph_destroy(graph);
  }
}

static void clip_pad_and_slice(void **state) {
  (void)state;
  mmd_graph_t *graph = one_node("Clip", 13, 1, 1);
  add_float(graph, 2, 6.0f);
  lower(graph, 9);
  assert_null(mmd_node_attr(graph->root->last, "min"));
  assert_true(mmd_node_attr_float(graph->root->last, "max", 0) == 6.0);
  assert_int_equal(graph->root->last->input_count, 1);
  mmd_graph_destroy(graph);

  graph = one_node("Clip", 13, 3, 1);  // bounds that are computed
  lower(graph, 9);
  assert_ops(graph, "Max Min Clip");
  mmd_graph_destroy(graph);

  graph = one_node("Pad", 18, 1, 1);
  add_ints(graph, 1, (const int64_t[]){1, 2, 3, 4}, 4);
  add_ints(graph, 3, (const int64_t[]){-1, 2}, 2);
  lower(graph, 10);
  static const int64_t pads[] = {0, 0, 2, 1, 0, 0, 4, 3};
  for (size_t i = 0; i < 8; i++) assert_int_attr(graph, "pads", i, pads[i]);
  mmd_graph_destroy(graph);

  graph = one_node("Slice", 13, 1, 1);
  add_ints(graph, 1, (const int64_t[]){1}, 1);
  add_ints(graph, 2, (const int64_t[]){5}, 1);
  add_ints(graph, 3, (const int64_t[]){2}, 1);
  lower(graph, 9);
  assert_int_attr(graph, "starts", 0, 1);
  assert_int_attr(graph, "ends", 0, 5);
  assert_int_attr(graph, "axes", 0, 2);
  mmd_graph_destroy(graph);
}

static void operators_are_spelled_out(void **state) {
  (void)state;
  static const struct {
    const char *op;
    int64_t from, to;
    size_t inputs;
    const char *ops;
  } cases[] = {
      {"HardSwish", 14, 13, 1, "HardSigmoid Mul"},
      {"Mish", 18, 17, 1, "Softplus Tanh Mul"},
      {"Gelu", 20, 17, 1, "Div Erf Add Mul Mul"},
      {"Celu", 12, 11, 1, "Div Elu Mul"},
      {"LayerNormalization", 17, 11, 3, "ReduceMean Sub Mul ReduceMean Add Sqrt Div Mul Add"},
      {"LayerNormalization", 17, 16, 2, "ReduceMean Sub Mul ReduceMean Add Sqrt Div Mul"},
      {"GroupNormalization", 18, 17, 3, "Shape Reshape InstanceNormalization Reshape"},
      {"GroupNormalization", 21, 20, 3,
       "Shape Reshape InstanceNormalization Reshape Reshape Reshape Mul Add"},
      {"GreaterOrEqual", 16, 11, 2, "Greater Equal Or"},
      {"ScatterElements", 18, 10, 3, "Scatter"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    mmd_graph_t *graph = one_node(cases[i].op, cases[i].from, cases[i].inputs, 1);
    lower(graph, cases[i].to);
    assert_ops(graph, cases[i].ops);
    mmd_graph_destroy(graph);
  }
}

static void softmax_changes_its_meaning(void **state) {
  (void)state;
  mmd_graph_t *graph = one_node("Softmax", 13, 1, 1);
  lower(graph, 11);
  assert_ops(graph, "Softmax");
  assert_int_equal(mmd_node_attr_int(graph->root->last, "axis", -9), 3);
  mmd_graph_destroy(graph);
  graph = one_node("LogSoftmax", 13, 1, 1);
  mmd_assert_ok(mmd_node_set_int(graph->root->last, "axis", 1));
  lower(graph, 11);
  assert_ops(graph, "Transpose LogSoftmax Transpose");
  assert_int_attr(graph, "perm", 1, 3);
  mmd_graph_destroy(graph);
}

static void what_has_no_older_form_is_listed(void **state) {
  (void)state;
  mmd_graph_t *graph = one_node("GridSample", 16, 2, 1);
  mmd_node_t *node = NULL;
  mmd_edge_t *edges[] = {graph->root->inputs[0], graph->root->inputs[1]};
  mmd_assert_ok(mmd_node_create(graph->root, NULL, "", "Unsqueeze", "u", 2, edges, 1, &node));
  mmd_assert_ok(mmd_region_add_output(graph->root, node->outputs[0]));
  mmd_status_t status = mmd_onnx_lower(graph, 11);
  assert_int_equal(mmd_status_code(status), MMD_NOT_SUPPORTED);
  const char *text = mmd_status_message(status);
  assert_non_null(strstr(text, "2 nodes have no form in opset 11"));
  assert_non_null(strstr(text, "GridSample node 'y': the operator came with opset 16"));
  assert_non_null(strstr(text, "Unsqueeze node 'u': below opset 13, an input"));
  mmd_status_free(status);
  mmd_graph_destroy(graph);
  graph = one_node("Relu", 13, 1, 1);
  mmd_assert_fails(mmd_onnx_lower(graph, 8), MMD_OUT_OF_RANGE, "opset 8, expected 9");
  mmd_assert_fails(mmd_onnx_lower(graph, 14), MMD_OUT_OF_RANGE,
                   "expected 9 to the graph's own, 13");
  mmd_assert_ok(mmd_onnx_lower(graph, 13));
  mmd_graph_destroy(graph);
}

// Resize-10 takes the ceiling along an axis that becomes smaller, the floor along others.
static void nearest_pixels_of_old_resize(void **state) {
  (void)state;
  static const struct {
    const char *nearest;
    float scale;
    const char *reason;  // NULL: it comes down
  } cases[] = {
      {"floor", 2.0f, NULL},
      {"ceil", 0.5f, NULL},
      {"floor", 0.5f, "its nearest_mode is floor and it makes its input smaller"},
      {"ceil", 2.0f, "its nearest_mode is ceil and it makes its input larger"},
      {"round_prefer_floor", 2.0f, "its nearest_mode is not floor"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    mmd_graph_t *graph = one_node("Resize", 11, 3, 1);
    mmd_node_t *node = graph->root->last;
    const float scales[] = {1, 1, cases[i].scale, 1};
    mmd_tensor_t tensor = {0};
    mmd_edge_t *edge = NULL;
    mmd_assert_ok(mmd_tensor_from_f32(scales, 4, &tensor));
    mmd_assert_ok(mmd_region_add_constant(graph->root, "scales", &tensor, &edge));
    mmd_assert_ok(mmd_node_set_input(node, 2, edge));
    mmd_tensor_deinit(&tensor);
    mmd_assert_ok(mmd_node_set_string(node, "coordinate_transformation_mode", "asymmetric"));
    mmd_assert_ok(mmd_node_set_string(node, "nearest_mode", cases[i].nearest));
    if (cases[i].reason) {
      mmd_assert_fails(mmd_onnx_lower(graph, 10), MMD_NOT_SUPPORTED, cases[i].reason);
    } else {
      lower(graph, 10);
    }
    mmd_graph_destroy(graph);
  }
}

static void rules_are_sorted(void **state) {
  (void)state;
  for (size_t i = 1; i < mmd_lower_rule_count; i++) {
    const mmd_lower_rule_t *a = &mmd_lower_rules[i - 1], *b = &mmd_lower_rules[i];
    int order = strcmp(a->op, b->op);
    assert_true(order < 0 || (order == 0 && a->version < b->version));
  }
}

// Everything that ONNX's own node tests hold comes down or says why not.
static void node_tests_come_down(void **state) {
  (void)state;
  const char *assets = getenv("MMDEPLOY_ASSETS");
  if (!assets) mmd_test_skip("MMDEPLOY_ASSETS is not set");
  char folder[1024], path[2048];
  snprintf(folder, sizeof folder, "%s/onnx/node", assets);
  if (!mmd_path_is_directory(folder)) mmd_test_skip("ONNX's node tests are not there");
  char **names = NULL;
  size_t count = 0, lowered = 0;
  mmd_assert_ok(mmd_path_list(folder, &names, &count));
  for (size_t i = 0; i < count; i++) {
    snprintf(path, sizeof path, "%s/%s/model.onnx", folder, names[i]);
    mmd_free(names[i]);
    if (!mmd_path_exists(path)) continue;
    mmd_graph_t *graph = NULL;
    mmd_assert_ok(mmd_onnx_import(path, NULL, &graph));
    if (mmd_graph_opset(graph, MMD_DOMAIN_ONNX) > 11) {
      mmd_status_t status = mmd_onnx_lower(graph, 11);
      lowered += status == NULL;
      if (status) assert_int_equal(mmd_status_code(status), MMD_NOT_SUPPORTED);
      if (!status) mmd_assert_ok(mmd_graph_verify(graph));
      mmd_status_free(status);
    }
    mmd_graph_destroy(graph);
  }
  mmd_free(names);
  assert_true(lowered >= 550);
}

static mmd_status_t sweep_lower(void *context) {
  (void)context;
  mmd_graph_t *graph = NULL;
  MMD_TRY(mmd_graph_create("sweep", &graph));
  mmd_status_t status = mmd_graph_set_opset(graph, MMD_DOMAIN_ONNX, 21);
  mmd_edge_t *edges[3] = {NULL, NULL, NULL};
  const int64_t dims[] = {1, 4, 6, 8};
  mmd_type_t type = mmd_type_tensor(graph, MMD_F32, 4, dims);
  if (type.kind != MMD_TYPE_TENSOR && !status) status = mmd_status_no_memory();
  for (size_t i = 0; i < 3 && !status; i++) {
    status = mmd_region_add_input(graph->root, "x", &type, &edges[i]);
  }
  mmd_node_t *node = NULL;
  if (!status) {
    status = mmd_node_create(graph->root, NULL, "", "GroupNormalization", "y", 3, edges, 1, &node);
  }
  if (!status) status = mmd_region_add_output(graph->root, node->outputs[0]);
  if (!status) status = mmd_onnx_lower(graph, 9);
  mmd_graph_destroy(graph);
  return status;
}

static void lack_of_memory_leaves_nothing(void **state) {
  (void)state;
  mmd_test_sweep(sweep_lower, NULL);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(inputs_become_attributes),
      cmocka_unit_test(clip_pad_and_slice),
      cmocka_unit_test(operators_are_spelled_out),
      cmocka_unit_test(softmax_changes_its_meaning),
      cmocka_unit_test(what_has_no_older_form_is_listed),
      cmocka_unit_test(nearest_pixels_of_old_resize),
      cmocka_unit_test(rules_are_sorted),
      cmocka_unit_test(node_tests_come_down),
      cmocka_unit_test(lack_of_memory_leaves_nothing),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
