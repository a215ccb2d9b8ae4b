// SPDX-License-Identifier: Apache-2.0
//
// Graphs to ONNX files. The file is measured first and streamed then: weights go from their mapped
// storage to the file in small blocks, nothing large is copied, and the pages are dropped behind.
#ifndef MMD_WRITERS_ONNX_EXPORT_H_
#define MMD_WRITERS_ONNX_EXPORT_H_

#include "graph/graph.h"

// Zero-initialised options are the usual ones.
typedef struct mmd_onnx_export_options_t {
  int64_t ir_version;            // 0 = the graph's own, else by opset; raised when a type needs it
  const char *producer_name;     // NULL = the graph's own
  const char *producer_version;  // NULL = the graph's own
  bool drop_unknown;             // leave out protobuf fields that nobody here knows
  bool keep_initializers_as_inputs;  // always so below IR 4
  bool no_value_info;                // types of inputs and outputs only
  uint64_t external_threshold;       // more bytes of weights go to "<file>.data"; 0 = 1.5 GB
} mmd_onnx_export_options_t;

// Writes |path|, and "<path>.data" beside it when the weights are many. Both appear only when all
// went well. |options| may be NULL.
mmd_status_t mmd_onnx_export(const mmd_graph_t *graph, const mmd_onnx_export_options_t *options,
                             const char *path) MMD_MUST_USE;

// All in memory, never with external data.
mmd_status_t mmd_onnx_export_memory(const mmd_graph_t *graph,
                                    const mmd_onnx_export_options_t *options,
                                    mmd_storage_t **out_storage) MMD_MUST_USE;

// The IR version that came with an opset of ai.onnx.
int64_t mmd_onnx_ir_version_of(int64_t opset);

#endif  // MMD_WRITERS_ONNX_EXPORT_H_
