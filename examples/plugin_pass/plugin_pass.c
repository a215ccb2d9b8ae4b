// SPDX-License-Identifier: Apache-2.0
//
// A plugin with two passes over mmdeploy/plugin/graph.h:
//   remove_dropout   takes Dropout nodes out, which do nothing when a model is run
//   fuse_swish       x * Sigmoid(x) as one node of a domain of our own, example::Swish, for an
//                    engine that has it
#include <stdio.h>
#include <string.h>

#include "mmdeploy/plugin/graph.h"

static int is_op(const mmdeploy_graph_api_t *api, const mmdeploy_node_t *node, const char *op) {
  return node && strcmp(api->node_op(node), op) == 0 && !*api->node_domain(node);
}

// Calls |visit| for each node of the region, and of the bodies of its nodes. |visit| may erase the
// node.
typedef int32_t (*visit_fn)(const mmdeploy_graph_api_t *api, mmdeploy_node_t *node,
                            int32_t *out_changed, mmdeploy_plugin_error_t *error);

static int32_t visit_region(const mmdeploy_graph_api_t *api, mmdeploy_region_t *region,
                            visit_fn visit, int32_t *out_changed, mmdeploy_plugin_error_t *error) {
  for (mmdeploy_node_t *node = api->region_first_node(region), *next; node; node = next) {
    next = api->node_next(node);
    for (size_t i = 0; i < api->attr_count(node); ++i) {
      mmdeploy_region_t *body = api->attr_region(node, api->attr_name(node, i));
      const int32_t code = body ? visit_region(api, body, visit, out_changed, error) : 0;
      if (code) return code;
    }
    const int32_t code = visit(api, node, out_changed, error);
    if (code) return code;
  }
  return MMDEPLOY_PLUGIN_OK;
}

//===--- remove_dropout ----------------------------------------------------===//

static int32_t remove_dropout(const mmdeploy_graph_api_t *api, mmdeploy_node_t *node,
                              int32_t *out_changed, mmdeploy_plugin_error_t *error) {
  if (!is_op(api, node, "Dropout")) return MMDEPLOY_PLUGIN_OK;
  // The mask is asked for, or the node is in training.
  if (api->value_use_count(api->node_output(node, 1)) || api->node_input(node, 2))
    return MMDEPLOY_PLUGIN_OK;
  const int32_t code =
      api->value_forward(api->node_output(node, 0), api->node_input(node, 0), error);
  if (code) return code;
  *out_changed = 1;
  return api->node_erase(node, error);
}

static int32_t run_remove_dropout(const mmdeploy_graph_api_t *api, mmdeploy_graph_t *graph,
                                  int32_t *out_changed, mmdeploy_plugin_error_t *error) {
  return visit_region(api, api->graph_root(graph), remove_dropout, out_changed, error);
}

//===--- fuse_swish --------------------------------------------------------===//

// A builder: one Swish node in front of |before|.
static int32_t build_swish(const mmdeploy_graph_api_t *api, mmdeploy_node_t *before,
                           mmdeploy_graph_value_t *x, mmdeploy_node_t **out_node,
                           mmdeploy_plugin_error_t *error) {
  char name[256];
  snprintf(name, sizeof name, "%s_swish", api->node_name(before));
  int32_t code = api->node_create(api->node_region(before), before, "example", "Swish", name, 1, &x,
                                  1, out_node, error);
  mmdeploy_plugin_tensor_info_t info;
  if (!code) code = api->attr_set_float(*out_node, "beta", 1.0, error);
  if (!code) code = api->node_set_scope(*out_node, api->node_scope(before), error);
  // Nobody else can tell the type of an operator of ours.
  if (!code && api->value_info(x, &info) == MMDEPLOY_PLUGIN_OK)
    code = api->value_set_info(api->node_output(*out_node, 0), &info, error);
  return code;
}

static int32_t fuse_swish(const mmdeploy_graph_api_t *api, mmdeploy_node_t *node,
                          int32_t *out_changed, mmdeploy_plugin_error_t *error) {
  if (!is_op(api, node, "Mul")) return MMDEPLOY_PLUGIN_OK;
  for (size_t i = 0; i < 2; ++i) {
    mmdeploy_graph_value_t *x = api->node_input(node, i);
    mmdeploy_graph_value_t *y = api->node_input(node, 1 - i);
    mmdeploy_node_t *sigmoid = api->value_producer(y), *swish;
    if (!x || !is_op(api, sigmoid, "Sigmoid") || api->node_input(sigmoid, 0) != x) continue;
    int32_t code = build_swish(api, node, x, &swish, error);
    if (!code)
      code = api->value_forward(api->node_output(node, 0), api->node_output(swish, 0), error);
    if (!code) code = api->node_erase(node, error);
    if (!code && !api->value_use_count(y)) code = api->node_erase(sigmoid, error);
    *out_changed = 1;
    return code;
  }
  return MMDEPLOY_PLUGIN_OK;
}

static int32_t run_fuse_swish(const mmdeploy_graph_api_t *api, mmdeploy_graph_t *graph,
                              int32_t *out_changed, mmdeploy_plugin_error_t *error) {
  const int32_t code = api->graph_set_opset(graph, "example", 1, error);
  return code ? code : visit_region(api, api->graph_root(graph), fuse_swish, out_changed, error);
}

//===--- what the host asks for --------------------------------------------===//

static const mmdeploy_graph_pass_t g_remove_dropout = {
    sizeof g_remove_dropout, "remove_dropout", "take Dropout nodes out", run_remove_dropout};
static const mmdeploy_graph_pass_t g_fuse_swish = {
    sizeof g_fuse_swish, "fuse_swish", "x * Sigmoid(x) as one example::Swish", run_fuse_swish};
static const mmdeploy_graph_pass_t *const g_passes[] = {&g_remove_dropout, &g_fuse_swish};

static const mmdeploy_graph_plugin_t g_plugin = {
    .abi_version = MMDEPLOY_GRAPH_ABI_VERSION,
    .struct_size = sizeof g_plugin,
    .name = "example",
    .description = "two passes that show mmdeploy/plugin/graph.h",
    .pass_count = sizeof g_passes / sizeof *g_passes,
    .passes = g_passes,
};

MMDEPLOY_PLUGIN_EXPORT const mmdeploy_graph_plugin_t *mmdeploy_graph_query(
    uint32_t host_abi_version, const mmdeploy_graph_api_t *api, mmdeploy_plugin_error_t *error);

const mmdeploy_graph_plugin_t *mmdeploy_graph_query(uint32_t host_abi_version,
                                                    const mmdeploy_graph_api_t *api,
                                                    mmdeploy_plugin_error_t *error) {
  if (host_abi_version >= MMDEPLOY_GRAPH_ABI_VERSION && api->struct_size >= sizeof *api)
    return &g_plugin;
  snprintf(error->message, sizeof error->message,
           "the host has graph ABI version %u; this plugin needs version %u",
           (unsigned)host_abi_version, MMDEPLOY_GRAPH_ABI_VERSION);
  return NULL;
}
