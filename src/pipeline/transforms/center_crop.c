// SPDX-License-Identifier: Apache-2.0
//
// CenterCrop. Half pixels go to the even side, as Python's round() in the code bases has it; the
// original SDK rounds them up.
#include <stddef.h>

#include "kernels/layout.h"
#include "pipeline/transforms/sample.h"

#define STEP "CenterCrop"

static const mmd_option_t g_options[] = {
    {.name = "crop_size",
     .type = MMD_OPTION_INTS,
     .offset = offsetof(mmd_crop_step_t, crop_size),
     .min = 1,
     .max = MMD_IMAGE_MAX_SIDE,
     .flags = MMD_OPTION_REQUIRED,
     .help = "Size of the cut: both sides, or [h, w] (1.x: [w, h])."},
    {.name = "efficientnet_style",
     .type = MMD_OPTION_BOOL,
     .offset = offsetof(mmd_crop_step_t, efficientnet_style),
     .default_text = "false",
     .help = "Not supported: crop relative to the shorter side, then resize."},
    {.name = "auto_pad",
     .type = MMD_OPTION_BOOL,
     .offset = offsetof(mmd_crop_step_t, auto_pad),
     .default_text = "false",
     .help = "Not supported: pad images that are smaller than the cut."},
    {.name = "release",
     .type = MMD_OPTION_INT,
     .offset = offsetof(mmd_crop_step_t, release),
     .default_text = "0",
     .help = "Major version of the package, set by the loader."},
};
static const mmd_option_table_t g_table = MMD_OPTION_TABLE(STEP, mmd_crop_step_t, g_options);

static mmd_status_t check(const void *options, const char *where) {
  const mmd_crop_step_t *step = options;
  if (step->efficientnet_style || step->auto_pad) {
    return MMD_ERROR(MMD_NOT_SUPPORTED, "%s.%s: true is not supported", where,
                     step->auto_pad ? "auto_pad" : "efficientnet_style");
  }
  if (step->crop_size.count == 1 || step->crop_size.count == 2) return NULL;
  return MMD_ERROR(MMD_INVALID_ARGUMENT, "%s.crop_size: %d numbers; one or two are accepted", where,
                   step->crop_size.count);
}

// Where a cut of |crop| out of |size| begins.
static int64_t begin_of(int64_t size, int64_t crop) {
  const int64_t rest = size - crop;
  const int64_t half = rest / 2;
  if (rest <= 0) return 0;
  return rest % 2 && half % 2 ? half + 1 : half;
}

mmd_window_t mmd_crop_step_window(const mmd_crop_step_t *step, const mmd_frame_t *frame) {
  const int64_t a = step->crop_size.items[0];
  const int64_t b = step->crop_size.count > 1 ? step->crop_size.items[1] : a;
  const int64_t height = step->release >= 1 ? b : a, width = step->release >= 1 ? a : b;
  return (mmd_window_t){
      .x = begin_of(frame->width, width),
      .y = begin_of(frame->height, height),
      .width = width < frame->width ? width : frame->width,
      .height = height < frame->height ? height : frame->height,
  };
}

mmd_status_t mmd_crop_step_note(mmd_value_t *sample, const mmd_window_t *window, int64_t channels) {
  const mmd_value_t *factor = mmd_object_get(sample, "scale_factor");
  const mmd_frame_t frame = {window->height, window->width, channels, MMD_U8};
  double offset[2] = {(double)window->x, (double)window->y};
  for (size_t i = 0; i < 2 && i < mmd_array_size(factor); ++i) {
    const float divisor = (float)mmd_value_get_float(mmd_array_at(factor, i), 1);
    if (divisor > 0) offset[i] = (double)((float)offset[i] / divisor);
  }
  MMD_TRY(mmd_sample_note_shape(sample, "img_shape", false, &frame));
  return mmd_sample_note_floats(sample, "offset", true, offset, 2);
}

static mmd_status_t crop_image(const void *options, mmd_value_t *sample, const char *key,
                               const mmd_tensor_t *image, const mmd_frame_t *from) {
  mmd_tensor_t result = {0};
  const mmd_window_t window = mmd_crop_step_window(options, from);
  const mmd_frame_t to = {window.height, window.width, from->channels, from->dtype};
  MMD_TRY(mmd_frame_create(&to, &result));
  const size_t pixel = (size_t)from->channels * mmd_dtype_size(from->dtype);
  const size_t stride = mmd_frame_row_bytes(from), row = mmd_frame_row_bytes(&to);
  const uint8_t *src = mmd_tensor_data(image);
  mmd_layout_copy(src + (size_t)window.y * stride + (size_t)window.x * pixel, stride, row,
                  (size_t)to.height, mmd_tensor_mutable_data(&result), row);
  MMD_TRY(mmd_sample_set_tensor(sample, key, &result));
  return mmd_crop_step_note(sample, &window, from->channels);
}

static mmd_status_t apply(const void *options, const mmd_component_context_t *context,
                          mmd_value_t *const *inputs, size_t input_count,
                          mmd_value_t **out_result) {
  (void)context;
  (void)input_count;
  return mmd_sample_apply(options, STEP, inputs[0], crop_image, out_result);
}

const mmd_component_t mmd_transform_center_crop = {
    .module = "Transform",
    .name = STEP,
    .help = "Cuts out the middle; sides that are smaller than the cut stay.",
    .options = &g_table,
    .check = check,
    .apply = apply,
};
