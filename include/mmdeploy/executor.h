// SPDX-License-Identifier: Apache-2.0
//
// Schedulers and senders: work that runs elsewhere, and its results.
//
// A sender describes work that completes with one value. It starts when somebody waits for it, or
// by ensure_started and start_detached. It belongs to the caller until a function below takes it:
// from then on it must neither be used nor destroyed. A function that refuses its arguments (NULL)
// has taken nothing; one that fails later has. Where work fails, the failure passes by the
// functions of then and let_value, and reaches sync_wait_v2 as its code and sync_wait as NULL, with
// the message in mmdeploy_last_error (ext.h). Values given in are copied, pictures by reference.
#ifndef MMDEPLOY_EXECUTOR_H
#define MMDEPLOY_EXECUTOR_H

#include "mmdeploy/common.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct mmdeploy_sender *mmdeploy_sender_t;
typedef struct mmdeploy_scheduler *mmdeploy_scheduler_t;

typedef mmdeploy_value_t (*mmdeploy_then_fn_t)(mmdeploy_value_t, void *);
typedef mmdeploy_value_t (*mmdeploy_then_fn_v2_t)(mmdeploy_value_t *, void *);  // not used
typedef int (*mmdeploy_then_fn_v3_t)(mmdeploy_value_t *input, mmdeploy_value_t *output,
                                     void *);  // not used
typedef mmdeploy_sender_t (*mmdeploy_let_value_fn_t)(mmdeploy_value_t, void *);

// Runs work in the thread that submits it. Schedulers are NULL on failure.
MMDEPLOY_API mmdeploy_scheduler_t mmdeploy_executor_inline(void);

// A new handle to the pool of the process, one thread a processor, which stays until the process
// ends.
MMDEPLOY_API mmdeploy_scheduler_t mmdeploy_executor_system_pool(void);

// A pool of |num_threads|; less than 1 = one a processor.
MMDEPLOY_API mmdeploy_scheduler_t mmdeploy_executor_create_thread_pool(int num_threads);

// One thread, which runs its work in order.
MMDEPLOY_API mmdeploy_scheduler_t mmdeploy_executor_create_thread(void);

// Collects samples of several calls on a batched task, where a pipeline's task names it, and runs
// them on |scheduler|: as soon as |max_batch_size| are there, or |timeout| microseconds after the
// first; below 0 only full batches run. NULL gives NULL.
MMDEPLOY_API mmdeploy_scheduler_t mmdeploy_executor_dynamic_batch(mmdeploy_scheduler_t scheduler,
                                                                  int max_batch_size, int timeout);

// Drops the handle; threads end with the last user. Always 0. NULL is fine.
MMDEPLOY_API int mmdeploy_scheduler_destroy(mmdeploy_scheduler_t scheduler);

// Another sender of the same value, of one that split or just made; NULL for others.
MMDEPLOY_API mmdeploy_sender_t mmdeploy_sender_copy(mmdeploy_sender_t input);

// For senders that were not handed on. Always 0. NULL is fine.
MMDEPLOY_API int mmdeploy_sender_destroy(mmdeploy_sender_t sender);

// Completes with a copy of |value|; NULL is the null value.
MMDEPLOY_API mmdeploy_sender_t mmdeploy_executor_just(mmdeploy_value_t value);

// Completes with the null value on |scheduler|.
MMDEPLOY_API mmdeploy_sender_t mmdeploy_executor_schedule(mmdeploy_scheduler_t scheduler);

// Completes with a copy of |value| on |scheduler|.
MMDEPLOY_API mmdeploy_sender_t mmdeploy_executor_transfer_just(mmdeploy_scheduler_t scheduler,
                                                               mmdeploy_value_t value);

// Continues on |scheduler| when |input| has completed.
MMDEPLOY_API mmdeploy_sender_t mmdeploy_executor_transfer(mmdeploy_sender_t input,
                                                          mmdeploy_scheduler_t scheduler);

// Starts |input| on |scheduler|.
MMDEPLOY_API mmdeploy_sender_t mmdeploy_executor_on(mmdeploy_scheduler_t scheduler,
                                                    mmdeploy_sender_t input);

// Completes with what |fn| gives for the value. |fn| owns the value: it destroys it or gives it
// back. NULL from |fn| is a failure.
MMDEPLOY_API mmdeploy_sender_t mmdeploy_executor_then(mmdeploy_sender_t input,
                                                      mmdeploy_then_fn_t fn, void *context);

// Completes with the value of the sender that |fn| gives, which is consumed. The value that |fn|
// gets is borrowed until then.
MMDEPLOY_API mmdeploy_sender_t mmdeploy_executor_let_value(mmdeploy_sender_t input,
                                                           mmdeploy_let_value_fn_t fn,
                                                           void *context);

// A sender that can be copied; |input| runs once.
MMDEPLOY_API mmdeploy_sender_t mmdeploy_executor_split(mmdeploy_sender_t input);

// Completes with the array of the values of |n| senders, in order. The C array stays the caller's.
MMDEPLOY_API mmdeploy_sender_t mmdeploy_executor_when_all(mmdeploy_sender_t inputs[], int32_t n);

// Starts |input| now.
MMDEPLOY_API mmdeploy_sender_t mmdeploy_executor_ensure_started(mmdeploy_sender_t input);

// Starts |input|; its value is dropped.
MMDEPLOY_API int mmdeploy_executor_start_detached(mmdeploy_sender_t input);

// Starts |input|, waits, and gives the value, which is the caller's to destroy; NULL on failure.
MMDEPLOY_API mmdeploy_value_t mmdeploy_executor_sync_wait(mmdeploy_sender_t input);

// The same with a code. |output| may be NULL.
MMDEPLOY_API int mmdeploy_executor_sync_wait_v2(mmdeploy_sender_t input, mmdeploy_value_t *output);

// Runs fn(context) on |scheduler| some time.
MMDEPLOY_API void mmdeploy_executor_execute(mmdeploy_scheduler_t scheduler,
                                            void (*fn)(void *context), void *context);

#ifdef __cplusplus
}
#endif

#endif  // MMDEPLOY_EXECUTOR_H
