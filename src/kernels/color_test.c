// SPDX-License-Identifier: Apache-2.0
//
// Colour conversions and borders against OpenCV 4.7.0.72: testdata/image_golden.txt, made by
// make_image_golden.py. Normalisation and layouts against obvious loops.
#include "kernels/color.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "kernels/layout.h"
#include "kernels/normalize.h"
#include "kernels/pad.h"

static uint8_t *noise(size_t w, size_t h, size_t c) {
  uint8_t *out = malloc(w * h * c);
  uint32_t state = (uint32_t)(w * 7919 + h * 104729 + c);
  for (size_t i = 0; i < w * h * c; ++i) {
    state = state * 1664525u + 1013904223u;
    out[i] = (uint8_t)(state >> 24);
  }
  return out;
}

static uint64_t fnv(const uint8_t *data, size_t size) {
  uint64_t value = 0xcbf29ce484222325u;
  for (size_t i = 0; i < size; ++i) value = (value ^ data[i]) * 0x100000001b3u;
  return value;
}

static uint64_t run_shuffle(size_t w, size_t h, size_t from, size_t to, const char *order) {
  uint8_t *src = noise(w, h, from);
  uint8_t *dst = malloc(w * h * to);
  mmd_color_shuffle_u8(src, w * from, from, w, h, dst, w * to, to, (const uint8_t *)order);
  uint64_t sum = fnv(dst, w * h * to);
  free(src);
  free(dst);
  return sum;
}

static uint64_t run_gray(size_t w, size_t h, size_t channels, bool rgb) {
  uint8_t *src = noise(w, h, channels);
  uint8_t *dst = malloc(w * h);
  mmd_color_to_gray_u8(src, w * channels, channels, rgb, w, h, dst, w);
  uint64_t sum = fnv(dst, w * h);
  free(src);
  free(dst);
  return sum;
}

static uint64_t run_nv(size_t w, size_t h, bool v_first, bool rgb) {
  uint8_t *src = noise(w, h * 3 / 2, 1);
  uint8_t *dst = malloc(w * h * 3);
  mmd_nv_image_t image = {src, w, src + w * h, w, w, h, v_first};
  mmd_color_from_nv(&image, rgb, dst, w * 3);
  uint64_t sum = fnv(dst, w * h * 3);
  free(src);
  free(dst);
  return sum;
}

static uint64_t run_pad(size_t w, size_t h, mmd_pad_mode_t mode) {
  static const uint8_t kValue[3] = {10, 20, 30};
  mmd_pad_t pad = {mode, 3, 5, 2, 7, 3, kValue};
  uint8_t *src = noise(w, h, 3);
  uint8_t *dst = malloc((w + 9) * (h + 8) * 3);
  assert_null(mmd_pad_image(&pad, src, w * 3, w, h, dst, (w + 9) * 3));
  uint64_t sum = fnv(dst, (w + 9) * (h + 8) * 3);
  free(src);
  free(dst);
  return sum;
}

static uint64_t run_named(const char *name, size_t w, size_t h) {
  if (!strcmp(name, "bgr2rgb")) return run_shuffle(w, h, 3, 3, "\2\1\0");
  if (!strcmp(name, "bgra2bgr")) return run_shuffle(w, h, 4, 3, "\0\1\2");
  if (!strcmp(name, "bgra2rgb")) return run_shuffle(w, h, 4, 3, "\2\1\0");
  if (!strcmp(name, "gray2bgr")) return run_shuffle(w, h, 1, 3, "\0\0\0");
  if (!strcmp(name, "bgr2gray")) return run_gray(w, h, 3, false);
  if (!strcmp(name, "rgb2gray")) return run_gray(w, h, 3, true);
  if (!strcmp(name, "bgra2gray")) return run_gray(w, h, 4, false);
  if (!strcmp(name, "nv12_bgr")) return run_nv(w, h, false, false);
  if (!strcmp(name, "nv12_rgb")) return run_nv(w, h, false, true);
  if (!strcmp(name, "nv21_bgr")) return run_nv(w, h, true, false);
  if (!strcmp(name, "nv21_rgb")) return run_nv(w, h, true, true);
  if (!strcmp(name, "pad_constant")) return run_pad(w, h, MMD_PAD_CONSTANT);
  if (!strcmp(name, "pad_edge")) return run_pad(w, h, MMD_PAD_EDGE);
  if (!strcmp(name, "pad_reflect")) return run_pad(w, h, MMD_PAD_REFLECT);
  if (!strcmp(name, "pad_symmetric")) return run_pad(w, h, MMD_PAD_SYMMETRIC);
  fail_msg("unknown case %s", name);
  return 0;
}

static void images_equal_opencv(void **state) {
  (void)state;
  FILE *file = fopen(MMD_SOURCE_DIR "/src/kernels/testdata/image_golden.txt", "r");
  assert_non_null(file);
  char name[32];
  size_t w, h;
  unsigned long long want;
  int lines = 0, wrong = 0;
  while (fscanf(file, "%31s %zu %zu %llx", name, &w, &h, &want) == 4) {
    ++lines;
    if (run_named(name, w, h) == want) continue;
    print_message("%s %zux%zu differs\n", name, w, h);
    ++wrong;
  }
  fclose(file);
  assert_int_equal(wrong, 0);
  assert_true(lines >= 60);
}

static void gray_of_floats(void **state) {
  (void)state;
  const float src[8] = {10.f, 20.f, 30.f, 9.f, 0.5f, 0.25f, 1.f, 9.f};
  float out[2];
  mmd_color_to_gray_f32(src, sizeof src, 4, false, 2, 1, out, sizeof out);
  assert_true(fabsf(out[0] - 21.85f) < 1e-5f);  // cv2.cvtColor, COLOR_BGRA2GRAY
  assert_true(fabsf(out[1] - 0.50275f) < 1e-6f);
  float swapped[6];
  mmd_color_shuffle_f32(src, sizeof src, 4, 2, 1, swapped, sizeof swapped, 3,
                        (const uint8_t *)"\2\1\0");
  const float want[6] = {30.f, 20.f, 10.f, 1.f, 0.25f, 0.5f};
  assert_memory_equal(swapped, want, sizeof want);
}

static void normalize_scales_each_channel(void **state) {
  (void)state;
  const uint8_t bytes[6] = {0, 100, 200, 255, 1, 2};
  const float floats[6] = {0, 100, 200, 255, 1, 2};
  mmd_normalize_t n = {3, {2, 1, 0}, {1.f, 2.f, 3.f}, {1.f, .5f, .25f}};
  const float want[6] = {199.f, 49.f, -.75f, 1.f, -.5f, 63.f};
  float out[6];
  mmd_normalize_u8(&n, bytes, 6, 2, 1, out, sizeof out);
  assert_memory_equal(out, want, sizeof want);
  memcpy(out, floats, sizeof out);
  mmd_normalize_f32(&n, out, sizeof out, 2, 1, out, sizeof out);
  assert_memory_equal(out, want, sizeof want);
}

static void layouts_go_there_and_back(void **state) {
  (void)state;
  enum { W = 5, H = 4, C = 3 };
  for (size_t size = 1; size <= 8; size *= 2) {
    uint8_t *src = noise(W * size, H, C);
    uint8_t planes[W * H * C * 8], back[W * H * C * 8];
    mmd_layout_hwc_to_chw(src, W * C * size, W, H, C, size, planes);
    for (size_t i = 0; i < W * H * C; ++i) {
      size_t c = i / (W * H), at = i % (W * H);
      assert_memory_equal(planes + i * size, src + (at * C + c) * size, size);
    }
    mmd_layout_chw_to_hwc(planes, W, H, C, size, back, W * C * size);
    assert_memory_equal(back, src, W * H * C * size);
    free(src);
  }
  const uint8_t bytes[3] = {0, 7, 255};
  float floats[3];
  mmd_layout_u8_to_f32(bytes, 3, floats);
  assert_true(floats[0] == 0.f && floats[1] == 7.f && floats[2] == 255.f);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(images_equal_opencv),
      cmocka_unit_test(gray_of_floats),
      cmocka_unit_test(normalize_scales_each_channel),
      cmocka_unit_test(layouts_go_there_and_back),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
