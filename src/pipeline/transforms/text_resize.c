// SPDX-License-Identifier: Apache-2.0
#include "pipeline/transforms/text_resize.h"

#include <math.h>

// One pixel of what is added.
static void make_pixel(const mmd_frame_t *frame, const double value[4], void *out_pixel) {
  for (int64_t c = 0; c < frame->channels; ++c) {
    if (frame->dtype == MMD_F32) {
      ((float *)out_pixel)[c] = (float)value[c];
    } else {
      const double v = value[c] > 0 ? value[c] < 255 ? rint(value[c]) : 255 : 0;
      ((uint8_t *)out_pixel)[c] = (uint8_t)v;
    }
  }
}

static mmd_status_t resize_to(const mmd_tensor_t *image, const mmd_frame_t *from,
                              const mmd_frame_t *to, bool is_pillow, mmd_tensor_t *result) {
  const mmd_resize_t resize = mmd_resize_make(
      is_pillow ? MMD_RESIZE_PIL_BILINEAR : MMD_RESIZE_CV_LINEAR, (size_t)from->channels,
      (size_t)from->width, (size_t)from->height, (size_t)to->width, (size_t)to->height);
  const size_t src_row = mmd_frame_row_bytes(from), dst_row = mmd_frame_row_bytes(to);
  const void *src = mmd_tensor_data(image);
  void *dst = mmd_tensor_mutable_data(result);
  return from->dtype == MMD_F32 ? mmd_resize_f32(&resize, src, src_row, dst, dst_row)
                                : mmd_resize_u8(&resize, src, src_row, dst, dst_row);
}

static mmd_status_t pad_to(const mmd_tensor_t *image, const mmd_frame_t *from,
                           const mmd_frame_t *to, const mmd_text_resize_t *how,
                           mmd_tensor_t *result) {
  float pixel[4] = {0};
  make_pixel(from, how->value, pixel);
  const mmd_pad_t pad = {
      .mode = how->pad,
      .right = (size_t)(to->width - from->width),
      .pixel_size = (size_t)from->channels * mmd_dtype_size(from->dtype),
      .value = pixel,
  };
  return mmd_pad_image(&pad, mmd_tensor_data(image), mmd_frame_row_bytes(from), (size_t)from->width,
                       (size_t)from->height, mmd_tensor_mutable_data(result),
                       mmd_frame_row_bytes(to));
}

mmd_status_t mmd_text_resize(const char *step, mmd_value_t *sample, const char *key,
                             const mmd_tensor_t *image, const mmd_frame_t *from,
                             const mmd_frame_t *to, int64_t full_width,
                             const mmd_text_resize_t *how) {
  mmd_frame_t full = *to;
  mmd_tensor_t resized = {0}, result = {0};
  full.width = full_width;
  if ((from->dtype != MMD_U8 && (from->dtype != MMD_F32 || how->is_pillow)) || from->channels > 4) {
    return MMD_ERROR(MMD_NOT_SUPPORTED, "%s: images of type %s with %lld channels%s", step,
                     mmd_dtype_name(from->dtype), (long long)from->channels,
                     how->is_pillow ? "; Pillow resizes uint8" : "");
  }
  MMD_TRY(mmd_frame_check(step, from, to));
  MMD_TRY(mmd_frame_check(step, from, &full));
  MMD_TRY(mmd_frame_create(to, &resized));
  mmd_status_t status = resize_to(image, from, to, how->is_pillow, &resized);
  if (!status && full_width == to->width) return mmd_sample_set_tensor(sample, key, &resized);
  if (!status) status = mmd_frame_create(&full, &result);
  if (!status) status = pad_to(&resized, to, &full, how, &result);
  mmd_tensor_deinit(&resized);
  if (status) {
    mmd_tensor_deinit(&result);
    return mmd_status_annotate(status, "%s", step);
  }
  return mmd_sample_set_tensor(sample, key, &result);
}

int64_t mmd_text_width(const mmd_frame_t *frame, int64_t height) {
  const double width = ceil((double)height / (double)frame->height * (double)frame->width);
  return width <= MMD_IMAGE_MAX_SIDE ? (int64_t)width : 0;
}

int64_t mmd_text_round_to(int64_t width, int64_t divisor) {
  return width % divisor ? (int64_t)rint((double)width / (double)divisor) * divisor : width;
}
