// SPDX-License-Identifier: Apache-2.0
#ifndef MMD_GRAPH_TENSOR_INFO_H_
#define MMD_GRAPH_TENSOR_INFO_H_

#include "graph/graph.h"
#include "mmdeploy/plugin/common.h"

// An input or output of a network as plugins see it; names are borrowed from the graph. False when
// the edge is no tensor.
bool mmd_edge_tensor_info(const mmd_edge_t *edge, mmdeploy_plugin_tensor_info_t *out_info);

#endif  // MMD_GRAPH_TENSOR_INFO_H_
