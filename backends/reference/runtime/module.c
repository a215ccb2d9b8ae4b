// SPDX-License-Identifier: Apache-2.0
//
// The backend table of our own evaluator: a package runs with no vendor library at all.
#include "backends/module.h"
#include "backends/reference/runtime/session.h"

static int32_t backend_open(const char *library_path, void **out_backend,
                            mmdeploy_plugin_error_t *error) {
  static int nothing;
  if (library_path && *library_path) {
    return mmd_plugin_error_set(
        error, MMD_ERROR(MMD_INVALID_ARGUMENT,
                         "the reference backend opens no library, '%s' was given", library_path));
  }
  *out_backend = &nothing;
  return MMDEPLOY_PLUGIN_OK;
}

static void backend_close(void *backend) {
  (void)backend;
}

static const char *backend_version(void *backend) {
  (void)backend;
  return "1";
}

static const char *backend_library(void *backend) {
  (void)backend;
  return "";
}

MMD_MODULE_CPU

static int32_t session_create(void *backend, const mmdeploy_session_desc_t *desc,
                              void **out_session, mmdeploy_plugin_error_t *error) {
  (void)backend;
  reference_session_t *session = NULL;
  mmd_status_t status = reference_session_create(desc, &session);
  *out_session = session;
  return mmd_plugin_error_set(error, status);
}

MMD_MODULE_SESSION(reference, inputs, input_count, outputs, output_count)
MMD_MODULE_QUERY("reference", "our own evaluator, no vendor library",
                 MMDEPLOY_BACKEND_CONCURRENT_RUN | MMDEPLOY_BACKEND_DYNAMIC_SHAPES)
