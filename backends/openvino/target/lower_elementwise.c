// SPDX-License-Identifier: Apache-2.0
//
// Operators that treat every element alike.
#include <float.h>
#include <math.h>
#include <string.h>

#include "backends/openvino/target/lower_table.h"

//===--- same thing, other name --------------------------------------------===//

typedef struct same_t {
  const char *op, *type, *opset;
} same_t;

static const same_t g_unary[] = {
    {"Abs", "Abs", "opset1"},           {"Acos", "Acos", "opset1"},
    {"Acosh", "Acosh", "opset4"},       {"Asin", "Asin", "opset1"},
    {"Asinh", "Asinh", "opset4"},       {"Atan", "Atan", "opset1"},
    {"Atanh", "Atanh", "opset4"},       {"BitwiseNot", "BitwiseNot", "opset13"},
    {"Ceil", "Ceiling", "opset1"},      {"Cos", "Cos", "opset1"},
    {"Cosh", "Cosh", "opset1"},         {"Erf", "Erf", "opset1"},
    {"Exp", "Exp", "opset1"},           {"Floor", "Floor", "opset1"},
    {"HardSwish", "HSwish", "opset4"},  {"IsNaN", "IsNaN", "opset10"},
    {"Log", "Log", "opset1"},           {"Mish", "Mish", "opset4"},
    {"Neg", "Negative", "opset1"},      {"Not", "LogicalNot", "opset1"},
    {"Relu", "ReLU", "opset1"},         {"Sigmoid", "Sigmoid", "opset1"},
    {"Sign", "Sign", "opset1"},         {"Sin", "Sin", "opset1"},
    {"Sinh", "Sinh", "opset1"},         {"Softplus", "SoftPlus", "opset4"},
    {"Softsign", "SoftSign", "opset9"}, {"Sqrt", "Sqrt", "opset1"},
    {"Tan", "Tan", "opset1"},           {"Tanh", "Tanh", "opset1"},
};

static const same_t g_binary[] = {
    {"Add", "Add", "opset1"},
    {"And", "LogicalAnd", "opset1"},
    {"BitwiseAnd", "BitwiseAnd", "opset13"},
    {"BitwiseOr", "BitwiseOr", "opset13"},
    {"BitwiseXor", "BitwiseXor", "opset13"},
    {"Equal", "Equal", "opset1"},
    {"Greater", "Greater", "opset1"},
    {"GreaterOrEqual", "GreaterEqual", "opset1"},
    {"Less", "Less", "opset1"},
    {"LessOrEqual", "LessEqual", "opset1"},
    {"Mul", "Multiply", "opset1"},
    {"Or", "LogicalOr", "opset1"},
    {"Sub", "Subtract", "opset1"},
    {"Xor", "LogicalXor", "opset1"},
};

static const same_t *find_same(const ov_lower_t *l, const same_t *table, size_t count) {
  for (size_t i = 0; i < count; ++i) {
    if (strcmp(table[i].op, l->node->op) == 0) return &table[i];
  }
  return NULL;
}

void ov_lower_unary(ov_lower_t *l) {
  const same_t *same = find_same(l, g_unary, sizeof g_unary / sizeof *g_unary);
  ov_output(l, 0, ov_unary(l, same->type, same->opset, ov_input(l, 0)));
}

void ov_lower_binary(ov_lower_t *l) {
  const same_t *same = find_same(l, g_binary, sizeof g_binary / sizeof *g_binary);
  const ov_value_t inputs[] = {ov_input(l, 0), ov_input(l, 1)};
  const ov_value_t out = ov_emit(l, same->type, same->opset, 2, inputs);
  ov_set(l, out, "auto_broadcast", "numpy");
  ov_output(l, 0, out);
}

void ov_lower_identity(ov_lower_t *l) {
  ov_output(l, 0, ov_input(l, 0));
}

// The mask of a Dropout in inference: all true.
void ov_lower_dropout(ov_lower_t *l) {
  const mmd_tensor_t *training = ov_input_constant(l, 2);
  if (mmd_node_input(l->node, 2) &&
      !(training && mmd_dtype_load_i64(training->dtype, mmd_tensor_data(training), 0) == 0))
    ov_refuse(l, "training_mode must be false");
  const ov_value_t x = ov_input(l, 0);
  ov_output(l, 0, x);
  if (l->node->output_count < 2 || !l->node->outputs[1]) return;
  ov_output(l, 1, ov_broadcast(l, ov_constant_number(l, MMD_BOOL, 1), ov_shape_of(l, x)));
}

//===--- arithmetic --------------------------------------------------------===//

// Whole numbers are cut towards zero.
void ov_lower_div(ov_lower_t *l) {
  const ov_value_t out = ov_binary(l, "Divide", ov_input(l, 0), ov_input(l, 1));
  ov_set_bool(l, out, "m_pythondiv", false);
  ov_output(l, 0, out);
}

void ov_lower_mod(ov_lower_t *l) {
  const bool is_c = ov_attr_int(l, "fmod", 0) != 0;
  ov_output(l, 0, ov_binary(l, is_c ? "Mod" : "FloorMod", ov_input(l, 0), ov_input(l, 1)));
}

// Base and exponent may differ in type; the result is of the base's.
void ov_lower_pow(ov_lower_t *l) {
  ov_value_t exponent = ov_input(l, 1);
  if (ov_input_dtype(l, 0) != ov_input_dtype(l, 1))
    exponent = ov_convert(l, exponent, ov_input_dtype(l, 0));
  ov_output(l, 0, ov_binary(l, "Power", ov_input(l, 0), exponent));
}

void ov_lower_reciprocal(ov_lower_t *l) {
  const ov_value_t one = ov_constant_number(l, ov_input_dtype(l, 0), 1);
  ov_output(l, 0, ov_binary(l, "Divide", one, ov_input(l, 0)));
}

static ov_value_t fold(ov_lower_t *l, const char *type) {
  ov_value_t out = ov_input(l, 0);
  for (size_t i = 1; i < l->node->input_count; ++i) out = ov_binary(l, type, out, ov_input(l, i));
  return out;
}

void ov_lower_min(ov_lower_t *l) {
  ov_output(l, 0, fold(l, "Minimum"));
}

void ov_lower_max(ov_lower_t *l) {
  ov_output(l, 0, fold(l, "Maximum"));
}

void ov_lower_sum(ov_lower_t *l) {
  ov_output(l, 0, fold(l, "Add"));
}

void ov_lower_mean(ov_lower_t *l) {
  const double count = (double)l->node->input_count;
  ov_output(
      l, 0,
      ov_binary(l, "Divide", fold(l, "Add"), ov_constant_number(l, ov_input_dtype(l, 0), count)));
}

void ov_lower_where(ov_lower_t *l) {
  ov_output(l, 0, ov_select(l, ov_input(l, 0), ov_input(l, 1), ov_input(l, 2)));
}

void ov_lower_round(ov_lower_t *l) {
  ov_output(l, 0, ov_round(l, ov_input(l, 0)));
}

void ov_lower_is_inf(ov_lower_t *l) {
  const ov_value_t out = ov_unary(l, "IsInf", "opset10", ov_input(l, 0));
  ov_set_bool(l, out, "detect_negative", ov_attr_int(l, "detect_negative", 1) != 0);
  ov_set_bool(l, out, "detect_positive", ov_attr_int(l, "detect_positive", 1) != 0);
  ov_output(l, 0, out);
}

// By the number of bits of the second input.
void ov_lower_bit_shift(ov_lower_t *l) {
  const bool is_left = strcmp(ov_attr_string(l, "direction", "LEFT"), "LEFT") == 0;
  const ov_value_t inputs[] = {ov_input(l, 0), ov_input(l, 1)};
  const ov_value_t out =
      ov_emit(l, is_left ? "BitwiseLeftShift" : "BitwiseRightShift", "opset15", 2, inputs);
  ov_set(l, out, "auto_broadcast", "numpy");
  ov_output(l, 0, out);
}

//===--- types -------------------------------------------------------------===//

// Numbers other than 0 are true.
static ov_value_t cast(ov_lower_t *l, ov_value_t x, mmd_dtype_t from, mmd_dtype_t to) {
  if (from == to) return x;
  if (to != MMD_BOOL) return ov_convert(l, x, to);
  return ov_binary(l, "NotEqual", x, ov_constant_number(l, from, 0));
}

void ov_lower_cast(ov_lower_t *l) {
  const mmd_dtype_t to = (mmd_dtype_t)ov_attr_int(l, "to", 0);
  ov_output(l, 0, cast(l, ov_input(l, 0), ov_input_dtype(l, 0), to));
}

void ov_lower_cast_like(ov_lower_t *l) {
  ov_output(l, 0, cast(l, ov_input(l, 0), ov_input_dtype(l, 0), ov_input_dtype(l, 1)));
}

//===--- activations -------------------------------------------------------===//

// A scalar input that is constant.
static bool constant_number(const ov_lower_t *l, size_t i, double *out_number) {
  const mmd_tensor_t *tensor = ov_input_constant(l, i);
  if (!tensor || mmd_tensor_count(tensor) != 1) return false;
  *out_number = mmd_dtype_load_f64(tensor->dtype, mmd_tensor_data(tensor), 0);
  return true;
}

void ov_lower_clip(ov_lower_t *l) {
  const bool has_min = mmd_node_input(l->node, 1), has_max = mmd_node_input(l->node, 2);
  double min = -FLT_MAX, max = FLT_MAX;
  const bool is_plain = ov_input_dtype(l, 0) == MMD_F32 &&
                        (!has_min || constant_number(l, 1, &min)) &&
                        (!has_max || constant_number(l, 2, &max));
  ov_value_t x = ov_input(l, 0);
  if (is_plain) {
    x = ov_clamp(l, x, isinf(min) ? -FLT_MAX : min, isinf(max) ? FLT_MAX : max);
  } else {
    if (has_min) x = ov_binary(l, "Maximum", x, ov_input(l, 1));
    if (has_max) x = ov_binary(l, "Minimum", x, ov_input(l, 2));
  }
  ov_output(l, 0, x);
}

void ov_lower_leaky_relu(ov_lower_t *l) {
  const ov_value_t inputs[] = {
      ov_input(l, 0), ov_constant_number(l, ov_input_dtype(l, 0), ov_attr_float(l, "alpha", 0.01))};
  ov_output(l, 0, ov_emit(l, "PRelu", "opset1", 2, inputs));
}

// The engine's own PRelu takes a slope a channel; the general one broadcasts it.
void ov_lower_prelu(ov_lower_t *l) {
  const mmd_dtype_t dtype = ov_input_dtype(l, 0);
  const ov_value_t x = ov_input(l, 0), slope = ov_input(l, 1);
  const ov_value_t zero = ov_constant_number(l, dtype, 0);
  const ov_value_t below = ov_binary(l, "Multiply", ov_binary(l, "Minimum", x, zero), slope);
  ov_output(l, 0, ov_binary(l, "Add", ov_unary(l, "ReLU", "opset1", x), below));
}

void ov_lower_elu(ov_lower_t *l) {
  const ov_value_t out = ov_unary(l, "Elu", "opset1", ov_input(l, 0));
  ov_set_float(l, out, "alpha", ov_attr_float(l, "alpha", 1));
  ov_output(l, 0, out);
}

// alpha * (exp(x / alpha) - 1) below 0.
void ov_lower_celu(ov_lower_t *l) {
  const mmd_dtype_t dtype = ov_input_dtype(l, 0);
  const ov_value_t alpha = ov_constant_number(l, dtype, ov_attr_float(l, "alpha", 1));
  const ov_value_t out =
      ov_unary(l, "Elu", "opset1", ov_binary(l, "Divide", ov_input(l, 0), alpha));
  ov_set_float(l, out, "alpha", 1);
  ov_output(l, 0, ov_binary(l, "Multiply", out, alpha));
}

// |type| with the node's input and two numbers as inputs.
static void with_numbers(ov_lower_t *l, const char *type, double a, double b) {
  const mmd_dtype_t dtype = ov_input_dtype(l, 0);
  const ov_value_t inputs[] = {ov_input(l, 0), ov_constant_number(l, dtype, a),
                               ov_constant_number(l, dtype, b)};
  ov_output(l, 0, ov_emit(l, type, "opset1", 3, inputs));
}

void ov_lower_selu(ov_lower_t *l) {
  with_numbers(l, "Selu", ov_attr_float(l, "alpha", 1.67326319217681884765625),
               ov_attr_float(l, "gamma", 1.05070102214813232421875));
}

void ov_lower_hard_sigmoid(ov_lower_t *l) {
  with_numbers(l, "HardSigmoid", ov_attr_float(l, "alpha", 0.2), ov_attr_float(l, "beta", 0.5));
}

void ov_lower_gelu(ov_lower_t *l) {
  const bool is_tanh = strcmp(ov_attr_string(l, "approximate", "none"), "tanh") == 0;
  const ov_value_t out = ov_unary(l, "Gelu", "opset7", ov_input(l, 0));
  ov_set(l, out, "approximation_mode", is_tanh ? "TANH" : "ERF");
  ov_output(l, 0, out);
}

void ov_lower_thresholded_relu(ov_lower_t *l) {
  const mmd_dtype_t dtype = ov_input_dtype(l, 0);
  const ov_value_t x = ov_input(l, 0);
  const ov_value_t alpha = ov_constant_number(l, dtype, ov_attr_float(l, "alpha", 1));
  const ov_value_t keep = ov_convert(l, ov_binary(l, "Greater", x, alpha), dtype);
  ov_output(l, 0, ov_binary(l, "Multiply", x, keep));
}

// MMDeploy's, whose slope and offset may differ: x * clamp(alpha * x + beta, 0, 1).
void ov_lower_mmdeploy_hard_swish(ov_lower_t *l) {
  const mmd_dtype_t dtype = ov_input_dtype(l, 0);
  const ov_value_t x = ov_input(l, 0);
  const ov_value_t inputs[] = {x, ov_constant_number(l, dtype, ov_attr_float(l, "alpha", 1.0 / 6)),
                               ov_constant_number(l, dtype, ov_attr_float(l, "beta", 0.5))};
  ov_output(l, 0, ov_binary(l, "Multiply", x, ov_emit(l, "HardSigmoid", "opset1", 3, inputs)));
}
