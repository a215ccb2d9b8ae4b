// SPDX-License-Identifier: Apache-2.0
//
// Against OpenCV 4.7.0.72: testdata/warp_affine_golden.txt, made by make_warp_affine_golden.py.
#include "kernels/warp_affine.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernels/cpu.h"
#include "tests/support/mmd_test.h"

typedef struct case_t {
  size_t channels, src_width, src_height, width, height;
  float from[6], to[6];
  unsigned long long map, bytes, floats;
} case_t;

static bool read_case(FILE *file, case_t *out) {
  float *points[2] = {out->from, out->to};
  int count = fscanf(file, "%zu %zu %zu %zu %zu", &out->channels, &out->src_width, &out->src_height,
                     &out->width, &out->height);
  for (int k = 0; k < 12; ++k) count += fscanf(file, "%f", &points[k / 6][k % 6]);
  return count + fscanf(file, "%llx %llx %llx", &out->map, &out->bytes, &out->floats) == 20;
}

static uint8_t *make_noise(size_t w, size_t h, size_t c) {
  uint8_t *out = malloc(w * h * c);
  uint32_t state = (uint32_t)(w * 7919 + h * 104729 + c);
  for (size_t i = 0; i < w * h * c; ++i) {
    state = state * 1664525u + 1013904223u;
    out[i] = (uint8_t)(state >> 24);
  }
  return out;
}

static unsigned long long fnv(const void *data, size_t size) {
  uint64_t value = 0xcbf29ce484222325u;
  for (size_t i = 0; i < size; ++i) value = (value ^ ((const uint8_t *)data)[i]) * 0x100000001b3u;
  return value;
}

// Rows of source and result are one pixel longer than needed.
static unsigned long long run_u8(const case_t *c, const mmd_warp_affine_t *warp,
                                 const uint8_t *noise) {
  const size_t row = c->src_width * c->channels, out_row = c->width * c->channels, more = 5;
  uint8_t *src = malloc((row + more) * c->src_height), *dst = malloc((out_row + more) * c->height);
  for (size_t y = 0; y < c->src_height; ++y) memcpy(src + y * (row + more), noise + y * row, row);
  mmd_assert_ok(mmd_warp_affine_u8(warp, src, row + more, dst, out_row + more));
  for (size_t y = 0; y < c->height; ++y)
    memmove(dst + y * out_row, dst + y * (out_row + more), out_row);
  const unsigned long long hash = fnv(dst, out_row * c->height);
  free(src);
  free(dst);
  return hash;
}

static unsigned long long run_f32(const case_t *c, const mmd_warp_affine_t *warp,
                                  const uint8_t *noise) {
  const size_t count = c->src_width * c->src_height * c->channels;
  const size_t out_count = c->width * c->height * c->channels;
  float *src = malloc(count * sizeof *src), *dst = malloc(out_count * sizeof *dst);
  for (size_t i = 0; i < count; ++i) src[i] = ((float)noise[i] - 100.0F) / 3.0F;
  mmd_assert_ok(mmd_warp_affine_f32(warp, src, c->src_width * c->channels * sizeof *src, dst,
                                    c->width * c->channels * sizeof *dst));
  for (size_t i = 0; i < out_count; ++i) dst[i] += 0.0F;
  const unsigned long long hash = fnv(dst, out_count * sizeof *dst);
  free(src);
  free(dst);
  return hash;
}

static void check_goldens(void) {
  FILE *file = fopen(MMD_TEST_FILE("src/kernels/testdata/warp_affine_golden.txt"), "r");
  case_t c = {0};
  int count = 0, wrong = 0;
  assert_non_null(file);
  for (; read_case(file, &c); ++count) {
    mmd_affine_t map = mmd_affine_from_points(c.from, c.to);
    const mmd_warp_affine_t warp =
        mmd_warp_affine_make(c.channels, c.src_width, c.src_height, c.width, c.height, &map);
    uint8_t *noise = make_noise(c.src_width, c.src_height, c.channels);
    for (int k = 0; k < 6; ++k) map.m[k] += 0.0;
    const bool is_map = fnv(map.m, sizeof map.m) == c.map;
    const bool is_u8 = run_u8(&c, &warp, noise) == c.bytes;
    const bool is_f32 = run_f32(&c, &warp, noise) == c.floats;
    if (!is_map || !is_u8 || !is_f32) {
      print_message("case %d: map %d, bytes %d, floats %d\n", count, is_map, is_u8, is_f32);
      ++wrong;
    }
    free(noise);
  }
  fclose(file);
  assert_int_equal(wrong, 0);
  assert_int_equal(count, 220);
}

static void test_equals_opencv(void **state) {
  (void)state;
  const mmd_isa_t before = mmd_cpu_isa();
  for (int isa = 0; isa < MMD_ISA_COUNT; ++isa) {
    if (mmd_cpu_set_isa((mmd_isa_t)isa)) check_goldens();
  }
  mmd_cpu_set_isa(before);
}

static void test_inverse(void **state) {
  const mmd_affine_t map = {{2, 1, 5, -1, 3, 7}}, flat = {{1, 2, 3, 2, 4, 6}};
  const mmd_affine_t back = mmd_affine_invert(&map), none = mmd_affine_invert(&flat);
  double there[2], here[2];
  (void)state;
  mmd_affine_apply(&map, 4, 9, there);
  mmd_affine_apply(&back, there[0], there[1], here);
  assert_true(fabs(here[0] - 4) < 1e-12 && fabs(here[1] - 9) < 1e-12);
  mmd_affine_apply(&none, 4, 9, here);
  assert_true(here[0] == 0 && here[1] == 0);
}

static void test_edges(void **state) {
  const mmd_affine_t map = {{NAN, INFINITY, 1e300, 0, -1e300, 7}};
  const uint8_t src[3] = {1, 2, 3};
  uint8_t dst[12] = {9, 9, 9};
  mmd_warp_affine_t warp = mmd_warp_affine_make(3, 1, 1, 2, 2, &map);
  (void)state;
  mmd_assert_ok(mmd_warp_affine_u8(&warp, src, 3, dst, 6));
  for (size_t i = 0; i < 12; ++i) assert_int_equal(dst[i], 0);
  // No source: all zeros. No result: nothing to do.
  dst[0] = 9;
  warp = mmd_warp_affine_make(3, 0, 0, 2, 2, &(mmd_affine_t){{1, 0, 0, 0, 1, 0}});
  mmd_assert_ok(mmd_warp_affine_u8(&warp, src, 0, dst, 6));
  assert_int_equal(dst[0], 0);
  warp.width = 0;
  mmd_assert_ok(mmd_warp_affine_u8(&warp, src, 0, dst, 0));
  warp.width = 2;
  mmd_assert_fails(mmd_warp_affine_u8(&warp, src, 0, dst, 5), MMD_INVALID_ARGUMENT,
                   "rows of 0 and 5");
  warp.channels = 5;
  mmd_assert_fails(mmd_warp_affine_u8(&warp, src, 0, dst, 6), MMD_INVALID_ARGUMENT, "5 channels");
  warp.channels = 3;
  warp.height = (size_t)1 << 40;
  mmd_assert_fails(mmd_warp_affine_u8(&warp, src, 0, dst, 6), MMD_OUT_OF_RANGE, "sides");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_equals_opencv),
      cmocka_unit_test(test_inverse),
      cmocka_unit_test(test_edges),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
