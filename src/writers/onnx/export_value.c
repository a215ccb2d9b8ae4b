// SPDX-License-Identifier: Apache-2.0
//
// Types, tensors, attributes.
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "writers/onnx/internal.h"

// Symbols that the reader made for dimensions without a name begin so; they are written as nothing.
#define UNNAMED_DIM "unnamed_dim"

// Weights smaller than this stay in the model file.
enum { EXTERNAL_MIN_SIZE = 1024, EXTERNAL_ALIGNMENT = 64 };

static void raise_ir_version(mmd_onnx_exporter_t *exporter, mmd_dtype_t dtype) {
  int64_t needed = 1;
  if (dtype >= MMD_F8E4M3FN && dtype <= MMD_F8E5M2FNUZ) needed = 9;
  if (dtype == MMD_U4 || dtype == MMD_I4) needed = 10;
  if (exporter->ir_version < needed) exporter->ir_version = needed;
}

static mmd_status_t export_dim_param(mmd_onnx_exporter_t *exporter, const mmd_dim_t *dim,
                                     mmd_onnx_dim_t *out_proto) {
  if (dim->kind == MMD_DIM_SYMBOL) {
    if (!strstr(dim->symbol, UNNAMED_DIM)) out_proto->dim_param = mmd_proto_text(dim->symbol);
    return NULL;
  }
  mmd_str_t text = {0};
  mmd_status_t status = mmd_dim_format(dim, &text);
  if (!status && !strstr(mmd_str_text(&text), UNNAMED_DIM)) {
    out_proto->dim_param = mmd_proto_text(mmd_arena_strdup(&exporter->arena, mmd_str_text(&text)));
    if (!out_proto->dim_param.data) status = mmd_status_no_memory();
  }
  mmd_str_deinit(&text);
  return status;
}

static mmd_status_t export_dim(mmd_onnx_exporter_t *exporter, const mmd_dim_t *dim,
                               mmd_onnx_dim_t *out_proto) {
  if (!mmd_dim_is_const(dim)) return export_dim_param(exporter, dim, out_proto);
  out_proto->dim_value = dim->number;
  out_proto->header.has = MMD_ONNX_BIT(MMD_ONNX_DIM_VALUE);
  return NULL;
}

static mmd_status_t export_tensor_type(mmd_onnx_exporter_t *exporter, const mmd_type_t *type,
                                       mmd_onnx_type_t *proto) {
  mmd_onnx_tensor_type_t *tensor = mmd_arena_alloc(&exporter->arena, sizeof *tensor);
  MMD_TRY_ALLOC(tensor);
  proto->tensor_type = tensor;
  tensor->elem_type = type->dtype;
  tensor->header.has = MMD_ONNX_BIT(MMD_ONNX_TENSOR_TYPE_ELEM);
  raise_ir_version(exporter, type->dtype);
  if (!type->has_rank) return NULL;
  tensor->shape = mmd_arena_alloc(&exporter->arena, sizeof *tensor->shape);
  MMD_TRY_ALLOC(tensor->shape);
  MMD_ONNX_RESERVE(exporter, tensor->shape->dim, (size_t)type->rank);
  tensor->shape->dim.count = (size_t)type->rank;
  for (int i = 0; i < type->rank; i++) {
    MMD_TRY(export_dim(exporter, type->dims[i], &tensor->shape->dim.items[i]));
  }
  return NULL;
}

// NULL for a type that is not known.
mmd_status_t mmd_onnx_export_type(mmd_onnx_exporter_t *exporter, const mmd_type_t *type,
                                  mmd_onnx_type_t **out_proto) {
  *out_proto = NULL;
  if (!type || type->kind == MMD_TYPE_UNKNOWN) return NULL;
  mmd_onnx_type_t *proto = mmd_arena_alloc(&exporter->arena, sizeof *proto);
  MMD_TRY_ALLOC(proto);
  *out_proto = proto;
  if (type->kind == MMD_TYPE_TENSOR) return export_tensor_type(exporter, type, proto);
  mmd_onnx_element_type_t *element = mmd_arena_alloc(&exporter->arena, sizeof *element);
  MMD_TRY_ALLOC(element);
  if (type->kind == MMD_TYPE_SEQUENCE) {
    proto->sequence_type = element;
  } else {
    proto->optional_type = element;
  }
  return mmd_onnx_export_type(exporter, type->element, &element->elem_type);
}

mmd_status_t mmd_onnx_export_value_info(mmd_onnx_exporter_t *exporter, const mmd_edge_t *edge,
                                        const char *name, mmd_onnx_value_info_t *out_proto) {
  out_proto->name = mmd_proto_text(name);
  out_proto->doc_string = mmd_proto_text(edge->doc);
  MMD_TRY(mmd_onnx_export_type(exporter, &edge->type, &out_proto->type));
  return mmd_onnx_merge_value_info(exporter, edge, out_proto);
}

static mmd_status_t export_strings(mmd_onnx_exporter_t *exporter, const mmd_tensor_t *tensor,
                                   mmd_onnx_tensor_t *out_proto) {
  size_t count = mmd_tensor_count(tensor);
  MMD_ONNX_RESERVE(exporter, out_proto->string_data, count);
  out_proto->string_data.count = count;
  for (size_t i = 0; i < count; i++) {
    mmd_proto_bytes_t *item = &out_proto->string_data.items[i];
    item->data = (const uint8_t *)mmd_tensor_get_string(tensor, i, &item->size);
  }
  return NULL;
}

static mmd_status_t put_padding(mmd_proto_sink_t *sink) {
  static const uint8_t zeros[EXTERNAL_ALIGNMENT];
  size_t rest = sink->position % EXTERNAL_ALIGNMENT;
  return rest > 0 ? mmd_proto_sink_put(sink, zeros, EXTERNAL_ALIGNMENT - rest) : NULL;
}

static mmd_status_t add_entry(mmd_onnx_exporter_t *exporter, const char *key, const char *value,
                              mmd_onnx_tensor_t *proto) {
  MMD_TRY_ALLOC(value);
  (void)exporter;
  mmd_onnx_entry_t *entry = &proto->external_data.items[proto->external_data.count++];
  entry->key = mmd_proto_text(key);
  entry->value = mmd_proto_text(value);
  return NULL;
}

static mmd_status_t export_external(mmd_onnx_exporter_t *exporter, const mmd_tensor_t *tensor,
                                    mmd_onnx_tensor_t *proto) {
  mmd_proto_sink_t *sink = exporter->data_sink;
  MMD_TRY(put_padding(sink));
  char *offset = mmd_arena_printf(&exporter->arena, "%zu", sink->position);
  char *length = mmd_arena_printf(&exporter->arena, "%zu", mmd_tensor_byte_size(tensor));
  MMD_TRY(mmd_proto_sink_put_tensor(sink, tensor));
  MMD_ONNX_RESERVE(exporter, proto->external_data, 3);
  MMD_TRY(add_entry(exporter, "location", exporter->location, proto));
  MMD_TRY(add_entry(exporter, "offset", offset, proto));
  MMD_TRY(add_entry(exporter, "length", length, proto));
  proto->data_location = 1;
  proto->header.has |= MMD_ONNX_BIT(MMD_ONNX_TENSOR_DATA_LOCATION);
  return NULL;
}

mmd_status_t mmd_onnx_export_tensor(mmd_onnx_exporter_t *exporter, const mmd_tensor_t *tensor,
                                    mmd_onnx_tensor_t *out_proto) {
  if (!mmd_tensor_is_set(tensor)) return MMD_ERROR(MMD_INTERNAL, "a tensor without data");
  out_proto->dims = (mmd_proto_ints_t){(size_t)tensor->shape.rank, tensor->shape.dims};
  out_proto->data_type = tensor->dtype;
  out_proto->header.has = MMD_ONNX_BIT(MMD_ONNX_TENSOR_DATA_TYPE);
  raise_ir_version(exporter, tensor->dtype);
  if (tensor->dtype == MMD_STRING) return export_strings(exporter, tensor, out_proto);
  if (exporter->data_sink && mmd_tensor_byte_size(tensor) >= EXTERNAL_MIN_SIZE) {
    return export_external(exporter, tensor, out_proto);
  }
  out_proto->raw_tensor = tensor;
  return NULL;
}

static mmd_proto_bytes_t bytes_of(const mmd_attr_string_t *string) {
  return (mmd_proto_bytes_t){(const uint8_t *)(string->data ? string->data : ""), string->size};
}

static mmd_status_t export_floats(mmd_onnx_exporter_t *exporter, const mmd_attr_t *attr,
                                  mmd_onnx_attr_t *out_proto) {
  float *numbers = mmd_arena_alloc_array(&exporter->arena, attr->count, sizeof *numbers);
  MMD_TRY_ALLOC(numbers);
  for (size_t i = 0; i < attr->count; i++) numbers[i] = (float)attr->u.numbers[i];
  out_proto->floats = (mmd_proto_numbers_t){attr->count, numbers};
  return NULL;
}

static mmd_status_t export_attr_strings(mmd_onnx_exporter_t *exporter, const mmd_attr_t *attr,
                                        mmd_onnx_attr_t *out_proto) {
  MMD_ONNX_RESERVE(exporter, out_proto->strings, attr->count);
  out_proto->strings.count = attr->count;
  for (size_t i = 0; i < attr->count; i++) {
    out_proto->strings.items[i] = bytes_of(&attr->u.strings[i]);
  }
  return NULL;
}

static mmd_status_t export_attr_tensors(mmd_onnx_exporter_t *exporter, size_t count,
                                        const mmd_tensor_t *tensors, mmd_onnx_tensor_t *protos) {
  // Tensors of attributes stay in the model file.
  mmd_proto_sink_t *data_sink = exporter->data_sink;
  exporter->data_sink = NULL;
  mmd_status_t status = NULL;
  for (size_t i = 0; i < count && !status; i++) {
    status = mmd_onnx_export_tensor(exporter, &tensors[i], &protos[i]);
  }
  exporter->data_sink = data_sink;
  return status;
}

static mmd_status_t export_list(mmd_onnx_exporter_t *exporter, const mmd_attr_t *attr,
                                mmd_onnx_attr_t *out_proto) {
  switch (attr->kind) {
    case MMD_ATTR_INTS:
      out_proto->type = MMD_ONNX_ATTR_INTS;
      out_proto->ints = (mmd_proto_ints_t){attr->count, attr->u.integers};
      return NULL;
    case MMD_ATTR_FLOATS:
      out_proto->type = MMD_ONNX_ATTR_FLOATS;
      return export_floats(exporter, attr, out_proto);
    case MMD_ATTR_STRINGS:
      out_proto->type = MMD_ONNX_ATTR_STRINGS;
      return export_attr_strings(exporter, attr, out_proto);
    case MMD_ATTR_TENSORS:
      out_proto->type = MMD_ONNX_ATTR_TENSORS;
      MMD_ONNX_RESERVE(exporter, out_proto->tensors, attr->count);
      out_proto->tensors.count = attr->count;
      return export_attr_tensors(exporter, attr->count, attr->u.tensors, out_proto->tensors.items);
    default:
      out_proto->type = MMD_ONNX_ATTR_GRAPHS;
      MMD_ONNX_RESERVE(exporter, out_proto->graphs, attr->count);
      out_proto->graphs.count = attr->count;
      for (size_t i = 0; i < attr->count; i++) {
        MMD_TRY(mmd_onnx_export_region(exporter, attr->u.regions[i], &out_proto->graphs.items[i]));
      }
      return NULL;
  }
}

static mmd_status_t export_tensor_attr(mmd_onnx_exporter_t *exporter, const mmd_attr_t *attr,
                                       mmd_onnx_attr_t *out_proto) {
  out_proto->type = MMD_ONNX_ATTR_TENSOR;
  out_proto->t = mmd_arena_alloc(&exporter->arena, sizeof *out_proto->t);
  MMD_TRY_ALLOC(out_proto->t);
  return export_attr_tensors(exporter, 1, attr->u.tensor, out_proto->t);
}

static mmd_status_t export_region_attr(mmd_onnx_exporter_t *exporter, const mmd_attr_t *attr,
                                       mmd_onnx_attr_t *out_proto) {
  out_proto->type = MMD_ONNX_ATTR_GRAPH;
  out_proto->g = mmd_arena_alloc(&exporter->arena, sizeof *out_proto->g);
  MMD_TRY_ALLOC(out_proto->g);
  return mmd_onnx_export_region(exporter, attr->u.region, out_proto->g);
}

// A type that is not known is an empty message.
static mmd_status_t export_type_attr(mmd_onnx_exporter_t *exporter, const mmd_attr_t *attr,
                                     mmd_onnx_attr_t *out_proto) {
  out_proto->type = MMD_ONNX_ATTR_TYPE_PROTO;
  MMD_TRY(mmd_onnx_export_type(exporter, attr->u.type, &out_proto->tp));
  if (out_proto->tp) return NULL;
  out_proto->tp = mmd_arena_alloc(&exporter->arena, sizeof *out_proto->tp);
  MMD_TRY_ALLOC(out_proto->tp);
  return NULL;
}

static mmd_status_t export_content(mmd_onnx_exporter_t *exporter, const mmd_attr_t *attr,
                                   mmd_onnx_attr_t *out_proto) {
  switch (attr->kind) {
    case MMD_ATTR_INT:
      out_proto->type = MMD_ONNX_ATTR_INT;
      out_proto->i = attr->u.integer;
      out_proto->header.has |= MMD_ONNX_BIT(MMD_ONNX_ATTR_I);
      return NULL;
    case MMD_ATTR_FLOAT:
      out_proto->type = MMD_ONNX_ATTR_FLOAT;
      out_proto->f = (float)attr->u.number;
      out_proto->header.has |= MMD_ONNX_BIT(MMD_ONNX_ATTR_F);
      return NULL;
    case MMD_ATTR_STRING:
      out_proto->type = MMD_ONNX_ATTR_STRING;
      out_proto->s = bytes_of(&attr->u.string);
      return NULL;
    case MMD_ATTR_REFERENCE:
      // |count| carries the ONNX type of what is referred to.
      out_proto->type = (int64_t)attr->count;
      out_proto->ref_attr_name = bytes_of(&attr->u.string);
      return NULL;
    case MMD_ATTR_TENSOR:
      return export_tensor_attr(exporter, attr, out_proto);
    case MMD_ATTR_REGION:
      return export_region_attr(exporter, attr, out_proto);
    case MMD_ATTR_TYPE:
      return export_type_attr(exporter, attr, out_proto);
    default:
      return export_list(exporter, attr, out_proto);
  }
}

mmd_status_t mmd_onnx_export_attr(mmd_onnx_exporter_t *exporter, const mmd_attr_t *attr,
                                  mmd_onnx_attr_t *out_proto) {
  out_proto->name = mmd_proto_text(attr->name);
  MMD_TRY(
      mmd_status_annotate(export_content(exporter, attr, out_proto), "attribute '%s'", attr->name));
  out_proto->header.has |= MMD_ONNX_BIT(MMD_ONNX_ATTR_TYPE);
  return mmd_onnx_merge_attr(exporter, attr, out_proto);
}
