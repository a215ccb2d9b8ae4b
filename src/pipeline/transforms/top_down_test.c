// SPDX-License-Identifier: Apache-2.0
//
// The transforms of top-down poses against mmpose's own (../testdata/make_top_down.py), and at the
// edges.
#include "pipeline/transforms/top_down.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "formats/npy/npy.h"
#include "pipeline/transforms/transform_testing.h"
#include "tests/support/mmd_test.h"
#include "value/json.h"

// Runs |steps| on {"ori_img": image, …members}.
static mmd_status_t run(const char *steps, int release, const mmd_image_t *image,
                        const char *members, mmd_value_t **out_result) {
  return test_run_steps(test_parse(steps), release, image, test_parse(members), out_result);
}

static void borrow(const mmd_tensor_t *pixels, mmd_image_t *out_image) {
  mmd_assert_ok(mmd_image_borrow(mmd_tensor_data(pixels), (int)pixels->shape.dims[0],
                                 (int)pixels->shape.dims[1], 0, MMD_PIXEL_BGR, MMD_U8, out_image));
}

static double number(const mmd_value_t *result, const char *key, size_t i) {
  return mmd_value_get_float(mmd_array_at(mmd_object_get(result, key), i), NAN);
}

static void check_case(const mmd_image_t *image, const mmd_value_t *arrays, size_t k, int release) {
  const mmd_tensor_t *box = test_array(arrays, "box", k),
                     *options = test_array(arrays, "options", k);
  const mmd_tensor_t *crop = test_array(arrays, "crop", k),
                     *wanted = test_array(arrays, "result", k);
  char steps[400], members[200];
  snprintf(steps, sizeof steps,
           "[{\"type\": \"LoadImageFromFile\"}, {\"type\": \"TopDownGetBboxCenterScale\", "
           "\"padding\": 1.25, \"image_size\": [%g, %g]}, {\"type\": \"TopDownAffine\", "
           "\"image_size\": [%g, %g], \"use_udp\": %s}]",
           mmd_tensor_get_f64(options, 0), mmd_tensor_get_f64(options, 1),
           mmd_tensor_get_f64(options, 0), mmd_tensor_get_f64(options, 1),
           mmd_tensor_get_f64(options, 2) > 0 ? "true" : "false");
  snprintf(members, sizeof members, "{\"bbox\": [%.9g, %.9g, %.9g, %.9g, 1]}",
           mmd_tensor_get_f64(box, 0), mmd_tensor_get_f64(box, 1), mmd_tensor_get_f64(box, 2),
           mmd_tensor_get_f64(box, 3));
  mmd_value_t *result = NULL;
  mmd_assert_ok(run(steps, release, image, members, &result));
  for (size_t i = 0; i < 4; ++i) {
    const double found = number(result, i < 2 ? "center" : "scale", i % 2);
    assert_true(fabs(found - mmd_tensor_get_f64(crop, i)) < 1e-5);
  }
  const mmd_tensor_t *img = mmd_value_get_tensor(mmd_object_get(result, "img"));
  assert_int_equal(mmd_tensor_count(img), mmd_tensor_count(wanted));
  assert_int_equal(img->shape.dims[1], wanted->shape.dims[0]);
  size_t others = 0;
  const uint8_t *a = mmd_tensor_data(wanted), *b = mmd_tensor_data(img);
  for (size_t i = 0; i < mmd_tensor_count(wanted); ++i) {
    others += a[i] != b[i];
    // Where a place lies between two 1/32 pixels, the last bit of the map decides.
    if (abs(a[i] - b[i]) > 8) fail_msg("case %zu: byte %zu is %d, not %d", k, i, b[i], a[i]);
  }
  if (others * 100 > mmd_tensor_count(wanted)) fail_msg("case %zu: %zu bytes differ", k, others);
  mmd_value_release(result);
}

static void check_goldens(const char *path, int release) {
  mmd_value_t *arrays = NULL;
  mmd_image_t image;
  size_t count = 0;
  mmd_assert_ok(mmd_npz_read_file(path, &arrays));
  borrow(mmd_value_get_tensor(mmd_object_get(arrays, "image")), &image);
  for (; test_array(arrays, "box", count); ++count) check_case(&image, arrays, count, release);
  assert_int_equal(count, 10);
  mmd_value_release(arrays);
}

static void test_mmpose_0x(void **state) {
  (void)state;
  check_goldens(MMD_TEST_FILE("src/pipeline/testdata/top_down_0x.npz"), 0);
}

static void test_mmpose_1x(void **state) {
  (void)state;
  check_goldens(MMD_TEST_FILE("src/pipeline/testdata/top_down_1x.npz"), 1);
}

//===--- edges ---===//

#define LOAD "[{\"type\": \"LoadImageFromFile\"}, "
#define AFFINE LOAD "{\"type\": \"TopDownAffine\", \"image_size\": [6, 8]"

static bool is_black(const mmd_value_t *result) {
  const mmd_tensor_t *img = mmd_value_get_tensor(mmd_object_get(result, "img"));
  const uint8_t *bytes = mmd_tensor_data(img);
  for (size_t i = 0; i < mmd_tensor_count(img); ++i) {
    if (bytes[i]) return false;
  }
  return mmd_tensor_count(img) == 6 * 8 * 3;
}

static void test_edges(void **state) {
  static const char *const boxes[] = {
      "{\"bbox\": [500, 500, 10, 20]}",  // outside
      "{\"bbox\": [-900, -900, 10, 20]}",
      "{\"bbox\": [-1, -1, 0, 0]}",  // no size
      "{\"bbox\": [1e30, -1e30, 1e30, 1e30]}",
      "{\"center\": [-50, 3], \"scale\": [0.1, 0.1]}",
  };
  uint8_t pixels[10 * 12 * 3];
  mmd_image_t image;
  (void)state;
  memset(pixels, 200, sizeof pixels);
  mmd_assert_ok(mmd_image_borrow(pixels, 10, 12, 0, MMD_PIXEL_BGR, MMD_U8, &image));
  for (size_t i = 0; i < sizeof boxes / sizeof *boxes; ++i) {
    static const char *const tails[] = {"}]", ", \"use_udp\": true}]", ", \"method\": \"crop\"}]"};
    for (size_t k = 0; k < 3; ++k) {
      char steps[200];
      mmd_value_t *result = NULL;
      snprintf(steps, sizeof steps, "%s%s", AFFINE, tails[k]);
      mmd_assert_ok(run(steps, 1, &image, boxes[i], &result));
      // A box without size shows one place; all others have nothing of the picture.
      if (i != 2) assert_true(is_black(result));
      assert_true(i == 3 || isfinite(number(result, "center", 0)));
      mmd_value_release(result);
    }
  }
  mmd_value_t *nothing = NULL;
  mmd_assert_fails(run(AFFINE "}]", 0, &image, "{}", &nothing), MMD_INVALID_ARGUMENT, "bbox");
  mmd_assert_fails(run(AFFINE "}]", 0, &image, "{\"bbox\": [1, 2, 3]}", &nothing),
                   MMD_INVALID_ARGUMENT, "[x, y, w, h]");
  mmd_assert_fails(run(LOAD "{\"type\": \"TopDownAffine\", \"image_size\": [6]}]", 0, &image,
                       "{\"bbox\": [1, 2, 3, 4]}", &nothing),
                   MMD_INVALID_ARGUMENT, "image_size");
  mmd_assert_fails(run(LOAD "{\"type\": \"TopDownGetBboxCenterScale\"}]", 0, &image,
                       "{\"bbox\": [1, 2, 3, 4]}", &nothing),
                   MMD_INVALID_ARGUMENT, "image_size");
}

// The original runtime's numbers for a box of tests/tasks/goldens/pose_deeppose (photo_2): the crop
// begins outside the picture, and centre and scale are corrected.
static void test_crop(void **state) {
  uint8_t *pixels = calloc(168 * 216, 3);
  mmd_image_t image;
  mmd_value_t *result = NULL;
  (void)state;
  assert_non_null(pixels);
  mmd_assert_ok(mmd_image_borrow(pixels, 168, 216, 0, MMD_PIXEL_BGR, MMD_U8, &image));
  mmd_assert_ok(run(LOAD "{\"type\": \"TopDownGetBboxCenterScale\", \"image_size\": [96, 128]}, "
                         "{\"type\": \"TopDownAffine\", \"image_size\": [96, 128], "
                         "\"method\": \"crop\"}]",
                    0, &image, "{\"bbox\": [30, 20, 120, 130, 1]}", &result));
  mmd_value_t *wanted = NULL;
  mmd_assert_ok(
      mmd_json_read_file(MMD_TEST_FILE("tests/tasks/goldens/pose_deeppose/head.json"), &wanted));
  const mmd_value_t *metas =
      mmd_object_get(mmd_array_at(mmd_object_get(wanted, "cases"), 2), "img_metas");
  for (size_t i = 0; i < 2; ++i) {
    assert_true(fabs(number(result, "center", i) - number(metas, "center", i)) < 1e-4);
    assert_true(fabs(number(result, "scale", i) - number(metas, "scale", i)) < 1e-6);
  }
  mmd_value_release(wanted);
  mmd_value_release(result);
  free(pixels);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_mmpose_0x),
      cmocka_unit_test(test_mmpose_1x),
      cmocka_unit_test(test_edges),
      cmocka_unit_test(test_crop),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
