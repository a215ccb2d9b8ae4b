// SPDX-License-Identifier: Apache-2.0
//
// Operators that treat every element alike.
#include <float.h>
#include <math.h>
#include <string.h>

#include "backends/ncnn/target/lower_table.h"
#include "backends/ncnn/target/ops.h"

//===--- one input ---------------------------------------------------------===//

typedef struct op_number_t {
  const char *op;
  int number;
} op_number_t;

static const op_number_t g_unary[] = {
    {"Abs", 0},    {"Neg", 1},        {"Floor", 2},
    {"Ceil", 3},   {"Sqrt", NC_SQRT}, {"Exp", 7},
    {"Log", 8},    {"Sin", 9},        {"Cos", 10},
    {"Tan", 11},   {"Asin", 12},      {"Acos", 13},
    {"Atan", 14},  {"Round", 18},     {"Sign", 20},
    {"Sinh", 22},  {"Asinh", 23},     {"Cosh", 24},
    {"Acosh", 25}, {"Atanh", 26},     {"Reciprocal", NC_RECIPROCAL},
};

static int find_number(const nc_lower_t *l, const op_number_t *table, size_t count) {
  for (size_t i = 0; i < count; ++i) {
    if (strcmp(table[i].op, l->node->op) == 0) return table[i].number;
  }
  return -1;
}

void nc_lower_unary(nc_lower_t *l) {
  const int op = find_number(l, g_unary, sizeof g_unary / sizeof *g_unary);
  nc_output(l, 0, nc_unary(l, op, nc_input(l, 0)));
}

void nc_lower_identity(nc_lower_t *l) {
  if (l->node->output_count > 1 && l->node->outputs[1] && l->node->outputs[1]->uses)
    nc_refuse(l, "the mask");
  const mmd_tensor_t *training = nc_input_constant(l, 2);
  if (nc_has_input(l, 2) && !(training && mmd_tensor_get_i64(training, 0) == 0))
    nc_refuse(l, "training_mode must be false");
  nc_output(l, 0, nc_input(l, 0));
}

void nc_lower_constant(nc_lower_t *l) {
  const mmd_tensor_t *tensor = mmd_node_attr_tensor(l->node, "value");
  const nc_form_t form = nc_output_form(l, 0);
  int64_t sizes[MMD_NCNN_MAX_AXES] = {0};
  if (!tensor) nc_refuse(l, "no tensor");
  if (!nc_ok(l)) return;
  for (int i = 0; i < form.count; ++i)
    sizes[i] = form.is_flat ? (int64_t)mmd_tensor_count(tensor) : nc_dim_size(form.dims[i]);
  nc_output(l, 0, nc_constant(l, tensor, form.count, sizes));
}

// 1 - x of what is 0 or 1.
static nc_blob_t *invert(nc_lower_t *l, nc_blob_t *x) {
  return nc_binary_scalar(l, NC_RSUB, x, 1);
}

void nc_lower_not(nc_lower_t *l) {
  nc_output(l, 0, invert(l, nc_input(l, 0)));
}

static nc_blob_t *above_zero(nc_lower_t *l, nc_blob_t *x) {
  nc_blob_t *out = nc_emit_one(l, "Threshold", x);
  nc_set_float(l, out, 0, 0);
  return out;
}

// All numbers are floats inside: whole ones are cut, truths become 0 and 1.
void nc_lower_cast(nc_lower_t *l) {
  const mmd_dtype_t from = nc_input_dtype(l, 0), to = l->node->outputs[0]->type.dtype;
  nc_blob_t *x = nc_input(l, 0);
  if (to == MMD_BOOL && from != MMD_BOOL) x = above_zero(l, nc_unary(l, NC_ABS, x));
  if (to != MMD_BOOL && !mmd_dtype_is_float(to) && mmd_dtype_is_float(from))
    x = nc_unary(l, NC_TRUNC, x);
  nc_output(l, 0, x);
}

//===--- two inputs --------------------------------------------------------===//

static const op_number_t g_binary[] = {
    {"Add", NC_ADD}, {"Sub", NC_SUB}, {"Mul", NC_MUL}, {"And", NC_MUL},
    {"Div", NC_DIV}, {"Or", NC_MAX},  {"Pow", NC_POW},
};

// The operator that takes its operands the other way round; -1 = none.
static int reversed(int op) {
  if (op == NC_SUB) return NC_RSUB;
  if (op == NC_DIV) return NC_RDIV;
  if (op == NC_POW) return NC_RPOW;
  return op == NC_ADD || op == NC_MUL || op == NC_MAX || op == NC_MIN ? op : -1;
}

// A scalar goes into the layer where the other operand has the result's sizes.
static bool fits_output(nc_lower_t *l, size_t i) {
  const mmd_edge_t *edge = mmd_node_input(l->node, i);
  return edge && edge->type.has_rank && edge->type.rank == l->node->outputs[0]->type.rank;
}

static nc_blob_t *apply(nc_lower_t *l, int op) {
  double number = 0;
  const nc_form_t form = nc_output_form(l, 0);
  const bool is_finite =
      (nc_input_number(l, 0, &number) || nc_input_number(l, 1, &number)) && isfinite((float)number);
  if (is_finite && nc_input_number(l, 1, &number) && fits_output(l, 0))
    return nc_binary_scalar(l, op, nc_input(l, 0), number);
  if (is_finite && nc_input_number(l, 0, &number) && fits_output(l, 1) && reversed(op) >= 0)
    return nc_binary_scalar(l, reversed(op), nc_input(l, 1), number);
  return nc_binary(l, op, nc_input_like(l, 0, &form), nc_input_like(l, 1, &form));
}

// Swish(x) = x * Sigmoid(x), HardSwish(x) = x * HardSigmoid(x): the layer that is there becomes it.
static bool fuse_swish(nc_lower_t *l) {
  static const char *const types[][2] = {{"Sigmoid", "Swish"}, {"HardSigmoid", "HardSwish"}};
  for (size_t t = 0; t < sizeof types / sizeof *types; ++t) {
    for (size_t i = 0; i < 2; ++i) {
      nc_layer_t *layer = nc_input_layer(l, i, types[t][0]);
      if (!layer || layer->inputs[0] != nc_input(l, 1 - i)) continue;
      layer->type = types[t][1];
      nc_output(l, 0, layer->outputs[0]);
      return true;
    }
  }
  return false;
}

// InnerProduct(x) + constant a column.
static bool fuse_bias(nc_lower_t *l) {
  for (size_t i = 0; i < 2; ++i) {
    nc_layer_t *layer = nc_input_layer(l, i, "InnerProduct");
    const mmd_tensor_t *bias = nc_input_constant(l, 1 - i);
    if (!layer || !bias) continue;
    const char *params = mmd_str_text(&layer->params);
    if (strstr(params, " 1=1") || strstr(params, " 9=")) continue;
    const int64_t size = nc_input_size(l, i, -1);
    const bool is_row = size > 0 && (int64_t)mmd_tensor_count(bias) == size &&
                        nc_input_size(l, 1 - i, -1) == size && fits_output(l, i);
    if (!is_row) continue;
    nc_set_int(l, layer->outputs[0], 1, 1);
    nc_add_weights(l, layer->outputs[0], bias, false);
    nc_output(l, 0, layer->outputs[0]);
    return true;
  }
  return false;
}

// Without more elements than one on both sides a - b says which is greater.
static nc_blob_t *compare(nc_lower_t *l) {
  const char *op = l->node->op;
  const bool is_greater = strncmp(op, "Greater", 7) == 0, is_less = strncmp(op, "Less", 4) == 0;
  const bool has_equal = strstr(op, "OrEqual") != NULL;
  nc_blob_t *difference = apply(l, NC_SUB);
  // a >= b is not (b > a).
  if (is_greater || is_less) {
    if (is_less != has_equal) difference = nc_unary(l, NC_NEG, difference);
    nc_blob_t *out = above_zero(l, difference);
    return has_equal ? invert(l, out) : out;
  }
  nc_blob_t *differs = above_zero(l, nc_unary(l, NC_ABS, difference));
  return strcmp(op, "Equal") == 0 ? invert(l, differs) : differs;  // Xor
}

// Whole numbers: the engine's quotient is not exact, so a half is put between it and the next one.
static nc_blob_t *past(nc_lower_t *l, nc_blob_t *x, nc_blob_t *sign_of) {
  nc_blob_t *half = nc_binary_scalar(l, NC_MUL, nc_unary(l, NC_SIGN, sign_of), 0.5);
  return nc_binary(l, NC_ADD, x, half);
}

// Cut towards zero.
static void divide_whole(nc_lower_t *l) {
  const nc_form_t form = nc_output_form(l, 0);
  nc_blob_t *x = nc_input_like(l, 0, &form), *y = nc_input_like(l, 1, &form);
  nc_output(l, 0, nc_unary(l, NC_TRUNC, nc_binary(l, NC_DIV, past(l, x, x), y)));
}

// x - y * floor(x / y), or with the quotient cut.
static void lower_mod(nc_lower_t *l, bool is_float) {
  const bool is_cut = nc_attr_int(l, "fmod", 0) != 0;
  const nc_form_t form = nc_output_form(l, 0);
  nc_blob_t *x = nc_input_like(l, 0, &form), *y = nc_input_like(l, 1, &form);
  if (is_float && is_cut) {
    nc_output(l, 0, nc_binary(l, NC_FMOD, x, y));
    return;
  }
  nc_blob_t *ratio = nc_binary(l, NC_DIV, is_float ? x : past(l, x, is_cut ? x : y), y);
  nc_blob_t *quotient = nc_unary(l, is_cut ? NC_TRUNC : NC_FLOOR, ratio);
  nc_output(l, 0, nc_binary(l, NC_SUB, x, nc_binary(l, NC_MUL, quotient, y)));
}

// The engine's power is exp(y log x), which knows no negative x. Small whole powers are products.
static nc_blob_t *whole_power(nc_lower_t *l) {
  enum { MAX_POWER = 16 };
  double power = 0;
  if (!nc_input_number(l, 1, &power) || power != floor(power) || fabs(power) > MAX_POWER ||
      power == 0 || !fits_output(l, 0))
    return NULL;
  nc_blob_t *square = nc_input(l, 0), *out = NULL;
  for (int left = (int)fabs(power); left; left >>= 1) {
    if (left & 1) out = out ? nc_binary(l, NC_MUL, out, square) : square;
    if (left > 1) square = nc_unary(l, NC_SQUARE, square);
  }
  return power < 0 ? nc_unary(l, NC_RECIPROCAL, out) : out;
}

void nc_lower_binary(nc_lower_t *l) {
  const bool is_float = mmd_dtype_is_float(nc_input_dtype(l, 0));
  int op = find_number(l, g_binary, sizeof g_binary / sizeof *g_binary);
  if (strcmp(l->node->op, "Mod") == 0) {
    lower_mod(l, is_float);
    return;
  }
  if (op == NC_MUL && fuse_swish(l)) return;
  if (op == NC_ADD && fuse_bias(l)) return;
  if (op == NC_DIV && !is_float) {
    divide_whole(l);
    return;
  }
  nc_blob_t *out = op == NC_POW ? whole_power(l) : NULL;
  if (!out) out = op >= 0 ? apply(l, op) : compare(l);
  nc_output(l, 0, out);
}

// Sum, Mean, Min, Max of any number of inputs.
void nc_lower_fold(nc_lower_t *l) {
  const char *name = l->node->op;
  const int op = strcmp(name, "Min") == 0 ? NC_MIN : strcmp(name, "Max") == 0 ? NC_MAX : NC_ADD;
  const nc_form_t form = nc_output_form(l, 0);
  if (l->node->input_count == 2 && strcmp(name, "Mean") != 0) {
    nc_output(l, 0, apply(l, op));
    return;
  }
  nc_blob_t *out = nc_input_like(l, 0, &form);
  for (size_t i = 1; i < l->node->input_count; ++i)
    out = nc_binary(l, op, out, nc_input_like(l, i, &form));
  if (strcmp(name, "Mean") == 0)
    out = nc_binary_scalar(l, NC_DIV, out, (double)l->node->input_count);
  nc_output(l, 0, out);
}

void nc_lower_where(nc_lower_t *l) {
  const nc_form_t form = nc_output_form(l, 0);
  nc_blob_t *const inputs[] = {nc_input_like(l, 0, &form), nc_input_like(l, 1, &form),
                               nc_input_like(l, 2, &form)};
  nc_output(l, 0, nc_emit(l, "Where", 3, inputs));
}

//===--- activations -------------------------------------------------------===//

static bool takes_activation(const nc_layer_t *layer) {
  static const char *const types[] = {
      "Convolution",    "ConvolutionDepthWise",   "Convolution1D", "ConvolutionDepthWise1D",
      "Deconvolution",  "DeconvolutionDepthWise", "InnerProduct",  "Convolution3D",
      "Deconvolution3D"};
  for (size_t i = 0; i < sizeof types / sizeof *types; ++i) {
    if (strcmp(layer->type, types[i]) == 0) return !strstr(mmd_str_text(&layer->params), " 9=");
  }
  return false;
}

// An activation inside of the convolution or product in front of it, maybe with a Permute between.
static bool fuse_activation(nc_lower_t *l, int type, size_t count, const double *params) {
  nc_layer_t *last = nc_input_layer(l, 0, NULL), *layer = last;
  if (last && nc_is_swap(last->outputs[0]) && last->inputs[0]->user_count == 1)
    layer = last->inputs[0]->producer;
  if (!layer || layer->output_count != 1 || !takes_activation(layer)) return false;
  nc_set_int(l, layer->outputs[0], 9, type);
  if (count) nc_set_floats(l, layer->outputs[0], 10, count, params);
  nc_output(l, 0, last->outputs[0]);
  return true;
}

void nc_lower_relu(nc_lower_t *l) {
  if (!fuse_activation(l, 1, 0, NULL)) nc_output(l, 0, nc_emit_one(l, "ReLU", nc_input(l, 0)));
}

void nc_lower_leaky_relu(nc_lower_t *l) {
  const double slope = nc_attr_float(l, "alpha", 0.01);
  if (fuse_activation(l, 2, 1, &slope)) return;
  nc_blob_t *out = nc_emit_one(l, "ReLU", nc_input(l, 0));
  nc_set_float(l, out, 0, slope);
  nc_output(l, 0, out);
}

void nc_lower_clip(nc_lower_t *l) {
  double limits[] = {-FLT_MAX, FLT_MAX};
  for (size_t i = 0; i < 2; ++i) {
    if (!nc_has_input(l, i + 1)) continue;
    if (!nc_input_number(l, i + 1, &limits[i])) nc_refuse(l, "limits must be constant");
    limits[i] = fmax(-FLT_MAX, fmin(FLT_MAX, limits[i]));
  }
  if (!nc_ok(l) || fuse_activation(l, 3, 2, limits)) return;
  nc_blob_t *out = nc_emit_one(l, "Clip", nc_input(l, 0));
  nc_set_float(l, out, 0, limits[0]);
  nc_set_float(l, out, 1, limits[1]);
  nc_output(l, 0, out);
}

typedef struct activation_t {
  const char *op, *type;
  const char *names[2];  // attributes, as parameters 0 and 1
  double defaults[2];
  int fused;  // number inside of a convolution; 0 = none
} activation_t;

static const activation_t g_activations[] = {
    {"Celu", "CELU", {"alpha"}, {1}, 0},
    {"Elu", "ELU", {"alpha"}, {1}, 0},
    {"Erf", "Erf", {NULL}, {0}, 0},
    {"HardSigmoid", "HardSigmoid", {"alpha", "beta"}, {0.2, 0.5}, 0},
    {"HardSwish", "HardSwish", {"", ""}, {1.0 / 6, 0.5}, 6},
    {"Mish", "Mish", {NULL}, {0}, 5},
    {"Selu", "SELU", {"alpha", "gamma"}, {1.67326319217681884765625, 1.05070102214813232421875}, 0},
    {"Sigmoid", "Sigmoid", {NULL}, {0}, 4},
    {"Softplus", "Softplus", {NULL}, {0}, 0},
    {"Tanh", "TanH", {NULL}, {0}, 0},
};

void nc_lower_activation(nc_lower_t *l) {
  const activation_t *found = g_activations;
  while (strcmp(found->op, l->node->op) != 0) ++found;
  double params[2] = {0};
  size_t count = 0;
  for (; count < 2 && found->names[count]; ++count) {
    const char *name = found->names[count];
    params[count] = *name ? nc_attr_float(l, name, found->defaults[count]) : found->defaults[count];
  }
  if (found->fused && fuse_activation(l, found->fused, count, params)) return;
  nc_blob_t *out = nc_emit_one(l, found->type, nc_input(l, 0));
  for (size_t i = 0; i < count; ++i) nc_set_float(l, out, (int)i, params[i]);
  nc_output(l, 0, out);
}

void nc_lower_gelu(nc_lower_t *l) {
  const bool is_tanh = strcmp(nc_attr_string(l, "approximate", "none"), "tanh") == 0;
  nc_blob_t *out = nc_emit_one(l, "GELU", nc_input(l, 0));
  nc_set_int(l, out, 0, is_tanh ? 1 : 0);
  nc_output(l, 0, out);
}

void nc_lower_softsign(nc_lower_t *l) {
  nc_blob_t *x = nc_input(l, 0);
  nc_blob_t *below = nc_binary_scalar(l, NC_ADD, nc_unary(l, NC_ABS, x), 1);
  nc_output(l, 0, nc_binary(l, NC_DIV, x, below));
}

void nc_lower_thresholded_relu(nc_lower_t *l) {
  nc_blob_t *x = nc_input(l, 0);
  nc_blob_t *keep = nc_emit_one(l, "Threshold", x);
  nc_set_float(l, keep, 0, nc_attr_float(l, "alpha", 1));
  nc_output(l, 0, nc_binary(l, NC_MUL, x, keep));
}

// The engine has a slope for each size of the mat's first axis.
void nc_lower_prelu(nc_lower_t *l) {
  const mmd_tensor_t *slope = nc_need_constant(l, 1);
  const nc_form_t form = nc_input_form(l, 0);
  if (!nc_ok(l)) return;
  const mmd_type_t *type = &mmd_node_input(l->node, 1)->type;
  const size_t count = mmd_tensor_count(slope);
  const int axis = form.axes[0] - (form.rank - type->rank);  // of the slope
  const bool fits = count == 1 || (!form.is_flat && axis >= 0 && axis < type->rank &&
                                   (int64_t)count == nc_dim_size(type->dims[axis]) &&
                                   (int64_t)count == nc_dim_size(form.dims[0]));
  if (!fits) nc_refuse(l, "a slope that is neither one number nor one a channel");
  nc_blob_t *out = nc_emit_one(l, "PReLU", nc_input(l, 0));
  nc_set_int(l, out, 0, (int64_t)count);
  nc_add_weights(l, out, slope, false);
  nc_output(l, 0, out);
}
