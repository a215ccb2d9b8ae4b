// SPDX-License-Identifier: Apache-2.0
//
// Single changes of a graph, as `edit` makes them. |entry| is the option's text.
#ifndef MMD_CONVERT_EDIT_GRAPH_H_
#define MMD_CONVERT_EDIT_GRAPH_H_

#include "graph/graph.h"

mmd_status_t mmd_edit_rename_input(mmd_graph_t *graph, const char *entry) MMD_MUST_USE;   // OLD=NEW
mmd_status_t mmd_edit_rename_output(mmd_graph_t *graph, const char *entry) MMD_MUST_USE;  // OLD=NEW
mmd_status_t mmd_edit_rename_node(mmd_graph_t *graph, const char *entry) MMD_MUST_USE;    // OLD=NEW
mmd_status_t mmd_edit_add_output(mmd_graph_t *graph, const char *entry) MMD_MUST_USE;     // NAME
// NAME=FILE.npy; dtype and shape must be those of the initializer.
mmd_status_t mmd_edit_initializer(mmd_graph_t *graph, const char *entry) MMD_MUST_USE;
// NAME:AXIS=SIZE of an input; SIZE is a number or an expression. A named size that gets a number
// gets it in all inputs.
mmd_status_t mmd_edit_dim(mmd_graph_t *graph, const char *entry) MMD_MUST_USE;
// First size of every input that has one.
mmd_status_t mmd_edit_batch(mmd_graph_t *graph, const char *size) MMD_MUST_USE;
// For a network whose batch is a number: reshapes that have it as a number take it from their input
// instead, so that it can be changed. Before mmd_edit_batch and mmd_edit_dim.
mmd_status_t mmd_edit_free_reshapes(mmd_graph_t *graph) MMD_MUST_USE;
// Types again from those of the inputs; those of operators that nobody knows are kept.
mmd_status_t mmd_edit_infer(mmd_graph_t *graph) MMD_MUST_USE;
// Up or down to |opset| of ai.onnx, 9 to 21.
mmd_status_t mmd_edit_opset(mmd_graph_t *graph, int64_t opset) MMD_MUST_USE;

#endif  // MMD_CONVERT_EDIT_GRAPH_H_
