// SPDX-License-Identifier: Apache-2.0
//
// What the run sides of our backends have in common: the functions of their table, which differ in
// their types alone. A module whose types are x_library_t (fields version and path) and x_session_t
// writes MMD_MODULE_LIBRARY(x), MMD_MODULE_CREATE(x) and so on, its table and MMD_MODULE_QUERY.
// Modules of others copy backends/null instead.
#ifndef MMD_BACKENDS_MODULE_H_
#define MMD_BACKENDS_MODULE_H_

#include <string.h>

#include "base/host.h"
#include "base/plugin_error.h"
#include "mmdeploy/plugin/backend.h"

// Into the caller's memory, which must fit exactly. |name| is the output's.
static inline mmd_status_t mmd_module_copy_result(const char *name,
                                                  const mmdeploy_run_tensor_t *result,
                                                  mmdeploy_run_tensor_t *output) {
  const bool fits =
      output->byte_size == result->byte_size && output->dtype == result->dtype &&
      output->rank == result->rank &&
      memcmp(output->dims, result->dims, (size_t)result->rank * sizeof *result->dims) == 0;
  if (!fits) {
    return MMD_ERROR(MMD_OUT_OF_RANGE,
                     "output '%s': a result of %zu bytes does not fit the given %zu bytes", name,
                     result->byte_size, output->byte_size);
  }
  if (result->byte_size) memcpy(output->data, result->data, result->byte_size);
  return NULL;
}

static inline mmd_status_t mmd_module_check_counts(size_t input_count, size_t output_count,
                                                   size_t net_inputs, size_t net_outputs) {
  if (input_count == net_inputs && output_count == net_outputs) return NULL;
  return MMD_ERROR(MMD_INVALID_ARGUMENT,
                   "%zu inputs and %zu outputs given, the net has %zu and %zu", input_count,
                   output_count, net_inputs, net_outputs);
}

// What a run that failed handed out before.
static inline void mmd_module_release_outputs(size_t count, mmdeploy_run_tensor_t *outputs) {
  for (size_t i = 0; i < count; ++i) {
    if (!outputs[i].release) continue;
    outputs[i].release(outputs[i].owner);
    memset(&outputs[i], 0, sizeof outputs[i]);
  }
}

// open, close, version and library over x_library_open and x_library_close.
#define MMD_MODULE_LIBRARY(x)                                               \
  static int32_t backend_open(const char *library_path, void **out_backend, \
                              mmdeploy_plugin_error_t *error) {             \
    x##_library_t *library = NULL;                                          \
    mmd_status_t status = x##_library_open(library_path, &library);         \
    *out_backend = library;                                                 \
    return mmd_plugin_error_set(error, status);                             \
  }                                                                         \
  static void backend_close(void *backend) {                                \
    x##_library_close(backend);                                             \
  }                                                                         \
  static const char *backend_version(void *backend) {                       \
    return ((const x##_library_t *)backend)->version;                       \
  }                                                                         \
  static const char *backend_library(void *backend) {                       \
    return ((const x##_library_t *)backend)->path;                          \
  }

// devices of the library's fields devices and device_count.
#define MMD_MODULE_DEVICES(x)                                                                  \
  static int32_t backend_devices(void *backend, const mmdeploy_backend_device_t **out_devices, \
                                 size_t *out_count, mmdeploy_plugin_error_t *error) {          \
    const x##_library_t *library = backend;                                                    \
    (void)error;                                                                               \
    *out_devices = library->devices;                                                           \
    *out_count = library->device_count;                                                        \
    return MMDEPLOY_PLUGIN_OK;                                                                 \
  }

// devices of an engine for the processor alone.
#define MMD_MODULE_CPU                                                                         \
  static int32_t backend_devices(void *backend, const mmdeploy_backend_device_t **out_devices, \
                                 size_t *out_count, mmdeploy_plugin_error_t *error) {          \
    static const mmdeploy_backend_device_t cpu = {.name = "cpu", .count = 1};                  \
    (void)backend;                                                                             \
    (void)error;                                                                               \
    *out_devices = &cpu;                                                                       \
    *out_count = 1;                                                                            \
    return MMDEPLOY_PLUGIN_OK;                                                                 \
  }

// session_create over x_session_create.
#define MMD_MODULE_CREATE(x)                                                          \
  static int32_t session_create(void *backend, const mmdeploy_session_desc_t *desc,   \
                                void **out_session, mmdeploy_plugin_error_t *error) { \
    x##_session_t *session = NULL;                                                    \
    mmd_status_t status = x##_session_create(backend, desc, &session);                \
    *out_session = session;                                                           \
    return mmd_plugin_error_set(error, status);                                       \
  }

// The rest over x_session_destroy, x_session_run and the session's fields that are named.
// x_session_run is called with as many tensors as the net has, and need not release the outputs
// that it handed out when it fails.
#define MMD_MODULE_SESSION(x, inputs_, input_count_, outputs_, output_count_)                    \
  static void session_destroy(void *session) {                                                   \
    x##_session_destroy(session);                                                                \
  }                                                                                              \
  static int32_t session_inputs(void *session, const mmdeploy_plugin_tensor_info_t **out_infos,  \
                                size_t *out_count, mmdeploy_plugin_error_t *error) {             \
    (void)error;                                                                                 \
    *out_infos = ((const x##_session_t *)session)->inputs_;                                      \
    *out_count = ((const x##_session_t *)session)->input_count_;                                 \
    return MMDEPLOY_PLUGIN_OK;                                                                   \
  }                                                                                              \
  static int32_t session_outputs(void *session, const mmdeploy_plugin_tensor_info_t **out_infos, \
                                 size_t *out_count, mmdeploy_plugin_error_t *error) {            \
    (void)error;                                                                                 \
    *out_infos = ((const x##_session_t *)session)->outputs_;                                     \
    *out_count = ((const x##_session_t *)session)->output_count_;                                \
    return MMDEPLOY_PLUGIN_OK;                                                                   \
  }                                                                                              \
  static int32_t session_run(void *session, const mmdeploy_run_tensor_t *inputs,                 \
                             size_t input_count, mmdeploy_run_tensor_t *outputs,                 \
                             size_t output_count, mmdeploy_plugin_error_t *error) {              \
    mmd_status_t status = mmd_module_check_counts(                                               \
        input_count, output_count, ((const x##_session_t *)session)->input_count_,               \
        ((const x##_session_t *)session)->output_count_);                                        \
    if (status) return mmd_plugin_error_set(error, status);                                      \
    status = x##_session_run(session, inputs, input_count, outputs, output_count);               \
    if (status) mmd_module_release_outputs(output_count, outputs);                               \
    return mmd_plugin_error_set(error, status);                                                  \
  }

// The table and the symbol that the host asks for it.
#define MMD_MODULE_QUERY(name_, description_, features_)                                        \
  static const mmdeploy_backend_t g_backend = {                                                 \
      .abi_version = MMDEPLOY_BACKEND_ABI_VERSION,                                              \
      .struct_size = sizeof(mmdeploy_backend_t),                                                \
      .name = (name_),                                                                          \
      .description = (description_),                                                            \
      .features = (features_),                                                                  \
      .sanitizer = "",                                                                          \
      .open = backend_open,                                                                     \
      .close = backend_close,                                                                   \
      .version = backend_version,                                                               \
      .library = backend_library,                                                               \
      .devices = backend_devices,                                                               \
      .session_create = session_create,                                                         \
      .session_destroy = session_destroy,                                                       \
      .session_inputs = session_inputs,                                                         \
      .session_outputs = session_outputs,                                                       \
      .run = session_run,                                                                       \
  };                                                                                            \
  MMDEPLOY_PLUGIN_EXPORT const mmdeploy_backend_t *mmdeploy_backend_query(                      \
      uint32_t host_abi_version, const mmdeploy_host_t *host, mmdeploy_plugin_error_t *error);  \
  const mmdeploy_backend_t *mmdeploy_backend_query(                                             \
      uint32_t host_abi_version, const mmdeploy_host_t *host, mmdeploy_plugin_error_t *error) { \
    if (host_abi_version < MMDEPLOY_BACKEND_ABI_VERSION) {                                      \
      mmd_plugin_error_set(                                                                     \
          error,                                                                                \
          MMD_ERROR(MMD_UNAVAILABLE, "host of backend ABI version %u, version %u is needed",    \
                    host_abi_version, MMDEPLOY_BACKEND_ABI_VERSION));                           \
      return NULL;                                                                              \
    }                                                                                           \
    mmd_host_attach(host);                                                                      \
    return &g_backend;                                                                          \
  }

#endif  // MMD_BACKENDS_MODULE_H_
