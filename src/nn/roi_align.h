// SPDX-License-Identifier: Apache-2.0
//
// Features of regions of interest (RoIs), cut out of feature maps: each RoI from the map that fits
// its size. One composite operator, mmdeploy::MMCVMultiLevelRoiAlign.
#ifndef MMD_NN_ROI_ALIGN_H_
#define MMD_NN_ROI_ALIGN_H_

#include "nn/builder.h"

enum { MMD_ROI_MAX_LEVELS = 10 };

typedef struct mmd_roi_extract_t {
  int64_t height, width;   // of the result
  int64_t sampling_ratio;  // samples along a side of a bin; 0: as many as the bin has pixels
  bool aligned;            // pixels have their centre at a half
  int64_t finest_scale;    // RoIs with sides below twice that size are of the first map
  double scale_factor;     // RoIs grow by it, behind the choice of the map; 0: they stay
  size_t level_count;
  double strides[MMD_ROI_MAX_LEVELS];
} mmd_roi_extract_t;

// The first four columns of |boxes| [batch, n, …] as RoIs [batch * n, 5]: image and corners.
mmd_edge_t *mmd_nn_rois(mmd_builder_t *builder, mmd_edge_t *boxes);

// |maps| are |level_count| maps NCHW; gives [number of |rois|, channels, height, width].
mmd_edge_t *mmd_nn_roi_align(mmd_builder_t *builder, const mmd_roi_extract_t *extract,
                             mmd_edge_t *const *maps, mmd_edge_t *rois);

// |x| [batch * n, …] as [batch, n, dims…], of the batch and n of |like|; |dims| are known numbers.
mmd_edge_t *mmd_nn_unflatten_rois(mmd_builder_t *builder, mmd_edge_t *like, size_t rank,
                                  const int64_t *dims, mmd_edge_t *x);

#endif  // MMD_NN_ROI_ALIGN_H_
