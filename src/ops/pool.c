// SPDX-License-Identifier: Apache-2.0
//
// MaxPool, AveragePool, LpPool and their global forms.
#include <math.h>
#include <string.h>

#include "kernels/pooling.h"
#include "ops/eval_util.h"
#include "ops/infer_util.h"
#include "ops/registry.h"
#include "ops/spatial.h"

typedef enum { MAX, AVERAGE, LP } pool_kind_t;

typedef struct {
  mmd_spatial_t spatial;
  pool_kind_t kind;
  bool count_pads, column_major;
  double p;
  const double *x;
  double *y;
  int64_t *indices;  // MaxPool's second output, or NULL
} pool_t;

static pool_kind_t kind_of(const mmd_node_t *node) {
  if (strstr(node->op, "Max")) return MAX;
  return strstr(node->op, "Average") ? AVERAGE : LP;
}

// Column-major index inside a plane of a row-major position.
static int64_t column_index(const mmd_spatial_t *s, const int64_t *at) {
  int64_t result = 0;
  for (int i = s->rank - 1; i >= 0; --i) result = result * s->in[i] + at[i];
  return result;
}

// One window, whose first element lies at |corner| (maybe in the padding).
static double pool_window(const pool_t *p, const double *plane, const int64_t *corner,
                          int64_t plane_start, int64_t *out_index) {
  const mmd_spatial_t *s = &p->spatial;
  int64_t k[MMD_SPATIAL_MAX] = {0}, at[MMD_SPATIAL_MAX];
  double result = p->kind == MAX ? -(double)INFINITY : 0;
  int64_t count = 0;
  bool found = false;
  do {
    int64_t from = 0;
    bool inside = true, in_pads = true;
    for (int i = 0; i < s->rank; ++i) {
      at[i] = corner[i] + k[i] * s->dilation[i];
      inside = inside && at[i] >= 0 && at[i] < s->in[i];
      in_pads = in_pads && at[i] < s->in[i] + s->end[i];  // a last window may reach past the pads
      from = from * s->in[i] + at[i];
    }
    count += p->count_pads ? in_pads : inside;
    if (!inside) continue;
    double x = plane[from];
    if (p->kind == AVERAGE) {
      result += x;
    } else if (p->kind == LP) {
      result += pow(fabs(x), p->p);
    } else if (!found || x > result || isnan(x)) {
      if (found && isnan(result)) continue;
      result = x;
      found = true;
      if (out_index) *out_index = plane_start + (p->column_major ? column_index(s, at) : from);
    }
  } while (mmd_index_next(s->rank, s->kernel, k));
  if (p->kind == AVERAGE) return count ? result / (double)count : 0;
  return p->kind == LP ? pow(result, 1 / p->p) : result;
}

static void pool_planes(void *context, size_t begin, size_t end) {
  const pool_t *p = context;
  const mmd_spatial_t *s = &p->spatial;
  int64_t in_size = mmd_spatial_count(s->in, s->rank),
          out_size = mmd_spatial_count(s->out, s->rank);
  if (out_size == 0) return;
  for (size_t plane = begin; plane < end; ++plane) {
    int64_t index[MMD_SPATIAL_MAX] = {0}, corner[MMD_SPATIAL_MAX];
    int64_t start = (int64_t)plane * in_size, to = (int64_t)plane * out_size;
    do {
      for (int i = 0; i < s->rank; ++i) corner[i] = index[i] * s->stride[i] - s->begin[i];
      p->y[to] = pool_window(p, p->x + start, corner, start, p->indices ? &p->indices[to] : NULL);
      ++to;
    } while (mmd_index_next(s->rank, s->out, index));
  }
}

static mmd_status_t pool_fast(mmd_eval_context_t *c, const pool_t *p, const mmd_shape_t *shape) {
  const mmd_spatial_t *s = &p->spatial;
  const mmd_tensor_t *input = mmd_eval_input(c, 0);
  int h = s->rank == 2 ? 0 : -1, w = s->rank - 1;
  mmd_pooling_t k = {.planes = (size_t)(shape->dims[0] * shape->dims[1]),
                     .height = h < 0 ? 1 : (size_t)s->in[h],
                     .width = (size_t)s->in[w],
                     .kernel_h = h < 0 ? 1 : (size_t)s->kernel[h],
                     .kernel_w = (size_t)s->kernel[w],
                     .stride_h = h < 0 ? 1 : (size_t)s->stride[h],
                     .stride_w = (size_t)s->stride[w],
                     .dilation_h = h < 0 ? 1 : (size_t)s->dilation[h],
                     .dilation_w = (size_t)s->dilation[w],
                     .pad_top = h < 0 ? 0 : (size_t)s->begin[h],
                     .pad_left = (size_t)s->begin[w],
                     .pad_bottom = h < 0 ? 0 : (size_t)s->end[h],
                     .pad_right = (size_t)s->end[w],
                     .out_height = h < 0 ? 1 : (size_t)s->out[h],
                     .out_width = (size_t)s->out[w],
                     .count_include_pad = p->count_pads};
  float *y;
  MMD_TRY(mmd_eval_output_create(c, 0, MMD_F32, shape, &y));
  const float *x = mmd_tensor_data(input);
  return p->kind == MAX ? mmd_pooling_max(&k, x, y, c->pool)
                        : mmd_pooling_average(&k, x, y, c->pool);
}

static mmd_status_t pool_plain(mmd_eval_context_t *c, pool_t *p, const mmd_shape_t *shape) {
  const mmd_tensor_t *input = mmd_eval_input(c, 0);
  size_t count;
  mmd_status_t status = mmd_shape_count(shape, &count);
  if (status) return mmd_status_annotate(status, "%s '%s'", c->node->op, c->node->name);
  MMD_TRY(mmd_eval_load_f64(c, input, &p->x));
  MMD_TRY(mmd_eval_scratch(c, count, sizeof *p->y, &p->y));
  if (mmd_eval_wants(c, 1)) MMD_TRY(mmd_eval_scratch(c, count, sizeof *p->indices, &p->indices));
  if (count > 0) {
    mmd_parallel_for(c->pool, (size_t)(shape->dims[0] * shape->dims[1]), 1, pool_planes, p);
  }
  MMD_TRY(mmd_eval_store_f64(c, 0, input->dtype, shape, p->y));
  return p->indices ? mmd_eval_store_i64(c, 1, MMD_I64, shape, p->indices) : NULL;
}

static mmd_status_t evaluate(mmd_eval_context_t *c) {
  const mmd_tensor_t *input = mmd_eval_input(c, 0);
  pool_t p = {.kind = kind_of(c->node)};
  MMD_TRY(mmd_spatial_read(c->node, &input->shape, NULL, &p.spatial));
  p.count_pads = mmd_node_attr_int(c->node, "count_include_pad", 0) != 0;
  p.column_major = mmd_node_attr_int(c->node, "storage_order", 0) != 0;
  p.p = mmd_node_attr_float(c->node, "p", 2);
  mmd_shape_t shape = input->shape;
  memcpy(shape.dims + 2, p.spatial.out, (size_t)p.spatial.rank * sizeof(int64_t));
  MMD_TRY(mmd_eval_work(c, mmd_eval_product(shape.dims, shape.rank),
                        mmd_eval_product(p.spatial.kernel, p.spatial.rank)));
  bool fast = mmd_eval_fast_f32(c, 0, 0) && p.spatial.rank <= 2 && p.kind != LP &&
              !mmd_eval_wants(c, 1) && mmd_tensor_count(input) > 0;
  return fast ? pool_fast(c, &p, &shape) : pool_plain(c, &p, &shape);
}

static mmd_status_t infer(mmd_infer_context_t *c) {
  const mmd_type_t *x = mmd_infer_ranked(c, 0);
  const mmd_dim_t *dims[MMD_MAX_RANK] = {NULL};
  if (!x || x->rank < 3) return mmd_infer_dtype_only(c);
  dims[0] = x->dims[0];
  dims[1] = x->dims[1];
  MMD_TRY(mmd_spatial_infer(c->graph, c->node, x, NULL, dims + 2));
  MMD_TRY(mmd_infer_output(c, 0, x->dtype, x->rank, dims));
  return mmd_infer_output(c, 1, MMD_I64, x->rank, dims);
}

// ---- One window over everything.

static double pool_all(const mmd_node_t *node, const void *data, mmd_dtype_t dtype, size_t first,
                       size_t count) {
  pool_kind_t kind = kind_of(node);
  double p = mmd_node_attr_float(node, "p", 2), result = kind == MAX ? -(double)INFINITY : 0;
  for (size_t i = 0; i < count; ++i) {
    double x = mmd_dtype_load_f64(dtype, data, first + i);
    if (kind == AVERAGE) {
      result += x;
    } else if (kind == LP) {
      result += pow(fabs(x), p);
    } else if (x > result || isnan(x)) {
      result = x;
      if (isnan(x)) break;
    }
  }
  if (kind == AVERAGE) return count ? result / (double)count : 0;
  return kind == LP ? pow(result, 1 / p) : result;
}

static mmd_status_t evaluate_global(mmd_eval_context_t *c) {
  const mmd_tensor_t *input = mmd_eval_input(c, 0);
  mmd_shape_t shape = input->shape;
  void *y;
  MMD_TRY(mmd_eval_check_number(c, input));
  if (shape.rank < 2) {
    return mmd_node_error(c->node, MMD_INVALID_ARGUMENT, "the input has rank %d", shape.rank);
  }
  for (int i = 2; i < shape.rank; ++i) shape.dims[i] = 1;
  size_t planes = mmd_shape_range(&shape, 0, 2);
  size_t size = mmd_shape_range(&input->shape, 2, shape.rank);
  MMD_TRY(mmd_eval_output_create(c, 0, input->dtype, &shape, &y));
  const void *x = mmd_tensor_data(input);
  pool_kind_t kind = kind_of(c->node);
  if (mmd_eval_fast_f32(c, 0, 0) && kind != LP && size > 0) {
    if (kind == MAX) mmd_pooling_global_max(planes, size, x, y);
    if (kind == AVERAGE) mmd_pooling_global_average(planes, size, x, y);
    return NULL;
  }
  for (size_t i = 0; i < planes; ++i) {
    mmd_dtype_store_f64(input->dtype, y, i, pool_all(c->node, x, input->dtype, i * size, size));
  }
  return NULL;
}

static mmd_status_t infer_global(mmd_infer_context_t *c) {
  const mmd_type_t *x = mmd_infer_ranked(c, 0);
  const mmd_dim_t *dims[MMD_MAX_RANK];
  if (!x) return mmd_infer_dtype_only(c);
  for (int i = 0; i < x->rank; ++i) dims[i] = i < 2 ? x->dims[i] : mmd_infer_const(c, 1);
  return mmd_infer_output(c, 0, x->dtype, x->rank, dims);
}

static const mmd_op_t ops[] = {
    {"", "AveragePool", 1, 1, 1, 1, 1, infer, evaluate, 0},
    {"", "GlobalAveragePool", 1, 1, 1, 1, 1, infer_global, evaluate_global, 0},
    {"", "GlobalLpPool", 2, 1, 1, 1, 1, infer_global, evaluate_global, 0},
    {"", "GlobalMaxPool", 1, 1, 1, 1, 1, infer_global, evaluate_global, 0},
    {"", "LpPool", 2, 1, 1, 1, 1, infer, evaluate, 0},
    {"", "MaxPool", 1, 1, 1, 1, 2, infer, evaluate, 0},
};
const mmd_op_family_t mmd_ops_pool = MMD_OP_FAMILY(ops);
