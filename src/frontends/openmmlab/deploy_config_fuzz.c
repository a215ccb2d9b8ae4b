// SPDX-License-Identifier: Apache-2.0
//
// A deploy config, and all that is asked of one.
#include <stdlib.h>

#include "formats/pyconfig/pyconfig.h"
#include "frontends/openmmlab/config.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void ask(const mmd_deploy_view_t *view) {
  static const int64_t dims[] = {1, 3, 64, 96};
  mmd_graph_t *graph = NULL;
  mmd_type_t type;
  if (mmd_status_ignore(mmd_graph_create("fuzz", &graph))) return;
  for (size_t i = 0; i < view->input_count; ++i) {
    const char *label = NULL;
    for (int axis = -1; axis < 5; ++axis)
      (void)mmd_deploy_axis(view, view->input_names[i], axis, &label);
    (void)mmd_deploy_is_dynamic_shape(view, view->input_names[i], MMD_DIALECT_1X);
    (void)mmd_status_ignore(
        mmd_deploy_tensor_type(view, graph, view->input_names[i], MMD_F32, 4, dims, &type));
  }
  (void)mmd_deploy_is_dynamic_batch(view, NULL);
  (void)mmd_deploy_is_dynamic_shape(view, NULL, MMD_DIALECT_0X);
  mmd_graph_destroy(graph);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  const mmd_pyconfig_options_t options = {.max_bytes = (size_t)8 << 20, .max_steps = 50000};
  mmd_value_t *config = NULL;
  mmd_deploy_view_t view;
  if (mmd_status_ignore(mmd_pyconfig_parse((const char *)data, size, "fuzz.py", &options, &config)))
    return 0;
  (void)mmd_dialect_detect(config);
  if (!mmd_status_ignore(mmd_deploy_view_read(config, &view))) ask(&view);
  mmd_value_release(config);
  return 0;
}
