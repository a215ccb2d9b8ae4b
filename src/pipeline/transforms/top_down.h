// SPDX-License-Identifier: Apache-2.0
//
// The geometry that the transforms of top-down poses share.
#ifndef MMD_PIPELINE_TRANSFORMS_TOP_DOWN_H_
#define MMD_PIPELINE_TRANSFORMS_TOP_DOWN_H_

#include "kernels/warp_affine.h"
#include "pipeline/transforms/sample.h"

// What the network gets to see of a picture: a middle in pixels and a size in units of 200 pixels.
typedef struct mmd_top_down_t {
  float center[2], scale[2];
} mmd_top_down_t;

// From sample["bbox"] [x, y, w, h, …]: the box grows to the shape of |image_size| (w, h), and by
// |padding|. |step| stands in messages.
mmd_status_t mmd_top_down_from_box(const mmd_value_t *sample, const char *step,
                                   const mmd_ints_t *image_size, double padding,
                                   mmd_top_down_t *out_crop) MMD_MUST_USE;
// From sample["center"] and ["scale"]; false when they are not there.
bool mmd_top_down_read(const mmd_value_t *sample, mmd_top_down_t *out_crop);
mmd_status_t mmd_top_down_note(mmd_value_t *sample, const mmd_top_down_t *crop) MMD_MUST_USE;

// TopDownAffine from inside, for the fused pass (fuse.c): whether it warps, what it does to an
// image of |from|, and what it notes.
bool mmd_top_down_affine_warps(const void *options);
mmd_status_t mmd_top_down_affine_plan(const void *options, const mmd_value_t *sample,
                                      const mmd_frame_t *from, mmd_top_down_t *out_crop,
                                      mmd_frame_t *out_to,
                                      mmd_warp_affine_t *out_warp) MMD_MUST_USE;
mmd_status_t mmd_top_down_affine_note(mmd_value_t *sample, const mmd_top_down_t *crop,
                                      const mmd_frame_t *to) MMD_MUST_USE;

// Fails unless |image_size| has two numbers.
mmd_status_t mmd_top_down_check_size(const mmd_ints_t *image_size, const char *where) MMD_MUST_USE;

#endif  // MMD_PIPELINE_TRANSFORMS_TOP_DOWN_H_
