// SPDX-License-Identifier: Apache-2.0
//
// The tiny package through ONNX Runtime: the answers of our own evaluator, batches, one handle in
// many threads. Skipped when there is no ONNX Runtime, unless MMDEPLOY_REQUIRE_ASSETS is 1.
#include <pthread.h>

#include "tests/integration/sdk/sdk_engine.h"

enum { PICTURES = 8, THREADS = 8, ROUNDS = 6 };

static void make_pictures(mmdeploy_mat_t mats[PICTURES], sdk_answers_t wanted[PICTURES]) {
  mmdeploy_classifier_t reference = sdk_open_classifier(SDK_TINY);
  for (int i = 0; i < PICTURES; ++i) {
    mats[i] = sdk_make_bgr(50 + 31 * i, 300 - 27 * i, 70u + (unsigned)i);
    wanted[i] = sdk_classify(reference, &mats[i]);
  }
  mmdeploy_classifier_destroy(reference);
}

static void drop_pictures(mmdeploy_mat_t mats[PICTURES]) {
  for (int i = 0; i < PICTURES; ++i) free(mats[i].data);
}

static void batches_equal_the_evaluator(void **state) {
  (void)state;
  NEED_ENGINE();
  static const int sizes[] = {1, 3, PICTURES};
  mmdeploy_mat_t mats[PICTURES];
  sdk_answers_t wanted[PICTURES];
  make_pictures(mats, wanted);
  mmdeploy_classifier_t classifier = sdk_open_classifier(SDK_TINY_ORT);
  for (size_t s = 0; s < sizeof sizes / sizeof *sizes; ++s) {
    mmdeploy_classification_t *results = NULL, *next;
    int *counts = NULL;
    assert_success(mmdeploy_classifier_apply(classifier, mats, sizes[s], &results, &counts));
    next = results;
    for (int i = 0; i < sizes[s]; next += counts[i++])
      sdk_assert_answers(&wanted[i], next, counts[i], 1e-5);
    mmdeploy_classifier_release_result(results, counts, sizes[s]);
  }
  mmdeploy_classifier_destroy(classifier);
  drop_pictures(mats);
}

static void the_archive_may_go(void **state) {
  (void)state;
  NEED_ENGINE();
  size_t size;
  char *bytes = sdk_read_file(SDK_TINY_ORT, &size);
  mmdeploy_model_t model = NULL;
  mmdeploy_classifier_t classifier = NULL;
  assert_success(mmdeploy_model_create(bytes, (int)size, &model));
  memset(bytes, 0, size);
  free(bytes);
  assert_success(mmdeploy_classifier_create(model, "cpu", 0, &classifier));
  mmdeploy_model_destroy(model);
  mmdeploy_mat_t mats[PICTURES];
  sdk_answers_t wanted[PICTURES];
  make_pictures(mats, wanted);
  const sdk_answers_t found = sdk_classify(classifier, &mats[0]);
  sdk_assert_answers(&wanted[0], found.items, found.count, 1e-5);
  mmdeploy_classifier_destroy(classifier);
  drop_pictures(mats);
}

static void no_pictures(void **state) {
  (void)state;
  NEED_ENGINE();
  mmdeploy_classifier_t classifier = sdk_open_classifier(SDK_TINY_ORT);
  mmdeploy_classification_t *results = NULL;
  int *counts = NULL;
  assert_success(mmdeploy_classifier_apply(classifier, NULL, 0, &results, &counts));
  assert_true(results && counts);
  mmdeploy_classifier_release_result(results, counts, 0);
  mmdeploy_classifier_destroy(classifier);
}

//===--- threads -----------------------------------------------------------===//

typedef struct work_t {
  mmdeploy_classifier_t classifier;
  const mmdeploy_mat_t *mats;
  const sdk_answers_t *wanted;
  int first, wrong;
} work_t;

// Threads must not use cmocka's assertions.
static void *classify_all(void *arg) {
  work_t *work = arg;
  for (int i = 0; i < ROUNDS * PICTURES; ++i) {
    const int k = (work->first + i) % PICTURES;
    mmdeploy_classification_t *results = NULL;
    int *counts = NULL;
    if (mmdeploy_classifier_apply(work->classifier, &work->mats[k], 1, &results, &counts)) {
      ++work->wrong;
      continue;
    }
    const float d = results[0].score - work->wanted[k].items[0].score;
    work->wrong +=
        results[0].label_id != work->wanted[k].items[0].label_id || d > 1e-5f || d < -1e-5f;
    mmdeploy_classifier_release_result(results, counts, 1);
  }
  return NULL;
}

static void one_handle_in_many_threads(void **state) {
  (void)state;
  NEED_ENGINE();
  mmdeploy_mat_t mats[PICTURES];
  sdk_answers_t wanted[PICTURES];
  pthread_t threads[THREADS];
  work_t work[THREADS];
  make_pictures(mats, wanted);
  mmdeploy_classifier_t classifier = sdk_open_classifier(SDK_TINY_ORT);
  for (int i = 0; i < THREADS; ++i) {
    work[i] = (work_t){classifier, mats, wanted, i % PICTURES, 0};
    assert_int_equal(pthread_create(&threads[i], NULL, classify_all, &work[i]), 0);
  }
  for (int i = 0; i < THREADS; ++i) {
    assert_int_equal(pthread_join(threads[i], NULL), 0);
    assert_int_equal(work[i].wrong, 0);
  }
  mmdeploy_classifier_destroy(classifier);
  drop_pictures(mats);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(batches_equal_the_evaluator),
      cmocka_unit_test(the_archive_may_go),
      cmocka_unit_test(no_pictures),
      cmocka_unit_test(one_handle_in_many_threads),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
