// SPDX-License-Identifier: Apache-2.0
//
// deploy.json, pipeline.json and detail.json against the files that the original wrote
// (codebases/mmcls/testdata).
#include "convert/sdk_info.h"

#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/file.h"
#include "convert/registry.h"
#include "formats/pyconfig/pyconfig.h"
#include "tests/support/mmd_test.h"
#include "tests/support/mmd_test_fail.h"
#include "value/json.h"

#define DATA MMD_SOURCE_DIR "/codebases/mmcls/testdata/"
#define GOLDENS MMD_SOURCE_DIR "/codebases/mmcls/models/testdata/"
#define CONFIGS MMD_SOURCE_DIR "/configs/"

// What make_packages.py lists.
typedef struct package_t {
  const char *release, *name;
  const char *deploy;  // "static" or "dynamic"
  const char *model;   // below models/, or "golden:NAME"
  const char *input_shape;
} package_t;

static const package_t g_packages[] = {
    {"0.14.0", "resnet18_static", "static", "resnet18_8xb32_in1k.py", NULL},
    {"0.14.0", "resnet18_dynamic", "dynamic", "resnet18_8xb32_in1k.py", NULL},
    {"0.14.0", "mobilenet-v2_dynamic", "dynamic", "mobilenet-v2_8xb32_in1k.py", NULL},
    {"0.14.0", "seresnet50_static", "static", "seresnet50_8xb32_in1k.py", NULL},
    {"0.14.0", "vit-base-p16_dynamic", "dynamic", "vit-base-p16_pt-64xb64_in1k-224.py", NULL},
    {"0.14.0", "vit-base-p16-384_static", "static", "vit-base-p16_ft-64xb64_in1k-384.py", NULL},
    {"0.14.0", "resnet18-cifar10_dynamic", "dynamic", "resnet18_8xb16_cifar10.py", NULL},
    {"0.14.0", "resnet18_static-192x160", "static", "resnet18_8xb32_in1k.py",
     "onnx_config.input_shape=[192,160]"},
    {"0.14.0", "resnet50-caffe_dynamic", "dynamic", "golden:resnet50_caffe", NULL},
    {"0.14.0", "resnetv1c50_dynamic", "dynamic", "golden:resnetv1c50", NULL},
    {"0.14.0", "resnetv1d50_static", "static", "golden:resnetv1d50", NULL},
    {"0.14.0", "clshead_dynamic", "dynamic", "golden:clshead", NULL},
    {"1.3.1", "resnet18_dynamic", "dynamic", "resnet18_8xb32_in1k.py", NULL},
    {"1.3.1", "resnet50_static", "static", "resnet50_8xb32_in1k.py", NULL},
    {"1.3.1", "resnet50_dynamic", "dynamic", "resnet50_8xb32_in1k.py", NULL},
    {"1.3.1", "mobilenet-v2_dynamic", "dynamic", "mobilenet-v2_8xb32_in1k.py", NULL},
    {"1.3.1", "vit-base-p16_dynamic", "dynamic", "vit-base-p16_64xb64_in1k.py", NULL},
    {"1.3.1", "resnet18-cifar10_dynamic", "dynamic", "resnet18_8xb16_cifar10.py", NULL},
    {"1.3.1", "resnet18_static-192x160", "static", "resnet18_8xb32_in1k.py",
     "onnx_config.input_shape=[192,160]"},
    {"1.3.1", "resnetv1d50_static", "static", "golden:resnetv1d50", NULL},
    {"1.3.1", "clshead_dynamic", "dynamic", "golden:clshead", NULL},
};
enum { PACKAGE_COUNT = sizeof g_packages / sizeof *g_packages };

static bool is_old(const package_t *package) {
  return strcmp(package->release, "0.14.0") == 0;
}

//===--- ours --------------------------------------------------------------===//

typedef struct fixture_t {
  const package_t *package;
  mmd_value_t *deploy_cfg, *model_cfg, *expected[3];  // deploy, pipeline, detail
  mmd_deploy_view_t deploy;
  mmd_task_context_t context;
} fixture_t;

static mmd_value_t *read_deploy_config(const package_t *package) {
  char path[1024];
  snprintf(path, sizeof path, CONFIGS "%s/classification_onnxruntime_%s.py",
           is_old(package) ? "mmcls" : "mmpretrain", package->deploy);
  const mmd_pyconfig_options_t options = {.overrides = &package->input_shape,
                                          .override_count = package->input_shape ? 1 : 0};
  mmd_value_t *config = NULL;
  mmd_assert_ok(mmd_pyconfig_read(path, &options, &config));
  return config;
}

static mmd_value_t *read_model_config(const package_t *package) {
  char path[1024];
  mmd_value_t *config = NULL;
  if (strncmp(package->model, "golden:", 7) == 0) {
    snprintf(path, sizeof path, GOLDENS "%s/%s/config.py", is_old(package) ? "mmcls" : "mmpretrain",
             package->model + 7);
  } else {
    snprintf(path, sizeof path, DATA "%s/models/%s", package->release, package->model);
  }
  mmd_assert_ok(mmd_pyconfig_read(path, NULL, &config));
  return config;
}

static mmd_value_t *read_expected(const package_t *package, const char *file) {
  char path[1024];
  mmd_value_t *value = NULL;
  snprintf(path, sizeof path, DATA "%s/%s/%s", package->release, package->name, file);
  mmd_assert_ok(mmd_json_read_file(path, &value));
  return value;
}

static void open_fixture(const package_t *package, fixture_t *out_fixture) {
  *out_fixture = (fixture_t){
      .package = package,
      .deploy_cfg = read_deploy_config(package),
      .model_cfg = read_model_config(package),
      .expected = {read_expected(package, "deploy.json"), read_expected(package, "pipeline.json"),
                   read_expected(package, "detail.json")}};
  mmd_assert_ok(mmd_deploy_view_read(out_fixture->deploy_cfg, &out_fixture->deploy));
  out_fixture->context = (mmd_task_context_t){
      .deploy_cfg = out_fixture->deploy_cfg,
      .model_cfg = out_fixture->model_cfg,
      .model_cfg_path = mmd_value_get_string(
          mmd_object_get_path(out_fixture->expected[2], "codebase.config"), ""),
      .modules = mmd_module_registry,
      .dialect = mmd_dialect_detect(out_fixture->model_cfg),
      .backend = "onnxruntime",
  };
  assert_int_equal(out_fixture->context.dialect, is_old(package) ? MMD_DIALECT_0X : MMD_DIALECT_1X);
}

static void close_fixture(fixture_t *fixture) {
  mmd_value_release(fixture->deploy_cfg);
  mmd_value_release(fixture->model_cfg);
  for (int i = 0; i < 3; ++i) mmd_value_release(fixture->expected[i]);
}

static mmd_status_t create(const fixture_t *fixture, const mmd_value_t *classes,
                           mmd_sdk_info_t *out_info) {
  static const mmdeploy_target_result_t files = {
      .struct_size = sizeof files, .file_count = 1, .files = {"end2end.onnx"}};
  const mmd_sdk_info_request_t request = {
      .task = mmd_task_table[0],
      .context = &fixture->context,
      .deploy = &fixture->deploy,
      .checkpoint_path =
          mmd_value_get_string(mmd_object_get_path(fixture->expected[2], "codebase.pth"), ""),
      .files = &files,
      .classes = classes,
      .verification = "not verified",
  };
  return mmd_sdk_info_create(&request, out_info);
}

//===--- comparison --------------------------------------------------------===//

// What our files have on top; docs/parity.md lists it.
static bool is_addition(const fixture_t *fixture, const char *path, const char *key) {
  if (!*path)
    return strcmp(key, "generator") == 0 || strcmp(key, "verification") == 0 ||
           strcmp(key, "classes") == 0;
  return !is_old(fixture->package) && strstr(path, ".transforms.") &&
         (strcmp(key, "backend") == 0 || strcmp(key, "interpolation") == 0);
}

static void compare(const fixture_t *fixture, const char *path, const mmd_value_t *found,
                    const mmd_value_t *expected);

static void compare_sets(const char *path, const mmd_value_t *found, const mmd_value_t *expected) {
  if (mmd_array_size(found) != mmd_array_size(expected)) fail_msg("%s: sizes differ", path);
  for (size_t i = 0; i < mmd_array_size(expected); ++i) {
    bool is_there = false;
    for (size_t k = 0; k < mmd_array_size(found); ++k) {
      is_there = is_there || mmd_value_equal(mmd_array_at(found, k), mmd_array_at(expected, i));
    }
    if (!is_there)
      fail_msg("%s: '%s' is missing", path, mmd_value_get_string(mmd_array_at(expected, i), "?"));
  }
}

static void compare_objects(const fixture_t *fixture, const char *path, const mmd_value_t *found,
                            const mmd_value_t *expected) {
  char inner[512];
  for (size_t i = 0; i < mmd_object_size(expected); ++i) {
    const char *key = mmd_object_key_at(expected, i);
    snprintf(inner, sizeof inner, "%s.%s", path, key);
    if (!mmd_object_get(found, key)) fail_msg("%s is missing", inner);
    compare(fixture, inner, mmd_object_get(found, key), mmd_object_value_at(expected, i));
  }
  for (size_t i = 0; i < mmd_object_size(found); ++i) {
    const char *key = mmd_object_key_at(found, i);
    if (!mmd_object_get(expected, key) && !is_addition(fixture, path, key))
      fail_msg("%s.%s is too much", path, key);
  }
}

static void compare(const fixture_t *fixture, const char *path, const mmd_value_t *found,
                    const mmd_value_t *expected) {
  const size_t size = strlen(path);
  if (mmd_value_kind(expected) == MMD_VALUE_OBJECT) {
    compare_objects(fixture, path, found, expected);
  } else if (size > 10 && strcmp(path + size - 10, ".meta_keys") == 0) {
    compare_sets(path, found, expected);
  } else if (mmd_value_kind(expected) == MMD_VALUE_ARRAY) {
    if (mmd_array_size(found) != mmd_array_size(expected)) fail_msg("%s: sizes differ", path);
    for (size_t i = 0; i < mmd_array_size(expected); ++i) {
      char inner[512];
      snprintf(inner, sizeof inner, "%s.%zu", path, i);
      compare(fixture, inner, mmd_array_at(found, i), mmd_array_at(expected, i));
    }
  } else if (!mmd_value_equal(found, expected)) {
    mmd_str_t a = {0}, b = {0};
    mmd_assert_ok(mmd_json_write(found, 0, &a));
    mmd_assert_ok(mmd_json_write(expected, 0, &b));
    print_error("%s %s%s: %s found, %s expected\n", fixture->package->release,
                fixture->package->name, path, mmd_str_text(&a), mmd_str_text(&b));
    fail();
  }
}

static void expect_precision(fixture_t *fixture, const char *backend, const char *change,
                             const char *wanted) {
  mmd_sdk_info_t info;
  mmd_assert_ok(mmd_pyconfig_apply_override(fixture->deploy_cfg, change));
  mmd_assert_ok(mmd_deploy_view_read(fixture->deploy_cfg, &fixture->deploy));
  fixture->context.backend = backend;
  mmd_assert_ok(create(fixture, NULL, &info));
  const mmd_value_t *net = mmd_array_at(mmd_object_get(info.deploy, "models"), 0);
  assert_string_equal(mmd_value_get_string(mmd_object_get(net, "precision"), ""), wanted);
  mmd_sdk_info_deinit(&info);
}

// As the original has it, only ncnn's net is told.
static void test_precision(void **state) {
  (void)state;
  fixture_t fixture;
  open_fixture(&g_packages[0], &fixture);
  expect_precision(&fixture, "ncnn", "backend_config.type='ncnn'", "FP32");
  expect_precision(&fixture, "ncnn", "backend_config.precision='FP16'", "FP16");
  expect_precision(&fixture, "onnxruntime", "backend_config.type='onnxruntime'", "FP32");
  close_fixture(&fixture);
}

static void test_equal_to_the_original(void **state) {
  (void)state;
  for (size_t i = 0; i < PACKAGE_COUNT; ++i) {
    fixture_t fixture;
    mmd_sdk_info_t info;
    open_fixture(&g_packages[i], &fixture);
    mmd_assert_ok(create(&fixture, NULL, &info));
    compare(&fixture, "", info.deploy, fixture.expected[0]);
    compare(&fixture, "", info.pipeline, fixture.expected[1]);
    compare(&fixture, "", info.detail, fixture.expected[2]);
    assert_null(mmd_object_get(info.detail, "classes"));
    mmd_sdk_info_deinit(&info);
    close_fixture(&fixture);
  }
}

// The table above names every package that is there.
static void test_no_package_forgotten(void **state) {
  (void)state;
  static const char *const releases[] = {"0.14.0", "1.3.1"};
  size_t folders = 0;
  for (size_t i = 0; i < 2; ++i) {
    char path[1024];
    char **names = NULL;
    size_t count = 0;
    snprintf(path, sizeof path, DATA "%s", releases[i]);
    mmd_assert_ok(mmd_path_list(path, &names, &count));
    for (size_t k = 0; k < count; ++k) {
      folders += strcmp(names[k], "models") != 0;
      mmd_free(names[k]);
    }
    mmd_free(names);
  }
  assert_int_equal(folders, PACKAGE_COUNT);
}

//===--- files -------------------------------------------------------------===//

static mmd_value_t *two_classes(void) {
  mmd_value_t *classes = mmd_value_array();
  mmd_assert_ok(mmd_array_take(classes, mmd_value_string("cat")));
  mmd_assert_ok(mmd_array_take(classes, mmd_value_string("chien \xc3\xa9")));
  return classes;
}

static void test_files(void **state) {
  (void)state;
  static const char *const names[] = {"deploy.json", "pipeline.json", "detail.json"};
  fixture_t fixture;
  mmd_sdk_info_t info;
  mmd_value_t *classes = two_classes();
  char *directory = mmd_test_make_directory();
  open_fixture(&g_packages[0], &fixture);
  mmd_assert_ok(create(&fixture, classes, &info));
  mmd_assert_ok(mmd_sdk_info_write(&info, directory));
  const mmd_value_t *const wrote[] = {info.deploy, info.pipeline, info.detail};
  for (int i = 0; i < 3; ++i) {
    char *path = mmd_path_join(directory, names[i]);
    mmd_value_t *read = NULL;
    mmd_assert_ok(mmd_json_read_file(path, &read));
    assert_true(mmd_value_equal(read, wrote[i]));
    mmd_value_release(read);
    mmd_free(path);
  }
  assert_true(mmd_value_equal(mmd_object_get(info.detail, "classes"), classes));
  assert_string_equal(mmd_value_get_string(mmd_object_get(info.detail, "verification"), ""),
                      "not verified");
  mmd_assert_fails(mmd_sdk_info_write(&info, "/nonexistent/folder"), MMD_NOT_FOUND,
                   "/nonexistent/folder");
  mmd_sdk_info_deinit(&info);
  close_fixture(&fixture);
  mmd_value_release(classes);
  mmd_test_remove_tree(directory);
  mmd_free(directory);
}

static mmd_status_t create_and_free(void *context) {
  mmd_sdk_info_t info;
  MMD_TRY(create(context, NULL, &info));
  mmd_sdk_info_deinit(&info);
  return NULL;
}

static void test_short_memory(void **state) {
  (void)state;
  fixture_t fixture;
  open_fixture(&g_packages[0], &fixture);
  mmd_test_sweep(create_and_free, &fixture);
  close_fixture(&fixture);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_equal_to_the_original), cmocka_unit_test(test_precision),
      cmocka_unit_test(test_no_package_forgotten),  cmocka_unit_test(test_files),
      cmocka_unit_test(test_short_memory),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
