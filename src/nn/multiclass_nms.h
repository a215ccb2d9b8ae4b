// SPDX-License-Identifier: Apache-2.0
//
// Multi-class suppression as one composite operator, mmdeploy::MultiClassNMS:
//   boxes [batch, n, 4] (or [batch, n, classes, 4]: those of each class) and scores [batch, n,
//   classes] -> dets [batch, k, 5] (box and score, best first), labels [batch, k] and, where asked
//   for, index [batch, k] (row of the box, -1 = none).
// k is min(keep_top_k, s + 1) for s boxes that are left (of all images together when the batch is
// not one): a row of zeros stands behind them, so that k is never 0. Rows of an image that has
// fewer are zeros with label -1.
#ifndef MMD_NN_MULTICLASS_NMS_H_
#define MMD_NN_MULTICLASS_NMS_H_

#include "nn/builder.h"

typedef struct mmd_multiclass_nms_t {
  double score_threshold;  // only scores above it take part; not negative
  double iou_threshold;    // boxes that overlap a better one by more are left out
  int64_t max_per_class;   // boxes kept of each class
  int64_t pre_top_k;       // boxes of an image, by their best score, that take part; <= 0: all
  int64_t keep_top_k;      // rows of an image; <= 0: all
  bool class_agnostic;     // boxes suppress those of other classes too
} mmd_multiclass_nms_t;

// From |test_cfg| (score_thr, nms, max_per_img), the config item |where|, and for what it leaves
// out from the deploy config (builder->post_processing). Problems stick to the builder.
mmd_multiclass_nms_t mmd_multiclass_nms_read(mmd_builder_t *builder, const mmd_value_t *test_cfg,
                                             const char *where);

// |id| counts the calls in a network, for marks. |out_index| may be NULL.
void mmd_nn_multiclass_nms(mmd_builder_t *builder, const mmd_multiclass_nms_t *nms, int id,
                           mmd_edge_t *boxes, mmd_edge_t *scores, mmd_edge_t **out_dets,
                           mmd_edge_t **out_labels, mmd_edge_t **out_index);

#endif  // MMD_NN_MULTICLASS_NMS_H_
