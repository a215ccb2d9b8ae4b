// SPDX-License-Identifier: Apache-2.0
//
// The functions of kernels/box_iou.h in double and by other means, for the plain mode.
#ifndef MMD_OPS_PLAIN_IOU_H_
#define MMD_OPS_PLAIN_IOU_H_

double mmd_plain_iou(const float *a, const float *b);
double mmd_plain_iou_match(const float *a, const float *b);
double mmd_plain_iou_rotated(const float *a, const float *b);
double mmd_plain_iou_rotated_or_one(const float *a, const float *b);

#endif  // MMD_OPS_PLAIN_IOU_H_
