// SPDX-License-Identifier: Apache-2.0
//
// Shared by the files of this folder only.
#ifndef MMD_FRONTENDS_ONNX_INTERNAL_H_
#define MMD_FRONTENDS_ONNX_INTERNAL_H_

#include "base/map.h"
#include "formats/onnx/tensor_data.h"
#include "graph/graph.h"
#include "value/value.h"

typedef struct mmd_onnx_importer {
  mmd_graph_t *graph;
  mmd_onnx_source_t source;
  mmd_arena_t arena;            // of the parsed structs and of scratch text
  uint64_t count, count_limit;  // of weights and nodes
  int depth, nesting_limit;     // of graphs
  bool unsorted;                // a node stands before one whose result it uses
  mmd_value_t *missing;         // names of external files that are not there, or NULL
} mmd_onnx_importer_t;

// The names that one graph of the file defines.
typedef struct mmd_onnx_scope {
  struct mmd_onnx_scope *parent;
  mmd_region_t *region;
  mmd_map_t *names;                // -> mmd_onnx_definition_t
  size_t current;                  // node at work
  const mmd_function_t *function;  // whose opsets hold, or NULL
} mmd_onnx_scope_t;

typedef struct mmd_onnx_definition {
  mmd_edge_t *edge;
  size_t node;  // index of the producer, or 0 with |always|
  bool always;  // input or constant
} mmd_onnx_definition_t;

// NUL-terminated scratch copy; absent reads as "". Refuses NUL bytes inside.
mmd_status_t mmd_onnx_text(mmd_onnx_importer_t *importer, mmd_proto_bytes_t bytes,
                           const char **out_text) MMD_MUST_USE;
// The same in the arena of the graph; |out_text| is left alone when absent.
mmd_status_t mmd_onnx_keep_text(mmd_onnx_importer_t *importer, mmd_proto_bytes_t bytes,
                                const char **out_text) MMD_MUST_USE;

// What the graph has no place for, as bytes; nothing is kept of what has nothing.
mmd_status_t mmd_onnx_keep_bytes(mmd_onnx_importer_t *importer, mmd_proto_bytes_t bytes,
                                 const mmd_kept_t **out_kept) MMD_MUST_USE;
mmd_status_t mmd_onnx_keep_value_info(mmd_onnx_importer_t *importer,
                                      const mmd_onnx_value_info_t *proto,
                                      mmd_edge_t *edge) MMD_MUST_USE;
mmd_status_t mmd_onnx_keep_tensor(mmd_onnx_importer_t *importer, const mmd_onnx_tensor_t *proto,
                                  mmd_edge_t *edge) MMD_MUST_USE;
mmd_status_t mmd_onnx_keep_attr(mmd_onnx_importer_t *importer, const mmd_onnx_attr_t *proto,
                                mmd_attr_t *attr) MMD_MUST_USE;

mmd_status_t mmd_onnx_import_type(mmd_onnx_importer_t *importer, const mmd_onnx_type_t *proto,
                                  mmd_type_t *out_type) MMD_MUST_USE;

// Fills |region| with a graph; nodes that |parent| defines may be used in it.
mmd_status_t mmd_onnx_import_region(mmd_onnx_importer_t *importer, mmd_onnx_scope_t *parent,
                                    const mmd_onnx_graph_t *proto,
                                    mmd_region_t *region) MMD_MUST_USE;

// Attributes of a node whose graph is |scope|, and what must be kept raw.
mmd_status_t mmd_onnx_import_attrs(mmd_onnx_importer_t *importer, mmd_onnx_scope_t *scope,
                                   const mmd_onnx_node_t *proto, mmd_node_t *node) MMD_MUST_USE;

mmd_status_t mmd_onnx_import_function(mmd_onnx_importer_t *importer,
                                      const mmd_onnx_function_t *proto) MMD_MUST_USE;

// Attribute without regions into |out_attr|, whose data are scratch. Tensors must be released by
// mmd_onnx_attr_release also after an error.
mmd_status_t mmd_onnx_import_plain_attr(mmd_onnx_importer_t *importer, const mmd_onnx_attr_t *proto,
                                        int64_t type, mmd_attr_t *out_attr) MMD_MUST_USE;
void mmd_onnx_attr_release(mmd_attr_t *attr);
// The declared type, or the one that the content shows; contradictions are errors.
mmd_status_t mmd_onnx_attr_type(const mmd_onnx_attr_t *proto, int64_t *out_type) MMD_MUST_USE;

// Nodes of a graph or function: first all with their outputs, then their inputs and attributes.
mmd_status_t mmd_onnx_create_nodes(mmd_onnx_importer_t *importer, mmd_onnx_scope_t *scope,
                                   size_t count, const mmd_onnx_node_t *protos) MMD_MUST_USE;
mmd_status_t mmd_onnx_connect_nodes(mmd_onnx_importer_t *importer, mmd_onnx_scope_t *scope,
                                    size_t count, const mmd_onnx_node_t *protos) MMD_MUST_USE;
mmd_status_t mmd_onnx_add_outputs(mmd_onnx_importer_t *importer, mmd_onnx_scope_t *scope,
                                  mmd_proto_bytes_t name) MMD_MUST_USE;
mmd_status_t mmd_onnx_import_value_infos(mmd_onnx_importer_t *importer, mmd_onnx_scope_t *scope,
                                         size_t count,
                                         const mmd_onnx_value_info_t *infos) MMD_MUST_USE;

mmd_status_t mmd_onnx_scope_define(mmd_onnx_importer_t *importer, mmd_onnx_scope_t *scope,
                                   const char *name, mmd_edge_t *edge, bool always,
                                   size_t node) MMD_MUST_USE;

#endif  // MMD_FRONTENDS_ONNX_INTERNAL_H_
