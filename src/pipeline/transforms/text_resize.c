// SPDX-License-Identifier: Apache-2.0
#include "pipeline/transforms/text_resize.h"

#include <math.h>

static void fill(const mmd_frame_t *frame, const double pad[4], int64_t begin, void *data) {
  const int64_t channels = frame->channels;
  for (int64_t y = 0; y < frame->height; ++y) {
    for (int64_t i = (y * frame->width + begin) * channels; i < (y + 1) * frame->width * channels;
         ++i) {
      const double value = pad[i % channels];
      if (frame->dtype == MMD_F32) {
        ((float *)data)[i] = (float)value;
      } else {
        ((uint8_t *)data)[i] = value > 0 ? (value < 255 ? (uint8_t)rint(value) : 255) : 0;
      }
    }
  }
}

mmd_status_t mmd_text_resize(const char *step, mmd_value_t *sample, const char *key,
                             const mmd_tensor_t *image, const mmd_frame_t *from,
                             const mmd_frame_t *to, int64_t full_width, const double pad[4]) {
  mmd_frame_t full = *to;
  mmd_tensor_t result = {0};
  full.width = full_width;
  if ((from->dtype != MMD_U8 && from->dtype != MMD_F32) || from->channels > 4) {
    return MMD_ERROR(MMD_NOT_SUPPORTED, "%s: images of type %s with %lld channels", step,
                     mmd_dtype_name(from->dtype), (long long)from->channels);
  }
  MMD_TRY(mmd_frame_check(step, from, to));
  MMD_TRY(mmd_frame_check(step, from, &full));
  MMD_TRY(mmd_frame_create(&full, &result));
  const mmd_resize_t resize =
      mmd_resize_make(MMD_RESIZE_CV_LINEAR, (size_t)from->channels, (size_t)from->width,
                      (size_t)from->height, (size_t)to->width, (size_t)to->height);
  const size_t src_row = mmd_frame_row_bytes(from), dst_row = mmd_frame_row_bytes(&full);
  const void *src = mmd_tensor_data(image);
  void *dst = mmd_tensor_mutable_data(&result);
  mmd_status_t status = from->dtype == MMD_F32 ? mmd_resize_f32(&resize, src, src_row, dst, dst_row)
                                               : mmd_resize_u8(&resize, src, src_row, dst, dst_row);
  if (status) {
    mmd_tensor_deinit(&result);
    return mmd_status_annotate(status, "%s", step);
  }
  fill(&full, pad, to->width, dst);
  return mmd_sample_set_tensor(sample, key, &result);
}

int64_t mmd_text_width(const mmd_frame_t *frame, int64_t height) {
  const double width = ceil((double)height / (double)frame->height * (double)frame->width);
  return width <= MMD_IMAGE_MAX_SIDE ? (int64_t)width : 0;
}

int64_t mmd_text_round_to(int64_t width, int64_t divisor) {
  return width % divisor ? (int64_t)rint((double)width / (double)divisor) * divisor : width;
}
