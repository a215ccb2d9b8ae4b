// SPDX-License-Identifier: Apache-2.0
//
// Against OpenCV 4.7.0.72 and Pillow: testdata/resize_golden.txt, made by make_resize_golden.py.
#include "kernels/resize.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "kernels/cpu.h"

static const char *const kKinds[MMD_RESIZE_KIND_COUNT] = {
    [MMD_RESIZE_CV_NEAREST] = "cv_nearest",   [MMD_RESIZE_CV_LINEAR] = "cv_linear",
    [MMD_RESIZE_CV_CUBIC] = "cv_cubic",       [MMD_RESIZE_CV_AREA] = "cv_area",
    [MMD_RESIZE_CV_LANCZOS4] = "cv_lanczos4", [MMD_RESIZE_PIL_NEAREST] = "pil_nearest",
    [MMD_RESIZE_PIL_BOX] = "pil_box",         [MMD_RESIZE_PIL_BILINEAR] = "pil_bilinear",
    [MMD_RESIZE_PIL_HAMMING] = "pil_hamming", [MMD_RESIZE_PIL_BICUBIC] = "pil_bicubic",
    [MMD_RESIZE_PIL_LANCZOS] = "pil_lanczos",
};

static uint8_t *make_source(const char *pattern, size_t w, size_t h, size_t c) {
  uint8_t *out = malloc(w * h * c);
  uint32_t state = (uint32_t)(w * 7919 + h * 104729 + c);
  for (size_t i = 0; i < w * h * c; ++i) {
    state = state * 1664525u + 1013904223u;
    size_t k = i % c, x = i / c % w, y = i / c / w;
    size_t smooth = (x * 255 / (w > 1 ? w - 1 : 1) + y * (k + 1) * 3) / 2 % 256;
    out[i] = strcmp(pattern, "noise") == 0 ? (uint8_t)(state >> 24) : (uint8_t)smooth;
  }
  return out;
}

static uint64_t fnv(const uint8_t *data, size_t size) {
  uint64_t value = 0xcbf29ce484222325u;
  for (size_t i = 0; i < size; ++i) value = (value ^ data[i]) * 0x100000001b3u;
  return value;
}

static mmd_resize_kind_t kind_named(const char *name) {
  for (int i = 0; i < MMD_RESIZE_KIND_COUNT; ++i) {
    if (strcmp(name, kKinds[i]) == 0) return (mmd_resize_kind_t)i;
  }
  fail_msg("unknown kind %s", name);
  return MMD_RESIZE_CV_NEAREST;
}

static void check_window(mmd_resize_t r, const uint8_t *src, const uint8_t *whole) {
  r.window_x = r.width / 3;
  r.window_y = r.height / 4;
  r.window_width = r.width - r.window_x - r.width / 5;
  r.window_height = r.height - r.window_y - r.height / 5;
  size_t row = r.window_width * r.channels;
  uint8_t *out = malloc(row * r.window_height);
  assert_null(mmd_resize_u8(&r, src, r.src_width * r.channels, out, row));
  for (size_t y = 0; y < r.window_height; ++y) {
    assert_memory_equal(out + y * row,
                        whole + ((y + r.window_y) * r.width + r.window_x) * r.channels, row);
  }
  free(out);
}

static void check_golden(void) {
  FILE *file = fopen(MMD_SOURCE_DIR "/src/kernels/testdata/resize_golden.txt", "r");
  assert_non_null(file);
  char kind[32], pattern[16];
  size_t c, sw, sh, dw, dh;
  unsigned long long want;
  int lines = 0, wrong = 0;
  while (fscanf(file, "%31s %zu %15s %zu %zu %zu %zu %llx", kind, &c, pattern, &sw, &sh, &dw, &dh,
                &want) == 8) {
    mmd_resize_t r = mmd_resize_make(kind_named(kind), c, sw, sh, dw, dh);
    uint8_t *src = make_source(pattern, sw, sh, c);
    uint8_t *dst = malloc(dw * dh * c);
    assert_null(mmd_resize_u8(&r, src, sw * c, dst, dw * c));
    if (fnv(dst, dw * dh * c) != want) {
      print_message("%s: %s %zu %s %zux%zu -> %zux%zu\n", mmd_cpu_isa_name(mmd_cpu_isa()), kind, c,
                    pattern, sw, sh, dw, dh);
      ++wrong;
    }
    check_window(r, src, dst);
    free(src);
    free(dst);
    ++lines;
  }
  fclose(file);
  assert_int_equal(wrong, 0);
  assert_true(lines >= 1600);
}

static void resize_equals_opencv_and_pillow(void **state) {
  (void)state;
  mmd_isa_t before = mmd_cpu_isa();
  for (int isa = 0; isa < MMD_ISA_COUNT; ++isa) {
    if (mmd_cpu_set_isa((mmd_isa_t)isa)) check_golden();
  }
  mmd_cpu_set_isa(before);
}

static void resize_honours_strides(void **state) {
  (void)state;
  enum { W = 20, H = 11, DW = 13, DH = 17, C = 3, PAD = 7 };
  uint8_t *tight = make_source("noise", W, H, C);
  uint8_t *loose = calloc(H, W * C + PAD);
  for (size_t y = 0; y < H; ++y) memcpy(loose + y * (W * C + PAD), tight + y * W * C, W * C);
  for (int kind = 0; kind < MMD_RESIZE_KIND_COUNT; ++kind) {
    mmd_resize_t r = mmd_resize_make((mmd_resize_kind_t)kind, C, W, H, DW, DH);
    uint8_t a[DW * DH * C];
    uint8_t b[DH * (DW * C + PAD)];
    memset(b, 0xa5, sizeof b);
    assert_null(mmd_resize_u8(&r, tight, W * C, a, DW * C));
    assert_null(mmd_resize_u8(&r, loose, W * C + PAD, b, DW * C + PAD));
    for (size_t y = 0; y < DH; ++y) {
      assert_memory_equal(a + y * DW * C, b + y * (DW * C + PAD), DW * C);
      for (size_t x = 0; x < PAD; ++x) assert_int_equal(b[y * (DW * C + PAD) + DW * C + x], 0xa5);
    }
  }
  free(tight);
  free(loose);
}

// Samples of pictures of v[y][x] = (x * 7919 + y * 104729) % 251 / 250, one channel.
static void resize_f32_equals_opencv_and_pillow(void **state) {
  (void)state;
  static const struct {
    size_t sw, sh, dw, dh;
    mmd_resize_kind_t kind;
    float want[3];
  } kCases[] = {
#include "kernels/testdata/resize_f32_golden.inc"
  };
  int wrong = 0;
  for (size_t i = 0; i < sizeof kCases / sizeof kCases[0]; ++i) {
    size_t w = kCases[i].sw, h = kCases[i].sh, n = kCases[i].dw * kCases[i].dh;
    float *src = malloc(w * h * sizeof *src);
    float *dst = malloc(n * sizeof *dst);
    for (size_t k = 0; k < w * h; ++k) {
      src[k] = (float)((k % w * 7919 + k / w * 104729) % 251) / 250.f;
    }
    mmd_resize_t r = mmd_resize_make(kCases[i].kind, 1, w, h, kCases[i].dw, kCases[i].dh);
    assert_null(mmd_resize_f32(&r, src, w * sizeof *src, dst, kCases[i].dw * sizeof *dst));
    const size_t at[3] = {n / 3, n / 2, n > 1 ? n - 2 : 0};
    for (size_t k = 0; k < 3; ++k) {
      if (fabsf(dst[at[k]] - kCases[i].want[k]) < 1e-5f) continue;
      print_message("%s %zux%zu -> %zux%zu: %.8f, want %.8f\n", kKinds[kCases[i].kind], w, h,
                    kCases[i].dw, kCases[i].dh, (double)dst[at[k]], (double)kCases[i].want[k]);
      ++wrong;
    }
    free(src);
    free(dst);
  }
  assert_int_equal(wrong, 0);
}

static void resize_refuses_bad_sizes(void **state) {
  (void)state;
  uint8_t pixel[4] = {0};
  mmd_resize_t bad[] = {
      mmd_resize_make(MMD_RESIZE_CV_LINEAR, 3, 0, 1, 1, 1),
      mmd_resize_make(MMD_RESIZE_CV_LINEAR, 3, 1, 1, 1, 0),
      mmd_resize_make(MMD_RESIZE_CV_LINEAR, 2, 1, 1, 1, 1),
      mmd_resize_make(MMD_RESIZE_CV_LINEAR, 3, 1, 1, (size_t)1 << 40, 1),
      mmd_resize_make((mmd_resize_kind_t)99, 3, 1, 1, 1, 1),
      {MMD_RESIZE_CV_LINEAR, 3, 1, 1, 4, 4, 3, 0, 2, 4, NULL, NULL},
      {MMD_RESIZE_CV_LINEAR, 3, 1, 1, 4, 4, 5, 0, (size_t)-1, 4, NULL, NULL},
  };
  for (size_t i = 0; i < sizeof bad / sizeof bad[0]; ++i) {
    assert_true(mmd_status_ignore(mmd_resize_u8(&bad[i], pixel, 3, pixel, 3)));
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(resize_equals_opencv_and_pillow),
      cmocka_unit_test(resize_honours_strides),
      cmocka_unit_test(resize_f32_equals_opencv_and_pillow),
      cmocka_unit_test(resize_refuses_bad_sizes),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
