// SPDX-License-Identifier: Apache-2.0
#include "mmdeploy/rotated_detector.h"

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

static const mmd_result_kind_t g_kind = {"rotated detector", "detections",
                                         sizeof(mmdeploy_rotated_detection_t), read_answer};

int mmdeploy_rotated_detector_get_result(mmdeploy_value_t output,
                                         mmdeploy_rotated_detection_t **results,
                                         int **result_count) {
  return mmd_last_error_set(__func__, mmd_result_get_counted((const mmd_value_t *)output, &g_kind,
                                                             results, result_count));
}

void mmdeploy_rotated_detector_release_result(mmdeploy_rotated_detection_t *results,
                                              const int *result_count) {
  mmd_result_release_counted(results, result_count);
}

int mmdeploy_rotated_detector_apply(mmdeploy_rotated_detector_t detector,
                                    const mmdeploy_mat_t *mats, int mat_count,
                                    mmdeploy_rotated_detection_t **results, int **result_count) {
  return mmd_last_error_set(
      __func__, mmd_task_handle_apply_counted((mmd_task_handle_t *)detector, mats, mat_count,
                                              &g_kind, results, result_count));
}
