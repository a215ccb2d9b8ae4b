// SPDX-License-Identifier: Apache-2.0
//
// Operators that take elements by place or by condition, and write patterns.
#include "backends/openvino/target/lower_table.h"

// The engine's constant folding does not stand empty tensors.
static bool is_empty(const ov_lower_t *l, int rank) {
  for (int i = 0; i < rank; ++i) {
    if (ov_input_size(l, 0, i) == 0) return true;
  }
  return false;
}

// Elements whose column - row is at least k (upper), or at most.
void ov_lower_trilu(ov_lower_t *l) {
  const int rank = ov_input_rank(l, 0);
  const int64_t last = 1, none = 0;
  const bool is_upper = ov_attr_int(l, "upper", 1) != 0;
  if (rank < 2) ov_refuse(l, "%d dimensions; at least 2 are expected", rank);
  const ov_value_t x = ov_input(l, 0);
  if (is_empty(l, rank)) {
    ov_output(l, 0, x);
    return;
  }
  const ov_value_t rows = ov_unsqueeze(l, ov_count_up(l, ov_size_of(l, x, rank - 2)), 1, &last);
  const ov_value_t columns = ov_count_up(l, ov_size_of(l, x, rank - 1));
  const ov_value_t k = mmd_node_input(l->node, 1)
                           ? ov_reshape(l, ov_input(l, 1), ov_constant_i64s(l, 0, &none), false)
                           : ov_constant_i64(l, 0);
  const ov_value_t mask = ov_binary(l, is_upper ? "GreaterEqual" : "LessEqual",
                                    ov_binary(l, "Subtract", columns, rows), k);
  ov_output(l, 0, ov_select(l, mask, x, ov_constant_number(l, ov_input_dtype(l, 0), 0)));
}

void ov_lower_eye_like(ov_lower_t *l) {
  const mmd_dtype_t dtype = (mmd_dtype_t)ov_attr_int(l, "dtype", (int64_t)ov_input_dtype(l, 0));
  const ov_value_t x = ov_input(l, 0);
  const ov_value_t inputs[] = {ov_size_of(l, x, 0), ov_size_of(l, x, 1),
                               ov_constant_i64(l, ov_attr_int(l, "k", 0))};
  const ov_value_t out = ov_emit(l, "Eye", "opset9", 3, inputs);
  ov_set(l, out, "output_type", "f32");
  ov_output(l, 0, dtype == MMD_F32 ? out : ov_convert(l, out, dtype));
}

// Without an axis the elements are taken from the flat tensor.
void ov_lower_compress(ov_lower_t *l) {
  const bool has_axis = mmd_node_attr(l->node, "axis") != NULL;
  const int64_t minus = -1, first = 0;
  ov_value_t x = ov_input(l, 0);
  if (!has_axis) x = ov_reshape(l, x, ov_constant_i64s(l, 1, &minus), false);
  const ov_value_t places = ov_unary(l, "NonZero", "opset3", ov_input(l, 1));
  ov_set(l, places, "output_type", "i64");
  const ov_value_t indices = ov_squeeze(l, places, 1, &first);
  ov_output(l, 0, ov_gather(l, x, indices, has_axis ? ov_attr_int(l, "axis", 0) : 0));
}

void ov_lower_reverse_sequence(ov_lower_t *l) {
  const ov_value_t inputs[] = {ov_input(l, 0), ov_input(l, 1)};
  const ov_value_t out = ov_emit(l, "ReverseSequence", "opset1", 2, inputs);
  ov_set_int(l, out, "batch_axis", ov_attr_int(l, "batch_axis", 1));
  ov_set_int(l, out, "seq_axis", ov_attr_int(l, "time_axis", 0));
  ov_output(l, 0, out);
}

// x + bias below -lambd, x - bias above lambd, 0 between.
void ov_lower_shrink(ov_lower_t *l) {
  const mmd_dtype_t dtype = ov_input_dtype(l, 0);
  const double lambd = ov_attr_float(l, "lambd", 0.5);
  const ov_value_t x = ov_input(l, 0);
  const ov_value_t bias = ov_constant_number(l, dtype, ov_attr_float(l, "bias", 0));
  const ov_value_t is_low = ov_binary(l, "Less", x, ov_constant_number(l, dtype, -lambd));
  const ov_value_t is_high = ov_binary(l, "Greater", x, ov_constant_number(l, dtype, lambd));
  const ov_value_t high =
      ov_select(l, is_high, ov_binary(l, "Subtract", x, bias), ov_constant_number(l, dtype, 0));
  ov_output(l, 0, ov_select(l, is_low, ov_binary(l, "Add", x, bias), high));
}

// 1 at the first largest element along an axis.
void ov_lower_hardmax(ov_lower_t *l) {
  const mmd_dtype_t dtype = ov_input_dtype(l, 0);
  const int64_t axis = ov_attr_int(l, "axis", -1);
  const ov_value_t x = ov_input(l, 0);
  const ov_value_t top_inputs[] = {x, ov_constant_i64(l, 1)};
  const ov_value_t top = ov_emit_many(l, "TopK", "opset11", 2, top_inputs, 2);
  ov_set_int(l, top, "axis", axis);
  ov_set(l, top, "mode", "max");
  ov_set(l, top, "sort", "value");
  ov_set(l, top, "index_element_type", "i64");
  ov_set_bool(l, top, "stable", true);
  const ov_value_t index = ov_squeeze(l, ov_result(top, 1), 1, &axis);
  const ov_value_t inputs[] = {index, ov_size_of(l, x, axis), ov_constant_number(l, dtype, 1),
                               ov_constant_number(l, dtype, 0)};
  const ov_value_t out = ov_emit(l, "OneHot", "opset1", 4, inputs);
  ov_set_int(l, out, "axis", axis);
  ov_output(l, 0, out);
}
