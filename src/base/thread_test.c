// SPDX-License-Identifier: Apache-2.0
// test-labels: thread
#include "base/thread.h"

#include <stdatomic.h>
#include <string.h>

#include "tests/support/mmd_test.h"
#include "tests/support/mmd_test_fail.h"

enum { ITEMS = 10000 };

typedef struct {
  unsigned char visits[ITEMS];  // each item is written by one thread only
  size_t grain;
  atomic_bool too_small;
  mmd_pool_t *pool;
} loop_test_t;

static void visit(void *context, size_t begin, size_t end) {
  loop_test_t *test = context;
  if (end - begin < test->grain) atomic_store(&test->too_small, true);
  for (size_t i = begin; i < end; ++i) ++test->visits[i];
}

static void run(mmd_pool_t *pool, size_t count, size_t grain) {
  loop_test_t test = {.grain = count < grain ? 1 : grain};
  mmd_parallel_for(pool, count, grain, visit, &test);
  for (size_t i = 0; i < ITEMS; ++i) assert_int_equal(test.visits[i], i < count);
  assert_false(test.too_small);
}

static void test_every_item_once(void **state) {
  (void)state;
  static const unsigned threads[] = {1, 2, 3, 8};
  static const size_t counts[] = {0, 1, 2, 7, 100, ITEMS};
  static const size_t grains[] = {0, 1, 3, 1000, 20000};
  for (size_t t = 0; t < 4; ++t) {
    mmd_pool_t *pool;
    mmd_assert_ok(mmd_pool_create(threads[t], &pool));
    assert_int_equal(mmd_pool_threads(pool), threads[t]);
    for (size_t c = 0; c < 6; ++c) {
      for (size_t g = 0; g < 5; ++g) run(pool, counts[c], grains[g]);
    }
    mmd_pool_destroy(pool);
  }
  run(NULL, 100, 1);
  assert_int_equal(mmd_pool_threads(NULL), 1);
  mmd_pool_destroy(NULL);
}

static void test_unused_pool(void **state) {
  (void)state;
  mmd_pool_t *pool;
  mmd_assert_ok(mmd_pool_create(0, &pool));
  assert_int_equal(mmd_pool_threads(pool), mmd_processor_count());
  mmd_pool_destroy(pool);
}

typedef struct {
  mmd_pool_t *pool;
  atomic_size_t sum;
} nested_t;

static void add_range(void *context, size_t begin, size_t end) {
  atomic_fetch_add(&((nested_t *)context)->sum, end - begin);
}

static void inner_loops(void *context, size_t begin, size_t end) {
  for (size_t i = begin; i < end; ++i) {
    mmd_parallel_for(((nested_t *)context)->pool, 100, 1, add_range, context);
  }
}

static void test_nested(void **state) {
  (void)state;
  nested_t test = {0};
  mmd_assert_ok(mmd_pool_create(4, &test.pool));
  mmd_parallel_for(test.pool, 50, 1, inner_loops, &test);
  assert_int_equal(test.sum, 5000);
  mmd_pool_destroy(test.pool);
}

static void *many_loops(void *context) {
  for (int i = 0; i < 300; ++i) {
    mmd_parallel_for(((nested_t *)context)->pool, 64, 1, add_range, context);
  }
  return NULL;
}

static void test_concurrent(void **state) {
  (void)state;
  nested_t test = {0};
  pthread_t threads[4];
  mmd_assert_ok(mmd_pool_create(3, &test.pool));
  for (int i = 0; i < 4; ++i) {
    assert_int_equal(pthread_create(&threads[i], NULL, many_loops, &test), 0);
  }
  for (int i = 0; i < 4; ++i) pthread_join(threads[i], NULL);
  assert_int_equal(test.sum, 4 * 300 * 64);
  mmd_pool_destroy(test.pool);
}

static void count_redirected(mmd_pool_t *pool, size_t count, size_t grain, mmd_range_fn fn,
                             void *context) {
  (void)pool;
  (void)grain;
  fn(context, 0, count / 2);
  fn(context, count / 2, count);
}

static void test_redirect(void **state) {
  (void)state;
  nested_t test = {0};
  mmd_parallel_for_redirect(count_redirected);
  mmd_parallel_for(NULL, 10, 1, add_range, &test);
  mmd_parallel_for_redirect(NULL);
  assert_int_equal(test.sum, 10);
}

static mmd_status_t make_pool(void *context) {
  (void)context;
  mmd_pool_t *pool;
  nested_t test = {0};
  MMD_TRY(mmd_pool_create(2, &pool));
  mmd_parallel_for(pool, 10, 1, add_range, &test);
  mmd_pool_destroy(pool);
  return NULL;
}

static void test_no_memory(void **state) {
  (void)state;
  mmd_test_sweep(make_pool, NULL);
}

static void test_mutex_and_time(void **state) {
  (void)state;
  mmd_mutex_t mutex;
  mmd_assert_ok(mmd_mutex_init(&mutex));
  mmd_mutex_lock(&mutex);
  mmd_mutex_unlock(&mutex);
  mmd_mutex_deinit(&mutex);
  uint64_t before = mmd_time_ns();
  assert_true(mmd_time_ns() >= before);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_every_item_once), cmocka_unit_test(test_unused_pool),
      cmocka_unit_test(test_nested),          cmocka_unit_test(test_concurrent),
      cmocka_unit_test(test_redirect),        cmocka_unit_test(test_no_memory),
      cmocka_unit_test(test_mutex_and_time),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
