// SPDX-License-Identifier: Apache-2.0
//
// torch.nn.MultiheadAttention over [batch, tokens, channels].
#ifndef MMD_NN_MULTIHEAD_ATTENTION_H_
#define MMD_NN_MULTIHEAD_ATTENTION_H_

#include "nn/builder.h"

typedef struct mmd_multihead_attention_t {
  int64_t channels, heads;
  bool bias;
} mmd_multihead_attention_t;

// Attention of |queries| to |keys| and |values|, without shortcut: weights "<name>.in_proj_weight",
// "<name>.in_proj_bias", module "<name>.out_proj".
mmd_edge_t *mmd_nn_multihead_attention(mmd_builder_t *builder, const char *name,
                                       const mmd_multihead_attention_t *attention,
                                       mmd_edge_t *queries, mmd_edge_t *keys, mmd_edge_t *values);

#endif  // MMD_NN_MULTIHEAD_ATTENTION_H_
