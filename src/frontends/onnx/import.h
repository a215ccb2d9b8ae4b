// SPDX-License-Identifier: Apache-2.0
//
// ONNX files to graphs. Weights stay views into the mapped file, which lives as long as one of
// them.
//
// What differs from the file afterwards: nodes stand in topological order; a name that an inner
// graph shares with another graph is made unique; an initialiser that is listed as an input too
// (required before IR 4) is a constant and no input; sparse initialisers are dense; weights in
// typed fields are raw; a dimension without value and name gets a symbol that begins with
// MMD_ONNX_UNNAMED_DIM.
#ifndef MMD_FRONTENDS_ONNX_IMPORT_H_
#define MMD_FRONTENDS_ONNX_IMPORT_H_

#include "graph/graph.h"
#include "value/value.h"

#define MMD_ONNX_UNNAMED_DIM "unnamed_dim"

// What a file says about other files.
typedef struct mmd_onnx_import_report_t {
  uint64_t external_bytes;  // of the files with external data
  // An array that gets the names of those that are not there: weights in them become inputs of the
  // graph. NULL: a missing one is an error.
  mmd_value_t *missing;
} mmd_onnx_import_report_t;

typedef struct mmd_onnx_import_options_t {
  size_t memory_limit;   // bytes of parsed structs and of the graph made of them, 0 = none
  size_t dense_limit;    // bytes of one expanded sparse initialiser, 0 = 1 GiB
  uint64_t file_limit;   // bytes of the file itself, 0 = none
  uint64_t count_limit;  // weights and nodes, 0 = none
  int nesting_limit;     // graphs inside of graphs, at most and by default 64
  mmd_onnx_import_report_t *report;  // is filled, or NULL
} mmd_onnx_import_options_t;

// |options| may be NULL. Errors name the file, and the node or byte in it.
mmd_status_t mmd_onnx_import(const char *path, const mmd_onnx_import_options_t *options,
                             mmd_graph_t **out_graph) MMD_MUST_USE;

// The same from memory. |name| stands in messages; |directory| is where external data lie (NULL: a
// model with external data is refused).
mmd_status_t mmd_onnx_import_storage(mmd_storage_t *storage, const char *name,
                                     const char *directory,
                                     const mmd_onnx_import_options_t *options,
                                     mmd_graph_t **out_graph) MMD_MUST_USE;

#endif  // MMD_FRONTENDS_ONNX_IMPORT_H_
