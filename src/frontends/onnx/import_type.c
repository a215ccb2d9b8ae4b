// SPDX-License-Identifier: Apache-2.0
#include "frontends/onnx/import.h"
#include "frontends/onnx/internal.h"

// Nothing, or "?", which some exporters write for every size that they do not know: sizes of that
// name need not be equal.
static bool is_unnamed(mmd_proto_bytes_t text) {
  for (size_t i = 0; i < text.size; i++) {
    if (text.data[i] > ' ' && text.data[i] != '?') return false;
  }
  return true;
}

// "batch" and "floor((h + 1) / 2)" are read as expressions, other names are symbols as they are.
static mmd_status_t import_dim_param(mmd_onnx_importer_t *importer, mmd_proto_bytes_t param,
                                     const mmd_dim_t **out_dim) {
  mmd_graph_t *graph = importer->graph;
  const mmd_dim_t *dim = NULL;
  mmd_status_t status = mmd_dim_parse(graph, (const char *)param.data, param.size, &dim);
  if (mmd_status_code(status) == MMD_OUT_OF_MEMORY) return status;
  bool failed = mmd_status_ignore(status);
  if (failed || !dim) {
    const char *name;
    MMD_TRY(mmd_onnx_text(importer, param, &name));
    dim = mmd_dim_symbol(graph, name);
  } else if (mmd_dim_is_const(dim) && dim->number < 0) {
    dim = mmd_dim_fresh(graph, MMD_ONNX_UNNAMED_DIM);
  }
  MMD_TRY_ALLOC(dim);
  *out_dim = dim;
  return NULL;
}

// A size below zero stands for "not known" in some exporters.
static mmd_status_t import_dim(mmd_onnx_importer_t *importer, const mmd_onnx_dim_t *proto,
                               const mmd_dim_t **out_dim) {
  if (!is_unnamed(proto->dim_param)) return import_dim_param(importer, proto->dim_param, out_dim);
  if (MMD_ONNX_HAS(proto, MMD_ONNX_DIM_VALUE) && proto->dim_value >= 0) {
    *out_dim = mmd_dim_const(importer->graph, proto->dim_value);
  } else {
    *out_dim = mmd_dim_fresh(importer->graph, MMD_ONNX_UNNAMED_DIM);
  }
  MMD_TRY_ALLOC(*out_dim);
  return NULL;
}

static mmd_status_t import_tensor_type(mmd_onnx_importer_t *importer,
                                       const mmd_onnx_tensor_type_t *proto, mmd_type_t *out_type) {
  if (proto->elem_type < 0 || proto->elem_type >= MMD_DTYPE_COUNT) {
    return MMD_ERROR(MMD_NOT_SUPPORTED, "element type %lld, expected 1 to %d",
                     (long long)proto->elem_type, MMD_DTYPE_COUNT - 1);
  }
  out_type->kind = MMD_TYPE_TENSOR;
  out_type->dtype = (mmd_dtype_t)proto->elem_type;
  if (!proto->shape) return NULL;
  if (proto->shape->dim.count > MMD_MAX_RANK) {
    return MMD_ERROR(MMD_NOT_SUPPORTED, "%zu dimensions, at most %d are supported",
                     proto->shape->dim.count, MMD_MAX_RANK);
  }
  out_type->has_rank = true;
  out_type->rank = (int)proto->shape->dim.count;
  for (int i = 0; i < out_type->rank; i++) {
    MMD_TRY(import_dim(importer, &proto->shape->dim.items[i], &out_type->dims[i]));
  }
  return NULL;
}

// As deep as the verifier lets them be.
enum { MAX_TYPE_DEPTH = 16 };

static mmd_status_t import_nested(mmd_onnx_importer_t *importer, const mmd_onnx_type_t *proto,
                                  int depth, mmd_type_t *out_type);

static mmd_status_t import_element(mmd_onnx_importer_t *importer,
                                   const mmd_onnx_element_type_t *proto, mmd_type_kind_t kind,
                                   int depth, mmd_type_t *out_type) {
  mmd_type_t *element = mmd_arena_alloc(&importer->arena, sizeof *element);
  MMD_TRY_ALLOC(element);
  if (proto->elem_type) {
    MMD_TRY(import_nested(importer, proto->elem_type, depth + 1, element));
  }
  out_type->kind = kind;
  out_type->element = element;
  return NULL;
}

// Maps and sparse tensors have no type in the graph.
static mmd_status_t import_nested(mmd_onnx_importer_t *importer, const mmd_onnx_type_t *proto,
                                  int depth, mmd_type_t *out_type) {
  *out_type = (mmd_type_t){.kind = MMD_TYPE_UNKNOWN};
  if (depth > MAX_TYPE_DEPTH) {
    return MMD_ERROR(MMD_NOT_SUPPORTED, "a type nested more than %d deep", MAX_TYPE_DEPTH);
  }
  if (proto->tensor_type) return import_tensor_type(importer, proto->tensor_type, out_type);
  if (proto->sequence_type) {
    return import_element(importer, proto->sequence_type, MMD_TYPE_SEQUENCE, depth, out_type);
  }
  if (proto->optional_type) {
    return import_element(importer, proto->optional_type, MMD_TYPE_OPTIONAL, depth, out_type);
  }
  return NULL;
}

mmd_status_t mmd_onnx_import_type(mmd_onnx_importer_t *importer, const mmd_onnx_type_t *proto,
                                  mmd_type_t *out_type) {
  return import_nested(importer, proto, 0, out_type);
}
