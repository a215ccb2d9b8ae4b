// SPDX-License-Identifier: Apache-2.0
//
// Quantisation, spelt out: the engine folds what is constant.
#include "backends/openvino/target/lower_table.h"

typedef struct range_t {
  mmd_dtype_t dtype;
  double min, max;
} range_t;

static const range_t g_ranges[] = {
    {MMD_U8, 0, 255}, {MMD_I8, -128, 127}, {MMD_U16, 0, 65535}, {MMD_I16, -32768, 32767}};

static const range_t *find_range(ov_lower_t *l, mmd_dtype_t dtype) {
  for (size_t i = 0; i < sizeof g_ranges / sizeof *g_ranges; ++i) {
    if (g_ranges[i].dtype == dtype) return &g_ranges[i];
  }
  ov_refuse(l, "quantisation to %s", mmd_dtype_name(dtype));
  return &g_ranges[0];
}

// A number for all, or one a slice of |axis|.
static ov_value_t spread(ov_lower_t *l, size_t input, int rank) {
  const mmd_edge_t *edge = mmd_node_input(l->node, input);
  int64_t shape[MMD_MAX_RANK], axis = ov_attr_int(l, "axis", 1);
  const ov_value_t value = ov_convert(l, ov_input(l, input), MMD_F32);
  if (edge->type.has_rank && edge->type.rank == 0) return value;
  if (ov_attr_int(l, "block_size", 0)) ov_refuse(l, "block_size");
  if (ov_input_rank(l, input) != 1) ov_refuse(l, "a scale of %d dimensions", edge->type.rank);
  // One number, which stands for all whatever the axis.
  if (ov_input_size(l, input, 0) == 1) axis = 0;
  if (axis < 0) axis += rank;
  if (axis < 0 || axis >= (rank ? rank : 1)) ov_refuse(l, "axis %lld", (long long)axis);
  if (!ov_ok(l)) return value;
  for (int i = 0; i < rank; ++i) shape[i] = i == axis ? -1 : 1;
  return ov_reshape(l, value, ov_constant_i64s(l, (size_t)rank, shape), false);
}

static mmd_dtype_t quantized_dtype(const ov_lower_t *l) {
  if (mmd_node_input(l->node, 2)) return ov_input_dtype(l, 2);
  const int64_t dtype = ov_attr_int(l, "output_dtype", 0);
  return dtype ? (mmd_dtype_t)dtype : MMD_U8;
}

// round(x) + zero point, cut to what the type holds. |zero| may be none.
static ov_value_t round_to(ov_lower_t *l, const range_t *range, ov_value_t x, ov_value_t zero) {
  ov_value_t out = ov_round(l, x);
  if (!ov_is_none(zero)) out = ov_binary(l, "Add", out, zero);
  return ov_convert(l, ov_clamp(l, out, range->min, range->max), range->dtype);
}

void ov_lower_quantize_linear(ov_lower_t *l) {
  const int rank = ov_input_rank(l, 0);
  const range_t *range = find_range(l, quantized_dtype(l));
  ov_value_t zero = {0};
  if (!ov_ok(l)) return;
  const ov_value_t x = ov_convert(l, ov_input(l, 0), MMD_F32);
  if (mmd_node_input(l->node, 2)) zero = spread(l, 2, rank);
  ov_output(l, 0, round_to(l, range, ov_binary(l, "Divide", x, spread(l, 1, rank)), zero));
}

void ov_lower_dequantize_linear(ov_lower_t *l) {
  const int rank = ov_input_rank(l, 0);
  const mmd_dtype_t dtype = ov_input_dtype(l, 1);
  if (!ov_ok(l)) return;
  ov_value_t out = ov_convert(l, ov_input(l, 0), MMD_F32);
  if (mmd_node_input(l->node, 2)) out = ov_binary(l, "Subtract", out, spread(l, 2, rank));
  out = ov_binary(l, "Multiply", out, spread(l, 1, rank));
  ov_output(l, 0, dtype == MMD_F32 ? out : ov_convert(l, out, dtype));
}

// Scale and zero point such that the numbers, and 0, fill the range of u8.
void ov_lower_dynamic_quantize_linear(ov_lower_t *l) {
  const int rank = ov_input_rank(l, 0);
  const range_t *range = find_range(l, MMD_U8);
  const ov_value_t x = ov_input(l, 0), zero = ov_constant_number(l, MMD_F32, 0);
  int64_t axes[MMD_MAX_RANK];
  for (int i = 0; i < rank; ++i) axes[i] = i;
  const size_t count = (size_t)rank;
  const ov_value_t low =
      ov_binary(l, "Minimum", ov_reduce(l, "ReduceMin", x, count, axes, false), zero);
  const ov_value_t high =
      ov_binary(l, "Maximum", ov_reduce(l, "ReduceMax", x, count, axes, false), zero);
  const ov_value_t scale = ov_binary(l, "Divide", ov_binary(l, "Subtract", high, low),
                                     ov_constant_number(l, MMD_F32, range->max));
  const ov_value_t below = ov_binary(l, "Divide", ov_unary(l, "Negative", "opset1", low), scale);
  const ov_value_t point = ov_round(l, ov_clamp(l, below, range->min, range->max));
  ov_output(l, 0, round_to(l, range, ov_binary(l, "Divide", x, scale), point));
  ov_output(l, 1, scale);
  ov_output(l, 2, ov_convert(l, point, MMD_U8));
}

//===--- products of whole numbers -----------------------------------------===//
//
// They are computed in f32, which holds them exactly up to 2^24.

// Numbers of input |i| along |axis| of |rank|; a single one stands for all.
static ov_value_t along(ov_lower_t *l, size_t i, int rank, int axis) {
  const mmd_edge_t *edge = mmd_node_input(l->node, i);
  int64_t shape[MMD_MAX_RANK];
  const ov_value_t x = ov_convert(l, ov_input(l, i), MMD_F32);
  if (!edge->type.has_rank || edge->type.rank != 1 || rank < 1) return x;
  const bool is_single = ov_input_size(l, i, 0) == 1;
  for (int k = 0; k < rank; ++k) shape[k] = k == axis && !is_single ? -1 : 1;
  return ov_reshape(l, x, ov_constant_i64s(l, (size_t)rank, shape), false);
}

// Input |i| without its zero point, input |zero|, which lies along |axis|.
static ov_value_t centered(ov_lower_t *l, size_t i, size_t zero, int axis) {
  const ov_value_t x = ov_convert(l, ov_input(l, i), MMD_F32);
  if (!mmd_node_input(l->node, zero)) return x;
  const int rank = ov_input_rank(l, i);
  return ov_binary(l, "Subtract", x, along(l, zero, rank, axis < 0 ? axis + rank : axis));
}

void ov_lower_matmul_integer(ov_lower_t *l) {
  const ov_value_t a = centered(l, 0, 2, -2), b = centered(l, 1, 3, -1);
  ov_output(l, 0, ov_convert(l, ov_matmul(l, a, b, false, false), MMD_I32));
}

void ov_lower_conv_integer(ov_lower_t *l) {
  const ov_value_t x = centered(l, 0, 2, 1), weights = centered(l, 1, 3, 0);
  ov_output(l, 0, ov_convert(l, ov_convolve(l, 1, x, weights), MMD_I32));
}

// Inputs are pairs of scale and zero point behind a, b and for the result.
static void requantize(ov_lower_t *l, ov_value_t product, int rank, int a_axis, int b_axis) {
  const range_t *range = find_range(l, ov_input_dtype(l, 7));
  const ov_value_t scale =
      ov_binary(l, "Multiply", along(l, 1, rank, a_axis), along(l, 4, rank, b_axis));
  if (!ov_ok(l)) return;
  const ov_value_t x =
      ov_binary(l, "Divide", ov_binary(l, "Multiply", product, scale), along(l, 6, rank, b_axis));
  ov_output(l, 0, round_to(l, range, x, along(l, 7, rank, b_axis)));
}

void ov_lower_qlinear_matmul(ov_lower_t *l) {
  const int a = ov_input_rank(l, 0), b = ov_input_rank(l, 3), rank = a > b ? a : b;
  const ov_value_t product =
      ov_matmul(l, centered(l, 0, 2, -2), centered(l, 3, 5, -1), false, false);
  if (a < 2 || b < 2) ov_refuse(l, "vectors");
  requantize(l, product, rank, rank - 2, rank - 1);
}

void ov_lower_qlinear_conv(ov_lower_t *l) {
  const int rank = ov_input_rank(l, 0);
  ov_value_t product = ov_convolve(l, 3, centered(l, 0, 2, 1), centered(l, 3, 5, 0));
  if (mmd_node_input(l->node, 8)) product = ov_binary(l, "Add", product, along(l, 8, rank, 1));
  requantize(l, product, rank, 1, 1);
}
