// SPDX-License-Identifier: Apache-2.0
#include <stddef.h>

#include "pipeline/transforms/sample.h"

#define STEP "DefaultFormatBundle"

static const mmd_option_t g_options[] = {
    {.name = "img_to_float",
     .type = MMD_OPTION_BOOL,
     .offset = offsetof(mmd_bundle_step_t, img_to_float),
     .default_text = "true",
     .flags = MMD_OPTION_NULLABLE,
     .help = "Convert bytes to float, without scaling."},
};
static const mmd_option_table_t g_table = MMD_OPTION_TABLE(STEP, mmd_bundle_step_t, g_options);

//===--- metadata ---===//

static mmd_status_t fill_norm_cfg(mmd_value_t *cfg, int64_t channels) {
  for (int64_t c = 0; c < channels; ++c) {
    const double zero = 0, one = 1;
    MMD_TRY(mmd_sample_note_floats(cfg, "mean", true, &zero, 1));
    MMD_TRY(mmd_sample_note_floats(cfg, "std", true, &one, 1));
  }
  return mmd_object_take(cfg, "to_rgb", mmd_value_bool(false));
}

static mmd_status_t note_norm_cfg(mmd_value_t *sample, int64_t channels) {
  mmd_value_t *cfg = mmd_value_object();
  MMD_TRY_ALLOC(cfg);
  mmd_status_t status = fill_norm_cfg(cfg, channels);
  if (!status) return mmd_object_take(sample, "img_norm_cfg", cfg);
  mmd_value_release(cfg);
  return status;
}

mmd_status_t mmd_bundle_step_note(mmd_value_t *sample, const mmd_frame_t *frame) {
  // The original of 0.x writes a single one here, and its heads read four.
  static const double factor[4] = {1, 1, 1, 1};
  if (!mmd_object_get(sample, "pad_shape")) {
    MMD_TRY(mmd_sample_note_shape(sample, "pad_shape", false, frame));
  }
  if (!mmd_object_get(sample, "scale_factor")) {
    MMD_TRY(mmd_sample_note_floats(sample, "scale_factor", false, factor, 4));
  }
  return mmd_object_get(sample, "img_norm_cfg") ? NULL : note_norm_cfg(sample, frame->channels);
}

//===--- step ---===//

static mmd_status_t run(const mmd_bundle_step_t *step, mmd_value_t *sample) {
  mmd_tensor_t image, floats = {0};
  mmd_frame_t frame;
  MMD_TRY(mmd_sample_image(sample, "img", STEP, &image, &frame));
  mmd_status_t status = NULL;
  if (step->img_to_float && frame.dtype == MMD_U8) {
    status = mmd_tensor_cast(&image, MMD_F32, &floats);
    if (!status) status = mmd_sample_set_tensor(sample, "img", &floats);
  }
  mmd_tensor_deinit(&image);
  MMD_TRY(status);
  MMD_TRY(mmd_bundle_step_note(sample, &frame));
  return mmd_sample_to_planes(sample, "img", STEP);
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

const mmd_component_t mmd_transform_default_format_bundle = {
    .module = "Transform",
    .name = STEP,
    .help = "Turns the image into planes of floats and fills in missing metadata.",
    .options = &g_table,
    .apply = apply,
};
