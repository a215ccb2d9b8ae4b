// SPDX-License-Identifier: Apache-2.0
//
// ReduceX over any axes.
#include <math.h>
#include <string.h>

#include "ops/eval_util.h"
#include "ops/infer_util.h"
#include "ops/registry.h"

typedef enum { L1, L2, LOG_SUM, LOG_SUM_EXP, MAX, MEAN, MIN, PROD, SUM, SUM_SQUARE } reduction_t;

static const struct {
  const char *name;
  reduction_t reduction;
} reductions[] = {
    {"ReduceL1", L1},          {"ReduceL2", L2},
    {"ReduceLogSum", LOG_SUM}, {"ReduceLogSumExp", LOG_SUM_EXP},
    {"ReduceMax", MAX},        {"ReduceMean", MEAN},
    {"ReduceMin", MIN},        {"ReduceProd", PROD},
    {"ReduceSum", SUM},        {"ReduceSumSquare", SUM_SQUARE},
};

static reduction_t find_reduction(const mmd_node_t *node) {
  size_t i = 0;
  while (strcmp(reductions[i].name, node->op) != 0) ++i;  // every operator below has a row
  return reductions[i].reduction;
}

// Axes that stay come first; strides are those of the input.
typedef struct {
  int kept_rank, cut_rank;
  int64_t kept[MMD_MAX_RANK], kept_strides[MMD_MAX_RANK];
  int64_t cut[MMD_MAX_RANK], cut_strides[MMD_MAX_RANK];
  size_t results, terms;
  mmd_shape_t shape;  // of the output
  bool nothing;       // no axes, and that means none
} reduce_t;

static mmd_status_t read_axes(mmd_eval_context_t *c, const mmd_tensor_t *input, reduce_t *r) {
  int axes[MMD_MAX_RANK], count, rank = input->shape.rank;
  int64_t strides[MMD_MAX_RANK];
  bool cut[MMD_MAX_RANK] = {false};
  bool keep = mmd_node_attr_int(c->node, "keepdims", 1) != 0;
  MMD_TRY(mmd_eval_axes(c, 1, "axes", rank, axes, &count));
  *r = (reduce_t){.results = 1, .terms = 1};
  r->nothing = count == 0 && mmd_node_attr_int(c->node, "noop_with_empty_axes", 0) != 0;
  for (int i = 0; i < count; ++i) cut[axes[i]] = true;
  for (int i = 0; count == 0 && !r->nothing && i < rank; ++i) cut[i] = true;
  mmd_shape_strides(&input->shape, strides);
  for (int i = 0; i < rank; ++i) {
    int64_t dim = input->shape.dims[i];
    if (cut[i]) {
      r->cut[r->cut_rank] = dim;
      r->cut_strides[r->cut_rank++] = strides[i];
      r->terms *= (size_t)dim;
      if (keep) r->shape.dims[r->shape.rank++] = 1;
    } else {
      r->kept[r->kept_rank] = dim;
      r->kept_strides[r->kept_rank++] = strides[i];
      r->results *= (size_t)dim;
      r->shape.dims[r->shape.rank++] = dim;
    }
  }
  return NULL;
}

static int64_t offset_of(int rank, const int64_t *index, const int64_t *strides) {
  int64_t offset = 0;
  for (int i = 0; i < rank; ++i) offset += index[i] * strides[i];
  return offset;
}

static double start_of(reduction_t reduction) {
  if (reduction == MAX) return -(double)INFINITY;
  if (reduction == MIN) return (double)INFINITY;
  return reduction == PROD ? 1 : 0;
}

static double add_term(reduction_t reduction, double sum, double x) {
  switch (reduction) {
    case L1:
      return sum + fabs(x);
    case L2:
    case SUM_SQUARE:
      return sum + x * x;
    case MAX:
      return x > sum || isnan(x) ? x : sum;
    case MIN:
      return x < sum || isnan(x) ? x : sum;
    case PROD:
      return sum * x;
    case LOG_SUM_EXP:
      return sum + exp(x);
    default:
      return sum + x;
  }
}

static double finish(reduction_t reduction, double sum, size_t terms) {
  switch (reduction) {
    case L2:
      return sqrt(sum);
    case LOG_SUM:
    case LOG_SUM_EXP:
      return log(sum);
    case MEAN:
      return sum / (double)terms;
    default:
      return sum;
  }
}

static double reduce_one(reduction_t reduction, const reduce_t *r, const double *x) {
  int64_t index[MMD_MAX_RANK] = {0};
  double sum = start_of(reduction), shift = 0;
  if (r->terms > 0 && reduction == LOG_SUM_EXP) {  // the largest first, so that nothing overflows
    shift = -(double)INFINITY;
    do shift = fmax(shift, x[offset_of(r->cut_rank, index, r->cut_strides)]);
    while (mmd_index_next(r->cut_rank, r->cut, index));
    if (isinf(shift)) shift = 0;
  }
  if (r->terms > 0) {
    do {
      sum = add_term(reduction, sum, x[offset_of(r->cut_rank, index, r->cut_strides)] - shift);
    } while (mmd_index_next(r->cut_rank, r->cut, index));
  }
  return finish(reduction, sum, r->terms) + shift;
}

static int64_t reduce_integers(reduction_t reduction, const reduce_t *r, const int64_t *x,
                               bool natural) {
  int64_t index[MMD_MAX_RANK] = {0}, result = 0;
  uint64_t sum = reduction == PROD ? 1 : 0;
  bool first = true;
  if (r->terms == 0) return (int64_t)sum;
  do {
    int64_t term = x[offset_of(r->cut_rank, index, r->cut_strides)];
    uint64_t bits = (uint64_t)term;
    bool less = natural ? bits < (uint64_t)result : term < result;
    if (first || (reduction == MIN && less) || (reduction == MAX && !less)) result = term;
    first = false;
    if (reduction == L1 && term < 0 && !natural) bits = 0 - bits;
    if (reduction == SUM_SQUARE) bits *= bits;
    sum = reduction == PROD ? sum * bits : sum + bits;
  } while (mmd_index_next(r->cut_rank, r->cut, index));
  return reduction == MIN || reduction == MAX ? result : (int64_t)sum;
}

static bool is_exact(reduction_t reduction) {
  return reduction == L1 || reduction == MAX || reduction == MIN || reduction == PROD ||
         reduction == SUM || reduction == SUM_SQUARE;
}

static mmd_status_t evaluate_integers(mmd_eval_context_t *c, reduction_t reduction,
                                      const reduce_t *r) {
  const mmd_tensor_t *input = mmd_eval_input(c, 0);
  const int64_t *x;
  int64_t *y, index[MMD_MAX_RANK] = {0};
  MMD_TRY(mmd_eval_load_i64(c, input, &x));
  MMD_TRY(mmd_eval_scratch(c, r->results, sizeof *y, &y));
  for (size_t i = 0; i < r->results; ++i, mmd_index_next(r->kept_rank, r->kept, index)) {
    const int64_t *from = x + offset_of(r->kept_rank, index, r->kept_strides);
    y[i] = reduce_integers(reduction, r, from, input->dtype == MMD_U64);
  }
  return mmd_eval_store_i64(c, 0, input->dtype, &r->shape, y);
}

// Rows of |terms| consecutive floats: the usual mean over the last axes.
typedef struct {
  const float *x;
  float *y;
  size_t terms;
  reduction_t reduction;
} rows_t;

static void reduce_rows(void *context, size_t begin, size_t end) {
  const rows_t *r = context;
  for (size_t i = begin; i < end; ++i) {
    const float *x = r->x + i * r->terms;
    double sum = start_of(r->reduction);
    for (size_t k = 0; k < r->terms; ++k) sum = add_term(r->reduction, sum, (double)x[k]);
    r->y[i] = (float)finish(r->reduction, sum, r->terms);
  }
}

static mmd_status_t evaluate(mmd_eval_context_t *c) {
  const mmd_tensor_t *input = mmd_eval_input(c, 0);
  reduction_t reduction = find_reduction(c->node);
  reduce_t r;
  const double *x;
  double *y;
  int64_t index[MMD_MAX_RANK] = {0};
  MMD_TRY(mmd_eval_check_number(c, input));
  MMD_TRY(read_axes(c, input, &r));
  if (r.nothing) return mmd_eval_output_view(c, 0, input, &input->shape);
  if (!mmd_dtype_is_float(input->dtype) && is_exact(reduction)) {
    return evaluate_integers(c, reduction, &r);
  }
  int64_t first_stride = r.cut_rank > 0 ? r.cut_strides[0] * r.cut[0] : 1;
  bool rows = r.cut_rank > 0 && r.terms > 0 && first_stride == (int64_t)r.terms;
  if (rows && mmd_eval_fast_f32(c, 0, 0) && reduction != LOG_SUM_EXP) {
    float *out;
    MMD_TRY(mmd_eval_output_create(c, 0, MMD_F32, &r.shape, &out));
    rows_t work = {mmd_tensor_data(input), out, r.terms, reduction};
    mmd_parallel_for(c->pool, r.results, 1 + 8192 / r.terms, reduce_rows, &work);
    return NULL;
  }
  MMD_TRY(mmd_eval_load_f64(c, input, &x));
  MMD_TRY(mmd_eval_scratch(c, r.results, sizeof *y, &y));
  for (size_t i = 0; i < r.results; ++i, mmd_index_next(r.kept_rank, r.kept, index)) {
    y[i] = reduce_one(reduction, &r, x + offset_of(r.kept_rank, index, r.kept_strides));
  }
  return mmd_eval_store_f64(c, 0, input->dtype, &r.shape, y);
}

static mmd_status_t infer(mmd_infer_context_t *c) {
  const mmd_type_t *type = mmd_infer_ranked(c, 0);
  int axes[MMD_MAX_RANK], count, rank = 0;
  const mmd_dim_t *dims[MMD_MAX_RANK];
  bool cut[MMD_MAX_RANK] = {false}, keep = mmd_node_attr_int(c->node, "keepdims", 1) != 0;
  if (!type) return mmd_infer_dtype_only(c);
  if (!mmd_infer_axes(c, 1, "axes", type->rank, axes, &count)) {
    return mmd_infer_output(c, 0, type->dtype, keep ? type->rank : -1, NULL);
  }
  bool noop = mmd_node_attr_int(c->node, "noop_with_empty_axes", 0) != 0;
  for (int i = 0; i < count; ++i) cut[axes[i]] = true;
  for (int i = 0; i < type->rank; ++i) {
    bool gone = count == 0 ? !noop : cut[i];
    if (!gone) dims[rank++] = type->dims[i];
    if (gone && keep) dims[rank++] = mmd_infer_const(c, 1);
  }
  MMD_TRY(mmd_infer_output(c, 0, type->dtype, rank, dims));
  // The product of a shape is a number of elements.
  const mmd_dim_t *const *elements,
      *result = mmd_infer_const(c, strcmp(c->node->op, "ReduceProd") == 0);
  size_t element_count;
  bool product = strcmp(c->node->op, "ReduceProd") == 0;
  if (type->rank != 1 || noop || !mmd_infer_elements(c, 0, &elements, &element_count)) return NULL;
  if (!product && strcmp(c->node->op, "ReduceSum") != 0) return NULL;
  for (size_t i = 0; i < element_count; ++i) {
    result = product ? mmd_dim_mul(c->graph, result, elements[i])
                     : mmd_dim_add(c->graph, result, elements[i]);
  }
  return mmd_infer_output_elements(c, 0, 1, &result);
}

#define REDUCE(name) \
  { "", name, 1, 1, 2, 1, 1, infer, evaluate, 0 }
static const mmd_op_t ops[] = {
    REDUCE("ReduceL1"),        REDUCE("ReduceL2"),   REDUCE("ReduceLogSum"),
    REDUCE("ReduceLogSumExp"), REDUCE("ReduceMax"),  REDUCE("ReduceMean"),
    REDUCE("ReduceMin"),       REDUCE("ReduceProd"), REDUCE("ReduceSum"),
    REDUCE("ReduceSumSquare"),
};
const mmd_op_family_t mmd_ops_reduce = MMD_OP_FAMILY(ops);
