// SPDX-License-Identifier: Apache-2.0
//
// Resize: by PyTorch's function where it has one of the same meaning, else axis after axis.
#include <math.h>
#include <string.h>

#include "backends/torchscript/target/library.h"
#include "backends/torchscript/target/lower_table.h"

typedef struct resize_t {
  int rank;
  const char *mode, *place, *nearest;
  double cubic_a;
  bool antialias, excludes, has_sizes, is_cropped;
  // An axis: size before and after, factor. NULL: it stays as it is.
  const char *in[MMD_MAX_RANK], *out[MMD_MAX_RANK], *scale[MMD_MAX_RANK];
  double known_scale[MMD_MAX_RANK];                     // 0: computed
  const char *start[MMD_MAX_RANK], *end[MMD_MAX_RANK];  // of tf_crop_and_resize
} resize_t;

//===--- the node ----------------------------------------------------------===//

// Those of the attribute, else all.
static size_t read_axes(ts_lower_t *l, const resize_t *r, int axes[MMD_MAX_RANK]) {
  size_t count = 0;
  const int64_t *given = mmd_node_attr_ints(l->node, "axes", &count);
  if (!given) count = (size_t)r->rank;
  if (count > (size_t)r->rank) ts_refuse(l, "%zu axes of rank %d", count, r->rank);
  for (size_t k = 0; k < count && ts_ok(l); ++k) {
    const int64_t axis = !given ? (int64_t)k : given[k] < 0 ? given[k] + r->rank : given[k];
    if (axis < 0 || axis >= r->rank) ts_refuse(l, "axis %lld of rank %d", (long long)axis, r->rank);
    axes[k] = (int)axis;
  }
  return ts_ok(l) ? count : 0;
}

static const mmd_edge_t *result(const ts_lower_t *l) {
  return ts_wants_output(l, 0) ? l->node->outputs[0] : NULL;
}

// Shapes say that the axis keeps its size.
static bool is_kept(const ts_lower_t *l, int axis) {
  const mmd_edge_t *x = mmd_node_input(l->node, 0), *y = result(l);
  return x && y && x->type.has_rank && y->type.has_rank && x->type.rank == y->type.rank &&
         x->type.dims[axis] == y->type.dims[axis];
}

// All axes by one factor: |count| sizes are the most or the least that they may be.
static void keep_aspect(ts_lower_t *l, resize_t *r, size_t count, const int *axes, bool is_most) {
  const char *list = "";
  for (size_t k = 0; k < count; ++k)
    list = ts_text(l, "%s%s%s", list, k ? ", " : "", r->scale[axes[k]]);
  const char *common = ts_let(l, "ops.prim.%s([%s])", is_most ? "min" : "max", list);
  for (size_t k = 0; k < count; ++k) {
    r->scale[axes[k]] = common;
    r->known_scale[axes[k]] = 0;
    r->out[axes[k]] = ts_let(l, "int(torch.floor(torch.add(torch.mul(float(%s), %s), 0.5)))",
                             r->in[axes[k]], common);
  }
}

static void read_sizes(ts_lower_t *l, resize_t *r, size_t count, const int *axes) {
  const bool is_stretched = ts_attr_is(l, "keep_aspect_ratio_policy", "stretch", "stretch");
  const mmd_tensor_t *sizes = ts_constant(l, 3);
  const char *list = sizes ? "" : ts_int_list(l, 3);
  if (sizes && mmd_tensor_count(sizes) != count)
    ts_refuse(l, "%zu sizes for %zu axes", mmd_tensor_count(sizes), count);
  for (size_t k = 0; k < count && ts_ok(l); ++k) {
    const int axis = axes[k];
    if (is_stretched && !r->is_cropped && is_kept(l, axis)) continue;
    r->in[axis] = ts_size(l, 0, axis);
    r->out[axis] = sizes ? ts_text(l, "%lld", (long long)mmd_tensor_get_i64(sizes, k))
                         : ts_text(l, "%s[%zu]", list, k);
    r->scale[axis] = ts_let(l, "torch.div(float(%s), float(%s))", r->out[axis], r->in[axis]);
  }
  if (!is_stretched && ts_ok(l))
    keep_aspect(l, r, count, axes, ts_attr_is(l, "keep_aspect_ratio_policy", "", "not_larger"));
}

static void read_scales(ts_lower_t *l, resize_t *r, size_t count, const int *axes) {
  const mmd_tensor_t *scales = ts_constant(l, 2);
  if (scales && mmd_tensor_count(scales) != count)
    ts_refuse(l, "%zu scales for %zu axes", mmd_tensor_count(scales), count);
  if (!ts_ok(l)) return;
  const char *list =
      scales ? "" : ts_let(l, "annotate(List[float], (torch.to(%s, 7)).tolist())", ts_input(l, 2));
  for (size_t k = 0; k < count; ++k) {
    const int axis = axes[k];
    const double known = scales ? mmd_tensor_get_f64(scales, k) : 0;
    if (known == 1 && !r->is_cropped) continue;
    if (scales && !(known > 0 && known < 1e6)) ts_refuse(l, "a scale of %g", known);
    r->known_scale[axis] = known;
    r->in[axis] = ts_size(l, 0, axis);
    r->scale[axis] = scales ? ts_number(l, known) : ts_text(l, "%s[%zu]", list, k);
    r->out[axis] =
        ts_let(l, "int(torch.floor(torch.mul(float(%s), %s)))", r->in[axis], r->scale[axis]);
  }
}

// Starts of all axes, then ends.
static void read_region(ts_lower_t *l, resize_t *r, size_t count, const int *axes) {
  if (!r->is_cropped) return;
  const char *list = ts_let(l, "annotate(List[float], (torch.to(%s, 7)).tolist())", ts_input(l, 1));
  for (size_t k = 0; k < count; ++k) {
    r->start[axes[k]] = ts_text(l, "%s[%zu]", list, k);
    r->end[axes[k]] = ts_text(l, "%s[%zu]", list, k + count);
  }
}

static bool read_resize(ts_lower_t *l, resize_t *r) {
  int axes[MMD_MAX_RANK];
  *r = (resize_t){.rank = ts_rank(l, 0), .has_sizes = ts_has_input(l, 3)};
  r->mode = ts_attr_string(l, "mode", "nearest");
  r->place = ts_attr_string(l, "coordinate_transformation_mode", "half_pixel");
  r->is_cropped = strcmp(r->place, "tf_crop_and_resize") == 0;
  r->nearest = ts_attr_string(l, "nearest_mode", "round_prefer_floor");
  r->cubic_a = ts_attr_float(l, "cubic_coeff_a", -0.75);
  r->antialias = ts_attr_int(l, "antialias", 0) && strcmp(r->mode, "nearest") != 0;
  r->excludes = ts_attr_int(l, "exclude_outside", 0) != 0;
  const size_t count = ts_ok(l) ? read_axes(l, r, axes) : 0;
  if (!ts_ok(l)) return false;
  (r->has_sizes ? read_sizes : read_scales)(l, r, count, axes);
  if (ts_ok(l)) read_region(l, r, count, axes);
  return ts_ok(l);
}

//===--- PyTorch's functions -----------------------------------------------===//

// PyTorch spreads whole pixels between the corners, ONNX the scaled size, which may be a fraction.
static bool has_whole_sizes(const ts_lower_t *l, const resize_t *r) {
  if (r->has_sizes) return true;
  for (int i = 2; i < r->rank; ++i) {
    const int64_t size = ts_known_size(l, 0, i);
    const double out = r->known_scale[i] * (size < 0 ? 1 : (double)size);
    if (r->known_scale[i] == 0 || fabs(out - round(out)) > 1e-6) return false;
  }
  return true;
}

// ONNX has a rule of its own for a result of one pixel.
static bool may_be_one_pixel(const ts_lower_t *l, const resize_t *r) {
  const mmd_edge_t *y = result(l);
  for (int i = 2; i < r->rank; ++i) {
    if (r->known_scale[i] >= 1) continue;
    if (!y || !y->type.has_rank || mmd_dim_number(y->type.dims[i]) == 1) return true;
  }
  return false;
}

// Two spatial axes in a way that PyTorch has: its function and what follows the sizes; or NULL.
static const char *torch_resize(const ts_lower_t *l, const resize_t *r, const char **out_align) {
  const bool is_half = strcmp(r->place, "half_pixel") == 0 ||
                       (strcmp(r->place, "pytorch_half_pixel") == 0 && !may_be_one_pixel(l, r));
  const bool is_aligned = strcmp(r->place, "align_corners") == 0 && has_whole_sizes(l, r);
  *out_align = is_aligned ? " True," : " False,";
  if (r->rank != 4 || r->out[0] || r->out[1] || !r->out[2] || !r->out[3] || r->antialias ||
      r->excludes)
    return NULL;
  if (strcmp(r->mode, "linear") == 0) return is_half || is_aligned ? "upsample_bilinear2d" : NULL;
  if (strcmp(r->mode, "cubic") == 0)
    return (is_half || is_aligned) && r->cubic_a == -0.75 ? "upsample_bicubic2d" : NULL;
  *out_align = "";
  return strcmp(r->place, "asymmetric") == 0 && strcmp(r->nearest, "floor") == 0
             ? "upsample_nearest2d"
             : NULL;
}

//===--- axis by axis ------------------------------------------------------===//

// The places in the input of all elements of the output along |axis|.
static const char *places(ts_lower_t *l, const resize_t *r, int axis) {
  const char *in = r->in[axis], *out = r->out[axis], *scale = r->scale[axis];
  const char *at = ts_let(l, "torch.arange(%s, dtype=6)", out);
  // The size that the factor alone would give, which may be a fraction.
  const char *whole = r->has_sizes ? ts_text(l, "float(%s)", out)
                                   : ts_let(l, "torch.mul(float(%s), %s)", in, scale);
  if (strcmp(r->place, "asymmetric") == 0) return ts_let(l, "torch.div(%s, %s)", at, scale);
  if (strcmp(r->place, "align_corners") == 0) {
    return ts_let(
        l,
        "torch.mul(%s, torch.div(float(torch.sub(%s, 1)), ops.prim.max(torch.sub(%s, 1.), 1e-9)))",
        at, in, whole);
  }
  if (r->start[axis]) {
    const char *step =
        ts_let(l, "torch.div(torch.sub(%s, %s), float(ops.prim.max(torch.sub(%s, 1), 1)))",
               r->end[axis], r->start[axis], out);
    const char *first = ts_let(l,
                               "torch.mul(torch.add(%s, torch.mul(torch.sub(%s, %s), "
                               "torch.mul(0.5, float(torch.eq(%s, 1))))), float(torch.sub(%s, 1)))",
                               r->start[axis], r->end[axis], r->start[axis], out, in);
    return ts_let(l, "torch.add(torch.mul(%s, torch.mul(%s, float(torch.sub(%s, 1)))), %s)", at,
                  step, in, first);
  }
  const char *half = ts_let(l, "torch.sub(torch.div(torch.add(%s, 0.5), %s), 0.5)", at, scale);
  if (strcmp(r->place, "half_pixel") == 0) return half;
  if (strcmp(r->place, "pytorch_half_pixel") == 0)
    return ts_let(l, "torch.mul(%s, float(torch.gt(%s, 1)))", half, out);
  if (strcmp(r->place, "half_pixel_symmetric") == 0) {
    return ts_let(l,
                  "torch.add(%s, torch.mul(torch.div(float(%s), 2.), torch.sub(1., "
                  "torch.div(float(%s), %s))))",
                  half, in, out, whole);
  }
  ts_refuse(l, "coordinate_transformation_mode %s", r->place);
  return half;
}

static const char *nearest_place(ts_lower_t *l, const resize_t *r, const char *at) {
  if (strcmp(r->nearest, "floor") == 0) return ts_let(l, "torch.floor(%s)", at);
  if (strcmp(r->nearest, "ceil") == 0) return ts_let(l, "torch.ceil(%s)", at);
  if (strcmp(r->nearest, "round_prefer_ceil") == 0)
    return ts_let(l, "torch.floor(torch.add(%s, 0.5))", at);
  return ts_let(l, "torch.ceil(torch.sub(%s, 0.5))", at);
}

// |numbers| of one axis, broadcast over those behind it.
static const char *along(ts_lower_t *l, const resize_t *r, int axis, const char *numbers) {
  const char *shape = "-1";
  for (int i = axis + 1; i < r->rank; ++i) shape = ts_text(l, "%s, 1", shape);
  return ts_let(l, "torch.reshape(%s, [%s])", numbers, shape);
}

static const char *blend_pairs(ts_lower_t *l, const resize_t *r, const char *x, int axis,
                               const char *at) {
  const char *last = ts_let(l, "torch.sub(%s, 1)", r->in[axis]);
  at = ts_let(l, "torch.clamp(%s, 0, %s)", at, last);
  const char *low = ts_let(l, "torch.to(torch.floor(%s), 4)", at);
  const char *high = ts_let(l, "torch.clamp_max(torch.add(%s, 1), %s)", low, last);
  const char *weight = along(l, r, axis, ts_text(l, "torch.sub(%s, %s)", at, low));
  const char *a = ts_let(l, "torch.index_select(%s, %d, %s)", x, axis, low);
  const char *b = ts_let(l, "torch.index_select(%s, %d, %s)", x, axis, high);
  return ts_let(l, "torch.add(torch.mul(%s, torch.rsub(%s, 1.)), torch.mul(%s, %s))", a, weight, b,
                weight);
}

static const char *blend(ts_lower_t *l, const resize_t *r, const char *x, int axis,
                         const char *at) {
  const bool is_cubic = strcmp(r->mode, "cubic") == 0;
  const char *factor = r->antialias ? ts_let(l, "ops.prim.min(%s, 1.)", r->scale[axis]) : "1.";
  const char *weights = ts_let(l, "%s(%s, %s, %s, %s, %s, %s, %s)", ts_library(l, TS_RESIZE), at,
                               r->in[axis], factor, ts_number(l, r->cubic_a), ts_bool(is_cubic),
                               ts_bool(r->excludes), ts_bool(r->excludes || r->antialias));
  return ts_let(l, "torch.movedim(torch.matmul(torch.movedim(%s, %d, -1), %s), -1, %d)", x, axis,
                weights, axis);
}

static const char *resize_axis(ts_lower_t *l, const resize_t *r, const char *x, int axis) {
  const char *at = places(l, r, axis), *y;
  if (strcmp(r->mode, "nearest") == 0) {
    y = ts_let(l, "torch.to(torch.clamp(%s, 0, torch.sub(%s, 1)), 4)", nearest_place(l, r, at),
               r->in[axis]);
    y = ts_let(l, "torch.index_select(%s, %d, %s)", x, axis, y);
  } else if (strcmp(r->mode, "linear") == 0 && !r->antialias && !r->excludes) {
    y = blend_pairs(l, r, x, axis, at);
  } else {
    y = blend(l, r, x, axis, at);
  }
  if (!r->start[axis]) return y;
  const char *is_in =
      along(l, r, axis,
            ts_text(l, "torch.logical_and(torch.ge(%s, 0), torch.le(%s, torch.sub(%s, 1)))", at, at,
                    r->in[axis]));
  const char *outside =
      ts_let(l, "torch.full_like(%s, %s)", y,
             ts_scalar(l, ts_input_dtype(l, 0), ts_attr_float(l, "extrapolation_value", 0)));
  return ts_let(l, "torch.where(%s, %s, %s)", is_in, y, outside);
}

void ts_lower_resize(ts_lower_t *l) {
  resize_t r;
  const char *align;
  if (!read_resize(l, &r)) return;
  const char *x = ts_input(l, 0), *name = torch_resize(l, &r, &align);
  if (name && r.has_sizes) {
    x = ts_let(l, "torch.%s(%s, [%s, %s],%s None)", name, x, r.out[2], r.out[3], align);
  } else if (name) {
    x = ts_let(l, "torch.%s(%s, None,%s [%s, %s])", name, x, align, r.scale[2], r.scale[3]);
  } else {
    const mmd_dtype_t dtype = ts_input_dtype(l, 0);
    const bool is_cast = dtype != MMD_F32 && strcmp(r.mode, "nearest") != 0;
    if (is_cast) x = ts_let(l, "torch.to(%s, 6)", x);
    for (int i = 0; i < r.rank && ts_ok(l); ++i) {
      if (r.out[i]) x = resize_axis(l, &r, x, i);
    }
    if (is_cast) x = ts_let(l, "torch.to(%s, %s)", x, ts_dtype(l, dtype));
  }
  ts_output(l, 0, x);
}
