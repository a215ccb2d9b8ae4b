// SPDX-License-Identifier: Apache-2.0
//
// MMCVMultiScaleDeformableAttention: value (N x S x M x D), level sizes (L x 2), level starts (L),
// locations (N x Q x M x L x P x 2) and weights (N x Q x M x L x P) give N x Q x (M x D).
#include "kernels/ms_deform_attn.h"

#include "ops/bilinear.h"
#include "ops/eval_util.h"
#include "ops/infer_util.h"
#include "ops/registry.h"

static mmd_status_t check_shapes(mmd_eval_context_t *c) {
  const mmd_shape_t *value = &mmd_eval_input(c, 0)->shape, *sizes = &mmd_eval_input(c, 1)->shape;
  const mmd_shape_t *starts = &mmd_eval_input(c, 2)->shape, *at = &mmd_eval_input(c, 3)->shape;
  const mmd_shape_t *weight = &mmd_eval_input(c, 4)->shape;
  bool fits = value->rank == 4 && sizes->rank == 2 && sizes->dims[1] == 2 && starts->rank == 1 &&
              starts->dims[0] == sizes->dims[0] && at->rank == 6 && weight->rank == 5 &&
              at->dims[0] == value->dims[0] && at->dims[2] == value->dims[2] &&
              at->dims[3] == sizes->dims[0] && at->dims[5] == 2;
  for (int i = 0; i < 5 && fits; ++i) fits = at->dims[i] == weight->dims[i];
  if (fits) return NULL;
  return mmd_node_error(c->node, MMD_INVALID_ARGUMENT, "the shapes of the inputs do not fit");
}

static mmd_status_t read_attn(mmd_eval_context_t *c, mmd_ms_deform_attn_t *attn) {
  MMD_TRY(check_shapes(c));
  const int64_t *value = mmd_eval_input(c, 0)->shape.dims, *at = mmd_eval_input(c, 3)->shape.dims;
  *attn = (mmd_ms_deform_attn_t){.batch = (size_t)value[0],
                                 .positions = (size_t)value[1],
                                 .heads = (size_t)value[2],
                                 .channels = (size_t)value[3],
                                 .queries = (size_t)at[1],
                                 .levels = (size_t)at[3],
                                 .points = (size_t)at[4]};
  for (size_t i = 1; i < 3; ++i) {
    if (mmd_dtype_is_integer(mmd_eval_input(c, i)->dtype)) continue;
    return mmd_node_error(c->node, MMD_INVALID_ARGUMENT, "input %zu is not of integers", i);
  }
  MMD_TRY(mmd_eval_load_i64(c, mmd_eval_input(c, 1), &attn->sizes));
  MMD_TRY(mmd_eval_load_i64(c, mmd_eval_input(c, 2), &attn->starts));
  mmd_status_t status = mmd_ms_deform_attn_check(attn);
  return status ? mmd_status_annotate(status, "%s '%s'", c->node->op, c->node->name) : NULL;
}

// Channel |channel| of one row of batch x queries x heads.
static double element(const mmd_ms_deform_attn_t *a, const double *value, const double *locations,
                      const double *weights, size_t row, size_t channel) {
  size_t head = row % a->heads, n = row / a->heads / a->queries, step = a->heads * a->channels;
  double sum = 0;
  for (size_t l = 0; l < a->levels; ++l) {
    size_t first = n * a->positions + (size_t)a->starts[l];
    const mmd_plane_t plane = {value + first * step + head * a->channels + channel, a->sizes[2 * l],
                               a->sizes[2 * l + 1], (int64_t)step};
    for (size_t p = 0; p < a->points; ++p) {
      size_t at = (row * a->levels + l) * a->points + p;
      double x = locations[2 * at] * (double)plane.width - 0.5;
      double y = locations[2 * at + 1] * (double)plane.height - 0.5;
      sum += weights[at] * mmd_plane_bilinear(&plane, y, x);
    }
  }
  return sum;
}

static mmd_status_t evaluate_plain(mmd_eval_context_t *c, const mmd_ms_deform_attn_t *a,
                                   const mmd_shape_t *shape) {
  const double *value, *locations, *weights;
  void *y;
  mmd_dtype_t dtype = mmd_eval_input(c, 0)->dtype;
  MMD_TRY(mmd_eval_load_f64(c, mmd_eval_input(c, 0), &value));
  MMD_TRY(mmd_eval_load_f64(c, mmd_eval_input(c, 3), &locations));
  MMD_TRY(mmd_eval_load_f64(c, mmd_eval_input(c, 4), &weights));
  MMD_TRY(mmd_eval_output_create(c, 0, dtype, shape, &y));
  size_t count = mmd_tensor_count(&c->outputs[0].tensor);
  for (size_t i = 0; i < count; ++i) {
    double sum = element(a, value, locations, weights, i / a->channels, i % a->channels);
    mmd_dtype_store_f64(dtype, y, i, sum);
  }
  return NULL;
}

static mmd_status_t evaluate(mmd_eval_context_t *c) {
  mmd_ms_deform_attn_t attn;
  MMD_TRY(read_attn(c, &attn));
  mmd_shape_t shape = {.rank = 3, .dims = {(int64_t)attn.batch, (int64_t)attn.queries}};
  shape.dims[2] = (int64_t)(attn.heads * attn.channels);
  MMD_TRY(mmd_eval_work(c, mmd_eval_product(shape.dims, shape.rank), attn.levels * attn.points));
  bool fast = mmd_eval_fast_f32(c, 0, 0) && mmd_eval_fast_f32(c, 3, 4);
  if (!fast) return evaluate_plain(c, &attn, &shape);
  float *y;
  MMD_TRY(mmd_eval_output_create(c, 0, MMD_F32, &shape, &y));
  if (mmd_tensor_count(&c->outputs[0].tensor) == 0) return NULL;
  return mmd_ms_deform_attn_run(&attn, mmd_tensor_data(mmd_eval_input(c, 0)),
                                mmd_tensor_data(mmd_eval_input(c, 3)),
                                mmd_tensor_data(mmd_eval_input(c, 4)), y, c->pool);
}

static mmd_status_t infer(mmd_infer_context_t *c) {
  const mmd_type_t *value = mmd_infer_ranked(c, 0), *at = mmd_infer_ranked(c, 3);
  const mmd_dim_t *dims[3] = {NULL};
  if (value && value->rank == 4) {
    dims[0] = value->dims[0];
    dims[2] = mmd_dim_mul(c->graph, value->dims[2], value->dims[3]);
  }
  if (at && at->rank == 6) dims[1] = at->dims[1];
  return mmd_infer_output(c, 0, mmd_infer_dtype(c, 0), 3, dims);
}

static const mmd_op_t ops[] = {
    {"mmcv", "MMCVMultiScaleDeformableAttention", 1, 5, 5, 1, 1, infer, evaluate, 0},
    {"mmdeploy", "MMCVMultiScaleDeformableAttention", 1, 5, 5, 1, 1, infer, evaluate, 0},
};
const mmd_op_family_t mmd_ops_ms_deform_attn = MMD_OP_FAMILY(ops);
