// SPDX-License-Identifier: Apache-2.0
//
// ext.h apart from models and memory: errors, versions, lists, values, log, threads.
#include "mmdeploy/version.h"

#include <pthread.h>

#include "sdk/sdk_testing.h"

//===--- errors ------------------------------------------------------------===//

static void status_strings(void **state) {
  (void)state;
  for (int i = -2; i < MMDEPLOY_STATUS_COUNT + 3; ++i) {
    const char *text = mmdeploy_status_string(i);
    assert_non_null(text);
    if (i < 0 || i >= MMDEPLOY_STATUS_COUNT) assert_string_equal(text, "unknown status");
    for (int k = 0; k < i && i < MMDEPLOY_STATUS_COUNT; ++k) {
      assert_string_not_equal(text, mmdeploy_status_string(k));
    }
  }
  assert_string_equal(mmdeploy_status_string(MMDEPLOY_SUCCESS), "success");
}

static void last_error_is_of_the_last_failure(void **state) {
  (void)state;
  mmdeploy_device_t device = NULL;
  mmdeploy_clear_last_error();
  assert_int_equal(mmdeploy_last_error_code(), 0);
  assert_string_equal(mmdeploy_last_error_message(), "");
  assert_int_equal(mmdeploy_device_create("abacus", 0, &device), MMDEPLOY_E_INVALID_ARG);
  const char *message = mmdeploy_last_error_message();
  assert_non_null(strstr(message, "mmdeploy_device_create: "));
  assert_non_null(strstr(message, "abacus"));
  // Success leaves it alone.
  assert_success(mmdeploy_device_create("cpu", 0, &device));
  mmdeploy_device_destroy(device);
  assert_int_equal(mmdeploy_last_error_code(), MMDEPLOY_E_INVALID_ARG);
  assert_non_null(strstr(message, "abacus"));
  // The next failure replaces it.
  mmdeploy_model_t model = NULL;
  assert_int_equal(mmdeploy_model_create(NULL, 0, &model), MMDEPLOY_E_FAIL);
  assert_int_equal(mmdeploy_last_error_code(), MMDEPLOY_E_FAIL);
  assert_null(strstr(mmdeploy_last_error_message(), "abacus"));
  mmdeploy_clear_last_error();
  assert_int_equal(mmdeploy_last_error_code(), 0);
  assert_string_equal(mmdeploy_last_error_message(), "");
}

static void *fail_elsewhere(void *arg) {
  int *out = arg;
  mmdeploy_model_t model = NULL;
  out[0] = mmdeploy_last_error_code();
  out[1] = mmdeploy_model_create_by_path("/no/such/package", &model);
  out[2] = mmdeploy_last_error_code();
  return NULL;
}

static void last_error_is_of_this_thread(void **state) {
  (void)state;
  mmdeploy_device_t device = NULL;
  int seen[3] = {-1, -1, -1};
  pthread_t thread;
  assert_int_equal(mmdeploy_device_create("abacus", 0, &device), MMDEPLOY_E_INVALID_ARG);
  assert_int_equal(pthread_create(&thread, NULL, fail_elsewhere, seen), 0);
  assert_int_equal(pthread_join(thread, NULL), 0);
  assert_int_equal(seen[0], 0);
  assert_int_equal(seen[1], MMDEPLOY_E_FILE_NOT_EXIST);
  assert_int_equal(seen[2], MMDEPLOY_E_FILE_NOT_EXIST);
  assert_int_equal(mmdeploy_last_error_code(), MMDEPLOY_E_INVALID_ARG);
  assert_non_null(strstr(mmdeploy_last_error_message(), "abacus"));
  mmdeploy_clear_last_error();
}

//===--- versions and lists ------------------------------------------------===//

static void versions(void **state) {
  (void)state;
  int major = -1, minor = -1, patch = -1;
  char text[32];
  assert_success(mmdeploy_version(&major, &minor, &patch));
  snprintf(text, sizeof text, "%d.%d.%d", major, minor, patch);
  assert_string_equal(text, mmdeploy_version_string());
  assert_string_equal(text, MMDEPLOY_VERSION);
  assert_string_equal(mmdeploy_compat_version_string(), "1.3.1");
  assert_fails(mmdeploy_version(NULL, &minor, &patch), MMDEPLOY_E_INVALID_ARG, "major");
  assert_fails(mmdeploy_version(&major, NULL, &patch), MMDEPLOY_E_INVALID_ARG, "minor");
  assert_fails(mmdeploy_version(&major, &minor, NULL), MMDEPLOY_E_INVALID_ARG, "patch");
}

typedef int (*list_fn)(const char *const **names, int *count);

static void check_list(list_fn list, const char *const *wanted) {
  const char *const *names = NULL, *const *again = NULL;
  int count = -1;
  assert_fails(list(NULL, &count), MMDEPLOY_E_INVALID_ARG, "names");
  assert_fails(list(&names, NULL), MMDEPLOY_E_INVALID_ARG, "count");
  assert_success(list(&names, &count));
  assert_success(list(&again, &count));
  assert_ptr_equal(names, again);
  for (int i = 1; i < count; ++i) assert_true(strcmp(names[i - 1], names[i]) < 0);
  for (size_t w = 0; wanted[w]; ++w) {
    int i = 0;
    while (i < count && strcmp(names[i], wanted[w]) != 0) ++i;
    if (i == count) fail_msg("%s is missing", wanted[w]);
  }
}

static void lists(void **state) {
  (void)state;
  check_list(mmdeploy_list_devices, (const char *const[]){"cpu", NULL});
  check_list(mmdeploy_list_tasks,
             (const char *const[]){"Classifier", "Detector", "PoseDetector", "Restorer",
                                   "RotatedDetector", "Segmentor", "TextDetector", "TextRecognizer",
                                   "VideoRecognizer", NULL});
  check_list(mmdeploy_list_backends,
             (const char *const[]){"null", "onnxruntime", "reference", NULL});
}

static void devices_are_counted(void **state) {
  (void)state;
  int count = -1;
  assert_success(mmdeploy_device_count("cpu", &count));
  assert_int_equal(count, 1);
  assert_fails(mmdeploy_device_count("abacus", &count), MMDEPLOY_E_INVALID_ARG, "abacus");
  assert_int_equal(count, 0);
  assert_fails(mmdeploy_device_count(NULL, &count), MMDEPLOY_E_INVALID_ARG, "device_name");
  assert_fails(mmdeploy_device_count("cpu", NULL), MMDEPLOY_E_INVALID_ARG, "count");
}

static void backends_tell_about_themselves(void **state) {
  (void)state;
  const char *version = NULL, *library = NULL;
  assert_success(mmdeploy_backend_info("reference", &version, &library));
  assert_non_null(version);
  assert_string_equal(library, "");
  assert_fails(mmdeploy_backend_info("abacus", &version, &library), MMDEPLOY_E_NOT_SUPPORTED,
               "abacus");
  assert_fails(mmdeploy_backend_info("../reference", &version, &library), MMDEPLOY_E_INVALID_ARG,
               "name");
  assert_fails(mmdeploy_backend_info(NULL, &version, &library), MMDEPLOY_E_INVALID_ARG, "NULL");
  assert_fails(mmdeploy_backend_info("reference", NULL, &library), MMDEPLOY_E_INVALID_ARG,
               "version");
  assert_fails(mmdeploy_backend_info("reference", &version, NULL), MMDEPLOY_E_INVALID_ARG,
               "library");
  assert_fails(mmdeploy_backend_set_library(NULL, "x"), MMDEPLOY_E_INVALID_ARG, "backend");
  assert_int_not_equal(mmdeploy_backend_set_library("abacus", "/x.so"), MMDEPLOY_SUCCESS);
  // A library that is none is found out when it is opened, and named.
  assert_success(mmdeploy_backend_set_library("onnxruntime", SDK_TINY "/deploy.json"));
  assert_fails(mmdeploy_backend_info("onnxruntime", &version, &library), MMDEPLOY_E_NOT_SUPPORTED,
               "deploy.json");
  assert_success(mmdeploy_backend_set_library("onnxruntime", "/no/such/library.so"));
  mmdeploy_classifier_t classifier = (mmdeploy_classifier_t)&state;
  assert_fails(mmdeploy_classifier_create_by_path(SDK_TINY_ORT, "cpu", 0, &classifier),
               MMDEPLOY_E_NOT_SUPPORTED, "/no/such/library.so");
  assert_null(classifier);
  mmdeploy_backend_set_library("onnxruntime", NULL);
}

//===--- values ------------------------------------------------------------===//

static void json_in_and_out(void **state) {
  (void)state;
  static const char *const texts[] = {
      "null", "true", "-7", "2.5", "\"a\\u00e9\\n\"", "[]", "{}", "[1, [2, {\"k\": null}], \"x\"]"};
  for (size_t i = 0; i < sizeof texts / sizeof *texts; ++i) {
    mmdeploy_value_t value = NULL, again = NULL;
    char *first = NULL, *second = NULL;
    assert_success(mmdeploy_value_from_json(texts[i], &value));
    assert_success(mmdeploy_value_to_json(value, &first));
    assert_success(mmdeploy_value_from_json(first, &again));
    assert_success(mmdeploy_value_to_json(again, &second));
    assert_string_equal(first, second);
    mmdeploy_string_free(first);
    mmdeploy_string_free(second);
    mmdeploy_value_destroy(value);
    mmdeploy_value_destroy(again);
  }
}

static void json_that_is_wrong(void **state) {
  (void)state;
  static const char *const texts[] = {"",         " ",   "{",       "[1,]",      "nul",
                                      "{\"a\":}", "1 2", "\"\\x\"", "[\"\x80\"]"};
  char deep[20001];
  memset(deep, '[', sizeof deep - 1);
  deep[sizeof deep - 1] = 0;
  mmdeploy_value_t value;
  for (size_t i = 0; i < sizeof texts / sizeof *texts; ++i) {
    value = (mmdeploy_value_t)&state;
    mmdeploy_clear_last_error();
    if (mmdeploy_value_from_json(texts[i], &value) == MMDEPLOY_SUCCESS) fail_msg("%s", texts[i]);
    assert_null(value);
    assert_true(*mmdeploy_last_error_message());
  }
  value = (mmdeploy_value_t)&state;
  assert_int_not_equal(mmdeploy_value_from_json(deep, &value), MMDEPLOY_SUCCESS);
  assert_null(value);
  char *json = (char *)&state;
  assert_fails(mmdeploy_value_from_json(NULL, &value), MMDEPLOY_E_INVALID_ARG, "json");
  assert_fails(mmdeploy_value_from_json("1", NULL), MMDEPLOY_E_INVALID_ARG, "value");
  assert_fails(mmdeploy_value_to_json(NULL, &json), MMDEPLOY_E_INVALID_ARG, "value");
  assert_null(json);
  assert_success(mmdeploy_value_from_json("1", &value));
  assert_fails(mmdeploy_value_to_json(value, NULL), MMDEPLOY_E_INVALID_ARG, "json");
  mmdeploy_value_destroy(value);
}

//===--- log ---------------------------------------------------------------===//

typedef struct lines_t {
  int count, debug_count;
  char last[512];
} lines_t;

static void keep_line(mmdeploy_log_level_t level, const char *message, void *user) {
  lines_t *lines = user;
  ++lines->count;
  if (level == MMDEPLOY_LOG_DEBUG) ++lines->debug_count;
  snprintf(lines->last, sizeof lines->last, "%s", message);
}

static void log_lines_go_to_the_callback(void **state) {
  (void)state;
  lines_t lines = {0};
  mmdeploy_device_t device = NULL;
  assert_success(mmdeploy_set_log_callback(keep_line, &lines));
  assert_success(mmdeploy_set_log_level(MMDEPLOY_LOG_DEBUG));
  assert_int_equal(mmdeploy_device_create("abacus", 0, &device), MMDEPLOY_E_INVALID_ARG);
  assert_true(lines.count > 0 && lines.debug_count > 0);
  assert_non_null(strstr(lines.last, "abacus"));
  const int before = lines.count;
  assert_success(mmdeploy_set_log_level(MMDEPLOY_LOG_OFF));
  assert_int_equal(mmdeploy_device_create("abacus", 0, &device), MMDEPLOY_E_INVALID_ARG);
  assert_int_equal(lines.count, before);
  assert_success(mmdeploy_set_log_callback(NULL, NULL));
  assert_fails(mmdeploy_set_log_level((mmdeploy_log_level_t)-1), MMDEPLOY_E_INVALID_ARG,
               "log level");
  assert_fails(mmdeploy_set_log_level((mmdeploy_log_level_t)7), MMDEPLOY_E_INVALID_ARG,
               "log level");
  assert_success(mmdeploy_set_log_level(MMDEPLOY_LOG_WARN));
}

//===--- memory and threads ------------------------------------------------===//

static void settings_that_are_refused(void **state) {
  (void)state;
  mmdeploy_context_t context = NULL;
  mmdeploy_model_t model = sdk_open_model(SDK_TINY);
  const mmdeploy_allocator_t empty = {0};
  assert_fails(mmdeploy_set_allocator(&empty), MMDEPLOY_E_INVALID_ARG, "allocator");
  assert_success(mmdeploy_context_create(&context));
  assert_fails(mmdeploy_context_set_threads(NULL, 1), MMDEPLOY_E_INVALID_ARG, "context");
  assert_fails(mmdeploy_context_set_threads((mmdeploy_context_t)model, 1), MMDEPLOY_E_INVALID_ARG,
               "another kind");
  assert_fails(mmdeploy_context_set_threads(context, -1), MMDEPLOY_E_OUT_OF_RANGE, "-1 threads");
  assert_fails(mmdeploy_context_set_threads(context, 1 << 30), MMDEPLOY_E_OUT_OF_RANGE, "threads");
  assert_success(mmdeploy_context_set_threads(context, 0));
  assert_success(mmdeploy_context_set_threads(context, 3));
  mmdeploy_context_destroy(context);
  mmdeploy_model_destroy(model);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(status_strings),
      cmocka_unit_test(last_error_is_of_the_last_failure),
      cmocka_unit_test(last_error_is_of_this_thread),
      cmocka_unit_test(versions),
      cmocka_unit_test(lists),
      cmocka_unit_test(devices_are_counted),
      cmocka_unit_test(backends_tell_about_themselves),
      cmocka_unit_test(json_in_and_out),
      cmocka_unit_test(json_that_is_wrong),
      cmocka_unit_test(log_lines_go_to_the_callback),
      cmocka_unit_test(settings_that_are_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
