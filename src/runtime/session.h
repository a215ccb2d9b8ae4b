// SPDX-License-Identifier: Apache-2.0
//
// Backends and sessions as the rest of the library sees them.
#ifndef MMD_RUNTIME_SESSION_H_
#define MMD_RUNTIME_SESSION_H_

#include "base/thread.h"
#include "mmdeploy/plugin/backend.h"
#include "value/value.h"

typedef struct mmd_backend mmd_backend_t;
typedef struct mmd_session mmd_session_t;

// Finds a backend by name: already loaded; linked in (mmd_backend_registry of pipeline/registry.h,
// registered by mmd_backend_registry_use); or a module "libmmdeploy_<name>.so" in
// MMDEPLOY_PLUGIN_PATH (colon separated), beside libmmdeploy, in ../lib/mmdeploy of it. The message
// lists what was tried and which backends exist. Thread-safe; the result is shared and never
// unloaded.
mmd_status_t mmd_backend_get(const char *name, mmd_backend_t **out_backend) MMD_MUST_USE;
// Loads one module by path and adds it.
mmd_status_t mmd_backend_load(const char *path, mmd_backend_t **out_backend) MMD_MUST_USE;
mmd_status_t mmd_backend_register_static(mmdeploy_backend_query_fn query) MMD_MUST_USE;
// Vendor library to use for backend |name| from now on (before its first session); NULL = default
// search.
mmd_status_t mmd_backend_set_library(const char *name, const char *path) MMD_MUST_USE;
// Names found by search, sorted, without opening vendor libraries; free each and the array with
// mmd_free.
mmd_status_t mmd_backend_list(char ***out_names, size_t *out_count) MMD_MUST_USE;

const mmdeploy_backend_t *mmd_backend_table(const mmd_backend_t *backend);
const char *mmd_backend_module_path(const mmd_backend_t *backend);  // "" when linked in
// Opens the vendor library if that has not happened.
mmd_status_t mmd_backend_open(mmd_backend_t *backend) MMD_MUST_USE;
const char *mmd_backend_version(mmd_backend_t *backend);  // "" before open
const char *mmd_backend_library(mmd_backend_t *backend);  // "" before open
mmd_status_t mmd_backend_devices(mmd_backend_t *backend,
                                 const mmdeploy_backend_device_t **out_devices,
                                 size_t *out_count) MMD_MUST_USE;

typedef struct mmd_session_options_t {
  const char *name;          // of the net, for messages
  mmd_storage_t *net;        // bytes; retained
  const char *net_path;      // or NULL
  mmd_storage_t *weights;    // or NULL; retained
  const char *weights_path;  // or NULL
  const char *device_name;   // NULL = "cpu"
  int device_id;
  int threads;               // 0 = the engine's choice
  mmd_pool_t *pool;          // borrowed for the session's life, or NULL
  const char *precision;     // NULL = "FP32"
  const char *options_json;  // NULL = "{}"
} mmd_session_options_t;

mmd_status_t mmd_session_create(mmd_backend_t *backend, const mmd_session_options_t *options,
                                mmd_session_t **out_session) MMD_MUST_USE;
void mmd_session_destroy(mmd_session_t *session);  // NULL is fine
size_t mmd_session_input_count(const mmd_session_t *session);
size_t mmd_session_output_count(const mmd_session_t *session);
const mmdeploy_plugin_tensor_info_t *mmd_session_input(const mmd_session_t *session, size_t index);
const mmdeploy_plugin_tensor_info_t *mmd_session_output(const mmd_session_t *session, size_t index);

// Runs with packed host tensors in session order. dtype, rank and constant dims are checked first
// and named in the message. |outputs| are zeroed; those filled are new tensors over the module's
// memory (no copy) that the caller deinits. Thread-safe: sessions of backends that cannot run
// concurrently are locked.
mmd_status_t mmd_session_run(mmd_session_t *session, const mmd_tensor_t *inputs, size_t input_count,
                             mmd_tensor_t *outputs, size_t output_count) MMD_MUST_USE;

#endif  // MMD_RUNTIME_SESSION_H_
