// SPDX-License-Identifier: Apache-2.0
//
// Core ML's compiler reads TorchScript, and no loops that grow lists: suppression at the end of a
// network is left to it. The network then ends with boxes and scores, and the compiler is told the
// rest.
#include <string.h>

#include "backends/external/target/compiler.h"
#include "base/alloc.h"
#include "base/plugin_error.h"
#include "graph/graph.h"
#include "value/json.h"

#define PROPERTY "mmdeploy.coreml_nms"

#ifdef MMD_HAS_TORCHSCRIPT
extern const mmdeploy_target_t mmd_torchscript_target;
static const mmdeploy_target_t *const g_torchscript = &mmd_torchscript_target;
#else
static const mmdeploy_target_t *const g_torchscript = NULL;
#endif

static mmd_status_t refuse(void) {
  return MMD_ERROR(MMD_NOT_SUPPORTED, "this build has no target 'torchscript', which is needed");
}

//===--- suppression -------------------------------------------------------===//

// Where both of the node's outputs are the network's only ones.
static bool is_end(const mmd_region_t *root, const mmd_node_t *node) {
  return strcmp(node->domain, "mmdeploy") == 0 && strcmp(node->op, "MultiClassNMS") == 0 &&
         node->input_count >= 2 && node->output_count >= 2 && root->output_count == 2 &&
         root->outputs[0] == node->outputs[0] && root->outputs[1] == node->outputs[1] &&
         node->inputs[0]->type.has_rank && node->inputs[0]->type.rank == 3 &&
         mmd_node_attr_int(node, "class_agnostic", 0) == 0;
}

static mmd_status_t describe(const mmd_node_t *node, mmd_value_t *object) {
  const int64_t each = mmd_node_attr_int(node, "max_output_boxes_per_class", 1000);
  const int64_t keep = mmd_node_attr_int(node, "keep_top_k", -1);
  mmd_value_t *names = mmd_value_array();
  MMD_TRY(mmd_object_take(object, "outputs", names));
  for (size_t i = 0; i < 2; ++i)
    MMD_TRY(mmd_array_take(names, mmd_value_string(node->outputs[i]->name)));
  MMD_TRY(mmd_object_take(object, "iou_threshold",
                          mmd_value_float(mmd_node_attr_float(node, "iou_threshold", 0))));
  MMD_TRY(mmd_object_take(object, "score_threshold",
                          mmd_value_float(mmd_node_attr_float(node, "score_threshold", 0))));
  return mmd_object_take(object, "max_boxes", mmd_value_int(keep > 0 && keep < each ? keep : each));
}

static mmd_status_t leave_suppression(mmd_graph_t *graph, const mmd_node_t *node) {
  mmd_value_t *object = mmd_value_object();
  char *json = NULL;
  MMD_TRY_ALLOC(object);
  mmd_status_t status = describe(node, object);
  if (!status) status = mmd_json_format(object, 0, &json);
  mmd_value_release(object);
  if (!status) status = mmd_graph_set_property(graph, PROPERTY, json);
  mmd_free(json);
  for (size_t i = 0; i < 2 && !status; ++i)
    status = mmd_region_set_output(graph->root, i, node->inputs[i]);
  return status;
}

mmd_status_t ext_coreml_legalize(const mmdeploy_target_host_t *host, mmdeploy_graph_t *graph,
                                 const mmdeploy_target_request_t *request) {
  if (!g_torchscript) return refuse();
  mmdeploy_plugin_error_t error = {0};
  for (mmd_node_t *node = graph->root->last; node; node = node->previous) {
    if (!is_end(graph->root, node)) continue;
    MMD_TRY(leave_suppression(graph, node));
    break;
  }
  const int32_t code = g_torchscript->legalize(host, graph, request, &error);
  return mmd_plugin_error_status(code, &error);
}

//===--- the compiler ------------------------------------------------------===//

mmd_status_t ext_coreml_write_net(const ext_request_t *request,
                                  const mmdeploy_target_request_t *where,
                                  mmdeploy_target_result_t *out_file) {
  if (!g_torchscript) return refuse();
  mmdeploy_plugin_error_t error = {0};
  const int32_t code = g_torchscript->write(request->host, request->graph, where, out_file, &error);
  return mmd_plugin_error_status(code, &error);
}

mmd_status_t ext_coreml_fill(const ext_request_t *request, mmd_value_t *values) {
  for (size_t i = 0; i < request->graph->property_count; ++i) {
    const mmd_property_t *property = &request->graph->properties[i];
    if (strcmp(property->key, PROPERTY) == 0)
      return mmd_object_take(values, "nms", mmd_value_string(property->value));
  }
  return NULL;
}

const char *ext_coreml_suffix(const mmd_value_t *backend_config) {
  const char *form = mmd_value_get_string(mmd_object_get(backend_config, "convert_to"), "");
  return strcmp(form, "neuralnetwork") == 0 ? ".mlmodel" : ".mlpackage";
}

mmd_status_t ext_coreml_check(const mmd_value_t *backend_config) {
  const mmd_value_t *form = mmd_object_get(backend_config, "convert_to");
  const char *text = mmd_value_get_string(form, form ? "" : "mlprogram");
  if (strcmp(text, "mlprogram") == 0 || strcmp(text, "neuralnetwork") == 0) return NULL;
  return MMD_ERROR(MMD_INVALID_ARGUMENT,
                   "backend_config.convert_to: 'mlprogram' or 'neuralnetwork' is expected");
}
