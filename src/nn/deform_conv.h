// SPDX-License-Identifier: Apache-2.0
//
// Deformable convolution: every kernel element reads at its own offset (v1) and is weighed by a
// mask (v2, "modulated"). Layers emit ONNX's DeformConv; targets without it rewrite it.
#ifndef MMD_NN_DEFORM_CONV_H_
#define MMD_NN_DEFORM_CONV_H_

#include "nn/conv.h"

// |offset| holds y and x of each kernel element in turn, for each of the |deform_groups| parts of
// the channels; |mask| may be NULL. Weights as mmd_nn_conv.
mmd_edge_t *mmd_nn_deform_conv(mmd_builder_t *builder, const char *name, const mmd_conv_t *conv,
                               int64_t deform_groups, mmd_edge_t *x, mmd_edge_t *offset,
                               mmd_edge_t *mask);

// The same with offsets (and the mask, when |modulated|) from a convolution of its own,
// "<name>.conv_offset", or "<name>_offset" in checkpoints of old: mmcv's DCN and DCNv2.
mmd_edge_t *mmd_nn_deform_conv_pack(mmd_builder_t *builder, const char *name,
                                    const mmd_conv_t *conv, bool modulated, int64_t deform_groups,
                                    mmd_edge_t *x);

#endif  // MMD_NN_DEFORM_CONV_H_
