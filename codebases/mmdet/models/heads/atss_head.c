// SPDX-License-Identifier: Apache-2.0
//
// ATSSHead: boxes are scaled by a learned number a level, scores by a centerness. DDODHead: the
// first layers of its towers are deformable, and scores are scaled by a predicted IoU.
#include "codebases/mmdet/models/heads/atss_head.h"

static const mmd_option_t g_options[] = {MMD_ATSS_HEAD_OPTIONS};
static const mmd_option_table_t g_table = MMD_OPTION_TABLE("ATSSHead", mmd_atss_head_t, g_options);

typedef struct ddod_head_t {
  mmd_atss_head_t atss;
  bool use_dcn;
} ddod_head_t;

static const mmd_option_t g_ddod_options[] = {
    MMD_ANCHOR_HEAD_OPTIONS(mmd_atss_head_t),
    MMD_ANCHOR_TOWER_OPTIONS(mmd_atss_head_t),
    MMD_OPT_BOOL("use_dcn", ddod_head_t, use_dcn, "true", "Towers begin with a deformable layer."),
    MMD_OPT_TRAINING("loss_iou"),
};
static const mmd_option_table_t g_ddod_table =
    MMD_OPTION_TABLE("DDODHead", ddod_head_t, g_ddod_options);

static mmd_edge_t *predict(mmd_builder_t *b, const mmd_atss_head_t *self, const char *name,
                           int64_t channels, mmd_edge_t *x) {
  const int64_t kernel = self->pred_kernel_size;
  mmd_conv_t conv =
      mmd_conv_square(mmd_head_tower_channels(&self->base), channels, kernel, 1, kernel / 2);
  conv.bias = true;
  return mmd_nn_conv(b, name, &conv, x);
}

static void build_maps(mmd_builder_t *b, const mmd_atss_head_t *self, const char *factor,
                       const mmd_anchor_plan_t *plan, const mmd_features_t *inputs,
                       mmd_dense_level_t *out_levels) {
  for (int i = 0; i < plan->priors.count; ++i) {
    const mmd_level_priors_t *priors = &plan->priors.levels[i];
    const int64_t score_channels = priors->count * plan->dense.score_channels;
    mmd_edge_t *scores = mmd_head_tower(b, plan, "cls_convs", inputs->items[i]);
    mmd_edge_t *boxes = mmd_head_tower(b, plan, "reg_convs", inputs->items[i]);
    out_levels[i] = (mmd_dense_level_t){
        .scores = predict(b, self, "atss_cls", score_channels, scores),
        .boxes =
            mmd_head_scaled(b, i, predict(b, self, "atss_reg", (int64_t)priors->count * 4, boxes)),
        .factor = predict(b, self, factor, priors->count, boxes),
        .priors = mmd_nn_priors(b, priors, inputs->items[i]),
    };
  }
}

bool mmd_atss_head_maps(mmd_builder_t *b, const mmd_atss_head_t *self, const mmd_features_t *inputs,
                        mmd_anchor_plan_t *out_plan,
                        mmd_dense_level_t out_levels[MMD_MAX_PRIOR_LEVELS]) {
  if (!mmd_anchor_head_plan(b, &self->base, mmd_anchor_head_generator, "GN", true, inputs,
                            out_plan))
    return false;
  build_maps(b, self, "atss_centerness", out_plan, inputs, out_levels);
  return mmd_builder_ok(b);
}

static void build(mmd_builder_t *b, const void *options, const mmd_features_t *inputs,
                  mmd_features_t *out_outputs) {
  mmd_anchor_plan_t plan;
  mmd_dense_level_t levels[MMD_MAX_PRIOR_LEVELS];
  if (!mmd_atss_head_maps(b, options, inputs, &plan, levels)) return;
  mmd_head_finish(b, &plan.dense, inputs->count, levels, out_outputs);
}

static void build_ddod(mmd_builder_t *b, const void *options, const mmd_features_t *inputs,
                       mmd_features_t *out_outputs) {
  const ddod_head_t *self = options;
  mmd_atss_head_t atss = self->atss;
  mmd_anchor_plan_t plan;
  mmd_dense_level_t levels[MMD_MAX_PRIOR_LEVELS];
  atss.pred_kernel_size = 3;
  if (!mmd_anchor_head_plan(b, &atss.base, mmd_anchor_head_generator, "GN", true, inputs, &plan))
    return;
  if (self->use_dcn) plan.deformable = "{\"type\": \"DCN\", \"deform_groups\": 1}";
  build_maps(b, &atss, "atss_iou", &plan, inputs, levels);
  mmd_head_finish(b, &plan.dense, inputs->count, levels, out_outputs);
}

const mmd_module_t mmd_mmdet_atss_head = {.codebase = "mmdet",
                                          .kind = "bbox_head",
                                          .type = "ATSSHead",
                                          .options = &g_table,
                                          .build = build};
const mmd_module_t mmd_mmdet_ddod_head = {.codebase = "mmdet",
                                          .kind = "bbox_head",
                                          .type = "DDODHead",
                                          .options = &g_ddod_table,
                                          .build = build_ddod};
