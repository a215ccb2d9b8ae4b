// SPDX-License-Identifier: Apache-2.0
//
// Elements picked by their values or positions: NonZero, Compress, OneHot, Trilu, Unique,
// ReverseSequence; and CumSum.
#include <stdlib.h>
#include <string.h>

#include "ops/eval_util.h"
#include "ops/infer_util.h"
#include "ops/registry.h"

// ---- NonZero.

static bool is_nonzero(const mmd_tensor_t *tensor, size_t i) {
  if (mmd_dtype_is_float(tensor->dtype)) {
    return mmd_dtype_load_f64(tensor->dtype, mmd_tensor_data(tensor), i) != 0;
  }
  return mmd_dtype_load_i64(tensor->dtype, mmd_tensor_data(tensor), i) != 0;
}

static mmd_status_t evaluate_non_zero(mmd_eval_context_t *c) {
  const mmd_tensor_t *input = mmd_eval_input(c, 0);
  size_t count = mmd_tensor_count(input), found = 0, at = 0;
  int rank = input->shape.rank;
  int64_t index[MMD_MAX_RANK] = {0}, *y;
  MMD_TRY(mmd_eval_check_number(c, input));
  for (size_t i = 0; i < count; ++i) found += is_nonzero(input, i);
  mmd_shape_t shape = {.rank = 2, .dims = {rank, (int64_t)found}};
  MMD_TRY(mmd_eval_output_create(c, 0, MMD_I64, &shape, &y));
  for (size_t i = 0; i < count; ++i, mmd_index_next(rank, input->shape.dims, index)) {
    if (!is_nonzero(input, i)) continue;
    for (int k = 0; k < rank; ++k) y[(size_t)k * found + at] = index[k];
    ++at;
  }
  return NULL;
}

static mmd_status_t infer_non_zero(mmd_infer_context_t *c) {
  const mmd_type_t *type = mmd_infer_ranked(c, 0);
  const mmd_dim_t *dims[] = {type ? mmd_infer_const(c, type->rank) : NULL, NULL};
  return mmd_infer_output(c, 0, MMD_I64, 2, dims);
}

// ---- Compress.

static mmd_status_t evaluate_compress(mmd_eval_context_t *c) {
  const mmd_tensor_t *input = mmd_eval_input(c, 0), *condition = mmd_eval_input(c, 1);
  bool flat = !mmd_node_attr(c->node, "axis");
  mmd_shape_t shape = {.rank = 1, .dims = {(int64_t)mmd_tensor_count(input)}};
  int axis = 0;
  if (!flat) {
    shape = input->shape;
    MMD_TRY(mmd_node_axis(c->node, mmd_node_attr_int(c->node, "axis", 0), shape.rank, &axis));
  }
  size_t dim = (size_t)shape.dims[axis], outer = mmd_shape_range(&shape, 0, axis), taken = 0,
         at = 0;
  size_t inner = mmd_shape_range(&shape, axis + 1, shape.rank), given = mmd_tensor_count(condition);
  if (condition->dtype != MMD_BOOL || given > dim) {
    return mmd_node_error(c->node, MMD_INVALID_ARGUMENT, "%zu conditions for %zu elements", given,
                          dim);
  }
  const uint8_t *take = mmd_tensor_data(condition);
  for (size_t i = 0; i < given; ++i) taken += take[i] != 0;
  shape.dims[axis] = (int64_t)taken;
  MMD_TRY(mmd_eval_output_create(c, 0, input->dtype, &shape, NULL));
  for (size_t o = 0; o < outer; ++o) {
    for (size_t i = 0; i < given; ++i) {
      if (!take[i]) continue;
      MMD_TRY(mmd_eval_copy(&c->outputs[0].tensor, at, input, (o * dim + i) * inner, inner));
      at += inner;
    }
  }
  return NULL;
}

static mmd_status_t infer_compress(mmd_infer_context_t *c) {
  const mmd_type_t *type = mmd_infer_ranked(c, 0);
  const mmd_dim_t *dims[MMD_MAX_RANK];
  int axis;
  if (!mmd_node_attr(c->node, "axis")) {
    return mmd_infer_output(c, 0, mmd_infer_dtype(c, 0), 1, NULL);
  }
  if (!type) return mmd_infer_dtype_only(c);
  MMD_TRY(mmd_node_axis(c->node, mmd_node_attr_int(c->node, "axis", 0), type->rank, &axis));
  for (int i = 0; i < type->rank; ++i) dims[i] = i == axis ? NULL : type->dims[i];
  return mmd_infer_output(c, 0, type->dtype, type->rank, dims);
}

// ---- OneHot.

static mmd_status_t evaluate_one_hot(mmd_eval_context_t *c) {
  const mmd_tensor_t *where = mmd_eval_input(c, 0), *values = mmd_eval_input(c, 2);
  const int64_t *indices;
  int64_t depth;
  int axis, rank = where->shape.rank + 1;
  MMD_TRY(mmd_eval_scalar_i64(c, 1, 0, &depth));
  if (depth < 0 || mmd_tensor_count(values) != 2 || rank > MMD_MAX_RANK) {
    return mmd_node_error(c->node, MMD_INVALID_ARGUMENT, "depth %lld, %zu values, rank %d",
                          (long long)depth, mmd_tensor_count(values), rank);
  }
  MMD_TRY(mmd_node_axis(c->node, mmd_node_attr_int(c->node, "axis", -1), rank, &axis));
  MMD_TRY(mmd_eval_load_i64(c, where, &indices));
  mmd_shape_t shape = {.rank = rank};
  for (int i = 0, k = 0; i < rank; ++i) shape.dims[i] = i == axis ? depth : where->shape.dims[k++];
  MMD_TRY(mmd_eval_output_create(c, 0, values->dtype, &shape, NULL));
  size_t outer = mmd_shape_range(&shape, 0, axis), at = 0;
  size_t inner = mmd_shape_range(&shape, axis + 1, rank);
  for (size_t o = 0; o < outer; ++o) {
    for (int64_t d = 0; d < depth; ++d) {
      for (size_t i = 0; i < inner; ++i) {
        int64_t index = indices[o * inner + i];
        size_t hot = (index < 0 ? index + depth : index) == d;
        MMD_TRY(mmd_eval_copy(&c->outputs[0].tensor, at++, values, hot, 1));
      }
    }
  }
  return NULL;
}

static mmd_status_t infer_one_hot(mmd_infer_context_t *c) {
  const mmd_type_t *type = mmd_infer_ranked(c, 0);
  const mmd_dim_t *dims[MMD_MAX_RANK + 1], *const *depth;
  size_t count;
  int axis;
  if (!type) return mmd_infer_output(c, 0, mmd_infer_dtype(c, 2), -1, NULL);
  MMD_TRY(mmd_node_axis(c->node, mmd_node_attr_int(c->node, "axis", -1), type->rank + 1, &axis));
  for (int i = 0, k = 0; i <= type->rank; ++i) dims[i] = i == axis ? NULL : type->dims[k++];
  if (mmd_infer_elements(c, 1, &depth, &count) && count == 1) dims[axis] = depth[0];
  return mmd_infer_output(c, 0, mmd_infer_dtype(c, 2), type->rank + 1, dims);
}

// ---- Trilu.

static mmd_status_t evaluate_trilu(mmd_eval_context_t *c) {
  const mmd_tensor_t *input = mmd_eval_input(c, 0);
  bool upper = mmd_node_attr_int(c->node, "upper", 1) != 0;
  int64_t k;
  int rank = input->shape.rank;
  if (rank < 2) return mmd_node_error(c->node, MMD_INVALID_ARGUMENT, "the input has rank %d", rank);
  MMD_TRY(mmd_eval_check_number(c, input));
  MMD_TRY(mmd_eval_scalar_i64(c, 1, 0, &k));
  MMD_TRY(mmd_eval_output_create(c, 0, input->dtype, &input->shape, NULL));
  mmd_tensor_t *out = &c->outputs[0].tensor;
  int64_t rows = input->shape.dims[rank - 2], columns = input->shape.dims[rank - 1];
  size_t count = mmd_tensor_count(input);
  for (size_t i = 0; i < count; ++i) {
    int64_t row = (int64_t)i / columns % rows, column = (int64_t)i % columns;
    bool keep = upper ? column - row >= k : column - row <= k;
    if (keep) {
      MMD_TRY(mmd_eval_copy(out, i, input, i, 1));
    } else {
      mmd_dtype_store_i64(out->dtype, mmd_tensor_mutable_data(out), i, 0);
    }
  }
  return NULL;
}

// ---- CumSum.

static mmd_status_t evaluate_cum_sum(mmd_eval_context_t *c) {
  const mmd_tensor_t *input = mmd_eval_input(c, 0);
  bool exclusive = mmd_node_attr_int(c->node, "exclusive", 0) != 0;
  bool reverse = mmd_node_attr_int(c->node, "reverse", 0) != 0;
  bool real = mmd_dtype_is_float(input->dtype);
  int64_t wanted;
  int axis;
  void *y;
  MMD_TRY(mmd_eval_check_number(c, input));
  MMD_TRY(mmd_eval_scalar_i64(c, 1, 0, &wanted));
  MMD_TRY(mmd_node_axis(c->node, wanted, input->shape.rank, &axis));
  MMD_TRY(mmd_eval_output_create(c, 0, input->dtype, &input->shape, &y));
  size_t dim = (size_t)input->shape.dims[axis];
  size_t inner = mmd_shape_range(&input->shape, axis + 1, input->shape.rank);
  size_t lines = mmd_shape_range(&input->shape, 0, axis) * inner;
  const void *x = mmd_tensor_data(input);
  for (size_t l = 0; l < lines; ++l) {
    double sum = 0;
    uint64_t whole = 0;
    for (size_t k = 0; k < dim; ++k) {
      size_t at = l / inner * dim * inner + (reverse ? dim - 1 - k : k) * inner + l % inner;
      double before = sum;
      uint64_t whole_before = whole;
      if (real) {
        sum += mmd_dtype_load_f64(input->dtype, x, at);
        mmd_dtype_store_f64(input->dtype, y, at, exclusive ? before : sum);
      } else {
        whole += (uint64_t)mmd_dtype_load_i64(input->dtype, x, at);
        mmd_dtype_store_i64(input->dtype, y, at, (int64_t)(exclusive ? whole_before : whole));
      }
    }
  }
  return NULL;
}

// ---- ReverseSequence.

static mmd_status_t evaluate_reverse(mmd_eval_context_t *c) {
  const mmd_tensor_t *input = mmd_eval_input(c, 0);
  int64_t batch_axis = mmd_node_attr_int(c->node, "batch_axis", 1), index[MMD_MAX_RANK] = {0};
  int64_t time_axis = mmd_node_attr_int(c->node, "time_axis", 0), strides[MMD_MAX_RANK];
  const int64_t *lengths;
  int rank = input->shape.rank;
  MMD_TRY(mmd_eval_load_i64(c, mmd_eval_input(c, 1), &lengths));
  bool fits = rank >= 2 && batch_axis >= 0 && batch_axis < 2 && time_axis == 1 - batch_axis &&
              mmd_tensor_count(mmd_eval_input(c, 1)) == (size_t)input->shape.dims[batch_axis];
  if (!fits) return mmd_node_error(c->node, MMD_INVALID_ARGUMENT, "axes or lengths do not fit");
  MMD_TRY(mmd_eval_output_create(c, 0, input->dtype, &input->shape, NULL));
  mmd_shape_strides(&input->shape, strides);
  size_t count = mmd_tensor_count(input);
  for (size_t i = 0; i < count; ++i, mmd_index_next(rank, input->shape.dims, index)) {
    int64_t length = lengths[index[batch_axis]], time = index[time_axis];
    if (length < 0 || length > input->shape.dims[time_axis]) {
      return mmd_node_error(c->node, MMD_OUT_OF_RANGE, "a length of %lld", (long long)length);
    }
    int64_t shift = time < length ? (length - 1 - 2 * time) * strides[time_axis] : 0;
    MMD_TRY(mmd_eval_copy(&c->outputs[0].tensor, i, input, (size_t)((int64_t)i + shift), 1));
  }
  return NULL;
}

// ---- Unique: slices along an axis, or all elements.

typedef struct {
  const double *x;
  size_t index, outer, dim, inner;
} slice_t;

static int compare_slices(const slice_t *a, const slice_t *b) {
  for (size_t o = 0; o < a->outer; ++o) {
    for (size_t i = 0; i < a->inner; ++i) {
      double p = a->x[(o * a->dim + a->index) * a->inner + i];
      double q = b->x[(o * b->dim + b->index) * b->inner + i];
      if (p != q) return p < q ? -1 : 1;
    }
  }
  return 0;
}

static int by_value(const void *a, const void *b) {
  const slice_t *x = a, *y = b;
  int order = compare_slices(x, y);
  return order ? order : (x->index > y->index) - (x->index < y->index);
}

typedef struct {
  size_t first, rank;  // first occurrence, place among the sorted ones
} group_t;

static int by_first(const void *a, const void *b) {
  const group_t *x = a, *y = b;
  return (x->first > y->first) - (x->first < y->first);
}

static mmd_status_t evaluate_unique(mmd_eval_context_t *c) {
  const mmd_tensor_t *input = mmd_eval_input(c, 0);
  bool flat = !mmd_node_attr(c->node, "axis"),
       sorted = mmd_node_attr_int(c->node, "sorted", 1) != 0;
  mmd_shape_t shape = {.rank = 1, .dims = {(int64_t)mmd_tensor_count(input)}};
  int axis = 0;
  const double *x;
  if (!flat) {
    shape = input->shape;
    MMD_TRY(mmd_node_axis(c->node, mmd_node_attr_int(c->node, "axis", 0), shape.rank, &axis));
  }
  MMD_TRY(mmd_eval_load_f64(c, input, &x));
  size_t dim = (size_t)shape.dims[axis], outer = mmd_shape_range(&shape, 0, axis), groups = 0;
  size_t inner = mmd_shape_range(&shape, axis + 1, shape.rank);
  slice_t *slices;
  group_t *order;
  int64_t *first, *inverse, *counts, *place;
  MMD_TRY(mmd_eval_scratch(c, dim, sizeof *slices, &slices));
  MMD_TRY(mmd_eval_scratch(c, dim, sizeof *order, &order));
  MMD_TRY(mmd_eval_scratch(c, dim, sizeof *first, &first));
  MMD_TRY(mmd_eval_scratch(c, dim, sizeof *inverse, &inverse));
  MMD_TRY(mmd_eval_scratch(c, dim, sizeof *counts, &counts));
  MMD_TRY(mmd_eval_scratch(c, dim, sizeof *place, &place));
  for (size_t i = 0; i < dim; ++i) slices[i] = (slice_t){x, i, outer, dim, inner};
  qsort(slices, dim, sizeof *slices, by_value);
  for (size_t i = 0; i < dim; ++i) {
    bool begins = i == 0 || compare_slices(&slices[i - 1], &slices[i]) != 0;
    if (begins) order[groups] = (group_t){slices[i].index, groups};
    groups += begins;
    inverse[slices[i].index] = (int64_t)groups - 1;
  }
  if (!sorted) qsort(order, groups, sizeof *order, by_first);
  for (size_t g = 0; g < groups; ++g) {
    place[order[g].rank] = (int64_t)g;
    first[g] = (int64_t)order[g].first;
  }
  for (size_t i = 0; i < dim; ++i) {
    inverse[i] = place[inverse[i]];
    ++counts[inverse[i]];
  }
  shape.dims[axis] = (int64_t)groups;
  MMD_TRY(mmd_eval_output_create(c, 0, input->dtype, &shape, NULL));
  for (size_t o = 0; o < outer; ++o) {
    for (size_t g = 0; g < groups; ++g) {
      MMD_TRY(mmd_eval_copy(&c->outputs[0].tensor, (o * groups + g) * inner, input,
                            (o * dim + (size_t)first[g]) * inner, inner));
    }
  }
  mmd_shape_t list = {.rank = 1, .dims = {(int64_t)groups}},
              all = {.rank = 1, .dims = {(int64_t)dim}};
  if (mmd_eval_wants(c, 1)) MMD_TRY(mmd_eval_store_i64(c, 1, MMD_I64, &list, first));
  if (mmd_eval_wants(c, 2)) MMD_TRY(mmd_eval_store_i64(c, 2, MMD_I64, &all, inverse));
  return mmd_eval_wants(c, 3) ? mmd_eval_store_i64(c, 3, MMD_I64, &list, counts) : NULL;
}

static mmd_status_t infer_unique(mmd_infer_context_t *c) {
  MMD_TRY(infer_compress(c));
  for (size_t i = 1; i < 4; ++i) MMD_TRY(mmd_infer_output(c, i, MMD_I64, 1, NULL));
  return NULL;
}

static const mmd_op_t ops[] = {
    {"", "Compress", 9, 2, 2, 1, 1, infer_compress, evaluate_compress, 0},
    {"", "CumSum", 11, 2, 2, 1, 1, mmd_infer_same, evaluate_cum_sum, 0},
    {"", "NonZero", 9, 1, 1, 1, 1, infer_non_zero, evaluate_non_zero, 0},
    {"", "OneHot", 9, 3, 3, 1, 1, infer_one_hot, evaluate_one_hot, 0},
    {"", "ReverseSequence", 10, 2, 2, 1, 1, mmd_infer_same, evaluate_reverse, 0},
    {"", "Trilu", 14, 1, 2, 1, 1, mmd_infer_same, evaluate_trilu, 0},
    {"", "Unique", 11, 1, 1, 1, 4, infer_unique, evaluate_unique, 0},
};
const mmd_op_family_t mmd_ops_select = MMD_OP_FAMILY(ops);
