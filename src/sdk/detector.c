// SPDX-License-Identifier: Apache-2.0
#include "mmdeploy/detector.h"

#include "base/alloc.h"
#include "sdk/result.h"
#include "sdk/task_functions.h"

MMD_TASK_LIFE(detector, "Detector")
MMD_TASK_INPUT(detector)
MMD_TASK_APPLY_V2(detector)
MMD_TASK_APPLY_ASYNC(detector)

//===--- results -----------------------------------------------------------===//

// The mask's pixels stay where they are; the results keep them.
static mmd_status_t read_mask(void *items, const mmd_value_t *value,
                              mmdeploy_instance_mask_t **out_mask) {
  const mmd_image_t *image = mmd_value_get_image(value);
  if (!image) return NULL;
  if (image->format != MMD_PIXEL_GRAY || image->dtype != MMD_U8 ||
      image->row_stride != (size_t)image->width) {
    return MMD_ERROR(MMD_CORRUPT, "a mask is no packed gray picture");
  }
  mmdeploy_instance_mask_t *mask = mmd_result_alloc(items, 1, sizeof *mask);
  MMD_TRY_ALLOC(mask);
  mask->data = (char *)(uintptr_t)image->data;
  mask->height = image->height;
  mask->width = image->width;
  *out_mask = mask;
  return mmd_result_keep(items, value);
}

static mmd_status_t read_answer(void *items, const mmd_value_t *answer, void *item) {
  mmdeploy_detection_t *detection = item;
  float box[4];
  MMD_TRY(mmd_result_int(answer, "label_id", &detection->label_id));
  MMD_TRY(mmd_result_float(answer, "score", &detection->score));
  MMD_TRY(mmd_result_floats(answer, "bbox", 4, box));
  detection->bbox = (mmdeploy_rect_t){box[0], box[1], box[2], box[3]};
  return read_mask(items, mmd_object_get(answer, "mask"), &detection->mask);
}

static const mmd_result_kind_t g_kind = {"detector", NULL, sizeof(mmdeploy_detection_t),
                                         read_answer};

int mmdeploy_detector_get_result(mmdeploy_value_t output, mmdeploy_detection_t **results,
                                 int **result_count) {
  return mmd_last_error_set(__func__, mmd_result_get_counted((const mmd_value_t *)output, &g_kind,
                                                             results, result_count));
}

void mmdeploy_detector_release_result(mmdeploy_detection_t *results, const int *result_count,
                                      int count) {
  (void)count;
  mmd_result_release_counted(results, result_count);
}

int mmdeploy_detector_apply(mmdeploy_detector_t detector, const mmdeploy_mat_t *mats, int mat_count,
                            mmdeploy_detection_t **results, int **result_count) {
  return mmd_last_error_set(
      __func__, mmd_task_handle_apply_counted((mmd_task_handle_t *)detector, mats, mat_count,
                                              &g_kind, results, result_count));
}
