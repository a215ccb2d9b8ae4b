// SPDX-License-Identifier: Apache-2.0
//
// The transforms of text models against mmocr's own (../testdata/make_text_transforms.py), and at
// the edges.
#include <math.h>

#include "formats/npy/npy.h"
#include "pipeline/transforms/steps.h"
#include "pipeline/transforms/transform_testing.h"
#include "tests/support/mmd_test.h"
#include "value/json.h"

enum { EVERY = 13 };  // rows that the goldens have

static mmd_status_t run(const mmd_value_t *steps, int release, const mmd_image_t *image,
                        mmd_value_t **out_result) {
  mmd_value_t *list = test_parse("[{\"type\": \"LoadImageFromFile\"}]");
  for (size_t i = 0; i < mmd_array_size(steps); ++i) {
    mmd_assert_ok(mmd_array_take(list, mmd_value_retain(mmd_array_at(steps, i))));
  }
  return test_run_steps(list, release, image, mmd_value_object(), out_result);
}

static void compare_shapes(const mmd_value_t *wanted, const mmd_tensor_t *found, size_t k) {
  for (size_t i = 0; i < 3; ++i) {
    const int64_t size = mmd_value_get_int(mmd_array_at(wanted, i), 0);
    if (found->shape.dims[i + 1] != size) {
      fail_msg("case %zu: dimension %zu is %lld, not %lld", k, i,
               (long long)found->shape.dims[i + 1], (long long)size);
    }
  }
}

// |wanted| has some rows of |found|, pixels or planes.
static void compare_rows(const mmd_tensor_t *wanted, const mmd_tensor_t *found, size_t k) {
  const int64_t *dims = found->shape.dims;
  const bool is_planes = dims[1] == 3;
  const int64_t planes = is_planes ? dims[1] : 1, rows = is_planes ? dims[2] : dims[1];
  const int64_t row = is_planes ? dims[3] : dims[2] * dims[3];
  size_t i = 0;
  for (int64_t p = 0; p < planes; ++p) {
    for (int64_t y = 0; y < rows; y += EVERY) {
      for (int64_t x = 0; x < row; ++x, ++i) {
        const double a = mmd_tensor_get_f64(wanted, i);
        const double b = mmd_tensor_get_f64(found, (size_t)((p * rows + y) * row + x));
        if (fabs(a - b) > 1e-6) fail_msg("case %zu: element %zu is %.9g, not %.9g", k, i, b, a);
      }
    }
  }
  assert_int_equal(i, mmd_tensor_count(wanted));
}

static void check_case(const mmd_value_t *item, const mmd_value_t *arrays, size_t k, int release) {
  const mmd_tensor_t *whole = mmd_value_get_tensor(mmd_object_get(arrays, "image"));
  const mmd_tensor_t *size = test_array(arrays, "size", k);
  mmd_value_t *result = NULL;
  mmd_image_t image;
  mmd_assert_ok(mmd_image_borrow(mmd_tensor_data(whole), (int)mmd_tensor_get_f64(size, 0),
                                 (int)mmd_tensor_get_f64(size, 1), (size_t)whole->shape.dims[1] * 3,
                                 MMD_PIXEL_BGR, MMD_U8, &image));
  mmd_assert_ok(run(mmd_object_get(item, "steps"), release, &image, &result));
  const mmd_tensor_t *found = mmd_value_get_tensor(mmd_object_get(result, "img"));
  compare_shapes(mmd_object_get(item, "shape"), found, k);
  compare_rows(test_array(arrays, "result", k), found, k);
  const mmd_value_t *ratio = mmd_object_get(result, "valid_ratio");
  const double wanted = mmd_value_get_float(mmd_object_get(item, "valid_ratio"), NAN);
  assert_true(fabs(mmd_value_get_float(ratio, 1) - wanted) < 1e-12);
  const mmd_value_t *factor = mmd_object_get(result, "scale_factor");
  for (size_t i = 0; i < mmd_array_size(factor); ++i) {
    const mmd_value_t *other = mmd_array_at(mmd_object_get(item, "scale_factor"), i);
    assert_true(fabs(mmd_value_get_float(mmd_array_at(factor, i), 0) -
                     mmd_value_get_float(other, NAN)) < 1e-12);
  }
  mmd_value_release(result);
}

static void check_goldens(const char *json, const char *npz, int release) {
  mmd_value_t *cases = NULL, *arrays = NULL;
  mmd_assert_ok(mmd_json_read_file(json, &cases));
  mmd_assert_ok(mmd_npz_read_file(npz, &arrays));
  assert_true(mmd_array_size(cases) >= 30);
  for (size_t k = 0; k < mmd_array_size(cases); ++k) {
    check_case(mmd_array_at(cases, k), arrays, k, release);
  }
  mmd_value_release(arrays);
  mmd_value_release(cases);
}

static void test_equals_mmocr_0x(void **state) {
  (void)state;
  check_goldens(MMD_TEST_FILE("src/pipeline/testdata/text_transforms_0x.json"),
                MMD_TEST_FILE("src/pipeline/testdata/text_transforms_0x.npz"), 0);
}

static void test_equals_mmocr_1x(void **state) {
  (void)state;
  check_goldens(MMD_TEST_FILE("src/pipeline/testdata/text_transforms_1x.json"),
                MMD_TEST_FILE("src/pipeline/testdata/text_transforms_1x.npz"), 1);
}

static void expect_failure(const char *steps, int height, int width, mmd_code_t code,
                           const char *part) {
  static const uint8_t pixels[300 * 3];
  mmd_value_t *list = test_parse(steps), *result = NULL;
  mmd_image_t image;
  mmd_assert_ok(mmd_image_borrow(pixels, height, width, 0, MMD_PIXEL_BGR, MMD_U8, &image));
  mmd_assert_fails(run(list, 1, &image, &result), code, part);
  mmd_value_release(list);
}

// Pillow's float images are no pictures.
static void test_pillow_takes_bytes(void) {
  static const float pixels[4 * 3];
  mmd_value_t *list =
      test_parse("[{\"type\": \"ResizeOCR\", \"height\": 8, \"backend\": \"pillow\"}]");
  mmd_value_t *result = NULL;
  mmd_image_t image;
  mmd_assert_ok(mmd_image_borrow(pixels, 2, 2, 0, MMD_PIXEL_BGR, MMD_F32, &image));
  mmd_assert_fails(run(list, 0, &image, &result), MMD_NOT_SUPPORTED, "Pillow");
  mmd_value_release(list);
}

static void test_errors(void **state) {
  (void)state;
  test_pillow_takes_bytes();
  expect_failure("[{\"type\": \"ResizeOCR\"}]", 2, 2, MMD_INVALID_ARGUMENT, "height");
  expect_failure("[{\"type\": \"ResizeOCR\", \"height\": 8, \"keep_aspect_ratio\": false}]", 2, 2,
                 MMD_INVALID_ARGUMENT, "max_width");
  // So narrow that the width is rounded to none.
  expect_failure("[{\"type\": \"ResizeOCR\", \"height\": 8}]", 90, 1, MMD_OUT_OF_RANGE, "0x8");
  expect_failure("[{\"type\": \"RescaleToHeight\", \"height\": 60000}]", 1, 300, MMD_OUT_OF_RANGE,
                 "0x60000");
  expect_failure("[{\"type\": \"ShortScaleAspectJitter\"}]", 2, 2, MMD_INVALID_ARGUMENT,
                 "ratio_range");
  expect_failure(
      "[{\"type\": \"ShortScaleAspectJitter\", \"ratio_range\": [0.7, 1.3], "
      "\"aspect_ratio_range\": [1, 1]}]",
      2, 2, MMD_NOT_SUPPORTED, "ratio_range");
  expect_failure(
      "[{\"type\": \"ShortScaleAspectJitter\", \"ratio_range\": [1, 1], "
      "\"aspect_ratio_range\": [1, 1]}]",
      1, 300, MMD_OUT_OF_RANGE, "sides");
  expect_failure("[{\"type\": \"PadToWidth\", \"width\": 5}]", 2, 6, MMD_INVALID_ARGUMENT,
                 "PadToWidth");
  expect_failure("[{\"type\": \"PadToWidth\", \"width\": 5, \"pad_cfg\": 3}]", 2, 2,
                 MMD_INVALID_ARGUMENT, "pad_cfg");
  expect_failure("[{\"type\": \"NormalizeOCR\", \"mean\": [1], \"std\": [0]}]", 2, 2,
                 MMD_INVALID_ARGUMENT, "std");
  expect_failure("[{\"type\": \"NormalizeOCR\", \"mean\": [1], \"std\": [1]}]", 2, 2,
                 MMD_INVALID_ARGUMENT, "NormalizeOCR");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_equals_mmocr_0x),
      cmocka_unit_test(test_equals_mmocr_1x),
      cmocka_unit_test(test_errors),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
