// SPDX-License-Identifier: Apache-2.0
//
// Shape and Size.
#include "ops/eval_util.h"
#include "ops/infer_util.h"
#include "ops/registry.h"

static int clamp_axis(int64_t axis, int rank) {
  if (axis < 0) axis += rank;
  return (int)(axis < 0 ? 0 : axis > rank ? rank : axis);
}

// Axes [*out_begin, *out_end) by the attributes of opset 15.
static void wanted_axes(const mmd_node_t *node, int rank, int *out_begin, int *out_end) {
  *out_begin = clamp_axis(mmd_node_attr_int(node, "start", 0), rank);
  *out_end = clamp_axis(mmd_node_attr_int(node, "end", rank), rank);
  if (*out_end < *out_begin) *out_end = *out_begin;
}

static mmd_status_t evaluate_shape(mmd_eval_context_t *c) {
  const mmd_tensor_t *input = mmd_eval_input(c, 0);
  int begin, end;
  wanted_axes(c->node, input->shape.rank, &begin, &end);
  mmd_shape_t shape = {.rank = 1, .dims = {end - begin}};
  return mmd_eval_store_i64(c, 0, MMD_I64, &shape, input->shape.dims + begin);
}

static mmd_status_t infer_shape(mmd_infer_context_t *c) {
  const mmd_type_t *type = mmd_infer_ranked(c, 0);
  if (!type) return mmd_infer_output(c, 0, MMD_I64, 1, NULL);
  int begin, end;
  wanted_axes(c->node, type->rank, &begin, &end);
  const mmd_dim_t *count = mmd_infer_const(c, end - begin);
  MMD_TRY(mmd_infer_output(c, 0, MMD_I64, 1, &count));
  return mmd_infer_output_elements(c, 0, (size_t)(end - begin), type->dims + begin);
}

static mmd_status_t evaluate_size(mmd_eval_context_t *c) {
  mmd_shape_t shape = {.rank = 0};
  int64_t count = (int64_t)mmd_tensor_count(mmd_eval_input(c, 0));
  return mmd_eval_store_i64(c, 0, MMD_I64, &shape, &count);
}

static mmd_status_t infer_size(mmd_infer_context_t *c) {
  const mmd_type_t *type = mmd_infer_ranked(c, 0);
  MMD_TRY(mmd_infer_output(c, 0, MMD_I64, 0, NULL));
  if (!type) return NULL;
  const mmd_dim_t *count = mmd_infer_const(c, 1);
  for (int i = 0; i < type->rank; ++i) count = mmd_dim_mul(c->graph, count, type->dims[i]);
  MMD_TRY_ALLOC(count);
  return mmd_infer_output_elements(c, 0, 1, &count);
}

static const mmd_op_t ops[] = {
    {"", "Shape", 1, 1, 1, 1, 1, infer_shape, evaluate_shape, 0},
    {"", "Size", 1, 1, 1, 1, 1, infer_size, evaluate_size, 0},
};
const mmd_op_family_t mmd_ops_shape = MMD_OP_FAMILY(ops);
