// SPDX-License-Identifier: Apache-2.0
#ifndef _GNU_SOURCE
#define _GNU_SOURCE  // sched_getaffinity
#endif
#include "base/thread.h"

#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <time.h>
#include <unistd.h>

#include "base/alloc.h"

#define PIECES_PER_THREAD 4
#define MAX_THREADS 1024
// Looks at a flag before a thread sleeps: some tens of microseconds. The loops of a network follow
// each other closely, and waking a thread costs more than a small one takes.
#define SPINS 800

// One parallel loop; lives on the stack of the thread that called it.
typedef struct loop_t {
  struct loop_t *next;
  mmd_range_fn fn;
  void *context;
  size_t count, pieces;
  atomic_size_t taken;  // pieces begun
  atomic_uint helpers;  // workers inside; written with the pool's lock held
} loop_t;

struct mmd_pool {
  unsigned threads;
  pthread_mutex_t lock;
  pthread_cond_t work;  // a loop was added, or the pool stops
  pthread_cond_t idle;  // a helper left its loop
  loop_t *loops;
  pthread_t *workers;
  unsigned started;
  unsigned spins;           // 0 when there are more threads than processors
  atomic_uint loops_added;  // ever
  bool stopping;
};

// Set while the thread runs a piece: an inner loop then runs in its caller.
static _Thread_local bool inside_loop;

mmd_status_t mmd_mutex_init(mmd_mutex_t *mutex) {
  if (pthread_mutex_init(&mutex->native, NULL) == 0) return NULL;
  return mmd_status_no_memory();
}

void mmd_mutex_deinit(mmd_mutex_t *mutex) {
  pthread_mutex_destroy(&mutex->native);
}
void mmd_mutex_lock(mmd_mutex_t *mutex) {
  pthread_mutex_lock(&mutex->native);
}
void mmd_mutex_unlock(mmd_mutex_t *mutex) {
  pthread_mutex_unlock(&mutex->native);
}

// Piece |i| of |loop|: sizes differ by one at most.
static void run_piece(loop_t *loop, size_t i) {
  size_t each = loop->count / loop->pieces, more = loop->count % loop->pieces;
  size_t begin = i * each + (i < more ? i : more);
  loop->fn(loop->context, begin, begin + each + (i < more ? 1 : 0));
}

static void run_pieces(loop_t *loop) {
  inside_loop = true;
  for (;;) {
    size_t i = atomic_fetch_add_explicit(&loop->taken, 1, memory_order_relaxed);
    if (i >= loop->pieces) break;
    run_piece(loop, i);
  }
  inside_loop = false;
}

static loop_t *find_loop(mmd_pool_t *pool) {
  for (loop_t *loop = pool->loops; loop; loop = loop->next) {
    if (atomic_load_explicit(&loop->taken, memory_order_relaxed) < loop->pieces) return loop;
  }
  return NULL;
}

static void pause_briefly(void) {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ volatile("isb");
#endif
}

// Until |*flag| is not |value| any more, or for a while.
static void spin_while(const mmd_pool_t *pool, const atomic_uint *flag, unsigned value) {
  for (unsigned i = 0; i < pool->spins; ++i) {
    if (atomic_load_explicit(flag, memory_order_acquire) != value) return;
    pause_briefly();
  }
}

static void *worker_main(void *argument) {
  mmd_pool_t *pool = argument;
  pthread_mutex_lock(&pool->lock);
  while (!pool->stopping) {
    loop_t *loop = find_loop(pool);
    if (!loop) {
      pthread_cond_wait(&pool->work, &pool->lock);
      continue;
    }
    const unsigned seen = atomic_load(&pool->loops_added);
    atomic_fetch_add(&loop->helpers, 1);
    pthread_mutex_unlock(&pool->lock);
    run_pieces(loop);
    pthread_mutex_lock(&pool->lock);
    if (atomic_fetch_sub(&loop->helpers, 1) == 1) pthread_cond_broadcast(&pool->idle);
    pthread_mutex_unlock(&pool->lock);
    spin_while(pool, &pool->loops_added, seen);
    pthread_mutex_lock(&pool->lock);
  }
  pthread_mutex_unlock(&pool->lock);
  return NULL;
}

// True also on machines that are too large for the set.
static bool have_processors(unsigned threads) {
  cpu_set_t set;
  return sched_getaffinity(0, sizeof set, &set) != 0 || threads <= (unsigned)CPU_COUNT(&set);
}

mmd_status_t mmd_pool_create(unsigned threads, mmd_pool_t **out_pool) {
  *out_pool = NULL;
  if (threads == 0) threads = mmd_processor_count();
  if (threads > MAX_THREADS) threads = MAX_THREADS;
  mmd_pool_t *pool = mmd_alloc(sizeof *pool);
  MMD_TRY_ALLOC(pool);
  pool->threads = threads;
  pool->spins = have_processors(threads) ? SPINS : 0;
  pool->workers = mmd_alloc_array(threads, sizeof *pool->workers);
  if (!pool->workers) {
    mmd_free(pool);
    return mmd_status_no_memory();
  }
  // On Linux these calls take no resources and do not fail.
  pthread_mutex_init(&pool->lock, NULL);
  pthread_cond_init(&pool->work, NULL);
  pthread_cond_init(&pool->idle, NULL);
  *out_pool = pool;
  return NULL;
}

void mmd_pool_destroy(mmd_pool_t *pool) {
  if (!pool) return;
  pthread_mutex_lock(&pool->lock);
  pool->stopping = true;
  pthread_cond_broadcast(&pool->work);
  pthread_mutex_unlock(&pool->lock);
  for (unsigned i = 0; i < pool->started; ++i) pthread_join(pool->workers[i], NULL);
  pthread_cond_destroy(&pool->idle);
  pthread_cond_destroy(&pool->work);
  pthread_mutex_destroy(&pool->lock);
  mmd_free(pool->workers);
  mmd_free(pool);
}

unsigned mmd_pool_threads(const mmd_pool_t *pool) {
  return pool ? pool->threads : 1;
}

// With the lock held. A thread that cannot be started is done without. Signals stay with the
// program's own threads.
static void start_workers(mmd_pool_t *pool, size_t wanted) {
  if (wanted > pool->threads - 1) wanted = pool->threads - 1;
  if (pool->started >= wanted) return;
  sigset_t all, old;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &old);
  while (pool->started < wanted) {
    if (pthread_create(&pool->workers[pool->started], NULL, worker_main, pool) != 0) break;
    ++pool->started;
  }
  pthread_sigmask(SIG_SETMASK, &old, NULL);
}

static void add_loop(mmd_pool_t *pool, loop_t *loop) {
  pthread_mutex_lock(&pool->lock);
  start_workers(pool, loop->pieces - 1);
  loop_t **end = &pool->loops;
  while (*end) end = &(*end)->next;
  *end = loop;
  atomic_fetch_add(&pool->loops_added, 1);
  if (loop->pieces - 1 >= pool->started) {
    pthread_cond_broadcast(&pool->work);
  } else {
    for (size_t i = 1; i < loop->pieces; ++i) pthread_cond_signal(&pool->work);
  }
  pthread_mutex_unlock(&pool->lock);
}

static void finish_loop(mmd_pool_t *pool, loop_t *loop) {
  pthread_mutex_lock(&pool->lock);
  loop_t **at = &pool->loops;
  while (*at != loop) at = &(*at)->next;
  *at = loop->next;
  if (atomic_load(&loop->helpers) == 1) {
    pthread_mutex_unlock(&pool->lock);
    spin_while(pool, &loop->helpers, 1);
    pthread_mutex_lock(&pool->lock);
  }
  while (atomic_load(&loop->helpers) > 0) pthread_cond_wait(&pool->idle, &pool->lock);
  pthread_mutex_unlock(&pool->lock);
}

static mmd_parallel_for_fn redirection;

void mmd_parallel_for_redirect(mmd_parallel_for_fn fn) {
  redirection = fn;
}

void mmd_parallel_for(mmd_pool_t *pool, size_t count, size_t grain, mmd_range_fn fn,
                      void *context) {
  if (count == 0) return;
  if (redirection) {
    redirection(pool, count, grain, fn, context);
    return;
  }
  size_t most = (size_t)mmd_pool_threads(pool) * PIECES_PER_THREAD;
  size_t pieces = count / (grain ? grain : 1);
  if (pieces > most) pieces = most;
  if (pieces <= 1 || mmd_pool_threads(pool) == 1 || inside_loop) {
    fn(context, 0, count);
    return;
  }
  loop_t loop = {.fn = fn, .context = context, .count = count, .pieces = pieces};
  atomic_init(&loop.taken, 0);
  atomic_init(&loop.helpers, 0);
  add_loop(pool, &loop);
  run_pieces(&loop);
  finish_loop(pool, &loop);
}

unsigned mmd_processor_count(void) {
  // The mask of a very large machine does not fit the fixed-size set.
  for (unsigned cpus = 1024; cpus <= (1u << 18); cpus *= 4) {
    size_t size = CPU_ALLOC_SIZE(cpus);
    cpu_set_t *set = mmd_alloc(size);
    if (!set) break;
    int count = sched_getaffinity(0, size, set) == 0 ? CPU_COUNT_S(size, set) : 0;
    mmd_free(set);
    if (count > 0) return (unsigned)count;
  }
  long online = sysconf(_SC_NPROCESSORS_ONLN);
  return online > 0 ? (unsigned)online : 1;
}

uint64_t mmd_time_ns(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (uint64_t)now.tv_sec * UINT64_C(1000000000) + (uint64_t)now.tv_nsec;
}
