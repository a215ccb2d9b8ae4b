// SPDX-License-Identifier: Apache-2.0
//
// Intersection over union of two boxes, in float, step by step as the custom operators of MMDeploy
// compute it. Results lie in [0, 1] up to rounding; what is not a number becomes 0.
#ifndef MMD_KERNELS_BOX_IOU_H_
#define MMD_KERNELS_BOX_IOU_H_

#include <stdbool.h>

typedef double (*mmd_box_iou_fn)(const float *a, const float *b);

// Boxes (x1, y1, x2, y2). Nothing overlaps a box whose corners are in the wrong order.
double mmd_box_iou(const float *a, const float *b);
// NMSMatch's: signed areas, and 1e-10 in the denominator.
double mmd_box_iou_match(const float *a, const float *b);

// Boxes (cx, cy, w, h, angle), angles in radians, y down. A box of less area than 1e-14 has IoU 0
// with every other, or 1 with the second function (TensorRT's plugins).
double mmd_box_iou_rotated(const float *a, const float *b);
double mmd_box_iou_rotated_or_one(const float *a, const float *b);

//===--- many rotated boxes ------------------------------------------------===//

// A box with what its comparisons share.
typedef struct mmd_rotated_box_t {
  float cx, cy, w, h;
  float half_cos, half_sin;
  double reach;  // a bit more than half the diagonal
} mmd_rotated_box_t;

mmd_rotated_box_t mmd_rotated_box_make(const float *box);

// The outer circles do not meet, so there is nothing in common. Most pairs end here.
static inline bool mmd_rotated_box_is_far(const mmd_rotated_box_t *a, const mmd_rotated_box_t *b) {
  double dx = (double)a->cx - (double)b->cx, dy = (double)a->cy - (double)b->cy;
  double reach = a->reach + b->reach;
  return dx * dx + dy * dy > reach * reach;
}

// mmd_box_iou_rotated.
double mmd_rotated_box_iou(const mmd_rotated_box_t *a, const mmd_rotated_box_t *b);

#endif  // MMD_KERNELS_BOX_IOU_H_
