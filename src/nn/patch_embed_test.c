// SPDX-License-Identifier: Apache-2.0
//
// Expected numbers: mmcv 1.7.2's PatchEmbed, kernel 3, stride 2, weights 1, bias 0.5, of a 4x5
// image 0, 1, …, 19.
#include "nn/patch_embed.h"

#include <string.h>

#include "ops/evaluator.h"
#include "tests/support/mmd_test.h"

typedef struct case_t {
  mmd_adaptive_padding_t padding;
  int64_t size[2];
  size_t count;
  float expected[6];
} case_t;

static const case_t cases[] = {
    {MMD_PADDING_CORNER, {2, 3}, 6, {54.5F, 72.5F, 27.5F, 81.5F, 93.5F, 33.5F}},
    {MMD_PADDING_SAME, {2, 3}, 6, {33.5F, 63.5F, 51.5F, 52.5F, 87.5F, 64.5F}},
    {MMD_PADDING_FIXED, {2, 3}, 6, {12.5F, 27.5F, 24.5F, 63.5F, 108.5F, 81.5F}},
};

// Ones for weights, one half for the bias.
static mmd_status_t get(void *self, const char *key, mmd_dtype_t dtype, const mmd_shape_t *shape,
                        const char *wanted_by, mmd_tensor_t *out_tensor) {
  (void)self;
  (void)wanted_by;
  const bool is_bias = strstr(key, "bias") != NULL;
  MMD_TRY(mmd_tensor_create(dtype, shape, false, out_tensor));
  float *data = mmd_tensor_mutable_data(out_tensor);
  for (size_t i = 0; i < mmd_tensor_count(out_tensor); ++i) data[i] = is_bias ? 0.5F : 1.0F;
  return NULL;
}

static mmd_graph_t *build(const case_t *c, bool dynamic) {
  const int64_t dims[] = {1, 1, dynamic ? -1 : 4, dynamic ? -1 : 5};
  mmd_weight_source_t source = {NULL, get, NULL};
  mmd_patch_embed_t embed = {.conv = mmd_conv_square(1, 1, 3, 2, 1), .padding = c->padding};
  mmd_graph_t *graph = NULL;
  mmd_builder_t builder;
  mmd_edge_t *image, *map;
  embed.conv.bias = true;
  mmd_assert_ok(mmd_graph_create("test", &graph));
  mmd_assert_ok(mmd_graph_set_opset(graph, MMD_DOMAIN_ONNX, 20));
  const mmd_type_t type = mmd_type_tensor(graph, MMD_F32, 4, dims);
  mmd_assert_ok(mmd_region_add_input(graph->root, "input", &type, &image));
  mmd_assert_ok(mmd_builder_init(&builder, graph, &source));
  mmd_edge_t *tokens = mmd_nn_patch_embed(&builder, "patch_embed", &embed, image, &map);
  mmd_assert_ok(mmd_builder_finish(&builder));
  mmd_assert_ok(mmd_region_add_output(graph->root, tokens));
  return graph;
}

static void check(const case_t *c, bool dynamic) {
  static const int64_t dims[] = {1, 1, 4, 5};
  const mmd_evaluator_options_t options = {.mode = MMD_EVAL_PLAIN};
  mmd_evaluator_t *evaluator = NULL;
  mmd_tensor_t input, output = {0};
  mmd_shape_t shape;
  float pixels[20];
  for (int i = 0; i < 20; ++i) pixels[i] = (float)i;
  mmd_graph_t *graph = build(c, dynamic);
  mmd_assert_ok(mmd_shape_make(4, dims, &shape));
  mmd_assert_ok(mmd_tensor_from_data(MMD_F32, &shape, pixels, &input));
  mmd_assert_ok(mmd_evaluator_create(graph, &options, &evaluator));
  mmd_assert_ok(mmd_evaluator_run_tensors(evaluator, &input, 1, &output, 1));
  assert_int_equal(output.shape.dims[1], c->count);
  for (size_t i = 0; i < c->count; ++i) {
    assert_true(mmd_tensor_get_f64(&output, i) == (double)c->expected[i]);
  }
  mmd_tensor_deinit(&output);
  mmd_tensor_deinit(&input);
  mmd_evaluator_destroy(evaluator);
  mmd_graph_destroy(graph);
}

static void test_padding(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; ++i) {
    check(&cases[i], false);
    check(&cases[i], true);
  }
}

static void test_size(void **state) {
  static const int64_t size[] = {4, 5}, tiny[] = {1, 1};
  (void)state;
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; ++i) {
    const mmd_patch_embed_t embed = {.conv = mmd_conv_square(1, 1, 3, 2, 1),
                                     .padding = cases[i].padding};
    int64_t found[2];
    assert_true(mmd_patch_embed_size(&embed, size, found));
    assert_memory_equal(found, cases[i].size, sizeof found);
  }
  const mmd_patch_embed_t unpadded = {.conv = mmd_conv_square(1, 1, 3, 2, 0),
                                      .padding = MMD_PADDING_FIXED};
  int64_t found[2];
  assert_false(mmd_patch_embed_size(&unpadded, tiny, found));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_padding),
      cmocka_unit_test(test_size),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
