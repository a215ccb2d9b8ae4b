// SPDX-License-Identifier: Apache-2.0
//
// A graph plugin that misbehaves in the way that the definitions say.
#include <stdio.h>

#include "mmdeploy/plugin/graph.h"

#ifndef BAD_ABI_VERSION
#define BAD_ABI_VERSION MMDEPLOY_GRAPH_ABI_VERSION
#endif
#ifndef BAD_NAME
#define BAD_NAME "bad_pass"
#endif
#ifndef BAD_QUERY
#define BAD_QUERY mmdeploy_graph_query
#endif
#ifndef BAD_RUN
#define BAD_RUN do_nothing
#endif
#ifndef BAD_REFUSES
#define BAD_REFUSES 0
#endif
#ifndef BAD_SIZE
#define BAD_SIZE sizeof(mmdeploy_graph_plugin_t)
#endif

static int32_t do_nothing(const mmdeploy_graph_api_t *api, mmdeploy_graph_t *graph,
                          int32_t *out_changed, mmdeploy_plugin_error_t *error) {
  (void)api, (void)graph, (void)out_changed, (void)error;
  return MMDEPLOY_PLUGIN_OK;
}

static int32_t fail_silently(const mmdeploy_graph_api_t *api, mmdeploy_graph_t *graph,
                             int32_t *out_changed, mmdeploy_plugin_error_t *error) {
  (void)api, (void)graph, (void)out_changed, (void)error;
  return 77;
}

static int32_t fail_loudly(const mmdeploy_graph_api_t *api, mmdeploy_graph_t *graph,
                           int32_t *out_changed, mmdeploy_plugin_error_t *error) {
  (void)api, (void)graph, (void)out_changed;
  snprintf(error->message, sizeof error->message, "this model is not for me");
  return MMDEPLOY_PLUGIN_NOT_SUPPORTED;
}

// The first node uses what comes after it.
static int32_t break_order(const mmdeploy_graph_api_t *api, mmdeploy_graph_t *graph,
                           int32_t *out_changed, mmdeploy_plugin_error_t *error) {
  mmdeploy_region_t *root = api->graph_root(graph);
  mmdeploy_node_t *last = api->region_last_node(root);
  *out_changed = 1;
  return api->node_set_input(api->region_first_node(root), 0, api->node_output(last, 0), error);
}

// A sum that cannot be: inference finds it.
static int32_t break_types(const mmdeploy_graph_api_t *api, mmdeploy_graph_t *graph,
                           int32_t *out_changed, mmdeploy_plugin_error_t *error) {
  static const float numbers[7] = {0};
  const mmdeploy_graph_tensor_t tensor = {MMDEPLOY_PLUGIN_F32, 1, {7}, numbers, sizeof numbers};
  mmdeploy_region_t *root = api->graph_root(graph);
  mmdeploy_node_t *first = api->region_first_node(root), *node;
  mmdeploy_graph_value_t *inputs[2] = {api->region_input(root, 0), NULL};
  int32_t code = api->constant_create(root, "seven", &tensor, &inputs[1], error);
  if (!code) code = api->node_create(root, first, "", "Add", "odd", 2, inputs, 1, &node, error);
  *out_changed = 1;
  return code;
}

// Makes the result another one.
static int32_t change_result(const mmdeploy_graph_api_t *api, mmdeploy_graph_t *graph,
                             int32_t *out_changed, mmdeploy_plugin_error_t *error) {
  mmdeploy_region_t *root = api->graph_root(graph);
  for (mmdeploy_node_t *node = api->region_first_node(root); node; node = api->node_next(node)) {
    if (api->node_op(node)[0] != 'R') continue;
    *out_changed = 1;
    return api->node_set_op(node, "", "Neg", api->graph_opset(graph, ""), error);
  }
  return MMDEPLOY_PLUGIN_OK;
}

// All of them, since each file uses one only.
static int32_t (*const g_runs[])(const mmdeploy_graph_api_t *, mmdeploy_graph_t *, int32_t *,
                                 mmdeploy_plugin_error_t *) = {
    do_nothing, fail_silently, fail_loudly, break_order, break_types, change_result};

static const mmdeploy_graph_pass_t g_pass = {sizeof g_pass, BAD_NAME, "does harm", BAD_RUN};
static const mmdeploy_graph_pass_t *const g_passes[] = {&g_pass};
static const mmdeploy_graph_plugin_t g_plugin = {
    .abi_version = BAD_ABI_VERSION,
    .struct_size = BAD_SIZE,
    .name = "bad",
    .description = "misbehaves",
    .pass_count = 1,
    .passes = g_passes,
};

MMDEPLOY_PLUGIN_EXPORT const mmdeploy_graph_plugin_t *BAD_QUERY(uint32_t host_abi_version,
                                                                const mmdeploy_graph_api_t *api,
                                                                mmdeploy_plugin_error_t *error);
const mmdeploy_graph_plugin_t *BAD_QUERY(uint32_t host_abi_version, const mmdeploy_graph_api_t *api,
                                         mmdeploy_plugin_error_t *error) {
  (void)host_abi_version, (void)api;
  if (!BAD_REFUSES && g_runs[0]) return &g_plugin;
  snprintf(error->message, sizeof error->message, "not today");
  return NULL;
}
