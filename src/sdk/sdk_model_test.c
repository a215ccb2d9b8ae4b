// SPDX-License-Identifier: Apache-2.0
//
// model.h and the part of ext.h about models: where packages come from, what they tell, and bad
// ones.
#include "base/alloc.h"
#include "base/file.h"
#include "sdk/sdk_testing.h"
#include "tests/support/mmd_test.h"

static void null_arguments(void **state) {
  (void)state;
  mmdeploy_model_t model = (mmdeploy_model_t)&state;
  const char *text = "";
  assert_fails(mmdeploy_model_create_by_path(NULL, &model), MMDEPLOY_E_INVALID_ARG, "path");
  assert_null(model);
  assert_fails(mmdeploy_model_create_by_path(SDK_TINY, NULL), MMDEPLOY_E_INVALID_ARG, "NULL");
  assert_fails(mmdeploy_model_create("PK", 2, NULL), MMDEPLOY_E_INVALID_ARG, "NULL");
  assert_fails(mmdeploy_model_create_from_memory("PK", 2, 1, NULL), MMDEPLOY_E_INVALID_ARG, "NULL");
  assert_fails(mmdeploy_model_get_info(NULL, "task", &text), MMDEPLOY_E_INVALID_ARG, "model");
  assert_null(text);
  mmdeploy_clear_last_error();
  assert_int_equal(mmdeploy_model_class_count(NULL), 0);
  assert_int_equal(mmdeploy_last_error_code(), MMDEPLOY_E_INVALID_ARG);
  assert_null(mmdeploy_model_class_name(NULL, 0));
  model = sdk_open_model(SDK_TINY);
  assert_fails(mmdeploy_model_get_info(model, NULL, &text), MMDEPLOY_E_INVALID_ARG, "key");
  assert_fails(mmdeploy_model_get_info(model, "task", NULL), MMDEPLOY_E_INVALID_ARG, "NULL");
  mmdeploy_model_destroy(model);
}

// Programs compare with this very number.
static void bytes_that_are_no_archive(void **state) {
  (void)state;
  static const char text[] = "certainly not a zip archive, but long enough to look for its end";
  const struct {
    const void *data;
    int size;
  } cases[] = {{NULL, 0}, {NULL, 5}, {text, 0}, {text, -1}, {text, 1}, {text, sizeof text}};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; ++i) {
    mmdeploy_model_t model = (mmdeploy_model_t)&state;
    assert_fails(mmdeploy_model_create(cases[i].data, cases[i].size, &model), MMDEPLOY_E_FAIL, "");
    assert_null(model);
    const size_t size = cases[i].size < 0 ? 0 : (size_t)cases[i].size;
    for (int copy = 0; copy < 2; ++copy) {
      model = (mmdeploy_model_t)&state;
      assert_fails(mmdeploy_model_create_from_memory(cases[i].data, size, copy, &model),
                   MMDEPLOY_E_FAIL, "");
      assert_null(model);
    }
  }
}

//===--- where packages come from ------------------------------------------===//

static void check_tells(mmdeploy_model_t model, const char *backend) {
  static const char *const info[][2] = {{"task", "Classifier"},   {"version", "0.14.0"},
                                        {"net", "end2end.onnx"},  {"precision", "FP32"},
                                        {"deploy", "\"models\""}, {"pipeline", "\"Transform\""}};
  const char *text = NULL;
  for (size_t i = 0; i < sizeof info / sizeof *info; ++i) {
    assert_success(mmdeploy_model_get_info(model, info[i][0], &text));
    assert_non_null(strstr(text, info[i][1]));
  }
  assert_success(mmdeploy_model_get_info(model, "backend", &text));
  assert_string_equal(text, backend);
  assert_fails(mmdeploy_model_get_info(model, "colour", &text), MMDEPLOY_E_OUT_OF_RANGE, "colour");
  assert_null(text);
  assert_int_equal(mmdeploy_model_class_count(model), SDK_CLASSES);
  assert_string_equal(mmdeploy_model_class_name(model, 0), "apple");
  assert_string_equal(mmdeploy_model_class_name(model, SDK_CLASSES - 1), "piano");
  assert_null(mmdeploy_model_class_name(model, -1));
  assert_null(mmdeploy_model_class_name(model, SDK_CLASSES));
}

static void packages_by_path(void **state) {
  (void)state;
  static const char *const paths[] = {SDK_TINY, SDK_TINY "/", SDK_TINY_ZIP};
  for (size_t i = 0; i < sizeof paths / sizeof *paths; ++i) {
    mmdeploy_model_t model = sdk_open_model(paths[i]);
    check_tells(model, "reference");
    mmdeploy_model_destroy(model);
  }
  mmdeploy_model_t model = sdk_open_model(SDK_TINY_ORT);
  check_tells(model, "onnxruntime");
  mmdeploy_model_destroy(model);
}

// Both texts that have to be made stay valid, as the header promises.
static void info_lives_as_long_as_the_model(void **state) {
  (void)state;
  mmdeploy_model_t model = sdk_open_model(SDK_TINY_ZIP);
  const char *deploy = NULL, *pipeline = NULL, *again = NULL;
  assert_success(mmdeploy_model_get_info(model, "deploy", &deploy));
  assert_success(mmdeploy_model_get_info(model, "pipeline", &pipeline));
  assert_success(mmdeploy_model_get_info(model, "deploy", &again));
  assert_non_null(strstr(deploy, "\"customs\""));
  assert_non_null(strstr(pipeline, "\"pipeline\""));
  assert_string_equal(deploy, again);
  mmdeploy_model_destroy(model);
}

static void check_runs(mmdeploy_model_t model) {
  mmdeploy_classifier_t classifier = NULL;
  assert_success(mmdeploy_classifier_create(model, "cpu", 0, &classifier));
  mmdeploy_model_destroy(model);
  mmdeploy_mat_t mat = sdk_make_bgr(80, 90, 3);
  assert_int_equal(sdk_classify(classifier, &mat).count, SDK_TOPK);
  free(mat.data);
  mmdeploy_classifier_destroy(classifier);
}

static void packages_in_memory(void **state) {
  (void)state;
  size_t size;
  char *bytes = sdk_read_file(SDK_TINY_ZIP, &size);
  mmdeploy_model_t copied = NULL, same = NULL, borrowed = NULL;
  assert_success(mmdeploy_model_create(bytes, (int)size, &copied));
  assert_success(mmdeploy_model_create_from_memory(bytes, size, 1, &same));
  assert_success(mmdeploy_model_create_from_memory(bytes, size, 0, &borrowed));
  check_tells(borrowed, "reference");
  check_runs(borrowed);
  memset(bytes, 0xa5, size);  // only the borrowed one needed them
  free(bytes);
  check_tells(copied, "reference");
  check_runs(copied);
  check_runs(same);
}

static void damaged_archives(void **state) {
  (void)state;
  size_t size;
  char *bytes = sdk_read_file(SDK_TINY_ZIP, &size);
  for (size_t cut = 0; cut < size; cut += 1 + size / 60) {
    mmdeploy_model_t model = (mmdeploy_model_t)&state;
    assert_fails(mmdeploy_model_create(bytes, (int)cut, &model), MMDEPLOY_E_FAIL, "");
    assert_null(model);
  }
  // A changed byte may go unnoticed where it means nothing; it must not do harm.
  for (size_t at = 0; at<size; at += at + 600> size ? 3 : size / 60) {
    bytes[at] ^= 0x41;
    mmdeploy_model_t model = NULL;
    mmdeploy_classifier_t classifier = NULL;
    if (mmdeploy_model_create(bytes, (int)size, &model) == MMDEPLOY_SUCCESS) {
      if (mmdeploy_classifier_create(model, "cpu", 0, &classifier) != MMDEPLOY_SUCCESS) {
        assert_string_not_equal(mmdeploy_last_error_message(), "");
      }
    }
    mmdeploy_classifier_destroy(classifier);
    mmdeploy_model_destroy(model);
    bytes[at] ^= 0x41;
  }
  free(bytes);
}

//===--- paths that are no package -----------------------------------------===//

static void check_no_package(const char *path, int code, const char *part) {
  mmdeploy_model_t model = (mmdeploy_model_t)&model;
  mmdeploy_classifier_t classifier = (mmdeploy_classifier_t)&model;
  assert_fails(mmdeploy_model_create_by_path(path, &model), code, part);
  assert_null(model);
  assert_fails(mmdeploy_classifier_create_by_path(path, "cpu", 0, &classifier), code, part);
  assert_null(classifier);
}

static void paths_that_are_no_package(void **state) {
  (void)state;
  check_no_package("", MMDEPLOY_E_FILE_NOT_EXIST, "");
  check_no_package("/no/such/package", MMDEPLOY_E_FILE_NOT_EXIST, "/no/such/package");
  check_no_package(SDK_TINY "/end2end.onnx", MMDEPLOY_E_FAIL, "folder");
  check_no_package(SDK_TINY "/deploy.json", MMDEPLOY_E_FAIL, "folder");
  check_no_package(SDK_PACKAGES, MMDEPLOY_E_FAIL, "--dump-info");
  check_no_package(SDK_PACKAGES "names.txt", MMDEPLOY_E_FAIL, "names.txt");
}

//===--- packages that are wrong -------------------------------------------===//

// A copy of the tiny package in which |file| has another content; NULL removes it.
static char *make_variant(const char *file, const char *content) {
  static const char *const files[] = {"deploy.json", "pipeline.json", "detail.json",
                                      "end2end.onnx"};
  char *folder = mmd_test_make_directory();
  for (size_t i = 0; i < 4; ++i) {
    char *from = mmd_path_join(SDK_TINY, files[i]), *to = mmd_path_join(folder, files[i]);
    size_t size;
    char *bytes = sdk_read_file(from, &size);
    if (strcmp(files[i], file) != 0)
      mmd_assert_ok(mmd_file_write(to, bytes, size));
    else if (content)
      mmd_assert_ok(mmd_file_write(to, content, strlen(content)));
    free(bytes);
    mmd_free(from);
    mmd_free(to);
  }
  return folder;
}

static void drop_variant(char *folder) {
  mmd_test_remove_tree(folder);
  mmd_free(folder);
}

static void wrong_deploy_json(void **state) {
  (void)state;
#define NET(fields) \
  "{\"version\":\"0.14.0\",\"task\":\"Classifier\",\"models\":[{" fields "}],\"customs\":[]}"
#define REST \
  "\"weights\":\"\",\"backend\":\"reference\",\"precision\":\"FP32\",\"dynamic_shape\":true"
  static const char *const texts[] = {
      "",
      "[]",
      "nul",
      "{",
      "{\"version\":\"0.14.0\"}",
      "{\"version\":1,\"models\":[]}",
      "{\"version\":\"0.14.0\",\"models\":[]}",
      "{\"version\":\"0.14.0\",\"models\":{}}",
      "{\"version\":\"0.14.0\",\"models\":[5]}",
      NET("\"net\":\"end2end.onnx\",\"batch_size\":1," REST),
      NET("\"name\":7,\"net\":\"end2end.onnx\",\"batch_size\":1," REST),
      NET("\"name\":\"resnet\",\"net\":null,\"batch_size\":1," REST),
      NET("\"name\":\"resnet\",\"net\":\"end2end.onnx\",\"batch_size\":0," REST),
      NET("\"name\":\"resnet\",\"net\":\"end2end.onnx\",\"batch_size\":-5," REST),
      NET("\"name\":\"resnet\",\"net\":\"end2end.onnx\",\"batch_size\":1e300," REST),
      NET("\"name\":\"resnet\",\"net\":\"end2end.onnx\",\"batch_size\":\"1\"," REST),
  };
  for (size_t i = 0; i < sizeof texts / sizeof *texts; ++i) {
    char *folder = make_variant("deploy.json", texts[i]);
    mmdeploy_model_t model = (mmdeploy_model_t)&state;
    mmdeploy_clear_last_error();
    const int code = mmdeploy_model_create_by_path(folder, &model);
    if ((code != MMDEPLOY_E_FAIL && code != MMDEPLOY_E_OUT_OF_RANGE) ||
        !strstr(mmdeploy_last_error_message(), "deploy.json")) {
      fail_msg("%s: %d %s", texts[i], code, mmdeploy_last_error_message());
    }
    assert_null(model);
    drop_variant(folder);
  }
}

static void check_create_fails(char *folder, int code, const char *part) {
  mmdeploy_classifier_t classifier = (mmdeploy_classifier_t)&folder;
  assert_fails(mmdeploy_classifier_create_by_path(folder, "cpu", 0, &classifier), code, part);
  assert_null(classifier);
  drop_variant(folder);
}

static void networks_that_cannot_be_had(void **state) {
  (void)state;
  check_create_fails(make_variant("end2end.onnx", NULL), MMDEPLOY_E_FILE_NOT_EXIST, "end2end.onnx");
  check_create_fails(make_variant("end2end.onnx", ""), MMDEPLOY_E_FAIL, "");
  check_create_fails(make_variant("end2end.onnx", "no network"), MMDEPLOY_E_FAIL, "");
  check_create_fails(
      make_variant("deploy.json",
                   NET("\"name\":\"resnet\",\"net\":\"../secret.onnx\",\"batch_size\":1," REST)),
      MMDEPLOY_E_FAIL, "leaves the package");
  check_create_fails(
      make_variant("deploy.json",
                   NET("\"name\":\"resnet\",\"net\":\"/etc/passwd\",\"batch_size\":1," REST)),
      MMDEPLOY_E_FAIL, "leaves the package");
  check_create_fails(
      make_variant("deploy.json",
                   NET("\"name\":\"other\",\"net\":\"end2end.onnx\",\"batch_size\":1," REST)),
      MMDEPLOY_E_FILE_NOT_EXIST, "no network 'resnet'");
  check_create_fails(
      make_variant("deploy.json", NET("\"name\":\"resnet\",\"net\":\"end2end.onnx\",\"batch_size\":"
                                      "1,\"weights\":\"\",\"backend\":"
                                      "\"abacus\",\"precision\":\"FP32\",\"dynamic_shape\":true")),
      MMDEPLOY_E_NOT_SUPPORTED, "abacus");
}

static void wrong_pipeline_json(void **state) {
  (void)state;
#define TASKS(tasks) \
  "{\"pipeline\":{\"input\":[\"img\"],\"output\":[\"post_output\"],\"tasks\":" tasks "}}"
  static const char *const texts[] = {
      NULL,
      "",
      "{",
      "7",
      "{}",
      "{\"pipeline\":[]}",
      TASKS("{}"),
      TASKS("[]"),
      TASKS("[3]"),
      TASKS("[{\"type\":\"Task\"}]"),
      TASKS("[{\"type\":\"Loop\",\"input\":\"img\",\"output\":\"post_output\"}]"),
      TASKS("[{\"type\":\"Task\",\"module\":\"Transform\",\"input\":\"other\",\"output\":\"post_"
            "output\"}]"),
      TASKS("[{\"type\":\"Task\",\"module\":\"Transform\",\"input\":\"img\",\"output\":\"post_"
            "output\",\"transforms\":"
            "[{\"type\":\"Reverse\"}]}]"),
      TASKS("[{\"type\":\"Task\",\"module\":\"Transform\",\"input\":\"img\",\"output\":\"post_"
            "output\",\"transforms\":"
            "[{\"type\":\"Resize\",\"size\":\"big\"}]}]"),
      TASKS("[{\"type\":\"Task\",\"module\":\"Net\",\"name\":\"nothing\",\"input\":\"img\","
            "\"output\":\"post_output\"}]"),
      TASKS("[{\"type\":\"Task\",\"module\":\"mmcls\",\"component\":\"NoHead\",\"input\":\"img\","
            "\"output\":"
            "\"post_output\"}]"),
  };
  for (size_t i = 0; i < sizeof texts / sizeof *texts; ++i) {
    char *folder = make_variant("pipeline.json", texts[i]);
    mmdeploy_classifier_t classifier = (mmdeploy_classifier_t)&state;
    mmdeploy_clear_last_error();
    const int code = mmdeploy_classifier_create_by_path(folder, "cpu", 0, &classifier);
    if (code <= MMDEPLOY_E_INVALID_ARG || !strstr(mmdeploy_last_error_message(), "pipeline.json")) {
      fail_msg("%s: %d %s", texts[i] ? texts[i] : "(none)", code, mmdeploy_last_error_message());
    }
    assert_null(classifier);
    drop_variant(folder);
  }
}

static void a_package_of_another_task(void **state) {
  (void)state;
  size_t size;
  char *text = sdk_read_file(SDK_TINY "/deploy.json", &size);
  char *task = strstr(text, "\"Classifier\"");
  assert_non_null(task);
  memcpy(task, "\"Detector\"  ", strlen("\"Classifier\""));
  check_create_fails(make_variant("deploy.json", text), MMDEPLOY_E_NOT_SUPPORTED,
                     "task is 'Detector', this function needs 'Classifier'");
  free(text);
}

static void packages_without_names(void **state) {
  (void)state;
  static const char *const texts[] = {NULL, "{}", "{\"classes\": 5}", "{\"classes\": []}"};
  for (size_t i = 0; i < sizeof texts / sizeof *texts; ++i) {
    char *folder = make_variant("detail.json", texts[i]);
    mmdeploy_model_t model = sdk_open_model(folder);
    mmdeploy_clear_last_error();
    assert_int_equal(mmdeploy_model_class_count(model), 0);
    assert_null(mmdeploy_model_class_name(model, 0));
    assert_int_equal(mmdeploy_last_error_code(), 0);
    check_runs(model);
    drop_variant(folder);
  }
  char *folder = make_variant("detail.json", "{\"classes\": [1, \"two\"]}");
  mmdeploy_model_t model = sdk_open_model(folder);
  assert_null(mmdeploy_model_class_name(model, 0));
  assert_string_equal(mmdeploy_model_class_name(model, 1), "two");
  mmdeploy_model_destroy(model);
  drop_variant(folder);
  folder = make_variant("detail.json", "{");
  model = sdk_open_model(folder);
  mmdeploy_clear_last_error();
  assert_int_equal(mmdeploy_model_class_count(model), 0);
  assert_int_equal(mmdeploy_last_error_code(), MMDEPLOY_E_FAIL);
  mmdeploy_model_destroy(model);
  drop_variant(folder);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(null_arguments),
      cmocka_unit_test(bytes_that_are_no_archive),
      cmocka_unit_test(packages_by_path),
      cmocka_unit_test(info_lives_as_long_as_the_model),
      cmocka_unit_test(packages_in_memory),
      cmocka_unit_test(damaged_archives),
      cmocka_unit_test(paths_that_are_no_package),
      cmocka_unit_test(wrong_deploy_json),
      cmocka_unit_test(networks_that_cannot_be_had),
      cmocka_unit_test(wrong_pipeline_json),
      cmocka_unit_test(a_package_of_another_task),
      cmocka_unit_test(packages_without_names),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
