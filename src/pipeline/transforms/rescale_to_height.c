// SPDX-License-Identifier: Apache-2.0
#include <stddef.h>

#include "pipeline/transforms/text_resize.h"

#define STEP "RescaleToHeight"

typedef struct rescale_t {
  int64_t height, min_width, max_width, width_divisor;
} rescale_t;

static const mmd_option_t g_options[] = {
    {.name = "height",
     .type = MMD_OPTION_INT,
     .offset = offsetof(rescale_t, height),
     .min = 1,
     .max = MMD_IMAGE_MAX_SIDE,
     .flags = MMD_OPTION_REQUIRED,
     .help = "Height of the result."},
    {.name = "min_width",
     .type = MMD_OPTION_INT,
     .offset = offsetof(rescale_t, min_width),
     .default_text = "-1",
     .min = -1,
     .max = MMD_IMAGE_MAX_SIDE,
     .flags = MMD_OPTION_NULLABLE,
     .help = "Least width; -1 or null is none."},
    {.name = "max_width",
     .type = MMD_OPTION_INT,
     .offset = offsetof(rescale_t, max_width),
     .default_text = "-1",
     .min = -1,
     .max = MMD_IMAGE_MAX_SIDE,
     .flags = MMD_OPTION_NULLABLE,
     .help = "Greatest width; -1 or null is none."},
    {.name = "width_divisor",
     .type = MMD_OPTION_INT,
     .offset = offsetof(rescale_t, width_divisor),
     .default_text = "1",
     .min = 1,
     .max = MMD_IMAGE_MAX_SIDE,
     .help = "Widths are rounded to multiples of this, after the limits."},
};
static const mmd_option_table_t g_table = MMD_OPTION_TABLE(STEP, rescale_t, g_options);

static int64_t width_of(const rescale_t *step, const mmd_frame_t *frame) {
  int64_t width = mmd_text_width(frame, step->height);
  // Too wide to be a width.
  if (!width && step->max_width > 0) width = step->max_width;
  if (step->min_width > width) width = step->min_width;
  if (step->max_width > 0 && step->max_width < width) width = step->max_width;
  return mmd_text_round_to(width, step->width_divisor);
}

static mmd_status_t rescale_image(const void *options, mmd_value_t *sample, const char *key,
                                  const mmd_tensor_t *image, const mmd_frame_t *from) {
  const rescale_t *step = options;
  const mmd_text_resize_t how = {.pad = MMD_PAD_CONSTANT};
  mmd_frame_t to = *from;
  to.height = step->height;
  to.width = width_of(step, from);
  const int64_t scale[2] = {to.width, to.height};
  MMD_TRY(mmd_text_resize(STEP, sample, key, image, from, &to, to.width, &how));
  MMD_TRY(mmd_sample_note_shape(sample, "resize_shape", false, &to));
  MMD_TRY(mmd_sample_note_shape(sample, "pad_shape", false, &to));
  MMD_TRY(mmd_sample_note_ints(sample, "scale", false, scale, 2));
  return mmd_object_take(sample, "valid_ratio", mmd_value_float(1));
}

static mmd_status_t apply(const void *options, const mmd_component_context_t *context,
                          mmd_value_t *const *inputs, size_t input_count,
                          mmd_value_t **out_result) {
  (void)context;
  (void)input_count;
  return mmd_sample_apply(options, STEP, inputs[0], rescale_image, out_result);
}

const mmd_component_t mmd_transform_rescale_to_height = {
    .module = "Transform",
    .name = STEP,
    .help = "Scales a line of text to a height.",
    .options = &g_table,
    .apply = apply,
};
