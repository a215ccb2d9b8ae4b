// SPDX-License-Identifier: Apache-2.0
//
// ext.h: calls with parameters, deadlines and cancellation.
#include <string.h>

#include "base/alloc.h"
#include "base/thread.h"
#include "mmdeploy/ext.h"
#include "sdk/handle.h"
#include "value/json.h"

struct mmdeploy_call {
  mmd_handle_tag_t tag;
  mmd_value_t *options;  // may be NULL
  mmd_cancel_t *cancel;
  int timeout_ms;  // 0 = none
};

//===--- making ------------------------------------------------------------===//

static mmd_status_t call_create(mmdeploy_call_t *call) {
  MMD_CHECK_POINTER(call);
  *call = NULL;
  mmdeploy_call_t made = mmd_alloc(sizeof *made);
  MMD_TRY_ALLOC(made);
  made->tag = MMD_TAG_CALL;
  mmd_status_t status = mmd_cancel_create(&made->cancel);
  if (status)
    mmd_free(made);
  else
    *call = made;
  return status;
}

int mmdeploy_call_create(mmdeploy_call_t *call) {
  return mmd_last_error_set(__func__, call_create(call));
}

void mmdeploy_call_destroy(mmdeploy_call_t call) {
  if (!call || call->tag != MMD_TAG_CALL) return;
  mmd_value_release(call->options);
  mmd_cancel_release(call->cancel);
  call->tag = 0;
  mmd_free(call);
}

// Takes |options| over.
static mmd_status_t keep_options(mmdeploy_call_t call, mmd_value_t *options) {
  const mmd_call_t checked = {.options = options};
  mmd_status_t status = mmd_call_validate(&checked);
  if (status) {
    mmd_value_release(options);
    return status;
  }
  mmd_value_release(call->options);
  call->options = options;
  return NULL;
}

static mmd_status_t set_options(mmdeploy_call_t call, mmdeploy_value_t options) {
  mmd_value_t *copy = NULL;
  MMD_CHECK_HANDLE(call, MMD_TAG_CALL);
  if (options) {
    MMD_CHECK_VALUE(options);
    MMD_TRY(mmd_value_copy((const mmd_value_t *)options, &copy));
  }
  return keep_options(call, copy);
}

int mmdeploy_call_set_options(mmdeploy_call_t call, mmdeploy_value_t options) {
  return mmd_last_error_set(__func__, set_options(call, options));
}

static mmd_status_t set_options_json(mmdeploy_call_t call, const char *json) {
  mmd_value_t *options = NULL;
  MMD_CHECK_HANDLE(call, MMD_TAG_CALL);
  if (json) MMD_TRY(mmd_json_parse(json, strlen(json), "options", &options));
  return keep_options(call, options);
}

int mmdeploy_call_set_options_json(mmdeploy_call_t call, const char *json) {
  return mmd_last_error_set(__func__, set_options_json(call, json));
}

static mmd_status_t set_timeout(mmdeploy_call_t call, int milliseconds) {
  MMD_CHECK_HANDLE(call, MMD_TAG_CALL);
  if (milliseconds < 0) {
    return MMD_ERROR(MMD_OUT_OF_RANGE, "%d milliseconds; 0 stands for no limit", milliseconds);
  }
  call->timeout_ms = milliseconds;
  return NULL;
}

int mmdeploy_call_set_timeout(mmdeploy_call_t call, int milliseconds) {
  return mmd_last_error_set(__func__, set_timeout(call, milliseconds));
}

static mmd_status_t call_cancel(mmdeploy_call_t call) {
  MMD_CHECK_HANDLE(call, MMD_TAG_CALL);
  mmd_cancel_request(call->cancel);
  return NULL;
}

int mmdeploy_call_cancel(mmdeploy_call_t call) {
  return mmd_last_error_set(__func__, call_cancel(call));
}

//===--- running -----------------------------------------------------------===//

static uint64_t deadline_of(int timeout_ms) {
  return timeout_ms ? mmd_time_ns() + (uint64_t)timeout_ms * 1000000 : 0;
}

static mmd_status_t apply_call(mmd_task_handle_t *handle, mmdeploy_call_t call,
                               mmdeploy_value_t input, mmdeploy_value_t *output,
                               mmdeploy_value_t *raw) {
  if (raw) *raw = NULL;
  MMD_CHECK_POINTER(output);
  *output = NULL;
  MMD_CHECK_HANDLE(handle, MMD_TAG_TASK);
  MMD_CHECK_HANDLE(call, MMD_TAG_CALL);
  MMD_CHECK_VALUE(input);
  const mmd_call_t parameters = {call->options, call->cancel, deadline_of(call->timeout_ms)};
  return mmd_pipeline_run_call(handle->pipeline, &parameters, (mmd_value_t *)input,
                               (mmd_value_t **)output, (mmd_value_t **)raw);
}

int mmdeploy_pipeline_apply_call(mmdeploy_pipeline_t pipeline, mmdeploy_call_t call,
                                 mmdeploy_value_t input, mmdeploy_value_t *output,
                                 mmdeploy_value_t *raw) {
  return mmd_last_error_set_ext(
      __func__, apply_call((mmd_task_handle_t *)pipeline, call, input, output, raw));
}

// A call of its own for the sender, so that the user's may go.
typedef struct step_t {
  mmd_task_handle_t *handle;
  mmd_value_t *options;
  mmd_cancel_t *cancel;
  int timeout_ms;
} step_t;

static void step_destroy(void *context) {
  step_t *step = context;
  mmd_value_release(step->options);
  mmd_cancel_release(step->cancel);
  mmd_free(step);
}

static mmd_status_t step_run(void *context, mmd_value_t *value, mmd_value_t **out_value) {
  const step_t *step = context;
  const mmd_call_t parameters = {step->options, step->cancel, deadline_of(step->timeout_ms)};
  mmd_status_t status =
      mmd_pipeline_run_call(step->handle->pipeline, &parameters, value, out_value, NULL);
  mmd_value_release(value);
  return status;
}

static mmd_status_t apply_call_async(mmd_task_handle_t *handle, mmdeploy_call_t call,
                                     mmdeploy_sender_t input, mmdeploy_sender_t *output) {
  MMD_CHECK_POINTER(output);
  *output = NULL;
  MMD_CHECK_HANDLE(handle, MMD_TAG_TASK);
  MMD_CHECK_HANDLE(call, MMD_TAG_CALL);
  MMD_CHECK_POINTER(input);
  step_t *step = mmd_alloc(sizeof *step);
  if (!step) {
    mmd_sender_destroy((mmd_sender_t *)input);
    return mmd_status_no_memory();
  }
  *step = (step_t){handle, mmd_value_retain(call->options), mmd_cancel_retain(call->cancel),
                   call->timeout_ms};
  return mmd_sender_then((mmd_sender_t *)input, step_run, step, step_destroy,
                         (mmd_sender_t **)output);
}

int mmdeploy_pipeline_apply_call_async(mmdeploy_pipeline_t pipeline, mmdeploy_call_t call,
                                       mmdeploy_sender_t input, mmdeploy_sender_t *output) {
  return mmd_last_error_set_ext(
      __func__, apply_call_async((mmd_task_handle_t *)pipeline, call, input, output));
}

int mmdeploy_executor_sync_wait_for(mmdeploy_sender_t input, int milliseconds,
                                    mmdeploy_value_t *output) {
  const uint64_t limit = milliseconds < 0 ? UINT64_MAX : (uint64_t)milliseconds * 1000000;
  if (output) *output = NULL;
  return mmd_last_error_set_ext(
      __func__, input ? mmd_sender_wait((mmd_sender_t *)input, limit, (mmd_value_t **)output)
                      : mmd_null_argument("input"));
}
