// SPDX-License-Identifier: Apache-2.0
//
// common.h: every function with NULLs, wrong numbers and handles of another kind.
#include <limits.h>

#include "sdk/sdk_testing.h"

static void null_arguments(void **state) {
  (void)state;
  mmdeploy_device_t device = (mmdeploy_device_t)&state;
  mmdeploy_context_t context = (mmdeploy_context_t)&state;
  mmdeploy_profiler_t profiler = (mmdeploy_profiler_t)&state;
  assert_fails(mmdeploy_device_create(NULL, 0, &device), MMDEPLOY_E_INVALID_ARG, "device_name");
  assert_null(device);
  assert_fails(mmdeploy_device_create("cpu", 0, NULL), MMDEPLOY_E_INVALID_ARG, "NULL");
  assert_fails(mmdeploy_profiler_create(NULL, &profiler), MMDEPLOY_E_INVALID_ARG, "path");
  assert_null(profiler);
  assert_fails(mmdeploy_profiler_create("x", NULL), MMDEPLOY_E_INVALID_ARG, "NULL");
  assert_fails(mmdeploy_context_create(NULL), MMDEPLOY_E_INVALID_ARG, "NULL");
  assert_fails(mmdeploy_context_create_by_device(NULL, 0, &context), MMDEPLOY_E_INVALID_ARG,
               "device_name");
  assert_null(context);
  assert_fails(mmdeploy_context_create_by_device("cpu", 0, NULL), MMDEPLOY_E_INVALID_ARG, "NULL");
  assert_fails(mmdeploy_context_add(NULL, MMDEPLOY_TYPE_DEVICE, NULL, NULL), MMDEPLOY_E_INVALID_ARG,
               "context");
}

static void destroying_null_is_fine(void **state) {
  (void)state;
  mmdeploy_clear_last_error();
  mmdeploy_value_destroy(NULL);
  mmdeploy_device_destroy(NULL);
  mmdeploy_profiler_destroy(NULL);
  mmdeploy_context_destroy(NULL);
  mmdeploy_model_destroy(NULL);
  mmdeploy_classifier_destroy(NULL);
  mmdeploy_classifier_release_result(NULL, NULL, 0);
  mmdeploy_string_free(NULL);
  assert_null(mmdeploy_value_copy(NULL));
  assert_int_equal(mmdeploy_last_error_code(), 0);
}

//===--- devices and contexts ----------------------------------------------===//

static void device_names(void **state) {
  (void)state;
  static const char *const wrong[] = {"",      "CPU",    "cuda",   "gpu",   "cp",   "cpus",
                                      "cpu:1", "cpu:-1", "cuda:0", "cpu:x", "cpu:", ":0"};
  mmdeploy_device_t device = NULL;
  mmdeploy_context_t context = NULL;
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; ++i) {
    device = (mmdeploy_device_t)&state;
    context = (mmdeploy_context_t)&state;
    assert_fails(mmdeploy_device_create(wrong[i], 0, &device), MMDEPLOY_E_INVALID_ARG, "device");
    assert_null(device);
    assert_fails(mmdeploy_context_create_by_device(wrong[i], 0, &context), MMDEPLOY_E_INVALID_ARG,
                 "device");
    assert_null(context);
  }
  assert_fails(mmdeploy_device_create("tpu", 0, &device), MMDEPLOY_E_INVALID_ARG, "knows: cpu");
  assert_fails(mmdeploy_device_create("cpu:0", 1, &device), MMDEPLOY_E_INVALID_ARG, "index");
  assert_fails(mmdeploy_device_create("cpu", 1, &device), MMDEPLOY_E_INVALID_ARG, "index");
  assert_success(mmdeploy_device_create("cpu:0", 0, &device));
  mmdeploy_device_destroy(device);
  assert_success(mmdeploy_context_create_by_device("cpu:0", 0, &context));
  mmdeploy_context_destroy(context);
}

static void a_name_of_any_length_is_answered(void **state) {
  (void)state;
  char name[9000];
  mmdeploy_device_t device = NULL;
  memset(name, 'x', sizeof name);
  name[sizeof name - 1] = 0;
  assert_fails(mmdeploy_device_create(name, 0, &device), MMDEPLOY_E_INVALID_ARG, "unknown device");
}

static void context_types(void **state) {
  (void)state;
  mmdeploy_context_t context = NULL;
  mmdeploy_device_t device = NULL;
  mmdeploy_profiler_t profiler = NULL;
  mmdeploy_model_t model = sdk_open_model(SDK_TINY);
  assert_success(mmdeploy_context_create(&context));
  assert_success(mmdeploy_device_create("cpu", 0, &device));
  assert_success(mmdeploy_profiler_create("/dev/null", &profiler));
  assert_success(mmdeploy_context_add(context, MMDEPLOY_TYPE_DEVICE, NULL, device));
  assert_success(mmdeploy_context_add(context, MMDEPLOY_TYPE_DEVICE, "again", device));
  assert_success(mmdeploy_context_add(context, MMDEPLOY_TYPE_PROFILER, NULL, profiler));
  assert_success(mmdeploy_context_add(context, MMDEPLOY_TYPE_PROFILER, NULL, profiler));
  for (int type = -1; type < 8; ++type) {
    assert_fails(mmdeploy_context_add(context, (mmdeploy_context_type_t)type, "x", NULL),
                 MMDEPLOY_E_INVALID_ARG, "object");
  }
  static const int unsupported[] = {MMDEPLOY_TYPE_STREAM, MMDEPLOY_TYPE_MAT, 6, -1, INT_MAX};
  for (size_t i = 0; i < sizeof unsupported / sizeof *unsupported; ++i) {
    const mmdeploy_context_type_t type = (mmdeploy_context_type_t)unsupported[i];
    assert_fails(mmdeploy_context_add(context, type, "x", model), MMDEPLOY_E_NOT_SUPPORTED, "type");
  }
  // Handles of another kind.
  assert_fails(mmdeploy_context_add(context, MMDEPLOY_TYPE_DEVICE, NULL, profiler),
               MMDEPLOY_E_INVALID_ARG, "another kind");
  assert_fails(mmdeploy_context_add(context, MMDEPLOY_TYPE_PROFILER, NULL, model),
               MMDEPLOY_E_INVALID_ARG, "another kind");
  assert_fails(mmdeploy_context_add((mmdeploy_context_t)model, MMDEPLOY_TYPE_DEVICE, NULL, device),
               MMDEPLOY_E_INVALID_ARG, "another kind");
  mmdeploy_device_destroy(device);
  mmdeploy_context_destroy(context);
  mmdeploy_profiler_destroy(profiler);
  mmdeploy_model_destroy(model);
}

// The wrong destroy function leaves the object alone.
static void wrong_destroy_functions(void **state) {
  (void)state;
  mmdeploy_model_t model = sdk_open_model(SDK_TINY);
  mmdeploy_context_t context = NULL;
  mmdeploy_device_t device = NULL;
  assert_success(mmdeploy_context_create_by_device("cpu", 0, &context));
  assert_success(mmdeploy_device_create("cpu", 0, &device));
  mmdeploy_context_destroy((mmdeploy_context_t)model);
  mmdeploy_classifier_destroy((mmdeploy_classifier_t)model);
  mmdeploy_device_destroy((mmdeploy_device_t)context);
  mmdeploy_profiler_destroy((mmdeploy_profiler_t)device);
  mmdeploy_model_destroy((mmdeploy_model_t)device);
  mmdeploy_classifier_t classifier = NULL;
  assert_success(mmdeploy_classifier_create_v2(model, context, &classifier));
  mmdeploy_model_destroy((mmdeploy_model_t)classifier);
  mmdeploy_classifier_destroy(classifier);
  mmdeploy_context_destroy(context);
  mmdeploy_device_destroy(device);
  mmdeploy_model_destroy(model);
}

//===--- inputs ------------------------------------------------------------===//

typedef int (*create_input_fn)(const mmdeploy_mat_t *, int, mmdeploy_value_t *);
static const create_input_fn g_create_input[] = {mmdeploy_common_create_input,
                                                 mmdeploy_classifier_create_input};

static void check_refused(const mmdeploy_mat_t *mats, int count, int code, const char *part) {
  for (size_t i = 0; i < 2; ++i) {
    mmdeploy_value_t value = (mmdeploy_value_t)&value;
    assert_fails(g_create_input[i](mats, count, &value), code, part);
    assert_null(value);
  }
}

static void inputs_that_are_refused(void **state) {
  (void)state;
  mmdeploy_mat_t good = sdk_make_bgr(4, 6, 1), bad[3] = {good, good, good};
  check_refused(NULL, 1, MMDEPLOY_E_INVALID_ARG, "mats");
  check_refused(&good, -1, MMDEPLOY_E_INVALID_ARG, "-1 pictures");
  check_refused(NULL, INT_MIN, MMDEPLOY_E_INVALID_ARG, "pictures");
  bad[2].data = NULL;
  check_refused(bad, 3, MMDEPLOY_E_INVALID_ARG, "picture 2: data is NULL");
  for (size_t i = 0; i < 2; ++i) {
    assert_fails(g_create_input[i](&good, 1, NULL), MMDEPLOY_E_INVALID_ARG, "NULL");
  }
  static const int numbers[] = {-1, 6, 7, INT_MAX, INT_MIN};
  for (size_t i = 0; i < sizeof numbers / sizeof *numbers; ++i) {
    bad[2] = good;
    bad[2].format = (mmdeploy_pixel_format_t)numbers[i];
    check_refused(bad, 3, MMDEPLOY_E_INVALID_ARG, "picture 2: pixel format");
    bad[2] = good;
    bad[2].type = (mmdeploy_data_type_t)numbers[i];
    check_refused(bad, 3, MMDEPLOY_E_INVALID_ARG, "picture 2: data type");
  }
  bad[2] = good;
  bad[2].type = MMDEPLOY_DATA_TYPE_COUNT;
  check_refused(bad, 3, MMDEPLOY_E_INVALID_ARG, "picture 2: data type 4");
  mmdeploy_model_t model = sdk_open_model(SDK_TINY);
  bad[2] = good;
  bad[2].device = (mmdeploy_device_t)model;
  check_refused(bad, 3, MMDEPLOY_E_INVALID_ARG, "another kind");
  mmdeploy_model_destroy(model);
  free(good.data);
}

static void sizes_that_are_refused(void **state) {
  (void)state;
  static const int sizes[][2] = {
      {0, 0}, {0, 4}, {4, 0}, {-1, 4}, {4, -1}, {-2, -2}, {INT_MIN, INT_MIN}, {INT_MAX, INT_MAX}};
  mmdeploy_mat_t mat = sdk_make_bgr(4, 6, 1);
  for (size_t i = 0; i < sizeof sizes / sizeof *sizes; ++i) {
    mat.height = sizes[i][0];
    mat.width = sizes[i][1];
    mmdeploy_value_t value = (mmdeploy_value_t)&value;
    const int code = mmdeploy_common_create_input(&mat, 1, &value);
    if (code != MMDEPLOY_E_INVALID_ARG && code != MMDEPLOY_E_OUT_OF_RANGE) {
      fail_msg("%d x %d gives %d", sizes[i][0], sizes[i][1], code);
    }
    assert_non_null(strstr(mmdeploy_last_error_message(), "picture 0"));
    assert_null(value);
  }
  // Chroma planes need even sides and bytes.
  mat.format = MMDEPLOY_PIXEL_FORMAT_NV12;
  mat.height = 4, mat.width = 3;
  check_refused(&mat, 1, MMDEPLOY_E_INVALID_ARG, "picture 0");
  mat.height = 3, mat.width = 4;
  check_refused(&mat, 1, MMDEPLOY_E_INVALID_ARG, "picture 0");
  mat.height = 2, mat.width = 2, mat.type = MMDEPLOY_DATA_TYPE_FLOAT;
  check_refused(&mat, 1, MMDEPLOY_E_INVALID_ARG, "picture 0");
  free(mat.data);
}

static void inputs_that_are_fine(void **state) {
  (void)state;
  mmdeploy_value_t value = NULL, copy = NULL;
  char *json = NULL;
  for (size_t i = 0; i < 2; ++i) {
    assert_success(g_create_input[i](NULL, 0, &value));
    assert_success(mmdeploy_value_to_json(value, &json));
    assert_string_equal(json, "[[]]");
    mmdeploy_string_free(json);
    mmdeploy_value_destroy(value);
  }
  mmdeploy_device_t device = NULL;
  assert_success(mmdeploy_device_create("cpu", 0, &device));
  mmdeploy_mat_t mats[2] = {sdk_make_bgr(4, 6, 1),
                            sdk_make_mat(4, 6, MMDEPLOY_PIXEL_FORMAT_NV21, 2)};
  mats[0].device = device;
  assert_success(mmdeploy_common_create_input(mats, 2, &value));
  mmdeploy_device_destroy(device);  // the value keeps what it needs
  copy = mmdeploy_value_copy(value);
  assert_non_null(copy);
  mmdeploy_value_destroy(value);
  assert_success(mmdeploy_value_to_json(copy, &json));
  assert_non_null(strstr(json, "ori_img"));
  mmdeploy_string_free(json);
  mmdeploy_value_destroy(copy);
  free(mats[0].data);
  free(mats[1].data);
}

// Handles of another kind in the place of values.
static void values_that_are_none(void **state) {
  (void)state;
  mmdeploy_model_t model = sdk_open_model(SDK_TINY);
  mmdeploy_classifier_t classifier = sdk_open_classifier(SDK_TINY);
  mmdeploy_value_t value = (mmdeploy_value_t)model, output = NULL;
  mmdeploy_classification_t *results = NULL;
  int *counts = NULL;
  char *json = NULL;
  mmdeploy_clear_last_error();
  assert_null(mmdeploy_value_copy(value));
  assert_int_equal(mmdeploy_last_error_code(), MMDEPLOY_E_INVALID_ARG);
  assert_fails(mmdeploy_value_to_json(value, &json), MMDEPLOY_E_INVALID_ARG, "another kind");
  assert_fails(mmdeploy_classifier_apply_v2(classifier, value, &output), MMDEPLOY_E_INVALID_ARG,
               "another kind");
  assert_fails(mmdeploy_classifier_get_result(value, &results, &counts), MMDEPLOY_E_INVALID_ARG,
               "another kind");
  mmdeploy_value_destroy(value);
  mmdeploy_classifier_destroy(classifier);
  mmdeploy_model_destroy(model);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(null_arguments),
      cmocka_unit_test(destroying_null_is_fine),
      cmocka_unit_test(device_names),
      cmocka_unit_test(a_name_of_any_length_is_answered),
      cmocka_unit_test(context_types),
      cmocka_unit_test(wrong_destroy_functions),
      cmocka_unit_test(inputs_that_are_refused),
      cmocka_unit_test(sizes_that_are_refused),
      cmocka_unit_test(inputs_that_are_fine),
      cmocka_unit_test(values_that_are_none),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
