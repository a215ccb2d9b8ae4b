// SPDX-License-Identifier: Apache-2.0
// test-labels: thread
//
// Handles, models and results used from several threads at the same time.
#include <pthread.h>

#include "sdk/sdk_testing.h"

enum { THREADS = 8, PICTURES = 6, ROUNDS = 4 };

// Threads must not use cmocka's assertions, so work is checked by return values.
typedef struct work_t {
  mmdeploy_classifier_t classifier;
  mmdeploy_model_t model;
  const mmdeploy_mat_t *mats;
  const sdk_answers_t *wanted;
  int first;
  int wrong;
} work_t;

static int differs(const sdk_answers_t *wanted, const mmdeploy_classification_t *found, int count) {
  if (count != wanted->count) return 1;
  for (int i = 0; i < count; ++i) {
    const float d = found[i].score - wanted->items[i].score;
    if (found[i].label_id != wanted->items[i].label_id || d > 1e-5f || d < -1e-5f) return 1;
  }
  return 0;
}

static int run_batch(mmdeploy_classifier_t classifier, const work_t *work, int first, int count) {
  mmdeploy_classification_t *results = NULL, *next;
  int *counts = NULL, wrong = 0;
  if (mmdeploy_classifier_apply(classifier, &work->mats[first], count, &results, &counts)) return 1;
  next = results;
  for (int i = 0; i < count; ++i) {
    wrong += differs(&work->wanted[first + i], next, counts[i]);
    next += counts[i];
  }
  mmdeploy_classifier_release_result(results, counts, count);
  return wrong;
}

static void *run_shared(void *arg) {
  work_t *work = arg;
  for (int i = 0; i < ROUNDS * PICTURES; ++i) {
    const int first = (work->first + i) % PICTURES;
    const int count = 1 + (i + work->first) % 3;
    work->wrong += run_batch(work->classifier, work, first,
                             count > PICTURES - first ? PICTURES - first : count);
  }
  return NULL;
}

// Own handles of one model, made and freed while others run.
static void *run_own(void *arg) {
  work_t *work = arg;
  for (int i = 0; i < ROUNDS; ++i) {
    mmdeploy_classifier_t classifier = NULL;
    if (mmdeploy_classifier_create(work->model, "cpu", 0, &classifier)) {
      ++work->wrong;
      continue;
    }
    work->wrong += mmdeploy_model_class_name(work->model, i) == NULL;
    work->wrong += run_batch(classifier, work, (work->first + i) % PICTURES, 1);
    mmdeploy_classifier_destroy(classifier);
  }
  return NULL;
}

static void run_threads(void *(*run)(void *), const work_t *prototype) {
  pthread_t threads[THREADS];
  work_t work[THREADS];
  int wrong = 0;
  for (int i = 0; i < THREADS; ++i) {
    work[i] = *prototype;
    work[i].first = i % PICTURES;
    assert_int_equal(pthread_create(&threads[i], NULL, run, &work[i]), 0);
  }
  for (int i = 0; i < THREADS; ++i) {
    assert_int_equal(pthread_join(threads[i], NULL), 0);
    wrong += work[i].wrong;
  }
  assert_int_equal(wrong, 0);
}

static void check_package(const char *path, int threads) {
  mmdeploy_context_t context = NULL;
  work_t work = {.model = sdk_open_model(path)};
  mmdeploy_mat_t mats[PICTURES];
  sdk_answers_t wanted[PICTURES];
  assert_success(mmdeploy_context_create_by_device("cpu", 0, &context));
  assert_success(mmdeploy_context_set_threads(context, threads));
  assert_success(mmdeploy_classifier_create_v2(work.model, context, &work.classifier));
  mmdeploy_context_destroy(context);
  for (int i = 0; i < PICTURES; ++i) {
    mats[i] = sdk_make_bgr(60 + 23 * i, 200 - 17 * i, 30u + (unsigned)i);
    wanted[i] = sdk_classify(work.classifier, &mats[i]);
  }
  work.mats = mats;
  work.wanted = wanted;
  run_threads(run_shared, &work);
  run_threads(run_own, &work);
  mmdeploy_classifier_destroy(work.classifier);
  mmdeploy_model_destroy(work.model);
  for (int i = 0; i < PICTURES; ++i) free(mats[i].data);
}

static void one_thread_a_handle(void **state) {
  (void)state;
  check_package(SDK_TINY, 1);
}

static void two_threads_a_handle(void **state) {
  (void)state;
  check_package(SDK_TINY_ZIP, 2);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(one_thread_a_handle),
      cmocka_unit_test(two_threads_a_handle),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
