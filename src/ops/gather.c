// SPDX-License-Identifier: Apache-2.0
//
// Gather, GatherElements, GatherND.
#include "ops/eval_util.h"
#include "ops/infer_util.h"
#include "ops/registry.h"

static mmd_status_t check_index(const mmd_node_t *node, int64_t *index, int64_t dim) {
  if (*index < -dim || *index >= dim) {
    return mmd_node_error(node, MMD_OUT_OF_RANGE, "index %lld on an axis of %lld",
                          (long long)*index, (long long)dim);
  }
  if (*index < 0) *index += dim;
  return NULL;
}

static mmd_status_t rank_error(const mmd_node_t *node, int rank) {
  return mmd_node_error(node, MMD_NOT_SUPPORTED, "the result has rank %d", rank);
}

static mmd_status_t evaluate_gather(mmd_eval_context_t *c) {
  const mmd_tensor_t *data = mmd_eval_input(c, 0), *where = mmd_eval_input(c, 1);
  const int64_t *indices;
  int axis, rank = data->shape.rank + where->shape.rank - 1;
  mmd_shape_t shape = {0};
  MMD_TRY(mmd_node_axis(c->node, mmd_node_attr_int(c->node, "axis", 0), data->shape.rank, &axis));
  if (rank > MMD_MAX_RANK) return rank_error(c->node, rank);
  MMD_TRY(mmd_eval_load_i64(c, where, &indices));
  for (int i = 0; i < axis; ++i) shape.dims[shape.rank++] = data->shape.dims[i];
  for (int i = 0; i < where->shape.rank; ++i) shape.dims[shape.rank++] = where->shape.dims[i];
  for (int i = axis + 1; i < data->shape.rank; ++i) shape.dims[shape.rank++] = data->shape.dims[i];
  MMD_TRY(mmd_eval_output_create(c, 0, data->dtype, &shape, NULL));
  size_t outer = mmd_shape_range(&data->shape, 0, axis), count = mmd_tensor_count(where);
  size_t inner = mmd_shape_range(&data->shape, axis + 1, data->shape.rank);
  int64_t dim = data->shape.dims[axis];
  for (size_t i = 0; i < outer; ++i) {
    for (size_t k = 0; k < count; ++k) {
      int64_t index = indices[k];
      MMD_TRY(check_index(c->node, &index, dim));
      MMD_TRY(mmd_eval_copy(&c->outputs[0].tensor, (i * count + k) * inner, data,
                            (i * (size_t)dim + (size_t)index) * inner, inner));
    }
  }
  return NULL;
}

static mmd_status_t gather_elements(mmd_infer_context_t *c) {
  const mmd_dim_t *const *elements, *results[MMD_INFER_MAX_ELEMENTS];
  int64_t indices[MMD_INFER_MAX_ELEMENTS];
  size_t count, wanted;
  if (!mmd_infer_elements(c, 0, &elements, &count)) return NULL;
  if (!mmd_infer_numbers(c, 1, MMD_INFER_MAX_ELEMENTS, indices, &wanted)) return NULL;
  for (size_t i = 0; i < wanted; ++i) {
    MMD_TRY(check_index(c->node, &indices[i], (int64_t)count));
    results[i] = elements[indices[i]];
  }
  return mmd_infer_output_elements(c, 0, wanted, results);
}

static mmd_status_t infer_gather(mmd_infer_context_t *c) {
  const mmd_type_t *data = mmd_infer_ranked(c, 0), *where = mmd_infer_ranked(c, 1);
  const mmd_dim_t *dims[2 * MMD_MAX_RANK];
  int axis, rank = 0;
  if (!data || !where) return mmd_infer_dtype_only(c);
  MMD_TRY(mmd_node_axis(c->node, mmd_node_attr_int(c->node, "axis", 0), data->rank, &axis));
  for (int i = 0; i < axis; ++i) dims[rank++] = data->dims[i];
  for (int i = 0; i < where->rank; ++i) dims[rank++] = where->dims[i];
  for (int i = axis + 1; i < data->rank; ++i) dims[rank++] = data->dims[i];
  MMD_TRY(mmd_infer_output(c, 0, data->dtype, rank, dims));
  return data->rank == 1 ? gather_elements(c) : NULL;
}

// GatherElements: data, indices and result have the same rank.
static mmd_status_t evaluate_elements(mmd_eval_context_t *c) {
  const mmd_tensor_t *data = mmd_eval_input(c, 0), *where = mmd_eval_input(c, 1);
  const int64_t *indices;
  int axis, rank = data->shape.rank;
  int64_t strides[MMD_MAX_RANK], index[MMD_MAX_RANK] = {0};
  MMD_TRY(mmd_node_axis(c->node, mmd_node_attr_int(c->node, "axis", 0), rank, &axis));
  bool fits = where->shape.rank == rank;
  for (int i = 0; fits && i < rank; ++i) {
    fits = i == axis || where->shape.dims[i] <= data->shape.dims[i];
  }
  if (!fits) return mmd_node_error(c->node, MMD_INVALID_ARGUMENT, "indices do not fit the data");
  MMD_TRY(mmd_eval_load_i64(c, where, &indices));
  MMD_TRY(mmd_eval_output_create(c, 0, data->dtype, &where->shape, NULL));
  mmd_shape_strides(&data->shape, strides);
  size_t count = mmd_tensor_count(where);
  for (size_t k = 0; k < count; ++k, mmd_index_next(rank, where->shape.dims, index)) {
    int64_t at = indices[k], from = 0;
    MMD_TRY(check_index(c->node, &at, data->shape.dims[axis]));
    for (int i = 0; i < rank; ++i) from += (i == axis ? at : index[i]) * strides[i];
    MMD_TRY(mmd_eval_copy(&c->outputs[0].tensor, k, data, (size_t)from, 1));
  }
  return NULL;
}

static mmd_status_t infer_elements(mmd_infer_context_t *c) {
  return mmd_infer_output_like(c, 0, mmd_infer_dtype(c, 0), mmd_infer_tensor(c, 1));
}

// GatherND: the last axis of the indices addresses the axes behind the batch.
static mmd_status_t evaluate_nd(mmd_eval_context_t *c) {
  const mmd_tensor_t *data = mmd_eval_input(c, 0), *where = mmd_eval_input(c, 1);
  const int64_t *indices;
  int64_t batch = mmd_node_attr_int(c->node, "batch_dims", 0);
  int q = where->shape.rank, r = data->shape.rank;
  int64_t depth = q > 0 ? where->shape.dims[q - 1] : 0;
  bool fits = batch >= 0 && q > 0 && batch < q && batch < r && depth >= 0 && depth <= r - batch;
  for (int i = 0; fits && i < batch; ++i) fits = where->shape.dims[i] == data->shape.dims[i];
  if (!fits) return mmd_node_error(c->node, MMD_INVALID_ARGUMENT, "indices do not fit the data");
  int b = (int)batch, n = (int)depth;
  mmd_shape_t shape = {.rank = q - 1 + r - b - n};
  if (shape.rank > MMD_MAX_RANK) return rank_error(c->node, shape.rank);
  for (int i = 0; i < q - 1; ++i) shape.dims[i] = where->shape.dims[i];
  for (int i = b + n; i < r; ++i) shape.dims[q - 1 + i - b - n] = data->shape.dims[i];
  MMD_TRY(mmd_eval_load_i64(c, where, &indices));
  MMD_TRY(mmd_eval_output_create(c, 0, data->dtype, &shape, NULL));
  size_t tuples = mmd_shape_range(&where->shape, 0, q - 1);
  size_t batches = mmd_shape_range(&data->shape, 0, b);
  size_t slice = mmd_shape_range(&data->shape, b + n, r);
  size_t per_batch = mmd_shape_range(&data->shape, b, r);
  for (size_t t = 0; t < tuples; ++t) {
    size_t from = 0;
    for (int i = 0; i < n; ++i) {
      int64_t index = indices[t * (size_t)n + (size_t)i];
      MMD_TRY(check_index(c->node, &index, data->shape.dims[b + i]));
      from = from * (size_t)data->shape.dims[b + i] + (size_t)index;
    }
    from = from * slice + t / (tuples / batches) * per_batch;
    MMD_TRY(mmd_eval_copy(&c->outputs[0].tensor, t * slice, data, from, slice));
  }
  return NULL;
}

static mmd_status_t infer_nd(mmd_infer_context_t *c) {
  const mmd_type_t *data = mmd_infer_ranked(c, 0), *where = mmd_infer_ranked(c, 1);
  const mmd_dim_t *dims[2 * MMD_MAX_RANK];
  int64_t batch = mmd_node_attr_int(c->node, "batch_dims", 0);
  int rank = 0;
  int64_t depth = where && where->rank > 0 ? mmd_dim_number(where->dims[where->rank - 1]) : -1;
  if (!data || depth < 0 || batch < 0 || depth > data->rank - batch) return mmd_infer_dtype_only(c);
  for (int i = 0; i < where->rank - 1; ++i) dims[rank++] = where->dims[i];
  for (int i = (int)(batch + depth); i < data->rank; ++i) dims[rank++] = data->dims[i];
  return mmd_infer_output(c, 0, data->dtype, rank, dims);
}

static const mmd_op_t ops[] = {
    {"", "Gather", 1, 2, 2, 1, 1, infer_gather, evaluate_gather, 0},
    {"", "GatherElements", 11, 2, 2, 1, 1, infer_elements, evaluate_elements, 0},
    {"", "GatherND", 11, 2, 2, 1, 1, infer_nd, evaluate_nd, 0},
};
const mmd_op_family_t mmd_ops_gather = MMD_OP_FAMILY(ops);
