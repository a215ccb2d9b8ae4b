// SPDX-License-Identifier: Apache-2.0
//
// What is behind the public handles. Every handle begins with a tag, so that an object passed as
// another kind is refused instead of crashing. A mmdeploy_value_t is a counted mmd_value_t.
#ifndef MMD_SDK_HANDLE_H_
#define MMD_SDK_HANDLE_H_

#include <stdint.h>

#include "base/last_error.h"
#include "mmdeploy/common.h"
#include "mmdeploy/executor.h"
#include "mmdeploy/model.h"
#include "pipeline/pipeline.h"
#include "runtime/sender.h"
#include "sdk/result.h"

typedef enum mmd_handle_tag_t {
  MMD_TAG_DEVICE = 0x6d6d6401,
  MMD_TAG_PROFILER,
  MMD_TAG_CONTEXT,
  MMD_TAG_MODEL,
  MMD_TAG_TASK,
  MMD_TAG_SCHEDULER,
  MMD_TAG_TRACKER_STATE,
  MMD_TAG_CALL,
  MMD_TAG_END,  // one after the last
} mmd_handle_tag_t;

struct mmdeploy_device {
  mmd_handle_tag_t tag;
  char name[16];
  int id;
};

struct mmdeploy_profiler {
  mmd_handle_tag_t tag;
  mmd_profiler_t *profiler;
};

struct mmdeploy_model {
  mmd_handle_tag_t tag;
  mmd_package_t *package;
  char *deploy_text, *pipeline_text;  // made by mmdeploy_model_get_info on first use
};

struct mmdeploy_scheduler {
  mmd_handle_tag_t tag;
  mmd_scheduler_t *scheduler;
};

// Names are the context's own; packages and schedulers are retained.
struct mmdeploy_context {
  mmd_handle_tag_t tag;
  bool has_device;
  struct mmdeploy_device device;
  int threads;
  mmd_profiler_t *profiler;  // retained
  mmd_named_package_t *models;
  size_t model_count, model_capacity;
  mmd_named_scheduler_t *schedulers;
  size_t scheduler_count, scheduler_capacity;
};

// A sender handle is a mmd_sender_t itself: it belongs to one owner, who hands it on.

// A task handle (classifier, detector, …) is a pipeline, mostly a package's own.
typedef struct mmd_task_handle_t {
  mmd_handle_tag_t tag;
  mmd_pipeline_t *pipeline;
} mmd_task_handle_t;

// The error for a NULL argument or a handle of another kind; |what| is the parameter's name.
mmd_status_t mmd_null_argument(const char *what) MMD_MUST_USE;
#define MMD_CHECK_POINTER(pointer)                      \
  do {                                                  \
    if (!(pointer)) return mmd_null_argument(#pointer); \
  } while (0)
#define MMD_CHECK_HANDLE(handle, wanted)                                                   \
  do {                                                                                     \
    if (!(handle)) return mmd_null_argument(#handle);                                      \
    if ((handle)->tag != (wanted))                                                         \
      return MMD_ERROR(MMD_INVALID_ARGUMENT, "'%s' is a handle of another kind, or freed", \
                       #handle);                                                           \
  } while (0)

// Values carry no tag, but the other handles do: in their place a value counts its references, and
// never to such a number.
bool mmd_handle_is_value(mmdeploy_value_t value);
#define MMD_CHECK_VALUE(value)                                                             \
  do {                                                                                     \
    if (!(value)) return mmd_null_argument(#value);                                        \
    if (!mmd_handle_is_value((mmdeploy_value_t)(uintptr_t)(value)))                        \
      return MMD_ERROR(MMD_INVALID_ARGUMENT, "'%s' is a handle of another kind, or freed", \
                       #value);                                                            \
  } while (0)

// Device names that this build knows, checked and taken apart.
mmd_status_t mmd_device_parse(const char *name, int id,
                              struct mmdeploy_device *out_device) MMD_MUST_USE;

// A picture as a value; |index| is for messages. |storage| (may be NULL) is retained as its owner;
// |row_stride| 0 = packed rows.
mmd_status_t mmd_mat_wrap_strided(const mmdeploy_mat_t *mat, int index, size_t row_stride,
                                  mmd_storage_t *storage, mmd_value_t **out_image) MMD_MUST_USE;

// Pictures to [[{"ori_img": image}, …]].
mmd_status_t mmd_input_create(const mmdeploy_mat_t *mats, int count,
                              mmd_value_t **out_value) MMD_MUST_USE;

// What a context gives to a pipeline; valid as long as the context.
mmd_pipeline_options_t mmd_context_options(const struct mmdeploy_context *context);

// A task handle from a model; refuses a package whose deploy.json names another task than |task|.
mmd_status_t mmd_task_handle_create(mmdeploy_model_t model, mmdeploy_context_t context,
                                    const char *task, mmd_task_handle_t **out_handle) MMD_MUST_USE;
mmd_status_t mmd_task_handle_create_on(mmdeploy_model_t model, const char *device_name,
                                       int device_id, const char *task,
                                       mmd_task_handle_t **out_handle) MMD_MUST_USE;
mmd_status_t mmd_task_handle_create_by_path(const char *path, const char *device_name,
                                            int device_id, const char *task,
                                            mmd_task_handle_t **out_handle) MMD_MUST_USE;

// Tasks whose handle is more than the package's own pipeline: |config| is one in JSON that finds
// the package under |model_name|.
typedef struct mmd_task_config_t {
  const char *task, *config, *model_name;
} mmd_task_config_t;
mmd_status_t mmd_task_config_create(const mmd_task_config_t *config, mmdeploy_model_t model,
                                    mmdeploy_context_t context,
                                    mmd_task_handle_t **out_handle) MMD_MUST_USE;
mmd_status_t mmd_task_config_create_on(const mmd_task_config_t *config, mmdeploy_model_t model,
                                       const char *device_name, int device_id,
                                       mmd_task_handle_t **out_handle) MMD_MUST_USE;
mmd_status_t mmd_task_config_create_by_path(const mmd_task_config_t *config, const char *path,
                                            const char *device_name, int device_id,
                                            mmd_task_handle_t **out_handle) MMD_MUST_USE;

// Takes |pipeline| over, also when it fails.
mmd_status_t mmd_task_handle_wrap(mmd_pipeline_t *pipeline,
                                  mmd_task_handle_t **out_handle) MMD_MUST_USE;
mmd_status_t mmd_task_handle_run(mmd_task_handle_t *handle, mmd_value_t *input,
                                 mmd_value_t **out_output) MMD_MUST_USE;
// Runs on pictures; results as mmd_result_get_counted and mmd_result_get_fixed give them.
mmd_status_t mmd_task_handle_apply_counted(mmd_task_handle_t *handle, const mmdeploy_mat_t *mats,
                                           int count, const mmd_result_kind_t *kind, void *results,
                                           int **result_count) MMD_MUST_USE;
mmd_status_t mmd_task_handle_apply_fixed(mmd_task_handle_t *handle, const mmdeploy_mat_t *mats,
                                         int count, const mmd_result_kind_t *kind,
                                         void *results) MMD_MUST_USE;
// A sender of the output for the value of |input|, which is consumed unless an argument is NULL.
mmd_status_t mmd_task_handle_run_async(mmd_task_handle_t *handle, mmdeploy_sender_t input,
                                       mmdeploy_sender_t *out_output) MMD_MUST_USE;
// The same on |input|, which is taken over; |made| says how making it went.
mmd_status_t mmd_task_handle_run_async_on(mmd_task_handle_t *handle, mmd_status_t made,
                                          mmd_value_t *input,
                                          mmdeploy_sender_t *out_output) MMD_MUST_USE;
void mmd_task_handle_destroy(mmd_task_handle_t *handle);

// A user's continuation: |go_on| gets it as its context and calls |fn|, whose own type it knows.
typedef void (*mmd_any_fn)(void);
typedef struct mmd_continuation_t {
  mmd_any_fn fn;
  void *context;
} mmd_continuation_t;
mmd_status_t mmd_continue_async(mmdeploy_sender_t input, mmd_any_fn fn, void *context,
                                mmd_let_fn go_on, mmdeploy_sender_t *output) MMD_MUST_USE;
// What the continuation gave: a code, and a sender that is handed on.
mmd_status_t mmd_continue_result(int code, mmdeploy_sender_t sender,
                                 mmd_sender_t **out_sender) MMD_MUST_USE;

mmd_status_t mmd_model_open(const char *path, mmdeploy_model_t *out_model) MMD_MUST_USE;

// What is wrong inside a package is no invalid argument of the call: such a status becomes
// MMD_CORRUPT, others pass.
mmd_status_t mmd_package_fault(mmd_status_t status) MMD_MUST_USE;

#endif  // MMD_SDK_HANDLE_H_
