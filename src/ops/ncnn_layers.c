// SPDX-License-Identifier: Apache-2.0
//
// Operators of the domain mmdeploy that stand for layers of ncnn: AdaptiveAvgPool2d, HardSwish,
// LayerNorm and MultiHeadAttention. Graphs that hold them are on their way to that engine, so there
// are no fast kernels.
#include <math.h>

#include "ops/eval_util.h"
#include "ops/infer_util.h"
#include "ops/registry.h"

// ---- HardSwish: x * clamp(alpha * x + beta, 0, 1).

static mmd_status_t evaluate_hard_swish(mmd_eval_context_t *c) {
  const mmd_tensor_t *x = mmd_eval_input(c, 0);
  double alpha = mmd_node_attr_float(c->node, "alpha", 1.0 / 6);
  double beta = mmd_node_attr_float(c->node, "beta", 0.5);
  const double *in;
  double *y;
  size_t count = mmd_tensor_count(x);
  MMD_TRY(mmd_eval_load_f64(c, x, &in));
  MMD_TRY(mmd_eval_scratch(c, count, sizeof *y, &y));
  for (size_t i = 0; i < count; ++i) y[i] = in[i] * fmax(0, fmin(1, alpha * in[i] + beta));
  return mmd_eval_store_f64(c, 0, x->dtype, &x->shape, y);
}

// ---- LayerNorm over the last axes, as many elements as the weights have.

static void normalize(const double *x, size_t size, double epsilon, const double *weight,
                      const double *bias, double *y) {
  double mean = 0, variance = 0;
  for (size_t i = 0; i < size; ++i) mean += x[i] / (double)size;
  for (size_t i = 0; i < size; ++i) variance += (x[i] - mean) * (x[i] - mean) / (double)size;
  for (size_t i = 0; i < size; ++i) {
    y[i] = (x[i] - mean) / sqrt(variance + epsilon);
    if (weight) y[i] = y[i] * weight[i] + bias[i];
  }
}

static mmd_status_t evaluate_layer_norm(mmd_eval_context_t *c) {
  const mmd_tensor_t *x = mmd_eval_input(c, 0), *weight = mmd_eval_input(c, 1);
  bool affine = mmd_node_attr_int(c->node, "affine", 1) != 0;
  double epsilon = mmd_node_attr_float(c->node, "epsilon", 1e-5);
  const double *in, *w = NULL, *b = NULL;
  double *y;
  size_t count = mmd_tensor_count(x), size = mmd_tensor_count(weight);
  int axis = x->shape.rank;
  while (axis > 0 && mmd_shape_range(&x->shape, axis, x->shape.rank) < size) --axis;
  if (size == 0 || mmd_shape_range(&x->shape, axis, x->shape.rank) != size ||
      mmd_tensor_count(mmd_eval_input(c, 2)) != size) {
    return mmd_node_error(c->node, MMD_INVALID_ARGUMENT, "the weights do not fit the input");
  }
  MMD_TRY(mmd_eval_load_f64(c, x, &in));
  if (affine) {
    MMD_TRY(mmd_eval_load_f64(c, weight, &w));
    MMD_TRY(mmd_eval_load_f64(c, mmd_eval_input(c, 2), &b));
  }
  MMD_TRY(mmd_eval_scratch(c, count, sizeof *y, &y));
  for (size_t i = 0; i < count; i += size) normalize(in + i, size, epsilon, w, b, y + i);
  return mmd_eval_store_f64(c, 0, x->dtype, &x->shape, y);
}

// ---- AdaptiveAvgPool2d: input 1 is the size of the result.

static double mean_of(const double *plane, int64_t width, int64_t top, int64_t bottom, int64_t left,
                      int64_t right) {
  double sum = 0;
  for (int64_t y = top; y < bottom; ++y) {
    for (int64_t x = left; x < right; ++x) sum += plane[y * width + x];
  }
  return sum / (double)((bottom - top) * (right - left));
}

static mmd_status_t evaluate_pool(mmd_eval_context_t *c) {
  const mmd_tensor_t *x = mmd_eval_input(c, 0);
  int64_t size[2];
  size_t size_count;
  const double *in;
  double *y;
  MMD_TRY(mmd_eval_ints(c, 1, 2, size, &size_count));
  if (size_count == 1) size[1] = size[0];
  int64_t height = x->shape.rank == 4 ? x->shape.dims[2] : 0;
  int64_t width = height > 0 ? x->shape.dims[3] : 0;
  if (size_count < 1 || height < 1 || width < 1 || size[0] < 1 || size[1] < 1 ||
      size[0] > INT32_MAX || size[1] > INT32_MAX || height > INT32_MAX || width > INT32_MAX) {
    return mmd_node_error(c->node, MMD_INVALID_ARGUMENT, "the size or the input");
  }
  mmd_shape_t shape = x->shape;
  shape.dims[2] = size[0];
  shape.dims[3] = size[1];
  size_t count, planes = mmd_shape_range(&x->shape, 0, 2);
  mmd_status_t status = mmd_shape_count(&shape, &count);
  if (status) return mmd_status_annotate(status, "%s '%s'", c->node->op, c->node->name);
  MMD_TRY(mmd_eval_load_f64(c, x, &in));
  MMD_TRY(mmd_eval_scratch(c, count, sizeof *y, &y));
  const int64_t window[] = {height / size[0] + 2, width / size[1] + 2};
  MMD_TRY(mmd_eval_work(c, count, mmd_eval_product(window, 2)));
  double *to = y;
  for (size_t p = 0; p < planes; ++p, in += height * width) {
    for (int64_t i = 0; i < size[0]; ++i) {
      int64_t top = i * height / size[0], bottom = ((i + 1) * height + size[0] - 1) / size[0];
      for (int64_t k = 0; k < size[1]; ++k) {
        int64_t left = k * width / size[1], right = ((k + 1) * width + size[1] - 1) / size[1];
        *to++ = mean_of(in, width, top, bottom, left, right);
      }
    }
  }
  return mmd_eval_store_f64(c, 0, x->dtype, &shape, y);
}

static mmd_status_t infer_pool(mmd_infer_context_t *c) {
  const mmd_type_t *x = mmd_infer_ranked(c, 0);
  const mmd_dim_t *const *size, *dims[4] = {NULL};
  size_t count;
  if (!x || x->rank != 4) return mmd_infer_dtype_only(c);
  dims[0] = x->dims[0];
  dims[1] = x->dims[1];
  if (mmd_infer_elements(c, 1, &size, &count) && (count == 1 || count == 2)) {
    dims[2] = size[0];
    dims[3] = size[count - 1];
  }
  return mmd_infer_output(c, 0, x->dtype, 4, dims);
}

// ---- MultiHeadAttention: q, k, v (B x N x E), then weight and bias of the projections of q, k, v
// and of the result.

typedef struct {
  size_t batch, queries, keys, width, heads;
} heads_t;

// y = x w' + b for |rows| rows.
static void project(const double *x, size_t rows, size_t width, const double *w, const double *b,
                    double *y) {
  for (size_t r = 0; r < rows; ++r) {
    for (size_t o = 0; o < width; ++o) {
      double sum = b[o];
      for (size_t i = 0; i < width; ++i) sum += x[r * width + i] * w[o * width + i];
      y[r * width + o] = sum;
    }
  }
}

// One query of one head; |scores| has room for the keys.
static void attend(const heads_t *h, const double *q, const double *k, const double *v,
                   double *scores, double *out) {
  size_t size = h->width / h->heads;
  double max = -(double)INFINITY, sum = 0;
  for (size_t i = 0; i < h->keys; ++i) {
    scores[i] = 0;
    for (size_t e = 0; e < size; ++e) scores[i] += q[e] * k[i * h->width + e];
    scores[i] /= sqrt((double)size);
    max = fmax(max, scores[i]);
  }
  for (size_t i = 0; i < h->keys; ++i) sum += scores[i] = exp(scores[i] - max);
  for (size_t e = 0; e < size; ++e) {
    double mean = 0;
    for (size_t i = 0; i < h->keys; ++i) mean += scores[i] / sum * v[i * h->width + e];
    out[e] = mean;
  }
}

static mmd_status_t read_heads(const mmd_eval_context_t *c, heads_t *h) {
  const mmd_shape_t *q = &mmd_eval_input(c, 0)->shape, *k = &mmd_eval_input(c, 1)->shape;
  int64_t heads = mmd_node_attr_int(c->node, "num_heads", 1);
  bool fits = q->rank == 3 && k->rank == 3 && mmd_shape_equal(k, &mmd_eval_input(c, 2)->shape) &&
              k->dims[0] == q->dims[0] && k->dims[2] == q->dims[2] && k->dims[1] > 0 &&
              q->dims[2] > 0 && heads > 0 && q->dims[2] % heads == 0;
  for (size_t i = 3; fits && i < 11; ++i) {
    const mmd_shape_t *shape = &mmd_eval_input(c, i)->shape;
    int rank = i % 2 == 1 ? 2 : 1;
    fits =
        shape->rank == rank && shape->dims[0] == q->dims[2] && shape->dims[rank - 1] == q->dims[2];
  }
  if (!fits) return mmd_node_error(c->node, MMD_INVALID_ARGUMENT, "the inputs do not fit");
  *h = (heads_t){(size_t)q->dims[0], (size_t)q->dims[1], (size_t)k->dims[1], (size_t)q->dims[2],
                 (size_t)heads};
  return NULL;
}

static mmd_status_t evaluate_attention(mmd_eval_context_t *c) {
  const double *in[11];
  double *part[3], *mixed, *y, *scores;
  heads_t h;
  MMD_TRY(read_heads(c, &h));
  for (size_t i = 0; i < 11; ++i) MMD_TRY(mmd_eval_load_f64(c, mmd_eval_input(c, i), &in[i]));
  MMD_TRY(mmd_eval_work(c, h.batch * (h.queries + h.keys) * h.width, 2 * h.width));
  MMD_TRY(mmd_eval_work(c, h.batch * h.queries * h.width, 2 * h.keys));
  for (size_t i = 0; i < 3; ++i) {
    size_t rows = h.batch * (i == 0 ? h.queries : h.keys);
    MMD_TRY(mmd_eval_scratch(c, rows * h.width, sizeof *y, &part[i]));
    project(in[i], rows, h.width, in[3 + 2 * i], in[4 + 2 * i], part[i]);
  }
  size_t rows = h.batch * h.queries, size = h.width / h.heads;
  MMD_TRY(mmd_eval_scratch(c, rows * h.width, sizeof *mixed, &mixed));
  MMD_TRY(mmd_eval_scratch(c, rows * h.width, sizeof *y, &y));
  MMD_TRY(mmd_eval_scratch(c, h.keys, sizeof *scores, &scores));
  for (size_t r = 0; r < rows; ++r) {
    size_t first = r / h.queries * h.keys * h.width;
    for (size_t k = 0; k < h.heads; ++k) {
      size_t at = r * h.width + k * size;
      attend(&h, part[0] + at, part[1] + first + k * size, part[2] + first + k * size, scores,
             mixed + at);
    }
  }
  project(mixed, rows, h.width, in[9], in[10], y);
  const mmd_tensor_t *q = mmd_eval_input(c, 0);
  return mmd_eval_store_f64(c, 0, q->dtype, &q->shape, y);
}

static const mmd_op_t ops[] = {
    {"mmdeploy", "AdaptiveAvgPool2d", 1, 2, 2, 1, 1, infer_pool, evaluate_pool, 0},
    {"mmdeploy", "HardSwish", 1, 1, 1, 1, 1, mmd_infer_same, evaluate_hard_swish, 0},
    {"mmdeploy", "LayerNorm", 1, 3, 3, 1, 1, mmd_infer_same, evaluate_layer_norm, 0},
    {"mmdeploy", "MultiHeadAttention", 1, 11, 11, 1, 1, mmd_infer_same, evaluate_attention, 0},
};
const mmd_op_family_t mmd_ops_ncnn_layers = MMD_OP_FAMILY(ops);
