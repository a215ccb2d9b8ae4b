// SPDX-License-Identifier: Apache-2.0
//
// A small mask of an object, pasted where its box lies in the image.
#ifndef MMD_KERNELS_PASTE_MASK_H_
#define MMD_KERNELS_PASTE_MASK_H_

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

// The pixels of an image of |image_width| x |image_height| that the box [x1, y1, x2, y2] can touch:
// one more than its rounded-out sides, cut to the image. Width and height may come out as 0.
typedef struct mmd_paste_region_t {
  int64_t x, y, width, height;
} mmd_paste_region_t;
mmd_paste_region_t mmd_paste_region(const float box[4], int64_t image_width, int64_t image_height);

// |mask| [height, width] is stretched over the box by bilinear interpolation with zeros around it
// (grid_sample without aligned corners, as mmdet pastes); |out| gets 255 where the value at a
// pixel's centre is at least |threshold|, else 0. |out| has the region's size, rows of |stride|.
typedef struct mmd_paste_mask_t {
  const float *mask;
  int64_t mask_width, mask_height;
  float box[4];
  mmd_paste_region_t region;
  float threshold;
} mmd_paste_mask_t;
mmd_status_t mmd_paste_mask(const mmd_paste_mask_t *paste, uint8_t *out,
                            size_t stride) MMD_MUST_USE;

#endif  // MMD_KERNELS_PASTE_MASK_H_
