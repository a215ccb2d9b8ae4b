// SPDX-License-Identifier: Apache-2.0
//
// Operators that map each element of one input by itself.
#include <math.h>
#include <string.h>

#include "ops/eval_util.h"
#include "ops/infer_util.h"
#include "ops/registry.h"

enum { PARAM_COUNT = 2, GRAIN = 16384 };
#define PI 3.14159265358979323846

typedef struct {
  const char *name;
  double (*map)(double x, const double *p);
  int64_t (*map_integer)(int64_t x);                                         // NULL: floats only
  void (*fast)(const float *in, float *out, size_t count, const double *p);  // NULL: by |map|
  const char *params[PARAM_COUNT];
  double defaults[PARAM_COUNT];
} row_t;

#define MAP(name, expression)                     \
  static double name(double x, const double *p) { \
    (void)p;                                      \
    return (expression);                          \
  }
// The same in float32.
#define FAST(name, expression)                                                          \
  static void name##_fast(const float *in, float *out, size_t count, const double *p) { \
    const float a = (float)p[0], b = (float)p[1];                                       \
    (void)a;                                                                            \
    (void)b;                                                                            \
    for (size_t i = 0; i < count; ++i) {                                                \
      const float x = in[i];                                                            \
      out[i] = (expression);                                                            \
    }                                                                                   \
  }

static double sigmoid(double x) {
  return x >= 0 ? 1 / (1 + exp(-x)) : exp(x) / (1 + exp(x));
}

static double softplus(double x) {
  return x > 0 ? x + log1p(exp(-x)) : log1p(exp(x));
}

static double clamp01(double x) {
  return x < 0 ? 0 : x > 1 ? 1 : x;  // NaN passes
}

static float clamp01f(float x) {
  return x < 0 ? 0 : x > 1 ? 1 : x;
}

MAP(do_abs, fabs(x))
MAP(do_acos, acos(x))
MAP(do_acosh, acosh(x))
MAP(do_asin, asin(x))
MAP(do_asinh, asinh(x))
MAP(do_atan, atan(x))
MAP(do_atanh, atanh(x))
MAP(do_ceil, ceil(x))
MAP(do_celu, x > 0 ? x : p[0] * expm1(x / p[0]))
MAP(do_cos, cos(x))
MAP(do_cosh, cosh(x))
MAP(do_elu, x >= 0 ? x : p[0] * expm1(x))
MAP(do_erf, erf(x))
MAP(do_exp, exp(x))
MAP(do_floor, floor(x))
MAP(do_hard_sigmoid, clamp01(p[0] * x + p[1]))
MAP(do_hard_swish, x *clamp01(x / 6 + 0.5))
MAP(do_leaky_relu, x >= 0 ? x : p[0] * x)
MAP(do_log, log(x))
MAP(do_mish, x *tanh(softplus(x)))
MAP(do_neg, -x)
MAP(do_reciprocal, 1 / x)
MAP(do_relu, x < 0 ? 0 : x)
MAP(do_round, nearbyint(x))
MAP(do_selu, p[1] * (x > 0 ? x : p[0] * expm1(x)))
MAP(do_shrink, x<-p[1] ? x + p[0] : x> p[1] ? x - p[0] : 0)
MAP(do_sigmoid, sigmoid(x))
MAP(do_sign, isnan(x) ? x : (x > 0) - (x < 0))
MAP(do_sin, sin(x))
MAP(do_sinh, sinh(x))
MAP(do_softplus, softplus(x))
MAP(do_softsign, x / (1 + fabs(x)))
MAP(do_sqrt, sqrt(x))
MAP(do_tan, tan(x))
MAP(do_tanh, tanh(x))
MAP(do_thresholded_relu, x > p[0] ? x : 0)
MAP(gelu_erf, 0.5 * x * (1 + erf(x / sqrt(2))))
MAP(gelu_tanh, 0.5 * x * (1 + tanh(sqrt(2 / PI) * (x + 0.044715 * x * x * x))))

FAST(do_abs, fabsf(x))
FAST(do_elu, x >= 0 ? x : a * expm1f(x))
FAST(do_erf, erff(x))
FAST(do_exp, expf(x))
FAST(do_hard_sigmoid, clamp01f(a *x + b))
FAST(do_hard_swish, x *fminf(fmaxf(x *(1.0f / 6.0f) + 0.5f, 0.0f), 1.0f))
FAST(do_leaky_relu, x >= 0 ? x : a * x)
FAST(do_neg, -x)
FAST(do_reciprocal, 1.0f / x)
FAST(do_relu, x < 0 ? 0 : x)
FAST(do_sigmoid, 1.0f / (1.0f + expf(-x)))
FAST(do_sqrt, sqrtf(x))
FAST(do_tanh, tanhf(x))
FAST(gelu_erf, 0.5f * x * (1.0f + erff(x * 0.70710678118654752f)))

static int64_t integer_abs(int64_t x) {
  return x < 0 ? (int64_t)(0 - (uint64_t)x) : x;
}

static int64_t integer_neg(int64_t x) {
  return (int64_t)(0 - (uint64_t)x);
}

static int64_t integer_sign(int64_t x) {
  return (x > 0) - (x < 0);
}

static int64_t integer_relu(int64_t x) {
  return x < 0 ? 0 : x;
}

static const row_t rows[] = {
    {"Abs", do_abs, integer_abs, do_abs_fast, {0}, {0}},
    {"Acos", do_acos, NULL, NULL, {0}, {0}},
    {"Acosh", do_acosh, NULL, NULL, {0}, {0}},
    {"Asin", do_asin, NULL, NULL, {0}, {0}},
    {"Asinh", do_asinh, NULL, NULL, {0}, {0}},
    {"Atan", do_atan, NULL, NULL, {0}, {0}},
    {"Atanh", do_atanh, NULL, NULL, {0}, {0}},
    {"Ceil", do_ceil, NULL, NULL, {0}, {0}},
    {"Celu", do_celu, NULL, NULL, {"alpha"}, {1}},
    {"Cos", do_cos, NULL, NULL, {0}, {0}},
    {"Cosh", do_cosh, NULL, NULL, {0}, {0}},
    {"Elu", do_elu, NULL, do_elu_fast, {"alpha"}, {1}},
    {"Erf", do_erf, NULL, do_erf_fast, {0}, {0}},
    {"Exp", do_exp, NULL, do_exp_fast, {0}, {0}},
    {"Floor", do_floor, NULL, NULL, {0}, {0}},
    {"Gelu", gelu_erf, NULL, gelu_erf_fast, {0}, {0}},
    {"HardSigmoid", do_hard_sigmoid, NULL, do_hard_sigmoid_fast, {"alpha", "beta"}, {0.2, 0.5}},
    {"HardSwish", do_hard_swish, NULL, do_hard_swish_fast, {0}, {0}},
    {"LeakyRelu", do_leaky_relu, NULL, do_leaky_relu_fast, {"alpha"}, {0.01}},
    {"Log", do_log, NULL, NULL, {0}, {0}},
    {"Mish", do_mish, NULL, NULL, {0}, {0}},
    {"Neg", do_neg, integer_neg, do_neg_fast, {0}, {0}},
    {"Reciprocal", do_reciprocal, NULL, do_reciprocal_fast, {0}, {0}},
    {"Relu", do_relu, integer_relu, do_relu_fast, {0}, {0}},
    {"Round", do_round, NULL, NULL, {0}, {0}},
    {"Selu",
     do_selu,
     NULL,
     NULL,
     {"alpha", "gamma"},
     {1.67326319217681884765625, 1.05070102214813232421875}},
    {"Shrink", do_shrink, NULL, NULL, {"bias", "lambd"}, {0, 0.5}},
    {"Sigmoid", do_sigmoid, NULL, do_sigmoid_fast, {0}, {0}},
    {"Sign", do_sign, integer_sign, NULL, {0}, {0}},
    {"Sin", do_sin, NULL, NULL, {0}, {0}},
    {"Sinh", do_sinh, NULL, NULL, {0}, {0}},
    {"Softplus", do_softplus, NULL, NULL, {0}, {0}},
    {"Softsign", do_softsign, NULL, NULL, {0}, {0}},
    {"Sqrt", do_sqrt, NULL, do_sqrt_fast, {0}, {0}},
    {"Tan", do_tan, NULL, NULL, {0}, {0}},
    {"Tanh", do_tanh, NULL, do_tanh_fast, {0}, {0}},
    {"ThresholdedRelu", do_thresholded_relu, NULL, NULL, {"alpha"}, {1}},
};

static const row_t gelu_tanh_row = {"Gelu", gelu_tanh, NULL, NULL, {0}, {0}};

static const row_t *find_row(const mmd_node_t *node) {
  if (strcmp(node->op, "Gelu") == 0 &&
      strcmp(mmd_node_attr_string(node, "approximate", "none"), "tanh") == 0) {
    return &gelu_tanh_row;
  }
  const row_t *row = rows;
  while (strcmp(row->name, node->op) != 0) ++row;  // every operator below has a row
  return row;
}

typedef struct {
  const row_t *row;
  const float *in;
  float *out;
  const double *params;
} fast_t;

static void fast_range(void *context, size_t begin, size_t end) {
  const fast_t *f = context;
  f->row->fast(f->in + begin, f->out + begin, end - begin, f->params);
}

static mmd_status_t evaluate_float(mmd_eval_context_t *c, const row_t *row,
                                   const mmd_tensor_t *input, const double *params) {
  void *data;
  size_t count = mmd_tensor_count(input);
  MMD_TRY(mmd_eval_output_reuse(c, 0, 0, &input->shape, &data));
  if (c->mode == MMD_EVAL_FAST && input->dtype == MMD_F32 && row->fast) {
    fast_t fast = {row, mmd_tensor_data(input), data, params};
    mmd_parallel_for(c->pool, count, GRAIN, fast_range, &fast);
    return NULL;
  }
  const void *in = mmd_tensor_data(input);
  for (size_t i = 0; i < count; ++i) {
    double x = mmd_dtype_load_f64(input->dtype, in, i);
    mmd_dtype_store_f64(input->dtype, data, i, row->map(x, params));
  }
  return NULL;
}

static mmd_status_t evaluate_integer(mmd_eval_context_t *c, const row_t *row,
                                     const mmd_tensor_t *input) {
  void *data;
  const void *in = mmd_tensor_data(input);
  size_t count = mmd_tensor_count(input);
  bool is_plain = input->dtype == MMD_U64;  // not negative, whatever its bits look like
  if (is_plain && strcmp(row->name, "Sign") != 0) {
    return mmd_eval_output_view(c, 0, input, &input->shape);
  }
  MMD_TRY(mmd_eval_output_create(c, 0, input->dtype, &input->shape, &data));
  for (size_t i = 0; i < count; ++i) {
    int64_t x = mmd_dtype_load_i64(input->dtype, in, i);
    mmd_dtype_store_i64(input->dtype, data, i, is_plain ? x != 0 : row->map_integer(x));
  }
  return NULL;
}

static mmd_status_t evaluate(mmd_eval_context_t *c) {
  const mmd_tensor_t *input = mmd_eval_input(c, 0);
  const row_t *row = find_row(c->node);
  double params[PARAM_COUNT] = {0};
  for (int i = 0; i < PARAM_COUNT; ++i) {
    if (row->params[i]) params[i] = mmd_node_attr_float(c->node, row->params[i], row->defaults[i]);
  }
  if (mmd_dtype_is_float(input->dtype)) return evaluate_float(c, row, input, params);
  if (row->map_integer && mmd_dtype_is_integer(input->dtype)) {
    return evaluate_integer(c, row, input);
  }
  if (strcmp(row->name, "Shrink") == 0 && mmd_dtype_is_integer(input->dtype)) {
    return evaluate_float(c, row, input, params);
  }
  return mmd_node_error(c->node, MMD_NOT_SUPPORTED, "element type %s",
                        mmd_dtype_name(input->dtype));
}

#define UNARY(name, since) \
  { "", name, since, 1, 1, 1, 1, mmd_infer_same, evaluate, 0 }
static const mmd_op_t ops[] = {
    UNARY("Abs", 1),
    UNARY("Acos", 7),
    UNARY("Acosh", 9),
    UNARY("Asin", 7),
    UNARY("Asinh", 9),
    UNARY("Atan", 7),
    UNARY("Atanh", 9),
    UNARY("Ceil", 1),
    UNARY("Celu", 12),
    UNARY("Cos", 7),
    UNARY("Cosh", 9),
    UNARY("Elu", 1),
    UNARY("Erf", 9),
    UNARY("Exp", 1),
    UNARY("Floor", 1),
    UNARY("Gelu", 20),
    UNARY("HardSigmoid", 1),
    UNARY("HardSwish", 14),
    UNARY("LeakyRelu", 1),
    UNARY("Log", 1),
    UNARY("Mish", 18),
    UNARY("Neg", 1),
    UNARY("Reciprocal", 1),
    UNARY("Relu", 1),
    UNARY("Round", 11),
    UNARY("Selu", 1),
    UNARY("Shrink", 9),
    UNARY("Sigmoid", 1),
    UNARY("Sign", 9),
    UNARY("Sin", 7),
    UNARY("Sinh", 9),
    UNARY("Softplus", 1),
    UNARY("Softsign", 1),
    UNARY("Sqrt", 1),
    UNARY("Tan", 7),
    UNARY("Tanh", 1),
    UNARY("ThresholdedRelu", 10),
    {"mmdeploy", "Gelu", 1, 1, 1, 1, 1, mmd_infer_same, evaluate, 0},
};
const mmd_op_family_t mmd_ops_elementwise_unary = MMD_OP_FAMILY(ops);
