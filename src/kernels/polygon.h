// SPDX-License-Identifier: Apache-2.0
//
// Closed polygons with whole coordinates, with the numbers of OpenCV 4.7.
#ifndef MMD_KERNELS_POLYGON_H_
#define MMD_KERNELS_POLYGON_H_

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

typedef struct mmd_ipoint_t {
  int32_t x, y;
} mmd_ipoint_t;

double mmd_polygon_area(const mmd_ipoint_t *points, size_t count);  // never negative
double mmd_polygon_length(const mmd_ipoint_t *points, size_t count);
// As cv2.arcLength, which computes each edge in single precision.
double mmd_polygon_arc_length(const mmd_ipoint_t *points, size_t count);

// cv2.approxPolyDP: leaves out points so that none is farther than |epsilon| from what remains.
// |out_points| has room for |count|.
mmd_status_t mmd_polygon_approximate(const mmd_ipoint_t *points, size_t count, double epsilon,
                                     mmd_ipoint_t *out_points, size_t *out_count) MMD_MUST_USE;

// Memory that mmd_polygon_mean uses again. Zeroed at first; mmd_polygon_mask_deinit frees it.
typedef struct mmd_polygon_mask_t {
  uint8_t *pixels;
  size_t capacity;
} mmd_polygon_mask_t;
void mmd_polygon_mask_deinit(mmd_polygon_mask_t *mask);

// Mean of |map| [height, width] over the polygon with its border: the pixels of cv2.fillPoly. All
// points must lie in the map.
mmd_status_t mmd_polygon_mean(mmd_polygon_mask_t *mask, const mmd_ipoint_t *points, size_t count,
                              const float *map, size_t width, size_t height,
                              double *out_mean) MMD_MUST_USE;

#endif  // MMD_KERNELS_POLYGON_H_
