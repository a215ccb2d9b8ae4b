// SPDX-License-Identifier: Apache-2.0
//
// Suppression of boxes by better ones that they overlap, class by class. Boxes are taken by
// descending score, equal ones in their own order; one whose score is not a number is dropped.
#ifndef MMD_KERNELS_NMS_H_
#define MMD_KERNELS_NMS_H_

#include <stdbool.h>

#include "base/thread.h"
#include "kernels/box_iou.h"

typedef struct mmd_nms_t {
  size_t images, classes, boxes;
  mmd_box_iou_fn iou;
  float iou_threshold, score_threshold;
} mmd_nms_t;

// Bytes that the functions below take at most besides their arguments, the rows of a list among
// them; SIZE_MAX where that does not fit.
size_t mmd_nms_scratch(const mmd_nms_t *nms);

// |pool| may be NULL everywhere. These fail when memory is short only, or when there are 2^32
// boxes.

// |boxes| images x boxes x 5, |scores| images x classes x boxes. Rows (image, class, box) of the
// boxes that are kept, IoU <= threshold, and whose score is above its threshold. The caller frees
// |*out_rows| (mmd_free); it is NULL when there are none.
mmd_status_t mmd_nms_run_rotated(const mmd_nms_t *nms, const float *boxes, const float *scores,
                                 mmd_pool_t *pool, int64_t **out_rows,
                                 size_t *out_count) MMD_MUST_USE;

// |boxes| images x boxes x 4. Rows (image, class, kept box, box that it suppresses), IoU >=
// threshold, of the kept boxes whose score is above its threshold.
mmd_status_t mmd_nms_run_match(const mmd_nms_t *nms, const float *boxes, const float *scores,
                               mmd_pool_t *pool, int64_t **out_rows,
                               size_t *out_count) MMD_MUST_USE;

typedef struct mmd_nms_batched_t {
  mmd_nms_t nms;
  size_t box_size;     // 4, or 5 with an angle
  bool shared;         // the classes have the same boxes
  int64_t background;  // class that is left out, or -1
  size_t class_limit;  // boxes of a class that take part; 0 = all
  size_t keep;         // rows of an image
  bool clip;           // limits what is written of the boxes to [0, 1]
} mmd_nms_batched_t;

// |boxes| images x boxes x (1 or classes) x box_size, |scores| images x boxes x classes. The best
// |keep| of all classes: |dets| images x keep x (box_size + 1), box and score, and |labels|. Rows
// that are left over are 0 and have label -1. |indices| (may be NULL) gets the place of the box in
// its image, counted class by class where boxes are not shared.
mmd_status_t mmd_nms_run_batched(const mmd_nms_batched_t *batched, const float *boxes,
                                 const float *scores, mmd_pool_t *pool, float *dets,
                                 int32_t *labels, int32_t *indices) MMD_MUST_USE;

#endif  // MMD_KERNELS_NMS_H_
