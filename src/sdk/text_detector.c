// SPDX-License-Identifier: Apache-2.0
#include "mmdeploy/text_detector.h"

#include "base/alloc.h"
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

static mmd_status_t get_result(const mmd_value_t *output, mmdeploy_text_detection_t **results,
                               int **result_count) {
  MMD_CHECK_POINTER(results);
  MMD_CHECK_POINTER(result_count);
  *results = NULL;
  *result_count = NULL;
  void *items = NULL;
  MMD_TRY(mmd_result_read_counted(output, "text detector", NULL, sizeof **results, read_answer,
                                  &items, result_count));
  *results = items;
  return NULL;
}

int mmdeploy_text_detector_get_result(mmdeploy_value_t output, mmdeploy_text_detection_t **results,
                                      int **result_count) {
  return mmd_last_error_set(__func__,
                            get_result((const mmd_value_t *)output, results, result_count));
}

void mmdeploy_text_detector_release_result(mmdeploy_text_detection_t *results,
                                           const int *result_count, int count) {
  (void)count;
  mmd_result_release(results);
  mmd_free((void *)(uintptr_t)result_count);
}

static mmd_status_t apply(mmd_task_handle_t *handle, const mmdeploy_mat_t *mats, int mat_count,
                          mmdeploy_text_detection_t **results, int **result_count) {
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

int mmdeploy_text_detector_apply(mmdeploy_text_detector_t detector, const mmdeploy_mat_t *mats,
                                 int mat_count, mmdeploy_text_detection_t **results,
                                 int **result_count) {
  return mmd_last_error_set(
      __func__, apply((mmd_task_handle_t *)detector, mats, mat_count, results, result_count));
}

//===--- continuations -----------------------------------------------------===//

typedef struct continuation_t {
  mmdeploy_text_detector_continue_t fn;
  void *context;
} continuation_t;

static mmd_status_t go_on(void *context, mmd_value_t *value, mmd_sender_t **out_sender) {
  const continuation_t *self = context;
  mmdeploy_text_detection_t *results = NULL;
  mmdeploy_sender_t sender = NULL;
  int *counts = NULL;
  MMD_TRY(get_result(value, &results, &counts));
  const int code = self->fn(results, counts, self->context, &sender);
  return mmd_continue_result(code, sender, out_sender);
}

static mmd_status_t continue_async(mmdeploy_sender_t input, mmdeploy_text_detector_continue_t fn,
                                   void *context, mmdeploy_sender_t *output) {
  MMD_CHECK_POINTER(output);
  *output = NULL;
  MMD_CHECK_POINTER(input);
  MMD_CHECK_POINTER(fn);
  continuation_t *self = mmd_alloc(sizeof *self);
  MMD_TRY_ALLOC(self);
  *self = (continuation_t){fn, context};
  return mmd_sender_let_value((mmd_sender_t *)input, go_on, self, mmd_free,
                              (mmd_sender_t **)output);
}

int mmdeploy_text_detector_continue_async(mmdeploy_sender_t input,
                                          mmdeploy_text_detector_continue_t cont, void *context,
                                          mmdeploy_sender_t *output) {
  return mmd_last_error_set(__func__, continue_async(input, cont, context, output));
}

int mmdeploy_text_detector_apply_async_v3(mmdeploy_text_detector_t detector,
                                          const mmdeploy_mat_t *imgs, int img_count,
                                          mmdeploy_sender_t *output) {
  mmd_value_t *input = NULL;
  if (output) *output = NULL;
  mmd_status_t status = mmd_input_create(imgs, img_count, &input);
  if (!status) status = mmd_task_handle_run_async_on((mmd_task_handle_t *)detector, input, output);
  mmd_value_release(input);
  return mmd_last_error_set(__func__, status);
}
