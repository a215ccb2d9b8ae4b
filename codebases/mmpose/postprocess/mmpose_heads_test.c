// SPDX-License-Identifier: Apache-2.0
//
// Against mmpose's own decoding and the original runtime's, on outputs of real networks
// (tests/tasks), and at the edges.
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "codebases/mmpose/postprocess/heads.h"
#include "tests/support/head_golden.h"
#include "tests/support/mmd_test.h"
#include "value/json.h"

#define META                                                       \
  "{\"img_metas\": {\"center\": [50, 40], \"scale\": [0.4, 0.2], " \
  "\"img_shape\": [1, 64, 48, 3]}}"

//===--- goldens ---===//

static double number_of(const mmd_value_t *value) {
  const char *text = mmd_value_get_string(value, "");
  if (!*text) return mmd_value_get_float(value, 0);
  return strcmp(text, "nan") == 0 ? (double)NAN : *text == '-' ? -HUGE_VAL : HUGE_VAL;
}

// Points of |found| against rows [x, y, score, blur].
static void assert_points(const char *name, const mmd_value_t *rows, const mmd_value_t *found,
                          double tolerance) {
  const mmd_value_t *points = mmd_object_get(found, "key_points");
  assert_int_equal(mmd_array_size(points), mmd_array_size(rows));
  for (size_t i = 0; i < mmd_array_size(rows); ++i) {
    const mmd_value_t *row = mmd_array_at(rows, i), *point = mmd_array_at(points, i);
    const mmd_value_t *place = mmd_object_get(point, "bbox");
    const double limit = tolerance + 8 * number_of(mmd_array_at(row, 3));
    const double score = number_of(mmd_array_at(row, 2));
    const double other = mmd_value_get_float(mmd_object_get(point, "score"), -99);
    // Of an empty map mmpose 0.x divides 0 by 0.
    if (!isnan(score) && !(fabs(score - other) <= 1e-5)) {
      fail_msg("%s, point %zu: score %.9g wanted, %.9g found", name, i, score, other);
    }
    // mmpose takes the offsets of a point that was not found from another map.
    if (score <= 0 && strstr(name, "combined")) continue;
    for (size_t k = 0; k < 2; ++k) {
      const double a = number_of(mmd_array_at(row, k));
      const double b = mmd_value_get_float(mmd_array_at(place, k), -99);
      if (!isnan(a) && !(fabs(a - b) <= limit)) {
        fail_msg("%s, point %zu: %.9g wanted, %.9g found", name, i, a, b);
      }
    }
  }
}

typedef struct golden_t {
  const mmd_value_t *entries;
  size_t begin, end;  // those of one head on one golden
  size_t checked;
} golden_t;
static golden_t g_golden;
static const mmd_component_t *g_head;

static void compare_mmpose(const mmd_head_case_t *head_case) {
  for (size_t i = g_golden.begin; i < g_golden.end; ++i) {
    const mmd_value_t *entry = mmd_array_at(g_golden.entries, i);
    const char *name = mmd_value_get_string(mmd_object_get(entry, "case"), "");
    if (strcmp(name, head_case->name) != 0) continue;
    const mmd_value_t *params = mmd_object_get(entry, "params");
    const int release = (int)mmd_value_get_int(mmd_object_get(entry, "release"), 0);
    mmd_value_t *const inputs[] = {head_case->prep_output, head_case->infer_output};
    mmd_value_t *result = NULL;
    mmd_str_t text = {0};
    if (!mmd_value_is_null(params)) {
      mmd_assert_ok(mmd_json_write(params, 0, &text));
      mmd_assert_ok(mmd_head_run(g_head, release, mmd_str_text(&text), NULL, inputs, 2, &result));
    } else {
      result = mmd_value_retain(head_case->result);
    }
    char label[160];
    snprintf(label, sizeof label, "%s %s %s", head_case->golden, name, mmd_str_text(&text));
    assert_points(label, mmd_object_get(entry, "points"), result, 2e-3);
    mmd_value_release(result);
    mmd_str_deinit(&text);
    ++g_golden.checked;
  }
}

static const mmd_component_t *head_of(const char *golden) {
  if (strstr(golden, "simcc") || strstr(golden, "rtmpose")) return &mmd_simcc_label_head;
  return strstr(golden, "deeppose") ? &mmd_deeppose_regression_head
                                    : &mmd_topdown_heatmap_simple_head;
}

static void check_mmpose(const char *path) {
  mmd_value_t *entries = NULL;
  mmd_assert_ok(mmd_json_read_file(path, &entries));
  g_golden = (golden_t){.entries = entries};
  for (size_t i = 0; i < mmd_array_size(entries); i = g_golden.end) {
    const mmd_value_t *first = mmd_array_at(entries, i);
    const mmd_value_t *golden = mmd_object_get(first, "golden");
    size_t end = i;
    for (; end < mmd_array_size(entries); ++end) {
      const mmd_value_t *entry = mmd_array_at(entries, end);
      if (!mmd_value_equal(mmd_object_get(entry, "golden"), golden) ||
          !mmd_value_equal(mmd_object_get(entry, "params"), mmd_object_get(first, "params"))) {
        break;
      }
    }
    g_golden.begin = i;
    g_golden.end = end;
    g_head = head_of(mmd_value_get_string(golden, ""));
    mmd_head_golden_check(mmd_value_get_string(golden, ""), g_head, NULL, compare_mmpose);
  }
  assert_int_equal(g_golden.checked, mmd_array_size(entries));
  assert_true(g_golden.checked > 40);
  mmd_value_release(entries);
}

static void test_mmpose_0x(void **state) {
  (void)state;
  check_mmpose(MMD_SOURCE_DIR "/codebases/mmpose/postprocess/testdata/decode_0x.json");
}

static void test_mmpose_1x(void **state) {
  (void)state;
  check_mmpose(MMD_SOURCE_DIR "/codebases/mmpose/postprocess/testdata/decode_1x.json");
}

// Where mmpose and the runtime agree, the runtime's own answers.
static void compare_runtime(const mmd_head_case_t *head_case) {
  const mmd_value_t *rows = mmd_object_get(mmd_array_at(head_case->answer, 0), "keypoints");
  assert_points(head_case->golden, rows, head_case->result, 1e-3);
}

static void test_runtime(void **state) {
  (void)state;
  mmd_head_golden_check("pose_res18", &mmd_topdown_heatmap_simple_head, NULL, compare_runtime);
  mmd_head_golden_check("pose_hrnet_udp_combined", &mmd_topdown_heatmap_simple_head, NULL,
                        compare_runtime);
  mmd_head_golden_check("pose_deeppose", &mmd_deeppose_regression_head, NULL, compare_runtime);
  mmd_head_golden_check("pose_deeppose_1x", &mmd_deeppose_regression_head, NULL, compare_runtime);
  mmd_head_golden_check("pose_simcc_1x", &mmd_simcc_label_head, NULL, compare_runtime);
  mmd_head_golden_check("pose_rtmpose_1x", &mmd_simcc_label_head, NULL, compare_runtime);
}

//===--- edges ---===//

static mmd_status_t run(const mmd_component_t *head, const char *metas, const char *params,
                        const int64_t *dims, const float *data, mmd_value_t **out_result) {
  mmd_value_t *inputs[] = {mmd_test_json(metas), mmd_value_object()};
  const int rank = head == &mmd_deeppose_regression_head ? 3 : 4;
  mmd_test_put_f32(inputs[1], "output", rank, dims, data);
  mmd_status_t status = mmd_head_run(head, 0, params, NULL, inputs, 2, out_result);
  mmd_value_release(inputs[0]);
  mmd_value_release(inputs[1]);
  return status;
}

static void expect(const mmd_component_t *head, const char *params, const int64_t dims[4],
                   const float *data, const char *wanted) {
  mmd_value_t *result = NULL, *answer = mmd_test_json(wanted);
  mmd_assert_ok(run(head, META, params, dims, data, &result));
  mmd_test_assert_near(answer, result, 1e-4, "result");
  mmd_value_release(answer);
  mmd_value_release(result);
}

static void test_edges(void **state) {
  static const mmd_component_t *const head = &mmd_topdown_heatmap_base_head;
  static const char *const modes[] = {"{}", "{\"post_process\": null}",
                                      "{\"post_process\": \"unbiased\"}",
                                      "{\"post_process\": false}", "{\"use_udp\": true}"};
  const float nans[] = {NAN, NAN, NAN, NAN, NAN, .5F};
  const float one[] = {.75F};
  (void)state;
  for (size_t i = 0; i < sizeof modes / sizeof *modes; ++i) {
    // No key points, and maps of one pixel.
    expect(head, modes[i], (int64_t[]){1, 0, 4, 4}, NULL, "{\"key_points\": []}");
    expect(head, modes[i], (int64_t[]){1, 1, 1, 1}, one,
           i == 4 ? "{\"key_points\": [{\"bbox\": [50, 40], \"score\": 0.75}]}"
                  : "{\"key_points\": [{\"bbox\": [10, 20], \"score\": 0.75}]}");
  }
  // Not a number counts as nothing; a map of nothing else has no point.
  expect(head, "{\"post_process\": null}", (int64_t[]){1, 2, 1, 3}, nans,
         "{\"key_points\": [{\"bbox\": [-16.6667, -20], \"score\": 0},"
         " {\"bbox\": [63.3333, 20], \"score\": 0.5}]}");
  // Combined targets: a point that was not found stays where it is.
  const float combined[] = {-1, -1, 9, 9, 9, 9};
  expect(head, "{\"use_udp\": true, \"target_type\": \"combinedTARGET\"}", (int64_t[]){1, 3, 1, 2},
         combined, "{\"key_points\": [{\"score\": -1}]}");
  // Uncertain places.
  const float rows[] = {.5F, .25F, .125F, .375F};
  expect(&mmd_deeppose_regression_head, NULL, (int64_t[]){1, 1, 4, 0}, rows,
         "{\"key_points\": [{\"bbox\": [50, 30], \"score\": 0.75}]}");
}

static mmd_status_t run_simcc(const char *params, int rank, const int64_t *x_dims,
                              const int64_t *y_dims, const float *x, const float *y,
                              mmd_value_t **out_result) {
  mmd_value_t *inputs[] = {mmd_test_json(META), mmd_value_object()};
  mmd_test_put_f32(inputs[1], "simcc_x", 3, x_dims, x);
  mmd_test_put_f32(inputs[1], "simcc_y", rank, y_dims, y);
  mmd_status_t status = mmd_head_run(&mmd_simcc_label_head, 1, params, NULL, inputs, 2, out_result);
  mmd_value_release(inputs[0]);
  mmd_value_release(inputs[1]);
  return status;
}

static void test_simcc(void **state) {
  const float points[] = {24, 16}, scores[] = {.5F}, line[] = {0, .5F, 0, NAN}, low[] = {-1, -2};
  mmd_value_t *result = NULL, *wanted = NULL;
  (void)state;
  // A network that decodes itself.
  mmd_assert_ok(run_simcc("{\"export_postprocess\": true, \"input_size\": [48, 64]}", 2,
                          (int64_t[]){1, 1, 2}, (int64_t[]){1, 1}, points, scores, &result));
  wanted = mmd_test_json("{\"key_points\": [{\"bbox\": [50, 30], \"score\": 0.5}]}");
  mmd_test_assert_near(wanted, result, 1e-5, "exported");
  mmd_value_release(wanted);
  mmd_value_release(result);
  // Not found along one axis is not found.
  mmd_assert_ok(run_simcc("{\"input_size\": [40, 10]}", 3, (int64_t[]){1, 1, 4},
                          (int64_t[]){1, 1, 2}, line, low, &result));
  wanted = mmd_test_json("{\"key_points\": [{\"bbox\": [9, 18], \"score\": -1}]}");
  mmd_test_assert_near(wanted, result, 1e-5, "low");
  mmd_value_release(wanted);
  mmd_value_release(result);
  mmd_assert_ok(
      run_simcc(NULL, 3, (int64_t[]){1, 0, 4}, (int64_t[]){1, 0, 2}, NULL, NULL, &result));
  assert_int_equal(mmd_array_size(mmd_object_get(result, "key_points")), 0);
  mmd_value_release(result);
  mmd_assert_fails(
      run_simcc(NULL, 3, (int64_t[]){1, 1, 4}, (int64_t[]){1, 2, 1}, line, low, &result),
      MMD_INVALID_ARGUMENT, "simcc_y");
  mmd_assert_fails(run_simcc("{\"export_postprocess\": true}", 3, (int64_t[]){1, 1, 4},
                             (int64_t[]){1, 2, 1}, line, low, &result),
                   MMD_INVALID_ARGUMENT, "export_postprocess");
}

static void test_refusals(void **state) {
  static const mmd_component_t *const head = &mmd_topdown_heatmap_base_head;
  const int64_t dims[] = {1, 2, 1, 2};
  const float data[] = {1, 2, 3, 4};
  mmd_value_t *result = NULL;
  (void)state;
  mmd_assert_fails(run(head, "{}", NULL, dims, data, &result), MMD_INVALID_ARGUMENT, "center");
  mmd_assert_fails(run(head, META, "{\"modulate_kernel\": 4}", dims, data, &result),
                   MMD_INVALID_ARGUMENT, "odd sizes");
  mmd_assert_fails(run(head, META, "{\"post_process\": 3}", dims, data, &result),
                   MMD_INVALID_ARGUMENT, "post_process");
  mmd_assert_fails(
      run(head, META, "{\"use_udp\": true, \"target_type\": \"x\"}", dims, data, &result),
      MMD_INVALID_ARGUMENT, "CombinedTarget");
  mmd_assert_fails(
      run(head, META, "{\"use_udp\": true, \"heatmap_type\": \"combined\"}", dims, data, &result),
      MMD_INVALID_ARGUMENT, "three for each");
  mmd_assert_fails(
      run(&mmd_deeppose_regression_head, META, NULL, (int64_t[]){1, 1, 3}, data, &result),
      MMD_INVALID_ARGUMENT, "2 or 4");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_mmpose_0x), cmocka_unit_test(test_mmpose_1x),
      cmocka_unit_test(test_runtime),   cmocka_unit_test(test_edges),
      cmocka_unit_test(test_simcc),     cmocka_unit_test(test_refusals),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
