// SPDX-License-Identifier: Apache-2.0
#include <stddef.h>

#include "pipeline/transforms/sample.h"

#define STEP "Collect"

static const mmd_option_t g_options[] = {
    {.name = "keys",
     .type = MMD_OPTION_VALUE,
     .offset = offsetof(mmd_collect_step_t, keys),
     .flags = MMD_OPTION_REQUIRED,
     .help = "Names of what the network gets."},
    {.name = "meta_keys",
     .type = MMD_OPTION_VALUE,
     .offset = offsetof(mmd_collect_step_t, meta_keys),
     .flags = MMD_OPTION_NULLABLE,
     .help = "Names of what goes into img_metas; those that are absent are left out."},
};
static const mmd_option_table_t g_table = MMD_OPTION_TABLE(STEP, mmd_collect_step_t, g_options);

static mmd_status_t check(const void *options, const char *where) {
  const mmd_collect_step_t *step = options;
  MMD_TRY(mmd_check_names(step->keys, where, "keys"));
  return step->meta_keys ? mmd_check_names(step->meta_keys, where, "meta_keys") : NULL;
}

static const char *name_at(const mmd_value_t *names, size_t index) {
  return mmd_value_get_string(mmd_array_at(names, index), "");
}

// Copies sample[key] when it is there.
static mmd_status_t keep(const mmd_value_t *sample, const char *key, mmd_value_t *result) {
  mmd_value_t *item = mmd_object_get(sample, key);
  return item ? mmd_object_take(result, key, mmd_value_retain(item)) : NULL;
}

static mmd_status_t collect_metas(const mmd_collect_step_t *step, const mmd_value_t *sample,
                                  mmd_value_t *result) {
  mmd_value_t *metas = mmd_value_object();
  MMD_TRY_ALLOC(metas);
  mmd_status_t status = NULL;
  for (size_t i = 0; i < mmd_array_size(step->meta_keys) && !status; ++i) {
    status = keep(sample, name_at(step->meta_keys, i), metas);
  }
  if (!status && mmd_object_size(metas)) return mmd_object_take(result, "img_metas", metas);
  mmd_value_release(metas);
  return status;
}

static mmd_status_t collect(const mmd_collect_step_t *step, const mmd_value_t *sample,
                            mmd_value_t *result) {
  MMD_TRY(keep(sample, "ori_img", result));
  MMD_TRY(keep(sample, "attribute", result));
  MMD_TRY(collect_metas(step, sample, result));
  for (size_t i = 0; i < mmd_array_size(step->keys); ++i) {
    const char *key = name_at(step->keys, i);
    if (!mmd_object_get(sample, key)) {
      return MMD_ERROR(MMD_INVALID_ARGUMENT, STEP ": there is no '%s'", key);
    }
    MMD_TRY(keep(sample, key, result));
  }
  return NULL;
}

static mmd_status_t apply(const void *options, const mmd_component_context_t *context,
                          mmd_value_t *const *inputs, size_t input_count,
                          mmd_value_t **out_result) {
  (void)context;
  (void)input_count;
  mmd_value_t *result = mmd_value_object();
  MMD_TRY_ALLOC(result);
  mmd_status_t status = collect(options, inputs[0], result);
  if (status) {
    mmd_value_release(result);
    return status;
  }
  *out_result = result;
  return NULL;
}

const mmd_component_t mmd_transform_collect = {
    .module = "Transform",
    .name = STEP,
    .help = "Keeps what the network and the post-processing need, drops the rest.",
    .options = &g_table,
    .check = check,
    .apply = apply,
};
