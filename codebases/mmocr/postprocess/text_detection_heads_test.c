// SPDX-License-Identifier: Apache-2.0
//
// DBHead, PANHead and PSEHead against mmocr's post-processing on outputs of real networks and on
// made-up ones (tests/tasks).
#include <stdlib.h>

#include "codebases/mmocr/postprocess/text_boxes.h"
#include "codebases/mmocr/postprocess/text_golden.h"
#include "tests/support/mmd_test_fail.h"

static void test_goldens(void **state) {
  (void)state;
  mmd_head_golden_check("text-detection_dbnet", &mmd_db_head, NULL, text_golden_boxes);
  mmd_head_golden_check("text-detection_dbnet_1x", &mmd_db_head, NULL, text_golden_boxes);
  mmd_head_golden_check("text-detection_panet", &mmd_pan_head, NULL, text_golden_boxes);
  mmd_head_golden_check("text-detection_panet_1x", &mmd_pan_head, NULL, text_golden_boxes);
  mmd_head_golden_check("text-detection_psenet", &mmd_pse_head, NULL, text_golden_boxes);
  mmd_head_golden_check("text-detection_psenet_1x", &mmd_pse_head, NULL, text_golden_boxes);
}

enum { W = 32, H = 24 };

// The map has |high| in the rectangle and |low| around it, all channels alike.
static mmd_status_t run(const mmd_component_t *component, const char *params, int rank,
                        int64_t channels, const int64_t rect[4], float low, float high,
                        const char *metas, const mmd_call_t *call, mmd_value_t **out_result) {
  const int64_t dims4[] = {1, channels, H, W}, dims3[] = {1, H, W};
  float *data = malloc((size_t)channels * H * W * sizeof *data);
  for (int64_t i = 0; i < channels * H * W; ++i) {
    const int64_t x = i % W, y = i / W % H;
    const bool is_in = x >= rect[0] && y >= rect[1] && x < rect[2] && y < rect[3];
    data[i] = is_in ? high : low;
  }
  mmd_value_t *inputs[] = {mmd_test_json(metas), mmd_value_object()};
  mmd_test_put_f32(inputs[1], "output", rank, rank == 3 ? dims3 : dims4, data);
  mmd_status_t status = mmd_head_run(component, 0, params, call, inputs, 2, out_result);
  mmd_value_release(inputs[0]);
  mmd_value_release(inputs[1]);
  free(data);
  return status;
}

static void expect_count(const mmd_component_t *component, const char *params, int rank,
                         int64_t channels, const int64_t rect[4], float low, float high,
                         size_t count) {
  mmd_value_t *result = NULL;
  mmd_assert_ok(run(component, params, rank, channels, rect, low, high, "{}", NULL, &result));
  assert_int_equal(mmd_array_size(result), count);
  mmd_value_release(result);
}

static const mmd_component_t *const g_heads[] = {&mmd_db_head, &mmd_pan_head, &mmd_pse_head};

static void test_edges(void **state) {
  static const int64_t none[] = {0, 0, 0, 0}, pixel[] = {5, 5, 6, 6}, box[] = {4, 6, 24, 16};
  (void)state;
  for (size_t i = 0; i < 3; ++i) {
    const mmd_component_t *head = g_heads[i];
    const float low = i ? -9 : 0, high = i ? 9 : 1;
    expect_count(head, NULL, 4, 2, none, low, high, 0);
    expect_count(head, NULL, 4, 2, pixel, low, high, 0);
    expect_count(head, NULL, 4, 2, box, low, high, 1);
    expect_count(head, NULL, 4, 2, none, NAN, NAN, 0);
    expect_count(head, NULL, 4, 2, box, NAN, high, 1);
    // Everything is text.
    expect_count(head, NULL, 4, 2, none, high, high, 1);
  }
  // One pixel, when nothing forbids it.
  expect_count(&mmd_pse_head, "{\"min_text_area\": 0}", 4, 2, pixel, -9, 9, 1);
  expect_count(&mmd_pan_head, "{\"min_text_area\": 0}", 4, 2, pixel, -9, 9, 1);
  expect_count(&mmd_pse_head, "{\"min_kernel_area\": 300}", 4, 2, box, -9, 9, 0);
  // DBNet with three axes, and the code base's own parameters.
  expect_count(&mmd_db_head, NULL, 3, 1, box, 0, 1, 1);
  expect_count(&mmd_db_head, "{\"min_text_width\": 30}", 3, 1, box, 0, 1, 0);
  expect_count(&mmd_db_head, "{\"max_candidate\": -1}", 3, 1, box, 0, 1, 0);
  expect_count(&mmd_db_head, "{\"postprocessor\": {\"mask_thr\": 0.6}}", 3, 1, box, 0, 0.5F, 0);
}

static void test_scale(void **state) {
  static const int64_t box[] = {4, 6, 24, 16};
  mmd_value_t *result = NULL;
  (void)state;
  // Corners at 4 and 23, 6 and 15; a pixel of the map is two of the input, four of the picture.
  mmd_value_t *wanted = mmd_test_json("[16, 60, 16, 24, 92, 24, 92, 60]");
  const char *metas = "{\"img_metas\": {\"scale_factor\": [0.5, 0.5, 0.5, 0.5]}}";
  mmd_assert_ok(
      run(&mmd_pse_head, "{\"downsample_ratio\": 0.5}", 4, 2, box, -9, 9, metas, NULL, &result));
  // In whatever order they come.
  const mmd_value_t *found = mmd_object_get(mmd_array_at(result, 0), "bbox");
  for (size_t i = 0; i < 8; i += 2) {
    bool is_there = false;
    for (size_t k = 0; k < 8; k += 2) {
      const double dx = mmd_value_get_float(mmd_array_at(wanted, i), 0) -
                        mmd_value_get_float(mmd_array_at(found, k), 0);
      const double dy = mmd_value_get_float(mmd_array_at(wanted, i + 1), 0) -
                        mmd_value_get_float(mmd_array_at(found, k + 1), 0);
      is_there = is_there || (fabs(dx) < 1e-4 && fabs(dy) < 1e-4);
    }
    assert_true(is_there);
  }
  mmd_value_release(wanted);
  mmd_value_release(result);
}

static void test_call(void **state) {
  static const int64_t box[] = {4, 6, 24, 16};
  (void)state;
  for (size_t i = 0; i < 3; ++i) {
    mmd_value_t *result = NULL, *options = mmd_test_json("{\"score_thr\": 0.999999}");
    const mmd_call_t call = {.options = options};
    mmd_assert_ok(run(g_heads[i], NULL, 4, 2, box, i ? -9 : 0, i ? 9 : 0.9F, "{}", &call, &result));
    assert_int_equal(mmd_array_size(result), 0);
    mmd_value_release(options);
    mmd_value_release(result);
  }
}

//===--- memory ---===//

typedef struct sweep_t {
  const mmd_component_t *component;
  const void *options;
  mmd_value_t *inputs[2];
} sweep_t;

static mmd_status_t apply_once(void *context) {
  const sweep_t *sweep = context;
  const mmd_component_context_t at = {.device = "cpu"};
  mmd_value_t *result = NULL;
  mmd_status_t status = sweep->component->apply(sweep->options, &at, sweep->inputs, 2, &result);
  mmd_value_release(result);
  return status;
}

// Two texts, and every allocation failing once.
static void test_memory_is_short(void **state) {
  static const int64_t dims[] = {1, 2, H, W};
  float data[2 * H * W];
  (void)state;
  for (size_t k = 0; k < 3; ++k) {
    sweep_t sweep = {.component = g_heads[k]};
    void *options = calloc(1, sweep.component->options->struct_size);
    const mmd_component_env_t env = {.device = "cpu"};
    for (int i = 0; i < 2 * H * W; ++i) {
      const int x = i % W, y = i / W % H;
      const bool is_in = x > 2 && x < 29 && ((y > 1 && y < 10) || (y > 13 && y < 22));
      data[i] = is_in ? (k ? 9.0F : 0.9F) : (k ? -9.0F : 0.1F);
    }
    mmd_assert_ok(mmd_options_read(sweep.component->options, NULL, "params", false, options));
    if (sweep.component->prepare) mmd_assert_ok(sweep.component->prepare(options, &env, "params"));
    sweep.options = options;
    sweep.inputs[0] = mmd_test_json("{}");
    sweep.inputs[1] = mmd_value_object();
    mmd_test_put_f32(sweep.inputs[1], "output", 4, dims, data);
    mmd_test_sweep(apply_once, &sweep);
    mmd_value_release(sweep.inputs[0]);
    mmd_value_release(sweep.inputs[1]);
    free(options);
  }
}

static void test_errors(void **state) {
  static const int64_t none[] = {0, 0, 0, 0};
  mmd_value_t *result = NULL;
  (void)state;
  const char *metas = "{\"img_metas\": {\"scale_factor\": [0, 1]}}";
  for (size_t i = 0; i < 3; ++i) {
    mmd_assert_fails(run(g_heads[i], NULL, 4, 2, none, 0, 0, metas, NULL, &result),
                     MMD_INVALID_ARGUMENT, "scale_factor");
  }
  mmd_assert_fails(run(&mmd_pan_head, NULL, 4, 1, none, 0, 0, "{}", NULL, &result),
                   MMD_INVALID_ARGUMENT, "1 maps");
  mmd_assert_fails(run(&mmd_pse_head, NULL, 3, 1, none, 0, 0, "{}", NULL, &result),
                   MMD_INVALID_ARGUMENT, "'output'");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_goldens),         cmocka_unit_test(test_edges),
      cmocka_unit_test(test_scale),           cmocka_unit_test(test_call),
      cmocka_unit_test(test_memory_is_short), cmocka_unit_test(test_errors),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
