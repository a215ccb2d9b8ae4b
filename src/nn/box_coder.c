// SPDX-License-Identifier: Apache-2.0
#include "nn/box_coder.h"

#include <math.h>
#include <string.h>

#include "nn/activation.h"
#include "nn/tensor_ops.h"

//===--- reading -----------------------------------------------------------===//

static const struct {
  const char *type;
  mmd_box_coder_kind_t kind;
} g_kinds[] = {
    {"DeltaXYWHBBoxCoder", MMD_BOX_DELTA},   {"DistancePointBBoxCoder", MMD_BOX_DISTANCE},
    {"TBLRBBoxCoder", MMD_BOX_TBLR},         {"YOLOBBoxCoder", MMD_BOX_YOLO},
    {"BucketingBBoxCoder", MMD_BOX_BUCKETS},
};
enum { MAX_BUCKETS = 1024 };

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
                              mmd_box_coder_kind_t fallback, mmd_box_coder_kind_t *out_kind) {
  const bool is_bucketing = fallback == MMD_BOX_BUCKETS;
  const char *type = mmd_value_get_string(mmd_object_get(cfg, "type"), "");
  const char *dot = strrchr(type, '.');
  if (dot) type = dot + 1;
  for (size_t i = 0; i < sizeof g_kinds / sizeof *g_kinds; ++i) {
    if (strcmp(g_kinds[i].type, type) != 0) continue;
    if ((g_kinds[i].kind == MMD_BOX_BUCKETS) != is_bucketing) break;
    *out_kind = g_kinds[i].kind;
    return NULL;
  }
  return MMD_ERROR(MMD_NOT_SUPPORTED, "%s: '%s' is not supported here; known: %s", where, type,
                   is_bucketing ? "BucketingBBoxCoder"
                                : "DeltaXYWHBBoxCoder, DistancePointBBoxCoder, TBLRBBoxCoder, "
                                  "YOLOBBoxCoder");
}

// Of a side's buckets the best two are compared, so there are as many.
static mmd_status_t read_buckets(const mmd_value_t *cfg, const char *where,
                                 mmd_box_coder_t *coder) {
  const double scale = mmd_value_get_float(mmd_object_get(cfg, "scale_factor"), NAN);
  coder->buckets = mmd_value_get_int(mmd_object_get(cfg, "num_buckets"), 0);
  coder->bucket_scale = (float)scale;
  if (coder->buckets < 3 || coder->buckets > MAX_BUCKETS) {
    return MMD_ERROR(MMD_OUT_OF_RANGE, "%s.num_buckets: %lld; 3 to %d are expected", where,
                     (long long)coder->buckets, MAX_BUCKETS);
  }
  if (scale > 0 && scale <= 1e6) return NULL;
  return MMD_ERROR(MMD_OUT_OF_RANGE, "%s.scale_factor: %g; a positive number is expected", where,
                   scale);
}

mmd_status_t mmd_box_coder_read(const mmd_value_t *cfg, const char *where,
                                mmd_box_coder_kind_t fallback, mmd_box_coder_t *out_coder) {
  *out_coder = (mmd_box_coder_t){.kind = fallback,
                                 .stds = {1, 1, 1, 1},
                                 .clip_border = true,
                                 .center_clamp = 32,
                                 .normalizer = {4, 4, 4, 4},
                                 .clip_margin = fallback == MMD_BOX_BUCKETS ? 1 : 0,
                                 .buckets = 14,
                                 .bucket_scale = 3};
  if (mmd_value_is_null(cfg)) return NULL;
  MMD_TRY(read_kind(cfg, where, fallback, &out_coder->kind));
  if (fallback == MMD_BOX_BUCKETS) MMD_TRY(read_buckets(cfg, where, out_coder));
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
  return mmd_nn_map_limits(b, b->image, less);
}

mmd_edge_t *mmd_nn_map_limits(mmd_builder_t *b, mmd_edge_t *map, float less) {
  static const int64_t order[] = {3, 2, 3, 2};
  const int64_t height = mmd_nn_size(map, 2), width = mmd_nn_size(map, 3);
  if (height >= 0 && width >= 0) {
    const float w = (float)width - less, h = (float)height - less;
    const float limits[] = {w, h, w, h};
    return four(b, limits);
  }
  mmd_edge_t *sizes = mmd_nn_unary(b, "Shape", map);
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

// Top, bottom, left and right, as parts of the prior's height and width, from its centre.
static mmd_edge_t *decode_tblr(mmd_builder_t *b, const mmd_box_coder_t *coder, mmd_edge_t *priors,
                               mmd_edge_t *x) {
  static const int64_t ones[] = {1, 1, 1, 1};
  mmd_edge_t *corner[2], *side[4];
  if (!is_all(coder->normalizer, 1)) x = mmd_nn_binary(b, "Mul", x, four(b, coder->normalizer));
  mmd_nn_split(b, -1, 4, ones, x, side);
  mmd_nn_halves(b, priors, corner);
  mmd_edge_t *center = mmd_nn_scale(b, 0.5F, mmd_nn_binary(b, "Add", corner[0], corner[1]));
  mmd_edge_t *size = mmd_nn_binary(b, "Sub", corner[1], corner[0]);
  mmd_edge_t *low = mmd_nn_binary(b, "Mul", mmd_nn_join(b, side[2], side[0]), size);
  mmd_edge_t *high = mmd_nn_binary(b, "Mul", mmd_nn_join(b, side[3], side[1]), size);
  return mmd_nn_join(b, mmd_nn_binary(b, "Sub", center, low),
                     mmd_nn_binary(b, "Add", center, high));
}

// The middle lies within a stride, by a sigmoid; the size grows by an exponent.
static mmd_edge_t *decode_yolo(mmd_builder_t *b, mmd_edge_t *priors, mmd_edge_t *x) {
  static const int64_t sizes[] = {2, 2, 1};
  mmd_edge_t *prior[3], *part[2];
  mmd_nn_split(b, -1, 3, sizes, priors, prior);
  mmd_nn_halves(b, x, part);
  mmd_edge_t *center = mmd_nn_binary(b, "Mul", mmd_nn_unary(b, "Sigmoid", part[0]), prior[2]);
  mmd_edge_t *half = mmd_nn_binary(b, "Mul", mmd_nn_unary(b, "Exp", part[1]), prior[1]);
  center = mmd_nn_binary(b, "Add", center, prior[0]);
  return mmd_nn_join(b, mmd_nn_binary(b, "Sub", center, half),
                     mmd_nn_binary(b, "Add", center, half));
}

int64_t mmd_box_coder_side_buckets(const mmd_box_coder_t *coder) {
  return (coder->buckets + 1) / 2;
}

// The mean over the sides of the best bucket's probability, with the second's where it is beside.
static mmd_edge_t *bucket_confidence(mmd_builder_t *b, mmd_edge_t *best, mmd_edge_t *places) {
  static const int64_t ones[] = {1, 1}, axis = 2;
  mmd_edge_t *score[2], *place[2];
  mmd_nn_split(b, -1, 2, ones, best, score);
  mmd_nn_split(b, -1, 2, ones, places, place);
  mmd_edge_t *distance = mmd_nn_unary(b, "Abs", mmd_nn_binary(b, "Sub", place[0], place[1]));
  static const int64_t one = 1;
  mmd_edge_t *beside = mmd_nn_binary(b, "Equal", distance, mmd_nn_constant_i64(b, 1, &one));
  mmd_edge_t *second = mmd_nn_binary(b, "Mul", score[1], mmd_nn_cast(b, MMD_F32, beside));
  mmd_edge_t *const inputs[] = {mmd_nn_binary(b, "Add", score[0], second),
                                mmd_nn_constant_i64(b, 1, &axis)};
  mmd_node_t *node = NULL;
  mmd_edge_t *mean = mmd_nn_op(b, "ReduceMean", 2, inputs, &node);  // [batch, n, 1, 1]
  return mmd_nn_squeeze(b, 3, mean);
}

// Sides [batch, n, 4] as x1, y1, x2, y2 about the prior's middle, in buckets: the middle of the
// bucket |place| of the side, counted from outside, less the offset.
static mmd_edge_t *bucket_sides(mmd_builder_t *b, int64_t buckets, mmd_edge_t *place,
                                mmd_edge_t *offsets) {
  static const int64_t corners[] = {0, 2, 1, 3};
  const float half = 0.5F * (float)buckets - 0.5F;
  const float start[] = {-half, half, -half, half}, inwards[] = {1, -1, 1, -1};
  mmd_edge_t *const inputs[] = {offsets, place};
  mmd_node_t *node = NULL;
  mmd_edge_t *offset = mmd_nn_op(b, "GatherElements", 2, inputs, &node);
  mmd_nn_set_int(b, node, "axis", -1);
  offset = mmd_nn_squeeze(b, 3, offset);
  place = mmd_nn_cast(b, MMD_F32, mmd_nn_squeeze(b, 3, place));
  place = mmd_nn_binary(b, "Add", mmd_nn_binary(b, "Mul", place, four(b, inwards)), four(b, start));
  return mmd_nn_gather(b, -1, mmd_nn_binary(b, "Sub", place, offset),
                       mmd_nn_constant_i64(b, 4, corners));
}

void mmd_nn_decode_buckets(mmd_builder_t *b, const mmd_box_coder_t *coder, mmd_edge_t *priors,
                           mmd_edge_t *predictions, mmd_edge_t *limits, mmd_edge_t **out_boxes,
                           mmd_edge_t **out_confidence) {
  const int64_t count = mmd_box_coder_side_buckets(coder), sizes[] = {4 * count, 4 * count};
  const int64_t dims[] = {0, 0, 4, count}, two = 2, ends[] = {1, 1};
  mmd_edge_t *part[2], *corner[2], *place[2];
  *out_boxes = *out_confidence = NULL;
  mmd_nn_split(b, -1, 2, sizes, predictions, part);
  mmd_edge_t *logits = mmd_nn_reshape(b, 4, dims, part[0]);
  mmd_edge_t *const inputs[] = {mmd_nn_softmax(b, -1, logits), mmd_nn_constant_i64(b, 1, &two)};
  mmd_node_t *best = mmd_nn_node(b, MMD_DOMAIN_ONNX, "TopK", 2, inputs, 2);
  if (!best) return;
  mmd_nn_split(b, -1, 2, ends, best->outputs[1], place);
  mmd_edge_t *sides =
      bucket_sides(b, coder->buckets, place[0], mmd_nn_reshape(b, 4, dims, part[1]));
  mmd_nn_halves(b, priors, corner);
  mmd_edge_t *center = mmd_nn_scale(b, 0.5F, mmd_nn_binary(b, "Add", corner[0], corner[1]));
  mmd_edge_t *size = mmd_nn_scale(b, coder->bucket_scale / (float)coder->buckets,
                                  mmd_nn_binary(b, "Sub", corner[1], corner[0]));
  sides = mmd_nn_binary(b, "Mul", sides, mmd_nn_join(b, size, size));
  sides = mmd_nn_binary(b, "Add", sides, mmd_nn_join(b, center, center));
  *out_boxes = mmd_nn_clip_boxes(b, coder->clip_border ? limits : NULL, sides);
  *out_confidence = bucket_confidence(b, best->outputs[0], best->outputs[1]);
}

mmd_edge_t *mmd_nn_decode_boxes(mmd_builder_t *b, const mmd_box_coder_t *coder, mmd_edge_t *priors,
                                mmd_edge_t *predictions, mmd_edge_t *limits) {
  mmd_edge_t *boxes = predictions;
  if (coder->kind == MMD_BOX_DELTA) boxes = decode_deltas(b, coder, priors, predictions);
  if (coder->kind == MMD_BOX_DISTANCE) boxes = decode_distances(b, priors, predictions);
  if (coder->kind == MMD_BOX_TBLR) boxes = decode_tblr(b, coder, priors, predictions);
  if (coder->kind == MMD_BOX_YOLO) boxes = decode_yolo(b, priors, predictions);
  return mmd_nn_clip_boxes(b, coder->clip_border ? limits : NULL, boxes);
}
