// SPDX-License-Identifier: Apache-2.0
//
// What TenCrop and ThreeCrop share: several cuts of a video's frame.
#ifndef MMD_PIPELINE_TRANSFORMS_FRAME_CROPS_H_
#define MMD_PIPELINE_TRANSFORMS_FRAME_CROPS_H_

#include "pipeline/transforms/sample.h"

typedef struct mmd_frame_crops_t {
  mmd_ints_t crop_size;  // one number, or [w, h]
} mmd_frame_crops_t;

extern const mmd_option_t mmd_frame_crops_options[1];
mmd_status_t mmd_frame_crops_check(const void *options, const char *where) MMD_MUST_USE;

// Finds the left upper corners in an image of |frame|'s size. |crop| is [w, h], no larger than it.
typedef mmd_status_t (*mmd_frame_corners_fn)(const mmd_frame_t *frame, const int64_t crop[2],
                                             int64_t (*out_corners)[2]);
// sample["imgs"] = a cut of sample["img"] at each of |count| corners (at most 5), each followed by
// its mirror image if |is_mirrored|. Returns the sample.
mmd_status_t mmd_frame_crops_apply(const mmd_frame_crops_t *crops, const char *step,
                                   mmd_value_t *sample, mmd_frame_corners_fn find, size_t count,
                                   bool is_mirrored, mmd_value_t **out_sample) MMD_MUST_USE;

#endif  // MMD_PIPELINE_TRANSFORMS_FRAME_CROPS_H_
