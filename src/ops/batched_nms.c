// SPDX-License-Identifier: Apache-2.0
//
// mmdeploy::TRTBatchedNMS and its relatives for rotated boxes: boxes (N x B x 1 or C x 4 or 5) and
// scores (N x B x C) to the best |keep_topk| boxes of each image. Scores that are not above the
// threshold never come back, also when the threshold is negative (the plugins mix in empty rows
// there), and rows are filled up when there are fewer (the plugins leave them as they were).
#include "kernels/nms.h"
#include "ops/eval_util.h"
#include "ops/infer_util.h"
#include "ops/plain_iou.h"
#include "ops/registry.h"

static mmd_status_t check_inputs(const mmd_eval_context_t *c, int64_t box_size) {
  const mmd_tensor_t *boxes = mmd_eval_input(c, 0), *scores = mmd_eval_input(c, 1);
  const int64_t *b = boxes->shape.dims, *s = scores->shape.dims;
  if (boxes->dtype != MMD_F32 || scores->dtype != MMD_F32) {
    return mmd_node_error(c->node, MMD_NOT_SUPPORTED, "boxes and scores must be float32");
  }
  bool fits = boxes->shape.rank == 4 && scores->shape.rank == 3 && b[0] == s[0] && b[1] == s[1] &&
              (b[2] == 1 || b[2] == s[2]) && b[3] == box_size;
  int64_t classes = mmd_node_attr_int(c->node, "num_classes", fits ? s[2] : 0);
  if (fits && classes == s[2]) return NULL;
  return mmd_node_error(c->node, MMD_INVALID_ARGUMENT, "boxes and scores do not fit");
}

static mmd_status_t read_attributes(const mmd_eval_context_t *c, mmd_nms_batched_t *b) {
  const mmd_node_t *node = c->node;
  const mmd_shape_t *boxes = &mmd_eval_input(c, 0)->shape, *scores = &mmd_eval_input(c, 1)->shape;
  int64_t limit = mmd_node_attr_int(node, "topk", 0),
          keep = mmd_node_attr_int(node, "keep_topk", 0);
  if (keep < 0) return mmd_node_error(node, MMD_INVALID_ARGUMENT, "keep_topk is negative");
  b->nms.images = (size_t)scores->dims[0];
  b->nms.boxes = (size_t)scores->dims[1];
  b->nms.classes = (size_t)scores->dims[2];
  b->nms.iou_threshold = (float)mmd_node_attr_float(node, "iou_threshold", 0);
  b->nms.score_threshold = (float)mmd_node_attr_float(node, "score_threshold", 0);
  b->box_size = (size_t)boxes->dims[3];
  b->shared = boxes->dims[2] == 1;
  b->background = mmd_node_attr_int(node, "background_label_id", 0);
  b->class_limit = limit > 0 ? (size_t)limit : 0;
  b->keep = (size_t)keep;
  b->clip = mmd_node_attr_int(node, "clip_boxes", 1) != 0;
  return NULL;
}

static mmd_status_t evaluate_boxes(mmd_eval_context_t *c, int64_t box_size, mmd_box_iou_fn fast,
                                   mmd_box_iou_fn plain) {
  mmd_nms_batched_t b = {.nms = {.iou = c->mode == MMD_EVAL_FAST ? fast : plain}};
  MMD_TRY(check_inputs(c, box_size));
  MMD_TRY(read_attributes(c, &b));
  const size_t boxes_left =
      b.class_limit && b.class_limit < b.nms.boxes ? b.class_limit : b.nms.boxes;
  const int64_t pairs[] = {(int64_t)b.nms.images, (int64_t)b.nms.classes, (int64_t)boxes_left};
  MMD_TRY(mmd_eval_work(c, mmd_eval_product(pairs, 3), boxes_left));
  float *dets;
  int32_t *labels, *indices = NULL;
  mmd_shape_t shape = {.rank = 3, .dims = {(int64_t)b.nms.images, (int64_t)b.keep, box_size + 1}};
  MMD_TRY(mmd_eval_output_create(c, 0, MMD_F32, &shape, &dets));
  shape.rank = 2;
  if (mmd_eval_wants(c, 1)) {
    MMD_TRY(mmd_eval_output_create(c, 1, MMD_I32, &shape, &labels));
  } else {
    MMD_TRY(mmd_eval_scratch(c, b.nms.images * b.keep, sizeof *labels, &labels));
  }
  if (mmd_eval_wants(c, 2)) MMD_TRY(mmd_eval_output_create(c, 2, MMD_I32, &shape, &indices));
  MMD_TRY(mmd_eval_reserve(c, mmd_nms_scratch(&b.nms)));
  const float *boxes = mmd_tensor_data(mmd_eval_input(c, 0));
  const float *scores = mmd_tensor_data(mmd_eval_input(c, 1));
  mmd_status_t status = mmd_nms_run_batched(
      &b, boxes, scores, c->mode == MMD_EVAL_FAST ? c->pool : NULL, dets, labels, indices);
  return mmd_status_annotate(status, "%s '%s'", c->node->op, c->node->name);
}

static mmd_status_t evaluate(mmd_eval_context_t *c) {
  return evaluate_boxes(c, 4, mmd_box_iou, mmd_plain_iou);
}

static mmd_status_t evaluate_rotated(mmd_eval_context_t *c) {
  return evaluate_boxes(c, 5, mmd_box_iou_rotated_or_one, mmd_plain_iou_rotated_or_one);
}

static mmd_status_t infer_boxes(mmd_infer_context_t *c, int64_t width) {
  const mmd_type_t *scores = mmd_infer_ranked(c, 1);
  int64_t keep = mmd_node_attr_int(c->node, "keep_topk", 0);
  const mmd_dim_t *dims[] = {scores && scores->rank > 0 ? scores->dims[0] : NULL,
                             keep >= 0 ? mmd_infer_const(c, keep) : NULL,
                             mmd_infer_const(c, width)};
  MMD_TRY(mmd_infer_output(c, 0, MMD_F32, 3, dims));
  MMD_TRY(mmd_infer_output(c, 1, MMD_I32, 2, dims));
  return mmd_infer_output(c, 2, MMD_I32, 2, dims);
}

static mmd_status_t infer(mmd_infer_context_t *c) {
  return infer_boxes(c, 5);
}

static mmd_status_t infer_rotated(mmd_infer_context_t *c) {
  return infer_boxes(c, 6);
}

static const mmd_op_t ops[] = {
    {"mmdeploy", "TRTBatchedBEVNMS", 1, 2, 2, 1, 3, infer_rotated, evaluate_rotated, 0},
    {"mmdeploy", "TRTBatchedNMS", 1, 2, 2, 1, 3, infer, evaluate, 0},
    {"mmdeploy", "TRTBatchedRotatedNMS", 1, 2, 2, 1, 2, infer_rotated, evaluate_rotated, 0},
};
const mmd_op_family_t mmd_ops_batched_nms = MMD_OP_FAMILY(ops);
