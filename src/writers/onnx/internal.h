// SPDX-License-Identifier: Apache-2.0
//
// Shared by the files of this folder only.
#ifndef MMD_WRITERS_ONNX_INTERNAL_H_
#define MMD_WRITERS_ONNX_INTERNAL_H_

#include "base/file.h"
#include "base/map.h"
#include "formats/onnx/model.h"
#include "graph/graph.h"
#include "writers/onnx/export.h"

typedef struct mmd_onnx_exporter {
  const mmd_graph_t *graph;
  const mmd_onnx_export_options_t *options;
  mmd_arena_t arena;   // of the structs to write
  int64_t ir_version;  // as asked for, raised on the way
  bool initializers_as_inputs;
  size_t fresh;                 // number of names made here
  mmd_proto_sink_t *data_sink;  // external data, or NULL
  const char *location;         // its file name
} mmd_onnx_exporter_t;

mmd_status_t mmd_onnx_export_type(mmd_onnx_exporter_t *exporter, const mmd_type_t *type,
                                  mmd_onnx_type_t **out_proto) MMD_MUST_USE;
mmd_status_t mmd_onnx_export_tensor(mmd_onnx_exporter_t *exporter, const mmd_tensor_t *tensor,
                                    mmd_onnx_tensor_t *out_proto) MMD_MUST_USE;
mmd_status_t mmd_onnx_export_value_info(mmd_onnx_exporter_t *exporter, const mmd_edge_t *edge,
                                        const char *name,
                                        mmd_onnx_value_info_t *out_proto) MMD_MUST_USE;
mmd_status_t mmd_onnx_export_attr(mmd_onnx_exporter_t *exporter, const mmd_attr_t *attr,
                                  mmd_onnx_attr_t *out_proto) MMD_MUST_USE;
mmd_status_t mmd_onnx_export_region(mmd_onnx_exporter_t *exporter, const mmd_region_t *region,
                                    mmd_onnx_graph_t *out_proto) MMD_MUST_USE;
mmd_status_t mmd_onnx_export_function(mmd_onnx_exporter_t *exporter, const mmd_function_t *function,
                                      mmd_onnx_function_t *out_proto) MMD_MUST_USE;

// What the reader kept of a message goes back into it.
void mmd_onnx_put_unknown(const mmd_onnx_exporter_t *exporter, const mmd_kept_t *kept,
                          mmd_proto_header_t *header);
mmd_status_t mmd_onnx_merge_value_info(mmd_onnx_exporter_t *exporter, const mmd_edge_t *edge,
                                       mmd_onnx_value_info_t *proto) MMD_MUST_USE;
mmd_status_t mmd_onnx_merge_tensor(mmd_onnx_exporter_t *exporter, const mmd_edge_t *edge,
                                   mmd_onnx_tensor_t *proto) MMD_MUST_USE;
mmd_status_t mmd_onnx_merge_attr(mmd_onnx_exporter_t *exporter, const mmd_attr_t *attr,
                                 mmd_onnx_attr_t *proto) MMD_MUST_USE;

// Makes room for |n| items of a message list in the arena.
#define MMD_ONNX_RESERVE(exporter, list, n)                                              \
  do {                                                                                   \
    (list).items = mmd_arena_alloc_array(&(exporter)->arena, (n), sizeof *(list).items); \
    MMD_TRY_ALLOC((list).items);                                                         \
  } while (0)

#endif  // MMD_WRITERS_ONNX_INTERNAL_H_
