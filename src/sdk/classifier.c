// SPDX-License-Identifier: Apache-2.0
#include "mmdeploy/classifier.h"

#include "base/alloc.h"
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

static mmd_status_t get_result(const mmd_value_t *output, mmdeploy_classification_t **results,
                               int **result_count) {
  MMD_CHECK_POINTER(results);
  MMD_CHECK_POINTER(result_count);
  *results = NULL;
  *result_count = NULL;
  void *items = NULL;
  MMD_TRY(mmd_result_read_counted(output, "classifier", NULL, sizeof **results, read_answer, &items,
                                  result_count));
  *results = items;
  return NULL;
}

int mmdeploy_classifier_get_result(mmdeploy_value_t output, mmdeploy_classification_t **results,
                                   int **result_count) {
  return mmd_last_error_set(__func__,
                            get_result((const mmd_value_t *)output, results, result_count));
}

void mmdeploy_classifier_release_result(mmdeploy_classification_t *results, const int *result_count,
                                        int count) {
  (void)count;
  mmd_result_release(results);
  mmd_free((void *)(uintptr_t)result_count);
}

static mmd_status_t apply(mmd_task_handle_t *handle, const mmdeploy_mat_t *mats, int mat_count,
                          mmdeploy_classification_t **results, int **result_count) {
  MMD_CHECK_POINTER(results);
  MMD_CHECK_POINTER(result_count);
  *results = NULL;
  *result_count = NULL;
  mmd_value_t *output = NULL;
  MMD_TRY(mmd_task_handle_run_mats(handle, mats, mat_count, &output));
  mmd_status_t status = get_result(output, results, result_count);
  mmd_value_release(output);
  return status;
}

int mmdeploy_classifier_apply(mmdeploy_classifier_t classifier, const mmdeploy_mat_t *mats,
                              int mat_count, mmdeploy_classification_t **results,
                              int **result_count) {
  return mmd_last_error_set(
      __func__, apply((mmd_task_handle_t *)classifier, mats, mat_count, results, result_count));
}
