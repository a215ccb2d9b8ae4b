// SPDX-License-Identifier: Apache-2.0
#ifndef MMD_OPS_INFER_H_
#define MMD_OPS_INFER_H_

#include "ops/op.h"

// Types of all edges from those of the inputs and constants, through nested regions. Integer
// tensors of at most 64 elements are followed as expressions (edge->elements), so
// Shape/Gather/Concat/Reshape chains keep their symbols; calls of functions are followed. Unknown
// operators leave unknown types. A node that contradicts itself is an error naming it.
mmd_status_t mmd_graph_infer(mmd_graph_t *graph) MMD_MUST_USE;

#endif  // MMD_OPS_INFER_H_
