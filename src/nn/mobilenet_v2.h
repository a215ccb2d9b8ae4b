// SPDX-License-Identifier: Apache-2.0
//
// MobileNetV2: a strided convolution, seven layers of inverted residuals, a 1x1 convolution.
#ifndef MMD_NN_MOBILENET_V2_H_
#define MMD_NN_MOBILENET_V2_H_

#include "nn/conv_module.h"
#include "value/options.h"

typedef struct mmd_mobilenet_v2_t {
  double widen_factor;     // multiplies the channels of every layer
  mmd_ints_t out_indices;  // layers that are given out; 7 is the last convolution
  // Parts of a block are "expand_conv", "depthwise_conv", "linear_conv" (mmdet), else "conv.0" and
  // so on (mmcls).
  bool has_named_parts;
  mmd_norm_t norm;
  mmd_activation_t activation;
} mmd_mobilenet_v2_t;

// Modules "conv1", "layer1" to "layer7", "conv2" in the present scope; |out_items| has room for 8.
void mmd_nn_mobilenet_v2(mmd_builder_t *builder, const mmd_mobilenet_v2_t *net, mmd_edge_t *x,
                         mmd_edge_t **out_items, size_t *out_count);

#endif  // MMD_NN_MOBILENET_V2_H_
