// SPDX-License-Identifier: Apache-2.0
#include "pipeline/transforms/frame_crops.h"

#define STEP "TenCrop"

static const mmd_option_table_t g_table =
    MMD_OPTION_TABLE(STEP, mmd_frame_crops_t, mmd_frame_crops_options);

// The four corners and the middle, in quarters of the rest that are whole pixels.
static mmd_status_t find_corners(const mmd_frame_t *frame, const int64_t crop[2],
                                 int64_t (*out_corners)[2]) {
  static const int64_t quarters[5][2] = {{0, 0}, {4, 0}, {0, 4}, {4, 4}, {2, 2}};
  for (int i = 0; i < 5; ++i) {
    out_corners[i][0] = quarters[i][0] * ((frame->width - crop[0]) / 4);
    out_corners[i][1] = quarters[i][1] * ((frame->height - crop[1]) / 4);
  }
  return NULL;
}

static mmd_status_t apply(const void *options, const mmd_component_context_t *context,
                          mmd_value_t *const *inputs, size_t input_count,
                          mmd_value_t **out_result) {
  (void)context;
  (void)input_count;
  return mmd_frame_crops_apply(options, STEP, inputs[0], find_corners, 5, true, out_result);
}

const mmd_component_t mmd_transform_ten_crop = {
    .module = "Transform",
    .name = STEP,
    .help = "Cuts out the corners and the middle, and mirrors each cut.",
    .options = &g_table,
    .check = mmd_frame_crops_check,
    .apply = apply,
};
