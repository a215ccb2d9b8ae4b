// SPDX-License-Identifier: Apache-2.0
#include "pipeline/transforms/sample.h"

#include "kernels/layout.h"

//===--- images ---===//

static mmd_status_t wrong_image(const mmd_value_t *value, const char *key, const char *step) {
  const mmd_tensor_t *tensor = mmd_value_get_tensor(value);
  mmd_str_t found = {0};
  mmd_status_t status =
      tensor
          ? mmd_tensor_format(tensor, &found)
          : mmd_str_append(&found, value ? mmd_value_kind_name(mmd_value_kind(value)) : "nothing");
  if (!status) {
    status = MMD_ERROR(MMD_INVALID_ARGUMENT,
                       "%s: '%s' must be an image of shape [1, height, width, channels], found %s",
                       step, key, mmd_str_text(&found));
  }
  mmd_str_deinit(&found);
  return status;
}

mmd_status_t mmd_sample_image(const mmd_value_t *sample, const char *key, const char *step,
                              mmd_tensor_t *out_image, mmd_frame_t *out_frame) {
  const mmd_value_t *value = mmd_object_get(sample, key);
  const mmd_tensor_t *tensor = mmd_value_get_tensor(value);
  *out_image = (mmd_tensor_t){0};
  if (!tensor || tensor->shape.rank != 4 || tensor->shape.dims[0] != 1 ||
      !mmd_dtype_size(tensor->dtype) || !mmd_tensor_count(tensor)) {
    return wrong_image(value, key, step);
  }
  *out_frame = (mmd_frame_t){tensor->shape.dims[1], tensor->shape.dims[2], tensor->shape.dims[3],
                             tensor->dtype};
  return mmd_tensor_contiguous(tensor, out_image);
}

mmd_status_t mmd_sample_set_tensor(mmd_value_t *sample, const char *key, mmd_tensor_t *tensor) {
  mmd_value_t *value = mmd_value_tensor(tensor);
  mmd_tensor_deinit(tensor);
  return mmd_object_take(sample, key, value);
}

// 16384 x 16384: 3 GB as three channels of floats.
#define MAX_PIXELS ((int64_t)1 << 28)

mmd_status_t mmd_frame_check(const char *step, const mmd_frame_t *from, const mmd_frame_t *to) {
  const bool is_side = to->width >= 1 && to->height >= 1 && to->width <= MMD_IMAGE_MAX_SIDE &&
                       to->height <= MMD_IMAGE_MAX_SIDE;
  if (is_side && to->width * to->height <= MAX_PIXELS) return NULL;
  return MMD_ERROR(MMD_OUT_OF_RANGE,
                   "%s: an image of %lldx%lld pixels would become %lldx%lld; sides must be 1 to "
                   "%d, and at most %lld pixels",
                   step, (long long)from->width, (long long)from->height, (long long)to->width,
                   (long long)to->height, MMD_IMAGE_MAX_SIDE, (long long)MAX_PIXELS);
}

mmd_status_t mmd_frame_create(const mmd_frame_t *frame, mmd_tensor_t *out_image) {
  const int64_t dims[4] = {1, frame->height, frame->width, frame->channels};
  mmd_shape_t shape;
  MMD_TRY(mmd_shape_make(4, dims, &shape));
  return mmd_tensor_create(frame->dtype, &shape, false, out_image);
}

size_t mmd_frame_row_bytes(const mmd_frame_t *frame) {
  return (size_t)frame->width * (size_t)frame->channels * mmd_dtype_size(frame->dtype);
}

static mmd_status_t to_planes(const mmd_tensor_t *image, const mmd_frame_t *frame,
                              mmd_tensor_t *out_planes) {
  const int64_t dims[4] = {1, frame->channels, frame->height, frame->width};
  mmd_shape_t shape;
  MMD_TRY(mmd_shape_make(4, dims, &shape));
  MMD_TRY(mmd_tensor_create(frame->dtype, &shape, false, out_planes));
  mmd_layout_hwc_to_chw(mmd_tensor_data(image), mmd_frame_row_bytes(frame), (size_t)frame->width,
                        (size_t)frame->height, (size_t)frame->channels,
                        mmd_dtype_size(frame->dtype), mmd_tensor_mutable_data(out_planes));
  return NULL;
}

mmd_status_t mmd_sample_to_planes(mmd_value_t *sample, const char *key, const char *step) {
  mmd_tensor_t image, planes = {0};
  mmd_frame_t frame;
  MMD_TRY(mmd_sample_image(sample, key, step, &image, &frame));
  mmd_status_t status = to_planes(&image, &frame, &planes);
  if (!status) status = mmd_sample_set_tensor(sample, key, &planes);
  mmd_tensor_deinit(&image);
  return status;
}

//===--- metadata ---===//

// A new list with the items of |old| that may be followed by more.
static mmd_status_t begin_list(const mmd_value_t *old, mmd_value_t **out_list) {
  mmd_value_t *list = mmd_value_array();
  MMD_TRY_ALLOC(list);
  for (size_t i = 0; i < mmd_array_size(old); ++i) {
    mmd_status_t status = mmd_array_take(list, mmd_value_retain(mmd_array_at(old, i)));
    if (!status) continue;
    mmd_value_release(list);
    return status;
  }
  *out_list = list;
  return NULL;
}

static mmd_status_t note(mmd_value_t *sample, const char *key, bool append, const int64_t *ints,
                         const double *floats, size_t count) {
  mmd_value_t *list = NULL;
  MMD_TRY(begin_list(append ? mmd_object_get(sample, key) : NULL, &list));
  for (size_t i = 0; i < count; ++i) {
    mmd_status_t status =
        mmd_array_take(list, ints ? mmd_value_int(ints[i]) : mmd_value_float(floats[i]));
    if (!status) continue;
    mmd_value_release(list);
    return status;
  }
  return mmd_object_take(sample, key, list);
}

mmd_status_t mmd_sample_note_ints(mmd_value_t *sample, const char *key, bool append,
                                  const int64_t *numbers, size_t count) {
  return note(sample, key, append, numbers, NULL, count);
}

mmd_status_t mmd_sample_note_floats(mmd_value_t *sample, const char *key, bool append,
                                    const double *numbers, size_t count) {
  return note(sample, key, append, NULL, numbers, count);
}

mmd_status_t mmd_sample_note_shape(mmd_value_t *sample, const char *key, bool append,
                                   const mmd_frame_t *frame) {
  const int64_t shape[4] = {1, frame->height, frame->width, frame->channels};
  return note(sample, key, append, shape, NULL, 4);
}

//===--- names ---===//

static mmd_status_t apply_field(const void *options, const char *step, mmd_value_t *sample,
                                const char *key, mmd_image_fn fn) {
  mmd_tensor_t image;
  mmd_frame_t frame;
  MMD_TRY(mmd_sample_image(sample, key, step, &image, &frame));
  mmd_status_t status = fn(options, sample, key, &image, &frame);
  mmd_tensor_deinit(&image);
  return status;
}

mmd_status_t mmd_sample_apply(const void *options, const char *step, mmd_value_t *sample,
                              mmd_image_fn fn, mmd_value_t **out_sample) {
  // Retained, because a step may replace the member.
  mmd_value_t *fields = mmd_value_retain(mmd_object_get(sample, "img_fields"));
  mmd_status_t status = NULL;
  if (mmd_value_kind(fields) != MMD_VALUE_ARRAY) {
    status = apply_field(options, step, sample, mmd_value_get_string(fields, "img"), fn);
  }
  for (size_t i = 0; i < mmd_array_size(fields) && !status; ++i) {
    const char *key = mmd_value_get_string(mmd_array_at(fields, i), "img");
    status = apply_field(options, step, sample, key, fn);
  }
  mmd_value_release(fields);
  if (!status) *out_sample = mmd_value_retain(sample);
  return status;
}

mmd_status_t mmd_check_names(const mmd_value_t *names, const char *where, const char *key) {
  bool is_good = mmd_value_kind(names) == MMD_VALUE_ARRAY;
  for (size_t i = 0; is_good && i < mmd_array_size(names); ++i) {
    is_good = mmd_value_kind(mmd_array_at(names, i)) == MMD_VALUE_STRING;
  }
  if (is_good) return NULL;
  return MMD_ERROR(MMD_INVALID_ARGUMENT, "%s.%s: expected a list of names, found %s", where, key,
                   mmd_value_kind_name(mmd_value_kind(names)));
}
