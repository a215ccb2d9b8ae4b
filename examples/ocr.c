// SPDX-License-Identifier: Apache-2.0
//
// The texts in a picture: one model finds them, another reads them.
//
//     ocr DETECTOR RECOGNIZER IMAGE
#include <stdio.h>

#include "mmdeploy/ext.h"
#include "mmdeploy/media.h"
#include "mmdeploy/text_detector.h"
#include "mmdeploy/text_recognizer.h"

static int report(int code) {
  if (code != MMDEPLOY_SUCCESS)
    fprintf(stderr, "error %d: %s\n", code, mmdeploy_last_error_message());
  return code;
}

static void print_texts(const mmdeploy_text_detection_t *boxes,
                        const mmdeploy_text_recognition_t *texts, int count) {
  for (int i = 0; i < count; ++i) {
    printf("%s", texts[i].text);
    for (int k = 0; k < 4; ++k)
      printf("  (%.1f, %.1f)", (double)boxes[i].bbox[k].x, (double)boxes[i].bbox[k].y);
    printf("\n");
  }
}

int main(int argc, char **argv) {
  if (argc != 4) {
    fprintf(stderr, "usage: %s DETECTOR RECOGNIZER IMAGE\n", argv[0]);
    return 2;
  }
  mmdeploy_image_t image = NULL;
  mmdeploy_text_detector_t detector = NULL;
  mmdeploy_text_recognizer_t recognizer = NULL;
  mmdeploy_text_detection_t *boxes = NULL;
  mmdeploy_text_recognition_t *texts = NULL;
  int *counts = NULL;
  int code = report(mmdeploy_image_read(argv[3], MMDEPLOY_IMAGE_COLOR, &image));
  const mmdeploy_mat_t *mat = mmdeploy_image_mat(image);
  if (!code) code = report(mmdeploy_text_detector_create_by_path(argv[1], "cpu", 0, &detector));
  if (!code) code = report(mmdeploy_text_recognizer_create_by_path(argv[2], "cpu", 0, &recognizer));
  if (!code) code = report(mmdeploy_text_detector_apply(detector, mat, 1, &boxes, &counts));
  // The recognizer cuts the boxes out of the picture by itself.
  if (!code) {
    code = report(mmdeploy_text_recognizer_apply_bbox(recognizer, mat, 1, boxes, counts, &texts));
  }
  if (!code) print_texts(boxes, texts, counts[0]);
  mmdeploy_text_recognizer_release_result(texts, code ? 0 : counts[0]);
  mmdeploy_text_detector_release_result(boxes, counts, 1);
  mmdeploy_text_recognizer_destroy(recognizer);
  mmdeploy_text_detector_destroy(detector);
  mmdeploy_image_destroy(image);
  return code == MMDEPLOY_SUCCESS ? 0 : 1;
}
