// SPDX-License-Identifier: Apache-2.0
//
// Cutting a part out of a graph, by names of edges or by Mark nodes.
//
// A Mark (domain mmdeploy) is an identity that says where in the model a value was: attributes
// |func| (name of the marked function), |func_id| (which call of it), |type| ("input" or "output"),
// |name| (of the value), |dtype| and |shape| as they were when the model was traced.
#ifndef MMD_GRAPH_EXTRACT_H_
#define MMD_GRAPH_EXTRACT_H_

#include "graph/graph.h"

typedef struct mmd_extract_names_t {
  const char *const *inputs;  // none: those of the graph that the outputs need
  size_t input_count;
  const char *const *outputs;  // none: those of the graph
  size_t output_count;
  bool drop_unused;  // inputs that no output needs are left out; else they are an error
} mmd_extract_names_t;

// |graph| becomes the part of itself that computes the outputs from the inputs, both in the order
// of the lists; types of new inputs are those of their edges (infer them before). Nodes, constants
// and opset imports that are not needed go. After an error the graph is as before or valid to
// destroy only.
mmd_status_t mmd_graph_extract(mmd_graph_t *graph, const mmd_extract_names_t *names) MMD_MUST_USE;

// Another name for a value than its mark gives: |from| is the mark's "name" or, for one marker
// alone, "func[1]:type:name" with the marker as it is written in the list.
typedef struct mmd_extract_rename_t {
  const char *from, *to;
} mmd_extract_rename_t;

typedef struct mmd_extract_marks_t {
  const char *const *start;  // "func:type" or "func[1]:type"
  size_t start_count;
  const char *const *end;
  size_t end_count;
  const mmd_extract_rename_t *start_names;  // the first that fits counts
  size_t start_name_count;
  const mmd_extract_rename_t *end_names;
  size_t end_name_count;
} mmd_extract_marks_t;

// The same between marks: values in front of the start marks are the inputs, those behind the end
// marks the outputs, both under the names that the marks give them. Inputs that no output needs are
// left out; a first size of 0, which a trace without any box leaves, becomes 1. All marks are
// removed.
mmd_status_t mmd_graph_extract_marks(mmd_graph_t *graph,
                                     const mmd_extract_marks_t *marks) MMD_MUST_USE;

bool mmd_node_is_mark(const mmd_node_t *node);
// Only the names: the values that |marks| choose get them, nothing is cut.
mmd_status_t mmd_graph_name_marked(mmd_graph_t *graph,
                                   const mmd_extract_marks_t *marks) MMD_MUST_USE;
// Marks of all regions become nothing (an Identity where a graph's input is also its output).
mmd_status_t mmd_graph_remove_marks(mmd_graph_t *graph) MMD_MUST_USE;
// The different "func[id]:type" of the root in the order of the nodes, one a line; appends.
mmd_status_t mmd_graph_list_marks(const mmd_graph_t *graph, mmd_str_t *out_text) MMD_MUST_USE;

#endif  // MMD_GRAPH_EXTRACT_H_
