// SPDX-License-Identifier: Apache-2.0
#include "codebases/mmdet/task.h"

#include <ctype.h>
#include <string.h>

#include "base/alloc.h"
#include "codebases/mmdet/classes.h"
#include "codebases/mmdet/preprocess.h"
#include "frontends/openmmlab/image_input.h"
#include "nn/detection_output.h"
#include "ops/infer.h"

// What builders emit; the ONNX writer lowers it to the opset that the deploy config asks for.
enum { GRAPH_OPSET = 20 };

static const mmd_value_t *model_of(const mmd_task_context_t *context) {
  return mmd_object_get(context->model_cfg, "model");
}

//===--- graph -------------------------------------------------------------===//

// One output of rows with label, score and box instead of dets and labels.
static bool is_ncnn_form(const mmd_deploy_view_t *view) {
  return strcmp(view->model_type, "ncnn_end2end") == 0;
}

static mmd_status_t check_view(const mmd_deploy_view_t *view) {
  if (strcmp(view->model_type, "panoptic_end2end") == 0) {
    return MMD_ERROR(MMD_NOT_SUPPORTED,
                     "deploy config: codebase_config.model_type: 'panoptic_end2end' (panoptic "
                     "segmentation) is not supported yet; 'end2end' is");
  }
  if (is_ncnn_form(view)) {
    if (view->input_count == 1 && view->output_count == 1) return NULL;
    return MMD_ERROR(MMD_INVALID_ARGUMENT,
                     "deploy config: with codebase_config.model_type '%s' a detector has one input "
                     "and one output (detection_output); found %zu and %zu names",
                     view->model_type, view->input_count, view->output_count);
  }
  if (view->input_count == 1 && (view->output_count == 2 || view->output_count == 3)) return NULL;
  return MMD_ERROR(MMD_INVALID_ARGUMENT,
                   "deploy config: a detector has one input, and two outputs (dets, labels) or "
                   "three (masks); found %zu and %zu names",
                   view->input_count, view->output_count);
}

static bool is_single_stage(const mmd_task_context_t *context) {
  const mmd_value_t *model = model_of(context);
  return !mmd_object_get(model, "rpn_head") && !mmd_object_get(model, "roi_head");
}

// What ends with dets and labels of its own.
static void join_outputs(mmd_builder_t *b, mmd_features_t *outputs) {
  if (outputs->count != 2) return;
  outputs->items[0] = mmd_nn_detection_rows(b, outputs->items[0], outputs->items[1]);
  outputs->count = 1;
}

static mmd_status_t build_model(const mmd_task_context_t *context, const mmd_deploy_view_t *view,
                                mmd_weights_t *weights, mmd_graph_t *graph, mmd_edge_t *input,
                                mmd_features_t *out_outputs) {
  mmd_builder_t builder;
  const mmd_features_t inputs = {.count = 1, .items = {input}};
  MMD_TRY(mmd_builder_init(&builder, graph, mmd_weights_source(weights)));
  builder.backend = context->backend;
  builder.is_dynamic = mmd_deploy_is_dynamic_shape(view, view->input_names[0], context->dialect);
  builder.post_processing = mmd_object_get(view->codebase_config, "post_processing");
  builder.image = input;
  builder.is_1x = context->dialect == MMD_DIALECT_1X;
  builder.has_marks = mmd_value_get_bool(
      mmd_object_get_path(context->deploy_cfg, "partition_config.apply_marks"), false);
  builder.has_detection_output = is_ncnn_form(view) && is_single_stage(context);
  builder.leaves_suppression = strcmp(view->model_type, "rknn") == 0 && is_single_stage(context);
  mmd_module_build(&builder, context->modules, "mmdet", "detector", model_of(context), "model",
                   &inputs, out_outputs);
  if (is_ncnn_form(view) && mmd_builder_ok(&builder)) join_outputs(&builder, out_outputs);
  return mmd_builder_finish(&builder);
}

static mmd_status_t add_outputs(const mmd_deploy_view_t *view, const mmd_features_t *outputs,
                                mmd_graph_t *graph) {
  if (outputs->count != view->output_count) {
    return MMD_ERROR(MMD_INVALID_ARGUMENT,
                     "deploy config: output_names has %zu names, but the model gives %zu outputs "
                     "(dets, labels%s)",
                     view->output_count, outputs->count, outputs->count == 3 ? ", masks" : "");
  }
  for (size_t i = 0; i < outputs->count; ++i) {
    MMD_TRY(mmd_edge_rename(outputs->items[i], view->output_names[i]));
    MMD_TRY(mmd_region_add_output(graph->root, outputs->items[i]));
  }
  return mmd_graph_infer(graph);
}

// Maps of sizes that halve unevenly do not fit each other in some necks.
static mmd_status_t blame_size(const mmd_edge_t *input, mmd_status_t status) {
  const int64_t height = mmd_nn_size(input, 2), width = mmd_nn_size(input, 3);
  if (!status || height < 0 || width < 0 || (height % 32 == 0 && width % 32 == 0)) return status;
  return mmd_status_annotate(status,
                             "with an input of [%lld, %lld], width and height "
                             "(onnx_config.input_shape or the test pipeline)",
                             (long long)width, (long long)height);
}

// Images of a batch would have different numbers of rows.
static mmd_status_t take_one_image(mmd_graph_t *graph, mmd_edge_t *input) {
  mmd_type_t type = input->type;
  type.dims[0] = mmd_dim_const(graph, 1);
  MMD_TRY_ALLOC(type.dims[0]);
  return mmd_edge_set_type(input, &type);
}

static mmd_status_t fill_graph(const mmd_task_context_t *context, const mmd_deploy_view_t *view,
                               mmd_weights_t *weights, mmd_graph_t *graph) {
  mmd_edge_t *input;
  mmd_features_t outputs = {0};
  MMD_TRY(mmd_graph_set_opset(graph, MMD_DOMAIN_ONNX, GRAPH_OPSET));
  MMD_TRY(mmd_image_input_add(&mmd_mmdet_detection, context, view, graph, &input));
  if (is_ncnn_form(view)) MMD_TRY(take_one_image(graph, input));
  MMD_TRY(blame_size(input, build_model(context, view, weights, graph, input, &outputs)));
  mmd_status_t status = blame_size(input, add_outputs(view, &outputs, graph));
  // Where the shapes contradict each other, wrong keys of the checkpoint explain it better.
  return status ? mmd_status_join(mmd_weights_report(weights), status) : NULL;
}

static mmd_status_t build(const mmd_task_context_t *context, mmd_weights_t *weights,
                          mmd_graph_t **out_graph) {
  static const char *const slots[] = {"backbone", "neck",     "bbox_head", "mask_head",
                                      "rpn_head", "roi_head", NULL};
  mmd_deploy_view_t view;
  mmd_graph_t *graph = NULL;
  MMD_TRY(mmd_deploy_view_read(context->deploy_cfg, &view));
  MMD_TRY(check_view(&view));
  if (mmd_value_kind(model_of(context)) != MMD_VALUE_OBJECT) {
    return MMD_ERROR(MMD_INVALID_ARGUMENT, "model config: there is no dict 'model'");
  }
  MMD_TRY(mmd_module_check(context->modules, "mmdet", model_of(context), "model", slots));
  MMD_TRY(mmd_graph_create("mmdet", &graph));
  mmd_status_t status = fill_graph(context, &view, weights, graph);
  if (status) {
    mmd_graph_destroy(graph);
    return status;
  }
  *out_graph = graph;
  return NULL;
}

//===--- package -----------------------------------------------------------===//

static mmd_status_t model_name(const mmd_task_context_t *context, char **out_name) {
  const char *type = mmd_value_get_string(mmd_object_get(model_of(context), "type"), NULL);
  if (!type) return MMD_ERROR(MMD_INVALID_ARGUMENT, "model config: model has no 'type'");
  char *name = mmd_strdup(mmd_type_without_scope(type));
  MMD_TRY_ALLOC(name);
  for (char *c = name; *c; ++c) *c = (char)tolower((unsigned char)*c);
  *out_name = name;
  return NULL;
}

// params[key] = params.<path>, where that is there.
static mmd_status_t lift(mmd_value_t *params, const char *path, const char *key) {
  mmd_value_t *value = mmd_value_retain(mmd_object_get_path(params, path));
  return value ? mmd_object_take(params, key, value) : NULL;
}

// Instance segmentors: masks are of the whole input, and what passed score_thr may end below it.
static mmd_status_t fill_mask_params(mmd_value_t *params) {
  MMD_TRY(lift(params, "filter_thr", "score_thr"));
  MMD_TRY(lift(params, "mask_thr", "mask_thr_binary"));
  return mmd_object_take(params, "is_whole_mask", mmd_value_bool(true));
}

// Two-stage detectors keep their settings a level deeper.
static mmd_status_t fill_params(const mmd_task_context_t *context, mmd_value_t *params) {
  MMD_TRY(lift(params, "rpn.min_bbox_size", "min_bbox_size"));
  MMD_TRY(lift(params, "rcnn.score_thr", "score_thr"));
  MMD_TRY(lift(params, "rcnn.mask_thr_binary", "mask_thr_binary"));
  if (mmd_object_get(model_of(context), "mask_head")) MMD_TRY(fill_mask_params(params));
  if (context->dialect == MMD_DIALECT_0X) return NULL;
  MMD_TRY(lift(params, "mask_thr", "mask_thr_binary"));
  if (!mmd_object_get(params, "mask_thr_binary")) return NULL;
  return mmd_object_take(params, "is_resize_mask", mmd_value_bool(true));
}

// On RKNN boxes are suppressed, for some heads also decoded, by the SDK.
static mmd_status_t rknn_component(const mmd_task_context_t *context, mmd_value_t *params,
                                   const char **out_component) {
  const char *type = mmd_value_get_string(mmd_object_get(model_of(context), "type"), "");
  const mmd_value_t *head = mmd_object_get(model_of(context), "bbox_head");
  // Maps come from a network that is cut before its head.
  const bool is_cut = mmd_value_get_bool(
      mmd_object_get_path(context->deploy_cfg, "partition_config.apply_marks"), false);
  const bool is_raw = is_cut && (strstr(type, "YOLO") ||
                                 (context->dialect == MMD_DIALECT_1X && strstr(type, "RTMDet")));
  *out_component = "BaseDenseHead";
  if (!is_raw) return NULL;
  *out_component =
      mmd_type_without_scope(mmd_value_get_string(mmd_object_get(head, "type"), "BaseDenseHead"));
  const mmd_value_t *generator = mmd_object_get(head, "anchor_generator");
  if (!generator) generator = mmd_object_get(head, "prior_generator");
  mmd_value_t *copy = NULL;
  if (!generator) return NULL;
  MMD_TRY(mmd_value_copy(generator, &copy));
  return mmd_object_take(params, "anchor_generator", copy);
}

static mmd_status_t choose_component(const mmd_task_context_t *context, mmd_value_t *params,
                                     char **out_component) {
  const char *component = "ResizeBBox";
  MMD_TRY(fill_params(context, params));
  if (mmd_object_get(params, "mask_thr_binary")) {
    component = "ResizeInstanceMask";
  } else if (mmd_str_equal(context->backend, "rknn")) {
    MMD_TRY(rknn_component(context, params, &component));
  }
  *out_component = mmd_strdup(component);
  MMD_TRY_ALLOC(*out_component);
  return NULL;
}

static mmd_status_t postprocess(const mmd_task_context_t *context, char **out_component,
                                mmd_value_t **out_params) {
  const mmd_value_t *test_cfg = mmd_object_get(model_of(context), "test_cfg");
  mmd_value_t *params = NULL;
  if (mmd_value_kind(test_cfg) == MMD_VALUE_OBJECT) {
    MMD_TRY(mmd_value_copy(test_cfg, &params));
  } else {
    params = mmd_value_object();
    MMD_TRY_ALLOC(params);
  }
  mmd_status_t status = choose_component(context, params, out_component);
  if (status) {
    mmd_value_release(params);
    return status;
  }
  *out_params = params;
  return NULL;
}

static mmd_status_t classes(const mmd_task_context_t *context, mmd_value_t **out_classes) {
  static const char *const counts[] = {
      "model.bbox_head.num_classes",          "model.bbox_head.0.num_classes",
      "model.roi_head.bbox_head.num_classes", "model.roi_head.bbox_head.0.num_classes",
      "model.mask_head.num_classes",          NULL};
  return mmd_dataset_classes(context, mmd_mmdet_datasets, counts, out_classes);
}

static const char *const aliases[] = {NULL};

// Counters of BatchNorm, what 1.x keeps of its preprocessor, and ends of networks that are of no
// use for detection.
static const char *const ignored_keys[] = {"num_batches_tracked", "data_preprocessor.",
                                           "roi_head.semantic_head.conv_logits.",
                                           "roi_head.mask_iou_head.", NULL};

// Noise would saturate many networks: something as smooth as a picture.
#define SNIPPET_INPUT                                                                \
  "shape = {shape}\n"                                                                \
  "x = torch.randn(1, shape[1], 8, 8)  # better a picture, as the network gets it\n" \
  "x = torch.nn.functional.interpolate(x, shape[2:], mode='bicubic')\n"

// Boxes best first, and behind them the row of zeros that a network has where there is room.
#define SNIPPET_END                                                                       \
  "test_cfg = model.test_cfg.get('rcnn') or model.test_cfg\n"                             \
  "rows = rows[np.argsort(-rows[:, 4], kind='stable')]\n"                                 \
  "rows = np.vstack([rows, np.zeros((1, 6))])[None, :test_cfg.get('max_per_img', 100)]\n" \
  "np.savez({file}, input=x.numpy(), dets=rows[..., :5].astype(np.float32),\n"            \
  "         labels=rows[..., 5].astype(np.int64))\n"

static const char snippet_0x[] =
    "import numpy as np, torch\n"
    "from mmdet.apis import init_detector\n"
    "model = init_detector({config}, {checkpoint}, device='cpu')\n"
    "torch.manual_seed(0)\n" SNIPPET_INPUT
    "h, w = x.shape[2:]\n"
    "meta = dict(img_shape=(h, w, 3), ori_shape=(h, w, 3), pad_shape=(h, w, 3), filename='',\n"
    "            batch_input_shape=(h, w), scale_factor=np.ones(4, np.float32), flip=False,\n"
    "            border=[0] * 4)\n"
    "with torch.no_grad():\n"
    "    y = model.simple_test(x, [meta], rescale=False)[0]\n"
    "y = y[0] if isinstance(y, tuple) else y if isinstance(y, list) else [y]\n"
    "rows = np.vstack([np.hstack([r, np.full((len(r), 1), k)]) for k, r in "
    "enumerate(y)])\n" SNIPPET_END;

static const char snippet_1x[] =
    "import numpy as np, torch\n"
    "from mmdet.apis import init_detector\n"
    "from mmdet.structures import DetDataSample\n"
    "model = init_detector({config}, {checkpoint}, palette='random', device='cpu')\n"
    "torch.manual_seed(0)\n" SNIPPET_INPUT
    "size = tuple(x.shape[2:])\n"
    "meta = dict(img_shape=size, ori_shape=size, pad_shape=size, batch_input_shape=size,\n"
    "            scale_factor=(1., 1.), flip=False)\n"
    "with torch.no_grad():\n"
    "    y = model.predict(x, [DetDataSample(metainfo=meta)], rescale=False)[0].pred_instances\n"
    "rows = np.hstack([y.bboxes, y.scores[:, None], y.labels[:, None]])\n" SNIPPET_END;

// Detections; and candidates, where the network is cut before they are suppressed.
static const mmd_ranking_t rankings[] = {
    {"dets", 4, 1}, {"detection_output", 1, 1}, {"scores", 0, 0}, {0}};

const mmd_task_t mmd_mmdet_detection = {
    .codebase = "mmdet",
    .aliases = aliases,
    .task = "ObjectDetection",
    .sdk_task = "Detector",
    .sdk_module = "mmdet",
    .release = {"2.28.2", "3.3.0"},
    .postprocess_needs_input = true,
    .build = build,
    .ignored_keys = ignored_keys,
    .model_name = model_name,
    .preprocess = mmd_mmdet_preprocess,
    .postprocess = postprocess,
    .classes = classes,
    .input_size = mmd_mmdet_input_size,
    .snippet = {snippet_0x, snippet_1x},
    .rankings = rankings,
};
