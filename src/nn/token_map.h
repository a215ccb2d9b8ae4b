// SPDX-License-Identifier: Apache-2.0
//
// Maps as rows of tokens, [batch, height * width, channels]: what pyramids of transformers work on.
#ifndef MMD_NN_TOKEN_MAP_H_
#define MMD_NN_TOKEN_MAP_H_

#include "nn/norm.h"

typedef struct mmd_token_map_t {
  mmd_edge_t *tokens;
  int64_t channels;
  int64_t size[2];     // height, width; -1 where they are not both known
  mmd_edge_t *at_run;  // the same at run time, an i64 tensor [2]; NULL when known
} mmd_token_map_t;

// |tokens| that were flattened from the NCHW map |map|.
mmd_token_map_t mmd_nn_token_map(mmd_builder_t *builder, mmd_edge_t *tokens, int64_t channels,
                                 mmd_edge_t *map);
bool mmd_token_map_is_static(const mmd_token_map_t *map);

// NCHW of |map|, and tokens of an NCHW map.
mmd_edge_t *mmd_nn_tokens_to_map(mmd_builder_t *builder, const mmd_token_map_t *map);
mmd_edge_t *mmd_nn_map_to_tokens(mmd_builder_t *builder, int64_t channels, mmd_edge_t *x);

// PatchMerging: the four tokens of each 2x2 square as one of |out_channels|, with zeros below and
// on the right of a map of odd size. Modules "<name>.norm" and "<name>.reduction".
mmd_token_map_t mmd_nn_patch_merging(mmd_builder_t *builder, const char *name,
                                     const mmd_norm_t *norm, int64_t out_channels,
                                     const mmd_token_map_t *map);

#endif  // MMD_NN_TOKEN_MAP_H_
