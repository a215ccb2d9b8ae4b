// SPDX-License-Identifier: Apache-2.0
//
// Transposed convolutions over NCHW, as PyTorch's ConvTranspose2d.
#ifndef MMD_NN_CONV_TRANSPOSE_H_
#define MMD_NN_CONV_TRANSPOSE_H_

#include "nn/conv.h"

// Weights "<name>.weight" [in, out / groups, kernel] and, with |conv->bias|, "<name>.bias".
mmd_edge_t *mmd_nn_conv_transpose(mmd_builder_t *builder, const char *name, const mmd_conv_t *conv,
                                  mmd_edge_t *x);

#endif  // MMD_NN_CONV_TRANSPOSE_H_
