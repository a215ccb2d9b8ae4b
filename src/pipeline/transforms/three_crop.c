// SPDX-License-Identifier: Apache-2.0
#include "pipeline/transforms/frame_crops.h"

#define STEP "ThreeCrop"

static const mmd_option_table_t g_table =
    MMD_OPTION_TABLE(STEP, mmd_frame_crops_t, mmd_frame_crops_options);

// Both ends and the middle of the longer side; the other side fits.
static mmd_status_t find_corners(const mmd_frame_t *frame, const int64_t crop[2],
                                 int64_t (*out_corners)[2]) {
  static const int64_t halves[3] = {0, 2, 1};
  if (crop[0] != frame->width && crop[1] != frame->height) {
    return MMD_ERROR(MMD_INVALID_ARGUMENT,
                     STEP
                     ": a cut of %lldx%lld must be as wide or as high as the image of "
                     "%lldx%lld",
                     (long long)crop[0], (long long)crop[1], (long long)frame->width,
                     (long long)frame->height);
  }
  for (int i = 0; i < 3; ++i) {
    out_corners[i][0] = halves[i] * ((frame->width - crop[0]) / 2);
    out_corners[i][1] = halves[i] * ((frame->height - crop[1]) / 2);
  }
  return NULL;
}

static mmd_status_t apply(const void *options, const mmd_component_context_t *context,
                          mmd_value_t *const *inputs, size_t input_count,
                          mmd_value_t **out_result) {
  (void)context;
  (void)input_count;
  return mmd_frame_crops_apply(options, STEP, inputs[0], find_corners, 3, false, out_result);
}

const mmd_component_t mmd_transform_three_crop = {
    .module = "Transform",
    .name = STEP,
    .help = "Cuts out both ends and the middle of the longer side.",
    .options = &g_table,
    .check = mmd_frame_crops_check,
    .apply = apply,
};
