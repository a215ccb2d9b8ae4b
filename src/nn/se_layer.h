// SPDX-License-Identifier: Apache-2.0
//
// Squeeze and excitation: channels scaled by what their averages say.
#ifndef MMD_NN_SE_LAYER_H_
#define MMD_NN_SE_LAYER_H_

#include "nn/builder.h"

// The divisor rounding of MobileNets: the nearest multiple of |divisor|, never less than
// |min_ratio| of |number|.
int64_t mmd_make_divisible(double number, int64_t divisor, double min_ratio);

// Modules "<name>.conv1" (ReLU) and "<name>.conv2" (sigmoid), squeezed by |ratio|.
mmd_edge_t *mmd_nn_se_layer(mmd_builder_t *builder, const char *name, int64_t channels,
                            int64_t ratio, mmd_edge_t *x);

#endif  // MMD_NN_SE_LAYER_H_
