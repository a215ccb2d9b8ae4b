// SPDX-License-Identifier: Apache-2.0
//
// Maxima over windows that follow from two sizes, which need not be known while building.
#ifndef MMD_NN_ADAPTIVE_POOL_H_
#define MMD_NN_ADAPTIVE_POOL_H_

#include "nn/builder.h"

// |x| at the height and width of |like|. No window may have more than |limit| cells a side: twice
// the ratio of the two strides is enough.

// PyTorch's adaptive_max_pool2d: windows may overlap by a cell.
mmd_edge_t *mmd_nn_adaptive_max_pool_like(mmd_builder_t *builder, int64_t limit, mmd_edge_t *x,
                                          mmd_edge_t *like);
// Windows of one size side by side, over |x| with zeros around it where they do not fit.
mmd_edge_t *mmd_nn_padded_max_pool_like(mmd_builder_t *builder, int64_t limit, mmd_edge_t *x,
                                        mmd_edge_t *like);

#endif  // MMD_NN_ADAPTIVE_POOL_H_
