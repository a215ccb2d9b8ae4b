// SPDX-License-Identifier: Apache-2.0
#include "nn/builder.h"

#include <string.h>

#include "nn/conv_module.h"
#include "nn/se_layer.h"
#include "tests/support/mmd_test.h"

// Gives zeros and writes down the keys.
typedef struct recorder_t {
  mmd_str_t keys;
} recorder_t;

static mmd_status_t record(void *self, const char *key, mmd_dtype_t dtype, const mmd_shape_t *shape,
                           const char *wanted_by, mmd_tensor_t *out_tensor) {
  recorder_t *recorder = self;
  MMD_TRY(mmd_str_printf(&recorder->keys, "%s@%s ", key, wanted_by));
  return mmd_tensor_create(dtype, shape, true, out_tensor);
}

typedef struct fixture_t {
  recorder_t recorder;
  mmd_weight_source_t source;
  mmd_graph_t *graph;
  mmd_builder_t builder;
  mmd_edge_t *input;
} fixture_t;

static void setup(fixture_t *f) {
  static const int64_t dims[] = {1, 3, 8, 8};
  memset(f, 0, sizeof *f);
  f->source = (mmd_weight_source_t){&f->recorder, record, NULL};
  mmd_assert_ok(mmd_graph_create("test", &f->graph));
  mmd_assert_ok(mmd_graph_set_opset(f->graph, MMD_DOMAIN_ONNX, 20));
  const mmd_type_t type = mmd_type_tensor(f->graph, MMD_F32, 4, dims);
  mmd_assert_ok(mmd_region_add_input(f->graph->root, "input", &type, &f->input));
  mmd_assert_ok(mmd_builder_init(&f->builder, f->graph, &f->source));
}

static void teardown(fixture_t *f) {
  mmd_graph_destroy(f->graph);
  mmd_str_deinit(&f->recorder.keys);
}

static void test_conv_module_names(void **state) {
  fixture_t f;
  (void)state;
  setup(&f);
  const mmd_conv_t conv = mmd_conv_square(3, 4, 3, 2, 1);
  const mmd_norm_t norm = mmd_norm_read(&f.builder, "norm_cfg", NULL, "BN", 1e-5), none = {0};
  const mmd_activation_t relu = mmd_activation_read(&f.builder, "act_cfg", NULL, "ReLU");
  const size_t mark = mmd_scope_enter(&f.builder, "backbone.stem");
  mmd_edge_t *x = mmd_nn_conv_module(&f.builder, "0", &conv, &norm, &relu, f.input);
  const mmd_conv_t next = mmd_conv_square(4, 4, 1, 1, 0);
  x = mmd_nn_conv_module(&f.builder, "1", &next, &none, &relu, x);
  mmd_scope_leave(&f.builder, mark);
  assert_non_null(x);
  assert_string_equal(x->producer->op, "Relu");
  assert_string_equal(x->producer->scope, "backbone.stem.1");
  assert_string_equal(mmd_str_text(&f.builder.scope), "");
  assert_string_equal(mmd_str_text(&f.recorder.keys),
                      "backbone.stem.0.conv.weight@model backbone.stem.0.bn.weight@model "
                      "backbone.stem.0.bn.bias@model backbone.stem.0.bn.running_mean@model "
                      "backbone.stem.0.bn.running_var@model backbone.stem.1.conv.weight@model "
                      "backbone.stem.1.conv.bias@model ");
  mmd_assert_ok(mmd_builder_finish(&f.builder));
  teardown(&f);
}

static void test_errors_stick(void **state) {
  fixture_t f;
  (void)state;
  setup(&f);
  const mmd_conv_t impossible = {.in_channels = 3, .out_channels = 4, .groups = 2};
  const mmd_conv_t conv = mmd_conv_square(3, 4, 1, 1, 0);
  assert_null(mmd_nn_conv(&f.builder, "conv1", &impossible, f.input));
  assert_null(mmd_nn_conv(&f.builder, "conv2", &conv, f.input));
  assert_false(mmd_builder_ok(&f.builder));
  assert_int_equal(mmd_graph_node_count(f.graph), 0);
  mmd_assert_fails(mmd_builder_finish(&f.builder), MMD_INVALID_ARGUMENT,
                   "model: convolution 'conv1' of 3 to 4 channels in 2 groups");
  teardown(&f);
}

// Numbers of the original's make_divisible(value, 8).
static void test_make_divisible(void **state) {
  (void)state;
  assert_int_equal(mmd_make_divisible(32, 8, 0.9), 32);
  assert_int_equal(mmd_make_divisible(16 * 0.35, 8, 0.9), 8);
  assert_int_equal(mmd_make_divisible(24 * 0.35, 8, 0.9), 8);
  assert_int_equal(mmd_make_divisible(24 * 0.75, 8, 0.9), 24);
  assert_int_equal(mmd_make_divisible(64 * 1.4, 8, 0.9), 88);
  assert_int_equal(mmd_make_divisible(0.5, 8, 0.9), 8);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_conv_module_names),
      cmocka_unit_test(test_errors_stick),
      cmocka_unit_test(test_make_divisible),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
