// SPDX-License-Identifier: Apache-2.0
//
// Concat and Split.
#include <string.h>

#include "ops/eval_util.h"
#include "ops/infer_util.h"
#include "ops/registry.h"

static mmd_status_t concat_shape(mmd_eval_context_t *c, int axis, mmd_shape_t *out_shape) {
  const mmd_tensor_t *first = mmd_eval_input(c, 0);
  *out_shape = first->shape;
  out_shape->dims[axis] = 0;
  for (size_t k = 0; k < c->input_count; ++k) {
    const mmd_tensor_t *input = mmd_eval_input(c, k);
    if (!input) return mmd_node_error(c->node, MMD_INVALID_ARGUMENT, "input %zu is missing", k);
    bool fits = input->dtype == first->dtype && input->shape.rank == first->shape.rank;
    for (int i = 0; fits && i < first->shape.rank; ++i) {
      fits = i == axis || input->shape.dims[i] == first->shape.dims[i];
    }
    if (!fits) {
      return mmd_node_error(c->node, MMD_INVALID_ARGUMENT,
                            "input %zu does not fit the first one along axis %d", k, axis);
    }
    if (__builtin_add_overflow(out_shape->dims[axis], input->shape.dims[axis],
                               &out_shape->dims[axis])) {
      return mmd_node_error(c->node, MMD_OUT_OF_RANGE, "the result is too large");
    }
  }
  return NULL;
}

static mmd_status_t evaluate_concat(mmd_eval_context_t *c) {
  const mmd_tensor_t *first = mmd_eval_input(c, 0);
  int axis;
  mmd_shape_t shape;
  MMD_TRY(mmd_node_axis(c->node, mmd_node_attr_int(c->node, "axis", 1), first->shape.rank, &axis));
  MMD_TRY(concat_shape(c, axis, &shape));
  MMD_TRY(mmd_eval_output_create(c, 0, first->dtype, &shape, NULL));
  size_t outer = mmd_shape_range(&shape, 0, axis), at = 0;
  size_t row = mmd_shape_range(&shape, axis, shape.rank);
  for (size_t k = 0; k < c->input_count; ++k) {
    const mmd_tensor_t *input = mmd_eval_input(c, k);
    size_t piece = mmd_shape_range(&input->shape, axis, shape.rank);
    for (size_t i = 0; i < outer; ++i) {
      MMD_TRY(mmd_eval_copy(&c->outputs[0].tensor, i * row + at, input, i * piece, piece));
    }
    at += piece;
  }
  return NULL;
}

static mmd_status_t concat_elements(mmd_infer_context_t *c) {
  const mmd_dim_t *results[MMD_INFER_MAX_ELEMENTS], *const *elements;
  size_t count = 0, part;
  for (size_t k = 0; k < c->node->input_count; ++k) {
    if (!mmd_infer_elements(c, k, &elements, &part)) return NULL;
    if (part > MMD_INFER_MAX_ELEMENTS - count) return NULL;
    for (size_t i = 0; i < part; ++i) results[count++] = elements[i];
  }
  return mmd_infer_output_elements(c, 0, count, results);
}

static mmd_status_t check_same(const mmd_infer_context_t *c, size_t input, int axis,
                               const mmd_dim_t *before, const mmd_dim_t *dim) {
  if (!mmd_dim_is_const(before) || before->number == dim->number) return NULL;
  return mmd_node_error(c->node, MMD_INVALID_ARGUMENT,
                        "input %zu has size %lld on axis %d, those before it %lld", input,
                        (long long)dim->number, axis, (long long)before->number);
}

static mmd_status_t infer_concat(mmd_infer_context_t *c) {
  const mmd_type_t *first = mmd_infer_ranked(c, 0);
  const mmd_dim_t *dims[MMD_MAX_RANK];
  int axis;
  if (!first) return mmd_infer_dtype_only(c);
  MMD_TRY(mmd_node_axis(c->node, mmd_node_attr_int(c->node, "axis", 1), first->rank, &axis));
  for (int i = 0; i < first->rank; ++i) dims[i] = first->dims[i];
  for (size_t k = 1; k < c->node->input_count; ++k) {
    const mmd_type_t *type = mmd_infer_ranked(c, k);
    if (type && type->rank != first->rank) {
      return mmd_node_error(c->node, MMD_INVALID_ARGUMENT, "inputs have ranks %d and %d",
                            first->rank, type->rank);
    }
    for (int i = 0; i < first->rank; ++i) {
      if (i == axis) {
        dims[i] = type && dims[i] ? mmd_dim_add(c->graph, dims[i], type->dims[i]) : NULL;
      } else if (type && mmd_dim_is_const(type->dims[i])) {
        MMD_TRY(check_same(c, k, i, dims[i], type->dims[i]));
        dims[i] = type->dims[i];  // all are the same, and this one is the plainest
      }
    }
  }
  MMD_TRY(mmd_infer_output(c, 0, first->dtype, first->rank, dims));
  return first->rank == 1 ? concat_elements(c) : NULL;
}

// ---- Split.

// Size of all pieces but the last. The dimension may be the largest number there is.
static int64_t even_piece(int64_t dim, size_t count) {
  return dim / (int64_t)count + (dim % (int64_t)count > 0);
}

// Sizes of the pieces: from the input, the attribute, or equal ones (the last one smaller).
static mmd_status_t split_sizes(mmd_eval_context_t *c, int64_t dim, int64_t *sizes) {
  const mmd_tensor_t *input = mmd_eval_input(c, 1);
  size_t given, count = c->output_count;
  const int64_t *list = mmd_node_attr_ints(c->node, "split", &given);
  int64_t sum = 0;
  bool fits = true;
  if (input) given = mmd_tensor_count(input);
  if ((input || list) && given != count) {
    return mmd_node_error(c->node, MMD_INVALID_ARGUMENT, "%zu sizes for %zu outputs", given, count);
  }
  int64_t chunk = even_piece(dim, count);
  for (size_t i = 0; i < count; ++i) {
    int64_t rest = dim - sum;
    sizes[i] = input ? mmd_tensor_get_i64(input, i) : list ? list[i] : chunk < rest ? chunk : rest;
    fits = fits && sizes[i] >= 0 && sizes[i] <= rest;
    if (fits) sum += sizes[i];
  }
  if (fits && sum == dim) return NULL;
  return mmd_node_error(c->node, MMD_INVALID_ARGUMENT, "the sizes do not add up to %lld",
                        (long long)dim);
}

static mmd_status_t evaluate_split(mmd_eval_context_t *c) {
  const mmd_tensor_t *input = mmd_eval_input(c, 0);
  const mmd_tensor_t *split = mmd_eval_input(c, 1);
  int axis;
  int64_t *sizes;
  MMD_TRY(mmd_node_axis(c->node, mmd_node_attr_int(c->node, "axis", 0), input->shape.rank, &axis));
  if (split) MMD_TRY(mmd_eval_check_number(c, split));
  MMD_TRY(mmd_eval_scratch(c, c->output_count, sizeof *sizes, &sizes));
  MMD_TRY(split_sizes(c, input->shape.dims[axis], sizes));
  size_t outer = mmd_shape_range(&input->shape, 0, axis), at = 0;
  size_t row = mmd_shape_range(&input->shape, axis, input->shape.rank);
  for (size_t k = 0; k < c->output_count; ++k) {
    mmd_shape_t shape = input->shape;
    shape.dims[axis] = sizes[k];
    MMD_TRY(mmd_eval_output_create(c, k, input->dtype, &shape, NULL));
    size_t piece = mmd_shape_range(&shape, axis, shape.rank);
    for (size_t i = 0; i < outer; ++i) {
      MMD_TRY(mmd_eval_copy(&c->outputs[k].tensor, i * piece, input, i * row + at, piece));
    }
    at += piece;
  }
  return NULL;
}

// Size of piece |k| along the axis.
static const mmd_dim_t *split_dim(mmd_infer_context_t *c, const mmd_dim_t *dim, size_t k) {
  const mmd_dim_t *const *elements;
  size_t given, count = c->node->output_count;
  const int64_t *list = mmd_node_attr_ints(c->node, "split", &given);
  if (mmd_node_input(c->node, 1)) {
    return mmd_infer_elements(c, 1, &elements, &given) && k < given ? elements[k] : NULL;
  }
  if (list) return k < given ? mmd_infer_const(c, list[k]) : NULL;
  if (!mmd_dim_is_const(dim)) {
    if (count == 1) return dim;
    return k + 1 < count ? mmd_dim_ceil_div(c->graph, dim, mmd_infer_const(c, (int64_t)count))
                         : NULL;
  }
  int64_t chunk = even_piece(dim->number, count);
  int64_t rest = dim->number - chunk * (int64_t)k;
  return mmd_infer_const(c, rest < 0 ? 0 : rest < chunk ? rest : chunk);
}

static mmd_status_t infer_split(mmd_infer_context_t *c) {
  const mmd_type_t *type = mmd_infer_ranked(c, 0);
  const mmd_dim_t *dims[MMD_MAX_RANK], *const *elements;
  size_t element_count = 0, at = 0;
  int axis = 0;
  if (type) {
    MMD_TRY(mmd_node_axis(c->node, mmd_node_attr_int(c->node, "axis", 0), type->rank, &axis));
  }
  bool followed = type && type->rank == 1 && mmd_infer_elements(c, 0, &elements, &element_count);
  for (size_t k = 0; k < c->node->output_count; ++k) {
    for (int i = 0; type && i < type->rank; ++i) dims[i] = type->dims[i];
    if (type) dims[axis] = split_dim(c, type->dims[axis], k);
    MMD_TRY(mmd_infer_output(c, k, mmd_infer_dtype(c, 0), type ? type->rank : -1, dims));
    int64_t size = followed ? mmd_dim_number(dims[0]) : -1;
    followed = size >= 0 && (size_t)size <= element_count - at;
    if (!followed) continue;
    MMD_TRY(mmd_infer_output_elements(c, k, (size_t)size, elements + at));
    at += (size_t)size;
  }
  return NULL;
}

static const mmd_op_t ops[] = {
    {"", "Concat", 4, 1, -1, 1, 1, infer_concat, evaluate_concat, 0},
    {"", "Split", 2, 1, 2, 1, -1, infer_split, evaluate_split, 0},
};
const mmd_op_family_t mmd_ops_concat = MMD_OP_FAMILY(ops);
