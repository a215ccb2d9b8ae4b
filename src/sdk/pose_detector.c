// SPDX-License-Identifier: Apache-2.0
#include "mmdeploy/pose_detector.h"

#include "sdk/result.h"
#include "sdk/task_functions.h"

MMD_TASK_LIFE(pose_detector, "PoseDetector")

MMD_TASK_APPLY_V2(pose_detector)
MMD_TASK_APPLY_ASYNC(pose_detector)

//===--- results -----------------------------------------------------------===//

static mmd_status_t read_answer(void *items, const mmd_value_t *answer, void *item) {
  mmdeploy_pose_detection_t *result = item;
  const mmd_value_t *points = mmd_object_get(answer, "key_points");
  if (mmd_value_kind(points) != MMD_VALUE_ARRAY) {
    return MMD_ERROR(MMD_CORRUPT, "an answer has no key_points");
  }
  const size_t count = mmd_array_size(points);
  result->point = mmd_result_alloc(items, count, sizeof *result->point);
  result->score = mmd_result_alloc(items, count, sizeof *result->score);
  if (!result->point || !result->score) return mmd_status_no_memory();
  result->length = (int)count;
  for (size_t i = 0; i < count; ++i) {
    float point[2];
    MMD_TRY(mmd_result_floats(mmd_array_at(points, i), "bbox", 2, point));
    MMD_TRY(mmd_result_float(mmd_array_at(points, i), "score", &result->score[i]));
    result->point[i] = (mmdeploy_point_t){point[0], point[1]};
  }
  return NULL;
}

static const mmd_result_kind_t g_kind = {"pose detector", NULL, sizeof(mmdeploy_pose_detection_t),
                                         read_answer};

int mmdeploy_pose_detector_get_result(mmdeploy_value_t output,
                                      mmdeploy_pose_detection_t **results) {
  return mmd_last_error_set(__func__,
                            mmd_result_get_fixed((const mmd_value_t *)output, &g_kind, results));
}

void mmdeploy_pose_detector_release_result(mmdeploy_pose_detection_t *results, int count) {
  (void)count;
  mmd_result_release(results);
}

//===--- inputs ------------------------------------------------------------===//

// |sample| with a box of its own.
static mmd_status_t append_sample(const mmd_value_t *sample, const float box[5],
                                  mmd_value_t *samples) {
  mmd_value_t *object = mmd_value_object(), *list = NULL;
  MMD_TRY(mmd_array_take(samples, object));
  MMD_TRY(mmd_object_take(object, "ori_img", mmd_value_retain(mmd_object_get(sample, "ori_img"))));
  MMD_TRY(mmd_object_take(object, "bbox", list = mmd_value_array()));
  for (int i = 0; i < 5; ++i) MMD_TRY(mmd_array_take(list, mmd_value_float((double)box[i])));
  return NULL;
}

static mmd_status_t append_samples(const mmd_value_t *plain, const mmdeploy_mat_t *mats,
                                   const mmdeploy_rect_t *bboxes, const int *bbox_count,
                                   mmd_value_t *samples) {
  for (size_t i = 0; i < mmd_array_size(plain); ++i) {
    const mmd_value_t *sample = mmd_array_at(plain, i);
    if (!bboxes || !bbox_count) {
      const float whole[] = {0, 0, (float)mats[i].width, (float)mats[i].height, 1};
      MMD_TRY(append_sample(sample, whole, samples));
      continue;
    }
    if (bbox_count[i] < 0) {
      return MMD_ERROR(MMD_INVALID_ARGUMENT, "bbox_count[%zu] is %d", i, bbox_count[i]);
    }
    for (int k = 0; k < bbox_count[i]; ++k, ++bboxes) {
      // The right and bottom pixels are within.
      const float box[] = {bboxes->left, bboxes->top, bboxes->right - bboxes->left + 1,
                           bboxes->bottom - bboxes->top + 1, 1};
      MMD_TRY(append_sample(sample, box, samples));
    }
  }
  return NULL;
}

static mmd_status_t create_input(const mmdeploy_mat_t *mats, int mat_count,
                                 const mmdeploy_rect_t *bboxes, const int *bbox_count,
                                 mmd_value_t **out_value) {
  mmd_value_t *plain = NULL, *samples = NULL;
  MMD_CHECK_POINTER(out_value);
  *out_value = NULL;
  MMD_TRY(mmd_input_create(mats, mat_count, &plain));
  mmd_value_t *value = mmd_value_array();
  mmd_status_t status =
      value ? mmd_array_take(value, samples = mmd_value_array()) : mmd_status_no_memory();
  if (!status) status = append_samples(mmd_array_at(plain, 0), mats, bboxes, bbox_count, samples);
  mmd_value_release(plain);
  if (status)
    mmd_value_release(value);
  else
    *out_value = value;
  return status;
}

int mmdeploy_pose_detector_create_input(const mmdeploy_mat_t *mats, int mat_count,
                                        const mmdeploy_rect_t *bboxes, const int *bbox_count,
                                        mmdeploy_value_t *value) {
  return mmd_last_error_set(
      __func__, create_input(mats, mat_count, bboxes, bbox_count, (mmd_value_t **)value));
}

//===--- runs --------------------------------------------------------------===//

static mmd_status_t apply(mmd_task_handle_t *handle, const mmdeploy_mat_t *mats, int mat_count,
                          const mmdeploy_rect_t *bboxes, const int *bbox_count,
                          mmdeploy_pose_detection_t **results) {
  MMD_TRY(mmd_result_clear_fixed(results));
  MMD_CHECK_HANDLE(handle, MMD_TAG_TASK);
  mmd_value_t *input = NULL, *output = NULL;
  MMD_TRY(create_input(mats, mat_count, bboxes, bbox_count, &input));
  mmd_status_t status = mmd_task_handle_run(handle, input, &output);
  if (!status) status = mmd_result_get_fixed(output, &g_kind, results);
  mmd_value_release(input);
  mmd_value_release(output);
  return status;
}

int mmdeploy_pose_detector_apply_bbox(mmdeploy_pose_detector_t detector, const mmdeploy_mat_t *mats,
                                      int mat_count, const mmdeploy_rect_t *bboxes,
                                      const int *bbox_count, mmdeploy_pose_detection_t **results) {
  return mmd_last_error_set(
      __func__, apply((mmd_task_handle_t *)detector, mats, mat_count, bboxes, bbox_count, results));
}

int mmdeploy_pose_detector_apply(mmdeploy_pose_detector_t detector, const mmdeploy_mat_t *mats,
                                 int mat_count, mmdeploy_pose_detection_t **results) {
  return mmd_last_error_set(
      __func__, apply((mmd_task_handle_t *)detector, mats, mat_count, NULL, NULL, results));
}
