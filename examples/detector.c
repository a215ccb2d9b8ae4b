// SPDX-License-Identifier: Apache-2.0
//
// Where are the objects in this picture?
//
//     detector PACKAGE IMAGE
#include <stdio.h>

#include "mmdeploy/detector.h"
#include "mmdeploy/ext.h"
#include "mmdeploy/media.h"

static int report(int code) {
  if (code != MMDEPLOY_SUCCESS)
    fprintf(stderr, "error %d: %s\n", code, mmdeploy_last_error_message());
  return code;
}

static void print_boxes(const mmdeploy_detection_t *boxes, int count) {
  for (int i = 0; i < count; ++i) {
    const mmdeploy_rect_t *box = &boxes[i].bbox;
    printf("%.4f  label %d  left %.2f  top %.2f  right %.2f  bottom %.2f", (double)boxes[i].score,
           boxes[i].label_id, (double)box->left, (double)box->top, (double)box->right,
           (double)box->bottom);
    // Models for instance segmentation give a mask with each box: bytes of 0 or 255.
    int x = 0, y = 0;
    if (boxes[i].mask && !mmdeploy_detection_mask_origin(&boxes[i], &x, &y))
      printf("  mask %dx%d at (%d, %d)", boxes[i].mask->width, boxes[i].mask->height, x, y);
    printf("\n");
  }
}

int main(int argc, char **argv) {
  if (argc != 3) {
    fprintf(stderr, "usage: %s PACKAGE IMAGE\n", argv[0]);
    return 2;
  }
  mmdeploy_image_t image = NULL;
  mmdeploy_detector_t detector = NULL;
  mmdeploy_detection_t *boxes = NULL;
  int *counts = NULL;
  int code = report(mmdeploy_image_read(argv[2], MMDEPLOY_IMAGE_COLOR, &image));
  if (!code) code = report(mmdeploy_detector_create_by_path(argv[1], "cpu", 0, &detector));
  if (!code)
    code = report(mmdeploy_detector_apply(detector, mmdeploy_image_mat(image), 1, &boxes, &counts));
  if (!code) print_boxes(boxes, counts[0]);
  // After a failure outputs are NULL, and releasing NULL is fine: no need to keep track.
  mmdeploy_detector_release_result(boxes, counts, 1);
  mmdeploy_detector_destroy(detector);
  mmdeploy_image_destroy(image);
  return code == MMDEPLOY_SUCCESS ? 0 : 1;
}
