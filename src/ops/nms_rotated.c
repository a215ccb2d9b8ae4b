// SPDX-License-Identifier: Apache-2.0
//
// mmdeploy::NMSRotated and NMSMatch: boxes (N x B x 5 or 4) and scores (N x C x B) to rows of
// indices.
#include "base/alloc.h"
#include "kernels/nms.h"
#include "ops/eval_util.h"
#include "ops/infer_util.h"
#include "ops/plain_iou.h"
#include "ops/registry.h"

static mmd_status_t read_nms(const mmd_eval_context_t *c, int64_t box_size, mmd_nms_t *n) {
  const mmd_tensor_t *boxes = mmd_eval_input(c, 0), *scores = mmd_eval_input(c, 1);
  const int64_t *b = boxes->shape.dims, *s = scores->shape.dims;
  if (boxes->dtype != MMD_F32 || scores->dtype != MMD_F32) {
    return mmd_node_error(c->node, MMD_NOT_SUPPORTED, "boxes and scores must be float32");
  }
  if (boxes->shape.rank != 3 || scores->shape.rank != 3 || b[2] != box_size || b[0] != s[0] ||
      b[1] != s[2]) {
    return mmd_node_error(c->node, MMD_INVALID_ARGUMENT, "boxes and scores do not fit");
  }
  n->images = (size_t)s[0];
  n->classes = (size_t)s[1];
  n->boxes = (size_t)s[2];
  const int64_t pairs[] = {s[0], s[1], s[2], s[2]};
  return mmd_eval_work(c, mmd_eval_product(pairs, 4), 1);
}

typedef mmd_status_t (*run_fn)(const mmd_nms_t *nms, const float *boxes, const float *scores,
                               mmd_pool_t *pool, int64_t **out_rows, size_t *out_count);

static mmd_status_t evaluate_rows(mmd_eval_context_t *c, const mmd_nms_t *n, run_fn run,
                                  int64_t width) {
  int64_t *rows = NULL;
  size_t count = 0;
  MMD_TRY(mmd_eval_reserve(c, mmd_nms_scratch(n)));
  const float *boxes = mmd_tensor_data(mmd_eval_input(c, 0));
  const float *scores = mmd_tensor_data(mmd_eval_input(c, 1));
  mmd_status_t status =
      run(n, boxes, scores, c->mode == MMD_EVAL_FAST ? c->pool : NULL, &rows, &count);
  if (status) return mmd_status_annotate(status, "%s '%s'", c->node->op, c->node->name);
  mmd_shape_t shape = {.rank = 2, .dims = {(int64_t)count, width}};
  status = mmd_eval_store_i64(c, 0, MMD_I64, &shape, rows);
  mmd_free(rows);
  return status;
}

static mmd_status_t evaluate_rotated(mmd_eval_context_t *c) {
  mmd_nms_t n = {.iou = c->mode == MMD_EVAL_FAST ? mmd_box_iou_rotated : mmd_plain_iou_rotated};
  MMD_TRY(read_nms(c, 5, &n));
  n.iou_threshold = (float)mmd_node_attr_float(c->node, "iou_threshold", 0);
  n.score_threshold = (float)mmd_node_attr_float(c->node, "score_threshold", 0);
  return evaluate_rows(c, &n, mmd_nms_run_rotated, 3);
}

// The thresholds are inputs; their first element counts.
static mmd_status_t read_threshold(mmd_eval_context_t *c, size_t i, float *out_threshold) {
  const mmd_tensor_t *tensor = mmd_eval_input(c, i);
  MMD_TRY(mmd_eval_check_number(c, tensor));
  if (mmd_tensor_count(tensor) == 0) {
    return mmd_node_error(c->node, MMD_INVALID_ARGUMENT, "input %zu is empty", i);
  }
  *out_threshold = (float)mmd_tensor_get_f64(tensor, 0);
  return NULL;
}

static mmd_status_t evaluate_match(mmd_eval_context_t *c) {
  mmd_nms_t n = {.iou = c->mode == MMD_EVAL_FAST ? mmd_box_iou_match : mmd_plain_iou_match};
  MMD_TRY(read_nms(c, 4, &n));
  MMD_TRY(read_threshold(c, 2, &n.iou_threshold));
  MMD_TRY(read_threshold(c, 3, &n.score_threshold));
  return evaluate_rows(c, &n, mmd_nms_run_match, 4);
}

static mmd_status_t infer_rows(mmd_infer_context_t *c, int64_t width) {
  const mmd_dim_t *dims[] = {NULL, mmd_infer_const(c, width)};
  return mmd_infer_output(c, 0, MMD_I64, 2, dims);
}

static mmd_status_t infer_rotated(mmd_infer_context_t *c) {
  return infer_rows(c, 3);
}

static mmd_status_t infer_match(mmd_infer_context_t *c) {
  return infer_rows(c, 4);
}

static const mmd_op_t ops[] = {
    {"mmdeploy", "NMSMatch", 1, 4, 4, 1, 1, infer_match, evaluate_match, 0},
    {"mmdeploy", "NMSRotated", 1, 2, 2, 1, 1, infer_rotated, evaluate_rotated, 0},
};
const mmd_op_family_t mmd_ops_nms_rotated = MMD_OP_FAMILY(ops);
