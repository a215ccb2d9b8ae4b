// SPDX-License-Identifier: Apache-2.0
//
// Package metadata against the files that the original wrote (testdata/README.md), and class names.
#include "codebases/mmcls/task.h"

#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/log.h"
#include "codebases/mmcls/classes.h"
#include "formats/pyconfig/pyconfig.h"
#include "frontends/openmmlab/config.h"
#include "tests/support/mmd_test.h"
#include "value/json.h"

#define DATA MMD_SOURCE_DIR "/codebases/mmcls/testdata/"
#define GOLDENS MMD_SOURCE_DIR "/codebases/mmcls/models/testdata/"

typedef struct package_t {
  const char *release, *name;
  const char *model;  // below models/, or a golden's name when |is_golden|
  bool is_golden;
  int64_t height, width;  // behind the pipeline; 0 = depends on the image
} package_t;

static const package_t packages[] = {
    {"0.14.0", "resnet18_static", "resnet18_8xb32_in1k.py", false, 224, 224},
    {"0.14.0", "resnet18_dynamic", "resnet18_8xb32_in1k.py", false, 224, 224},
    {"0.14.0", "mobilenet-v2_dynamic", "mobilenet-v2_8xb32_in1k.py", false, 224, 224},
    {"0.14.0", "seresnet50_static", "seresnet50_8xb32_in1k.py", false, 224, 224},
    {"0.14.0", "vit-base-p16_dynamic", "vit-base-p16_pt-64xb64_in1k-224.py", false, 224, 224},
    {"0.14.0", "vit-base-p16-384_static", "vit-base-p16_ft-64xb64_in1k-384.py", false, 384, 384},
    {"0.14.0", "resnet18-cifar10_dynamic", "resnet18_8xb16_cifar10.py", false, 0, 0},
    {"0.14.0", "resnet18_static-192x160", "resnet18_8xb32_in1k.py", false, 224, 224},
    {"0.14.0", "resnet50-caffe_dynamic", "resnet50_caffe", true, 64, 64},
    {"0.14.0", "resnetv1c50_dynamic", "resnetv1c50", true, 64, 64},
    {"0.14.0", "resnetv1d50_static", "resnetv1d50", true, 64, 64},
    {"0.14.0", "clshead_dynamic", "clshead", true, 64, 64},
    {"1.3.1", "resnet18_dynamic", "resnet18_8xb32_in1k.py", false, 224, 224},
    {"1.3.1", "resnet50_static", "resnet50_8xb32_in1k.py", false, 224, 224},
    {"1.3.1", "resnet50_dynamic", "resnet50_8xb32_in1k.py", false, 224, 224},
    {"1.3.1", "mobilenet-v2_dynamic", "mobilenet-v2_8xb32_in1k.py", false, 224, 224},
    {"1.3.1", "vit-base-p16_dynamic", "vit-base-p16_64xb64_in1k.py", false, 224, 224},
    {"1.3.1", "resnet18-cifar10_dynamic", "resnet18_8xb16_cifar10.py", false, 0, 0},
    {"1.3.1", "resnet18_static-192x160", "resnet18_8xb32_in1k.py", false, 224, 224},
    {"1.3.1", "resnetv1d50_static", "resnetv1d50", true, 64, 64},
    {"1.3.1", "clshead_dynamic", "clshead", true, 64, 64},
};

static mmd_value_t *read_model(const package_t *package) {
  const bool old = strcmp(package->release, "0.14.0") == 0;
  char path[512];
  mmd_value_t *config = NULL;
  if (package->is_golden) {
    snprintf(path, sizeof path, GOLDENS "%s/%s/config.py", old ? "mmcls" : "mmpretrain",
             package->model);
  } else {
    snprintf(path, sizeof path, DATA "%s/models/%s", package->release, package->model);
  }
  mmd_assert_ok(mmd_pyconfig_read(path, NULL, &config));
  return config;
}

static mmd_value_t *read_json(const package_t *package, const char *file) {
  char path[512];
  mmd_value_t *value = NULL;
  snprintf(path, sizeof path, DATA "%s/%s/%s", package->release, package->name, file);
  mmd_assert_ok(mmd_json_read_file(path, &value));
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

static void compare_sets(const mmd_value_t *found, const mmd_value_t *expected) {
  assert_int_equal(mmd_array_size(found), mmd_array_size(expected));
  for (size_t i = 0; i < mmd_array_size(found); ++i) {
    assert_true(is_in(mmd_array_at(found, i), expected));
  }
}

// What we keep of a 1.x ResizeEdge and the original drops.
static bool is_our_own(const mmd_value_t *step, const char *key, mmd_dialect_t dialect) {
  return dialect == MMD_DIALECT_1X &&
         mmd_value_get_bool(mmd_object_get(step, "keep_ratio"), false) &&
         (strcmp(key, "backend") == 0 || strcmp(key, "interpolation") == 0);
}

static void compare_step(const mmd_value_t *found, const mmd_value_t *expected,
                         mmd_dialect_t dialect) {
  for (size_t i = 0; i < mmd_object_size(found); ++i) {
    const char *key = mmd_object_key_at(found, i);
    const mmd_value_t *wanted = mmd_object_get(expected, key);
    if (strcmp(key, "meta_keys") == 0) {
      compare_sets(mmd_object_value_at(found, i), wanted);
    } else if (wanted || !is_our_own(expected, key, dialect)) {
      if (!mmd_value_equal(mmd_object_value_at(found, i), wanted)) print_error("key %s\n", key);
      assert_true(mmd_value_equal(mmd_object_value_at(found, i), wanted));
    }
  }
  for (size_t i = 0; i < mmd_object_size(expected); ++i) {
    assert_non_null(mmd_object_get(found, mmd_object_key_at(expected, i)));
  }
}

static void check_transforms(const mmd_task_context_t *context, const mmd_value_t *expected) {
  mmd_value_t *found = NULL;
  mmd_assert_ok(mmd_mmcls_classification.preprocess(context, &found));
  assert_int_equal(mmd_array_size(found), mmd_array_size(expected));
  for (size_t i = 0; i < mmd_array_size(found); ++i) {
    compare_step(mmd_array_at(found, i), mmd_array_at(expected, i), context->dialect);
  }
  mmd_value_release(found);
}

static void check_postprocess(const mmd_task_context_t *context, const mmd_value_t *expected) {
  char *component = NULL;
  mmd_value_t *params = NULL;
  mmd_assert_ok(mmd_mmcls_classification.postprocess(context, &component, &params));
  assert_string_equal(component, mmd_value_get_string(mmd_object_get(expected, "component"), ""));
  assert_true(mmd_value_equal(params, mmd_object_get(expected, "params")));
  assert_string_equal(mmd_mmcls_classification.sdk_module,
                      mmd_value_get_string(mmd_object_get(expected, "module"), ""));
  mmd_free(component);
  mmd_value_release(params);
}

static void check_name(const mmd_task_context_t *context, const mmd_value_t *deploy) {
  char *name = NULL;
  mmd_assert_ok(mmd_mmcls_classification.model_name(context, &name));
  assert_string_equal(name, mmd_value_get_string(mmd_object_get_path(deploy, "models.0.name"), ""));
  assert_string_equal(mmd_mmcls_classification.sdk_task,
                      mmd_value_get_string(mmd_object_get(deploy, "task"), ""));
  mmd_free(name);
}

static void check_size(const mmd_task_context_t *context, const package_t *package) {
  int64_t size[2];
  mmd_assert_ok(mmd_mmcls_classification.input_size(context, size));
  assert_int_equal(size[0], package->height);
  assert_int_equal(size[1], package->width);
}

static void test_packages_equal_the_original(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof packages / sizeof packages[0]; ++i) {
    mmd_value_t *config = read_model(&packages[i]);
    mmd_value_t *pipeline = read_json(&packages[i], "pipeline.json");
    mmd_value_t *deploy = read_json(&packages[i], "deploy.json");
    const mmd_task_context_t context = context_of(config);
    const bool old = strcmp(packages[i].release, "0.14.0") == 0;
    assert_int_equal(context.dialect, old ? MMD_DIALECT_0X : MMD_DIALECT_1X);
    check_transforms(&context, mmd_object_get_path(pipeline, "pipeline.tasks.0.transforms"));
    check_postprocess(&context, mmd_object_get_path(pipeline, "pipeline.tasks.2"));
    check_name(&context, deploy);
    check_size(&context, &packages[i]);
    mmd_value_release(config);
    mmd_value_release(pipeline);
    mmd_value_release(deploy);
  }
}

static mmd_value_t *parse(const char *text) {
  mmd_value_t *value = NULL;
  mmd_assert_ok(mmd_pyconfig_parse(text, strlen(text), "config.py", NULL, &value));
  return value;
}

static void test_pillow_is_kept_in_1x(void **state) {
  (void)state;
  mmd_value_t *config = parse(
      "data_preprocessor = dict(mean=[1, 2, 3], std=[4, 5, 6], to_rgb=True)\n"
      "test_pipeline = [dict(type='LoadImageFromFile'), dict(type='ResizeEdge', scale=256,\n"
      "  edge='short', backend='pillow', interpolation='bicubic'), dict(type='PackInputs')]\n");
  const mmd_task_context_t context = context_of(config);
  mmd_value_t *steps = NULL;
  mmd_assert_ok(mmd_mmcls_classification.preprocess(&context, &steps));
  mmd_value_t *expected = parse(
      "a = dict(type='Resize', keep_ratio=True, size=[256, -1], backend='pillow',\n"
      "  interpolation='bicubic')");
  assert_true(mmd_value_equal(mmd_array_at(steps, 1), mmd_object_get(expected, "a")));
  mmd_value_release(expected);
  mmd_value_release(steps);
  mmd_value_release(config);
}

static void test_steps_of_1x_that_have_another_name(void **state) {
  (void)state;
  mmd_value_t *config = parse(
      "data_preprocessor = dict(mean=[1, 2, 3], std=[4, 5, 6], to_rgb=True)\n"
      "test_pipeline = [dict(type='LoadImageFromFile'), dict(type='ResizeEdge', scale=256,\n"
      "  edge='long'), dict(type='EfficientNetCenterCrop', crop_size=224), "
      "dict(type='PackInputs')]");
  const mmd_task_context_t context = context_of(config);
  mmd_value_t *steps = NULL;
  mmd_assert_ok(mmd_mmcls_classification.preprocess(&context, &steps));
  mmd_value_t *expected = parse(
      "a = dict(type='Resize', keep_ratio=True, size=[256, -1], adaptive_side='long')\n"
      "b = dict(type='CenterCrop', crop_size=224, efficientnet_style=True,\n"
      "  interpolation='bicubic')");
  assert_true(mmd_value_equal(mmd_array_at(steps, 1), mmd_object_get(expected, "a")));
  assert_true(mmd_value_equal(mmd_array_at(steps, 2), mmd_object_get(expected, "b")));
  mmd_value_release(expected);
  mmd_value_release(steps);
  mmd_value_release(config);
}

static void test_pipelines_that_are_refused(void **state) {
  (void)state;
  static const char *const texts[] = {
      ("test_pipeline = [dict(type='ResizeEdge', scale='big'), dict(type='PackInputs')]\n"
       "default_scope = 'mmpretrain'"),
      "test_pipeline = [dict(type='CenterCrop', crop_size=2)]\ndefault_scope = 'mmpretrain'",
      "test_pipeline = [dict(crop_size=2)]\ndefault_scope = 'mmpretrain'",
      "model = dict()",
  };
  static const char *const messages[] = {"needs a number as scale", "there is no PackInputs",
                                         "test_pipeline[0] has no 'type'",
                                         "test_pipeline is missing"};
  static const mmd_code_t codes[] = {MMD_INVALID_ARGUMENT, MMD_INVALID_ARGUMENT,
                                     MMD_INVALID_ARGUMENT, MMD_INVALID_ARGUMENT};
  for (size_t i = 0; i < 4; ++i) {
    mmd_value_t *config = parse(texts[i]), *steps = NULL;
    const mmd_task_context_t context = context_of(config);
    mmd_assert_fails(mmd_mmcls_classification.preprocess(&context, &steps), codes[i],
                     i < 3 ? messages[i] : "missing or empty");
    mmd_value_release(config);
  }
}

// The class names of |config| with |meta|; the caller releases them.
static mmd_value_t *classes_of(const char *config_text, const char *meta_text) {
  mmd_value_t *config = parse(config_text), *meta = parse(meta_text), *classes = NULL;
  mmd_task_context_t context = context_of(config);
  context.checkpoint_meta = meta;
  mmd_assert_ok(mmd_mmcls_classification.classes(&context, &classes));
  mmd_value_release(config);
  mmd_value_release(meta);
  return classes;
}

static void expect_classes(const char *config, const char *meta, size_t count, const char *first) {
  mmd_value_t *classes = classes_of(config, meta);
  assert_int_equal(mmd_array_size(classes), count);
  assert_string_equal(mmd_value_get_string(mmd_array_at(classes, 0), ""), first);
  mmd_value_release(classes);
}

static void ignore_log(mmd_log_level_t level, const char *message, void *user) {
  (void)level;
  (void)message;
  (void)user;
}

static void test_classes(void **state) {
  (void)state;
  expect_classes("x = 1", "CLASSES = ('a', 'b')", 2, "a");
  expect_classes("x = 1", "dataset_meta = dict(classes=['c'])", 1, "c");
  expect_classes("data = dict(test=dict(type='ImageNet'))", "x = 1", 1000, "tench, Tinca tinca");
  expect_classes("data = dict(test=dict(type='ImageNet', classes=['x', 'y']))", "x = 1", 2, "x");
  expect_classes("test_dataloader = dict(dataset=dict(type='mmpretrain.CIFAR10'))", "x = 1", 10,
                 "airplane");
  expect_classes(
      "test_dataloader = dict(dataset=dict(type='Custom', metainfo=dict(classes=('q',))))", "x = 1",
      1, "q");
  expect_classes("data = dict(test=dict(type='RepeatDataset', dataset=dict(type='CUB')))", "x = 1",
                 200, "Black_footed_Albatross");
  mmd_log_set_callback(ignore_log, NULL);
  mmd_value_t *none = classes_of(
      "data = dict(test=dict(type='ImageNet'))\nmodel = dict(head=dict(num_classes=7))", "x = 1");
  mmd_log_set_callback(NULL, NULL);
  assert_true(mmd_value_is_null(none));
  mmd_value_release(none);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_packages_equal_the_original),
      cmocka_unit_test(test_pillow_is_kept_in_1x),
      cmocka_unit_test(test_steps_of_1x_that_have_another_name),
      cmocka_unit_test(test_pipelines_that_are_refused),
      cmocka_unit_test(test_classes),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
