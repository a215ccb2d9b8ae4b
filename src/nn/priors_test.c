// SPDX-License-Identifier: Apache-2.0
//
// Base anchors and the priors of a map against those of the original code base
// (testdata/make_priors.py).
#include "nn/priors.h"

#include <math.h>
#include <string.h>

#include "ops/evaluator.h"
#include "tests/support/mmd_test.h"
#include "value/json.h"

static void check_level(const mmd_value_t *expected, const mmd_level_priors_t *level) {
  assert_int_equal(level->count, (int)mmd_array_size(expected));
  assert_int_equal(level->size, 4);
  for (size_t i = 0; i < (size_t)level->count * 4; ++i) {
    const mmd_value_t *box = mmd_array_at(expected, i / 4);
    const double number = mmd_value_get_float(mmd_array_at(box, i % 4), NAN);
    if (!(fabs(level->base[i] - number) <= 1e-5 * (1 + fabs(number))))
      fail_msg("anchor %zu: %g, not %g", i / 4, (double)level->base[i], number);
  }
}

static mmd_graph_t *build_grid(const mmd_level_priors_t *level, const mmd_shape_t *map,
                               bool is_dynamic) {
  const int64_t dims[] = {1, 1, is_dynamic ? -1 : map->dims[2], is_dynamic ? -1 : map->dims[3]};
  mmd_graph_t *graph = NULL;
  mmd_builder_t builder;
  mmd_edge_t *feature;
  mmd_assert_ok(mmd_graph_create("test", &graph));
  mmd_assert_ok(mmd_graph_set_opset(graph, MMD_DOMAIN_ONNX, 20));
  const mmd_type_t type = mmd_type_tensor(graph, MMD_F32, 4, dims);
  mmd_assert_ok(mmd_region_add_input(graph->root, "feature", &type, &feature));
  mmd_assert_ok(mmd_builder_init(&builder, graph, NULL));
  mmd_edge_t *priors = mmd_nn_priors(&builder, level, feature);
  mmd_assert_ok(mmd_builder_finish(&builder));
  mmd_assert_ok(mmd_region_add_output(graph->root, priors));
  return graph;
}

// |item|'s "grid": the priors of a map, row by row.
static void check_grid(const mmd_value_t *item, const mmd_level_priors_t *level, bool is_dynamic) {
  const mmd_evaluator_options_t options = {.mode = MMD_EVAL_PLAIN};
  const mmd_value_t *size = mmd_object_get(item, "map"), *expected = mmd_object_get(item, "grid");
  const mmd_shape_t shape = {.rank = 4,
                             .dims = {1, 1, mmd_value_get_int(mmd_array_at(size, 0), 0),
                                      mmd_value_get_int(mmd_array_at(size, 1), 0)}};
  mmd_evaluator_t *evaluator = NULL;
  mmd_tensor_t map, found = {0};
  mmd_assert_ok(mmd_tensor_create(MMD_F32, &shape, true, &map));
  mmd_graph_t *graph = build_grid(level, &shape, is_dynamic);
  mmd_assert_ok(mmd_evaluator_create(graph, &options, &evaluator));
  mmd_assert_ok(mmd_evaluator_run_tensors(evaluator, &map, 1, &found, 1));
  assert_int_equal(found.shape.dims[0], mmd_array_size(expected));
  assert_int_equal(found.shape.dims[1], level->size);
  for (size_t i = 0; i < mmd_tensor_count(&found); ++i) {
    const size_t width = (size_t)level->size;
    const mmd_value_t *row = mmd_array_at(expected, i / width);
    const double number = mmd_value_get_float(mmd_array_at(row, i % width), NAN);
    if (!(fabs(mmd_tensor_get_f64(&found, i) - number) <= 1e-5 * (1 + fabs(number))))
      fail_msg("prior %zu: %g, not %g", i / width, mmd_tensor_get_f64(&found, i), number);
  }
  mmd_evaluator_destroy(evaluator);
  mmd_graph_destroy(graph);
  mmd_tensor_deinit(&map);
  mmd_tensor_deinit(&found);
}

static void test_generators(void **state) {
  mmd_value_t *cases = NULL;
  (void)state;
  mmd_assert_ok(mmd_json_read_file(MMD_SOURCE_DIR "/src/nn/testdata/priors.json", &cases));
  assert_true(mmd_array_size(cases) > 0);
  for (size_t i = 0; i < mmd_array_size(cases); ++i) {
    const mmd_value_t *item = mmd_array_at(cases, i), *levels = mmd_object_get(item, "levels");
    mmd_priors_t priors;
    mmd_assert_ok(mmd_priors_read(mmd_object_get(item, "config"), "config", &priors));
    if (levels) assert_int_equal(priors.count, (int)mmd_array_size(levels));  // else points
    for (int k = 0; levels && k < priors.count; ++k)
      check_level(mmd_array_at(levels, (size_t)k), &priors.levels[k]);
    for (int dynamic = 0; dynamic < 2; ++dynamic)
      check_grid(item, &priors.levels[priors.count - 1], dynamic);
  }
  mmd_value_release(cases);
}

// The middle of the cell less half a stride, half of the sizes, and the stride.
static void test_yolo(void **state) {
  static const float expected[] = {0, 0, 8, 10, 16, 0, 0, 3, 5, 16};
  mmd_level_priors_t level = {.count = 2,
                              .size = 4,
                              .base = {0, -2, 16, 18, 5, 3, 11, 13},
                              .step_x = {16, 0, 16, 0},
                              .step_y = {0, 16, 0, 16}};
  (void)state;
  mmd_priors_to_yolo(16, &level);
  assert_int_equal(level.size, 5);
  assert_memory_equal(level.base, expected, sizeof expected);
  for (int i = 0; i < MMD_MAX_PRIOR_SIZE; ++i) {
    assert_true(level.step_x[i] == (i == 0 ? 16.F : 0.F));
    assert_true(level.step_y[i] == (i == 1 ? 16.F : 0.F));
  }
}

static void expect(const char *json, mmd_code_t code, const char *message) {
  mmd_value_t *config = NULL;
  mmd_priors_t priors;
  mmd_assert_ok(mmd_json_parse(json, strlen(json), "test", &config));
  mmd_assert_fails(mmd_priors_read(config, "head.generator", &priors), code, message);
  mmd_value_release(config);
}

static void test_bad_configs(void **state) {
  (void)state;
  expect("{\"type\": \"SSDGenerator\"}", MMD_NOT_SUPPORTED, "head.generator: 'SSDGenerator'");
  expect("{\"type\": \"YOLOAnchorGenerator\", \"strides\": [8], \"scales\": [1]}",
         MMD_INVALID_ARGUMENT, "head.generator.scales: YOLOAnchorGenerator has no such option");
  expect(
      "{\"type\": \"SSDAnchorGenerator\", \"strides\": [8, 16, 32], \"ratios\": [[2], [2], [2]],"
      " \"input_size\": 320}",
      MMD_INVALID_ARGUMENT, "head.generator.input_size");
  expect("{\"type\": \"SSDAnchorGenerator\", \"strides\": [8, 16], \"ratios\": [[2], [2]]}",
         MMD_INVALID_ARGUMENT, "head.generator.strides");
  expect(
      "{\"type\": \"SSDAnchorGenerator\", \"strides\": [8], \"ratios\": [[0]],"
      " \"min_sizes\": [8], \"max_sizes\": [9]}",
      MMD_INVALID_ARGUMENT, "head.generator.ratios");
  expect(
      "{\"type\": \"SSDAnchorGenerator\", \"strides\": [8], \"ratios\": [[2]],"
      " \"min_sizes\": [8]}",
      MMD_INVALID_ARGUMENT, "head.generator.max_sizes");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_generators),
      cmocka_unit_test(test_yolo),
      cmocka_unit_test(test_bad_configs),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
