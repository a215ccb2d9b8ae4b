// SPDX-License-Identifier: Apache-2.0
//
// ShortScaleAspectJitter without the jitter, computed in double as mmocr does.
#include <math.h>
#include <stddef.h>

#include "pipeline/transforms/text_resize.h"

#define STEP "ShortScaleAspectJitter"

typedef struct jitter_t {
  int64_t short_size, scale_divisor;
  mmd_floats_t ratio_range, aspect_ratio_range;
} jitter_t;

static const mmd_option_t g_options[] = {
    {.name = "short_size",
     .type = MMD_OPTION_INT,
     .offset = offsetof(jitter_t, short_size),
     .default_text = "736",
     .min = 1,
     .max = MMD_IMAGE_MAX_SIDE,
     .help = "Length of the shorter side."},
    {.name = "ratio_range",
     .type = MMD_OPTION_FLOATS,
     .offset = offsetof(jitter_t, ratio_range),
     .flags = MMD_OPTION_REQUIRED,
     .help = "[1, 1]: there is no chance at run time."},
    {.name = "aspect_ratio_range",
     .type = MMD_OPTION_FLOATS,
     .offset = offsetof(jitter_t, aspect_ratio_range),
     .flags = MMD_OPTION_REQUIRED,
     .help = "[1, 1]: there is no chance at run time."},
    {.name = "scale_divisor",
     .type = MMD_OPTION_INT,
     .offset = offsetof(jitter_t, scale_divisor),
     .default_text = "1",
     .min = 1,
     .max = MMD_IMAGE_MAX_SIDE,
     .help = "Sides are rounded up to multiples of this."},
};
static const mmd_option_table_t g_table = MMD_OPTION_TABLE(STEP, jitter_t, g_options);

static mmd_status_t check_range(const mmd_floats_t *range, const char *where, const char *key) {
  if (range->count == 2 && range->items[0] == 1 && range->items[1] == 1) return NULL;
  return MMD_ERROR(MMD_NOT_SUPPORTED, "%s.%s: only [1, 1] is supported at run time", where, key);
}

static mmd_status_t check(const void *options, const char *where) {
  const jitter_t *step = options;
  MMD_TRY(check_range(&step->ratio_range, where, "ratio_range"));
  return check_range(&step->aspect_ratio_range, where, "aspect_ratio_range");
}

// 0 when it is beyond what a picture may have.
static int64_t scaled(int64_t side, double scale, int64_t divisor) {
  const double length = rint((double)side * scale);
  if (!(length <= MMD_IMAGE_MAX_SIDE)) return 0;
  return ((int64_t)length + divisor - 1) / divisor * divisor;
}

static mmd_status_t resize_image(const void *options, mmd_value_t *sample, const char *key,
                                 const mmd_tensor_t *image, const mmd_frame_t *from) {
  const jitter_t *step = options;
  const int64_t shorter = from->height < from->width ? from->height : from->width;
  const double scale = (double)step->short_size / (double)shorter;
  const mmd_text_resize_t how = {.pad = MMD_PAD_CONSTANT};
  mmd_frame_t to = *from;
  to.height = scaled(from->height, scale, step->scale_divisor);
  to.width = scaled(from->width, scale, step->scale_divisor);
  MMD_TRY(mmd_text_resize(STEP, sample, key, image, from, &to, to.width, &how));
  const int64_t size[2] = {to.width, to.height};
  const double factor[2] = {(double)to.width / (double)from->width,
                            (double)to.height / (double)from->height};
  MMD_TRY(mmd_sample_note_shape(sample, "resize_shape", false, &to));
  MMD_TRY(mmd_sample_note_ints(sample, "scale", false, size, 2));
  return mmd_sample_note_floats(sample, "scale_factor", false, factor, 2);
}

static mmd_status_t apply(const void *options, const mmd_component_context_t *context,
                          mmd_value_t *const *inputs, size_t input_count,
                          mmd_value_t **out_result) {
  (void)context;
  (void)input_count;
  return mmd_sample_apply(options, STEP, inputs[0], resize_image, out_result);
}

const mmd_component_t mmd_transform_short_scale_aspect_jitter = {
    .module = "Transform",
    .name = STEP,
    .help = "Scales the shorter side to a length, both sides to multiples of a number.",
    .options = &g_table,
    .check = check,
    .apply = apply,
};
