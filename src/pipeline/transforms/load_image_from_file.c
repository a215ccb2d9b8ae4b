// SPDX-License-Identifier: Apache-2.0
//
// LoadImageFromFile: the picture is decoded already; this brings it into the colours that the model
// wants.
#include <stddef.h>
#include <string.h>

#include "kernels/color.h"
#include "kernels/layout.h"
#include "pipeline/transforms/sample.h"

#define STEP "LoadImageFromFile"

static const mmd_option_t g_options[] = {
    {.name = "to_float32",
     .type = MMD_OPTION_BOOL,
     .offset = offsetof(mmd_load_step_t, to_float32),
     .default_text = "false",
     .help = "Convert the pixels to float."},
    {.name = "color_type",
     .type = MMD_OPTION_STRING,
     .offset = offsetof(mmd_load_step_t, color_type),
     .default_text = "color",
     .flags = MMD_OPTION_NULLABLE,
     .help = "'color' and 'color_ignore_orientation' give three channels, all else gray."},
    {.name = "channel_order",
     .type = MMD_OPTION_STRING,
     .offset = offsetof(mmd_load_step_t, channel_order),
     .default_text = "bgr",
     .flags = MMD_OPTION_NULLABLE,
     .help = "Order of three channels: 'bgr', all else is RGB."},
};
static const mmd_option_table_t g_table = MMD_OPTION_TABLE(STEP, mmd_load_step_t, g_options);

mmd_pixel_format_t mmd_load_step_format(const mmd_load_step_t *step) {
  const bool is_color = mmd_str_equal(step->color_type, "color") ||
                        mmd_str_equal(step->color_type, "color_ignore_orientation");
  if (!is_color) return MMD_PIXEL_GRAY;
  return mmd_str_equal(step->channel_order, "bgr") ? MMD_PIXEL_BGR : MMD_PIXEL_RGB;
}

bool mmd_load_step_order(const mmd_load_step_t *step, mmd_pixel_format_t source, uint8_t order[3]) {
  const mmd_pixel_format_t target = mmd_load_step_format(step);
  if (source == MMD_PIXEL_NV12 || source == MMD_PIXEL_NV21) return false;
  if (target == MMD_PIXEL_GRAY && source != MMD_PIXEL_GRAY) return false;
  const bool is_swapped = (target == MMD_PIXEL_RGB) != (source == MMD_PIXEL_RGB);
  for (uint8_t i = 0; i < 3; ++i) {
    order[i] = source == MMD_PIXEL_GRAY ? 0 : is_swapped ? (uint8_t)(2 - i) : i;
  }
  return true;
}

//===--- pixels ---===//

static mmd_status_t unsupported(const mmd_image_t *image, mmd_pixel_format_t target) {
  return MMD_ERROR(MMD_NOT_SUPPORTED, STEP ": an image of format %s and type %s does not become %s",
                   mmd_pixel_format_name(image->format), mmd_dtype_name(image->dtype),
                   mmd_pixel_format_name(target));
}

static mmd_status_t view_of(mmd_storage_t *storage, size_t offset, const mmd_frame_t *frame,
                            mmd_tensor_t *out_tensor) {
  const int64_t dims[4] = {1, frame->height, frame->width, frame->channels};
  mmd_shape_t shape;
  MMD_TRY(mmd_shape_make(4, dims, &shape));
  return mmd_tensor_view(storage, offset, frame->dtype, &shape, out_tensor);
}

// The pixels as they are: a view when rows are packed. Bytes that have no owner stay where they are
// during the pre-processing, which copies what of them is left at its end.
static mmd_status_t as_tensor(const mmd_image_t *image, const mmd_frame_t *frame,
                              mmd_tensor_t *out_tensor) {
  const size_t row = mmd_frame_row_bytes(frame);
  const uint8_t *base = image->storage ? mmd_storage_data(image->storage) : NULL;
  if (base && image->row_stride == row) {
    return view_of(image->storage, (size_t)(image->data - base), frame, out_tensor);
  }
  if (!image->storage && image->row_stride == row && frame->dtype == MMD_U8) {
    mmd_storage_t *storage = NULL;
    MMD_TRY(mmd_storage_borrow(image->data, row * (size_t)frame->height, NULL, NULL, &storage));
    mmd_status_t status = view_of(storage, 0, frame, out_tensor);
    mmd_storage_release(storage);
    return status;
  }
  MMD_TRY(mmd_frame_create(frame, out_tensor));
  mmd_layout_copy(image->data, image->row_stride, row, (size_t)frame->height,
                  mmd_tensor_mutable_data(out_tensor), row);
  return NULL;
}

static void shuffle(const mmd_image_t *image, const mmd_frame_t *frame, const uint8_t order[3],
                    void *dst) {
  const size_t stride = mmd_frame_row_bytes(frame);
  const size_t from = (size_t)mmd_pixel_channels(image->format);
  const size_t width = (size_t)frame->width, height = (size_t)frame->height;
  if (image->dtype == MMD_U8) {
    mmd_color_shuffle_u8(image->data, image->row_stride, from, width, height, dst, stride,
                         (size_t)frame->channels, order);
  } else {
    mmd_color_shuffle_f32((const float *)(const void *)image->data, image->row_stride, from, width,
                          height, dst, stride, (size_t)frame->channels, order);
  }
}

static void to_gray(const mmd_image_t *image, const mmd_frame_t *frame, void *dst) {
  const size_t stride = mmd_frame_row_bytes(frame);
  const size_t from = (size_t)mmd_pixel_channels(image->format);
  const size_t width = (size_t)frame->width, height = (size_t)frame->height;
  const bool is_rgb = image->format == MMD_PIXEL_RGB;
  if (image->dtype == MMD_U8) {
    mmd_color_to_gray_u8(image->data, image->row_stride, from, is_rgb, width, height, dst, stride);
  } else {
    mmd_color_to_gray_f32((const float *)(const void *)image->data, image->row_stride, from, is_rgb,
                          width, height, dst, stride);
  }
}

static void from_nv(const mmd_image_t *image, const mmd_frame_t *frame, bool to_rgb, void *dst) {
  const size_t width = (size_t)frame->width, height = (size_t)frame->height;
  const mmd_nv_image_t nv = {.luma = image->data,
                             .luma_stride = image->row_stride,
                             .chroma = image->data + image->row_stride * height,
                             .chroma_stride = image->row_stride,
                             .width = width,
                             .height = height,
                             .v_first = image->format == MMD_PIXEL_NV21};
  mmd_color_from_nv(&nv, to_rgb, dst, mmd_frame_row_bytes(frame));
}

static mmd_status_t convert(const mmd_load_step_t *step, const mmd_image_t *image,
                            const mmd_frame_t *frame, mmd_tensor_t *out_tensor) {
  const mmd_pixel_format_t target = mmd_load_step_format(step);
  const bool is_nv = image->format == MMD_PIXEL_NV12 || image->format == MMD_PIXEL_NV21;
  uint8_t order[3];
  if (is_nv && image->dtype != MMD_U8) return unsupported(image, target);
  if (image->format == target || (is_nv && target == MMD_PIXEL_GRAY)) {
    return as_tensor(image, frame, out_tensor);  // of NV images: the luma plane
  }
  if (image->dtype != MMD_U8 && image->dtype != MMD_F32) return unsupported(image, target);
  MMD_TRY(mmd_frame_create(frame, out_tensor));
  void *dst = mmd_tensor_mutable_data(out_tensor);
  if (is_nv) {
    from_nv(image, frame, target == MMD_PIXEL_RGB, dst);
  } else if (mmd_load_step_order(step, image->format, order)) {
    shuffle(image, frame, order, dst);
  } else {
    to_gray(image, frame, dst);
  }
  return NULL;
}

mmd_status_t mmd_load_step_convert(const mmd_load_step_t *step, const mmd_image_t *image,
                                   mmd_tensor_t *out_tensor) {
  const mmd_frame_t frame = {image->height, image->width,
                             mmd_pixel_channels(mmd_load_step_format(step)), image->dtype};
  mmd_tensor_t tensor = {0};
  MMD_TRY(convert(step, image, &frame, &tensor));
  if (!step->to_float32 || tensor.dtype == MMD_F32) {
    *out_tensor = tensor;
    return NULL;
  }
  mmd_status_t status = mmd_tensor_cast(&tensor, MMD_F32, out_tensor);
  mmd_tensor_deinit(&tensor);
  return status;
}

//===--- metadata ---===//

// Appends "img" to the names in img_fields, which may be a single name.
static mmd_status_t note_field(mmd_value_t *sample) {
  const mmd_value_t *old = mmd_object_get(sample, "img_fields");
  mmd_value_t *fields = mmd_value_array();
  MMD_TRY_ALLOC(fields);
  const bool is_one = mmd_value_kind(old) == MMD_VALUE_STRING;
  mmd_status_t status = NULL;
  for (size_t i = 0; i < (is_one ? 1 : mmd_array_size(old)) && !status; ++i) {
    const mmd_value_t *name = is_one ? old : mmd_array_at(old, i);
    status = mmd_array_take(fields, mmd_value_string(mmd_value_get_string(name, "img")));
  }
  if (!status) status = mmd_array_take(fields, mmd_value_string("img"));
  if (!status) return mmd_object_take(sample, "img_fields", fields);
  mmd_value_release(fields);
  return status;
}

mmd_status_t mmd_load_step_note(mmd_value_t *sample, const mmd_image_t *image,
                                const mmd_frame_t *frame) {
  const mmd_frame_t source = {image->height, image->width, mmd_pixel_channels(image->format),
                              image->dtype};
  MMD_TRY(mmd_sample_note_shape(sample, "img_shape", true, frame));
  MMD_TRY(mmd_sample_note_shape(sample, "ori_shape", false, &source));
  return note_field(sample);
}

//===--- step ---===//

static mmd_status_t run(const mmd_load_step_t *step, mmd_value_t *sample) {
  if (mmd_value_get_tensor(mmd_object_get(sample, "img"))) return NULL;
  const mmd_value_t *value = mmd_object_get(sample, "ori_img");
  const mmd_image_t *image = mmd_value_get_image(value);
  if (!image) {
    return MMD_ERROR(MMD_INVALID_ARGUMENT, STEP ": 'ori_img' must be an image, found %s",
                     value ? mmd_value_kind_name(mmd_value_kind(value)) : "nothing");
  }
  mmd_tensor_t tensor = {0};
  MMD_TRY(mmd_load_step_convert(step, image, &tensor));
  const mmd_frame_t frame = {tensor.shape.dims[1], tensor.shape.dims[2], tensor.shape.dims[3],
                             tensor.dtype};
  mmd_status_t status = mmd_load_step_note(sample, image, &frame);
  if (!status) return mmd_sample_set_tensor(sample, "img", &tensor);
  mmd_tensor_deinit(&tensor);
  return status;
}

static mmd_status_t apply(const void *options, const mmd_component_context_t *context,
                          mmd_value_t *const *inputs, size_t input_count,
                          mmd_value_t **out_result) {
  (void)context;
  (void)input_count;
  MMD_TRY(run(options, inputs[0]));
  *out_result = mmd_value_retain(inputs[0]);
  return NULL;
}

const mmd_component_t mmd_transform_load = {
    .module = "Transform",
    .name = STEP,
    .help = "Brings the given picture into the colours of the model.",
    .options = &g_table,
    .apply = apply,
};
