// SPDX-License-Identifier: Apache-2.0
//
// CenterCrop. Half pixels go to the even side, as Python's round() in the code bases has it; the
// original SDK rounds them up, and knows nothing of efficientnet_style and auto_pad.
#include <math.h>
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
     .help = "Cut the part crop_size / (crop_size + crop_padding) of the shorter side, then scale "
             "it to crop_size."},
    {.name = "crop_padding",
     .type = MMD_OPTION_INT,
     .offset = offsetof(mmd_crop_step_t, crop_padding),
     .default_text = "32",
     .min = 0,
     .max = MMD_IMAGE_MAX_SIDE,
     .help = "See efficientnet_style."},
    {.name = "interpolation",
     .type = MMD_OPTION_CHOICE,
     .offset = offsetof(mmd_crop_step_t, interpolation),
     .default_text = "bilinear",
     .choices = mmd_resize_interpolations,
     .help = "As of Resize, for efficientnet_style."},
    {.name = "backend",
     .type = MMD_OPTION_CHOICE,
     .offset = offsetof(mmd_crop_step_t, backend),
     .default_text = "cv2",
     .choices = mmd_resize_backends,
     .flags = MMD_OPTION_NULLABLE,
     .help = "As of Resize, for efficientnet_style."},
    {.name = "auto_pad",
     .type = MMD_OPTION_BOOL,
     .offset = offsetof(mmd_crop_step_t, auto_pad),
     .default_text = "false",
     .help = "Give images that are smaller than the cut a border first."},
    {.name = "pad_cfg",
     .type = MMD_OPTION_VALUE,
     .offset = offsetof(mmd_crop_step_t, pad_cfg),
     .flags = MMD_OPTION_NULLABLE,
     .help = "The options of Pad for auto_pad; its sizes are not read."},
    {.name = "release",
     .type = MMD_OPTION_INT,
     .offset = offsetof(mmd_crop_step_t, release),
     .default_text = "0",
     .help = "Major version of the package, set by the loader."},
};
static const mmd_option_table_t g_table = MMD_OPTION_TABLE(STEP, mmd_crop_step_t, g_options);

// [height, width] of the cut.
static void crop_size_of(const mmd_crop_step_t *step, int64_t out_size[2]) {
  const int64_t a = step->crop_size.items[0];
  const int64_t b = step->crop_size.count > 1 ? step->crop_size.items[1] : a;
  out_size[0] = step->release >= 1 ? b : a;
  out_size[1] = step->release >= 1 ? a : b;
}

// The options of the border; what decides its size is left out.
static mmd_status_t read_pad(const mmd_crop_step_t *step, const char *where,
                             mmd_pad_step_t *out_pad) {
  MMD_TRY(mmd_options_read(mmd_transform_pad.options, step->pad_cfg, where, false, out_pad));
  MMD_TRY(mmd_transform_pad.check(out_pad, where));
  out_pad->size = (mmd_ints_t){0};
  out_pad->size_divisor = 1;
  out_pad->pad_to_square = false;
  out_pad->logical_or_val = 0;
  out_pad->release = step->release;
  return NULL;
}

static mmd_status_t check(const void *options, const char *where) {
  const mmd_crop_step_t *step = options;
  if (step->crop_size.count != 1 && step->crop_size.count != 2) {
    return MMD_ERROR(MMD_INVALID_ARGUMENT, "%s.crop_size: %d numbers; one or two are accepted",
                     where, step->crop_size.count);
  }
  int64_t size[2];
  crop_size_of(step, size);
  if (step->efficientnet_style && size[0] != size[1]) {
    return MMD_ERROR(MMD_INVALID_ARGUMENT,
                     "%s.crop_size: %lldx%lld; efficientnet_style needs a square", where,
                     (long long)size[1], (long long)size[0]);
  }
  if (step->efficientnet_style && step->auto_pad) {
    return MMD_ERROR(MMD_INVALID_ARGUMENT,
                     "%s.auto_pad: does not go together with efficientnet_style", where);
  }
  mmd_pad_step_t pad;
  if (step->auto_pad) MMD_TRY(read_pad(step, where, &pad));
  return mmd_resize_check_kind(step->interpolation, step->backend, where);
}

//===--- geometry ---===//

// Where a cut of |crop| out of |size| begins.
static int64_t begin_of(int64_t size, int64_t crop) {
  const int64_t rest = size - crop;
  const int64_t half = rest / 2;
  if (rest <= 0) return 0;
  return rest % 2 && half % 2 ? half + 1 : half;
}

// One side of the cut of efficientnet_style, which is no whole number at first.
static void cut_part(int64_t size, double crop, int64_t *out_begin, int64_t *out_count) {
  const double rest = rint(((double)size - crop) / 2);
  const int64_t begin = rest > 0 ? (int64_t)rest : 0;
  const double end = (double)begin + crop;
  const int64_t last = (int64_t)((end < (double)size ? end : (double)size) - 1);
  *out_begin = begin;
  *out_count = last >= begin ? last - begin + 1 : 1;
}

mmd_window_t mmd_crop_step_window(const mmd_crop_step_t *step, const mmd_frame_t *frame) {
  mmd_window_t window;
  int64_t size[2];
  crop_size_of(step, size);
  if (step->efficientnet_style) {
    const int64_t shorter = frame->height < frame->width ? frame->height : frame->width;
    const double part = (double)size[0] / (double)(size[0] + step->crop_padding);
    cut_part(frame->width, part * (double)shorter, &window.x, &window.width);
    cut_part(frame->height, part * (double)shorter, &window.y, &window.height);
    return window;
  }
  return (mmd_window_t){
      .x = begin_of(frame->width, size[1]),
      .y = begin_of(frame->height, size[0]),
      .width = size[1] < frame->width ? size[1] : frame->width,
      .height = size[0] < frame->height ? size[0] : frame->height,
  };
}

void mmd_crop_step_target(const mmd_crop_step_t *step, const mmd_window_t *window,
                          mmd_frame_t *to) {
  int64_t size[2];
  crop_size_of(step, size);
  to->height = step->efficientnet_style ? size[0] : window->height;
  to->width = step->efficientnet_style ? size[1] : window->width;
}

mmd_status_t mmd_crop_step_note(mmd_value_t *sample, const mmd_window_t *window,
                                const mmd_frame_t *to) {
  const mmd_value_t *factor = mmd_object_get(sample, "scale_factor");
  double offset[2] = {(double)window->x, (double)window->y};
  for (size_t i = 0; i < 2 && i < mmd_array_size(factor); ++i) {
    const float divisor = (float)mmd_value_get_float(mmd_array_at(factor, i), 1);
    if (divisor > 0) offset[i] = (double)((float)offset[i] / divisor);
  }
  MMD_TRY(mmd_sample_note_shape(sample, "img_shape", false, to));
  return mmd_sample_note_floats(sample, "offset", true, offset, 2);
}

//===--- step ---===//

static mmd_status_t cut(const mmd_crop_step_t *step, mmd_value_t *sample, const char *key,
                        const mmd_tensor_t *image, const mmd_frame_t *from) {
  mmd_tensor_t result = {0};
  mmd_frame_t to = *from;
  const mmd_window_t window = mmd_crop_step_window(step, from);
  const mmd_frame_t inside = {window.height, window.width, from->channels, from->dtype};
  mmd_crop_step_target(step, &window, &to);
  const size_t pixel = (size_t)from->channels * mmd_dtype_size(from->dtype);
  const size_t stride = mmd_frame_row_bytes(from), row = mmd_frame_row_bytes(&to);
  const uint8_t *src = (const uint8_t *)mmd_tensor_data(image) + (size_t)window.y * stride +
                       (size_t)window.x * pixel;
  if (step->efficientnet_style) {
    const mmd_resize_kind_t kind = mmd_resize_kind_of(step->interpolation, step->backend);
    MMD_TRY(mmd_frame_resize(STEP, kind, src, stride, &inside, &to, &result));
  } else {
    MMD_TRY(mmd_frame_create(&to, &result));
    mmd_layout_copy(src, stride, row, (size_t)to.height, mmd_tensor_mutable_data(&result), row);
  }
  MMD_TRY(mmd_sample_set_tensor(sample, key, &result));
  return mmd_crop_step_note(sample, &window, &to);
}

// The border is on the right and below, as of Pad.
static mmd_status_t pad_and_cut(const mmd_crop_step_t *step, mmd_value_t *sample, const char *key,
                                const mmd_tensor_t *image, const mmd_frame_t *from,
                                const mmd_padding_t *padding) {
  mmd_pad_step_t pad;
  mmd_tensor_t padded = {0};
  mmd_frame_t frame = *from;
  frame.height += padding->bottom;
  frame.width += padding->right;
  MMD_TRY(mmd_frame_check(STEP, from, &frame));
  MMD_TRY(read_pad(step, STEP ".pad_cfg", &pad));
  MMD_TRY(mmd_pad_step_image(&pad, image, from, padding, &padded));
  mmd_status_t status = cut(step, sample, key, &padded, &frame);
  mmd_tensor_deinit(&padded);
  return status;
}

static mmd_status_t crop_image(const void *options, mmd_value_t *sample, const char *key,
                               const mmd_tensor_t *image, const mmd_frame_t *from) {
  const mmd_crop_step_t *step = options;
  int64_t size[2];
  crop_size_of(step, size);
  const mmd_padding_t padding = {
      .bottom = size[0] > from->height ? size[0] - from->height : 0,
      .right = size[1] > from->width ? size[1] - from->width : 0,
  };
  if (step->auto_pad && (padding.bottom || padding.right)) {
    return pad_and_cut(step, sample, key, image, from, &padding);
  }
  return cut(step, sample, key, image, from);
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
