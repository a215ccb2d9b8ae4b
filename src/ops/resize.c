// SPDX-License-Identifier: Apache-2.0
//
// Resize and Upsample. Each axis gets a table of source positions and weights; axes are done one
// after the other.
#include <math.h>
#include <string.h>

#include "ops/eval_util.h"
#include "ops/infer_util.h"
#include "ops/registry.h"

typedef enum { NEAREST, LINEAR, CUBIC } resize_mode_t;
typedef enum {
  HALF_PIXEL,
  HALF_PIXEL_SYMMETRIC,
  PYTORCH_HALF_PIXEL,
  ALIGN_CORNERS,
  ASYMMETRIC,
  TF_CROP,
  TF_HALF_PIXEL,
} transform_t;
typedef enum { ROUND_PREFER_FLOOR, ROUND_PREFER_CEIL, FLOOR, CEIL } rounding_t;

typedef struct {
  resize_mode_t mode;
  transform_t transform;
  rounding_t rounding;
  bool antialias, exclude_outside;
  bool old;    // before opset 11: no rounding is named, a smaller result takes the ceiling
  bool sized;  // scales are quotients of the sizes
  double cubic_a, extrapolation;
  double scales[MMD_MAX_RANK], roi_start[MMD_MAX_RANK], roi_end[MMD_MAX_RANK];
  mmd_shape_t in, out;
} resize_t;

// Position p of the result is sum over t of weights[p * taps + t] * source[indices[p * taps + t]].
typedef struct {
  size_t taps;
  int64_t *indices;
  double *weights;
  bool *outside;  // beyond the input, for TF_CROP
} axis_table_t;

// ---- Attributes.

static mmd_status_t choose(const mmd_node_t *node, const char *attr, const char *fallback,
                           const char *const *names, int count, int *out_choice) {
  const char *text = mmd_node_attr_string(node, attr, fallback);
  for (int i = 0; i < count; ++i) {
    *out_choice = i;
    if (strcmp(names[i], text) == 0) return NULL;
  }
  return mmd_node_error(node, MMD_NOT_SUPPORTED, "%s '%s'", attr, text);
}

static mmd_status_t read_modes(const mmd_node_t *node, resize_t *r) {
  static const char *const modes[] = {"nearest", "linear", "cubic"};
  static const char *const transforms[] = {
      "half_pixel", "half_pixel_symmetric", "pytorch_half_pixel",  "align_corners",
      "asymmetric", "tf_crop_and_resize",   "tf_half_pixel_for_nn"};
  static const char *const roundings[] = {"round_prefer_floor", "round_prefer_ceil", "floor",
                                          "ceil"};
  int mode, transform, rounding;
  bool old = node->version < 11 || strcmp(node->op, "Upsample") == 0;
  const char *name = mmd_node_attr_string(node, "mode", "nearest");
  if (strcmp(name, "bilinear") == 0) {  // Upsample's old name
    mode = LINEAR;
  } else {
    MMD_TRY(choose(node, "mode", "nearest", modes, 3, &mode));
  }
  MMD_TRY(choose(node, "coordinate_transformation_mode", old ? "asymmetric" : "half_pixel",
                 transforms, 7, &transform));
  MMD_TRY(
      choose(node, "nearest_mode", old ? "floor" : "round_prefer_floor", roundings, 4, &rounding));
  r->mode = (resize_mode_t)mode;
  r->transform = (transform_t)transform;
  r->rounding = (rounding_t)rounding;
  r->old = old;
  r->antialias = mmd_node_attr_int(node, "antialias", 0) != 0;
  r->exclude_outside = mmd_node_attr_int(node, "exclude_outside", 0) != 0;
  r->cubic_a = mmd_node_attr_float(node, "cubic_coeff_a", -0.75);
  r->extrapolation = mmd_node_attr_float(node, "extrapolation_value", 0);
  return NULL;
}

static mmd_status_t size_error(const mmd_node_t *node, int axis, double size) {
  return mmd_node_error(node, MMD_INVALID_ARGUMENT, "size %g on axis %d", size, axis);
}

static mmd_status_t set_scales(const mmd_node_t *node, resize_t *r, const int *axes, int count,
                               const double *scales) {
  for (int i = 0; i < count; ++i) {
    int axis = axes[i];
    double size = floor((double)r->in.dims[axis] * scales[i]);
    if (!(scales[i] > 0) || !(size < 1e12)) return size_error(node, axis, size);
    r->scales[axis] = scales[i];
    r->out.dims[axis] = (int64_t)size;
  }
  return NULL;
}

static mmd_status_t set_sizes(const mmd_node_t *node, resize_t *r, const int *axes, int count,
                              const int64_t *sizes) {
  const char *policy = mmd_node_attr_string(node, "keep_aspect_ratio_policy", "stretch");
  bool larger = strcmp(policy, "not_smaller") == 0, smaller = strcmp(policy, "not_larger") == 0;
  double common = larger ? 0 : (double)INFINITY;
  r->sized = !larger && !smaller;
  for (int i = 0; i < count; ++i) {
    double scale = (double)sizes[i] / (double)r->in.dims[axes[i]];
    if (sizes[i] < 0 || sizes[i] > INT32_MAX || r->in.dims[axes[i]] == 0) {
      return size_error(node, axes[i], (double)sizes[i]);
    }
    common = larger ? fmax(common, scale) : fmin(common, scale);
  }
  for (int i = 0; i < count; ++i) {
    int axis = axes[i];
    r->out.dims[axis] = sizes[i];
    r->scales[axis] = (double)sizes[i] / (double)r->in.dims[axis];
    if (!larger && !smaller) continue;
    double size = floor(common * (double)r->in.dims[axis] + 0.5);
    if (!(size < 1e12)) return size_error(node, axis, size);
    r->scales[axis] = common;
    r->out.dims[axis] = (int64_t)size;
  }
  return NULL;
}

// Number lists of an input; absent and empty ones count 0.
static mmd_status_t read_numbers(mmd_eval_context_t *c, size_t i, size_t max, double *out_numbers,
                                 size_t *out_count) {
  const mmd_tensor_t *input = mmd_eval_input(c, i);
  *out_count = input ? mmd_tensor_count(input) : 0;
  if (*out_count > max) {
    return mmd_node_error(c->node, MMD_INVALID_ARGUMENT, "input %zu has %zu elements", i,
                          *out_count);
  }
  if (input) MMD_TRY(mmd_eval_check_number(c, input));
  for (size_t k = 0; k < *out_count; ++k) out_numbers[k] = mmd_tensor_get_f64(input, k);
  return NULL;
}

static mmd_status_t read_old_scales(mmd_eval_context_t *c, double *scales, size_t *count) {
  const mmd_attr_t *attr = mmd_node_attr(c->node, "scales");
  if (!attr || c->input_count > 1) return read_numbers(c, 1, MMD_MAX_RANK, scales, count);
  *count = attr->kind == MMD_ATTR_FLOATS ? attr->count : 0;
  for (size_t i = 0; i < *count && i < MMD_MAX_RANK; ++i) scales[i] = attr->u.numbers[i];
  return NULL;
}

static mmd_status_t read_resize(mmd_eval_context_t *c, resize_t *r) {
  const mmd_tensor_t *input = mmd_eval_input(c, 0);
  int axes[MMD_MAX_RANK], count, rank = input->shape.rank;
  double scales[MMD_MAX_RANK], roi[2 * MMD_MAX_RANK];
  int64_t sizes[MMD_MAX_RANK];
  size_t scale_count, size_count = 0, roi_count = 0;
  bool old = c->node->version < 11 || strcmp(c->node->op, "Upsample") == 0;
  *r = (resize_t){.in = input->shape, .out = input->shape};
  MMD_TRY(read_modes(c->node, r));
  MMD_TRY(mmd_eval_axes(c, SIZE_MAX, "axes", rank, axes, &count));
  for (int i = 0; i < rank; ++i) {
    r->scales[i] = 1;
    r->roi_end[i] = 1;
    if (count <= i && !mmd_node_attr(c->node, "axes")) axes[count++] = i;
  }
  if (old) {
    MMD_TRY(read_old_scales(c, scales, &scale_count));
  } else {
    MMD_TRY(read_numbers(c, 1, 2 * MMD_MAX_RANK, roi, &roi_count));
    MMD_TRY(read_numbers(c, 2, MMD_MAX_RANK, scales, &scale_count));
    MMD_TRY(mmd_eval_ints(c, 3, MMD_MAX_RANK, sizes, &size_count));
  }
  if (r->transform == TF_CROP && roi_count == 2 * (size_t)count) {
    for (int i = 0; i < count; ++i) {
      r->roi_start[axes[i]] = roi[i];
      r->roi_end[axes[i]] = roi[count + i];
    }
  }
  if (size_count == (size_t)count && size_count > 0) {
    return set_sizes(c->node, r, axes, count, sizes);
  }
  if (scale_count == (size_t)count) return set_scales(c->node, r, axes, count, scales);
  return mmd_node_error(c->node, MMD_INVALID_ARGUMENT, "%zu scales and %zu sizes for %d axes",
                        scale_count, size_count, count);
}

// ---- Tables.

static bool is_unchanged(const resize_t *r, int axis) {
  return r->in.dims[axis] == r->out.dims[axis] && r->scales[axis] == 1 && r->transform != TF_CROP;
}

// |at| / scale, exact where it is a whole number.
static double unscale(const resize_t *r, int axis, double at) {
  if (!r->sized) return at / r->scales[axis];
  return at * (double)r->in.dims[axis] / (double)r->out.dims[axis];
}

// Where position |x| of the result lies in the input.
static double source_position(const resize_t *r, int axis, int64_t x) {
  double scale = r->scales[axis], in = (double)r->in.dims[axis], out = scale * in, at = (double)x;
  if (is_unchanged(r, axis)) return at;
  switch (r->transform) {
    case HALF_PIXEL:
      return unscale(r, axis, at + 0.5) - 0.5;
    case HALF_PIXEL_SYMMETRIC:
      return in / 2 * (1 - (double)r->out.dims[axis] / out) + unscale(r, axis, at + 0.5) - 0.5;
    case PYTORCH_HALF_PIXEL:
      return r->out.dims[axis] > 1 ? unscale(r, axis, at + 0.5) - 0.5 : 0;
    case ALIGN_CORNERS:
      return r->out.dims[axis] == 1 || out == 1 ? 0 : at * (in - 1) / (out - 1);
    case ASYMMETRIC:
      return unscale(r, axis, at);
    case TF_HALF_PIXEL:
      return unscale(r, axis, at + 0.5);
    case TF_CROP:
      if (r->out.dims[axis] > 1) {
        return r->roi_start[axis] * (in - 1) + at * (r->roi_end[axis] - r->roi_start[axis]) *
                                                   (in - 1) / ((double)r->out.dims[axis] - 1);
      }
      return 0.5 * (r->roi_start[axis] + r->roi_end[axis]) * (in - 1);
  }
  return 0;
}

static double nearest_position(rounding_t rounding, double x) {
  switch (rounding) {
    case ROUND_PREFER_FLOOR:
      return ceil(x - 0.5);
    case ROUND_PREFER_CEIL:
      return floor(x + 0.5);
    case FLOOR:
      return floor(x);
    case CEIL:
      return ceil(x);
  }
  return x;
}

static double kernel_weight(const resize_t *r, double x) {
  double a = r->cubic_a;
  x = fabs(x);
  if (r->mode == LINEAR) return x < 1 ? 1 - x : 0;
  if (x <= 1) return ((a + 2) * x - (a + 3)) * x * x + 1;
  return x < 2 ? (((x - 5) * x + 8) * x - 4) * a : 0;
}

static void fill_taps(const resize_t *r, int axis, double x, int64_t before, double shrink,
                      const axis_table_t *table, size_t position) {
  int64_t *indices = table->indices + position * table->taps, last = r->in.dims[axis] - 1;
  double *weights = table->weights + position * table->taps, sum = 0, base = floor(x);
  for (size_t t = 0; t < table->taps; ++t) {
    double at = base - (double)before + (double)t;
    bool outside = at < 0 || at > (double)last;
    weights[t] = r->exclude_outside && outside ? 0 : kernel_weight(r, (at - x) * shrink);
    indices[t] = at < 0 ? 0 : at > (double)last ? last : (int64_t)at;
    sum += weights[t];
  }
  if (!r->antialias && !r->exclude_outside) return;
  for (size_t t = 0; t < table->taps && sum != 0; ++t) weights[t] /= sum;
}

static mmd_status_t make_table(mmd_eval_context_t *c, const resize_t *r, int axis,
                               axis_table_t *out_table) {
  axis_table_t *table = out_table;
  size_t size = (size_t)r->out.dims[axis];
  double last = (double)(r->in.dims[axis] - 1);
  double shrink = r->antialias && r->scales[axis] < 1 ? r->scales[axis] : 1;
  double reach = ceil((r->mode == CUBIC ? 2 : 1) / shrink);
  if (!(reach < 1e9)) return size_error(c->node, axis, reach);
  *table = (axis_table_t){.taps = r->mode == NEAREST ? 1 : 2 * (size_t)reach};
  size_t count;
  if (__builtin_mul_overflow(size, table->taps, &count)) return mmd_status_no_memory();
  MMD_TRY(mmd_eval_scratch(c, count, sizeof *table->indices, &table->indices));
  MMD_TRY(mmd_eval_scratch(c, count, sizeof *table->weights, &table->weights));
  MMD_TRY(mmd_eval_scratch(c, size, sizeof *table->outside, &table->outside));
  for (size_t p = 0; p < size; ++p) {
    double x = source_position(r, axis, (int64_t)p);
    table->outside[p] = r->transform == TF_CROP && (x < 0 || x > last);
    if (!(x > -1e15 && x < 1e15)) x = 0;
    if (r->mode == NEAREST) {
      rounding_t rounding = r->old && r->scales[axis] < 1 ? CEIL : r->rounding;
      double at = nearest_position(rounding, x);
      table->indices[p] = (int64_t)(at < 0 ? 0 : at > last ? last : at);
      table->weights[p] = 1;
    } else {
      fill_taps(r, axis, x, (int64_t)reach - 1, shrink, table, p);
    }
  }
  return NULL;
}

// ---- Evaluation.

static mmd_status_t resize_axis(mmd_eval_context_t *c, const mmd_shape_t *in, int axis,
                                int64_t size, const axis_table_t *table, const double *x,
                                const double **out_y) {
  mmd_shape_t shape = *in;
  size_t count, outer = mmd_shape_range(in, 0, axis),
                inner = mmd_shape_range(in, axis + 1, in->rank);
  double *y;
  shape.dims[axis] = size;
  MMD_TRY(mmd_shape_count(&shape, &count));
  MMD_TRY(mmd_eval_work(c, count, table->taps));
  MMD_TRY(mmd_eval_scratch(c, count, sizeof *y, &y));
  *out_y = y;
  for (size_t o = 0; o < outer; ++o) {
    const double *block = x + o * (size_t)in->dims[axis] * inner;
    for (size_t p = 0; p < (size_t)size; ++p, y += inner) {
      for (size_t t = 0; t < table->taps; ++t) {
        double weight = table->weights[p * table->taps + t];
        const double *row = block + (size_t)table->indices[p * table->taps + t] * inner;
        for (size_t i = 0; i < inner; ++i) y[i] += weight * row[i];
      }
    }
  }
  return NULL;
}

static mmd_status_t resize_nearest(mmd_eval_context_t *c, const resize_t *r,
                                   const axis_table_t *tables) {
  const mmd_tensor_t *input = mmd_eval_input(c, 0);
  int64_t strides[MMD_MAX_RANK], index[MMD_MAX_RANK] = {0};
  int rank = r->in.rank;
  mmd_shape_strides(&r->in, strides);
  MMD_TRY(mmd_eval_output_create(c, 0, input->dtype, &r->out, NULL));
  mmd_tensor_t *out = &c->outputs[0].tensor;
  size_t at = 0, size = mmd_dtype_size(input->dtype);
  if (mmd_tensor_count(out) == 0) return NULL;
  uint8_t *target = mmd_tensor_mutable_data(out);
  const uint8_t *source = mmd_tensor_data(input);
  do {
    int64_t from = 0;
    for (int i = 0; i < rank; ++i) from += tables[i].indices[index[i]] * strides[i];
    if (size == 4) {
      memcpy(target + 4 * at++, source + 4 * from, 4);
    } else {
      MMD_TRY(mmd_eval_copy(out, at++, input, (size_t)from, 1));
    }
  } while (mmd_index_next(rank, r->out.dims, index));
  return NULL;
}

static mmd_status_t round_numbers(mmd_eval_context_t *c, size_t count, const double *x,
                                  const double **out_rounded) {
  double *y;
  MMD_TRY(mmd_eval_scratch(c, count, sizeof *y, &y));
  for (size_t i = 0; i < count; ++i) y[i] = nearbyint(x[i]);
  *out_rounded = y;
  return NULL;
}

static void extrapolate(const resize_t *r, const axis_table_t *tables, mmd_tensor_t *out) {
  int64_t index[MMD_MAX_RANK] = {0};
  size_t at = 0;
  if (mmd_tensor_count(out) == 0) return;
  do {
    bool outside = false;
    for (int i = 0; i < r->out.rank; ++i) outside = outside || tables[i].outside[index[i]];
    if (outside) {
      mmd_dtype_store_f64(out->dtype, mmd_tensor_mutable_data(out), at, r->extrapolation);
    }
    ++at;
  } while (mmd_index_next(r->out.rank, r->out.dims, index));
}

static mmd_status_t evaluate(mmd_eval_context_t *c) {
  const mmd_tensor_t *input = mmd_eval_input(c, 0);
  resize_t r;
  axis_table_t tables[MMD_MAX_RANK];
  const double *x;
  size_t count;
  MMD_TRY(mmd_eval_check_number(c, input));
  MMD_TRY(read_resize(c, &r));
  mmd_status_t status = mmd_shape_count(&r.out, &count);
  if (status) return mmd_status_annotate(status, "%s '%s'", c->node->op, c->node->name);
  if (count > 0 && mmd_tensor_count(input) == 0) {
    return mmd_node_error(c->node, MMD_INVALID_ARGUMENT, "an empty input cannot grow");
  }
  for (int i = 0; i < r.in.rank; ++i) MMD_TRY(make_table(c, &r, i, &tables[i]));
  if (r.mode == NEAREST) {
    MMD_TRY(resize_nearest(c, &r, tables));
  } else {
    mmd_shape_t shape = r.in;
    MMD_TRY(mmd_eval_load_f64(c, input, &x));
    for (int i = 0; i < r.in.rank; ++i) {
      if (is_unchanged(&r, i)) continue;
      MMD_TRY(resize_axis(c, &shape, i, r.out.dims[i], &tables[i], x, &x));
      shape.dims[i] = r.out.dims[i];
    }
    if (mmd_dtype_is_integer(input->dtype)) MMD_TRY(round_numbers(c, count, x, &x));
    MMD_TRY(mmd_eval_store_f64(c, 0, input->dtype, &r.out, x));
  }
  if (r.transform == TF_CROP) extrapolate(&r, tables, &c->outputs[0].tensor);
  return NULL;
}

// ---- Types.

static const mmd_dim_t *scaled_dim(mmd_graph_t *graph, const mmd_dim_t *dim, double scale) {
  if (!(scale > 0)) return NULL;
  if (mmd_dim_is_const(dim)) {
    double size = floor((double)dim->number * scale);
    return size >= 0 && size < 1e12 ? mmd_dim_const(graph, (int64_t)size) : NULL;
  }
  if (scale < 1e6 && scale == floor(scale)) {
    return mmd_dim_mul(graph, dim, mmd_dim_const(graph, (int64_t)scale));
  }
  // Only powers of two divide without rounding.
  double inverse = 1 / scale;
  bool power = inverse <= 65536 && inverse == floor(inverse) &&
               ((int64_t)inverse & ((int64_t)inverse - 1)) == 0;
  return power ? mmd_dim_floor_div(graph, dim, mmd_dim_const(graph, (int64_t)inverse)) : NULL;
}

static mmd_status_t infer(mmd_infer_context_t *c) {
  const mmd_type_t *type = mmd_infer_ranked(c, 0);
  const mmd_dim_t *dims[MMD_MAX_RANK], *const *sizes;
  bool old = c->node->version < 11 || strcmp(c->node->op, "Upsample") == 0;
  const mmd_tensor_t *scales = mmd_infer_constant(c, old ? 1 : 2);
  // Scales of an input go before those of the attribute.
  const mmd_attr_t *attr =
      old && c->node->input_count < 2 ? mmd_node_attr(c->node, "scales") : NULL;
  size_t count, size_count;
  if (!type) return mmd_infer_dtype_only(c);
  const int64_t *axes = mmd_node_attr_ints(c->node, "axes", &count);
  if (!axes) count = (size_t)type->rank;
  bool stretch =
      strcmp(mmd_node_attr_string(c->node, "keep_aspect_ratio_policy", "stretch"), "stretch") == 0;
  bool sized = !old && mmd_infer_elements(c, 3, &sizes, &size_count) && size_count == count;
  for (int i = 0; i < type->rank; ++i) dims[i] = axes ? type->dims[i] : NULL;
  for (size_t i = 0; i < count; ++i) {
    int64_t axis = axes ? axes[i] : (int64_t)i;
    if (axis < 0) axis += type->rank;
    if (axis < 0 || axis >= type->rank) continue;
    const mmd_dim_t *in = type->dims[axis];
    dims[axis] = NULL;
    if (sized && stretch) {
      dims[axis] = sizes[i];
    } else if (scales && mmd_tensor_count(scales) == count && scales->dtype == MMD_F32) {
      dims[axis] = scaled_dim(c->graph, in, mmd_tensor_get_f64(scales, i));
    } else if (attr && attr->kind == MMD_ATTR_FLOATS && attr->count == count) {
      dims[axis] = scaled_dim(c->graph, in, attr->u.numbers[i]);
    }
  }
  return mmd_infer_output(c, 0, type->dtype, type->rank, dims);
}

static const mmd_op_t ops[] = {
    {"", "Resize", 10, 2, 2, 1, 1, infer, evaluate, 0},
    {"", "Resize", 11, 1, 4, 1, 1, infer, evaluate, 0},
    {"", "Upsample", 7, 1, 2, 1, 1, infer, evaluate, 0},
};
const mmd_op_family_t mmd_ops_resize = MMD_OP_FAMILY(ops);
