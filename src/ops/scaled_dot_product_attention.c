// SPDX-License-Identifier: Apache-2.0
//
// mmdeploy::ScaledDotProductAttentionTRT: q (B x Nt x E), k and v (B x Ns x E), an optional mask
// (Nt x Ns, or B or 1 x Nt x Ns) that is added -> the result and the shares (B x Nt x Ns).
#include <math.h>

#include "kernels/attention.h"
#include "ops/eval_util.h"
#include "ops/infer_util.h"
#include "ops/registry.h"

static mmd_status_t read_shapes(const mmd_eval_context_t *c, mmd_attention_t *a) {
  const mmd_tensor_t *q = mmd_eval_input(c, 0), *k = mmd_eval_input(c, 1);
  const mmd_tensor_t *v = mmd_eval_input(c, 2), *mask = mmd_eval_input(c, 3);
  const int64_t *dims = q->shape.dims;
  bool fits = q->shape.rank == 3 && k->shape.rank == 3 && mmd_shape_equal(&k->shape, &v->shape) &&
              k->shape.dims[0] == dims[0] && k->shape.dims[2] == dims[2] && dims[2] > 0 &&
              k->shape.dims[1] > 0;
  if (!fits) return mmd_node_error(c->node, MMD_INVALID_ARGUMENT, "q, k and v do not fit");
  a->batch = (size_t)dims[0];
  a->queries = (size_t)dims[1];
  a->width = (size_t)dims[2];
  a->keys = (size_t)k->shape.dims[1];
  if (!mask) return NULL;
  int rank = mask->shape.rank;
  const int64_t *area = rank >= 2 ? mask->shape.dims + rank - 2 : NULL;
  fits =
      (rank == 2 || (rank == 3 && (mask->shape.dims[0] == 1 || mask->shape.dims[0] == dims[0]))) &&
      area[0] == dims[1] && area[1] == k->shape.dims[1];
  if (!fits) return mmd_node_error(c->node, MMD_INVALID_ARGUMENT, "the mask does not fit");
  a->mask_step = rank == 3 && mask->shape.dims[0] > 1 ? a->queries * a->keys : 0;
  return NULL;
}

typedef struct {
  const double *q, *k, *v, *mask;
  double *weights, *out;
} plain_t;

// One query of one batch item.
static void attend(const mmd_attention_t *a, const plain_t *p, size_t item, size_t query) {
  const double *q = p->q + (item * a->queries + query) * a->width;
  const double *k = p->k + item * a->keys * a->width, *v = p->v + item * a->keys * a->width;
  double *weights = p->weights + (item * a->queries + query) * a->keys;
  double *out = p->out + (item * a->queries + query) * a->width;
  double max = -(double)INFINITY, sum = 0;
  for (size_t i = 0; i < a->keys; ++i) {
    double dot = 0;
    for (size_t e = 0; e < a->width; ++e) dot += q[e] * k[i * a->width + e];
    weights[i] = dot / sqrt((double)a->width);
    if (p->mask) weights[i] += p->mask[item * a->mask_step + query * a->keys + i];
    max = fmax(max, weights[i]);
  }
  for (size_t i = 0; i < a->keys; ++i) sum += weights[i] = exp(weights[i] - max);
  for (size_t i = 0; i < a->keys; ++i) weights[i] /= sum;
  for (size_t e = 0; e < a->width; ++e) {
    double mean = 0;
    for (size_t i = 0; i < a->keys; ++i) mean += weights[i] * v[i * a->width + e];
    out[e] = mean;
  }
}

static mmd_status_t evaluate_plain(mmd_eval_context_t *c, const mmd_attention_t *a,
                                   const mmd_shape_t *share_shape) {
  const mmd_tensor_t *q = mmd_eval_input(c, 0), *mask = mmd_eval_input(c, 3);
  plain_t p = {.mask = NULL};
  size_t share_count;
  mmd_status_t status = mmd_shape_count(share_shape, &share_count);
  if (status) return mmd_status_annotate(status, "%s '%s'", c->node->op, c->node->name);
  MMD_TRY(mmd_eval_load_f64(c, q, &p.q));
  MMD_TRY(mmd_eval_load_f64(c, mmd_eval_input(c, 1), &p.k));
  MMD_TRY(mmd_eval_load_f64(c, mmd_eval_input(c, 2), &p.v));
  if (mask) MMD_TRY(mmd_eval_load_f64(c, mask, &p.mask));
  MMD_TRY(mmd_eval_scratch(c, mmd_tensor_count(q), sizeof *p.out, &p.out));
  MMD_TRY(mmd_eval_scratch(c, share_count, sizeof *p.weights, &p.weights));
  for (size_t b = 0; b < a->batch; ++b) {
    for (size_t i = 0; i < a->queries; ++i) attend(a, &p, b, i);
  }
  MMD_TRY(mmd_eval_store_f64(c, 0, q->dtype, &q->shape, p.out));
  return mmd_eval_wants(c, 1) ? mmd_eval_store_f64(c, 1, q->dtype, share_shape, p.weights) : NULL;
}

static mmd_status_t evaluate(mmd_eval_context_t *c) {
  const mmd_tensor_t *q = mmd_eval_input(c, 0), *mask = mmd_eval_input(c, 3);
  mmd_attention_t a = {.mask = NULL};
  MMD_TRY(read_shapes(c, &a));
  mmd_shape_t share_shape = {.rank = 3,
                             .dims = {q->shape.dims[0], q->shape.dims[1], (int64_t)a.keys}};
  MMD_TRY(mmd_eval_work(c, mmd_tensor_count(q), 2 * a.keys));
  if (!mmd_eval_fast_f32(c, 0, 3)) return evaluate_plain(c, &a, &share_shape);
  a.q = mmd_tensor_data(q);
  a.k = mmd_tensor_data(mmd_eval_input(c, 1));
  a.v = mmd_tensor_data(mmd_eval_input(c, 2));
  a.mask = mask ? mmd_tensor_data(mask) : NULL;
  MMD_TRY(mmd_eval_output_create(c, 0, MMD_F32, &q->shape, &a.out));
  if (mmd_eval_wants(c, 1)) {
    MMD_TRY(mmd_eval_output_create(c, 1, MMD_F32, &share_shape, &a.weights));
  } else {
    size_t count;
    mmd_status_t status = mmd_shape_count(&share_shape, &count);
    if (status) return mmd_status_annotate(status, "%s '%s'", c->node->op, c->node->name);
    MMD_TRY(mmd_eval_scratch(c, count, sizeof *a.weights, &a.weights));
  }
  return mmd_status_annotate(mmd_attention_run(&a, c->pool), "%s '%s'", c->node->op, c->node->name);
}

static mmd_status_t infer(mmd_infer_context_t *c) {
  const mmd_type_t *q = mmd_infer_ranked(c, 0), *k = mmd_infer_ranked(c, 1);
  MMD_TRY(mmd_infer_same(c));
  bool known = q && q->rank == 3;
  const mmd_dim_t *dims[] = {known ? q->dims[0] : NULL, known ? q->dims[1] : NULL,
                             k && k->rank == 3 ? k->dims[1] : NULL};
  return mmd_infer_output(c, 1, mmd_infer_dtype(c, 0), 3, dims);
}

static const mmd_op_t ops[] = {
    {"mmdeploy", "ScaledDotProductAttentionTRT", 1, 3, 4, 1, 2, infer, evaluate, 0},
};
const mmd_op_family_t mmd_ops_scaled_dot_product_attention = MMD_OP_FAMILY(ops);
