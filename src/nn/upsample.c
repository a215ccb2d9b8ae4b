// SPDX-License-Identifier: Apache-2.0
#include "nn/upsample.h"

static void set_mode(mmd_builder_t *builder, mmd_node_t *node, mmd_upsample_mode_t mode) {
  static const char *const coordinates[] = {"asymmetric", "half_pixel", "align_corners"};
  const bool is_nearest = mode == MMD_UPSAMPLE_NEAREST;
  mmd_nn_set_string(builder, node, "mode", is_nearest ? "nearest" : "linear");
  mmd_nn_set_string(builder, node, "coordinate_transformation_mode", coordinates[mode]);
  if (is_nearest) mmd_nn_set_string(builder, node, "nearest_mode", "floor");
}

mmd_edge_t *mmd_nn_upsample_like(mmd_builder_t *builder, mmd_upsample_mode_t mode, mmd_edge_t *x,
                                 mmd_edge_t *like) {
  mmd_edge_t *const inputs[] = {x, NULL, NULL, mmd_nn_unary(builder, "Shape", like)};
  mmd_node_t *node;
  mmd_edge_t *out = mmd_nn_op(builder, "Resize", 4, inputs, &node);
  set_mode(builder, node, mode);
  return out;
}

mmd_edge_t *mmd_nn_upsample(mmd_builder_t *builder, mmd_upsample_mode_t mode, double scale,
                            mmd_edge_t *x) {
  const int64_t dims[] = {4};
  const float scales[] = {1, 1, (float)scale, (float)scale};
  mmd_edge_t *const inputs[] = {x, NULL, mmd_nn_constant_f32s(builder, 1, dims, scales)};
  mmd_node_t *node;
  mmd_edge_t *out = mmd_nn_op(builder, "Resize", 3, inputs, &node);
  set_mode(builder, node, mode);
  return out;
}
