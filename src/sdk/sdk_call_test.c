// SPDX-License-Identifier: Apache-2.0
//
// ext.h: calls with parameters, raw outputs, deadlines and cancellation.
// test-labels: thread
#include <pthread.h>

#include "mmdeploy/pipeline.h"
#include "sdk/sdk_testing.h"

typedef struct setup_t {
  mmdeploy_classifier_t classifier;
  mmdeploy_mat_t mat;
  mmdeploy_value_t input;
  mmdeploy_call_t call;
} setup_t;

static int begin(void **state) {
  setup_t *setup = calloc(1, sizeof *setup);
  assert_non_null(setup);
  setup->classifier = sdk_open_classifier(SDK_TINY);
  setup->mat = sdk_make_bgr(60, 70, 3);
  assert_success(mmdeploy_classifier_create_input(&setup->mat, 1, &setup->input));
  assert_success(mmdeploy_call_create(&setup->call));
  *state = setup;
  return 0;
}

static int end(void **state) {
  setup_t *setup = *state;
  mmdeploy_call_destroy(setup->call);
  mmdeploy_value_destroy(setup->input);
  mmdeploy_classifier_destroy(setup->classifier);
  free(setup->mat.data);
  free(setup);
  return 0;
}

static mmdeploy_pipeline_t pipeline_of(const setup_t *setup) {
  return (mmdeploy_pipeline_t)setup->classifier;
}

// The number of answers of a call.
static int count_answers(const setup_t *setup) {
  mmdeploy_value_t output = NULL;
  mmdeploy_classification_t *results = NULL;
  int *counts = NULL;
  assert_success(
      mmdeploy_pipeline_apply_call(pipeline_of(setup), setup->call, setup->input, &output, NULL));
  assert_success(mmdeploy_classifier_get_result(output, &results, &counts));
  const int count = counts[0];
  mmdeploy_classifier_release_result(results, counts, 1);
  mmdeploy_value_destroy(output);
  return count;
}

static void options_are_of_the_call(void **state) {
  const setup_t *setup = *state;
  mmdeploy_value_t options = NULL;
  assert_int_equal(count_answers(setup), SDK_TOPK);
  assert_success(mmdeploy_call_set_options_json(setup->call, "{\"topk\": 2}"));
  assert_int_equal(count_answers(setup), 2);
  // A topk above the number of classes is that number.
  assert_success(mmdeploy_value_from_json("{\"topk\": 1000}", &options));
  assert_success(mmdeploy_call_set_options(setup->call, options));
  mmdeploy_value_destroy(options);
  assert_int_equal(count_answers(setup), SDK_CLASSES);
  assert_success(mmdeploy_call_set_options(setup->call, NULL));
  assert_int_equal(count_answers(setup), SDK_TOPK);
  assert_success(mmdeploy_call_set_options_json(setup->call, "{\"topk\": 3}"));
  assert_success(mmdeploy_call_set_options_json(setup->call, NULL));
  // Calls without one are as ever.
  assert_int_equal(sdk_classify(setup->classifier, &setup->mat).count, SDK_TOPK);
}

static void options_that_are_refused(void **state) {
  const setup_t *setup = *state;
  static const struct {
    const char *json, *part;
  } cases[] = {{"{\"topq\": 2}", "topk"},
               {"{\"topk\": 0}", "topk"},
               {"{\"topk\": \"5\"}", "topk"},
               {"{\"iou_thr\": 1.5}", "iou_thr"}};
  assert_success(mmdeploy_call_set_options_json(setup->call, "{\"topk\": 2}"));
  for (size_t i = 0; i < sizeof cases / sizeof *cases; ++i) {
    mmdeploy_clear_last_error();
    assert_int_not_equal(mmdeploy_call_set_options_json(setup->call, cases[i].json), 0);
    assert_non_null(strstr(mmdeploy_last_error_message(), cases[i].part));
  }
  assert_int_not_equal(mmdeploy_call_set_options_json(setup->call, "{"), 0);
  assert_int_not_equal(mmdeploy_call_set_options_json(setup->call, "[1]"), 0);
  assert_int_equal(count_answers(setup), 2);  // the last good ones stay
  assert_fails(mmdeploy_call_set_options_json(NULL, "{}"), MMDEPLOY_E_INVALID_ARG, "call");
  assert_fails(mmdeploy_call_set_options(setup->call, (mmdeploy_value_t)setup->call),
               MMDEPLOY_E_INVALID_ARG, "another kind");
  assert_fails(mmdeploy_call_create(NULL), MMDEPLOY_E_INVALID_ARG, "call");
  assert_fails(mmdeploy_call_set_timeout(NULL, 1), MMDEPLOY_E_INVALID_ARG, "call");
  assert_fails(mmdeploy_call_set_timeout(setup->call, -1), MMDEPLOY_E_OUT_OF_RANGE, "-1");
  assert_fails(mmdeploy_call_cancel(NULL), MMDEPLOY_E_INVALID_ARG, "call");
  mmdeploy_call_destroy(NULL);
}

static void raw_outputs(void **state) {
  const setup_t *setup = *state;
  mmdeploy_value_t output = NULL, raw = NULL, net = NULL, outputs = NULL, sample = NULL,
                   item = NULL;
  mmdeploy_tensor_t tensor;
  assert_success(
      mmdeploy_pipeline_apply_call(pipeline_of(setup), setup->call, setup->input, &output, &raw));
  assert_int_equal(mmdeploy_value_size(raw), 1);
  assert_success(mmdeploy_value_at(raw, 0, &net));
  assert_success(mmdeploy_value_get(net, "outputs", &outputs));
  assert_int_equal(mmdeploy_value_size(outputs), 1);
  assert_success(mmdeploy_value_at(outputs, 0, &sample));
  assert_success(mmdeploy_value_get(sample, mmdeploy_value_key(sample, 0), &item));
  assert_success(mmdeploy_value_as_tensor(item, &tensor));
  assert_string_equal(tensor.dtype, "f32");
  assert_int_equal(tensor.byte_size, SDK_CLASSES * sizeof(float));
  // The best answer is the largest of them.
  const sdk_answers_t answers = sdk_classify(setup->classifier, &setup->mat);
  const float *scores = tensor.data;
  for (int i = 0; i < SDK_CLASSES; ++i) assert_true(scores[i] <= scores[answers.items[0].label_id]);
  mmdeploy_value_destroy(item);
  mmdeploy_value_destroy(sample);
  mmdeploy_value_destroy(outputs);
  mmdeploy_value_destroy(net);
  mmdeploy_value_destroy(raw);
  mmdeploy_value_destroy(output);
}

static void nulls_are_refused(void **state) {
  const setup_t *setup = *state;
  mmdeploy_pipeline_t pipeline = pipeline_of(setup);
  mmdeploy_value_t output = (mmdeploy_value_t)state, raw = (mmdeploy_value_t)state;
  mmdeploy_sender_t sender = (mmdeploy_sender_t)state, just = mmdeploy_executor_just(setup->input);
  assert_fails(mmdeploy_pipeline_apply_call(NULL, setup->call, setup->input, &output, &raw),
               MMDEPLOY_E_INVALID_ARG, "handle");
  assert_true(!output && !raw);
  assert_fails(mmdeploy_pipeline_apply_call(pipeline, NULL, setup->input, &output, NULL),
               MMDEPLOY_E_INVALID_ARG, "call");
  assert_fails(mmdeploy_pipeline_apply_call(pipeline, setup->call, NULL, &output, NULL),
               MMDEPLOY_E_INVALID_ARG, "input");
  assert_fails(mmdeploy_pipeline_apply_call(pipeline, setup->call, setup->input, NULL, NULL),
               MMDEPLOY_E_INVALID_ARG, "output");
  assert_fails(mmdeploy_pipeline_apply_call_async(NULL, setup->call, just, &sender),
               MMDEPLOY_E_INVALID_ARG, "handle");
  assert_null(sender);
  assert_fails(mmdeploy_pipeline_apply_call_async(pipeline, NULL, just, &sender),
               MMDEPLOY_E_INVALID_ARG, "call");
  assert_fails(mmdeploy_pipeline_apply_call_async(pipeline, setup->call, NULL, &sender),
               MMDEPLOY_E_INVALID_ARG, "input");
  assert_fails(mmdeploy_pipeline_apply_call_async(pipeline, setup->call, just, NULL),
               MMDEPLOY_E_INVALID_ARG, "output");
  mmdeploy_sender_destroy(just);
}

static void cancelled_calls(void **state) {
  const setup_t *setup = *state;
  mmdeploy_value_t output = (mmdeploy_value_t)state;
  mmdeploy_sender_t sender = NULL;
  assert_success(mmdeploy_pipeline_apply_call_async(pipeline_of(setup), setup->call,
                                                    mmdeploy_executor_just(setup->input), &sender));
  assert_success(mmdeploy_call_cancel(setup->call));
  assert_fails(
      mmdeploy_pipeline_apply_call(pipeline_of(setup), setup->call, setup->input, &output, NULL),
      MMDEPLOY_E_CANCELLED, "cancelled");
  assert_null(output);
  // Functions of the original's headers keep to its codes.
  assert_fails(mmdeploy_executor_sync_wait_v2(sender, &output), MMDEPLOY_E_FAIL, "cancelled");
  assert_success(mmdeploy_pipeline_apply_call_async(pipeline_of(setup), setup->call,
                                                    mmdeploy_executor_just(setup->input), &sender));
  assert_fails(mmdeploy_executor_sync_wait_for(sender, -1, &output), MMDEPLOY_E_CANCELLED,
               "cancelled");
}

typedef struct runner_t {
  const setup_t *setup;
  int code;
} runner_t;

static void *run_until_cancelled(void *context) {
  runner_t *runner = context;
  mmdeploy_value_t output = NULL;
  do {
    runner->code = mmdeploy_pipeline_apply_call(pipeline_of(runner->setup), runner->setup->call,
                                                runner->setup->input, &output, NULL);
    mmdeploy_value_destroy(output);
  } while (runner->code == MMDEPLOY_SUCCESS);
  return NULL;
}

static void cancelled_from_another_thread(void **state) {
  runner_t runners[4];
  pthread_t threads[4];
  const setup_t *setup = *state;
  for (int i = 0; i < 4; ++i) {
    runners[i].setup = setup;
    assert_int_equal(pthread_create(&threads[i], NULL, run_until_cancelled, &runners[i]), 0);
  }
  assert_int_equal(count_answers(setup), SDK_TOPK);
  assert_success(mmdeploy_call_cancel(setup->call));
  for (int i = 0; i < 4; ++i) {
    assert_int_equal(pthread_join(threads[i], NULL), 0);
    assert_int_equal(runners[i].code, MMDEPLOY_E_CANCELLED);
  }
}

// A picture for which the smallest deadline is too short.
static void deadlines(void **state) {
  const setup_t *setup = *state;
  mmdeploy_mat_t mat = sdk_make_bgr(2000, 3000, 3);
  mmdeploy_mat_t mats[40];
  mmdeploy_value_t input = NULL, output = (mmdeploy_value_t)state;
  for (int i = 0; i < 40; ++i) mats[i] = mat;
  assert_success(mmdeploy_classifier_create_input(mats, 40, &input));
  assert_success(mmdeploy_call_set_timeout(setup->call, 1));
  assert_fails(mmdeploy_pipeline_apply_call(pipeline_of(setup), setup->call, input, &output, NULL),
               MMDEPLOY_E_CANCELLED, "deadline");
  assert_null(output);
  mmdeploy_value_destroy(input);
  free(mat.data);
  // It counts from the start of each call.
  assert_success(mmdeploy_call_set_timeout(setup->call, 60000));
  assert_int_equal(count_answers(setup), SDK_TOPK);
  assert_success(mmdeploy_call_set_timeout(setup->call, 0));
  assert_int_equal(count_answers(setup), SDK_TOPK);
}

static void senders_outlive_their_call(void **state) {
  setup_t *setup = *state;
  mmdeploy_sender_t sender = NULL;
  mmdeploy_value_t output = NULL;
  mmdeploy_classification_t *results = NULL;
  int *counts = NULL;
  assert_success(mmdeploy_call_set_options_json(setup->call, "{\"topk\": 1}"));
  assert_success(mmdeploy_pipeline_apply_call_async(pipeline_of(setup), setup->call,
                                                    mmdeploy_executor_just(setup->input), &sender));
  mmdeploy_call_destroy(setup->call);
  setup->call = NULL;
  assert_success(mmdeploy_executor_sync_wait_v2(sender, &output));
  assert_success(mmdeploy_classifier_get_result(output, &results, &counts));
  assert_int_equal(counts[0], 1);
  mmdeploy_classifier_release_result(results, counts, 1);
  mmdeploy_value_destroy(output);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, begin, end)

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(options_are_of_the_call),
      TEST(options_that_are_refused),
      TEST(raw_outputs),
      TEST(nulls_are_refused),
      TEST(cancelled_calls),
      TEST(cancelled_from_another_thread),
      TEST(deadlines),
      TEST(senders_outlive_their_call),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
