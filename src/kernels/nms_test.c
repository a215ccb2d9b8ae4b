// SPDX-License-Identifier: Apache-2.0
//
// Small cases by hand; mmcv's numbers are in ops/custom_ops_test.c.
#include "kernels/nms.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/alloc.h"

static void rotated(void **state) {
  (void)state;
  static const float boxes[] = {60, 75, 20, 50, 0, 65, 80, 10, 40, 0, 30, 30, 40, 40, 0};
  static const float scores[] = {0.5f, 0.5f, 0.9f, 0.1f, 0.8f, NAN};
  mmd_nms_t nms = {1, 2, 3, mmd_box_iou_rotated, 0.3f, 0.05f};
  static const int64_t want[] = {0, 0, 2, 0, 0, 0, 0, 1, 1};
  int64_t *rows = NULL;
  size_t count;
  assert_null(mmd_nms_run_rotated(&nms, boxes, scores, NULL, &rows, &count));
  assert_int_equal(count, 3);
  assert_memory_equal(rows, want, sizeof want);
  mmd_free(rows);
  nms.iou_threshold = 0.5f;  // IoU of the first two is 0.4
  assert_null(mmd_nms_run_rotated(&nms, boxes, scores, NULL, &rows, &count));
  assert_int_equal(count, 5);
  mmd_free(rows);
  nms.score_threshold = NAN;
  assert_null(mmd_nms_run_rotated(&nms, boxes, scores, NULL, &rows, &count));
  assert_true(count == 0 && !rows);
}

static void matches(void **state) {
  (void)state;
  static const float boxes[] = {0, 0, 10, 10, 0, 0, 10, 9, 0, 0, 9, 10, 50, 50, 60, 60};
  static const float scores[] = {0.2f, 0.9f, 0.3f, 1};
  static const int64_t want[] = {0, 0, 1, 2, 0, 0, 1, 0};
  mmd_nms_t nms = {1, 1, 4, mmd_box_iou_match, 0.5f, 0.5f};
  int64_t *rows = NULL;
  size_t count;
  assert_null(mmd_nms_run_match(&nms, boxes, scores, NULL, &rows, &count));
  assert_int_equal(count, 2);  // also what is below the score threshold is suppressed
  assert_memory_equal(rows, want, sizeof want);
  mmd_free(rows);
  nms.iou_threshold = 0.81f / 0.99f + 1e-4f;  // of the second and the third
  assert_null(mmd_nms_run_match(&nms, boxes, scores, NULL, &rows, &count));
  assert_int_equal(count, 1);
  mmd_free(rows);
}

static void batched(void **state) {
  (void)state;
  static const float boxes[] = {0, 0, 10, 10, 0, 0, 10, 9, -1, 0.5f, 2, 3};
  static const float scores[] = {0.5f, 0.7f, 0.6f, 0.7f, 0.7f, 0.1f};  // boxes x classes
  mmd_nms_batched_t b = {.nms = {1, 2, 3, mmd_box_iou, 0.5f, 0.2f},
                         .box_size = 4,
                         .shared = true,
                         .background = -1,
                         .keep = 5,
                         .clip = true};
  float dets[25];
  int32_t labels[5], indices[5];
  static const int32_t want_labels[] = {0, 1, 0, -1, -1}, want_indices[] = {2, 0, 1, -1, -1};
  static const float first[] = {0, 0.5f, 1, 1, 0.7f}, none[5] = {0};
  memset(dets, 1, sizeof dets);
  assert_null(mmd_nms_run_batched(&b, boxes, scores, NULL, dets, labels, indices));
  assert_memory_equal(labels, want_labels, sizeof labels);
  assert_memory_equal(indices, want_indices, sizeof indices);
  assert_memory_equal(dets, first, sizeof first);
  assert_memory_equal(dets + 20, none, sizeof none);
  b.background = 0;
  b.class_limit = 1;
  assert_null(mmd_nms_run_batched(&b, boxes, scores, NULL, dets, labels, NULL));
  assert_true(labels[0] == 1 && labels[1] == -1);
  b.nms.boxes = (size_t)1 << 40;  // refused before anything is read
  mmd_status_t status = mmd_nms_run_batched(&b, boxes, scores, NULL, dets, labels, NULL);
  assert_int_equal(mmd_status_code(status), MMD_OUT_OF_RANGE);
  mmd_status_free(status);
}

// Threads change nothing.
static void threads(void **state) {
  enum { BOXES = 60, CLASSES = 12 };
  float boxes[BOXES * 5], scores[BOXES * CLASSES];
  uint32_t random = 3;
  (void)state;
  for (int i = 0; i < BOXES * 5; ++i) {
    random = random * 1664525u + 1013904223u;
    boxes[i] = (float)(random >> 24) / (i % 5 == 4 ? 40.f : 4.f);
  }
  for (int i = 0; i < BOXES * CLASSES; ++i) {
    random = random * 1664525u + 1013904223u;
    scores[i] = (float)(random >> 28);
  }
  mmd_nms_t nms = {1, CLASSES, BOXES, mmd_box_iou_rotated, 0.2f, 1};
  int64_t *one, *many;
  size_t count_one, count_many;
  mmd_pool_t *pool;
  assert_null(mmd_pool_create(4, &pool));
  assert_null(mmd_nms_run_rotated(&nms, boxes, scores, NULL, &one, &count_one));
  assert_null(mmd_nms_run_rotated(&nms, boxes, scores, pool, &many, &count_many));
  assert_true(count_one == count_many && count_one > CLASSES && count_one < CLASSES * BOXES / 2);
  assert_memory_equal(one, many, count_one * 3 * sizeof *one);
  mmd_free(one);
  mmd_free(many);
  mmd_pool_destroy(pool);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(rotated),
      cmocka_unit_test(matches),
      cmocka_unit_test(batched),
      cmocka_unit_test(threads),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
