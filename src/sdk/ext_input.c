// SPDX-License-Identifier: Apache-2.0
//
// ext.h: strided pictures, and geometry of results.
#include <math.h>

#include "mmdeploy/ext.h"
#include "sdk/handle.h"

//===--- pictures ----------------------------------------------------------===//

// The picture with its owner; |*is_owned| tells that the owner will be told.
static mmd_status_t wrap_desc(const mmdeploy_mat_desc_t *desc, int index, bool *is_owned,
                              mmd_value_t **out_image) {
  mmd_storage_t *storage = NULL;
  if (desc->struct_size != sizeof *desc) {
    return MMD_ERROR(MMD_INVALID_ARGUMENT, "picture %d: struct_size is %zu; it must be %zu", index,
                     desc->struct_size, sizeof *desc);
  }
  if (desc->release) {
    MMD_TRY(mmd_storage_borrow(desc->mat.data, desc->mat.data ? 1 : 0, desc->release, desc->user,
                               &storage));
    *is_owned = true;
  }
  mmd_status_t status =
      mmd_mat_wrap_strided(&desc->mat, index, desc->row_stride, storage, out_image);
  mmd_storage_release(storage);
  return status;
}

static mmd_status_t append_desc(const mmdeploy_mat_desc_t *desc, int index, bool *is_owned,
                                mmd_value_t *samples) {
  mmd_value_t *image = NULL;
  MMD_TRY(wrap_desc(desc, index, is_owned, &image));
  mmd_value_t *sample = mmd_value_object();
  mmd_status_t status = mmd_array_take(samples, sample);
  if (status) {
    mmd_value_release(image);
    return status;
  }
  return mmd_object_take(sample, "ori_img", image);
}

static mmd_status_t fill_input(const mmdeploy_mat_desc_t *mats, int count, int *out_owned,
                               mmd_value_t *value) {
  mmd_value_t *samples = mmd_value_array();
  MMD_TRY(mmd_array_take(value, samples));
  for (int i = 0; i < count; ++i) {
    bool is_owned = false;
    mmd_status_t status = append_desc(&mats[i], i, &is_owned, samples);
    if (is_owned) *out_owned = i + 1;
    MMD_TRY(status);
  }
  return NULL;
}

static mmd_status_t create_input(const mmdeploy_mat_desc_t *mats, int count, int *out_owned,
                                 mmdeploy_value_t *out_value) {
  MMD_CHECK_POINTER(out_value);
  *out_value = NULL;
  mmd_value_t *value = mmd_value_array();
  MMD_TRY_ALLOC(value);
  mmd_status_t status = fill_input(mats, count, out_owned, value);
  if (status) {
    mmd_value_release(value);
    return status;
  }
  *out_value = (mmdeploy_value_t)value;
  return NULL;
}

static mmd_status_t create_input_ex(const mmdeploy_mat_desc_t *mats, int count,
                                    mmdeploy_value_t *value) {
  int owned = 0;
  if (value) *value = NULL;
  if (count < 0)
    return MMD_ERROR(MMD_INVALID_ARGUMENT, "%d pictures; the count must not be negative", count);
  if (count) MMD_CHECK_POINTER(mats);
  mmd_status_t status = create_input(mats, count, &owned, value);
  // Each owner is told once, also those whose picture was not reached.
  for (int i = owned; status && i < count; ++i) {
    if (mats[i].struct_size == sizeof mats[i] && mats[i].release) mats[i].release(mats[i].user);
  }
  return status;
}

int mmdeploy_common_create_input_ex(const mmdeploy_mat_desc_t *mats, int count,
                                    mmdeploy_value_t *value) {
  return mmd_last_error_set(__func__, create_input_ex(mats, count, value));
}

//===--- geometry ----------------------------------------------------------===//

// Twice the area, positive when the corners go clockwise on the screen (y grows downwards).
static double signed_area(const mmdeploy_point_t *corners) {
  double area = 0;
  for (int i = 0; i < 4; ++i) {
    const mmdeploy_point_t a = corners[i], b = corners[(i + 1) % 4];
    area += (double)a.x * (double)b.y - (double)b.x * (double)a.y;
  }
  return area;
}

static void swap_points(mmdeploy_point_t *a, mmdeploy_point_t *b) {
  const mmdeploy_point_t kept = *a;
  *a = *b;
  *b = kept;
}

static mmd_status_t sort_corners(mmdeploy_text_detection_t *detection) {
  MMD_CHECK_POINTER(detection);
  mmdeploy_point_t *corners = detection->bbox, sorted[4];
  float left = corners[0].x, top = corners[0].y;
  int first = 0;
  for (int i = 1; i < 4; ++i) {
    left = fminf(left, corners[i].x);
    top = fminf(top, corners[i].y);
  }
  if (signed_area(corners) < 0) swap_points(&corners[1], &corners[3]);
  for (int i = 1; i < 4; ++i) {
    const float there = hypotf(corners[i].x - left, corners[i].y - top);
    if (there < hypotf(corners[first].x - left, corners[first].y - top)) first = i;
  }
  for (int i = 0; i < 4; ++i) sorted[i] = corners[(first + i) % 4];
  for (int i = 0; i < 4; ++i) corners[i] = sorted[i];
  return NULL;
}

int mmdeploy_text_detection_sort(mmdeploy_text_detection_t *detection) {
  return mmd_last_error_set(__func__, sort_corners(detection));
}

// A mask of an RoI begins one pixel outside its box and ends one pixel outside. One that is larger
// than that covers the whole picture: the box lies within the picture, so such a mask reaches the
// box's far side from 0.
static mmd_status_t mask_origin(const mmdeploy_detection_t *detection, int *x, int *y) {
  MMD_CHECK_POINTER(x);
  MMD_CHECK_POINTER(y);
  *x = *y = 0;
  MMD_CHECK_POINTER(detection);
  if (!detection->mask) return MMD_ERROR(MMD_INVALID_ARGUMENT, "the detection has no mask");
  const mmdeploy_rect_t *box = &detection->bbox;
  const double left = fmax(floor((double)box->left) - 1, 0);
  const double top = fmax(floor((double)box->top) - 1, 0);
  const bool is_whole = detection->mask->width > ceil((double)box->right) + 1 - left ||
                        detection->mask->height > ceil((double)box->bottom) + 1 - top;
  if (is_whole || !(left < 65536 && top < 65536)) return NULL;
  *x = (int)left;
  *y = (int)top;
  return NULL;
}

int mmdeploy_detection_mask_origin(const mmdeploy_detection_t *detection, int *x, int *y) {
  return mmd_last_error_set(__func__, mask_origin(detection, x, y));
}
