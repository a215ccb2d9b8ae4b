// SPDX-License-Identifier: Apache-2.0
//
// Where are the objects in this picture from above? Boxes may be turned.
//
//     rotated_detector PACKAGE IMAGE
#include <math.h>
#include <stdio.h>

#include "mmdeploy/ext.h"
#include "mmdeploy/media.h"
#include "mmdeploy/rotated_detector.h"

static int report(int code) {
  if (code != MMDEPLOY_SUCCESS)
    fprintf(stderr, "error %d: %s\n", code, mmdeploy_last_error_message());
  return code;
}

// The corners of a box of centre (cx, cy), sides w and h, turned by |angle| in radians.
static void print_corners(const float *rbbox) {
  const double c = cos((double)rbbox[4]), s = sin((double)rbbox[4]);
  for (int i = 0; i < 4; ++i) {
    const double w = (double)rbbox[2] / 2 * (i == 0 || i == 3 ? -1 : 1);
    const double h = (double)rbbox[3] / 2 * (i < 2 ? -1 : 1);
    printf("  (%.2f, %.2f)", (double)rbbox[0] + w * c - h * s, (double)rbbox[1] + w * s + h * c);
  }
}

static void print_boxes(const mmdeploy_rotated_detection_t *boxes, int count) {
  for (int i = 0; i < count; ++i) {
    printf("%.4f  label %d", (double)boxes[i].score, boxes[i].label_id);
    print_corners(boxes[i].rbbox);
    printf("\n");
  }
}

int main(int argc, char **argv) {
  if (argc != 3) {
    fprintf(stderr, "usage: %s PACKAGE IMAGE\n", argv[0]);
    return 2;
  }
  mmdeploy_image_t image = NULL;
  mmdeploy_rotated_detector_t detector = NULL;
  mmdeploy_rotated_detection_t *boxes = NULL;
  int *counts = NULL;
  int code = report(mmdeploy_image_read(argv[2], MMDEPLOY_IMAGE_COLOR, &image));
  if (!code) code = report(mmdeploy_rotated_detector_create_by_path(argv[1], "cpu", 0, &detector));
  if (!code)
    code = report(
        mmdeploy_rotated_detector_apply(detector, mmdeploy_image_mat(image), 1, &boxes, &counts));
  if (!code) print_boxes(boxes, counts[0]);
  // After a failure outputs are NULL, and releasing NULL is fine: no need to keep track.
  mmdeploy_rotated_detector_release_result(boxes, counts);
  mmdeploy_rotated_detector_destroy(detector);
  mmdeploy_image_destroy(image);
  return code == MMDEPLOY_SUCCESS ? 0 : 1;
}
