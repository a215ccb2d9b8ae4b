// SPDX-License-Identifier: Apache-2.0
//
// Brings a graph down to an older opset of ai.onnx, for targets that read no newer one.
#ifndef MMD_WRITERS_ONNX_LOWER_OPSET_H_
#define MMD_WRITERS_ONNX_LOWER_OPSET_H_

#include "graph/graph.h"

#define MMD_ONNX_LOWEST_OPSET 9

// |opset| is MMD_ONNX_LOWEST_OPSET to the graph's own (then nothing changes). MMD_NOT_SUPPORTED
// lists the nodes that have no form there and why; the graph is then valid to destroy only. Infer
// types first: some operators need the rank or element type of their input. Element types that an
// older opset lacks (fp8, bf16) are not looked for. Bodies of functions keep their own opsets.
mmd_status_t mmd_onnx_lower(mmd_graph_t *graph, int64_t opset) MMD_MUST_USE;

#endif  // MMD_WRITERS_ONNX_LOWER_OPSET_H_
