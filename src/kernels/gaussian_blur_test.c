// SPDX-License-Identifier: Apache-2.0
//
// Against cv2.GaussianBlur(x, (k, k), 0) of OpenCV 4.7, where x is arange(12) * 7 % 11 as 3x4.
#include "kernels/gaussian_blur.h"

#include <math.h>

#include "tests/support/mmd_test.h"

enum { WIDTH = 4, HEIGHT = 3, COUNT = WIDTH * HEIGHT };

static void test_opencv(void **state) {
  static const struct {
    size_t size;
    float wanted[COUNT];
  } cases[] = {
      {3, {3.75F, 4.5F, 6.0F, 6.75F, 4.0F, 4.75F, 5.5625F, 5.625F, 4.25F, 5.0F, 5.125F, 4.5F}},
      // The borders are mirrored more than once.
      {9,
       {4.82409668F, 4.94274902F, 5.16998291F, 5.27856445F, 4.82226562F, 4.93554688F, 5.15136719F,
        5.25390625F, 4.82043457F, 4.92834473F, 5.13275146F, 5.22924805F}},
      {11,
       {4.93187284F, 4.98777008F, 5.10518456F, 5.17127657F, 4.92679977F, 4.98098946F, 5.09544849F,
        5.16015291F, 4.92687511F, 4.98041296F, 5.09312201F, 5.15733957F}},
  };
  (void)state;
  for (size_t i = 0; i < sizeof cases / sizeof *cases; ++i) {
    float plane[COUNT];
    for (int k = 0; k < COUNT; ++k) plane[k] = (float)(k * 7 % 11);
    mmd_assert_ok(mmd_gaussian_blur_f32(plane, WIDTH, HEIGHT, cases[i].size));
    for (int k = 0; k < COUNT; ++k) assert_true(fabsf(plane[k] - cases[i].wanted[k]) < 1e-6F);
  }
}

static void test_edges(void **state) {
  float one = 3;
  (void)state;
  mmd_assert_ok(mmd_gaussian_blur_f32(&one, 1, 1, MMD_GAUSSIAN_MAX_SIZE));
  assert_true(fabsf(one - 3) < 1e-5F);
  mmd_assert_ok(mmd_gaussian_blur_f32(NULL, 0, 5, 3));
  mmd_assert_fails(mmd_gaussian_blur_f32(&one, 1, 1, 4), MMD_INVALID_ARGUMENT, "odd sizes");
  mmd_assert_fails(mmd_gaussian_blur_f32(&one, 1, 1, 257), MMD_INVALID_ARGUMENT, "odd sizes");
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_opencv), cmocka_unit_test(test_edges)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
