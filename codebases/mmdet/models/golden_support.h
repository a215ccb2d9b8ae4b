// SPDX-License-Identifier: Apache-2.0
//
// For the tests of builders: networks from golden configs and checkpoints, run by our evaluator
// (composite operators as they are, and spelled out) and compared with PyTorch's detections
// (testdata/README.md).
#ifndef MMD_CODEBASES_MMDET_MODELS_GOLDEN_SUPPORT_H_
#define MMD_CODEBASES_MMDET_MODELS_GOLDEN_SUPPORT_H_

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "codebases/mmdet/task.h"
#include "convert/registry.h"
#include "formats/checkpoint/checkpoint.h"
#include "formats/npy/npy.h"
#include "formats/pyconfig/pyconfig.h"
#include "frontends/openmmlab/config.h"
#include "graph/verify.h"
#include "kernels/paste_mask.h"
#include "ops/evaluator.h"
#include "ops/infer.h"
#include "passes/pass.h"
#include "tests/support/mmd_test.h"

#define GOLDEN_DIR MMD_SOURCE_DIR "/codebases/mmdet/models/testdata/"

enum { GOLDEN_PICTURES = 3 };  // the first and the last are of one size

typedef struct golden_t {
  mmd_value_t *config, *deploy, *arrays, *pictures;
  mmd_checkpoint_t *checkpoint;
  char config_path[512];
} golden_t;

static inline mmd_value_t *golden_parse(const char *text, const char *name) {
  mmd_value_t *value = NULL;
  mmd_assert_ok(mmd_pyconfig_parse(text, strlen(text), name, NULL, &value));
  return value;
}

// A deploy config; |shape| is "None" or "[width, height]".
static inline mmd_value_t *golden_deploy(bool dynamic, const char *shape, bool has_masks) {
  char text[2048];
  snprintf(text, sizeof text,
           "onnx_config = dict(type='onnx', opset_version=11, save_file='end2end.onnx',\n"
           "  input_names=['input'], output_names=['dets', 'labels'%s], input_shape=%s%s)\n"
           "codebase_config = dict(type='mmdet', task='ObjectDetection', post_processing=dict(\n"
           "  score_threshold=0.05, iou_threshold=0.5, max_output_boxes_per_class=200,\n"
           "  confidence_threshold=0.005, pre_top_k=5000, keep_top_k=300))\n"
           "backend_config = dict(type='onnxruntime')\n",
           has_masks ? ", 'masks'" : "", shape,
           dynamic ? ", dynamic_axes={'input': {0: 'batch', 2: 'height', 3: 'width'}, "
                     "'dets': {0: 'batch', 1: 'num_dets'}, 'labels': {0: 'batch', 1: 'num_dets'}, "
                     "'masks': {0: 'batch', 1: 'num_dets', 2: 'height', 3: 'width'}}"
                   : "");
  return golden_parse(text, "deploy.py");
}

// The golden has masks beside its boxes.
static inline bool golden_has_masks(const golden_t *golden) {
  return mmd_object_get(golden->arrays, "masks_0") != NULL;
}

// |name| is "0.x/retinanet".
static inline void golden_open(golden_t *golden, const char *name) {
  char path[512];
  memset(golden, 0, sizeof *golden);
  snprintf(golden->config_path, sizeof golden->config_path, GOLDEN_DIR "%s/config.py", name);
  mmd_assert_ok(mmd_pyconfig_read(golden->config_path, NULL, &golden->config));
  snprintf(path, sizeof path, GOLDEN_DIR "%s/checkpoint.pth", name);
  mmd_assert_ok(mmd_checkpoint_open(path, NULL, &golden->checkpoint));
  snprintf(path, sizeof path, GOLDEN_DIR "%s/arrays.npz", name);
  mmd_assert_ok(mmd_npz_read_file(path, &golden->arrays));
  if (mmd_object_get(golden->arrays, "picture_0")) {  // pictures of its own
    golden->pictures = mmd_value_retain(golden->arrays);
  } else {
    mmd_assert_ok(mmd_npz_read_file(GOLDEN_DIR "pictures.npz", &golden->pictures));
  }
  golden->deploy = golden_deploy(true, "None", golden_has_masks(golden));
}

static inline void golden_close(golden_t *golden) {
  mmd_value_release(golden->config);
  mmd_value_release(golden->deploy);
  mmd_value_release(golden->arrays);
  mmd_value_release(golden->pictures);
  mmd_checkpoint_destroy(golden->checkpoint);
}

// Builds and reports as the converter does.
static inline mmd_status_t golden_build(const golden_t *golden, mmd_graph_t **out_graph) {
  const mmd_task_t *task = &mmd_mmdet_detection;
  const mmd_task_context_t context = {
      .deploy_cfg = golden->deploy,
      .model_cfg = golden->config,
      .model_cfg_path = golden->config_path,
      .checkpoint_meta = mmd_checkpoint_meta(golden->checkpoint),
      .modules = mmd_module_registry,
      .dialect = mmd_dialect_detect(golden->config),
      .backend = "onnxruntime",
  };
  mmd_weights_t *weights = NULL;
  mmd_status_t status = mmd_weights_create(golden->checkpoint, "checkpoint.pth", &weights);
  for (size_t i = 0; !status && task->ignored_keys[i]; ++i)
    status = mmd_weights_ignore(weights, task->ignored_keys[i]);
  if (!status) status = task->build(&context, weights, out_graph);
  if (!status) {
    status = mmd_weights_report(weights);
    if (status) mmd_graph_destroy(*out_graph);
  }
  mmd_weights_destroy(weights);
  return status;
}

//===--- inputs ------------------------------------------------------------===//

// The numbers that the config normalises with.
static inline void golden_norm(const golden_t *golden, float mean[3], float std[3],
                               bool *out_to_rgb) {
  const bool is_0x = mmd_dialect_detect(golden->config) == MMD_DIALECT_0X;
  const mmd_value_t *cfg = is_0x ? mmd_object_get(golden->config, "img_norm_cfg")
                                 : mmd_object_get_path(golden->config, "model.data_preprocessor");
  for (size_t c = 0; c < 3; ++c) {
    mean[c] = (float)mmd_value_get_float(mmd_array_at(mmd_object_get(cfg, "mean"), c), 0);
    std[c] = (float)mmd_value_get_float(mmd_array_at(mmd_object_get(cfg, "std"), c), 1);
  }
  *out_to_rgb = mmd_value_get_bool(mmd_object_get(cfg, is_0x ? "to_rgb" : "bgr_to_rgb"), is_0x);
}

static inline const mmd_tensor_t *golden_array(const mmd_value_t *arrays, const char *what, int k) {
  char key[32];
  snprintf(key, sizeof key, "%s_%d", what, k);
  const mmd_tensor_t *tensor = mmd_value_get_tensor(mmd_object_get(arrays, key));
  assert_non_null(tensor);
  return tensor;
}

// |count| pictures from |first| on, normalised, as one batch; they are of one size.
static inline void golden_input(const golden_t *golden, int count, const int *pictures,
                                mmd_tensor_t *out_input) {
  const mmd_shape_t *size = &golden_array(golden->pictures, "picture", pictures[0])->shape;
  const mmd_shape_t shape = {.rank = 4, .dims = {count, 3, size->dims[1], size->dims[2]}};
  float mean[3], std[3];
  bool to_rgb;
  golden_norm(golden, mean, std, &to_rgb);
  mmd_assert_ok(mmd_tensor_create(MMD_F32, &shape, false, out_input));
  float *out = mmd_tensor_mutable_data(out_input);
  const size_t plane = (size_t)(shape.dims[2] * shape.dims[3]);
  for (int k = 0; k < count; ++k) {
    const mmd_tensor_t *picture = golden_array(golden->pictures, "picture", pictures[k]);
    assert_true(mmd_shape_equal(&picture->shape, size));
    const uint8_t *pixels = mmd_tensor_data(picture);
    for (size_t c = 0; c < 3; ++c)
      for (size_t i = 0; i < plane; ++i)
        *out++ = ((float)pixels[(to_rgb ? 2 - c : c) * plane + i] - mean[c]) / std[c];
  }
}

//===--- comparison --------------------------------------------------------===//

// x1, y1, x2, y2, score, class.
typedef struct golden_box_t {
  double v[6];
  size_t row;  // of the network's outputs
  bool matched;
} golden_box_t;

// What the network found in one image, and what it is compared with.
typedef struct golden_found_t {
  const golden_t *golden;
  int picture;
  const mmd_tensor_t *masks;  // NULL: there are none
  golden_box_t *boxes;
  size_t count;
} golden_found_t;

static inline double golden_iou(const double *a, const double *b) {
  const double w = fmin(a[2], b[2]) - fmax(a[0], b[0]), h = fmin(a[3], b[3]) - fmax(a[1], b[1]);
  if (w <= 0 || h <= 0) return 0;
  return w * h / ((a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - w * h);
}

static inline bool golden_is_same(const golden_box_t *a, const golden_box_t *b) {
  bool is_near = a->v[5] == b->v[5] && fabs(a->v[4] - b->v[4]) <= 1e-3;
  for (int i = 0; i < 4; ++i) is_near = is_near && fabs(a->v[i] - b->v[i]) <= 0.1;
  return is_near && golden_iou(a->v, b->v) >= 0.9;
}

// |box|'s mask as the SDK pastes it: an image of the picture's size, 255 for the object.
static inline uint8_t *golden_paste(const golden_found_t *found, const golden_box_t *box,
                                    int64_t height, int64_t width) {
  const mmd_shape_t *shape = &found->masks->shape;
  const size_t size = (size_t)(shape->dims[2] * shape->dims[3]);
  const float corners[] = {(float)box->v[0], (float)box->v[1], (float)box->v[2], (float)box->v[3]};
  const mmd_paste_mask_t paste = {
      .mask = (const float *)mmd_tensor_data(found->masks) + box->row * size,
      .mask_width = shape->dims[3],
      .mask_height = shape->dims[2],
      .box = {corners[0], corners[1], corners[2], corners[3]},
      .region = mmd_paste_region(corners, width, height),
      .threshold = 0.5F};
  uint8_t *image = mmd_alloc_array((size_t)height, (size_t)width);
  assert_non_null(image);
  if (paste.region.width && paste.region.height) {
    mmd_assert_ok(
        mmd_paste_mask(&paste, image + paste.region.y * width + paste.region.x, (size_t)width));
  }
  return image;
}

// Pixels of both masks by those of either is at least 0.99; |wanted| is row |row| of PyTorch's,
// a bit a pixel.
static inline void golden_compare_mask(const golden_found_t *found, const golden_box_t *box,
                                       size_t row) {
  const mmd_shape_t *size =
      &golden_array(found->golden->pictures, "picture", found->picture)->shape;
  const mmd_tensor_t *wanted = golden_array(found->golden->arrays, "masks", found->picture);
  const uint8_t *bits =
      (const uint8_t *)mmd_tensor_data(wanted) + row * (size_t)wanted->shape.dims[1];
  uint8_t *image = golden_paste(found, box, size->dims[1], size->dims[2]);
  size_t both = 0, either = 0;
  for (size_t i = 0; i < (size_t)(size->dims[1] * size->dims[2]); ++i) {
    const bool is_wanted = bits[i / 8] >> (7 - i % 8) & 1, is_found = image[i] != 0;
    both += is_wanted && is_found;
    either += is_wanted || is_found;
  }
  mmd_free(image);
  if ((double)both < 0.99 * (double)either)
    fail_msg("%s: mask %zu: %zu of %zu pixels", found->golden->config_path, row, both, either);
}

// Of the best 90 % of PyTorch's boxes at least 98 % are found, and no other box of ours has a score
// above the lowest of these.
static inline void golden_compare(golden_found_t *found) {
  const char *name = found->golden->config_path;
  const mmd_tensor_t *expected = golden_array(found->golden->arrays, "found", found->picture);
  const size_t count = (size_t)expected->shape.dims[0], best = (count * 9 + 9) / 10;
  size_t matched = 0;
  double lowest = 2;
  assert_true(count >= 10);  // a golden without detections proves nothing
  for (size_t i = 0; i < best; ++i) {
    golden_box_t wanted = {{0}, 0, false};
    for (size_t k = 0; k < 6; ++k) wanted.v[k] = mmd_tensor_get_f64(expected, i * 6 + k);
    lowest = wanted.v[4];
    for (size_t k = 0; k < found->count; ++k) {
      golden_box_t *box = &found->boxes[k];
      if (box->matched || !golden_is_same(&wanted, box)) continue;
      if (found->masks) golden_compare_mask(found, box, i);
      box->matched = true;
      ++matched;
      break;
    }
  }
  if ((double)matched < 0.98 * (double)best)
    fail_msg("%s: %zu of %zu boxes are found", name, matched, best);
  for (size_t k = 0; k < found->count; ++k) {
    if (!found->boxes[k].matched && found->boxes[k].v[4] > lowest + 1e-3)
      fail_msg("%s: a box of score %g is not PyTorch's", name, found->boxes[k].v[4]);
  }
}

// The rows of image |image| whose score is not 0.
static inline size_t golden_read(const mmd_tensor_t *dets, const mmd_tensor_t *labels, size_t image,
                                 golden_box_t *out_boxes) {
  const size_t rows = (size_t)dets->shape.dims[1];
  size_t count = 0;
  for (size_t i = image * rows; i < (image + 1) * rows; ++i) {
    golden_box_t *box = &out_boxes[count];
    box->matched = false;
    box->row = i;
    for (size_t k = 0; k < 5; ++k) box->v[k] = mmd_tensor_get_f64(dets, i * 5 + k);
    box->v[5] = mmd_tensor_get_f64(labels, i);
    count += box->v[4] > 0;
  }
  return count;
}

static inline void golden_run(const golden_t *golden, const mmd_graph_t *graph,
                              mmd_eval_mode_t mode, int count, const int *pictures) {
  const mmd_evaluator_options_t options = {.mode = mode};
  const size_t output_count = golden_has_masks(golden) ? 3 : 2;
  mmd_evaluator_t *evaluator = NULL;
  mmd_tensor_t input, outputs[3] = {{0}, {0}, {0}};
  golden_input(golden, count, pictures, &input);
  mmd_assert_ok(mmd_evaluator_create(graph, &options, &evaluator));
  mmd_assert_ok(mmd_evaluator_run_tensors(evaluator, &input, 1, outputs, output_count));
  golden_box_t *boxes = mmd_alloc_array((size_t)outputs[0].shape.dims[1] + 1, sizeof *boxes);
  assert_non_null(boxes);
  for (int i = 0; i < count; ++i) {
    golden_found_t found = {golden, pictures[i], output_count > 2 ? &outputs[2] : NULL, boxes,
                            golden_read(&outputs[0], &outputs[1], (size_t)i, boxes)};
    golden_compare(&found);
  }
  mmd_free(boxes);
  mmd_evaluator_destroy(evaluator);
  for (int i = 0; i < 3; ++i) mmd_tensor_deinit(&outputs[i]);
  mmd_tensor_deinit(&input);
}

// What composite operators mean in standard ones.
static inline void golden_spell_out(mmd_graph_t *graph) {
  mmd_assert_ok(mmd_passes_run(graph, mmd_passes_convert, NULL));
  mmd_assert_ok(mmd_passes_run(graph, mmd_passes_split, NULL));
  mmd_assert_ok(mmd_graph_infer(graph));
  mmd_assert_ok(mmd_graph_verify(graph));
  for (const mmd_node_t *node = graph->root->first; node; node = node->next)
    assert_string_equal(node->domain, MMD_DOMAIN_ONNX);
}

// Each picture alone and two as a batch, with composite operators and without.
static inline void golden_check_graph(const golden_t *golden, mmd_graph_t *graph, bool is_static) {
  static const int batch[] = {0, 2}, other = 1;
  mmd_assert_ok(mmd_graph_verify(graph));
  for (int round = 0; round < 2; ++round) {
    const mmd_eval_mode_t mode = round ? MMD_EVAL_FAST : MMD_EVAL_PLAIN;
    golden_run(golden, graph, mode, 1, &batch[0]);
    if (!is_static) {
      golden_run(golden, graph, mode, 1, &other);
      golden_run(golden, graph, MMD_EVAL_FAST, 2, batch);
    }
    if (round) return;
    golden_spell_out(graph);
  }
}

// The golden dynamic and static.
static inline void golden_check(const char *name) {
  golden_t golden;
  mmd_graph_t *graph = NULL;
  char shape[64];
  golden_open(&golden, name);
  mmd_assert_ok(golden_build(&golden, &graph));
  golden_check_graph(&golden, graph, false);
  mmd_graph_destroy(graph);
  const mmd_shape_t *size = &golden_array(golden.pictures, "picture", 0)->shape;
  snprintf(shape, sizeof shape, "[%lld, %lld]", (long long)size->dims[2], (long long)size->dims[1]);
  mmd_value_release(golden.deploy);
  golden.deploy = golden_deploy(false, shape, golden_has_masks(&golden));
  mmd_assert_ok(golden_build(&golden, &graph));
  golden_check_graph(&golden, graph, true);
  mmd_graph_destroy(graph);
  golden_close(&golden);
}

// Networks that cannot be made narrow: dynamic alone, by the fast mode alone.
static inline void golden_check_large(const char *name) {
  static const int batch[] = {0, 2}, other = 1;
  golden_t golden;
  mmd_graph_t *graph = NULL;
  golden_open(&golden, name);
  mmd_assert_ok(golden_build(&golden, &graph));
  golden_spell_out(graph);
  golden_run(&golden, graph, MMD_EVAL_FAST, 1, &other);
  golden_run(&golden, graph, MMD_EVAL_FAST, 2, batch);
  mmd_graph_destroy(graph);
  golden_close(&golden);
}

// |name| with |change| ("model.bbox_head.in_channels=3") made to its config is refused.
static inline void golden_expect_failure(const char *name, const char *change, int code,
                                         const char *message) {
  golden_t golden;
  mmd_graph_t *graph = NULL;
  golden_open(&golden, name);
  mmd_assert_ok(mmd_pyconfig_apply_override(golden.config, change));
  mmd_assert_fails(golden_build(&golden, &graph), (mmd_code_t)code, message);
  golden_close(&golden);
}

#endif  // MMD_CODEBASES_MMDET_MODELS_GOLDEN_SUPPORT_H_
