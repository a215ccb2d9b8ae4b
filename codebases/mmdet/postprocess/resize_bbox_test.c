// SPDX-License-Identifier: Apache-2.0
//
// Against the original runtime's component on outputs of real networks (tests/tasks). Where that
// cuts a box one pixel before the right or bottom edge, the code base, and ours, do not.
#include <math.h>
#include <string.h>

#include "codebases/mmdet/postprocess/boxes.h"
#include "tests/support/head_golden.h"
#include "tests/support/mmd_test.h"

#define META "{\"img_metas\": {\"ori_shape\": [1, 60, 100, 3], \"img_shape\": [1, 30, 50, 3]"

static double side(const mmd_value_t *item, size_t k) {
  return mmd_value_get_float(mmd_array_at(mmd_object_get(item, "bbox"), k), NAN);
}

static void compare_boxes(const mmd_head_case_t *head_case) {
  const mmd_value_t *found = head_case->result;
  // The original cannot read an output without rows, and passes NaN on.
  const mmd_value_t *wanted = head_case->answer ? head_case->answer : head_case->codebase;
  if (strcmp(head_case->name, "nan") == 0) return;
  const mmd_value_t *metas = mmd_object_get(head_case->prep_output, "img_metas");
  int64_t height = 0, width = 0;
  mmd_assert_ok(mmd_meta_size(metas, "test", "ori_shape", &height, &width));
  assert_int_equal(mmd_array_size(wanted), mmd_array_size(found));
  if (strcmp(head_case->name, "photo") == 0) assert_true(mmd_array_size(wanted) > 0);
  for (size_t i = 0; i < mmd_array_size(wanted); ++i) {
    const mmd_value_t *a = mmd_array_at(wanted, i), *b = mmd_array_at(found, i);
    assert_int_equal(mmd_value_get_int(mmd_object_get(a, "label_id"), -1),
                     mmd_value_get_int(mmd_object_get(b, "label_id"), -2));
    mmd_test_assert_near(mmd_object_get(a, "score"), mmd_object_get(b, "score"), 1e-6, "score");
    for (size_t k = 0; k < 4; ++k) {
      const double limit = (double)(k % 2 ? height : width);
      const bool is_cut = k >= 2 && side(a, k) == limit - 1;
      if (is_cut) assert_true(side(b, k) >= limit - 1 && side(b, k) <= limit);
      if (!is_cut) assert_true(fabs(side(a, k) - side(b, k)) < 1e-3);
    }
  }
}

static void test_goldens(void **state) {
  (void)state;
  mmd_head_golden_check("detection_retinanet", &mmd_resize_bbox, NULL, compare_boxes);
  mmd_head_golden_check("detection_fcos", &mmd_resize_bbox, NULL, compare_boxes);
  mmd_head_golden_check("detection_yolox", &mmd_resize_bbox, NULL, compare_boxes);
  mmd_head_golden_check("detection_retinanet_1x", &mmd_resize_bbox, NULL, compare_boxes);
  mmd_head_golden_check("detection_rtmdet_1x", &mmd_resize_bbox, NULL, compare_boxes);
}

// Runs the head on |count| rows of |columns| with labels 0, 1, 2, ….
static mmd_status_t run(const char *metas, const char *params, int64_t count, int64_t columns,
                        const float *rows, mmd_value_t **out_result) {
  static const float labels[] = {0, 1, 2, 3, 4, 5, 6, 7};
  mmd_value_t *inputs[] = {mmd_test_json(metas), mmd_value_object()};
  mmd_test_put_f32(inputs[1], "dets", 3, (int64_t[]){1, count, columns}, rows);
  mmd_test_put_f32(inputs[1], "labels", 2, (int64_t[]){1, count}, labels);
  mmd_status_t status = mmd_head_run(&mmd_resize_bbox, 1, params, NULL, inputs, 2, out_result);
  mmd_value_release(inputs[0]);
  mmd_value_release(inputs[1]);
  return status;
}

static void expect(const char *metas, const char *params, int64_t count, int64_t columns,
                   const float *rows, const char *wanted) {
  mmd_value_t *result = NULL, *answer = mmd_test_json(wanted);
  mmd_assert_ok(run(metas, params, count, columns, rows, &result));
  mmd_test_assert_near(answer, result, 1e-4, "result");
  mmd_value_release(answer);
  mmd_value_release(result);
}

static void test_edges(void **state) {
  static const float rows[] = {-5, -5, 500, 500, 0.5F, 10, 10, 20, 15, 0.3F,
                               9,  9,  8,   8,   0.9F, 1,  2,  3,  4,  NAN};
  (void)state;
  // No detections, without a score column as well.
  expect(META "}}", NULL, 0, 5, rows, "[]");
  expect(META "}}", NULL, 0, 4, rows, "[]");
  // Out of the picture on all sides; a box inside out and one with a NaN score are left out.
  expect(META "}}", NULL, 4, 5, rows,
         "[{\"index\": 0, \"label_id\": 0, \"score\": 0.5, \"bbox\": [0, 0, 100, 60]},"
         " {\"index\": 1, \"label_id\": 1, \"score\": 0.3, \"bbox\": [10, 10, 20, 15]}]");
  // A threshold must be exceeded; conf_thr is the one of YOLO.
  expect(META "}}", "{\"score_thr\": 0.3, \"nms_pre\": 1000}", 4, 5, rows, "[{\"label_id\": 0}]");
  expect(META "}}", "{\"score_thr\": 0, \"conf_thr\": 0.45}", 4, 5, rows, "[{\"label_id\": 0}]");
  expect(META "}}", "{\"min_bbox_size\": 6}", 4, 5, rows, "[{\"label_id\": 0}]");
  // Scale, padding of 1.x and the border of Pad.
  expect(META ", \"scale_factor\": [0.5, 0.25, 0.5, 0.25], \"pad_param\": [2, 4, 0, 0]}}", NULL, 2,
         5, rows, "[{\"label_id\": 0}, {\"label_id\": 1, \"bbox\": [12, 32, 32, 52]}]");
  expect(META ", \"border\": [3, 2, 63, 102]}}", NULL, 2, 5, rows,
         "[{\"label_id\": 0}, {\"label_id\": 1, \"bbox\": [8, 7, 18, 12]}]");
  // One number stands for both sides.
  expect(META ", \"scale_factor\": 0.5}}", NULL, 2, 5, rows,
         "[{\"label_id\": 0}, {\"label_id\": 1, \"bbox\": [20, 20, 40, 30]}]");
}

// |count| rows of ncnn, of which the first is the only good one.
static void expect_ncnn(const char *metas, int64_t count, const char *answer) {
  static const float rows[] = {3, 0.75F, 0.1F, 0.2F, 0.5F, 0.6F, 1, NAN, 0,    0,    1,    1,
                               2, 0.5F,  0.5F, 0.5F, 0.4F, 0.4F, 1, 0,   0.1F, 0.1F, 0.2F, 0.2F};
  mmd_value_t *inputs[] = {mmd_test_json(metas), mmd_value_object()}, *result = NULL;
  mmd_value_t *wanted = mmd_test_json(answer);
  mmd_test_put_f32(inputs[1], "detection_output", 3, (int64_t[]){1, count, 6}, rows);
  mmd_assert_ok(mmd_head_run(&mmd_resize_bbox, 0, NULL, NULL, inputs, 2, &result));
  mmd_test_assert_near(wanted, result, 1e-5, "result");
  mmd_value_release(wanted);
  mmd_value_release(result);
  mmd_value_release(inputs[0]);
  mmd_value_release(inputs[1]);
}

#define ROW(box) "[{\"index\": 0, \"label_id\": 2, \"score\": 0.75, \"bbox\": " box "}]"
static void test_ncnn(void **state) {
  (void)state;
  expect_ncnn(META "}}", 1, ROW("[5, 6, 25, 18]"));
  expect_ncnn(META "}}", 4, ROW("[5, 6, 25, 18]"));
  expect_ncnn(META "}}", 0, "[]");
  // Boxes are parts of the padded image, which the last step tells.
  expect_ncnn(META ", \"pad_shape\": [1, 40, 60, 3]}}", 1, ROW("[6, 8, 30, 24]"));
  expect_ncnn(META ", \"pad_shape\": [1, 40, 40, 3, 1, 50, 80, 3]}}", 1, ROW("[8, 10, 40, 30]"));
  // Two factors of scale, and a border.
  expect_ncnn(META ", \"scale_factor\": [0.5, 0.25], \"pad_param\": [2, 1, 0, 0]}}", 1,
              ROW("[8, 16, 48, 60]"));
}

static void test_call_threshold(void **state) {
  static const float rows[] = {1, 1, 9, 9, 0.5F, 10, 10, 20, 15, 0.3F};
  static const float labels[] = {0, 1};
  mmd_value_t *inputs[] = {mmd_test_json(META "}}"), mmd_value_object()}, *result = NULL;
  mmd_value_t *options = mmd_test_json("{\"score_thr\": 0.4}");
  const mmd_call_t call = {.options = options};
  (void)state;
  mmd_test_put_f32(inputs[1], "dets", 3, (int64_t[]){1, 2, 5}, rows);
  mmd_test_put_f32(inputs[1], "labels", 2, (int64_t[]){1, 2}, labels);
  mmd_assert_ok(mmd_head_run(&mmd_resize_bbox, 0, NULL, &call, inputs, 2, &result));
  assert_int_equal(mmd_array_size(result), 1);
  mmd_value_release(result);
  mmd_value_release(options);
  mmd_value_release(inputs[0]);
  mmd_value_release(inputs[1]);
}

static void test_refusals(void **state) {
  static const float rows[12] = {0};
  mmd_value_t *result = NULL;
  (void)state;
  mmd_assert_fails(run(META "}}", NULL, 2, 6, rows, &result), MMD_INVALID_ARGUMENT,
                   "'dets' must have 4 or 5 columns");
  mmd_assert_fails(run("{}", NULL, 2, 5, rows, &result), MMD_INVALID_ARGUMENT, "ori_shape");
  mmd_assert_fails(run(META ", \"scale_factor\": [0, 1, 1, 1]}}", NULL, 2, 5, rows, &result),
                   MMD_INVALID_ARGUMENT, "scale_factor");
  mmd_assert_fails(run(META "}}", "{\"conf_thr\": \"x\"}", 2, 5, rows, &result),
                   MMD_INVALID_ARGUMENT, "conf_thr");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_goldens),  cmocka_unit_test(test_edges),
      cmocka_unit_test(test_ncnn),     cmocka_unit_test(test_call_threshold),
      cmocka_unit_test(test_refusals),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
