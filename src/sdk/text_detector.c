// SPDX-License-Identifier: Apache-2.0
#include "mmdeploy/text_detector.h"

#include "sdk/result.h"
#include "sdk/task_functions.h"

MMD_TASK_LIFE(text_detector, "TextDetector")
MMD_TASK_INPUT(text_detector)
MMD_TASK_APPLY_V2(text_detector)
MMD_TASK_APPLY_ASYNC(text_detector)

//===--- results -----------------------------------------------------------===//

static mmd_status_t read_answer(void *items, const mmd_value_t *answer, void *item) {
  mmdeploy_text_detection_t *detection = item;
  float corners[8];
  (void)items;
  MMD_TRY(mmd_result_floats(answer, "bbox", 8, corners));
  for (int i = 0; i < 4; ++i) {
    detection->bbox[i] = (mmdeploy_point_t){corners[2 * i], corners[2 * i + 1]};
  }
  return mmd_result_float(answer, "score", &detection->score);
}

static const mmd_result_kind_t g_kind = {"text detector", NULL, sizeof(mmdeploy_text_detection_t),
                                         read_answer};

int mmdeploy_text_detector_get_result(mmdeploy_value_t output, mmdeploy_text_detection_t **results,
                                      int **result_count) {
  return mmd_last_error_set(__func__, mmd_result_get_counted((const mmd_value_t *)output, &g_kind,
                                                             results, result_count));
}

void mmdeploy_text_detector_release_result(mmdeploy_text_detection_t *results,
                                           const int *result_count, int count) {
  (void)count;
  mmd_result_release_counted(results, result_count);
}

int mmdeploy_text_detector_apply(mmdeploy_text_detector_t detector, const mmdeploy_mat_t *mats,
                                 int mat_count, mmdeploy_text_detection_t **results,
                                 int **result_count) {
  return mmd_last_error_set(
      __func__, mmd_task_handle_apply_counted((mmd_task_handle_t *)detector, mats, mat_count,
                                              &g_kind, results, result_count));
}

//===--- continuations -----------------------------------------------------===//

static mmd_status_t go_on(void *context, mmd_value_t *value, mmd_sender_t **out_sender) {
  const mmd_continuation_t *self = context;
  const mmdeploy_text_detector_continue_t fn = (mmdeploy_text_detector_continue_t)self->fn;
  mmdeploy_text_detection_t *results = NULL;
  mmdeploy_sender_t sender = NULL;
  int *counts = NULL;
  MMD_TRY(mmd_result_get_counted(value, &g_kind, &results, &counts));
  const int code = fn(results, counts, self->context, &sender);
  return mmd_continue_result(code, sender, out_sender);
}

int mmdeploy_text_detector_continue_async(mmdeploy_sender_t input,
                                          mmdeploy_text_detector_continue_t cont, void *context,
                                          mmdeploy_sender_t *output) {
  return mmd_last_error_set(__func__,
                            mmd_continue_async(input, (mmd_any_fn)cont, context, go_on, output));
}

int mmdeploy_text_detector_apply_async_v3(mmdeploy_text_detector_t detector,
                                          const mmdeploy_mat_t *imgs, int img_count,
                                          mmdeploy_sender_t *output) {
  mmd_value_t *input = NULL;
  mmd_status_t made = mmd_input_create(imgs, img_count, &input);
  return mmd_last_error_set(
      __func__, mmd_task_handle_run_async_on((mmd_task_handle_t *)detector, made, input, output));
}
