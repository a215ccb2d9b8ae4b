// SPDX-License-Identifier: Apache-2.0
//
// Polygons grown by a distance, with round joints, as Clipper 6 (pyclipper's JT_ROUND and
// ET_CLOSEDPOLYGON, arc tolerance 0.25) grows them on whole coordinates.
#ifndef MMD_KERNELS_POLYGON_OFFSET_H_
#define MMD_KERNELS_POLYGON_OFFSET_H_

#include "kernels/polygon.h"

// The path that Clipper makes before it takes the union of what the path winds around: each corner
// with its joint, the polygon turned so that its area is positive. |*out_path| is the caller's.
// Empty where the polygon has less than three corners, or nothing to grow. |distance| >= 0.
mmd_status_t mmd_polygon_offset(const mmd_ipoint_t *points, size_t count, double distance,
                                mmd_ipoint_t **out_path, size_t *out_count) MMD_MUST_USE;

// What a path winds around a positive number of times.
typedef struct mmd_outline_t {
  size_t parts;  // outer borders and borders of holes
  // Convex hull, only where there is one part. In the order of the border, beginning behind its
  // uppermost point, as Clipper's result does where it has no more than one such point.
  mmd_ipoint_t *hull;
  size_t hull_count;
} mmd_outline_t;
// The caller frees |hull|.
mmd_status_t mmd_polygon_outline(const mmd_ipoint_t *path, size_t count,
                                 mmd_outline_t *out_outline) MMD_MUST_USE;

#endif  // MMD_KERNELS_POLYGON_OFFSET_H_
