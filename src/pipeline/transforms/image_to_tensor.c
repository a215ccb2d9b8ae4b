// SPDX-License-Identifier: Apache-2.0
#include <stddef.h>

#include "pipeline/transforms/sample.h"

#define STEP "ImageToTensor"

static const mmd_option_t g_options[] = {
    {.name = "keys",
     .type = MMD_OPTION_VALUE,
     .offset = offsetof(mmd_to_tensor_step_t, keys),
     .flags = MMD_OPTION_REQUIRED,
     .help = "Names of the images."},
};
static const mmd_option_table_t g_table = MMD_OPTION_TABLE(STEP, mmd_to_tensor_step_t, g_options);

static mmd_status_t check(const void *options, const char *where) {
  const mmd_to_tensor_step_t *step = options;
  return mmd_check_names(step->keys, where, "keys");
}

static mmd_status_t apply(const void *options, const mmd_component_context_t *context,
                          mmd_value_t *const *inputs, size_t input_count,
                          mmd_value_t **out_result) {
  const mmd_to_tensor_step_t *step = options;
  (void)context;
  (void)input_count;
  for (size_t i = 0; i < mmd_array_size(step->keys); ++i) {
    const char *key = mmd_value_get_string(mmd_array_at(step->keys, i), "");
    MMD_TRY(mmd_sample_to_planes(inputs[0], key, STEP));
  }
  *out_result = mmd_value_retain(inputs[0]);
  return NULL;
}

const mmd_component_t mmd_transform_image_to_tensor = {
    .module = "Transform",
    .name = STEP,
    .help = "Turns interleaved channels into planes.",
    .options = &g_table,
    .check = check,
    .apply = apply,
};
