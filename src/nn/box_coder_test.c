// SPDX-License-Identifier: Apache-2.0
//
// Every coder against that of the original code base (testdata/make_box_coders.py).
#include "nn/box_coder.h"

#include <math.h>
#include <string.h>

#include "nn/priors.h"
#include "ops/evaluator.h"
#include "tests/support/mmd_test.h"
#include "value/json.h"

// [1, rows, numbers]
static mmd_tensor_t take_rows(const mmd_value_t *list) {
  const size_t rows = mmd_array_size(list), width = mmd_array_size(mmd_array_at(list, 0));
  const mmd_shape_t shape = {.rank = 3, .dims = {1, (int64_t)rows, (int64_t)width}};
  mmd_tensor_t tensor;
  mmd_assert_ok(mmd_tensor_create(MMD_F32, &shape, false, &tensor));
  float *data = mmd_tensor_mutable_data(&tensor);
  for (size_t i = 0; i < rows * width; ++i)
    data[i] =
        (float)mmd_value_get_float(mmd_array_at(mmd_array_at(list, i / width), i % width), NAN);
  return tensor;
}

// Boxes as the heads turn them into what the YOLO coder takes.
static mmd_tensor_t to_yolo(const mmd_tensor_t *boxes, double stride) {
  const size_t rows = (size_t)boxes->shape.dims[1];
  const mmd_shape_t shape = {.rank = 3, .dims = {1, (int64_t)rows, 5}};
  mmd_level_priors_t level = {.count = (int)rows, .size = 4};
  mmd_tensor_t tensor;
  assert_true(rows <= MMD_MAX_ANCHORS);
  for (size_t i = 0; i < rows * 4; ++i) level.base[i] = (float)mmd_tensor_get_f64(boxes, i);
  mmd_priors_to_yolo(stride, &level);
  assert_int_equal(level.size, 5);
  mmd_assert_ok(mmd_tensor_from_data(MMD_F32, &shape, level.base, &tensor));
  return tensor;
}

static mmd_edge_t *add_input(mmd_graph_t *graph, const char *name, const mmd_tensor_t *like) {
  const mmd_type_t type = mmd_type_tensor(graph, MMD_F32, like->shape.rank, like->shape.dims);
  mmd_edge_t *edge;
  mmd_assert_ok(mmd_region_add_input(graph->root, name, &type, &edge));
  return edge;
}

// Inputs priors, predictions and a map of |image|'s size; outputs boxes and, of buckets,
// confidence.
static mmd_graph_t *build(const mmd_box_coder_t *coder, const mmd_tensor_t inputs[3]) {
  mmd_graph_t *graph = NULL;
  mmd_builder_t builder;
  mmd_edge_t *boxes, *confidence = NULL;
  mmd_assert_ok(mmd_graph_create("test", &graph));
  mmd_assert_ok(mmd_graph_set_opset(graph, MMD_DOMAIN_ONNX, 20));
  mmd_edge_t *priors = add_input(graph, "priors", &inputs[0]);
  mmd_edge_t *predictions = add_input(graph, "predictions", &inputs[1]);
  mmd_assert_ok(mmd_builder_init(&builder, graph, NULL));
  builder.image = add_input(graph, "image", &inputs[2]);
  mmd_edge_t *limits = mmd_nn_image_limits(&builder, coder->clip_margin);
  if (coder->kind == MMD_BOX_BUCKETS) {
    mmd_nn_decode_buckets(&builder, coder, priors, predictions, limits, &boxes, &confidence);
  } else {
    boxes = mmd_nn_decode_boxes(&builder, coder, priors, predictions, limits);
  }
  mmd_assert_ok(mmd_builder_finish(&builder));
  mmd_assert_ok(mmd_region_add_output(graph->root, boxes));
  if (confidence) mmd_assert_ok(mmd_region_add_output(graph->root, confidence));
  return graph;
}

static void compare(const char *type, const mmd_tensor_t *found, const mmd_tensor_t *expected) {
  assert_int_equal(mmd_tensor_count(found), mmd_tensor_count(expected));
  for (size_t i = 0; i < mmd_tensor_count(found); ++i) {
    const double x = mmd_tensor_get_f64(found, i), y = mmd_tensor_get_f64(expected, i);
    if (!(fabs(x - y) <= 1e-5 * (1 + fabs(y))))
      fail_msg("%s: number %zu: %g, not %g", type, i, x, y);
  }
}

static void compare_confidence(const mmd_tensor_t *found, const mmd_value_t *expected) {
  assert_int_equal(mmd_tensor_count(found), mmd_array_size(expected));
  for (size_t i = 0; i < mmd_tensor_count(found); ++i) {
    const double y = mmd_value_get_float(mmd_array_at(expected, i), NAN);
    assert_true(fabs(mmd_tensor_get_f64(found, i) - y) <= 1e-6);
  }
}

static void check(const mmd_value_t *item, const mmd_tensor_t *image) {
  const mmd_value_t *config = mmd_object_get(item, "config"),
                    *confidence = mmd_object_get(item, "confidence");
  const char *type = mmd_value_get_string(mmd_object_get(config, "type"), "");
  const mmd_evaluator_options_t options = {.mode = MMD_EVAL_PLAIN};
  mmd_evaluator_t *evaluator = NULL;
  mmd_box_coder_t coder;
  mmd_assert_ok(mmd_box_coder_read(config, "bbox_coder",
                                   confidence ? MMD_BOX_BUCKETS : MMD_BOX_DELTA, &coder));
  mmd_tensor_t inputs[3] = {take_rows(mmd_object_get(item, "priors")),
                            take_rows(mmd_object_get(item, "predictions")),
                            mmd_tensor_retain(image)};
  mmd_tensor_t outputs[2] = {0}, expected = take_rows(mmd_object_get(item, "boxes"));
  if (coder.kind == MMD_BOX_YOLO) {
    const double stride = mmd_value_get_float(mmd_object_get(item, "stride"), NAN);
    mmd_tensor_t priors = to_yolo(&inputs[0], stride);
    mmd_tensor_deinit(&inputs[0]);
    inputs[0] = priors;
    coder.clip_border = false;  // YOLOv3 does not clip its boxes
  }
  mmd_graph_t *graph = build(&coder, inputs);
  mmd_assert_ok(mmd_evaluator_create(graph, &options, &evaluator));
  mmd_assert_ok(mmd_evaluator_run_tensors(evaluator, inputs, 3, outputs, confidence ? 2 : 1));
  compare(type, &outputs[0], &expected);
  if (confidence) compare_confidence(&outputs[1], confidence);
  mmd_tensor_deinit(&expected);
  for (int i = 0; i < 3; ++i) mmd_tensor_deinit(&inputs[i]);
  for (int i = 0; i < 2; ++i) mmd_tensor_deinit(&outputs[i]);
  mmd_evaluator_destroy(evaluator);
  mmd_graph_destroy(graph);
}

static void test_coders(void **state) {
  mmd_value_t *golden = NULL;
  mmd_tensor_t image;
  (void)state;
  mmd_assert_ok(mmd_json_read_file(MMD_SOURCE_DIR "/src/nn/testdata/box_coders.json", &golden));
  const mmd_value_t *cases = mmd_object_get(golden, "cases"),
                    *size = mmd_object_get(golden, "image");
  const mmd_shape_t shape = {.rank = 4,
                             .dims = {1, 1, mmd_value_get_int(mmd_array_at(size, 0), 0),
                                      mmd_value_get_int(mmd_array_at(size, 1), 0)}};
  mmd_assert_ok(mmd_tensor_create(MMD_F32, &shape, true, &image));
  assert_true(mmd_array_size(cases) > 0);
  for (size_t i = 0; i < mmd_array_size(cases); ++i) check(mmd_array_at(cases, i), &image);
  mmd_tensor_deinit(&image);
  mmd_value_release(golden);
}

static void expect(const char *json, mmd_box_coder_kind_t fallback, mmd_code_t code,
                   const char *message) {
  mmd_value_t *config = NULL;
  mmd_box_coder_t coder;
  mmd_assert_ok(mmd_json_parse(json, strlen(json), "test", &config));
  mmd_assert_fails(mmd_box_coder_read(config, "head.coder", fallback, &coder), code, message);
  mmd_value_release(config);
}

static void test_bad_configs(void **state) {
  (void)state;
  expect("{\"type\": \"BoxCoder\"}", MMD_BOX_DELTA, MMD_NOT_SUPPORTED, "head.coder: 'BoxCoder'");
  expect("{\"type\": \"BucketingBBoxCoder\", \"num_buckets\": 7, \"scale_factor\": 3}",
         MMD_BOX_DELTA, MMD_NOT_SUPPORTED, "head.coder: 'BucketingBBoxCoder'");
  expect("{\"type\": \"DeltaXYWHBBoxCoder\"}", MMD_BOX_BUCKETS, MMD_NOT_SUPPORTED,
         "known: BucketingBBoxCoder");
  expect("{\"type\": \"BucketingBBoxCoder\", \"scale_factor\": 3}", MMD_BOX_BUCKETS,
         MMD_OUT_OF_RANGE, "head.coder.num_buckets: 0");
  expect("{\"type\": \"BucketingBBoxCoder\", \"num_buckets\": 7}", MMD_BOX_BUCKETS,
         MMD_OUT_OF_RANGE, "head.coder.scale_factor: nan");
  expect("{\"type\": \"DeltaXYWHBBoxCoder\", \"target_stds\": [1, 2]}", MMD_BOX_DELTA,
         MMD_INVALID_ARGUMENT, "head.coder.target_stds");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_coders),
      cmocka_unit_test(test_bad_configs),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
