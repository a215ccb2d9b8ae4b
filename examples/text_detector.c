// SPDX-License-Identifier: Apache-2.0
//
// Where are the texts in this picture?
//
//     text_detector PACKAGE IMAGE
#include <stdio.h>

#include "mmdeploy/ext.h"
#include "mmdeploy/media.h"
#include "mmdeploy/text_detector.h"

static int report(int code) {
  if (code != MMDEPLOY_SUCCESS)
    fprintf(stderr, "error %d: %s\n", code, mmdeploy_last_error_message());
  return code;
}

static void print_boxes(mmdeploy_text_detection_t *boxes, int count) {
  for (int i = 0; i < count; ++i) {
    // Which corner comes first depends on the model; from here on it is the top left one.
    (void)mmdeploy_text_detection_sort(&boxes[i]);
    printf("%.4f", (double)boxes[i].score);
    for (int k = 0; k < 4; ++k)
      printf("  (%.1f, %.1f)", (double)boxes[i].bbox[k].x, (double)boxes[i].bbox[k].y);
    printf("\n");
  }
}

int main(int argc, char **argv) {
  if (argc != 3) {
    fprintf(stderr, "usage: %s PACKAGE IMAGE\n", argv[0]);
    return 2;
  }
  mmdeploy_image_t image = NULL;
  mmdeploy_text_detector_t detector = NULL;
  mmdeploy_text_detection_t *boxes = NULL;
  int *counts = NULL;
  int code = report(mmdeploy_image_read(argv[2], MMDEPLOY_IMAGE_COLOR, &image));
  if (!code) code = report(mmdeploy_text_detector_create_by_path(argv[1], "cpu", 0, &detector));
  if (!code)
    code = report(
        mmdeploy_text_detector_apply(detector, mmdeploy_image_mat(image), 1, &boxes, &counts));
  if (!code) print_boxes(boxes, counts[0]);
  // After a failure outputs are NULL, and releasing NULL is fine: no need to keep track.
  mmdeploy_text_detector_release_result(boxes, counts, 1);
  mmdeploy_text_detector_destroy(detector);
  mmdeploy_image_destroy(image);
  return code == MMDEPLOY_SUCCESS ? 0 : 1;
}
