// SPDX-License-Identifier: Apache-2.0
#include "mmdeploy/executor.h"

#include "base/alloc.h"
#include "sdk/handle.h"

//===--- schedulers --------------------------------------------------------===//

// Takes |*made| over, or the failure to make it. (A pointer, as arguments are evaluated in any
// order.)
static mmdeploy_scheduler_t wrap(const char *function, mmd_status_t status,
                                 mmd_scheduler_t *const *made) {
  mmd_scheduler_t *scheduler = *made;
  mmdeploy_scheduler_t handle = NULL;
  if (!status) {
    handle = mmd_alloc(sizeof *handle);
    if (!handle) {
      mmd_scheduler_release(scheduler);
      status = mmd_status_no_memory();
    }
  }
  if (status) {
    mmd_last_error_keep(function, status);
    return NULL;
  }
  *handle = (struct mmdeploy_scheduler){MMD_TAG_SCHEDULER, scheduler};
  return handle;
}

mmdeploy_scheduler_t mmdeploy_executor_inline(void) {
  mmd_scheduler_t *scheduler = NULL;
  return wrap(__func__, mmd_scheduler_inline(&scheduler), &scheduler);
}

mmdeploy_scheduler_t mmdeploy_executor_system_pool(void) {
  mmd_scheduler_t *scheduler = NULL;
  return wrap(__func__, mmd_scheduler_system_pool(&scheduler), &scheduler);
}

mmdeploy_scheduler_t mmdeploy_executor_create_thread_pool(int num_threads) {
  mmd_scheduler_t *scheduler = NULL;
  return wrap(__func__, mmd_scheduler_create_pool(num_threads, &scheduler), &scheduler);
}

mmdeploy_scheduler_t mmdeploy_executor_create_thread(void) {
  mmd_scheduler_t *scheduler = NULL;
  return wrap(__func__, mmd_scheduler_create_pool(1, &scheduler), &scheduler);
}

static mmd_status_t create_dynamic_batch(mmdeploy_scheduler_t inner, int max_batch_size,
                                         int timeout, mmd_scheduler_t **out_scheduler) {
  MMD_CHECK_HANDLE(inner, MMD_TAG_SCHEDULER);
  return mmd_scheduler_create_dynamic_batch(inner->scheduler, max_batch_size, timeout,
                                            out_scheduler);
}

mmdeploy_scheduler_t mmdeploy_executor_dynamic_batch(mmdeploy_scheduler_t scheduler,
                                                     int max_batch_size, int timeout) {
  mmd_scheduler_t *made = NULL;
  return wrap(__func__, create_dynamic_batch(scheduler, max_batch_size, timeout, &made), &made);
}

int mmdeploy_scheduler_destroy(mmdeploy_scheduler_t scheduler) {
  if (!scheduler || scheduler->tag != MMD_TAG_SCHEDULER) return MMDEPLOY_SUCCESS;
  mmd_scheduler_release(scheduler->scheduler);
  scheduler->tag = 0;
  mmd_free(scheduler);
  return MMDEPLOY_SUCCESS;
}

//===--- senders -----------------------------------------------------------===//

// Hands |*made| on; NULL after a failure.
static mmdeploy_sender_t give(const char *function, mmd_status_t status,
                              mmd_sender_t *const *made) {
  const bool is_made = !status;
  mmd_last_error_keep(function, status);
  return is_made ? (mmdeploy_sender_t)*made : NULL;
}

mmdeploy_sender_t mmdeploy_sender_copy(mmdeploy_sender_t input) {
  mmd_sender_t *sender = NULL;
  if (!input) return NULL;
  return give(__func__, mmd_sender_copy((mmd_sender_t *)input, &sender), &sender);
}

int mmdeploy_sender_destroy(mmdeploy_sender_t sender) {
  mmd_sender_destroy((mmd_sender_t *)sender);
  return MMDEPLOY_SUCCESS;
}

static mmd_status_t make_just(mmdeploy_value_t value, mmd_sender_t **out_sender) {
  if (value) {
    MMD_CHECK_VALUE(value);
    return mmd_sender_just((mmd_value_t *)value, out_sender);
  }
  mmd_value_t *null = mmd_value_null();
  MMD_TRY_ALLOC(null);
  mmd_status_t status = mmd_sender_just(null, out_sender);
  mmd_value_release(null);
  return status;
}

mmdeploy_sender_t mmdeploy_executor_just(mmdeploy_value_t value) {
  mmd_sender_t *sender = NULL;
  return give(__func__, make_just(value, &sender), &sender);
}

static mmd_status_t make_schedule(mmdeploy_scheduler_t scheduler, mmd_sender_t **out_sender) {
  MMD_CHECK_HANDLE(scheduler, MMD_TAG_SCHEDULER);
  return mmd_sender_schedule(scheduler->scheduler, out_sender);
}

mmdeploy_sender_t mmdeploy_executor_schedule(mmdeploy_scheduler_t scheduler) {
  mmd_sender_t *sender = NULL;
  return give(__func__, make_schedule(scheduler, &sender), &sender);
}

static mmd_status_t make_transfer(mmdeploy_sender_t input, mmdeploy_scheduler_t scheduler,
                                  mmd_sender_t **out_sender) {
  MMD_CHECK_POINTER(input);
  MMD_CHECK_HANDLE(scheduler, MMD_TAG_SCHEDULER);
  return mmd_sender_transfer((mmd_sender_t *)input, scheduler->scheduler, out_sender);
}

static mmd_status_t make_transfer_just(mmdeploy_scheduler_t scheduler, mmdeploy_value_t value,
                                       mmd_sender_t **out_sender) {
  mmd_sender_t *just = NULL;
  MMD_CHECK_HANDLE(scheduler, MMD_TAG_SCHEDULER);
  MMD_CHECK_VALUE(value);
  MMD_TRY(mmd_sender_just((mmd_value_t *)value, &just));
  return mmd_sender_transfer(just, scheduler->scheduler, out_sender);
}

mmdeploy_sender_t mmdeploy_executor_transfer_just(mmdeploy_scheduler_t scheduler,
                                                  mmdeploy_value_t value) {
  mmd_sender_t *sender = NULL;
  return give(__func__, make_transfer_just(scheduler, value, &sender), &sender);
}

mmdeploy_sender_t mmdeploy_executor_transfer(mmdeploy_sender_t input,
                                             mmdeploy_scheduler_t scheduler) {
  mmd_sender_t *sender = NULL;
  return give(__func__, make_transfer(input, scheduler, &sender), &sender);
}

static mmd_status_t make_on(mmdeploy_scheduler_t scheduler, mmdeploy_sender_t input,
                            mmd_sender_t **out_sender) {
  MMD_CHECK_HANDLE(scheduler, MMD_TAG_SCHEDULER);
  MMD_CHECK_POINTER(input);
  return mmd_sender_on(scheduler->scheduler, (mmd_sender_t *)input, out_sender);
}

mmdeploy_sender_t mmdeploy_executor_on(mmdeploy_scheduler_t scheduler, mmdeploy_sender_t input) {
  mmd_sender_t *sender = NULL;
  return give(__func__, make_on(scheduler, input, &sender), &sender);
}

//===--- functions of the user ---------------------------------------------===//

typedef struct step_t {
  mmdeploy_then_fn_t then;
  mmdeploy_let_value_fn_t let_value;
  void *context;
} step_t;

static mmd_status_t run_then(void *context, mmd_value_t *value, mmd_value_t **out_value) {
  const step_t *step = context;
  *out_value = (mmd_value_t *)step->then((mmdeploy_value_t)value, step->context);
  if (*out_value) return NULL;
  return MMD_ERROR(MMD_INTERNAL, "the function of mmdeploy_executor_then gave NULL");
}

static mmd_status_t run_let_value(void *context, mmd_value_t *value, mmd_sender_t **out_sender) {
  const step_t *step = context;
  *out_sender = (mmd_sender_t *)step->let_value((mmdeploy_value_t)value, step->context);
  if (*out_sender) return NULL;
  return MMD_ERROR(MMD_INTERNAL, "the function of mmdeploy_executor_let_value gave NULL");
}

static mmd_status_t make_step(mmdeploy_sender_t input, const step_t *step,
                              mmd_sender_t **out_sender) {
  MMD_CHECK_POINTER(input);
  step_t *copy = mmd_alloc(sizeof *copy);
  if (!copy) {
    mmd_sender_destroy((mmd_sender_t *)input);
    return mmd_status_no_memory();
  }
  *copy = *step;
  if (step->then) {
    return mmd_sender_then((mmd_sender_t *)input, run_then, copy, mmd_free, out_sender);
  }
  return mmd_sender_let_value((mmd_sender_t *)input, run_let_value, copy, mmd_free, out_sender);
}

mmdeploy_sender_t mmdeploy_executor_then(mmdeploy_sender_t input, mmdeploy_then_fn_t fn,
                                         void *context) {
  const step_t step = {.then = fn, .context = context};
  mmd_sender_t *sender = NULL;
  mmd_status_t status = fn ? make_step(input, &step, &sender) : mmd_null_argument("fn");
  return give(__func__, status, &sender);
}

mmdeploy_sender_t mmdeploy_executor_let_value(mmdeploy_sender_t input, mmdeploy_let_value_fn_t fn,
                                              void *context) {
  const step_t step = {.let_value = fn, .context = context};
  mmd_sender_t *sender = NULL;
  mmd_status_t status = fn ? make_step(input, &step, &sender) : mmd_null_argument("fn");
  return give(__func__, status, &sender);
}

//===--- several, and starting ---------------------------------------------===//

mmdeploy_sender_t mmdeploy_executor_split(mmdeploy_sender_t input) {
  mmd_sender_t *sender = NULL;
  mmd_status_t status =
      input ? mmd_sender_split((mmd_sender_t *)input, &sender) : mmd_null_argument("input");
  return give(__func__, status, &sender);
}

static mmd_status_t make_when_all(mmdeploy_sender_t inputs[], int32_t n,
                                  mmd_sender_t **out_sender) {
  if (n < 0) return MMD_ERROR(MMD_INVALID_ARGUMENT, "%d senders", (int)n);
  if (n) MMD_CHECK_POINTER(inputs);
  for (int32_t i = 0; i < n; ++i) MMD_CHECK_POINTER(inputs[i]);
  mmd_sender_t **senders = mmd_alloc_array((size_t)n + 1, sizeof *senders);
  if (!senders) {
    for (int32_t i = 0; i < n; ++i) mmd_sender_destroy((mmd_sender_t *)inputs[i]);
    return mmd_status_no_memory();
  }
  for (int32_t i = 0; i < n; ++i) senders[i] = (mmd_sender_t *)inputs[i];
  mmd_status_t status = mmd_sender_when_all(senders, (size_t)n, out_sender);
  mmd_free(senders);
  return status;
}

mmdeploy_sender_t mmdeploy_executor_when_all(mmdeploy_sender_t inputs[], int32_t n) {
  mmd_sender_t *sender = NULL;
  return give(__func__, make_when_all(inputs, n, &sender), &sender);
}

mmdeploy_sender_t mmdeploy_executor_ensure_started(mmdeploy_sender_t input) {
  mmd_sender_t *sender = NULL;
  mmd_status_t status = input ? mmd_sender_ensure_started((mmd_sender_t *)input, &sender)
                              : mmd_null_argument("input");
  return give(__func__, status, &sender);
}

int mmdeploy_executor_start_detached(mmdeploy_sender_t input) {
  return mmd_last_error_set(__func__, input ? mmd_sender_start_detached((mmd_sender_t *)input)
                                            : mmd_null_argument("input"));
}

int mmdeploy_executor_sync_wait_v2(mmdeploy_sender_t input, mmdeploy_value_t *output) {
  if (output) *output = NULL;
  return mmd_last_error_set(
      __func__, input ? mmd_sender_wait((mmd_sender_t *)input, UINT64_MAX, (mmd_value_t **)output)
                      : mmd_null_argument("input"));
}

mmdeploy_value_t mmdeploy_executor_sync_wait(mmdeploy_sender_t input) {
  mmdeploy_value_t value = NULL;
  (void)mmdeploy_executor_sync_wait_v2(input, &value);
  return value;
}

typedef struct execution_t {
  mmd_work_t work;
  void (*fn)(void *context);
  void *context;
} execution_t;

static void run_execution(mmd_work_t *work) {
  execution_t *execution = (execution_t *)work;
  execution->fn(execution->context);
  mmd_free(execution);
}

static mmd_status_t execute(mmdeploy_scheduler_t scheduler, void (*fn)(void *), void *context) {
  MMD_CHECK_HANDLE(scheduler, MMD_TAG_SCHEDULER);
  MMD_CHECK_POINTER(fn);
  execution_t *execution = mmd_alloc(sizeof *execution);
  MMD_TRY_ALLOC(execution);
  *execution = (execution_t){.work.run = run_execution, .fn = fn, .context = context};
  mmd_scheduler_submit(scheduler->scheduler, &execution->work);
  return NULL;
}

void mmdeploy_executor_execute(mmdeploy_scheduler_t scheduler, void (*fn)(void *context),
                               void *context) {
  mmd_last_error_keep(__func__, execute(scheduler, fn, context));
}
