// SPDX-License-Identifier: Apache-2.0
//
// Convolutions over NCHW.
#ifndef MMD_NN_CONV_H_
#define MMD_NN_CONV_H_

#include "nn/builder.h"
#include "value/value.h"

// Pairs are height, width. A zeroed kernel, stride, dilation or group count means 1.
typedef struct mmd_conv_t {
  int64_t in_channels, out_channels;
  int64_t kernel[2], stride[2], padding[2], dilation[2];
  int64_t groups;
  bool bias;
  const mmd_value_t *cfg;  // conv_cfg: another kind of convolution; NULL or null: the plain one
} mmd_conv_t;

// The common square case; stride, padding and the rest can be set afterwards.
mmd_conv_t mmd_conv_square(int64_t in_channels, int64_t out_channels, int64_t kernel,
                           int64_t stride, int64_t padding);

// Fails where the conv_cfg (may be NULL or null) is not the plain 2-D convolution: for modules that
// know no other.
void mmd_conv_check_cfg(mmd_builder_t *builder, const mmd_value_t *cfg);

// Weights "<name>.weight" and, with |bias|, "<name>.bias". Kinds of |conv->cfg|: Conv2d, Conv; DCN
// and DCNv2 (nn/deform_conv.h); ConvWS, whose weights are standardised.
mmd_edge_t *mmd_nn_conv(mmd_builder_t *builder, const char *name, const mmd_conv_t *conv,
                        mmd_edge_t *x);
// The same with |conv_cfg| in place of |conv->cfg|.
mmd_edge_t *mmd_nn_conv_by_cfg(mmd_builder_t *builder, const char *name,
                               const mmd_value_t *conv_cfg, const mmd_conv_t *conv, mmd_edge_t *x);

// For layers that are convolutions: false after the failure that names what is impossible; the
// attributes kernel_shape, strides, pads, dilations, group.
bool mmd_conv_check(mmd_builder_t *builder, const char *name, const mmd_conv_t *conv);
void mmd_conv_set_attributes(mmd_builder_t *builder, mmd_node_t *node, const mmd_conv_t *conv);

#endif  // MMD_NN_CONV_H_
