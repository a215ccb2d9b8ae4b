// SPDX-License-Identifier: Apache-2.0
//
// ArgMax, ArgMin, TopK.
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "ops/eval_util.h"
#include "ops/infer_util.h"
#include "ops/registry.h"

// Whether |a| comes before |b| in the wanted order; NaN is the largest, as numpy has it.
static bool comes_first(const double a, const double b, bool largest) {
  if (isnan(a) || isnan(b)) return largest ? isnan(a) && !isnan(b) : isnan(b) && !isnan(a);
  return largest ? a > b : a < b;
}

static mmd_status_t evaluate_arg(mmd_eval_context_t *c) {
  const mmd_tensor_t *input = mmd_eval_input(c, 0);
  bool largest = strcmp(c->node->op, "ArgMax") == 0;
  bool last = mmd_node_attr_int(c->node, "select_last_index", 0) != 0;
  bool keep = mmd_node_attr_int(c->node, "keepdims", 1) != 0;
  const double *x;
  int axis;
  MMD_TRY(mmd_node_axis(c->node, mmd_node_attr_int(c->node, "axis", 0), input->shape.rank, &axis));
  MMD_TRY(mmd_eval_load_f64(c, input, &x));
  mmd_shape_t shape = {0};
  for (int i = 0; i < input->shape.rank; ++i) {
    if (i != axis || keep) shape.dims[shape.rank++] = i == axis ? 1 : input->shape.dims[i];
  }
  size_t outer = mmd_shape_range(&input->shape, 0, axis);
  size_t inner = mmd_shape_range(&input->shape, axis + 1, input->shape.rank);
  size_t count = (size_t)input->shape.dims[axis];
  int64_t *y;
  if (count == 0) return mmd_node_error(c->node, MMD_INVALID_ARGUMENT, "axis %d is empty", axis);
  MMD_TRY(mmd_eval_output_create(c, 0, MMD_I64, &shape, &y));
  for (size_t o = 0; o < outer; ++o) {
    for (size_t i = 0; i < inner; ++i) {
      const double *line = x + o * count * inner + i;
      size_t best = 0;
      for (size_t k = 1; k < count; ++k) {
        double a = line[k * inner], b = line[best * inner];
        if (comes_first(a, b, largest) || (last && !comes_first(b, a, largest))) best = k;
      }
      *y++ = (int64_t)best;
    }
  }
  return NULL;
}

static mmd_status_t infer_arg(mmd_infer_context_t *c) {
  const mmd_type_t *type = mmd_infer_ranked(c, 0);
  const mmd_dim_t *dims[MMD_MAX_RANK];
  bool keep = mmd_node_attr_int(c->node, "keepdims", 1) != 0;
  int axis, rank = 0;
  if (!type) return mmd_infer_output(c, 0, MMD_I64, -1, NULL);
  MMD_TRY(mmd_node_axis(c->node, mmd_node_attr_int(c->node, "axis", 0), type->rank, &axis));
  for (int i = 0; i < type->rank; ++i) {
    if (i != axis || keep) dims[rank++] = i == axis ? mmd_infer_const(c, 1) : type->dims[i];
  }
  return mmd_infer_output(c, 0, MMD_I64, rank, dims);
}

// ---- TopK. Equal values keep the order of their indices.

typedef struct {
  double value;
  size_t index;
  bool largest;
} candidate_t;

static int compare_candidates(const void *a, const void *b) {
  const candidate_t *x = a, *y = b;
  if (comes_first(x->value, y->value, x->largest)) return -1;
  if (comes_first(y->value, x->value, x->largest)) return 1;
  return (x->index > y->index) - (x->index < y->index);
}

static mmd_status_t read_k(mmd_eval_context_t *c, int64_t dim, int64_t *out_k) {
  *out_k = mmd_node_attr_int(c->node, "k", 0);
  if (c->node->version >= 10) MMD_TRY(mmd_eval_scalar_i64(c, 1, 0, out_k));
  if (*out_k >= 0 && *out_k <= dim) return NULL;
  return mmd_node_error(c->node, MMD_OUT_OF_RANGE, "k is %lld of %lld", (long long)*out_k,
                        (long long)dim);
}

static mmd_status_t evaluate_top_k(mmd_eval_context_t *c) {
  const mmd_tensor_t *input = mmd_eval_input(c, 0);
  bool largest = mmd_node_attr_int(c->node, "largest", 1) != 0;
  const double *x;
  candidate_t *line;
  int64_t k, *indices;
  int axis;
  MMD_TRY(mmd_node_axis(c->node, mmd_node_attr_int(c->node, "axis", -1), input->shape.rank, &axis));
  MMD_TRY(read_k(c, input->shape.dims[axis], &k));
  MMD_TRY(mmd_eval_load_f64(c, input, &x));
  size_t count = (size_t)input->shape.dims[axis];
  MMD_TRY(mmd_eval_scratch(c, count, sizeof *line, &line));
  mmd_shape_t shape = input->shape;
  shape.dims[axis] = k;
  MMD_TRY(mmd_eval_output_create(c, 0, input->dtype, &shape, NULL));
  MMD_TRY(mmd_eval_output_create(c, 1, MMD_I64, &shape, &indices));
  size_t outer = mmd_shape_range(&input->shape, 0, axis);
  size_t inner = mmd_shape_range(&input->shape, axis + 1, shape.rank);
  for (size_t o = 0; o < outer && k > 0; ++o) {
    for (size_t i = 0; i < inner; ++i) {
      size_t from = o * count * inner + i, to = o * (size_t)k * inner + i;
      for (size_t n = 0; n < count; ++n) line[n] = (candidate_t){x[from + n * inner], n, largest};
      qsort(line, count, sizeof *line, compare_candidates);
      for (size_t n = 0; n < (size_t)k; ++n) {
        indices[to + n * inner] = (int64_t)line[n].index;
        MMD_TRY(mmd_eval_copy(&c->outputs[0].tensor, to + n * inner, input,
                              from + line[n].index * inner, 1));
      }
    }
  }
  return NULL;
}

static mmd_status_t infer_top_k(mmd_infer_context_t *c) {
  const mmd_type_t *type = mmd_infer_ranked(c, 0);
  const mmd_dim_t *dims[MMD_MAX_RANK], *const *k;
  size_t count;
  int axis;
  if (!type) {
    MMD_TRY(mmd_infer_dtype_only(c));
    return mmd_infer_output(c, 1, MMD_I64, -1, NULL);
  }
  MMD_TRY(mmd_node_axis(c->node, mmd_node_attr_int(c->node, "axis", -1), type->rank, &axis));
  for (int i = 0; i < type->rank; ++i) dims[i] = type->dims[i];
  if (c->node->version < 10) {
    dims[axis] = mmd_infer_const(c, mmd_node_attr_int(c->node, "k", 0));
  } else {
    dims[axis] = mmd_infer_elements(c, 1, &k, &count) && count == 1 ? k[0] : NULL;
  }
  MMD_TRY(mmd_infer_output(c, 0, type->dtype, type->rank, dims));
  if (!dims[axis] && c->node->outputs[0]) dims[axis] = c->node->outputs[0]->type.dims[axis];
  return mmd_infer_output(c, 1, MMD_I64, type->rank, dims);
}

static const mmd_op_t ops[] = {
    {"", "ArgMax", 1, 1, 1, 1, 1, infer_arg, evaluate_arg, 0},
    {"", "ArgMin", 1, 1, 1, 1, 1, infer_arg, evaluate_arg, 0},
    {"", "TopK", 1, 1, 1, 2, 2, infer_top_k, evaluate_top_k, 0},
    {"", "TopK", 10, 2, 2, 2, 2, infer_top_k, evaluate_top_k, 0},
};
const mmd_op_family_t mmd_ops_arg_max = MMD_OP_FAMILY(ops);
