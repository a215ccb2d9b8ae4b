// SPDX-License-Identifier: Apache-2.0
//
// Inside the schedulers: what scheduler.c and dynamic_batch.c share.
#ifndef MMD_RUNTIME_SCHEDULER_INTERNAL_H_
#define MMD_RUNTIME_SCHEDULER_INTERNAL_H_

#include <pthread.h>
#include <stdatomic.h>

#include "runtime/scheduler.h"

typedef enum mmd_scheduler_kind_t {
  MMD_SCHEDULER_INLINE,
  MMD_SCHEDULER_POOL,
  MMD_SCHEDULER_DYNAMIC_BATCH,
} mmd_scheduler_kind_t;

struct mmd_scheduler {
  _Atomic uint32_t references;
  mmd_scheduler_kind_t kind;
  pthread_mutex_t lock;
  pthread_cond_t changed;  // pool: work came, or the end; dynamic batch: a batch is done

  // Pool.
  pthread_cond_t done;        // a helper of a loop is done
  mmd_work_t *first, **last;  // what waits, oldest first
  size_t queued;
  pthread_t *threads;
  unsigned capacity;  // workers that run at a time
  unsigned started, idle, alive, running, blocked;
  bool is_stopping;
  bool is_detached;  // the last worker to end frees the scheduler

  // Dynamic batch.
  mmd_scheduler_t *inner;
  size_t max_batch;
  int64_t timeout_ns;                  // below 0: only full batches
  struct mmd_batch_request *requests;  // with samples that wait, oldest first
};

// Without references: zeroed, with its lock.
mmd_status_t mmd_scheduler_new(mmd_scheduler_kind_t kind,
                               mmd_scheduler_t **out_scheduler) MMD_MUST_USE;

// Around a wait for other work: while a worker's thread waits, another one may run in its place.
// Nothing on other threads. Must not be called with a pool's lock held.
void mmd_scheduler_block_begin(void);
void mmd_scheduler_block_end(void);

#endif  // MMD_RUNTIME_SCHEDULER_INTERNAL_H_
