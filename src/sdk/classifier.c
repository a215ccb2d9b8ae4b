// SPDX-License-Identifier: Apache-2.0
#include "mmdeploy/classifier.h"

#include "sdk/result.h"
#include "sdk/task_functions.h"

MMD_TASK_LIFE(classifier, "Classifier")
MMD_TASK_INPUT(classifier)
MMD_TASK_APPLY_V2(classifier)
MMD_TASK_APPLY_ASYNC(classifier)

//===--- results -----------------------------------------------------------===//

static mmd_status_t read_answer(void *items, const mmd_value_t *answer, void *item) {
  mmdeploy_classification_t *classification = item;
  (void)items;
  MMD_TRY(mmd_result_int(answer, "label_id", &classification->label_id));
  return mmd_result_float(answer, "score", &classification->score);
}

static const mmd_result_kind_t g_kind = {"classifier", NULL, sizeof(mmdeploy_classification_t),
                                         read_answer};

int mmdeploy_classifier_get_result(mmdeploy_value_t output, mmdeploy_classification_t **results,
                                   int **result_count) {
  return mmd_last_error_set(__func__, mmd_result_get_counted((const mmd_value_t *)output, &g_kind,
                                                             results, result_count));
}

void mmdeploy_classifier_release_result(mmdeploy_classification_t *results, const int *result_count,
                                        int count) {
  (void)count;
  mmd_result_release_counted(results, result_count);
}

int mmdeploy_classifier_apply(mmdeploy_classifier_t classifier, const mmdeploy_mat_t *mats,
                              int mat_count, mmdeploy_classification_t **results,
                              int **result_count) {
  return mmd_last_error_set(
      __func__, mmd_task_handle_apply_counted((mmd_task_handle_t *)classifier, mats, mat_count,
                                              &g_kind, results, result_count));
}
