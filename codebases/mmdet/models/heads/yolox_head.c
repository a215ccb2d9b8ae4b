// SPDX-License-Identifier: Apache-2.0
//
// YOLOXHead: each level has towers of its own; a score for each class, times an objectness, and a
// box about each cell's corner. As PyTorch has it, a cell answers with its best class alone.
#include <stdio.h>

#include "codebases/mmdet/models/heads/anchor_head.h"
#include "nn/cell_boxes.h"
#include "nn/csp_layer.h"
#include "nn/detection_output.h"
#include "nn/mark.h"
#include "nn/tensor_ops.h"

typedef struct yolox_head_t {
  int64_t num_classes, in_channels, feat_channels, stacked_convs;
  mmd_ints_t strides;
  bool use_depthwise, dcn_on_last_conv;
  const mmd_value_t *conv_bias, *conv_cfg, *norm_cfg, *act_cfg, *test_cfg;
} yolox_head_t;

static const mmd_option_t g_options[] = {
    MMD_OPT_COUNT_REQUIRED("num_classes", yolox_head_t, num_classes, "Classes."),
    MMD_OPT_COUNT_REQUIRED("in_channels", yolox_head_t, in_channels, "Channels of the inputs."),
    MMD_OPT_COUNT("feat_channels", yolox_head_t, feat_channels, "256", "Channels in the towers."),
    MMD_OPT_COUNT("stacked_convs", yolox_head_t, stacked_convs, "2", "Convolutions of a tower."),
    MMD_OPT_INTS("strides", yolox_head_t, strides, "[8, 16, 32]", "Stride of each level."),
    MMD_OPT_BOOL("use_depthwise", yolox_head_t, use_depthwise, "false",
                 "Depthwise separable convolutions."),
    MMD_OPT_BOOL("dcn_on_last_conv", yolox_head_t, dcn_on_last_conv, "false",
                 "The last convolution of a tower is deformable."),
    MMD_OPT_DICT("conv_bias", yolox_head_t, conv_bias, "Whether towers have a bias; 'auto'."),
    MMD_OPT_DICT("conv_cfg", yolox_head_t, conv_cfg, "Kind of convolution."),
    MMD_OPT_DICT("norm_cfg", yolox_head_t, norm_cfg, "Kind of normalisation."),
    MMD_OPT_DICT("act_cfg", yolox_head_t, act_cfg, "Kind of activation."),
    MMD_OPT_DICT("test_cfg", yolox_head_t, test_cfg, "Set by the detector."),
    MMD_OPT_TRAINING("loss_cls"),
    MMD_OPT_TRAINING("loss_bbox"),
    MMD_OPT_TRAINING("loss_obj"),
    MMD_OPT_TRAINING("loss_l1"),
    MMD_OPT_TRAINING("train_cfg"),
    MMD_OPT_TRAINING("init_cfg"),
};
static const mmd_option_table_t g_table = MMD_OPTION_TABLE("YOLOXHead", yolox_head_t, g_options);

// Rows of all cells, [batch, n, …]; priors [n, 4] with their strides.
typedef struct rows_t {
  mmd_edge_t *scores, *boxes, *objectness, *priors;
} rows_t;

static mmd_edge_t *tower(mmd_builder_t *b, const yolox_head_t *self, const mmd_csp_style_t *style,
                         const char *name, int level, mmd_edge_t *x) {
  const size_t mark = mmd_scope_enter(b, "%s.%d", name, level);
  for (int64_t i = 0; i < self->stacked_convs && mmd_builder_ok(b); ++i) {
    mmd_conv_t conv =
        mmd_conv_square(i ? self->feat_channels : self->in_channels, self->feat_channels, 3, 1, 1);
    char module[32];
    conv.bias = mmd_value_get_bool(self->conv_bias, false);
    snprintf(module, sizeof module, "%lld", (long long)i);
    x = (self->use_depthwise ? mmd_nn_conv_module_separable : mmd_nn_conv_module)(
        b, module, &conv, &style->norm, &style->activation, x);
  }
  mmd_scope_leave(b, mark);
  return x;
}

static mmd_edge_t *predict(mmd_builder_t *b, const yolox_head_t *self, const char *name, int level,
                           int64_t channels, mmd_edge_t *x) {
  mmd_conv_t conv = mmd_conv_square(self->feat_channels, channels, 1, 1, 0);
  char module[48];
  conv.bias = true;
  snprintf(module, sizeof module, "%s.%d", name, level);
  return mmd_nn_conv(b, module, &conv, x);
}

static mmd_edge_t *marked(mmd_builder_t *b, const char *name, int level, mmd_edge_t *x) {
  char full[48];
  snprintf(full, sizeof full, "%s.%d", name, level);
  return mmd_nn_mark(b, "yolo_head", 0, "input", full, x);
}

static rows_t build_level(mmd_builder_t *b, const yolox_head_t *self, const mmd_csp_style_t *style,
                          int level, mmd_edge_t *x) {
  mmd_level_priors_t priors;
  const double stride[] = {(double)self->strides.items[level], (double)self->strides.items[level]};
  mmd_edge_t *scores = tower(b, self, style, "multi_level_cls_convs", level, x);
  mmd_edge_t *boxes = tower(b, self, style, "multi_level_reg_convs", level, x);
  mmd_edge_t *objectness = predict(b, self, "multi_level_conv_obj", level, 1, boxes);
  scores = predict(b, self, "multi_level_conv_cls", level, self->num_classes, scores);
  boxes = predict(b, self, "multi_level_conv_reg", level, 4, boxes);
  mmd_priors_points(0, true, stride, &priors);
  return (rows_t){
      .scores = mmd_nn_flatten_map(b, self->num_classes, marked(b, "cls_scores", level, scores)),
      .boxes = mmd_nn_flatten_map(b, 4, marked(b, "bbox_preds", level, boxes)),
      .objectness = mmd_nn_flatten_map(b, 1, marked(b, "objectnesses", level, objectness)),
      .priors = mmd_nn_priors(b, &priors, x),
  };
}

static rows_t join_levels(mmd_builder_t *b, size_t count, const rows_t *levels) {
  mmd_edge_t *items[4][MMD_OPTION_MAX_ITEMS];
  for (size_t i = 0; i < count; ++i) {
    items[0][i] = levels[i].scores;
    items[1][i] = levels[i].boxes;
    items[2][i] = levels[i].objectness;
    items[3][i] = levels[i].priors;
  }
  return (rows_t){mmd_nn_concat(b, 1, count, items[0]), mmd_nn_concat(b, 1, count, items[1]),
                  mmd_nn_concat(b, 1, count, items[2]), mmd_nn_concat(b, 0, count, items[3])};
}

// Scores of the best class of each cell times its objectness, 0 for the other classes.
static mmd_edge_t *best_scores(mmd_builder_t *b, const rows_t *rows) {
  mmd_edge_t *scores = mmd_nn_binary(b, "Mul", mmd_nn_unary(b, "Sigmoid", rows->scores),
                                     mmd_nn_unary(b, "Sigmoid", rows->objectness));
  // A program that suppresses the boxes itself also finds the best class.
  return b->leaves_suppression ? scores : mmd_nn_best_class(b, rows->scores, scores);
}

static bool check(mmd_builder_t *b, const yolox_head_t *self, const mmd_features_t *inputs) {
  if (self->dcn_on_last_conv) {
    mmd_builder_fail(
        b, MMD_ERROR(MMD_NOT_SUPPORTED, "%s.dcn_on_last_conv is not supported", b->config_path));
  }
  mmd_conv_check_cfg(b, self->conv_cfg);
  return mmd_head_check_inputs(b, inputs, self->strides.count, self->in_channels);
}

static void build(mmd_builder_t *b, const void *options, const mmd_features_t *inputs,
                  mmd_features_t *out_outputs) {
  const yolox_head_t *self = options;
  const mmd_csp_style_t style = mmd_csp_style_read(b, self->norm_cfg, self->act_cfg);
  const mmd_multiclass_nms_t nms =
      mmd_multiclass_nms_read(b, self->test_cfg, mmd_head_test_cfg_path(b));
  rows_t levels[MMD_OPTION_MAX_ITEMS];
  if (!check(b, self, inputs)) return;
  for (int i = 0; i < self->strides.count; ++i)
    levels[i] = build_level(b, self, &style, i, inputs->items[i]);
  const rows_t rows = join_levels(b, inputs->count, levels);
  mmd_edge_t *boxes = mmd_nn_decode_cells(b, rows.priors, rows.boxes);
  mmd_nn_detect(b, &nms, boxes, best_scores(b, &rows), &out_outputs->items[0],
                &out_outputs->items[1]);
  out_outputs->count = out_outputs->items[1] ? 2 : 1;
}

const mmd_module_t mmd_mmdet_yolox_head = {.codebase = "mmdet",
                                           .kind = "bbox_head",
                                           .type = "YOLOXHead",
                                           .options = &g_table,
                                           .build = build};
