// SPDX-License-Identifier: Apache-2.0
//
// Calls of a pipeline: their options, their end before time, and schedulers under many callers.
//
// test-labels: thread
#include <pthread.h>

#include "pipeline/lab_testing.h"

//===--- parameters of a call ----------------------------------------------===//

static void hands_on_options(void **state) {
  (void)state;
  mmd_pipeline_t *pipeline = NULL;
  mmd_value_t *input = lab_parse("[[1]]"), *out = NULL;
  mmd_assert_ok(lab_build(TASK("Threshold", "\"x\"", "\"y\"", ""), NULL, &pipeline));
  lab_check_call(pipeline, NULL, "[[1, 2]]", "[[0.5, 0.5]]");
  static const struct {
    const char *options, *part;
  } cases[] = {{"{\"score_thr\": 0.25}", NULL},
               {"{\"score_thr\": \"a\"}", "options.score_thr"},
               {"{\"topk\": 0}", "options.topk"},
               {"{\"iou_thr\": 1.5}", "options.iou_thr"},
               {"{\"scor_thr\": 1}", "did you mean 'score_thr'"},
               {"[]", "options"}};
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; ++i) {
    const mmd_call_t call = {.options = lab_parse(cases[i].options)};
    if (cases[i].part) {
      mmd_assert_fails(mmd_pipeline_run_call(pipeline, &call, input, &out, NULL),
                       MMD_INVALID_ARGUMENT, cases[i].part);
    } else {
      lab_check_call(pipeline, &call, "[[1, 2]]", "[[0.25, 0.25]]");
    }
    mmd_value_release((mmd_value_t *)(uintptr_t)call.options);
  }
  mmd_value_release(input);
  mmd_pipeline_destroy(pipeline);
}

static void stops_when_told(void **state) {
  (void)state;
  mmd_pipeline_t *pipeline = NULL;
  mmd_cancel_t *token = NULL;
  mmd_value_t *input = lab_parse("[[1]]"), *out = NULL;
  mmd_assert_ok(lab_build(
      GRAPH("\"x\"", "\"z\"",
            TASK("Cancel", "\"x\"", "\"y\"", "") ", " TASK("Add", "[\"y\"]", "\"z\"", "")),
      NULL, &pipeline));
  lab_check_call(pipeline, NULL, "[[1]]", "[[1]]");
  mmd_assert_ok(mmd_cancel_create(&token));
  const mmd_call_t call = {.cancel = token};
  mmd_assert_fails(mmd_pipeline_run_call(pipeline, &call, input, &out, NULL), MMD_CANCELLED,
                   "pipeline.tasks[1]: the call was cancelled");
  mmd_assert_fails(mmd_pipeline_run_call(pipeline, &call, input, &out, NULL), MMD_CANCELLED,
                   "pipeline.tasks[0]: the call was cancelled");
  const mmd_call_t late = {.deadline_ns = 1};
  mmd_assert_fails(mmd_pipeline_run_call(pipeline, &late, input, &out, NULL), MMD_CANCELLED,
                   "before its deadline");
  assert_null(out);
  mmd_cancel_release(token);
  mmd_value_release(input);
  mmd_pipeline_destroy(pipeline);
}

//===--- schedulers --------------------------------------------------------===//

#define BUSY                                                                                   \
  GRAPH("\"img\"", "[\"sums\", \"n\"]",                                                        \
        TASK("Expand", "\"img\"", "\"boxes\"", ", \"scheduler\": \"pool\"") ", " TASK(         \
            "Add", "[\"*boxes\", \"+img\"]", "\"*sums\"",                                      \
            ", \"scheduler\": \"thread\"") ", " TASK("lab::Count", "\"img\"", "\"n\"",         \
                                                     ", \"is_batched\": true, \"scheduler\": " \
                                                     "\"batch\""))

typedef struct worker_t {
  mmd_pipeline_t *pipeline;
  bool is_good;
} worker_t;

static void *run_often(void *context) {
  worker_t *worker = context;
  mmd_value_t *input = lab_parse("[[2, 0, 1]]"), *sums = lab_parse("[[22, 23], [], [11]]");
  worker->is_good = true;
  for (int i = 0; i < 50; ++i) {
    mmd_value_t *out = NULL;
    mmd_status_t status = mmd_pipeline_run(worker->pipeline, input, &out);
    worker->is_good = worker->is_good && !status && mmd_value_equal(mmd_array_at(out, 0), sums) &&
                      mmd_array_size(mmd_array_at(out, 1)) == 3;
    mmd_status_free(status);
    mmd_value_release(out);
  }
  mmd_value_release(sums);
  mmd_value_release(input);
  return NULL;
}

static void schedulers_change_nothing(void **state) {
  (void)state;
  enum { WORKERS = 6 };
  mmd_scheduler_t *pool = NULL, *thread = NULL, *batch = NULL;
  mmd_pipeline_t *pipeline = NULL;
  mmd_assert_ok(mmd_scheduler_create_pool(3, &pool));
  mmd_assert_ok(mmd_scheduler_create_pool(1, &thread));
  mmd_assert_ok(mmd_scheduler_create_dynamic_batch(thread, 4, 500, &batch));
  const mmd_named_scheduler_t schedulers[] = {{"pool", pool}, {"thread", thread}, {"batch", batch}};
  const mmd_pipeline_options_t options = {
      .threads = 1, .schedulers = schedulers, .scheduler_count = 3};
  mmd_assert_ok(lab_build(BUSY, &options, &pipeline));
  mmd_scheduler_release(batch);
  mmd_scheduler_release(thread);
  mmd_scheduler_release(pool);
  worker_t workers[WORKERS];
  pthread_t threads[WORKERS];
  for (size_t i = 0; i < WORKERS; ++i) {
    workers[i] = (worker_t){.pipeline = pipeline};
    assert_int_equal(pthread_create(&threads[i], NULL, run_often, &workers[i]), 0);
  }
  for (size_t i = 0; i < WORKERS; ++i) {
    pthread_join(threads[i], NULL);
    assert_true(workers[i].is_good);
  }
  mmd_pipeline_destroy(pipeline);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(hands_on_options),
      cmocka_unit_test(stops_when_told),
      cmocka_unit_test(schedulers_change_nothing),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
