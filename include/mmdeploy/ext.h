// SPDX-License-Identifier: Apache-2.0
//
// What we add to the MMDeploy SDK: messages, versions, lists, values, strided pictures, calls with
// parameters and deadlines, logging, memory and threads. Programs that must also build with the
// original test MMDEPLOY_EXT_API_LEVEL after __has_include.
#ifndef MMDEPLOY_EXT_H
#define MMDEPLOY_EXT_H

#include <stddef.h>

#include "mmdeploy/common.h"
#include "mmdeploy/detector.h"
#include "mmdeploy/executor.h"
#include "mmdeploy/model.h"
#include "mmdeploy/pipeline.h"
#include "mmdeploy/text_detector.h"

#ifdef __cplusplus
extern "C" {
#endif

#define MMDEPLOY_EXT_API_LEVEL 1

// A call that was cancelled or ran over its deadline. Functions of this header alone return it;
// those of the other headers return MMDEPLOY_E_FAIL then.
#define MMDEPLOY_E_CANCELLED 100

//===--- errors ------------------------------------------------------------===//

// Code and one-line message of the last failed call on this thread; 0 and "" when none has failed.
// Successful calls leave them alone. The text is valid until the next failing call on this thread.
MMDEPLOY_API int mmdeploy_last_error_code(void);
MMDEPLOY_API const char *mmdeploy_last_error_message(void);
MMDEPLOY_API void mmdeploy_clear_last_error(void);

// "success", "invalid argument", …; static, never NULL.
MMDEPLOY_API const char *mmdeploy_status_string(int status);

// The one of |count| names that is nearest to |name|, for messages about a misspelt one: a pointer
// of |names|, or NULL when none is near.
MMDEPLOY_API const char *mmdeploy_nearest_name(const char *name, const char *const *names,
                                               int count);

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
// a package; "palette", the colours of its classes as mmdeploy_draw_options_t takes them. The text
// lives as long as the model. MMDEPLOY_E_OUT_OF_RANGE for a key the package does not have.
MMDEPLOY_API int mmdeploy_model_get_info(mmdeploy_model_t model, const char *key,
                                         const char **value);

// Class names that the package carries: their number (0 = none), and one name or NULL. The text
// lives as long as the model.
MMDEPLOY_API int mmdeploy_model_class_count(mmdeploy_model_t model);
MMDEPLOY_API const char *mmdeploy_model_class_name(mmdeploy_model_t model, int label_id);

// All that can be said of a package without running it, as JSON text, freed with
// mmdeploy_string_free: "task", "version", "nets" (file, backend, precision, batch), "tasks"
// (nodes of the pipeline in order; "steps" of a Transform are the effective ones with every
// number), "classes", "codebase", and "parity" with the expected results where the converter left
// them.
MMDEPLOY_API int mmdeploy_model_inspect(mmdeploy_model_t model, char **json);

// Opens a package from a zip archive in memory; with |copy| 0 the bytes must outlive the model and
// everything made from it.
MMDEPLOY_API int mmdeploy_model_create_from_memory(const void *buffer, size_t size, int copy,
                                                   mmdeploy_model_t *model);

//===--- values ------------------------------------------------------------===//

// Kinds, with the original's numbers. Pictures, tensors, models and schedulers are
// MMDEPLOY_VALUE_ANY.
typedef enum mmdeploy_value_kind_t {
  MMDEPLOY_VALUE_NULL = 0,
  MMDEPLOY_VALUE_BOOL = 1,
  MMDEPLOY_VALUE_INT = 2,
  MMDEPLOY_VALUE_FLOAT = 4,
  MMDEPLOY_VALUE_STRING = 5,
  MMDEPLOY_VALUE_BINARY = 6,
  MMDEPLOY_VALUE_ARRAY = 7,
  MMDEPLOY_VALUE_OBJECT = 8,
  MMDEPLOY_VALUE_ANY = 11
} mmdeploy_value_kind_t;

// JSON in and out. The text of mmdeploy_value_to_json is freed with mmdeploy_string_free; what JSON
// cannot hold (pictures, tensors) is described by type and shape.
MMDEPLOY_API int mmdeploy_value_from_json(const char *json, mmdeploy_value_t *value);
MMDEPLOY_API int mmdeploy_value_to_json(mmdeploy_value_t value, char **json);
MMDEPLOY_API void mmdeploy_string_free(char *text);

// A mmdeploy_value_kind_t, and the number of items of an array or an object (0 for others); -1 for
// NULL.
MMDEPLOY_API int mmdeploy_value_type(mmdeploy_value_t value);
MMDEPLOY_API int mmdeploy_value_size(mmdeploy_value_t value);

// An item of an array, or a member of an object by name: a new handle, destroyed by the caller, on
// the item itself. MMDEPLOY_E_OUT_OF_RANGE when there is none.
MMDEPLOY_API int mmdeploy_value_at(mmdeploy_value_t array, int index, mmdeploy_value_t *item);
MMDEPLOY_API int mmdeploy_value_get(mmdeploy_value_t object, const char *key,
                                    mmdeploy_value_t *item);

// The name of a member; NULL when there is none. Valid as long as the object.
MMDEPLOY_API const char *mmdeploy_value_key(mmdeploy_value_t object, int index);

// Numbers convert into one another when nothing but a fraction is lost; MMDEPLOY_E_NOT_SUPPORTED
// for other kinds. The text of a string is valid as long as the value, NULL for other kinds.
MMDEPLOY_API int mmdeploy_value_as_bool(mmdeploy_value_t value, int *out);
MMDEPLOY_API int mmdeploy_value_as_int(mmdeploy_value_t value, int64_t *out);
MMDEPLOY_API int mmdeploy_value_as_double(mmdeploy_value_t value, double *out);
MMDEPLOY_API const char *mmdeploy_value_as_string(mmdeploy_value_t value);

// A picture, borrowed from the value. |row_stride| (bytes) may be NULL when rows are packed;
// MMDEPLOY_E_NOT_SUPPORTED when they are not, and for other kinds.
MMDEPLOY_API int mmdeploy_value_as_mat(mmdeploy_value_t value, mmdeploy_mat_t *mat,
                                       size_t *row_stride);

// A tensor, borrowed from the value; raw outputs of networks are tensors.
#define MMDEPLOY_TENSOR_MAX_RANK 8
typedef struct mmdeploy_tensor_t {
  const void *data;   // packed, last axis fastest
  const char *dtype;  // "f32", "f16", "i64", "u8", "bool", …; static
  size_t byte_size;
  int rank;
  int64_t shape[MMDEPLOY_TENSOR_MAX_RANK];
} mmdeploy_tensor_t;
MMDEPLOY_API int mmdeploy_value_as_tensor(mmdeploy_value_t value, mmdeploy_tensor_t *tensor);

// New values. Strings are copied; a picture borrows its pixels; a model is found by Inference nodes
// ("params": {"model": …}).
MMDEPLOY_API int mmdeploy_value_from_bool(int flag, mmdeploy_value_t *value);
MMDEPLOY_API int mmdeploy_value_from_int(int64_t number, mmdeploy_value_t *value);
MMDEPLOY_API int mmdeploy_value_from_double(double number, mmdeploy_value_t *value);
MMDEPLOY_API int mmdeploy_value_from_string(const char *text, mmdeploy_value_t *value);
MMDEPLOY_API int mmdeploy_value_from_mat(const mmdeploy_mat_t *mat, mmdeploy_value_t *value);
MMDEPLOY_API int mmdeploy_value_from_model(mmdeploy_model_t model, mmdeploy_value_t *value);
MMDEPLOY_API int mmdeploy_value_create_array(mmdeploy_value_t *value);
MMDEPLOY_API int mmdeploy_value_create_object(mmdeploy_value_t *value);

// Appends a copy of |item| (NULL: the null value), or sets a member to it. Pictures and tensors are
// shared. Only a value with one handle may be changed: MMDEPLOY_E_INVALID_ARG for one that is also
// part of another value or of a running call.
MMDEPLOY_API int mmdeploy_value_append(mmdeploy_value_t array, mmdeploy_value_t item);
MMDEPLOY_API int mmdeploy_value_set(mmdeploy_value_t object, const char *key,
                                    mmdeploy_value_t item);

//===--- pictures ----------------------------------------------------------===//

// A picture whose rows need not be packed, and whose owner is told when it is no longer needed.
// Zero it, then set struct_size to sizeof(mmdeploy_mat_desc_t).
typedef struct mmdeploy_mat_desc_t {
  size_t struct_size;
  mmdeploy_mat_t mat;
  size_t row_stride;            // bytes from row to row, 0 = packed
  void (*release)(void *user);  // called once, from any thread, also when the call fails; or NULL
  void *user;
} mmdeploy_mat_desc_t;

// As mmdeploy_common_create_input. All formats that mmdeploy_mat_t has are accepted, of type UINT8,
// and BGR, RGB, GRAYSCALE and BGRA of type FLOAT with values of 0 to 255.
MMDEPLOY_API int mmdeploy_common_create_input_ex(const mmdeploy_mat_desc_t *mats, int count,
                                                 mmdeploy_value_t *value);

// The corners of a text box in clockwise order, the one nearest to the top left of the box first.
MMDEPLOY_API int mmdeploy_text_detection_sort(mmdeploy_text_detection_t *detection);

// Where the top left pixel of a detection's mask lies in the picture. Fails with
// MMDEPLOY_E_INVALID_ARG for a detection without a mask.
MMDEPLOY_API int mmdeploy_detection_mask_origin(const mmdeploy_detection_t *detection, int *x,
                                                int *y);

//===--- calls -------------------------------------------------------------===//

// What a call of a task handle or pipeline carries besides its input. It may be used for any number
// of calls at a time and cancelled from any thread; parameters must not be set meanwhile.
typedef struct mmdeploy_call *mmdeploy_call_t;

MMDEPLOY_API int mmdeploy_call_create(mmdeploy_call_t *call);
MMDEPLOY_API void mmdeploy_call_destroy(mmdeploy_call_t call);

// Parameters for this call only, as an object: "score_thr", "iou_thr", "mask_thr", "keypoint_thr",
// "topk", "max_count"; heads read those that mean something to them. |options| is copied; NULL
// takes them back. Unknown names and bad values are refused.
MMDEPLOY_API int mmdeploy_call_set_options(mmdeploy_call_t call, mmdeploy_value_t options);
MMDEPLOY_API int mmdeploy_call_set_options_json(mmdeploy_call_t call, const char *json);

// Longest time of a call from its start, in milliseconds; 0 = no limit.
MMDEPLOY_API int mmdeploy_call_set_timeout(mmdeploy_call_t call, int milliseconds);

// Ends the calls that run with |call|, and those to come, with MMDEPLOY_E_CANCELLED as soon as the
// step that runs is done.
MMDEPLOY_API int mmdeploy_call_cancel(mmdeploy_call_t call);

// mmdeploy_pipeline_apply with parameters. |pipeline| is any task handle, cast. |raw| (may be NULL)
// gets what the networks gave out: [{"net", "node", "outputs": [{name: tensor, …} a sample]}, …].
MMDEPLOY_API int mmdeploy_pipeline_apply_call(mmdeploy_pipeline_t pipeline, mmdeploy_call_t call,
                                              mmdeploy_value_t input, mmdeploy_value_t *output,
                                              mmdeploy_value_t *raw);

// The same as a sender. |call| may be destroyed at once; it is cancelled until then.
MMDEPLOY_API int mmdeploy_pipeline_apply_call_async(mmdeploy_pipeline_t pipeline,
                                                    mmdeploy_call_t call, mmdeploy_sender_t input,
                                                    mmdeploy_sender_t *output);

// mmdeploy_executor_sync_wait_v2 with a limit: after |milliseconds| (below 0: none) it returns
// MMDEPLOY_E_CANCELLED, and the work goes on without its waiter. |input| is consumed.
MMDEPLOY_API int mmdeploy_executor_sync_wait_for(mmdeploy_sender_t input, int milliseconds,
                                                 mmdeploy_value_t *output);

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
