// SPDX-License-Identifier: Apache-2.0
//
// Enlarging NCHW maps, as PyTorch's interpolate.
#ifndef MMD_NN_UPSAMPLE_H_
#define MMD_NN_UPSAMPLE_H_

#include "nn/builder.h"

typedef enum mmd_upsample_mode_t {
  MMD_UPSAMPLE_NEAREST,
  MMD_UPSAMPLE_BILINEAR,          // align_corners=False
  MMD_UPSAMPLE_BILINEAR_CORNERS,  // align_corners=True
} mmd_upsample_mode_t;

// To the height and width of |like|, which must have as many channels.
mmd_edge_t *mmd_nn_upsample_like(mmd_builder_t *builder, mmd_upsample_mode_t mode, mmd_edge_t *x,
                                 mmd_edge_t *like);
// Height and width times |scale|.
mmd_edge_t *mmd_nn_upsample(mmd_builder_t *builder, mmd_upsample_mode_t mode, double scale,
                            mmd_edge_t *x);

#endif  // MMD_NN_UPSAMPLE_H_
