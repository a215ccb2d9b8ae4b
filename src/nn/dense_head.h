// SPDX-License-Identifier: Apache-2.0
//
// What dense heads have in common behind their maps: flatten, choose the best cells of each level,
// decode, clip, and suppress.
#ifndef MMD_NN_DENSE_HEAD_H_
#define MMD_NN_DENSE_HEAD_H_

#include "nn/box_coder.h"
#include "nn/multiclass_nms.h"

// The maps of a level, NCHW, and its priors [n, 4] or [n, 2] (nn/priors.h).
typedef struct mmd_dense_level_t {
  mmd_edge_t *scores;  // anchors x score_channels
  mmd_edge_t *boxes;   // anchors x box_channels
  mmd_edge_t *factor;  // anchors x 1, multiplies the scores (centerness); may be NULL
  mmd_edge_t *priors;  // NULL where the coder needs none
} mmd_dense_level_t;

typedef struct mmd_dense_head_t {
  int64_t score_channels;  // classes, and one for the background of a softmax
  bool use_softmax;        // the last channel is the background
  // Each level becomes a class of its own, so that suppression keeps to a level: a column of scores
  // for each, 0 in those of others. For heads of one class.
  bool by_level;
  // A score is the geometric mean of the class's and the factor: cells are chosen and pass the
  // threshold by it.
  bool is_factor_mean;
  int64_t box_channels;  // 4, or what |finish_boxes| takes
  // Optional: what is predicted for the chosen cells of a level, [batch, n, box_channels], as the
  // four numbers that the coder expects.
  mmd_edge_t *(*finish_boxes)(mmd_builder_t *builder, const void *self, size_t level,
                              mmd_edge_t *rows);
  const void *self;
  int64_t nms_pre;       // cells of a level that are kept, by their best score; <= 0: all
  double min_bbox_size;  // boxes whose sides are not both longer are left out; < 0: none
  mmd_box_coder_t coder;
  mmd_multiclass_nms_t nms;
} mmd_dense_head_t;

// Reads nms_pre, min_bbox_size and the suppression from |test_cfg|, the config item |where|.
void mmd_dense_head_read_test_cfg(mmd_builder_t *builder, const mmd_value_t *test_cfg,
                                  const char *where, mmd_dense_head_t *head);

// Boxes [batch, n, 4] and scores [batch, n, classes] of all levels, not yet suppressed.
void mmd_nn_dense_candidates(mmd_builder_t *builder, const mmd_dense_head_t *head, size_t count,
                             const mmd_dense_level_t *levels, mmd_edge_t **out_boxes,
                             mmd_edge_t **out_scores);
// The same, suppressed (mmd_nn_detect).
void mmd_nn_dense_head(mmd_builder_t *builder, const mmd_dense_head_t *head, size_t count,
                       const mmd_dense_level_t *levels, mmd_edge_t **out_dets,
                       mmd_edge_t **out_labels);

// |scores| [batch, n, classes], 0 where the sides of the box [batch, n, 4] are not both longer than
// |size|.
mmd_edge_t *mmd_nn_drop_small_boxes(mmd_builder_t *builder, double size, mmd_edge_t *boxes,
                                    mmd_edge_t *scores);

// 0, 1, … up to |count|.
mmd_edge_t *mmd_nn_class_numbers(mmd_builder_t *builder, int64_t count);

// |scores| times |factor|; 0 where the score alone is not above |threshold|.
mmd_edge_t *mmd_nn_factor_scores(mmd_builder_t *builder, double threshold, mmd_edge_t *factor,
                                 mmd_edge_t *scores);

#endif  // MMD_NN_DENSE_HEAD_H_
