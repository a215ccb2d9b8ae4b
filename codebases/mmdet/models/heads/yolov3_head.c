// SPDX-License-Identifier: Apache-2.0
//
// YOLOV3Head: each level predicts for each of its anchors a box, an objectness and a score for each
// class. Cells below conf_thr and classes below score_thr are left out before the two are
// multiplied; of 1.x only the best nms_pre scores of classes count.
#include <math.h>
#include <stdio.h>

#include "codebases/mmdet/models/heads/anchor_head.h"
#include "codebases/mmdet/models/input_check.h"
#include "codebases/mmdet/models/yolov3_style.h"
#include "nn/detection_output.h"
#include "nn/mark.h"
#include "nn/tensor_ops.h"

typedef struct yolov3_head_t {
  int64_t num_classes;
  mmd_ints_t in_channels, out_channels, featmap_strides;
  const mmd_value_t *anchor_generator, *bbox_coder, *conv_cfg, *norm_cfg, *act_cfg, *test_cfg;
} yolov3_head_t;

static const mmd_option_t g_options[] = {
    MMD_OPT_COUNT_REQUIRED("num_classes", yolov3_head_t, num_classes, "Classes."),
    {.name = "in_channels",
     .type = MMD_OPTION_INTS,
     .offset = offsetof(yolov3_head_t, in_channels),
     .min = 1,
     .max = 65536,
     .flags = MMD_OPTION_REQUIRED,
     .help = "Channels of each input."},
    MMD_OPT_INTS("out_channels", yolov3_head_t, out_channels, "[1024, 512, 256]",
                 "Channels in front of what predicts."),
    MMD_OPT_DICT("anchor_generator", yolov3_head_t, anchor_generator, "Where anchors lie."),
    MMD_OPT_DICT("bbox_coder", yolov3_head_t, bbox_coder, "How boxes are predicted."),
    MMD_OPT_INTS("featmap_strides", yolov3_head_t, featmap_strides, "[32, 16, 8]",
                 "Stride of each level."),
    MMD_OPT_DICT("conv_cfg", yolov3_head_t, conv_cfg, "Kind of convolution."),
    MMD_OPT_DICT("norm_cfg", yolov3_head_t, norm_cfg, "Kind of normalisation."),
    MMD_OPT_DICT("act_cfg", yolov3_head_t, act_cfg, "Kind of activation."),
    MMD_OPT_DICT("test_cfg", yolov3_head_t, test_cfg, "Set by the detector."),
    MMD_OPT_TRAINING("one_hot_smoother"),
    MMD_OPT_TRAINING("loss_cls"),
    MMD_OPT_TRAINING("loss_conf"),
    MMD_OPT_TRAINING("loss_xy"),
    MMD_OPT_TRAINING("loss_wh"),
    MMD_OPT_TRAINING("train_cfg"),
    MMD_OPT_TRAINING("init_cfg"),
};
static const mmd_option_table_t g_table = MMD_OPTION_TABLE("YOLOV3Head", yolov3_head_t, g_options);

static const char g_generator[] =
    "{\"type\": \"YOLOAnchorGenerator\", \"strides\": [32, 16, 8], \"base_sizes\":"
    " [[[116, 90], [156, 198], [373, 326]], [[30, 61], [62, 45], [59, 119]],"
    " [[10, 13], [16, 30], [33, 23]]]}";

typedef struct plan_t {
  const yolov3_head_t *self;
  mmd_csp_style_t style;
  mmd_priors_t priors;
  mmd_box_coder_t coder;
  mmd_multiclass_nms_t nms;
  double conf_threshold;  // of the objectness; <= 0: none
  double min_bbox_size;
  int64_t nms_pre;  // <= 0: all
} plan_t;

//===--- reading -----------------------------------------------------------===//

static mmd_status_t read_confidence(mmd_builder_t *b, const mmd_value_t *test_cfg,
                                    double *out_threshold) {
  const mmd_value_t *value = mmd_object_get(test_cfg, "conf_thr");
  const bool is_given = !mmd_value_is_null(value);
  if (!is_given) value = mmd_object_get(b->post_processing, "confidence_threshold");
  *out_threshold = mmd_value_get_float(value, mmd_value_is_null(value) ? -1 : NAN);
  if (*out_threshold <= 1) return NULL;
  return MMD_ERROR(MMD_OUT_OF_RANGE, "%s.%s: %g; a number up to 1 is expected",
                   is_given ? mmd_head_test_cfg_path(b) : "codebase_config.post_processing",
                   is_given ? "conf_thr" : "confidence_threshold", *out_threshold);
}

static mmd_status_t read_dicts(mmd_builder_t *b, const yolov3_head_t *self, plan_t *plan) {
  MMD_TRY(mmd_head_read_priors(self->anchor_generator, mmd_head_path(b, "anchor_generator"),
                               g_generator, &plan->priors));
  MMD_TRY(mmd_box_coder_read(self->bbox_coder, mmd_head_path(b, "bbox_coder"), MMD_BOX_YOLO,
                             &plan->coder));
  if (plan->coder.kind != MMD_BOX_YOLO) {
    return MMD_ERROR(MMD_NOT_SUPPORTED, "%s.bbox_coder.type: only YOLOBBoxCoder is supported",
                     b->config_path);
  }
  return read_confidence(b, self->test_cfg, &plan->conf_threshold);
}

static bool check(mmd_builder_t *b, const plan_t *plan, const mmd_features_t *inputs) {
  const yolov3_head_t *self = plan->self;
  const int count = self->in_channels.count;
  return mmd_check_in_channels(b, inputs, &self->in_channels, false) &&
         mmd_check_same_length(b, "out_channels", self->out_channels.count, "in_channels", count) &&
         mmd_check_same_length(b, "featmap_strides", self->featmap_strides.count, "in_channels",
                               count) &&
         mmd_check_same_length(b, "anchor_generator.strides", plan->priors.count, "in_channels",
                               count);
}

static bool make_plan(mmd_builder_t *b, const yolov3_head_t *self, const mmd_features_t *inputs,
                      plan_t *plan) {
  *plan = (plan_t){.self = self, .nms_pre = -1, .min_bbox_size = -1};
  mmd_status_t status = read_dicts(b, self, plan);
  if (status) mmd_builder_fail(b, status);
  plan->style = mmd_yolov3_style_read(b, self->norm_cfg, self->act_cfg);
  plan->nms = mmd_multiclass_nms_read(b, self->test_cfg, mmd_head_test_cfg_path(b));
  if (b->is_1x) {
    // In ncnn's form, whose layers cannot choose, all cells stay.
    if (!b->has_detection_output)
      plan->nms_pre = mmd_value_get_int(mmd_object_get(self->test_cfg, "nms_pre"), -1);
    plan->min_bbox_size = mmd_value_get_float(mmd_object_get(self->test_cfg, "min_bbox_size"), -1);
  }
  mmd_conv_check_cfg(b, self->conv_cfg);
  if (!check(b, plan, inputs)) return false;
  for (int i = 0; i < plan->priors.count; ++i)
    mmd_priors_to_yolo((double)self->featmap_strides.items[i], &plan->priors.levels[i]);
  return true;
}

//===--- building ----------------------------------------------------------===//

// Columns of a row: box, objectness, classes.
enum { OBJECTNESS = 4, CLASSES = 5 };

static mmd_edge_t *build_level(mmd_builder_t *b, const plan_t *plan, int level, mmd_edge_t *x) {
  const yolov3_head_t *self = plan->self;
  const int64_t middle = self->out_channels.items[level], size = CLASSES + self->num_classes;
  mmd_conv_t conv = mmd_conv_square(middle, plan->priors.levels[level].count * size, 1, 1, 0);
  char name[32];
  conv.bias = true;
  snprintf(name, sizeof name, "convs_bridge.%d", level);
  x = mmd_nn_csp_conv(b, name, &plan->style, self->in_channels.items[level], middle, 3, 1, x);
  snprintf(name, sizeof name, "convs_pred.%d", level);
  x = mmd_nn_conv(b, name, &conv, x);
  snprintf(name, sizeof name, "pred_maps.%d", level);
  return mmd_nn_flatten_map(b, size, mmd_nn_mark(b, "yolo_head", 0, "input", name, x));
}

static mmd_edge_t *is_unsure(mmd_builder_t *b, const plan_t *plan, mmd_edge_t *objectness) {
  mmd_edge_t *limit = mmd_nn_constant_f32(b, (float)plan->conf_threshold);
  return mmd_nn_binary(b, "Less", objectness, limit);
}

// |x| of the cells whose objectness reaches the threshold, 0 of the others.
static mmd_edge_t *if_confident(mmd_builder_t *b, const plan_t *plan, mmd_edge_t *objectness,
                                mmd_edge_t *x) {
  if (plan->conf_threshold <= 0) return x;
  return mmd_nn_zero_where(b, is_unsure(b, plan, objectness), true, x);
}

// The cells that hold the best |nms_pre| scores of classes; all where there are no more.
static mmd_edge_t *choose(mmd_builder_t *b, const plan_t *plan, mmd_edge_t *rows) {
  if (plan->nms_pre <= 0) return NULL;
  mmd_edge_t *key = mmd_nn_reduce_max(b, 2, mmd_nn_slice(b, 2, CLASSES, INT64_MAX, rows));
  if (plan->conf_threshold > 0) {
    mmd_edge_t *objectness = mmd_nn_slice(b, 2, OBJECTNESS, CLASSES, rows);
    objectness = mmd_nn_unary(b, "Sigmoid", mmd_nn_squeeze(b, 2, objectness));
    mmd_edge_t *const inputs[] = {is_unsure(b, plan, objectness), mmd_nn_constant_f32(b, -INFINITY),
                                  key};
    key = mmd_nn_op(b, "Where", 3, inputs, NULL);
  }
  return mmd_nn_top_k(b, plan->nms_pre, key);
}

// |products| where |classes| are among the best |nms_pre| of all cells that take part.
static mmd_edge_t *keep_best(mmd_builder_t *b, const plan_t *plan, mmd_edge_t *objectness,
                             mmd_edge_t *classes, mmd_edge_t *products) {
  static const int64_t flat[] = {0, -1};
  if (plan->nms_pre <= 0) return products;
  mmd_edge_t *scores = mmd_nn_reshape(b, 2, flat, if_confident(b, plan, objectness, classes));
  mmd_edge_t *index = mmd_nn_top_k(b, plan->nms_pre, scores);
  if (!index) return products;
  mmd_node_t *gather;
  mmd_edge_t *const last[] = {scores, mmd_nn_slice(b, 1, -1, INT64_MAX, index)};
  mmd_edge_t *lowest = mmd_nn_op(b, "GatherElements", 2, last, &gather);
  mmd_nn_set_int(b, gather, "axis", 1);
  lowest = mmd_nn_unsqueeze(b, 2, lowest);
  return mmd_nn_zero_where(b, mmd_nn_binary(b, "Less", classes, lowest), true, products);
}

static mmd_edge_t *scores_of(mmd_builder_t *b, const plan_t *plan, mmd_edge_t *objectness,
                             mmd_edge_t *classes) {
  objectness = mmd_nn_unary(b, "Sigmoid", objectness);
  classes = mmd_nn_unary(b, "Sigmoid", classes);
  mmd_edge_t *confidence = if_confident(b, plan, objectness, objectness);
  mmd_edge_t *products = mmd_nn_binary(b, "Mul", classes, confidence);
  products = keep_best(b, plan, objectness, classes, products);
  if (plan->nms.score_threshold <= 0) return products;
  mmd_edge_t *limit = mmd_nn_constant_f32(b, (float)plan->nms.score_threshold);
  return mmd_nn_zero_where(b, mmd_nn_binary(b, "LessOrEqual", classes, limit), true, products);
}

static void build(mmd_builder_t *b, const void *options, const mmd_features_t *inputs,
                  mmd_features_t *out_outputs) {
  plan_t plan;
  mmd_edge_t *rows[MMD_MAX_FEATURES], *priors[MMD_MAX_FEATURES], *part[3];
  if (!make_plan(b, options, inputs, &plan)) return;
  const int64_t sizes[] = {OBJECTNESS, CLASSES - OBJECTNESS, plan.self->num_classes};
  for (size_t i = 0; i < inputs->count; ++i) {
    rows[i] = build_level(b, &plan, (int)i, inputs->items[i]);
    priors[i] = mmd_nn_priors(b, &plan.priors.levels[i], inputs->items[i]);
  }
  mmd_edge_t *all = mmd_nn_concat(b, 1, inputs->count, rows);
  mmd_edge_t *all_priors = mmd_nn_concat(b, 0, inputs->count, priors);
  mmd_edge_t *index = choose(b, &plan, all);
  if (index) all = mmd_nn_gather_rows(b, all, index);
  all_priors = index ? mmd_nn_gather(b, 0, all_priors, index) : mmd_nn_unsqueeze(b, 0, all_priors);
  mmd_nn_split(b, 2, 3, sizes, all, part);
  mmd_edge_t *boxes = mmd_nn_decode_boxes(b, &plan.coder, all_priors, part[0], NULL);
  mmd_edge_t *scores = scores_of(b, &plan, part[1], part[2]);
  if (plan.min_bbox_size >= 0)
    scores = mmd_nn_drop_small_boxes(b, plan.min_bbox_size, boxes, scores);
  plan.nms.score_threshold = 0;  // passed before the product
  mmd_nn_detect(b, &plan.nms, boxes, scores, &out_outputs->items[0], &out_outputs->items[1]);
  out_outputs->count = out_outputs->items[1] ? 2 : 1;
}

const mmd_module_t mmd_mmdet_yolov3_head = {.codebase = "mmdet",
                                            .kind = "bbox_head",
                                            .type = "YOLOV3Head",
                                            .options = &g_table,
                                            .build = build};
