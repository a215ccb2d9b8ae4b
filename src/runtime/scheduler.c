// SPDX-License-Identifier: Apache-2.0
#include "runtime/scheduler.h"

#include <signal.h>
#include <time.h>

#include "base/alloc.h"
#include "base/thread.h"
#include "runtime/scheduler_internal.h"

enum {
  MAX_THREADS = 1024,
  MAX_BLOCKED = 64,  // workers that are replaced while they wait
  MAX_HELPERS = 64,
};

// The pool whose worker this thread is. A worker must not wait for another one's worker, which may
// be waiting for this one.
static _Thread_local mmd_scheduler_t *t_pool;

//===--- workers -----------------------------------------------------------===//

static mmd_work_t *take_first(mmd_scheduler_t *pool) {
  mmd_work_t *work = pool->first;
  pool->first = work->next;
  if (!pool->first) pool->last = &pool->first;
  --pool->queued;
  return work;
}

static void free_scheduler(mmd_scheduler_t *scheduler) {
  pthread_cond_destroy(&scheduler->done);
  pthread_cond_destroy(&scheduler->changed);
  pthread_mutex_destroy(&scheduler->lock);
  mmd_free(scheduler->threads);
  mmd_free(scheduler);
}

static bool has_room(const mmd_scheduler_t *pool) {
  return pool->running < pool->capacity + pool->blocked;
}

static void *worker_main(void *argument) {
  mmd_scheduler_t *pool = argument;
  t_pool = pool;
  pthread_mutex_lock(&pool->lock);
  while (pool->first || !pool->is_stopping) {
    if (pool->first && has_room(pool)) {
      mmd_work_t *work = take_first(pool);
      ++pool->running;
      pthread_mutex_unlock(&pool->lock);
      work->run(work);
      pthread_mutex_lock(&pool->lock);
      --pool->running;
    } else {
      ++pool->idle;
      pthread_cond_wait(&pool->changed, &pool->lock);
      --pool->idle;
    }
  }
  pthread_cond_broadcast(&pool->changed);  // those that had no room may end too
  const bool is_last = --pool->alive == 0 && pool->is_detached;
  pthread_mutex_unlock(&pool->lock);
  if (is_last) free_scheduler(pool);
  return NULL;
}

// Starts a worker for |work| pieces of work, with the lock held, unless there are enough. Signals
// stay with the program's own threads.
static void start_worker(mmd_scheduler_t *pool, size_t work) {
  const unsigned blocked = pool->blocked < MAX_BLOCKED ? pool->blocked : MAX_BLOCKED;
  if (work <= pool->idle || pool->started >= pool->capacity + blocked) return;
  sigset_t all, old;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &old);
  if (pthread_create(&pool->threads[pool->started], NULL, worker_main, pool) == 0) {
    ++pool->started;
    ++pool->alive;
  }
  pthread_sigmask(SIG_SETMASK, &old, NULL);
}

void mmd_scheduler_block_begin(void) {
  mmd_scheduler_t *pool = t_pool;
  if (!pool) return;
  pthread_mutex_lock(&pool->lock);
  ++pool->blocked;
  start_worker(pool, pool->queued);
  pthread_cond_signal(&pool->changed);
  pthread_mutex_unlock(&pool->lock);
}

void mmd_scheduler_block_end(void) {
  mmd_scheduler_t *pool = t_pool;
  if (!pool) return;
  pthread_mutex_lock(&pool->lock);
  --pool->blocked;
  pthread_mutex_unlock(&pool->lock);
}

static void submit_to_pool(mmd_scheduler_t *pool, mmd_work_t *work) {
  pthread_mutex_lock(&pool->lock);
  start_worker(pool, pool->queued + 1);
  const bool has_worker = pool->started > 0;
  if (has_worker) {
    work->next = NULL;
    *pool->last = work;
    pool->last = &work->next;
    ++pool->queued;
    pthread_cond_signal(&pool->changed);
  }
  pthread_mutex_unlock(&pool->lock);
  if (!has_worker) work->run(work);
}

// Takes |work| back unless a worker has it; with the lock held.
static bool withdraw(mmd_scheduler_t *pool, const mmd_work_t *work) {
  for (mmd_work_t **link = &pool->first; *link; link = &(*link)->next) {
    if (*link != work) continue;
    if (pool->last == &work->next) pool->last = link;
    *link = work->next;
    --pool->queued;
    return true;
  }
  return false;
}

void mmd_scheduler_submit(mmd_scheduler_t *scheduler, mmd_work_t *work) {
  while (scheduler->kind == MMD_SCHEDULER_DYNAMIC_BATCH) scheduler = scheduler->inner;
  if (scheduler->kind == MMD_SCHEDULER_INLINE)
    work->run(work);
  else
    submit_to_pool(scheduler, work);
}

//===--- loops -------------------------------------------------------------===//

// Lives on the stack of the caller.
typedef struct loop_t {
  mmd_scheduler_t *pool;
  mmd_index_fn fn;
  void *context;
  size_t count;
  atomic_size_t taken;
  size_t helpers;  // not done; guarded by the pool's lock
} loop_t;

typedef struct helper_t {
  mmd_work_t work;  // at offset 0
  loop_t *loop;
} helper_t;

static void run_indices(loop_t *loop) {
  for (;;) {
    const size_t i = atomic_fetch_add_explicit(&loop->taken, 1, memory_order_relaxed);
    if (i >= loop->count) return;
    loop->fn(loop->context, i);
  }
}

static void run_helper(mmd_work_t *work) {
  loop_t *loop = ((helper_t *)work)->loop;
  mmd_scheduler_t *pool = loop->pool;
  run_indices(loop);
  pthread_mutex_lock(&pool->lock);
  if (--loop->helpers == 0) pthread_cond_broadcast(&pool->done);
  pthread_mutex_unlock(&pool->lock);
}

// A worker may find that the workers it would wait for wait for it: it runs all that nobody else
// has begun, and what is begun comes to an end.
static void run_loop(mmd_scheduler_t *pool, loop_t *loop) {
  helper_t helpers[MAX_HELPERS];
  size_t count = loop->count < pool->capacity ? loop->count : pool->capacity;
  if (count > MAX_HELPERS) count = MAX_HELPERS;
  loop->helpers = count;
  for (size_t i = 0; i < count; ++i) {
    helpers[i] = (helper_t){.work = {.run = run_helper}, .loop = loop};
    submit_to_pool(pool, &helpers[i].work);
  }
  if (t_pool) run_indices(loop);
  pthread_mutex_lock(&pool->lock);
  for (size_t i = 0; t_pool && i < count; ++i) {
    if (withdraw(pool, &helpers[i].work)) --loop->helpers;
  }
  while (loop->helpers) pthread_cond_wait(&pool->done, &pool->lock);
  pthread_mutex_unlock(&pool->lock);
}

void mmd_scheduler_for_each(mmd_scheduler_t *scheduler, size_t count, mmd_index_fn fn,
                            void *context) {
  while (scheduler->kind == MMD_SCHEDULER_DYNAMIC_BATCH) scheduler = scheduler->inner;
  loop_t loop = {.pool = scheduler, .fn = fn, .context = context, .count = count};
  atomic_init(&loop.taken, 0);
  if (scheduler->kind == MMD_SCHEDULER_INLINE)
    run_indices(&loop);
  else if (count)
    run_loop(scheduler, &loop);
}

//===--- life --------------------------------------------------------------===//

mmd_status_t mmd_scheduler_new(mmd_scheduler_kind_t kind, mmd_scheduler_t **out_scheduler) {
  mmd_scheduler_t *scheduler = mmd_alloc(sizeof *scheduler);
  *out_scheduler = scheduler;
  MMD_TRY_ALLOC(scheduler);
  atomic_init(&scheduler->references, 1);
  scheduler->kind = kind;
  scheduler->last = &scheduler->first;
  // On Linux these calls take no resources and do not fail.
  pthread_condattr_t attributes;
  pthread_condattr_init(&attributes);
  pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
  pthread_mutex_init(&scheduler->lock, NULL);
  pthread_cond_init(&scheduler->changed, &attributes);
  pthread_cond_init(&scheduler->done, &attributes);
  pthread_condattr_destroy(&attributes);
  return NULL;
}

mmd_status_t mmd_scheduler_inline(mmd_scheduler_t **out_scheduler) {
  return mmd_scheduler_new(MMD_SCHEDULER_INLINE, out_scheduler);
}

mmd_status_t mmd_scheduler_create_pool(int threads, mmd_scheduler_t **out_scheduler) {
  *out_scheduler = NULL;
  mmd_scheduler_t *pool = NULL;
  MMD_TRY(mmd_scheduler_new(MMD_SCHEDULER_POOL, &pool));
  pool->capacity = threads < 1 ? mmd_processor_count() : (unsigned)threads;
  if (pool->capacity > MAX_THREADS) pool->capacity = MAX_THREADS;
  pool->threads = mmd_alloc_array(pool->capacity + MAX_BLOCKED, sizeof *pool->threads);
  if (!pool->threads) {
    free_scheduler(pool);
    return mmd_status_no_memory();
  }
  *out_scheduler = pool;
  return NULL;
}

mmd_status_t mmd_scheduler_system_pool(mmd_scheduler_t **out_scheduler) {
  static mmd_mutex_t mutex = MMD_MUTEX_INIT;
  static mmd_scheduler_t *pool;
  mmd_mutex_lock(&mutex);
  mmd_status_t status = pool ? NULL : mmd_scheduler_create_pool(0, &pool);
  *out_scheduler = mmd_scheduler_retain(pool);
  mmd_mutex_unlock(&mutex);
  return status;
}

mmd_scheduler_t *mmd_scheduler_retain(mmd_scheduler_t *scheduler) {
  if (scheduler) atomic_fetch_add_explicit(&scheduler->references, 1, memory_order_relaxed);
  return scheduler;
}

static void stop_pool(mmd_scheduler_t *pool) {
  pthread_mutex_lock(&pool->lock);
  pool->is_stopping = true;
  pool->is_detached = t_pool && pool->alive > 0;
  const bool is_detached = pool->is_detached;
  pthread_cond_broadcast(&pool->changed);
  for (unsigned i = 0; is_detached && i < pool->started; ++i) pthread_detach(pool->threads[i]);
  pthread_mutex_unlock(&pool->lock);
  if (is_detached) return;
  for (unsigned i = 0; i < pool->started; ++i) pthread_join(pool->threads[i], NULL);
  free_scheduler(pool);
}

void mmd_scheduler_release(mmd_scheduler_t *scheduler) {
  if (!scheduler) return;
  if (atomic_fetch_sub_explicit(&scheduler->references, 1, memory_order_acq_rel) != 1) return;
  mmd_scheduler_t *inner = scheduler->inner;
  if (scheduler->kind == MMD_SCHEDULER_POOL)
    stop_pool(scheduler);
  else
    free_scheduler(scheduler);
  mmd_scheduler_release(inner);
}
