// SPDX-License-Identifier: Apache-2.0
//
// QuantizeLinear, DequantizeLinear, DynamicQuantizeLinear and the integer products ConvInteger,
// MatMulInteger, QLinearConv, QLinearMatMul are in quantized_matmul.c.
#include <math.h>
#include <string.h>

#include "ops/eval_util.h"
#include "ops/infer_util.h"
#include "ops/registry.h"

// Which scale belongs to element |i|: one for all, one for each index of the axis, or one for each
// block along it.
typedef struct {
  size_t dim, inner, block, blocks;
} scales_t;

static mmd_status_t read_scales(mmd_eval_context_t *c, scales_t *s) {
  const mmd_tensor_t *x = mmd_eval_input(c, 0), *scale = mmd_eval_input(c, 1);
  const mmd_tensor_t *zero = mmd_eval_input(c, 2);
  int64_t block = mmd_node_attr_int(c->node, "block_size", 0);
  int axis;
  *s = (scales_t){1, 1, 1, 1};
  MMD_TRY(mmd_eval_check_number(c, x));
  MMD_TRY(mmd_eval_check_number(c, scale));
  if (zero && mmd_tensor_count(zero) != mmd_tensor_count(scale)) {
    return mmd_node_error(c->node, MMD_INVALID_ARGUMENT, "%zu scales and %zu zero points",
                          mmd_tensor_count(scale), mmd_tensor_count(zero));
  }
  if (mmd_tensor_count(scale) == 1 && block == 0) return NULL;
  MMD_TRY(mmd_node_axis(c->node, mmd_node_attr_int(c->node, "axis", 1), x->shape.rank, &axis));
  s->dim = (size_t)x->shape.dims[axis];
  s->inner = mmd_shape_range(&x->shape, axis + 1, x->shape.rank);
  s->blocks = s->dim;
  size_t wanted = s->dim;
  if (block > 0) {
    s->block = (size_t)block;
    s->blocks = (s->dim + s->block - 1) / s->block;
    wanted = mmd_shape_range(&x->shape, 0, axis) * s->blocks * s->inner;
  }
  if (block >= 0 && mmd_tensor_count(scale) == wanted) return NULL;
  return mmd_node_error(c->node, MMD_INVALID_ARGUMENT, "%zu scales do not fit axis %d",
                        mmd_tensor_count(scale), axis);
}

static size_t scale_index(const mmd_eval_context_t *c, const scales_t *s, size_t i) {
  size_t at = i / s->inner % s->dim;
  if (mmd_node_attr_int(c->node, "block_size", 0) == 0) return at;
  return (i / s->inner / s->dim * s->blocks + at / s->block) * s->inner + i % s->inner;
}

static mmd_status_t integer_range(const mmd_node_t *node, mmd_dtype_t dtype, double *out_low,
                                  double *out_high) {
  size_t bits = mmd_dtype_bits(dtype);
  if (bits == 0 || bits > 32) return mmd_node_error(node, MMD_NOT_SUPPORTED, "element type");
  bool natural = mmd_dtype_is_unsigned_int(dtype);
  *out_low = natural ? 0 : -(double)((int64_t)1 << (bits - 1));
  *out_high = (double)((int64_t)1 << (natural ? bits : bits - 1)) - 1;
  return NULL;
}

static mmd_dtype_t quantized_dtype(const mmd_node_t *node, mmd_dtype_t zero) {
  if (zero != MMD_DTYPE_UNDEFINED) return zero;
  int64_t dtype = mmd_node_attr_int(node, "output_dtype", 0);
  return dtype > 0 && dtype < MMD_DTYPE_COUNT ? (mmd_dtype_t)dtype : MMD_U8;
}

static mmd_status_t evaluate_quantize(mmd_eval_context_t *c) {
  const mmd_tensor_t *x = mmd_eval_input(c, 0), *zero = mmd_eval_input(c, 2);
  mmd_dtype_t dtype = quantized_dtype(c->node, zero ? zero->dtype : MMD_DTYPE_UNDEFINED);
  bool real = mmd_dtype_is_float(dtype);
  double low = 0, high = 0;
  const double *scale, *shift = NULL;
  scales_t s;
  void *y;
  MMD_TRY(read_scales(c, &s));
  if (!real) MMD_TRY(integer_range(c->node, dtype, &low, &high));
  MMD_TRY(mmd_eval_load_f64(c, mmd_eval_input(c, 1), &scale));
  if (zero) MMD_TRY(mmd_eval_load_f64(c, zero, &shift));
  MMD_TRY(mmd_eval_output_create(c, 0, dtype, &x->shape, &y));
  size_t count = mmd_tensor_count(x);
  for (size_t i = 0; i < count; ++i) {
    size_t k = scale_index(c, &s, i);
    // The quotient is float32, as everywhere else.
    float quotient = (float)mmd_dtype_load_f64(x->dtype, mmd_tensor_data(x), i) / (float)scale[k];
    double q = real ? (double)quotient : nearbyint((double)quotient);
    q += shift ? shift[k] : 0;
    if (!real) q = q < low ? low : q > high ? high : q;
    mmd_dtype_store_f64(dtype, y, i, q);
  }
  return NULL;
}

static mmd_status_t infer_quantize(mmd_infer_context_t *c) {
  mmd_dtype_t dtype = quantized_dtype(c->node, mmd_infer_dtype(c, 2));
  return mmd_infer_output_like(c, 0, dtype, mmd_infer_tensor(c, 0));
}

static mmd_status_t evaluate_dequantize(mmd_eval_context_t *c) {
  const mmd_tensor_t *x = mmd_eval_input(c, 0), *zero = mmd_eval_input(c, 2);
  const mmd_tensor_t *scales = mmd_eval_input(c, 1);
  const double *scale, *shift = NULL;
  scales_t s;
  void *y;
  MMD_TRY(read_scales(c, &s));
  MMD_TRY(mmd_eval_load_f64(c, scales, &scale));
  if (zero) MMD_TRY(mmd_eval_load_f64(c, zero, &shift));
  MMD_TRY(mmd_eval_output_create(c, 0, scales->dtype, &x->shape, &y));
  size_t count = mmd_tensor_count(x);
  for (size_t i = 0; i < count; ++i) {
    size_t k = scale_index(c, &s, i);
    double q = mmd_dtype_load_f64(x->dtype, mmd_tensor_data(x), i) - (shift ? shift[k] : 0);
    mmd_dtype_store_f64(scales->dtype, y, i, q * scale[k]);
  }
  return NULL;
}

static mmd_status_t infer_dequantize(mmd_infer_context_t *c) {
  return mmd_infer_output_like(c, 0, mmd_infer_dtype(c, 1), mmd_infer_tensor(c, 0));
}

static mmd_status_t evaluate_dynamic(mmd_eval_context_t *c) {
  const mmd_tensor_t *x = mmd_eval_input(c, 0);
  const double *in;
  double low = 0, high = 0;
  uint8_t *y, *zero;
  float *scale;
  mmd_shape_t scalar = {.rank = 0};
  size_t count = mmd_tensor_count(x);
  MMD_TRY(mmd_eval_load_f64(c, x, &in));
  for (size_t i = 0; i < count; ++i) {
    low = fmin(low, in[i]);
    high = fmax(high, in[i]);
  }
  MMD_TRY(mmd_eval_output_create(c, 0, MMD_U8, &x->shape, &y));
  MMD_TRY(mmd_eval_output_create(c, 1, MMD_F32, &scalar, &scale));
  MMD_TRY(mmd_eval_output_create(c, 2, MMD_U8, &scalar, &zero));
  *scale = (float)((high - low) / 255);
  double shift = *scale != 0 ? nearbyint((double)((float)-low / *scale)) : 0;
  shift = shift < 0 ? 0 : shift > 255 ? 255 : shift;
  mmd_dtype_store_f64(MMD_U8, zero, 0, shift);
  for (size_t i = 0; i < count; ++i) {
    double q = *scale != 0 ? nearbyint((double)((float)in[i] / *scale)) + shift : shift;
    mmd_dtype_store_f64(MMD_U8, y, i, q < 0 ? 0 : q > 255 ? 255 : q);
  }
  return NULL;
}

static mmd_status_t infer_dynamic(mmd_infer_context_t *c) {
  MMD_TRY(mmd_infer_output_like(c, 0, MMD_U8, mmd_infer_tensor(c, 0)));
  MMD_TRY(mmd_infer_output(c, 1, MMD_F32, 0, NULL));
  return mmd_infer_output(c, 2, MMD_U8, 0, NULL);
}

static const mmd_op_t ops[] = {
    {"", "DequantizeLinear", 10, 2, 3, 1, 1, infer_dequantize, evaluate_dequantize, 0},
    {"", "DynamicQuantizeLinear", 11, 1, 1, 3, 3, infer_dynamic, evaluate_dynamic, 0},
    {"", "QuantizeLinear", 10, 2, 3, 1, 1, infer_quantize, evaluate_quantize, 0},
};
const mmd_op_family_t mmd_ops_quantize = MMD_OP_FAMILY(ops);
