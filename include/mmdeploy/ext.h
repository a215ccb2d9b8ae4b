// SPDX-License-Identifier: Apache-2.0
//
// What we add to the MMDeploy SDK: messages, versions, lists, logging, memory and threads. Programs
// that must also build with the original test MMDEPLOY_EXT_API_LEVEL after __has_include.
#ifndef MMDEPLOY_EXT_H
#define MMDEPLOY_EXT_H

#include <stddef.h>

#include "mmdeploy/common.h"
#include "mmdeploy/model.h"

#ifdef __cplusplus
extern "C" {
#endif

#define MMDEPLOY_EXT_API_LEVEL 1

//===--- errors ------------------------------------------------------------===//

// Code and one-line message of the last failed call on this thread; 0 and "" when none has failed.
// Successful calls leave them alone. The text is valid until the next failing call on this thread.
MMDEPLOY_API int mmdeploy_last_error_code(void);
MMDEPLOY_API const char *mmdeploy_last_error_message(void);
MMDEPLOY_API void mmdeploy_clear_last_error(void);

// "success", "invalid argument", …; static, never NULL.
MMDEPLOY_API const char *mmdeploy_status_string(int status);

//===--- versions and lists ------------------------------------------------===//

// Our version ("0.1.0"), its parts, and the MMDeploy API level that is implemented ("1.3.1").
MMDEPLOY_API const char *mmdeploy_version_string(void);
MMDEPLOY_API int mmdeploy_version(int *major, int *minor, int *patch);
MMDEPLOY_API const char *mmdeploy_compat_version_string(void);

// Names of the devices, backends and tasks of this installation, sorted. The arrays live until the
// process ends; backends are those whose module was found, whether or not their vendor library is
// there.
MMDEPLOY_API int mmdeploy_list_devices(const char *const **names, int *count);
MMDEPLOY_API int mmdeploy_list_backends(const char *const **names, int *count);
MMDEPLOY_API int mmdeploy_list_tasks(const char *const **names, int *count);

// How many devices of that name there are; MMDEPLOY_E_INVALID_ARG for an unknown name.
MMDEPLOY_API int mmdeploy_device_count(const char *device_name, int *count);

// Vendor library and version of a backend, opening the library when that has not happened. Both
// texts live until the process ends; "" when there is nothing to open. MMDEPLOY_E_NOT_SUPPORTED
// when module or library is missing: the message says which file, version or symbol.
MMDEPLOY_API int mmdeploy_backend_info(const char *backend, const char **version,
                                       const char **library);

// Opens |path| as the vendor library of |backend| instead of searching; before its first use.
MMDEPLOY_API int mmdeploy_backend_set_library(const char *backend, const char *path);

//===--- models ------------------------------------------------------------===//

// "task", "version", "backend", "net", "precision", "pipeline" (JSON text), "deploy" (JSON text) of
// a package. The text lives as long as the model. MMDEPLOY_E_OUT_OF_RANGE for a key the package
// does not have.
MMDEPLOY_API int mmdeploy_model_get_info(mmdeploy_model_t model, const char *key,
                                         const char **value);

// Class names that the package carries: their number (0 = none), and one name or NULL. The text
// lives as long as the model.
MMDEPLOY_API int mmdeploy_model_class_count(mmdeploy_model_t model);
MMDEPLOY_API const char *mmdeploy_model_class_name(mmdeploy_model_t model, int label_id);

// Opens a package from a zip archive in memory; with |copy| 0 the bytes must outlive the model and
// everything made from it.
MMDEPLOY_API int mmdeploy_model_create_from_memory(const void *buffer, size_t size, int copy,
                                                   mmdeploy_model_t *model);

//===--- values ------------------------------------------------------------===//

// JSON in and out. The text of mmdeploy_value_to_json is freed with mmdeploy_string_free; what JSON
// cannot hold (pictures, tensors) is described by type and shape.
MMDEPLOY_API int mmdeploy_value_from_json(const char *json, mmdeploy_value_t *value);
MMDEPLOY_API int mmdeploy_value_to_json(mmdeploy_value_t value, char **json);
MMDEPLOY_API void mmdeploy_string_free(char *text);

//===--- log, memory, threads ----------------------------------------------===//

typedef enum mmdeploy_log_level_t {
  MMDEPLOY_LOG_TRACE,
  MMDEPLOY_LOG_DEBUG,
  MMDEPLOY_LOG_INFO,
  MMDEPLOY_LOG_WARN,
  MMDEPLOY_LOG_ERROR,
  MMDEPLOY_LOG_CRITICAL,
  MMDEPLOY_LOG_OFF
} mmdeploy_log_level_t;

// Called for each line at or above the level, from any thread. |message| is borrowed for the call.
typedef void (*mmdeploy_log_fn_t)(mmdeploy_log_level_t level, const char *message, void *user);

// By default lines from MMDEPLOY_LOG_WARN up go to standard error; the environment variable
// SPDLOG_LEVEL sets the level.
MMDEPLOY_API int mmdeploy_set_log_level(mmdeploy_log_level_t level);
MMDEPLOY_API int mmdeploy_set_log_callback(mmdeploy_log_fn_t fn,
                                           void *user);  // NULL restores the default

// The process allocator. Results of |allocate| and |reallocate| are aligned to 16 bytes;
// |reallocate| of NULL allocates. NULL restores malloc. Call before anything else of the library:
// memory of the old allocator must not be alive.
typedef struct mmdeploy_allocator_t {
  void *user;
  void *(*allocate)(void *user, size_t size);
  void *(*reallocate)(void *user, void *pointer, size_t size);
  void (*free)(void *user, void *pointer);
} mmdeploy_allocator_t;
MMDEPLOY_API int mmdeploy_set_allocator(const mmdeploy_allocator_t *allocator);

// Threads of handles that are created from now on through this context: the engine's and ours
// together. 0 = as many as this process may use (the default).
MMDEPLOY_API int mmdeploy_context_set_threads(mmdeploy_context_t context, int threads);

#ifdef __cplusplus
}
#endif

#endif  // MMDEPLOY_EXT_H
