// SPDX-License-Identifier: Apache-2.0
#include "mmdeploy/segmentor.h"

#include "sdk/result.h"
#include "sdk/task_functions.h"

MMD_TASK_LIFE(segmentor, "Segmentor")
MMD_TASK_INPUT(segmentor)
MMD_TASK_APPLY_V2(segmentor)
MMD_TASK_APPLY_ASYNC(segmentor)

//===--- results -----------------------------------------------------------===//

// The numbers stay where they are; the results keep them.
static mmd_status_t read_plane(void *items, const mmd_value_t *value, mmd_dtype_t dtype,
                               size_t count, void **out_data) {
  const mmd_tensor_t *tensor = mmd_value_get_tensor(value);
  if (!tensor) return NULL;
  if (tensor->dtype != dtype || mmd_tensor_count(tensor) != count ||
      !mmd_tensor_is_contiguous(tensor)) {
    return MMD_ERROR(MMD_CORRUPT, "a map does not have the size of its picture");
  }
  *out_data = (void *)(uintptr_t)mmd_tensor_data(tensor);
  return mmd_result_keep(items, value);
}

static mmd_status_t read_answer(void *items, const mmd_value_t *answer, void *item) {
  mmdeploy_segmentation_t *result = item;
  void *mask = NULL, *score = NULL;
  MMD_TRY(mmd_result_int(answer, "height", &result->height));
  MMD_TRY(mmd_result_int(answer, "width", &result->width));
  MMD_TRY(mmd_result_int(answer, "classes", &result->classes));
  const mmd_tensor_t *scores = mmd_value_get_tensor(mmd_object_get(answer, "score"));
  if (result->height < 0 || result->width < 0 || result->classes < 0 ||
      (scores && scores->shape.rank == 4 && scores->shape.dims[1] != result->classes)) {
    return MMD_ERROR(MMD_CORRUPT, "the network gave scores of other than %d classes",
                     result->classes);
  }
  const size_t area = (size_t)result->height * (size_t)result->width;
  MMD_TRY(read_plane(items, mmd_object_get(answer, "mask"), MMD_I32, area, &mask));
  MMD_TRY(read_plane(items, mmd_object_get(answer, "score"), MMD_F32,
                     area * (size_t)result->classes, &score));
  result->mask = mask;
  result->score = score;
  return NULL;
}

static const mmd_result_kind_t g_kind = {"segmentor", NULL, sizeof(mmdeploy_segmentation_t),
                                         read_answer};

int mmdeploy_segmentor_get_result(mmdeploy_value_t output, mmdeploy_segmentation_t **results) {
  return mmd_last_error_set(__func__,
                            mmd_result_get_fixed((const mmd_value_t *)output, &g_kind, results));
}

void mmdeploy_segmentor_release_result(mmdeploy_segmentation_t *results, int count) {
  (void)count;
  mmd_result_release(results);
}

int mmdeploy_segmentor_apply(mmdeploy_segmentor_t segmentor, const mmdeploy_mat_t *mats,
                             int mat_count, mmdeploy_segmentation_t **results) {
  return mmd_last_error_set(
      __func__, mmd_task_handle_apply_fixed((mmd_task_handle_t *)segmentor, mats, mat_count,
                                            &g_kind, results));
}
