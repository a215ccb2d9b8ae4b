// SPDX-License-Identifier: Apache-2.0
#ifndef MMD_GRAPH_VERIFY_H_
#define MMD_GRAPH_VERIFY_H_

#include "graph/graph.h"

// Checks what every graph must keep: uses and producers agree, names are unique, each use is
// dominated by its definition (nodes stand in topological order; inner regions see outer edges
// defined before their owner), no erased node is reachable, attributes are well formed, constants
// match their type. The message names node and edge.
mmd_status_t mmd_graph_verify(const mmd_graph_t *graph) MMD_MUST_USE;

// Sorts nodes into topological order (stable), for files whose nodes stand in any order; a cycle is
// an error that names its nodes.
mmd_status_t mmd_graph_sort(mmd_graph_t *graph) MMD_MUST_USE;

#endif  // MMD_GRAPH_VERIFY_H_
