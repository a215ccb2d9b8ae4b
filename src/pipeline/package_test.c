// SPDX-License-Identifier: Apache-2.0
#include "pipeline/package.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/file.h"
#include "formats/zip/zip_writer.h"
#include "pipeline/package_testing.h"
#include "tests/support/mmd_test.h"
#include "tests/support/mmd_test_fail.h"

#define NET(net, backend, batch)                                                    \
  "{\"name\": \"mean\", \"net\": " net ", \"weights\": \"\", \"backend\": " backend \
  ", \"precision\": \"FP32\", \"batch_size\": " batch ", \"dynamic_shape\": true}"
#define DEPLOY(net) "{\"version\": \"0.14.0\", \"task\": \"Classifier\", \"models\": [" net "]}"
#define GOOD_DEPLOY DEPLOY(NET("\"end2end.onnx\"", "\"onnxruntime\"", "4"))

static void check_content(mmd_package_t *package) {
  const mmd_value_t *pipeline = NULL, *classes = NULL;
  assert_string_equal(mmd_package_task(package), "Classifier");
  assert_int_equal(mmd_package_net_count(package), 1);
  const mmd_package_net_t *net = mmd_package_net(package, 0);
  assert_string_equal(net->net, "end2end.onnx");
  assert_int_equal(net->batch_size, 4);
  assert_true(net->dynamic_shape);
  assert_ptr_equal(mmd_package_find_net(package, "mean"), net);
  assert_null(mmd_package_find_net(package, "other"));
  assert_null(mmd_package_net(package, 1));
  mmd_assert_ok(mmd_package_pipeline(package, &pipeline));
  assert_non_null(mmd_object_get(pipeline, "pipeline"));
  mmd_assert_ok(mmd_package_classes(package, &classes));
  assert_string_equal(mmd_value_get_string(mmd_array_at(classes, 1), ""), "dog");
}

static void reads_directories(void **state) {
  (void)state;
  mmd_package_t *package = NULL;
  mmd_storage_t *net = NULL, *again = NULL;
  char *path = NULL;
  test_put("deploy.json", GOOD_DEPLOY);
  test_put("pipeline.json", "{\"pipeline\": {}}");
  test_put("detail.json", "{\"classes\": [\"cat\", \"dog\"]}");
  test_put("end2end.onnx", "net");
  mmd_assert_ok(mmd_package_open(test_folder, &package));
  assert_string_equal(mmd_package_path(package), test_folder);
  check_content(package);
  mmd_assert_ok(mmd_package_read(package, "end2end.onnx", &net, &path));
  mmd_assert_ok(mmd_package_read(package, "end2end.onnx", &again, NULL));
  assert_ptr_equal(net, again);
  assert_int_equal(mmd_storage_size(net), 3);
  assert_true(mmd_path_exists(path));
  mmd_free(path);
  mmd_storage_release(again);
  mmd_assert_fails(mmd_package_read(package, "other.bin", &again, NULL), MMD_NOT_FOUND,
                   "'other.bin' is missing");
  mmd_assert_fails(mmd_package_read(package, "../deploy.json", &again, NULL), MMD_INVALID_ARGUMENT,
                   "'../deploy.json' leaves the package");
  mmd_assert_fails(mmd_package_read(package, "/etc/passwd", &again, NULL), MMD_INVALID_ARGUMENT,
                   "leaves the package");
  mmd_package_release(package);
  assert_memory_equal(mmd_storage_data(net), "net", 3);  // outlives the package
  mmd_storage_release(net);
}

static void write_zip(const char *path, const char *prefix) {
  static const char *const files[][2] = {{"deploy.json", GOOD_DEPLOY},
                                         {"pipeline.json", "{\"pipeline\": {}}"},
                                         {"detail.json", "{\"classes\": [\"cat\", \"dog\"]}"},
                                         {"end2end.onnx", "net"}};
  mmd_writer_t *writer = NULL;
  mmd_zip_writer_t *zip = NULL;
  mmd_assert_ok(mmd_writer_create(path, &writer));
  mmd_assert_ok(mmd_zip_writer_create(writer, NULL, &zip));
  for (size_t i = 0; i < 4; ++i) {
    char name[64];
    snprintf(name, sizeof name, "%s%s", prefix, files[i][0]);
    mmd_assert_ok(mmd_zip_writer_add(zip, name, files[i][1], strlen(files[i][1])));
  }
  mmd_assert_ok(mmd_zip_writer_finish(zip));
  mmd_assert_ok(mmd_writer_commit(writer));
  mmd_zip_writer_destroy(zip);
  mmd_writer_destroy(writer);
}

static void reads_archives(void **state) {
  (void)state;
  char *path = mmd_path_join(test_folder, "package.zip");
  for (int i = 0; i < 2; ++i) {
    mmd_package_t *package = NULL;
    mmd_storage_t *storage = NULL, *net = NULL;
    char *net_path = NULL;
    write_zip(path, i ? "folder/" : "");
    mmd_assert_ok(mmd_package_open(path, &package));
    check_content(package);
    mmd_assert_ok(mmd_package_read(package, "end2end.onnx", &net, &net_path));
    assert_memory_equal(mmd_storage_data(net), "net", 3);
    assert_null(net_path);
    mmd_package_release(package);
    mmd_storage_release(net);
    mmd_assert_ok(mmd_storage_map_file(path, &storage));
    mmd_assert_ok(mmd_package_open_memory(storage, &package));
    mmd_storage_release(storage);
    assert_string_equal(mmd_package_path(package), "memory");
    check_content(package);
    mmd_assert_fails(mmd_package_read(package, "other", &net, NULL), MMD_NOT_FOUND, "'other'");
    mmd_package_release(package);
  }
  mmd_free(path);
}

// An archive whose entry names point outside; the writer refuses such names, so bytes are changed.
static void refuses_hostile_archives(void **state) {
  (void)state;
  char *path = mmd_path_join(test_folder, "package.zip"), *data = NULL;
  mmd_package_t *package = NULL;
  size_t size = 0;
  write_zip(path, "ab/");
  mmd_assert_ok(mmd_file_read(path, 0, &data, &size));
  for (size_t i = 0; i + 3 < size; ++i) {
    if (memcmp(data + i, "ab/", 3) == 0) memcpy(data + i, "../", 3);
  }
  mmd_assert_ok(mmd_file_write(path, data, size));
  mmd_assert_fails(mmd_package_open(path, &package), MMD_INVALID_ARGUMENT, "leaves the archive");
  for (size_t cut = 0; cut < size; cut += size / 40 + 1) {
    mmd_assert_ok(mmd_file_write(path, data, cut));
    assert_true(mmd_status_ignore(mmd_package_open(path, &package)));
    assert_null(package);
  }
  mmd_free(data);
  mmd_free(path);
}

static void check_deploy(const char *text, mmd_code_t code, const char *part) {
  mmd_package_t *package = NULL;
  test_put("deploy.json", text);
  mmd_assert_fails(mmd_package_open(test_folder, &package), code, part);
  assert_null(package);
}

static void refuses_bad_packages(void **state) {
  (void)state;
  mmd_package_t *package = NULL;
  const mmd_value_t *value = NULL;
  mmd_assert_fails(mmd_package_open("/nowhere/at/all", &package), MMD_NOT_FOUND,
                   "/nowhere/at/all: no such file");
  mmd_assert_fails(mmd_package_open(test_folder, &package), MMD_CORRUPT, "no deploy.json");
  check_deploy("", MMD_INVALID_ARGUMENT, "deploy.json:1:1");
  check_deploy("[]", MMD_CORRUPT, "deploy.json: version");
  check_deploy("{\"version\": 3}", MMD_CORRUPT, "version");
  check_deploy("{\"version\": \"1\", \"models\": {}}", MMD_CORRUPT, "models");
  check_deploy("{\"version\": \"1\", \"models\": []}", MMD_CORRUPT, "models");
  check_deploy(DEPLOY("7"), MMD_INVALID_ARGUMENT, "models[0]");
  check_deploy(DEPLOY("{}"), MMD_INVALID_ARGUMENT, "models[0]: 'name'");
  check_deploy(DEPLOY(NET("1", "\"null\"", "1")), MMD_INVALID_ARGUMENT, "models[0].net");
  check_deploy(DEPLOY(NET("\"a\"", "null", "1")), MMD_INVALID_ARGUMENT, "models[0].backend");
  check_deploy(DEPLOY(NET("\"a\"", "\"null\"", "0")), MMD_INVALID_ARGUMENT, "batch_size");
  check_deploy(DEPLOY(NET("\"a\"", "\"null\"", "1e300")), MMD_INVALID_ARGUMENT, "batch_size");
  test_put("deploy.json", GOOD_DEPLOY);
  test_put("end2end.onnx", "net");
  char *net = mmd_path_join(test_folder, "end2end.onnx");
  mmd_assert_fails(mmd_package_open(net, &package), MMD_CORRUPT, "give the folder");
  mmd_free(net);
  mmd_assert_ok(mmd_package_open(test_folder, &package));
  mmd_assert_fails(mmd_package_pipeline(package, &value), MMD_NOT_FOUND, "'pipeline.json'");
  assert_null(value);
  test_put("pipeline.json", "{\"pipeline\": ");
  mmd_assert_fails(mmd_package_pipeline(package, &value), MMD_INVALID_ARGUMENT, "pipeline.json");
  mmd_assert_ok(mmd_package_classes(package, &value));
  assert_null(value);
  mmd_package_release(package);
}

static mmd_status_t open_and_read(void *path) {
  mmd_package_t *package = NULL;
  mmd_storage_t *net = NULL;
  const mmd_value_t *value = NULL;
  char *net_path = NULL;
  mmd_status_t status = mmd_package_open(path, &package);
  if (!status) status = mmd_package_pipeline(package, &value);
  if (!status) status = mmd_package_classes(package, &value);
  if (!status) status = mmd_package_read(package, "end2end.onnx", &net, &net_path);
  mmd_free(net_path);
  mmd_storage_release(net);
  mmd_package_release(package);
  return status;
}

static void survives_lack_of_memory(void **state) {
  (void)state;
  char *path = mmd_path_join(test_folder, "package.zip");
  write_zip(path, "");
  test_put("deploy.json", GOOD_DEPLOY);
  test_put("pipeline.json", "{\"pipeline\": {}}");
  test_put("detail.json", "{\"classes\": [\"cat\", \"dog\"]}");
  test_put("end2end.onnx", "net");
  mmd_test_sweep(open_and_read, test_folder);
  mmd_test_sweep(open_and_read, path);
  mmd_free(path);
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, test_folder_set_up, test_folder_tear_down)
  const struct CMUnitTest tests[] = {
      TEST(reads_directories),    TEST(reads_archives),          TEST(refuses_hostile_archives),
      TEST(refuses_bad_packages), TEST(survives_lack_of_memory),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
