// SPDX-License-Identifier: Apache-2.0
//
// What changed between opsets, from the change log of the ONNX operators, read backwards: inputs
// become attributes again, attributes that came later must have their defaults.
#include "writers/onnx/lower_rules.h"

#include <string.h>

static const char kNotConstant[] = "an input that must be an attribute there is not constant";
static const char kNoRank[] = "the rank of its input is not known";

// Integers of input |index| become the attribute |name|; an input left out leaves none.
static mmd_status_t input_to_ints(mmd_node_t *node, size_t index, const char *name,
                                  const char **out_reason) {
  int64_t numbers[64];
  size_t count = 0;
  if (!mmd_node_input(node, index)) return NULL;
  if (!mmd_lower_ints(node, index, numbers, 64, &count)) {
    *out_reason = kNotConstant;
    return NULL;
  }
  MMD_TRY(mmd_node_set_ints(node, name, count, numbers));
  return mmd_node_set_input(node, index, NULL);
}

static mmd_status_t axes_13(mmd_node_t *node, const char **out_reason) {
  MMD_TRY(input_to_ints(node, 1, "axes", out_reason));
  return *out_reason ? NULL : mmd_node_trim_inputs(node, 1);
}

// Without axes the input itself may be meant.
static mmd_status_t reduce_axes(mmd_node_t *node, const char **out_reason) {
  int64_t numbers[64];
  size_t count = 0;
  bool noop = mmd_node_attr_int(node, "noop_with_empty_axes", 0) != 0;
  bool empty =
      !mmd_node_input(node, 1) || (mmd_lower_ints(node, 1, numbers, 64, &count) && count == 0);
  if (empty && noop) return mmd_lower_become(node, "Identity", mmd_node_input(node, 0), NULL);
  if (!empty) MMD_TRY(input_to_ints(node, 1, "axes", out_reason));
  if (*out_reason) return NULL;
  mmd_node_remove_attr(node, "noop_with_empty_axes");
  return mmd_node_trim_inputs(node, 1);
}

static mmd_status_t split_13(mmd_node_t *node, const char **out_reason) {
  MMD_TRY(input_to_ints(node, 1, "split", out_reason));
  return *out_reason ? NULL : mmd_node_trim_inputs(node, 1);
}

// num_outputs allows a smaller last part; then the sizes must be told.
static mmd_status_t split_18(mmd_node_t *node, const char **out_reason) {
  if (!mmd_node_attr(node, "num_outputs")) return NULL;
  int rank = mmd_lower_rank(node, 0);
  int64_t axis = mmd_node_attr_int(node, "axis", 0), parts[64];
  if (rank >= 0 && axis < 0) axis += rank;
  int64_t count = (int64_t)node->output_count;
  int64_t size = -1;
  if (rank >= 0 && axis >= 0 && axis < rank) {
    size = mmd_dim_number(node->inputs[0]->type.dims[axis]);
  }
  if (size < 0 || count < 1 || count > 64) {
    *out_reason = "the size that it splits is not known";
    return NULL;
  }
  int64_t part = (size + count - 1) / count;
  for (int64_t i = 0; i < count; i++) parts[i] = i + 1 < count ? part : size - part * (count - 1);
  mmd_edge_t *split = NULL;
  MMD_TRY(mmd_lower_i64s(node, "split", parts, (size_t)count, &split));
  MMD_TRY(mmd_node_set_input(node, 1, split));
  mmd_node_remove_attr(node, "num_outputs");
  return NULL;
}

// Bounds that are not constant are taken by Max and Min.
static mmd_status_t clip_11(mmd_node_t *node, const char **out_reason) {
  (void)out_reason;
  static const char *const names[] = {"min", "max"}, *const ops[] = {"Max", "Min"};
  mmd_edge_t *x = mmd_node_input(node, 0);
  for (size_t i = 0; i < 2; i++) {
    mmd_edge_t *bound = mmd_node_input(node, i + 1);
    const mmd_tensor_t *tensor = mmd_lower_constant(node, i + 1);
    if (bound && tensor && mmd_tensor_count(tensor) == 1) {
      MMD_TRY(mmd_node_set_float(node, names[i], mmd_tensor_get_f64(tensor, 0)));
    } else if (bound) {
      mmd_node_t *limited = NULL;
      MMD_TRY(mmd_lower_insert(node, ops[i], x, bound, NULL, &limited));
      x = limited->outputs[0];
      MMD_TRY(mmd_node_set_input(node, 0, x));
    }
  }
  return mmd_node_trim_inputs(node, 1);
}

// A list of axes becomes pads for all axes.
static mmd_status_t pad_18(mmd_node_t *node, const char **out_reason) {
  if (!mmd_node_input(node, 3)) return NULL;
  int64_t axes[MMD_MAX_RANK], pads[2 * MMD_MAX_RANK], all[2 * MMD_MAX_RANK] = {0};
  size_t axis_count = 0, pad_count = 0;
  int rank = mmd_lower_rank(node, 0);
  if (rank < 0) *out_reason = kNoRank;
  if (!mmd_lower_ints(node, 3, axes, MMD_MAX_RANK, &axis_count) ||
      !mmd_lower_ints(node, 1, pads, 2 * MMD_MAX_RANK, &pad_count) || pad_count != 2 * axis_count) {
    *out_reason = kNotConstant;
  }
  if (*out_reason) return NULL;
  for (size_t i = 0; i < axis_count; i++) {
    int64_t axis = axes[i] < 0 ? axes[i] + rank : axes[i];
    if (axis < 0 || axis >= rank) {
      *out_reason = "an axis is out of range";
      return NULL;
    }
    all[axis] = pads[i];
    all[rank + axis] = pads[axis_count + i];
  }
  mmd_edge_t *edge = NULL;
  MMD_TRY(mmd_lower_i64s(node, "pads", all, 2 * (size_t)rank, &edge));
  MMD_TRY(mmd_node_set_input(node, 1, edge));
  return mmd_node_trim_inputs(node, 3);
}

static mmd_status_t pad_19(mmd_node_t *node, const char **out_reason) {
  if (mmd_str_equal(mmd_node_attr_string(node, "mode", "constant"), "wrap")) {
    *out_reason = "its mode is wrap";
  }
  return NULL;
}

static mmd_status_t pad_11(mmd_node_t *node, const char **out_reason) {
  const mmd_tensor_t *value = mmd_lower_constant(node, 2);
  if (mmd_node_input(node, 2) && (!value || mmd_tensor_count(value) != 1)) {
    *out_reason = kNotConstant;
    return NULL;
  }
  MMD_TRY(input_to_ints(node, 1, "pads", out_reason));
  if (*out_reason) return NULL;
  if (value) MMD_TRY(mmd_node_set_float(node, "value", mmd_tensor_get_f64(value, 0)));
  return mmd_node_trim_inputs(node, 1);
}

static mmd_status_t slice_10(mmd_node_t *node, const char **out_reason) {
  int64_t steps[64];
  size_t count = 0;
  if (mmd_node_input(node, 4)) {
    if (!mmd_lower_ints(node, 4, steps, 64, &count)) *out_reason = kNotConstant;
    for (size_t i = 0; i < count; i++) {
      if (steps[i] != 1) *out_reason = "it has steps";
    }
  }
  static const char *const names[] = {"starts", "ends", "axes"};
  for (size_t i = 0; i < 3 && !*out_reason; i++) {
    MMD_TRY(input_to_ints(node, i + 1, names[i], out_reason));
  }
  return *out_reason ? NULL : mmd_node_trim_inputs(node, 1);
}

static mmd_status_t batch_norm_14(mmd_node_t *node, const char **out_reason) {
  return mmd_lower_drop_int(node, "training_mode", 0, "it is in training mode", out_reason);
}

static mmd_status_t dropout_12(mmd_node_t *node, const char **out_reason) {
  if (mmd_lower_output_used(node, 1)) {
    *out_reason = "its mask is used";
    return NULL;
  }
  const mmd_tensor_t *ratio = mmd_lower_constant(node, 1), *mode = mmd_lower_constant(node, 2);
  if (mmd_node_input(node, 2) && (!mode || mmd_tensor_get_i64(mode, 0) != 0)) {
    *out_reason = "it is in training mode";
    return NULL;
  }
  if (mmd_node_input(node, 1) && !ratio) {
    *out_reason = kNotConstant;
    return NULL;
  }
  if (ratio) MMD_TRY(mmd_node_set_float(node, "ratio", mmd_tensor_get_f64(ratio, 0)));
  mmd_node_remove_attr(node, "seed");
  return mmd_node_trim_inputs(node, 1);
}

static mmd_status_t reshape_14(mmd_node_t *node, const char **out_reason) {
  return mmd_lower_drop_int(node, "allowzero", 0, "allowzero is set", out_reason);
}

static mmd_status_t arg_12(mmd_node_t *node, const char **out_reason) {
  return mmd_lower_drop_int(node, "select_last_index", 0, "it selects the last index", out_reason);
}

static mmd_status_t cast_19(mmd_node_t *node, const char **out_reason) {
  return mmd_lower_drop_int(node, "saturate", 1, "it does not saturate", out_reason);
}

static mmd_status_t rnn_14(mmd_node_t *node, const char **out_reason) {
  return mmd_lower_drop_int(node, "layout", 0, "its layout is batch first", out_reason);
}

static mmd_status_t scatter_16(mmd_node_t *node, const char **out_reason) {
  return mmd_lower_drop_text(node, "reduction", "none", "it has a reduction", out_reason);
}

static mmd_status_t scatter_11(mmd_node_t *node, const char **out_reason) {
  (void)out_reason;
  return mmd_node_set_op(node, MMD_DOMAIN_ONNX, "Scatter", node->version);
}

static mmd_status_t depth_to_space_11(mmd_node_t *node, const char **out_reason) {
  return mmd_lower_drop_text(node, "mode", "DCR", "its mode is CRD", out_reason);
}

static mmd_status_t quantize_13(mmd_node_t *node, const char **out_reason) {
  const mmd_tensor_t *scale = mmd_lower_constant(node, 1);
  if (!scale || mmd_tensor_count(scale) != 1) *out_reason = "it is per axis";
  if (!*out_reason) mmd_node_remove_attr(node, "axis");
  return NULL;
}

static mmd_status_t top_k_11(mmd_node_t *node, const char **out_reason) {
  MMD_TRY(mmd_lower_drop_int(node, "largest", 1, "it takes the smallest", out_reason));
  if (!*out_reason) mmd_node_remove_attr(node, "sorted");  // older ones always sort
  return NULL;
}

static mmd_status_t top_k_10(mmd_node_t *node, const char **out_reason) {
  int64_t k[1];
  size_t count = 0;
  if (!mmd_lower_ints(node, 1, k, 1, &count) || count != 1) {
    *out_reason = kNotConstant;
    return NULL;
  }
  MMD_TRY(mmd_node_set_int(node, "k", k[0]));
  return mmd_node_trim_inputs(node, 1);
}

static bool all_ones(const mmd_node_t *node, const char *name) {
  size_t count = 0;
  const int64_t *numbers = mmd_node_attr_ints(node, name, &count);
  for (size_t i = 0; i < count; i++) {
    if (numbers[i] != 1) return false;
  }
  return true;
}

static mmd_status_t dilations(mmd_node_t *node, const char **out_reason) {
  if (!all_ones(node, "dilations")) {
    *out_reason = "it has dilations";
  } else {
    mmd_node_remove_attr(node, "dilations");
  }
  return NULL;
}

static mmd_status_t pool_10(mmd_node_t *node, const char **out_reason) {
  if (strcmp(node->op, "MaxPool") == 0) MMD_TRY(dilations(node, out_reason));
  return *out_reason
             ? NULL
             : mmd_lower_drop_int(node, "ceil_mode", 0, "it rounds its size up", out_reason);
}

static mmd_status_t lp_pool_18(mmd_node_t *node, const char **out_reason) {
  MMD_TRY(dilations(node, out_reason));
  return *out_reason
             ? NULL
             : mmd_lower_drop_int(node, "ceil_mode", 0, "it rounds its size up", out_reason);
}

static mmd_status_t max_pool_12(mmd_node_t *node, const char **out_reason) {
  mmd_dtype_t dtype = mmd_lower_dtype(node, 0);
  if (dtype == MMD_I8 || dtype == MMD_U8) *out_reason = "its input is of integers";
  return NULL;
}

static mmd_status_t gather_nd_12(mmd_node_t *node, const char **out_reason) {
  return mmd_lower_drop_int(node, "batch_dims", 0, "it has batch_dims", out_reason);
}

static mmd_status_t quantize_21(mmd_node_t *node, const char **out_reason) {
  MMD_TRY(mmd_lower_drop_int(node, "block_size", 0, "it works in blocks", out_reason));
  return *out_reason
             ? NULL
             : mmd_lower_drop_int(node, "output_dtype", 0, "it has an output_dtype", out_reason);
}

static mmd_status_t optional_18(mmd_node_t *node, const char **out_reason) {
  const mmd_edge_t *edge = mmd_node_input(node, 0);
  if (!edge || edge->type.kind != MMD_TYPE_OPTIONAL) *out_reason = "its input is no optional";
  return NULL;
}

static bool carries(const mmd_node_t *node, mmd_type_kind_t kind) {
  for (size_t i = 0; i < node->input_count; i++) {
    if (node->inputs[i] && node->inputs[i]->type.kind == kind) return true;
  }
  for (size_t i = 0; i < node->output_count; i++) {
    if (node->outputs[i] && node->outputs[i]->type.kind == kind) return true;
  }
  return false;
}

// What goes into and comes out of If, Loop and Identity were tensors alone.
static mmd_status_t no_sequence(mmd_node_t *node, const char **out_reason) {
  if (carries(node, MMD_TYPE_SEQUENCE)) *out_reason = "it takes no sequences";
  return NULL;
}

static mmd_status_t no_optional(mmd_node_t *node, const char **out_reason) {
  if (carries(node, MMD_TYPE_OPTIONAL)) *out_reason = "it takes no optionals";
  return NULL;
}

// The axis was an attribute, and not negative.
static mmd_status_t dft_20(mmd_node_t *node, const char **out_reason) {
  int64_t axis = -2;
  size_t count = 1;
  int rank = mmd_lower_rank(node, 0);
  if (rank < 0) *out_reason = kNoRank;
  if (mmd_node_input(node, 2) && !mmd_lower_ints(node, 2, &axis, 1, &count)) {
    *out_reason = kNotConstant;
  }
  if (*out_reason) return NULL;
  MMD_TRY(mmd_node_set_int(node, "axis", axis < 0 ? axis + rank : axis));
  return mmd_node_trim_inputs(node, 2);
}

// The bias was not optional.
static mmd_status_t gemm_11(mmd_node_t *node, const char **out_reason) {
  (void)out_reason;
  if (mmd_node_input(node, 2)) return NULL;
  mmd_edge_t *zero = NULL;
  MMD_TRY(mmd_lower_scalar(node, "zero", mmd_lower_dtype(node, 0), 0, &zero));
  return mmd_node_set_input(node, 2, zero);
}

static mmd_status_t grid_sample_20(mmd_node_t *node, const char **out_reason) {
  const char *mode = mmd_node_attr_string(node, "mode", "linear");
  int rank = mmd_lower_rank(node, 0);
  if (rank >= 0 && rank != 4) *out_reason = "its input is not a picture";
  if (*out_reason) return NULL;
  if (mmd_str_equal(mode, "linear")) return mmd_node_set_string(node, "mode", "bilinear");
  return mmd_str_equal(mode, "cubic") ? mmd_node_set_string(node, "mode", "bicubic") : NULL;
}

// value_int and the like become a tensor.
static mmd_status_t constant_12(mmd_node_t *node, const char **out_reason) {
  if (mmd_node_attr(node, "value")) return NULL;
  mmd_tensor_t tensor = {0};
  mmd_status_t status = NULL;
  const mmd_attr_t *attr = node->attr_count > 0 ? &node->attrs[0] : NULL;
  if (attr && attr->kind == MMD_ATTR_INT) {
    status = mmd_tensor_scalar_i64(attr->u.integer, &tensor);
  } else if (attr && attr->kind == MMD_ATTR_FLOAT) {
    status = mmd_tensor_scalar_f32((float)attr->u.number, &tensor);
  } else if (attr && attr->kind == MMD_ATTR_INTS) {
    status = mmd_tensor_from_i64(attr->u.integers, attr->count, &tensor);
  } else if (attr && attr->kind == MMD_ATTR_FLOATS) {
    const mmd_shape_t shape = {1, {(int64_t)attr->count}};
    status = mmd_tensor_create(MMD_F32, &shape, true, &tensor);
    for (size_t i = 0; !status && i < attr->count; i++) {
      mmd_dtype_store_f64(MMD_F32, mmd_tensor_mutable_data(&tensor), i, attr->u.numbers[i]);
    }
  } else {
    *out_reason = "its value is a text or refers to an attribute";
    return NULL;
  }
  if (!status) status = mmd_node_set_tensor(node, "value", &tensor);
  mmd_tensor_deinit(&tensor);
  if (!status) mmd_node_remove_attr(node, node->attrs[0].name);
  return status;
}

static mmd_status_t equal_11(mmd_node_t *node, const char **out_reason) {
  if (mmd_dtype_is_float(mmd_lower_dtype(node, 0))) *out_reason = "it compares floats";
  return NULL;
}

// Negative axes count from the end since 11.
static mmd_status_t axis_11(mmd_node_t *node, const char **out_reason) {
  const mmd_attr_t *attr = mmd_node_attr(node, "axis");
  if (!attr || attr->kind != MMD_ATTR_INT || attr->u.integer >= 0) return NULL;
  int rank = mmd_lower_rank(node, 0);
  if (strcmp(node->op, "OneHot") == 0) return NULL;  // had it before
  if (rank < 0) {
    *out_reason = kNoRank;
    return NULL;
  }
  return mmd_node_set_int(node, "axis", attr->u.integer + rank);
}

static mmd_status_t axes_11(mmd_node_t *node, const char **out_reason) {
  size_t count = 0;
  const int64_t *axes = mmd_node_attr_ints(node, "axes", &count);
  int64_t numbers[64];
  int rank = mmd_lower_rank(node, 0);
  bool negative = false;
  if (rank >= 0 && strcmp(node->op, "Unsqueeze") == 0) rank += (int)count;
  for (size_t i = 0; i < count && i < 64; i++) {
    negative |= axes[i] < 0;
    numbers[i] = axes[i] < 0 ? axes[i] + rank : axes[i];
  }
  if (!negative) return NULL;
  if (rank < 0 || count > 64) {
    *out_reason = kNoRank;
    return NULL;
  }
  return mmd_node_set_ints(node, "axes", count, numbers);
}

// Sorted by operator and version.
const mmd_lower_rule_t mmd_lower_rules[] = {
    {"AffineGrid", 20, NULL},
    {"ArgMax", 11, axis_11},
    {"ArgMax", 12, arg_12},
    {"ArgMin", 11, axis_11},
    {"ArgMin", 12, arg_12},
    {"AveragePool", 10, pool_10},
    {"AveragePool", 19, dilations},
    {"BatchNormalization", 14, batch_norm_14},
    {"Bernoulli", 15, NULL},
    {"BitShift", 11, NULL},
    {"BitwiseAnd", 18, NULL},
    {"BitwiseNot", 18, NULL},
    {"BitwiseOr", 18, NULL},
    {"BitwiseXor", 18, NULL},
    {"BlackmanWindow", 17, NULL},
    {"Cast", 19, cast_19},
    {"CastLike", 15, NULL},
    {"Celu", 12, mmd_lower_celu_12},
    {"CenterCropPad", 18, NULL},
    {"Clip", 11, clip_11},
    {"Clip", 12, mmd_lower_clip_12},
    {"Col2Im", 18, NULL},
    {"Compress", 11, axis_11},
    {"Concat", 11, axis_11},
    {"ConcatFromSequence", 11, NULL},
    {"Constant", 12, constant_12},
    {"ConvInteger", 10, NULL},
    {"CumSum", 11, NULL},
    {"DFT", 17, NULL},
    {"DFT", 20, dft_20},
    {"DeformConv", 19, NULL},
    {"DepthToSpace", 11, depth_to_space_11},
    {"DequantizeLinear", 10, NULL},
    {"DequantizeLinear", 13, quantize_13},
    {"DequantizeLinear", 21, quantize_21},
    {"Det", 11, NULL},
    {"Dropout", 12, dropout_12},
    {"DynamicQuantizeLinear", 11, NULL},
    {"Einsum", 12, NULL},
    {"Equal", 11, equal_11},
    {"Flatten", 11, axis_11},
    {"GRU", 14, rnn_14},
    {"Gather", 11, axis_11},
    {"GatherElements", 11, NULL},
    {"GatherND", 11, NULL},
    {"GatherND", 12, gather_nd_12},
    {"Gelu", 20, mmd_lower_gelu_20},
    {"Gemm", 11, gemm_11},
    {"GreaterOrEqual", 12, mmd_lower_greater_or_equal_12},
    {"GridSample", 16, NULL},
    {"GridSample", 20, grid_sample_20},
    {"GroupNormalization", 18, mmd_lower_group_norm_18},
    {"GroupNormalization", 21, mmd_lower_group_norm_21},
    {"HammingWindow", 17, NULL},
    {"HannWindow", 17, NULL},
    {"HardSwish", 14, mmd_lower_hard_swish_14},
    {"Hardmax", 11, axis_11},
    {"Hardmax", 13, mmd_lower_softmax_13},
    {"Identity", 14, no_sequence},
    {"Identity", 16, no_optional},
    {"If", 13, no_sequence},
    {"If", 16, no_optional},
    {"ImageDecoder", 20, NULL},
    {"IsInf", 10, NULL},
    {"LSTM", 14, rnn_14},
    {"LayerNormalization", 17, mmd_lower_layer_norm_17},
    {"LessOrEqual", 12, mmd_lower_less_or_equal_12},
    {"LogSoftmax", 11, axis_11},
    {"LogSoftmax", 13, mmd_lower_softmax_13},
    {"Loop", 13, no_sequence},
    {"Loop", 16, no_optional},
    {"LpPool", 18, lp_pool_18},
    {"MatMulInteger", 10, NULL},
    {"Max", 12, mmd_lower_max_12},
    {"MaxPool", 10, pool_10},
    {"MaxPool", 12, max_pool_12},
    {"MelWeightMatrix", 17, NULL},
    {"Min", 12, mmd_lower_min_12},
    {"Mish", 18, mmd_lower_mish_18},
    {"Mod", 10, NULL},
    {"NegativeLogLikelihoodLoss", 12, NULL},
    {"NonMaxSuppression", 10, NULL},
    {"Optional", 15, NULL},
    {"OptionalGetElement", 15, NULL},
    {"OptionalGetElement", 18, optional_18},
    {"OptionalHasElement", 15, NULL},
    {"OptionalHasElement", 18, optional_18},
    {"Pad", 11, pad_11},
    {"Pad", 18, pad_18},
    {"Pad", 19, pad_19},
    {"Pow", 12, mmd_lower_pow_12},
    {"QLinearConv", 10, NULL},
    {"QLinearMatMul", 10, NULL},
    {"QuantizeLinear", 10, NULL},
    {"QuantizeLinear", 13, quantize_13},
    {"QuantizeLinear", 19, cast_19},
    {"QuantizeLinear", 21, quantize_21},
    {"RNN", 14, rnn_14},
    {"Range", 11, NULL},
    {"ReduceL1", 11, axes_11},
    {"ReduceL1", 18, reduce_axes},
    {"ReduceL2", 11, axes_11},
    {"ReduceL2", 18, reduce_axes},
    {"ReduceLogSum", 11, axes_11},
    {"ReduceLogSum", 18, reduce_axes},
    {"ReduceLogSumExp", 11, axes_11},
    {"ReduceLogSumExp", 18, reduce_axes},
    {"ReduceMax", 11, axes_11},
    {"ReduceMax", 18, reduce_axes},
    {"ReduceMean", 11, axes_11},
    {"ReduceMean", 18, reduce_axes},
    {"ReduceMin", 11, axes_11},
    {"ReduceMin", 18, reduce_axes},
    {"ReduceProd", 11, axes_11},
    {"ReduceProd", 18, reduce_axes},
    {"ReduceSum", 11, axes_11},
    {"ReduceSum", 13, reduce_axes},
    {"ReduceSumSquare", 11, axes_11},
    {"ReduceSumSquare", 18, reduce_axes},
    {"RegexFullMatch", 20, NULL},
    {"Reshape", 14, reshape_14},
    {"Resize", 10, mmd_lower_resize_10},
    {"Resize", 11, mmd_lower_resize_11},
    {"Resize", 13, mmd_lower_resize_13},
    {"Resize", 18, mmd_lower_resize_18},
    {"Resize", 19, mmd_lower_resize_19},
    {"ReverseSequence", 10, NULL},
    {"RoiAlign", 10, NULL},
    {"RoiAlign", 16, mmd_lower_roi_align_16},
    {"Round", 11, NULL},
    {"STFT", 17, NULL},
    {"ScatterElements", 11, scatter_11},
    {"ScatterElements", 16, scatter_16},
    {"ScatterND", 11, NULL},
    {"ScatterND", 16, scatter_16},
    {"SequenceAt", 11, NULL},
    {"SequenceConstruct", 11, NULL},
    {"SequenceEmpty", 11, NULL},
    {"SequenceErase", 11, NULL},
    {"SequenceInsert", 11, NULL},
    {"SequenceLength", 11, NULL},
    {"SequenceMap", 17, NULL},
    {"Shape", 15, mmd_lower_shape_15},
    {"Slice", 10, slice_10},
    {"Softmax", 11, axis_11},
    {"Softmax", 13, mmd_lower_softmax_13},
    {"SoftmaxCrossEntropyLoss", 12, NULL},
    {"Split", 11, axis_11},
    {"Split", 13, split_13},
    {"Split", 18, split_18},
    {"SplitToSequence", 11, NULL},
    {"Squeeze", 11, axes_11},
    {"Squeeze", 13, axes_13},
    {"StringConcat", 20, NULL},
    {"StringNormalizer", 10, NULL},
    {"StringSplit", 20, NULL},
    {"ThresholdedRelu", 10, NULL},
    {"TopK", 10, top_k_10},
    {"TopK", 11, top_k_11},
    {"Trilu", 14, NULL},
    {"Unique", 11, NULL},
    {"Unsqueeze", 11, axes_11},
    {"Unsqueeze", 13, axes_13},
};
const size_t mmd_lower_rule_count = sizeof mmd_lower_rules / sizeof mmd_lower_rules[0];
