// SPDX-License-Identifier: Apache-2.0
//
// Windows that slide over the spatial axes of N x C x …: what convolution and pooling share.
#ifndef MMD_OPS_SPATIAL_H_
#define MMD_OPS_SPATIAL_H_

#include "ops/op.h"

enum { MMD_SPATIAL_MAX = MMD_MAX_RANK - 2 };

typedef struct mmd_spatial_t {
  int rank;  // of the spatial axes
  int64_t in[MMD_SPATIAL_MAX], kernel[MMD_SPATIAL_MAX], stride[MMD_SPATIAL_MAX];
  int64_t dilation[MMD_SPATIAL_MAX], begin[MMD_SPATIAL_MAX], end[MMD_SPATIAL_MAX];  // pads
  int64_t out[MMD_SPATIAL_MAX];
} mmd_spatial_t;

// Reads kernel_shape, strides, dilations, pads, auto_pad and ceil_mode and computes the result's
// size. |kernel| is the weight's spatial shape, used when there is no kernel_shape; NULL: it is
// required.
mmd_status_t mmd_spatial_read(const mmd_node_t *node, const mmd_shape_t *input,
                              const int64_t *kernel, mmd_spatial_t *out_spatial) MMD_MUST_USE;

// Strides, dilations and kernel alone, checked (transposed convolution has its own sizes).
mmd_status_t mmd_spatial_read_window(const mmd_node_t *node, const mmd_shape_t *input,
                                     const int64_t *kernel,
                                     mmd_spatial_t *out_spatial) MMD_MUST_USE;

// Elements of the result along one axis that read inside the input for kernel position |k|:
// [*out_first, *out_last). Input position of element o is o * stride + offset.
void mmd_spatial_range(const mmd_spatial_t *spatial, int axis, int64_t k, int64_t *out_offset,
                       int64_t *out_first, int64_t *out_last);

int64_t mmd_spatial_count(const int64_t *dims, int rank);

// The spatial dims of the result as expressions, written to |out_dims| (NULL = unknown).
mmd_status_t mmd_spatial_infer(mmd_graph_t *graph, const mmd_node_t *node, const mmd_type_t *input,
                               const mmd_type_t *weight, const mmd_dim_t **out_dims) MMD_MUST_USE;

#endif  // MMD_OPS_SPATIAL_H_
