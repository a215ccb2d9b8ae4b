// SPDX-License-Identifier: Apache-2.0
//
// VFNetHead: the sides' distances of a first box place the nine points of a star, where a
// deformable convolution reads again; from it come the score and the factors of the final box.
#include <math.h>
#include <stdio.h>

#include "codebases/mmdet/models/heads/anchor_free_head.h"
#include "nn/deform_conv.h"
#include "nn/tensor_ops.h"

typedef enum norm_type_t { NORM_BY_RANGE, NORM_BY_STRIDE } norm_type_t;

typedef struct vfnet_head_t {
  mmd_anchor_free_head_t free;
  const mmd_value_t *ranges;
  int norm_type;
  bool use_atss;
} vfnet_head_t;

static const char *const g_norm_types[] = {"reg_denom", "stride", NULL};
static const mmd_option_t g_options[] = {
    MMD_ANCHOR_FREE_HEAD_OPTIONS,
    MMD_OPT_DICT("regress_ranges", vfnet_head_t, ranges, "Distances that each level predicts."),
    {.name = "bbox_norm_type",
     .type = MMD_OPTION_CHOICE,
     .offset = offsetof(vfnet_head_t, norm_type),
     .default_text = "reg_denom",
     .choices = g_norm_types,
     .help = "What distances are multiples of: the end of the level's range, or its stride."},
    MMD_OPT_BOOL("use_atss", vfnet_head_t, use_atss, "true",
                 "Points lie where those of anchor_generator do, else in the middle of a cell."),
    MMD_OPT_DICT("anchor_generator", vfnet_head_t, free.base.anchor_generator,
                 "Strides and the place of points; its anchors are for training."),
    MMD_OPT_TRAINING("center_sampling"),
    MMD_OPT_TRAINING("center_sample_radius"),
    MMD_OPT_TRAINING("sync_num_pos"),
    MMD_OPT_TRAINING("gradient_mul"),
    MMD_OPT_TRAINING("loss_cls_fl"),
    MMD_OPT_TRAINING("use_vfl"),
    MMD_OPT_TRAINING("loss_bbox_refine"),
    MMD_OPT_TRAINING("reg_decoded_bbox"),
};
static const mmd_option_table_t g_table = MMD_OPTION_TABLE("VFNetHead", vfnet_head_t, g_options);

// What differs from level to level.
typedef struct level_t {
  float stride;  // of the star
  float unit;    // of distances
} level_t;

//===--- reading -----------------------------------------------------------===//

static const double g_range_ends[] = {64, 128, 256, 512, 1e8};
static const double g_strides[] = {4, 8, 16, 32, 64};

static double number_at(const mmd_value_t *list, const double *defaults, size_t i) {
  if (mmd_value_is_null(list)) return i < 5 ? defaults[i] : NAN;
  const mmd_value_t *item = mmd_array_at(list, i);
  const size_t size = mmd_array_size(item);
  return mmd_value_get_float(size ? mmd_array_at(item, size - 1) : item, NAN);
}

static bool is_count(const mmd_value_t *list, int count) {
  return (mmd_value_is_null(list) ? 5 : (int)mmd_array_size(list)) == count;
}

static void fail_list(mmd_builder_t *b, const char *key, int count) {
  mmd_builder_fail(b, MMD_ERROR(MMD_INVALID_ARGUMENT,
                                "%s.%s: positive numbers for %d levels are "
                                "expected",
                                b->config_path, key, count));
}

static void read_levels(mmd_builder_t *b, const vfnet_head_t *self, int count, level_t *levels) {
  const mmd_value_t *strides = self->free.strides;
  if (!is_count(strides, count)) fail_list(b, "strides", count);
  if (count < 2 || !is_count(self->ranges, count)) fail_list(b, "regress_ranges", count);
  for (int i = 0; i < count && mmd_builder_ok(b); ++i) {
    const bool is_last = i == count - 1;  // its end is far away: twice that of the one before
    const double end = number_at(self->ranges, g_range_ends, (size_t)(is_last ? i - 1 : i));
    const double stride = number_at(strides, g_strides, (size_t)i);
    if (!(stride > 0)) fail_list(b, "strides", count);
    if (!(end > 0)) fail_list(b, "regress_ranges", count);
    levels[i].stride = (float)stride;
    levels[i].unit =
        self->norm_type == NORM_BY_STRIDE ? (float)stride : (float)(is_last ? 2 * end : end);
  }
}

static mmd_head_points_t points_of(mmd_builder_t *b, const vfnet_head_t *self) {
  const mmd_value_t *generator = self->free.base.anchor_generator;
  const double offset = mmd_value_get_float(mmd_object_get(generator, "center_offset"), 0);
  return (mmd_head_points_t){.strides = mmd_object_get(generator, "strides"),
                             .fallback = "[8, 16, 32, 64, 128]",
                             .where = mmd_head_path(b, "anchor_generator"),
                             .offset = self->use_atss ? offset : 0.5};
}

//===--- building ----------------------------------------------------------===//

enum { POINTS = 9 };

// From distances (left, top, right, bottom) to what is added to the places of a 3x3 kernel: the
// box's middle, its corners and the middles of its sides.
static mmd_edge_t *star_offsets(mmd_builder_t *b, float stride, mmd_edge_t *boxes) {
  static const int64_t dims[] = {2 * POINTS, 4, 1, 1};
  float weight[2 * POINTS * 4] = {0}, bias[2 * POINTS];
  for (int i = 0; i < POINTS; ++i) {
    const int place[] = {i / 3 - 1, i % 3 - 1};  // y, x
    for (int k = 0; k < 2; ++k) {
      const int side = place[k] > 0 ? 3 - k : 1 - k;
      weight[(2 * i + k) * 4 + side] = (float)place[k] / stride;
      bias[2 * i + k] = (float)-place[k];
    }
  }
  mmd_edge_t *const inputs[] = {boxes, mmd_nn_constant_f32s(b, 4, dims, weight),
                                mmd_nn_constant_f32s(b, 1, dims, bias)};
  return mmd_nn_op(b, "Conv", 3, inputs, NULL);
}

static mmd_edge_t *read_star(mmd_builder_t *b, const char *name, int64_t channels, mmd_edge_t *x,
                             mmd_edge_t *offsets) {
  const mmd_conv_t conv = mmd_conv_square(channels, channels, 3, 1, 1);
  return mmd_nn_relu(b, mmd_nn_deform_conv(b, name, &conv, 1, x, offsets, NULL));
}

// exp(scale * a convolution of |x|)
static mmd_edge_t *factors(mmd_builder_t *b, const char *name, const char *scale, int level,
                           int64_t channels, mmd_edge_t *x) {
  char key[48];
  snprintf(key, sizeof key, "%s.%d.scale", scale, level);
  x = mmd_head_conv(b, name, channels, 4, x);
  x = mmd_nn_binary(b, "Mul", x, mmd_nn_weight(b, key, 0, NULL));
  return mmd_nn_unary(b, "Exp", x);
}

static mmd_dense_level_t build_level(mmd_builder_t *b, const mmd_anchor_plan_t *plan,
                                     const level_t *level, int index, mmd_edge_t *x) {
  const mmd_anchor_head_t *self = plan->self;
  const int64_t channels = mmd_head_tower_channels(self);
  mmd_conv_t conv = mmd_conv_square(channels, channels, 3, 1, 1);
  conv.cfg = self->conv_cfg;
  conv.bias = plan->conv_bias;
  mmd_edge_t *scores = mmd_head_tower(b, plan, "cls_convs", x);
  mmd_edge_t *tower = mmd_head_tower(b, plan, "reg_convs", x);
  mmd_edge_t *boxes =
      mmd_nn_conv_module(b, "vfnet_reg_conv", &conv, &plan->norm, &plan->relu, tower);
  boxes = factors(b, "vfnet_reg", "scales", index, channels, boxes);
  boxes = mmd_nn_scale(b, level->unit, boxes);
  mmd_edge_t *offsets = star_offsets(b, level->stride, boxes);
  tower = read_star(b, "vfnet_reg_refine_dconv", channels, tower, offsets);
  scores = read_star(b, "vfnet_cls_dconv", channels, scores, offsets);
  tower = factors(b, "vfnet_reg_refine", "scales_refine", index, channels, tower);
  return (mmd_dense_level_t){
      .scores = mmd_head_conv(b, "vfnet_cls", channels, plan->dense.score_channels, scores),
      .boxes = mmd_nn_binary(b, "Mul", tower, boxes),
      .priors = mmd_nn_priors(b, &plan->priors.levels[index], x),
  };
}

static void build(mmd_builder_t *b, const void *options, const mmd_features_t *inputs,
                  mmd_features_t *out_outputs) {
  const vfnet_head_t *self = options;
  const mmd_head_points_t points = points_of(b, self);
  mmd_anchor_plan_t plan;
  level_t own[MMD_MAX_PRIOR_LEVELS];
  mmd_dense_level_t levels[MMD_MAX_PRIOR_LEVELS];
  if (!mmd_anchor_free_head_plan(b, &self->free, &points, "GN", inputs, &plan)) return;
  read_levels(b, self, plan.priors.count, own);
  for (int i = 0; i < plan.priors.count && mmd_builder_ok(b); ++i)
    levels[i] = build_level(b, &plan, &own[i], i, inputs->items[i]);
  if (mmd_builder_ok(b)) mmd_head_finish(b, &plan.dense, inputs->count, levels, out_outputs);
}

const mmd_module_t mmd_mmdet_vfnet_head = {.codebase = "mmdet",
                                           .kind = "bbox_head",
                                           .type = "VFNetHead",
                                           .options = &g_table,
                                           .build = build};
