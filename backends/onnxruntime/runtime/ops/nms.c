// SPDX-License-Identifier: Apache-2.0
//
// NMSRotated and NMSMatch: boxes (N x B x 5 or 4) and scores (N x C x B) to rows of indices.
#include "kernels/nms.h"

#include <string.h>

#include "backends/onnxruntime/runtime/ops/custom_op.h"
#include "base/alloc.h"

typedef struct thresholds_t {
  float iou, score;
} thresholds_t;

static mmd_status_t read_rotated(const ort_op_attrs_t *attrs, void *attributes) {
  thresholds_t *t = attributes;
  MMD_TRY(ort_op_attr_float(attrs, "iou_threshold", 0, &t->iou));
  return ort_op_attr_float(attrs, "score_threshold", 0, &t->score);
}

// It has its thresholds as inputs.
static mmd_status_t read_match(const ort_op_attrs_t *attrs, void *attributes) {
  (void)attrs;
  memset(attributes, 0, sizeof(thresholds_t));
  return NULL;
}

static mmd_status_t read_sizes(const ort_op_call_t *call, int64_t box_size, mmd_nms_t *nms) {
  const ort_op_tensor_t *boxes = &call->inputs[0], *scores = &call->inputs[1];
  const int64_t *b = boxes->dims, *s = scores->dims;
  if (boxes->rank != 3 || scores->rank != 3 || b[2] != box_size || b[0] != s[0] || b[1] != s[2]) {
    return MMD_ERROR(MMD_INVALID_ARGUMENT,
                     "boxes images x boxes x %lld and scores images x classes x boxes are expected",
                     (long long)box_size);
  }
  nms->images = (size_t)s[0];
  nms->classes = (size_t)s[1];
  nms->boxes = (size_t)s[2];
  return NULL;
}

static mmd_status_t put_rows(const ort_op_call_t *call, const int64_t *rows, size_t count,
                             int64_t width) {
  const int64_t dims[2] = {(int64_t)count, width};
  int64_t *out = NULL;
  MMD_TRY(ort_op_output(call, 2, dims, &out));
  if (count) memcpy(out, rows, count * (size_t)width * sizeof *rows);
  return NULL;
}

static mmd_status_t compute_rotated(const void *attributes, const ort_op_call_t *call) {
  const thresholds_t *t = attributes;
  mmd_nms_t nms = {
      .iou = mmd_box_iou_rotated, .iou_threshold = t->iou, .score_threshold = t->score};
  int64_t *rows = NULL;
  size_t count = 0;
  MMD_TRY(read_sizes(call, 5, &nms));
  MMD_TRY(mmd_nms_run_rotated(&nms, call->inputs[0].data, call->inputs[1].data, call->pool, &rows,
                              &count));
  mmd_status_t status = put_rows(call, rows, count, 3);
  mmd_free(rows);
  return status;
}

// The first element counts.
static mmd_status_t read_threshold(const ort_op_call_t *call, size_t index, float *out_threshold) {
  const ort_op_tensor_t *tensor = &call->inputs[index];
  for (int i = 0; i < tensor->rank; ++i) {
    if (tensor->dims[i] == 0) {
      return MMD_ERROR(MMD_INVALID_ARGUMENT, "input %zu is empty, a threshold is expected", index);
    }
  }
  memcpy(out_threshold, tensor->data, sizeof *out_threshold);
  return NULL;
}

static mmd_status_t compute_match(const void *attributes, const ort_op_call_t *call) {
  mmd_nms_t nms = {.iou = mmd_box_iou_match};
  int64_t *rows = NULL;
  size_t count = 0;
  (void)attributes;
  MMD_TRY(read_sizes(call, 4, &nms));
  MMD_TRY(read_threshold(call, 2, &nms.iou_threshold));
  MMD_TRY(read_threshold(call, 3, &nms.score_threshold));
  MMD_TRY(mmd_nms_run_match(&nms, call->inputs[0].data, call->inputs[1].data, call->pool, &rows,
                            &count));
  mmd_status_t status = put_rows(call, rows, count, 4);
  mmd_free(rows);
  return status;
}

const ort_op_def_t ort_op_nms_rotated = {
    "NMSRotated", 2, 2, MMD_I64, 2, sizeof(thresholds_t), read_rotated, compute_rotated};
const ort_op_def_t ort_op_nms_match = {
    "NMSMatch", 4, 4, MMD_I64, 2, sizeof(thresholds_t), read_match, compute_match};
