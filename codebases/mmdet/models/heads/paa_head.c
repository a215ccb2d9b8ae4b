// SPDX-License-Identifier: Apache-2.0
//
// PAAHead: ATSSHead's maps, of which the third predicts the IoU. A score is the geometric mean of
// the class's and the IoU's. With score_voting each box that is left becomes the mean of all boxes
// of its class that overlap it.
#include "codebases/mmdet/models/heads/atss_head.h"
#include "nn/detection_output.h"
#include "nn/tensor_ops.h"

typedef struct paa_head_t {
  mmd_atss_head_t atss;
  bool score_voting;
} paa_head_t;

static const mmd_option_t g_options[] = {
    MMD_ATSS_HEAD_OPTIONS,
    MMD_OPT_BOOL("score_voting", paa_head_t, score_voting, "true",
                 "Boxes that are left are averaged with those about them."),
    MMD_OPT_TRAINING("topk"),
    MMD_OPT_TRAINING("covariance_type"),
};
static const mmd_option_table_t g_table = MMD_OPTION_TABLE("PAAHead", paa_head_t, g_options);

//===--- voting ------------------------------------------------------------===//

// Numbers of PyTorch's score_voting.
static const float g_least_iou = 0.01F, g_width = 0.025F, g_least_area = 1e-6F;

// Sides of boxes, each [batch, k, 1] or, turned, [batch, 1, n].
static void split_sides(mmd_builder_t *b, bool is_turned, mmd_edge_t *boxes, mmd_edge_t *out[4]) {
  static const int64_t swapped[] = {0, 2, 1}, ones[] = {1, 1, 1, 1};
  if (is_turned) boxes = mmd_nn_transpose(b, 3, swapped, boxes);
  mmd_nn_split(b, is_turned ? 1 : 2, 4, ones, boxes, out);
}

static mmd_edge_t *area(mmd_builder_t *b, mmd_edge_t *const sides[4]) {
  return mmd_nn_binary(b, "Mul", mmd_nn_binary(b, "Sub", sides[2], sides[0]),
                       mmd_nn_binary(b, "Sub", sides[3], sides[1]));
}

// IoU [batch, k, n] of |dets| [batch, k, 4] with |boxes| [batch, n, 4].
static mmd_edge_t *overlaps(mmd_builder_t *b, mmd_edge_t *dets, mmd_edge_t *boxes) {
  mmd_edge_t *det[4], *box[4], *size[2];
  split_sides(b, false, dets, det);
  split_sides(b, true, boxes, box);
  for (int i = 0; i < 2; ++i) {
    mmd_edge_t *high = mmd_nn_binary(b, "Min", det[2 + i], box[2 + i]);
    mmd_edge_t *low = mmd_nn_binary(b, "Max", det[i], box[i]);
    size[i] = mmd_nn_unary(b, "Relu", mmd_nn_binary(b, "Sub", high, low));
  }
  mmd_edge_t *both = mmd_nn_binary(b, "Mul", size[0], size[1]);
  mmd_edge_t *all = mmd_nn_binary(b, "Add", area(b, det), area(b, box));
  all = mmd_nn_binary(b, "Sub", all, both);
  all = mmd_nn_binary(b, "Max", all, mmd_nn_constant_f32(b, g_least_area));
  return mmd_nn_binary(b, "Div", both, all);
}

static mmd_edge_t *where_above(mmd_builder_t *b, mmd_edge_t *x, float limit, mmd_edge_t *then,
                               mmd_edge_t *otherwise) {
  mmd_edge_t *const inputs[] = {mmd_nn_binary(b, "Greater", x, mmd_nn_constant_f32(b, limit)), then,
                                otherwise};
  return mmd_nn_op(b, "Where", 3, inputs, NULL);
}

// Scores [batch, k, n] of all boxes in the class of each detection, 0 where they do not pass the
// threshold.
static mmd_edge_t *scores_of_class(mmd_builder_t *b, const mmd_dense_head_t *head,
                                   mmd_edge_t *labels, mmd_edge_t *scores) {
  static const int64_t swapped[] = {0, 2, 1};
  mmd_edge_t *numbers = mmd_nn_class_numbers(b, head->score_channels);
  mmd_edge_t *is_class =
      mmd_nn_cast(b, MMD_F32, mmd_nn_binary(b, "Equal", mmd_nn_unsqueeze(b, 2, labels), numbers));
  scores =
      where_above(b, scores, (float)head->nms.score_threshold, scores, mmd_nn_constant_f32(b, 0));
  return mmd_nn_binary(b, "MatMul", is_class, mmd_nn_transpose(b, 3, swapped, scores));
}

// The more a box overlaps the detection, and the higher its score, the more it weighs.
static mmd_edge_t *weigh(mmd_builder_t *b, mmd_edge_t *iou, mmd_edge_t *scores) {
  mmd_edge_t *miss = mmd_nn_binary(b, "Sub", mmd_nn_constant_f32(b, 1), iou);
  mmd_edge_t *power = mmd_nn_scale(b, -1 / g_width, mmd_nn_binary(b, "Mul", miss, miss));
  mmd_edge_t *weight = mmd_nn_binary(b, "Mul", mmd_nn_unary(b, "Exp", power), scores);
  return where_above(b, iou, g_least_iou, weight, mmd_nn_constant_f32(b, 0));
}

// Where nothing overlaps (rows that only fill up) the box stays.
static mmd_edge_t *vote(mmd_builder_t *b, const mmd_dense_head_t *head, mmd_edge_t *dets,
                        mmd_edge_t *labels, mmd_edge_t *boxes, mmd_edge_t *scores) {
  static const int64_t sizes[] = {4, 1};
  mmd_edge_t *part[2];
  mmd_nn_split(b, 2, 2, sizes, dets, part);
  scores = scores_of_class(b, head, labels, scores);
  mmd_edge_t *weight = weigh(b, overlaps(b, part[0], boxes), scores);
  static const int64_t last = -1;
  mmd_edge_t *const summed[] = {weight, mmd_nn_constant_i64(b, 1, &last)};
  mmd_edge_t *total = mmd_nn_op(b, "ReduceSum", 2, summed, NULL);  // keeps the axis
  mmd_edge_t *mean = mmd_nn_binary(b, "Div", mmd_nn_binary(b, "MatMul", weight, boxes), total);
  return mmd_nn_join(b, where_above(b, total, 0, mean, part[0]), part[1]);
}

//===--- head --------------------------------------------------------------===//

static bool check(mmd_builder_t *b, const mmd_anchor_plan_t *plan) {
  if (!plan->dense.use_softmax) return true;
  mmd_builder_fail(
      b, MMD_ERROR(MMD_NOT_SUPPORTED, "%s.loss_cls.use_sigmoid: it must be true", b->config_path));
  return false;
}

static void build(mmd_builder_t *b, const void *options, const mmd_features_t *inputs,
                  mmd_features_t *out_outputs) {
  const paa_head_t *self = options;
  mmd_anchor_plan_t plan;
  mmd_dense_level_t levels[MMD_MAX_PRIOR_LEVELS];
  mmd_edge_t *boxes, *scores, *dets, *labels;
  if (!mmd_atss_head_maps(b, &self->atss, inputs, &plan, levels) || !check(b, &plan)) return;
  // Voting needs dets and labels, and no more boxes than take part.
  if (self->score_voting) b->has_detection_output = false;
  plan.dense.is_factor_mean = true;
  plan.dense.min_bbox_size = -1;  // PAAHead does not look at it
  mmd_nn_dense_candidates(b, &plan.dense, inputs->count, levels, &boxes, &scores);
  mmd_nn_detect(b, &plan.dense.nms, boxes, scores, &dets, &labels);
  if (self->score_voting) dets = vote(b, &plan.dense, dets, labels, boxes, scores);
  out_outputs->items[0] = dets;
  out_outputs->items[1] = labels;
  out_outputs->count = labels ? 2 : 1;
}

const mmd_module_t mmd_mmdet_paa_head = {.codebase = "mmdet",
                                         .kind = "bbox_head",
                                         .type = "PAAHead",
                                         .options = &g_table,
                                         .build = build};
