// SPDX-License-Identifier: Apache-2.0
#include <string.h>

#include "base/str.h"
#include "frontends/onnx/internal.h"

enum { NODE_ATTRIBUTE = 5, NODE_METADATA = 9 };  // field numbers of NodeProto

static const char *const kTypeNames[] = {
    "undefined", "float",   "int",    "string",        "tensor",         "graph", "floats", "ints",
    "strings",   "tensors", "graphs", "sparse tensor", "sparse tensors", "type",  "types",
};
// A limit against files that are made to be slow.
enum { MAX_ATTRIBUTES = 4096 };
enum { TYPE_COUNT = sizeof kTypeNames / sizeof kTypeNames[0] };

// Bit t: the attribute holds content of type t.
static unsigned content_types(const mmd_onnx_attr_t *proto) {
  unsigned found = 0;
  if (MMD_ONNX_HAS(proto, MMD_ONNX_ATTR_F)) found |= 1u << MMD_ONNX_ATTR_FLOAT;
  if (MMD_ONNX_HAS(proto, MMD_ONNX_ATTR_I)) found |= 1u << MMD_ONNX_ATTR_INT;
  if (proto->s.data) found |= 1u << MMD_ONNX_ATTR_STRING;
  if (proto->t) found |= 1u << MMD_ONNX_ATTR_TENSOR;
  if (proto->g) found |= 1u << MMD_ONNX_ATTR_GRAPH;
  if (proto->floats.count > 0) found |= 1u << MMD_ONNX_ATTR_FLOATS;
  if (proto->ints.count > 0) found |= 1u << MMD_ONNX_ATTR_INTS;
  if (proto->strings.count > 0) found |= 1u << MMD_ONNX_ATTR_STRINGS;
  if (proto->tensors.count > 0) found |= 1u << MMD_ONNX_ATTR_TENSORS;
  if (proto->graphs.count > 0) found |= 1u << MMD_ONNX_ATTR_GRAPHS;
  if (proto->sparse_tensor) found |= 1u << MMD_ONNX_ATTR_SPARSE_TENSOR;
  if (proto->sparse_tensors.count > 0) found |= 1u << MMD_ONNX_ATTR_SPARSE_TENSORS;
  if (proto->tp) found |= 1u << MMD_ONNX_ATTR_TYPE_PROTO;
  if (proto->type_protos.count > 0) found |= 1u << MMD_ONNX_ATTR_TYPE_PROTOS;
  return found;
}

// Old exporters write every scalar field, zero where it means nothing.
static unsigned drop_zero_scalars(const mmd_onnx_attr_t *proto, unsigned found) {
  if (proto->f == 0) found &= ~(1u << MMD_ONNX_ATTR_FLOAT);
  if (proto->i == 0) found &= ~(1u << MMD_ONNX_ATTR_INT);
  if (proto->s.size == 0) found &= ~(1u << MMD_ONNX_ATTR_STRING);
  return found;
}

static int64_t lowest_type(unsigned found) {
  int64_t type = 0;
  while (found >> type > 1 && !(found >> type & 1)) type++;
  return found ? type : 0;
}

mmd_status_t mmd_onnx_attr_type(const mmd_onnx_attr_t *proto, int64_t *out_type) {
  unsigned found = content_types(proto);
  int64_t type = proto->type;
  if (type < 0 || type >= TYPE_COUNT) {
    return MMD_ERROR(MMD_CORRUPT, "attribute type %lld, expected 1 to %d", (long long)type,
                     TYPE_COUNT - 1);
  }
  if (type == MMD_ONNX_ATTR_UNDEFINED && !proto->ref_attr_name.data) {
    type = lowest_type(found);
    if (type == 0) return MMD_ERROR(MMD_CORRUPT, "the attribute has neither type nor content");
  }
  unsigned others = drop_zero_scalars(proto, found) & ~(1u << type);
  if (others && !proto->ref_attr_name.data) {
    return MMD_ERROR(MMD_CORRUPT, "the type is %s, but the content is of type %s", kTypeNames[type],
                     kTypeNames[lowest_type(others)]);
  }
  *out_type = type;
  return NULL;
}

void mmd_onnx_attr_release(mmd_attr_t *attr) {
  if (attr->kind == MMD_ATTR_TENSOR && attr->u.tensor) mmd_tensor_deinit(attr->u.tensor);
  if (attr->kind == MMD_ATTR_TENSORS && attr->u.tensors) {
    for (size_t i = 0; i < attr->count; i++) mmd_tensor_deinit(&attr->u.tensors[i]);
  }
}

static mmd_attr_string_t string_of(mmd_proto_bytes_t bytes) {
  return (mmd_attr_string_t){bytes.data ? (const char *)bytes.data : "", bytes.size};
}

static mmd_status_t import_strings(mmd_onnx_importer_t *importer, const mmd_onnx_attr_t *proto,
                                   mmd_attr_t *out_attr) {
  size_t count = proto->strings.count;
  mmd_attr_string_t *strings = mmd_arena_alloc_array(&importer->arena, count, sizeof *strings);
  MMD_TRY_ALLOC(strings);
  for (size_t i = 0; i < count; i++) strings[i] = string_of(proto->strings.items[i]);
  out_attr->u.strings = strings;
  out_attr->count = count;
  return NULL;
}

static mmd_status_t import_floats(mmd_onnx_importer_t *importer, const mmd_onnx_attr_t *proto,
                                  mmd_attr_t *out_attr) {
  size_t count = proto->floats.count;
  double *numbers = mmd_arena_alloc_array(&importer->arena, count, sizeof *numbers);
  MMD_TRY_ALLOC(numbers);
  for (size_t i = 0; i < count; i++) {
    float number;
    memcpy(&number, (const uint8_t *)proto->floats.data + i * sizeof number, sizeof number);
    numbers[i] = (double)number;
  }
  out_attr->u.numbers = numbers;
  out_attr->count = count;
  return NULL;
}

static mmd_status_t import_tensors(mmd_onnx_importer_t *importer, size_t count,
                                   const mmd_onnx_tensor_t *protos, mmd_attr_t *out_attr) {
  mmd_tensor_t *tensors = mmd_arena_alloc_array(&importer->arena, count, sizeof *tensors);
  MMD_TRY_ALLOC(tensors);
  out_attr->u.tensors = tensors;
  out_attr->count = count;
  for (size_t i = 0; i < count; i++) {
    MMD_TRY(mmd_onnx_tensor_make(&protos[i], &importer->source, &tensors[i]));
  }
  return NULL;
}

static mmd_status_t import_tensor(mmd_onnx_importer_t *importer, const mmd_onnx_attr_t *proto,
                                  mmd_attr_t *out_attr) {
  if (!proto->t) return MMD_ERROR(MMD_CORRUPT, "the attribute has no tensor");
  MMD_TRY(import_tensors(importer, 1, proto->t, out_attr));
  out_attr->u.tensor = out_attr->u.tensors;
  return NULL;
}

static mmd_status_t import_type_attr(mmd_onnx_importer_t *importer, const mmd_onnx_attr_t *proto,
                                     mmd_attr_t *out_attr) {
  if (!proto->tp) return MMD_ERROR(MMD_CORRUPT, "the attribute has no type value");
  mmd_type_t *type = mmd_arena_alloc(&importer->arena, sizeof *type);
  MMD_TRY_ALLOC(type);
  MMD_TRY(mmd_onnx_import_type(importer, proto->tp, type));
  out_attr->u.type = type;
  return NULL;
}

mmd_status_t mmd_onnx_import_plain_attr(mmd_onnx_importer_t *importer, const mmd_onnx_attr_t *proto,
                                        int64_t type, mmd_attr_t *out_attr) {
  switch (type) {
    case MMD_ONNX_ATTR_FLOAT:
      out_attr->kind = MMD_ATTR_FLOAT;
      out_attr->u.number = (double)proto->f;
      return NULL;
    case MMD_ONNX_ATTR_INT:
      out_attr->kind = MMD_ATTR_INT;
      out_attr->u.integer = proto->i;
      return NULL;
    case MMD_ONNX_ATTR_STRING:
      out_attr->kind = MMD_ATTR_STRING;
      out_attr->u.string = string_of(proto->s);
      return NULL;
    case MMD_ONNX_ATTR_INTS:
      out_attr->kind = MMD_ATTR_INTS;
      out_attr->u.integers = proto->ints.items;
      out_attr->count = proto->ints.count;
      return NULL;
    case MMD_ONNX_ATTR_FLOATS:
      out_attr->kind = MMD_ATTR_FLOATS;
      return import_floats(importer, proto, out_attr);
    case MMD_ONNX_ATTR_STRINGS:
      out_attr->kind = MMD_ATTR_STRINGS;
      return import_strings(importer, proto, out_attr);
    case MMD_ONNX_ATTR_TENSOR:
      out_attr->kind = MMD_ATTR_TENSOR;
      return import_tensor(importer, proto, out_attr);
    case MMD_ONNX_ATTR_TENSORS:
      out_attr->kind = MMD_ATTR_TENSORS;
      return import_tensors(importer, proto->tensors.count, proto->tensors.items, out_attr);
    case MMD_ONNX_ATTR_TYPE_PROTO:
      out_attr->kind = MMD_ATTR_TYPE;
      return import_type_attr(importer, proto, out_attr);
    default:
      return MMD_ERROR(MMD_NOT_SUPPORTED, "an attribute of type %s here",
                       type >= 0 && type < TYPE_COUNT ? kTypeNames[type] : "?");
  }
}

// The regions belong to the node before they are filled, so that their depth is known.
static mmd_status_t import_graphs(mmd_onnx_importer_t *importer, mmd_onnx_scope_t *scope,
                                  mmd_attr_kind_t kind, const mmd_onnx_attr_t *proto,
                                  const char *name, mmd_node_t *node) {
  const bool is_list = kind == MMD_ATTR_REGIONS;
  const size_t count = is_list ? proto->graphs.count : 1;
  const mmd_onnx_graph_t *protos = is_list ? proto->graphs.items : proto->g;
  mmd_region_t **regions = mmd_arena_alloc_array(&importer->arena, count, sizeof *regions);
  MMD_TRY_ALLOC(regions);
  for (size_t i = 0; i < count; i++) {
    const char *region_name;
    MMD_TRY(mmd_onnx_text(importer, protos[i].name, &region_name));
    MMD_TRY(mmd_region_create(importer->graph, region_name, &regions[i]));
  }
  mmd_attr_t attr = {.name = name, .kind = kind, .count = is_list ? count : 0};
  if (is_list) {
    attr.u.regions = regions;
  } else {
    attr.u.region = regions[0];
  }
  MMD_TRY(mmd_onnx_keep_attr(importer, proto, &attr));
  MMD_TRY(mmd_node_set_attr(node, &attr));
  for (size_t i = 0; i < count; i++) {
    MMD_TRY(mmd_onnx_import_region(importer, scope, &protos[i], regions[i]));
  }
  return NULL;
}

static mmd_status_t import_sparse(mmd_onnx_importer_t *importer, const mmd_onnx_attr_t *proto,
                                  mmd_node_t *node) {
  mmd_tensor_t tensor = {0};
  MMD_TRY(mmd_onnx_sparse_make(proto->sparse_tensor, &importer->source, &tensor));
  mmd_status_t status = mmd_node_set_tensor(node, "value", &tensor);
  mmd_tensor_deinit(&tensor);
  return status;
}

// Attributes that the graph has no kind for stay as bytes.
static mmd_status_t keep_raw(const mmd_onnx_attr_t *proto, mmd_str_t *raw) {
  return mmd_proto_append_field(NODE_ATTRIBUTE, &mmd_onnx_attr_message, (void *)(uintptr_t)proto,
                                raw);
}

static mmd_status_t import_reference(mmd_onnx_importer_t *importer, const char *name, int64_t type,
                                     const mmd_onnx_attr_t *proto, mmd_node_t *node) {
  // |count| carries the ONNX type, which the reference alone does not show.
  mmd_attr_t attr = {.name = name, .kind = MMD_ATTR_REFERENCE, .count = (size_t)type};
  attr.u.string = string_of(proto->ref_attr_name);
  MMD_TRY(mmd_onnx_keep_attr(importer, proto, &attr));
  return mmd_node_set_attr(node, &attr);
}

static mmd_status_t import_attr(mmd_onnx_importer_t *importer, mmd_onnx_scope_t *scope,
                                const mmd_onnx_attr_t *proto, const char *name, mmd_node_t *node,
                                mmd_str_t *raw) {
  int64_t type;
  MMD_TRY(mmd_onnx_attr_type(proto, &type));
  if (proto->ref_attr_name.size > 0) return import_reference(importer, name, type, proto, node);
  switch (type) {
    case MMD_ONNX_ATTR_GRAPH:
      if (!proto->g) return MMD_ERROR(MMD_CORRUPT, "the attribute has no graph");
      return import_graphs(importer, scope, MMD_ATTR_REGION, proto, name, node);
    case MMD_ONNX_ATTR_GRAPHS:
      return import_graphs(importer, scope, MMD_ATTR_REGIONS, proto, name, node);
    case MMD_ONNX_ATTR_SPARSE_TENSOR:
      if (proto->sparse_tensor && mmd_node_is(node, MMD_DOMAIN_ONNX, "Constant")) {
        return import_sparse(importer, proto, node);
      }
      return keep_raw(proto, raw);
    case MMD_ONNX_ATTR_SPARSE_TENSORS:
    case MMD_ONNX_ATTR_TYPE_PROTOS:
      return keep_raw(proto, raw);
    default:
      break;
  }
  mmd_attr_t attr = {.name = name};
  mmd_status_t status = mmd_onnx_import_plain_attr(importer, proto, type, &attr);
  if (!status) status = mmd_onnx_keep_attr(importer, proto, &attr);
  if (!status) status = mmd_node_set_attr(node, &attr);
  mmd_onnx_attr_release(&attr);
  return status;
}

static mmd_status_t import_all(mmd_onnx_importer_t *importer, mmd_onnx_scope_t *scope,
                               const mmd_onnx_node_t *proto, mmd_node_t *node, mmd_str_t *raw) {
  if (proto->attribute.count > MAX_ATTRIBUTES) {
    return MMD_ERROR(MMD_OUT_OF_RANGE, "%zu attributes, at most %d are read",
                     proto->attribute.count, MAX_ATTRIBUTES);
  }
  for (size_t i = 0; i < proto->attribute.count; i++) {
    const mmd_onnx_attr_t *attr = &proto->attribute.items[i];
    const char *name;
    MMD_TRY(mmd_onnx_text(importer, attr->name, &name));
    if (!*name) return MMD_ERROR(MMD_CORRUPT, "attribute %zu has no name", i);
    mmd_status_t status = NULL;
    if (mmd_node_attr(node, name)) {
      status = MMD_ERROR(MMD_CORRUPT, "stands there twice");
    } else {
      status = import_attr(importer, scope, attr, name, node, raw);
    }
    MMD_TRY(mmd_status_annotate(status, "attribute '%s'", name));
  }
  for (size_t i = 0; i < proto->metadata_props.count; i++) {
    MMD_TRY(mmd_proto_append_field(NODE_METADATA, &mmd_onnx_entry_message,
                                   &proto->metadata_props.items[i], raw));
  }
  mmd_proto_bytes_t unknown = proto->header.unknown;
  return mmd_str_append_n(raw, (const char *)unknown.data, unknown.size);
}

mmd_status_t mmd_onnx_import_attrs(mmd_onnx_importer_t *importer, mmd_onnx_scope_t *scope,
                                   const mmd_onnx_node_t *proto, mmd_node_t *node) {
  mmd_str_t raw = {0};
  mmd_status_t status = import_all(importer, scope, proto, node, &raw);
  if (!status && raw.size > 0) {
    status = mmd_storage_create(raw.size, false, &node->unknown);
    if (!status) memcpy(mmd_storage_mutable_data(node->unknown), raw.data, raw.size);
  }
  mmd_str_deinit(&raw);
  return status;
}
