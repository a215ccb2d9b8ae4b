// SPDX-License-Identifier: Apache-2.0
//
// The rectangle of least area around points, with the numbers of cv2.minAreaRect and cv2.boxPoints
// (OpenCV 4.7): which of equal rectangles is taken, what is called width, and where the corners
// begin depend on the order of the points as there (but not on which of equal points comes first).
#ifndef MMD_KERNELS_MIN_AREA_RECT_H_
#define MMD_KERNELS_MIN_AREA_RECT_H_

#include <stddef.h>

#include "base/status.h"

typedef struct mmd_point_t {
  float x, y;
} mmd_point_t;

typedef struct mmd_rotated_rect_t {
  float x, y, width, height;  // the centre and the sides
  float angle;                // of the side |width|, in degrees, y pointing down
} mmd_rotated_rect_t;

// All zeros without points. Coordinates must be finite.
mmd_status_t mmd_min_area_rect(const mmd_point_t *points, size_t count,
                               mmd_rotated_rect_t *out_rect) MMD_MUST_USE;
// The same of points that are a convex hull, as mmd_convex_hull orders them.
mmd_status_t mmd_min_area_rect_of_hull(const mmd_point_t *hull, size_t count,
                                       mmd_rotated_rect_t *out_rect) MMD_MUST_USE;
void mmd_rotated_rect_corners(const mmd_rotated_rect_t *rect, mmd_point_t out_corners[4]);

// The corners of the convex hull as cv2.convexHull gives them. |out_hull| has room for |count|
// indices into |points|.
mmd_status_t mmd_convex_hull(const mmd_point_t *points, size_t count, size_t *out_hull,
                             size_t *out_count) MMD_MUST_USE;

#endif  // MMD_KERNELS_MIN_AREA_RECT_H_
