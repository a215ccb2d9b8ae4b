// SPDX-License-Identifier: Apache-2.0
//
// SOLO and SOLOv2 against PyTorch's scores, classes and masks (testdata/solo).
#include "codebases/mmdet/models/golden_support.h"

// |pasted|: masks of the input's size, which are the ones that PyTorch gives.
static mmd_value_t *mask_deploy(bool dynamic, bool pasted) {
  char text[2048];
  snprintf(text, sizeof text,
           "onnx_config = dict(type='onnx', opset_version=11, save_file='end2end.onnx',\n"
           "  input_names=['input'], output_names=['dets', 'labels', 'masks'], input_shape=%s)\n"
           "codebase_config = dict(type='mmdet', task='ObjectDetection', post_processing=dict(\n"
           "  export_postprocess_mask=%s))\n"
           "backend_config = dict(type='onnxruntime')\n",
           dynamic ? "None, dynamic_axes={'input': {0: 'batch', 2: 'height', 3: 'width'}, "
                     "'dets': {0: 'batch', 1: 'num_dets'}, 'labels': {0: 'batch', 1: 'num_dets'}, "
                     "'masks': {0: 'batch', 1: 'num_dets', 2: 'height', 3: 'width'}}"
                   : "[128, 96]",
           pasted ? "True" : "False");
  return golden_parse(text, "deploy.py");
}

// dets, labels and masks of one run, and one of its images.
typedef struct answer_t {
  mmd_tensor_t outputs[3];
  size_t image, rows, pixels;
} answer_t;

static double score_of(const answer_t *a, size_t row) {
  return mmd_tensor_get_f64(&a->outputs[0], (a->image * a->rows + row) * 5 + 4);
}

// The bit of pixel |i| of the packed mask |row|; rows of pixels are full bytes.
static bool wanted_bit(const mmd_tensor_t *masks, size_t row, size_t pixels, size_t i) {
  const uint8_t *bits = mmd_tensor_data(masks);
  return bits[(row * pixels + i) / 8] >> (7 - i % 8) & 1;
}

static double mask_iou(const answer_t *a, size_t row, const mmd_tensor_t *masks, size_t wanted) {
  const float *mask = mmd_tensor_data(&a->outputs[2]);
  size_t shared = 0, either = 0;
  mask += (a->image * a->rows + row) * a->pixels;
  for (size_t i = 0; i < a->pixels; ++i) {
    const bool is_ours = mask[i] > 0.5F, is_theirs = wanted_bit(masks, wanted, a->pixels, i);
    shared += is_ours && is_theirs;
    either += is_ours || is_theirs;
  }
  return either ? (double)shared / (double)either : 1;
}

// As golden_compare: of the best 90 % of PyTorch's masks at least 98 %, and no other one above.
static void compare(const char *name, const answer_t *a, const mmd_tensor_t *found,
                    const mmd_tensor_t *masks) {
  const size_t count = (size_t)found->shape.dims[0], best = (count * 9 + 9) / 10;
  bool matched[512] = {false};
  size_t hits = 0;
  double lowest = 2;
  assert_true(count >= 10 && a->rows <= 512);
  for (size_t i = 0; i < best; ++i) {
    lowest = mmd_tensor_get_f64(found, i * 2);
    for (size_t k = 0; k < a->rows; ++k) {
      const double label = mmd_tensor_get_f64(&a->outputs[1], a->image * a->rows + k);
      if (matched[k] || label != mmd_tensor_get_f64(found, i * 2 + 1) ||
          fabs(score_of(a, k) - lowest) > 1e-3 || mask_iou(a, k, masks, i) < 0.99) {
        continue;
      }
      matched[k] = true;
      ++hits;
      break;
    }
  }
  if ((double)hits < 0.98 * (double)best)
    fail_msg("%s: %zu of %zu masks are found", name, hits, best);
  for (size_t k = 0; k < a->rows; ++k) {
    if (!matched[k] && score_of(a, k) > lowest + 1e-3)
      fail_msg("%s: a mask of score %g is not PyTorch's", name, score_of(a, k));
  }
}

static void run(const golden_t *golden, const mmd_graph_t *graph, mmd_eval_mode_t mode, int count,
                const int *pictures, answer_t *out_answer) {
  const mmd_evaluator_options_t options = {.mode = mode};
  mmd_evaluator_t *evaluator = NULL;
  mmd_tensor_t input;
  memset(out_answer, 0, sizeof *out_answer);
  golden_input(golden, count, pictures, &input);
  mmd_assert_ok(mmd_evaluator_create(graph, &options, &evaluator));
  mmd_assert_ok(mmd_evaluator_run_tensors(evaluator, &input, 1, out_answer->outputs, 3));
  mmd_evaluator_destroy(evaluator);
  mmd_tensor_deinit(&input);
  const mmd_shape_t *shape = &out_answer->outputs[2].shape;
  out_answer->rows = (size_t)shape->dims[1];
  out_answer->pixels = (size_t)(shape->dims[2] * shape->dims[3]);
}

static void answer_deinit(answer_t *answer) {
  for (int i = 0; i < 3; ++i) mmd_tensor_deinit(&answer->outputs[i]);
}

static void check_run(const golden_t *golden, const mmd_graph_t *graph, mmd_eval_mode_t mode,
                      int count, const int *pictures) {
  answer_t answer;
  run(golden, graph, mode, count, pictures, &answer);
  for (int i = 0; i < count; ++i) {
    answer.image = (size_t)i;
    compare(golden->config_path, &answer, golden_array(golden->arrays, "found", pictures[i]),
            golden_array(golden->arrays, "masks", pictures[i]));
  }
  answer_deinit(&answer);
}

static void spell_out(mmd_graph_t *graph) {
  mmd_assert_ok(mmd_passes_run(graph, mmd_passes_convert, NULL));
  mmd_assert_ok(mmd_passes_run(graph, mmd_passes_split, NULL));
  mmd_assert_ok(mmd_graph_infer(graph));
  mmd_assert_ok(mmd_graph_verify(graph));
}

static void check_form(golden_t *golden, bool is_dynamic) {
  static const int first[] = {0}, other[] = {1}, batch[] = {0, 2};
  mmd_graph_t *graph = NULL;
  mmd_value_release(golden->deploy);
  golden->deploy = mask_deploy(is_dynamic, true);
  mmd_assert_ok(golden_build(golden, &graph));
  mmd_assert_ok(mmd_graph_verify(graph));
  for (int round = 0; round < 2; ++round) {
    check_run(golden, graph, round ? MMD_EVAL_FAST : MMD_EVAL_PLAIN, 1, first);
    if (is_dynamic) check_run(golden, graph, MMD_EVAL_FAST, 1, other);
    if (is_dynamic) check_run(golden, graph, MMD_EVAL_FAST, 2, batch);
    if (!round) spell_out(graph);
  }
  mmd_graph_destroy(graph);
}

// Small masks: a quarter of the input's sides, in boxes of the whole input.
static void check_small(golden_t *golden) {
  static const int first[] = {0};
  static const double box[] = {0, 0, 128, 96};
  mmd_graph_t *graph = NULL;
  answer_t answer;
  mmd_value_release(golden->deploy);
  golden->deploy = mask_deploy(true, false);
  mmd_assert_ok(golden_build(golden, &graph));
  run(golden, graph, MMD_EVAL_FAST, 1, first, &answer);
  assert_int_equal(answer.outputs[2].shape.dims[2], 24);
  assert_int_equal(answer.outputs[2].shape.dims[3], 32);
  for (size_t i = 0; i < answer.rows * 5; ++i) {
    if (i % 5 < 4) assert_true(mmd_tensor_get_f64(&answer.outputs[0], i) == box[i % 5]);
  }
  answer_deinit(&answer);
  mmd_graph_destroy(graph);
}

static void check(const char *name) {
  golden_t golden;
  golden_open(&golden, name);
  check_form(&golden, true);
  check_form(&golden, false);
  check_small(&golden);
  golden_close(&golden);
}

static void test_solo(void **state) {
  (void)state;
  check("solo/0.x/solo");
  check("solo/1.x/solo");
}

static void test_decoupled(void **state) {
  (void)state;
  check("solo/0.x/decoupled");
  check("solo/1.x/decoupled");
  check("solo/0.x/decoupled_light");
  check("solo/1.x/decoupled_light");
}

static void test_solov2(void **state) {
  (void)state;
  check("solo/0.x/solov2");
  check("solo/1.x/solov2");
  check("solo/0.x/solov2_light");
}

// Nothing passes the threshold: rows of score 0, no NaN.
static void check_nothing(const char *name) {
  static const int first[] = {0};
  golden_t golden;
  mmd_graph_t *graph = NULL;
  answer_t answer;
  golden_open(&golden, name);
  mmd_value_release(golden.deploy);
  golden.deploy = mask_deploy(true, false);
  mmd_assert_ok(mmd_pyconfig_apply_override(golden.config, "model.test_cfg.score_thr=0.9999"));
  mmd_assert_ok(golden_build(&golden, &graph));
  run(&golden, graph, MMD_EVAL_FAST, 1, first, &answer);
  assert_true(answer.rows >= 1);
  for (size_t i = 0; i < answer.rows; ++i) assert_true(score_of(&answer, i) == 0);
  answer_deinit(&answer);
  mmd_graph_destroy(graph);
  golden_close(&golden);
}

static void test_nothing(void **state) {
  (void)state;
  check_nothing("solo/0.x/solo");
  check_nothing("solo/0.x/decoupled");
  check_nothing("solo/1.x/solov2");
}

static void expect(const char *name, const char *change, int code, const char *message) {
  golden_t golden;
  mmd_graph_t *graph = NULL;
  golden_open(&golden, name);
  mmd_value_release(golden.deploy);
  golden.deploy = mask_deploy(true, false);
  mmd_assert_ok(mmd_pyconfig_apply_override(golden.config, change));
  mmd_assert_fails(golden_build(&golden, &graph), code, message);
  golden_close(&golden);
}

static void test_bad_configs(void **state) {
  static const char *const solo = "solo/0.x/solo", *const v2 = "solo/0.x/solov2";
  (void)state;
  expect(solo, "model.mask_head.in_channels=8", MMD_INVALID_ARGUMENT,
         "model.mask_head.in_channels: 8, but the module before gives 16 channels");
  expect(solo, "model.neck.num_outs=4", MMD_INVALID_ARGUMENT, "model.mask_head: it expects 5");
  expect(solo, "model.mask_head.num_grids=[10, 8]", MMD_INVALID_ARGUMENT,
         "model.mask_head: strides has 5 items and num_grids 2");
  expect(solo, "model.mask_head.num_grids=[10, 8, 6, 4, 999]", MMD_OUT_OF_RANGE,
         "model.mask_head.num_grids[4]: 999");
  expect(solo, "model.mask_head.cls_down_index=2", MMD_OUT_OF_RANGE,
         "model.mask_head.cls_down_index: 2");
  expect(solo, "model.mask_head.num_classes=6", MMD_INVALID_ARGUMENT, "mask_head.conv_cls.weight");
  expect(solo, "model.test_cfg.score_thr=1.5", MMD_OUT_OF_RANGE, "model.test_cfg.score_thr: 1.5");
  expect(solo, "model.test_cfg.max_per_img=0", MMD_OUT_OF_RANGE, "model.test_cfg.max_per_img: 0");
  expect(solo, "model.test_cfg.kernel=box", MMD_NOT_SUPPORTED, "model.test_cfg.kernel: 'box'");
  expect(v2, "model.mask_head.dynamic_conv_size=3", MMD_NOT_SUPPORTED,
         "model.mask_head.dynamic_conv_size: 3");
  expect(v2, "model.mask_head.mask_feature_head.end_level=7", MMD_OUT_OF_RANGE,
         "model.mask_head.mask_feature_head: start_level 0 and end_level 7");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_solo),        cmocka_unit_test(test_decoupled),
      cmocka_unit_test(test_solov2),      cmocka_unit_test(test_nothing),
      cmocka_unit_test(test_bad_configs),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
