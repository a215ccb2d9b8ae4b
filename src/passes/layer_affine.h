// SPDX-License-Identifier: Apache-2.0
//
// Layers with constant weights (Conv, DeformConv, ConvTranspose, Gemm) that take a factor and a
// summand of each output channel into their weights and bias.
#ifndef MMD_PASSES_LAYER_AFFINE_H_
#define MMD_PASSES_LAYER_AFFINE_H_

#include "passes/pass_util.h"

// Channels of the layer's output, or -1 when it is no layer with floating-point weights and a bias
// that is absent or constant.
int64_t mmd_layer_channels(const mmd_node_t *node);

// The layer behind input |index| of |node|, when nobody else reads its result and the result of
// |node| can take its place; else NULL.
mmd_node_t *mmd_layer_before(const mmd_node_t *node, size_t index);

// result = factor * result + shift, for each channel, computed in double and rounded once. |factor|
// NULL is 1 everywhere; weights then stay as they are. Weights that others use too are copied.
mmd_status_t mmd_layer_scale(mmd_node_t *layer, const double *factor, const double *shift,
                             mmd_pool_t *pool) MMD_MUST_USE;

#endif  // MMD_PASSES_LAYER_AFFINE_H_
