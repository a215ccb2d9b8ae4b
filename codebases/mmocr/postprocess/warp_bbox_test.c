// SPDX-License-Identifier: Apache-2.0
//
// Against OpenCV 4.7.0.72: testdata/warp_bbox_golden.txt, made by make_warp_bbox_golden.py.
#include "codebases/mmocr/postprocess/warp_bbox.h"

#include <stdio.h>
#include <stdlib.h>

#include "tests/support/head_golden.h"
#include "tests/support/mmd_test.h"

enum { W = 90, H = 70 };

static const uint8_t *picture(size_t channels) {
  static uint8_t pixels[W * H * 4];
  uint32_t state = (uint32_t)(W * 7919 + H * 104729 + channels);
  for (size_t i = 0; i < W * H * channels; ++i) {
    state = state * 1664525u + 1013904223u;
    pixels[i] = (uint8_t)(state >> 24);
  }
  return pixels;
}

static mmd_value_t *image_value(const void *data, mmd_pixel_format_t format, mmd_dtype_t dtype) {
  mmd_image_t image;
  mmd_value_t *object = mmd_value_object();
  mmd_assert_ok(mmd_image_borrow(data, H, W, 0, format, dtype, &image));
  mmd_assert_ok(mmd_object_take(object, "ori_img", mmd_value_image(&image)));
  return object;
}

static mmd_status_t run(mmd_value_t *image, const char *box, mmd_value_t **out_result) {
  mmd_value_t *inputs[] = {image, mmd_test_json(box)};
  mmd_status_t status = mmd_head_run(&mmd_warp_bbox, 1, NULL, NULL, inputs, 2, out_result);
  mmd_value_release(inputs[0]);
  mmd_value_release(inputs[1]);
  return status;
}

static unsigned long long hash_of(const mmd_image_t *image) {
  const size_t row = (size_t)image->width * (size_t)mmd_pixel_channels(image->format);
  uint64_t value = 0xcbf29ce484222325u;
  for (size_t y = 0; y < (size_t)image->height; ++y) {
    for (size_t i = 0; i < row; ++i) {
      value = (value ^ image->data[y * image->row_stride + i]) * 0x100000001b3u;
    }
  }
  return value;
}

static void test_equals_opencv(void **state) {
  static const mmd_pixel_format_t formats[] = {0, MMD_PIXEL_GRAY, 0, MMD_PIXEL_RGB, MMD_PIXEL_BGRA};
  const char *path = MMD_TEST_FILE("codebases/mmocr/postprocess/testdata/warp_bbox_golden.txt");
  FILE *file = fopen(path, "r");
  size_t channels = 0;
  double b[8];
  int width, height, lines = 0;
  unsigned long long hash;
  (void)state;
  assert_non_null(file);
  while (fscanf(file, "%zu %lf %lf %lf %lf %lf %lf %lf %lf %d %d %llx", &channels, &b[0], &b[1],
                &b[2], &b[3], &b[4], &b[5], &b[6], &b[7], &width, &height, &hash) == 12) {
    char box[400];
    mmd_value_t *result = NULL;
    snprintf(box, sizeof box, "{\"bbox\": [%.3f, %.3f, %.3f, %.3f, %.3f, %.3f, %.3f, %.3f]}", b[0],
             b[1], b[2], b[3], b[4], b[5], b[6], b[7]);
    mmd_value_t *image = image_value(picture(channels), formats[channels], MMD_U8);
    mmd_assert_ok(run(image, box, &result));
    const mmd_image_t *patch = mmd_value_get_image(mmd_object_get(result, "ori_img"));
    assert_non_null(patch);
    assert_int_equal(patch->format, formats[channels]);
    if (patch->width != width || patch->height != height || hash_of(patch) != hash) {
      fail_msg("line %d: %s: another patch", lines + 1, box);
    }
    mmd_value_release(result);
    ++lines;
  }
  fclose(file);
  assert_true(lines >= 50);
}

static void expect_size(const char *box, int width, int height, int pixel) {
  mmd_value_t *result = NULL;
  mmd_assert_ok(run(image_value(picture(1), MMD_PIXEL_GRAY, MMD_U8), box, &result));
  const mmd_image_t *patch = mmd_value_get_image(mmd_object_get(result, "ori_img"));
  assert_int_equal(patch->width, width);
  assert_int_equal(patch->height, height);
  if (pixel >= 0) assert_int_equal(patch->data[0], pixel);
  mmd_value_release(result);
}

static void test_edges(void **state) {
  (void)state;
  // No box: the whole picture.
  expect_size("null", W, H, picture(1)[0]);
  expect_size("{}", W, H, picture(1)[0]);
  // A point, a line, and a box beside the picture.
  expect_size("{\"bbox\": [5, 5, 5, 5, 5, 5, 5, 5]}", 1, 1, -1);
  expect_size("{\"bbox\": [5, 5, 25, 5, 25, 5, 5, 5]}", 20, 1, -1);
  expect_size("{\"bbox\": [500, 500, 520, 500, 520, 510, 500, 510]}", 20, 10, 0);
}

static void test_floats(void **state) {
  static float pixels[W * H];
  mmd_value_t *result = NULL;
  (void)state;
  for (size_t i = 0; i < W * H; ++i) pixels[i] = (float)i;
  mmd_assert_ok(run(image_value(pixels, MMD_PIXEL_GRAY, MMD_F32),
                    "{\"bbox\": [10, 20, 30, 20, 30, 25, 10, 25]}", &result));
  const mmd_image_t *patch = mmd_value_get_image(mmd_object_get(result, "ori_img"));
  assert_int_equal(patch->dtype, MMD_F32);
  assert_true(((const float *)(const void *)patch->data)[0] == (float)(20 * W + 10));
  mmd_value_release(result);
}

static void test_errors(void **state) {
  static const uint8_t nv12[W * H * 2];
  mmd_value_t *result = NULL;
  const char *box = "{\"bbox\": [1, 1, 9, 1, 9, 5, 1, 5]}";
  (void)state;
  mmd_assert_fails(run(mmd_value_object(), box, &result), MMD_INVALID_ARGUMENT, "ori_img");
  mmd_assert_fails(
      run(image_value(picture(1), MMD_PIXEL_GRAY, MMD_U8), "{\"bbox\": [1, 2]}", &result),
      MMD_INVALID_ARGUMENT, "2 numbers");
  mmd_assert_fails(run(image_value(picture(1), MMD_PIXEL_GRAY, MMD_U8),
                       "{\"bbox\": [1, 2, 3, 4, 5, 6, 7, null]}", &result),
                   MMD_INVALID_ARGUMENT, "bbox[7]");
  mmd_assert_fails(run(image_value(picture(1), MMD_PIXEL_GRAY, MMD_U8),
                       "{\"bbox\": [0, 0, 900000, 0, 900000, 9, 0, 9]}", &result),
                   MMD_OUT_OF_RANGE, "too large");
  mmd_assert_fails(run(image_value(nv12, MMD_PIXEL_NV12, MMD_U8), box, &result), MMD_NOT_SUPPORTED,
                   "nv12");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_equals_opencv),
      cmocka_unit_test(test_edges),
      cmocka_unit_test(test_floats),
      cmocka_unit_test(test_errors),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
