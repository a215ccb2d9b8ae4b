// SPDX-License-Identifier: Apache-2.0
//
// RTMDetHead and RTMDetSepBNHead (1.x): points at the cells' corners and the distances of the box's
// sides. The first shares its layers between levels, the second its convolutions at most.
#include <math.h>
#include <stdio.h>

#include "codebases/mmdet/models/heads/anchor_head.h"
#include "nn/csp_layer.h"
#include "nn/mark.h"
#include "nn/tensor_ops.h"

typedef struct rtmdet_head_t {
  mmd_anchor_head_t base;
  int64_t pred_kernel_size;
  bool with_objectness;
  const mmd_value_t *act_cfg;
  // RTMDetSepBNHead.
  bool share_conv, use_depthwise, exp_on_reg;
} rtmdet_head_t;

#define RTMDET_OPTIONS                                                             \
  MMD_ANCHOR_HEAD_OPTIONS(rtmdet_head_t), MMD_ANCHOR_TOWER_OPTIONS(rtmdet_head_t), \
      MMD_OPT_BOOL("with_objectness", rtmdet_head_t, with_objectness, "true",      \
                   "Scores are the geometric mean of those and an objectness."),   \
      MMD_OPT_DICT("act_cfg", rtmdet_head_t, act_cfg, "Kind of activation."),      \
      MMD_OPT_TRAINING("loss_centerness")

static const mmd_option_t g_options[] = {
    RTMDET_OPTIONS,
    MMD_OPT_COUNT("pred_kernel_size", rtmdet_head_t, pred_kernel_size, "3",
                  "Kernel of the last convolutions."),
};
static const mmd_option_t g_sep_options[] = {
    RTMDET_OPTIONS,
    MMD_OPT_COUNT("pred_kernel_size", rtmdet_head_t, pred_kernel_size, "1",
                  "Kernel of the last convolutions."),
    MMD_OPT_BOOL("share_conv", rtmdet_head_t, share_conv, "true",
                 "The levels have the same convolutions, each with norms of its own."),
    MMD_OPT_BOOL("use_depthwise", rtmdet_head_t, use_depthwise, "false",
                 "Depthwise separable convolutions."),
    MMD_OPT_BOOL("exp_on_reg", rtmdet_head_t, exp_on_reg, "false", "Distances are exponents."),
};
static const mmd_option_table_t g_table = MMD_OPTION_TABLE("RTMDetHead", rtmdet_head_t, g_options);
static const mmd_option_table_t g_sep_table =
    MMD_OPTION_TABLE("RTMDetSepBNHead", rtmdet_head_t, g_sep_options);

//===--- reading -----------------------------------------------------------===//

static bool check(mmd_builder_t *b, const rtmdet_head_t *self, const mmd_anchor_plan_t *plan) {
  if (!mmd_builder_ok(b)) return false;
  if (plan->priors.levels[0].size != 2 || plan->dense.coder.kind != MMD_BOX_DISTANCE) {
    mmd_builder_fail(b, MMD_ERROR(MMD_INVALID_ARGUMENT,
                                  "%s: anchor_generator MlvlPointGenerator and bbox_coder "
                                  "DistancePointBBoxCoder are expected",
                                  b->config_path));
  } else if (self->share_conv && self->use_depthwise) {
    mmd_builder_fail(b,
                     MMD_ERROR(MMD_INVALID_ARGUMENT,
                               "%s.share_conv: not possible with use_depthwise, in mmdet neither",
                               b->config_path));
  } else if (plan->dense.use_softmax) {
    mmd_builder_fail(
        b, MMD_ERROR(MMD_NOT_SUPPORTED, "%s.loss_cls.use_sigmoid: must be True", b->config_path));
  }
  return mmd_builder_ok(b);
}

static bool make_plan(mmd_builder_t *b, const rtmdet_head_t *self, const mmd_features_t *inputs,
                      const char *norm, const char *activation, mmd_anchor_plan_t *out_plan) {
  if (!mmd_anchor_head_plan(b, &self->base, mmd_anchor_head_generator, norm, true, inputs,
                            out_plan)) {
    return false;
  }
  out_plan->relu = mmd_activation_read(b, "act_cfg", self->act_cfg, activation);
  return check(b, self, out_plan);
}

//===--- building ----------------------------------------------------------===//

// The maps of a level behind its towers; |suffix| is ".<level>" where it has layers of its own.
typedef struct maps_t {
  mmd_edge_t *scores, *boxes, *objectness;
} maps_t;

static mmd_edge_t *predict(mmd_builder_t *b, const rtmdet_head_t *self, const char *name,
                           const char *suffix, int64_t channels, mmd_edge_t *x) {
  const int64_t kernel = self->pred_kernel_size;
  mmd_conv_t conv =
      mmd_conv_square(mmd_head_tower_channels(&self->base), channels, kernel, 1, kernel / 2);
  char module[48];
  conv.bias = true;
  snprintf(module, sizeof module, "%s%s", name, suffix);
  return mmd_nn_conv(b, module, &conv, x);
}

static maps_t predict_all(mmd_builder_t *b, const rtmdet_head_t *self, const char *suffix,
                          mmd_edge_t *scores, mmd_edge_t *boxes) {
  return (maps_t){
      .scores = predict(b, self, "rtm_cls", suffix, self->base.num_classes, scores),
      .boxes = predict(b, self, "rtm_reg", suffix, 4, boxes),
      .objectness = self->with_objectness ? predict(b, self, "rtm_obj", suffix, 1, boxes) : NULL,
  };
}

// The logit of sqrt(sigmoid(scores) * sigmoid(objectness)), limited as mmdet's inverse_sigmoid.
static mmd_edge_t *geometric_mean(mmd_builder_t *b, mmd_edge_t *scores, mmd_edge_t *objectness) {
  const float least = 1e-5F;
  mmd_edge_t *one = mmd_nn_constant_f32(b, 1);
  mmd_edge_t *mean = mmd_nn_binary(b, "Mul", mmd_nn_unary(b, "Sigmoid", scores),
                                   mmd_nn_unary(b, "Sigmoid", objectness));
  mean = mmd_nn_unary(b, "Sqrt", mean);
  mmd_edge_t *rest = mmd_nn_clip(b, least, INFINITY, mmd_nn_binary(b, "Sub", one, mean));
  mean = mmd_nn_clip(b, least, INFINITY, mean);
  return mmd_nn_unary(b, "Log", mmd_nn_binary(b, "Div", mean, rest));
}

static mmd_edge_t *marked(mmd_builder_t *b, const char *name, int level, mmd_edge_t *x) {
  char full[48];
  snprintf(full, sizeof full, "%s.%d", name, level);
  return mmd_nn_mark(b, "rtmdet_head", 0, "input", full, x);
}

// Marks go through all scores, then through all boxes, as the original numbers them.
static void finish(mmd_builder_t *b, const mmd_anchor_plan_t *plan, const maps_t *maps,
                   mmd_features_t *out_outputs) {
  mmd_dense_level_t levels[MMD_MAX_PRIOR_LEVELS] = {{0}};
  const int count = plan->priors.count;
  for (int i = 0; i < count; ++i) {
    mmd_edge_t *scores = maps[i].scores;
    if (maps[i].objectness) scores = geometric_mean(b, scores, maps[i].objectness);
    levels[i].scores = marked(b, "cls_scores", i, scores);
    levels[i].priors = mmd_nn_priors(b, &plan->priors.levels[i], maps[i].scores);
  }
  for (int i = 0; i < count; ++i) levels[i].boxes = marked(b, "bbox_preds", i, maps[i].boxes);
  mmd_head_finish(b, &plan->dense, (size_t)count, levels, out_outputs);
}

static float stride_of(const mmd_anchor_plan_t *plan, int level) {
  return plan->priors.levels[level].step_x[0];
}

// exp(x) * stride: the stride becomes a part of the bias in front.
static mmd_edge_t *grow(mmd_builder_t *b, float stride, mmd_edge_t *x) {
  return mmd_nn_unary(b, "Exp", mmd_nn_shift(b, (float)log((double)stride), x));
}

static void build(mmd_builder_t *b, const void *options, const mmd_features_t *inputs,
                  mmd_features_t *out_outputs) {
  const rtmdet_head_t *self = options;
  mmd_anchor_plan_t plan;
  maps_t maps[MMD_MAX_PRIOR_LEVELS];
  if (!make_plan(b, self, inputs, "GN", "ReLU", &plan)) return;
  for (int i = 0; i < plan.priors.count; ++i) {
    mmd_edge_t *scores = mmd_head_tower(b, &plan, "cls_convs", inputs->items[i]);
    mmd_edge_t *boxes = mmd_head_tower(b, &plan, "reg_convs", inputs->items[i]);
    maps[i] = predict_all(b, self, "", scores, boxes);
    maps[i].boxes = mmd_head_scaled(b, i, grow(b, stride_of(&plan, i), maps[i].boxes));
  }
  finish(b, &plan, maps, out_outputs);
}

//===--- RTMDetSepBNHead ---------------------------------------------------===//

// A shared convolution stands in the checkpoint once a level, unless somebody left the copies out.
// PyTorch loads the last one.
static mmd_edge_t *shared_conv(mmd_builder_t *b, const mmd_anchor_plan_t *plan, const char *tower,
                               int index, const mmd_conv_t *conv, mmd_edge_t *x) {
  const int64_t dims[] = {conv->out_channels, conv->in_channels, conv->kernel[0], conv->kernel[1]};
  const int levels = plan->priors.count;
  int last = levels - 1;
  char name[64];
  for (int i = 0; i < levels; ++i) {
    snprintf(name, sizeof name, "%s.%d.%d.conv.weight", tower, i, index);
    if (!mmd_nn_has_weight(b, name, NULL)) continue;
    mmd_nn_weight(b, name, 4, dims);  // ticked off; used of the last alone
    snprintf(name, sizeof name, "%s.%d.%d.conv.bias", tower, i, index);
    if (conv->bias) mmd_nn_weight(b, name, 1, dims);
    last = i;
  }
  snprintf(name, sizeof name, "%s.%d.%d.conv", tower, last, index);
  return mmd_nn_conv(b, name, conv, x);
}

static mmd_edge_t *shared_tower(mmd_builder_t *b, const mmd_anchor_plan_t *plan, const char *name,
                                int level, mmd_edge_t *x) {
  const mmd_anchor_head_t *self = plan->self;
  for (int i = 0; i < self->stacked_convs && mmd_builder_ok(b); ++i) {
    mmd_conv_t conv =
        mmd_conv_square(i ? self->feat_channels : self->in_channels, self->feat_channels, 3, 1, 1);
    conv.bias = plan->norm.kind == MMD_NORM_NONE;
    x = shared_conv(b, plan, name, i, &conv, x);
    const size_t mark = mmd_scope_enter(b, "%s.%d.%d", name, level, i);
    x = mmd_nn_norm(b, plan->norm.abbr, &plan->norm, self->feat_channels, x);
    mmd_scope_leave(b, mark);
    x = mmd_nn_activation(b, &plan->relu, x);
  }
  return x;
}

static mmd_edge_t *own_tower(mmd_builder_t *b, const mmd_anchor_plan_t *plan, bool use_depthwise,
                             const char *name, int level, mmd_edge_t *x) {
  const mmd_anchor_head_t *self = plan->self;
  const mmd_csp_style_t style = {plan->norm, plan->relu, use_depthwise};
  for (int i = 0; i < self->stacked_convs && mmd_builder_ok(b); ++i) {
    char module[64];
    snprintf(module, sizeof module, "%s.%d.%d", name, level, i);
    x = mmd_nn_csp_wide_conv(b, module, &style, i ? self->feat_channels : self->in_channels,
                             self->feat_channels, 3, 1, x);
  }
  return x;
}

static mmd_edge_t *sep_tower(mmd_builder_t *b, const rtmdet_head_t *self,
                             const mmd_anchor_plan_t *plan, const char *name, int level,
                             mmd_edge_t *x) {
  return self->share_conv ? shared_tower(b, plan, name, level, x)
                          : own_tower(b, plan, self->use_depthwise, name, level, x);
}

static void build_sep(mmd_builder_t *b, const void *options, const mmd_features_t *inputs,
                      mmd_features_t *out_outputs) {
  const rtmdet_head_t *self = options;
  mmd_anchor_plan_t plan;
  maps_t maps[MMD_MAX_PRIOR_LEVELS];
  if (!make_plan(b, self, inputs, "BN", "SiLU", &plan)) return;
  plan.norm = mmd_norm_read(b, "norm_cfg", self->base.norm_cfg, "BN", 1e-3);
  for (int i = 0; i < plan.priors.count; ++i) {
    char suffix[16];
    mmd_edge_t *scores = sep_tower(b, self, &plan, "cls_convs", i, inputs->items[i]);
    mmd_edge_t *boxes = sep_tower(b, self, &plan, "reg_convs", i, inputs->items[i]);
    snprintf(suffix, sizeof suffix, ".%d", i);
    maps[i] = predict_all(b, self, suffix, scores, boxes);
    maps[i].boxes = self->exp_on_reg ? grow(b, stride_of(&plan, i), maps[i].boxes)
                                     : mmd_nn_scale(b, stride_of(&plan, i), maps[i].boxes);
  }
  finish(b, &plan, maps, out_outputs);
}

const mmd_module_t mmd_mmdet_rtmdet_head = {.codebase = "mmdet",
                                            .kind = "bbox_head",
                                            .type = "RTMDetHead",
                                            .options = &g_table,
                                            .build = build};
const mmd_module_t mmd_mmdet_rtmdet_sep_bn_head = {.codebase = "mmdet",
                                                   .kind = "bbox_head",
                                                   .type = "RTMDetSepBNHead",
                                                   .options = &g_sep_table,
                                                   .build = build_sep};
