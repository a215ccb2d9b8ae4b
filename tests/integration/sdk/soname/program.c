// SPDX-License-Identifier: Apache-2.0
//
// A program as it was written for the original: no function of ours that the original does not
// have.
#include <stdio.h>

#include "mmdeploy/classifier.h"

int main(int argc, char **argv) {
  static uint8_t pixels[96 * 96 * 3];
  mmdeploy_mat_t mat = {pixels, 96, 96, 3, MMDEPLOY_PIXEL_FORMAT_BGR, MMDEPLOY_DATA_TYPE_UINT8,
                        NULL};
  mmdeploy_classifier_t classifier = NULL;
  mmdeploy_classification_t *results = NULL;
  int *counts = NULL;
  if (argc != 2) return 2;
  int code = mmdeploy_classifier_create_by_path(argv[1], "cpu", 0, &classifier);
  if (code == MMDEPLOY_SUCCESS)
    code = mmdeploy_classifier_apply(classifier, &mat, 1, &results, &counts);
  if (code != MMDEPLOY_SUCCESS) {
    fprintf(stderr, "failed: code %d\n", code);
    return 1;
  }
  for (int i = 0; i < counts[0]; ++i)
    printf("label: %d, score: %.4f\n", results[i].label_id, (double)results[i].score);
  const int is_good = counts[0] == 5;
  mmdeploy_classifier_release_result(results, counts, 1);
  mmdeploy_classifier_destroy(classifier);
  return is_good ? 0 : 1;
}
