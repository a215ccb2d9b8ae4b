// SPDX-License-Identifier: Apache-2.0
//
// test-labels: thread
#include "runtime/scheduler.h"

#include <pthread.h>
#include <stdatomic.h>
#include <time.h>

#include "base/thread.h"
#include "tests/support/mmd_test.h"
#include "tests/support/mmd_test_fail.h"

static mmd_scheduler_t *make_pool(int threads) {
  mmd_scheduler_t *pool = NULL;
  mmd_assert_ok(mmd_scheduler_create_pool(threads, &pool));
  return pool;
}

static void nap(long milliseconds) {
  const struct timespec time = {.tv_nsec = milliseconds * 1000000};
  nanosleep(&time, NULL);
}

//===--- work and loops ----------------------------------------------------===//

typedef struct entry_t {
  mmd_work_t work;  // at offset 0
  int number;
} entry_t;

static int g_order[100];
static int g_order_size;
static pthread_t g_thread;

static void note(mmd_work_t *work) {
  g_order[g_order_size++] = ((entry_t *)work)->number;
  g_thread = pthread_self();
}

static void one_thread_keeps_the_order(void **state) {
  (void)state;
  entry_t entries[100];
  mmd_scheduler_t *thread = make_pool(1);
  g_order_size = 0;
  for (int i = 0; i < 100; ++i) {
    entries[i] = (entry_t){.work = {.run = note}, .number = i};
    mmd_scheduler_submit(thread, &entries[i].work);
  }
  mmd_scheduler_release(thread);  // waits
  assert_int_equal(g_order_size, 100);
  for (int i = 0; i < 100; ++i) assert_int_equal(g_order[i], i);
  assert_false(pthread_equal(g_thread, pthread_self()));
}

static void inline_runs_here(void **state) {
  (void)state;
  mmd_scheduler_t *here = NULL;
  entry_t entry = {.work = {.run = note}, .number = 7};
  g_order_size = 0;
  mmd_assert_ok(mmd_scheduler_inline(&here));
  mmd_scheduler_submit(here, &entry.work);
  assert_int_equal(g_order[0], 7);
  assert_true(pthread_equal(g_thread, pthread_self()));
  mmd_scheduler_release(here);
}

typedef struct counts_t {
  mmd_scheduler_t *other;
  atomic_int *items;
  atomic_int inside, most;
} counts_t;

static void count_item(void *context, size_t index) {
  counts_t *counts = context;
  atomic_fetch_add(&counts->items[index], 1);
}

static void loops_visit_each_once(void **state) {
  (void)state;
  enum { COUNT = 1000 };
  atomic_int items[COUNT];
  mmd_scheduler_t *system = NULL, *here = NULL, *pool = make_pool(3), *thread = make_pool(1);
  mmd_assert_ok(mmd_scheduler_system_pool(&system));
  mmd_assert_ok(mmd_scheduler_inline(&here));
  mmd_scheduler_t *const all[] = {here, thread, pool, system};
  for (size_t k = 0; k < 4; ++k) {
    counts_t counts = {.items = items};
    for (size_t i = 0; i < COUNT; ++i) atomic_init(&items[i], 0);
    mmd_scheduler_for_each(all[k], COUNT, count_item, &counts);
    for (size_t i = 0; i < COUNT; ++i) assert_int_equal(atomic_load(&items[i]), 1);
    mmd_scheduler_for_each(all[k], 0, count_item, &counts);
    mmd_scheduler_release(all[k]);
  }
}

static void count_on_other(void *context, size_t index) {
  counts_t *counts = context;
  (void)index;
  mmd_scheduler_for_each(counts->other, 20, count_item, counts);
}

typedef struct crossing_t {
  mmd_scheduler_t *first, *second;
  atomic_int items[20];
} crossing_t;

static void *cross(void *context) {
  crossing_t *crossing = context;
  counts_t counts = {.other = crossing->second, .items = crossing->items};
  for (int i = 0; i < 50; ++i) mmd_scheduler_for_each(crossing->first, 2, count_on_other, &counts);
  return NULL;
}

// Two single threads, each of which needs the other one.
static void workers_do_not_wait_for_each_other(void **state) {
  (void)state;
  mmd_scheduler_t *a = make_pool(1), *b = make_pool(1);
  crossing_t crossings[3] = {
      {.first = a, .second = b}, {.first = b, .second = a}, {.first = a, .second = a}};
  pthread_t threads[3];
  for (int i = 0; i < 3; ++i) pthread_create(&threads[i], NULL, cross, &crossings[i]);
  for (int i = 0; i < 3; ++i) {
    pthread_join(threads[i], NULL);
    for (int k = 0; k < 20; ++k) assert_int_equal(atomic_load(&crossings[i].items[k]), 100);
  }
  mmd_scheduler_release(a);
  mmd_scheduler_release(b);
}

static void meet(void *context, size_t index) {
  counts_t *counts = context;
  (void)index;
  atomic_fetch_add(&counts->inside, 1);
  for (int i = 0; i < 2000 && atomic_load(&counts->inside) < 3; ++i) nap(1);
  atomic_store(&counts->most, atomic_load(&counts->inside));
}

static void pools_run_side_by_side(void **state) {
  (void)state;
  mmd_scheduler_t *pool = make_pool(3);
  counts_t counts = {0};
  mmd_scheduler_for_each(pool, 3, meet, &counts);
  assert_int_equal(atomic_load(&counts.most), 3);
  mmd_scheduler_release(pool);
}

typedef struct last_t {
  mmd_work_t work;  // at offset 0
  mmd_scheduler_t *scheduler;
  atomic_bool is_done;
} last_t;

static void release_last(mmd_work_t *work) {
  last_t *last = (last_t *)work;
  nap(5);  // the other reference is gone by now
  mmd_scheduler_release(last->scheduler);
  atomic_store(&last->is_done, true);
}

static void may_end_on_their_own_thread(void **state) {
  (void)state;
  last_t last = {.work = {.run = release_last}, .scheduler = make_pool(2)};
  mmd_scheduler_t *own = mmd_scheduler_retain(last.scheduler);
  mmd_scheduler_submit(own, &last.work);
  mmd_scheduler_release(own);
  while (!atomic_load(&last.is_done)) nap(1);
  nap(20);  // the thread ends by itself
}

//===--- batches -----------------------------------------------------------===//

enum { CALLERS = 8, CALLS = 40 };

typedef struct batcher_t {
  atomic_int runs, largest;
  int64_t refused;  // a number that makes a batch fail
} batcher_t;

// Each sample becomes its negative.
static mmd_status_t negate(void *context, mmd_value_t *const *inputs, mmd_value_t **outputs) {
  batcher_t *batcher = context;
  const int size = (int)mmd_array_size(inputs[0]);
  atomic_fetch_add(&batcher->runs, 1);
  for (int most = atomic_load(&batcher->largest);
       size > most && !atomic_compare_exchange_weak(&batcher->largest, &most, size);) {
  }
  outputs[0] = mmd_value_array();
  MMD_TRY_ALLOC(outputs[0]);
  for (int i = 0; i < size; ++i) {
    const int64_t number = mmd_value_get_int(mmd_array_at(inputs[0], (size_t)i), 0);
    if (number == batcher->refused) return MMD_ERROR(MMD_CORRUPT, "number %d", (int)number);
    MMD_TRY(mmd_array_take(outputs[0], mmd_value_int(-number)));
  }
  return NULL;
}

static mmd_status_t run_numbers(mmd_scheduler_t *scheduler, batcher_t *batcher,
                                const mmd_call_t *call, int64_t first, int count,
                                bool *out_is_right) {
  const mmd_batch_task_t task = {
      .key = batcher, .input_count = 1, .output_count = 1, .run = negate, .context = batcher};
  mmd_value_t *input = mmd_value_array(), *output = NULL;
  mmd_status_t status = input ? NULL : mmd_status_no_memory();
  for (int i = 0; i < count && !status; ++i) {
    status = mmd_array_take(input, mmd_value_int(first + i));
  }
  if (!status) status = mmd_scheduler_run_batched(scheduler, &task, call, &input, &output);
  *out_is_right = !status && mmd_array_size(output) == (size_t)count;
  for (int i = 0; i < count && *out_is_right; ++i) {
    *out_is_right = mmd_value_get_int(mmd_array_at(output, (size_t)i), 0) == -(first + i);
  }
  mmd_value_release(output);
  mmd_value_release(input);
  return status;
}

typedef struct caller_t {
  mmd_scheduler_t *scheduler;
  batcher_t *batcher;
  int64_t first;
  int failures, wrong;
} caller_t;

static void *call_often(void *context) {
  caller_t *caller = context;
  for (int i = 0; i < CALLS; ++i) {
    const int count = 1 + (i + (int)caller->first / 1000) % 5;
    bool is_right = false;
    mmd_status_t status = run_numbers(caller->scheduler, caller->batcher, NULL,
                                      caller->first + 10 * i, count, &is_right);
    caller->failures += status != NULL;
    caller->wrong += !status && !is_right;
    mmd_status_free(status);
  }
  return NULL;
}

static void run_callers(mmd_scheduler_t *inner, int max_batch, int64_t refused, int failures) {
  mmd_scheduler_t *scheduler = NULL;
  batcher_t batcher = {.refused = refused};
  caller_t callers[CALLERS];
  pthread_t threads[CALLERS];
  mmd_assert_ok(mmd_scheduler_create_dynamic_batch(inner, max_batch, 300, &scheduler));
  for (int i = 0; i < CALLERS; ++i) {
    callers[i] = (caller_t){scheduler, &batcher, 1000 * (i + 1), 0, 0};
    pthread_create(&threads[i], NULL, call_often, &callers[i]);
  }
  int failed = 0;
  for (int i = 0; i < CALLERS; ++i) {
    pthread_join(threads[i], NULL);
    assert_int_equal(callers[i].wrong, 0);
    failed += callers[i].failures;
  }
  assert_int_equal(failed, failures);
  assert_true(atomic_load(&batcher.largest) <= max_batch);
  mmd_scheduler_release(scheduler);
}

static void batches_of_many_callers(void **state) {
  (void)state;
  mmd_scheduler_t *thread = make_pool(1), *here = NULL;
  mmd_assert_ok(mmd_scheduler_inline(&here));
  run_callers(thread, 4, 0, 0);
  run_callers(here, 3, 0, 0);
  run_callers(here, 64, 0, 0);
  run_callers(here, 8, 3000, 1);  // one number of one caller: only that call fails
  mmd_scheduler_release(thread);
  mmd_scheduler_release(here);
}

static void full_batches_do_not_wait(void **state) {
  (void)state;
  mmd_scheduler_t *here = NULL, *scheduler = NULL, *none = NULL;
  batcher_t batcher = {0};
  bool is_right = false;
  mmd_assert_ok(mmd_scheduler_inline(&here));
  mmd_assert_ok(mmd_scheduler_create_dynamic_batch(here, 4, -1, &scheduler));
  assert_true(mmd_scheduler_is_dynamic_batch(scheduler));
  assert_false(mmd_scheduler_is_dynamic_batch(here));
  // Eight samples are two full batches; without a timer nothing less ever runs.
  mmd_assert_ok(run_numbers(scheduler, &batcher, NULL, 1, 8, &is_right));
  assert_true(is_right);
  assert_int_equal(atomic_load(&batcher.runs), 2);
  const mmd_call_t late = {.deadline_ns = mmd_time_ns() + 20000000};
  mmd_assert_fails(run_numbers(scheduler, &batcher, &late, 1, 6, &is_right), MMD_CANCELLED,
                   "deadline");
  assert_int_equal(atomic_load(&batcher.runs), 3);
  mmd_cancel_t *token = NULL;
  mmd_assert_ok(mmd_cancel_create(&token));
  mmd_cancel_request(token);
  const mmd_call_t cancelled = {.cancel = token};
  mmd_assert_fails(run_numbers(scheduler, &batcher, &cancelled, 1, 3, &is_right), MMD_CANCELLED,
                   "cancelled");
  mmd_cancel_release(token);
  mmd_assert_fails(mmd_scheduler_create_dynamic_batch(here, 0, 0, &none), MMD_INVALID_ARGUMENT,
                   "0 samples");
  mmd_scheduler_release(scheduler);
  mmd_scheduler_release(here);
}

typedef struct job_t {
  mmd_work_t work;  // at offset 0
  mmd_scheduler_t *scheduler;
  batcher_t *batcher;
  int64_t first;
  atomic_bool is_right;
} job_t;

static void run_job(mmd_work_t *work) {
  job_t *job = (job_t *)work;
  bool is_right = false;
  mmd_status_free(run_numbers(job->scheduler, job->batcher, NULL, job->first, 1, &is_right));
  atomic_store(&job->is_right, is_right);
}

// A single thread takes on more callers while some wait for their batch.
static void waiting_work_gives_way(void **state) {
  (void)state;
  enum { JOBS = 12 };
  mmd_scheduler_t *thread = make_pool(1), *scheduler = NULL;
  batcher_t batcher = {0};
  job_t jobs[JOBS];
  mmd_assert_ok(mmd_scheduler_create_dynamic_batch(thread, 4, -1, &scheduler));
  for (int i = 0; i < JOBS; ++i) {
    jobs[i] = (job_t){.work = {.run = run_job},
                      .scheduler = scheduler,
                      .batcher = &batcher,
                      .first = 100 * (i + 1)};
    mmd_scheduler_submit(thread, &jobs[i].work);
  }
  for (int i = 0; i < JOBS; ++i) {
    for (int k = 0; k < 2000 && !atomic_load(&jobs[i].is_right); ++k) nap(1);
    assert_true(atomic_load(&jobs[i].is_right));
  }
  assert_int_equal(atomic_load(&batcher.runs), JOBS / 4);
  mmd_scheduler_release(scheduler);
  mmd_scheduler_release(thread);
}

static mmd_status_t batch_once(void *context) {
  mmd_scheduler_t *here = NULL, *scheduler = NULL;
  batcher_t batcher = {0};
  bool is_right = false;
  (void)context;
  mmd_status_t status = mmd_scheduler_inline(&here);
  if (!status) status = mmd_scheduler_create_dynamic_batch(here, 2, 0, &scheduler);
  if (!status) status = run_numbers(scheduler, &batcher, NULL, 1, 5, &is_right);
  mmd_scheduler_release(scheduler);
  mmd_scheduler_release(here);
  return status;
}

static void survives_lack_of_memory(void **state) {
  (void)state;
  mmd_test_sweep(batch_once, NULL);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      // First: a thread that nobody joins may end after its test, and no allocator must change
      // then.
      cmocka_unit_test(survives_lack_of_memory),
      cmocka_unit_test(one_thread_keeps_the_order),
      cmocka_unit_test(inline_runs_here),
      cmocka_unit_test(loops_visit_each_once),
      cmocka_unit_test(workers_do_not_wait_for_each_other),
      cmocka_unit_test(pools_run_side_by_side),
      cmocka_unit_test(may_end_on_their_own_thread),
      cmocka_unit_test(batches_of_many_callers),
      cmocka_unit_test(full_batches_do_not_wait),
      cmocka_unit_test(waiting_work_gives_way),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
