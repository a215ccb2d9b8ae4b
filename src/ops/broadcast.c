// SPDX-License-Identifier: Apache-2.0
#include "ops/broadcast.h"

mmd_status_t mmd_broadcast_shapes(const mmd_node_t *node, size_t count,
                                  const mmd_shape_t *const *shapes, mmd_shape_t *out_shape) {
  *out_shape = (mmd_shape_t){0};
  for (size_t k = 0; k < count; ++k) {
    if (shapes[k]->rank > out_shape->rank) out_shape->rank = shapes[k]->rank;
  }
  for (int i = 0; i < out_shape->rank; ++i) {
    int64_t result = 1;
    for (size_t k = 0; k < count; ++k) {
      int at = i - (out_shape->rank - shapes[k]->rank);
      int64_t dim = at < 0 ? 1 : shapes[k]->dims[at];
      if (dim == result || dim == 1) continue;
      if (result != 1) {
        return mmd_node_error(node, MMD_INVALID_ARGUMENT,
                              "inputs cannot be broadcast: axis %d has sizes %lld and %lld", i,
                              (long long)result, (long long)dim);
      }
      result = dim;
    }
    out_shape->dims[i] = result;
  }
  size_t checked;
  mmd_status_t status = mmd_shape_count(out_shape, &checked);
  return status ? mmd_status_annotate(status, "%s '%s'", node->op, node->name) : NULL;
}

// Strides of |shape| along the axes of the result, 0 where it stretches.
static void stretch(const mmd_shape_t *shape, const mmd_shape_t *result,
                    int64_t strides[MMD_MAX_RANK]) {
  int64_t own[MMD_MAX_RANK];
  mmd_shape_strides(shape, own);
  for (int i = 0; i < result->rank; ++i) {
    int at = i - (result->rank - shape->rank);
    strides[i] = at < 0 || shape->dims[at] == 1 ? 0 : own[at];
  }
}

static bool can_join(const mmd_broadcast_t *plan, int rank, int64_t dim,
                     int64_t strides[MMD_BROADCAST_MAX][MMD_MAX_RANK], int axis) {
  for (int k = 0; k < plan->count; ++k) {
    if (plan->strides[k][rank - 1] != dim * strides[k][axis]) return false;
  }
  return true;
}

mmd_status_t mmd_broadcast_plan(const mmd_node_t *node, size_t count,
                                const mmd_shape_t *const *shapes, mmd_broadcast_t *out_plan) {
  mmd_broadcast_t *plan = out_plan;
  int64_t strides[MMD_BROADCAST_MAX][MMD_MAX_RANK] = {{0}};
  *plan = (mmd_broadcast_t){.count = (int)count};
  MMD_TRY(mmd_broadcast_shapes(node, count, shapes, &plan->shape));
  for (size_t k = 0; k < count; ++k) stretch(shapes[k], &plan->shape, strides[k]);
  for (int i = 0; i < plan->shape.rank; ++i) {
    int64_t dim = plan->shape.dims[i];
    if (dim == 1) continue;
    bool join = plan->rank > 0 && can_join(plan, plan->rank, dim, strides, i);
    if (!join) plan->dims[plan->rank++] = 1;
    int at = plan->rank - 1;
    plan->dims[at] *= dim;
    for (size_t k = 0; k < count; ++k) plan->strides[k][at] = strides[k][i];
  }
  if (plan->rank == 0) plan->dims[plan->rank++] = 1;
  plan->rows = 1;
  for (int i = 0; i < plan->rank - 1; ++i) plan->rows *= (size_t)plan->dims[i];
  if (plan->dims[plan->rank - 1] == 0) plan->rows = 0;
  return NULL;
}

void mmd_broadcast_row(const mmd_broadcast_t *plan, size_t row, mmd_broadcast_row_t *out_row) {
  int last = plan->rank - 1;
  *out_row = (mmd_broadcast_row_t){.size = (size_t)plan->dims[last]};
  out_row->out = row * out_row->size;
  for (int k = 0; k < plan->count; ++k) out_row->steps[k] = (size_t)plan->strides[k][last];
  for (int i = last - 1; i >= 0; --i) {
    size_t dim = (size_t)plan->dims[i], index = row % dim;
    row /= dim;
    for (int k = 0; k < plan->count; ++k) out_row->in[k] += index * (size_t)plan->strides[k][i];
  }
}
