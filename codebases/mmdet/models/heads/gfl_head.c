// SPDX-License-Identifier: Apache-2.0
//
// GFLHead, and LDHead, which differs in training alone: each side of a box is a distribution over
// 0 … reg_max, of which the mean counts, in strides from the middle of an anchor.
#include "codebases/mmdet/models/heads/anchor_head.h"
#include "nn/tensor_ops.h"

enum { MAX_BINS = 256 };

typedef struct gfl_head_t {
  mmd_anchor_head_t base;
  int64_t reg_max;
} gfl_head_t;

#define GFL_OPTIONS                                                          \
  MMD_ANCHOR_HEAD_OPTIONS(gfl_head_t), MMD_ANCHOR_TOWER_OPTIONS(gfl_head_t), \
      {.name = "reg_max",                                                    \
       .type = MMD_OPTION_INT,                                               \
       .offset = offsetof(gfl_head_t, reg_max),                              \
       .default_text = "16",                                                 \
       .min = 1,                                                             \
       .max = MAX_BINS - 1,                                                  \
       .help = "Largest distance, in strides."},                             \
      MMD_OPT_TRAINING("loss_dfl")
static const mmd_option_t g_gfl_options[] = {GFL_OPTIONS};
static const mmd_option_t g_ld_options[] = {GFL_OPTIONS, MMD_OPT_TRAINING("loss_ld")};
static const mmd_option_table_t g_gfl_table =
    MMD_OPTION_TABLE("GFLHead", gfl_head_t, g_gfl_options);
static const mmd_option_table_t g_ld_table = MMD_OPTION_TABLE("LDHead", gfl_head_t, g_ld_options);

// The mean of each side's distribution, in pixels: the bins stand for multiples of the stride.
static mmd_edge_t *finish_boxes(mmd_builder_t *b, const void *self, size_t level,
                                mmd_edge_t *rows) {
  const mmd_anchor_plan_t *plan = self;
  const int64_t bins = plan->dense.box_channels / 4;
  const int64_t split[] = {0, -1, 4, bins}, merged[] = {0, -1, 4}, dims[] = {bins, 1};
  float distances[MAX_BINS];
  for (int64_t i = 0; i < bins; ++i) distances[i] = (float)i * plan->priors.levels[level].step_x[0];
  rows = mmd_nn_softmax(b, -1, mmd_nn_reshape(b, 4, split, rows));
  rows = mmd_nn_binary(b, "MatMul", rows, mmd_nn_constant_f32s(b, 2, dims, distances));
  return mmd_nn_reshape(b, 3, merged, rows);
}

static bool make_plan(mmd_builder_t *b, const gfl_head_t *self, const mmd_features_t *inputs,
                      mmd_anchor_plan_t *out_plan) {
  if (!mmd_anchor_head_plan(b, &self->base, mmd_anchor_head_generator, "GN", true, inputs,
                            out_plan))
    return false;
  if (!self->base.bbox_coder) out_plan->dense.coder.kind = MMD_BOX_DISTANCE;
  out_plan->dense.box_channels = 4 * (self->reg_max + 1);
  out_plan->dense.finish_boxes = finish_boxes;
  out_plan->dense.self = out_plan;
  if (!mmd_head_check_one_anchor(b, "anchor_generator", &out_plan->priors)) return false;
  for (int i = 0; i < out_plan->priors.count; ++i) mmd_head_use_center(&out_plan->priors.levels[i]);
  return true;
}

static void build(mmd_builder_t *b, const void *options, const mmd_features_t *inputs,
                  mmd_features_t *out_outputs) {
  const gfl_head_t *self = options;
  mmd_anchor_plan_t plan;
  mmd_dense_level_t levels[MMD_MAX_PRIOR_LEVELS];
  const int64_t channels = mmd_head_tower_channels(&self->base), bins = self->reg_max + 1;
  if (!make_plan(b, self, inputs, &plan)) return;
  mmd_nn_weight(b, "integral.project", 1, &bins);  // 0 … reg_max, which is known here
  for (int i = 0; i < plan.priors.count; ++i) {
    mmd_edge_t *scores = mmd_head_tower(b, &plan, "cls_convs", inputs->items[i]);
    mmd_edge_t *boxes = mmd_head_tower(b, &plan, "reg_convs", inputs->items[i]);
    boxes = mmd_head_conv(b, "gfl_reg", channels, plan.dense.box_channels, boxes);
    levels[i] = (mmd_dense_level_t){
        .scores = mmd_head_conv(b, "gfl_cls", channels, plan.dense.score_channels, scores),
        .boxes = mmd_head_scaled(b, i, boxes),
        .priors = mmd_nn_priors(b, &plan.priors.levels[i], inputs->items[i]),
    };
  }
  mmd_head_finish(b, &plan.dense, inputs->count, levels, out_outputs);
}

const mmd_module_t mmd_mmdet_gfl_head = {.codebase = "mmdet",
                                         .kind = "bbox_head",
                                         .type = "GFLHead",
                                         .options = &g_gfl_table,
                                         .build = build};
const mmd_module_t mmd_mmdet_ld_head = {.codebase = "mmdet",
                                        .kind = "bbox_head",
                                        .type = "LDHead",
                                        .options = &g_ld_table,
                                        .build = build};
