// SPDX-License-Identifier: Apache-2.0
//
// Raises nodes of the standard domain to one recent opset. The table below lists, for every
// operator whose meaning or form ever changed in a way that old nodes feel, the steps to take
// (convert_opset_rules.c). Other changes only added: types, attributes with defaults, optional
// inputs. A node that cannot be raised keeps its version; so does one above the target.
#include "passes/convert_opset.h"

#include <string.h>

#include "ops/infer.h"
#include "ops/op.h"
#include "passes/pass_util.h"

typedef struct {
  int64_t target;
  bool changed;
} conversion_t;

// Operators of the standard domain all of whose changes up to opset 21 are in the table of rules or
// are additions.
static const char *const known_ops[] = {
    "Abs",
    "Acos",
    "Acosh",
    "Add",
    "And",
    "ArgMax",
    "ArgMin",
    "Asin",
    "Asinh",
    "Atan",
    "Atanh",
    "AveragePool",
    "BatchNormalization",
    "Cast",
    "Ceil",
    "Clip",
    "Compress",
    "Concat",
    "Constant",
    "ConstantOfShape",
    "Conv",
    "ConvTranspose",
    "Cos",
    "Cosh",
    "CumSum",
    "DepthToSpace",
    "DequantizeLinear",
    "Div",
    "Dropout",
    "Einsum",
    "Elu",
    "Equal",
    "Erf",
    "Exp",
    "Expand",
    "EyeLike",
    "Flatten",
    "Floor",
    "Gather",
    "GatherElements",
    "GatherND",
    "Gelu",
    "Gemm",
    "GlobalAveragePool",
    "GlobalMaxPool",
    "Greater",
    "GreaterOrEqual",
    "HardSigmoid",
    "HardSwish",
    "Identity",
    "If",
    "InstanceNormalization",
    "IsInf",
    "IsNaN",
    "LRN",
    "LayerNormalization",
    "LeakyRelu",
    "Less",
    "LessOrEqual",
    "Log",
    "LogSoftmax",
    "Loop",
    "MatMul",
    "Max",
    "MaxPool",
    "Mean",
    "Min",
    "Mod",
    "Mul",
    "Neg",
    "NonMaxSuppression",
    "NonZero",
    "Not",
    "OneHot",
    "Or",
    "PRelu",
    "Pad",
    "Pow",
    "QuantizeLinear",
    "Range",
    "Reciprocal",
    "ReduceL1",
    "ReduceL2",
    "ReduceLogSum",
    "ReduceLogSumExp",
    "ReduceMax",
    "ReduceMean",
    "ReduceMin",
    "ReduceProd",
    "ReduceSum",
    "ReduceSumSquare",
    "Relu",
    "Reshape",
    "Resize",
    "RoiAlign",
    "Round",
    "ScatterElements",
    "ScatterND",
    "Selu",
    "Shape",
    "Sigmoid",
    "Sign",
    "Sin",
    "Sinh",
    "Size",
    "Slice",
    "Softmax",
    "Softplus",
    "Softsign",
    "SpaceToDepth",
    "Split",
    "Sqrt",
    "Squeeze",
    "Sub",
    "Sum",
    "Tan",
    "Tanh",
    "Tile",
    "TopK",
    "Transpose",
    "Trilu",
    "Unsqueeze",
    "Where",
    "Xor",
};

static bool is_known(const mmd_node_t *node) {
  for (size_t i = 0; i < sizeof known_ops / sizeof *known_ops; ++i)
    if (strcmp(node->op, known_ops[i]) == 0) return true;
  return false;
}

static bool is_of_function(const mmd_node_t *node) {
  const mmd_graph_t *graph = node->region->graph;
  for (size_t i = 0; i < graph->function_count; ++i)
    if (mmd_node_is(node, graph->functions[i]->domain, graph->functions[i]->name)) return true;
  return false;
}

// The step with the lowest version above the node's, or NULL.
static const mmd_opset_rule_t *next_rule(const mmd_node_t *node, int64_t target) {
  const mmd_opset_rule_t *best = NULL;
  for (const mmd_opset_rule_t *rule = mmd_opset_rules; rule->op; ++rule) {
    if (rule->version <= node->version || rule->version > target) continue;
    if (strcmp(rule->op, node->op) != 0) continue;
    if (!best || rule->version < best->version) best = rule;
  }
  return best;
}

static mmd_status_t raise_node(mmd_node_t *node, void *context) {
  conversion_t *conversion = context;
  int64_t target = conversion->target;
  if (*node->domain || node->version >= target || is_of_function(node)) return NULL;
  bool is_whole = mmd_node_input(node, 0) && node->output_count > 0 && node->outputs[0];
  if (node->version < 6 && mmd_node_attr(node, "consumed_inputs"))
    mmd_node_remove_attr(node, "consumed_inputs");
  int64_t before = node->version;
  for (const mmd_opset_rule_t *rule = next_rule(node, target); rule && is_whole;
       rule = next_rule(node, target)) {
    bool done = false;
    MMD_TRY(rule->apply(node, target, &done));
    if (!done) break;
    // A rule that renames the operator sets the version itself.
    if (node->version < rule->version) node->version = rule->version;
  }
  bool stuck = next_rule(node, target) != NULL;
  const mmd_op_t *now = mmd_op_find(node->domain, node->op, node->version);
  bool is_same = now && now == mmd_op_find(node->domain, node->op, target);
  if (!stuck && (is_known(node) || is_same)) node->version = target;
  conversion->changed |= node->version != before;
  return NULL;
}

static mmd_status_t run(mmd_graph_t *graph, const mmd_pass_options_t *options, bool *out_changed) {
  int64_t present = mmd_graph_opset(graph, MMD_DOMAIN_ONNX);
  conversion_t conversion = {.target = options->opset > 0 ? options->opset : MMD_PASS_OPSET};
  if (conversion.target < present) conversion.target = present;
  MMD_TRY(mmd_graph_infer(graph));  // some steps need ranks and element types
  // New nodes and the ones that are raised have the graph's opset.
  MMD_TRY(mmd_graph_set_opset(graph, MMD_DOMAIN_ONNX, conversion.target));
  MMD_TRY(mmd_pass_walk(graph, raise_node, &conversion));
  *out_changed |= conversion.changed;
  return NULL;
}

const mmd_pass_t mmd_pass_convert_opset = {
    .name = "convert_opset",
    .help = "raise nodes to one recent opset",
    .run = run,
};
