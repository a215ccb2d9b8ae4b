// SPDX-License-Identifier: Apache-2.0
#include "nn/conv_module.h"

mmd_edge_t *mmd_nn_conv_module(mmd_builder_t *builder, const char *name, const mmd_conv_t *conv,
                               const mmd_norm_t *norm, const mmd_activation_t *activation,
                               mmd_edge_t *x) {
  mmd_conv_t plain = *conv;
  plain.bias = conv->bias || norm->kind == MMD_NORM_NONE;
  const size_t mark = mmd_scope_enter(builder, "%s", name);
  x = mmd_nn_conv(builder, "conv", &plain, x);
  x = mmd_nn_norm_numbered(builder, 0, norm, conv->out_channels, x);
  x = mmd_nn_activation(builder, activation, x);
  mmd_scope_leave(builder, mark);
  return x;
}

mmd_edge_t *mmd_nn_conv_module_separable(mmd_builder_t *builder, const char *name,
                                         const mmd_conv_t *conv, const mmd_norm_t *norm,
                                         const mmd_activation_t *activation, mmd_edge_t *x) {
  mmd_conv_t depthwise = *conv;
  mmd_conv_t pointwise = mmd_conv_square(conv->in_channels, conv->out_channels, 1, 1, 0);
  depthwise.out_channels = depthwise.groups = conv->in_channels;
  pointwise.bias = conv->bias;
  const size_t mark = mmd_scope_enter(builder, "%s", name);
  x = mmd_nn_conv_module(builder, "depthwise_conv", &depthwise, norm, activation, x);
  x = mmd_nn_conv_module(builder, "pointwise_conv", &pointwise, norm, activation, x);
  mmd_scope_leave(builder, mark);
  return x;
}
