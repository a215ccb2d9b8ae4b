// SPDX-License-Identifier: Apache-2.0
//
// TRTBicubicInterpolate: N x C x H x W by two factors, as PyTorch's interpolate(mode='bicubic')
// with scale_factor. The plug-in truncates the factors; we follow PyTorch, for whole factors they
// agree.
#include "kernels/bicubic.h"

#include <math.h>

#include "ops/eval_util.h"
#include "ops/infer_util.h"
#include "ops/registry.h"

static mmd_status_t read_factors(const mmd_node_t *node, float out_factors[2]) {
  const mmd_attr_t *attr = mmd_node_attr(node, "scale_factor");
  bool fine = attr && attr->kind == MMD_ATTR_FLOATS && attr->count == 2;
  for (int i = 0; i < 2 && fine; ++i) {
    out_factors[i] = (float)attr->u.numbers[i];
    fine = out_factors[i] > 0 && isfinite(out_factors[i]);
  }
  if (fine) return NULL;
  return mmd_node_error(node, MMD_INVALID_ARGUMENT,
                        "scale_factor must be two numbers above 0, for height and width");
}

// The product in float, because the factor is one: 10 * 0.7f is 7.
static mmd_status_t scale_size(const mmd_node_t *node, int64_t size, float factor,
                               int64_t *out_size) {
  float scaled = floorf((float)size * factor);
  *out_size = scaled < 1e9f ? (int64_t)scaled : 0;
  if (*out_size > 0 || size == 0) return NULL;
  return mmd_node_error(node, MMD_INVALID_ARGUMENT, "%lld pixels times %g", (long long)size,
                        (double)factor);
}

static double take_bicubic(const mmd_bicubic_t *b, const double *plane, size_t row, size_t column) {
  double part_y, part_x, weights_y[4], weights_x[4], sum = 0;
  int64_t y =
      mmd_bicubic_position(b->height, b->out_height, b->step_h, b->align_corners, row, &part_y);
  int64_t x =
      mmd_bicubic_position(b->width, b->out_width, b->step_w, b->align_corners, column, &part_x);
  int64_t last_y = (int64_t)b->height - 1, last_x = (int64_t)b->width - 1;
  mmd_bicubic_weights(part_y, weights_y);
  mmd_bicubic_weights(part_x, weights_x);
  for (int i = 0; i < 16; ++i) {
    int64_t at_y = y + i / 4, at_x = x + i % 4;
    at_y = at_y < 0 ? 0 : at_y > last_y ? last_y : at_y;
    at_x = at_x < 0 ? 0 : at_x > last_x ? last_x : at_x;
    double weight = weights_y[i / 4] * weights_x[i % 4];
    if (weight != 0) sum += weight * plane[at_y * (int64_t)b->width + at_x];
  }
  return sum;
}

static mmd_status_t evaluate_plain(mmd_eval_context_t *c, const mmd_bicubic_t *b,
                                   const mmd_shape_t *shape) {
  const double *x;
  void *y;
  mmd_dtype_t dtype = mmd_eval_input(c, 0)->dtype;
  MMD_TRY(mmd_eval_load_f64(c, mmd_eval_input(c, 0), &x));
  MMD_TRY(mmd_eval_output_create(c, 0, dtype, shape, &y));
  size_t count = mmd_tensor_count(&c->outputs[0].tensor);
  for (size_t i = 0; i < count; ++i) {
    size_t row = i / b->out_width;
    const double *plane = x + row / b->out_height * b->height * b->width;
    mmd_dtype_store_f64(dtype, y, i, take_bicubic(b, plane, row % b->out_height, i % b->out_width));
  }
  return NULL;
}

static mmd_status_t evaluate(mmd_eval_context_t *c) {
  const mmd_tensor_t *x = mmd_eval_input(c, 0);
  float factors[2];
  MMD_TRY(read_factors(c->node, factors));
  if (x->shape.rank != 4) {
    return mmd_node_error(c->node, MMD_INVALID_ARGUMENT, "the input has rank %d, 4 is needed",
                          x->shape.rank);
  }
  mmd_shape_t shape = x->shape;
  for (int i = 0; i < 2; ++i) {
    MMD_TRY(scale_size(c->node, x->shape.dims[i + 2], factors[i], &shape.dims[i + 2]));
  }
  mmd_bicubic_t b = {.planes = mmd_shape_range(&x->shape, 0, 2),
                     .height = (size_t)x->shape.dims[2],
                     .width = (size_t)x->shape.dims[3],
                     .out_height = (size_t)shape.dims[2],
                     .out_width = (size_t)shape.dims[3],
                     .step_h = 1 / (double)factors[0],
                     .step_w = 1 / (double)factors[1],
                     .align_corners = mmd_node_attr_int(c->node, "align_corners", 1) != 0};
  if (!mmd_eval_fast_f32(c, 0, 0)) return evaluate_plain(c, &b, &shape);
  float *y;
  MMD_TRY(mmd_eval_output_create(c, 0, MMD_F32, &shape, &y));
  MMD_TRY(mmd_eval_reserve(c, mmd_bicubic_scratch(&b)));
  return mmd_bicubic_run(&b, mmd_tensor_data(x), y, c->pool);
}

// Expressions know whole numbers: a factor such as 1.5 becomes floor(3 * h / 2).
static const mmd_dim_t *scale_dim(mmd_infer_context_t *c, const mmd_dim_t *dim, float factor) {
  for (int64_t divisor = 1; divisor <= 64; divisor *= 2) {
    float times = factor * (float)divisor;
    if (floorf(times) != times || times > 1e6f) continue;
    const mmd_dim_t *product = mmd_dim_mul(c->graph, dim, mmd_infer_const(c, (int64_t)times));
    return mmd_dim_floor_div(c->graph, product, mmd_infer_const(c, divisor));
  }
  return NULL;
}

static mmd_status_t infer(mmd_infer_context_t *c) {
  const mmd_type_t *x = mmd_infer_ranked(c, 0);
  const mmd_dim_t *dims[4] = {NULL};
  float factors[2];
  MMD_TRY(read_factors(c->node, factors));
  for (int i = 0; x && x->rank == 4 && i < 4; ++i) {
    int64_t size = mmd_dim_number(x->dims[i]);
    if (i < 2) {
      dims[i] = x->dims[i];
    } else if (size >= 0) {
      MMD_TRY(scale_size(c->node, size, factors[i - 2], &size));
      dims[i] = mmd_infer_const(c, size);
    } else {
      dims[i] = scale_dim(c, x->dims[i], factors[i - 2]);
    }
  }
  return mmd_infer_output(c, 0, mmd_infer_dtype(c, 0), 4, dims);
}

static const mmd_op_t ops[] = {
    {"mmdeploy", "TRTBicubicInterpolate", 1, 1, 1, 1, 1, infer, evaluate, 0},
};
const mmd_op_family_t mmd_ops_bicubic_interpolate = MMD_OP_FAMILY(ops);
