// SPDX-License-Identifier: Apache-2.0
//
// Operators that an older opset lacks, spelled out in those that it has. Nodes that are made here
// have the form of the opset before; the steps below take them further down.
#include "writers/onnx/lower_rules.h"

// x * HardSigmoid(x; 1/6, 1/2)
mmd_status_t mmd_lower_hard_swish_14(mmd_node_t *node, const char **out_reason) {
  (void)out_reason;
  mmd_node_t *gate = NULL;
  mmd_edge_t *x = mmd_node_input(node, 0);
  MMD_TRY(mmd_lower_insert(node, "HardSigmoid", x, NULL, NULL, &gate));
  MMD_TRY(mmd_node_set_float(gate, "alpha", 1.0 / 6));
  MMD_TRY(mmd_node_set_float(gate, "beta", 0.5));
  return mmd_lower_become(node, "Mul", x, gate->outputs[0]);
}

// x * tanh(softplus(x))
mmd_status_t mmd_lower_mish_18(mmd_node_t *node, const char **out_reason) {
  (void)out_reason;
  mmd_node_t *softplus = NULL, *tanh_node = NULL;
  mmd_edge_t *x = mmd_node_input(node, 0);
  MMD_TRY(mmd_lower_insert(node, "Softplus", x, NULL, NULL, &softplus));
  MMD_TRY(mmd_lower_insert(node, "Tanh", softplus->outputs[0], NULL, NULL, &tanh_node));
  return mmd_lower_become(node, "Mul", x, tanh_node->outputs[0]);
}

// |op| of |a| and a new scalar.
static mmd_status_t with_scalar(mmd_node_t *node, const char *op, mmd_edge_t *a, const char *what,
                                double number, mmd_edge_t **out_edge) {
  mmd_edge_t *scalar = NULL;
  mmd_node_t *made = NULL;
  MMD_TRY(mmd_lower_scalar(node, what, mmd_lower_dtype(node, 0), number, &scalar));
  MMD_TRY(mmd_lower_insert(node, op, a, scalar, NULL, &made));
  *out_edge = made->outputs[0];
  return NULL;
}

// erf(x / sqrt(2)), or tanh(sqrt(2 / pi) * (x + 0.044715 x^3))
static mmd_status_t gelu_core(mmd_node_t *node, bool approximate, mmd_edge_t **out_edge) {
  mmd_edge_t *x = mmd_node_input(node, 0);
  mmd_node_t *made = NULL;
  mmd_edge_t *edge = NULL;
  if (!approximate) {
    MMD_TRY(with_scalar(node, "Div", x, "sqrt2", 1.4142135623730951, &edge));
    MMD_TRY(mmd_lower_insert(node, "Erf", edge, NULL, NULL, &made));
    *out_edge = made->outputs[0];
    return NULL;
  }
  MMD_TRY(mmd_lower_insert(node, "Mul", x, x, NULL, &made));
  MMD_TRY(mmd_lower_insert(node, "Mul", made->outputs[0], x, NULL, &made));
  MMD_TRY(with_scalar(node, "Mul", made->outputs[0], "cubic", 0.044715, &edge));
  MMD_TRY(mmd_lower_insert(node, "Add", x, edge, NULL, &made));
  MMD_TRY(with_scalar(node, "Mul", made->outputs[0], "scale", 0.7978845608028654, &edge));
  MMD_TRY(mmd_lower_insert(node, "Tanh", edge, NULL, NULL, &made));
  *out_edge = made->outputs[0];
  return NULL;
}

mmd_status_t mmd_lower_gelu_20(mmd_node_t *node, const char **out_reason) {
  (void)out_reason;
  mmd_edge_t *x = mmd_node_input(node, 0), *core = NULL, *sum = NULL, *half = NULL;
  bool approximate = mmd_str_equal(mmd_node_attr_string(node, "approximate", "none"), "tanh");
  MMD_TRY(gelu_core(node, approximate, &core));
  MMD_TRY(with_scalar(node, "Add", core, "one", 1.0, &sum));
  MMD_TRY(with_scalar(node, "Mul", x, "half", 0.5, &half));
  return mmd_lower_become(node, "Mul", half, sum);
}

// max(0, x) + min(0, alpha * (exp(x / alpha) - 1)) = alpha * Elu(x / alpha) for alpha > 0
mmd_status_t mmd_lower_celu_12(mmd_node_t *node, const char **out_reason) {
  double alpha = mmd_node_attr_float(node, "alpha", 1.0);
  if (!(alpha > 0)) {
    *out_reason = "its alpha is not above 0";
    return NULL;
  }
  mmd_edge_t *scaled = NULL, *factor = NULL;
  mmd_node_t *elu = NULL;
  MMD_TRY(with_scalar(node, "Div", mmd_node_input(node, 0), "alpha", alpha, &scaled));
  MMD_TRY(mmd_lower_insert(node, "Elu", scaled, NULL, NULL, &elu));
  MMD_TRY(mmd_lower_scalar(node, "factor", mmd_lower_dtype(node, 0), alpha, &factor));
  return mmd_lower_become(node, "Mul", elu->outputs[0], factor);
}

static mmd_status_t reduce_mean(mmd_node_t *node, mmd_edge_t *x, const int64_t *axes, size_t count,
                                mmd_edge_t **out_edge) {
  mmd_node_t *mean = NULL;
  MMD_TRY(mmd_lower_insert(node, "ReduceMean", x, NULL, NULL, &mean));
  MMD_TRY(mmd_node_set_ints(mean, "axes", count, axes));
  MMD_TRY(mmd_node_set_int(mean, "keepdims", 1));
  *out_edge = mean->outputs[0];
  return NULL;
}

// Axes from |axis| to the last; negative ones need no rank.
static bool trailing_axes(const mmd_node_t *node, int64_t *axes, size_t *out_count) {
  int64_t axis = mmd_node_attr_int(node, "axis", -1);
  int rank = mmd_lower_rank(node, 0);
  if (rank >= 0 && axis >= 0) axis -= rank;
  if (axis >= 0 || axis < -MMD_MAX_RANK) return false;
  *out_count = 0;
  // Non-negative where the rank is known: opsets before 11 ask for that.
  for (; axis < 0; axis++) axes[(*out_count)++] = rank >= 0 ? axis + rank : axis;
  return true;
}

// The second and third result: mean and 1 / deviation.
static mmd_status_t forward_statistics(mmd_node_t *node, mmd_edge_t *mean, mmd_edge_t *deviation) {
  mmd_node_t *inverse = NULL;
  if (mmd_lower_output_used(node, 1)) {
    MMD_TRY(mmd_edge_set_type(mean, &node->outputs[1]->type));
    MMD_TRY(mmd_edge_forward(node->outputs[1], mean));
  }
  if (!mmd_lower_output_used(node, 2)) return NULL;
  MMD_TRY(mmd_lower_insert(node, "Reciprocal", deviation, NULL, NULL, &inverse));
  MMD_TRY(mmd_edge_set_type(inverse->outputs[0], &node->outputs[2]->type));
  return mmd_edge_forward(node->outputs[2], inverse->outputs[0]);
}

// (x - mean) / sqrt(var + epsilon) * scale + bias
mmd_status_t mmd_lower_layer_norm_17(mmd_node_t *node, const char **out_reason) {
  int64_t axes[MMD_MAX_RANK];
  size_t count = 0;
  if (!trailing_axes(node, axes, &count)) *out_reason = "the rank of its input is not known";
  if (*out_reason) return NULL;
  double epsilon = mmd_node_attr_float(node, "epsilon", 1e-5);
  mmd_edge_t *x = mmd_node_input(node, 0), *scale = mmd_node_input(node, 1);
  mmd_edge_t *bias = mmd_node_input(node, 2), *mean = NULL, *variance = NULL, *sum = NULL;
  mmd_node_t *centred = NULL, *made = NULL;
  MMD_TRY(reduce_mean(node, x, axes, count, &mean));
  MMD_TRY(mmd_lower_insert(node, "Sub", x, mean, NULL, &centred));
  MMD_TRY(mmd_lower_insert(node, "Mul", centred->outputs[0], centred->outputs[0], NULL, &made));
  MMD_TRY(reduce_mean(node, made->outputs[0], axes, count, &variance));
  MMD_TRY(with_scalar(node, "Add", variance, "epsilon", epsilon, &sum));
  MMD_TRY(mmd_lower_insert(node, "Sqrt", sum, NULL, NULL, &made));
  MMD_TRY(forward_statistics(node, mean, made->outputs[0]));
  MMD_TRY(mmd_lower_insert(node, "Div", centred->outputs[0], made->outputs[0], NULL, &made));
  if (!bias) return mmd_lower_become(node, "Mul", made->outputs[0], scale);
  MMD_TRY(mmd_lower_insert(node, "Mul", made->outputs[0], scale, NULL, &made));
  return mmd_lower_become(node, "Add", made->outputs[0], bias);
}

// Groups as the channels of an InstanceNormalization: [N, C, ...] -> [N, G, -1] -> back.
static mmd_status_t normalise_groups(mmd_node_t *node, mmd_edge_t *scale, mmd_edge_t *bias,
                                     mmd_edge_t **out_flat, mmd_edge_t **out_shape) {
  const int64_t flat_dims[] = {0, mmd_node_attr_int(node, "num_groups", 1), -1};
  double epsilon = mmd_node_attr_float(node, "epsilon", 1e-5);
  mmd_edge_t *x = mmd_node_input(node, 0), *dims = NULL;
  mmd_node_t *shape = NULL, *flat = NULL, *norm = NULL;
  MMD_TRY(mmd_lower_i64s(node, "groups", flat_dims, 3, &dims));
  MMD_TRY(mmd_lower_insert(node, "Shape", x, NULL, NULL, &shape));
  MMD_TRY(mmd_lower_insert(node, "Reshape", x, dims, NULL, &flat));
  MMD_TRY(mmd_lower_insert(node, "InstanceNormalization", flat->outputs[0], scale, bias, &norm));
  MMD_TRY(mmd_node_set_float(norm, "epsilon", epsilon));
  *out_flat = norm->outputs[0];
  *out_shape = shape->outputs[0];
  return NULL;
}

// One scale a group.
mmd_status_t mmd_lower_group_norm_18(mmd_node_t *node, const char **out_reason) {
  (void)out_reason;
  mmd_edge_t *flat = NULL, *shape = NULL;
  MMD_TRY(normalise_groups(node, mmd_node_input(node, 1), mmd_node_input(node, 2), &flat, &shape));
  return mmd_lower_become(node, "Reshape", flat, shape);
}

static mmd_status_t group_constant(mmd_node_t *node, const char *what, double number,
                                   mmd_edge_t **out_edge) {
  const mmd_shape_t shape = {1, {mmd_node_attr_int(node, "num_groups", 1)}};
  mmd_tensor_t tensor = {0};
  mmd_dtype_t dtype = mmd_lower_dtype(node, 0);
  MMD_TRY(mmd_tensor_create(dtype, &shape, true, &tensor));
  for (size_t i = 0; i < mmd_tensor_count(&tensor); i++) {
    mmd_dtype_store_f64(dtype, mmd_tensor_mutable_data(&tensor), i, number);
  }
  mmd_status_t status = mmd_region_add_constant(node->region, what, &tensor, out_edge);
  mmd_tensor_deinit(&tensor);
  return status;
}

// One scale a channel.
mmd_status_t mmd_lower_group_norm_21(mmd_node_t *node, const char **out_reason) {
  int rank = mmd_lower_rank(node, 0);
  int64_t groups = mmd_node_attr_int(node, "num_groups", 1);
  if (rank < 2) *out_reason = "the rank of its input is not known";
  if (groups < 1 || groups > 65536) *out_reason = "its num_groups is out of range";
  if (*out_reason) return NULL;
  int64_t channel_dims[MMD_MAX_RANK] = {1, -1};
  for (int i = 2; i < rank; i++) channel_dims[i] = 1;
  mmd_edge_t *ones = NULL, *zeros = NULL, *flat = NULL, *shape = NULL, *dims = NULL;
  mmd_node_t *normal = NULL, *scale = NULL, *bias = NULL, *scaled = NULL;
  MMD_TRY(group_constant(node, "group_ones", 1, &ones));
  MMD_TRY(group_constant(node, "group_zeros", 0, &zeros));
  MMD_TRY(normalise_groups(node, ones, zeros, &flat, &shape));
  MMD_TRY(mmd_lower_insert(node, "Reshape", flat, shape, NULL, &normal));
  MMD_TRY(mmd_lower_i64s(node, "channel_dims", channel_dims, (size_t)rank, &dims));
  MMD_TRY(mmd_lower_insert(node, "Reshape", mmd_node_input(node, 1), dims, NULL, &scale));
  MMD_TRY(mmd_lower_insert(node, "Reshape", mmd_node_input(node, 2), dims, NULL, &bias));
  MMD_TRY(mmd_lower_insert(node, "Mul", normal->outputs[0], scale->outputs[0], NULL, &scaled));
  return mmd_lower_become(node, "Add", scaled->outputs[0], bias->outputs[0]);
}

// Before 13 the input was seen as a matrix split at |axis|, which is the same for the last axis.
// For others the axis is exchanged with the last.
mmd_status_t mmd_lower_softmax_13(mmd_node_t *node, const char **out_reason) {
  int64_t axis = mmd_node_attr_int(node, "axis", -1);
  int rank = mmd_lower_rank(node, 0);
  if (axis == -1 && rank < 0) return mmd_node_set_int(node, "axis", -1);
  if (rank < 1 || axis < -rank || axis >= rank) {
    *out_reason = "the rank of its input is not known";
    return NULL;
  }
  if (axis < 0) axis += rank;
  if (axis == rank - 1) return mmd_node_set_int(node, "axis", axis);
  int64_t order[MMD_MAX_RANK];
  for (int i = 0; i < rank; i++) order[i] = i;
  order[axis] = rank - 1;
  order[rank - 1] = axis;
  mmd_node_t *there = NULL, *softmax = NULL;
  MMD_TRY(mmd_lower_insert(node, "Transpose", mmd_node_input(node, 0), NULL, NULL, &there));
  MMD_TRY(mmd_node_set_ints(there, "perm", (size_t)rank, order));
  MMD_TRY(mmd_lower_insert(node, node->op, there->outputs[0], NULL, NULL, &softmax));
  MMD_TRY(mmd_node_set_int(softmax, "axis", rank - 1));
  MMD_TRY(mmd_lower_become(node, "Transpose", softmax->outputs[0], NULL));
  return mmd_node_set_ints(node, "perm", (size_t)rank, order);
}

// A part of the shape is a slice of it.
mmd_status_t mmd_lower_shape_15(mmd_node_t *node, const char **out_reason) {
  (void)out_reason;
  if (!mmd_node_attr(node, "start") && !mmd_node_attr(node, "end")) return NULL;
  int64_t start = mmd_node_attr_int(node, "start", 0);
  int64_t end = mmd_node_attr_int(node, "end", INT64_MAX);
  mmd_node_t *shape = NULL;
  mmd_edge_t *starts = NULL, *ends = NULL;
  MMD_TRY(mmd_lower_insert(node, "Shape", mmd_node_input(node, 0), NULL, NULL, &shape));
  MMD_TRY(mmd_lower_i64s(node, "start", &start, 1, &starts));
  MMD_TRY(mmd_lower_i64s(node, "end", &end, 1, &ends));
  MMD_TRY(mmd_lower_become(node, "Slice", shape->outputs[0], starts));
  return mmd_node_set_input(node, 2, ends);
}

static mmd_status_t or_equal(mmd_node_t *node, const char *strict) {
  mmd_edge_t *a = mmd_node_input(node, 0), *b = mmd_node_input(node, 1);
  mmd_node_t *less = NULL, *equal = NULL;
  MMD_TRY(mmd_lower_insert(node, strict, a, b, NULL, &less));
  MMD_TRY(mmd_lower_insert(node, "Equal", a, b, NULL, &equal));
  return mmd_lower_become(node, "Or", less->outputs[0], equal->outputs[0]);
}

mmd_status_t mmd_lower_greater_or_equal_12(mmd_node_t *node, const char **out_reason) {
  (void)out_reason;
  return or_equal(node, "Greater");
}

mmd_status_t mmd_lower_less_or_equal_12(mmd_node_t *node, const char **out_reason) {
  (void)out_reason;
  return or_equal(node, "Less");
}

// Before 16 boxes were not shifted by half a pixel: they are moved beforehand.
mmd_status_t mmd_lower_roi_align_16(mmd_node_t *node, const char **out_reason) {
  (void)out_reason;
  const char *mode = mmd_node_attr_string(node, "coordinate_transformation_mode", "half_pixel");
  if (mmd_str_equal(mode, "half_pixel")) {
    double scale = mmd_node_attr_float(node, "spatial_scale", 1.0);
    mmd_edge_t *moved = NULL;
    MMD_TRY(with_scalar(node, "Sub", mmd_node_input(node, 1), "shift", 0.5 / scale, &moved));
    MMD_TRY(mmd_node_set_input(node, 1, moved));
  }
  mmd_node_remove_attr(node, "coordinate_transformation_mode");
  return NULL;
}

static bool is_float(mmd_dtype_t dtype) {
  return dtype == MMD_F32 || dtype == MMD_F16 || dtype == MMD_F64;
}

// Where the left is wanted, it is the left.
static mmd_status_t choose(mmd_node_t *node, const char *compare, mmd_edge_t *left,
                           mmd_edge_t *right, mmd_node_t **out_where) {
  mmd_node_t *better = NULL;
  MMD_TRY(mmd_lower_insert(node, compare, left, right, NULL, &better));
  return mmd_lower_insert(node, "Where", better->outputs[0], left, right, out_where);
}

// Before 12 for floats only.
static mmd_status_t max_min_12(mmd_node_t *node, const char *compare) {
  if (is_float(mmd_lower_dtype(node, 0))) return NULL;
  mmd_edge_t *best = mmd_node_input(node, 0);
  for (size_t i = 1; i < node->input_count; i++) {
    mmd_node_t *where = NULL;
    MMD_TRY(choose(node, compare, best, node->inputs[i], &where));
    best = where->outputs[0];
  }
  return mmd_lower_become(node, "Identity", best, NULL);
}

mmd_status_t mmd_lower_max_12(mmd_node_t *node, const char **out_reason) {
  (void)out_reason;
  return max_min_12(node, "Greater");
}

mmd_status_t mmd_lower_min_12(mmd_node_t *node, const char **out_reason) {
  (void)out_reason;
  return max_min_12(node, "Less");
}

mmd_status_t mmd_lower_clip_12(mmd_node_t *node, const char **out_reason) {
  (void)out_reason;
  if (is_float(mmd_lower_dtype(node, 0))) return NULL;
  mmd_edge_t *x = mmd_node_input(node, 0);
  for (size_t i = 1; i < 3; i++) {
    mmd_node_t *where = NULL;
    if (!mmd_node_input(node, i)) continue;
    MMD_TRY(choose(node, i == 1 ? "Greater" : "Less", x, mmd_node_input(node, i), &where));
    x = where->outputs[0];
  }
  return mmd_lower_become(node, "Identity", x, NULL);
}

// Before 12 both operands had one float type.
mmd_status_t mmd_lower_pow_12(mmd_node_t *node, const char **out_reason) {
  mmd_dtype_t base = mmd_lower_dtype(node, 0), exponent = mmd_lower_dtype(node, 1);
  if (!is_float(base)) *out_reason = "it is a power of integers";
  if (*out_reason || base == exponent) return NULL;
  mmd_node_t *cast = NULL;
  MMD_TRY(mmd_lower_insert(node, "Cast", mmd_node_input(node, 1), NULL, NULL, &cast));
  MMD_TRY(mmd_node_set_int(cast, "to", base));
  return mmd_node_set_input(node, 1, cast->outputs[0]);
}
