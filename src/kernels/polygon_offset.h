// SPDX-License-Identifier: Apache-2.0
//
// Polygons grown by a distance, with round joints, as Clipper 6 (pyclipper's JT_ROUND and
// ET_CLOSEDPOLYGON, arc tolerance 0.25) grows them on whole coordinates.
#ifndef MMD_KERNELS_POLYGON_OFFSET_H_
#define MMD_KERNELS_POLYGON_OFFSET_H_

#include "kernels/polygon.h"

// Memory that growing uses again. Zeroed at first; mmd_polygon_growth_deinit frees it.
typedef struct mmd_polygon_growth_t {
  mmd_ipoint_t *path;
  size_t path_count, path_capacity;
  // What the path winds around a positive number of times: outer borders and borders of holes.
  size_t parts;
  // Convex hull, only where there is one part. In the order of the border, beginning behind its
  // uppermost point, as Clipper's result does where it has no more than one such point.
  mmd_ipoint_t *hull;
  size_t hull_count, hull_capacity;
} mmd_polygon_growth_t;
void mmd_polygon_growth_deinit(mmd_polygon_growth_t *growth);

// The path that Clipper makes before it takes the union of what the path winds around: each corner
// with its joint, the polygon turned so that its area is positive. Empty where the polygon has less
// than three corners, or nothing to grow. |distance| >= 0.
mmd_status_t mmd_polygon_offset(mmd_polygon_growth_t *growth, const mmd_ipoint_t *points,
                                size_t count, double distance) MMD_MUST_USE;

// |parts| and |hull| of the path.
mmd_status_t mmd_polygon_outline(mmd_polygon_growth_t *growth) MMD_MUST_USE;

#endif  // MMD_KERNELS_POLYGON_OFFSET_H_
