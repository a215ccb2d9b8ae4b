// SPDX-License-Identifier: Apache-2.0
#include "base/log.h"
#include "codebases/mmcls/models/golden_support.h"

// The message of building |golden|, which must fail.
static void message_of(const golden_t *golden, char *text, size_t size) {
  mmd_graph_t *graph = NULL;
  mmd_status_t status = golden_build(golden, &graph);
  assert_non_null(status);
  snprintf(text, size, "%s", mmd_status_message(status));
  mmd_status_free(status);
}

static void change(golden_t *golden, const char *assignment) {
  mmd_assert_ok(mmd_pyconfig_apply_override(golden->config, assignment));
}

static void test_unsupported_modules_are_listed_together(void **state) {
  golden_t golden;
  char text[1024];
  (void)state;
  golden_open(&golden, "mmcls/resnet18");
  change(&golden, "model.backbone.type=ResNett");
  change(&golden, "model.neck.type=GlobalAveragePool");
  change(&golden, "model.head.type=mmdet.LinearClsHead");
  message_of(&golden, text, sizeof text);
  assert_string_equal(
      text,
      "3 unsupported modules: model.backbone: mmcls backbone 'ResNett' (nearest "
      "known: 'ResNet'); model.neck: mmcls neck 'GlobalAveragePool' (nearest known: "
      "'GlobalAveragePooling'); model.head: mmdet head 'LinearClsHead'");
  golden_close(&golden);
}

static void test_unknown_classifier(void **state) {
  golden_t golden;
  char text[1024];
  (void)state;
  golden_open(&golden, "mmpretrain/resnet18");
  change(&golden, "model.type=ImageClasifier");
  message_of(&golden, text, sizeof text);
  assert_string_equal(text,
                      "1 unsupported module: model: mmcls model 'ImageClasifier' (nearest known: "
                      "'ImageClassifier')");
  golden_close(&golden);
}

static void test_wrong_widths_are_listed_together(void **state) {
  golden_t golden;
  char text[4096];
  (void)state;
  golden_open(&golden, "mmcls/resnet18");
  change(&golden, "model.head.num_classes=10");
  message_of(&golden, text, sizeof text);
  assert_string_equal(text,
                      "checkpoint.pth: 2 keys of another shape: 'head.fc.weight' (wanted by "
                      "model.head as 10x32, is 12x32), 'head.fc.bias' (wanted by model.head as 10, "
                      "is 12)");
  golden_close(&golden);
}

// Terabytes are wanted: the answer is a list of keys, not a lack of memory.
static void test_absurd_widths(void **state) {
  golden_t golden;
  char text[8192];
  (void)state;
  golden_open(&golden, "mmcls/resnet18");
  change(&golden, "model.backbone.base_channels=65536");
  message_of(&golden, text, sizeof text);
  assert_non_null(strstr(text,
                         "keys of another shape: 'backbone.layer1.0.conv1.weight' (wanted by "
                         "model.backbone as 65536x4x3x3, is 4x4x3x3)"));
  assert_non_null(strstr(text, " more"));
  golden_close(&golden);
}

static char last_warning[4096];
static void keep_warning(mmd_log_level_t level, const char *message, void *user) {
  (void)user;
  if (level == MMD_LOG_WARN) snprintf(last_warning, sizeof last_warning, "%s", message);
}

static void test_missing_keys_are_listed_together(void **state) {
  golden_t golden;
  char text[4096];
  (void)state;
  golden_open(&golden, "mmcls/resnet18");
  change(&golden, "model.head.type=VisionTransformerClsHead");
  message_of(&golden, text, sizeof text);
  assert_string_equal(text,
                      "checkpoint.pth: 2 keys missing: 'head.layers.head.weight' (wanted by "
                      "model.head as 12x32; nearest unused key 'head.fc.weight'), "
                      "'head.layers.head.bias' (wanted by model.head as 12; nearest unused key "
                      "'head.fc.bias')");
  golden_close(&golden);
}

static void test_unexpected_keys_are_a_warning(void **state) {
  golden_t golden;
  mmd_graph_t *graph = NULL;
  (void)state;
  golden_open(&golden, "mmcls/resnet18");
  golden_set(mmd_object_get(golden.config, "model"), "head", "dict(type='ClsHead')");
  mmd_log_set_callback(keep_warning, NULL);
  mmd_assert_ok(golden_build(&golden, &graph));
  mmd_log_set_callback(NULL, NULL);
  assert_string_equal(last_warning,
                      "checkpoint.pth: 2 unexpected keys in the checkpoint, not used: "
                      "'head.fc.weight', 'head.fc.bias'");
  mmd_graph_destroy(graph);
  golden_close(&golden);
}

static void test_names_and_types_follow_the_deploy_config(void **state) {
  golden_t golden;
  mmd_graph_t *graph = NULL;
  mmd_str_t text = {0};
  (void)state;
  golden_open(&golden, "mmcls/resnet18");
  mmd_assert_ok(mmd_pyconfig_apply_override(golden.deploy, "onnx_config.input_names=['images']"));
  mmd_assert_ok(mmd_pyconfig_apply_override(golden.deploy, "onnx_config.output_names=['scores']"));
  golden_set(mmd_object_get(golden.deploy, "onnx_config"), "dynamic_axes",
             "{'images': {0: 'n', 3: 'w'}, 'scores': {0: 'n'}}");
  mmd_assert_ok(golden_build(&golden, &graph));
  assert_int_equal(graph->root->input_count, 1);
  assert_int_equal(graph->root->output_count, 1);
  assert_string_equal(graph->root->inputs[0]->name, "images");
  assert_string_equal(graph->root->outputs[0]->name, "scores");
  mmd_assert_ok(mmd_type_format(&graph->root->inputs[0]->type, &text));
  mmd_assert_ok(mmd_str_append(&text, " "));
  mmd_assert_ok(mmd_type_format(&graph->root->outputs[0]->type, &text));
  assert_string_equal(mmd_str_text(&text), "f32[n,3,64,w] f32[n,12]");
  mmd_str_deinit(&text);
  mmd_graph_destroy(graph);
  golden_close(&golden);
}

static void test_static_size_that_depends_on_the_image(void **state) {
  golden_t golden;
  mmd_graph_t *graph = NULL;
  (void)state;
  golden_open(&golden, "mmcls/resnet18");
  golden_set(mmd_object_get_path(golden.config, "data.test"), "pipeline",
             "[dict(type='Normalize')]");
  mmd_value_release(golden.deploy);
  golden.deploy = golden_deploy(false, "None");
  mmd_assert_fails(golden_build(&golden, &graph), MMD_INVALID_ARGUMENT,
                   "give onnx_config.input_shape");
  golden_close(&golden);
}

typedef struct failing_t {
  const mmd_allocator_t *inner;
  long left;  // allocations until one fails
} failing_t;

static void *fail_allocate(void *self, size_t size) {
  failing_t *failing = self;
  return failing->left-- == 0 ? NULL : failing->inner->allocate(failing->inner->self, size);
}

static void *fail_reallocate(void *self, void *pointer, size_t size) {
  failing_t *failing = self;
  if (failing->left-- == 0) return NULL;
  return failing->inner->reallocate(failing->inner->self, pointer, size);
}

static void fail_free(void *self, void *pointer) {
  failing_t *failing = self;
  failing->inner->free(failing->inner->self, pointer);
}

// Every tenth allocation of a build fails once; the status says so and nothing leaks.
static void test_lack_of_memory(void **state) {
  golden_t golden;
  (void)state;
  golden_open(&golden, "mmpretrain/vit");
  const mmd_allocator_t plain = *mmd_allocator_get();
  for (long n = 0;; n += 10) {
    failing_t failing = {&plain, n};
    const mmd_allocator_t allocator = {&failing, fail_allocate, fail_reallocate, fail_free};
    mmd_graph_t *graph = NULL;
    mmd_allocator_set(&allocator);
    mmd_status_t status = golden_build(&golden, &graph);
    const mmd_code_t code = mmd_status_code(status);
    mmd_status_free(status);
    if (!status) mmd_graph_destroy(graph);
    mmd_allocator_set(NULL);
    if (code == MMD_OK && failing.left >= 0) break;
    assert_true(code == MMD_OUT_OF_MEMORY || code == MMD_OK);
  }
  golden_close(&golden);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_unsupported_modules_are_listed_together),
      cmocka_unit_test(test_unknown_classifier),
      cmocka_unit_test(test_wrong_widths_are_listed_together),
      cmocka_unit_test(test_absurd_widths),
      cmocka_unit_test(test_missing_keys_are_listed_together),
      cmocka_unit_test(test_unexpected_keys_are_a_warning),
      cmocka_unit_test(test_names_and_types_follow_the_deploy_config),
      cmocka_unit_test(test_static_size_that_depends_on_the_image),
      cmocka_unit_test(test_lack_of_memory),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
