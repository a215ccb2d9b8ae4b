// SPDX-License-Identifier: Apache-2.0
//
// One graph behind another in one graph; in clone.c, whose work it is.
#ifndef MMD_GRAPH_APPEND_H_
#define MMD_GRAPH_APPEND_H_

#include "graph/graph.h"

// |graph| gets copies of the inputs, constants, nodes, outputs and functions of |other| behind its
// own; weights are shared. No edge of one may have the name of an edge of the other (rename
// before), opsets of one domain must be equal. After an error |graph| is valid to destroy only.
mmd_status_t mmd_graph_append(mmd_graph_t *graph, const mmd_graph_t *other) MMD_MUST_USE;

#endif  // MMD_GRAPH_APPEND_H_
