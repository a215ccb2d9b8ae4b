// SPDX-License-Identifier: Apache-2.0
//
// What passes are written with.
#ifndef MMD_PASSES_PASS_UTIL_H_
#define MMD_PASSES_PASS_UTIL_H_

#include "passes/pass.h"

// Calls |visit| for every node of the root and of the regions inside, in order, owners before what
// they hold. |visit| may erase the node it gets, insert nodes before it, and change edges; no more.
typedef mmd_status_t (*mmd_pass_visit_fn)(mmd_node_t *node, void *context);
mmd_status_t mmd_pass_walk(mmd_graph_t *graph, mmd_pass_visit_fn visit, void *context) MMD_MUST_USE;

// An operator that we do not know, or that a function of the model defines.
bool mmd_pass_is_opaque(const mmd_node_t *node);

// A node of the standard domain and not opaque.
bool mmd_pass_is(const mmd_node_t *node, const char *op);

// The weights of input |index| when it is a constant, else NULL.
const mmd_tensor_t *mmd_pass_constant(const mmd_node_t *node, size_t index);

// Integers of a constant input (rank 0 or 1, at most |max|); false when it is something else.
bool mmd_pass_ints(const mmd_node_t *node, size_t index, size_t max, int64_t *out_numbers,
                   size_t *out_count);

// True when output |index| exists and is used.
bool mmd_pass_output_used(const mmd_node_t *node, size_t index);

// A new constant in the node's region, named after |base|; |tensor| is released, also on failure.
mmd_status_t mmd_pass_add_constant(const mmd_node_t *node, const char *base, mmd_tensor_t *tensor,
                                   mmd_edge_t **out_edge) MMD_MUST_USE;

#endif  // MMD_PASSES_PASS_UTIL_H_
