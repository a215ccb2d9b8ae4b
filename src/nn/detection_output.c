// SPDX-License-Identifier: Apache-2.0
#include "nn/detection_output.h"

#include "nn/box_coder.h"
#include "nn/tensor_ops.h"

static mmd_edge_t *flat(mmd_builder_t *b, mmd_edge_t *x) {
  static const int64_t dims[] = {1, 1, -1};
  return mmd_nn_reshape(b, 3, dims, x);
}

// Boxes as parts of the input.
static mmd_edge_t *relative(mmd_builder_t *b, mmd_edge_t *boxes) {
  return mmd_nn_binary(b, "Div", boxes, mmd_nn_image_limits(b, 0));
}

// A column of zeros, the background, in front of the classes.
static mmd_edge_t *with_background(mmd_builder_t *b, mmd_edge_t *scores) {
  static const int64_t pads[] = {0, 0, 1, 0, 0, 0};
  return mmd_nn_binary(b, "Pad", scores, mmd_nn_constant_i64(b, 6, pads));
}

// The layer has no word for "all".
static int64_t limit(int64_t count) {
  return count > 0 && count < INT32_MAX ? count : INT32_MAX;
}

static void set_limits(mmd_builder_t *b, const mmd_multiclass_nms_t *nms, int64_t classes,
                       mmd_node_t *node) {
  mmd_nn_set_int(b, node, "num_class", classes + 1);
  mmd_nn_set_float(b, node, "score_threshold", nms->score_threshold);
  mmd_nn_set_float(b, node, "nms_threshold", nms->iou_threshold);
  mmd_nn_set_int(b, node, "nms_top_k", limit(nms->pre_top_k));
  mmd_nn_set_int(b, node, "keep_top_k", limit(nms->keep_top_k));
}

mmd_edge_t *mmd_nn_detection_output(mmd_builder_t *b, const mmd_multiclass_nms_t *nms,
                                    mmd_edge_t *boxes, mmd_edge_t *scores) {
  mmd_nn_infer(b);
  if (!mmd_builder_ok(b)) return NULL;
  const int64_t classes = mmd_nn_size(scores, 2);
  if (nms->class_agnostic && classes != 1) {
    mmd_builder_fail(b, MMD_ERROR(MMD_NOT_SUPPORTED,
                                  "%s: test_cfg.nms.class_agnostic is not supported in ncnn's form "
                                  "(codebase_config.model_type 'ncnn_end2end'); 'end2end' has it",
                                  b->config_path));
    return NULL;
  }
  mmd_edge_t *places = flat(b, relative(b, boxes));
  // Variances, and the movement itself.
  mmd_edge_t *zeros = mmd_nn_binary(b, "Mul", places, mmd_nn_constant_f32(b, 0));
  mmd_edge_t *const rows[] = {places, zeros};
  mmd_edge_t *const inputs[] = {zeros, flat(b, with_background(b, scores)),
                                mmd_nn_concat(b, 1, 2, rows)};
  mmd_node_t *node = mmd_nn_node(b, MMD_DOMAIN_MMDEPLOY, "DetectionOutput", 3, inputs, 1);
  set_limits(b, nms, classes, node);
  return node ? node->outputs[0] : NULL;
}

mmd_edge_t *mmd_nn_detection_rows(mmd_builder_t *b, mmd_edge_t *dets, mmd_edge_t *labels) {
  static const int64_t sizes[] = {4, 1};
  mmd_edge_t *part[2];
  mmd_nn_split(b, 2, 2, sizes, dets, part);
  labels = mmd_nn_shift(b, 1, mmd_nn_unsqueeze(b, 2, mmd_nn_cast(b, MMD_F32, labels)));
  mmd_edge_t *const columns[] = {labels, part[1], relative(b, part[0])};
  return mmd_nn_concat(b, 2, 3, columns);
}

void mmd_nn_detect(mmd_builder_t *b, const mmd_multiclass_nms_t *nms, mmd_edge_t *boxes,
                   mmd_edge_t *scores, mmd_edge_t **out_dets, mmd_edge_t **out_labels) {
  *out_labels = NULL;
  if (b->has_detection_output) {
    *out_dets = mmd_nn_detection_output(b, nms, boxes, scores);
  } else if (b->leaves_suppression) {
    *out_dets = boxes;
    *out_labels = scores;
  } else {
    mmd_nn_multiclass_nms(b, nms, 0, boxes, scores, out_dets, out_labels, NULL);
  }
}
