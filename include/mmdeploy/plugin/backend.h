// SPDX-License-Identifier: Apache-2.0
//
// The run side of a backend: a shared object that exports mmdeploy_backend_query. It opens its
// vendor library by path at run time and never links to it. backends/null is a skeleton to clone.
//
// Life: query (once a process) -> open -> session_create -> run … -> session_destroy -> close. The
// host never unloads a module, since vendor threads may outlive a session.
#ifndef MMDEPLOY_PLUGIN_BACKEND_H
#define MMDEPLOY_PLUGIN_BACKEND_H

#include "mmdeploy/plugin/common.h"

#ifdef __cplusplus
extern "C" {
#endif

#define MMDEPLOY_BACKEND_ABI_VERSION 1u

enum {
  MMDEPLOY_BACKEND_CONCURRENT_RUN =
      1,  // run may be called for one session from several threads at once
  MMDEPLOY_BACKEND_DYNAMIC_SHAPES = 2,  // input shapes may differ from run to run
  MMDEPLOY_BACKEND_NEEDS_PATH = 4  // session_create needs net_path (a file), bytes are not enough
};

typedef struct mmdeploy_backend_device_t {
  const char *name;  // "cpu", "cuda"
  int32_t count;
} mmdeploy_backend_device_t;

typedef struct mmdeploy_session_desc_t {
  uint32_t struct_size;
  const char *name;  // of the net, for messages
  // The network file and its second file. Bytes live until session_destroy; paths are NULL for
  // packages in memory or in an archive. |weights_data| is NULL when the backend has one file.
  const void *net_data;
  size_t net_size;
  const char *net_path;
  const void *weights_data;
  size_t weights_size;
  const char *weights_path;
  const char *device_name;  // "cpu"
  int32_t device_id;
  int32_t threads;           // for the engine; 0 = the engine's own choice
  void *pool;                // for host->parallel_for, may be NULL
  const char *precision;     // "FP32", "FP16", "INT8"
  const char *options_json;  // backend options of the caller ("{}" = none)
} mmdeploy_session_desc_t;

// A tensor handed to or from a run: packed row-major.
typedef struct mmdeploy_run_tensor_t {
  int32_t dtype;
  int32_t rank;
  int64_t dims[MMDEPLOY_PLUGIN_MAX_RANK];
  void *data;
  size_t byte_size;
  const char *device_name;  // NULL = host memory
  // Outputs: when the module returns memory of its own, |release| frees it through |owner|.
  void *owner;
  void (*release)(void *owner);
} mmdeploy_run_tensor_t;

typedef struct mmdeploy_backend_t {
  uint32_t abi_version;
  uint32_t struct_size;
  const char *name;  // as in deploy.json: "onnxruntime"
  const char *description;
  uint64_t features;
  const char *sanitizer;  // "" or what the module was built with: "address", "thread"
  void *reserved[4];

  // Opens the vendor library: |library_path| wins, then the module's environment variable, then
  // default names. MMDEPLOY_PLUGIN_UNAVAILABLE says which file, which version, which symbol.
  // Thread-safe.
  int32_t (*open)(const char *library_path, void **out_backend, mmdeploy_plugin_error_t *error);
  void (*close)(void *backend);
  // Vendor version ("1.20.1") and path of the opened library; "" when there is none. Borrowed from
  // |backend|.
  const char *(*version)(void *backend);
  const char *(*library)(void *backend);
  // Devices this backend can use now; static or owned by |backend|.
  int32_t (*devices)(void *backend, const mmdeploy_backend_device_t **out_devices,
                     size_t *out_count, mmdeploy_plugin_error_t *error);

  int32_t (*session_create)(void *backend, const mmdeploy_session_desc_t *desc, void **out_session,
                            mmdeploy_plugin_error_t *error);
  void (*session_destroy)(void *session);  // NULL is fine
  // Descriptors live as long as the session.
  int32_t (*session_inputs)(void *session, const mmdeploy_plugin_tensor_info_t **out_infos,
                            size_t *out_count, mmdeploy_plugin_error_t *error);
  int32_t (*session_outputs)(void *session, const mmdeploy_plugin_tensor_info_t **out_infos,
                             size_t *out_count, mmdeploy_plugin_error_t *error);
  // Inputs in session order, host memory, borrowed for the call. Outputs in session order; a zeroed
  // entry is filled by the module (data, owner, release); an entry with data set is written in
  // place when the result fits exactly, which only MMDEPLOY_PLUGIN_OUT_OF_RANGE refuses. After an
  // error nothing needs releasing.
  int32_t (*run)(void *session, const mmdeploy_run_tensor_t *inputs, size_t input_count,
                 mmdeploy_run_tensor_t *outputs, size_t output_count,
                 mmdeploy_plugin_error_t *error);

  // Device buffers and streams; all NULL = host memory only.
  int32_t (*buffer_allocate)(void *backend, const char *device_name, int32_t device_id, size_t size,
                             void **out_data, mmdeploy_plugin_error_t *error);
  void (*buffer_free)(void *backend, const char *device_name, int32_t device_id, void *data);
  int32_t (*buffer_copy)(void *backend, const char *device_name, int32_t device_id, void *to,
                         const void *from, size_t size,
                         int32_t direction /* 0 to device, 1 to host, 2 on the device */,
                         void *stream, mmdeploy_plugin_error_t *error);
  int32_t (*stream_create)(void *backend, const char *device_name, int32_t device_id,
                           void **out_stream, mmdeploy_plugin_error_t *error);
  void (*stream_destroy)(void *backend, void *stream);
  int32_t (*stream_wait)(void *backend, void *stream, mmdeploy_plugin_error_t *error);
} mmdeploy_backend_t;

// The one exported symbol. |host_abi_version| is the newest the host knows; |host| lives as long as
// the process. Returns NULL and fills |error| when the versions do not fit.
#define MMDEPLOY_BACKEND_QUERY_SYMBOL "mmdeploy_backend_query"
typedef const mmdeploy_backend_t *(*mmdeploy_backend_query_fn)(uint32_t host_abi_version,
                                                               const mmdeploy_host_t *host,
                                                               mmdeploy_plugin_error_t *error);

#ifdef __cplusplus
}
#endif

#endif  // MMDEPLOY_PLUGIN_BACKEND_H
