// SPDX-License-Identifier: Apache-2.0
//
// What the exporter of YOLOv8 and its successors gives: boxes in pixels, scores behind the sigmoid,
// the cells of all levels along the last axis. A cell answers with its best class alone.
#include "frontends/onnx_head/head.h"
#include "nn/cell_boxes.h"
#include "nn/tensor_ops.h"

enum { BOX = 4 };

static int64_t count_classes(int64_t a, int64_t b, int64_t cells) {
  if (a <= BOX) return -1;
  return b < 0 || cells < 0 || b == cells ? a - BOX : -1;
}

static void decode(mmd_builder_t *b, const mmd_onnx_head_plan_t *plan, mmd_edge_t **out_boxes,
                   mmd_edge_t **out_scores) {
  static const int64_t perm[] = {0, 2, 1};
  mmd_edge_t *rows = mmd_nn_transpose(b, 3, perm, plan->output);
  mmd_edge_t *scores = mmd_nn_slice(b, 2, BOX, INT64_MAX, rows);
  *out_boxes = mmd_nn_center_to_corners(b, mmd_nn_slice(b, 2, 0, BOX, rows));
  *out_scores = mmd_nn_best_class(b, scores, scores);
}

const mmd_onnx_head_t mmd_onnx_head_yolov8 = {
    .type = "yolov8",
    .model = "YOLOv8",
    .layout = "[batch, 4 + classes, cells]: middle and size in pixels, scores of 0 to 1",
    .strides = {3, {8, 16, 32}},
    .to_rgb = true,
    .std = 255,
    .pad_value = 114,
    .score_threshold = 0.25,
    .iou_threshold = 0.7,
    .count_classes = count_classes,
    .decode = decode,
};
