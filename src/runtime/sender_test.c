// SPDX-License-Identifier: Apache-2.0
//
// test-labels: thread
#include "runtime/sender.h"

#include <pthread.h>
#include <stdatomic.h>
#include <time.h>

#include "tests/support/mmd_test.h"
#include "tests/support/mmd_test_fail.h"

// The status of making a sender becomes the sender's own, for short texts.
static mmd_sender_t *just(int64_t number) {
  mmd_sender_t *sender = NULL;
  mmd_value_t *value = mmd_value_int(number);
  mmd_assert_ok(mmd_sender_just(value, &sender));
  mmd_value_release(value);
  return sender;
}

static mmd_scheduler_t *make_pool(int threads) {
  mmd_scheduler_t *pool = NULL;
  mmd_assert_ok(mmd_scheduler_create_pool(threads, &pool));
  return pool;
}

static int64_t wait_number(mmd_sender_t *sender) {
  mmd_value_t *value = NULL;
  mmd_assert_ok(mmd_sender_wait(sender, UINT64_MAX, &value));
  const int64_t number = mmd_value_get_int(value, -1);
  mmd_value_release(value);
  return number;
}

typedef struct adding_t {
  int64_t number;
  atomic_int calls, ends;
  pthread_t thread;
} adding_t;

static mmd_status_t add(void *context, mmd_value_t *value, mmd_value_t **out_value) {
  adding_t *adding = context;
  const int64_t number = mmd_value_get_int(value, 0);
  mmd_value_release(value);
  atomic_fetch_add(&adding->calls, 1);
  adding->thread = pthread_self();
  if (number == 13) return MMD_ERROR(MMD_CORRUPT, "13 brings bad luck");
  *out_value = mmd_value_int(number + adding->number);
  return *out_value ? NULL : mmd_status_no_memory();
}

static void end(void *context) {
  atomic_fetch_add(&((adding_t *)context)->ends, 1);
}

static mmd_sender_t *then_add(mmd_sender_t *input, adding_t *adding) {
  mmd_sender_t *sender = NULL;
  mmd_assert_ok(mmd_sender_then(input, add, adding, end, &sender));
  return sender;
}

static mmd_sender_t *transfer(mmd_sender_t *input, mmd_scheduler_t *scheduler) {
  mmd_sender_t *sender = NULL;
  mmd_assert_ok(mmd_sender_transfer(input, scheduler, &sender));
  return sender;
}

static void chains(void **state) {
  (void)state;
  adding_t one = {.number = 1}, ten = {.number = 10};
  mmd_sender_t *sender = then_add(then_add(just(5), &one), &ten);
  assert_int_equal(atomic_load(&one.calls), 0);  // nothing runs before somebody waits
  assert_int_equal(wait_number(sender), 16);
  assert_int_equal(atomic_load(&one.calls), 1);
  assert_int_equal(atomic_load(&ten.ends), 1);
  mmd_sender_destroy(then_add(just(1), &one));
  assert_int_equal(atomic_load(&one.calls), 1);
  assert_int_equal(atomic_load(&one.ends), 2);
  mmd_value_t *value = NULL;
  mmd_assert_ok(mmd_sender_just(NULL, &sender));
  mmd_assert_ok(mmd_sender_wait(sender, UINT64_MAX, &value));
  assert_true(mmd_value_is_null(value));
  mmd_value_release(value);
}

static void moves_to_schedulers(void **state) {
  (void)state;
  adding_t here = {.number = 1}, there = {.number = 10}, on = {.number = 100};
  mmd_scheduler_t *pool = make_pool(2);
  mmd_sender_t *sender = then_add(transfer(then_add(just(5), &here), pool), &there);
  assert_int_equal(wait_number(sender), 16);
  assert_true(pthread_equal(here.thread, pthread_self()));
  assert_false(pthread_equal(there.thread, pthread_self()));
  mmd_assert_ok(mmd_sender_on(pool, then_add(just(5), &on), &sender));
  assert_int_equal(wait_number(sender), 105);
  assert_false(pthread_equal(on.thread, pthread_self()));
  mmd_assert_ok(mmd_sender_schedule(pool, &sender));
  assert_int_equal(wait_number(then_add(sender, &here)), 1);
  mmd_scheduler_release(pool);
}

static void failures_pass_by(void **state) {
  (void)state;
  adding_t one = {.number = 1};
  mmd_value_t *value = NULL;
  mmd_scheduler_t *pool = make_pool(1);
  mmd_sender_t *sender = then_add(transfer(then_add(just(13), &one), pool), &one);
  mmd_assert_fails(mmd_sender_wait(sender, UINT64_MAX, &value), MMD_CORRUPT, "bad luck");
  assert_null(value);
  assert_int_equal(atomic_load(&one.calls), 1);
  assert_int_equal(atomic_load(&one.ends), 2);
  mmd_scheduler_release(pool);
}

static mmd_status_t let(void *context, mmd_value_t *value, mmd_sender_t **out_sender) {
  adding_t *adding = context;
  mmd_sender_t *sender = NULL;
  if (mmd_value_get_int(value, 0) == 0) return NULL;  // no sender
  if (mmd_value_get_int(value, 0) == 1) return MMD_ERROR(MMD_NOT_FOUND, "one");
  MMD_TRY(mmd_sender_just(value, &sender));
  return mmd_sender_then(sender, add, adding, end, out_sender);
}

static void lets_values_choose(void **state) {
  (void)state;
  adding_t one = {.number = 1};
  mmd_sender_t *sender = NULL;
  mmd_assert_ok(mmd_sender_let_value(just(5), let, &one, end, &sender));
  assert_int_equal(wait_number(sender), 6);
  assert_int_equal(atomic_load(&one.ends), 2);
  mmd_assert_ok(mmd_sender_let_value(just(13), let, &one, end, &sender));
  mmd_assert_fails(mmd_sender_wait(sender, UINT64_MAX, NULL), MMD_CORRUPT, "bad luck");
  mmd_assert_ok(mmd_sender_let_value(just(0), let, &one, end, &sender));
  mmd_assert_fails(mmd_sender_wait(sender, UINT64_MAX, NULL), MMD_INVALID_ARGUMENT, "no sender");
  mmd_assert_ok(mmd_sender_let_value(just(1), let, &one, end, &sender));
  mmd_assert_fails(mmd_sender_wait(sender, UINT64_MAX, NULL), MMD_NOT_FOUND, "one");
}

static void splits(void **state) {
  (void)state;
  adding_t one = {.number = 1}, ten = {.number = 10};
  mmd_scheduler_t *pool = make_pool(2);
  mmd_sender_t *senders[3] = {NULL}, *all = NULL;
  for (int round = 0; round < 20; ++round) {
    atomic_store(&one.calls, 0);
    mmd_assert_ok(mmd_sender_split(then_add(transfer(just(5), pool), &one), &senders[0]));
    mmd_assert_ok(mmd_sender_copy(senders[0], &senders[1]));
    mmd_assert_ok(mmd_sender_copy(senders[1], &senders[2]));
    senders[1] = then_add(transfer(senders[1], pool), &ten);
    mmd_assert_ok(mmd_sender_when_all(senders, 3, &all));
    mmd_value_t *value = NULL;
    mmd_assert_ok(mmd_sender_wait(all, UINT64_MAX, &value));
    assert_int_equal(mmd_array_size(value), 3);
    assert_int_equal(mmd_value_get_int(mmd_array_at(value, 0), 0), 6);
    assert_int_equal(mmd_value_get_int(mmd_array_at(value, 1), 0), 16);
    assert_int_equal(mmd_value_get_int(mmd_array_at(value, 2), 0), 6);
    assert_int_equal(atomic_load(&one.calls), 1);
    mmd_value_release(value);
  }
  senders[0] = then_add(just(1), &one);
  mmd_assert_fails(mmd_sender_copy(senders[0], &senders[1]), MMD_NOT_SUPPORTED, "split and just");
  mmd_sender_destroy(senders[0]);
  senders[0] = just(3);
  mmd_assert_ok(mmd_sender_copy(senders[0], &senders[1]));
  assert_int_equal(wait_number(senders[0]) + wait_number(senders[1]), 6);
  mmd_scheduler_release(pool);
}

static void joins(void **state) {
  (void)state;
  adding_t one = {.number = 1};
  mmd_scheduler_t *pool = make_pool(3);
  mmd_sender_t *senders[50], *all = NULL;
  mmd_value_t *value = NULL;
  for (int i = 0; i < 50; ++i) {
    senders[i] = just(100 + i);
    if (i % 2) mmd_assert_ok(mmd_sender_on(pool, senders[i], &senders[i]));
  }
  mmd_assert_ok(mmd_sender_when_all(senders, 50, &all));
  mmd_assert_ok(mmd_sender_wait(all, UINT64_MAX, &value));
  for (int i = 0; i < 50; ++i) {
    assert_int_equal(mmd_value_get_int(mmd_array_at(value, (size_t)i), 0), 100 + i);
  }
  mmd_value_release(value);
  senders[0] = just(1);
  senders[1] = then_add(transfer(just(13), pool), &one);
  senders[2] = just(2);
  mmd_assert_ok(mmd_sender_when_all(senders, 3, &all));
  mmd_assert_fails(mmd_sender_wait(all, UINT64_MAX, &value), MMD_CORRUPT, "bad luck");
  mmd_assert_ok(mmd_sender_when_all(NULL, 0, &all));
  mmd_assert_ok(mmd_sender_wait(all, UINT64_MAX, &value));
  assert_int_equal(mmd_array_size(value), 0);
  mmd_value_release(value);
  mmd_scheduler_release(pool);
}

static mmd_status_t sleep_a_little(void *context, mmd_value_t *value, mmd_value_t **out_value) {
  const struct timespec time = {.tv_nsec = 50000000};
  nanosleep(&time, NULL);
  atomic_store((atomic_bool *)context, true);
  *out_value = value;
  return NULL;
}

static void starts_early(void **state) {
  (void)state;
  adding_t one = {.number = 1};
  mmd_sender_t *sender = NULL;
  mmd_assert_ok(mmd_sender_ensure_started(then_add(just(5), &one), &sender));
  assert_int_equal(atomic_load(&one.calls), 1);
  assert_int_equal(wait_number(sender), 6);
  mmd_assert_ok(mmd_sender_ensure_started(then_add(just(5), &one), &sender));
  mmd_sender_destroy(sender);
  mmd_assert_ok(mmd_sender_start_detached(then_add(just(13), &one)));
  assert_int_equal(atomic_load(&one.calls), 3);
}

static void waits_no_longer_than_told(void **state) {
  (void)state;
  static atomic_bool is_done;
  mmd_scheduler_t *thread = make_pool(1);
  mmd_sender_t *sender = NULL;
  mmd_value_t *value = NULL;
  atomic_store(&is_done, false);
  mmd_assert_ok(
      mmd_sender_then(transfer(just(5), thread), sleep_a_little, &is_done, NULL, &sender));
  mmd_assert_fails(mmd_sender_wait(sender, 1000000, &value), MMD_CANCELLED, "in time");
  assert_null(value);
  // The work goes on to its end.
  const struct timespec moment = {.tv_nsec = 10000000};
  for (int i = 0; i < 500 && !atomic_load(&is_done); ++i) nanosleep(&moment, NULL);
  assert_true(atomic_load(&is_done));
  mmd_scheduler_release(thread);
}

static void bounds_depth(void **state) {
  (void)state;
  adding_t one = {.number = 1};
  mmd_sender_t *sender = just(0);
  mmd_status_t status = NULL;
  int depth = 0;
  while (!status && depth < 10000) {
    ++depth;
    status = mmd_sender_then(sender, add, &one, end, &sender);
  }
  assert_null(sender);
  mmd_assert_fails(status, MMD_OUT_OF_RANGE, "stand on one another");
  assert_int_equal(atomic_load(&one.ends), depth);
}

static mmd_status_t once(void *context) {
  static adding_t one = {.number = 5};
  mmd_sender_t *sender = NULL, *senders[2] = {NULL}, *copy = NULL;
  mmd_scheduler_t *here = NULL;
  mmd_value_t *value = mmd_value_int(1), *out = NULL;
  (void)context;
  mmd_status_t status = value ? mmd_scheduler_inline(&here) : mmd_status_no_memory();
  if (!status) status = mmd_sender_just(value, &sender);
  if (!status) status = mmd_sender_then(sender, add, &one, end, &sender);
  if (!status) status = mmd_sender_transfer(sender, here, &sender);
  if (!status) status = mmd_sender_split(sender, &senders[0]);
  if (!status) {
    status = mmd_sender_copy(senders[0], &copy);
    if (!status) status = mmd_sender_let_value(copy, let, &one, end, &senders[1]);
    if (!status) status = mmd_sender_on(here, senders[1], &senders[1]);
    if (status) {
      mmd_sender_destroy(senders[0]);
    } else {
      status = mmd_sender_when_all(senders, 2, &sender);
      if (!status) status = mmd_sender_ensure_started(sender, &sender);
      if (!status) status = mmd_sender_wait(sender, UINT64_MAX, &out);
    }
  }
  mmd_value_release(out);
  mmd_value_release(value);
  mmd_scheduler_release(here);
  return status;
}

static void survives_lack_of_memory(void **state) {
  (void)state;
  mmd_test_sweep(once, NULL);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(chains),           cmocka_unit_test(moves_to_schedulers),
      cmocka_unit_test(failures_pass_by), cmocka_unit_test(lets_values_choose),
      cmocka_unit_test(splits),           cmocka_unit_test(joins),
      cmocka_unit_test(starts_early),     cmocka_unit_test(waits_no_longer_than_told),
      cmocka_unit_test(bounds_depth),     cmocka_unit_test(survives_lack_of_memory),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
