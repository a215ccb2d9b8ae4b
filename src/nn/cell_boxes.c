// SPDX-License-Identifier: Apache-2.0
#include "nn/cell_boxes.h"

#include "nn/box_coder.h"
#include "nn/tensor_ops.h"

static mmd_edge_t *around(mmd_builder_t *b, mmd_edge_t *center, mmd_edge_t *half) {
  return mmd_nn_join(b, mmd_nn_binary(b, "Sub", center, half),
                     mmd_nn_binary(b, "Add", center, half));
}

mmd_edge_t *mmd_nn_center_to_corners(mmd_builder_t *builder, mmd_edge_t *boxes) {
  mmd_edge_t *part[2];
  mmd_nn_halves(builder, boxes, part);
  return around(builder, part[0], mmd_nn_scale(builder, 0.5F, part[1]));
}

mmd_edge_t *mmd_nn_decode_cells(mmd_builder_t *b, mmd_edge_t *priors, mmd_edge_t *boxes) {
  mmd_edge_t *prior[2], *part[2];
  mmd_nn_halves(b, priors, prior);
  mmd_nn_halves(b, boxes, part);
  mmd_edge_t *center =
      mmd_nn_binary(b, "Add", mmd_nn_binary(b, "Mul", part[0], prior[1]), prior[0]);
  return around(
      b, center,
      mmd_nn_binary(b, "Mul", mmd_nn_unary(b, "Exp", part[1]), mmd_nn_scale(b, 0.5F, prior[1])));
}

mmd_edge_t *mmd_nn_best_class(mmd_builder_t *b, mmd_edge_t *ranks, mmd_edge_t *scores) {
  static const int64_t axis = 2;
  mmd_edge_t *const reduced[] = {ranks, mmd_nn_constant_i64(b, 1, &axis)};
  mmd_edge_t *best = mmd_nn_op(b, "ReduceMax", 2, reduced, NULL);  // keeps the axis
  return mmd_nn_zero_where(b, mmd_nn_binary(b, "Less", ranks, best), true, scores);
}
