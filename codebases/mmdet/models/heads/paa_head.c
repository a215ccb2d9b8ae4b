// SPDX-License-Identifier: Apache-2.0
//
// PAAHead: ATSSHead's maps, of which the third predicts the IoU. A score is the geometric mean of
// the class's and the IoU's. With score_voting each box that is left becomes the mean of all boxes
// of its class that overlap it.
#include "codebases/mmdet/models/heads/atss_head.h"
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

static mmd_edge_t *reduced(mmd_builder_t *b, const char *op, bool keep, mmd_edge_t *x) {
  static const int64_t last = -1;
  mmd_edge_t *const inputs[] = {x, mmd_nn_constant_i64(b, 1, &last)};
  mmd_node_t *node;
  mmd_edge_t *out = mmd_nn_op(b, op, 2, inputs, &node);
  mmd_nn_set_int(b, node, "keepdims", keep);
  return out;
}

// IoU [batch, k, n] of |dets| [batch, k, 4] with |boxes| [batch, n, 4].
static mmd_edge_t *overlaps(mmd_builder_t *b, mmd_edge_t *dets, mmd_edge_t *boxes) {
  mmd_edge_t *a[2], *c[2];
  mmd_nn_halves(b, mmd_nn_unsqueeze(b, 2, dets), a);
  mmd_nn_halves(b, mmd_nn_unsqueeze(b, 1, boxes), c);
  mmd_edge_t *size = mmd_nn_binary(b, "Sub", mmd_nn_binary(b, "Min", a[1], c[1]),
                                   mmd_nn_binary(b, "Max", a[0], c[0]));
  mmd_edge_t *both = reduced(b, "ReduceProd", false, mmd_nn_unary(b, "Relu", size));
  mmd_edge_t *area = reduced(b, "ReduceProd", false, mmd_nn_binary(b, "Sub", a[1], a[0]));
  mmd_edge_t *other = reduced(b, "ReduceProd", false, mmd_nn_binary(b, "Sub", c[1], c[0]));
  mmd_edge_t *all = mmd_nn_binary(b, "Sub", mmd_nn_binary(b, "Add", area, other), both);
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
  static const int64_t swapped[] = {0, 2, 1}, two = 2;
  static const float off_on[] = {0, 1};
  mmd_edge_t *const inputs[] = {labels, mmd_nn_constant_i64(b, 1, &head->score_channels),
                                mmd_nn_constant_f32s(b, 1, &two, off_on)};
  mmd_edge_t *is_class = mmd_nn_op(b, "OneHot", 3, inputs, NULL);
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
  mmd_edge_t *total = reduced(b, "ReduceSum", true, weight);
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
  plan.dense.is_factor_mean = true;
  plan.dense.min_bbox_size = -1;  // PAAHead does not look at it
  mmd_nn_dense_candidates(b, &plan.dense, inputs->count, levels, &boxes, &scores);
  mmd_nn_multiclass_nms(b, &plan.dense.nms, 0, boxes, scores, &dets, &labels, NULL);
  if (self->score_voting) dets = vote(b, &plan.dense, dets, labels, boxes, scores);
  out_outputs->items[0] = dets;
  out_outputs->items[1] = labels;
  out_outputs->count = 2;
}

const mmd_module_t mmd_mmdet_paa_head = {.codebase = "mmdet",
                                         .kind = "bbox_head",
                                         .type = "PAAHead",
                                         .options = &g_table,
                                         .build = build};
