// SPDX-License-Identifier: Apache-2.0
//
// RetinaHead: two towers of convolutions, shared by all levels; a score for each class and four
// deltas of each anchor. FreeAnchorRetinaHead and PISARetinaHead differ in training alone.
// FSAFHead: the same with distances, which are not negative.
#include "codebases/mmdet/models/heads/anchor_head.h"

typedef struct retina_head_t {
  mmd_anchor_head_t base;
} retina_head_t;

#define RETINA_OPTIONS \
  MMD_ANCHOR_HEAD_OPTIONS(retina_head_t), MMD_ANCHOR_TOWER_OPTIONS(retina_head_t)
static const mmd_option_t g_retina_options[] = {RETINA_OPTIONS};
static const mmd_option_t g_free_anchor_options[] = {
    RETINA_OPTIONS,
    MMD_OPT_TRAINING("pre_anchor_topk"),
    MMD_OPT_TRAINING("bbox_thr"),
    MMD_OPT_TRAINING("gamma"),
    MMD_OPT_TRAINING("alpha"),
};
static const mmd_option_t g_fsaf_options[] = {RETINA_OPTIONS, MMD_OPT_TRAINING("score_threshold")};
static const mmd_option_table_t g_retina_table =
    MMD_OPTION_TABLE("RetinaHead", retina_head_t, g_retina_options);
static const mmd_option_table_t g_free_anchor_table =
    MMD_OPTION_TABLE("FreeAnchorRetinaHead", retina_head_t, g_free_anchor_options);
static const mmd_option_table_t g_pisa_table =
    MMD_OPTION_TABLE("PISARetinaHead", retina_head_t, g_retina_options);
static const mmd_option_table_t g_fsaf_table =
    MMD_OPTION_TABLE("FSAFHead", retina_head_t, g_fsaf_options);

static const char g_generator[] =
    "{\"type\": \"AnchorGenerator\", \"octave_base_scale\": 4, \"scales_per_octave\": 3,"
    " \"ratios\": [0.5, 1.0, 2.0], \"strides\": [8, 16, 32, 64, 128]}";

static mmd_dense_level_t build_level(mmd_builder_t *b, const mmd_anchor_plan_t *plan, int index,
                                     bool is_fsaf, mmd_edge_t *x) {
  const mmd_level_priors_t *priors = &plan->priors.levels[index];
  const int64_t channels = mmd_head_tower_channels(plan->self);
  mmd_edge_t *scores = mmd_head_tower(b, plan, "cls_convs", x);
  mmd_edge_t *boxes = mmd_head_tower(b, plan, "reg_convs", x);
  boxes = mmd_head_conv(b, "retina_reg", channels, (int64_t)priors->count * 4, boxes);
  return (mmd_dense_level_t){
      .scores = mmd_head_conv(b, "retina_cls", channels, priors->count * plan->dense.score_channels,
                              scores),
      .boxes = is_fsaf ? mmd_nn_relu(b, boxes) : boxes,
      .priors = mmd_nn_priors(b, priors, x),
  };
}

static void build(mmd_builder_t *b, const retina_head_t *self, bool is_fsaf,
                  const mmd_features_t *inputs, mmd_features_t *out_outputs) {
  mmd_anchor_plan_t plan;
  mmd_dense_level_t levels[MMD_MAX_PRIOR_LEVELS];
  if (!mmd_anchor_head_plan(b, &self->base, g_generator, NULL, true, inputs, &plan)) return;
  for (int i = 0; i < plan.priors.count; ++i)
    levels[i] = build_level(b, &plan, i, is_fsaf, inputs->items[i]);
  mmd_head_finish(b, &plan.dense, inputs->count, levels, out_outputs);
}

static void build_retina(mmd_builder_t *b, const void *options, const mmd_features_t *inputs,
                         mmd_features_t *out_outputs) {
  build(b, options, false, inputs, out_outputs);
}

static void build_fsaf(mmd_builder_t *b, const void *options, const mmd_features_t *inputs,
                       mmd_features_t *out_outputs) {
  build(b, options, true, inputs, out_outputs);
}

const mmd_module_t mmd_mmdet_retina_head = {.codebase = "mmdet",
                                            .kind = "bbox_head",
                                            .type = "RetinaHead",
                                            .options = &g_retina_table,
                                            .build = build_retina};
const mmd_module_t mmd_mmdet_free_anchor_retina_head = {.codebase = "mmdet",
                                                        .kind = "bbox_head",
                                                        .type = "FreeAnchorRetinaHead",
                                                        .options = &g_free_anchor_table,
                                                        .build = build_retina};
const mmd_module_t mmd_mmdet_pisa_retina_head = {.codebase = "mmdet",
                                                 .kind = "bbox_head",
                                                 .type = "PISARetinaHead",
                                                 .options = &g_pisa_table,
                                                 .build = build_retina};
const mmd_module_t mmd_mmdet_fsaf_head = {.codebase = "mmdet",
                                          .kind = "bbox_head",
                                          .type = "FSAFHead",
                                          .options = &g_fsaf_table,
                                          .build = build_fsaf};
