// SPDX-License-Identifier: Apache-2.0
//
// ATSSHead: boxes are scaled by a learned number a level, scores by a centerness.
#include "codebases/mmdet/models/heads/anchor_head.h"

typedef struct atss_head_t {
  mmd_anchor_head_t base;
  int64_t pred_kernel_size;
} atss_head_t;

static const mmd_option_t g_options[] = {
    MMD_ANCHOR_HEAD_OPTIONS(atss_head_t),
    MMD_ANCHOR_TOWER_OPTIONS(atss_head_t),
    MMD_OPT_COUNT("pred_kernel_size", atss_head_t, pred_kernel_size, "3",
                  "Kernel of the last convolutions."),
    MMD_OPT_TRAINING("loss_centerness"),
};
static const mmd_option_table_t g_table = MMD_OPTION_TABLE("ATSSHead", atss_head_t, g_options);

static mmd_edge_t *predict(mmd_builder_t *b, const atss_head_t *self, const char *name,
                           int64_t channels, mmd_edge_t *x) {
  const int64_t kernel = self->pred_kernel_size;
  mmd_conv_t conv =
      mmd_conv_square(mmd_head_tower_channels(&self->base), channels, kernel, 1, kernel / 2);
  conv.bias = true;
  return mmd_nn_conv(b, name, &conv, x);
}

static void build(mmd_builder_t *b, const void *options, const mmd_features_t *inputs,
                  mmd_features_t *out_outputs) {
  const atss_head_t *self = options;
  mmd_anchor_plan_t plan;
  mmd_dense_level_t levels[MMD_MAX_PRIOR_LEVELS];
  if (!mmd_anchor_head_plan(b, &self->base, mmd_anchor_head_generator, "GN", true, inputs, &plan))
    return;
  for (int i = 0; i < plan.priors.count; ++i) {
    const mmd_level_priors_t *priors = &plan.priors.levels[i];
    mmd_edge_t *scores = mmd_head_tower(b, &plan, "cls_convs", inputs->items[i]);
    mmd_edge_t *boxes = mmd_head_tower(b, &plan, "reg_convs", inputs->items[i]);
    levels[i] = (mmd_dense_level_t){
        .scores = predict(b, self, "atss_cls", priors->count * plan.dense.score_channels, scores),
        .boxes =
            mmd_head_scaled(b, i, predict(b, self, "atss_reg", (int64_t)priors->count * 4, boxes)),
        .factor = predict(b, self, "atss_centerness", priors->count, boxes),
        .priors = mmd_nn_priors(b, priors, inputs->items[i]),
    };
  }
  mmd_head_finish(b, &plan.dense, inputs->count, levels, out_outputs);
}

const mmd_module_t mmd_mmdet_atss_head = {.codebase = "mmdet",
                                          .kind = "bbox_head",
                                          .type = "ATSSHead",
                                          .options = &g_table,
                                          .build = build};
