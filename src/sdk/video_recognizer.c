// SPDX-License-Identifier: Apache-2.0
#include "mmdeploy/video_recognizer.h"

#include <limits.h>

#include "sdk/result.h"
#include "sdk/task_functions.h"

MMD_TASK_LIFE(video_recognizer, "VideoRecognizer")
MMD_TASK_APPLY_V2(video_recognizer)

//===--- results -----------------------------------------------------------===//

static mmd_status_t read_answer(void *items, const mmd_value_t *answer, void *item) {
  mmdeploy_video_recognition_t *result = item;
  (void)items;
  MMD_TRY(mmd_result_int(answer, "label_id", &result->label_id));
  return mmd_result_float(answer, "score", &result->score);
}

static const mmd_result_kind_t g_kind = {"video recognizer", NULL,
                                         sizeof(mmdeploy_video_recognition_t), read_answer};

int mmdeploy_video_recognizer_get_result(mmdeploy_value_t output,
                                         mmdeploy_video_recognition_t **results,
                                         int **result_count) {
  return mmd_last_error_set(__func__, mmd_result_get_counted((const mmd_value_t *)output, &g_kind,
                                                             results, result_count));
}

void mmdeploy_video_recognizer_release_result(mmdeploy_video_recognition_t *results,
                                              int *result_count, int video_count) {
  (void)video_count;
  mmd_result_release_counted(results, result_count);
}

//===--- inputs ------------------------------------------------------------===//

static mmd_status_t count_frames(const mmdeploy_video_sample_info_t *info, int video_count,
                                 int *out_count) {
  int64_t total = 0;
  for (int i = 0; i < video_count; ++i) {
    if (info[i].clip_len < 1 || info[i].num_clips < 1) {
      return MMD_ERROR(MMD_INVALID_ARGUMENT, "video %d: %d clips of %d frames", i,
                       info[i].num_clips, info[i].clip_len);
    }
    total += (int64_t)info[i].clip_len * info[i].num_clips;
    if (total > INT_MAX) return MMD_ERROR(MMD_OUT_OF_RANGE, "more than %d frames", INT_MAX);
  }
  *out_count = (int)total;
  return NULL;
}

// The next frames of |plain|, from |*at| on, as one video.
static mmd_status_t append_video(const mmd_value_t *plain, size_t *at,
                                 const mmdeploy_video_sample_info_t *info, mmd_value_t *videos) {
  mmd_value_t *frames = mmd_value_array();
  MMD_TRY(mmd_array_take(videos, frames));
  for (int i = 0; i < info->clip_len * info->num_clips; ++i) {
    const mmd_value_t *sample = mmd_array_at(plain, (*at)++);
    mmd_value_t *frame = mmd_value_object();
    MMD_TRY(mmd_array_take(frames, frame));
    MMD_TRY(mmd_object_take(frame, "ori_img", mmd_value_retain(mmd_object_get(sample, "ori_img"))));
    MMD_TRY(mmd_object_take(frame, "clip_len", mmd_value_int(info->clip_len)));
    MMD_TRY(mmd_object_take(frame, "num_clips", mmd_value_int(info->num_clips)));
  }
  return NULL;
}

static mmd_status_t fill_input(const mmd_value_t *plain, const mmdeploy_video_sample_info_t *info,
                               int video_count, mmd_value_t *value) {
  mmd_value_t *videos = mmd_value_array();
  size_t at = 0;
  MMD_TRY(mmd_array_take(value, videos));
  for (int i = 0; i < video_count; ++i) MMD_TRY(append_video(plain, &at, &info[i], videos));
  return NULL;
}

static mmd_status_t create_input(const mmdeploy_mat_t *images,
                                 const mmdeploy_video_sample_info_t *info, int video_count,
                                 mmd_value_t **out_value) {
  mmd_value_t *plain = NULL;
  int frame_count = 0;
  MMD_CHECK_POINTER(out_value);
  *out_value = NULL;
  if (video_count < 0) return MMD_ERROR(MMD_INVALID_ARGUMENT, "%d videos", video_count);
  if (video_count) MMD_CHECK_POINTER(info);
  MMD_TRY(count_frames(info, video_count, &frame_count));
  MMD_TRY(mmd_input_create(images, frame_count, &plain));
  mmd_value_t *value = mmd_value_array();
  mmd_status_t status =
      value ? fill_input(mmd_array_at(plain, 0), info, video_count, value) : mmd_status_no_memory();
  mmd_value_release(plain);
  if (status)
    mmd_value_release(value);
  else
    *out_value = value;
  return status;
}

int mmdeploy_video_recognizer_create_input(const mmdeploy_mat_t *images,
                                           const mmdeploy_video_sample_info_t *video_info,
                                           int video_count, mmdeploy_value_t *value) {
  return mmd_last_error_set(__func__,
                            create_input(images, video_info, video_count, (mmd_value_t **)value));
}

//===--- runs --------------------------------------------------------------===//

static mmd_status_t apply(mmd_task_handle_t *handle, const mmdeploy_mat_t *images,
                          const mmdeploy_video_sample_info_t *info, int video_count,
                          mmdeploy_video_recognition_t **results, int **result_count) {
  MMD_TRY(mmd_result_clear_counted(results, result_count));
  MMD_CHECK_HANDLE(handle, MMD_TAG_TASK);
  mmd_value_t *input = NULL, *output = NULL;
  MMD_TRY(create_input(images, info, video_count, &input));
  mmd_status_t status = mmd_task_handle_run(handle, input, &output);
  if (!status) status = mmd_result_get_counted(output, &g_kind, results, result_count);
  mmd_value_release(input);
  mmd_value_release(output);
  return status;
}

int mmdeploy_video_recognizer_apply(mmdeploy_video_recognizer_t recognizer,
                                    const mmdeploy_mat_t *images,
                                    const mmdeploy_video_sample_info_t *video_info, int video_count,
                                    mmdeploy_video_recognition_t **results, int **result_count) {
  return mmd_last_error_set(__func__, apply((mmd_task_handle_t *)recognizer, images, video_info,
                                            video_count, results, result_count));
}
