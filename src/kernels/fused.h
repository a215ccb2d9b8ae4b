// SPDX-License-Identifier: Apache-2.0
//
// Pre-processing in one pass over the image: resize, crop, pad, choose channels, normalise and lay
// out as float planes (CHW). Only what the crop shows is computed, a few rows at a time, so the
// picture between the steps never exists. The result equals the steps done one by one, bit for bit:
//   mmd_resize_u8, crop, (float)x, (x - mean) * scale, pad.
//
// Numbers of the normalisation: as in the original SDK, all in float, with the rounded reciprocal
// scale = 1.f / std and no fused multiply-add. cv2.multiply, which mmcv uses, multiplies in double
// and rounds once; the data preprocessors of the 1.x code bases divide. Both can differ from ours
// in the last bit, not more.
#ifndef MMD_KERNELS_FUSED_H_
#define MMD_KERNELS_FUSED_H_

#include <stdbool.h>

#include "base/thread.h"
#include "kernels/resize.h"

typedef struct mmd_fused_t {
  // Source and resize; the window is the crop. Without a resize, both sizes are equal.
  mmd_resize_t resize;
  // Constant border around the crop.
  size_t pad_left, pad_top, pad_right, pad_bottom;
  float pad_value;
  bool pad_first;  // the border is normalised too: Pad comes before Normalize
  // Result planes: plane p reads source channel order[p].
  size_t planes;  // 1 to 4
  uint8_t order[4];
  float mean[4], scale[4];  // of the planes
} mmd_fused_t;

// No pad; planes are the channels in their order; mean 0 and scale 1, which only converts.
mmd_fused_t mmd_fused_make(const mmd_resize_t *resize);

// The size of the result.
size_t mmd_fused_width(const mmd_fused_t *fused);
size_t mmd_fused_height(const mmd_fused_t *fused);

// |src_stride| in bytes; |dst| holds planes * height * width floats. |pool| may be NULL.
mmd_status_t mmd_fused_run(const mmd_fused_t *fused, const uint8_t *src, size_t src_stride,
                           float *dst, mmd_pool_t *pool) MMD_MUST_USE;

#endif  // MMD_KERNELS_FUSED_H_
