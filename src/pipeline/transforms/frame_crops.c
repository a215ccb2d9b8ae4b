// SPDX-License-Identifier: Apache-2.0
#include "pipeline/transforms/frame_crops.h"

#include <stddef.h>
#include <string.h>

#include "kernels/layout.h"

enum { MAX_CORNERS = 5 };

const mmd_option_t mmd_frame_crops_options[1] = {
    {.name = "crop_size",
     .type = MMD_OPTION_INTS,
     .offset = offsetof(mmd_frame_crops_t, crop_size),
     .min = 1,
     .max = MMD_IMAGE_MAX_SIDE,
     .flags = MMD_OPTION_REQUIRED,
     .help = "Size of the cuts: both sides, or [w, h]."},
};

mmd_status_t mmd_frame_crops_check(const void *options, const char *where) {
  const mmd_frame_crops_t *crops = options;
  if (crops->crop_size.count == 1 || crops->crop_size.count == 2) return NULL;
  return MMD_ERROR(MMD_INVALID_ARGUMENT, "%s.crop_size: %d numbers; one or two are accepted", where,
                   crops->crop_size.count);
}

// A cut as a tensor [1, h, w, c]; |mirror| turns it left to right.
static mmd_status_t cut(const mmd_tensor_t *image, const mmd_frame_t *from, const mmd_frame_t *to,
                        const int64_t corner[2], bool mirror, mmd_tensor_t *out_cut) {
  const size_t pixel = (size_t)from->channels * mmd_dtype_size(from->dtype);
  const size_t stride = mmd_frame_row_bytes(from), row = mmd_frame_row_bytes(to);
  const uint8_t *src = mmd_tensor_data(image);
  src += (size_t)corner[1] * stride + (size_t)corner[0] * pixel;
  MMD_TRY(mmd_frame_create(to, out_cut));
  uint8_t *dst = mmd_tensor_mutable_data(out_cut);
  if (!mirror) {
    mmd_layout_copy(src, stride, row, (size_t)to->height, dst, row);
    return NULL;
  }
  for (size_t y = 0; y < (size_t)to->height; ++y, src += stride) {
    for (size_t x = (size_t)to->width; x-- > 0; dst += pixel) memcpy(dst, src + x * pixel, pixel);
  }
  return NULL;
}

static mmd_status_t append_cut(const mmd_tensor_t *image, const mmd_frame_t *from,
                               const mmd_frame_t *to, const int64_t corner[2], bool mirror,
                               mmd_value_t *list) {
  mmd_tensor_t tensor = {0};
  MMD_TRY(cut(image, from, to, corner, mirror, &tensor));
  mmd_value_t *value = mmd_value_tensor(&tensor);
  mmd_tensor_deinit(&tensor);
  return mmd_array_take(list, value);
}

typedef struct cuts_t {
  const char *step;
  const mmd_ints_t *size;
  mmd_frame_corners_fn find;
  size_t count;
  bool is_mirrored;
} cuts_t;

static mmd_status_t append_cuts(const cuts_t *cuts, const mmd_tensor_t *image,
                                const mmd_frame_t *from, mmd_value_t *list) {
  const int64_t *size = cuts->size->items;
  const int64_t crop[2] = {size[0], cuts->size->count > 1 ? size[1] : size[0]};
  const mmd_frame_t to = {crop[1], crop[0], from->channels, from->dtype};
  int64_t corners[MAX_CORNERS][2];
  if (crop[0] > from->width || crop[1] > from->height) {
    return MMD_ERROR(MMD_INVALID_ARGUMENT,
                     "%s: a cut of %lldx%lld is larger than the image of %lldx%lld", cuts->step,
                     (long long)crop[0], (long long)crop[1], (long long)from->width,
                     (long long)from->height);
  }
  MMD_TRY(cuts->find(from, crop, corners));
  for (size_t i = 0; i < cuts->count; ++i) {
    MMD_TRY(append_cut(image, from, &to, corners[i], false, list));
    if (cuts->is_mirrored) MMD_TRY(append_cut(image, from, &to, corners[i], true, list));
  }
  return NULL;
}

mmd_status_t mmd_frame_crops_apply(const mmd_frame_crops_t *crops, const char *step,
                                   mmd_value_t *sample, mmd_frame_corners_fn find, size_t count,
                                   bool is_mirrored, mmd_value_t **out_sample) {
  const cuts_t cuts = {step, &crops->crop_size, find, count, is_mirrored};
  mmd_tensor_t image;
  mmd_frame_t frame;
  MMD_TRY(mmd_sample_image(sample, "img", step, &image, &frame));
  mmd_value_t *list = mmd_value_array();
  mmd_status_t status = list ? append_cuts(&cuts, &image, &frame, list) : mmd_status_no_memory();
  mmd_tensor_deinit(&image);
  if (status)
    mmd_value_release(list);
  else
    status = mmd_object_take(sample, "imgs", list);
  if (!status) *out_sample = mmd_value_retain(sample);
  return status;
}
