// SPDX-License-Identifier: Apache-2.0
//
// GridSample over any number of spatial axes, mmdeploy's grid_sampler, and AffineGrid.
#include "kernels/grid_sample.h"

#include <math.h>
#include <string.h>

#include "ops/eval_util.h"
#include "ops/infer_util.h"
#include "ops/registry.h"

enum { MAX_TAPS = 4, MAX_AXES = MMD_MAX_RANK - 2 };

typedef struct {
  mmd_grid_mode_t mode;
  mmd_grid_padding_t padding;
  bool align_corners;
  int rank;      // spatial axes
  int64_t taps;  // an axis
  int64_t size[MAX_AXES], stride[MAX_AXES];
} sampler_t;

// Source elements along one axis; |offset| -1 stands for a zero.
typedef struct {
  int64_t offset[MAX_TAPS];
  double weight[MAX_TAPS];
} taps_t;

static mmd_status_t read_onnx_modes(const mmd_node_t *node, sampler_t *s) {
  const char *mode = mmd_node_attr_string(node, "mode", "linear");
  const char *padding = mmd_node_attr_string(node, "padding_mode", "zeros");
  if (strcmp(mode, "nearest") == 0) s->mode = MMD_GRID_NEAREST;
  if (strcmp(mode, "cubic") == 0 || strcmp(mode, "bicubic") == 0) s->mode = MMD_GRID_CUBIC;
  if (strcmp(padding, "border") == 0) s->padding = MMD_GRID_BORDER;
  if (strcmp(padding, "reflection") == 0) s->padding = MMD_GRID_REFLECTION;
  bool mode_known =
      s->mode != MMD_GRID_LINEAR || strcmp(mode, "linear") == 0 || strcmp(mode, "bilinear") == 0;
  if (!mode_known || (s->padding == MMD_GRID_ZEROS && strcmp(padding, "zeros") != 0)) {
    return mmd_node_error(node, MMD_NOT_SUPPORTED, "mode '%s', padding_mode '%s'", mode, padding);
  }
  return NULL;
}

static mmd_status_t read_mmdeploy_modes(const mmd_node_t *node, sampler_t *s) {
  int64_t mode = mmd_node_attr_int(node, "interpolation_mode", 0);
  int64_t padding = mmd_node_attr_int(node, "padding_mode", 0);
  if (mode < 0 || mode > 2 || padding < 0 || padding > 2 || s->rank < 2 ||
      s->rank > (mode == MMD_GRID_CUBIC ? 2 : 3)) {
    return mmd_node_error(node, MMD_NOT_SUPPORTED,
                          "interpolation_mode %lld, padding_mode %lld, %d spatial axes",
                          (long long)mode, (long long)padding, s->rank);
  }
  s->mode = (mmd_grid_mode_t)mode;
  s->padding = (mmd_grid_padding_t)padding;
  return NULL;
}

static mmd_status_t read_sampler(const mmd_node_t *node, const mmd_shape_t *x, sampler_t *s) {
  bool onnx = strcmp(node->op, "GridSample") == 0;
  *s = (sampler_t){.mode = MMD_GRID_LINEAR, .rank = x->rank - 2};
  MMD_TRY(onnx ? read_onnx_modes(node, s) : read_mmdeploy_modes(node, s));
  s->align_corners = mmd_node_attr_int(node, "align_corners", 0) != 0;
  s->taps = s->mode == MMD_GRID_NEAREST ? 1 : s->mode == MMD_GRID_LINEAR ? 2 : 4;
  for (int i = s->rank - 1; i >= 0; --i) {
    s->size[i] = x->dims[i + 2];
    s->stride[i] = i == s->rank - 1 ? 1 : s->stride[i + 1] * s->size[i + 1];
  }
  return NULL;
}

// ---- Plain mode.

static double clamp(double x, double low, double high) {
  return x < low ? low : x > high ? high : x;
}

static double reflect(double x, double low, double high) {
  double span = high - low;
  if (span <= 0) return 0;
  double distance = fmod(fabs(x - low), 2 * span);
  return low + (distance > span ? 2 * span - distance : distance);
}

static double pad_position(const sampler_t *s, int axis, double x) {
  double last = (double)(s->size[axis] - 1), margin = s->align_corners ? 0 : 0.5;
  if (s->padding == MMD_GRID_BORDER) return clamp(x, 0, last);
  if (s->padding == MMD_GRID_REFLECTION) {
    return clamp(reflect(x, -margin, last + margin), 0, last);
  }
  return x;
}

static double cubic_weight(double x) {
  const double a = -0.75;
  x = fabs(x);
  if (x <= 1) return ((a + 2) * x - (a + 3)) * x * x + 1;
  return x < 2 ? (((x - 5) * x + 8) * x - 4) * a : 0;
}

static double find_position(const sampler_t *s, int axis, double normal) {
  double size = (double)s->size[axis];
  if (s->mode != MMD_GRID_NEAREST) {
    return s->align_corners ? (normal + 1) / 2 * (size - 1) : ((normal + 1) * size - 1) / 2;
  }
  // Which pixel is nearest is what float arithmetic says.
  float v = (float)normal, n = (float)size;
  float x = s->align_corners ? (v + 1) / 2 * (n - 1) : ((v + 1) * n - 1) / 2;
  return (double)x;
}

static void find_taps(const sampler_t *s, int axis, double normal, taps_t *out_taps) {
  double size = (double)s->size[axis], x = find_position(s, axis, normal);
  bool finite = isfinite(x);  // else all is zero
  if (!finite) x = 0;
  // PyTorch pads the positions first, except in the cubic mode, which pads each tap.
  if (s->mode != MMD_GRID_CUBIC) x = pad_position(s, axis, x);
  double base = s->mode == MMD_GRID_NEAREST ? nearbyint(x) : floor(x), part = x - base;
  if (s->mode == MMD_GRID_CUBIC) base -= 1, part += 1;
  for (int t = 0; t < (int)s->taps; ++t) {
    double at = base + t, distance = fabs(part - t);
    double weight = s->mode == MMD_GRID_NEAREST  ? 1
                    : s->mode == MMD_GRID_LINEAR ? 1 - distance
                                                 : cubic_weight(distance);
    if (s->padding != MMD_GRID_ZEROS) at = pad_position(s, axis, at);
    bool inside = finite && at >= 0 && at <= size - 1;
    out_taps->offset[t] = inside ? (int64_t)at * s->stride[axis] : -1;
    out_taps->weight[t] = inside ? weight : 0;
  }
}

static double sample(const sampler_t *s, const taps_t *taps, const double *plane) {
  double sum = 0;
  int64_t counts[MAX_AXES], index[MAX_AXES] = {0};
  for (int i = 0; i < s->rank; ++i) counts[i] = s->taps;
  do {
    double weight = 1;
    int64_t at = 0;
    for (int i = 0; i < s->rank; ++i) {
      if (taps[i].offset[index[i]] < 0) weight = 0;
      weight *= taps[i].weight[index[i]];
      at += taps[i].offset[index[i]];
    }
    if (weight != 0) sum += weight * plane[at];
  } while (mmd_index_next(s->rank, counts, index));
  return sum;
}

static mmd_status_t evaluate_plain(mmd_eval_context_t *c, const sampler_t *s,
                                   const mmd_shape_t *shape) {
  const mmd_tensor_t *x = mmd_eval_input(c, 0);
  const double *in, *at;
  void *y;
  MMD_TRY(mmd_eval_load_f64(c, x, &in));
  MMD_TRY(mmd_eval_load_f64(c, mmd_eval_input(c, 1), &at));
  MMD_TRY(mmd_eval_output_create(c, 0, x->dtype, shape, &y));
  size_t points = mmd_shape_range(shape, 2, shape->rank);
  size_t plane = mmd_shape_range(&x->shape, 2, shape->rank);
  size_t channels = (size_t)x->shape.dims[1], batch = (size_t)x->shape.dims[0];
  for (size_t n = 0; n < batch; ++n) {
    for (size_t p = 0; p < points; ++p, at += s->rank) {
      taps_t taps[MAX_AXES];
      for (int i = 0; i < s->rank; ++i) find_taps(s, i, at[s->rank - 1 - i], &taps[i]);
      for (size_t k = 0; k < channels; ++k) {
        double value = sample(s, taps, in + (n * channels + k) * plane);
        mmd_dtype_store_f64(x->dtype, y, (n * channels + k) * points + p, value);
      }
    }
  }
  return NULL;
}

// ---- Fast mode: two or three axes in float.

static mmd_status_t evaluate_fast(mmd_eval_context_t *c, const sampler_t *s,
                                  const mmd_shape_t *shape) {
  const mmd_tensor_t *x = mmd_eval_input(c, 0);
  float *y;
  mmd_grid_sample_t g = {.mode = s->mode,
                         .padding = s->padding,
                         .align_corners = s->align_corners,
                         .axes = s->rank,
                         .batch = (size_t)shape->dims[0],
                         .channels = (size_t)shape->dims[1],
                         .points = mmd_shape_range(shape, 2, shape->rank)};
  for (int i = 0; i < s->rank; ++i) g.size[i] = (size_t)s->size[i];
  MMD_TRY(mmd_eval_output_create(c, 0, MMD_F32, shape, &y));
  return mmd_grid_sample_run(&g, mmd_tensor_data(x), mmd_tensor_data(mmd_eval_input(c, 1)), y,
                             c->pool);
}

static mmd_status_t evaluate(mmd_eval_context_t *c) {
  const mmd_tensor_t *x = mmd_eval_input(c, 0), *grid = mmd_eval_input(c, 1);
  int rank = x->shape.rank;
  sampler_t s;
  bool fits = rank >= 3 && grid->shape.rank == rank && grid->shape.dims[0] == x->shape.dims[0] &&
              grid->shape.dims[rank - 1] == rank - 2;
  if (!fits)
    return mmd_node_error(c->node, MMD_INVALID_ARGUMENT, "the grid does not fit the input");
  MMD_TRY(read_sampler(c->node, &x->shape, &s));
  mmd_shape_t shape = grid->shape;
  for (int i = 1; i < rank - 1; ++i) shape.dims[i + 1] = grid->shape.dims[i];
  shape.dims[1] = x->shape.dims[1];
  if (mmd_shape_range(&x->shape, 2, rank) == 0 && mmd_shape_range(&shape, 2, rank) > 0) {
    return mmd_node_error(c->node, MMD_INVALID_ARGUMENT, "the input is empty");
  }
  MMD_TRY(mmd_eval_work(c, mmd_eval_product(shape.dims, shape.rank), (size_t)1 << 2 * s.rank));
  bool has_kernel = s.rank == 2 || (s.rank == 3 && s.mode != MMD_GRID_CUBIC);
  if (has_kernel && mmd_eval_fast_f32(c, 0, 1)) return evaluate_fast(c, &s, &shape);
  return evaluate_plain(c, &s, &shape);
}

// ---- Types.

static mmd_status_t infer(mmd_infer_context_t *c) {
  const mmd_type_t *x = mmd_infer_ranked(c, 0), *grid = mmd_infer_ranked(c, 1);
  const mmd_dim_t *dims[MMD_MAX_RANK] = {NULL};
  if (!x || x->rank < 3) return mmd_infer_dtype_only(c);
  dims[0] = x->dims[0];
  dims[1] = x->dims[1];
  for (int i = 1; grid && grid->rank == x->rank && i < x->rank - 1; ++i)
    dims[i + 1] = grid->dims[i];
  return mmd_infer_output(c, 0, x->dtype, x->rank, dims);
}

// ---- AffineGrid: theta (N x d x (d + 1)) times the positions of a regular grid.

static mmd_status_t evaluate_affine(mmd_eval_context_t *c) {
  const mmd_tensor_t *theta = mmd_eval_input(c, 0);
  bool align = mmd_node_attr_int(c->node, "align_corners", 0) != 0;
  int64_t size[MMD_MAX_RANK], index[MMD_MAX_RANK] = {0};
  size_t count;
  const double *matrix;
  MMD_TRY(mmd_eval_ints(c, 1, MMD_MAX_RANK, size, &count));
  int d = (int)count - 2;
  bool fits = (d == 2 || d == 3) && theta->shape.rank == 3 && theta->shape.dims[0] == size[0] &&
              theta->shape.dims[1] == d && theta->shape.dims[2] == d + 1;
  if (!fits) return mmd_node_error(c->node, MMD_INVALID_ARGUMENT, "theta does not fit the size");
  MMD_TRY(mmd_eval_load_f64(c, theta, &matrix));
  mmd_shape_t wanted = {.rank = d + 2}, shape;
  wanted.dims[0] = size[0];
  for (int i = 0; i < d; ++i) wanted.dims[i + 1] = size[i + 2];
  wanted.dims[d + 1] = d;
  mmd_status_t status = mmd_shape_make(wanted.rank, wanted.dims, &shape);
  if (status) return mmd_status_annotate(status, "AffineGrid '%s'", c->node->name);
  void *y;
  MMD_TRY(mmd_eval_output_create(c, 0, theta->dtype, &shape, &y));
  size_t total = mmd_tensor_count(&c->outputs[0].tensor);
  for (size_t i = 0; i < total; ++i, mmd_index_next(shape.rank, shape.dims, index)) {
    const double *row = matrix + (index[0] * d + index[d + 1]) * (d + 1);
    double sum = row[d];
    for (int k = 0; k < d; ++k) {  // x, y, z: the last axis comes first
      int axis = d - k;
      double n = (double)shape.dims[axis], at = (double)index[axis];
      double position = align ? (n > 1 ? 2 * at / (n - 1) - 1 : 0) : (2 * at + 1) / n - 1;
      sum += row[k] * position;
    }
    mmd_dtype_store_f64(theta->dtype, y, i, sum);
  }
  return NULL;
}

static mmd_status_t infer_affine(mmd_infer_context_t *c) {
  const mmd_dim_t *const *size, *dims[MMD_MAX_RANK];
  size_t count;
  if (!mmd_infer_elements(c, 1, &size, &count) || count < 3 || count > MMD_MAX_RANK) {
    return mmd_infer_dtype_only(c);
  }
  dims[0] = size[0];
  for (size_t i = 2; i < count; ++i) dims[i - 1] = size[i];
  dims[count - 1] = mmd_infer_const(c, (int64_t)count - 2);
  return mmd_infer_output(c, 0, mmd_infer_dtype(c, 0), (int)count, dims);
}

static const mmd_op_t ops[] = {
    {"", "AffineGrid", 20, 2, 2, 1, 1, infer_affine, evaluate_affine, 0},
    {"", "GridSample", 16, 2, 2, 1, 1, infer, evaluate, 0},
    {"mmcv", "grid_sampler", 1, 2, 2, 1, 1, infer, evaluate, 0},
    {"mmdeploy", "grid_sampler", 1, 2, 2, 1, 1, infer, evaluate, 0},
};
const mmd_op_family_t mmd_ops_grid_sample = MMD_OP_FAMILY(ops);
