// SPDX-License-Identifier: Apache-2.0
//
// Blocks of transformers over [batch, tokens, channels].
#ifndef MMD_NN_ATTENTION_H_
#define MMD_NN_ATTENTION_H_

#include "nn/activation.h"

typedef struct mmd_attention_t {
  int64_t channels, heads;
  bool qkv_bias, proj_bias;
  const char *scale_name;  // weight that scales the result ("gamma1.weight"), or NULL
} mmd_attention_t;

// Multi-head self-attention without shortcut: modules "<name>.qkv" and "<name>.proj".
mmd_edge_t *mmd_nn_self_attention(mmd_builder_t *builder, const char *name,
                                  const mmd_attention_t *attention, mmd_edge_t *x);

typedef struct mmd_ffn_t {
  int64_t channels, hidden_channels;
  int layers;  // linear layers, at least 2
  mmd_activation_t activation;
  const char *scale_name;  // "gamma2.weight", or NULL
} mmd_ffn_t;

// Feed-forward network without shortcut: modules "<name>.layers.0.0", …, "<name>.layers.<layers -
// 1>".
mmd_edge_t *mmd_nn_ffn(mmd_builder_t *builder, const char *name, const mmd_ffn_t *ffn,
                       mmd_edge_t *x);

#endif  // MMD_NN_ATTENTION_H_
