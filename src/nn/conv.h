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
} mmd_conv_t;

// The common square case; stride, padding and the rest can be set afterwards.
mmd_conv_t mmd_conv_square(int64_t in_channels, int64_t out_channels, int64_t kernel,
                           int64_t stride, int64_t padding);

// Reads a conv_cfg (may be NULL or null): only plain 2-D convolutions are known.
void mmd_conv_check_cfg(mmd_builder_t *builder, const mmd_value_t *cfg);

// Weights "<name>.weight" and, with |bias|, "<name>.bias".
mmd_edge_t *mmd_nn_conv(mmd_builder_t *builder, const char *name, const mmd_conv_t *conv,
                        mmd_edge_t *x);

#endif  // MMD_NN_CONV_H_
