// SPDX-License-Identifier: Apache-2.0
//
// Places where work runs: the caller's thread, one worker thread, a pool of them, or one of these
// with samples of several callers collected into batches. No thread starts before the first work.
// Schedulers never change results, only the time they take.
#ifndef MMD_RUNTIME_SCHEDULER_H_
#define MMD_RUNTIME_SCHEDULER_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "value/call.h"

typedef struct mmd_scheduler mmd_scheduler_t;

// Each returns a reference.
mmd_status_t mmd_scheduler_inline(mmd_scheduler_t **out_scheduler) MMD_MUST_USE;
// One pool for the process, made on first use, that stays until the process ends.
mmd_status_t mmd_scheduler_system_pool(mmd_scheduler_t **out_scheduler) MMD_MUST_USE;
// |threads| workers, of which none is the caller; less than 1 = a worker a processor. One worker
// runs its work in the order it came. While work waits for a batch to fill or for a sender, other
// work runs in its place.
mmd_status_t mmd_scheduler_create_pool(int threads, mmd_scheduler_t **out_scheduler) MMD_MUST_USE;
// Collects the samples that callers hand to one batched node (mmd_scheduler_run_batched) into
// batches of |max_batch| or, |timeout_us| microseconds after the first of them came, of those that
// are there; below 0 only full batches run. They run on |inner|, which is retained.
mmd_status_t mmd_scheduler_create_dynamic_batch(mmd_scheduler_t *inner, int max_batch,
                                                int64_t timeout_us,
                                                mmd_scheduler_t **out_scheduler) MMD_MUST_USE;
mmd_scheduler_t *mmd_scheduler_retain(mmd_scheduler_t *scheduler);  // NULL stays NULL
// With the last reference the workers finish what was submitted and end. That waits for them,
// except on one of their own threads. NULL is fine.
void mmd_scheduler_release(mmd_scheduler_t *scheduler);

// A piece of work, part of the submitter's own object; it lives until |run| was called.
typedef struct mmd_work_t {
  struct mmd_work_t *next;  // the scheduler's
  void (*run)(struct mmd_work_t *work);
} mmd_work_t;
// Runs |work| once, here when no thread can be had.
void mmd_scheduler_submit(mmd_scheduler_t *scheduler, mmd_work_t *work);

// Calls fn(context, i) for each i below |count| on the workers and returns when all are done. Safe
// on a worker's own thread, which then works along instead of waiting.
typedef void (*mmd_index_fn)(void *context, size_t index);
void mmd_scheduler_for_each(mmd_scheduler_t *scheduler, size_t count, mmd_index_fn fn,
                            void *context);

// Runs a batch: |inputs| are |input_count| arrays of the same size, |outputs| get |output_count|
// new arrays of that size.
typedef mmd_status_t (*mmd_batch_fn)(void *context, mmd_value_t *const *inputs,
                                     mmd_value_t **outputs);
typedef struct mmd_batch_task_t {
  const void *key;  // samples handed in under one key may run together
  size_t input_count, output_count;
  mmd_batch_fn run;
  void *context;  // the same for all that hand in under |key|, as the members above
} mmd_batch_task_t;
bool mmd_scheduler_is_dynamic_batch(const mmd_scheduler_t *scheduler);
// Through a dynamic batch scheduler: the caller's samples may run together with those of others, in
// several parts; the answers are those of this caller, in order. A batch of several callers that
// fails is run again for each of them alone, so nobody meets another's error. |call| (may be NULL)
// may end the wait for a batch that does not fill.
mmd_status_t mmd_scheduler_run_batched(mmd_scheduler_t *scheduler, const mmd_batch_task_t *task,
                                       const mmd_call_t *call, mmd_value_t *const *inputs,
                                       mmd_value_t **outputs) MMD_MUST_USE;

#endif  // MMD_RUNTIME_SCHEDULER_H_
