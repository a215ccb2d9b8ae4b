// SPDX-License-Identifier: Apache-2.0
#include "codebases/mmocr/postprocess/text_boxes.h"

#include <math.h>

mmd_status_t mmd_text_maps_get(const mmd_value_t *infer_output, const char *head,
                               size_t min_channels, mmd_text_maps_t *out_maps) {
  const mmd_tensor_t *given = mmd_value_get_tensor(mmd_object_get(infer_output, "output"));
  const bool is_flat = min_channels == 1 && given && given->shape.rank == 3;
  const int rank = is_flat ? 3 : 4;
  const int64_t dims[] = {1, -1, -1, -1};
  mmd_tensor_t tensor = {0};
  MMD_TRY(mmd_net_output_get(infer_output, head, "output", MMD_F32, rank, dims, &tensor));
  const int64_t *sizes = tensor.shape.dims;
  const int64_t channels = is_flat ? 1 : sizes[1];
  const int64_t height = sizes[rank - 2], width = sizes[rank - 1];
  if (channels < (int64_t)min_channels || height < 1 || width < 1 || height > MMD_IMAGE_MAX_SIDE ||
      width > MMD_IMAGE_MAX_SIDE) {
    mmd_tensor_deinit(&tensor);
    return MMD_ERROR(MMD_INVALID_ARGUMENT,
                     "%s: 'output' has %lld maps of %lldx%lld; at least %zu are expected", head,
                     (long long)channels, (long long)height, (long long)width, min_channels);
  }
  *out_maps = (mmd_text_maps_t){
      .tensor = tensor,
      .data = mmd_tensor_data(&tensor),
      .channels = (size_t)channels,
      .height = (size_t)height,
      .width = (size_t)width,
  };
  return NULL;
}

void mmd_text_maps_deinit(mmd_text_maps_t *maps) {
  mmd_tensor_deinit(&maps->tensor);
}

mmd_status_t mmd_text_scale_make(const mmd_value_t *prep_output, const char *head, bool rescale,
                                 double downsample_ratio, mmd_text_scale_t *out_scale) {
  float factor[4] = {1, 1, 1, 1};
  *out_scale = (mmd_text_scale_t){1, 1};
  if (!rescale) return NULL;
  (void)mmd_meta_floats(mmd_object_get(prep_output, "img_metas"), "scale_factor", factor);
  out_scale->x = (float)(downsample_ratio * (double)factor[0]);
  out_scale->y = (float)(downsample_ratio * (double)factor[1]);
  if (out_scale->x > 0 && out_scale->y > 0 && isfinite(out_scale->x) && isfinite(out_scale->y)) {
    return NULL;
  }
  return MMD_ERROR(MMD_INVALID_ARGUMENT, "%s: img_metas.scale_factor: [%g, %g] is not above 0",
                   head, (double)factor[0], (double)factor[1]);
}

// Coordinates as the code base gives them; the original SDK rounds those of DBHead.
mmd_status_t mmd_text_box_make(const mmd_rotated_rect_t *rect, const mmd_text_scale_t *scale,
                               float score, mmd_value_t **out_box) {
  mmd_point_t corners[4];
  mmd_value_t *item = mmd_value_object(), *box = mmd_value_array();
  mmd_status_t status = item && box ? NULL : mmd_status_no_memory();
  mmd_rotated_rect_corners(rect, corners);
  for (int i = 0; i < 4 && !status; ++i) {
    status = mmd_array_take(box, mmd_value_float((double)(corners[i].x / scale->x)));
    if (!status) status = mmd_array_take(box, mmd_value_float((double)(corners[i].y / scale->y)));
  }
  if (!status) status = mmd_object_take(item, "bbox", mmd_value_retain(box));
  if (!status) status = mmd_object_take(item, "score", mmd_value_float((double)score));
  mmd_value_release(box);
  if (status) {
    mmd_value_release(item);
    item = NULL;
  }
  *out_box = item;
  return status;
}

mmd_status_t mmd_text_box_append(mmd_value_t *array, const mmd_rotated_rect_t *rect,
                                 const mmd_text_scale_t *scale, float score) {
  mmd_value_t *box = NULL;
  MMD_TRY(mmd_text_box_make(rect, scale, score, &box));
  return mmd_array_take(array, box);
}

void mmd_text_override(const mmd_value_t *postprocessor, const char *key, double *number) {
  const mmd_value_t *value = mmd_object_get(postprocessor, key);
  if (mmd_value_is_number(value)) *number = mmd_value_get_float(value, *number);
}
