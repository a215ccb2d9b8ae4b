// SPDX-License-Identifier: Apache-2.0
//
// Box coders: what a head predicts to corners x1, y1, x2, y2. Everything is [batch, n, 4]; priors
// may have a batch of one.
#ifndef MMD_NN_BOX_CODER_H_
#define MMD_NN_BOX_CODER_H_

#include "nn/builder.h"

typedef enum mmd_box_coder_kind_t {
  MMD_BOX_DELTA,     // DeltaXYWHBBoxCoder: priors are boxes
  MMD_BOX_DISTANCE,  // DistancePointBBoxCoder: priors are points [.., 2]
  MMD_BOX_TBLR,      // TBLRBBoxCoder: priors are boxes
} mmd_box_coder_kind_t;

typedef struct mmd_box_coder_t {
  mmd_box_coder_kind_t kind;
  float means[4], stds[4];  // delta
  bool clip_border;
  bool has_center_clamp;  // delta: add_ctr_clamp
  float center_clamp;
  float normalizer[4];  // TBLR
} mmd_box_coder_t;

// Reads |cfg|, the config item |where|; NULL gives the coder |fallback| with its own defaults.
mmd_status_t mmd_box_coder_read(const mmd_value_t *cfg, const char *where,
                                mmd_box_coder_kind_t fallback,
                                mmd_box_coder_t *out_coder) MMD_MUST_USE;

// [width, height, width, height] of builder->image, minus |less|, as floats.
mmd_edge_t *mmd_nn_image_limits(mmd_builder_t *builder, float less);
// Boxes within the image: 0 to |limits|; nothing when |limits| is NULL.
mmd_edge_t *mmd_nn_clip_boxes(mmd_builder_t *builder, mmd_edge_t *limits, mmd_edge_t *boxes);

// |limits| is used by coders that clip; NULL: none does.
mmd_edge_t *mmd_nn_decode_boxes(mmd_builder_t *builder, const mmd_box_coder_t *coder,
                                mmd_edge_t *priors, mmd_edge_t *predictions, mmd_edge_t *limits);

// The halves of the last axis, and joined again.
void mmd_nn_halves(mmd_builder_t *builder, mmd_edge_t *x, mmd_edge_t *out_parts[2]);
mmd_edge_t *mmd_nn_join(mmd_builder_t *builder, mmd_edge_t *first, mmd_edge_t *second);

#endif  // MMD_NN_BOX_CODER_H_
