// SPDX-License-Identifier: Apache-2.0
//
// Pooling over NCHW.
#ifndef MMD_NN_POOL_H_
#define MMD_NN_POOL_H_

#include "nn/builder.h"

typedef struct mmd_pool2d_t {
  int64_t kernel, stride, padding;
  bool ceil_mode;
  bool count_include_pad;  // averages only
} mmd_pool2d_t;

mmd_edge_t *mmd_nn_max_pool(mmd_builder_t *builder, const mmd_pool2d_t *pool, mmd_edge_t *x);
mmd_edge_t *mmd_nn_average_pool(mmd_builder_t *builder, const mmd_pool2d_t *pool, mmd_edge_t *x);
mmd_edge_t *mmd_nn_global_average_pool(mmd_builder_t *builder, mmd_edge_t *x);
mmd_edge_t *mmd_nn_flatten(mmd_builder_t *builder, int64_t axis, mmd_edge_t *x);

#endif  // MMD_NN_POOL_H_
