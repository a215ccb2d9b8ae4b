// SPDX-License-Identifier: Apache-2.0
#include "codebases/mmpose/postprocess/key_points.h"

#include <math.h>

mmd_status_t mmd_crop_read(const mmd_value_t *prep_output, const char *head, mmd_crop_t *out_crop) {
  const mmd_value_t *metas = mmd_object_get(prep_output, "img_metas");
  float center[4] = {NAN, NAN}, scale[4] = {NAN, NAN};
  const size_t centers = mmd_meta_floats(metas, "center", center);
  const size_t scales = mmd_meta_floats(metas, "scale", scale);
  if (centers != 2 || scales != 2) {
    return MMD_ERROR(MMD_INVALID_ARGUMENT,
                     "%s: img_metas.center and img_metas.scale must be two numbers each; does the "
                     "pre-processing have TopDownAffine, and Collect these keys?",
                     head);
  }
  for (int i = 0; i < 2; ++i) {
    out_crop->center[i] = center[i];
    out_crop->scale[i] = scale[i];
  }
  return NULL;
}

void mmd_crop_map(const mmd_crop_t *crop, double width, double height, mmd_key_point_t *point) {
  const double sides[2] = {width, height};
  float *place[2] = {&point->x, &point->y};
  for (int i = 0; i < 2; ++i) {
    // All of a plane of one pixel is the middle.
    if (sides[i] <= 0) {
      *place[i] = crop->center[i];
      continue;
    }
    // In this order and in floats, as the original runtime computes it.
    *place[i] = *place[i] * crop->scale[i] * 200.0F / (float)sides[i] + crop->center[i] -
                crop->scale[i] * 200.0F * 0.5F;
  }
}

static mmd_status_t append_point(const mmd_key_point_t *point, mmd_value_t *list) {
  mmd_value_t *object = mmd_value_object(), *place = NULL;
  MMD_TRY(mmd_array_take(list, object));
  MMD_TRY(mmd_object_take(object, "bbox", place = mmd_value_array()));
  MMD_TRY(mmd_array_take(place, mmd_value_float((double)point->x)));
  MMD_TRY(mmd_array_take(place, mmd_value_float((double)point->y)));
  return mmd_object_take(object, "score", mmd_value_float((double)point->score));
}

mmd_status_t mmd_key_points_to_value(const mmd_key_point_t *points, size_t count,
                                     mmd_value_t **out_result) {
  mmd_value_t *result = mmd_value_object(), *list = NULL;
  MMD_TRY_ALLOC(result);
  mmd_status_t status = mmd_object_take(result, "key_points", list = mmd_value_array());
  for (size_t i = 0; i < count && !status; ++i) status = append_point(&points[i], list);
  if (status)
    mmd_value_release(result);
  else
    *out_result = result;
  return status;
}
