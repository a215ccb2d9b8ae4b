// SPDX-License-Identifier: Apache-2.0
//
// Repeated elements: Expand, Tile; Where, which picks.
#include <string.h>

#include "ops/broadcast.h"
#include "ops/eval_util.h"
#include "ops/infer_util.h"
#include "ops/registry.h"

static mmd_status_t stretch(mmd_eval_context_t *c, const mmd_tensor_t *input,
                            const mmd_shape_t *shape) {
  mmd_box_t box = {.rank = shape->rank};
  int64_t own[MMD_MAX_RANK];
  mmd_shape_strides(&input->shape, own);
  mmd_shape_strides(shape, box.out_strides);
  for (int i = 0; i < shape->rank; ++i) {
    int at = i - (shape->rank - input->shape.rank);
    box.dims[i] = shape->dims[i];
    box.in_strides[i] = at < 0 || input->shape.dims[at] == 1 ? 0 : own[at];
  }
  MMD_TRY(mmd_eval_output_create(c, 0, input->dtype, shape, NULL));
  return mmd_eval_copy_box(&box, &c->outputs[0].tensor, input);
}

static mmd_status_t evaluate_expand(mmd_eval_context_t *c) {
  const mmd_tensor_t *input = mmd_eval_input(c, 0);
  int64_t dims[MMD_MAX_RANK];
  mmd_shape_t wanted, shape;
  size_t rank;
  MMD_TRY(mmd_eval_ints(c, 1, MMD_MAX_RANK, dims, &rank));
  mmd_status_t status = mmd_shape_make((int)rank, dims, &wanted);
  if (status) return mmd_status_annotate(status, "Expand '%s'", c->node->name);
  const mmd_shape_t *shapes[] = {&input->shape, &wanted};
  MMD_TRY(mmd_broadcast_shapes(c->node, 2, shapes, &shape));
  return stretch(c, input, &shape);
}

// Sizes above 1 stay, whatever the wanted ones are; the rank follows from how many those are.
static mmd_status_t infer_unknown_sizes(mmd_infer_context_t *c, const mmd_type_t *type) {
  const mmd_type_t *wanted = mmd_infer_ranked(c, 1);
  const mmd_dim_t *dims[MMD_MAX_RANK] = {NULL};
  int64_t count = wanted && wanted->rank == 1 ? mmd_dim_number(wanted->dims[0]) : -1;
  if (!type || count < 0 || count > MMD_MAX_RANK) return mmd_infer_dtype_only(c);
  int rank = type->rank > (int)count ? type->rank : (int)count;
  for (int i = 0; i < type->rank; ++i) {
    int at = i + rank - type->rank;
    if (at < rank - (int)count || mmd_dim_number(type->dims[i]) > 1) dims[at] = type->dims[i];
  }
  return mmd_infer_output(c, 0, type->dtype, rank, dims);
}

static mmd_status_t infer_expand(mmd_infer_context_t *c) {
  const mmd_type_t *type = mmd_infer_ranked(c, 0);
  const mmd_dim_t *const *elements, *dims[MMD_MAX_RANK];
  size_t count;
  if (!type || !mmd_infer_elements(c, 1, &elements, &count) || count > MMD_MAX_RANK) {
    return infer_unknown_sizes(c, type);
  }
  int rank = type->rank > (int)count ? type->rank : (int)count;
  for (int i = 0; i < rank; ++i) {
    int a = i - (rank - type->rank), b = i - (rank - (int)count);
    const mmd_dim_t *one = mmd_infer_const(c, 1);
    MMD_TRY(mmd_infer_broadcast_dim(c, a < 0 ? one : type->dims[a], b < 0 ? one : elements[b],
                                    &dims[i]));
  }
  return mmd_infer_output(c, 0, type->dtype, rank, dims);
}

// Tile: each axis becomes two, the outer one with stride 0.
static mmd_status_t evaluate_tile(mmd_eval_context_t *c) {
  const mmd_tensor_t *input = mmd_eval_input(c, 0);
  int64_t repeats[MMD_MAX_RANK], in_strides[MMD_MAX_RANK], out_strides[MMD_MAX_RANK];
  size_t count;
  MMD_TRY(mmd_eval_ints(c, 1, MMD_MAX_RANK, repeats, &count));
  int rank = input->shape.rank;
  if (count != (size_t)rank) {
    return mmd_node_error(c->node, MMD_INVALID_ARGUMENT, "%zu repeats for a rank of %d", count,
                          rank);
  }
  mmd_shape_t shape = {.rank = rank};
  for (int i = 0; i < rank; ++i) {
    if (repeats[i] < 0 ||
        __builtin_mul_overflow(input->shape.dims[i], repeats[i], &shape.dims[i])) {
      return mmd_node_error(c->node, MMD_OUT_OF_RANGE, "%lld repeats", (long long)repeats[i]);
    }
  }
  MMD_TRY(mmd_eval_output_create(c, 0, input->dtype, &shape, NULL));
  mmd_shape_strides(&input->shape, in_strides);
  mmd_shape_strides(&shape, out_strides);
  mmd_box_t box = {.rank = 2 * rank};
  for (int i = 0; i < rank; ++i) {
    box.dims[2 * i] = repeats[i];
    box.out_strides[2 * i] = out_strides[i] * input->shape.dims[i];
    box.dims[2 * i + 1] = input->shape.dims[i];
    box.out_strides[2 * i + 1] = out_strides[i];
    box.in_strides[2 * i + 1] = in_strides[i];
  }
  return mmd_eval_copy_box(&box, &c->outputs[0].tensor, input);
}

static mmd_status_t infer_tile(mmd_infer_context_t *c) {
  const mmd_type_t *type = mmd_infer_ranked(c, 0);
  const mmd_dim_t *const *repeats, *dims[MMD_MAX_RANK] = {NULL};
  size_t count;
  if (!type) return mmd_infer_dtype_only(c);
  if (mmd_infer_elements(c, 1, &repeats, &count) && count == (size_t)type->rank) {
    for (int i = 0; i < type->rank; ++i) {
      dims[i] = mmd_dim_mul(c->graph, type->dims[i], repeats[i]);
    }
  }
  return mmd_infer_output(c, 0, type->dtype, type->rank, dims);
}

// Where.

static mmd_status_t pick_rows(const mmd_broadcast_t *plan, const uint8_t *condition,
                              const mmd_tensor_t *x, const mmd_tensor_t *y, mmd_tensor_t *out) {
  for (size_t r = 0; r < plan->rows; ++r) {
    mmd_broadcast_row_t row;
    mmd_broadcast_row(plan, r, &row);
    for (size_t i = 0; i < row.size; ++i) {
      bool take_x = condition[row.in[0] + i * row.steps[0]] != 0;
      size_t from = take_x ? row.in[1] + i * row.steps[1] : row.in[2] + i * row.steps[2];
      MMD_TRY(mmd_eval_copy(out, row.out + i, take_x ? x : y, from, 1));
    }
  }
  return NULL;
}

static mmd_status_t evaluate_where(mmd_eval_context_t *c) {
  const mmd_tensor_t *condition = mmd_eval_input(c, 0);
  const mmd_tensor_t *x = mmd_eval_input(c, 1), *y = mmd_eval_input(c, 2);
  const mmd_shape_t *shapes[] = {&condition->shape, &x->shape, &y->shape};
  mmd_broadcast_t plan;
  if (condition->dtype != MMD_BOOL || x->dtype != y->dtype) {
    return mmd_node_error(c->node, MMD_INVALID_ARGUMENT, "element types %s, %s and %s",
                          mmd_dtype_name(condition->dtype), mmd_dtype_name(x->dtype),
                          mmd_dtype_name(y->dtype));
  }
  MMD_TRY(mmd_broadcast_plan(c->node, 3, shapes, &plan));
  MMD_TRY(mmd_eval_output_create(c, 0, x->dtype, &plan.shape, NULL));
  return pick_rows(&plan, mmd_tensor_data(condition), x, y, &c->outputs[0].tensor);
}

// Where(a > b, a, b) is a maximum of sizes, as Max of integers is written for old opsets.
static const mmd_dim_t *infer_extreme(mmd_infer_context_t *c, size_t k) {
  static const char *const orders[] = {"Less", "LessOrEqual", "Greater", "GreaterOrEqual"};
  const mmd_edge_t *condition = mmd_node_input(c->node, 0);
  const mmd_node_t *order = condition ? condition->producer : NULL;
  const mmd_dim_t *compared[2], *picked[2];
  for (size_t i = 0; i < 2; ++i) {
    const mmd_edge_t *from = order ? mmd_node_input(order, i) : NULL;
    const mmd_edge_t *to = mmd_node_input(c->node, i + 1);
    if (!from || !to || !from->elements || !to->elements) return NULL;
    if (k >= from->element_count && from->element_count != 1) return NULL;
    if (k >= to->element_count && to->element_count != 1) return NULL;
    compared[i] = from->elements[from->element_count == 1 ? 0 : k];
    picked[i] = to->elements[to->element_count == 1 ? 0 : k];
  }
  const bool is_same = compared[0] == picked[0] && compared[1] == picked[1];
  const bool is_swapped = compared[0] == picked[1] && compared[1] == picked[0];
  for (size_t i = 0; i < 4 && (is_same || is_swapped); ++i) {
    if (!mmd_node_is(order, MMD_DOMAIN_ONNX, orders[i])) continue;
    return (i >= 2) == is_same ? mmd_dim_max(c->graph, picked[0], picked[1])
                               : mmd_dim_min(c->graph, picked[0], picked[1]);
  }
  return NULL;
}

// As many elements as the result has, when it has one axis or none; 0 when that is not known.
static size_t where_count(const mmd_type_t *type) {
  if (!type->has_rank || type->rank > 1) return 0;
  const int64_t count = type->rank ? mmd_dim_number(type->dims[0]) : 1;
  return count > 0 && count <= MMD_INFER_MAX_ELEMENTS ? (size_t)count : 0;
}

static mmd_status_t infer_extremes(mmd_infer_context_t *c) {
  const mmd_dim_t *results[MMD_INFER_MAX_ELEMENTS];
  const size_t count = c->node->outputs[0] ? where_count(&c->node->outputs[0]->type) : 0;
  for (size_t k = 0; k < count; ++k) {
    results[k] = infer_extreme(c, k);
    if (!results[k]) return NULL;
  }
  return count ? mmd_infer_output_elements(c, 0, count, results) : NULL;
}

static mmd_status_t infer_where(mmd_infer_context_t *c) {
  int rank;
  const mmd_dim_t *dims[MMD_MAX_RANK], *const *elements[3], *results[MMD_INFER_MAX_ELEMENTS];
  size_t counts[3], count = 1;
  MMD_TRY(mmd_infer_broadcast(c, 0, 2, &rank, dims));
  MMD_TRY(mmd_infer_output(c, 0, mmd_infer_dtype(c, 1), rank, dims));
  for (size_t i = 0; i < 3; ++i) {
    if (!mmd_infer_elements(c, i, &elements[i], &counts[i])) return infer_extremes(c);
    if (counts[i] > count) count = counts[i];
  }
  for (size_t i = 0; i < 3; ++i) {
    if (rank > 1 || (counts[i] != count && counts[i] != 1)) return NULL;
  }
  for (size_t k = 0; k < count; ++k) {
    const mmd_dim_t *condition = elements[0][counts[0] == 1 ? 0 : k];
    if (!mmd_dim_is_const(condition)) return NULL;
    size_t from = condition->number ? 1 : 2;
    results[k] = elements[from][counts[from] == 1 ? 0 : k];
  }
  return mmd_infer_output_elements(c, 0, count, results);
}

static const mmd_op_t ops[] = {
    {"", "Expand", 8, 2, 2, 1, 1, infer_expand, evaluate_expand, 0},
    {"", "Tile", 6, 2, 2, 1, 1, infer_tile, evaluate_tile, 0},
    {"", "Where", 9, 3, 3, 1, 1, infer_where, evaluate_where, 0},
};
const mmd_op_family_t mmd_ops_expand = MMD_OP_FAMILY(ops);
