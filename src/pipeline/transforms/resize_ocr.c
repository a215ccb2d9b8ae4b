// SPDX-License-Identifier: Apache-2.0
//
// ResizeOCR of 0.x, computed in double as mmocr does; the original SDK computes in float.
#include <stddef.h>

#include "pipeline/transforms/text_resize.h"

#define STEP "ResizeOCR"

typedef struct resize_ocr_t {
  int64_t height, min_width, max_width;
  bool keep_aspect_ratio;
  const mmd_value_t *img_pad_value;
  double width_downsample_ratio;
  int backend, padding_mode;
} resize_ocr_t;

enum { CV2, PILLOW, BACKENDS };
static const char *const g_backends[] = {[CV2] = "cv2", [PILLOW] = "pillow", [BACKENDS] = NULL};
// In the order of mmd_pad_mode_t.
static const char *const g_modes[] = {"constant", "edge", "reflect", "symmetric", NULL};

static const mmd_option_t g_options[] = {
    {.name = "height",
     .type = MMD_OPTION_INT,
     .offset = offsetof(resize_ocr_t, height),
     .min = 1,
     .max = MMD_IMAGE_MAX_SIDE,
     .flags = MMD_OPTION_REQUIRED,
     .help = "Height of the result."},
    {.name = "min_width",
     .type = MMD_OPTION_INT,
     .offset = offsetof(resize_ocr_t, min_width),
     .default_text = "-1",
     .min = -1,
     .max = MMD_IMAGE_MAX_SIDE,
     .flags = MMD_OPTION_NULLABLE,
     .help = "Least width; -1 or null is none."},
    {.name = "max_width",
     .type = MMD_OPTION_INT,
     .offset = offsetof(resize_ocr_t, max_width),
     .default_text = "-1",
     .min = -1,
     .max = MMD_IMAGE_MAX_SIDE,
     .flags = MMD_OPTION_NULLABLE,
     .help = "Greatest width, to which narrower images are padded; -1 or null is none."},
    {.name = "keep_aspect_ratio",
     .type = MMD_OPTION_BOOL,
     .offset = offsetof(resize_ocr_t, keep_aspect_ratio),
     .default_text = "true",
     .help = "Width in proportion; else it is max_width."},
    {.name = "img_pad_value",
     .type = MMD_OPTION_VALUE,
     .offset = offsetof(resize_ocr_t, img_pad_value),
     .flags = MMD_OPTION_NULLABLE,
     .help = "Value on the right: a number for the first channel, or one a channel."},
    {.name = "width_downsample_ratio",
     .type = MMD_OPTION_FLOAT,
     .offset = offsetof(resize_ocr_t, width_downsample_ratio),
     .default_text = "0.0625",
     .min = 1e-5,
     .max = 1,
     .help = "Widths are multiples of 1 / this."},
    {.name = "backend",
     .type = MMD_OPTION_CHOICE,
     .offset = offsetof(resize_ocr_t, backend),
     .default_text = "cv2",
     .choices = g_backends,
     .flags = MMD_OPTION_NULLABLE,
     .help = "Whose way to resize; the original SDK knows OpenCV's only."},
    {.name = "padding_mode",
     .type = MMD_OPTION_CHOICE,
     .offset = offsetof(resize_ocr_t, padding_mode),
     .default_text = "constant",
     .choices = g_modes,
     .help = "What is added on the right."},
};
static const mmd_option_table_t g_table = MMD_OPTION_TABLE(STEP, resize_ocr_t, g_options);

static mmd_status_t check(const void *options, const char *where) {
  const resize_ocr_t *step = options;
  if (step->keep_aspect_ratio || step->max_width > 0) return NULL;
  return MMD_ERROR(MMD_INVALID_ARGUMENT, "%s.max_width: needed without keep_aspect_ratio", where);
}

// Width before padding, with it, and how much of that is the image.
typedef struct widths_t {
  int64_t image, full;
  double valid_ratio;
} widths_t;

static widths_t find_widths(const resize_ocr_t *step, const mmd_frame_t *frame) {
  const int64_t most = step->max_width;
  if (!step->keep_aspect_ratio) return (widths_t){most, most, 1};
  const int64_t divisor = (int64_t)(1 / step->width_downsample_ratio);
  int64_t width = mmd_text_round_to(mmd_text_width(frame, step->height), divisor);
  if (step->min_width > width) width = step->min_width;
  if (most <= 0) return (widths_t){width, width, 1};
  const double ratio = (double)width / (double)most;
  return (widths_t){width < most ? width : most, most, ratio < 1 ? ratio : 1};
}

static void read_pad(const mmd_value_t *value, double pad[4]) {
  const size_t count = mmd_array_size(value);
  for (size_t c = 0; c < 4; ++c) {
    pad[c] = c < count ? mmd_value_get_float(mmd_array_at(value, c), 0) : 0;
  }
  if (!count) pad[0] = mmd_value_get_float(value, 0);
}

static mmd_status_t resize_image(const void *options, mmd_value_t *sample, const char *key,
                                 const mmd_tensor_t *image, const mmd_frame_t *from) {
  const resize_ocr_t *step = options;
  const widths_t widths = find_widths(step, from);
  mmd_frame_t to = *from;
  mmd_text_resize_t how = {.is_pillow = step->backend == PILLOW,
                           .pad = (mmd_pad_mode_t)step->padding_mode};
  to.height = step->height;
  to.width = widths.image;
  read_pad(step->img_pad_value, how.value);
  MMD_TRY(mmd_text_resize(STEP, sample, key, image, from, &to, widths.full, &how));
  to.width = widths.full;
  MMD_TRY(mmd_sample_note_shape(sample, "resize_shape", false, &to));
  MMD_TRY(mmd_sample_note_shape(sample, "pad_shape", false, &to));
  return mmd_object_take(sample, "valid_ratio", mmd_value_float(widths.valid_ratio));
}

static mmd_status_t apply(const void *options, const mmd_component_context_t *context,
                          mmd_value_t *const *inputs, size_t input_count,
                          mmd_value_t **out_result) {
  (void)context;
  (void)input_count;
  return mmd_sample_apply(options, STEP, inputs[0], resize_image, out_result);
}

const mmd_component_t mmd_transform_resize_ocr = {
    .module = "Transform",
    .name = STEP,
    .help = "Scales a line of text to a height, and pads it to a width.",
    .options = &g_table,
    .check = check,
    .apply = apply,
};
