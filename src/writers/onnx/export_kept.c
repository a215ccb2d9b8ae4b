// SPDX-License-Identifier: Apache-2.0
//
// Puts back what the reader kept (frontends/onnx/import_kept.c) as far as it still fits: a type of
// another kind, or a tensor that is no more, takes nothing.
#include "writers/onnx/internal.h"

static mmd_proto_bytes_t bytes_of(const mmd_kept_t *kept) {
  return kept ? (mmd_proto_bytes_t){kept->data, kept->size} : (mmd_proto_bytes_t){NULL, 0};
}

void mmd_onnx_put_unknown(const mmd_onnx_exporter_t *exporter, const mmd_kept_t *kept,
                          mmd_proto_header_t *header) {
  if (!exporter->options->drop_unknown) header->unknown = bytes_of(kept);
}

// NULL when there is nothing.
static mmd_status_t parse_kept(mmd_onnx_exporter_t *exporter, const mmd_proto_message_t *message,
                               const mmd_kept_t *kept, void **out_rest) {
  *out_rest = NULL;
  if (!kept || exporter->options->drop_unknown) return NULL;
  return mmd_proto_parse(message, kept->data, kept->size, &exporter->arena, out_rest);
}

//===--- types -------------------------------------------------------------===//

static void merge_shape(const mmd_onnx_shape_t *rest, mmd_onnx_shape_t *proto) {
  if (!rest || !proto) return;
  proto->header.unknown = rest->header.unknown;
  if (rest->dim.count != proto->dim.count) return;
  for (size_t i = 0; i < rest->dim.count; i++) {
    proto->dim.items[i].denotation = rest->dim.items[i].denotation;
    proto->dim.items[i].header.unknown = rest->dim.items[i].header.unknown;
  }
}

static void merge_tensor_type(const mmd_onnx_tensor_type_t *rest, mmd_onnx_tensor_type_t *proto) {
  if (!rest || !proto) return;
  proto->header.unknown = rest->header.unknown;
  merge_shape(rest->shape, proto->shape);
}

static void merge_type(mmd_onnx_type_t *rest, mmd_onnx_type_t **io_proto);

static void merge_element(mmd_onnx_element_type_t *rest, mmd_onnx_element_type_t *proto) {
  if (!rest || !proto) return;
  proto->header.unknown = rest->header.unknown;
  merge_type(rest->elem_type, &proto->elem_type);
}

// Bounded by the parser, as |rest| is parsed.
static void merge_type(mmd_onnx_type_t *rest, mmd_onnx_type_t **io_proto) {
  mmd_onnx_type_t *proto = *io_proto;
  if (!rest) return;
  if (!proto) {  // all that there is: a map, a sparse tensor, a denotation
    rest->tensor_type = NULL;
    rest->sequence_type = rest->optional_type = NULL;
    if (rest->map_type || rest->sparse_tensor_type || rest->denotation.size > 0 ||
        rest->header.unknown.size > 0)
      *io_proto = rest;
    return;
  }
  proto->denotation = rest->denotation;
  proto->header.unknown = rest->header.unknown;
  merge_tensor_type(rest->tensor_type, proto->tensor_type);
  merge_element(rest->sequence_type, proto->sequence_type);
  merge_element(rest->optional_type, proto->optional_type);
  if (proto->tensor_type || proto->sequence_type || proto->optional_type) return;
  proto->map_type = rest->map_type;
  proto->sparse_tensor_type = rest->sparse_tensor_type;
}

//===--- values, constants, attributes -------------------------------------===//

mmd_status_t mmd_onnx_merge_value_info(mmd_onnx_exporter_t *exporter, const mmd_edge_t *edge,
                                       mmd_onnx_value_info_t *proto) {
  void *parsed = NULL;
  MMD_TRY(parse_kept(exporter, &mmd_onnx_value_info_message, edge->kept, &parsed));
  if (!parsed) return NULL;
  mmd_onnx_value_info_t *rest = parsed;
  proto->header.unknown = rest->header.unknown;
  if (rest->doc_string.data) proto->doc_string = rest->doc_string;
  proto->metadata_props.count = rest->metadata_props.count;
  proto->metadata_props.items = rest->metadata_props.items;
  merge_type(rest->type, &proto->type);
  return NULL;
}

static void merge_tensor(const mmd_onnx_tensor_t *rest, mmd_onnx_tensor_t *proto) {
  proto->header.unknown = rest->header.unknown;
  if (rest->name.data) proto->name = rest->name;
  if (rest->doc_string.data) proto->doc_string = rest->doc_string;
  proto->metadata_props.count = rest->metadata_props.count;
  proto->metadata_props.items = rest->metadata_props.items;
}

mmd_status_t mmd_onnx_merge_tensor(mmd_onnx_exporter_t *exporter, const mmd_edge_t *edge,
                                   mmd_onnx_tensor_t *proto) {
  void *rest = NULL;
  MMD_TRY(parse_kept(exporter, &mmd_onnx_tensor_message, edge->tensor_kept, &rest));
  if (rest) merge_tensor(rest, proto);
  return NULL;
}

mmd_status_t mmd_onnx_merge_attr(mmd_onnx_exporter_t *exporter, const mmd_attr_t *attr,
                                 mmd_onnx_attr_t *proto) {
  void *parsed = NULL;
  MMD_TRY(parse_kept(exporter, &mmd_onnx_attr_message, attr->kept, &parsed));
  if (!parsed) return NULL;
  const mmd_onnx_attr_t *rest = parsed;
  proto->header.unknown = rest->header.unknown;
  proto->doc_string = rest->doc_string;
  if (rest->t && proto->t) merge_tensor(rest->t, proto->t);
  for (size_t i = 0; rest->tensors.count == proto->tensors.count && i < rest->tensors.count; i++)
    merge_tensor(&rest->tensors.items[i], &proto->tensors.items[i]);
  if (proto->tp) merge_type(rest->tp, &proto->tp);
  return NULL;
}
