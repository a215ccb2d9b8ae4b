// SPDX-License-Identifier: Apache-2.0
//
// Against mmdet's coders and mmcv's NMS (testdata/make_dense_golden.py).
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "codebases/mmdet/postprocess/boxes.h"
#include "tests/support/head_golden.h"
#include "tests/support/mmd_test.h"
#include "value/json.h"

#define ANCHORS                                                                                    \
  "\"anchor_generator\": {\"strides\": [32, 16, 8], \"base_sizes\": [[[60, 50], [90, 80]], [[30, " \
  "28], [20, 40]], [[10, 13], [16, 9]]]}"
#define POINTS "\"anchor_generator\": {\"strides\": [32, 16, 8], \"offset\": 0}"
#define METAS "{\"img_metas\": {\"ori_shape\": [1, 64, 64, 3], \"img_shape\": [1, 64, 64, 3]}}"

static mmd_value_t *read_outputs(const mmd_value_t *named) {
  mmd_value_t *outputs = mmd_value_object();
  for (size_t i = 0; i < mmd_object_size(named); ++i) {
    const mmd_value_t *item = mmd_object_value_at(named, i), *data = mmd_object_get(item, "data");
    const mmd_value_t *shape = mmd_object_get(item, "shape");
    float *numbers = mmd_alloc_array(mmd_array_size(data), sizeof *numbers);
    int64_t dims[4];
    for (size_t k = 0; k < mmd_array_size(shape); ++k)
      dims[k] = mmd_value_get_int(mmd_array_at(shape, k), 0);
    for (size_t k = 0; k < mmd_array_size(data); ++k)
      numbers[k] = (float)mmd_value_get_float(mmd_array_at(data, k), 0);
    mmd_test_put_f32(outputs, mmd_object_key_at(named, i), (int)mmd_array_size(shape), dims,
                     numbers);
    mmd_free(numbers);
  }
  return outputs;
}

static void expect(const char *golden, const mmd_component_t *head, const char *params) {
  mmd_value_t *file = NULL, *result = NULL;
  mmd_assert_ok(mmd_json_read_file(
      MMD_TEST_FILE("codebases/mmdet/postprocess/testdata/dense_golden.json"), &file));
  const mmd_value_t *item = mmd_object_get(file, golden);
  mmd_value_t *inputs[] = {mmd_test_json(METAS), read_outputs(mmd_object_get(item, "outputs"))};
  mmd_assert_ok(mmd_head_run(head, 0, params, NULL, inputs, 2, &result));
  mmd_test_assert_near(mmd_object_get(item, "answer"), result, 2e-4, golden);
  mmd_value_release(result);
  mmd_value_release(inputs[0]);
  mmd_value_release(inputs[1]);
  mmd_value_release(file);
}

static void test_goldens(void **state) {
  (void)state;
  expect("boxes", &mmd_base_dense_head, "{\"score_thr\": 0.3}");
  expect("yolov3", &mmd_yolov3_head, "{\"score_thr\": 0.3, " ANCHORS "}");
  expect("rtmdet", &mmd_rtmdet_sep_bn_head, "{\"score_thr\": 0.3, " POINTS "}");
}

// One cell of YOLOv5 by hand: all logits 0 give the centre, half the cell's reach, the anchor's own
// size and 0.25 for the score.
static void test_yolov5(void **state) {
  static const float map[8] = {0};
  const mmd_component_t *heads[] = {&mmd_yolov5_head, &mmd_yolov5_head_1x};
  mmd_value_t *wanted =
      mmd_test_json("[{\"label_id\": 0, \"score\": 0.25, \"bbox\": [24, 22, 40, 42]}]");
  (void)state;
  for (size_t i = 0; i < 2; ++i) {
    mmd_value_t *inputs[] = {mmd_test_json(METAS), mmd_value_object()}, *result = NULL;
    mmd_test_put_f32(inputs[1], "out", 4, (int64_t[]){1, 8, 1, 1}, map);
    mmd_assert_ok(mmd_head_run(heads[i], 0,
                               "{\"score_thr\": 0.1, \"anchor_generator\": {\"strides\": [64], "
                               "\"base_sizes\": [[[16, 20]]]}}",
                               NULL, inputs, 2, &result));
    mmd_test_assert_near(wanted, result, 1e-5, "yolov5");
    mmd_value_release(result);
    mmd_value_release(inputs[0]);
    mmd_value_release(inputs[1]);
  }
  mmd_value_release(wanted);
}

static mmd_status_t run(const mmd_component_t *head, const char *params, int64_t channels) {
  static const float map[16] = {0};
  mmd_value_t *inputs[] = {mmd_test_json(METAS), mmd_value_object()}, *result = NULL;
  mmd_test_put_f32(inputs[1], "out", 4, (int64_t[]){1, channels, 1, 1}, map);
  mmd_status_t status = mmd_head_run(head, 0, params, NULL, inputs, 2, &result);
  mmd_value_release(result);
  mmd_value_release(inputs[0]);
  mmd_value_release(inputs[1]);
  return status;
}

static void test_refusals(void **state) {
  const char *one = "{\"anchor_generator\": {\"strides\": [64], \"base_sizes\": [[[1, 2]]]}}";
  (void)state;
  mmd_assert_fails(run(&mmd_yolov3_head, NULL, 8), MMD_INVALID_ARGUMENT, "strides");
  mmd_assert_fails(run(&mmd_yolov3_head, "{\"anchor_generator\": {\"strides\": [1]}}", 8),
                   MMD_INVALID_ARGUMENT, "base_sizes");
  mmd_assert_fails(run(&mmd_yolov3_head, one, 5), MMD_INVALID_ARGUMENT, "5 channels");
  mmd_assert_fails(run(&mmd_yolov3_head, "{" ANCHORS "}", 16), MMD_INVALID_ARGUMENT, "3 strides");
  mmd_assert_fails(run(&mmd_rtmdet_sep_bn_head, one, 8), MMD_INVALID_ARGUMENT, "two outputs");
  mmd_assert_fails(run(&mmd_base_dense_head, NULL, 8), MMD_INVALID_ARGUMENT, "'dets'");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_goldens),
      cmocka_unit_test(test_yolov5),
      cmocka_unit_test(test_refusals),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
