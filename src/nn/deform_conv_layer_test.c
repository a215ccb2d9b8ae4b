// SPDX-License-Identifier: Apache-2.0
//
// Which weights deformable convolutions ask for and what they refuse; their numbers are proved by
// mmdet's goldens.
#include "nn/deform_conv.h"

#include <stdio.h>
#include <string.h>

#include "tests/support/mmd_test.h"
#include "value/json.h"

enum { MAX_KEYS = 8 };

typedef struct source_t {
  bool is_old;  // "conv2_offset.weight", not "conv2.conv_offset.weight"
  int count;
  char keys[MAX_KEYS][64];
} source_t;

static mmd_status_t get(void *self, const char *key, mmd_dtype_t dtype, const mmd_shape_t *shape,
                        const char *wanted_by, mmd_tensor_t *out_tensor) {
  source_t *source = self;
  (void)wanted_by;
  assert_true(source->count < MAX_KEYS);
  snprintf(source->keys[source->count++], sizeof source->keys[0], "%s", key);
  return mmd_tensor_create(dtype, shape, true, out_tensor);
}

static bool peek(void *self, const char *key, mmd_shape_t *out_shape) {
  const source_t *source = self;
  *out_shape = (mmd_shape_t){0};
  return strcmp(key, source->is_old ? "block.conv2_offset.weight"
                                    : "block.conv2.conv_offset.weight") == 0;
}

static mmd_status_t build(source_t *source, const char *cfg_text, const mmd_conv_t *conv) {
  static const int64_t dims[] = {1, 4, 8, 8};
  mmd_weight_source_t weights = {source, get, peek};
  mmd_graph_t *graph = NULL;
  mmd_value_t *cfg = NULL;
  mmd_builder_t builder;
  mmd_edge_t *x;
  mmd_assert_ok(mmd_json_parse(cfg_text, strlen(cfg_text), "cfg", &cfg));
  mmd_assert_ok(mmd_graph_create("test", &graph));
  mmd_assert_ok(mmd_graph_set_opset(graph, MMD_DOMAIN_ONNX, 20));
  const mmd_type_t type = mmd_type_tensor(graph, MMD_F32, 4, dims);
  mmd_assert_ok(mmd_region_add_input(graph->root, "x", &type, &x));
  mmd_assert_ok(mmd_builder_init(&builder, graph, &weights));
  const size_t mark = mmd_scope_enter(&builder, "block");
  mmd_edge_t *y = mmd_nn_conv_by_cfg(&builder, "conv2", cfg, conv, x);
  mmd_scope_leave(&builder, mark);
  mmd_nn_infer(&builder);
  if (mmd_builder_ok(&builder)) assert_int_equal(mmd_nn_size(y, 2), 4);
  mmd_status_t status = mmd_builder_finish(&builder);
  mmd_graph_destroy(graph);
  mmd_value_release(cfg);
  return status;
}

static void expect_keys(const char *cfg, bool is_old, bool bias, int count,
                        const char *const *keys) {
  source_t source = {.is_old = is_old};
  mmd_conv_t conv = mmd_conv_square(4, 6, 3, 2, 1);
  conv.bias = bias;
  mmd_assert_ok(build(&source, cfg, &conv));
  assert_int_equal(source.count, count);
  for (int i = 0; i < count; ++i) assert_string_equal(source.keys[i], keys[i]);
}

static void test_keys(void **state) {
  (void)state;
  expect_keys("null", false, true, 2, (const char *[]){"block.conv2.weight", "block.conv2.bias"});
  expect_keys("{\"type\": \"ConvWS\"}", false, false, 1, (const char *[]){"block.conv2.weight"});
  expect_keys("{\"type\": \"DCN\", \"deform_groups\": 2}", false, false, 3,
              (const char *[]){"block.conv2.conv_offset.weight", "block.conv2.conv_offset.bias",
                               "block.conv2.weight"});
  expect_keys("{\"type\": \"DCN\"}", true, false, 3,
              (const char *[]){"block.conv2_offset.weight", "block.conv2_offset.bias",
                               "block.conv2.weight"});
  expect_keys("{\"type\": \"DCNv2\", \"im2col_step\": 1}", false, true, 4,
              (const char *[]){"block.conv2.conv_offset.weight", "block.conv2.conv_offset.bias",
                               "block.conv2.weight", "block.conv2.bias"});
}

static void expect_failure(const char *cfg, bool bias, int code, const char *message) {
  source_t source = {.is_old = false};
  mmd_conv_t conv = mmd_conv_square(4, 6, 3, 2, 1);
  conv.bias = bias;
  mmd_assert_fails(build(&source, cfg, &conv), code, message);
}

static void test_failures(void **state) {
  (void)state;
  expect_failure("{\"type\": \"DCN\"}", true, MMD_INVALID_ARGUMENT, "cannot have a bias");
  expect_failure("{\"type\": \"DCN\", \"deform_groups\": 3}", false, MMD_INVALID_ARGUMENT,
                 "'conv2' of 4 channels has no 3 deform_groups");
  expect_failure("{\"type\": \"DCN\", \"fallback_on_stride\": true}", false, MMD_NOT_SUPPORTED,
                 "fallback_on_stride");
  expect_failure("{\"type\": \"ConvAWS\"}", false, MMD_NOT_SUPPORTED, "'ConvAWS'");
  expect_failure("{\"type\": \"Conv2d\", \"deform_groups\": 1}", false, MMD_INVALID_ARGUMENT,
                 "deform_groups");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_keys),
      cmocka_unit_test(test_failures),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
