// SPDX-License-Identifier: Apache-2.0
//
// The overlap of boxes by two means: kernels/box_iou.h in float, ours in double. Both must agree
// where floats can tell; numbers of mmcv are in custom_ops_test.c.
#include "ops/plain_iou.h"

#include <math.h>
#include <stdlib.h>

#include "kernels/box_iou.h"
#include "tests/support/mmd_test.h"

static uint32_t g_state = 9;

static float random_between(float low, float high) {
  g_state = g_state * 1664525u + 1013904223u;
  return low + (high - low) * (float)(g_state >> 8) / 16777216.f;
}

static void assert_near(double want, double have, double tolerance) {
  if (!(fabs(want - have) <= tolerance)) fail_msg("%g instead of %g", have, want);
}

static void random_boxes_agree(void **state) {
  (void)state;
  for (int i = 0; i < 20000; ++i) {
    float b[2][5];
    for (int k = 0; k < 2; ++k) {
      b[k][0] = random_between(0, 40);
      b[k][1] = random_between(0, 40);
      b[k][2] = random_between(1, 30);
      b[k][3] = random_between(1, 30);
      b[k][4] = random_between(-7, 7);
    }
    double iou = mmd_box_iou_rotated(b[0], b[1]);
    assert_near(mmd_plain_iou_rotated(b[0], b[1]), iou, 1e-4);
    assert_near(mmd_box_iou_rotated(b[1], b[0]), iou, 1e-4);
    assert_true(iou >= 0 && iou <= 1.001);
    for (int k = 0; k < 2; ++k) {
      b[k][2] += b[k][0];
      b[k][3] += b[k][1];
    }
    assert_near(mmd_plain_iou(b[0], b[1]), mmd_box_iou(b[0], b[1]), 1e-5);
    assert_near(mmd_plain_iou_match(b[0], b[1]), mmd_box_iou_match(b[0], b[1]), 1e-5);
  }
}

static void known_pairs(void **state) {
  (void)state;
  const float pi = 3.14159265f;
  static const float base[5] = {60, 75, 20, 50, 0};
  const struct {
    float box[5];
    double iou;
  } pairs[] = {
      {{60, 75, 20, 50, 0}, 1},          {{60, 75, 50, 20, pi / 2}, 1},
      {{60, 75, 20, 50, pi}, 1},         {{60, 75, 20, 50, -3 * pi}, 1},
      {{65, 80, 10, 40, 0}, 0.4},        {{60, 75, 10, 25, 0}, 0.25},
      {{30, 30, 40, 40, 0}, 0},          {{80, 75, 20, 50, 0}, 0},
      {{60, 75, 20, 50, pi / 2}, 0.25},  {{1e7f, 1e7f, 20, 50, 0}, 0},
      {{60, 100, 20, 50, 0}, 1.0 / 3.0},
  };
  for (size_t i = 0; i < sizeof pairs / sizeof *pairs; ++i) {
    assert_near(pairs[i].iou, mmd_box_iou_rotated(base, pairs[i].box), 1e-5);
    assert_near(pairs[i].iou, mmd_plain_iou_rotated(base, pairs[i].box), 1e-5);
  }
}

// Nothing but a share comes out, whatever goes in.
static void odd_boxes(void **state) {
  (void)state;
  static const float values[] = {0,     1,    -4, 1e-20f, 1e-8f,    1e-6f,     1e20f,
                                 1e30f, 1e7f, 2,  0.5f,   INFINITY, -INFINITY, NAN};
  static const mmd_box_iou_fn functions[] = {
      mmd_box_iou,   mmd_box_iou_rotated,   mmd_box_iou_rotated_or_one,
      mmd_plain_iou, mmd_plain_iou_rotated, mmd_plain_iou_rotated_or_one};
  enum { COUNT = sizeof values / sizeof *values };
  for (int i = 0; i < 30000; ++i) {
    float b[2][5];
    for (int k = 0; k < 10; ++k) b[k / 5][k % 5] = values[(int)random_between(0, COUNT - 0.01f)];
    for (size_t f = 0; f < sizeof functions / sizeof *functions; ++f) {
      double iou = functions[f](b[0], b[1]);
      assert_true(iou >= 0);
    }
  }
  static const float empty[5] = {10, 10, 4, 0, 1}, box[5] = {10, 10, 4, 4, 0};
  assert_true(mmd_box_iou_rotated(empty, box) == 0 && mmd_box_iou_rotated(empty, empty) == 0);
  assert_true(mmd_box_iou_rotated_or_one(box, empty) == 1);
  assert_true(mmd_plain_iou_rotated(box, empty) == 0 &&
              mmd_plain_iou_rotated_or_one(box, empty) == 1);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(random_boxes_agree),
      cmocka_unit_test(known_pairs),
      cmocka_unit_test(odd_boxes),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
