// SPDX-License-Identifier: Apache-2.0
#ifndef MMD_BACKENDS_NCNN_RUNTIME_OPS_MULTI_CLASS_NMS_H_
#define MMD_BACKENDS_NCNN_RUNTIME_OPS_MULTI_CLASS_NMS_H_

#include "backends/ncnn/runtime/ops/view.h"

typedef struct ncnn_nms_t {
  float score_threshold, iou_threshold;
  int class_limit, pre_top_k, keep;  // the last two: <= 0 is all
  bool is_agnostic;
} ncnn_nms_t;

// mmdeploy::MultiClassNMS of one image: boxes [n, 4] or [n, classes, 4] and scores [n, classes] ->
// rows [k, 5] of box and score, labels [k], rows of the boxes [k] (-1 = none). A row of zeros
// stands behind the boxes that are left. 0 or the engine's code of an error.
int ncnn_nms_run(const ncnn_library_t *library, const ncnn_nms_t *options, const ncnn_view_t *boxes,
                 const ncnn_view_t *scores, int output_count, ncnn_mat_t **outputs);

#endif  // MMD_BACKENDS_NCNN_RUNTIME_OPS_MULTI_CLASS_NMS_H_
