// SPDX-License-Identifier: Apache-2.0
// Against PyTorch: src/formats/checkpoint/testdata/generate_keys.py.
#include "convert/checkpoint_stats.h"

#include <math.h>

#include "convert/checkpoint_source.h"
#include "tests/support/mmd_test.h"
#include "value/json.h"

#define DATA(name) MMD_TEST_FILE("src/formats/checkpoint/testdata/" name)

static void assert_near(const mmd_value_t *expected, const char *name, double number) {
  const double wanted = mmd_value_get_float(mmd_object_get(expected, name), 1e9);
  assert_true(fabs(number - wanted) <= 1e-12 * (1 + fabs(wanted)));
}

static void assert_stats(const mmd_stats_t *stats, const mmd_value_t *expected) {
  if (mmd_value_is_null(expected)) {
    assert_int_equal(stats->count, 0);
    assert_true(isnan(mmd_stats_deviation(stats)));
    return;
  }
  assert_near(expected, "min", stats->min);
  assert_near(expected, "max", stats->max);
  assert_near(expected, "mean", stats->mean);
  assert_near(expected, "std", mmd_stats_deviation(stats));
  assert_int_equal(stats->nans, mmd_value_get_int(mmd_object_get(expected, "nan_count"), -1));
  assert_int_equal(stats->infinities, mmd_value_get_int(mmd_object_get(expected, "inf_count"), -1));
}

static void test_against_torch(void **state) {
  (void)state;
  mmd_checkpoint_t *c = NULL;
  mmd_value_t *expected = NULL;
  mmd_assert_ok(mmd_checkpoint_source_open(DATA("training.pth"), NULL, &c));
  mmd_assert_ok(mmd_json_read_file(DATA("stats.json"), &expected));
  assert_int_equal(mmd_checkpoint_size(c), mmd_object_size(expected));
  for (size_t i = 0; i < mmd_checkpoint_size(c); ++i) {
    mmd_stats_t stats = {0};
    mmd_stats_add_tensor(&stats, mmd_checkpoint_tensor_at(c, i));
    assert_stats(&stats, mmd_object_get(expected, mmd_checkpoint_key_at(c, i)));
  }
  mmd_value_release(expected);
  mmd_checkpoint_destroy(c);
}

// 0, 1, …, n - 1 over many chunks: the mean is (n - 1) / 2, the variance (n^2 - 1) / 12. Far from
// zero, where a plain sum of squares loses all digits.
static void test_many_chunks(void **state) {
  (void)state;
  enum { N = 50000 };
  mmd_shape_t shape = {1, {N}};
  mmd_tensor_t tensor = {0};
  mmd_assert_ok(mmd_tensor_create(MMD_F64, &shape, false, &tensor));
  double *numbers = mmd_tensor_mutable_data(&tensor);
  for (int i = 0; i < N; ++i) numbers[i] = 1e9 + i;
  mmd_stats_t stats = {0}, twice = {0};
  mmd_stats_add_tensor(&stats, &tensor);
  assert_int_equal(stats.count, N);
  assert_true(fabs(stats.mean - (1e9 + (N - 1) / 2.0)) < 1e-5);
  const double deviation = sqrt(((double)N * N - 1) / 12);
  assert_true(fabs(mmd_stats_deviation(&stats) - deviation) < 1e-6 * deviation);
  mmd_stats_merge(&twice, &stats);
  mmd_stats_merge(&twice, &stats);
  assert_int_equal(twice.count, 2 * N);
  assert_true(fabs(mmd_stats_deviation(&twice) - deviation) < 1e-6 * deviation);
  mmd_tensor_deinit(&tensor);
}

static void test_onnx(void **state) {
  (void)state;
  mmd_checkpoint_t *c = NULL;
  mmd_assert_ok(
      mmd_checkpoint_source_open(MMD_TEST_FILE("src/pipeline/testdata/mean.onnx"), NULL, &c));
  assert_string_equal(mmd_checkpoint_info(c).container, "onnx");
  assert_null(mmd_checkpoint_source_meta(c));
  mmd_checkpoint_destroy(c);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_against_torch),
      cmocka_unit_test(test_many_chunks),
      cmocka_unit_test(test_onnx),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
