// SPDX-License-Identifier: Apache-2.0
#include "nn/box_coder.h"

#include <math.h>
#include <string.h>

#include "nn/tensor_ops.h"

//===--- reading -----------------------------------------------------------===//

static const struct {
  const char *type;
  mmd_box_coder_kind_t kind;
} g_kinds[] = {
    {"DeltaXYWHBBoxCoder", MMD_BOX_DELTA},
    {"DistancePointBBoxCoder", MMD_BOX_DISTANCE},
    {"TBLRBBoxCoder", MMD_BOX_TBLR},
};

// Four numbers, or one for all.
static mmd_status_t read_four(const mmd_value_t *cfg, const char *where, const char *key,
                              float *numbers) {
  const mmd_value_t *value = mmd_object_get(cfg, key);
  if (mmd_value_is_null(value)) return NULL;
  const bool is_list = mmd_value_kind(value) == MMD_VALUE_ARRAY;
  for (size_t i = 0; i < 4; ++i) {
    numbers[i] = (float)mmd_value_get_float(is_list ? mmd_array_at(value, i) : value, NAN);
    if (isnan(numbers[i]) || (is_list && mmd_array_size(value) != 4)) {
      return MMD_ERROR(MMD_INVALID_ARGUMENT, "%s.%s: a number or a list of 4 is expected", where,
                       key);
    }
  }
  return NULL;
}

static mmd_status_t read_kind(const mmd_value_t *cfg, const char *where,
                              mmd_box_coder_kind_t *out_kind) {
  const char *type = mmd_value_get_string(mmd_object_get(cfg, "type"), "");
  const char *dot = strrchr(type, '.');
  if (dot) type = dot + 1;
  for (size_t i = 0; i < sizeof g_kinds / sizeof *g_kinds; ++i) {
    if (strcmp(g_kinds[i].type, type) != 0) continue;
    *out_kind = g_kinds[i].kind;
    return NULL;
  }
  return MMD_ERROR(MMD_NOT_SUPPORTED,
                   "%s: '%s' is not supported; known: DeltaXYWHBBoxCoder, DistancePointBBoxCoder, "
                   "TBLRBBoxCoder",
                   where, type);
}

mmd_status_t mmd_box_coder_read(const mmd_value_t *cfg, const char *where,
                                mmd_box_coder_kind_t fallback, mmd_box_coder_t *out_coder) {
  *out_coder = (mmd_box_coder_t){.kind = fallback,
                                 .stds = {1, 1, 1, 1},
                                 .clip_border = true,
                                 .center_clamp = 32,
                                 .normalizer = {4, 4, 4, 4}};
  if (mmd_value_is_null(cfg)) return NULL;
  MMD_TRY(read_kind(cfg, where, &out_coder->kind));
  MMD_TRY(read_four(cfg, where, "target_means", out_coder->means));
  MMD_TRY(read_four(cfg, where, "target_stds", out_coder->stds));
  MMD_TRY(read_four(cfg, where, "normalizer", out_coder->normalizer));
  out_coder->clip_border = mmd_value_get_bool(mmd_object_get(cfg, "clip_border"), true);
  out_coder->has_center_clamp = mmd_value_get_bool(mmd_object_get(cfg, "add_ctr_clamp"), false);
  out_coder->center_clamp = (float)mmd_value_get_float(mmd_object_get(cfg, "ctr_clamp"), 32);
  return NULL;
}

//===--- building ----------------------------------------------------------===//

void mmd_nn_halves(mmd_builder_t *b, mmd_edge_t *x, mmd_edge_t *out_parts[2]) {
  static const int64_t sizes[] = {2, 2};
  mmd_nn_split(b, -1, 2, sizes, x, out_parts);
}

mmd_edge_t *mmd_nn_join(mmd_builder_t *b, mmd_edge_t *first, mmd_edge_t *second) {
  mmd_edge_t *const parts[] = {first, second};
  return mmd_nn_concat(b, -1, 2, parts);
}

static mmd_edge_t *four(mmd_builder_t *b, const float *numbers) {
  static const int64_t dims[] = {4};
  return mmd_nn_constant_f32s(b, 1, dims, numbers);
}

mmd_edge_t *mmd_nn_image_limits(mmd_builder_t *b, float less) {
  static const int64_t order[] = {3, 2, 3, 2};
  const int64_t height = mmd_nn_size(b->image, 2), width = mmd_nn_size(b->image, 3);
  if (height >= 0 && width >= 0) {
    const float w = (float)width - less, h = (float)height - less;
    const float limits[] = {w, h, w, h};
    return four(b, limits);
  }
  mmd_edge_t *sizes = mmd_nn_unary(b, "Shape", b->image);
  sizes = mmd_nn_gather(b, 0, sizes, mmd_nn_constant_i64(b, 4, order));
  return mmd_nn_shift(b, -less, mmd_nn_cast(b, MMD_F32, sizes));
}

mmd_edge_t *mmd_nn_clip_boxes(mmd_builder_t *b, mmd_edge_t *limits, mmd_edge_t *boxes) {
  if (!limits) return boxes;
  boxes = mmd_nn_binary(b, "Max", boxes, mmd_nn_constant_f32(b, 0));
  return mmd_nn_binary(b, "Min", boxes, limits);
}

static bool is_all(const float *numbers, float number) {
  for (int i = 0; i < 4; ++i) {
    if (numbers[i] != number) return false;
  }
  return true;
}

static mmd_edge_t *decode_deltas(mmd_builder_t *b, const mmd_box_coder_t *coder, mmd_edge_t *priors,
                                 mmd_edge_t *deltas) {
  const float max_ratio = (float)fabs(log(16. / 1000.));
  mmd_edge_t *corner[2], *delta[2];
  if (!is_all(coder->stds, 1)) deltas = mmd_nn_binary(b, "Mul", deltas, four(b, coder->stds));
  if (!is_all(coder->means, 0)) deltas = mmd_nn_binary(b, "Add", deltas, four(b, coder->means));
  mmd_nn_halves(b, priors, corner);
  mmd_nn_halves(b, deltas, delta);
  mmd_edge_t *size = mmd_nn_binary(b, "Sub", corner[1], corner[0]);
  mmd_edge_t *center = mmd_nn_scale(b, 0.5F, mmd_nn_binary(b, "Add", corner[0], corner[1]));
  mmd_edge_t *moved = mmd_nn_binary(b, "Mul", size, delta[0]);
  if (coder->has_center_clamp) {
    moved = mmd_nn_clip(b, -coder->center_clamp, coder->center_clamp, moved);
  }
  const float low = coder->has_center_clamp ? -INFINITY : -max_ratio;
  mmd_edge_t *growth = mmd_nn_unary(b, "Exp", mmd_nn_clip(b, low, max_ratio, delta[1]));
  mmd_edge_t *half = mmd_nn_binary(b, "Mul", mmd_nn_scale(b, 0.5F, size), growth);
  center = mmd_nn_binary(b, "Add", center, moved);
  return mmd_nn_join(b, mmd_nn_binary(b, "Sub", center, half),
                     mmd_nn_binary(b, "Add", center, half));
}

static mmd_edge_t *decode_distances(mmd_builder_t *b, mmd_edge_t *points, mmd_edge_t *distances) {
  mmd_edge_t *part[2];
  mmd_nn_halves(b, distances, part);
  return mmd_nn_join(b, mmd_nn_binary(b, "Sub", points, part[0]),
                     mmd_nn_binary(b, "Add", points, part[1]));
}

// top, bottom, left, right to left, top, right, bottom about the prior's centre.
static mmd_edge_t *decode_tblr(mmd_builder_t *b, const mmd_box_coder_t *coder, mmd_edge_t *priors,
                               mmd_edge_t *x) {
  static const int64_t order[] = {2, 0, 3, 1};
  const float *n = coder->normalizer;
  const float normalizer[] = {n[2], n[0], n[3], n[1]};
  mmd_edge_t *corner[2];
  x = mmd_nn_gather(b, -1, x, mmd_nn_constant_i64(b, 4, order));
  if (!is_all(n, 1)) x = mmd_nn_binary(b, "Mul", x, four(b, normalizer));
  mmd_nn_halves(b, priors, corner);
  mmd_edge_t *center = mmd_nn_scale(b, 0.5F, mmd_nn_binary(b, "Add", corner[0], corner[1]));
  mmd_edge_t *size = mmd_nn_binary(b, "Sub", corner[1], corner[0]);
  x = mmd_nn_binary(b, "Mul", x, mmd_nn_join(b, size, size));
  return decode_distances(b, center, x);
}

mmd_edge_t *mmd_nn_decode_boxes(mmd_builder_t *b, const mmd_box_coder_t *coder, mmd_edge_t *priors,
                                mmd_edge_t *predictions, mmd_edge_t *limits) {
  mmd_edge_t *boxes = coder->kind == MMD_BOX_DELTA ? decode_deltas(b, coder, priors, predictions)
                      : coder->kind == MMD_BOX_DISTANCE
                          ? decode_distances(b, priors, predictions)
                          : decode_tblr(b, coder, priors, predictions);
  return mmd_nn_clip_boxes(b, coder->clip_border ? limits : NULL, boxes);
}
