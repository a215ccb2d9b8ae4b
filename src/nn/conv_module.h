// SPDX-License-Identifier: Apache-2.0
//
// Convolution, norm and activation as one module, in that order: checkpoint names "<name>.conv",
// "<name>.bn".
#ifndef MMD_NN_CONV_MODULE_H_
#define MMD_NN_CONV_MODULE_H_

#include "nn/activation.h"
#include "nn/conv.h"
#include "nn/norm.h"

// The convolution has a bias when there is no norm, or |conv->bias| asks for one.
mmd_edge_t *mmd_nn_conv_module(mmd_builder_t *builder, const char *name, const mmd_conv_t *conv,
                               const mmd_norm_t *norm, const mmd_activation_t *activation,
                               mmd_edge_t *x);

// DepthwiseSeparableConvModule: the kernel on each channel alone ("<name>.depthwise_conv"), then
// 1x1 over the channels ("<name>.pointwise_conv"); both with norm and activation.
mmd_edge_t *mmd_nn_conv_module_separable(mmd_builder_t *builder, const char *name,
                                         const mmd_conv_t *conv, const mmd_norm_t *norm,
                                         const mmd_activation_t *activation, mmd_edge_t *x);

#endif  // MMD_NN_CONV_MODULE_H_
