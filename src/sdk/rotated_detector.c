// SPDX-License-Identifier: Apache-2.0
#include "mmdeploy/rotated_detector.h"

#include "base/alloc.h"
#include "sdk/result.h"
#include "sdk/task_functions.h"

MMD_TASK_LIFE(rotated_detector, "RotatedDetector")
MMD_TASK_INPUT(rotated_detector)
MMD_TASK_APPLY_V2(rotated_detector)
MMD_TASK_APPLY_ASYNC(rotated_detector)

//===--- results -----------------------------------------------------------===//

static mmd_status_t read_answer(void *items, const mmd_value_t *answer, void *item) {
  mmdeploy_rotated_detection_t *detection = item;
  (void)items;
  MMD_TRY(mmd_result_int(answer, "label_id", &detection->label_id));
  MMD_TRY(mmd_result_float(answer, "score", &detection->score));
  return mmd_result_floats(answer, "rbbox", 5, detection->rbbox);
}

static mmd_status_t get_result(const mmd_value_t *output, mmdeploy_rotated_detection_t **results,
                               int **result_count) {
  MMD_CHECK_POINTER(results);
  MMD_CHECK_POINTER(result_count);
  *results = NULL;
  *result_count = NULL;
  void *items = NULL;
  MMD_TRY(mmd_result_read_counted(output, "rotated detector", "detections", sizeof **results,
                                  read_answer, &items, result_count));
  *results = items;
  return NULL;
}

int mmdeploy_rotated_detector_get_result(mmdeploy_value_t output,
                                         mmdeploy_rotated_detection_t **results,
                                         int **result_count) {
  return mmd_last_error_set(__func__,
                            get_result((const mmd_value_t *)output, results, result_count));
}

void mmdeploy_rotated_detector_release_result(mmdeploy_rotated_detection_t *results,
                                              const int *result_count) {
  mmd_result_release(results);
  mmd_free((void *)(uintptr_t)result_count);
}

static mmd_status_t apply(mmd_task_handle_t *handle, const mmdeploy_mat_t *mats, int mat_count,
                          mmdeploy_rotated_detection_t **results, int **result_count) {
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

int mmdeploy_rotated_detector_apply(mmdeploy_rotated_detector_t detector,
                                    const mmdeploy_mat_t *mats, int mat_count,
                                    mmdeploy_rotated_detection_t **results, int **result_count) {
  return mmd_last_error_set(
      __func__, apply((mmd_task_handle_t *)detector, mats, mat_count, results, result_count));
}
