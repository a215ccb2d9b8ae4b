// SPDX-License-Identifier: Apache-2.0
//
// Products of quantised numbers: ConvInteger, MatMulInteger, QLinearConv, QLinearMatMul. Sums are
// exact in double: all terms are integers far below 2^53.
#include <math.h>
#include <string.h>

#include "ops/broadcast.h"
#include "ops/eval_util.h"
#include "ops/infer_util.h"
#include "ops/registry.h"
#include "ops/spatial.h"

// Numbers minus their zero point: one, or one for each index of |axis|.
static mmd_status_t load_shifted(mmd_eval_context_t *c, size_t i, size_t zero, int axis,
                                 double **out_numbers) {
  const mmd_tensor_t *x = mmd_eval_input(c, i), *shift = mmd_eval_input(c, zero);
  const double *numbers, *shifts = NULL;
  size_t count = mmd_tensor_count(x), shift_count = shift ? mmd_tensor_count(shift) : 0;
  if (x->dtype != MMD_U8 && x->dtype != MMD_I8) {
    return mmd_node_error(c->node, MMD_NOT_SUPPORTED, "element type %s", mmd_dtype_name(x->dtype));
  }
  MMD_TRY(mmd_eval_load_f64(c, x, &numbers));
  if (shift) MMD_TRY(mmd_eval_load_f64(c, shift, &shifts));
  size_t dim = axis < x->shape.rank ? (size_t)x->shape.dims[axis] : 1;
  size_t inner = mmd_shape_range(&x->shape, axis + 1, x->shape.rank);
  if (shift && shift_count != 1 && shift_count != dim) {
    return mmd_node_error(c->node, MMD_INVALID_ARGUMENT, "%zu zero points for %zu", shift_count,
                          dim);
  }
  MMD_TRY(mmd_eval_scratch(c, count, sizeof **out_numbers, out_numbers));
  for (size_t k = 0; k < count; ++k) {
    double s = !shift ? 0 : shifts[shift_count == 1 ? 0 : k / inner % dim];
    (*out_numbers)[k] = numbers[k] - s;
  }
  return NULL;
}

// |sums| scaled to the output's type: scales x_scale * w_scale / y_scale, one or one a channel
// (with |axis| behind the last there are no channels).
static mmd_status_t store_scaled(mmd_eval_context_t *c, const mmd_shape_t *shape, int axis,
                                 const double *sums, size_t x_scale, size_t w_scale, size_t y_scale,
                                 size_t y_zero) {
  const mmd_tensor_t *zero = mmd_eval_input(c, y_zero), *w = mmd_eval_input(c, w_scale);
  double scale, out_scale, shift;
  const double *w_scales;
  void *y;
  MMD_TRY(mmd_eval_scalar_f64(c, x_scale, 1, &scale));
  MMD_TRY(mmd_eval_scalar_f64(c, y_scale, 1, &out_scale));
  MMD_TRY(mmd_eval_scalar_f64(c, y_zero, 0, &shift));
  MMD_TRY(mmd_eval_load_f64(c, w, &w_scales));
  if (zero->dtype != MMD_U8 && zero->dtype != MMD_I8) {
    return mmd_node_error(c->node, MMD_NOT_SUPPORTED, "element type %s",
                          mmd_dtype_name(zero->dtype));
  }
  double low = zero->dtype == MMD_U8 ? 0 : -128, high = low + 255;
  size_t count = mmd_shape_range(shape, 0, shape->rank), scales = mmd_tensor_count(w);
  size_t inner = mmd_shape_range(shape, axis + 1, shape->rank);
  size_t dim = axis < shape->rank ? (size_t)shape->dims[axis] : 1;
  if (scales != 1 && scales != dim) {
    return mmd_node_error(c->node, MMD_INVALID_ARGUMENT, "%zu scales for %zu", scales, dim);
  }
  MMD_TRY(mmd_eval_output_create(c, 0, zero->dtype, shape, &y));
  for (size_t i = 0; i < count; ++i) {
    double w_one = w_scales[scales == 1 ? 0 : i / inner % dim];
    double q = nearbyint(sums[i] * (scale * w_one / out_scale)) + shift;
    mmd_dtype_store_f64(zero->dtype, y, i, q < low ? low : q > high ? high : q);
  }
  return NULL;
}

// ---- Matrices.

// A vector is a row on the left, a column on the right, as in numpy.
static mmd_shape_t as_matrix(const mmd_shape_t *shape, bool is_left) {
  if (shape->rank != 1) return *shape;
  int64_t size = shape->dims[0];
  return (mmd_shape_t){.rank = 2, .dims = {is_left ? 1 : size, is_left ? size : 1}};
}

// The added sizes of 1 go again.
static void drop_vector_axes(const mmd_shape_t *a, const mmd_shape_t *b, mmd_shape_t *shape) {
  if (a->rank == 1) {
    shape->dims[shape->rank - 2] = shape->dims[shape->rank - 1];
    --shape->rank;
  }
  if (b->rank == 1) --shape->rank;
}

static mmd_status_t multiply(mmd_eval_context_t *c, size_t a_at, size_t b_at, const double *a,
                             const double *b, mmd_shape_t *out_shape, double **out_sums) {
  const mmd_shape_t *a_shape = &mmd_eval_input(c, a_at)->shape;
  const mmd_shape_t *b_shape = &mmd_eval_input(c, b_at)->shape;
  const mmd_shape_t left = as_matrix(a_shape, true), right = as_matrix(b_shape, false);
  const mmd_shape_t *p = &left, *q = &right;
  if (p->rank < 2 || q->rank < 2 || p->dims[p->rank - 1] != q->dims[q->rank - 2]) {
    return mmd_node_error(c->node, MMD_INVALID_ARGUMENT, "the matrices do not fit");
  }
  mmd_shape_t a_batch = *p, b_batch = *q;
  a_batch.rank -= 2;
  b_batch.rank -= 2;
  const mmd_shape_t *batches[] = {&a_batch, &b_batch};
  mmd_broadcast_t plan;
  MMD_TRY(mmd_broadcast_plan(c->node, 2, batches, &plan));
  size_t m = (size_t)p->dims[p->rank - 2], k = (size_t)p->dims[p->rank - 1];
  size_t n = (size_t)q->dims[q->rank - 1], count, item = 0;
  *out_shape = plan.shape;
  out_shape->dims[out_shape->rank++] = (int64_t)m;
  out_shape->dims[out_shape->rank++] = (int64_t)n;
  MMD_TRY(mmd_shape_count(out_shape, &count));
  MMD_TRY(mmd_eval_work(c, count, k));
  MMD_TRY(mmd_eval_scratch(c, count, sizeof **out_sums, out_sums));
  for (size_t r = 0; count > 0 && r < plan.rows; ++r) {
    mmd_broadcast_row_t row;
    mmd_broadcast_row(&plan, r, &row);
    for (size_t s = 0; s < row.size; ++s, ++item) {
      const double *x = a + (row.in[0] + s * row.steps[0]) * m * k;
      const double *w = b + (row.in[1] + s * row.steps[1]) * k * n;
      double *y = *out_sums + item * m * n;
      for (size_t i = 0; i < m * k; ++i) {
        for (size_t j = 0; j < n; ++j) y[i / k * n + j] += x[i] * w[i % k * n + j];
      }
    }
  }
  drop_vector_axes(a_shape, b_shape, out_shape);
  return NULL;
}

static mmd_status_t evaluate_matmul_integer(mmd_eval_context_t *c) {
  double *a, *b, *y;
  mmd_shape_t shape;
  int a_rank = mmd_eval_input(c, 0)->shape.rank, b_rank = mmd_eval_input(c, 1)->shape.rank;
  MMD_TRY(load_shifted(c, 0, 2, a_rank > 1 ? a_rank - 2 : 1, &a));
  MMD_TRY(load_shifted(c, 1, 3, b_rank > 1 ? b_rank - 1 : 1, &b));
  MMD_TRY(multiply(c, 0, 1, a, b, &shape, &y));
  return mmd_eval_store_f64(c, 0, MMD_I32, &shape, y);
}

static mmd_status_t evaluate_qlinear_matmul(mmd_eval_context_t *c) {
  double *a, *b, *y;
  mmd_shape_t shape;
  int a_rank = mmd_eval_input(c, 0)->shape.rank, b_rank = mmd_eval_input(c, 3)->shape.rank;
  MMD_TRY(load_shifted(c, 0, 2, a_rank > 1 ? a_rank - 2 : 1, &a));
  MMD_TRY(load_shifted(c, 3, 5, b_rank > 1 ? b_rank - 1 : 1, &b));
  MMD_TRY(multiply(c, 0, 3, a, b, &shape, &y));
  return store_scaled(c, &shape, b_rank > 1 ? shape.rank - 1 : shape.rank, y, 1, 4, 6, 7);
}

// ---- Convolutions.

static double conv_element(const mmd_spatial_t *s, const int64_t *at, size_t channels,
                           const double *x, const double *weight) {
  int64_t plane = mmd_spatial_count(s->in, s->rank);
  double sum = 0;
  for (size_t k = 0; k < channels; ++k) {
    int64_t index[MMD_SPATIAL_MAX] = {0};
    do {
      int64_t from = 0;
      bool inside = true;
      for (int i = 0; i < s->rank; ++i) {
        int64_t position = at[i] * s->stride[i] + index[i] * s->dilation[i] - s->begin[i];
        inside = inside && position >= 0 && position < s->in[i];
        from = from * s->in[i] + position;
      }
      if (inside) sum += *weight * x[(int64_t)k * plane + from];
      ++weight;
    } while (mmd_index_next(s->rank, s->kernel, index));
  }
  return sum;
}

static mmd_status_t convolve(mmd_eval_context_t *c, size_t w_at, const double *x, const double *w,
                             const double *bias, mmd_shape_t *out_shape, double **out_sums) {
  const mmd_shape_t *in = &mmd_eval_input(c, 0)->shape, *kernel = &mmd_eval_input(c, w_at)->shape;
  mmd_spatial_t s;
  size_t count;
  int64_t groups = mmd_node_attr_int(c->node, "group", 1);
  if (in->rank != kernel->rank) {
    return mmd_node_error(c->node, MMD_INVALID_ARGUMENT, "input of rank %d, weight of rank %d",
                          in->rank, kernel->rank);
  }
  MMD_TRY(mmd_spatial_read(c->node, in, kernel->dims + 2, &s));
  if (groups < 1 || in->dims[1] % groups || in->dims[1] / groups != kernel->dims[1] ||
      kernel->dims[0] % groups) {
    return mmd_node_error(c->node, MMD_INVALID_ARGUMENT, "%lld groups", (long long)groups);
  }
  *out_shape = (mmd_shape_t){.rank = in->rank, .dims = {in->dims[0], kernel->dims[0]}};
  memcpy(out_shape->dims + 2, s.out, (size_t)s.rank * sizeof *s.out);
  MMD_TRY(mmd_shape_count(out_shape, &count));
  MMD_TRY(mmd_eval_work(c, count, mmd_eval_product(kernel->dims + 1, kernel->rank - 1)));
  MMD_TRY(mmd_eval_scratch(c, count, sizeof **out_sums, out_sums));
  double *y = *out_sums;
  size_t plane = mmd_shape_range(in, 2, in->rank),
         filter = mmd_shape_range(kernel, 1, kernel->rank);
  size_t per_group = (size_t)(kernel->dims[0] / groups), channels = (size_t)kernel->dims[1];
  for (size_t p = 0; count > 0 && p < (size_t)(in->dims[0] * kernel->dims[0]); ++p) {
    size_t n = p / (size_t)kernel->dims[0], m = p % (size_t)kernel->dims[0];
    const double *from = x + (n * (size_t)in->dims[1] + m / per_group * channels) * plane;
    int64_t at[MMD_SPATIAL_MAX] = {0};
    do *y++ = conv_element(&s, at, channels, from, w + m * filter) + (bias ? bias[m] : 0);
    while (mmd_index_next(s.rank, s.out, at));
  }
  return NULL;
}

static mmd_status_t evaluate_conv_integer(mmd_eval_context_t *c) {
  double *x, *w, *y;
  mmd_shape_t shape;
  MMD_TRY(load_shifted(c, 0, 2, 1, &x));
  MMD_TRY(load_shifted(c, 1, 3, 0, &w));
  MMD_TRY(convolve(c, 1, x, w, NULL, &shape, &y));
  return mmd_eval_store_f64(c, 0, MMD_I32, &shape, y);
}

static mmd_status_t evaluate_qlinear_conv(mmd_eval_context_t *c) {
  const mmd_tensor_t *bias = mmd_eval_input(c, 8), *weight = mmd_eval_input(c, 3);
  double *x, *w, *y;
  const double *biases = NULL;
  mmd_shape_t shape;
  MMD_TRY(load_shifted(c, 0, 2, 1, &x));
  MMD_TRY(load_shifted(c, 3, 5, 0, &w));
  if (bias) MMD_TRY(mmd_eval_load_f64(c, bias, &biases));
  if (bias && (weight->shape.rank < 1 || mmd_tensor_count(bias) != (size_t)weight->shape.dims[0])) {
    return mmd_node_error(c->node, MMD_INVALID_ARGUMENT, "%zu biases", mmd_tensor_count(bias));
  }
  MMD_TRY(convolve(c, 3, x, w, biases, &shape, &y));
  return store_scaled(c, &shape, 1, y, 1, 4, 6, 7);
}

// ---- Types.

static mmd_status_t infer_conv(mmd_infer_context_t *c, size_t w_at, mmd_dtype_t dtype) {
  const mmd_type_t *x = mmd_infer_ranked(c, 0), *weight = mmd_infer_ranked(c, w_at);
  const mmd_dim_t *dims[MMD_MAX_RANK] = {NULL};
  if (!x || x->rank < 3) return mmd_infer_output(c, 0, dtype, -1, NULL);
  dims[0] = x->dims[0];
  if (weight && weight->rank == x->rank) {
    dims[1] = weight->dims[0];
    MMD_TRY(mmd_spatial_infer(c->graph, c->node, x, weight, dims + 2));
  }
  return mmd_infer_output(c, 0, dtype, x->rank, dims);
}

static mmd_status_t infer_conv_integer(mmd_infer_context_t *c) {
  return infer_conv(c, 1, MMD_I32);
}

static mmd_status_t infer_qlinear_conv(mmd_infer_context_t *c) {
  return infer_conv(c, 3, mmd_infer_dtype(c, 7));
}

static mmd_status_t infer_matmul_integer(mmd_infer_context_t *c) {
  return mmd_infer_product(c, 0, 1, MMD_I32);
}

static mmd_status_t infer_qlinear_matmul(mmd_infer_context_t *c) {
  return mmd_infer_product(c, 0, 3, mmd_infer_dtype(c, 7));
}

static const mmd_op_t ops[] = {
    {"", "ConvInteger", 10, 2, 4, 1, 1, infer_conv_integer, evaluate_conv_integer, 0},
    {"", "MatMulInteger", 10, 2, 4, 1, 1, infer_matmul_integer, evaluate_matmul_integer, 0},
    {"", "QLinearConv", 10, 8, 9, 1, 1, infer_qlinear_conv, evaluate_qlinear_conv, 0},
    {"", "QLinearMatMul", 10, 8, 8, 1, 1, infer_qlinear_matmul, evaluate_qlinear_matmul, 0},
};
const mmd_op_family_t mmd_ops_quantized_product = MMD_OP_FAMILY(ops);
