// SPDX-License-Identifier: Apache-2.0
//
// What YOLO's heads say of each cell of a map: a box by its middle and size, and the score of its
// best class.
#ifndef MMD_NN_CELL_BOXES_H_
#define MMD_NN_CELL_BOXES_H_

#include "nn/builder.h"

// Middles and sizes [.., 4] to corners x1, y1, x2, y2.
mmd_edge_t *mmd_nn_center_to_corners(mmd_builder_t *builder, mmd_edge_t *boxes);

// YOLOX: the middle in strides from the cell's corner, the logarithm of the size in strides; to
// corners. |priors| [n, 4] are points with their strides (mmd_priors_points).
mmd_edge_t *mmd_nn_decode_cells(mmd_builder_t *builder, mmd_edge_t *priors, mmd_edge_t *boxes);

// |scores| [batch, n, classes] where |ranks| of the same shape is the largest of its row, else 0: a
// cell answers with one class.
mmd_edge_t *mmd_nn_best_class(mmd_builder_t *builder, mmd_edge_t *ranks, mmd_edge_t *scores);

#endif  // MMD_NN_CELL_BOXES_H_
