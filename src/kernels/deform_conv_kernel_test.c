// SPDX-License-Identifier: Apache-2.0
//
// What the border does, on every instruction set; mmcv's numbers are in ops/deform_conv_test.c.
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "kernels/cpu.h"
#include "kernels/deform_conv.h"

enum { HEIGHT = 3, WIDTH = 23, PIXELS = HEIGHT * WIDTH };  // no multiple of any vector

static float g_x[PIXELS], g_offset[2 * PIXELS], g_y[PIXELS];

// One tap of weight 1: the result is what is read at (row + |dy|, column + |dx|).
static void read_at(float dy, float dx) {
  static const float one = 1;
  const mmd_conv_t conv = mmd_conv_make(1, 1, HEIGHT, WIDTH, 1, 1, 1);
  for (int i = 0; i < PIXELS; ++i) {
    g_offset[i] = dy;
    g_offset[PIXELS + i] = dx;
  }
  memset(g_y, 0xff, sizeof g_y);
  assert_null(mmd_deform_conv_run(&conv, 1, g_x, g_offset, NULL, &one, NULL, g_y, NULL));
}

// Pixels count from 1; the first one is infinite, and who does not read it is not touched by it.
static void check(void) {
  for (int i = 0; i < PIXELS; ++i) g_x[i] = (float)(i + 1);
  read_at(0, 0);
  assert_memory_equal(g_y, g_x, sizeof g_y);
  read_at(0, 0.5f);  // between two pixels, the last one beside a zero
  assert_true(g_y[0] == 1.5f && g_y[WIDTH - 1] == (float)WIDTH / 2);
  g_x[0] = INFINITY;
  read_at(-1.5f, 0);  // the first row reads zeros, the second a half of the first
  assert_true(g_y[0] == 0 && g_y[WIDTH - 1] == 0 && g_y[WIDTH + 1] == 1);
  read_at(0, (float)WIDTH);  // all outside
  for (int i = 0; i < PIXELS; ++i) assert_true(g_y[i] == 0);
  read_at(NAN, 0);
  for (int i = 0; i < PIXELS; ++i) assert_true(g_y[i] == 0);
}

static void borders(void **state) {
  (void)state;
  const mmd_isa_t before = mmd_cpu_isa();
  for (int isa = 0; isa < MMD_ISA_COUNT; ++isa) {
    if (mmd_cpu_set_isa((mmd_isa_t)isa)) check();
  }
  mmd_cpu_set_isa(before);
}

static void too_large(void **state) {
  (void)state;
  const float none = 0;
  float y = 0;
  const mmd_conv_t conv = mmd_conv_make(1, 1, (size_t)1 << 16, (size_t)1 << 16, 1, 1, 1);
  mmd_status_t status = mmd_deform_conv_run(&conv, 1, &none, &none, NULL, &none, NULL, &y, NULL);
  assert_int_equal(mmd_status_code(status), MMD_OUT_OF_RANGE);
  mmd_status_free(status);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(borders), cmocka_unit_test(too_large)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
