// SPDX-License-Identifier: Apache-2.0
//
// Other shapes over the same elements: Reshape, Flatten, Squeeze, Unsqueeze.
#include <string.h>

#include "ops/eval_util.h"
#include "ops/infer_util.h"
#include "ops/registry.h"

// Passes the elements on when the input is followed.
static mmd_status_t keep_elements(mmd_infer_context_t *c) {
  const mmd_dim_t *const *elements;
  size_t count;
  if (!mmd_infer_elements(c, 0, &elements, &count)) return NULL;
  return mmd_infer_output_elements(c, 0, count, elements);
}

// ---- Reshape.

// What stands for -1 where there are no elements to count: equal sizes cancel, as in free_dim.
static int64_t free_size(const mmd_shape_t *in, size_t rank, const int64_t *dims, int free_axis) {
  bool used[MMD_MAX_RANK] = {false};
  int64_t top = 1, bottom = 1;
  for (size_t i = 0; i < rank; ++i) {
    if ((int)i == free_axis) continue;
    int match = 0;
    while (match < in->rank && (used[match] || in->dims[match] != dims[i])) ++match;
    if (match < in->rank) {
      used[match] = true;
    } else if (__builtin_mul_overflow(bottom, dims[i], &bottom)) {
      return 0;
    }
  }
  for (int i = 0; i < in->rank; ++i) {
    if (!used[i] && __builtin_mul_overflow(top, in->dims[i], &top)) return 0;
  }
  return bottom > 0 ? top / bottom : 0;
}

static mmd_status_t resolve_shape(const mmd_node_t *node, const mmd_tensor_t *input, size_t rank,
                                  int64_t *dims) {
  bool allow_zero = mmd_node_attr_int(node, "allowzero", 0) != 0;
  int free_axis = -1;
  int64_t product = 1, count = (int64_t)mmd_tensor_count(input);
  for (size_t i = 0; i < rank; ++i) {
    if (dims[i] == 0 && !allow_zero) {
      if ((int)i >= input->shape.rank) {
        return mmd_node_error(node, MMD_INVALID_ARGUMENT, "axis %zu is copied from a rank of %d", i,
                              input->shape.rank);
      }
      dims[i] = input->shape.dims[i];
    }
    if (dims[i] == -1 && free_axis < 0) {
      free_axis = (int)i;
    } else if (dims[i] < 0 || __builtin_mul_overflow(product, dims[i], &product)) {
      return mmd_node_error(node, MMD_INVALID_ARGUMENT, "size %lld on axis %zu", (long long)dims[i],
                            i);
    }
  }
  if (free_axis >= 0) {
    dims[free_axis] =
        product > 0 ? count / product : free_size(&input->shape, rank, dims, free_axis);
    product *= dims[free_axis];
  }
  if (product == count) return NULL;
  return mmd_node_error(node, MMD_INVALID_ARGUMENT,
                        "%lld elements do not fit the wanted shape (%lld elements)",
                        (long long)count, (long long)product);
}

static mmd_status_t evaluate_reshape(mmd_eval_context_t *c) {
  const mmd_tensor_t *input = mmd_eval_input(c, 0);
  mmd_shape_t shape = {0};
  size_t rank;
  MMD_TRY(mmd_eval_ints(c, 1, MMD_MAX_RANK, shape.dims, &rank));
  shape.rank = (int)rank;
  MMD_TRY(resolve_shape(c->node, input, rank, shape.dims));
  return mmd_eval_output_view(c, 0, input, &shape);
}

// What stands for -1: the input's size by the product of the other dims. Equal factors cancel
// first, because a quotient of products need not simplify.
static const mmd_dim_t *free_dim(mmd_graph_t *graph, const mmd_type_t *type, size_t rank,
                                 const mmd_dim_t *const *dims, size_t free_axis) {
  bool used[MMD_MAX_RANK] = {false};
  const mmd_dim_t *bottom = mmd_dim_const(graph, 1), *top = bottom;
  for (size_t i = 0; i < rank; ++i) {
    if (i == free_axis) continue;
    if (!dims[i]) return NULL;
    int match = 0;
    while (match < type->rank && (used[match] || type->dims[match] != dims[i])) ++match;
    if (match < type->rank) {
      used[match] = true;
    } else {
      bottom = mmd_dim_mul(graph, bottom, dims[i]);
    }
  }
  for (int i = 0; i < type->rank; ++i) {
    if (!used[i]) top = mmd_dim_mul(graph, top, type->dims[i]);
  }
  if (mmd_dim_is_const(bottom) && bottom->number <= 0) return NULL;
  return mmd_dim_floor_div(graph, top, bottom);
}

static mmd_status_t infer_reshape(mmd_infer_context_t *c) {
  const mmd_type_t *type = mmd_infer_ranked(c, 0), *target = mmd_infer_ranked(c, 1);
  const mmd_dim_t *const *elements, *dims[MMD_MAX_RANK] = {NULL};
  bool allow_zero = mmd_node_attr_int(c->node, "allowzero", 0) != 0;
  size_t rank, free_axis = SIZE_MAX;
  if (!mmd_infer_elements(c, 1, &elements, &rank) || rank > MMD_MAX_RANK) {
    int64_t known = target && target->rank == 1 ? mmd_dim_number(target->dims[0]) : -1;
    return mmd_infer_output(c, 0, mmd_infer_dtype(c, 0), known > MMD_MAX_RANK ? -1 : (int)known,
                            NULL);
  }
  for (size_t i = 0; i < rank; ++i) {
    dims[i] = elements[i];
    if (!mmd_dim_is_const(dims[i]) || dims[i]->number > 0) continue;
    if (dims[i]->number == 0 && allow_zero) continue;
    if (dims[i]->number == -1) free_axis = i;
    bool copies = dims[i]->number == 0 && type && (int)i < type->rank;
    dims[i] = copies ? type->dims[i] : NULL;
  }
  if (free_axis != SIZE_MAX && type) {
    dims[free_axis] = free_dim(c->graph, type, rank, dims, free_axis);
  }
  MMD_TRY(mmd_infer_output(c, 0, mmd_infer_dtype(c, 0), (int)rank, dims));
  return keep_elements(c);
}

// ---- Flatten.

static mmd_status_t flatten_axis(const mmd_node_t *node, int rank, int *out_axis) {
  int64_t axis = mmd_node_attr_int(node, "axis", 1);
  *out_axis = rank;
  if (axis == rank) return NULL;
  return mmd_node_axis(node, axis, rank, out_axis);
}

static mmd_status_t evaluate_flatten(mmd_eval_context_t *c) {
  const mmd_tensor_t *input = mmd_eval_input(c, 0);
  int axis, rank = input->shape.rank;
  if (rank == 0 && mmd_node_attr_int(c->node, "axis", 1) == 1) {
    mmd_shape_t one = {.rank = 2, .dims = {1, 1}};
    return mmd_eval_output_view(c, 0, input, &one);
  }
  MMD_TRY(flatten_axis(c->node, rank, &axis));
  mmd_shape_t shape = {.rank = 2};
  shape.dims[0] = (int64_t)mmd_shape_range(&input->shape, 0, axis);
  shape.dims[1] = (int64_t)mmd_shape_range(&input->shape, axis, rank);
  return mmd_eval_output_view(c, 0, input, &shape);
}

static mmd_status_t infer_flatten(mmd_infer_context_t *c) {
  const mmd_type_t *type = mmd_infer_ranked(c, 0);
  int axis;
  if (!type || type->rank == 0) return mmd_infer_output(c, 0, mmd_infer_dtype(c, 0), 2, NULL);
  MMD_TRY(flatten_axis(c->node, type->rank, &axis));
  const mmd_dim_t *dims[] = {mmd_infer_const(c, 1), mmd_infer_const(c, 1)};
  for (int i = 0; i < type->rank; ++i) {
    dims[i >= axis] = mmd_dim_mul(c->graph, dims[i >= axis], type->dims[i]);
  }
  return mmd_infer_output(c, 0, mmd_infer_dtype(c, 0), 2, dims);
}

// ---- Squeeze.

static mmd_status_t evaluate_squeeze(mmd_eval_context_t *c) {
  const mmd_tensor_t *input = mmd_eval_input(c, 0);
  int axes[MMD_MAX_RANK], count;
  bool drop[MMD_MAX_RANK] = {false};
  MMD_TRY(mmd_eval_axes(c, 1, "axes", input->shape.rank, axes, &count));
  for (int i = 0; i < count; ++i) {
    if (input->shape.dims[axes[i]] != 1) {
      return mmd_node_error(c->node, MMD_INVALID_ARGUMENT, "axis %d has size %lld", axes[i],
                            (long long)input->shape.dims[axes[i]]);
    }
    drop[axes[i]] = true;
  }
  bool all = count == 0 && !mmd_eval_input(c, 1) && !mmd_node_attr(c->node, "axes");
  mmd_shape_t shape = {0};
  for (int i = 0; i < input->shape.rank; ++i) {
    if (drop[i] || (all && input->shape.dims[i] == 1)) continue;
    shape.dims[shape.rank++] = input->shape.dims[i];
  }
  return mmd_eval_output_view(c, 0, input, &shape);
}

static mmd_status_t infer_squeeze(mmd_infer_context_t *c) {
  const mmd_type_t *type = mmd_infer_ranked(c, 0);
  int axes[MMD_MAX_RANK], count, rank = 0;
  const mmd_dim_t *dims[MMD_MAX_RANK];
  bool drop[MMD_MAX_RANK] = {false};
  if (!type || !mmd_infer_axes(c, 1, "axes", type->rank, axes, &count)) {
    return mmd_infer_dtype_only(c);
  }
  bool all = !mmd_node_input(c->node, 1) && !mmd_node_attr(c->node, "axes");
  for (int i = 0; i < count; ++i) drop[axes[i]] = true;
  for (int i = 0; i < type->rank; ++i) {
    if (all && !mmd_dim_is_const(type->dims[i])) return mmd_infer_dtype_only(c);
    if (drop[i] || (all && type->dims[i]->number == 1)) continue;
    dims[rank++] = type->dims[i];
  }
  MMD_TRY(mmd_infer_output(c, 0, type->dtype, rank, dims));
  return keep_elements(c);
}

// ---- Unsqueeze: axes are those of the result.

static int count_axes(const mmd_eval_context_t *c) {
  size_t count = 0;
  const mmd_tensor_t *input = mmd_eval_input(c, 1);
  if (input) return mmd_tensor_count(input) > MMD_MAX_RANK ? -1 : (int)mmd_tensor_count(input);
  mmd_node_attr_ints(c->node, "axes", &count);
  return count > MMD_MAX_RANK ? -1 : (int)count;
}

static mmd_status_t evaluate_unsqueeze(mmd_eval_context_t *c) {
  const mmd_tensor_t *input = mmd_eval_input(c, 0);
  int axes[MMD_MAX_RANK], count = count_axes(c);
  if (count < 0 || input->shape.rank + count > MMD_MAX_RANK) {
    return mmd_node_error(c->node, MMD_NOT_SUPPORTED, "the result has a rank above %d",
                          MMD_MAX_RANK);
  }
  mmd_shape_t shape = {.rank = input->shape.rank + count};
  MMD_TRY(mmd_eval_axes(c, 1, "axes", shape.rank, axes, &count));
  for (int i = 0; i < count; ++i) shape.dims[axes[i]] = -1;
  for (int i = 0, at = 0; i < shape.rank; ++i) {
    shape.dims[i] = shape.dims[i] < 0 ? 1 : input->shape.dims[at++];
  }
  return mmd_eval_output_view(c, 0, input, &shape);
}

static mmd_status_t infer_unsqueeze(mmd_infer_context_t *c) {
  const mmd_type_t *type = mmd_infer_ranked(c, 0);
  int64_t numbers[MMD_MAX_RANK];
  size_t count = 0;
  if (mmd_node_input(c->node, 1)) {
    if (!mmd_infer_numbers(c, 1, MMD_MAX_RANK, numbers, &count)) type = NULL;
  } else {
    mmd_node_attr_ints(c->node, "axes", &count);
  }
  if (!type || type->rank + (int)count > MMD_MAX_RANK) return mmd_infer_dtype_only(c);
  int axes[MMD_MAX_RANK], axis_count, rank = type->rank + (int)count;
  bool added[MMD_MAX_RANK] = {false};
  if (!mmd_infer_axes(c, 1, "axes", rank, axes, &axis_count)) return mmd_infer_dtype_only(c);
  for (int i = 0; i < axis_count; ++i) {
    if (added[axes[i]]) {
      return mmd_node_error(c->node, MMD_INVALID_ARGUMENT, "axis %d is named twice", axes[i]);
    }
    added[axes[i]] = true;
  }
  const mmd_dim_t *dims[MMD_MAX_RANK];
  for (int i = 0, at = 0; i < rank; ++i)
    dims[i] = added[i] ? mmd_infer_const(c, 1) : type->dims[at++];
  MMD_TRY(mmd_infer_output(c, 0, type->dtype, rank, dims));
  return keep_elements(c);
}

static const mmd_op_t ops[] = {
    {"", "Flatten", 1, 1, 1, 1, 1, infer_flatten, evaluate_flatten, 0},
    {"", "Reshape", 5, 2, 2, 1, 1, infer_reshape, evaluate_reshape, 0},
    {"", "Squeeze", 1, 1, 2, 1, 1, infer_squeeze, evaluate_squeeze, 0},
    {"", "Unsqueeze", 1, 1, 2, 1, 1, infer_unsqueeze, evaluate_unsqueeze, 0},
};
const mmd_op_family_t mmd_ops_reshape = MMD_OP_FAMILY(ops);
