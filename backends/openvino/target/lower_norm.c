// SPDX-License-Identifier: Apache-2.0
//
// Normalisations.
#include "backends/openvino/target/lower_table.h"

static ov_value_t normalize_batch(ov_lower_t *l, ov_value_t mean, ov_value_t variance) {
  const ov_value_t inputs[] = {ov_input(l, 0), ov_input(l, 1), ov_input(l, 2), mean, variance};
  const ov_value_t out = ov_emit(l, "BatchNormInference", "opset5", 5, inputs);
  ov_set_float(l, out, "epsilon", ov_attr_float(l, "epsilon", 1e-5));
  return out;
}

// old * momentum + new * (1 - momentum).
static ov_value_t run_on(ov_lower_t *l, size_t input, ov_value_t current) {
  const double momentum = ov_attr_float(l, "momentum", 0.9);
  const mmd_dtype_t dtype = ov_input_dtype(l, input);
  const ov_value_t old =
      ov_binary(l, "Multiply", ov_input(l, input), ov_constant_number(l, dtype, momentum));
  const ov_value_t part =
      ov_binary(l, "Multiply", current, ov_constant_number(l, dtype, 1 - momentum));
  return ov_binary(l, "Add", old, part);
}

// By the batch's own mean and variance.
static void train_batch(ov_lower_t *l, int rank) {
  int64_t axes[MMD_MAX_RANK] = {0};
  for (int i = 2; i < rank; ++i) axes[i - 1] = i;
  const size_t count = rank > 2 ? (size_t)rank - 1 : 1;
  const ov_value_t x = ov_input(l, 0);
  const ov_value_t kept = ov_reduce(l, "ReduceMean", x, count, axes, true);
  const ov_value_t mean = ov_squeeze(l, kept, count, axes);
  const ov_value_t apart = ov_binary(l, "Subtract", x, kept);
  const ov_value_t variance =
      ov_reduce(l, "ReduceMean", ov_binary(l, "Multiply", apart, apart), count, axes, false);
  ov_output(l, 0, normalize_batch(l, mean, variance));
  ov_output(l, 1, run_on(l, 3, mean));
  ov_output(l, 2, run_on(l, 4, variance));
}

void ov_lower_batch_norm(ov_lower_t *l) {
  const int rank = ov_input_rank(l, 0);
  if (ov_attr_int(l, "training_mode", 0)) {
    train_batch(l, rank);
  } else {
    ov_output(l, 0, normalize_batch(l, ov_input(l, 3), ov_input(l, 4)));
  }
}

// (x - mean) / sqrt(variance + epsilon) over |axes|.
static ov_value_t standardize(ov_lower_t *l, ov_value_t x, size_t count, const int64_t *axes,
                              double epsilon) {
  const ov_value_t inputs[] = {x, ov_constant_i64s(l, count, axes)};
  const ov_value_t out = ov_emit(l, "MVN", "opset6", 2, inputs);
  ov_set_bool(l, out, "normalize_variance", true);
  ov_set_float(l, out, "eps", epsilon);
  ov_set(l, out, "eps_mode", "inside_sqrt");
  return out;
}

// The small number stands outside of the root.
void ov_lower_mean_variance_norm(ov_lower_t *l) {
  static const int64_t usual[] = {0, 2, 3};
  size_t count = 0;
  const int64_t *axes = mmd_node_attr_ints(l->node, "axes", &count);
  const ov_value_t inputs[] = {ov_input(l, 0),
                               ov_constant_i64s(l, axes ? count : 3, axes ? axes : usual)};
  const ov_value_t out = ov_emit(l, "MVN", "opset6", 2, inputs);
  ov_set_bool(l, out, "normalize_variance", true);
  ov_set_float(l, out, "eps", 1e-9);
  ov_set(l, out, "eps_mode", "outside_sqrt");
  ov_output(l, 0, out);
}

// A number a channel, broadcast over NCHW…
static ov_value_t per_channel(ov_lower_t *l, size_t input, int rank) {
  int64_t shape[MMD_MAX_RANK] = {1, -1};
  for (int i = 2; i < rank; ++i) shape[i] = 1;
  return ov_reshape(l, ov_input(l, input), ov_constant_i64s(l, (size_t)rank, shape), false);
}

void ov_lower_instance_norm(ov_lower_t *l) {
  const int rank = ov_input_rank(l, 0);
  int64_t axes[MMD_MAX_RANK];
  if (rank < 3) ov_refuse(l, "%d dimensions; at least 3 are expected", rank);
  if (!ov_ok(l)) return;
  for (int i = 2; i < rank; ++i) axes[i - 2] = i;
  ov_value_t out =
      standardize(l, ov_input(l, 0), (size_t)rank - 2, axes, ov_attr_float(l, "epsilon", 1e-5));
  out = ov_binary(l, "Multiply", out, per_channel(l, 1, rank));
  ov_output(l, 0, ov_binary(l, "Add", out, per_channel(l, 2, rank)));
}

// The outputs Mean and InvStdDev, which few ask for.
static void bind_statistics(ov_lower_t *l, ov_value_t x, size_t count, const int64_t *axes,
                            double epsilon) {
  const mmd_dtype_t dtype = ov_input_dtype(l, 0);
  const ov_value_t mean = ov_reduce(l, "ReduceMean", x, count, axes, true);
  const ov_value_t apart = ov_binary(l, "Subtract", x, mean);
  const ov_value_t variance =
      ov_reduce(l, "ReduceMean", ov_binary(l, "Multiply", apart, apart), count, axes, true);
  const ov_value_t sum = ov_binary(l, "Add", variance, ov_constant_number(l, dtype, epsilon));
  ov_output(l, 1, mean);
  ov_output(l, 2, ov_binary(l, "Power", sum, ov_constant_number(l, dtype, -0.5)));
}

void ov_lower_layer_norm(ov_lower_t *l) {
  const int rank = ov_input_rank(l, 0);
  const double epsilon = ov_attr_float(l, "epsilon", 1e-5);
  int64_t axis = ov_attr_int(l, "axis", -1), axes[MMD_MAX_RANK];
  if (axis < 0) axis += rank;
  if (axis < 0 || axis >= rank) ov_refuse(l, "axis %lld", (long long)axis);
  if (!ov_ok(l)) return;
  const size_t count = (size_t)(rank - axis);
  for (int64_t i = axis; i < rank; ++i) axes[i - axis] = i;
  const ov_value_t x = ov_input(l, 0);
  ov_value_t out = standardize(l, x, count, axes, epsilon);
  out = ov_binary(l, "Multiply", out, ov_input(l, 1));
  if (mmd_node_input(l->node, 2)) out = ov_binary(l, "Add", out, ov_input(l, 2));
  ov_output(l, 0, out);
  if (l->node->output_count > 1) bind_statistics(l, x, count, axes, epsilon);
}

// Up to opset 20 scale and bias are a number a group: repeated for its channels.
static ov_value_t per_group(ov_lower_t *l, size_t input, int64_t channels, int64_t groups) {
  const int64_t repeats[] = {1, channels / groups}, flat = -1;
  const int64_t last = 1;
  const ov_value_t column = ov_unsqueeze(l, ov_input(l, input), 1, &last);
  const ov_value_t inputs[] = {column, ov_constant_i64s(l, 2, repeats)};
  const ov_value_t tiled = ov_emit(l, "Tile", "opset1", 2, inputs);
  return ov_reshape(l, tiled, ov_constant_i64s(l, 1, &flat), false);
}

void ov_lower_group_norm(ov_lower_t *l) {
  const int64_t groups = ov_attr_int(l, "num_groups", 1), channels = ov_input_size(l, 0, 1);
  const bool is_old = l->node->version < 21;
  if (is_old && (channels < 1 || groups < 1)) ov_refuse(l, "the number of channels is not known");
  if (!ov_ok(l)) return;
  const ov_value_t inputs[] = {ov_input(l, 0),
                               is_old ? per_group(l, 1, channels, groups) : ov_input(l, 1),
                               is_old ? per_group(l, 2, channels, groups) : ov_input(l, 2)};
  const ov_value_t out = ov_emit(l, "GroupNormalization", "opset12", 3, inputs);
  ov_set_int(l, out, "num_groups", groups);
  ov_set_float(l, out, "epsilon", ov_attr_float(l, "epsilon", 1e-5));
  ov_output(l, 0, out);
}

void ov_lower_lrn(ov_lower_t *l) {
  const int64_t channels = 1;
  const ov_value_t inputs[] = {ov_input(l, 0), ov_constant_i64s(l, 1, &channels)};
  const ov_value_t out = ov_emit(l, "LRN", "opset1", 2, inputs);
  ov_set_float(l, out, "alpha", ov_attr_float(l, "alpha", 1e-4));
  ov_set_float(l, out, "beta", ov_attr_float(l, "beta", 0.75));
  ov_set_float(l, out, "bias", ov_attr_float(l, "bias", 1));
  ov_set_int(l, out, "size", ov_attr_int(l, "size", 1));
  ov_output(l, 0, out);
}

// x / |x| along an axis.
void ov_lower_lp_norm(ov_lower_t *l) {
  const int64_t axis = ov_attr_int(l, "axis", -1), p = ov_attr_int(l, "p", 2);
  const ov_value_t inputs[] = {ov_input(l, 0), ov_constant_i64s(l, 1, &axis)};
  const ov_value_t norm = ov_emit(l, p == 1 ? "ReduceL1" : "ReduceL2", "opset4", 2, inputs);
  ov_set_bool(l, norm, "keep_dims", true);
  ov_output(l, 0, ov_binary(l, "Divide", ov_input(l, 0), norm));
}

// MMDeploy's: over as many of the last axes as the weights have.
void ov_lower_mmdeploy_layer_norm(ov_lower_t *l) {
  const int rank = ov_input_rank(l, 0), count = ov_input_rank(l, 1);
  int64_t axes[MMD_MAX_RANK];
  if (count < 1 || count > rank) ov_refuse(l, "weights of %d dimensions", count);
  if (!ov_ok(l)) return;
  for (int i = 0; i < count; ++i) axes[i] = rank - count + i;
  ov_value_t out =
      standardize(l, ov_input(l, 0), (size_t)count, axes, ov_attr_float(l, "epsilon", 1e-5));
  if (ov_attr_int(l, "affine", 1)) {
    out = ov_binary(l, "Multiply", out, ov_input(l, 1));
    out = ov_binary(l, "Add", out, ov_input(l, 2));
  }
  ov_output(l, 0, out);
}
