// SPDX-License-Identifier: Apache-2.0
//
// What must hold for any font: sizes, the rest of the picture untouched, the bars' lengths.
#include "media/draw_classification.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/last_error.h"
#include "tests/support/mmd_test.h"
#include "tests/support/mmd_test_fail.h"
#include "tests/support/mmd_test_skip.h"

static const mmdeploy_draw_label_t LABELS[] = {
    {"Egyptian cat", 0.75f}, {"tabby", 0.25f}, {"tiger cat", 0}};

static mmdeploy_image_t make_image(int width, int height, mmdeploy_pixel_format_t format) {
  const size_t size = (size_t)width * (size_t)height * 3;
  mmdeploy_mat_t mat = {malloc(size), height, width, 3, format, MMDEPLOY_DATA_TYPE_UINT8, NULL};
  memset(mat.data, 100, size);
  mmdeploy_image_t image;
  assert_int_equal(mmdeploy_image_create(&mat, &image), 0);
  free(mat.data);
  return image;
}

// Whether pango is there: the library does without.
static bool can_draw(void) {
  mmdeploy_image_t image = make_image(640, 480, MMDEPLOY_PIXEL_FORMAT_BGR);
  const int code = mmdeploy_draw_classification(image, LABELS, 3);
  mmdeploy_image_destroy(image);
  return code != MMDEPLOY_E_NOT_SUPPORTED && code != MMDEPLOY_E_FILE_NOT_EXIST;
}

static bool is_first_bar(const uint8_t *bgr) {
  return abs(bgr[0] - 56) < 12 && abs(bgr[1] - 189) < 12 && bgr[2] > 245;
}

static bool is_other_bar(const uint8_t *bgr) {
  return abs(bgr[0] - 204) < 14 && abs(bgr[1] - 170) < 14 && abs(bgr[2] - 146) < 14;
}

// The longest run of pixels in any row for which |matches| holds.
static int longest_run(const mmdeploy_mat_t *mat, bool (*matches)(const uint8_t *)) {
  int longest = 0;
  for (int y = 0; y < mat->height; ++y) {
    int run = 0;
    for (int x = 0; x < mat->width; ++x) {
      run = matches(mat->data + ((size_t)y * (size_t)mat->width + (size_t)x) * 3) ? run + 1 : 0;
      if (run > longest) longest = run;
    }
  }
  return longest;
}

static void test_bars(void **state) {
  (void)state;
  if (!can_draw()) mmd_test_skip("cairo or pango is missing");
  mmdeploy_image_t image = make_image(640, 480, MMDEPLOY_PIXEL_FORMAT_BGR);
  assert_int_equal(mmdeploy_draw_classification(image, LABELS, 3), 0);
  const mmdeploy_mat_t *mat = mmdeploy_image_mat(image);
  assert_int_equal(mat->width, 640);
  assert_int_equal(mat->height, 480);
  const int first = longest_run(mat, is_first_bar), second = longest_run(mat, is_other_bar);
  assert_true(first > 60);
  assert_true(fabs((double)first / second - 3) < 0.25);
  mmdeploy_image_destroy(image);
}

static void test_rest_is_untouched(void **state) {
  (void)state;
  if (!can_draw()) mmd_test_skip("cairo or pango is missing");
  mmdeploy_image_t image = make_image(640, 480, MMDEPLOY_PIXEL_FORMAT_BGR);
  assert_int_equal(mmdeploy_draw_classification(image, LABELS, 3), 0);
  const mmdeploy_mat_t *mat = mmdeploy_image_mat(image);
  for (int y = 0; y < 480; ++y) {
    for (int x = y < 270 ? 430 : 0; x < 640; ++x) {
      const uint8_t *p = mat->data + ((size_t)y * 640 + (size_t)x) * 3;
      if (p[0] != 100 || p[1] != 100 || p[2] != 100) fail_msg("(%d, %d) changed", x, y);
    }
  }
  mmdeploy_image_destroy(image);
}

static void test_sizes(void **state) {
  (void)state;
  if (!can_draw()) mmd_test_skip("cairo or pango is missing");
  static const struct {
    int width, height, new_width, least_height;
  } cases[] = {{60, 40, 360, 240}, {1, 1, 360, 360},     {240, 240, 260, 240},
               {640, 3, 640, 60},  {2, 2000, 260, 4096}, {30000, 1, 30000, 60}};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; ++i) {
    mmdeploy_image_t image =
        make_image(cases[i].width, cases[i].height, MMDEPLOY_PIXEL_FORMAT_GRAYSCALE);
    assert_int_equal(mmdeploy_draw_classification(image, LABELS, 3), 0);
    assert_int_equal(mmdeploy_image_mat(image)->width, cases[i].new_width);
    assert_true(mmdeploy_image_mat(image)->height >= cases[i].least_height);
    assert_true(mmdeploy_image_mat(image)->height <= 4096);
    mmdeploy_image_destroy(image);
  }
}

static void test_any_text_and_score(void **state) {
  (void)state;
  if (!can_draw()) mmd_test_skip("cairo or pango is missing");
  char text[3000];
  memset(text, 'w', sizeof text - 1);
  text[sizeof text - 1] = 0;
  const mmdeploy_draw_label_t labels[] = {{NULL, NAN},      {"", INFINITY},
                                          {"\xff\xfe", -1}, {"line\nfeed\t\x1b[0m", 1e30f},
                                          {text, 0.5f},     {"قطة 猫 बिल्ली 😀", 1}};
  mmdeploy_image_t image = make_image(320, 200, MMDEPLOY_PIXEL_FORMAT_BGR);
  assert_int_equal(mmdeploy_draw_classification(image, labels, 6), 0);
  mmdeploy_image_destroy(image);
}

static void test_arguments(void **state) {
  (void)state;
  mmdeploy_image_t image = make_image(300, 200, MMDEPLOY_PIXEL_FORMAT_BGR);
  assert_int_equal(mmdeploy_draw_classification(NULL, LABELS, 1), MMDEPLOY_E_INVALID_ARG);
  assert_int_equal(mmdeploy_draw_classification(image, NULL, 1), MMDEPLOY_E_INVALID_ARG);
  assert_int_equal(mmdeploy_draw_classification(image, LABELS, -1), MMDEPLOY_E_INVALID_ARG);
  assert_int_equal(mmdeploy_draw_classification(image, LABELS, 101), MMDEPLOY_E_INVALID_ARG);
  assert_int_equal(mmdeploy_draw_classification(image, NULL, 0), 0);
  assert_int_equal(mmdeploy_image_mat(image)->data[0], 100);
  mmdeploy_image_destroy(image);
}

static mmd_status_t draw_once(void *context) {
  (void)context;
  mmd_bitmap_t bitmap;
  MMD_TRY(mmd_bitmap_create(50, 40, 3, &bitmap));
  memset(bitmap.pixels, 7, 50 * 40 * 3);
  mmd_status_t status = mmd_draw_classification(&bitmap, LABELS, 3);
  if (status) {
    assert_int_equal(bitmap.width, 50);
    assert_int_equal(bitmap.pixels[0], 7);
  }
  mmd_bitmap_deinit(&bitmap);
  return status;
}

static void test_memory_runs_short(void **state) {
  (void)state;
  if (!can_draw()) mmd_test_skip("cairo or pango is missing");
  mmd_test_sweep(draw_once, NULL);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_bars),      cmocka_unit_test(test_rest_is_untouched),
      cmocka_unit_test(test_sizes),     cmocka_unit_test(test_any_text_and_score),
      cmocka_unit_test(test_arguments), cmocka_unit_test(test_memory_runs_short),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
