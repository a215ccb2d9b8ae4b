// SPDX-License-Identifier: Apache-2.0
#ifndef MMD_GRAPH_INLINE_H_
#define MMD_GRAPH_INLINE_H_

#include "graph/graph.h"

// Whether a node of the graph, outside the functions, calls a function of the model. A function
// hides an operator of its name.
mmd_status_t mmd_graph_calls_functions(const mmd_graph_t *graph, bool *out_calls) MMD_MUST_USE;

// Puts the bodies of functions in the place of their calls, also of those inside the bodies, and
// drops the functions. Outputs of calls keep their names; what is new has the name of its call in
// front. The nodes keep the opset version that their function imports. Functions that call each
// other in a circle, or that grow beyond 100000 nodes, are an error; the graph is then of no
// more use.
mmd_status_t mmd_graph_inline_functions(mmd_graph_t *graph) MMD_MUST_USE;

#endif  // MMD_GRAPH_INLINE_H_
