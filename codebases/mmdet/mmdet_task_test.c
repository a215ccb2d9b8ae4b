// SPDX-License-Identifier: Apache-2.0
//
// Package metadata against the files that the original wrote (testdata/README.md), and class names.
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "codebases/mmdet/classes.h"
#include "codebases/mmdet/task.h"
#include "formats/pyconfig/pyconfig.h"
#include "frontends/openmmlab/config.h"
#include "tests/support/mmd_test.h"
#include "value/json.h"

#define DATA MMD_SOURCE_DIR "/codebases/mmdet/testdata/"
#define GOLDENS MMD_SOURCE_DIR "/codebases/mmdet/models/testdata/"

static mmd_value_t *read_config(const char *golden) {
  char path[512];
  mmd_value_t *config = NULL;
  snprintf(path, sizeof path, GOLDENS "%s/config.py", golden);
  mmd_assert_ok(mmd_pyconfig_read(path, NULL, &config));
  return config;
}

static mmd_value_t *parse(const char *text) {
  mmd_value_t *value = NULL;
  mmd_assert_ok(mmd_pyconfig_parse(text, strlen(text), "test.py", NULL, &value));
  return value;
}

static mmd_task_context_t context_of(const mmd_value_t *config) {
  return (mmd_task_context_t){
      .model_cfg = config, .dialect = mmd_dialect_detect(config), .backend = "onnxruntime"};
}

static bool is_in(const mmd_value_t *text, const mmd_value_t *array) {
  for (size_t i = 0; i < mmd_array_size(array); ++i) {
    if (mmd_value_equal(mmd_array_at(array, i), text)) return true;
  }
  return false;
}

// Equal, but for the order of meta_keys, which is that of a Python set.
static void compare_step(const mmd_value_t *found, const mmd_value_t *expected) {
  assert_int_equal(mmd_object_size(found), mmd_object_size(expected));
  for (size_t i = 0; i < mmd_object_size(found); ++i) {
    const char *key = mmd_object_key_at(found, i);
    const mmd_value_t *a = mmd_object_value_at(found, i), *b = mmd_object_get(expected, key);
    if (strcmp(key, "meta_keys") != 0) {
      if (!mmd_value_equal(a, b)) print_error("key %s\n", key);
      assert_true(mmd_value_equal(a, b));
      continue;
    }
    assert_int_equal(mmd_array_size(a), mmd_array_size(b));
    for (size_t k = 0; k < mmd_array_size(a); ++k) assert_true(is_in(mmd_array_at(a, k), b));
  }
}

static void check_package(const char *package, const char *golden) {
  char path[512], *name = NULL, *component = NULL;
  mmd_value_t *config = read_config(golden), *pipeline = NULL, *steps = NULL, *params = NULL;
  const mmd_task_context_t context = context_of(config);
  const mmd_task_t *task = &mmd_mmdet_detection;
  snprintf(path, sizeof path, DATA "%s/pipeline.json", package);
  mmd_assert_ok(mmd_json_read_file(path, &pipeline));
  const mmd_value_t *tasks = mmd_object_get_path(pipeline, "pipeline.tasks");
  const mmd_value_t *expected = mmd_object_get(mmd_array_at(tasks, 0), "transforms");
  mmd_assert_ok(task->preprocess(&context, &steps));
  assert_int_equal(mmd_array_size(steps), mmd_array_size(expected));
  for (size_t i = 0; i < mmd_array_size(steps); ++i)
    compare_step(mmd_array_at(steps, i), mmd_array_at(expected, i));
  mmd_assert_ok(task->model_name(&context, &name));
  assert_string_equal(name,
                      mmd_value_get_string(mmd_object_get(mmd_array_at(tasks, 1), "name"), ""));
  mmd_assert_ok(task->postprocess(&context, &component, &params));
  const mmd_value_t *post = mmd_array_at(tasks, 2);
  assert_string_equal(component, mmd_value_get_string(mmd_object_get(post, "component"), ""));
  assert_true(mmd_value_equal(params, mmd_object_get(post, "params")));
  mmd_free(name);
  mmd_free(component);
  mmd_value_release(params);
  mmd_value_release(steps);
  mmd_value_release(pipeline);
  mmd_value_release(config);
}

static void test_packages(void **state) {
  (void)state;
  check_package("0.14.0/retinanet_dynamic", "0.x/retinanet");
  check_package("1.3.1/yolox_dynamic", "1.x/yolox");
}

// A static network makes the steps fixed.
static void test_input_shape(void **state) {
  mmd_value_t *config = read_config("0.x/retinanet"), *steps = NULL;
  mmd_value_t *deploy = parse(
      "onnx_config = dict(input_names=['input'], output_names=['dets', 'labels'],"
      " input_shape=[320, 192])\ncodebase_config = dict(type='mmdet', task='ObjectDetection')\n"
      "backend_config = dict(type='onnxruntime')\n");
  mmd_value_t *size = parse("a = [192, 320]\n");
  mmd_task_context_t context = context_of(config);
  int64_t found[2];
  (void)state;
  mmd_assert_ok(mmd_mmdet_detection.input_size(&context, found));
  assert_int_equal(found[0], 0);  // the picture's shape is kept
  context.deploy_cfg = deploy;
  mmd_assert_ok(mmd_mmdet_detection.preprocess(&context, &steps));
  const mmd_value_t *resize = mmd_array_at(steps, 1);
  assert_true(mmd_value_equal(mmd_object_get(resize, "size"), mmd_object_get(size, "a")));
  assert_false(mmd_value_get_bool(mmd_object_get(resize, "keep_ratio"), true));
  assert_int_equal(mmd_value_get_int(mmd_object_get(mmd_array_at(steps, 3), "size_divisor"), 0), 1);
  mmd_assert_ok(mmd_mmdet_detection.input_size(&context, found));
  assert_int_equal(found[0], 192);
  assert_int_equal(found[1], 320);
  mmd_value_release(steps);
  mmd_value_release(size);
  mmd_value_release(deploy);
  mmd_value_release(config);
}

static size_t class_count(const char *text, const char **out_first) {
  static char first[64];
  mmd_value_t *config = parse(text), *classes = NULL;
  const mmd_task_context_t context = context_of(config);
  mmd_assert_ok(mmd_mmdet_detection.classes(&context, &classes));
  const size_t count = mmd_array_size(classes);
  snprintf(first, sizeof first, "%s", mmd_value_get_string(mmd_array_at(classes, 0), ""));
  *out_first = first;
  mmd_value_release(classes);
  mmd_value_release(config);
  return count;
}

static void test_classes(void **state) {
  const char *first;
  (void)state;
  assert_int_equal(class_count("model = dict(bbox_head=dict(num_classes=80))\n"
                               "data = dict(test=dict(type='CocoDataset'))\n",
                               &first),
                   80);
  assert_string_equal(first, "person");
  assert_int_equal(class_count("model = dict(roi_head=dict(bbox_head=[dict(num_classes=20)]))\n"
                               "data = dict(test=dict(type='RepeatDataset', "
                               "dataset=dict(type='VOCDataset')))\n",
                               &first),
                   20);
  assert_string_equal(first, "aeroplane");
  assert_int_equal(class_count("model = dict(bbox_head=dict(num_classes=3))\n"
                               "data = dict(test=dict(type='CocoDataset'))\n",
                               &first),
                   0);
  assert_int_equal(class_count("model = dict(bbox_head=dict(num_classes=2))\n"
                               "data = dict(test=dict(type='CocoDataset', classes=('a', 'b')))\n",
                               &first),
                   2);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_packages),
      cmocka_unit_test(test_input_shape),
      cmocka_unit_test(test_classes),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
