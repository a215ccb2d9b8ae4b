// SPDX-License-Identifier: Apache-2.0
#include "convert/node_cost.h"

#include <stdlib.h>
#include <string.h>

// Sizes that are not known clear |known|, short memory clears |has_memory|; both give NULL, and
// NULL operands give NULL.
typedef struct counter_t {
  mmd_graph_t *graph;
  const mmd_node_t *node;
  bool known, has_memory;
} counter_t;

typedef const mmd_dim_t *dim_t;

static dim_t checked(counter_t *c, dim_t dim) {
  if (!dim) c->has_memory = false;
  return dim;
}

static dim_t number(counter_t *c, int64_t value) {
  return checked(c, mmd_dim_const(c->graph, value));
}

static dim_t times(counter_t *c, dim_t a, dim_t b) {
  return a && b ? checked(c, mmd_dim_mul(c->graph, a, b)) : NULL;
}

static dim_t plus(counter_t *c, dim_t a, dim_t b) {
  return a && b ? checked(c, mmd_dim_add(c->graph, a, b)) : NULL;
}

static dim_t unknown(counter_t *c) {
  c->known = false;
  return NULL;
}

static const mmd_type_t *ranked(const mmd_edge_t *edge) {
  return edge && edge->type.kind == MMD_TYPE_TENSOR && edge->type.has_rank ? &edge->type : NULL;
}

// Product of the sizes from axis |first| on.
static dim_t volume_from(counter_t *c, const mmd_edge_t *edge, int first) {
  const mmd_type_t *type = ranked(edge);
  if (!type || type->rank < first) return unknown(c);
  dim_t result = number(c, 1);
  for (int i = first; i < type->rank; ++i) result = times(c, result, type->dims[i]);
  return result;
}

static const mmd_edge_t *input(const counter_t *c, size_t i) {
  return mmd_node_input(c->node, i);
}

static const mmd_edge_t *output(const counter_t *c) {
  for (size_t i = 0; i < c->node->output_count; ++i) {
    if (c->node->outputs[i]) return c->node->outputs[i];
  }
  return NULL;
}

static dim_t input_volume(counter_t *c, size_t i) {
  return volume_from(c, input(c, i), 0);
}

static dim_t output_volume(counter_t *c) {
  return volume_from(c, output(c), 0);
}

// Size on |axis|, counted from the end when negative.
static dim_t size_on(counter_t *c, const mmd_edge_t *edge, int axis) {
  const mmd_type_t *type = ranked(edge);
  if (type && axis < 0) axis += type->rank;
  return type && axis >= 0 && axis < type->rank ? type->dims[axis] : unknown(c);
}

//===--- rules -------------------------------------------------------------===//

typedef struct rule_t {
  const char *domain, *op;
  void (*count)(counter_t *c, const struct rule_t *rule, mmd_cost_t *out);
  int factor;  // operations for one element, or the input that is meant
} rule_t;

static void count_nothing(counter_t *c, const rule_t *rule, mmd_cost_t *out) {
  (void)rule;
  out->operations = number(c, 0);
}

static void count_outputs(counter_t *c, const rule_t *rule, mmd_cost_t *out) {
  out->operations = times(c, number(c, rule->factor), output_volume(c));
}

static void count_inputs(counter_t *c, const rule_t *rule, mmd_cost_t *out) {
  out->operations = times(c, number(c, rule->factor), input_volume(c, 0));
}

static void count_variadic(counter_t *c, const rule_t *rule, mmd_cost_t *out) {
  (void)rule;
  const int64_t terms = (int64_t)c->node->input_count - 1;
  out->operations = times(c, number(c, terms > 0 ? terms : 0), output_volume(c));
}

// |factor|: which input holds the weights; a bias stands behind them.
static void count_conv(counter_t *c, const rule_t *rule, mmd_cost_t *out) {
  const size_t weights = (size_t)rule->factor;
  out->macs = times(c, output_volume(c), volume_from(c, input(c, weights), 1));
  if (input(c, weights + 1)) out->operations = output_volume(c);
}

// Weights without a bias behind them.
static void count_conv_unbiased(counter_t *c, const rule_t *rule, mmd_cost_t *out) {
  out->macs = times(c, output_volume(c), volume_from(c, input(c, (size_t)rule->factor), 1));
}

static void count_conv_transpose(counter_t *c, const rule_t *rule, mmd_cost_t *out) {
  (void)rule;
  out->macs = times(c, input_volume(c, 0), volume_from(c, input(c, 1), 1));
  if (input(c, 2)) out->operations = output_volume(c);
}

static void count_gemm(counter_t *c, const rule_t *rule, mmd_cost_t *out) {
  (void)rule;
  const bool transposed = mmd_node_attr_int(c->node, "transA", 0) != 0;
  out->macs = times(c, output_volume(c), size_on(c, input(c, 0), transposed ? 0 : 1));
  if (input(c, 2)) out->operations = output_volume(c);
}

static void count_matmul(counter_t *c, const rule_t *rule, mmd_cost_t *out) {
  (void)rule;
  out->macs = times(c, output_volume(c), size_on(c, input(c, 0), -1));
}

// Sizes of each letter once. Terms with an ellipsis are not counted.
static void count_einsum(counter_t *c, const rule_t *rule, mmd_cost_t *out) {
  (void)rule;
  const char *at = mmd_node_attr_string(c->node, "equation", "");
  bool seen[256] = {false};
  out->macs = number(c, 1);
  for (size_t i = 0; i < c->node->input_count; ++i, at += *at == ',') {
    for (int axis = 0; *at && *at != ',' && *at != '-'; ++at) {
      if (*at == ' ') continue;
      if (*at == '.') {
        out->macs = unknown(c);
        return;
      }
      dim_t size = size_on(c, input(c, i), axis++);
      if (!seen[(unsigned char)*at]) out->macs = times(c, out->macs, size);
      seen[(unsigned char)*at] = true;
    }
  }
}

// X [steps, batch, …], W and R [directions, …].
static void count_recurrent(counter_t *c, const rule_t *rule, mmd_cost_t *out) {
  (void)rule;
  dim_t rows = times(c, size_on(c, input(c, 0), 0), size_on(c, input(c, 0), 1));
  out->macs = times(c, rows, plus(c, input_volume(c, 1), input_volume(c, 2)));
}

// Query, key, value of [batch, length, channels] or [batch, heads, length, channels]: scores and
// weighted sums.
static void count_attention(counter_t *c, const rule_t *rule, mmd_cost_t *out) {
  (void)rule;
  out->macs = times(c, number(c, 2), times(c, input_volume(c, 0), size_on(c, input(c, 1), -2)));
}

static void count_pool(counter_t *c, const rule_t *rule, mmd_cost_t *out) {
  (void)rule;
  size_t count = 0;
  const int64_t *kernel = mmd_node_attr_ints(c->node, "kernel_shape", &count);
  out->operations = output_volume(c);
  for (size_t i = 0; i < count; ++i)
    out->operations = times(c, out->operations, number(c, kernel[i]));
}

// |factor|: operations of a linear sample of two axes.
static void count_samples(counter_t *c, const rule_t *rule, mmd_cost_t *out) {
  const bool is_grid = strcmp(c->node->op, "GridSample") == 0;
  const char *mode = mmd_node_attr_string(c->node, "mode", is_grid ? "linear" : "nearest");
  const int factor = strcmp(mode, "nearest") == 0    ? 0
                     : strstr(mode, "cubic") != NULL ? 4 * rule->factor
                                                     : rule->factor;
  out->operations = times(c, number(c, factor), output_volume(c));
}

// The integer modes of the mmdeploy domain: 0 bilinear, 1 nearest, 2 bicubic.
static void count_grid_sampler(counter_t *c, const rule_t *rule, mmd_cost_t *out) {
  static const int factors[] = {8, 0, 32};
  (void)rule;
  const int64_t mode = mmd_node_attr_int(c->node, "interpolation_mode", 0);
  out->operations = times(c, number(c, factors[mode > 0 && mode < 3 ? mode : 0]), output_volume(c));
}

// Each output is the mean of a grid of linear samples; an adaptive grid is taken for 2x2.
static void count_roi_align(counter_t *c, const rule_t *rule, mmd_cost_t *out) {
  (void)rule;
  int64_t ratio = mmd_node_attr_int(c->node, "sampling_ratio", 0);
  if (ratio <= 0 || ratio > 64) ratio = 2;
  out->operations = times(c, number(c, 8 * ratio * ratio), output_volume(c));
}

// Sorted by operator, then domain.
#define MMCV "mmdeploy"
#define MICROSOFT "com.microsoft"
#define ELEMENT(op) \
  { "", op, count_outputs, 1 }
#define MOVE(op) \
  { "", op, count_nothing, 0 }
#define REDUCE(op) \
  { "", op, count_inputs, 1 }
static const rule_t g_rules[] = {
    ELEMENT("Abs"),
    ELEMENT("Acos"),
    ELEMENT("Acosh"),
    ELEMENT("Add"),
    ELEMENT("And"),
    REDUCE("ArgMax"),
    REDUCE("ArgMin"),
    ELEMENT("Asin"),
    ELEMENT("Asinh"),
    ELEMENT("Atan"),
    ELEMENT("Atanh"),
    {"", "AveragePool", count_pool, 0},
    {"", "BatchNormalization", count_outputs, 2},
    ELEMENT("BitShift"),
    ELEMENT("BitwiseAnd"),
    ELEMENT("BitwiseNot"),
    ELEMENT("BitwiseOr"),
    ELEMENT("BitwiseXor"),
    MOVE("Cast"),
    MOVE("CastLike"),
    ELEMENT("Ceil"),
    ELEMENT("Celu"),
    MOVE("CenterCropPad"),
    ELEMENT("Clip"),
    MOVE("Col2Im"),
    MOVE("Compress"),
    MOVE("Concat"),
    MOVE("ConcatFromSequence"),
    MOVE("Constant"),
    MOVE("ConstantOfShape"),
    {"", "Conv", count_conv, 1},
    {"", "ConvInteger", count_conv_unbiased, 1},
    {"", "ConvTranspose", count_conv_transpose, 0},
    ELEMENT("Cos"),
    ELEMENT("Cosh"),
    {"", "CumSum", count_outputs, 1},
    {"", "DeformConv", count_conv_unbiased, 1},
    MOVE("DepthToSpace"),
    {"", "DequantizeLinear", count_outputs, 2},
    ELEMENT("Div"),
    MOVE("Dropout"),
    {"", "DynamicQuantizeLinear", count_outputs, 2},
    {"", "Einsum", count_einsum, 0},
    ELEMENT("Elu"),
    ELEMENT("Equal"),
    ELEMENT("Erf"),
    ELEMENT("Exp"),
    MOVE("Expand"),
    MOVE("EyeLike"),
    MOVE("Flatten"),
    ELEMENT("Floor"),
    {"", "GRU", count_recurrent, 0},
    MOVE("Gather"),
    MOVE("GatherElements"),
    MOVE("GatherND"),
    {"", "Gelu", count_outputs, 1},
    {"", "Gemm", count_gemm, 0},
    REDUCE("GlobalAveragePool"),
    REDUCE("GlobalLpPool"),
    REDUCE("GlobalMaxPool"),
    ELEMENT("Greater"),
    ELEMENT("GreaterOrEqual"),
    {"", "GridSample", count_samples, 8},
    {"", "GroupNormalization", count_outputs, 5},
    ELEMENT("HardSigmoid"),
    ELEMENT("HardSwish"),
    {"", "Hardmax", count_outputs, 1},
    MOVE("Identity"),
    MOVE("If"),
    {"", "InstanceNormalization", count_outputs, 5},
    ELEMENT("IsInf"),
    ELEMENT("IsNaN"),
    {"", "LRN", count_outputs, 5},
    {"", "LSTM", count_recurrent, 0},
    {"", "LayerNormalization", count_outputs, 5},
    ELEMENT("LeakyRelu"),
    ELEMENT("Less"),
    ELEMENT("LessOrEqual"),
    ELEMENT("Log"),
    {"", "LogSoftmax", count_outputs, 4},
    MOVE("Loop"),
    {"", "LpNormalization", count_outputs, 3},
    {"", "LpNormalization", count_outputs, 4},
    {"", "LpPool", count_pool, 0},
    {MMCV, "MMCVDeformConv2d", count_conv_unbiased, 2},
    {MMCV, "MMCVModulatedDeformConv2d", count_conv, 3},
    {MMCV, "MMCVRoIAlign", count_roi_align, 0},
    {MMCV, "MMCVRoIAlignRotated", count_roi_align, 0},
    {"", "MatMul", count_matmul, 0},
    {"", "MatMulInteger", count_matmul, 0},
    {"", "Max", count_variadic, 0},
    {"", "MaxPool", count_pool, 0},
    {"", "Mean", count_variadic, 0},
    {"", "MeanVarianceNormalization", count_outputs, 5},
    {"", "Min", count_variadic, 0},
    {"", "Mish", count_outputs, 1},
    ELEMENT("Mod"),
    ELEMENT("Mul"),
    {MICROSOFT, "MultiHeadAttention", count_attention, 0},
    ELEMENT("Neg"),
    MOVE("NonZero"),
    ELEMENT("Not"),
    MOVE("OneHot"),
    ELEMENT("Or"),
    ELEMENT("PRelu"),
    MOVE("Pad"),
    ELEMENT("Pow"),
    {"", "QLinearConv", count_conv_unbiased, 3},
    {"", "QLinearMatMul", count_matmul, 0},
    {"", "QuantizeLinear", count_outputs, 2},
    {"", "RNN", count_recurrent, 0},
    MOVE("Range"),
    ELEMENT("Reciprocal"),
    REDUCE("ReduceL1"),
    REDUCE("ReduceL2"),
    REDUCE("ReduceLogSum"),
    REDUCE("ReduceLogSumExp"),
    REDUCE("ReduceMax"),
    REDUCE("ReduceMean"),
    REDUCE("ReduceMin"),
    REDUCE("ReduceProd"),
    REDUCE("ReduceSum"),
    REDUCE("ReduceSumSquare"),
    ELEMENT("Relu"),
    MOVE("Reshape"),
    {"", "Resize", count_samples, 8},
    MOVE("ReverseSequence"),
    {"", "RoiAlign", count_roi_align, 0},
    ELEMENT("Round"),
    {MMCV, "ScaledDotProductAttentionTRT", count_attention, 0},
    MOVE("Scan"),
    MOVE("ScatterElements"),
    MOVE("ScatterND"),
    ELEMENT("Selu"),
    MOVE("SequenceAt"),
    MOVE("SequenceConstruct"),
    MOVE("SequenceEmpty"),
    MOVE("SequenceInsert"),
    MOVE("SequenceLength"),
    MOVE("Shape"),
    ELEMENT("Shrink"),
    ELEMENT("Sigmoid"),
    ELEMENT("Sign"),
    ELEMENT("Sin"),
    ELEMENT("Sinh"),
    MOVE("Size"),
    MOVE("Slice"),
    {"", "Softmax", count_outputs, 4},
    ELEMENT("Softplus"),
    ELEMENT("Softsign"),
    MOVE("SpaceToDepth"),
    MOVE("Split"),
    MOVE("SplitToSequence"),
    ELEMENT("Sqrt"),
    MOVE("Squeeze"),
    ELEMENT("Sub"),
    {"", "Sum", count_variadic, 0},
    ELEMENT("Tan"),
    ELEMENT("Tanh"),
    ELEMENT("ThresholdedRelu"),
    MOVE("Tile"),
    REDUCE("TopK"),
    MOVE("Transpose"),
    MOVE("Trilu"),
    MOVE("Unsqueeze"),
    {"", "Upsample", count_samples, 8},
    MOVE("Where"),
    ELEMENT("Xor"),
    {MMCV, "grid_sampler", count_grid_sampler, 0},
};

static int compare_rule(const void *key, const void *item) {
  const mmd_node_t *node = key;
  const rule_t *rule = item;
  const int order = strcmp(node->op, rule->op);
  return order ? order : strcmp(node->domain, rule->domain);
}

static const rule_t *find_rule(const mmd_node_t *node) {
  if (mmd_node_is(node, MMD_DOMAIN_MMDEPLOY, "Mark")) {
    static const rule_t mark = {MMCV, "Mark", count_nothing, 0};
    return &mark;
  }
  return bsearch(node, g_rules, sizeof g_rules / sizeof *g_rules, sizeof *g_rules, compare_rule);
}

mmd_status_t mmd_node_cost(mmd_graph_t *graph, const mmd_node_t *node, mmd_cost_t *out_cost,
                           bool *out_known) {
  counter_t c = {.graph = graph, .node = node, .known = true, .has_memory = true};
  const rule_t *rule = find_rule(node);
  *out_known = false;
  *out_cost = (mmd_cost_t){NULL, NULL};
  if (!rule) return NULL;
  mmd_cost_t cost = {number(&c, 0), number(&c, 0)};
  rule->count(&c, rule, &cost);
  if (!c.has_memory) return mmd_status_no_memory();
  if (!c.known) return NULL;
  *out_known = true;
  *out_cost = cost;
  return NULL;
}

mmd_status_t mmd_cost_add(mmd_graph_t *graph, mmd_cost_t *cost, const mmd_cost_t *more) {
  cost->macs = mmd_dim_add(graph, cost->macs, more->macs);
  cost->operations = mmd_dim_add(graph, cost->operations, more->operations);
  return cost->macs && cost->operations ? NULL : mmd_status_no_memory();
}

const mmd_dim_t *mmd_cost_flops(mmd_graph_t *graph, const mmd_cost_t *cost) {
  return mmd_dim_add(graph, mmd_dim_mul(graph, mmd_dim_const(graph, 2), cost->macs),
                     cost->operations);
}
