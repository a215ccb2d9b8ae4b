// SPDX-License-Identifier: Apache-2.0
//
// Operators over pictures.
#include <math.h>
#include <string.h>

#include "backends/torchscript/target/lower_table.h"

//===--- Resize ------------------------------------------------------------===//

typedef struct resize_t {
  int rank;
  const char *mode, *place, *nearest;
  const char *sizes, *scales;  // lists in the code, of all axes; one is NULL
  double known_scales[MMD_MAX_RANK];
  bool has_known_scales;
} resize_t;

static bool read_resize(ts_lower_t *l, resize_t *r) {
  *r = (resize_t){.rank = ts_rank(l, 0)};
  r->mode = ts_attr_string(l, "mode", "nearest");
  r->place = ts_attr_string(l, "coordinate_transformation_mode", "half_pixel");
  r->nearest = ts_attr_string(l, "nearest_mode", "round_prefer_floor");
  if (mmd_node_attr(l->node, "axes")) ts_refuse(l, "axes");
  if (ts_attr_int(l, "antialias", 0)) ts_refuse(l, "antialias");
  if (!ts_attr_is(l, "keep_aspect_ratio_policy", "stretch", "stretch"))
    ts_refuse(l, "keep_aspect_ratio_policy");
  if (ts_has_input(l, 3)) {
    r->sizes = ts_int_list(l, 3);
    return ts_ok(l);
  }
  const mmd_tensor_t *scales = ts_constant(l, 2);
  r->has_known_scales = scales && mmd_tensor_count(scales) == (size_t)r->rank;
  if (scales && !r->has_known_scales) ts_refuse(l, "scales do not fit rank %d", r->rank);
  for (int i = 0; r->has_known_scales && i < r->rank; ++i)
    r->known_scales[i] = mmd_tensor_get_f64(scales, (size_t)i);
  if (!scales)
    r->scales = ts_let(l, "annotate(List[float], (torch.to(%s, 7)).tolist())", ts_input(l, 2));
  return ts_ok(l);
}

static const char *scale_text(ts_lower_t *l, const resize_t *r, int axis) {
  if (r->has_known_scales) return ts_number(l, r->known_scales[axis]);
  return ts_text(l, "%s[%d]", r->scales, axis);
}

// Two spatial axes in a way that PyTorch has: its function and what follows the sizes.
static const char *torch_resize(const resize_t *r, const char **out_align) {
  const bool is_half =
      strcmp(r->place, "half_pixel") == 0 || strcmp(r->place, "pytorch_half_pixel") == 0;
  const bool is_aligned = strcmp(r->place, "align_corners") == 0;
  const bool has_picture = r->rank == 4 && (!r->has_known_scales ||
                                            (r->known_scales[0] == 1 && r->known_scales[1] == 1));
  *out_align = is_aligned ? " True," : " False,";
  if (!has_picture) return NULL;
  if (strcmp(r->mode, "linear") == 0) return is_half || is_aligned ? "upsample_bilinear2d" : NULL;
  if (strcmp(r->mode, "cubic") == 0) return is_half || is_aligned ? "upsample_bicubic2d" : NULL;
  *out_align = "";
  return strcmp(r->place, "asymmetric") == 0 && strcmp(r->nearest, "floor") == 0
             ? "upsample_nearest2d"
             : NULL;
}

//===--- axis by axis ------------------------------------------------------===//

// The places in the input of all elements of the output along |axis|.
static const char *places(ts_lower_t *l, const resize_t *r, int axis, const char *in,
                          const char *out) {
  const char *scale =
      r->sizes ? ts_let(l, "torch.div(float(%s), float(%s))", out, in) : scale_text(l, r, axis);
  const char *at = ts_let(l, "torch.arange(%s, dtype=6)", out);
  if (strcmp(r->place, "asymmetric") == 0) return ts_let(l, "torch.div(%s, %s)", at, scale);
  if (strcmp(r->place, "align_corners") == 0)
    return ts_let(l,
                  "torch.div(torch.mul(%s, float(torch.sub(%s, 1))), "
                  "float(ops.prim.max(torch.sub(%s, 1), 1)))",
                  at, in, out);
  const char *half = ts_let(l, "torch.sub(torch.div(torch.add(%s, 0.5), %s), 0.5)", at, scale);
  if (strcmp(r->place, "half_pixel") == 0) return half;
  if (strcmp(r->place, "pytorch_half_pixel") == 0)
    return ts_let(l, "torch.mul(%s, float(torch.gt(%s, 1)))", half, out);
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

static const char *resize_axis(ts_lower_t *l, const resize_t *r, const char *x, int axis) {
  const char *in = ts_let(l, "torch.size(%s, %d)", x, axis);
  const char *out = r->sizes ? ts_let(l, "%s[%d]", r->sizes, axis)
                             : ts_let(l, "int(torch.floor(torch.mul(float(%s), %s)))", in,
                                      scale_text(l, r, axis));
  const char *last = ts_let(l, "torch.sub(%s, 1)", in);
  const char *at = places(l, r, axis, in, out);
  if (strcmp(r->mode, "linear") != 0) {
    at = ts_let(l, "torch.to(torch.clamp(%s, 0, %s), 4)", nearest_place(l, r, at), last);
    return ts_let(l, "torch.index_select(%s, %d, %s)", x, axis, at);
  }
  at = ts_let(l, "torch.clamp(%s, 0, %s)", at, last);
  const char *low = ts_let(l, "torch.to(torch.floor(%s), 4)", at);
  const char *high = ts_let(l, "torch.clamp_max(torch.add(%s, 1), %s)", low, last);
  const char *shape = "-1";
  for (int i = axis + 1; i < r->rank; ++i) shape = ts_text(l, "%s, 1", shape);
  const char *weight = ts_let(l, "torch.reshape(torch.sub(%s, %s), [%s])", at, low, shape);
  const char *a = ts_let(l, "torch.index_select(%s, %d, %s)", x, axis, low);
  const char *b = ts_let(l, "torch.index_select(%s, %d, %s)", x, axis, high);
  return ts_let(l, "torch.add(torch.mul(%s, torch.rsub(%s, 1.)), torch.mul(%s, %s))", a, weight, b,
                weight);
}

// PyTorch spreads whole pixels between the corners, ONNX the scaled size, which may be a fraction.
static void check_corners(ts_lower_t *l, const resize_t *r) {
  if (r->scales) ts_refuse(l, "align_corners with computed scales");
  for (int i = 2; r->has_known_scales && i < r->rank; ++i) {
    const int64_t size = ts_known_size(l, 0, i);
    const double out = r->known_scales[i] * (size < 0 ? 1 : (double)size);
    if (fabs(out - round(out)) > 1e-6)
      ts_refuse(l, "align_corners with a scale that leaves fractions");
  }
}

void ts_lower_resize(ts_lower_t *l) {
  resize_t r;
  const char *align;
  if (!read_resize(l, &r)) return;
  if (strcmp(r.place, "align_corners") == 0) check_corners(l, &r);
  const char *x = ts_input(l, 0);
  const char *name = torch_resize(&r, &align);
  if (strcmp(r.mode, "cubic") == 0 && (ts_attr_float(l, "cubic_coeff_a", -0.75) != -0.75 ||
                                       ts_attr_int(l, "exclude_outside", 0) || !name)) {
    ts_refuse(l, "cubic with these options");
  } else if (name && r.sizes) {
    ts_output(l, 0,
              ts_let(l, "torch.%s(%s, [%s[2], %s[3]],%s None)", name, x, r.sizes, r.sizes, align));
  } else if (name) {
    ts_output(l, 0,
              ts_let(l, "torch.%s(%s, None,%s [%s, %s])", name, x, align, scale_text(l, &r, 2),
                     scale_text(l, &r, 3)));
  } else {
    for (int i = 0; i < r.rank && ts_ok(l); ++i) {
      if (!(r.has_known_scales && r.known_scales[i] == 1)) x = resize_axis(l, &r, x, i);
    }
    ts_output(l, 0, x);
  }
}

//===--- others ------------------------------------------------------------===//

void ts_lower_grid_sample(ts_lower_t *l) {
  const char *mode = ts_attr_string(l, "mode", "linear");
  const char *padding = ts_attr_string(l, "padding_mode", "zeros");
  const int mode_number = strstr(mode, "cubic") ? 2 : strcmp(mode, "nearest") == 0 ? 1 : 0;
  const int padding_number = strcmp(padding, "border") == 0       ? 1
                             : strcmp(padding, "reflection") == 0 ? 2
                                                                  : 0;
  if (mode_number && ts_rank(l, 0) != 4) ts_refuse(l, "mode %s over 3 axes", mode);
  ts_output(l, 0,
            ts_let(l, "torch.grid_sampler(%s, %s, %d, %d, %s)", ts_input(l, 0), ts_input(l, 1),
                   mode_number, padding_number, ts_bool(ts_attr_int(l, "align_corners", 0) != 0)));
}

void ts_lower_depth_to_space(ts_lower_t *l) {
  const long long block = (long long)ts_attr_int(l, "blocksize", 1);
  const char *x = ts_input(l, 0);
  if (ts_attr_is(l, "mode", "DCR", "CRD")) {
    ts_output(l, 0, ts_let(l, "torch.pixel_shuffle(%s, %lld)", x, block));
    return;
  }
  const char *n = ts_size(l, 0, 0), *h = ts_size(l, 0, 2), *w = ts_size(l, 0, 3);
  const char *parts =
      ts_let(l, "torch.reshape(%s, [%s, %lld, %lld, -1, %s, %s])", x, n, block, block, h, w);
  ts_output(l, 0,
            ts_let(l,
                   "torch.reshape(torch.permute(%s, [0, 3, 4, 1, 5, 2]), [%s, -1, torch.mul(%s, "
                   "%lld), torch.mul(%s, %lld)])",
                   parts, n, h, block, w, block));
}

void ts_lower_space_to_depth(ts_lower_t *l) {
  const long long block = (long long)ts_attr_int(l, "blocksize", 1);
  const char *n = ts_size(l, 0, 0), *c = ts_size(l, 0, 1), *h = ts_size(l, 0, 2),
             *w = ts_size(l, 0, 3);
  const char *parts = ts_let(
      l,
      "torch.reshape(%s, [%s, %s, torch.floordiv(%s, %lld), %lld, torch.floordiv(%s, %lld), %lld])",
      ts_input(l, 0), n, c, h, block, block, w, block, block);
  ts_output(l, 0,
            ts_let(l,
                   "torch.reshape(torch.permute(%s, [0, 3, 5, 1, 2, 4]), [%s, torch.mul(%s, %lld), "
                   "torch.floordiv(%s, %lld), torch.floordiv(%s, %lld)])",
                   parts, n, c, block * block, h, block, w, block));
}
