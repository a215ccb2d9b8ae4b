// SPDX-License-Identifier: Apache-2.0
//
// Matrix suppression of masks (SOLO): the score of a mask is lowered by how much it overlaps better
// ones of its class, all at once.
#ifndef MMD_NN_MATRIX_NMS_H_
#define MMD_NN_MATRIX_NMS_H_

#include "nn/builder.h"

typedef struct mmd_matrix_nms_t {
  double score_thr;     // classes of a cell take part above it
  double mask_thr;      // pixels belong to the object above it
  double filter_thr;    // what is lowered below it is left out; <= 0: nothing
  double sigma;         // of the Gaussian kernel
  bool is_linear;       // the other kernel
  int64_t nms_pre;      // masks that take part, by score; <= 0: all
  int64_t max_per_img;  // rows of the answer; <= 0: all
} mmd_matrix_nms_t;

typedef struct mmd_mask_candidates_t {
  mmd_edge_t *scores;  // [batch, n, classes]; 0 where a class takes no part
  mmd_edge_t *masks;   // [batch, n, height, width], 0 to 1
  mmd_edge_t *areas;   // [batch, n]: a mask must have more pixels
} mmd_mask_candidates_t;

// Reads |test_cfg|, the config item |where|. Problems stick to the builder.
mmd_matrix_nms_t mmd_matrix_nms_read(mmd_builder_t *builder, const mmd_value_t *test_cfg,
                                     const char *where);

// Of |scores| [batch, n, classes] the places [batch, k] of all cells with a class above
// |score_thr|; k is what the image with the most of them needs, at least 1.
mmd_edge_t *mmd_nn_choose_cells(mmd_builder_t *builder, double score_thr, mmd_edge_t *scores);
// Rows |index| [batch, k] of |x| [batch, n, …], of any rank and size.
mmd_edge_t *mmd_nn_pick_rows(mmd_builder_t *builder, mmd_edge_t *x, mmd_edge_t *index);

// Scores and labels [batch, k], best first, and the candidates' masks [batch, k, height, width]. A
// cell may answer with several classes. Rows that are left over have score 0.
void mmd_nn_matrix_nms(mmd_builder_t *builder, const mmd_matrix_nms_t *nms,
                       const mmd_mask_candidates_t *candidates, mmd_edge_t **out_scores,
                       mmd_edge_t **out_labels, mmd_edge_t **out_masks);

#endif  // MMD_NN_MATRIX_NMS_H_
