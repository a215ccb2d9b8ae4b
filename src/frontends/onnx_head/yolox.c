// SPDX-License-Identifier: Apache-2.0
//
// What YOLOX's own exporter gives: rows of all levels, boxes not decoded, scores behind the
// sigmoid. As its PyTorch code has it, a cell answers with its best class alone.
#include "base/alloc.h"
#include "frontends/onnx_head/head.h"
#include "nn/cell_boxes.h"
#include "nn/tensor_ops.h"

enum { BOX = 4, FIRST_CLASS = 5 };

static int64_t count_classes(int64_t a, int64_t b, int64_t cells) {
  if (b <= FIRST_CLASS) return -1;
  return a < 0 || cells < 0 || a == cells ? b - FIRST_CLASS : -1;
}

static void fill_priors(const mmd_onnx_head_plan_t *plan, float *out) {
  for (int i = 0; i < plan->strides.count; ++i) {
    const int64_t stride = plan->strides.items[i];
    for (int64_t y = 0; y < plan->height; y += stride) {
      for (int64_t x = 0; x < plan->width; x += stride) {
        *out++ = (float)x;
        *out++ = (float)y;
        *out++ = (float)stride;
        *out++ = (float)stride;
      }
    }
  }
}

// [cells, 4]: the corner of each cell and its stride twice.
static mmd_edge_t *make_priors(mmd_builder_t *b, const mmd_onnx_head_plan_t *plan) {
  const int64_t dims[] = {plan->cells, BOX};
  float *numbers = mmd_alloc_array((size_t)plan->cells * BOX, sizeof *numbers);
  if (!numbers) {
    mmd_builder_fail(b, mmd_status_no_memory());
    return NULL;
  }
  fill_priors(plan, numbers);
  mmd_edge_t *priors = mmd_nn_constant_f32s(b, 2, dims, numbers);
  mmd_free(numbers);
  return priors;
}

static void decode(mmd_builder_t *b, const mmd_onnx_head_plan_t *plan, mmd_edge_t **out_boxes,
                   mmd_edge_t **out_scores) {
  mmd_edge_t *boxes = mmd_nn_slice(b, 2, 0, BOX, plan->output);
  mmd_edge_t *objectness = mmd_nn_slice(b, 2, BOX, FIRST_CLASS, plan->output);
  mmd_edge_t *classes = mmd_nn_slice(b, 2, FIRST_CLASS, INT64_MAX, plan->output);
  *out_boxes = mmd_nn_decode_cells(b, make_priors(b, plan), boxes);
  *out_scores = mmd_nn_best_class(b, classes, mmd_nn_binary(b, "Mul", classes, objectness));
}

const mmd_onnx_head_t mmd_onnx_head_yolox = {
    .type = "yolox",
    .model = "YOLOX",
    .layout =
        "[batch, cells, 5 + classes]: middle and size in strides, not decoded, objectness and "
        "scores of 0 to 1",
    .strides = {3, {8, 16, 32}},
    .std = 1,
    .pad_value = 114,
    .score_threshold = 0.01,
    .iou_threshold = 0.65,
    .needs_size = true,
    .count_classes = count_classes,
    .decode = decode,
};
