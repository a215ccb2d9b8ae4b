// SPDX-License-Identifier: Apache-2.0
//
// Residual blocks of ResNets (nn/resnet.h) and of networks that are made of them.
#ifndef MMD_NN_RESNET_BLOCK_H_
#define MMD_NN_RESNET_BLOCK_H_

#include "nn/conv.h"
#include "nn/resnet.h"

typedef struct mmd_resnet_block_t {
  bool is_bottleneck;
  int stage, index;  // which block it is
  int64_t in_channels, out_channels;
  int64_t middle;  // channels of a bottleneck's 3x3
  int64_t groups;  // of a bottleneck's 3x3
  int64_t stride, dilation;
  bool has_downsample;
  const mmd_value_t *dcn;  // NULL: the 3x3 is not deformable
} mmd_resnet_block_t;

// In the scope of the block: "conv1", "bn1", …, "downsample".
mmd_edge_t *mmd_nn_resnet_block(mmd_builder_t *builder, const mmd_resnet_t *resnet,
                                const mmd_resnet_block_t *block, mmd_edge_t *x);

// conv<number> and its norm; a ReLU behind it when |activate|.
mmd_edge_t *mmd_nn_resnet_conv(mmd_builder_t *builder, const mmd_resnet_t *resnet, int number,
                               const mmd_conv_t *conv, bool activate, mmd_edge_t *x);

// The 3x3s of a bottleneck of Res2Net ("convs.0", "bns.0", …) and of ResNeSt ("conv2.conv", …).
mmd_edge_t *mmd_nn_res2net_middle(mmd_builder_t *builder, const mmd_resnet_t *resnet,
                                  const mmd_resnet_block_t *block, mmd_edge_t *x);
mmd_edge_t *mmd_nn_resnest_middle(mmd_builder_t *builder, const mmd_resnet_t *resnet,
                                  const mmd_resnet_block_t *block, mmd_edge_t *x);

#endif  // MMD_NN_RESNET_BLOCK_H_
