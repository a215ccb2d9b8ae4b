// SPDX-License-Identifier: Apache-2.0
//
// MaxRoiPool: the largest number in each cell of a box laid over whole pixels (Girshick 2015).
#include <float.h>
#include <math.h>

#include "ops/eval_util.h"
#include "ops/infer_util.h"
#include "ops/registry.h"

typedef struct {
  int64_t first[2], end[2];  // rows, columns
} cell_t;

static int64_t clamp(double x, int64_t low, int64_t high) {
  return x > (double)low ? x < (double)high ? (int64_t)x : high : low;
}

// Pixels of cell |index| of |pooled| along one axis of |size| pixels.
static void cut_axis(double start, double stop, int64_t index, int64_t pooled, int64_t size,
                     int64_t *out_first, int64_t *out_end) {
  double cell = fmax(stop - start + 1, 1) / (double)pooled;
  *out_first = clamp(start + floor((double)index * cell), 0, size);
  *out_end = clamp(start + ceil((double)(index + 1) * cell), 0, size);
}

static double cell_max(const mmd_tensor_t *x, size_t plane, const cell_t *cell) {
  const void *data = mmd_tensor_data(x);
  int64_t height = x->shape.dims[2], width = x->shape.dims[3];
  double max = -INFINITY;
  if (cell->first[0] >= cell->end[0] || cell->first[1] >= cell->end[1]) return 0;
  for (int64_t i = cell->first[0]; i < cell->end[0]; ++i) {
    for (int64_t j = cell->first[1]; j < cell->end[1]; ++j) {
      size_t at = (plane * (size_t)height + (size_t)i) * (size_t)width + (size_t)j;
      double value = mmd_dtype_load_f64(x->dtype, data, at);
      if (value > max || isnan(value)) max = value;
      if (isnan(value)) return value;
    }
  }
  return max;
}

static mmd_status_t pool_box(mmd_eval_context_t *c, const int64_t pooled[2], const double *box,
                             size_t first, void *y) {
  const mmd_tensor_t *x = mmd_eval_input(c, 0);
  const mmd_shape_t *in = &x->shape;
  double scale = mmd_node_attr_float(c->node, "spatial_scale", 1);
  size_t channels = (size_t)in->dims[1];
  if (!(box[0] >= 0 && box[0] < (double)in->dims[0])) {
    return mmd_node_error(c->node, MMD_OUT_OF_RANGE, "a box of image %g of %lld", box[0],
                          (long long)in->dims[0]);
  }
  for (size_t k = 0; k < channels; ++k) {
    for (int64_t i = 0; i < pooled[0]; ++i) {
      for (int64_t j = 0; j < pooled[1]; ++j) {
        cell_t cell;
        cut_axis(round(box[2] * scale), round(box[4] * scale), i, pooled[0], in->dims[2],
                 &cell.first[0], &cell.end[0]);
        cut_axis(round(box[1] * scale), round(box[3] * scale), j, pooled[1], in->dims[3],
                 &cell.first[1], &cell.end[1]);
        size_t plane = (size_t)box[0] * channels + k;
        mmd_dtype_store_f64(x->dtype, y, first++, cell_max(x, plane, &cell));
      }
    }
  }
  return NULL;
}

static mmd_status_t read_size(const mmd_node_t *node, int64_t pooled[2]) {
  MMD_TRY(mmd_node_ints(node, "pooled_shape", 2, 0, pooled));
  bool fits = pooled[0] > 0 && pooled[1] > 0 && pooled[0] < INT32_MAX && pooled[1] < INT32_MAX;
  if (fits) return NULL;
  return mmd_node_error(node, MMD_INVALID_ARGUMENT, "pooled_shape is %lld x %lld",
                        (long long)pooled[0], (long long)pooled[1]);
}

static mmd_status_t evaluate(mmd_eval_context_t *c) {
  const mmd_tensor_t *x = mmd_eval_input(c, 0), *rois = mmd_eval_input(c, 1);
  int64_t pooled[2];
  const double *boxes;
  size_t each;
  void *y;
  MMD_TRY(mmd_eval_check_number(c, x));
  MMD_TRY(read_size(c->node, pooled));
  if (x->shape.rank != 4 || rois->shape.rank != 2 || rois->shape.dims[1] != 5) {
    return mmd_node_error(c->node, MMD_INVALID_ARGUMENT,
                          "an input of rank %d and boxes of rank %d instead of N x C x H x W and "
                          "number of boxes x 5",
                          x->shape.rank, rois->shape.rank);
  }
  mmd_shape_t shape = {.rank = 4,
                       .dims = {rois->shape.dims[0], x->shape.dims[1], pooled[0], pooled[1]}};
  MMD_TRY(mmd_eval_load_f64(c, rois, &boxes));
  MMD_TRY(mmd_eval_output_create(c, 0, x->dtype, &shape, &y));
  each = mmd_shape_range(&shape, 1, 4);
  // A cell reaches less than one pixel into each neighbour.
  const int64_t sizes[] = {shape.dims[1], x->shape.dims[2] + 2 * pooled[0],
                           x->shape.dims[3] + 2 * pooled[1]};
  MMD_TRY(mmd_eval_work(c, (size_t)shape.dims[0], mmd_eval_product(sizes, 3)));
  for (size_t r = 0; r < (size_t)shape.dims[0]; ++r) {
    MMD_TRY(pool_box(c, pooled, boxes + 5 * r, r * each, y));
  }
  return NULL;
}

static mmd_status_t infer(mmd_infer_context_t *c) {
  const mmd_type_t *x = mmd_infer_ranked(c, 0), *rois = mmd_infer_ranked(c, 1);
  const mmd_dim_t *dims[4] = {NULL};
  int64_t pooled[2];
  MMD_TRY(read_size(c->node, pooled));
  if (rois && rois->rank == 2) dims[0] = rois->dims[0];
  if (x && x->rank == 4) dims[1] = x->dims[1];
  dims[2] = mmd_infer_const(c, pooled[0]);
  dims[3] = mmd_infer_const(c, pooled[1]);
  return mmd_infer_output(c, 0, mmd_infer_dtype(c, 0), 4, dims);
}

static const mmd_op_t ops[] = {
    {"", "MaxRoiPool", 1, 2, 2, 1, 1, infer, evaluate, 0},
};
const mmd_op_family_t mmd_ops_max_roi_pool = MMD_OP_FAMILY(ops);
