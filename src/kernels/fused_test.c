// SPDX-License-Identifier: Apache-2.0
//
// The fused pass equals its steps done one by one, in every variant; the steps are tested against
// OpenCV and Pillow in resize_test.c, the normalisation against cv2 below.
#include "kernels/fused.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "kernels/cpu.h"

static uint32_t g_state = 1;

static uint32_t next_random(uint32_t limit) {
  g_state = g_state * 1664525u + 1013904223u;
  return (g_state >> 8) % limit;
}

static mmd_fused_t random_case(void) {
  static const size_t kChannels[] = {1, 3, 3, 4};
  size_t sw = 1 + next_random(90), sh = 1 + next_random(90);
  size_t dw = 1 + next_random(120), dh = 1 + next_random(120);
  uint32_t special = next_random(8);
  if (special == 0) dw = sw, dh = sh;
  if (special == 1) sw = 2 * dw, sh = 2 * dh;
  mmd_resize_t r =
      mmd_resize_make((mmd_resize_kind_t)next_random(5), kChannels[next_random(4)], sw, sh, dw, dh);
  r.window_x = next_random((uint32_t)dw);
  r.window_y = next_random((uint32_t)dh);
  r.window_width = 1 + next_random((uint32_t)(dw - r.window_x));
  r.window_height = 1 + next_random((uint32_t)(dh - r.window_y));
  mmd_fused_t f = mmd_fused_make(&r);
  f.pad_left = next_random(4);
  f.pad_top = next_random(4);
  f.pad_right = next_random(4);
  f.pad_bottom = next_random(4);
  f.pad_value = (float)next_random(200);
  f.pad_first = next_random(2);
  f.planes = r.channels == 4 ? 3 : r.channels == 1 ? 1 + 2 * next_random(2) : 3;
  for (size_t p = 0; p < f.planes; ++p) {
    f.order[p] = (uint8_t)next_random((uint32_t)r.channels);
    f.mean[p] = (float)next_random(25500) / 100.f;
    f.scale[p] = 1.f / (1.f + (float)next_random(10000) / 100.f);
  }
  return f;
}

static float *run_unfused(const mmd_fused_t *f, const uint8_t *src, size_t stride) {
  const mmd_resize_t *r = &f->resize;
  mmd_resize_t whole =
      mmd_resize_make(r->kind, r->channels, r->src_width, r->src_height, r->width, r->height);
  uint8_t *image = malloc(r->width * r->height * r->channels);
  assert_null(mmd_resize_u8(&whole, src, stride, image, r->width * r->channels));
  size_t w = mmd_fused_width(f), h = mmd_fused_height(f);
  float *out = malloc(f->planes * w * h * sizeof *out);
  for (size_t p = 0; p < f->planes; ++p) {
    for (size_t i = 0; i < w * h; ++i) {
      size_t x = i % w - f->pad_left, y = i / w - f->pad_top;
      bool inside = x < r->window_width && y < r->window_height;
      size_t at = ((y + r->window_y) * r->width + x + r->window_x) * r->channels + f->order[p];
      float value = inside ? (float)image[at] : f->pad_value;
      bool keep = !inside && !f->pad_first;
      out[p * w * h + i] = keep ? value : (value - f->mean[p]) * f->scale[p];
    }
  }
  free(image);
  return out;
}

static void check_case(const mmd_fused_t *f, mmd_pool_t *pool) {
  size_t stride = f->resize.src_width * f->resize.channels + next_random(3);
  size_t bytes = stride * (f->resize.src_height - 1) + f->resize.src_width * f->resize.channels;
  uint8_t *src = malloc(bytes);
  for (size_t i = 0; i < bytes; ++i) src[i] = (uint8_t)next_random(256);
  float *want = run_unfused(f, src, stride);
  size_t size = f->planes * mmd_fused_width(f) * mmd_fused_height(f) * sizeof(float);
  float *got = malloc(size);
  for (int isa = 0; isa < MMD_ISA_COUNT; ++isa) {
    if (!mmd_cpu_set_isa((mmd_isa_t)isa)) continue;
    memset(got, 0xff, size);
    assert_null(mmd_fused_run(f, src, stride, got, pool));
    assert_memory_equal(got, want, size);
  }
  free(src);
  free(want);
  free(got);
}

static void fused_equals_steps(void **state) {
  (void)state;
  mmd_isa_t before = mmd_cpu_isa();
  mmd_pool_t *pool = NULL;
  assert_null(mmd_pool_create(3, &pool));
  for (int i = 0; i < 400; ++i) {
    mmd_fused_t f = random_case();
    check_case(&f, i % 2 ? pool : NULL);
  }
  mmd_pool_destroy(pool);
  mmd_cpu_set_isa(before);
}

static void fused_normalizes_like_opencv(void **state) {
  (void)state;
  // cv2.multiply(cv2.subtract(float32 values, mean), 1 / float64(float32(std))) of pixel values
  // 0, 1, 77, 128, 200, 255; mean 123.675, 116.28, 103.53 and std 58.395, 57.12, 57.375. It
  // multiplies in double, so the last bit may differ.
  static const uint8_t kValues[] = {0, 1, 77, 128, 200, 255};
  static const int32_t kBits[3][6] = {
#include "kernels/testdata/normalize_golden.inc"
  };
  uint8_t image[6 * 3];
  for (int i = 0; i < 18; ++i) image[i] = kValues[i / 3];
  mmd_resize_t r = mmd_resize_make(MMD_RESIZE_CV_LINEAR, 3, 6, 1, 6, 1);
  mmd_fused_t f = mmd_fused_make(&r);
  const float mean[3] = {123.675f, 116.28f, 103.53f};
  const float std[3] = {58.395f, 57.12f, 57.375f};
  for (int p = 0; p < 3; ++p) {
    f.mean[p] = mean[p];
    f.scale[p] = 1.f / std[p];
  }
  float out[18];
  assert_null(mmd_fused_run(&f, image, 18, out, NULL));
  for (int i = 0; i < 18; ++i) {
    int32_t bits;
    memcpy(&bits, out + i, 4);
    assert_in_range(bits - kBits[i / 6][i % 6] + 1, 0, 2);
  }
}

static void fused_refuses_bad_input(void **state) {
  (void)state;
  uint8_t pixel[3] = {0};
  float out[3];
  mmd_resize_t r = mmd_resize_make(MMD_RESIZE_CV_LINEAR, 3, 1, 1, 1, 1);
  mmd_fused_t f = mmd_fused_make(&r);
  f.order[1] = 3;
  assert_true(mmd_status_ignore(mmd_fused_run(&f, pixel, 3, out, NULL)));
  f = mmd_fused_make(&r);
  f.planes = 5;
  assert_true(mmd_status_ignore(mmd_fused_run(&f, pixel, 3, out, NULL)));
  f = mmd_fused_make(&r);
  f.pad_left = (size_t)-1;
  assert_true(mmd_status_ignore(mmd_fused_run(&f, pixel, 3, out, NULL)));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(fused_equals_steps),
      cmocka_unit_test(fused_normalizes_like_opencv),
      cmocka_unit_test(fused_refuses_bad_input),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
