// SPDX-License-Identifier: Apache-2.0
//
// Load and run of the tiny package with an allocator of the host whose n-th call fails: each time a
// code and a message come back, and nothing stays alive.
#include <stdatomic.h>
#include <stdbool.h>

#include "sdk/sdk_testing.h"

typedef struct heap_t {
  atomic_size_t calls, live;
  size_t fail_at;  // 0 = never
  bool all_later;  // fail from there on
} heap_t;

static bool must_fail(heap_t *heap) {
  const size_t call = atomic_fetch_add(&heap->calls, 1) + 1;
  return heap->fail_at && (call == heap->fail_at || (heap->all_later && call > heap->fail_at));
}

static void *heap_allocate(void *user, size_t size) {
  heap_t *heap = user;
  void *pointer = must_fail(heap) ? NULL : malloc(size);
  if (pointer) atomic_fetch_add(&heap->live, 1);
  return pointer;
}

static void *heap_reallocate(void *user, void *pointer, size_t size) {
  heap_t *heap = user;
  void *moved = must_fail(heap) ? NULL : realloc(pointer, size);
  if (moved && !pointer) atomic_fetch_add(&heap->live, 1);
  return moved;
}

static void heap_free(void *user, void *pointer) {
  heap_t *heap = user;
  if (pointer) atomic_fetch_sub(&heap->live, 1);
  free(pointer);
}

//===--- what is swept -----------------------------------------------------===//

typedef struct job_t {
  const char *path;
  mmdeploy_mat_t mats[3];
  sdk_answers_t wanted;  // of mats[0]; count 0 = not known yet
} job_t;

typedef struct things_t {
  mmdeploy_model_t model;
  mmdeploy_profiler_t profiler;
  mmdeploy_context_t context;
  mmdeploy_device_t device;
  mmdeploy_classifier_t classifier;
  mmdeploy_value_t input, output, copy, sent, called, raw, strided;
  mmdeploy_call_t call;
  mmdeploy_classification_t *results;
  int *counts;
  char *json, *description;
} things_t;

#define STEP(call)            \
  do {                        \
    const int code_ = (call); \
    if (code_) return code_;  \
  } while (0)

static int load(const job_t *job, things_t *t) {
  const char *text = NULL;
  STEP(mmdeploy_model_create_by_path(job->path, &t->model));
  STEP(mmdeploy_model_get_info(t->model, "pipeline", &text));
  mmdeploy_clear_last_error();
  if (!mmdeploy_model_class_name(t->model, 3)) return mmdeploy_last_error_code();
  STEP(mmdeploy_profiler_create("/dev/null", &t->profiler));
  STEP(mmdeploy_device_create("cpu", 0, &t->device));
  STEP(mmdeploy_context_create(&t->context));
  STEP(mmdeploy_context_add(t->context, MMDEPLOY_TYPE_DEVICE, NULL, t->device));
  STEP(mmdeploy_context_add(t->context, MMDEPLOY_TYPE_PROFILER, NULL, t->profiler));
  STEP(mmdeploy_context_set_threads(t->context, 1));
  return mmdeploy_classifier_create_v2(t->model, t->context, &t->classifier);
}

static int run(const job_t *job, things_t *t) {
  STEP(mmdeploy_classifier_create_input(job->mats, 3, &t->input));
  STEP(mmdeploy_classifier_apply_v2(t->classifier, t->input, &t->output));
  mmdeploy_clear_last_error();
  t->copy = mmdeploy_value_copy(t->output);
  if (!t->copy) return mmdeploy_last_error_code();
  STEP(mmdeploy_value_to_json(t->copy, &t->json));
  STEP(mmdeploy_classifier_get_result(t->copy, &t->results, &t->counts));
  mmdeploy_classifier_release_result(t->results, t->counts, 3);
  t->results = NULL;
  t->counts = NULL;
  return mmdeploy_classifier_apply(t->classifier, job->mats, 3, &t->results, &t->counts);
}

// Senders, calls with parameters, and the rest of ext.h that allocates.
static int run_more(const job_t *job, things_t *t) {
  const mmdeploy_mat_desc_t desc = {.struct_size = sizeof desc, .mat = job->mats[0]};
  mmdeploy_sender_t sender, answer = NULL;
  mmdeploy_clear_last_error();
  sender = mmdeploy_executor_just(t->input);
  if (!sender) return mmdeploy_last_error_code();
  STEP(mmdeploy_classifier_apply_async(t->classifier, sender, &answer));
  answer = mmdeploy_executor_split(answer);
  if (!answer) return mmdeploy_last_error_code();
  STEP(mmdeploy_executor_sync_wait_v2(answer, &t->sent));
  STEP(mmdeploy_call_create(&t->call));
  STEP(mmdeploy_call_set_options_json(t->call, "{\"topk\": 3}"));
  STEP(mmdeploy_pipeline_apply_call((mmdeploy_pipeline_t)t->classifier, t->call, t->input,
                                    &t->called, &t->raw));
  STEP(mmdeploy_common_create_input_ex(&desc, 1, &t->strided));
  return mmdeploy_model_inspect(t->model, &t->description);
}

static void drop(things_t *t) {
  mmdeploy_string_free(t->description);
  mmdeploy_value_destroy(t->strided);
  mmdeploy_value_destroy(t->raw);
  mmdeploy_value_destroy(t->called);
  mmdeploy_call_destroy(t->call);
  mmdeploy_value_destroy(t->sent);
  mmdeploy_classifier_release_result(t->results, t->counts, 3);
  mmdeploy_string_free(t->json);
  mmdeploy_value_destroy(t->copy);
  mmdeploy_value_destroy(t->output);
  mmdeploy_value_destroy(t->input);
  mmdeploy_classifier_destroy(t->classifier);
  mmdeploy_context_destroy(t->context);
  mmdeploy_device_destroy(t->device);
  mmdeploy_profiler_destroy(t->profiler);
  mmdeploy_model_destroy(t->model);
}

// A run with failures from |fail_at|; false when it came through without one.
static bool run_once(job_t *job, size_t fail_at, bool all_later, size_t *out_calls) {
  heap_t heap = {.fail_at = fail_at, .all_later = all_later};
  const mmdeploy_allocator_t allocator = {&heap, heap_allocate, heap_reallocate, heap_free};
  things_t things = {0};
  assert_success(mmdeploy_set_allocator(&allocator));
  mmdeploy_clear_last_error();
  int code = load(job, &things);
  if (!code) code = run(job, &things);
  if (!code) code = run_more(job, &things);
  const size_t calls = atomic_load(&heap.calls);
  const bool has_failed = fail_at && calls >= fail_at;
  char message[256];
  if (!code)
    sdk_assert_answers(&job->wanted, things.results, things.counts[0], 1e-5);
  else
    assert_int_equal(mmdeploy_last_error_code(), code);
  drop(&things);
  snprintf(message, sizeof message, "%s", mmdeploy_last_error_message());
  // A profiler that cannot record an event does not disturb the run: it tells so when it is
  // destroyed.
  if (!code && has_failed && strstr(message, "mmdeploy_profiler_destroy"))
    code = mmdeploy_last_error_code();
  const size_t live = atomic_load(&heap.live);
  assert_success(mmdeploy_set_allocator(NULL));
  *out_calls = calls;
  if (code != (has_failed ? MMDEPLOY_E_OUT_OF_MEMORY : 0) || (has_failed && !*message) || live) {
    fail_msg("%s, allocation %zu%s fails: code %d, %zu blocks alive: %s", job->path, fail_at,
             all_later ? " and later" : "", code, live, message);
  }
  return has_failed;
}

static void sweep(job_t *job, bool all_later) {
  size_t calls = 0;
  assert_false(run_once(job, 0, false, &calls));
  // Every allocation of the first stretch, where files are read and checked; a sample of the rest.
  for (size_t at = 1; run_once(job, at, all_later, &calls); at += at < 200 ? 1 : 1 + at / 40)
    continue;
}

static void check_package(const char *path) {
  job_t job = {.path = path};
  for (int i = 0; i < 3; ++i) job.mats[i] = sdk_make_bgr(64 + 9 * i, 70 + 5 * i, 1u + (unsigned)i);
  // Modules and their lists stay for the life of the process: they are made before the host's
  // allocator comes.
  mmdeploy_classifier_t classifier = sdk_open_classifier(path);
  job.wanted = sdk_classify(classifier, &job.mats[0]);
  mmdeploy_classifier_destroy(classifier);
  sweep(&job, false);
  sweep(&job, true);
  for (int i = 0; i < 3; ++i) free(job.mats[i].data);
}

static void a_directory(void **state) {
  (void)state;
  check_package(SDK_TINY);
}

static void an_archive(void **state) {
  (void)state;
  check_package(SDK_TINY_ZIP);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_directory),
      cmocka_unit_test(an_archive),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
