// SPDX-License-Identifier: Apache-2.0
//
// mmdeploy::TRTInstanceNormalization: x (N x C x …), scale and bias (C).
#include <math.h>

#include "kernels/instance_norm.h"
#include "ops/eval_util.h"
#include "ops/infer_util.h"
#include "ops/registry.h"

static mmd_status_t check_shapes(const mmd_eval_context_t *c) {
  const mmd_tensor_t *x = mmd_eval_input(c, 0);
  bool fits = x->shape.rank >= 3;
  for (size_t i = 1; fits && i < 3; ++i) {
    const mmd_shape_t *shape = &mmd_eval_input(c, i)->shape;
    fits = shape->rank == 1 && shape->dims[0] == x->shape.dims[1];
  }
  if (fits) return NULL;
  return mmd_node_error(c->node, MMD_INVALID_ARGUMENT, "scale and bias do not fit the input");
}

static void normalize(const double *x, size_t size, double epsilon, double scale, double bias,
                      double *y) {
  double mean = 0, variance = 0;
  for (size_t i = 0; i < size; ++i) mean += x[i] / (double)size;
  for (size_t i = 0; i < size; ++i) variance += (x[i] - mean) * (x[i] - mean) / (double)size;
  for (size_t i = 0; i < size; ++i) y[i] = (x[i] - mean) / sqrt(variance + epsilon) * scale + bias;
}

static mmd_status_t evaluate(mmd_eval_context_t *c) {
  const mmd_tensor_t *x = mmd_eval_input(c, 0);
  MMD_TRY(check_shapes(c));
  size_t batch = (size_t)x->shape.dims[0], channels = (size_t)x->shape.dims[1];
  size_t size = mmd_shape_range(&x->shape, 2, x->shape.rank);
  double epsilon = mmd_node_attr_float(c->node, "epsilon", 1e-5);
  if (mmd_eval_fast_f32(c, 0, 2)) {
    mmd_instance_norm_t n = {.batch = batch, .channels = channels, .size = size};
    n.x = mmd_tensor_data(x);
    n.scale = mmd_tensor_data(mmd_eval_input(c, 1));
    n.bias = mmd_tensor_data(mmd_eval_input(c, 2));
    n.epsilon = epsilon;
    MMD_TRY(mmd_eval_output_create(c, 0, MMD_F32, &x->shape, &n.y));
    mmd_instance_norm_run(&n, c->pool);
    return NULL;
  }
  const double *in, *scale, *bias;
  double *y;
  MMD_TRY(mmd_eval_load_f64(c, x, &in));
  MMD_TRY(mmd_eval_load_f64(c, mmd_eval_input(c, 1), &scale));
  MMD_TRY(mmd_eval_load_f64(c, mmd_eval_input(c, 2), &bias));
  MMD_TRY(mmd_eval_scratch(c, mmd_tensor_count(x), sizeof *y, &y));
  for (size_t p = 0; p < batch * channels; ++p) {
    normalize(in + p * size, size, epsilon, scale[p % channels], bias[p % channels], y + p * size);
  }
  return mmd_eval_store_f64(c, 0, x->dtype, &x->shape, y);
}

static const mmd_op_t ops[] = {
    {"mmdeploy", "TRTInstanceNormalization", 1, 3, 3, 1, 1, mmd_infer_same, evaluate, 0},
};
const mmd_op_family_t mmd_ops_trt_instance_normalization = MMD_OP_FAMILY(ops);
