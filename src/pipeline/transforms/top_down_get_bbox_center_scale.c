// SPDX-License-Identifier: Apache-2.0
//
// TopDownGetBboxCenterScale, and what TopDownAffine shares with it.
#include <stddef.h>

#include "pipeline/transforms/top_down.h"
#include "value/net_output.h"

#define STEP "TopDownGetBboxCenterScale"

typedef struct box_step_t {
  mmd_ints_t image_size;
  double padding;
} box_step_t;

static const mmd_option_t g_options[] = {
    {.name = "image_size",
     .type = MMD_OPTION_INTS,
     .offset = offsetof(box_step_t, image_size),
     .min = 1,
     .max = MMD_IMAGE_MAX_SIDE,
     .flags = MMD_OPTION_REQUIRED,
     .help = "Size of the network's input as [w, h]."},
    {.name = "padding",
     .type = MMD_OPTION_FLOAT,
     .offset = offsetof(box_step_t, padding),
     .default_text = "1.25",
     .min = 1e-3,
     .max = 1e3,
     .help = "Factor by which boxes grow."},
};
static const mmd_option_table_t g_table = MMD_OPTION_TABLE(STEP, box_step_t, g_options);

mmd_status_t mmd_top_down_check_size(const mmd_ints_t *image_size, const char *where) {
  if (image_size->count == 2) return NULL;
  return MMD_ERROR(MMD_INVALID_ARGUMENT, "%s.image_size: %d numbers; [w, h] is expected", where,
                   image_size->count);
}

mmd_status_t mmd_top_down_from_box(const mmd_value_t *sample, const char *step,
                                   const mmd_ints_t *image_size, double padding,
                                   mmd_top_down_t *out_crop) {
  const double aspect = (double)image_size->items[0] / (double)image_size->items[1];
  float box[4] = {0};
  if (mmd_meta_floats(sample, "bbox", box) != 4) {
    return MMD_ERROR(MMD_INVALID_ARGUMENT, "%s: 'bbox' of the sample must be [x, y, w, h]", step);
  }
  double width = (double)box[2], height = (double)box[3];
  if (width > aspect * height)
    height = width / aspect;
  else if (width < aspect * height)
    width = height * aspect;
  out_crop->center[0] = (float)((double)box[0] + (double)box[2] * 0.5);
  out_crop->center[1] = (float)((double)box[1] + (double)box[3] * 0.5);
  out_crop->scale[0] = (float)width / 200.0F * (float)padding;
  out_crop->scale[1] = (float)height / 200.0F * (float)padding;
  return NULL;
}

bool mmd_top_down_read(const mmd_value_t *sample, mmd_top_down_t *out_crop) {
  float center[4] = {0}, scale[4] = {0};
  if (mmd_meta_floats(sample, "center", center) != 2 ||
      mmd_meta_floats(sample, "scale", scale) != 2) {
    return false;
  }
  for (int i = 0; i < 2; ++i) {
    out_crop->center[i] = center[i];
    out_crop->scale[i] = scale[i];
  }
  return true;
}

mmd_status_t mmd_top_down_note(mmd_value_t *sample, const mmd_top_down_t *crop) {
  const double center[] = {(double)crop->center[0], (double)crop->center[1]};
  const double scale[] = {(double)crop->scale[0], (double)crop->scale[1]};
  MMD_TRY(mmd_sample_note_floats(sample, "center", false, center, 2));
  return mmd_sample_note_floats(sample, "scale", false, scale, 2);
}

static mmd_status_t check(const void *options, const char *where) {
  const box_step_t *step = options;
  return mmd_top_down_check_size(&step->image_size, where);
}

static mmd_status_t apply(const void *options, const mmd_component_context_t *context,
                          mmd_value_t *const *inputs, size_t input_count,
                          mmd_value_t **out_result) {
  const box_step_t *step = options;
  mmd_top_down_t crop;
  (void)context;
  (void)input_count;
  MMD_TRY(mmd_top_down_from_box(inputs[0], STEP, &step->image_size, step->padding, &crop));
  MMD_TRY(mmd_top_down_note(inputs[0], &crop));
  *out_result = mmd_value_retain(inputs[0]);
  return NULL;
}

const mmd_component_t mmd_transform_top_down_get_bbox_center_scale = {
    .module = "Transform",
    .name = STEP,
    .help = "Makes of a person's box the part of the picture that the network gets.",
    .options = &g_table,
    .check = check,
    .apply = apply,
};
