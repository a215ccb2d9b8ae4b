// SPDX-License-Identifier: Apache-2.0
//
// Affine maps of the plane, with the numbers of OpenCV: x' = m0 x + m1 y + m2, y' = m3 x + m4 y +
// m5.
#ifndef MMD_KERNELS_AFFINE_H_
#define MMD_KERNELS_AFFINE_H_

typedef struct mmd_affine_t {
  double m[6];  // two rows
} mmd_affine_t;

// The map that takes three points (x, y, x, y, x, y) to three others, as cv2.getAffineTransform
// computes it; all zeros where the points lie on a line.
mmd_affine_t mmd_affine_from_points(const float from[6], const float to[6]);

// The inverse as cv2.warpAffine and cv2.invertAffineTransform compute it; of a map that has none,
// the one that takes everything to (0, 0).
mmd_affine_t mmd_affine_invert(const mmd_affine_t *map);

void mmd_affine_apply(const mmd_affine_t *map, double x, double y, double out_point[2]);

#endif  // MMD_KERNELS_AFFINE_H_
