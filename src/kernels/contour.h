// SPDX-License-Identifier: Apache-2.0
//
// Borders of the regions of a mask, point for point those of cv2.findContours with RETR_LIST and
// CHAIN_APPROX_SIMPLE (OpenCV 4.7): outer borders and borders of holes, 8-connected, the end points
// of straight runs. They come in the order of their discovery, row by row; OpenCV returns that list
// from its end.
#ifndef MMD_KERNELS_CONTOUR_H_
#define MMD_KERNELS_CONTOUR_H_

#include "base/thread.h"
#include "kernels/polygon.h"

typedef struct mmd_contour_t {
  size_t first, count;  // in |points|
} mmd_contour_t;

// Zeroed at first, may be used again; mmd_contours_deinit frees it.
typedef struct mmd_contours_t {
  mmd_contour_t *items;
  size_t count, capacity;
  mmd_ipoint_t *points;
  size_t point_count, point_capacity;
  int8_t *mask;  // with a border of a pixel; used up by the search
  size_t mask_capacity;
  bool *rows;  // those that are not empty
  size_t row_capacity;
} mmd_contours_t;

// Of the pixels of |map| [height, width] above |threshold|; NaN is not. |pool| may be NULL.
mmd_status_t mmd_contours_find(mmd_contours_t *contours, const float *map, size_t width,
                               size_t height, float threshold, mmd_pool_t *pool) MMD_MUST_USE;
void mmd_contours_deinit(mmd_contours_t *contours);

#endif  // MMD_KERNELS_CONTOUR_H_
