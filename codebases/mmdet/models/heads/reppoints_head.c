// SPDX-License-Identifier: Apache-2.0
//
// RepPointsHead: each cell predicts a set of points, reads its features again at them, moves them,
// and its box is what they span. With use_grid_points the points are a grid over a box.

#include "codebases/mmdet/models/heads/anchor_free_head.h"
#include "nn/deform_conv.h"
#include "nn/tensor_ops.h"

enum { MAX_SIDE = 15, MAX_POINTS = MAX_SIDE * MAX_SIDE };

typedef enum transform_t { BY_MOMENT, BY_MINMAX, BY_PARTIAL_MINMAX } transform_t;

typedef struct reppoints_head_t {
  mmd_anchor_free_head_t free;
  int64_t point_channels, num_points, base_scale;
  const mmd_value_t *point_strides;
  bool use_grid_points, center_init;
  int transform;
} reppoints_head_t;

static const char *const g_transforms[] = {"moment", "minmax", "partial_minmax", NULL};
static const mmd_option_t g_options[] = {
    MMD_ANCHOR_FREE_HEAD_OPTIONS,
    MMD_OPT_COUNT("point_feat_channels", reppoints_head_t, point_channels, "256",
                  "Channels of the features that are read at the points."),
    MMD_OPT_COUNT("num_points", reppoints_head_t, num_points, "9",
                  "Points of a cell, the square of an odd number."),
    MMD_OPT_DICT("point_strides", reppoints_head_t, point_strides,
                 "Stride of each level, [8, 16, 32, 64, 128]."),
    MMD_OPT_COUNT("point_base_scale", reppoints_head_t, base_scale, "4",
                  "Side in strides of the first box."),
    MMD_OPT_BOOL("use_grid_points", reppoints_head_t, use_grid_points, "false",
                 "Points are a grid over a predicted box."),
    MMD_OPT_BOOL("center_init", reppoints_head_t, center_init, "true",
                 "Points start in the middle of the cell, else as a grid."),
    {.name = "transform_method",
     .type = MMD_OPTION_CHOICE,
     .offset = offsetof(reppoints_head_t, transform),
     .default_text = "moment",
     .choices = g_transforms,
     .help = "How points span a box."},
    MMD_OPT_TRAINING("gradient_mul"),
    MMD_OPT_TRAINING("moment_mul"),
    MMD_OPT_TRAINING("loss_bbox_init"),
    MMD_OPT_TRAINING("loss_bbox_refine"),
};
static const mmd_option_table_t g_table =
    MMD_OPTION_TABLE("RepPointsHead", reppoints_head_t, g_options);

typedef struct reppoints_plan_t {
  const reppoints_head_t *self;
  mmd_anchor_plan_t plan;
  int side;              // of the deformable kernel
  mmd_edge_t *transfer;  // moment: the factors of half the height and half the width
} reppoints_plan_t;

//===--- points to boxes ---------------------------------------------------===//

static mmd_edge_t *reduced(mmd_builder_t *b, const char *op, bool keep, mmd_edge_t *x) {
  static const int64_t points = 2;
  mmd_edge_t *const inputs[] = {x, mmd_nn_constant_i64(b, 1, &points)};
  mmd_node_t *node;
  mmd_edge_t *out = mmd_nn_op(b, op, 2, inputs, &node);
  mmd_nn_set_int(b, node, "keepdims", keep);
  return out;
}

// The mean, and a learned multiple of the deviation on both sides.
static void span_by_moment(mmd_builder_t *b, const reppoints_plan_t *plan, mmd_edge_t *points,
                           mmd_edge_t *out_ends[2]) {
  const float others = (float)(plan->self->num_points - 1);
  mmd_edge_t *mean = reduced(b, "ReduceMean", true, points);
  mmd_edge_t *off = mmd_nn_binary(b, "Sub", points, mean);
  mmd_edge_t *sum = reduced(b, "ReduceSum", false, mmd_nn_binary(b, "Mul", off, off));
  mmd_edge_t *half = mmd_nn_unary(b, "Sqrt", mmd_nn_scale(b, 1 / others, sum));
  half = mmd_nn_binary(b, "Mul", half, plan->transfer);
  mean = mmd_nn_squeeze(b, 2, mean);
  out_ends[0] = mmd_nn_binary(b, "Sub", mean, half);
  out_ends[1] = mmd_nn_binary(b, "Add", mean, half);
}

// Rows of y, x, y, x … in strides from the cell, to distances in pixels.
static mmd_edge_t *finish_boxes(mmd_builder_t *b, const void *self, size_t level,
                                mmd_edge_t *rows) {
  static const int64_t x_first[] = {1, 0, 3, 2}, four = 4;
  const reppoints_plan_t *plan = self;
  const int64_t dims[] = {0, -1, plan->self->num_points, 2};
  const float stride = plan->plan.priors.levels[level].step_x[0];
  const float signs[] = {-stride, -stride, stride, stride};
  mmd_edge_t *ends[2], *points = mmd_nn_reshape(b, 4, dims, rows);
  if (plan->self->transform == BY_MOMENT) {
    span_by_moment(b, plan, points, ends);
  } else {
    if (plan->self->transform == BY_PARTIAL_MINMAX) points = mmd_nn_slice(b, 2, 0, 4, points);
    ends[0] = reduced(b, "ReduceMin", false, points);
    ends[1] = reduced(b, "ReduceMax", false, points);
  }
  mmd_edge_t *box =
      mmd_nn_gather(b, -1, mmd_nn_join(b, ends[0], ends[1]), mmd_nn_constant_i64(b, 4, x_first));
  return mmd_nn_binary(b, "Mul", box, mmd_nn_constant_f32s(b, 1, &four, signs));
}

//===--- points ------------------------------------------------------------===//

// |factor| times the places of the kernel's elements, y and x in turn: [1, 2 points, 1, 1].
static mmd_edge_t *kernel_places(mmd_builder_t *b, int side, float factor) {
  const int64_t dims[] = {1, 2 * (int64_t)side * side, 1, 1};
  float places[2 * MAX_POINTS];
  for (int i = 0; i < side * side; ++i) {
    places[2 * i] = factor * (float)(i / side - side / 2);
    places[2 * i + 1] = factor * (float)(i % side - side / 2);
  }
  return mmd_nn_constant_f32s(b, 4, dims, places);
}

// A box as its middle and its size, [batch, 2, height, width] of x and y each.
typedef struct box_t {
  mmd_edge_t *center, *size;
} box_t;

static box_t first_box(mmd_builder_t *b, const reppoints_head_t *self) {
  static const int64_t dims[] = {1, 2, 1, 1};
  const float side = (float)self->base_scale, sides[] = {side, side}, zeros[] = {0, 0};
  return (box_t){mmd_nn_constant_f32s(b, 4, dims, zeros), mmd_nn_constant_f32s(b, 4, dims, sides)};
}

// |box| moved and stretched by a predicted map of 4 channels.
static box_t move_box(mmd_builder_t *b, const box_t *box, mmd_edge_t *map) {
  static const int64_t sizes[] = {2, 2};
  mmd_edge_t *part[2];
  mmd_nn_split(b, 1, 2, sizes, map, part);
  mmd_edge_t *size = mmd_nn_binary(b, "Max", box->size, mmd_nn_constant_f32(b, 1e-6F));
  mmd_edge_t *moved = mmd_nn_binary(b, "Mul", size, part[0]);
  return (box_t){mmd_nn_binary(b, "Add", box->center, moved),
                 mmd_nn_binary(b, "Mul", size, mmd_nn_unary(b, "Exp", part[1]))};
}

// The points of the grid over |box|: a 1x1 convolution with known weights.
static mmd_edge_t *grid_points(mmd_builder_t *b, int side, const box_t *box) {
  const int64_t points = (int64_t)side * side, dims[] = {2 * points, 4, 1, 1};
  float weight[2 * MAX_POINTS * 4] = {0};
  for (int i = 0; i < side * side; ++i) {
    float *y = weight + (size_t)i * 8, *x = y + 4;
    x[0] = y[1] = 1;
    x[2] = (float)(i % side) / (float)(side - 1) - 0.5F;
    y[3] = (float)(i / side) / (float)(side - 1) - 0.5F;
  }
  mmd_edge_t *const parts[] = {box->center, box->size};
  mmd_edge_t *const inputs[] = {mmd_nn_concat(b, 1, 2, parts),
                                mmd_nn_constant_f32s(b, 4, dims, weight)};
  return mmd_nn_op(b, "Conv", 2, inputs, NULL);
}

static mmd_edge_t *predict(mmd_builder_t *b, const char *name, int64_t in_channels,
                           int64_t out_channels, mmd_edge_t *x) {
  mmd_conv_t conv = mmd_conv_square(in_channels, out_channels, 1, 1, 0);
  conv.bias = true;
  return mmd_nn_conv(b, name, &conv, mmd_nn_relu(b, x));
}

static mmd_edge_t *read_points(mmd_builder_t *b, const reppoints_plan_t *plan, const char *name,
                               mmd_edge_t *x, mmd_edge_t *offsets) {
  const mmd_conv_t conv =
      mmd_conv_square(mmd_head_tower_channels(plan->plan.self), plan->self->point_channels,
                      plan->side, 1, plan->side / 2);
  return mmd_nn_deform_conv(b, name, &conv, 1, x, offsets, NULL);
}

//===--- head --------------------------------------------------------------===//

static mmd_dense_level_t build_level(mmd_builder_t *b, const reppoints_plan_t *plan, int level,
                                     mmd_edge_t *x) {
  const reppoints_head_t *self = plan->self;
  const int64_t channels = mmd_head_tower_channels(plan->plan.self), wide = self->point_channels;
  const int64_t maps = self->use_grid_points ? 4 : 2 * self->num_points;
  box_t box = first_box(b, self);
  mmd_edge_t *scores = mmd_head_tower(b, &plan->plan, "cls_convs", x);
  mmd_edge_t *tower = mmd_head_tower(b, &plan->plan, "reg_convs", x);
  mmd_edge_t *points = predict(b, "reppoints_pts_init_out", wide, maps,
                               mmd_head_conv(b, "reppoints_pts_init_conv", channels, wide, tower));
  if (self->use_grid_points) {
    box = move_box(b, &box, points);
    points = grid_points(b, plan->side, &box);
  } else if (!self->center_init) {
    const float factor = (float)self->base_scale / 2 / (float)(plan->side / 2);
    points = mmd_nn_binary(b, "Add", points, kernel_places(b, plan->side, factor));
  }
  mmd_edge_t *offsets = mmd_nn_binary(b, "Sub", points, kernel_places(b, plan->side, 1));
  scores = read_points(b, plan, "reppoints_cls_conv", scores, offsets);
  tower = read_points(b, plan, "reppoints_pts_refine_conv", tower, offsets);
  tower = predict(b, "reppoints_pts_refine_out", wide, maps, tower);
  if (self->use_grid_points) {
    box = move_box(b, &box, tower);
    points = grid_points(b, plan->side, &box);
  } else {
    points = mmd_nn_binary(b, "Add", points, tower);
  }
  return (mmd_dense_level_t){
      .scores = predict(b, "reppoints_cls_out", wide, plan->plan.dense.score_channels, scores),
      .boxes = points,
      .priors = mmd_nn_priors(b, &plan->plan.priors.levels[level], x),
  };
}

static int side_of(mmd_builder_t *b, int64_t num_points) {
  for (int side = 3; side <= MAX_SIDE; side += 2) {
    if ((int64_t)side * side == num_points) return side;
  }
  mmd_builder_fail(b, MMD_ERROR(MMD_INVALID_ARGUMENT,
                                "%s.num_points: %lld; the square of an odd number from 3 to %d is "
                                "expected",
                                b->config_path, (long long)num_points, MAX_SIDE));
  return 3;
}

// exp(moment_transfer) as y, x.
static mmd_edge_t *read_transfer(mmd_builder_t *b) {
  static const int64_t two = 2, y_first[] = {1, 0};
  mmd_edge_t *transfer = mmd_nn_unary(b, "Exp", mmd_nn_weight(b, "moment_transfer", 1, &two));
  return mmd_nn_gather(b, 0, transfer, mmd_nn_constant_i64(b, 2, y_first));
}

static bool make_plan(mmd_builder_t *b, const reppoints_head_t *self, const mmd_features_t *inputs,
                      reppoints_plan_t *out_plan) {
  const mmd_head_points_t points = {self->point_strides, "[8, 16, 32, 64, 128]",
                                    mmd_head_path(b, "point_strides"), 0};
  mmd_anchor_plan_t *plan = &out_plan->plan;
  *out_plan = (reppoints_plan_t){.self = self};
  if (!mmd_anchor_free_head_plan(b, &self->free, &points, NULL, inputs, plan)) return false;
  plan->conv_bias = false;  // RepPointsHead looks neither at conv_bias nor at dcn_on_last_conv
  plan->deformable = NULL;
  plan->dense.coder = (mmd_box_coder_t){.kind = MMD_BOX_DISTANCE, .clip_border = true};
  plan->dense.box_channels = 2 * self->num_points;
  plan->dense.finish_boxes = finish_boxes;
  plan->dense.self = out_plan;
  out_plan->side = side_of(b, self->num_points);
  if (self->transform == BY_MOMENT) out_plan->transfer = read_transfer(b);
  return mmd_builder_ok(b);
}

static void build(mmd_builder_t *b, const void *options, const mmd_features_t *inputs,
                  mmd_features_t *out_outputs) {
  reppoints_plan_t plan;
  mmd_dense_level_t levels[MMD_MAX_PRIOR_LEVELS];
  if (!make_plan(b, options, inputs, &plan)) return;
  for (int i = 0; i < plan.plan.priors.count; ++i)
    levels[i] = build_level(b, &plan, i, inputs->items[i]);
  mmd_head_finish(b, &plan.plan.dense, inputs->count, levels, out_outputs);
}

const mmd_module_t mmd_mmdet_reppoints_head = {.codebase = "mmdet",
                                               .kind = "bbox_head",
                                               .type = "RepPointsHead",
                                               .options = &g_table,
                                               .build = build};
