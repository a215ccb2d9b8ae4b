// SPDX-License-Identifier: Apache-2.0
//
// Random numbers that a graph can do something with: what an integer input means is read from the
// nodes that take it.
#ifndef MMD_CONVERT_OPTIMIZE_NUMBERS_H_
#define MMD_CONVERT_OPTIMIZE_NUMBERS_H_

#include "graph/graph.h"

// Fills |tensor|, which is for the input |edge|. Floats lie in [-1, 1). An integer that is compared
// with constants (a sampling rate, a mode) is one of these in turn, by |seed|, and another number
// after them; one that picks from a tensor is below that tensor's size; one that says a size is 1
// to 4; others are 0 to 3. The same seed gives the same numbers.
void mmd_optimize_fill(const mmd_edge_t *edge, uint32_t seed, mmd_tensor_t *tensor);

// Whether an input of the graph is compared with constants.
bool mmd_optimize_has_choices(const mmd_graph_t *graph);

#endif  // MMD_CONVERT_OPTIMIZE_NUMBERS_H_
