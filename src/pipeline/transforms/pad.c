// SPDX-License-Identifier: Apache-2.0
#include <math.h>
#include <stddef.h>
#include <string.h>

#include "pipeline/transforms/sample.h"

#define STEP "Pad"
#define MAX_CHANNELS 4

// In the order of mmd_pad_mode_t.
static const char *const g_modes[] = {"constant", "edge", "reflect", "symmetric", NULL};

static const mmd_option_t g_options[] = {
    {.name = "size",
     .type = MMD_OPTION_INTS,
     .offset = offsetof(mmd_pad_step_t, size),
     .min = 0,
     .max = MMD_IMAGE_MAX_SIDE,
     .flags = MMD_OPTION_NULLABLE,
     .help = "Size with the border: both sides, or [h, w] (1.x: [w, h]); 0 is none."},
    {.name = "size_divisor",
     .type = MMD_OPTION_INT,
     .offset = offsetof(mmd_pad_step_t, size_divisor),
     .default_text = "1",
     .min = 1,
     .max = MMD_IMAGE_MAX_SIDE,
     .flags = MMD_OPTION_NULLABLE,
     .help = "Make both sides multiples of this."},
    {.name = "pad_to_square",
     .type = MMD_OPTION_BOOL,
     .offset = offsetof(mmd_pad_step_t, pad_to_square),
     .default_text = "false",
     .help = "Make both sides as long as the longer one."},
    {.name = "orientation_agnostic",
     .type = MMD_OPTION_BOOL,
     .offset = offsetof(mmd_pad_step_t, orientation_agnostic),
     .default_text = "false",
     .help = "Turn 'size' so that its longer side goes with that of the image."},
    {.name = "pad_val",
     .type = MMD_OPTION_VALUE,
     .offset = offsetof(mmd_pad_step_t, pad_val),
     .flags = MMD_OPTION_NULLABLE,
     .help = "Value of the border, 0 by default: a number or one a channel, or {\"img\": these}."},
    {.name = "padding_mode",
     .type = MMD_OPTION_CHOICE,
     .offset = offsetof(mmd_pad_step_t, padding_mode),
     .default_text = "constant",
     .choices = g_modes,
     .help = "What the border shows."},
    {.name = "logical_or_val",
     .type = MMD_OPTION_INT,
     .offset = offsetof(mmd_pad_step_t, logical_or_val),
     .default_text = "0",
     .min = 0,
     .max = MMD_IMAGE_MAX_SIDE,
     .help = "Make both sides (side | value) + add_pix_val, the border on all sides."},
    {.name = "add_pix_val",
     .type = MMD_OPTION_INT,
     .offset = offsetof(mmd_pad_step_t, add_pix_val),
     .default_text = "0",
     .min = 0,
     .max = MMD_IMAGE_MAX_SIDE,
     .help = "See logical_or_val."},
    {.name = "release",
     .type = MMD_OPTION_INT,
     .offset = offsetof(mmd_pad_step_t, release),
     .default_text = "0",
     .help = "Major version of the package, set by the loader."},
};
static const mmd_option_table_t g_table = MMD_OPTION_TABLE(STEP, mmd_pad_step_t, g_options);

//===--- options ---===//

// The number or numbers of pad_val.
static const mmd_value_t *border_of(const mmd_pad_step_t *step) {
  const bool is_object = mmd_value_kind(step->pad_val) == MMD_VALUE_OBJECT;
  return is_object ? mmd_object_get(step->pad_val, "img") : step->pad_val;
}

static mmd_status_t check_border(const mmd_pad_step_t *step, const char *where) {
  const mmd_value_t *border = border_of(step);
  const size_t count = mmd_array_size(border);
  if (!step->pad_val || mmd_value_is_number(border)) return NULL;
  bool is_good = count > 0;
  for (size_t i = 0; i < count; ++i) {
    is_good = is_good && mmd_value_is_number(mmd_array_at(border, i));
  }
  if (is_good) return NULL;
  return MMD_ERROR(MMD_INVALID_ARGUMENT,
                   "%s.pad_val: expected numbers, or {\"img\": numbers}, found %s", where,
                   mmd_value_kind_name(mmd_value_kind(step->pad_val)));
}

static mmd_status_t check(const void *options, const char *where) {
  const mmd_pad_step_t *step = options;
  if (step->size.count > 2) {
    return MMD_ERROR(MMD_INVALID_ARGUMENT, "%s.size: %d numbers; one or two are accepted", where,
                     step->size.count);
  }
  return check_border(step, where);
}

// A lone number of a 0.x config is the value of the first channel, the others are 0: so mmcv 1
// hands it to OpenCV. The original SDK fills all channels.
static double border_at(const mmd_pad_step_t *step, size_t channel) {
  const mmd_value_t *border = border_of(step);
  const size_t count = mmd_array_size(border);
  if (count) return mmd_value_get_float(mmd_array_at(border, channel < count ? channel : 0), 0);
  return channel && step->release < 1 ? 0 : mmd_value_get_float(border, 0);
}

bool mmd_pad_step_is_uniform(const mmd_pad_step_t *step) {
  bool is_uniform = true;
  for (size_t c = 1; c < MAX_CHANNELS; ++c) {
    is_uniform = is_uniform && border_at(step, c) == border_at(step, 0);
  }
  return is_uniform;
}

float mmd_pad_step_value(const mmd_pad_step_t *step, size_t channel, mmd_dtype_t dtype) {
  const double value = border_at(step, channel);
  if (dtype != MMD_U8) return (float)value;
  return value <= 0 ? 0 : value >= 255 ? 255 : (float)rint(value);
}

//===--- geometry ---===//

static bool has_size(const mmd_pad_step_t *step) {
  const mmd_ints_t *size = &step->size;
  return size->count && size->items[0] && (size->count < 2 || size->items[1]);
}

static bool is_logical_or(const mmd_pad_step_t *step) {
  return !step->pad_to_square && !has_size(step) && step->size_divisor == 1 &&
         step->logical_or_val > 0;
}

static int64_t round_up(int64_t size, int64_t divisor) {
  return (size + divisor - 1) / divisor * divisor;
}

static void padded_to_size(const mmd_pad_step_t *step, const mmd_frame_t *frame, int64_t out[2]) {
  const int64_t a = step->size.items[0], b = step->size.count > 1 ? step->size.items[1] : a;
  out[0] = step->release >= 1 ? b : a;
  out[1] = step->release >= 1 ? a : b;
  if (!step->orientation_agnostic) return;
  const int64_t longer = a > b ? a : b, shorter = a > b ? b : a;
  out[0] = frame->width < frame->height ? longer : shorter;
  out[1] = frame->width < frame->height ? shorter : longer;
}

// [height, width] with the border.
static void padded_size(const mmd_pad_step_t *step, const mmd_frame_t *frame, int64_t out[2]) {
  const int64_t h = frame->height, w = frame->width;
  out[0] = h;
  out[1] = w;
  if (step->pad_to_square) {
    out[0] = out[1] = h > w ? h : w;
  } else if (has_size(step)) {
    padded_to_size(step, frame, out);
  } else if (step->size_divisor != 1) {
    out[0] = round_up(h, step->size_divisor);
    out[1] = round_up(w, step->size_divisor);
  } else if (is_logical_or(step)) {
    out[0] = (h | step->logical_or_val) + step->add_pix_val;
    out[1] = (w | step->logical_or_val) + step->add_pix_val;
  }
}

mmd_status_t mmd_pad_step_padding(const mmd_pad_step_t *step, const mmd_frame_t *frame,
                                  mmd_padding_t *out_padding) {
  int64_t size[2];
  const int64_t h = frame->height, w = frame->width;
  padded_size(step, frame, size);
  if (size[0] < h || size[1] < w) {
    return MMD_ERROR(MMD_INVALID_ARGUMENT,
                     STEP
                     ": an image of %lldx%lld pixels is larger than "
                     "%lldx%lld",
                     (long long)w, (long long)h, (long long)size[1], (long long)size[0]);
  }
  const mmd_frame_t padded = {size[0], size[1], frame->channels, frame->dtype};
  MMD_TRY(mmd_frame_check(STEP, frame, &padded));
  const bool is_around = is_logical_or(step);
  out_padding->top = is_around ? size[0] / 2 - h / 2 : 0;
  out_padding->left = is_around ? size[1] / 2 - w / 2 : 0;
  out_padding->bottom = size[0] - h - out_padding->top;
  out_padding->right = size[1] - w - out_padding->left;
  return NULL;
}

//===--- step ---===//

mmd_status_t mmd_pad_step_note(const mmd_pad_step_t *step, mmd_value_t *sample,
                               const mmd_frame_t *frame, const mmd_padding_t *padding) {
  mmd_frame_t padded = *frame;
  padded.height += padding->top + padding->bottom;
  padded.width += padding->left + padding->right;
  const int64_t fixed[2] = {padded.height, padded.width};
  const int64_t border[4] = {padding->top, padding->left, padding->top + frame->height,
                             padding->left + frame->width};
  const bool has_divisor = !step->pad_to_square && !has_size(step) && step->size_divisor != 1;
  if (!is_logical_or(step)) {
    MMD_TRY(mmd_sample_note_ints(sample, "pad_fixed_size", true, fixed, 2));
  }
  if (has_divisor) {
    MMD_TRY(mmd_object_take(sample, "pad_size_divisor", mmd_value_int(step->size_divisor)));
  }
  if (step->release >= 1 || is_logical_or(step))
    MMD_TRY(mmd_sample_note_ints(sample, "border", true, border, 4));
  return mmd_sample_note_shape(sample, "pad_shape", true, &padded);
}

mmd_status_t mmd_pad_step_image(const mmd_pad_step_t *step, const mmd_tensor_t *image,
                                const mmd_frame_t *from, const mmd_padding_t *padding,
                                mmd_tensor_t *out_image) {
  if ((from->dtype != MMD_U8 && from->dtype != MMD_F32) || from->channels > MAX_CHANNELS) {
    return MMD_ERROR(MMD_NOT_SUPPORTED, STEP ": images of type %s with %lld channels",
                     mmd_dtype_name(from->dtype), (long long)from->channels);
  }
  mmd_frame_t to = *from;
  to.height += padding->top + padding->bottom;
  to.width += padding->left + padding->right;
  float pixel[MAX_CHANNELS];
  for (size_t c = 0; c < MAX_CHANNELS; ++c) {
    const float value = mmd_pad_step_value(step, c, from->dtype);
    if (from->dtype == MMD_U8)
      ((uint8_t *)pixel)[c] = (uint8_t)value;
    else
      pixel[c] = value;
  }
  const mmd_pad_t p = {
      .mode = (mmd_pad_mode_t)step->padding_mode,
      .top = (size_t)padding->top,
      .bottom = (size_t)padding->bottom,
      .left = (size_t)padding->left,
      .right = (size_t)padding->right,
      .pixel_size = (size_t)from->channels * mmd_dtype_size(from->dtype),
      .value = pixel,
  };
  MMD_TRY(mmd_frame_create(&to, out_image));
  mmd_status_t status = mmd_pad_image(&p, mmd_tensor_data(image), mmd_frame_row_bytes(from),
                                      (size_t)from->width, (size_t)from->height,
                                      mmd_tensor_mutable_data(out_image), mmd_frame_row_bytes(&to));
  if (status) mmd_tensor_deinit(out_image);
  return status;
}

static mmd_status_t pad_image(const void *options, mmd_value_t *sample, const char *key,
                              const mmd_tensor_t *image, const mmd_frame_t *frame) {
  const mmd_pad_step_t *step = options;
  mmd_padding_t p;
  mmd_tensor_t result = {0};
  MMD_TRY(mmd_pad_step_padding(step, frame, &p));
  if (p.top || p.left || p.bottom || p.right) {
    MMD_TRY(mmd_pad_step_image(step, image, frame, &p, &result));
    MMD_TRY(mmd_sample_set_tensor(sample, key, &result));
  }
  return mmd_pad_step_note(step, sample, frame, &p);
}

static mmd_status_t apply(const void *options, const mmd_component_context_t *context,
                          mmd_value_t *const *inputs, size_t input_count,
                          mmd_value_t **out_result) {
  (void)context;
  (void)input_count;
  return mmd_sample_apply(options, STEP, inputs[0], pad_image, out_result);
}

const mmd_component_t mmd_transform_pad = {
    .module = "Transform",
    .name = STEP,
    .help = "Adds a border.",
    .options = &g_table,
    .check = check,
    .apply = apply,
};
