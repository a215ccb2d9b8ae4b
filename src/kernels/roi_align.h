// SPDX-License-Identifier: Apache-2.0
//
// Float RoIAlign (He et al. 2017) as mmcv and MMDeploy's plug-ins do it: upright or rotated boxes,
// on one feature map or on that level of several that suits the size of the box.
#ifndef MMD_KERNELS_ROI_ALIGN_H_
#define MMD_KERNELS_ROI_ALIGN_H_

#include <stdbool.h>

#include "base/thread.h"
#include "kernels/corners.h"

typedef enum mmd_roi_pool_t {
  MMD_ROI_AVERAGE,
  MMD_ROI_MAX,         // of the samples
  MMD_ROI_MAX_CORNER,  // of the weighted pixels around the samples (ONNX)
} mmd_roi_pool_t;

typedef struct mmd_roi_level_t {
  const float *x;  // batch x channels x height x width; not read by mmd_roi_frame_make
  int64_t height, width;
  float scale;  // from positions of the image to those of this map
} mmd_roi_level_t;

typedef struct mmd_roi_align_t {
  size_t batch, channels, level_count;
  const mmd_roi_level_t *levels;
  int64_t out_height, out_width;
  int64_t sampling_ratio;  // samples along each side of a bin; <= 0: one a pixel
  mmd_roi_pool_t pool;
  bool rotated;        // boxes are (batch index, cx, cy, w, h, radians), else (…, x1, y1, x2, y2)
  bool clockwise;      // angles go the other way round
  float offset;        // subtracted from scaled positions: 0.5 when aligned
  float min_size;      // of a scaled box; -INFINITY for none
  float finest_scale;  // boxes below twice this size take level 0; of no use for one level
  float roi_scale_factor;  // enlarges the boxes when positive
  float roi_border;        // counted to their sides for that: 1 in MMDeploy's plug-in
} mmd_roi_align_t;

// Where the samples of a box lie.
typedef struct mmd_roi_frame_t {
  size_t batch;
  const mmd_roi_level_t *level;
  float y, x;          // top left corner, or the centre of a rotated box
  float top, left;     // rotated: of the box around its centre
  float cosine, sine;  // rotated
  float bin_h, bin_w;
  int64_t grid_h, grid_w;  // samples of a bin; 0 for boxes of no size, whose result is 0
} mmd_roi_frame_t;

static inline size_t mmd_roi_align_box_size(const mmd_roi_align_t *align) {
  return align->rotated ? 6 : 5;
}

// Fails when the batch index of box |index| is not one, or it takes too many samples.
mmd_status_t mmd_roi_frame_make(const mmd_roi_align_t *align, const float *boxes, size_t index,
                                mmd_roi_frame_t *out_frame) MMD_MUST_USE;
// Sample (i, k) of bin (p, q).
mmd_corners_t mmd_roi_frame_corners(const mmd_roi_align_t *align, const mmd_roi_frame_t *frame,
                                    int64_t p, int64_t q, int64_t i, int64_t k);

// |y| is count x channels x out_height x out_width. |pool|, for threads, may be NULL.
mmd_status_t mmd_roi_align_run(const mmd_roi_align_t *align, const float *boxes, size_t count,
                               float *y, mmd_pool_t *pool) MMD_MUST_USE;

#endif  // MMD_KERNELS_ROI_ALIGN_H_
