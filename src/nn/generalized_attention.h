// SPDX-License-Identifier: Apache-2.0
//
// mmcv's GeneralizedAttention: every cell takes from all cells, by what both hold, by how they lie
// to each other, or by one of the two alone.
#ifndef MMD_NN_GENERALIZED_ATTENTION_H_
#define MMD_NN_GENERALIZED_ATTENTION_H_

#include "nn/builder.h"

typedef struct mmd_generalized_attention_t {
  int64_t channels, heads;
  int64_t embedding;            // numbers that stand for a distance, a multiple of 4
  double magnitude;             // of distances
  int64_t q_stride, kv_stride;  // of the cells that ask, and that are asked
  // What energy is made of: query and key, query and place, key alone, place alone.
  bool has_query_key, has_query_place, has_key, has_place;
} mmd_generalized_attention_t;

// Modules "<name>.query_conv", "<name>.key_conv", "<name>.value_conv", "<name>.proj_conv" …; at
// least one of the four terms must be there.
mmd_edge_t *mmd_nn_generalized_attention(mmd_builder_t *builder, const char *name,
                                         const mmd_generalized_attention_t *attention,
                                         mmd_edge_t *x);

#endif  // MMD_NN_GENERALIZED_ATTENTION_H_
