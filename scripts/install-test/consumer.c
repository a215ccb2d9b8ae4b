// SPDX-License-Identifier: Apache-2.0
// An outside program: classifies a made-up picture with the package that it is given.

#include <mmdeploy/classifier.h>
#include <stdint.h>
#include <stdio.h>

enum { HEIGHT = 48, WIDTH = 64 };

static void fill(uint8_t *bgr) {
  for (int i = 0; i < HEIGHT * WIDTH * 3; ++i) bgr[i] = (uint8_t)(i * 7);
}

static int classify(mmdeploy_classifier_t classifier) {
  static uint8_t bgr[HEIGHT * WIDTH * 3];
  fill(bgr);
  mmdeploy_mat_t image = {
      bgr, HEIGHT, WIDTH, 3, MMDEPLOY_PIXEL_FORMAT_BGR, MMDEPLOY_DATA_TYPE_UINT8, NULL};
  mmdeploy_classification_t *results = NULL;
  int *counts = NULL;
  int status = mmdeploy_classifier_apply(classifier, &image, 1, &results, &counts);
  if (status != MMDEPLOY_SUCCESS) return status;
  int good = counts[0] > 0 && results[0].score > 0.0f && results[0].score <= 1.0f;
  if (good) printf("label %d, score %.4f\n", results[0].label_id, (double)results[0].score);
  mmdeploy_classifier_release_result(results, counts, 1);
  return good ? MMDEPLOY_SUCCESS : MMDEPLOY_E_FAIL;
}

int main(int argc, char **argv) {
  if (argc != 2) return 2;
  mmdeploy_classifier_t classifier = NULL;
  int status = mmdeploy_classifier_create_by_path(argv[1], "cpu", 0, &classifier);
  if (status == MMDEPLOY_SUCCESS) {
    status = classify(classifier);
    mmdeploy_classifier_destroy(classifier);
  }
  if (status != MMDEPLOY_SUCCESS) fprintf(stderr, "failed with status %d\n", status);
  return status == MMDEPLOY_SUCCESS ? 0 : 1;
}
