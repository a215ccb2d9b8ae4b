// SPDX-License-Identifier: Apache-2.0
//
// FoveaHead: the distances of a box's sides are exponents, in edges of a base length a level. With
// with_deform the scores come from a deformable convolution whose offsets the boxes tell.
#include "codebases/mmdet/models/heads/anchor_free_head.h"
#include "nn/deform_conv.h"
#include "nn/tensor_ops.h"

typedef struct fovea_head_t {
  mmd_anchor_free_head_t free;
  mmd_ints_t base_edges;
  bool with_deform;
  int64_t deform_groups;
} fovea_head_t;

static const mmd_option_t g_options[] = {
    MMD_ANCHOR_FREE_HEAD_OPTIONS,
    MMD_OPT_INTS("base_edge_list", fovea_head_t, base_edges, "[16, 32, 64, 128, 256]",
                 "Length in pixels that distances of each level are multiples of."),
    MMD_OPT_BOOL("with_deform", fovea_head_t, with_deform, "false",
                 "Features of the scores are aligned with the boxes."),
    MMD_OPT_COUNT("deform_groups", fovea_head_t, deform_groups, "4",
                  "Groups of channels with offsets of their own."),
    MMD_OPT_TRAINING("scale_ranges"),
    MMD_OPT_TRAINING("sigma"),
};
static const mmd_option_table_t g_table = MMD_OPTION_TABLE("FoveaHead", fovea_head_t, g_options);

typedef struct fovea_plan_t {
  const fovea_head_t *self;
  mmd_anchor_plan_t plan;
} fovea_plan_t;

static mmd_edge_t *finish_boxes(mmd_builder_t *b, const void *self, size_t level,
                                mmd_edge_t *rows) {
  const fovea_plan_t *plan = self;
  return mmd_nn_scale(b, (float)plan->self->base_edges.items[level], mmd_nn_unary(b, "Exp", rows));
}

// FeatureAlign.
static mmd_edge_t *align(mmd_builder_t *b, const fovea_head_t *self, mmd_edge_t *x,
                         mmd_edge_t *boxes) {
  const int64_t channels = self->free.base.feat_channels, groups = self->deform_groups;
  const mmd_conv_t offsets = mmd_conv_square(4, groups * 18, 1, 1, 0);
  const mmd_conv_t conv = mmd_conv_square(channels, channels, 3, 1, 1);
  const size_t mark = mmd_scope_enter(b, "feature_adaption");
  mmd_edge_t *offset = mmd_nn_conv(b, "conv_offset", &offsets, mmd_nn_unary(b, "Exp", boxes));
  x = mmd_nn_relu(b, mmd_nn_deform_conv(b, "conv_adaption", &conv, groups, x, offset, NULL));
  mmd_scope_leave(b, mark);
  return x;
}

// Two convolutions to four times the channels; a bias only where there is no norm.
static mmd_edge_t *wide_tower(mmd_builder_t *b, const mmd_anchor_plan_t *plan, mmd_edge_t *x) {
  const int64_t channels = plan->self->feat_channels;
  mmd_conv_t first = mmd_conv_square(channels, 4 * channels, 3, 1, 1);
  mmd_conv_t second = mmd_conv_square(4 * channels, 4 * channels, 1, 1, 0);
  first.cfg = second.cfg = plan->self->conv_cfg;
  x = mmd_nn_conv_module(b, "cls_convs.0", &first, &plan->norm, &plan->relu, x);
  return mmd_nn_conv_module(b, "cls_convs.1", &second, &plan->norm, &plan->relu, x);
}

static mmd_dense_level_t build_level(mmd_builder_t *b, const fovea_plan_t *fovea, int level,
                                     mmd_edge_t *x) {
  const mmd_anchor_plan_t *plan = &fovea->plan;
  const int64_t channels = mmd_head_tower_channels(plan->self);
  mmd_edge_t *boxes =
      mmd_head_conv(b, "conv_reg", channels, 4, mmd_head_tower(b, plan, "reg_convs", x));
  mmd_dense_level_t maps = {.boxes = boxes,
                            .priors = mmd_nn_priors(b, &plan->priors.levels[level], x)};
  if (fovea->self->with_deform) {
    x = wide_tower(b, plan, align(b, fovea->self, x, boxes));
    maps.scores = mmd_head_conv(b, "conv_cls", 4 * channels, plan->dense.score_channels, x);
  } else {
    x = mmd_head_tower(b, plan, "cls_convs", x);
    maps.scores = mmd_head_conv(b, "conv_cls", channels, plan->dense.score_channels, x);
  }
  return maps;
}

static bool check(mmd_builder_t *b, const fovea_head_t *self, const mmd_anchor_plan_t *plan) {
  if (self->base_edges.count != plan->priors.count) {
    mmd_builder_fail(b, MMD_ERROR(MMD_INVALID_ARGUMENT,
                                  "%s.base_edge_list: %d numbers; one for each of %d strides is "
                                  "expected",
                                  b->config_path, self->base_edges.count, plan->priors.count));
  }
  if (self->with_deform && self->free.base.in_channels != self->free.base.feat_channels) {
    mmd_builder_fail(b,
                     MMD_ERROR(MMD_INVALID_ARGUMENT,
                               "%s.feat_channels: %lld; with_deform needs as many as in_channels, "
                               "%lld",
                               b->config_path, (long long)self->free.base.feat_channels,
                               (long long)self->free.base.in_channels));
  }
  return mmd_builder_ok(b);
}

static void build(mmd_builder_t *b, const void *options, const mmd_features_t *inputs,
                  mmd_features_t *out_outputs) {
  const fovea_head_t *self = options;
  const mmd_head_points_t points = {self->free.strides, MMD_ANCHOR_FREE_STRIDES, b->config_path,
                                    0.5};
  fovea_plan_t fovea = {.self = self};
  mmd_anchor_plan_t *plan = &fovea.plan;
  mmd_dense_level_t levels[MMD_MAX_PRIOR_LEVELS];
  if (!mmd_anchor_free_head_plan(b, &self->free, &points, NULL, inputs, plan)) return;
  if (!check(b, self, plan)) return;
  plan->dense.coder = (mmd_box_coder_t){
      .kind = MMD_BOX_DISTANCE, .clip_border = true, .clip_margin = 1};  // whatever bbox_coder says
  plan->dense.finish_boxes = finish_boxes;
  plan->dense.self = &fovea;
  for (int i = 0; i < plan->priors.count; ++i)
    levels[i] = build_level(b, &fovea, i, inputs->items[i]);
  mmd_head_finish(b, &plan->dense, inputs->count, levels, out_outputs);
}

const mmd_module_t mmd_mmdet_fovea_head = {.codebase = "mmdet",
                                           .kind = "bbox_head",
                                           .type = "FoveaHead",
                                           .options = &g_table,
                                           .build = build};
