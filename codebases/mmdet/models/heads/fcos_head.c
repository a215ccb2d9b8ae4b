// SPDX-License-Identifier: Apache-2.0
//
// FCOSHead: a point in the middle of each cell, the distances of its box's sides, and a centerness
// that scales the scores. NASFCOSHead: the same behind towers of another build. AutoAssignHead: the
// points are the cells' corners, distances are in strides, the boxes' tower tells the centerness.
#include <stdio.h>

#include "codebases/mmdet/models/heads/anchor_free_head.h"
#include "nn/tensor_ops.h"

typedef struct fcos_head_t {
  mmd_anchor_free_head_t free;
  bool norm_on_bbox, centerness_on_reg;
} fcos_head_t;

#define FCOS_OPTIONS                                                             \
  MMD_ANCHOR_FREE_HEAD_OPTIONS,                                                  \
      MMD_OPT_BOOL("norm_on_bbox", fcos_head_t, norm_on_bbox, "false",           \
                   "Distances are in strides, not exponents."),                  \
      MMD_OPT_BOOL("centerness_on_reg", fcos_head_t, centerness_on_reg, "false", \
                   "The centerness comes from the tower of the boxes."),         \
      MMD_OPT_TRAINING("regress_ranges"), MMD_OPT_TRAINING("center_sampling"),   \
      MMD_OPT_TRAINING("center_sample_radius"), MMD_OPT_TRAINING("loss_centerness")
static const mmd_option_t g_fcos_options[] = {FCOS_OPTIONS};
static const mmd_option_t g_auto_assign_options[] = {
    FCOS_OPTIONS,
    MMD_OPT_TRAINING("force_topk"),
    MMD_OPT_TRAINING("topk"),
    MMD_OPT_TRAINING("pos_loss_weight"),
    MMD_OPT_TRAINING("neg_loss_weight"),
    MMD_OPT_TRAINING("center_loss_weight"),
};
static const mmd_option_table_t g_fcos_table =
    MMD_OPTION_TABLE("FCOSHead", fcos_head_t, g_fcos_options);
static const mmd_option_table_t g_nas_table =
    MMD_OPTION_TABLE("NASFCOSHead", fcos_head_t, g_fcos_options);
static const mmd_option_table_t g_auto_assign_table =
    MMD_OPTION_TABLE("AutoAssignHead", fcos_head_t, g_auto_assign_options);

typedef mmd_edge_t *(*tower_fn_t)(mmd_builder_t *b, const mmd_anchor_plan_t *plan, const char *name,
                                  mmd_edge_t *x);

static mmd_edge_t *distances(mmd_builder_t *b, const fcos_head_t *self,
                             const mmd_level_priors_t *priors, int level, mmd_edge_t *tower) {
  const int64_t channels = mmd_head_tower_channels(&self->free.base);
  mmd_edge_t *x = mmd_head_scaled(b, level, mmd_head_conv(b, "conv_reg", channels, 4, tower));
  if (!self->norm_on_bbox) return mmd_nn_unary(b, "Exp", x);
  return mmd_nn_scale(b, priors->step_x[0], mmd_nn_relu(b, x));
}

static void build_levels(mmd_builder_t *b, const fcos_head_t *self, const mmd_anchor_plan_t *plan,
                         tower_fn_t tower, const mmd_features_t *inputs,
                         mmd_features_t *out_outputs) {
  mmd_dense_level_t levels[MMD_MAX_PRIOR_LEVELS];
  const int64_t channels = mmd_head_tower_channels(&self->free.base);
  for (int i = 0; i < plan->priors.count; ++i) {
    const mmd_level_priors_t *priors = &plan->priors.levels[i];
    mmd_edge_t *scores = tower(b, plan, "cls_convs", inputs->items[i]);
    mmd_edge_t *boxes = tower(b, plan, "reg_convs", inputs->items[i]);
    levels[i] = (mmd_dense_level_t){
        .scores = mmd_head_conv(b, "conv_cls", channels, plan->dense.score_channels, scores),
        .boxes = distances(b, self, priors, i, boxes),
        .factor = mmd_head_conv(b, "conv_centerness", channels, 1,
                                self->centerness_on_reg ? boxes : scores),
        .priors = mmd_nn_priors(b, priors, inputs->items[i]),
    };
  }
  mmd_head_finish(b, &plan->dense, inputs->count, levels, out_outputs);
}

static bool make_plan(mmd_builder_t *b, const fcos_head_t *self, double offset,
                      const mmd_features_t *inputs, mmd_anchor_plan_t *out_plan) {
  const mmd_head_points_t points = {self->free.strides, MMD_ANCHOR_FREE_STRIDES, b->config_path,
                                    offset};
  return mmd_anchor_free_head_plan(b, &self->free, &points, "GN", inputs, out_plan);
}

static void build_fcos(mmd_builder_t *b, const void *options, const mmd_features_t *inputs,
                       mmd_features_t *out_outputs) {
  mmd_anchor_plan_t plan;
  if (!make_plan(b, options, 0.5, inputs, &plan)) return;
  build_levels(b, options, &plan, mmd_head_tower, inputs, out_outputs);
}

//===--- NASFCOSHead -------------------------------------------------------===//

// The structure that the search has found.
static mmd_edge_t *nas_tower(mmd_builder_t *b, const mmd_anchor_plan_t *plan, const char *name,
                             mmd_edge_t *x) {
  static const bool is_deformable[] = {true, false, true, false};
  static const int64_t kernel[] = {3, 3, 3, 1};
  const mmd_anchor_head_t *self = plan->self;
  mmd_value_t *cfg = mmd_head_conv_cfg(b, "{\"type\": \"DCNv2\", \"deform_groups\": 2}");
  for (int i = 0; i < 4 && mmd_builder_ok(b); ++i) {
    mmd_conv_t conv = mmd_conv_square(i ? self->feat_channels : self->in_channels,
                                      self->feat_channels, kernel[i], 1, kernel[i] / 2);
    char module[32];
    conv.bias = is_deformable[i];
    conv.cfg = is_deformable[i] ? cfg : NULL;
    snprintf(module, sizeof module, "%s.%d", name, i);
    x = mmd_nn_conv_module(b, module, &conv, &plan->norm, &plan->relu, x);
  }
  mmd_value_release(cfg);
  return x;
}

static void build_nas(mmd_builder_t *b, const void *options, const mmd_features_t *inputs,
                      mmd_features_t *out_outputs) {
  mmd_anchor_plan_t plan;
  fcos_head_t self = *(const fcos_head_t *)options;
  self.free.base.stacked_convs = 4;  // whatever the config says
  if (!make_plan(b, &self, 0.5, inputs, &plan)) return;
  build_levels(b, &self, &plan, nas_tower, inputs, out_outputs);
}

//===--- AutoAssignHead ----------------------------------------------------===//

static void build_auto_assign(mmd_builder_t *b, const void *options, const mmd_features_t *inputs,
                              mmd_features_t *out_outputs) {
  mmd_anchor_plan_t plan;
  fcos_head_t self = *(const fcos_head_t *)options;
  const int64_t prior[] = {self.free.base.num_classes, 2};
  self.norm_on_bbox = self.centerness_on_reg = true;  // whatever the config says
  if (!make_plan(b, &self, 0, inputs, &plan)) return;
  plan.conv_bias = true;
  mmd_nn_weight(b, "center_prior.mean", 2, prior);  // for training
  mmd_nn_weight(b, "center_prior.sigma", 2, prior);
  build_levels(b, &self, &plan, mmd_head_tower, inputs, out_outputs);
}

const mmd_module_t mmd_mmdet_fcos_head = {.codebase = "mmdet",
                                          .kind = "bbox_head",
                                          .type = "FCOSHead",
                                          .options = &g_fcos_table,
                                          .build = build_fcos};
const mmd_module_t mmd_mmdet_nasfcos_head = {.codebase = "mmdet",
                                             .kind = "bbox_head",
                                             .type = "NASFCOSHead",
                                             .options = &g_nas_table,
                                             .build = build_nas};
const mmd_module_t mmd_mmdet_auto_assign_head = {.codebase = "mmdet",
                                                 .kind = "bbox_head",
                                                 .type = "AutoAssignHead",
                                                 .options = &g_auto_assign_table,
                                                 .build = build_auto_assign};
