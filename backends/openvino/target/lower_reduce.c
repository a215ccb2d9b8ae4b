// SPDX-License-Identifier: Apache-2.0
//
// Reductions, arg max, top k, softmax; matrix products.
#include <stdint.h>
#include <string.h>

#include "backends/openvino/target/lower_table.h"

//===--- reductions --------------------------------------------------------===//

// The axes as a value: attribute, input that has some, or all.
static ov_value_t axes_of(ov_lower_t *l) {
  size_t count = 0;
  const int64_t *axes = mmd_node_attr_ints(l->node, "axes", &count);
  int64_t all[MMD_MAX_RANK];
  if (axes) return ov_constant_i64s(l, count, axes);
  if (mmd_node_input(l->node, 1) && ov_input_size(l, 1, 0) != 0) {
    // Without them the rank of the result would not be known.
    if (!ov_input_constant(l, 1) && !ov_attr_int(l, "keepdims", 1))
      ov_refuse(l, "axes must be constant when keepdims is 0");
    return ov_input(l, 1);
  }
  const int rank = ov_input_rank(l, 0);
  for (int i = 0; i < rank; ++i) all[i] = i;
  return ov_constant_i64s(l, (size_t)rank, all);
}

// noop_with_empty_axes without axes.
static bool reduces_nothing(const ov_lower_t *l) {
  const bool has_axes = mmd_node_input(l->node, 1) && ov_input_size(l, 1, 0) != 0;
  return ov_attr_int(l, "noop_with_empty_axes", 0) && !has_axes && !mmd_node_attr(l->node, "axes");
}

static ov_value_t reduce(ov_lower_t *l, const char *type, const char *opset, ov_value_t x) {
  if (reduces_nothing(l)) return x;
  const ov_value_t inputs[] = {x, axes_of(l)};
  const ov_value_t out = ov_emit(l, type, opset, 2, inputs);
  ov_set_bool(l, out, "keep_dims", ov_attr_int(l, "keepdims", 1) != 0);
  return out;
}

void ov_lower_reduce(ov_lower_t *l) {
  const char *op = l->node->op;
  const bool is_norm = strcmp(op, "ReduceL1") == 0 || strcmp(op, "ReduceL2") == 0;
  if (ov_input_dtype(l, 0) == MMD_BOOL && mmd_node_input(l->node, 1) && !ov_input_constant(l, 1))
    ov_refuse(l, "axes of a reduction of booleans must be constant");
  if (ov_input_dtype(l, 0) == MMD_BOOL)
    op = strcmp(op, "ReduceMax") == 0 ? "ReduceLogicalOr" : "ReduceLogicalAnd";
  // The names are ONNX's.
  ov_output(l, 0, reduce(l, op, is_norm ? "opset4" : "opset1", ov_input(l, 0)));
}

void ov_lower_reduce_sum_square(ov_lower_t *l) {
  const ov_value_t x = ov_input(l, 0);
  ov_output(l, 0, reduce(l, "ReduceSum", "opset1", ov_binary(l, "Multiply", x, x)));
}

void ov_lower_reduce_log_sum(ov_lower_t *l) {
  ov_output(l, 0, ov_unary(l, "Log", "opset1", reduce(l, "ReduceSum", "opset1", ov_input(l, 0))));
}

// Shifted by the maximum, so that nothing overflows.
void ov_lower_reduce_log_sum_exp(ov_lower_t *l) {
  const ov_value_t x = ov_input(l, 0);
  const ov_value_t kept[] = {x, axes_of(l)};
  const ov_value_t high = ov_emit(l, "ReduceMax", "opset1", 2, kept);
  ov_set_bool(l, high, "keep_dims", true);
  const ov_value_t shifted = ov_unary(l, "Exp", "opset1", ov_binary(l, "Subtract", x, high));
  const ov_value_t sum = ov_unary(l, "Log", "opset1", reduce(l, "ReduceSum", "opset1", shifted));
  ov_output(l, 0, ov_binary(l, "Add", sum, reduce(l, "ReduceMax", "opset1", x)));
}

//===--- choosing ----------------------------------------------------------===//

static ov_value_t top_k(ov_lower_t *l, ov_value_t x, ov_value_t k, bool is_max, bool is_sorted) {
  const ov_value_t inputs[] = {x, k};
  const ov_value_t out = ov_emit_many(l, "TopK", "opset11", 2, inputs, 2);
  ov_set_int(l, out, "axis", ov_attr_int(l, "axis", strcmp(l->node->op, "TopK") == 0 ? -1 : 0));
  ov_set(l, out, "mode", is_max ? "max" : "min");
  ov_set(l, out, "sort", is_sorted ? "value" : "none");
  ov_set(l, out, "index_element_type", "i64");
  ov_set_bool(l, out, "stable", is_sorted);
  return out;
}

void ov_lower_top_k(ov_lower_t *l) {
  const int64_t axis = 0;
  const bool is_max = ov_attr_int(l, "largest", 1) != 0;
  const ov_value_t k = ov_squeeze(l, ov_input(l, 1), 1, &axis);
  const ov_value_t out = top_k(l, ov_input(l, 0), k, is_max, ov_attr_int(l, "sorted", 1) != 0);
  ov_output(l, 0, out);
  ov_output(l, 1, ov_result(out, 1));
}

static ov_value_t reversed(ov_lower_t *l, ov_value_t x, int64_t axis) {
  const int64_t begin = -1, end = INT64_MIN + 1, step = -1;
  const ov_value_t inputs[] = {x, ov_constant_i64s(l, 1, &begin), ov_constant_i64s(l, 1, &end),
                               ov_constant_i64s(l, 1, &step), ov_constant_i64s(l, 1, &axis)};
  return ov_emit(l, "Slice", "opset8", 5, inputs);
}

// The first of equal ones; the last one is the first from behind.
static void arg(ov_lower_t *l, bool is_max) {
  const int64_t axis = ov_attr_int(l, "axis", 0);
  const bool takes_last = ov_attr_int(l, "select_last_index", 0) != 0;
  const ov_value_t x = ov_input(l, 0);
  const ov_value_t from = takes_last ? reversed(l, x, axis) : x;
  ov_value_t out = ov_result(top_k(l, from, ov_constant_i64(l, 1), is_max, true), 1);
  if (takes_last) {
    const ov_value_t last = ov_binary(l, "Subtract", ov_size_of(l, x, axis), ov_constant_i64(l, 1));
    out = ov_binary(l, "Subtract", last, out);
  }
  if (!ov_attr_int(l, "keepdims", 1)) out = ov_squeeze(l, out, 1, &axis);
  ov_output(l, 0, out);
}

void ov_lower_arg_max(ov_lower_t *l) {
  arg(l, true);
}

void ov_lower_arg_min(ov_lower_t *l) {
  arg(l, false);
}

static void softmax(ov_lower_t *l, const char *type, const char *opset) {
  const ov_value_t out = ov_unary(l, type, opset, ov_input(l, 0));
  ov_set_int(l, out, "axis", ov_attr_int(l, "axis", -1));
  ov_output(l, 0, out);
}

void ov_lower_softmax(ov_lower_t *l) {
  softmax(l, "Softmax", "opset8");
}

void ov_lower_log_softmax(ov_lower_t *l) {
  softmax(l, "LogSoftmax", "opset5");
}

//===--- products ----------------------------------------------------------===//

void ov_lower_matmul(ov_lower_t *l) {
  ov_output(l, 0, ov_matmul(l, ov_input(l, 0), ov_input(l, 1), false, false));
}

static ov_value_t scaled(ov_lower_t *l, ov_value_t x, double factor) {
  if (factor == 1) return x;
  return ov_binary(l, "Multiply", x, ov_constant_number(l, ov_input_dtype(l, 0), factor));
}

void ov_lower_gemm(ov_lower_t *l) {
  const bool a_transposed = ov_attr_int(l, "transA", 0) != 0;
  const bool b_transposed = ov_attr_int(l, "transB", 0) != 0;
  ov_value_t out = ov_matmul(l, ov_input(l, 0), ov_input(l, 1), a_transposed, b_transposed);
  out = scaled(l, out, ov_attr_float(l, "alpha", 1));
  if (mmd_node_input(l->node, 2))
    out = ov_binary(l, "Add", out, scaled(l, ov_input(l, 2), ov_attr_float(l, "beta", 1)));
  ov_output(l, 0, out);
}

void ov_lower_einsum(ov_lower_t *l) {
  enum { MAX = 16 };
  ov_value_t inputs[MAX];
  if (l->node->input_count > MAX) ov_refuse(l, "more than %d inputs", (int)MAX);
  if (!ov_ok(l)) return;
  for (size_t i = 0; i < l->node->input_count; ++i) inputs[i] = ov_input(l, i);
  const ov_value_t out = ov_emit(l, "Einsum", "opset7", l->node->input_count, inputs);
  char equation[256];
  size_t size = 0;
  for (const char *c = ov_attr_string(l, "equation", ""); *c && size + 1 < sizeof equation; ++c) {
    if (*c != ' ') equation[size++] = *c;
  }
  equation[size] = '\0';
  ov_set(l, out, "equation", equation);
  ov_output(l, 0, out);
}

//===--- determinants ------------------------------------------------------===//

static ov_value_t element(ov_lower_t *l, ov_value_t x, int64_t row, int64_t column) {
  x = ov_gather(l, x, ov_constant_i64(l, row), -2);
  return ov_gather(l, x, ov_constant_i64(l, column), -1);
}

// a d - b c of rows |r|, |r| + 1 and the columns.
static ov_value_t minor(ov_lower_t *l, ov_value_t x, int64_t r, int64_t left, int64_t right) {
  const ov_value_t down =
      ov_binary(l, "Multiply", element(l, x, r, left), element(l, x, r + 1, right));
  const ov_value_t up =
      ov_binary(l, "Multiply", element(l, x, r, right), element(l, x, r + 1, left));
  return ov_binary(l, "Subtract", down, up);
}

// By the rule of Sarrus.
void ov_lower_det(ov_lower_t *l) {
  const int rank = ov_input_rank(l, 0);
  const int64_t size = ov_input_size(l, 0, rank - 1);
  const ov_value_t x = ov_input(l, 0);
  if (size < 1 || size > 3) ov_refuse(l, "matrices of other than 1 to 3 rows");
  if (!ov_ok(l)) return;
  if (size < 3) {
    ov_output(l, 0, size == 1 ? element(l, x, 0, 0) : minor(l, x, 0, 0, 1));
    return;
  }
  const ov_value_t a = ov_binary(l, "Multiply", element(l, x, 0, 0), minor(l, x, 1, 1, 2));
  const ov_value_t b = ov_binary(l, "Multiply", element(l, x, 0, 1), minor(l, x, 1, 0, 2));
  const ov_value_t c = ov_binary(l, "Multiply", element(l, x, 0, 2), minor(l, x, 1, 0, 1));
  ov_output(l, 0, ov_binary(l, "Add", ov_binary(l, "Subtract", a, b), c));
}
