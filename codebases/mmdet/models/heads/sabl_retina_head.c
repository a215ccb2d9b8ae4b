// SPDX-License-Identifier: Apache-2.0
//
// SABLRetinaHead: a RetinaHead with one square anchor a cell, whose sides are looked for in
// buckets.
#include "codebases/mmdet/models/heads/anchor_head.h"
#include "nn/tensor_ops.h"

typedef struct sabl_retina_head_t {
  mmd_anchor_head_t base;
} sabl_retina_head_t;

static const mmd_option_t g_options[] = {
    MMD_OPT_COUNT_REQUIRED("num_classes", sabl_retina_head_t, base.num_classes,
                           "Classes, without background."),
    MMD_OPT_COUNT_REQUIRED("in_channels", sabl_retina_head_t, base.in_channels,
                           "Channels of the inputs."),
    MMD_OPT_COUNT("feat_channels", sabl_retina_head_t, base.feat_channels, "256",
                  "Channels in the towers."),
    MMD_ANCHOR_TOWER_OPTIONS_FROM(sabl_retina_head_t, 0),
    MMD_OPT_DICT("square_anchor_generator", sabl_retina_head_t, base.anchor_generator,
                 "Where anchors lie."),
    MMD_OPT_DICT("bbox_coder", sabl_retina_head_t, base.bbox_coder, "How boxes are predicted."),
    MMD_OPT_DICT("loss_cls", sabl_retina_head_t, base.loss_cls, "Only use_sigmoid counts."),
    MMD_OPT_DICT("test_cfg", sabl_retina_head_t, base.test_cfg, "Set by the detector."),
    MMD_OPT_TRAINING("approx_anchor_generator"),
    MMD_OPT_TRAINING("reg_decoded_bbox"),
    MMD_OPT_TRAINING("loss_bbox_cls"),
    MMD_OPT_TRAINING("loss_bbox_reg"),
    MMD_OPT_TRAINING("train_cfg"),
    MMD_OPT_TRAINING("init_cfg"),
};
static const mmd_option_table_t g_table =
    MMD_OPTION_TABLE("SABLRetinaHead", sabl_retina_head_t, g_options);

static const char g_generator[] =
    "{\"type\": \"AnchorGenerator\", \"scales\": [4], \"ratios\": [1.0],"
    " \"strides\": [8, 16, 32, 64, 128]}";

static mmd_dense_level_t build_level(mmd_builder_t *b, const mmd_anchor_plan_t *plan, int index,
                                     mmd_edge_t *x) {
  const int64_t channels = mmd_head_tower_channels(plan->self);
  const int64_t buckets = 4 * mmd_box_coder_side_buckets(&plan->dense.coder);
  mmd_edge_t *scores = mmd_head_tower(b, plan, "cls_convs", x);
  mmd_edge_t *boxes = mmd_head_tower(b, plan, "reg_convs", x);
  mmd_edge_t *const sides[] = {mmd_head_conv(b, "retina_bbox_cls", channels, buckets, boxes),
                               mmd_head_conv(b, "retina_bbox_reg", channels, buckets, boxes)};
  return (mmd_dense_level_t){
      .scores = mmd_head_conv(b, "retina_cls", channels, plan->dense.score_channels, scores),
      .boxes = mmd_nn_concat(b, 1, 2, sides),
      .priors = mmd_nn_priors(b, &plan->priors.levels[index], x),
  };
}

static void build(mmd_builder_t *b, const void *options, const mmd_features_t *inputs,
                  mmd_features_t *out_outputs) {
  const sabl_retina_head_t *self = options;
  mmd_anchor_plan_t plan;
  mmd_dense_level_t levels[MMD_MAX_PRIOR_LEVELS];
  if (!mmd_bucket_head_plan(b, &self->base, g_generator, inputs, &plan)) return;
  plan.dense.box_channels = 8 * mmd_box_coder_side_buckets(&plan.dense.coder);
  for (int i = 0; i < plan.priors.count; ++i)
    levels[i] = build_level(b, &plan, i, inputs->items[i]);
  mmd_head_finish(b, &plan.dense, inputs->count, levels, out_outputs);
}

const mmd_module_t mmd_mmdet_sabl_retina_head = {.codebase = "mmdet",
                                                 .kind = "bbox_head",
                                                 .type = "SABLRetinaHead",
                                                 .options = &g_table,
                                                 .build = build};
