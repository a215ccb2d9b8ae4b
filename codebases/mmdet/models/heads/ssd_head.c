// SPDX-License-Identifier: Apache-2.0
//
// SSDHead: convolutions of its own for each level, as many anchors as the level has; a softmax over
// the classes and the background.
#include <stdio.h>

#include "codebases/mmdet/models/heads/anchor_head.h"
#include "codebases/mmdet/models/input_check.h"

typedef struct ssd_head_t {
  int64_t num_classes, stacked_convs, feat_channels;
  mmd_ints_t in_channels;
  bool use_depthwise;
  const mmd_value_t *anchor_generator, *bbox_coder, *conv_cfg, *norm_cfg, *act_cfg, *test_cfg;
} ssd_head_t;

static const mmd_option_t g_options[] = {
    MMD_OPT_COUNT("num_classes", ssd_head_t, num_classes, "80", "Classes, without background."),
    MMD_OPT_INTS("in_channels", ssd_head_t, in_channels, "[512, 1024, 512, 256, 256, 256]",
                 "Channels of each input."),
    {.name = "stacked_convs",
     .type = MMD_OPTION_INT,
     .offset = offsetof(ssd_head_t, stacked_convs),
     .default_text = "0",
     .min = 0,
     .max = 64,
     .help = "Convolutions of a tower."},
    MMD_OPT_COUNT("feat_channels", ssd_head_t, feat_channels, "256", "Channels in the towers."),
    MMD_OPT_BOOL("use_depthwise", ssd_head_t, use_depthwise, "false",
                 "Depthwise separable convolutions."),
    MMD_OPT_DICT("conv_cfg", ssd_head_t, conv_cfg, "Kind of convolution."),
    MMD_OPT_DICT("norm_cfg", ssd_head_t, norm_cfg, "Kind of normalisation; None: none."),
    MMD_OPT_DICT("act_cfg", ssd_head_t, act_cfg, "Kind of activation; None: none."),
    MMD_OPT_DICT_REQUIRED("anchor_generator", ssd_head_t, anchor_generator, "Where anchors lie."),
    MMD_OPT_DICT("bbox_coder", ssd_head_t, bbox_coder, "How boxes are predicted."),
    MMD_OPT_DICT("test_cfg", ssd_head_t, test_cfg, "Set by the detector."),
    MMD_OPT_TRAINING("reg_decoded_bbox"),
    MMD_OPT_TRAINING("train_cfg"),
    MMD_OPT_TRAINING("init_cfg"),
};
static const mmd_option_table_t g_table = MMD_OPTION_TABLE("SSDHead", ssd_head_t, g_options);

typedef struct plan_t {
  const ssd_head_t *self;
  mmd_priors_t priors;
  mmd_dense_head_t dense;
  mmd_norm_t norm;
  mmd_activation_t activation;
} plan_t;

static mmd_edge_t *conv_module(mmd_builder_t *b, const plan_t *plan, bool is_separable, int number,
                               const mmd_conv_t *conv, mmd_edge_t *x) {
  char name[16];
  snprintf(name, sizeof name, "%d", number);
  return (is_separable ? mmd_nn_conv_module_separable : mmd_nn_conv_module)(
      b, name, conv, &plan->norm, &plan->activation, x);
}

// "<name>.<level>": a tower, which is empty in stock models, and what predicts.
static mmd_edge_t *predict(mmd_builder_t *b, const plan_t *plan, const char *name, int level,
                           int64_t out_channels, mmd_edge_t *x) {
  const ssd_head_t *self = plan->self;
  const int64_t kernel = self->use_depthwise ? 1 : 3;
  int64_t channels = self->in_channels.items[level];
  int number = 0;
  char last[16];
  const size_t mark = mmd_scope_enter(b, "%s.%d", name, level);
  for (; number < self->stacked_convs && mmd_builder_ok(b); ++number) {
    const mmd_conv_t conv = mmd_conv_square(channels, self->feat_channels, 3, 1, 1);
    x = conv_module(b, plan, self->use_depthwise, number, &conv, x);
    channels = self->feat_channels;
  }
  if (self->use_depthwise) {
    mmd_conv_t conv = mmd_conv_square(channels, channels, 3, 1, 1);
    conv.groups = channels;
    x = conv_module(b, plan, false, number++, &conv, x);
  }
  mmd_conv_t conv = mmd_conv_square(channels, out_channels, kernel, 1, kernel / 2);
  conv.bias = true;
  snprintf(last, sizeof last, "%d", number);
  x = mmd_nn_conv(b, last, &conv, x);
  mmd_scope_leave(b, mark);
  return x;
}

static mmd_status_t read_dicts(mmd_builder_t *b, const ssd_head_t *self, plan_t *plan) {
  MMD_TRY(
      mmd_priors_read(self->anchor_generator, mmd_head_path(b, "anchor_generator"), &plan->priors));
  return mmd_box_coder_read(self->bbox_coder, mmd_head_path(b, "bbox_coder"), MMD_BOX_DELTA,
                            &plan->dense.coder);
}

static bool make_plan(mmd_builder_t *b, const ssd_head_t *self, const mmd_features_t *inputs,
                      plan_t *plan) {
  *plan = (plan_t){.self = self, .norm = {.kind = MMD_NORM_NONE, .abbr = ""}};
  plan->dense.use_softmax = true;
  plan->dense.score_channels = self->num_classes + 1;
  mmd_status_t status = read_dicts(b, self, plan);
  if (status) mmd_builder_fail(b, status);
  if (self->norm_cfg) plan->norm = mmd_norm_read(b, "norm_cfg", self->norm_cfg, NULL, 1e-5);
  plan->activation = mmd_activation_read(b, "act_cfg", self->act_cfg, NULL);
  mmd_conv_check_cfg(b, self->conv_cfg);
  mmd_dense_head_read_test_cfg(b, self->test_cfg, mmd_head_test_cfg_path(b), &plan->dense);
  return mmd_check_in_channels(b, inputs, &self->in_channels, false) &&
         mmd_check_same_length(b, "in_channels", self->in_channels.count,
                               "anchor_generator.strides", plan->priors.count);
}

static void build(mmd_builder_t *b, const void *options, const mmd_features_t *inputs,
                  mmd_features_t *out_outputs) {
  plan_t plan;
  mmd_dense_level_t levels[MMD_MAX_PRIOR_LEVELS];
  if (!make_plan(b, options, inputs, &plan)) return;
  for (int i = 0; i < plan.priors.count; ++i) {
    const mmd_level_priors_t *priors = &plan.priors.levels[i];
    mmd_edge_t *x = inputs->items[i];
    levels[i] = (mmd_dense_level_t){
        .scores = predict(b, &plan, "cls_convs", i, priors->count * plan.dense.score_channels, x),
        .boxes = predict(b, &plan, "reg_convs", i, (int64_t)priors->count * 4, x),
        .priors = mmd_nn_priors(b, priors, x),
    };
  }
  mmd_head_finish(b, &plan.dense, inputs->count, levels, out_outputs);
}

const mmd_module_t mmd_mmdet_ssd_head = {.codebase = "mmdet",
                                         .kind = "bbox_head",
                                         .type = "SSDHead",
                                         .options = &g_table,
                                         .build = build};
