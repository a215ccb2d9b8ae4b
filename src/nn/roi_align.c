// SPDX-License-Identifier: Apache-2.0
#include "nn/roi_align.h"

#include <string.h>

#include "nn/box_coder.h"
#include "nn/tensor_ops.h"

// [batch, 1, 1]: 0, 1, 2 … as floats.
static mmd_edge_t *image_numbers(mmd_builder_t *b, mmd_edge_t *boxes) {
  static const int64_t axes[] = {1, 2}, zero = 0, one = 1;
  mmd_node_t *shape;
  mmd_edge_t *count = mmd_nn_op(b, "Shape", 1, &boxes, &shape);
  mmd_nn_set_int(b, shape, "end", 1);
  mmd_edge_t *const range[] = {mmd_nn_squeeze(b, 0, mmd_nn_constant_i64(b, 1, &zero)),
                               mmd_nn_squeeze(b, 0, count),
                               mmd_nn_squeeze(b, 0, mmd_nn_constant_i64(b, 1, &one))};
  mmd_edge_t *numbers = mmd_nn_cast(b, MMD_F32, mmd_nn_op(b, "Range", 3, range, NULL));
  return mmd_nn_binary(b, "Unsqueeze", numbers, mmd_nn_constant_i64(b, 2, axes));
}

mmd_edge_t *mmd_nn_rois(mmd_builder_t *b, mmd_edge_t *boxes) {
  static const int64_t pads[] = {0, 1, 0, 0}, rows[] = {-1, 5};
  mmd_nn_infer(b);
  if (!mmd_builder_ok(b)) return NULL;
  const bool is_one = mmd_nn_size(boxes, 0) == 1;
  boxes = mmd_nn_slice(b, 2, 0, 4, boxes);
  if (is_one) {
    boxes = mmd_nn_squeeze(b, 0, boxes);
    return mmd_nn_binary(b, "Pad", boxes, mmd_nn_constant_i64(b, 4, pads));
  }
  mmd_edge_t *zeros =
      mmd_nn_binary(b, "Mul", mmd_nn_slice(b, 2, 0, 1, boxes), mmd_nn_constant_f32(b, 0));
  zeros = mmd_nn_binary(b, "Add", zeros, image_numbers(b, boxes));
  return mmd_nn_reshape(b, 2, rows, mmd_nn_join(b, zeros, boxes));
}

static void set_strides(mmd_builder_t *b, mmd_node_t *node, const mmd_roi_extract_t *extract) {
  if (!node || !mmd_builder_ok(b)) return;
  mmd_status_t status =
      mmd_node_set_floats(node, "featmap_strides", extract->level_count, extract->strides);
  if (status) mmd_builder_fail(b, status);
}

mmd_edge_t *mmd_nn_roi_align(mmd_builder_t *b, const mmd_roi_extract_t *extract,
                             mmd_edge_t *const *maps, mmd_edge_t *rois) {
  mmd_edge_t *inputs[1 + MMD_ROI_MAX_LEVELS] = {rois};
  if (!mmd_builder_ok(b)) return NULL;
  for (size_t i = 0; i < extract->level_count; ++i) inputs[1 + i] = maps[i];
  mmd_node_t *node = mmd_nn_node(b, MMD_DOMAIN_MMDEPLOY, "MMCVMultiLevelRoiAlign",
                                 1 + extract->level_count, inputs, 1);
  mmd_nn_set_int(b, node, "output_height", extract->height);
  mmd_nn_set_int(b, node, "output_width", extract->width);
  mmd_nn_set_int(b, node, "pool_mode", 1);  // average
  mmd_nn_set_int(b, node, "sampling_ratio", extract->sampling_ratio);
  mmd_nn_set_int(b, node, "finest_scale", extract->finest_scale);
  mmd_nn_set_int(b, node, "aligned", extract->aligned);
  if (extract->scale_factor > 0) {
    mmd_nn_set_float(b, node, "roi_scale_factor", extract->scale_factor);
    mmd_nn_set_float(b, node, "roi_border", 0);
  }
  set_strides(b, node, extract);
  return node ? node->outputs[0] : NULL;
}

// The sizes of the axes 0 and 1.
static mmd_edge_t *leading_sizes(mmd_builder_t *b, mmd_edge_t *like) {
  mmd_node_t *shape;
  mmd_edge_t *sizes = mmd_nn_op(b, "Shape", 1, &like, &shape);
  mmd_nn_set_int(b, shape, "end", 2);
  return sizes;
}

mmd_edge_t *mmd_nn_unflatten_rois(mmd_builder_t *b, mmd_edge_t *like, size_t rank,
                                  const int64_t *dims, mmd_edge_t *x) {
  int64_t known[MMD_MAX_RANK] = {0, -1};
  mmd_nn_infer(b);
  if (!mmd_builder_ok(b) || rank > MMD_MAX_RANK - 2) return NULL;
  known[0] = mmd_nn_size(like, 0);
  memcpy(known + 2, dims, rank * sizeof *dims);
  if (known[0] > 0) return mmd_nn_reshape(b, 2 + rank, known, x);
  mmd_edge_t *const sizes[] = {leading_sizes(b, like), mmd_nn_constant_i64(b, rank, dims)};
  return mmd_nn_binary(b, "Reshape", x, mmd_nn_concat(b, 0, 2, sizes));
}
