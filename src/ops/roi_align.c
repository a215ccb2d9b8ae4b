// SPDX-License-Identifier: Apache-2.0
//
// RoiAlign of ONNX, and the RoI poolings of mmcv and MMDeploy: upright and rotated boxes, one
// feature map or several. Where samples lie is float arithmetic in both modes, as the operators
// define it: positions at the border of the image and the sizes of adaptive grids decide by it.
#include "kernels/roi_align.h"

#include <float.h>
#include <string.h>

#include "ops/eval_util.h"
#include "ops/infer_util.h"
#include "ops/registry.h"

enum { MAX_LEVELS = 10 };

typedef struct {
  mmd_roi_align_t align;
  mmd_roi_level_t levels[MAX_LEVELS];
  size_t box_input, first_map;
  const float *boxes;
  size_t count;
} roi_t;

static mmd_status_t fit_error(const mmd_eval_context_t *c, const char *what) {
  return mmd_node_error(c->node, MMD_INVALID_ARGUMENT, "%s", what);
}

static bool is_multi_level(const mmd_node_t *node) {
  return strncmp(node->op, "MMCVMultiLevel", 14) == 0;
}

static int64_t default_size(const mmd_node_t *node) {
  return strcmp(node->op, "RoiAlign") == 0 ? 1 : 7;
}

// ---- Attributes.

static mmd_status_t read_onnx(mmd_eval_context_t *c, roi_t *r) {
  const char *mode = mmd_node_attr_string(c->node, "mode", "avg");
  const char *transform =
      mmd_node_attr_string(c->node, "coordinate_transformation_mode",
                           c->node->version < 16 ? "output_half_pixel" : "half_pixel");
  bool half = strcmp(transform, "half_pixel") == 0;
  r->align.offset = half ? 0.5f : 0;
  r->align.min_size = half ? -INFINITY : 1;
  r->align.pool = strcmp(mode, "max") == 0 ? MMD_ROI_MAX_CORNER : MMD_ROI_AVERAGE;
  return NULL;
}

static mmd_status_t read_mmcv(mmd_eval_context_t *c, roi_t *r) {
  const char *mode = mmd_node_attr_string(c->node, "mode", "avg");
  bool aligned = mmd_node_attr_int(c->node, "aligned", 1) != 0;
  r->align.rotated = strcmp(c->node->op, "MMCVRoIAlignRotated") == 0;
  r->align.clockwise = mmd_node_attr_int(c->node, "clockwise", 0) != 0;
  r->align.offset = aligned ? 0.5f : 0;
  r->align.min_size = aligned ? -INFINITY : 1;
  r->align.pool = MMD_ROI_AVERAGE;
  if (r->align.rotated || strcmp(mode, "avg") == 0) return NULL;
  r->align.pool = MMD_ROI_MAX;
  if (strcmp(mode, "max") == 0) return NULL;
  return mmd_node_error(c->node, MMD_NOT_SUPPORTED, "mode '%s', 'avg' or 'max' is needed", mode);
}

static mmd_status_t read_strides(mmd_eval_context_t *c, roi_t *r) {
  const mmd_attr_t *strides = mmd_node_attr(c->node, "featmap_strides");
  r->align.level_count = c->input_count - 1;
  if (!strides || strides->kind != MMD_ATTR_FLOATS || strides->count < r->align.level_count ||
      r->align.level_count > MAX_LEVELS) {
    return mmd_node_error(c->node, MMD_INVALID_ARGUMENT,
                          "%zu feature maps, featmap_strides of %zu, at most %d are supported",
                          r->align.level_count, strides ? strides->count : 0, MAX_LEVELS);
  }
  for (size_t i = 0; i < r->align.level_count; ++i) {
    r->levels[i].scale = 1.f / (float)strides->u.numbers[i];
  }
  return NULL;
}

static mmd_status_t read_multi_level(mmd_eval_context_t *c, roi_t *r) {
  mmd_roi_align_t *a = &r->align;
  bool aligned = mmd_node_attr_int(c->node, "aligned", 0) != 0;
  a->rotated = strcmp(c->node->op, "MMCVMultiLevelRotatedRoiAlign") == 0;
  a->clockwise = mmd_node_attr_int(c->node, "clockwise", 0) != 0;
  a->offset = aligned ? 0.5f : 0;
  a->min_size = aligned && !a->rotated ? 0 : 1;  // rotated boxes always, as in the plug-in
  a->finest_scale = (float)mmd_node_attr_int(c->node, "finest_scale", 56);
  a->roi_scale_factor = (float)mmd_node_attr_float(c->node, "roi_scale_factor", -1);
  a->roi_border = (float)mmd_node_attr_float(c->node, "roi_border", 1);
  bool max = !a->rotated && mmd_node_attr_int(c->node, "pool_mode", 0) == 0;
  a->pool = max ? MMD_ROI_MAX : MMD_ROI_AVERAGE;
  r->box_input = 0;
  r->first_map = 1;
  return read_strides(c, r);
}

static mmd_status_t read_attributes(mmd_eval_context_t *c, roi_t *r) {
  const mmd_node_t *node = c->node;
  bool multi = is_multi_level(node);
  mmd_roi_align_t *a = &r->align;
  *r = (roi_t){.box_input = 1};
  a->levels = r->levels;
  a->level_count = 1;
  a->finest_scale = 1;
  a->out_height = mmd_node_attr_int(node, "output_height", default_size(node));
  a->out_width = mmd_node_attr_int(node, "output_width", default_size(node));
  a->sampling_ratio = mmd_node_attr_int(node, "sampling_ratio", multi ? 2 : 0);
  r->levels[0].scale = (float)mmd_node_attr_float(node, "spatial_scale", 1);
  if (multi) {
    MMD_TRY(read_multi_level(c, r));
  } else if (strcmp(node->op, "RoiAlign") == 0) {
    MMD_TRY(read_onnx(c, r));
  } else {
    MMD_TRY(read_mmcv(c, r));
  }
  for (size_t i = 0; i < a->level_count; ++i) {
    float scale = r->levels[i].scale;
    if (!(scale > 0 && isfinite(scale))) return fit_error(c, "a scale or stride is not positive");
  }
  if (a->out_height > 0 && a->out_width > 0 && a->out_height < 65536 && a->out_width < 65536 &&
      a->sampling_ratio < 65536) {
    return NULL;
  }
  return fit_error(c, "a size or sampling_ratio");
}

// ---- Inputs.

static mmd_status_t read_maps(mmd_eval_context_t *c, roi_t *r) {
  const int64_t *first = mmd_eval_input(c, r->first_map)->shape.dims;
  for (size_t i = 0; i < r->align.level_count; ++i) {
    const mmd_tensor_t *x = mmd_eval_input(c, r->first_map + i);
    if (!x || x->shape.rank != 4 || x->shape.dims[0] != first[0] || x->shape.dims[1] != first[1]) {
      return fit_error(c, "the feature maps do not fit");
    }
    r->levels[i].height = x->shape.dims[2];
    r->levels[i].width = x->shape.dims[3];
    if (r->levels[i].height == 0 || r->levels[i].width == 0) {
      return fit_error(c, "a feature map is empty");
    }
  }
  r->align.batch = (size_t)first[0];
  r->align.channels = (size_t)first[1];
  return NULL;
}

// ONNX has the batch index in an input of its own.
static mmd_status_t join_boxes(mmd_eval_context_t *c, roi_t *r, const mmd_tensor_t *boxes) {
  const mmd_tensor_t *batch_input = mmd_eval_input(c, 2);
  const int64_t *batches;
  float *joined;
  if (boxes->shape.rank != 2 || boxes->shape.dims[1] != 4 ||
      mmd_tensor_count(batch_input) != r->count) {
    return fit_error(c, "the rois do not fit the input");
  }
  MMD_TRY(mmd_eval_load_i64(c, batch_input, &batches));
  MMD_TRY(mmd_eval_scratch(c, r->count, 5 * sizeof *joined, &joined));
  for (size_t i = 0; i < r->count; ++i) {
    if (batches[i] < 0 || (uint64_t)batches[i] >= r->align.batch || batches[i] > 1 << 24) {
      return mmd_node_error(c->node, MMD_OUT_OF_RANGE, "batch index %lld", (long long)batches[i]);
    }
    joined[5 * i] = (float)batches[i];
    for (size_t k = 0; k < 4; ++k) {
      joined[5 * i + 1 + k] = (float)mmd_tensor_get_f64(boxes, 4 * i + k);
    }
  }
  r->boxes = joined;
  return NULL;
}

static mmd_status_t read_boxes(mmd_eval_context_t *c, roi_t *r) {
  const mmd_tensor_t *boxes = mmd_eval_input(c, r->box_input);
  size_t size = mmd_roi_align_box_size(&r->align);
  MMD_TRY(mmd_eval_check_number(c, boxes));
  r->count = boxes->shape.rank > 0 ? (size_t)boxes->shape.dims[0] : 0;
  if (strcmp(c->node->op, "RoiAlign") == 0) return join_boxes(c, r, boxes);
  if (boxes->shape.rank != 2 || (size_t)boxes->shape.dims[1] != size) {
    return mmd_node_error(c->node, MMD_INVALID_ARGUMENT, "rois of rank %d, n x %zu is needed",
                          boxes->shape.rank, size);
  }
  if (boxes->dtype == MMD_F32) {
    r->boxes = mmd_tensor_data(boxes);
    return NULL;
  }
  float *copy;
  MMD_TRY(mmd_eval_scratch(c, r->count, size * sizeof *copy, &copy));
  for (size_t i = 0; i < r->count * size; ++i) copy[i] = (float)mmd_tensor_get_f64(boxes, i);
  r->boxes = copy;
  return NULL;
}

// ---- Plain mode.

static double pool_sample(mmd_roi_pool_t pool, const mmd_corners_t *at, const double *plane,
                          double before) {
  double sum = 0, largest = before;
  for (int t = 0; t < 4; ++t) {
    double part = at->at[t] < 0 ? 0 : (double)at->weight[t] * plane[at->at[t]];
    sum += part;
    if (part > largest) largest = part;
  }
  if (pool == MMD_ROI_AVERAGE) return before + sum;
  if (pool == MMD_ROI_MAX_CORNER) return largest;  // ONNX takes the largest weighted corner
  return sum > before ? sum : before;
}

static double pool_bin(const mmd_roi_align_t *a, const mmd_roi_frame_t *f, int64_t p, int64_t q,
                       const double *plane) {
  int64_t count = f->grid_h * f->grid_w;
  if (count == 0) return 0;
  double result = a->pool == MMD_ROI_AVERAGE ? 0 : -(double)FLT_MAX;
  for (int64_t i = 0; i < f->grid_h; ++i) {
    for (int64_t k = 0; k < f->grid_w; ++k) {
      mmd_corners_t corners = mmd_roi_frame_corners(a, f, p, q, i, k);
      result = pool_sample(a->pool, &corners, plane, result);
    }
  }
  return a->pool == MMD_ROI_AVERAGE ? result / (double)count : result;
}

static void pool_box(const mmd_roi_align_t *a, const mmd_roi_frame_t *f, const double *map,
                     double *y) {
  int64_t plane = f->level->height * f->level->width;
  const double *x = map + (int64_t)(f->batch * a->channels) * plane;
  for (size_t c = 0; c < a->channels; ++c, x += plane) {
    for (int64_t p = 0; p < a->out_height; ++p) {
      for (int64_t q = 0; q < a->out_width; ++q) *y++ = pool_bin(a, f, p, q, x);
    }
  }
}

static mmd_status_t evaluate_plain(mmd_eval_context_t *c, roi_t *r, const mmd_shape_t *shape) {
  const double *maps[MAX_LEVELS];
  const mmd_roi_align_t *a = &r->align;
  double *y;
  size_t count;
  mmd_status_t status = mmd_shape_count(shape, &count);
  if (status) return mmd_status_annotate(status, "%s '%s'", c->node->op, c->node->name);
  for (size_t i = 0; i < a->level_count; ++i) {
    MMD_TRY(mmd_eval_load_f64(c, mmd_eval_input(c, r->first_map + i), &maps[i]));
  }
  MMD_TRY(mmd_eval_scratch(c, count, sizeof *y, &y));
  for (size_t i = 0; i < r->count; ++i) {
    mmd_roi_frame_t frame;
    status = mmd_roi_frame_make(a, r->boxes, i, &frame);
    if (status) return mmd_status_annotate(status, "%s '%s'", c->node->op, c->node->name);
    pool_box(a, &frame, maps[frame.level - a->levels], y + i * (count / r->count));
  }
  return mmd_eval_store_f64(c, 0, mmd_eval_input(c, r->first_map)->dtype, shape, y);
}

// ---- Fast mode.

static bool has_kernel(const mmd_eval_context_t *c, const roi_t *r) {
  return mmd_eval_fast_f32(c, r->first_map, r->first_map + r->align.level_count - 1);
}

static mmd_status_t evaluate_fast(mmd_eval_context_t *c, roi_t *r, const mmd_shape_t *shape) {
  float *y;
  MMD_TRY(mmd_eval_output_create(c, 0, MMD_F32, shape, &y));
  for (size_t i = 0; i < r->align.level_count; ++i) {
    r->levels[i].x = mmd_tensor_data(mmd_eval_input(c, r->first_map + i));
  }
  mmd_status_t status = mmd_roi_align_run(&r->align, r->boxes, r->count, y, c->pool);
  return status ? mmd_status_annotate(status, "%s '%s'", c->node->op, c->node->name) : NULL;
}

// How many samples a box takes is up to the box.
static mmd_status_t count_samples(mmd_eval_context_t *c, const roi_t *r) {
  const mmd_roi_align_t *a = &r->align;
  for (size_t i = 0; c->work_left && i < r->count; ++i) {
    mmd_roi_frame_t frame;
    mmd_status_t status = mmd_roi_frame_make(a, r->boxes, i, &frame);
    if (status) return mmd_status_annotate(status, "%s '%s'", c->node->op, c->node->name);
    const int64_t bins[] = {a->out_height, a->out_width, frame.grid_h, frame.grid_w};
    MMD_TRY(mmd_eval_work(c, mmd_eval_product(bins, 4), a->channels));
  }
  return NULL;
}

static mmd_status_t evaluate(mmd_eval_context_t *c) {
  roi_t r;
  MMD_TRY(read_attributes(c, &r));
  MMD_TRY(read_maps(c, &r));
  MMD_TRY(read_boxes(c, &r));
  MMD_TRY(count_samples(c, &r));
  mmd_shape_t shape = {
      .rank = 4,
      .dims = {(int64_t)r.count, (int64_t)r.align.channels, r.align.out_height, r.align.out_width}};
  return has_kernel(c, &r) ? evaluate_fast(c, &r, &shape) : evaluate_plain(c, &r, &shape);
}

// ---- Types.

static mmd_status_t infer(mmd_infer_context_t *c) {
  bool multi = is_multi_level(c->node);
  int64_t size = default_size(c->node);
  const mmd_type_t *x = mmd_infer_ranked(c, multi ? 1 : 0);
  const mmd_type_t *rois = mmd_infer_ranked(c, multi ? 0 : 1);
  const mmd_dim_t *dims[] = {rois && rois->rank > 0 ? rois->dims[0] : NULL,
                             x && x->rank > 1 ? x->dims[1] : NULL,
                             mmd_infer_const(c, mmd_node_attr_int(c->node, "output_height", size)),
                             mmd_infer_const(c, mmd_node_attr_int(c->node, "output_width", size))};
  return mmd_infer_output(c, 0, mmd_infer_dtype(c, multi ? 1 : 0), 4, dims);
}

// MMCVRoiAlign is what exporters write, MMCVRoIAlign what the documentation calls it.
static const mmd_op_t ops[] = {
    {"", "RoiAlign", 10, 3, 3, 1, 1, infer, evaluate, 0},
    {"mmcv", "MMCVRoIAlign", 1, 2, 2, 1, 1, infer, evaluate, 0},
    {"mmcv", "MMCVRoIAlignRotated", 1, 2, 2, 1, 1, infer, evaluate, 0},
    {"mmcv", "MMCVRoiAlign", 1, 2, 2, 1, 1, infer, evaluate, 0},
    {"mmdeploy", "MMCVMultiLevelRoiAlign", 1, 2, 1 + MAX_LEVELS, 1, 1, infer, evaluate, 0},
    {"mmdeploy", "MMCVMultiLevelRotatedRoiAlign", 1, 2, 1 + MAX_LEVELS, 1, 1, infer, evaluate, 0},
    {"mmdeploy", "MMCVRoIAlign", 1, 2, 2, 1, 1, infer, evaluate, 0},
    {"mmdeploy", "MMCVRoIAlignRotated", 1, 2, 2, 1, 1, infer, evaluate, 0},
    {"mmdeploy", "MMCVRoiAlign", 1, 2, 2, 1, 1, infer, evaluate, 0},
};
const mmd_op_family_t mmd_ops_roi_align = MMD_OP_FAMILY(ops);
