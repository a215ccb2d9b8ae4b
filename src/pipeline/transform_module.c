// SPDX-License-Identifier: Apache-2.0
//
// Module Transform: pre-processing.
#include "base/str.h"
#include "pipeline/module.h"
#include "pipeline/preprocess.h"

static mmd_status_t apply(const void *self, const mmd_component_context_t *context,
                          mmd_value_t *const *inputs, size_t input_count,
                          mmd_value_t **out_result) {
  (void)input_count;
  return mmd_preprocess_run(self, context, inputs[0], out_result);
}

static void destroy(void *self) {
  mmd_preprocess_destroy(self);
}

mmd_status_t mmd_transform_module_create(const mmd_node_env_t *env, const mmd_value_t *config,
                                         const char *where, mmd_profiler_scope_t *scope,
                                         mmd_module_t *out_module) {
  mmd_str_t path = {0};
  mmd_preprocess_t *preprocess = NULL;
  mmd_status_t status = mmd_str_printf(&path, "%s.transforms", where);
  if (!status) {
    status = mmd_preprocess_create(mmd_object_get(config, "transforms"),
                                   mmd_package_release_number(env->package), mmd_str_text(&path),
                                   true, scope, &preprocess);
  }
  mmd_str_deinit(&path);
  MMD_TRY(status);
  *out_module =
      (mmd_module_t){.self = preprocess, .apply = apply, .destroy = destroy, .input_count = 1};
  return NULL;
}
