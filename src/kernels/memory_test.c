// SPDX-License-Identifier: Apache-2.0
//
// Every kernel that allocates, with every allocation failing once.
#include "tests/support/mmd_test_fail.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "kernels/bicubic.h"
#include "kernels/conv.h"
#include "kernels/deform_conv.h"
#include "kernels/fused.h"
#include "kernels/gemm.h"
#include "kernels/pooling.h"

enum { SIDE = 20, OUT = 13 };

static const uint8_t kImage[SIDE * SIDE * 3];
static const float kFloats[SIDE * SIDE * 16];
static float g_out[SIDE * SIDE * 16];

static mmd_resize_t make_resize(const void *kind) {
  return mmd_resize_make(*(const mmd_resize_kind_t *)kind, 3, SIDE, SIDE, OUT, OUT);
}

static mmd_status_t run_resize(void *kind) {
  uint8_t out[OUT * OUT * 3];
  mmd_resize_t r = make_resize(kind);
  return mmd_resize_u8(&r, kImage, SIDE * 3, out, OUT * 3);
}

static mmd_status_t run_fused(void *kind) {
  mmd_resize_t r = make_resize(kind);
  mmd_fused_t f = mmd_fused_make(&r);
  return mmd_fused_run(&f, kImage, SIDE * 3, g_out, NULL);
}

static void image_kernels_survive(void **state) {
  (void)state;
  for (int i = 0; i < MMD_RESIZE_KIND_COUNT; ++i) {
    mmd_resize_kind_t kind = (mmd_resize_kind_t)i;
    mmd_test_sweep(run_resize, &kind);
    mmd_test_sweep(run_fused, &kind);
  }
}

static mmd_status_t run_resize_f32(void *kind) {
  mmd_resize_t r = make_resize(kind);
  return mmd_resize_f32(&r, kFloats, SIDE * 3 * sizeof(float), g_out, OUT * 3 * sizeof(float));
}

static mmd_status_t run_gemm(void *context) {
  (void)context;
  mmd_gemm_t g = mmd_gemm_make(8, 8, 8, kFloats, kFloats, g_out);
  return mmd_gemm_run(&g, NULL);
}

static mmd_status_t run_conv(void *groups) {
  mmd_conv_t c = mmd_conv_make(1, 4, 9, 9, 4, 3, 3);
  c.groups = *(const size_t *)groups;
  return mmd_conv_run(&c, kFloats, kFloats, NULL, g_out, NULL);
}

static mmd_status_t run_deform_conv(void *context) {
  (void)context;
  mmd_conv_t c = mmd_conv_make(1, 4, 9, 9, 4, 3, 3);
  return mmd_deform_conv_run(&c, 2, kFloats, kFloats, NULL, kFloats, NULL, g_out, NULL);
}

static mmd_status_t run_bicubic(void *context) {
  (void)context;
  mmd_bicubic_t b = {.planes = 2, .height = 8, .width = 8, .out_height = 16, .out_width = 4};
  b.step_h = 0.5;
  b.step_w = 2;
  return mmd_bicubic_run(&b, kFloats, g_out, NULL);
}

static mmd_status_t run_pooling(void *context) {
  (void)context;
  mmd_pooling_t p = {.planes = 2, .height = 8, .width = 8, .out_height = 4, .out_width = 4};
  p.kernel_h = p.kernel_w = p.stride_h = p.stride_w = 2;
  p.dilation_h = p.dilation_w = 1;
  return mmd_pooling_max(&p, kFloats, g_out, NULL);
}

static void float_kernels_survive(void **state) {
  (void)state;
  for (int i = 0; i < MMD_RESIZE_KIND_COUNT; ++i) {
    mmd_resize_kind_t kind = (mmd_resize_kind_t)i;
    mmd_test_sweep(run_resize_f32, &kind);
  }
  mmd_test_sweep(run_gemm, NULL);
  size_t groups[] = {1, 2, 4};
  for (size_t i = 0; i < 3; ++i) mmd_test_sweep(run_conv, &groups[i]);
  mmd_test_sweep(run_deform_conv, NULL);
  mmd_test_sweep(run_bicubic, NULL);
  mmd_test_sweep(run_pooling, NULL);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(image_kernels_survive),
      cmocka_unit_test(float_kernels_survive),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
