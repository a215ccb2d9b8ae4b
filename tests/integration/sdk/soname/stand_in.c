// SPDX-License-Identifier: Apache-2.0
//
// Stands in for the original's library while a test program is linked: the functions that program.c
// calls, without content.
#include "mmdeploy/classifier.h"

#define STAND_IN MMDEPLOY_EXPORT

STAND_IN int mmdeploy_classifier_create_by_path(const char *model_path, const char *device_name,
                                                int device_id, mmdeploy_classifier_t *classifier) {
  (void)model_path, (void)device_name, (void)device_id, (void)classifier;
  return -1;
}

STAND_IN int mmdeploy_classifier_apply(mmdeploy_classifier_t classifier, const mmdeploy_mat_t *mats,
                                       int mat_count, mmdeploy_classification_t **results,
                                       int **result_count) {
  (void)classifier, (void)mats, (void)mat_count, (void)results, (void)result_count;
  return -1;
}

STAND_IN void mmdeploy_classifier_release_result(mmdeploy_classification_t *results,
                                                 const int *result_count, int count) {
  (void)results, (void)result_count, (void)count;
}

STAND_IN void mmdeploy_classifier_destroy(mmdeploy_classifier_t classifier) {
  (void)classifier;
}
