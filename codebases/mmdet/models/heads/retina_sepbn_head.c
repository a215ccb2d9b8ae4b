// SPDX-License-Identifier: Apache-2.0
//
// RetinaSepBNHead: a RetinaHead whose towers share their convolutions among the levels, but not
// their norms. A checkpoint has the convolutions of every level, and they are equal.
#include <stdio.h>

#include "codebases/mmdet/models/heads/anchor_head.h"

typedef struct retina_sepbn_head_t {
  mmd_anchor_head_t base;
  int64_t num_ins;
} retina_sepbn_head_t;

static const mmd_option_t g_options[] = {
    MMD_ANCHOR_HEAD_OPTIONS(retina_sepbn_head_t),
    MMD_ANCHOR_TOWER_OPTIONS(retina_sepbn_head_t),
    MMD_OPT_COUNT_REQUIRED("num_ins", retina_sepbn_head_t, num_ins, "Number of levels."),
};
static const mmd_option_table_t g_table =
    MMD_OPTION_TABLE("RetinaSepBNHead", retina_sepbn_head_t, g_options);

static const char g_generator[] =
    "{\"type\": \"AnchorGenerator\", \"scales\": [8, 16, 32], \"ratios\": [0.5, 1.0, 2.0],"
    " \"strides\": [4, 8, 16, 32, 64]}";

static mmd_dense_level_t build_level(mmd_builder_t *b, const mmd_anchor_plan_t *plan, int index,
                                     mmd_edge_t *x) {
  const mmd_level_priors_t *priors = &plan->priors.levels[index];
  const int64_t channels = mmd_head_tower_channels(plan->self);
  char cls_convs[32], reg_convs[32];
  snprintf(cls_convs, sizeof cls_convs, "cls_convs.%d", index);
  snprintf(reg_convs, sizeof reg_convs, "reg_convs.%d", index);
  mmd_edge_t *scores = mmd_head_tower(b, plan, cls_convs, x);
  mmd_edge_t *boxes = mmd_head_tower(b, plan, reg_convs, x);
  return (mmd_dense_level_t){
      .scores = mmd_head_conv(b, "retina_cls", channels, priors->count * plan->dense.score_channels,
                              scores),
      .boxes = mmd_head_conv(b, "retina_reg", channels, (int64_t)priors->count * 4, boxes),
      .priors = mmd_nn_priors(b, priors, x),
  };
}

static void build(mmd_builder_t *b, const void *options, const mmd_features_t *inputs,
                  mmd_features_t *out_outputs) {
  const retina_sepbn_head_t *self = options;
  mmd_anchor_plan_t plan;
  mmd_dense_level_t levels[MMD_MAX_PRIOR_LEVELS];
  if (!mmd_anchor_head_plan(b, &self->base, g_generator, NULL, true, inputs, &plan)) return;
  if (self->num_ins != plan.priors.count) {
    mmd_builder_fail(
        b, MMD_ERROR(MMD_INVALID_ARGUMENT, "%s.num_ins: %lld, but the anchors have %d levels",
                     b->config_path, (long long)self->num_ins, plan.priors.count));
    return;
  }
  for (int i = 0; i < plan.priors.count; ++i)
    levels[i] = build_level(b, &plan, i, inputs->items[i]);
  mmd_head_finish(b, &plan.dense, inputs->count, levels, out_outputs);
}

const mmd_module_t mmd_mmdet_retina_sepbn_head = {.codebase = "mmdet",
                                                  .kind = "bbox_head",
                                                  .type = "RetinaSepBNHead",
                                                  .options = &g_table,
                                                  .build = build};
