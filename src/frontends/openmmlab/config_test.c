// SPDX-License-Identifier: Apache-2.0
#include "frontends/openmmlab/config.h"

#include <string.h>

#include "formats/pyconfig/pyconfig.h"
#include "tests/support/mmd_test.h"
#include "tests/support/mmd_test_fail.h"

#define BASE                                                      \
  "codebase_config = dict(type='mmcls', task='Classification')\n" \
  "backend_config = dict(type='onnxruntime')\n"

static mmd_value_t *parse(const char *text) {
  mmd_value_t *value = NULL;
  mmd_assert_ok(mmd_pyconfig_parse(text, strlen(text), "deploy.py", NULL, &value));
  return value;
}

static void test_defaults(void **state) {
  mmd_deploy_view_t view;
  (void)state;
  mmd_value_t *config = parse(BASE "onnx_config = dict(type='onnx')\n");
  mmd_assert_ok(mmd_deploy_view_read(config, &view));
  assert_string_equal(view.save_file, "end2end.onnx");
  assert_int_equal(view.input_count, 1);
  assert_string_equal(view.input_names[0], "input");
  assert_string_equal(view.output_names[0], "output");
  assert_int_equal(view.opset_version, 11);
  assert_true(view.keep_initializers_as_inputs);
  assert_false(view.optimize);
  assert_false(view.has_input_shape);
  assert_string_equal(view.model_type, "end2end");
  assert_false(mmd_deploy_is_dynamic_batch(&view, NULL));
  assert_false(mmd_deploy_is_dynamic_shape(&view, NULL, MMD_DIALECT_0X));
  mmd_value_release(config);
}

static void test_ir_config_wins(void **state) {
  mmd_deploy_view_t view;
  (void)state;
  mmd_value_t *config = parse(BASE
                              "onnx_config = dict(save_file='a.onnx')\n"
                              "ir_config = dict(type='torchscript', input_shape=[192, 160])\n");
  mmd_assert_ok(mmd_deploy_view_read(config, &view));
  assert_string_equal(view.save_file, "end2end.pt");
  assert_true(view.has_input_shape);
  assert_int_equal(view.input_width, 192);
  assert_int_equal(view.input_height, 160);
  mmd_value_release(config);
}

static void expect_dynamic(const char *axes, bool batch, bool shape_0x, bool shape_1x) {
  mmd_deploy_view_t view;
  mmd_str_t text = {0};
  mmd_assert_ok(mmd_str_printf(&text, BASE "onnx_config = dict(dynamic_axes=%s)\n", axes));
  mmd_value_t *config = parse(mmd_str_text(&text));
  mmd_assert_ok(mmd_deploy_view_read(config, &view));
  assert_int_equal(mmd_deploy_is_dynamic_batch(&view, NULL), batch);
  assert_int_equal(mmd_deploy_is_dynamic_shape(&view, "input", MMD_DIALECT_0X), shape_0x);
  assert_int_equal(mmd_deploy_is_dynamic_shape(&view, "input", MMD_DIALECT_1X), shape_1x);
  mmd_value_release(config);
  mmd_str_deinit(&text);
}

static void test_dynamic_axes(void **state) {
  (void)state;
  expect_dynamic("{'input': {0: 'batch', 2: 'height', 3: 'width'}}", true, true, true);
  expect_dynamic("{'input': {3: 'width'}}", false, false, true);
  expect_dynamic("{'input': [0, 2, 3]}", true, true, true);
  expect_dynamic("[[0, 2], [0]]", true, false, true);
  expect_dynamic("{'other': {0: 'batch'}}", false, false, false);
}

static void test_types(void **state) {
  static const int64_t dims[] = {1, 3, 224, 160};
  mmd_deploy_view_t view;
  mmd_graph_t *graph = NULL;
  mmd_type_t type;
  mmd_str_t text = {0};
  (void)state;
  mmd_value_t *config = parse(
      BASE
      "onnx_config = dict(dynamic_axes={'input': {0: 'batch', 3: 'width'}, 'output': [0, 1]})");
  mmd_assert_ok(mmd_deploy_view_read(config, &view));
  mmd_assert_ok(mmd_graph_create("types", &graph));
  mmd_assert_ok(mmd_deploy_tensor_type(&view, graph, "input", MMD_F32, 4, dims, &type));
  mmd_assert_ok(mmd_type_format(&type, &text));
  mmd_assert_ok(mmd_deploy_tensor_type(&view, graph, "output", MMD_F32, 2, dims, &type));
  mmd_assert_ok(mmd_type_format(&type, &text));
  assert_string_equal(mmd_str_text(&text),
                      "f32[batch,3,224,width]f32[output_dynamic_axes_1,output_dynamic_axes_2]");
  mmd_str_deinit(&text);
  mmd_graph_destroy(graph);
  mmd_value_release(config);
}

static void test_errors(void **state) {
  static const char *const texts[] = {
      "x = 1",
      BASE "onnx_config = dict(input_shape=[1, 2, 3])",
      BASE "onnx_config = dict(input_shape='224')",
      BASE "onnx_config = dict(input_names=[])",
      BASE "onnx_config = dict(output_names=[3])",
      "onnx_config = dict()\ncodebase_config = dict(type='mmcls')",
      "onnx_config = dict()\ncodebase_config = dict(type='mmcls', task='Classification')",
  };
  static const char *const messages[] = {
      "onnx_config (or ir_config): expected a dict, found nothing",
      "onnx_config.input_shape: expected None or [width, height]",
      "onnx_config.input_shape: expected None or [width, height]",
      "onnx_config.input_names: 0 names",
      "onnx_config.output_names: expected a list of names, found int",
      "codebase_config.task: expected a string, found nothing",
      "backend_config.type: expected a string, found nothing",
  };
  (void)state;
  for (size_t i = 0; i < sizeof texts / sizeof texts[0]; ++i) {
    mmd_deploy_view_t view;
    mmd_value_t *config = parse(texts[i]);
    mmd_status_t status = mmd_deploy_view_read(config, &view);
    if (!strstr(mmd_status_message(status), messages[i])) {
      print_error("%s\n", mmd_status_message(status));
    }
    assert_non_null(strstr(mmd_status_message(status), messages[i]));
    mmd_status_free(status);
    mmd_value_release(config);
  }
}

static void test_dialects(void **state) {
  static const struct {
    const char *text;
    mmd_dialect_t dialect;
  } cases[] = {
      {"data = dict(test=dict(type='ImageNet'))\ntest_pipeline = []", MMD_DIALECT_0X},
      {"test_pipeline = []\ndefault_scope = 'mmpretrain'", MMD_DIALECT_1X},
      {"test_dataloader = dict()", MMD_DIALECT_1X},
      {"model = dict()", MMD_DIALECT_0X},
  };
  (void)state;
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; ++i) {
    mmd_value_t *config = parse(cases[i].text);
    assert_int_equal(mmd_dialect_detect(config), cases[i].dialect);
    mmd_value_release(config);
  }
  assert_string_equal(mmd_codebase_of_scope("mmpretrain"), "mmcls");
  assert_string_equal(mmd_codebase_of_scope("mmdet"), "mmdet");
  assert_string_equal(mmd_type_without_scope("mmpretrain.ResNet"), "ResNet");
  assert_string_equal(mmd_type_without_scope("ResNet"), "ResNet");
}

static mmd_status_t view_once(void *config) {
  mmd_deploy_view_t view;
  return mmd_deploy_view_read(config, &view);
}

static void test_short_memory(void **state) {
  (void)state;
  mmd_value_t *config = parse(BASE
                              "onnx_config = dict(save_file='a.onnx', input_names=['x'], "
                              "output_names=['y', 'z'], input_shape=[8, 9], "
                              "dynamic_axes=dict(x={0: 'batch'}))\n");
  mmd_test_sweep(view_once, config);
  mmd_value_release(config);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_defaults),     cmocka_unit_test(test_ir_config_wins),
      cmocka_unit_test(test_dynamic_axes), cmocka_unit_test(test_types),
      cmocka_unit_test(test_errors),       cmocka_unit_test(test_dialects),
      cmocka_unit_test(test_short_memory),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
