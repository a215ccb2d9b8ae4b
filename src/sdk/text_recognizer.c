// SPDX-License-Identifier: Apache-2.0
#include "mmdeploy/text_recognizer.h"

#include <string.h>

#include "sdk/result.h"
#include "sdk/task_functions.h"

#define TASK "TextRecognizer"

MMD_TASK_APPLY_V2(text_recognizer)
MMD_TASK_APPLY_ASYNC(text_recognizer)

//===--- life --------------------------------------------------------------===//

// The handle is more than the package's pipeline: it cuts the texts out of the pictures first.
static const char g_config[] =
    "{\"type\": \"Pipeline\", \"input\": [\"imgs\", \"bboxes\"], \"output\": [\"texts\"], "
    "\"tasks\": ["
    " {\"type\": \"Task\", \"module\": \"WarpBbox\", \"input\": [\"imgs\", \"bboxes\"],"
    "  \"output\": [\"patches\"]},"
    " {\"type\": \"Inference\", \"params\": {\"model\": \"text_recognizer\"},"
    "  \"input\": [\"patches\"], \"output\": [\"texts\"]}]}";

static const mmd_task_config_t g_task = {TASK, g_config, "text_recognizer"};

int mmdeploy_text_recognizer_create(mmdeploy_model_t model, const char *device_name, int device_id,
                                    mmdeploy_text_recognizer_t *recognizer) {
  return mmd_last_error_set(__func__,
                            mmd_task_config_create_on(&g_task, model, device_name, device_id,
                                                      (mmd_task_handle_t **)recognizer));
}

int mmdeploy_text_recognizer_create_by_path(const char *model_path, const char *device_name,
                                            int device_id, mmdeploy_text_recognizer_t *recognizer) {
  return mmd_last_error_set(
      __func__, mmd_task_config_create_by_path(&g_task, model_path, device_name, device_id,
                                               (mmd_task_handle_t **)recognizer));
}

int mmdeploy_text_recognizer_create_v2(mmdeploy_model_t model, mmdeploy_context_t context,
                                       mmdeploy_text_recognizer_t *recognizer) {
  return mmd_last_error_set(
      __func__, mmd_task_config_create(&g_task, model, context, (mmd_task_handle_t **)recognizer));
}

void mmdeploy_text_recognizer_destroy(mmdeploy_text_recognizer_t recognizer) {
  mmd_task_handle_destroy((mmd_task_handle_t *)recognizer);
}

//===--- inputs ------------------------------------------------------------===//

static mmd_status_t make_box(const mmdeploy_text_detection_t *detection, mmd_value_t **out_value) {
  mmd_value_t *object = mmd_value_object(), *list = object ? mmd_value_array() : NULL;
  mmd_status_t status = object ? mmd_object_take(object, "bbox", list) : mmd_status_no_memory();
  for (int i = 0; i < 8 && !status; ++i) {
    const mmdeploy_point_t *point = &detection->bbox[i / 2];
    status = mmd_array_take(list, mmd_value_float((double)(i % 2 ? point->y : point->x)));
  }
  if (status)
    mmd_value_release(object);
  else
    *out_value = object;
  return status;
}

// A pair of picture and box (NULL: the whole picture).
static mmd_status_t append_pair(const mmd_value_t *sample,
                                const mmdeploy_text_detection_t *detection, mmd_value_t *images,
                                mmd_value_t *boxes) {
  mmd_value_t *box = NULL;
  MMD_TRY(mmd_array_take(images, mmd_value_retain((mmd_value_t *)(uintptr_t)sample)));
  if (!detection) return mmd_array_take(boxes, mmd_value_null());
  MMD_TRY(make_box(detection, &box));
  return mmd_array_take(boxes, box);
}

static mmd_status_t append_pairs(const mmd_value_t *samples,
                                 const mmdeploy_text_detection_t *bboxes, const int *bbox_count,
                                 mmd_value_t *images, mmd_value_t *boxes) {
  for (size_t i = 0; i < mmd_array_size(samples); ++i) {
    const mmd_value_t *sample = mmd_array_at(samples, i);
    if (!bboxes || !bbox_count) {
      MMD_TRY(append_pair(sample, NULL, images, boxes));
      continue;
    }
    if (bbox_count[i] < 0) {
      return MMD_ERROR(MMD_INVALID_ARGUMENT, "bbox_count[%zu] is %d", i, bbox_count[i]);
    }
    for (int k = 0; k < bbox_count[i]; ++k) MMD_TRY(append_pair(sample, bboxes++, images, boxes));
  }
  return NULL;
}

static mmd_status_t create_input(const mmdeploy_mat_t *mats, int mat_count,
                                 const mmdeploy_text_detection_t *bboxes, const int *bbox_count,
                                 mmd_value_t **out_value) {
  mmd_value_t *plain = NULL;
  MMD_CHECK_POINTER(out_value);
  *out_value = NULL;
  MMD_TRY(mmd_input_create(mats, mat_count, &plain));
  mmd_value_t *value = mmd_value_array(), *images = NULL, *boxes = NULL;
  mmd_status_t status = value ? NULL : mmd_status_no_memory();
  if (!status) status = mmd_array_take(value, images = mmd_value_array());
  if (!status) status = mmd_array_take(value, boxes = mmd_value_array());
  if (!status) status = append_pairs(mmd_array_at(plain, 0), bboxes, bbox_count, images, boxes);
  mmd_value_release(plain);
  if (status)
    mmd_value_release(value);
  else
    *out_value = value;
  return status;
}

int mmdeploy_text_recognizer_create_input(const mmdeploy_mat_t *images, int image_count,
                                          const mmdeploy_text_detection_t *bboxes,
                                          const int *bbox_count, mmdeploy_value_t *output) {
  return mmd_last_error_set(
      __func__, create_input(images, image_count, bboxes, bbox_count, (mmd_value_t **)output));
}

//===--- results -----------------------------------------------------------===//

static mmd_status_t read_answer(void *items, const mmd_value_t *answer, void *item) {
  mmdeploy_text_recognition_t *result = item;
  const mmd_value_t *scores = mmd_object_get(answer, "score");
  const char *text = mmd_value_get_string(mmd_object_get(answer, "text"), NULL);
  if (!text || mmd_value_kind(scores) != MMD_VALUE_ARRAY) {
    return MMD_ERROR(MMD_CORRUPT, "an answer has no text and score");
  }
  const size_t size = strlen(text) + 1, count = mmd_array_size(scores);
  result->text = mmd_result_alloc(items, size, 1);
  result->score = mmd_result_alloc(items, count, sizeof *result->score);
  if (!result->text || !result->score) return mmd_status_no_memory();
  memcpy(result->text, text, size);
  result->length = (int)count;
  return mmd_result_floats(answer, "score", count, result->score);
}

static const mmd_result_kind_t g_kind = {"text recognizer", NULL,
                                         sizeof(mmdeploy_text_recognition_t), read_answer};

int mmdeploy_text_recognizer_get_result(mmdeploy_value_t output,
                                        mmdeploy_text_recognition_t **results) {
  return mmd_last_error_set(__func__,
                            mmd_result_get_fixed((const mmd_value_t *)output, &g_kind, results));
}

void mmdeploy_text_recognizer_release_result(mmdeploy_text_recognition_t *results, int count) {
  (void)count;
  mmd_result_release(results);
}

//===--- runs --------------------------------------------------------------===//

static mmd_status_t apply(mmd_task_handle_t *handle, const mmdeploy_mat_t *images, int image_count,
                          const mmdeploy_text_detection_t *bboxes, const int *bbox_count,
                          mmdeploy_text_recognition_t **results) {
  MMD_TRY(mmd_result_clear_fixed(results));
  MMD_CHECK_HANDLE(handle, MMD_TAG_TASK);
  mmd_value_t *input = NULL, *output = NULL;
  MMD_TRY(create_input(images, image_count, bboxes, bbox_count, &input));
  mmd_status_t status = mmd_task_handle_run(handle, input, &output);
  if (!status) status = mmd_result_get_fixed(output, &g_kind, results);
  mmd_value_release(input);
  mmd_value_release(output);
  return status;
}

int mmdeploy_text_recognizer_apply_bbox(mmdeploy_text_recognizer_t recognizer,
                                        const mmdeploy_mat_t *images, int image_count,
                                        const mmdeploy_text_detection_t *bboxes,
                                        const int *bbox_count,
                                        mmdeploy_text_recognition_t **results) {
  return mmd_last_error_set(__func__, apply((mmd_task_handle_t *)recognizer, images, image_count,
                                            bboxes, bbox_count, results));
}

int mmdeploy_text_recognizer_apply(mmdeploy_text_recognizer_t recognizer,
                                   const mmdeploy_mat_t *images, int count,
                                   mmdeploy_text_recognition_t **results) {
  return mmd_last_error_set(
      __func__, apply((mmd_task_handle_t *)recognizer, images, count, NULL, NULL, results));
}

//===--- continuations -----------------------------------------------------===//

static mmd_status_t go_on(void *context, mmd_value_t *value, mmd_sender_t **out_sender) {
  const mmd_continuation_t *self = context;
  const mmdeploy_text_recognizer_continue_t fn = (mmdeploy_text_recognizer_continue_t)self->fn;
  mmdeploy_text_recognition_t *results = NULL;
  mmdeploy_sender_t sender = NULL;
  MMD_TRY(mmd_result_get_fixed(value, &g_kind, &results));
  const int code = fn(results, self->context, &sender);
  return mmd_continue_result(code, sender, out_sender);
}

int mmdeploy_text_recognizer_continue_async(mmdeploy_sender_t input,
                                            mmdeploy_text_recognizer_continue_t cont, void *context,
                                            mmdeploy_sender_t *output) {
  return mmd_last_error_set(__func__,
                            mmd_continue_async(input, (mmd_any_fn)cont, context, go_on, output));
}

int mmdeploy_text_recognizer_apply_async_v3(mmdeploy_text_recognizer_t recognizer,
                                            const mmdeploy_mat_t *imgs, int img_count,
                                            const mmdeploy_text_detection_t *bboxes,
                                            const int *bbox_count, mmdeploy_sender_t *output) {
  mmd_value_t *input = NULL;
  mmd_status_t made = create_input(imgs, img_count, bboxes, bbox_count, &input);
  return mmd_last_error_set(
      __func__, mmd_task_handle_run_async_on((mmd_task_handle_t *)recognizer, made, input, output));
}
