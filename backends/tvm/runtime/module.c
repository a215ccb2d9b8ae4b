// SPDX-License-Identifier: Apache-2.0
//
// The backend table of TVM.
#include "backends/tvm/runtime/session.h"
#include "base/host.h"
#include "base/plugin_error.h"

static int32_t backend_open(const char *library_path, void **out_backend,
                            mmdeploy_plugin_error_t *error) {
  tvm_library_t *library = NULL;
  mmd_status_t status = tvm_library_open(library_path, &library);
  *out_backend = library;
  return mmd_plugin_error_set(error, status);
}

static void backend_close(void *backend) {
  tvm_library_close(backend);
}

static const char *backend_version(void *backend) {
  return ((const tvm_library_t *)backend)->version;
}

static const char *backend_library(void *backend) {
  return ((const tvm_library_t *)backend)->path;
}

static int32_t backend_devices(void *backend, const mmdeploy_backend_device_t **out_devices,
                               size_t *out_count, mmdeploy_plugin_error_t *error) {
  static const mmdeploy_backend_device_t devices[] = {{"cpu", 1}};
  (void)backend;
  (void)error;
  *out_devices = devices;
  *out_count = 1;
  return MMDEPLOY_PLUGIN_OK;
}

static int32_t session_create(void *backend, const mmdeploy_session_desc_t *desc,
                              void **out_session, mmdeploy_plugin_error_t *error) {
  tvm_session_t *session = NULL;
  mmd_status_t status = tvm_session_create(backend, desc, &session);
  *out_session = session;
  return mmd_plugin_error_set(error, status);
}

static void session_destroy(void *session) {
  tvm_session_destroy(session);
}

static int32_t session_inputs(void *opaque, const mmdeploy_plugin_tensor_info_t **out_infos,
                              size_t *out_count, mmdeploy_plugin_error_t *error) {
  const tvm_session_t *session = opaque;
  (void)error;
  *out_infos = session->interface.inputs;
  *out_count = session->interface.input_count;
  return MMDEPLOY_PLUGIN_OK;
}

static int32_t session_outputs(void *opaque, const mmdeploy_plugin_tensor_info_t **out_infos,
                               size_t *out_count, mmdeploy_plugin_error_t *error) {
  const tvm_session_t *session = opaque;
  (void)error;
  *out_infos = session->interface.outputs;
  *out_count = session->interface.output_count;
  return MMDEPLOY_PLUGIN_OK;
}

static int32_t session_run(void *session, const mmdeploy_run_tensor_t *inputs, size_t input_count,
                           mmdeploy_run_tensor_t *outputs, size_t output_count,
                           mmdeploy_plugin_error_t *error) {
  return mmd_plugin_error_set(error,
                              tvm_session_run(session, inputs, input_count, outputs, output_count));
}

static const mmdeploy_backend_t g_backend = {
    .abi_version = MMDEPLOY_BACKEND_ABI_VERSION,
    .struct_size = sizeof(mmdeploy_backend_t),
    .name = "tvm",
    .description = "TVM, what its compiler makes",
    .features = MMDEPLOY_BACKEND_DYNAMIC_SHAPES | MMDEPLOY_BACKEND_NEEDS_PATH,
    .sanitizer = "",
    .open = backend_open,
    .close = backend_close,
    .version = backend_version,
    .library = backend_library,
    .devices = backend_devices,
    .session_create = session_create,
    .session_destroy = session_destroy,
    .session_inputs = session_inputs,
    .session_outputs = session_outputs,
    .run = session_run,
};

MMDEPLOY_PLUGIN_EXPORT const mmdeploy_backend_t *mmdeploy_backend_query(
    uint32_t host_abi_version, const mmdeploy_host_t *host, mmdeploy_plugin_error_t *error);

const mmdeploy_backend_t *mmdeploy_backend_query(uint32_t host_abi_version,
                                                 const mmdeploy_host_t *host,
                                                 mmdeploy_plugin_error_t *error) {
  if (host_abi_version < MMDEPLOY_BACKEND_ABI_VERSION) {
    mmd_plugin_error_set(
        error, MMD_ERROR(MMD_UNAVAILABLE, "host of backend ABI version %u, version %u is needed",
                         host_abi_version, MMDEPLOY_BACKEND_ABI_VERSION));
    return NULL;
  }
  mmd_host_attach(host);
  return &g_backend;
}
