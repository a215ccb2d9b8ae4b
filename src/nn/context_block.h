// SPDX-License-Identifier: Apache-2.0
//
// Global context (GCNet): every cell gets what one look at the whole map says.
#ifndef MMD_NN_CONTEXT_BLOCK_H_
#define MMD_NN_CONTEXT_BLOCK_H_

#include "nn/builder.h"

typedef struct mmd_context_block_t {
  int64_t channels;
  double ratio;        // of the channels inside
  bool has_attention;  // pooling by a mask; else the average
  bool has_add, has_mul;
} mmd_context_block_t;

// Modules "<name>.conv_mask", "<name>.channel_add_conv", "<name>.channel_mul_conv".
mmd_edge_t *mmd_nn_context_block(mmd_builder_t *builder, const char *name,
                                 const mmd_context_block_t *block, mmd_edge_t *x);

#endif  // MMD_NN_CONTEXT_BLOCK_H_
