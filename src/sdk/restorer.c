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

static const mmd_result_kind_t g_kind = {"restorer", NULL, sizeof(mmdeploy_mat_t), read_answer};

int mmdeploy_restorer_get_result(mmdeploy_value_t output, mmdeploy_mat_t **results) {
  return mmd_last_error_set(__func__,
                            mmd_result_get_fixed((const mmd_value_t *)output, &g_kind, results));
}

void mmdeploy_restorer_release_result(mmdeploy_mat_t *results, int count) {
  (void)count;
  mmd_result_release(results);
}

int mmdeploy_restorer_apply(mmdeploy_restorer_t restorer, const mmdeploy_mat_t *images, int count,
                            mmdeploy_mat_t **results) {
  return mmd_last_error_set(__func__, mmd_task_handle_apply_fixed((mmd_task_handle_t *)restorer,
                                                                  images, count, &g_kind, results));
}
