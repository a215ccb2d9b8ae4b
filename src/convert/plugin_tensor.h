// SPDX-License-Identifier: Apache-2.0
//
// Tensors of a graph as plugins see them: their data in place on the way out, a copy on the way in.
#ifndef MMD_CONVERT_PLUGIN_TENSOR_H_
#define MMD_CONVERT_PLUGIN_TENSOR_H_

#include "convert/plugin.h"

// NULL unless the node has such an attribute of that kind.
const mmd_attr_t *mmd_plugin_attr_find(const mmd_node_t *node, const char *name,
                                       mmd_attr_kind_t kind);

// The shown data belongs to the graph, and lasts until it changes.
mmd_status_t mmd_plugin_attr_show(mmd_node_t *node, const char *name,
                                  mmdeploy_graph_tensor_t *out_tensor) MMD_MUST_USE;
mmd_status_t mmd_plugin_attr_write(mmd_node_t *node, const char *name,
                                   const mmdeploy_graph_tensor_t *tensor) MMD_MUST_USE;

// Of an initialiser, or of what a Constant node gives.
mmd_status_t mmd_plugin_constant_show(mmd_edge_t *edge,
                                      mmdeploy_graph_tensor_t *out_tensor) MMD_MUST_USE;
mmd_status_t mmd_plugin_constant_add(mmd_region_t *region, const char *name,
                                     const mmdeploy_graph_tensor_t *tensor,
                                     mmd_edge_t **out_edge) MMD_MUST_USE;
// Initialisers only.
mmd_status_t mmd_plugin_constant_write(mmd_edge_t *edge,
                                       const mmdeploy_graph_tensor_t *tensor) MMD_MUST_USE;

#endif  // MMD_CONVERT_PLUGIN_TENSOR_H_
