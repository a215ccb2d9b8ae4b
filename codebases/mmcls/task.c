// SPDX-License-Identifier: Apache-2.0
#include "codebases/mmcls/task.h"

#include <ctype.h>

#include "base/alloc.h"
#include "codebases/mmcls/classes.h"
#include "codebases/mmcls/preprocess.h"
#include "frontends/openmmlab/image_input.h"
#include "ops/infer.h"

// What builders emit; the ONNX writer lowers it to the opset that the deploy config asks for.
enum { GRAPH_OPSET = 20 };

static const mmd_value_t *model_of(const mmd_task_context_t *context) {
  return mmd_object_get(context->model_cfg, "model");
}

static mmd_status_t check_view(const mmd_deploy_view_t *view) {
  if (view->input_count == 1 && view->output_count == 1) return NULL;
  return MMD_ERROR(MMD_INVALID_ARGUMENT,
                   "deploy config: a classifier has one input and one output, found %zu and %zu "
                   "names",
                   view->input_count, view->output_count);
}

static mmd_status_t build_model(const mmd_task_context_t *context, mmd_weights_t *weights,
                                mmd_graph_t *graph, mmd_edge_t *input, bool is_dynamic,
                                mmd_features_t *out_outputs) {
  mmd_builder_t builder;
  const mmd_features_t inputs = {.count = 1, .items = {input}};
  MMD_TRY(mmd_builder_init(&builder, graph, mmd_weights_source(weights)));
  builder.backend = context->backend;
  builder.is_dynamic = is_dynamic;
  builder.is_1x = context->dialect == MMD_DIALECT_1X;
  mmd_module_build(&builder, context->modules, "mmcls", "classifier", model_of(context), "model",
                   &inputs, out_outputs);
  return mmd_builder_finish(&builder);
}

// Where the shapes contradict each other, wrong keys of the checkpoint are the better explanation.
static mmd_status_t infer(mmd_graph_t *graph, mmd_weights_t *weights) {
  mmd_status_t status = mmd_graph_infer(graph);
  mmd_status_t report = status ? mmd_weights_report(weights) : NULL;
  return mmd_status_join(report, status);
}

static mmd_status_t fill_graph(const mmd_task_context_t *context, const mmd_deploy_view_t *view,
                               mmd_weights_t *weights, mmd_graph_t *graph) {
  mmd_edge_t *input;
  mmd_features_t outputs;
  MMD_TRY(mmd_graph_set_opset(graph, MMD_DOMAIN_ONNX, GRAPH_OPSET));
  MMD_TRY(mmd_image_input_add(&mmd_mmcls_classification, context, view, graph, &input));
  const bool is_dynamic = mmd_deploy_is_dynamic_shape(view, view->input_names[0], context->dialect);
  MMD_TRY(build_model(context, weights, graph, input, is_dynamic, &outputs));
  MMD_TRY(mmd_edge_rename(outputs.items[0], view->output_names[0]));
  MMD_TRY(mmd_region_add_output(graph->root, outputs.items[0]));
  return infer(graph, weights);
}

static mmd_status_t build(const mmd_task_context_t *context, mmd_weights_t *weights,
                          mmd_graph_t **out_graph) {
  static const char *const slots[] = {"backbone", "neck", "head", NULL};
  mmd_deploy_view_t view;
  mmd_graph_t *graph = NULL;
  MMD_TRY(mmd_deploy_view_read(context->deploy_cfg, &view));
  MMD_TRY(check_view(&view));
  if (mmd_value_kind(model_of(context)) != MMD_VALUE_OBJECT) {
    return MMD_ERROR(MMD_INVALID_ARGUMENT, "model config: there is no dict 'model'");
  }
  MMD_TRY(mmd_module_check(context->modules, "mmcls", model_of(context), "model", slots));
  MMD_TRY(mmd_graph_create("mmcls", &graph));
  mmd_status_t status = fill_graph(context, &view, weights, graph);
  if (status) {
    mmd_graph_destroy(graph);
    return status;
  }
  *out_graph = graph;
  return NULL;
}

static mmd_status_t model_name(const mmd_task_context_t *context, char **out_name) {
  const char *type =
      mmd_value_get_string(mmd_object_get_path(model_of(context), "backbone.type"), NULL);
  if (!type) {
    return MMD_ERROR(MMD_INVALID_ARGUMENT, "model config: model.backbone has no 'type'");
  }
  char *name = mmd_strdup(type);
  MMD_TRY_ALLOC(name);
  for (char *c = name; *c; ++c) *c = (char)tolower((unsigned char)*c);
  *out_name = name;
  return NULL;
}

// The largest of topk, which is a number or a list.
static int64_t largest_topk(const mmd_value_t *topk) {
  int64_t largest = mmd_value_get_int(topk, 1);
  for (size_t i = 0; i < mmd_array_size(topk); ++i) {
    const int64_t k = mmd_value_get_int(mmd_array_at(topk, i), 1);
    if (i == 0 || k > largest) largest = k;
  }
  return largest;
}

// 1.x writes heads that differ only inside the network as LinearClsHead.
static const char *component_name(const mmd_task_context_t *context, const char *type) {
  static const char *const linear[] = {"EfficientFormerClsHead", "StackedLinearClsHead"};
  for (size_t i = 0; i < sizeof linear / sizeof linear[0]; ++i) {
    if (context->dialect == MMD_DIALECT_1X && mmd_str_equal(type, linear[i])) {
      return "LinearClsHead";
    }
  }
  return type;
}

static mmd_status_t head_params(const mmd_value_t *head, mmd_value_t **out_params) {
  mmd_value_t *params = NULL;
  MMD_TRY(mmd_value_copy(head, &params));
  mmd_object_remove(params, "type");
  mmd_object_remove(params, "_scope_");
  const int64_t topk = largest_topk(mmd_object_get(head, "topk"));
  mmd_status_t status = mmd_object_take(params, "topk", mmd_value_int(topk));
  if (status) {
    mmd_value_release(params);
    return status;
  }
  *out_params = params;
  return NULL;
}

static mmd_status_t postprocess(const mmd_task_context_t *context, char **out_component,
                                mmd_value_t **out_params) {
  const mmd_value_t *head = mmd_object_get(model_of(context), "head");
  const char *type = mmd_value_get_string(mmd_object_get(head, "type"), NULL);
  if (!type) return MMD_ERROR(MMD_INVALID_ARGUMENT, "model config: model.head has no 'type'");
  char *component = mmd_strdup(component_name(context, mmd_type_without_scope(type)));
  MMD_TRY_ALLOC(component);
  mmd_status_t status = head_params(head, out_params);
  if (status) {
    mmd_free(component);
    return status;
  }
  *out_component = component;
  return NULL;
}

static mmd_status_t classes(const mmd_task_context_t *context, mmd_value_t **out_classes) {
  static const char *const counts[] = {"model.head.num_classes", NULL};
  return mmd_dataset_classes(context, mmd_mmcls_datasets, counts, out_classes);
}

static const char *const aliases[] = {"mmpretrain", NULL};

// Counters of BatchNorm, and what 1.x keeps of its preprocessor.
static const char *const ignored_keys[] = {
    "num_batches_tracked",
    "data_preprocessor.",
    NULL,
};

static const char snippet_0x[] =
    "import numpy as np, torch\n"
    "from mmcls.apis import init_model\n"
    "model = init_model({config}, {checkpoint}, device='cpu').eval()\n"
    "torch.manual_seed(0)\n"
    "x = torch.randn({shape})\n"
    "with torch.no_grad():\n"
    "    y = model.head.simple_test(model.extract_feat(x), post_process=False)\n"
    "np.savez({file}, input=x.numpy(), output=y.numpy())\n";

static const char snippet_1x[] =
    "import numpy as np, torch\n"
    "from mmpretrain import get_model\n"
    "model = get_model({config}, pretrained={checkpoint}, device='cpu').eval()\n"
    "torch.manual_seed(0)\n"
    "x = torch.randn({shape})\n"
    "with torch.no_grad():\n"
    "    y = torch.softmax(model(x, mode='tensor'), dim=1)\n"
    "np.savez({file}, input=x.numpy(), output=y.numpy())\n";

const mmd_task_t mmd_mmcls_classification = {
    .codebase = "mmcls",
    .aliases = aliases,
    .task = "Classification",
    .sdk_task = "Classifier",
    .sdk_module = "mmcls",
    .release = {"0.25.0", "1.2.0"},
    .postprocess_needs_input = false,
    .build = build,
    .ignored_keys = ignored_keys,
    .model_name = model_name,
    .preprocess = mmd_mmcls_preprocess,
    .postprocess = postprocess,
    .classes = classes,
    .input_size = mmd_mmcls_input_size,
    .snippet = {snippet_0x, snippet_1x},
};
