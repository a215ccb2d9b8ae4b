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
  MMD_BOX_YOLO,      // YOLOBBoxCoder behind the sigmoid: priors of mmd_priors_to_yolo [.., 5]
  MMD_BOX_CORNERS,   // what is predicted are corners already; no priors
  MMD_BOX_BUCKETS,   // BucketingBBoxCoder: priors are boxes; see mmd_nn_decode_buckets
} mmd_box_coder_kind_t;

typedef struct mmd_box_coder_t {
  mmd_box_coder_kind_t kind;
  float means[4], stds[4];  // delta
  bool clip_border;
  float clip_margin;      // boxes end so much before the right and lower border of the image
  bool has_center_clamp;  // delta: add_ctr_clamp
  float center_clamp;
  float normalizer[4];  // TBLR
  int64_t buckets;      // over the width or the height; a side has the nearer half of them
  float bucket_scale;   // of the prior whose sides the buckets divide
} mmd_box_coder_t;

// Reads |cfg|, the config item |where|; NULL gives the coder |fallback| with its own defaults.
// Buckets are another kind of prediction: they are taken where they are the fallback, and only
// they.
mmd_status_t mmd_box_coder_read(const mmd_value_t *cfg, const char *where,
                                mmd_box_coder_kind_t fallback,
                                mmd_box_coder_t *out_coder) MMD_MUST_USE;

// [width, height, width, height] of builder->image, minus |less|, as floats.
mmd_edge_t *mmd_nn_image_limits(mmd_builder_t *builder, float less);
// The same of any map.
mmd_edge_t *mmd_nn_map_limits(mmd_builder_t *builder, mmd_edge_t *map, float less);
// Boxes within the image: 0 to |limits|; nothing when |limits| is NULL.
mmd_edge_t *mmd_nn_clip_boxes(mmd_builder_t *builder, mmd_edge_t *limits, mmd_edge_t *boxes);

// |limits| is used by coders that clip; NULL: none does.
mmd_edge_t *mmd_nn_decode_boxes(mmd_builder_t *builder, const mmd_box_coder_t *coder,
                                mmd_edge_t *priors, mmd_edge_t *predictions, mmd_edge_t *limits);

// Buckets of a side: half of all, rounded up.
int64_t mmd_box_coder_side_buckets(const mmd_box_coder_t *coder);
// Buckets: |predictions| [batch, n, 8 x side's buckets] are logits and then offsets of the sides
// left, right, top, bottom; a side lies in its best bucket. |*out_confidence| [batch, n, 1] is how
// sure the choices are: a factor of the scores.
void mmd_nn_decode_buckets(mmd_builder_t *builder, const mmd_box_coder_t *coder, mmd_edge_t *priors,
                           mmd_edge_t *predictions, mmd_edge_t *limits, mmd_edge_t **out_boxes,
                           mmd_edge_t **out_confidence);

// The halves of the last axis, and joined again.
void mmd_nn_halves(mmd_builder_t *builder, mmd_edge_t *x, mmd_edge_t *out_parts[2]);
mmd_edge_t *mmd_nn_join(mmd_builder_t *builder, mmd_edge_t *first, mmd_edge_t *second);

#endif  // MMD_NN_BOX_CODER_H_
