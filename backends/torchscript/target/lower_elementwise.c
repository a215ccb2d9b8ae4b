// SPDX-License-Identifier: Apache-2.0
//
// Operators that treat every element alike.
#include <math.h>
#include <string.h>

#include "backends/torchscript/target/lower_table.h"

static bool is_int(const ts_lower_t *l, size_t i) {
  return !mmd_dtype_is_float(ts_input_dtype(l, i));
}

// A variable's own name costs nothing, an expression is computed once.
static void give(ts_lower_t *l, const char *expression) {
  ts_output(l, 0, ts_let(l, "%s", expression));
}

void ts_lower_identity(ts_lower_t *l) {
  ts_output(l, 0, ts_input(l, 0));
}

void ts_lower_dropout(ts_lower_t *l) {
  const mmd_tensor_t *training = ts_constant(l, 2);
  if (ts_has_input(l, 2) && !(training && mmd_tensor_get_i64(training, 0) == 0))
    ts_refuse(l, "training_mode must be false");
  ts_output(l, 0, ts_input(l, 0));
  if (ts_wants_output(l, 1))
    ts_output(l, 1, ts_let(l, "torch.full_like(%s, 1, dtype=11)", ts_input(l, 0)));
}

//===--- arithmetic --------------------------------------------------------===//

// Whole numbers are cut towards zero.
void ts_lower_div(ts_lower_t *l) {
  const char *mode = is_int(l, 0) ? ", rounding_mode=\"trunc\"" : "";
  give(l, ts_text(l, "torch.div(%s, %s%s)", ts_input(l, 0), ts_input(l, 1), mode));
}

void ts_lower_mod(ts_lower_t *l) {
  const char *name = ts_attr_int(l, "fmod", 0) ? "fmod" : "remainder";
  give(l, ts_text(l, "torch.%s(%s, %s)", name, ts_input(l, 0), ts_input(l, 1)));
}

// Base and exponent may differ in type; the result is of the base's.
void ts_lower_pow(ts_lower_t *l) {
  const char *power = ts_let(l, "torch.pow(%s, %s)", ts_input(l, 0), ts_input(l, 1));
  if (ts_input_dtype(l, 0) != ts_input_dtype(l, 1))
    power = ts_let(l, "torch.to(%s, %s)", power, ts_dtype(l, ts_input_dtype(l, 0)));
  ts_output(l, 0, power);
}

// Max, Min, Sum, Mean.
void ts_lower_fold(ts_lower_t *l) {
  const char *op = l->node->op;
  const char *name = strcmp(op, "Max") == 0   ? "maximum"
                     : strcmp(op, "Min") == 0 ? "minimum"
                                              : "add";
  const char *out = ts_input(l, 0);
  for (size_t i = 1; i < l->node->input_count; ++i)
    out = ts_let(l, "torch.%s(%s, %s)", name, out, ts_input(l, i));
  if (strcmp(op, "Mean") == 0) out = ts_let(l, "torch.div(%s, %zu)", out, l->node->input_count);
  ts_output(l, 0, out);
}

void ts_lower_bit_shift(ts_lower_t *l) {
  give(l, ts_text(l, "torch.bitwise_%s_shift(%s, %s)",
                  ts_attr_is(l, "direction", "LEFT", "RIGHT") ? "right" : "left", ts_input(l, 0),
                  ts_input(l, 1)));
}

void ts_lower_is_inf(ts_lower_t *l) {
  const bool negative = ts_attr_int(l, "detect_negative", 1) != 0;
  const bool positive = ts_attr_int(l, "detect_positive", 1) != 0;
  const char *x = ts_input(l, 0);
  if (negative && positive) {
    give(l, ts_text(l, "torch.isinf(%s)", x));
  } else if (negative || positive) {
    give(l, ts_text(l, "torch.eq(%s, %s)", x, negative ? "-inf" : "inf"));
  } else {
    give(l, ts_text(l, "torch.full_like(%s, 0, dtype=11)", x));
  }
}

//===--- types -------------------------------------------------------------===//

static void cast(ts_lower_t *l, mmd_dtype_t to) {
  const char *x = ts_input(l, 0);
  ts_output(l, 0,
            to == ts_input_dtype(l, 0) ? x : ts_let(l, "torch.to(%s, %s)", x, ts_dtype(l, to)));
}

void ts_lower_cast(ts_lower_t *l) {
  cast(l, (mmd_dtype_t)ts_attr_int(l, "to", 0));
}

void ts_lower_cast_like(ts_lower_t *l) {
  cast(l, ts_input_dtype(l, 1));
}

//===--- activations -------------------------------------------------------===//

// The bound as a literal, "None" without one; false when it is computed.
static bool literal_bound(ts_lower_t *l, size_t i, const char **out_text) {
  const mmd_tensor_t *tensor = ts_constant(l, i);
  *out_text = "None";
  if (!ts_has_input(l, i)) return true;
  if (!tensor || mmd_tensor_count(tensor) != 1) return false;
  *out_text = ts_scalar(l, tensor->dtype, mmd_tensor_get_f64(tensor, 0));
  return true;
}

void ts_lower_clip(ts_lower_t *l) {
  const char *min, *max, *x = ts_input(l, 0);
  const bool has_low = literal_bound(l, 1, &min), has_high = literal_bound(l, 2, &max);
  if (!ts_has_input(l, 1) && !ts_has_input(l, 2)) {
    ts_output(l, 0, x);
  } else if (has_low && has_high) {
    give(l, ts_text(l, "torch.clamp(%s, %s, %s)", x, min, max));
  } else {
    if (ts_has_input(l, 1)) x = ts_let(l, "torch.maximum(%s, %s)", x, ts_input(l, 1));
    if (ts_has_input(l, 2)) x = ts_let(l, "torch.minimum(%s, %s)", x, ts_input(l, 2));
    ts_output(l, 0, x);
  }
}

static void with_number(ts_lower_t *l, const char *name, double number) {
  give(l, ts_text(l, "torch.%s(%s, %s)", name, ts_input(l, 0), ts_number(l, number)));
}

void ts_lower_leaky_relu(ts_lower_t *l) {
  with_number(l, "leaky_relu", ts_attr_float(l, "alpha", 0.01));
}

void ts_lower_elu(ts_lower_t *l) {
  with_number(l, "elu", ts_attr_float(l, "alpha", 1));
}

void ts_lower_celu(ts_lower_t *l) {
  with_number(l, "celu", ts_attr_float(l, "alpha", 1));
}

// gamma * elu(x, alpha)
void ts_lower_selu(ts_lower_t *l) {
  const double alpha = ts_attr_float(l, "alpha", 1.67326319217681884765625);
  const double gamma = ts_attr_float(l, "gamma", 1.05070102214813232421875);
  give(l, ts_text(l, "torch.elu(%s, %s, %s)", ts_input(l, 0), ts_number(l, alpha),
                  ts_number(l, gamma)));
}

void ts_lower_prelu(ts_lower_t *l) {
  const char *x = ts_input(l, 0);
  const char *below = ts_let(l, "torch.mul(torch.clamp_max(%s, 0), %s)", x, ts_input(l, 1));
  give(l, ts_text(l, "torch.add(torch.clamp_min(%s, 0), %s)", x, below));
}

void ts_lower_hard_sigmoid(ts_lower_t *l) {
  const char *alpha = ts_number(l, ts_attr_float(l, "alpha", 0.2));
  const char *beta = ts_number(l, ts_attr_float(l, "beta", 0.5));
  give(l, ts_text(l, "torch.clamp(torch.add(torch.mul(%s, %s), %s), 0., 1.)", ts_input(l, 0), alpha,
                  beta));
}

void ts_lower_gelu(ts_lower_t *l) {
  give(l, ts_text(l, "torch.gelu(%s, approximate=\"%s\")", ts_input(l, 0),
                  ts_attr_is(l, "approximate", "none", "tanh") ? "tanh" : "none"));
}

void ts_lower_thresholded_relu(ts_lower_t *l) {
  give(l, ts_text(l, "torch.threshold(%s, %s, 0.)", ts_input(l, 0),
                  ts_number(l, ts_attr_float(l, "alpha", 1))));
}

// log_softmax for LogSoftmax.
void ts_lower_softmax(ts_lower_t *l) {
  const char *name = strcmp(l->node->op, "Softmax") == 0 ? "softmax" : "log_softmax";
  give(l, ts_text(l, "torch.%s(%s, %lld)", name, ts_input(l, 0),
                  (long long)ts_attr_int(l, "axis", -1)));
}

// x + bias below -lambd, x - bias above lambd, 0 between.
void ts_lower_shrink(ts_lower_t *l) {
  const char *x = ts_input(l, 0), *bias = ts_number(l, ts_attr_float(l, "bias", 0));
  const char *edge = ts_number(l, ts_attr_float(l, "lambd", 0.5));
  const char *low =
      ts_let(l, "torch.mul(torch.add(%s, %s), torch.lt(%s, torch.neg(%s)))", x, bias, x, edge);
  give(l, ts_text(l, "torch.add(%s, torch.mul(torch.sub(%s, %s), torch.gt(%s, %s)))", low, x, bias,
                  x, edge));
}

// The first of the largest.
void ts_lower_hardmax(ts_lower_t *l) {
  const int axis = ts_axis(l, "axis", -1);
  const char *x = ts_input(l, 0);
  const char *top = ts_let(l, "torch.argmax(%s, %d, True)", x, axis);
  give(l, ts_text(l, "torch.scatter(torch.zeros_like(%s), %d, %s, 1.)", x, axis, top));
}
