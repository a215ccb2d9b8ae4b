// SPDX-License-Identifier: Apache-2.0
#include "codebases/mmcls/postprocess/crop_box.h"

#include "tests/support/head_golden.h"
#include "tests/support/mmd_test.h"

enum { WIDTH = 8, HEIGHT = 6 };

static mmd_status_t run(const char *detection, mmd_pixel_format_t format, mmd_value_t **out) {
  // Each pixel tells its place.
  static uint8_t pixels[HEIGHT][WIDTH][3];
  mmd_image_t image;
  for (int y = 0; y < HEIGHT; ++y) {
    for (int x = 0; x < WIDTH; ++x) pixels[y][x][0] = (uint8_t)(16 * y + x);
  }
  mmd_assert_ok(mmd_image_borrow(pixels, HEIGHT, WIDTH, 0, format, MMD_U8, &image));
  mmd_value_t *inputs[] = {mmd_value_object(), mmd_test_json(detection)};
  mmd_assert_ok(mmd_object_take(inputs[0], "ori_img", mmd_value_image(&image)));
  mmd_status_t status = mmd_head_run(&mmd_crop_box, 0, NULL, NULL, inputs, 2, out);
  mmd_value_release(inputs[0]);
  mmd_value_release(inputs[1]);
  return status;
}

static void expect(const char *detection, int x, int y, int width, int height) {
  mmd_value_t *result = NULL;
  mmd_assert_ok(run(detection, MMD_PIXEL_BGR, &result));
  const mmd_image_t *patch = mmd_value_get_image(mmd_object_get(result, "ori_img"));
  assert_int_equal(patch->width, width);
  assert_int_equal(patch->height, height);
  for (int i = 0; i < height; ++i) {
    const uint8_t *row = patch->data + (size_t)i * patch->row_stride;
    for (int k = 0; k < width; ++k) assert_int_equal(row[3 * k], 16 * (y + i) + x + k);
  }
  mmd_value_release(result);
}

static void test_boxes(void **state) {
  (void)state;
  expect("{\"bbox\": [1.6, 2, 5.2, 4.4]}", 2, 2, 4, 2);
  expect("{\"bbox\": [5, 4, 2, 1]}", 2, 1, 3, 3);      // corners the other way round
  expect("{\"bbox\": [-3, -2, 2, 100]}", 0, 0, 2, 6);  // partly outside
  expect("{\"bbox\": [0.5, 1.5, 3, 4]}", 0, 2, 2, 2);  // halves go to the even number
  expect("{\"bbox\": [3, 3, 3, 3]}", 3, 3, 1, 1);      // no size
  expect("{\"bbox\": [50, 50, 60, 70]}", 7, 5, 1, 1);  // outside
  expect("{\"bbox\": [-1e30, 2, 1e30, 3]}", 0, 2, 8, 1);
  expect("{\"label_id\": 1}", 0, 0, WIDTH, HEIGHT);  // no box: all of it
  expect("null", 0, 0, WIDTH, HEIGHT);
}

static void test_refusals(void **state) {
  mmd_value_t *result = NULL;
  (void)state;
  mmd_assert_fails(run("{\"bbox\": [1, 2, 3]}", MMD_PIXEL_BGR, &result), MMD_INVALID_ARGUMENT,
                   "four finite numbers");
  mmd_assert_fails(run("{\"bbox\": [1, 2, 3, \"x\"]}", MMD_PIXEL_BGR, &result),
                   MMD_INVALID_ARGUMENT, "four finite numbers");
  mmd_assert_fails(run("{\"bbox\": [1, 2, 3, 4]}", MMD_PIXEL_NV12, &result), MMD_NOT_SUPPORTED,
                   "nv12");
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_boxes), cmocka_unit_test(test_refusals)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
