// SPDX-License-Identifier: Apache-2.0
//
// Blocks of the YOLO family: CSP layers (of YOLOX and RTMDet), spatial pyramid pooling, the focus
// stem.
#ifndef MMD_NN_CSP_LAYER_H_
#define MMD_NN_CSP_LAYER_H_

#include "nn/conv_module.h"

// What all convolutions of a network have in common.
typedef struct mmd_csp_style_t {
  mmd_norm_t norm;
  mmd_activation_t activation;
  bool use_depthwise;  // separable convolutions where a kernel is larger than 1x1
} mmd_csp_style_t;

// Reads norm_cfg and act_cfg: BN with eps 0.001 and Swish where they are left out.
mmd_csp_style_t mmd_csp_style_read(mmd_builder_t *builder, const mmd_value_t *norm_cfg,
                                   const mmd_value_t *act_cfg);

// "<name>.conv", "<name>.bn" and the activation; a square kernel that keeps the size at stride 1.
mmd_edge_t *mmd_nn_csp_conv(mmd_builder_t *builder, const char *name, const mmd_csp_style_t *style,
                            int64_t in_channels, int64_t out_channels, int64_t kernel,
                            int64_t stride, mmd_edge_t *x);

// DepthwiseSeparableConvModule: "<name>.depthwise_conv" of |kernel|, "<name>.pointwise_conv".
mmd_edge_t *mmd_nn_separable_conv(mmd_builder_t *builder, const char *name,
                                  const mmd_csp_style_t *style, int64_t in_channels,
                                  int64_t out_channels, int64_t kernel, int64_t stride,
                                  mmd_edge_t *x);

// One of the two: separable where the style is depthwise.
mmd_edge_t *mmd_nn_csp_wide_conv(mmd_builder_t *builder, const char *name,
                                 const mmd_csp_style_t *style, int64_t in_channels,
                                 int64_t out_channels, int64_t kernel, int64_t stride,
                                 mmd_edge_t *x);

typedef struct mmd_csp_layer_t {
  int64_t in_channels, out_channels, blocks;
  bool add_identity;
  double expand_ratio;  // middle channels by output channels; 0: 0.5
  bool is_cspnext;      // blocks are CSPNeXtBlocks, not DarknetBottlenecks
  bool has_attention;   // ChannelAttention in front of the last convolution
} mmd_csp_layer_t;

// CSPLayer.
mmd_edge_t *mmd_nn_csp_layer(mmd_builder_t *builder, const char *name, const mmd_csp_style_t *style,
                             const mmd_csp_layer_t *layer, mmd_edge_t *x);

// SPPBottleneck: maxima over |count| windows beside the map itself.
mmd_edge_t *mmd_nn_spp_bottleneck(mmd_builder_t *builder, const char *name,
                                  const mmd_csp_style_t *style, int64_t in_channels,
                                  int64_t out_channels, int count, const int64_t *kernels,
                                  mmd_edge_t *x);

// The four pixels of each 2x2 square as channels: left top, left bottom, right top, right bottom.
mmd_edge_t *mmd_nn_focus(mmd_builder_t *builder, mmd_edge_t *x);

#endif  // MMD_NN_CSP_LAYER_H_
