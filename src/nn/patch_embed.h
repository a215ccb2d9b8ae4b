// SPDX-License-Identifier: Apache-2.0
//
// Images into tokens, as mmcv's PatchEmbed: a convolution, behind padding that depends on the size.
#ifndef MMD_NN_PATCH_EMBED_H_
#define MMD_NN_PATCH_EMBED_H_

#include "nn/conv.h"
#include "nn/norm.h"

typedef enum mmd_adaptive_padding_t {
  MMD_PADDING_FIXED,   // conv.padding
  MMD_PADDING_CORNER,  // zeros at the bottom and the right until the kernel covers everything
  MMD_PADDING_SAME,    // the same, on both sides
} mmd_adaptive_padding_t;

typedef struct mmd_patch_embed_t {
  mmd_conv_t conv;
  mmd_adaptive_padding_t padding;
  mmd_norm_t norm;
} mmd_patch_embed_t;

// Rows and columns of patches of an image of |size| (height, width). False when there is none.
bool mmd_patch_embed_size(const mmd_patch_embed_t *embed, const int64_t size[2],
                          int64_t out_size[2]);

// Modules "<name>.projection" and "<name>.norm". |x| is NCHW; when its height and width are known,
// the padding is too. The result is [batch, patches, channels]; |*out_map| gets the NCHW map that
// it was flattened from.
mmd_edge_t *mmd_nn_patch_embed(mmd_builder_t *builder, const char *name,
                               const mmd_patch_embed_t *embed, mmd_edge_t *x, mmd_edge_t **out_map);

// Sizes of the axes 2 and 3 of |x|; false when they are not both known numbers.
bool mmd_nn_image_size(const mmd_edge_t *x, int64_t out_size[2]);
// The same at run time: an i64 tensor [2].
mmd_edge_t *mmd_nn_image_size_edge(mmd_builder_t *builder, mmd_edge_t *x);

#endif  // MMD_NN_PATCH_EMBED_H_
