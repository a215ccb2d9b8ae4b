// SPDX-License-Identifier: Apache-2.0
#include <math.h>
#include <string.h>

#include "ops/eval_util.h"
#include "ops/infer_util.h"
#include "ops/registry.h"

typedef struct {
  int64_t height, width, out_height, out_width, sampling;
  double scale, offset;
  bool max, clamp_size;
} roi_align_t;

// Four neighbours of a position and their weights; all weights are 0 outside.
typedef struct {
  int64_t at[4];
  double weight[4];
} corners_t;

static double settle(double x, int64_t size, int64_t *low, int64_t *high) {
  if (x < 0) x = 0;
  *low = (int64_t)x;
  if (*low >= size - 1) {
    *low = *high = size - 1;
    return (double)*low;
  }
  *high = *low + 1;
  return x;
}

static corners_t find_corners(const roi_align_t *r, double y, double x) {
  corners_t c = {{0}, {0}};
  int64_t y0, y1, x0, x1;
  if (!(y >= -1 && y <= (double)r->height && x >= -1 && x <= (double)r->width)) return c;
  y = settle(y, r->height, &y0, &y1);
  x = settle(x, r->width, &x0, &x1);
  double ly = y - (double)y0, lx = x - (double)x0;
  return (corners_t){
      {y0 * r->width + x0, y0 * r->width + x1, y1 * r->width + x0, y1 * r->width + x1},
      {(1 - ly) * (1 - lx), (1 - ly) * lx, ly * (1 - lx), ly * lx}};
}

// One element of the result: mean or maximum over the samples of its bin.
static double pool_bin(const roi_align_t *r, const double *plane, double top, double left,
                       double bin_h, double bin_w, int64_t grid_h, int64_t grid_w) {
  double sum = 0, largest = -(double)INFINITY;
  for (int64_t i = 0; i < grid_h; ++i) {
    for (int64_t k = 0; k < grid_w; ++k) {
      corners_t c = find_corners(r, top + ((double)i + 0.5) * bin_h / (double)grid_h,
                                 left + ((double)k + 0.5) * bin_w / (double)grid_w);
      for (int t = 0; t < 4; ++t) {
        double part = c.weight[t] * plane[c.at[t]];
        sum += part;
        if (part > largest) largest = part;  // ONNX takes the largest weighted corner
      }
    }
  }
  if (grid_h * grid_w == 0) return 0;
  return r->max ? largest : sum / (double)(grid_h * grid_w);
}

static int64_t grid_size(const roi_align_t *r, double size, int64_t out) {
  if (r->sampling > 0) return r->sampling;
  double grid = ceil(size / (double)out);
  return grid > 0 && grid < 1e6 ? (int64_t)grid : 0;
}

static void align_roi(const roi_align_t *r, const double *roi, const double *planes,
                      size_t channels, double *y) {
  double left = roi[0] * r->scale - r->offset, top = roi[1] * r->scale - r->offset;
  double width = roi[2] * r->scale - r->offset - left, height = roi[3] * r->scale - r->offset - top;
  if (r->clamp_size) {
    width = fmax(width, 1);
    height = fmax(height, 1);
  }
  double bin_h = height / (double)r->out_height, bin_w = width / (double)r->out_width;
  int64_t grid_h = grid_size(r, height, r->out_height), grid_w = grid_size(r, width, r->out_width);
  for (size_t k = 0; k < channels; ++k) {
    const double *plane = planes + k * (size_t)(r->height * r->width);
    for (int64_t p = 0; p < r->out_height; ++p) {
      for (int64_t q = 0; q < r->out_width; ++q) {
        *y++ = pool_bin(r, plane, top + (double)p * bin_h, left + (double)q * bin_w, bin_h, bin_w,
                        grid_h, grid_w);
      }
    }
  }
}

static mmd_status_t read_attributes(mmd_eval_context_t *c, roi_align_t *r) {
  const mmd_node_t *node = c->node;
  const mmd_tensor_t *x = mmd_eval_input(c, 0), *rois = mmd_eval_input(c, 1);
  const char *mode = mmd_node_attr_string(node, "mode", "avg");
  const char *transform =
      mmd_node_attr_string(node, "coordinate_transformation_mode",
                           node->version < 16 ? "output_half_pixel" : "half_pixel");
  bool half = strcmp(transform, "half_pixel") == 0;
  bool fits = x->shape.rank == 4 && rois->shape.rank == 2 && rois->shape.dims[1] == 4 &&
              mmd_tensor_count(mmd_eval_input(c, 2)) == (size_t)rois->shape.dims[0];
  if (!fits) return mmd_node_error(node, MMD_INVALID_ARGUMENT, "the rois do not fit the input");
  *r = (roi_align_t){.height = x->shape.dims[2], .width = x->shape.dims[3]};
  r->out_height = mmd_node_attr_int(node, "output_height", 1);
  r->out_width = mmd_node_attr_int(node, "output_width", 1);
  r->sampling = mmd_node_attr_int(node, "sampling_ratio", 0);
  r->scale = mmd_node_attr_float(node, "spatial_scale", 1);
  r->offset = half ? 0.5 : 0;
  r->clamp_size = !half;
  r->max = strcmp(mode, "max") == 0;
  if (r->out_height > 0 && r->out_width > 0 && r->out_height < 65536 && r->out_width < 65536 &&
      r->sampling < 65536 && r->height > 0 && r->width > 0) {
    return NULL;
  }
  return mmd_node_error(node, MMD_INVALID_ARGUMENT, "a size or sampling_ratio");
}

static mmd_status_t evaluate(mmd_eval_context_t *c) {
  const mmd_tensor_t *x = mmd_eval_input(c, 0), *rois = mmd_eval_input(c, 1);
  roi_align_t r;
  const double *in, *boxes;
  const int64_t *batches;
  double *y;
  size_t count;
  MMD_TRY(read_attributes(c, &r));
  MMD_TRY(mmd_eval_load_f64(c, x, &in));
  MMD_TRY(mmd_eval_load_f64(c, rois, &boxes));
  MMD_TRY(mmd_eval_load_i64(c, mmd_eval_input(c, 2), &batches));
  mmd_shape_t shape = {.rank = 4,
                       .dims = {rois->shape.dims[0], x->shape.dims[1], r.out_height, r.out_width}};
  mmd_status_t status = mmd_shape_count(&shape, &count);
  if (status) return mmd_status_annotate(status, "RoiAlign '%s'", c->node->name);
  MMD_TRY(mmd_eval_scratch(c, count, sizeof *y, &y));
  size_t one = mmd_shape_range(&shape, 1, 4), image = mmd_shape_range(&x->shape, 1, 4);
  for (int64_t i = 0; i < shape.dims[0]; ++i) {
    if (batches[i] < 0 || batches[i] >= x->shape.dims[0]) {
      return mmd_node_error(c->node, MMD_OUT_OF_RANGE, "batch index %lld", (long long)batches[i]);
    }
    align_roi(&r, boxes + 4 * i, in + (size_t)batches[i] * image, (size_t)shape.dims[1],
              y + (size_t)i * one);
  }
  return mmd_eval_store_f64(c, 0, x->dtype, &shape, y);
}

static mmd_status_t infer(mmd_infer_context_t *c) {
  const mmd_type_t *x = mmd_infer_ranked(c, 0), *rois = mmd_infer_ranked(c, 1);
  const mmd_dim_t *dims[] = {rois && rois->rank > 0 ? rois->dims[0] : NULL,
                             x && x->rank > 1 ? x->dims[1] : NULL,
                             mmd_infer_const(c, mmd_node_attr_int(c->node, "output_height", 1)),
                             mmd_infer_const(c, mmd_node_attr_int(c->node, "output_width", 1))};
  return mmd_infer_output(c, 0, mmd_infer_dtype(c, 0), 4, dims);
}

static const mmd_op_t ops[] = {
    {"", "RoiAlign", 10, 3, 3, 1, 1, infer, evaluate, 0},
};
const mmd_op_family_t mmd_ops_roi_align = MMD_OP_FAMILY(ops);
