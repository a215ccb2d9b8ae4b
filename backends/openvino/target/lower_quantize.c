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

// round(x / scale) + zero point, cut to what the type holds.
void ov_lower_quantize_linear(ov_lower_t *l) {
  const int rank = ov_input_rank(l, 0);
  const mmd_dtype_t dtype = quantized_dtype(l);
  const range_t *range = find_range(l, dtype);
  if (!ov_ok(l)) return;
  const ov_value_t x = ov_convert(l, ov_input(l, 0), MMD_F32);
  ov_value_t out = ov_unary(l, "Round", "opset5", ov_binary(l, "Divide", x, spread(l, 1, rank)));
  ov_set(l, out, "mode", "half_to_even");
  if (mmd_node_input(l->node, 2)) out = ov_binary(l, "Add", out, spread(l, 2, rank));
  out = ov_unary(l, "Clamp", "opset1", out);
  ov_set_float(l, out, "min", range->min);
  ov_set_float(l, out, "max", range->max);
  ov_output(l, 0, ov_convert(l, out, dtype));
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
