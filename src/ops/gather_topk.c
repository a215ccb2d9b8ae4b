// SPDX-License-Identifier: Apache-2.0
//
// mmdeploy::GatherTopk: data (A… x G x C…) and indices (A… x K) -> A… x K x C….
#include "kernels/gather_topk.h"
#include "ops/eval_util.h"
#include "ops/infer_util.h"
#include "ops/registry.h"

static mmd_status_t result_shape(const mmd_eval_context_t *c, mmd_shape_t *out_shape) {
  const mmd_shape_t *data = &mmd_eval_input(c, 0)->shape, *index = &mmd_eval_input(c, 1)->shape;
  bool fits = index->rank >= 1 && index->rank <= data->rank;
  for (int i = 0; fits && i < index->rank - 1; ++i) fits = index->dims[i] == data->dims[i];
  if (!fits) return mmd_node_error(c->node, MMD_INVALID_ARGUMENT, "the indices do not fit");
  *out_shape = *data;
  out_shape->dims[index->rank - 1] = index->dims[index->rank - 1];
  return NULL;
}

static mmd_status_t evaluate(mmd_eval_context_t *c) {
  const mmd_tensor_t *data = mmd_eval_input(c, 0), *index = mmd_eval_input(c, 1);
  mmd_shape_t shape;
  const int64_t *indices;
  void *out;
  if (data->dtype == MMD_STRING || mmd_dtype_bits(data->dtype) % 8 != 0) {
    return mmd_node_error(c->node, MMD_NOT_SUPPORTED, "element type %s",
                          mmd_dtype_name(data->dtype));
  }
  MMD_TRY(result_shape(c, &shape));
  MMD_TRY(mmd_eval_load_i64(c, index, &indices));
  MMD_TRY(mmd_eval_output_create(c, 0, data->dtype, &shape, &out));
  int axis = index->shape.rank - 1;
  size_t batch = mmd_shape_range(&shape, 0, axis), picks = (size_t)shape.dims[axis];
  size_t bytes = mmd_shape_range(&shape, axis + 1, shape.rank) * mmd_dtype_bits(data->dtype) / 8;
  mmd_status_t status = mmd_gather_topk_run(
      mmd_tensor_data(data), batch, (size_t)data->shape.dims[axis], bytes, indices, picks, out);
  return mmd_status_annotate(status, "%s '%s'", c->node->op, c->node->name);
}

static mmd_status_t infer(mmd_infer_context_t *c) {
  const mmd_type_t *data = mmd_infer_ranked(c, 0), *index = mmd_infer_ranked(c, 1);
  const mmd_dim_t *dims[MMD_MAX_RANK];
  if (!data || !index || index->rank < 1 || index->rank > data->rank) {
    return mmd_infer_dtype_only(c);
  }
  for (int i = 0; i < data->rank; ++i) dims[i] = i < index->rank ? index->dims[i] : data->dims[i];
  return mmd_infer_output(c, 0, data->dtype, data->rank, dims);
}

static const mmd_op_t ops[] = {
    {"mmdeploy", "GatherTopk", 1, 2, 2, 1, 1, infer, evaluate, 0},
};
const mmd_op_family_t mmd_ops_gather_topk = MMD_OP_FAMILY(ops);
