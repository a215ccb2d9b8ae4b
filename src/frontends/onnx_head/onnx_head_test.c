// SPDX-License-Identifier: Apache-2.0
// Networks and answers of testdata/make_heads.py.
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "formats/npy/npy.h"
#include "frontends/onnx/import.h"
#include "frontends/onnx_head/head.h"
#include "graph/verify.h"
#include "ops/evaluator.h"
#include "ops/infer.h"
#include "passes/pass.h"
#include "tests/support/mmd_test.h"
#include "tests/support/mmd_test_fail.h"
#include "value/json.h"

#define DATA MMD_SOURCE_DIR "/src/frontends/onnx_head/testdata/"
enum { WIDTH = 64, HEIGHT = 48 };

static const char *const g_names[] = {"dets", "labels"};

static mmd_graph_t *open_network(const char *name) {
  mmd_graph_t *graph = NULL;
  char path[512];
  snprintf(path, sizeof path, DATA "%s.onnx", name);
  mmd_assert_ok(mmd_onnx_import(path, NULL, &graph));
  mmd_assert_ok(mmd_graph_infer(graph));
  return graph;
}

static mmd_onnx_head_plan_t plan_of(const mmd_onnx_head_t *head, const mmd_graph_t *graph) {
  return (mmd_onnx_head_plan_t){
      .width = WIDTH, .height = HEIGHT, .strides = head->strides, .input = graph->root->inputs[0]};
}

static mmd_value_t *test_cfg_of(const mmd_onnx_head_t *head) {
  char text[128];
  mmd_value_t *cfg = NULL;
  snprintf(text, sizeof text, "{\"score_thr\": %g, \"nms\": {\"iou_threshold\": %g}}",
           head->score_threshold, head->iou_threshold);
  mmd_assert_ok(mmd_json_parse(text, strlen(text), "test_cfg", &cfg));
  return cfg;
}

static void evaluate(const mmd_graph_t *graph, int64_t batch, mmd_tensor_t outputs[2]) {
  const mmd_shape_t shape = {.rank = 4, .dims = {batch, 3, HEIGHT, WIDTH}};
  const mmd_evaluator_options_t options = {.mode = MMD_EVAL_FAST};
  mmd_evaluator_t *evaluator = NULL;
  mmd_tensor_t picture;
  mmd_assert_ok(mmd_tensor_create(MMD_F32, &shape, true, &picture));
  mmd_assert_ok(mmd_evaluator_create(graph, &options, &evaluator));
  mmd_assert_ok(mmd_evaluator_run_tensors(evaluator, &picture, 1, outputs, 2));
  mmd_evaluator_destroy(evaluator);
  mmd_tensor_deinit(&picture);
}

static const mmd_tensor_t *golden(const mmd_value_t *arrays, const char *type, const char *what) {
  char key[32];
  snprintf(key, sizeof key, "%s_%s", type, what);
  const mmd_tensor_t *tensor = mmd_value_get_tensor(mmd_object_get(arrays, key));
  assert_non_null(tensor);
  return tensor;
}

static void compare(const char *type, const mmd_tensor_t outputs[2], size_t images) {
  mmd_value_t *arrays = NULL;
  mmd_assert_ok(mmd_npz_read_file(DATA "goldens.npz", &arrays));
  const mmd_tensor_t *dets = golden(arrays, type, "dets"), *labels = golden(arrays, type, "labels");
  const size_t count = (size_t)dets->shape.dims[0], rows = (size_t)outputs[0].shape.dims[1];
  assert_int_equal(outputs[0].shape.dims[0], images);
  assert_true(rows >= count);
  for (size_t k = 0; k < images; ++k) {
    for (size_t i = 0; i < rows; ++i) {
      const size_t row = k * rows + i;
      if (i >= count) {
        assert_true(mmd_tensor_get_f64(&outputs[0], row * 5 + 4) == 0);
        continue;
      }
      assert_int_equal(mmd_tensor_get_i64(&outputs[1], row), mmd_tensor_get_i64(labels, i));
      for (size_t c = 0; c < 5; ++c) {
        const double wanted = mmd_tensor_get_f64(dets, i * 5 + c);
        const double found = mmd_tensor_get_f64(&outputs[0], row * 5 + c);
        if (fabs(found - wanted) > 1e-4 * fmax(1, fabs(wanted)))
          fail_msg("%s: image %zu, box %zu, number %zu: %g, expected %g", type, k, i, c, found,
                   wanted);
      }
    }
  }
  mmd_value_release(arrays);
}

// As the composite operators, and spelled out for an engine.
static void check_head(const mmd_onnx_head_t *head, int64_t batch) {
  mmd_graph_t *graph = open_network(head->type);
  mmd_onnx_head_plan_t plan = plan_of(head, graph);
  mmd_value_t *test_cfg = test_cfg_of(head);
  mmd_tensor_t outputs[2] = {{0}};
  mmd_assert_ok(mmd_onnx_head_plan(head, graph, &plan));
  assert_int_equal(plan.cells, 64);
  assert_int_equal(plan.classes, 3);
  mmd_assert_ok(mmd_onnx_head_build(head, graph, &plan, test_cfg, NULL, g_names));
  mmd_assert_ok(mmd_graph_verify(graph));
  assert_string_equal(graph->root->outputs[0]->name, "dets");
  assert_string_equal(graph->root->outputs[1]->name, "labels");
  evaluate(graph, batch, outputs);
  compare(head->type, outputs, (size_t)batch);
  for (int i = 0; i < 2; ++i) mmd_tensor_deinit(&outputs[i]);
  mmd_assert_ok(mmd_passes_run(graph, mmd_passes_convert, NULL));
  mmd_assert_ok(mmd_passes_run(graph, mmd_passes_split, NULL));
  evaluate(graph, batch, outputs);
  compare(head->type, outputs, (size_t)batch);
  for (int i = 0; i < 2; ++i) mmd_tensor_deinit(&outputs[i]);
  mmd_value_release(test_cfg);
  mmd_graph_destroy(graph);
}

static void test_yolox(void **state) {
  (void)state;
  check_head(&mmd_onnx_head_yolox, 1);
}

static void test_yolov8(void **state) {
  (void)state;
  check_head(&mmd_onnx_head_yolov8, 1);
  check_head(&mmd_onnx_head_yolov8, 2);
}

static void test_registry(void **state) {
  (void)state;
  size_t i = 0;
  for (; mmd_onnx_head_registry[i]; ++i)
    assert_string_equal(mmd_onnx_head_registry[i]->type, mmd_onnx_head_names[i]);
  assert_null(mmd_onnx_head_names[i]);
}

static void test_refusals(void **state) {
  (void)state;
  mmd_graph_t *graph = open_network("yolox");
  const mmd_onnx_head_t *head = &mmd_onnx_head_yolox;
  mmd_onnx_head_plan_t plan = plan_of(head, graph);
  plan.strides.count = 2;
  mmd_assert_fails(mmd_onnx_head_plan(head, graph, &plan), MMD_INVALID_ARGUMENT,
                   "with 60 cells (input 64x48, strides 8,16); none of the network's fits: 'raw' "
                   "f32[1,64,8]");
  plan = plan_of(head, graph);
  mmd_assert_fails(mmd_onnx_head_plan(&mmd_onnx_head_yolov8, graph, &plan), MMD_INVALID_ARGUMENT,
                   "[batch, 4 + classes, cells]: middle and size in pixels, scores of 0 to 1; with "
                   "64 cells (input 64x48, strides 8,16,32); none of the network's fits: 'raw' "
                   "f32[1,64,8]; head 'yolox' would");
  mmd_assert_ok(mmd_region_add_output(graph->root, graph->root->outputs[0]));
  mmd_assert_fails(mmd_onnx_head_plan(head, graph, &plan), MMD_INVALID_ARGUMENT, "more than one");
  plan.width = 0;
  mmd_assert_fails(mmd_onnx_head_plan(head, graph, &plan), MMD_NOT_SUPPORTED,
                   "head 'yolox' needs a network of fixed height and width");
  plan.width = 1 << 20;
  mmd_assert_fails(mmd_onnx_head_plan(head, graph, &plan), MMD_OUT_OF_RANGE,
                   "an input of 1048576x48");
  plan = plan_of(head, graph);
  plan.strides.items[1] = 0;
  mmd_assert_fails(mmd_onnx_head_plan(head, graph, &plan), MMD_OUT_OF_RANGE, "stride 0");
  mmd_graph_destroy(graph);
}

static void test_rename(void **state) {
  (void)state;
  mmd_graph_t *graph = open_network("yolox");
  mmd_edge_t *input = graph->root->inputs[0], *taken = mmd_graph_find_edge(graph, "zero");
  mmd_assert_ok(mmd_onnx_head_rename(graph, input, "zero"));
  mmd_assert_ok(mmd_onnx_head_rename(graph, input, "zero"));
  assert_string_equal(input->name, "zero");
  assert_string_not_equal(taken->name, "zero");
  mmd_graph_destroy(graph);
}

static mmd_status_t build_once(void *context) {
  const mmd_onnx_head_t *head = &mmd_onnx_head_yolox;
  mmd_graph_t *graph = NULL;
  char path[512];
  snprintf(path, sizeof path, DATA "%s.onnx", head->type);
  MMD_TRY(mmd_onnx_import(path, NULL, &graph));
  mmd_onnx_head_plan_t plan = plan_of(head, graph);
  mmd_status_t status = mmd_graph_infer(graph);
  if (!status) status = mmd_onnx_head_plan(head, graph, &plan);
  if (!status) status = mmd_onnx_head_build(head, graph, &plan, context, NULL, g_names);
  mmd_graph_destroy(graph);
  return status;
}

static void test_out_of_memory(void **state) {
  (void)state;
  mmd_value_t *test_cfg = test_cfg_of(&mmd_onnx_head_yolox);
  mmd_test_sweep(build_once, test_cfg);
  mmd_value_release(test_cfg);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_yolox),    cmocka_unit_test(test_yolov8),
      cmocka_unit_test(test_registry), cmocka_unit_test(test_refusals),
      cmocka_unit_test(test_rename),   cmocka_unit_test(test_out_of_memory),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
