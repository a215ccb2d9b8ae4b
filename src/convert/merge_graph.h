// SPDX-License-Identifier: Apache-2.0
//
// Two graphs as one: outputs of the first are inputs of the second.
#ifndef MMD_CONVERT_MERGE_GRAPH_H_
#define MMD_CONVERT_MERGE_GRAPH_H_

#include "graph/graph.h"
#include "value/value.h"

typedef struct mmd_merge_request_t {
  const mmd_value_t *map;  // array of "OUTPUT_OF_A=INPUT_OF_B"; NULL: by equal names, else the only
                           // output to the only input
  const char *prefix;      // for names of B that A has too; NULL = "b_"
  bool keep_outputs;       // outputs that B takes stay outputs
} mmd_merge_request_t;

// |a| becomes both; |b| is changed and to be destroyed. The older opset is raised. An input of B
// that has the name and the type of an input of A is that input. |*out_wires| (may be NULL) is how
// many tensors were joined. After an error both are valid to destroy only.
mmd_status_t mmd_merge_graphs(mmd_graph_t *a, mmd_graph_t *b, const mmd_merge_request_t *request,
                              size_t *out_wires) MMD_MUST_USE;

#endif  // MMD_CONVERT_MERGE_GRAPH_H_
