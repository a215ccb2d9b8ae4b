// SPDX-License-Identifier: Apache-2.0
//
// What a node costs to compute: multiply-adds and single operations, as expressions of the symbolic
// sizes.
//
// A multiply-add (MAC) is one product that is added to a sum: convolutions, matrix products,
// recurrent cells, attention. All else counts single operations, so FLOPs = 2 x MACs + operations.
// Rules, with N = elements of the output:
//   Conv           N x weights of one output channel; ConvTranspose: elements of the input x the
//                  same; a bias is N operations
//   MatMul, Gemm   N x length of the sum; einsum: the product of all sizes that it names
//   LSTM, GRU, RNN steps x batch x weights
//   attention      2 x batch x queries x keys x channels of all heads
//   pooling        N x kernel; global pooling and reductions: elements of the input
//   elementwise    N; with more than two inputs N for each input after the first
//   norms          batch norm 2N, layer, instance and group norm 5N, softmax 4N, (de)quantise 2N
//   resize, grid   nothing when nearest, 8N linear (of two axes), 32N cubic
//   data movement  nothing (reshape, transpose, concat, slice, gather, cast, pad, constants, …)
// Bodies of If, Loop and Scan count once each, whatever runs.
#ifndef MMD_CONVERT_NODE_COST_H_
#define MMD_CONVERT_NODE_COST_H_

#include "graph/graph.h"

typedef struct mmd_cost_t {
  const mmd_dim_t *macs, *operations;  // never NULL when known
} mmd_cost_t;

// |out_known| is false when the operator has no rule or its sizes are not known; types must be
// inferred.
mmd_status_t mmd_node_cost(mmd_graph_t *graph, const mmd_node_t *node, mmd_cost_t *out_cost,
                           bool *out_known) MMD_MUST_USE;

// |cost| += |more|.
mmd_status_t mmd_cost_add(mmd_graph_t *graph, mmd_cost_t *cost,
                          const mmd_cost_t *more) MMD_MUST_USE;
// 2 x MACs + operations; NULL when memory is short.
const mmd_dim_t *mmd_cost_flops(mmd_graph_t *graph, const mmd_cost_t *cost);

#endif  // MMD_CONVERT_NODE_COST_H_
