// SPDX-License-Identifier: Apache-2.0
//
// LetterResize: fits an image into a size and puts a border around it, with mmyolo's numbers. The
// original runtime reads |scale| as [h, w], though its converter writes [w, h], and notes the
// factor before the size is rounded.
#include <math.h>
#include <stddef.h>

#include "pipeline/transforms/sample.h"

#define STEP "LetterResize"

static const char *const g_interpolations[] = {"nearest", "bilinear", "bicubic",
                                               "area",    "lanczos",  NULL};

typedef struct letter_step_t {
  mmd_ints_t scale;
  const mmd_value_t *pad_val;
  int interpolation;
  bool allow_scale_up, use_mini_pad, stretch_only, keep_ratio;
} letter_step_t;

static const mmd_option_t g_options[] = {
    {.name = "scale",
     .type = MMD_OPTION_INTS,
     .offset = offsetof(letter_step_t, scale),
     .min = 1,
     .max = MMD_IMAGE_MAX_SIDE,
     .flags = MMD_OPTION_REQUIRED,
     .help = "Size with the border: both sides, or [w, h]."},
    {.name = "pad_val",
     .type = MMD_OPTION_VALUE,
     .offset = offsetof(letter_step_t, pad_val),
     .flags = MMD_OPTION_NULLABLE,
     .help = "Value of the border, 0 by default: a number or one a channel, or {\"img\": these}."},
    {.name = "interpolation",
     .type = MMD_OPTION_CHOICE,
     .offset = offsetof(letter_step_t, interpolation),
     .default_text = "bilinear",
     .choices = g_interpolations,
     .help = "How to scale, with the numbers of OpenCV."},
    {.name = "allow_scale_up",
     .type = MMD_OPTION_BOOL,
     .offset = offsetof(letter_step_t, allow_scale_up),
     .default_text = "true",
     .help = "Small images may become larger."},
    {.name = "use_mini_pad",
     .type = MMD_OPTION_BOOL,
     .offset = offsetof(letter_step_t, use_mini_pad),
     .default_text = "false",
     .help = "Only as much border as makes the rest of the size a multiple of 32."},
    {.name = "stretch_only",
     .type = MMD_OPTION_BOOL,
     .offset = offsetof(letter_step_t, stretch_only),
     .default_text = "false",
     .help = "No border: scale each side for itself."},
    {.name = "keep_ratio",
     .type = MMD_OPTION_BOOL,
     .offset = offsetof(letter_step_t, keep_ratio),
     .default_text = "true",
     .flags = MMD_OPTION_IGNORED,
     .help = "stretch_only says it."},
};
static const mmd_option_table_t g_table = MMD_OPTION_TABLE(STEP, letter_step_t, g_options);

//===--- options ---===//

static const mmd_value_t *border_of(const letter_step_t *step) {
  const bool is_object = mmd_value_kind(step->pad_val) == MMD_VALUE_OBJECT;
  return is_object ? mmd_object_get(step->pad_val, "img") : step->pad_val;
}

static mmd_status_t check(const void *options, const char *where) {
  const letter_step_t *step = options;
  const mmd_value_t *border = border_of(step);
  bool is_good = !step->pad_val || mmd_value_is_number(border) || mmd_array_size(border) > 0;
  for (size_t i = 0; i < mmd_array_size(border); ++i) {
    is_good = is_good && mmd_value_is_number(mmd_array_at(border, i));
  }
  if (!is_good) {
    return MMD_ERROR(MMD_INVALID_ARGUMENT,
                     "%s.pad_val: expected numbers, or {\"img\": numbers}, found %s", where,
                     mmd_value_kind_name(mmd_value_kind(step->pad_val)));
  }
  if (step->scale.count == 1 || step->scale.count == 2) return NULL;
  return MMD_ERROR(MMD_INVALID_ARGUMENT, "%s.scale: %d numbers; one or two are accepted", where,
                   step->scale.count);
}

static double border_at(const letter_step_t *step, size_t channel) {
  const mmd_value_t *border = border_of(step);
  const size_t count = mmd_array_size(border);
  if (count) return mmd_value_get_float(mmd_array_at(border, channel < count ? channel : 0), 0);
  return mmd_value_get_float(border, 0);
}

//===--- geometry ---===//

typedef struct letter_t {
  mmd_frame_t scaled, padded;
  mmd_padding_t padding;
  double factor[2];  // along x and y
} letter_t;

static mmd_status_t plan(const letter_step_t *step, const mmd_frame_t *from, letter_t *out_letter) {
  const int64_t w = step->scale.items[0], h = step->scale.count > 1 ? step->scale.items[1] : w;
  const double by_height = (double)h / (double)from->height;
  const double by_width = (double)w / (double)from->width;
  double factor = by_height < by_width ? by_height : by_width;
  if (!step->allow_scale_up && factor > 1) factor = 1;
  letter_t letter = {.scaled = *from};
  letter.scaled.height = (int64_t)rint((double)from->height * factor);
  letter.scaled.width = (int64_t)rint((double)from->width * factor);
  int64_t rest_h = h - letter.scaled.height, rest_w = w - letter.scaled.width;
  if (step->use_mini_pad) {
    rest_h %= 32;
    rest_w %= 32;
  } else if (step->stretch_only) {
    rest_h = rest_w = 0;
    letter.scaled.height = h;
    letter.scaled.width = w;
  }
  letter.padding =
      (mmd_padding_t){rest_h / 2, rest_w / 2, rest_h - rest_h / 2, rest_w - rest_w / 2};
  letter.factor[0] = (double)letter.scaled.width / (double)from->width;
  letter.factor[1] = (double)letter.scaled.height / (double)from->height;
  letter.padded = letter.scaled;
  letter.padded.height += rest_h;
  letter.padded.width += rest_w;
  *out_letter = letter;
  MMD_TRY(mmd_frame_check(STEP, from, &letter.scaled));
  return mmd_frame_check(STEP, from, &letter.padded);
}

//===--- pixels ---===//

static mmd_status_t scale_image(const letter_step_t *step, const letter_t *letter,
                                const mmd_tensor_t *image, const mmd_frame_t *from,
                                mmd_tensor_t *out_image) {
  static const mmd_resize_kind_t kinds[] = {MMD_RESIZE_CV_NEAREST, MMD_RESIZE_CV_LINEAR,
                                            MMD_RESIZE_CV_CUBIC, MMD_RESIZE_CV_AREA,
                                            MMD_RESIZE_CV_LANCZOS4};
  const mmd_frame_t *to = &letter->scaled;
  if (to->width == from->width && to->height == from->height) {
    return mmd_tensor_contiguous(image, out_image);
  }
  return mmd_frame_resize(STEP, kinds[step->interpolation], mmd_tensor_data(image),
                          mmd_frame_row_bytes(from), from, to, out_image);
}

static mmd_status_t pad_image(const letter_step_t *step, const letter_t *letter,
                              const mmd_tensor_t *image, mmd_tensor_t *out_image) {
  float floats[4];
  uint8_t bytes[4];
  const mmd_frame_t *from = &letter->scaled;
  const bool is_float = from->dtype == MMD_F32;
  for (size_t c = 0; c < 4; ++c) {
    const double value = border_at(step, c);
    floats[c] = (float)value;
    bytes[c] = (uint8_t)(value > 0 ? (value < 255 ? rint(value) : 255) : 0);
  }
  const mmd_pad_t pad = {.mode = MMD_PAD_CONSTANT,
                         .top = (size_t)letter->padding.top,
                         .bottom = (size_t)letter->padding.bottom,
                         .left = (size_t)letter->padding.left,
                         .right = (size_t)letter->padding.right,
                         .pixel_size = (size_t)from->channels * mmd_dtype_size(from->dtype),
                         .value = is_float ? (const void *)floats : bytes};
  MMD_TRY(mmd_frame_create(&letter->padded, out_image));
  mmd_status_t status =
      mmd_pad_image(&pad, mmd_tensor_data(image), mmd_frame_row_bytes(from), (size_t)from->width,
                    (size_t)from->height, mmd_tensor_mutable_data(out_image),
                    mmd_frame_row_bytes(&letter->padded));
  if (status) mmd_tensor_deinit(out_image);
  return status;
}

//===--- step ---===//

static mmd_status_t note(mmd_value_t *sample, const letter_t *letter) {
  const mmd_value_t *before = mmd_object_get(sample, "scale_factor");
  const mmd_padding_t *p = &letter->padding;
  const int64_t border[] = {p->top, p->left, p->bottom, p->right};
  double factor[4];
  for (size_t i = 0; i < 4; ++i) {
    factor[i] = letter->factor[i % 2] * mmd_value_get_float(mmd_array_at(before, i), 1);
  }
  MMD_TRY(mmd_sample_note_floats(sample, "scale_factor", false, factor, 4));
  MMD_TRY(mmd_sample_note_shape(sample, "img_shape", false, &letter->padded));
  return mmd_sample_note_ints(sample, "pad_param", false, border, 4);
}

static mmd_status_t letter_image(const void *options, mmd_value_t *sample, const char *key,
                                 const mmd_tensor_t *image, const mmd_frame_t *from) {
  mmd_tensor_t scaled = {0}, padded = {0};
  letter_t letter;
  if ((from->dtype != MMD_U8 && from->dtype != MMD_F32) || from->channels > 4) {
    return MMD_ERROR(MMD_NOT_SUPPORTED, STEP ": images of type %s with %lld channels",
                     mmd_dtype_name(from->dtype), (long long)from->channels);
  }
  MMD_TRY(plan(options, from, &letter));
  MMD_TRY(scale_image(options, &letter, image, from, &scaled));
  mmd_status_t status = pad_image(options, &letter, &scaled, &padded);
  mmd_tensor_deinit(&scaled);
  if (!status) status = mmd_sample_set_tensor(sample, key, &padded);
  return status ? status : note(sample, &letter);
}

static mmd_status_t apply(const void *options, const mmd_component_context_t *context,
                          mmd_value_t *const *inputs, size_t input_count,
                          mmd_value_t **out_result) {
  (void)context;
  (void)input_count;
  return mmd_sample_apply(options, STEP, inputs[0], letter_image, out_result);
}

const mmd_component_t mmd_transform_letter_resize = {
    .module = "Transform",
    .name = STEP,
    .help = "Fits an image into a size and puts a border around it.",
    .options = &g_table,
    .check = check,
    .apply = apply,
};
