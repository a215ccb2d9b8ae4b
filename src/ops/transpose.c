// SPDX-License-Identifier: Apache-2.0
//
// Elements in another order: Transpose, DepthToSpace, SpaceToDepth.
#include <string.h>

#include "ops/eval_util.h"
#include "ops/infer_util.h"
#include "ops/registry.h"

static mmd_status_t read_permutation(const mmd_node_t *node, int rank, int out_axes[MMD_MAX_RANK]) {
  size_t count;
  const int64_t *perm = mmd_node_attr_ints(node, "perm", &count);
  bool seen[MMD_MAX_RANK] = {false};
  for (int i = 0; i < rank; ++i) out_axes[i] = rank - 1 - i;
  if (!perm) return NULL;
  bool valid = count == (size_t)rank;
  for (int i = 0; valid && i < rank; ++i) {
    valid = perm[i] >= 0 && perm[i] < rank && !seen[perm[i]];
    if (!valid) break;
    seen[perm[i]] = true;
    out_axes[i] = (int)perm[i];
  }
  if (valid) return NULL;
  return mmd_node_error(node, MMD_INVALID_ARGUMENT, "attribute perm is no permutation of %d axes",
                        rank);
}

// Output axis i is axis axes[i] of |dims|, which tell the input's shape.
static mmd_status_t permute(mmd_eval_context_t *c, const mmd_tensor_t *input, int rank,
                            const int64_t *dims, const int *axes, const mmd_shape_t *shape) {
  mmd_box_t box = {.rank = rank};
  int64_t strides[2 * MMD_MAX_RANK], step = 1;
  for (int i = rank - 1; i >= 0; --i) {
    strides[i] = step;
    step *= dims[i];
  }
  step = 1;
  for (int i = rank - 1; i >= 0; --i) {
    box.dims[i] = dims[axes[i]];
    box.in_strides[i] = strides[axes[i]];
    box.out_strides[i] = step;
    step *= box.dims[i];
  }
  MMD_TRY(mmd_eval_output_create(c, 0, input->dtype, shape, NULL));
  return mmd_eval_copy_box(&box, &c->outputs[0].tensor, input);
}

static mmd_status_t evaluate_transpose(mmd_eval_context_t *c) {
  const mmd_tensor_t *input = mmd_eval_input(c, 0);
  int axes[MMD_MAX_RANK], rank = input->shape.rank;
  MMD_TRY(read_permutation(c->node, rank, axes));
  mmd_shape_t shape = {.rank = rank};
  for (int i = 0; i < rank; ++i) shape.dims[i] = input->shape.dims[axes[i]];
  return permute(c, input, rank, input->shape.dims, axes, &shape);
}

static mmd_status_t infer_transpose(mmd_infer_context_t *c) {
  const mmd_type_t *type = mmd_infer_ranked(c, 0);
  int axes[MMD_MAX_RANK];
  const mmd_dim_t *dims[MMD_MAX_RANK];
  if (!type) return mmd_infer_dtype_only(c);
  MMD_TRY(read_permutation(c->node, type->rank, axes));
  for (int i = 0; i < type->rank; ++i) dims[i] = type->dims[axes[i]];
  return mmd_infer_output(c, 0, type->dtype, type->rank, dims);
}

static mmd_status_t block_error(const mmd_eval_context_t *c) {
  return mmd_node_error(c->node, MMD_INVALID_ARGUMENT,
                        "the input is not NCHW with sizes that blocksize %lld divides",
                        (long long)mmd_node_attr_int(c->node, "blocksize", 0));
}

static mmd_status_t evaluate_depth_to_space(mmd_eval_context_t *c) {
  const mmd_tensor_t *input = mmd_eval_input(c, 0);
  const int64_t *d = input->shape.dims;
  int64_t b = mmd_node_attr_int(c->node, "blocksize", 0);
  if (input->shape.rank != 4 || b < 1 || b > 65536 || d[1] % (b * b) != 0) return block_error(c);
  bool crd = strcmp(mmd_node_attr_string(c->node, "mode", "DCR"), "CRD") == 0;
  int64_t depth = d[1] / (b * b);
  mmd_shape_t shape = {.rank = 4, .dims = {d[0], depth, d[2] * b, d[3] * b}};
  const int64_t dcr_dims[] = {d[0], b, b, depth, d[2], d[3]};
  const int64_t crd_dims[] = {d[0], depth, b, b, d[2], d[3]};
  static const int dcr_axes[] = {0, 3, 4, 1, 5, 2}, crd_axes[] = {0, 1, 4, 2, 5, 3};
  return permute(c, input, 6, crd ? crd_dims : dcr_dims, crd ? crd_axes : dcr_axes, &shape);
}

static mmd_status_t evaluate_space_to_depth(mmd_eval_context_t *c) {
  const mmd_tensor_t *input = mmd_eval_input(c, 0);
  const int64_t *d = input->shape.dims;
  int64_t b = mmd_node_attr_int(c->node, "blocksize", 0);
  if (input->shape.rank != 4 || b < 1 || b > 65536 || d[2] % b != 0 || d[3] % b != 0) {
    return block_error(c);
  }
  mmd_shape_t shape = {.rank = 4, .dims = {d[0], d[1] * b * b, d[2] / b, d[3] / b}};
  const int64_t dims[] = {d[0], d[1], d[2] / b, b, d[3] / b, b};
  static const int axes[] = {0, 3, 5, 1, 2, 4};
  return permute(c, input, 6, dims, axes, &shape);
}

static mmd_status_t infer_blocks(mmd_infer_context_t *c) {
  const mmd_type_t *type = mmd_infer_ranked(c, 0);
  int64_t b = mmd_node_attr_int(c->node, "blocksize", 0);
  if (!type || type->rank != 4 || b < 1 || b > 65536) {
    return mmd_infer_output(c, 0, mmd_infer_dtype(c, 0), 4, NULL);
  }
  const mmd_dim_t *side = mmd_infer_const(c, b), *area = mmd_infer_const(c, b * b);
  const mmd_dim_t *const *d = type->dims, *dims[4] = {d[0]};
  if (strcmp(c->node->op, "DepthToSpace") == 0) {
    dims[1] = mmd_dim_floor_div(c->graph, d[1], area);
    for (int i = 2; i < 4; ++i) dims[i] = mmd_dim_mul(c->graph, d[i], side);
  } else {
    dims[1] = mmd_dim_mul(c->graph, d[1], area);
    for (int i = 2; i < 4; ++i) dims[i] = mmd_dim_floor_div(c->graph, d[i], side);
  }
  return mmd_infer_output(c, 0, type->dtype, 4, dims);
}

static const mmd_op_t ops[] = {
    {"", "DepthToSpace", 1, 1, 1, 1, 1, infer_blocks, evaluate_depth_to_space, 0},
    {"", "SpaceToDepth", 1, 1, 1, 1, 1, infer_blocks, evaluate_space_to_depth, 0},
    {"", "Transpose", 1, 1, 1, 1, 1, infer_transpose, evaluate_transpose, 0},
};
const mmd_op_family_t mmd_ops_transpose = MMD_OP_FAMILY(ops);
