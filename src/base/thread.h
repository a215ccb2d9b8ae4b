// SPDX-License-Identifier: Apache-2.0
//
// Threads, locks and the parallel loop. No thread starts before the first parallel loop that has
// work for it.
#ifndef MMD_BASE_THREAD_H_
#define MMD_BASE_THREAD_H_

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

typedef struct mmd_mutex_t {
  pthread_mutex_t native;
} mmd_mutex_t;

#define MMD_MUTEX_INIT \
  { PTHREAD_MUTEX_INITIALIZER }
mmd_status_t mmd_mutex_init(mmd_mutex_t *mutex) MMD_MUST_USE;
void mmd_mutex_deinit(mmd_mutex_t *mutex);
void mmd_mutex_lock(mmd_mutex_t *mutex);
void mmd_mutex_unlock(mmd_mutex_t *mutex);

// A pool of |threads| workers counting the caller; 0 means the number of processors this process
// may use. A pool of one runs everything in the caller.
typedef struct mmd_pool mmd_pool_t;
mmd_status_t mmd_pool_create(unsigned threads, mmd_pool_t **out_pool) MMD_MUST_USE;
void mmd_pool_destroy(mmd_pool_t *pool);            // waits; NULL is fine
unsigned mmd_pool_threads(const mmd_pool_t *pool);  // 1 for NULL

// Work on items [begin, end).
typedef void (*mmd_range_fn)(void *context, size_t begin, size_t end);

// Calls |fn| over [0, count) in pieces of at least |grain| items, in any order, from several
// threads, and returns when all are done. NULL |pool| runs in the caller. Loops from several
// threads on one pool, and loops inside loops, are safe (the inner one runs in its caller).
void mmd_parallel_for(mmd_pool_t *pool, size_t count, size_t grain, mmd_range_fn fn, void *context);

// In a backend module all loops go to the host, which owns the pool (see base/host.h).
typedef void (*mmd_parallel_for_fn)(mmd_pool_t *pool, size_t count, size_t grain, mmd_range_fn fn,
                                    void *context);
void mmd_parallel_for_redirect(mmd_parallel_for_fn fn);

unsigned mmd_processor_count(void);  // processors this process may use, at least 1

// Monotonic time.
uint64_t mmd_time_ns(void);

#endif  // MMD_BASE_THREAD_H_
