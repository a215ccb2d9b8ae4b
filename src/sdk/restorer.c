// SPDX-License-Identifier: Apache-2.0
#include "mmdeploy/restorer.h"

#include "sdk/result.h"
#include "sdk/task_functions.h"

MMD_TASK_LIFE(restorer, "Restorer")
MMD_TASK_INPUT(restorer)
MMD_TASK_APPLY_V2(restorer)
MMD_TASK_APPLY_ASYNC(restorer)

//===--- results -----------------------------------------------------------===//

// The pixels stay where they are; the results keep them.
static mmd_status_t read_answer(void *items, const mmd_value_t *answer, void *item) {
  mmdeploy_mat_t *mat = item;
  const mmd_image_t *image = mmd_value_get_image(answer);
  const size_t channels = image ? (size_t)mmd_pixel_channels(image->format) : 0;
  if (!image || image->dtype != MMD_U8 || image->row_stride != (size_t)image->width * channels) {
    return MMD_ERROR(MMD_CORRUPT, "an answer is no packed picture of bytes");
  }
  mat->data = (uint8_t *)(uintptr_t)image->data;
  mat->height = image->height;
  mat->width = image->width;
  mat->channel = (int)channels;
  mat->format = (mmdeploy_pixel_format_t)image->format;
  mat->type = MMDEPLOY_DATA_TYPE_UINT8;
  return mmd_result_keep(items, answer);
}

static mmd_status_t get_result(const mmd_value_t *output, mmdeploy_mat_t **results) {
  MMD_CHECK_POINTER(results);
  *results = NULL;
  void *items = NULL;
  MMD_TRY(mmd_result_read_fixed(output, "restorer", sizeof **results, read_answer, &items));
  *results = items;
  return NULL;
}

int mmdeploy_restorer_get_result(mmdeploy_value_t output, mmdeploy_mat_t **results) {
  return mmd_last_error_set(__func__, get_result((const mmd_value_t *)output, results));
}

void mmdeploy_restorer_release_result(mmdeploy_mat_t *results, int count) {
  (void)count;
  mmd_result_release(results);
}

static mmd_status_t apply(mmd_task_handle_t *handle, const mmdeploy_mat_t *mats, int count,
                          mmdeploy_mat_t **results) {
  MMD_CHECK_POINTER(results);
  *results = NULL;
  mmd_value_t *output = NULL;
  MMD_TRY(mmd_task_handle_run_mats(handle, mats, count, &output));
  mmd_status_t status = get_result(output, results);
  mmd_value_release(output);
  return status;
}

int mmdeploy_restorer_apply(mmdeploy_restorer_t restorer, const mmdeploy_mat_t *images, int count,
                            mmdeploy_mat_t **results) {
  return mmd_last_error_set(__func__, apply((mmd_task_handle_t *)restorer, images, count, results));
}
