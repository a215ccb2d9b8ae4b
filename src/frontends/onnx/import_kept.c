// SPDX-License-Identifier: Apache-2.0
//
// What the graph has no place for: fields that nobody here knows, metadata, denotations, texts of
// tensors inside of attributes. Messages that hold such things are made anew without what the graph
// does hold, and kept as bytes; the writer merges them again (writers/onnx/export_kept.c).
#include "frontends/onnx/internal.h"

#define COPY_OUT(importer, rest, out_rest)                                  \
  do {                                                                      \
    *(out_rest) = mmd_arena_alloc(&(importer)->arena, sizeof **(out_rest)); \
    MMD_TRY_ALLOC(*(out_rest));                                             \
    **(out_rest) = (rest);                                                  \
  } while (0)

static mmd_proto_header_t unknown_of(const mmd_proto_header_t *header) {
  return (mmd_proto_header_t){.unknown = header->unknown};
}

mmd_status_t mmd_onnx_keep_bytes(mmd_onnx_importer_t *importer, mmd_proto_bytes_t bytes,
                                 const mmd_kept_t **out_kept) {
  return mmd_graph_keep(importer->graph, bytes.data, bytes.size, out_kept);
}

static mmd_status_t keep_message(mmd_onnx_importer_t *importer, const mmd_proto_message_t *message,
                                 void *rest, const mmd_kept_t **out_kept) {
  mmd_proto_sink_t sink;
  size_t size = 0;
  MMD_TRY(mmd_proto_measure(message, rest, &size));
  uint8_t *bytes = mmd_arena_alloc(&importer->arena, size);
  MMD_TRY_ALLOC(bytes);
  mmd_proto_sink_init_memory(&sink, bytes, size);
  MMD_TRY(mmd_proto_write(message, rest, &sink));
  return mmd_graph_keep(importer->graph, bytes, size, out_kept);
}

//===--- types: each gives NULL where nothing is left ----------------------===//

static mmd_status_t rest_of_type(mmd_onnx_importer_t *importer, const mmd_onnx_type_t *proto,
                                 mmd_onnx_type_t **out_rest);

static bool has_dim_rest(const mmd_onnx_dim_t *dim) {
  return dim->denotation.size > 0 || dim->header.unknown.size > 0;
}

static mmd_status_t rest_of_shape(mmd_onnx_importer_t *importer, const mmd_onnx_shape_t *proto,
                                  mmd_onnx_shape_t **out_rest) {
  size_t found = 0;
  *out_rest = NULL;
  if (!proto) return NULL;
  for (size_t i = 0; i < proto->dim.count; i++) found += has_dim_rest(&proto->dim.items[i]);
  if (found == 0 && proto->header.unknown.size == 0) return NULL;
  mmd_onnx_shape_t rest = {.header = unknown_of(&proto->header)};
  rest.dim.count = proto->dim.count;
  rest.dim.items = mmd_arena_alloc_array(&importer->arena, rest.dim.count, sizeof *rest.dim.items);
  MMD_TRY_ALLOC(rest.dim.items);
  for (size_t i = 0; i < rest.dim.count; i++) {
    rest.dim.items[i].header = unknown_of(&proto->dim.items[i].header);
    rest.dim.items[i].denotation = proto->dim.items[i].denotation;
  }
  COPY_OUT(importer, rest, out_rest);
  return NULL;
}

static mmd_status_t rest_of_tensor_type(mmd_onnx_importer_t *importer,
                                        const mmd_onnx_tensor_type_t *proto,
                                        mmd_onnx_tensor_type_t **out_rest) {
  *out_rest = NULL;
  if (!proto) return NULL;
  mmd_onnx_tensor_type_t rest = {.header = unknown_of(&proto->header)};
  MMD_TRY(rest_of_shape(importer, proto->shape, &rest.shape));
  if (rest.shape || rest.header.unknown.size > 0) COPY_OUT(importer, rest, out_rest);
  return NULL;
}

static mmd_status_t rest_of_element(mmd_onnx_importer_t *importer,
                                    const mmd_onnx_element_type_t *proto,
                                    mmd_onnx_element_type_t **out_rest) {
  *out_rest = NULL;
  if (!proto) return NULL;
  mmd_onnx_element_type_t rest = {.header = unknown_of(&proto->header)};
  MMD_TRY(rest_of_type(importer, proto->elem_type, &rest.elem_type));
  if (rest.elem_type || rest.header.unknown.size > 0) COPY_OUT(importer, rest, out_rest);
  return NULL;
}

// Maps and sparse tensors stay whole: the graph has no type for them. The parser bounds the depth.
static mmd_status_t rest_of_type(mmd_onnx_importer_t *importer, const mmd_onnx_type_t *proto,
                                 mmd_onnx_type_t **out_rest) {
  *out_rest = NULL;
  if (!proto) return NULL;
  mmd_onnx_type_t rest = {.header = unknown_of(&proto->header),
                          .denotation = proto->denotation,
                          .map_type = proto->map_type,
                          .sparse_tensor_type = proto->sparse_tensor_type};
  MMD_TRY(rest_of_tensor_type(importer, proto->tensor_type, &rest.tensor_type));
  MMD_TRY(rest_of_element(importer, proto->sequence_type, &rest.sequence_type));
  MMD_TRY(rest_of_element(importer, proto->optional_type, &rest.optional_type));
  if (rest.tensor_type || rest.sequence_type || rest.optional_type || rest.map_type ||
      rest.sparse_tensor_type || rest.denotation.size > 0 || rest.header.unknown.size > 0)
    COPY_OUT(importer, rest, out_rest);
  return NULL;
}

//===--- values, constants, attributes -------------------------------------===//

mmd_status_t mmd_onnx_keep_value_info(mmd_onnx_importer_t *importer,
                                      const mmd_onnx_value_info_t *proto, mmd_edge_t *edge) {
  mmd_onnx_value_info_t rest = {.header = unknown_of(&proto->header)};
  rest.metadata_props.count = proto->metadata_props.count;
  rest.metadata_props.items = proto->metadata_props.items;
  if (edge->doc && !mmd_proto_bytes_equal(proto->doc_string, edge->doc))
    rest.doc_string = proto->doc_string;  // the constant has another one
  MMD_TRY(rest_of_type(importer, proto->type, &rest.type));
  if (!rest.type && rest.doc_string.size == 0 && rest.metadata_props.count == 0 &&
      rest.header.unknown.size == 0)
    return NULL;
  return keep_message(importer, &mmd_onnx_value_info_message, &rest, &edge->kept);
}

static bool rest_of_tensor(const mmd_onnx_tensor_t *proto, mmd_onnx_tensor_t *out_rest) {
  *out_rest = (mmd_onnx_tensor_t){
      .header = unknown_of(&proto->header), .name = proto->name, .doc_string = proto->doc_string};
  out_rest->metadata_props.count = proto->metadata_props.count;
  out_rest->metadata_props.items = proto->metadata_props.items;
  return proto->header.unknown.size > 0 || proto->name.size > 0 || proto->doc_string.size > 0 ||
         proto->metadata_props.count > 0;
}

mmd_status_t mmd_onnx_keep_tensor(mmd_onnx_importer_t *importer, const mmd_onnx_tensor_t *proto,
                                  mmd_edge_t *edge) {
  mmd_onnx_tensor_t rest;
  mmd_onnx_tensor_t nameless = *proto;
  MMD_TRY(mmd_onnx_keep_text(importer, proto->doc_string, &edge->doc));
  nameless.name = nameless.doc_string = (mmd_proto_bytes_t){NULL, 0};
  if (!rest_of_tensor(&nameless, &rest)) return NULL;
  return keep_message(importer, &mmd_onnx_tensor_message, &rest, &edge->tensor_kept);
}

static mmd_status_t rest_of_tensors(mmd_onnx_importer_t *importer, size_t count,
                                    const mmd_onnx_tensor_t *protos, mmd_onnx_tensor_t **out_rest) {
  mmd_onnx_tensor_t rest;
  size_t found = 0;
  *out_rest = NULL;
  for (size_t i = 0; i < count; i++) found += rest_of_tensor(&protos[i], &rest);
  if (found == 0) return NULL;
  *out_rest = mmd_arena_alloc_array(&importer->arena, count, sizeof **out_rest);
  MMD_TRY_ALLOC(*out_rest);
  for (size_t i = 0; i < count; i++) (void)rest_of_tensor(&protos[i], &(*out_rest)[i]);
  return NULL;
}

mmd_status_t mmd_onnx_keep_attr(mmd_onnx_importer_t *importer, const mmd_onnx_attr_t *proto,
                                mmd_attr_t *attr) {
  mmd_onnx_attr_t rest = {.header = unknown_of(&proto->header), .doc_string = proto->doc_string};
  if (proto->t) MMD_TRY(rest_of_tensors(importer, 1, proto->t, &rest.t));
  MMD_TRY(
      rest_of_tensors(importer, proto->tensors.count, proto->tensors.items, &rest.tensors.items));
  rest.tensors.count = rest.tensors.items ? proto->tensors.count : 0;
  MMD_TRY(rest_of_type(importer, proto->tp, &rest.tp));
  if (!rest.t && !rest.tensors.items && !rest.tp && rest.doc_string.size == 0 &&
      rest.header.unknown.size == 0)
    return NULL;
  return keep_message(importer, &mmd_onnx_attr_message, &rest, &attr->kept);
}
