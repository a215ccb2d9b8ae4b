// SPDX-License-Identifier: Apache-2.0
//
// Removes nodes whose output equals an input: Identity, Dropout at inference, Reshape to the same
// shape, x + 0 and the like. A node that keeps an output of the graph apart from an input or a
// constant stays.
#include <string.h>

#include "ops/infer.h"
#include "ops/op.h"
#include "passes/pass_util.h"

typedef bool (*is_noop_fn)(const mmd_node_t *node);

// The types are known, and equal in every dimension: same symbols are same sizes.
static bool keeps_type(const mmd_node_t *node, size_t input) {
  const mmd_edge_t *in = mmd_node_input(node, input);
  if (!in || !node->outputs[0]) return false;
  const mmd_type_t *a = &in->type, *b = &node->outputs[0]->type;
  return a->kind == MMD_TYPE_TENSOR && a->has_rank && a->dtype != MMD_DTYPE_UNDEFINED &&
         mmd_type_equal(a, b);
}

static bool always(const mmd_node_t *node) {
  (void)node;
  return true;
}

static bool same_type(const mmd_node_t *node) {
  return keeps_type(node, 0);
}

static bool single_input(const mmd_node_t *node) {
  return node->input_count == 1;
}

static bool is_inference_dropout(const mmd_node_t *node) {
  if (node->version < 7) return mmd_node_attr_int(node, "is_test", 0) != 0;
  if (!mmd_node_input(node, 2)) return true;
  const mmd_tensor_t *training = mmd_pass_constant(node, 2);
  return training && mmd_tensor_count(training) == 1 && mmd_tensor_get_i64(training, 0) == 0;
}

static bool is_same_order(const mmd_node_t *node) {
  size_t count = 0;
  const int64_t *perm = mmd_node_attr_ints(node, "perm", &count);
  if (!perm) {  // reverses
    const mmd_type_t *type = &node->inputs[0]->type;
    return type->kind == MMD_TYPE_TENSOR && type->has_rank && type->rank <= 1;
  }
  for (size_t i = 0; i < count; ++i)
    if (perm[i] != (int64_t)i) return false;
  return true;
}

static bool is_same_dtype(const mmd_node_t *node) {
  const mmd_type_t *type = &node->inputs[0]->type;
  return type->kind == MMD_TYPE_TENSOR && type->dtype != MMD_DTYPE_UNDEFINED &&
         mmd_node_attr_int(node, "to", 0) == (int64_t)type->dtype;
}

static bool are_zero(const int64_t *numbers, size_t count) {
  for (size_t i = 0; i < count; ++i)
    if (numbers[i] != 0) return false;
  return true;
}

static bool pads_nothing(const mmd_node_t *node) {
  int64_t pads[2 * MMD_MAX_RANK];
  size_t count = 0;
  if (node->version >= 11)
    return mmd_pass_ints(node, 1, 2 * MMD_MAX_RANK, pads, &count) && are_zero(pads, count);
  const int64_t *attr = mmd_node_attr_ints(node, node->version >= 2 ? "pads" : "paddings", &count);
  return attr && are_zero(attr, count);
}

// As long as the input and without steps back, so it begins at the first element.
static bool slices_all(const mmd_node_t *node) {
  if (!keeps_type(node, 0)) return false;
  int64_t steps[MMD_MAX_RANK];
  size_t count = 0;
  if (node->version < 10 || !mmd_node_input(node, 4)) return true;
  if (!mmd_pass_ints(node, 4, MMD_MAX_RANK, steps, &count)) return false;
  for (size_t i = 0; i < count; ++i)
    if (steps[i] <= 0) return false;
  return true;
}

// Same size in every direction, and a rule for coordinates that then gives the same places.
static bool resizes_nothing(const mmd_node_t *node) {
  const char *rule = mmd_node_attr_string(node, "coordinate_transformation_mode", "half_pixel");
  return strcmp(rule, "tf_crop_and_resize") != 0 && strcmp(rule, "tf_half_pixel_for_nn") != 0 &&
         mmd_type_is_static(&node->inputs[0]->type) && keeps_type(node, 0);
}

typedef struct {
  const char *op;
  is_noop_fn is_noop;
} rule_t;

// The output is input 0.
static const rule_t rules[] = {
    {"Cast", is_same_dtype},      {"Concat", single_input}, {"Dropout", is_inference_dropout},
    {"Expand", same_type},        {"Flatten", same_type},   {"Identity", always},
    {"Max", single_input},        {"Mean", single_input},   {"Min", single_input},
    {"Pad", pads_nothing},        {"Reshape", same_type},   {"Resize", resizes_nothing},
    {"Slice", slices_all},        {"Squeeze", same_type},   {"Sum", single_input},
    {"Transpose", is_same_order},
};

typedef struct {
  const char *op;
  double neutral;
  bool commutes;
} neutral_t;

static const neutral_t neutrals[] = {
    {"Add", 0, true}, {"Sub", 0, false}, {"Mul", 1, true}, {"Div", 1, false}, {"Pow", 1, false},
};

static bool is_all(const mmd_tensor_t *tensor, double number) {
  if (!tensor || tensor->dtype == MMD_STRING || tensor->dtype == MMD_C64 ||
      tensor->dtype == MMD_C128)
    return false;
  size_t count = mmd_tensor_count(tensor);
  for (size_t i = 0; i < count; ++i)
    if (mmd_tensor_get_f64(tensor, i) != number) return false;
  return count > 0;
}

// x + 0 and the like: the index of x, or -1.
static int find_kept_operand(const mmd_node_t *node, const neutral_t *rule) {
  if (node->input_count != 2 || node->version < 7) return -1;
  if (is_all(mmd_pass_constant(node, 1), rule->neutral) && keeps_type(node, 0)) return 0;
  if (!rule->commutes) return -1;
  return is_all(mmd_pass_constant(node, 0), rule->neutral) && keeps_type(node, 1) ? 1 : -1;
}

// The index of the input that the output equals, or -1.
static int find_equal_input(const mmd_node_t *node) {
  if (*node->domain || node->output_count == 0 || !mmd_node_input(node, 0)) return -1;
  for (size_t i = 0; i < sizeof rules / sizeof *rules; ++i)
    if (strcmp(node->op, rules[i].op) == 0) return rules[i].is_noop(node) ? 0 : -1;
  for (size_t i = 0; i < sizeof neutrals / sizeof *neutrals; ++i)
    if (strcmp(node->op, neutrals[i].op) == 0) return find_kept_operand(node, &neutrals[i]);
  return -1;
}

static mmd_status_t visit(mmd_node_t *node, void *context) {
  if (node->output_count == 0 || !node->outputs[0]) return NULL;
  for (size_t i = 1; i < node->output_count; ++i)
    if (mmd_pass_output_used(node, i)) return NULL;
  int index = find_equal_input(node);
  if (index < 0 || mmd_pass_is_opaque(node)) return NULL;
  mmd_edge_t *input = mmd_node_input(node, (size_t)index);
  if (!input || !mmd_edge_can_forward(node->outputs[0], input)) return NULL;
  MMD_TRY(mmd_edge_forward(node->outputs[0], input));
  *(bool *)context = true;
  return mmd_node_erase(node);
}

static mmd_status_t run(mmd_graph_t *graph, const mmd_pass_options_t *options, bool *out_changed) {
  (void)options;
  MMD_TRY(mmd_graph_infer(graph));
  return mmd_pass_walk(graph, visit, out_changed);
}

const mmd_pass_t mmd_pass_eliminate_identities = {
    .name = "eliminate_identities",
    .help = "remove nodes whose output equals their input",
    .run = run,
};
