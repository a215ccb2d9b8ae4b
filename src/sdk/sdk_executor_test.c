// SPDX-License-Identifier: Apache-2.0
//
// executor.h: every function, failures that travel, and tasks as senders.
// test-labels: thread
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>

#include "mmdeploy/executor.h"
#include "mmdeploy/pipeline.h"
#include "sdk/sdk_testing.h"

static mmdeploy_value_t number(int64_t n) {
  mmdeploy_value_t value = NULL;
  assert_success(mmdeploy_value_from_int(n, &value));
  return value;
}

// The number in |value|, which is destroyed.
static int64_t take_number(mmdeploy_value_t value) {
  int64_t n = -1;
  assert_success(mmdeploy_value_as_int(value, &n));
  mmdeploy_value_destroy(value);
  return n;
}

static mmdeploy_sender_t just(int64_t n) {
  mmdeploy_value_t value = number(n);
  mmdeploy_sender_t sender = mmdeploy_executor_just(value);
  mmdeploy_value_destroy(value);
  assert_non_null(sender);
  return sender;
}

static int64_t wait_number(mmdeploy_sender_t sender) {
  mmdeploy_value_t value = NULL;
  assert_non_null(sender);
  assert_success(mmdeploy_executor_sync_wait_v2(sender, &value));
  return take_number(value);
}

//===--- functions of the user, which must not use cmocka ------------------===//

static mmdeploy_value_t add(mmdeploy_value_t value, void *context) {
  int64_t n = 0;
  mmdeploy_value_t sum = NULL;
  (void)mmdeploy_value_as_int(value, &n);
  mmdeploy_value_destroy(value);
  (void)mmdeploy_value_from_int(n + *(const int *)context, &sum);
  return sum;
}

static mmdeploy_value_t keep(mmdeploy_value_t value, void *context) {
  atomic_fetch_add((atomic_int *)context, 1);
  return value;
}

static mmdeploy_value_t give_nothing(mmdeploy_value_t value, void *context) {
  (void)context;
  mmdeploy_value_destroy(value);
  return NULL;
}

static mmdeploy_sender_t twice(mmdeploy_value_t value, void *context) {
  int64_t n = 0;
  mmdeploy_value_t doubled = NULL;
  (void)context;
  (void)mmdeploy_value_as_int(value, &n);
  (void)mmdeploy_value_from_int(2 * n, &doubled);
  mmdeploy_sender_t sender = mmdeploy_executor_just(doubled);
  mmdeploy_value_destroy(doubled);
  return sender;
}

static mmdeploy_sender_t give_no_sender(mmdeploy_value_t value, void *context) {
  (void)value;
  (void)context;
  return NULL;
}

static mmdeploy_value_t note_thread(mmdeploy_value_t value, void *context) {
  *(pthread_t *)context = pthread_self();
  return value;
}

//===--- schedulers --------------------------------------------------------===//

enum { SCHEDULERS = 4 };

static void make_schedulers(mmdeploy_scheduler_t schedulers[SCHEDULERS]) {
  schedulers[0] = mmdeploy_executor_inline();
  schedulers[1] = mmdeploy_executor_system_pool();
  schedulers[2] = mmdeploy_executor_create_thread_pool(3);
  schedulers[3] = mmdeploy_executor_create_thread();
  for (int i = 0; i < SCHEDULERS; ++i) assert_non_null(schedulers[i]);
}

static void drop_schedulers(mmdeploy_scheduler_t schedulers[SCHEDULERS]) {
  for (int i = 0; i < SCHEDULERS; ++i)
    assert_int_equal(mmdeploy_scheduler_destroy(schedulers[i]), MMDEPLOY_SUCCESS);
}

static void work_runs_where_it_should(void **state) {
  (void)state;
  mmdeploy_scheduler_t schedulers[SCHEDULERS];
  make_schedulers(schedulers);
  for (int i = 0; i < SCHEDULERS; ++i) {
    mmdeploy_value_t value = number(5), output = NULL;
    pthread_t at[4];
    for (int k = 0; k < 4; ++k) at[k] = pthread_self();
    mmdeploy_sender_t sender = mmdeploy_executor_transfer_just(schedulers[i], value);
    assert_int_equal(wait_number(mmdeploy_executor_then(sender, note_thread, &at[0])), 5);
    sender = mmdeploy_executor_then(just(6), note_thread, &at[1]);
    sender = mmdeploy_executor_transfer(sender, schedulers[i]);
    assert_int_equal(wait_number(mmdeploy_executor_then(sender, note_thread, &at[2])), 6);
    sender = mmdeploy_executor_then(just(7), note_thread, &at[3]);
    assert_int_equal(wait_number(mmdeploy_executor_on(schedulers[i], sender)), 7);
    assert_success(
        mmdeploy_executor_sync_wait_v2(mmdeploy_executor_schedule(schedulers[i]), &output));
    assert_int_equal(mmdeploy_value_type(output), MMDEPLOY_VALUE_NULL);
    mmdeploy_value_destroy(output);
    mmdeploy_value_destroy(value);
    // Before the transfer work runs here, after it and by "on" there.
    assert_true(pthread_equal(at[1], pthread_self()));
    for (int k = 0; k < 4; ++k) {
      if (k != 1) assert_int_equal(!pthread_equal(at[k], pthread_self()), i != 0);
    }
  }
  drop_schedulers(schedulers);
}

typedef struct order_t {
  pthread_mutex_t lock;
  pthread_cond_t changed;
  int numbers[64], count;
} order_t;

typedef struct entry_t {
  order_t *order;
  int number;
} entry_t;

static void write_down(void *context) {
  const entry_t *entry = context;
  order_t *order = entry->order;
  pthread_mutex_lock(&order->lock);
  order->numbers[order->count++] = entry->number;
  pthread_cond_signal(&order->changed);
  pthread_mutex_unlock(&order->lock);
}

static void execute_is_in_order_on_a_thread(void **state) {
  (void)state;
  static order_t order = {.lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};
  entry_t entries[64];
  mmdeploy_scheduler_t thread = mmdeploy_executor_create_thread();
  for (int i = 0; i < 64; ++i) {
    entries[i] = (entry_t){&order, i};
    mmdeploy_executor_execute(thread, write_down, &entries[i]);
  }
  pthread_mutex_lock(&order.lock);
  while (order.count < 64) pthread_cond_wait(&order.changed, &order.lock);
  pthread_mutex_unlock(&order.lock);
  for (int i = 0; i < 64; ++i) assert_int_equal(order.numbers[i], i);
  mmdeploy_scheduler_destroy(thread);
  // What was submitted runs before the last reference has gone.
  order.count = 0;
  thread = mmdeploy_executor_create_thread();
  for (int i = 0; i < 64; ++i) mmdeploy_executor_execute(thread, write_down, &entries[i]);
  mmdeploy_scheduler_destroy(thread);
  assert_int_equal(order.count, 64);
}

static void bad_schedulers(void **state) {
  (void)state;
  mmdeploy_value_t value = number(1);
  mmdeploy_sender_t sender = just(1);
  mmdeploy_scheduler_t wrong = NULL;
  mmdeploy_device_t device = NULL;
  assert_success(mmdeploy_device_create("cpu", 0, &device));
  wrong = (mmdeploy_scheduler_t)device;
  assert_null(mmdeploy_executor_dynamic_batch(NULL, 4, 0));
  assert_null(mmdeploy_executor_dynamic_batch(wrong, 4, 0));
  assert_null(mmdeploy_executor_schedule(NULL));
  assert_null(mmdeploy_executor_schedule(wrong));
  assert_null(mmdeploy_executor_transfer_just(NULL, value));
  assert_null(mmdeploy_executor_transfer_just(wrong, value));
  assert_null(mmdeploy_executor_transfer(sender, NULL));
  assert_null(mmdeploy_executor_transfer(sender, wrong));
  assert_null(mmdeploy_executor_on(NULL, sender));
  mmdeploy_clear_last_error();
  mmdeploy_executor_execute(NULL, write_down, NULL);
  assert_int_equal(mmdeploy_last_error_code(), MMDEPLOY_E_INVALID_ARG);
  mmdeploy_scheduler_t here = mmdeploy_executor_inline();
  mmdeploy_clear_last_error();
  mmdeploy_executor_execute(here, NULL, NULL);
  assert_int_equal(mmdeploy_last_error_code(), MMDEPLOY_E_INVALID_ARG);
  assert_null(mmdeploy_executor_transfer_just(here, NULL));
  assert_null(mmdeploy_executor_on(here, NULL));
  assert_null(mmdeploy_executor_transfer(NULL, here));
  assert_int_equal(mmdeploy_scheduler_destroy(here), 0);
  assert_int_equal(mmdeploy_scheduler_destroy(NULL), 0);
  assert_int_equal(mmdeploy_scheduler_destroy(wrong), 0);
  // A refused sender was not consumed.
  assert_int_equal(wait_number(sender), 1);
  mmdeploy_device_destroy(device);
  mmdeploy_value_destroy(value);
  // Less than one thread is as many as there are processors.
  mmdeploy_scheduler_t pool = mmdeploy_executor_create_thread_pool(-3);
  assert_non_null(pool);
  assert_int_equal(wait_number(mmdeploy_executor_on(pool, just(2))), 2);
  mmdeploy_scheduler_destroy(pool);
}

//===--- senders -----------------------------------------------------------===//

static void values_pass_through(void **state) {
  (void)state;
  int one = 1, ten = 10;
  mmdeploy_sender_t sender = mmdeploy_executor_then(just(3), add, &one);
  sender = mmdeploy_executor_let_value(sender, twice, NULL);
  assert_int_equal(wait_number(mmdeploy_executor_then(sender, add, &ten)), 18);
  // The value given stays the giver's: a copy travels.
  mmdeploy_value_t value = number(4);
  sender = mmdeploy_executor_just(value);
  mmdeploy_value_destroy(value);
  value = mmdeploy_executor_sync_wait(sender);
  assert_int_equal(take_number(value), 4);
  sender = mmdeploy_executor_just(NULL);
  value = mmdeploy_executor_sync_wait(sender);
  assert_int_equal(mmdeploy_value_type(value), MMDEPLOY_VALUE_NULL);
  mmdeploy_value_destroy(value);
  assert_success(mmdeploy_executor_sync_wait_v2(just(1), NULL));
}

static void work_is_lazy(void **state) {
  (void)state;
  atomic_int runs = 0;
  mmdeploy_sender_t sender = mmdeploy_executor_then(just(1), keep, &runs);
  assert_int_equal(mmdeploy_sender_destroy(sender), MMDEPLOY_SUCCESS);
  assert_int_equal(atomic_load(&runs), 0);
  sender = mmdeploy_executor_ensure_started(mmdeploy_executor_then(just(2), keep, &runs));
  assert_int_equal(atomic_load(&runs), 1);
  assert_int_equal(wait_number(sender), 2);
  assert_int_equal(atomic_load(&runs), 1);
  assert_success(mmdeploy_executor_start_detached(mmdeploy_executor_then(just(3), keep, &runs)));
  assert_int_equal(atomic_load(&runs), 2);
  // Started on a pool and never waited for.
  mmdeploy_scheduler_t pool = mmdeploy_executor_create_thread_pool(2);
  for (int i = 0; i < 20; ++i) {
    sender = mmdeploy_executor_then(mmdeploy_executor_on(pool, just(i)), keep, &runs);
    if (i % 2)
      assert_success(mmdeploy_executor_start_detached(sender));
    else
      mmdeploy_sender_destroy(mmdeploy_executor_ensure_started(sender));
  }
  mmdeploy_scheduler_destroy(pool);
  while (atomic_load(&runs) < 22) sched_yield();
}

static void split_runs_once(void **state) {
  (void)state;
  atomic_int runs = 0;
  int one = 1;
  mmdeploy_scheduler_t pool = mmdeploy_executor_create_thread_pool(3);
  mmdeploy_sender_t sender = mmdeploy_executor_then(just(5), keep, &runs), copies[8];
  sender = mmdeploy_executor_split(mmdeploy_executor_transfer(sender, pool));
  assert_non_null(sender);
  for (int i = 0; i < 8; ++i) {
    copies[i] = mmdeploy_sender_copy(sender);
    copies[i] = mmdeploy_executor_then(copies[i], add, &one);
  }
  mmdeploy_sender_t all = mmdeploy_executor_when_all(copies, 8);
  assert_int_equal(wait_number(sender), 5);
  mmdeploy_value_t values = mmdeploy_executor_sync_wait(all), item = NULL;
  assert_int_equal(mmdeploy_value_size(values), 8);
  for (int i = 0; i < 8; ++i) {
    assert_success(mmdeploy_value_at(values, i, &item));
    assert_int_equal(take_number(item), 6);
  }
  mmdeploy_value_destroy(values);
  assert_int_equal(atomic_load(&runs), 1);
  mmdeploy_scheduler_destroy(pool);
  // A sender of just can be copied, others cannot.
  sender = just(9);
  copies[0] = mmdeploy_sender_copy(sender);
  assert_int_equal(wait_number(sender) + wait_number(copies[0]), 18);
  sender = mmdeploy_executor_then(just(1), keep, &runs);
  assert_null(mmdeploy_sender_copy(sender));
  mmdeploy_sender_destroy(sender);
}

static void when_all_keeps_the_order(void **state) {
  (void)state;
  mmdeploy_scheduler_t schedulers[SCHEDULERS];
  mmdeploy_sender_t senders[32];
  mmdeploy_value_t item = NULL;
  make_schedulers(schedulers);
  for (int i = 0; i < 32; ++i) {
    senders[i] = mmdeploy_executor_on(schedulers[i % SCHEDULERS], just(i));
    if (i % 3 == 0) senders[i] = mmdeploy_executor_ensure_started(senders[i]);
  }
  mmdeploy_value_t values = mmdeploy_executor_sync_wait(mmdeploy_executor_when_all(senders, 32));
  for (int i = 0; i < 32; ++i) {
    assert_success(mmdeploy_value_at(values, i, &item));
    assert_int_equal(take_number(item), i);
  }
  mmdeploy_value_destroy(values);
  values = mmdeploy_executor_sync_wait(mmdeploy_executor_when_all(NULL, 0));
  assert_int_equal(mmdeploy_value_type(values), MMDEPLOY_VALUE_ARRAY);
  assert_int_equal(mmdeploy_value_size(values), 0);
  mmdeploy_value_destroy(values);
  drop_schedulers(schedulers);
}

static void nulls_are_refused(void **state) {
  (void)state;
  mmdeploy_value_t value = (mmdeploy_value_t)&state;
  mmdeploy_sender_t sender = just(1), pair[] = {sender, NULL};
  assert_null(mmdeploy_executor_then(NULL, add, NULL));
  assert_null(mmdeploy_executor_then(sender, NULL, NULL));
  assert_null(mmdeploy_executor_let_value(NULL, twice, NULL));
  assert_null(mmdeploy_executor_let_value(sender, NULL, NULL));
  assert_null(mmdeploy_executor_split(NULL));
  assert_null(mmdeploy_executor_ensure_started(NULL));
  assert_null(mmdeploy_executor_when_all(NULL, 2));
  assert_null(mmdeploy_executor_when_all(pair, 2));
  assert_null(mmdeploy_executor_when_all(pair, -1));
  assert_null(mmdeploy_sender_copy(NULL));
  assert_int_equal(mmdeploy_sender_destroy(NULL), MMDEPLOY_SUCCESS);
  assert_null(mmdeploy_executor_sync_wait(NULL));
  assert_fails(mmdeploy_executor_sync_wait_v2(NULL, &value), MMDEPLOY_E_INVALID_ARG, "input");
  assert_null(value);
  assert_fails(mmdeploy_executor_start_detached(NULL), MMDEPLOY_E_INVALID_ARG, "input");
  assert_fails(mmdeploy_executor_sync_wait_for(NULL, 1, &value), MMDEPLOY_E_INVALID_ARG, "input");
  assert_int_equal(wait_number(sender), 1);
}

static void failures_travel(void **state) {
  (void)state;
  atomic_int runs = 0;
  mmdeploy_value_t value = (mmdeploy_value_t)&state;
  mmdeploy_scheduler_t pool = mmdeploy_executor_create_thread_pool(2);
  // Functions after a failure do not run; who waits is told.
  mmdeploy_sender_t sender = mmdeploy_executor_then(just(1), give_nothing, NULL);
  sender = mmdeploy_executor_transfer(sender, pool);
  sender = mmdeploy_executor_then(sender, keep, &runs);
  assert_fails(mmdeploy_executor_sync_wait_v2(sender, &value), MMDEPLOY_E_FAIL, "gave NULL");
  assert_null(value);
  assert_int_equal(atomic_load(&runs), 0);
  mmdeploy_clear_last_error();
  assert_null(
      mmdeploy_executor_sync_wait(mmdeploy_executor_let_value(just(1), give_no_sender, NULL)));
  assert_int_equal(mmdeploy_last_error_code(), MMDEPLOY_E_FAIL);
  // One of several, through split, started before.
  sender = mmdeploy_executor_split(mmdeploy_executor_then(just(1), give_nothing, NULL));
  mmdeploy_sender_t senders[] = {just(1), mmdeploy_sender_copy(sender),
                                 mmdeploy_executor_on(pool, just(2))};
  assert_null(mmdeploy_executor_sync_wait(mmdeploy_executor_when_all(senders, 3)));
  assert_fails(mmdeploy_executor_sync_wait_v2(sender, &value), MMDEPLOY_E_FAIL, "gave NULL");
  sender = mmdeploy_executor_then(mmdeploy_executor_on(pool, just(1)), give_nothing, NULL);
  sender = mmdeploy_executor_ensure_started(sender);
  assert_fails(mmdeploy_executor_sync_wait_v2(sender, NULL), MMDEPLOY_E_FAIL, "gave NULL");
  assert_success(
      mmdeploy_executor_start_detached(mmdeploy_executor_then(just(1), give_nothing, NULL)));
  mmdeploy_scheduler_destroy(pool);
}

//===--- tasks as senders --------------------------------------------------===//

enum { PICTURES = 6 };

typedef struct pictures_t {
  mmdeploy_classifier_t classifier;
  mmdeploy_mat_t mats[PICTURES];
  sdk_answers_t wanted[PICTURES];
} pictures_t;

static void make_pictures(pictures_t *pictures) {
  pictures->classifier = sdk_open_classifier(SDK_TINY);
  for (int i = 0; i < PICTURES; ++i) {
    pictures->mats[i] = sdk_make_bgr(50 + 11 * i, 90 - 7 * i, 3u + (unsigned)i);
    pictures->wanted[i] = sdk_classify(pictures->classifier, &pictures->mats[i]);
  }
}

static void drop_pictures(pictures_t *pictures) {
  mmdeploy_classifier_destroy(pictures->classifier);
  for (int i = 0; i < PICTURES; ++i) free(pictures->mats[i].data);
}

static void check_output(const pictures_t *pictures, int i, mmdeploy_value_t output) {
  mmdeploy_classification_t *results = NULL;
  int *counts = NULL;
  assert_success(mmdeploy_classifier_get_result(output, &results, &counts));
  sdk_assert_answers(&pictures->wanted[i], results, counts[0], 1e-6);
  mmdeploy_classifier_release_result(results, counts, 1);
  mmdeploy_value_destroy(output);
}

static mmdeploy_sender_t classify(const pictures_t *pictures, int i, mmdeploy_scheduler_t at) {
  mmdeploy_value_t input = NULL;
  mmdeploy_sender_t sender = NULL;
  assert_success(mmdeploy_classifier_create_input(&pictures->mats[i], 1, &input));
  assert_success(mmdeploy_classifier_apply_async(
      pictures->classifier, mmdeploy_executor_transfer_just(at, input), &sender));
  mmdeploy_value_destroy(input);
  return sender;
}

static void tasks_run_on_schedulers(void **state) {
  (void)state;
  pictures_t pictures;
  mmdeploy_scheduler_t schedulers[SCHEDULERS];
  mmdeploy_sender_t senders[PICTURES];
  make_pictures(&pictures);
  make_schedulers(schedulers);
  for (int s = 0; s < SCHEDULERS; ++s) {
    for (int i = 0; i < PICTURES; ++i)
      senders[i] = mmdeploy_executor_ensure_started(classify(&pictures, i, schedulers[s]));
    for (int i = PICTURES - 1; i >= 0; --i)
      check_output(&pictures, i, mmdeploy_executor_sync_wait(senders[i]));
  }
  drop_schedulers(schedulers);
  drop_pictures(&pictures);
}

static void tasks_refuse_bad_senders(void **state) {
  (void)state;
  pictures_t pictures;
  mmdeploy_sender_t sender = (mmdeploy_sender_t)&state, input = just(1);
  make_pictures(&pictures);
  assert_fails(mmdeploy_classifier_apply_async(pictures.classifier, NULL, &sender),
               MMDEPLOY_E_INVALID_ARG, "input");
  assert_null(sender);
  assert_fails(mmdeploy_classifier_apply_async(NULL, input, &sender), MMDEPLOY_E_INVALID_ARG,
               "handle");
  assert_fails(mmdeploy_classifier_apply_async(pictures.classifier, input, NULL),
               MMDEPLOY_E_INVALID_ARG, "out_output");
  // Not consumed so far. Its value is no input.
  mmdeploy_value_t value = NULL;
  assert_success(mmdeploy_classifier_apply_async(pictures.classifier, input, &sender));
  const int code = mmdeploy_executor_sync_wait_v2(sender, &value);
  assert_in_range(code, 1, MMDEPLOY_E_FAIL);
  assert_null(value);
  drop_pictures(&pictures);
}

// A network behind a scheduler that collects the samples of several callers.
static void dynamic_batches(void **state) {
  (void)state;
  static const char text[] =
      "{\"type\": \"Pipeline\", \"input\": [\"img\"], \"output\": [\"cls\"], \"tasks\": [{\"type\":"
      " \"Inference\", \"input\": [\"img\"], \"output\": [\"cls\"], \"params\": {\"model\":"
      " \"tiny\"}, \"scheduler\": \"batch\"}]}";
  pictures_t pictures;
  mmdeploy_context_t context = NULL;
  mmdeploy_pipeline_t pipeline = NULL;
  mmdeploy_value_t config = NULL, inputs[PICTURES];
  mmdeploy_sender_t senders[PICTURES];
  make_pictures(&pictures);
  mmdeploy_model_t model = sdk_open_model(SDK_TINY);
  mmdeploy_scheduler_t pool = mmdeploy_executor_create_thread_pool(4),
                       batch = mmdeploy_executor_dynamic_batch(pool, 4, 2000);
  assert_non_null(batch);
  assert_success(mmdeploy_value_from_json(text, &config));
  assert_success(mmdeploy_context_create_by_device("cpu", 0, &context));
  assert_success(mmdeploy_context_add(context, MMDEPLOY_TYPE_MODEL, "tiny", model));
  assert_success(mmdeploy_context_add(context, MMDEPLOY_TYPE_SCHEDULER, "batch", batch));
  assert_success(mmdeploy_pipeline_create_v3(config, context, &pipeline));
  // The pipeline keeps what it needs.
  mmdeploy_context_destroy(context);
  mmdeploy_model_destroy(model);
  mmdeploy_scheduler_destroy(batch);
  mmdeploy_value_destroy(config);
  for (int i = 0; i < PICTURES; ++i) {
    assert_success(mmdeploy_common_create_input(&pictures.mats[i], 1, &inputs[i]));
    assert_success(mmdeploy_pipeline_apply_async(
        pipeline, mmdeploy_executor_transfer_just(pool, inputs[i]), &senders[i]));
    senders[i] = mmdeploy_executor_ensure_started(senders[i]);
  }
  for (int i = 0; i < PICTURES; ++i) {
    check_output(&pictures, i, mmdeploy_executor_sync_wait(senders[i]));
    mmdeploy_value_destroy(inputs[i]);
  }
  mmdeploy_pipeline_destroy(pipeline);
  mmdeploy_scheduler_destroy(pool);
  drop_pictures(&pictures);
}

//===--- deadlines ---------------------------------------------------------===//

typedef struct gate_t {
  atomic_int is_open, passed;
} gate_t;

static mmdeploy_value_t wait_at_gate(mmdeploy_value_t value, void *context) {
  gate_t *gate = context;
  while (!atomic_load(&gate->is_open)) sched_yield();
  atomic_fetch_add(&gate->passed, 1);
  return value;
}

static void waiting_has_a_limit(void **state) {
  (void)state;
  static gate_t gate;
  mmdeploy_value_t value = (mmdeploy_value_t)&state;
  mmdeploy_scheduler_t thread = mmdeploy_executor_create_thread();
  mmdeploy_sender_t sender =
      mmdeploy_executor_then(mmdeploy_executor_on(thread, just(1)), wait_at_gate, &gate);
  assert_fails(mmdeploy_executor_sync_wait_for(sender, 20, &value), MMDEPLOY_E_CANCELLED, "");
  assert_null(value);
  atomic_store(&gate.is_open, 1);
  mmdeploy_scheduler_destroy(thread);
  assert_int_equal(atomic_load(&gate.passed), 1);
  assert_success(mmdeploy_executor_sync_wait_for(just(8), 1000, &value));
  assert_int_equal(take_number(value), 8);
  assert_success(mmdeploy_executor_sync_wait_for(just(9), -1, &value));
  assert_int_equal(take_number(value), 9);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(work_runs_where_it_should),
      cmocka_unit_test(execute_is_in_order_on_a_thread),
      cmocka_unit_test(bad_schedulers),
      cmocka_unit_test(values_pass_through),
      cmocka_unit_test(work_is_lazy),
      cmocka_unit_test(split_runs_once),
      cmocka_unit_test(when_all_keeps_the_order),
      cmocka_unit_test(nulls_are_refused),
      cmocka_unit_test(failures_travel),
      cmocka_unit_test(tasks_run_on_schedulers),
      cmocka_unit_test(tasks_refuse_bad_senders),
      cmocka_unit_test(dynamic_batches),
      cmocka_unit_test(waiting_has_a_limit),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
