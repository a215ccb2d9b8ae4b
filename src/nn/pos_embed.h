// SPDX-License-Identifier: Apache-2.0
//
// Learnt position embeddings [1, extra + rows * columns, channels] for other grids of patches.
#ifndef MMD_NN_POS_EMBED_H_
#define MMD_NN_POS_EMBED_H_

#include "nn/builder.h"

typedef enum mmd_interpolation_t {
  MMD_INTERPOLATE_NEAREST,
  MMD_INTERPOLATE_BILINEAR,
  MMD_INTERPOLATE_BICUBIC,
} mmd_interpolation_t;

// Resizes numbers as torch.nn.functional.interpolate(align_corners=False) does; the |extra| tokens
// in front stay. Grids are rows, columns.
mmd_status_t mmd_pos_embed_resize(const mmd_tensor_t *embedding, const int64_t from[2],
                                  const int64_t to[2], int64_t extra, mmd_interpolation_t mode,
                                  mmd_tensor_t *out_embedding) MMD_MUST_USE;

// The weight "<scope>.<name>" for a grid of |to| patches. A checkpoint that was trained on another
// (square) grid is resized, as OpenMMLab does when it loads one.
mmd_edge_t *mmd_nn_pos_embed(mmd_builder_t *builder, const char *name, const int64_t to[2],
                             int64_t extra, int64_t channels, mmd_interpolation_t mode);

// |embedding| of the grid |from| fitted to the grid of |map| (NCHW) at run time.
mmd_edge_t *mmd_nn_pos_embed_fit(mmd_builder_t *builder, mmd_edge_t *embedding,
                                 const int64_t from[2], int64_t extra, int64_t channels,
                                 mmd_interpolation_t mode, mmd_edge_t *map);

#endif  // MMD_NN_POS_EMBED_H_
