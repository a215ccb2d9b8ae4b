// SPDX-License-Identifier: Apache-2.0
#include "tensor/image.h"

#include <string.h>

#include "tests/support/mmd_test.h"

static void test_create(void **state) {
  (void)state;
  mmd_image_t image, other;
  mmd_assert_ok(mmd_image_create(4, 6, MMD_PIXEL_BGR, MMD_U8, &image));
  assert_int_equal(image.row_stride, 18);
  assert_int_equal(mmd_image_byte_size(&image), 72);
  memset(mmd_image_mutable_data(&image), 9, 72);
  other = mmd_image_retain(&image);
  mmd_image_deinit(&image);
  assert_null(image.data);
  assert_int_equal(other.data[71], 9);
  mmd_image_deinit(&other);
  mmd_assert_ok(mmd_image_create(4, 6, MMD_PIXEL_NV12, MMD_U8, &image));
  assert_int_equal(mmd_image_byte_size(&image), 36);
  mmd_image_deinit(&image);
}

static void test_refusals(void **state) {
  (void)state;
  mmd_image_t image;
  unsigned char data[64];
  mmd_assert_fails(mmd_image_create(0, 6, MMD_PIXEL_BGR, MMD_U8, &image), MMD_OUT_OF_RANGE, "6x0");
  mmd_assert_fails(mmd_image_create(1, 65536, MMD_PIXEL_BGR, MMD_U8, &image), MMD_OUT_OF_RANGE,
                   NULL);
  mmd_assert_fails(mmd_image_create(3, 6, MMD_PIXEL_NV21, MMD_U8, &image), MMD_INVALID_ARGUMENT,
                   "even");
  mmd_assert_fails(mmd_image_create(3, 6, (mmd_pixel_format_t)9, MMD_U8, &image),
                   MMD_INVALID_ARGUMENT, NULL);
  mmd_assert_fails(mmd_image_create(3, 6, MMD_PIXEL_RGB, MMD_STRING, &image), MMD_INVALID_ARGUMENT,
                   NULL);
  mmd_assert_fails(mmd_image_borrow(data, 2, 6, 17, MMD_PIXEL_RGB, MMD_U8, &image),
                   MMD_INVALID_ARGUMENT, "17");
  mmd_assert_fails(mmd_image_borrow(data, 2, 6, SIZE_MAX, MMD_PIXEL_RGB, MMD_U8, &image),
                   MMD_OUT_OF_RANGE, NULL);
  mmd_assert_fails(mmd_image_borrow(NULL, 2, 6, 0, MMD_PIXEL_RGB, MMD_U8, &image),
                   MMD_INVALID_ARGUMENT, NULL);
}

static void test_borrow(void **state) {
  (void)state;
  mmd_image_t image;
  unsigned char data[64] = {0};
  mmd_assert_ok(mmd_image_borrow(data, 2, 4, 0, MMD_PIXEL_GRAY, MMD_F32, &image));
  assert_int_equal(image.row_stride, 16);
  assert_null(mmd_image_mutable_data(&image));
  mmd_image_deinit(&image);
  assert_string_equal(mmd_pixel_format_name(MMD_PIXEL_NV12), "nv12");
  assert_int_equal(mmd_pixel_channels(MMD_PIXEL_BGRA), 4);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_create), cmocka_unit_test(test_refusals),
                                     cmocka_unit_test(test_borrow)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
