// SPDX-License-Identifier: Apache-2.0
//
// Heads in ncnn's form (model_type 'ncnn_end2end'): rows with label, score and box, by our
// evaluator, beside PyTorch's detections.
#include "codebases/mmdet/models/golden_support.h"

// |shape| is "None" or "[width, height]".
static mmd_value_t *deploy_config(const char *shape) {
  char text[1024];
  snprintf(text, sizeof text,
           "onnx_config = dict(type='onnx', opset_version=11, save_file='end2end.onnx',\n"
           "  input_names=['input'], output_names=['detection_output'], input_shape=%s%s)\n"
           "codebase_config = dict(type='mmdet', task='ObjectDetection',\n"
           "  model_type='ncnn_end2end', post_processing=dict(score_threshold=0.05,\n"
           "  iou_threshold=0.5, max_output_boxes_per_class=200, confidence_threshold=0.005,\n"
           "  pre_top_k=5000, keep_top_k=300))\n"
           "backend_config = dict(type='ncnn')\n",
           shape,
           strcmp(shape, "None") == 0
               ? ", dynamic_axes={'input': {0: 'batch', 2: 'height', 3: 'width'}}"
               : "");
  return golden_parse(text, "deploy.py");
}

// Rows of a picture of |size| as boxes in pixels.
static size_t read_rows(const mmd_tensor_t *rows, const mmd_shape_t *size,
                        golden_box_t *out_boxes) {
  const double height = (double)size->dims[1], width = (double)size->dims[2];
  size_t count = 0;
  for (size_t i = 0; i < (size_t)rows->shape.dims[1]; ++i) {
    golden_box_t *box = &out_boxes[count];
    *box = (golden_box_t){.row = i};
    for (size_t k = 0; k < 4; ++k)
      box->v[k] = mmd_tensor_get_f64(rows, i * 6 + 2 + k) * (k % 2 ? height : width);
    box->v[4] = mmd_tensor_get_f64(rows, i * 6 + 1);
    box->v[5] = mmd_tensor_get_f64(rows, i * 6) - 1;
    count += box->v[4] > 0;
  }
  return count;
}

static void run_picture(const golden_t *golden, const mmd_graph_t *graph, int picture) {
  const mmd_evaluator_options_t options = {.mode = MMD_EVAL_FAST};
  mmd_evaluator_t *evaluator = NULL;
  mmd_tensor_t input, rows = {0};
  golden_input(golden, 1, &picture, &input);
  mmd_assert_ok(mmd_evaluator_create(graph, &options, &evaluator));
  mmd_assert_ok(mmd_evaluator_run_tensors(evaluator, &input, 1, &rows, 1));
  assert_int_equal(rows.shape.rank, 3);
  assert_int_equal(rows.shape.dims[2], 6);
  golden_box_t *boxes = mmd_alloc_array((size_t)rows.shape.dims[1] + 1, sizeof *boxes);
  assert_non_null(boxes);
  const mmd_shape_t *size = &golden_array(golden->pictures, "picture", picture)->shape;
  golden_found_t found = {golden, picture, NULL, boxes, read_rows(&rows, size, boxes)};
  golden_compare(&found);
  mmd_free(boxes);
  mmd_evaluator_destroy(evaluator);
  mmd_tensor_deinit(&rows);
  mmd_tensor_deinit(&input);
}

// Nothing that ncnn's own library lacks.
static void check_operators(const mmd_graph_t *graph) {
  static const char *const custom[] = {"TopK",          "GatherElements", "GatherTopk",
                                       "MultiClassNMS", "Where",          "NonMaxSuppression"};
  size_t ends = 0;
  for (const mmd_node_t *node = graph->root->first; node; node = node->next) {
    for (size_t i = 0; i < sizeof custom / sizeof *custom; ++i) {
      if (strcmp(node->op, custom[i]) == 0)
        fail_msg("%s needs a custom layer: %s", node->name, custom[i]);
    }
    ends += strcmp(node->op, "DetectionOutput") == 0;
  }
  assert_int_equal(ends, 1);
}

// Dynamic, on pictures of two sizes, and static.
static void check_form(const char *name, bool is_stock) {
  golden_t golden;
  mmd_graph_t *graph = NULL;
  char shape[64];
  golden_open(&golden, name);
  const mmd_shape_t *size = &golden_array(golden.pictures, "picture", 0)->shape;
  snprintf(shape, sizeof shape, "[%lld, %lld]", (long long)size->dims[2], (long long)size->dims[1]);
  for (int is_static = 0; is_static < 2; ++is_static) {
    mmd_value_release(golden.deploy);
    golden.deploy = deploy_config(is_static ? shape : "None");
    mmd_assert_ok(golden_build(&golden, &graph));
    mmd_assert_ok(mmd_graph_verify(graph));
    assert_int_equal(mmd_dim_number(graph->root->inputs[0]->type.dims[0]), 1);
    if (is_stock) check_operators(graph);
    run_picture(&golden, graph, 0);
    if (!is_static) run_picture(&golden, graph, 1);
    mmd_graph_destroy(graph);
  }
  golden_close(&golden);
}

static void test_anchors(void **state) {
  static const char *const names[] = {"0.x/retinanet", "1.x/retinanet", "0.x/fsaf", "0.x/ssd",
                                      "1.x/ssd",       "0.x/ssdlite",   "0.x/atss", "0.x/ddod",
                                      "0.x/gfl",       "0.x/yolof"};
  (void)state;
  for (size_t i = 0; i < sizeof names / sizeof *names; ++i) check_form(names[i], true);
}

static void test_points(void **state) {
  static const char *const names[] = {"0.x/fcos",      "1.x/fcos",       "0.x/fcos_tricks",
                                      "0.x/fovea",     "0.x/autoassign", "0.x/vfnet",
                                      "0.x/reppoints", "1.x/rtmdet"};
  (void)state;
  for (size_t i = 0; i < sizeof names / sizeof *names; ++i) check_form(names[i], true);
}

// A cell answers with its best class; cells below conf_thr; peaks.
static void test_cells(void **state) {
  static const char *const names[] = {"0.x/yolox",  "1.x/yolox",     "0.x/yolov3",
                                      "1.x/yolov3", "0.x/centernet", "1.x/centernet"};
  (void)state;
  for (size_t i = 0; i < sizeof names / sizeof *names; ++i) check_form(names[i], true);
}

// Ends of their own, with the custom layers of our module.
static void test_other_ends(void **state) {
  static const char *const names[] = {"0.x/paa", "0.x/rpn", "0.x/sabl_retinanet", "0.x/tood",
                                      "0.x/faster_rcnn"};
  (void)state;
  for (size_t i = 0; i < sizeof names / sizeof *names; ++i) check_form(names[i], false);
}

// |change| to the model's or the deploy config.
static void expect(const char *name, bool is_deploy, const char *change, int code,
                   const char *message) {
  golden_t golden;
  mmd_graph_t *graph = NULL;
  golden_open(&golden, name);
  mmd_value_release(golden.deploy);
  golden.deploy = deploy_config("None");
  mmd_assert_ok(mmd_pyconfig_apply_override(is_deploy ? golden.deploy : golden.config, change));
  mmd_assert_fails(golden_build(&golden, &graph), (mmd_code_t)code, message);
  golden_close(&golden);
}

static void test_bad_configs(void **state) {
  (void)state;
  expect("0.x/retinanet", true, "onnx_config.output_names=['dets', 'labels']", MMD_INVALID_ARGUMENT,
         "one output (detection_output); found 1 and 2 names");
  expect("0.x/retinanet", false, "model.test_cfg.nms.class_agnostic=True", MMD_NOT_SUPPORTED,
         "test_cfg.nms.class_agnostic is not supported in ncnn's form");
  expect("0.x/mask_rcnn", true, "codebase_config.type='mmdet'", MMD_INVALID_ARGUMENT,
         "the model gives 3 outputs (dets, labels, masks)");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_anchors),     cmocka_unit_test(test_points),
      cmocka_unit_test(test_cells),       cmocka_unit_test(test_other_ends),
      cmocka_unit_test(test_bad_configs),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
