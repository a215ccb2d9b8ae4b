// SPDX-License-Identifier: Apache-2.0
//
// Windows of signals, and the losses of classification.
#include <string.h>

#include "backends/openvino/target/lower_table.h"

//===--- windows -----------------------------------------------------------===//

// cos(|times| * 2 pi n / N) of n = 0 … size - 1, times |factor|.
static ov_value_t wave(ov_lower_t *l, ov_value_t phase, double times, double factor) {
  const ov_value_t angle = ov_binary(l, "Multiply", phase, ov_constant_number(l, MMD_F32, times));
  const ov_value_t wave = ov_unary(l, "Cos", "opset1", angle);
  return ov_binary(l, "Multiply", wave, ov_constant_number(l, MMD_F32, factor));
}

static void window(ov_lower_t *l, double a, double b, double c) {
  const double turn = 6.283185307179586;
  const mmd_dtype_t dtype = (mmd_dtype_t)ov_attr_int(l, "output_datatype", MMD_F32);
  const int rank = ov_input_rank(l, 0);
  const int64_t none = 0;
  ov_value_t size = ov_convert(l, ov_input(l, 0), MMD_I64);
  if (rank > 0) size = ov_reshape(l, size, ov_constant_i64s(l, 0, &none), false);
  const ov_value_t last =
      ov_attr_int(l, "periodic", 1) ? size : ov_binary(l, "Subtract", size, ov_constant_i64(l, 1));
  const ov_value_t steps = ov_convert(l, ov_count_up(l, size), MMD_F32);
  const ov_value_t phase =
      ov_binary(l, "Divide", ov_binary(l, "Multiply", steps, ov_constant_number(l, MMD_F32, turn)),
                ov_convert(l, last, MMD_F32));
  ov_value_t out = ov_binary(l, "Add", wave(l, phase, 1, b), ov_constant_number(l, MMD_F32, a));
  if (c != 0) out = ov_binary(l, "Add", out, wave(l, phase, 2, c));
  ov_output(l, 0, dtype == MMD_F32 ? out : ov_convert(l, out, dtype));
}

void ov_lower_hann_window(ov_lower_t *l) {
  window(l, 0.5, -0.5, 0);
}

void ov_lower_hamming_window(ov_lower_t *l) {
  window(l, 25.0 / 46, -21.0 / 46, 0);
}

void ov_lower_blackman_window(ov_lower_t *l) {
  window(l, 0.42, -0.5, 0.08);
}

//===--- losses ------------------------------------------------------------===//

// Minus the logarithm |scores| [N, C, d…] of the class that input 1 names, times its weight.
static void pick_loss(ov_lower_t *l, ov_value_t scores) {
  const int rank = ov_input_rank(l, 0);
  const mmd_dtype_t dtype = ov_input_dtype(l, 0), index_dtype = ov_input_dtype(l, 1);
  const char *reduction = ov_attr_string(l, "reduction", "mean");
  const bool ignores = mmd_node_attr(l->node, "ignore_index") != NULL;
  const bool is_mean = strcmp(reduction, "mean") == 0, has_weights = mmd_node_input(l->node, 2);
  const int64_t channel = 1;
  int64_t all[MMD_MAX_RANK];
  for (int i = 0; i < rank; ++i) all[i] = i;
  const size_t count = rank > 1 ? (size_t)rank - 1 : 0;
  ov_value_t target = ov_input(l, 1), weight = ov_constant_number(l, dtype, 1);
  const ov_value_t none = ov_constant_number(l, index_dtype, 0);
  const ov_value_t ignored =
      ov_constant_number(l, index_dtype, (double)ov_attr_int(l, "ignore_index", 0));
  const ov_value_t counts = ov_binary(l, "NotEqual", target, ignored);
  if (ignores) target = ov_select(l, counts, target, none);
  if (has_weights) weight = ov_gather(l, ov_input(l, 2), target, 0);
  if (ignores) weight = ov_select(l, counts, weight, ov_constant_number(l, dtype, 0));
  if (!ignores && !has_weights) weight = ov_broadcast(l, weight, ov_shape_of(l, target));
  const ov_value_t inputs[] = {scores, ov_unsqueeze(l, target, 1, &channel)};
  ov_value_t loss = ov_emit(l, "GatherElements", "opset6", 2, inputs);
  ov_set_int(l, loss, "axis", 1);
  loss = ov_unary(l, "Negative", "opset1", ov_squeeze(l, loss, 1, &channel));
  loss = ov_binary(l, "Multiply", loss, weight);
  if (strcmp(reduction, "none") != 0) loss = ov_reduce(l, "ReduceSum", loss, count, all, false);
  if (is_mean)
    loss = ov_binary(l, "Divide", loss, ov_reduce(l, "ReduceSum", weight, count, all, false));
  ov_output(l, 0, loss);
}

void ov_lower_nll_loss(ov_lower_t *l) {
  pick_loss(l, ov_input(l, 0));
}

void ov_lower_softmax_loss(ov_lower_t *l) {
  const ov_value_t scores = ov_unary(l, "LogSoftmax", "opset5", ov_input(l, 0));
  ov_set_int(l, scores, "axis", 1);
  pick_loss(l, scores);
  ov_output(l, 1, scores);
}
