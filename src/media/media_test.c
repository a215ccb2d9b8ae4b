// SPDX-License-Identifier: Apache-2.0
//
// Files: what cv2.imread makes of the samples (testdata/make_samples.py), damage, writing.
#include "mmdeploy/media.h"

#include <dlfcn.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/file.h"
#include "base/last_error.h"
#include "base/log.h"
#include "media/codec.h"
#include "media/exif.h"
#include "tests/support/mmd_test.h"
#include "tests/support/mmd_test_fail.h"

#define SAMPLES MMD_TEST_FILE("src/media/testdata/samples/")
#define SAMPLE_COUNT 80  // the least; a list that lost lines must not pass

static uint32_t crc32_of(const uint8_t *data, size_t size) {
  uint32_t crc = 0xffffffff;
  for (size_t i = 0; i < size; ++i) {
    crc ^= data[i];
    for (int bit = 0; bit < 8; ++bit) crc = crc & 1 ? crc >> 1 ^ 0xedb88320 : crc >> 1;
  }
  return ~crc;
}

static uint32_t checksum(mmdeploy_image_t image) {
  const mmdeploy_mat_t *mat = mmdeploy_image_mat(image);
  return crc32_of(mat->data, (size_t)mat->width * (size_t)mat->height * (size_t)mat->channel);
}

static void expect_pixels(const char *path, mmdeploy_image_mode_t mode, const char *wanted) {
  mmdeploy_image_t image = NULL;
  char got[16];
  if (mmdeploy_image_read(path, mode, &image) != 0) fail_msg("%s", mmd_last_error_message());
  snprintf(got, sizeof got, "%08" PRIx32, checksum(image));
  if (strcmp(got, wanted) != 0)
    fail_msg("%s, mode %d: %s, OpenCV has %s", path, (int)mode, got, wanted);
  mmdeploy_image_destroy(image);
}

static void test_samples_equal_opencv(void **state) {
  (void)state;
  FILE *list = fopen(MMD_TEST_FILE("src/media/testdata/samples.txt"), "r");
  assert_non_null(list);
  char name[100], color[16], gray[16], stored[16], path[4096];
  int width, height, count = 0;
  while (fscanf(list, "%99s %d %d %15s %15s %15s", name, &width, &height, color, gray, stored) ==
         6) {
    snprintf(path, sizeof path, SAMPLES "%s", name);
    expect_pixels(path, MMDEPLOY_IMAGE_COLOR, color);
    expect_pixels(path, MMDEPLOY_IMAGE_GRAYSCALE, gray);
    expect_pixels(path, MMDEPLOY_IMAGE_COLOR_AS_STORED, stored);
    mmdeploy_image_t image;
    assert_int_equal(mmdeploy_image_read(path, MMDEPLOY_IMAGE_COLOR, &image), 0);
    assert_int_equal(mmdeploy_image_mat(image)->width, width);
    assert_int_equal(mmdeploy_image_mat(image)->height, height);
    mmdeploy_image_destroy(image);
    ++count;
  }
  fclose(list);
  assert_true(count >= SAMPLE_COUNT);
}

static void test_decoding_loads_no_drawing_library(void **state) {
  (void)state;
  expect_pixels(SAMPLES "jpeg_1x1.jpg", MMDEPLOY_IMAGE_COLOR, "82f84f05");
  assert_null(dlopen("libcairo.so.2", RTLD_NOLOAD | RTLD_LAZY));
  assert_null(dlopen("libpango-1.0.so.0", RTLD_NOLOAD | RTLD_LAZY));
}

static void expect_failure(const void *data, size_t size, int code, const char *part) {
  mmdeploy_image_t image = (mmdeploy_image_t)&image;
  assert_int_equal(mmdeploy_image_decode(data, size, MMDEPLOY_IMAGE_COLOR, &image), code);
  assert_null(image);
  if (!strstr(mmd_last_error_message(), part)) {
    fail_msg("'%s' lacks '%s'", mmd_last_error_message(), part);
  }
}
#define EXPECT_FAILURE(text, code, part) expect_failure(text, sizeof(text) - 1, code, part)

static void test_wrong_content(void **state) {
  (void)state;
  expect_failure(NULL, 0, MMDEPLOY_E_FAIL, "empty");
  expect_failure(NULL, 3, MMDEPLOY_E_INVALID_ARG, "'data' is NULL");
  EXPECT_FAILURE("Dear reader,\n", MMDEPLOY_E_NOT_SUPPORTED, "not a picture");
  EXPECT_FAILURE("GIF89a", MMDEPLOY_E_NOT_SUPPORTED, "a GIF file");
  EXPECT_FAILURE("II*\0aaaa", MMDEPLOY_E_NOT_SUPPORTED, "a TIFF file");
  EXPECT_FAILURE("\xff\xd8\xff\xe0", MMDEPLOY_E_FAIL, "truncated");
  EXPECT_FAILURE("\x89PNG\r\n\x1a\n", MMDEPLOY_E_FAIL, "PNG");
  EXPECT_FAILURE("RIFF\x10\0\0\0WEBP", MMDEPLOY_E_FAIL, "WebP");
  EXPECT_FAILURE("BM", MMDEPLOY_E_FAIL, "truncated");
  EXPECT_FAILURE("P6 2 2 255\n123", MMDEPLOY_E_FAIL, "truncated");
  EXPECT_FAILURE("P6 0 2 255\n", MMDEPLOY_E_FAIL, "no pixels");
  EXPECT_FAILURE("P6 2 x 255\n", MMDEPLOY_E_FAIL, "number is missing");
  EXPECT_FAILURE("P5 2 2 65536\n", MMDEPLOY_E_OUT_OF_RANGE, "65536");
  EXPECT_FAILURE("P5 99999999 99999999 255\n", MMDEPLOY_E_FAIL, "truncated");
}

static void test_too_many_pixels(void **state) {
  (void)state;
  mmd_bitmap_t bitmap;
  mmd_assert_fails(mmd_bitmap_create(1u << 16, (1u << 14) + 1, 3, &bitmap), MMD_OUT_OF_RANGE,
                   "65536 x 16385");
  mmd_assert_fails(mmd_bitmap_create((1u << 20) + 1, 1, 1, &bitmap), MMD_OUT_OF_RANGE, "1048577");
  const char text[] = "P5 3 3 255\n123456789";
  const mmd_decode_t request = {
      .data = (const uint8_t *)text, .size = sizeof text - 1, .max_pixels = 8};
  mmd_assert_fails(mmd_codec_decode(&request, &bitmap), MMD_OUT_OF_RANGE, "8 pixels are allowed");
}

static void test_huge_png_header(void **state) {
  (void)state;
  unsigned char png[] =
      "\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\1\0\0\0\1\0\0\x08\2\0\0\0\0\0\0\0\0\0\0\1IDAT\0\0\0\0\0";
  const uint32_t crc = crc32_of(png + 12, 17);
  for (int i = 0; i < 4; ++i) png[29 + i] = (unsigned char)(crc >> (24 - 8 * i));
  expect_failure(png, sizeof png - 1, MMDEPLOY_E_OUT_OF_RANGE, "65536 x 65536");
}

// Every prefix of a file is refused, or is as good as the whole.
static void expect_prefixes_fail(const char *name, size_t spared) {
  char path[4096], *data;
  size_t size;
  snprintf(path, sizeof path, SAMPLES "%s", name);
  mmd_assert_ok(mmd_file_read(path, 0, &data, &size));
  mmdeploy_image_t whole, image;
  assert_int_equal(mmdeploy_image_decode(data, size, MMDEPLOY_IMAGE_COLOR, &whole), 0);
  for (size_t n = 0; n < size; ++n) {
    if (mmdeploy_image_decode(data, n, MMDEPLOY_IMAGE_COLOR, &image) != 0) continue;
    if (n + spared < size) fail_msg("%s: %zu of %zu bytes were enough", name, n, size);
    assert_int_equal(checksum(image), checksum(whole));
    mmdeploy_image_destroy(image);
  }
  mmdeploy_image_destroy(whole);
  mmd_free(data);
}

static void test_truncated_files(void **state) {
  (void)state;
  // What may be missing: the end marker and padding bits; CRC and IEND; nothing.
  expect_prefixes_fail("jpeg_420.jpg", 4);
  expect_prefixes_fail("jpeg_cmyk.jpg", 4);
  expect_prefixes_fail("jpeg_progressive.jpg", 4);
  expect_prefixes_fail("png_palette.png", 24);
  expect_prefixes_fail("webp_lossy.webp", 1);
  expect_prefixes_fail("webp_lossless.webp", 1);
  expect_prefixes_fail("bmp_rgb.bmp", 0);
  expect_prefixes_fail("pnm_p6.ppm", 0);
  expect_prefixes_fail("pnm_p3.ppm", 1);
}

static void test_files_that_cannot_be_read(void **state) {
  (void)state;
  mmdeploy_image_t image;
  assert_int_equal(mmdeploy_image_read("/nonexistent/a.jpg", 0, &image), MMDEPLOY_E_FILE_NOT_EXIST);
  assert_non_null(strstr(mmd_last_error_message(), "/nonexistent/a.jpg"));
  assert_null(image);
  assert_int_equal(mmdeploy_image_read("/", 0, &image), MMDEPLOY_E_FAIL);
  assert_int_equal(mmdeploy_image_read(NULL, 0, &image), MMDEPLOY_E_INVALID_ARG);
  assert_int_equal(mmdeploy_image_read("/", 0, NULL), MMDEPLOY_E_INVALID_ARG);
  assert_int_equal(mmdeploy_image_decode("x", 1, 7, &image), MMDEPLOY_E_INVALID_ARG);
  assert_null(mmdeploy_image_mat(NULL));
  mmdeploy_image_destroy(NULL);
}

static void test_create_converts(void **state) {
  (void)state;
  uint8_t pixels[] = {1, 2, 3, 4, 5, 6, 7, 8};
  mmdeploy_mat_t mat = {pixels, 1, 2, 3, MMDEPLOY_PIXEL_FORMAT_BGR, MMDEPLOY_DATA_TYPE_UINT8, NULL};
  static const struct {
    mmdeploy_pixel_format_t format;
    uint8_t bgr[6];
  } cases[] = {{MMDEPLOY_PIXEL_FORMAT_BGR, {1, 2, 3, 4, 5, 6}},
               {MMDEPLOY_PIXEL_FORMAT_RGB, {3, 2, 1, 6, 5, 4}},
               {MMDEPLOY_PIXEL_FORMAT_GRAYSCALE, {1, 1, 1, 2, 2, 2}},
               {MMDEPLOY_PIXEL_FORMAT_BGRA, {1, 2, 3, 5, 6, 7}}};
  mmdeploy_image_t image;
  for (size_t i = 0; i < sizeof cases / sizeof *cases; ++i) {
    mat.format = cases[i].format;
    assert_int_equal(mmdeploy_image_create(&mat, &image), 0);
    assert_int_equal(mmdeploy_image_mat(image)->format, MMDEPLOY_PIXEL_FORMAT_BGR);
    assert_memory_equal(mmdeploy_image_mat(image)->data, cases[i].bgr, 6);
    mmdeploy_image_destroy(image);
  }
  mat.format = MMDEPLOY_PIXEL_FORMAT_NV12;
  assert_int_equal(mmdeploy_image_create(&mat, &image), MMDEPLOY_E_NOT_SUPPORTED);
  mat.format = MMDEPLOY_PIXEL_FORMAT_BGR;
  mat.type = MMDEPLOY_DATA_TYPE_FLOAT;
  assert_int_equal(mmdeploy_image_create(&mat, &image), MMDEPLOY_E_NOT_SUPPORTED);
  mat.type = MMDEPLOY_DATA_TYPE_UINT8;
  mat.height = -1;
  assert_int_equal(mmdeploy_image_create(&mat, &image), MMDEPLOY_E_INVALID_ARG);
  assert_int_equal(mmdeploy_image_create(NULL, &image), MMDEPLOY_E_INVALID_ARG);
  assert_null(image);
}

static double mean_difference(mmdeploy_image_t a, mmdeploy_image_t b) {
  const mmdeploy_mat_t *p = mmdeploy_image_mat(a), *q = mmdeploy_image_mat(b);
  assert_int_equal(p->width, q->width);
  assert_int_equal(p->height, q->height);
  assert_int_equal(p->channel, q->channel);
  const int count = p->width * p->height * p->channel;
  double sum = 0;
  for (int i = 0; i < count; ++i) sum += abs(p->data[i] - q->data[i]);
  return sum / count;
}

static void expect_round_trip(const char *directory, const char *name, mmdeploy_image_mode_t mode,
                              double most) {
  mmdeploy_image_t image, again;
  char *path = mmd_path_join(directory, name);
  assert_int_equal(mmdeploy_image_read(SAMPLES "png_rgb.png", mode, &image), 0);
  assert_int_equal(mmdeploy_image_write(image, path, 0), 0);
  // Gray WebP files do not exist: they come back as gray in colour.
  assert_int_equal(mmdeploy_image_read(path, mode, &again), 0);
  const double difference = mean_difference(image, again);
  if (difference > most) fail_msg("%s: mean difference %f", name, difference);
  mmdeploy_image_destroy(again);
  mmdeploy_image_destroy(image);
  mmd_free(path);
}

static void test_write(void **state) {
  (void)state;
  char *directory = mmd_test_make_directory();
  expect_round_trip(directory, "a.png", MMDEPLOY_IMAGE_COLOR, 0);
  expect_round_trip(directory, "gray.png", MMDEPLOY_IMAGE_GRAYSCALE, 0);
  expect_round_trip(directory, "a.jpg", MMDEPLOY_IMAGE_COLOR, 12);  // chroma noise is halved
  expect_round_trip(directory, "gray.JPEG", MMDEPLOY_IMAGE_GRAYSCALE, 2);
  expect_round_trip(directory, "a.webp", MMDEPLOY_IMAGE_COLOR, 14);
  expect_round_trip(directory, "gray.webp", MMDEPLOY_IMAGE_GRAYSCALE, 4);
  mmdeploy_image_t image;
  assert_int_equal(mmdeploy_image_read(SAMPLES "png_rgb.png", MMDEPLOY_IMAGE_COLOR, &image), 0);
  char *gif = mmd_path_join(directory, "a.gif");
  assert_int_equal(mmdeploy_image_write(image, gif, 0), MMDEPLOY_E_NOT_SUPPORTED);
  assert_false(mmd_path_exists(gif));
  assert_int_equal(mmdeploy_image_write(image, "/nonexistent/a.png", 0), MMDEPLOY_E_FILE_NOT_EXIST);
  assert_int_equal(mmdeploy_image_write(image, gif, 101), MMDEPLOY_E_INVALID_ARG);
  assert_int_equal(mmdeploy_image_write(NULL, gif, 0), MMDEPLOY_E_INVALID_ARG);
  mmdeploy_image_destroy(image);
  mmd_free(gif);
  mmd_test_remove_tree(directory);
  mmd_free(directory);
}

// The default JPEG has the pixels of cv2.imwrite (testdata/make_samples.py), as both use
// libjpeg-turbo alike.
static void test_jpeg_has_opencv_pixels(void **state) {
  (void)state;
  char *directory = mmd_test_make_directory();
  char *path = mmd_path_join(directory, "a.jpg");
  mmdeploy_image_t image, ours, theirs;
  assert_int_equal(mmdeploy_image_read(SAMPLES "png_rgb.png", MMDEPLOY_IMAGE_COLOR, &image), 0);
  assert_int_equal(mmdeploy_image_write(image, path, 0), 0);
  assert_int_equal(mmdeploy_image_read(path, MMDEPLOY_IMAGE_COLOR, &ours), 0);
  assert_int_equal(mmdeploy_image_read(SAMPLES "jpeg_by_opencv.jpg", MMDEPLOY_IMAGE_COLOR, &theirs),
                   0);
  assert_int_equal(checksum(ours), checksum(theirs));
  mmdeploy_image_destroy(theirs);
  mmdeploy_image_destroy(ours);
  mmdeploy_image_destroy(image);
  mmd_free(path);
  mmd_test_remove_tree(directory);
  mmd_free(directory);
}

static void test_exif(void **state) {
  (void)state;
  const uint8_t block[] = "II*\0\x08\0\0\0\1\0\x12\1\3\0\1\0\0\0\6\0\0\0";
  assert_int_equal(mmd_exif_orientation(block, 22), 6);
  for (size_t n = 0; n < 22; ++n) assert_int_equal(mmd_exif_orientation(block, n), 1);
  const uint8_t far_away[] = "II*\0\xff\xff\xff\xff\1\0";
  assert_int_equal(mmd_exif_orientation(far_away, sizeof far_away), 1);
}

typedef struct {
  char *data;
  size_t size;
  bool gray;
  const char *out;
} sweep_t;

static mmd_status_t decode_once(void *context) {
  const sweep_t *s = context;
  const mmd_decode_t request = {.data = (const uint8_t *)s->data, .size = s->size, .gray = s->gray};
  mmd_bitmap_t bitmap;
  MMD_TRY(mmd_codec_decode(&request, &bitmap));
  mmd_status_t status = s->out ? mmd_codec_write(&bitmap, s->out, 0) : NULL;
  mmd_bitmap_deinit(&bitmap);
  return status;
}

static void test_memory_runs_short(void **state) {
  (void)state;
  static const char *const names[] = {"jpeg_exif6_le.jpg",    "jpeg_cmyk.jpg", "png_palette.png",
                                      "png_exif8_behind.png", "png_rgb16.png", "webp_alpha.webp",
                                      "bmp_palette.bmp",      "pnm_p3.ppm"};
  char *directory = mmd_test_make_directory();
  for (size_t i = 0; i < sizeof names / sizeof *names; ++i) {
    char path[4096], out[4096];
    sweep_t sweep = {0};
    snprintf(path, sizeof path, SAMPLES "%s", names[i]);
    mmd_assert_ok(mmd_file_read(path, 0, &sweep.data, &sweep.size));
    char *data = malloc(sweep.size);  // not counted by the sweep
    memcpy(data, sweep.data, sweep.size);
    mmd_free(sweep.data);
    sweep.data = data;
    mmd_test_sweep(decode_once, &sweep);
    sweep.gray = true;
    mmd_test_sweep(decode_once, &sweep);
    snprintf(out, sizeof out, "%s/a%s", directory,
             i % 3 == 0   ? ".png"
             : i % 3 == 1 ? ".jpg"
                          : ".webp");
    sweep.out = out;
    mmd_test_sweep(decode_once, &sweep);
    free(data);
  }
  mmd_test_remove_tree(directory);
  mmd_free(directory);
}

int main(void) {
  mmd_log_set_level(MMD_LOG_OFF);
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_samples_equal_opencv),
      cmocka_unit_test(test_wrong_content),
      cmocka_unit_test(test_too_many_pixels),
      cmocka_unit_test(test_huge_png_header),
      cmocka_unit_test(test_truncated_files),
      cmocka_unit_test(test_files_that_cannot_be_read),
      cmocka_unit_test(test_create_converts),
      cmocka_unit_test(test_write),
      cmocka_unit_test(test_jpeg_has_opencv_pixels),
      cmocka_unit_test(test_exif),
      cmocka_unit_test(test_decoding_loads_no_drawing_library),
      cmocka_unit_test(test_memory_runs_short),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
