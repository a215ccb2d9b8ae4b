// SPDX-License-Identifier: Apache-2.0
//
// Base anchors against those of the original code base (testdata/make_priors.py).
#include "nn/priors.h"

#include <math.h>
#include <string.h>

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

static void test_anchors(void **state) {
  mmd_value_t *cases = NULL;
  (void)state;
  mmd_assert_ok(mmd_json_read_file(MMD_SOURCE_DIR "/src/nn/testdata/priors.json", &cases));
  assert_true(mmd_array_size(cases) > 0);
  for (size_t i = 0; i < mmd_array_size(cases); ++i) {
    const mmd_value_t *item = mmd_array_at(cases, i), *levels = mmd_object_get(item, "levels");
    mmd_priors_t priors;
    mmd_assert_ok(mmd_priors_read(mmd_object_get(item, "config"), "config", &priors));
    assert_int_equal(priors.count, (int)mmd_array_size(levels));
    for (int k = 0; k < priors.count; ++k)
      check_level(mmd_array_at(levels, (size_t)k), &priors.levels[k]);
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
      cmocka_unit_test(test_anchors),
      cmocka_unit_test(test_yolo),
      cmocka_unit_test(test_bad_configs),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
