// SPDX-License-Identifier: Apache-2.0
#include "formats/onnx/model.h"

#include <stddef.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define FIELD(number, kind, type, field) \
  { number, MMD_PROTO_##kind, offsetof(type, field), NULL, #field, false }
#define PACKED(number, kind, type, field) \
  { number, MMD_PROTO_##kind, offsetof(type, field), NULL, #field, true }
#define NESTED(number, kind, type, field, of) \
  { number, MMD_PROTO_##kind, offsetof(type, field), &(of), #field, false }
#define MESSAGE(label, type, fields) \
  { label, sizeof(type), COUNT(fields), fields, 0, false }
#define NAMED(label, type, fields, field, numbered) \
  { label, sizeof(type), COUNT(fields), fields, offsetof(type, field), numbered }

// Fields stand in the order of their numbers, as other writers put them into files.
static const mmd_proto_message_t type_message;

static const mmd_proto_field_t entry_fields[] = {
    FIELD(1, BYTES, mmd_onnx_entry_t, key),
    FIELD(2, BYTES, mmd_onnx_entry_t, value),
};
const mmd_proto_message_t mmd_onnx_entry_message =
    NAMED("StringStringEntryProto", mmd_onnx_entry_t, entry_fields, key, false);

static const mmd_proto_field_t opset_fields[] = {
    FIELD(1, BYTES, mmd_onnx_opset_t, domain),
    FIELD(2, INT, mmd_onnx_opset_t, version),
};
static const mmd_proto_message_t opset_message =
    NAMED("OperatorSetIdProto", mmd_onnx_opset_t, opset_fields, domain, false);

static const mmd_proto_field_t tensor_fields[] = {
    FIELD(1, INTS, mmd_onnx_tensor_t, dims),
    FIELD(2, INT, mmd_onnx_tensor_t, data_type),
    FIELD(3, BYTES, mmd_onnx_tensor_t, segment),
    PACKED(4, FLOATS, mmd_onnx_tensor_t, float_data),
    PACKED(5, INTS, mmd_onnx_tensor_t, int32_data),
    FIELD(6, STRINGS, mmd_onnx_tensor_t, string_data),
    PACKED(7, INTS, mmd_onnx_tensor_t, int64_data),
    FIELD(8, BYTES, mmd_onnx_tensor_t, name),
    FIELD(9, BYTES, mmd_onnx_tensor_t, raw_data),
    FIELD(9, TENSOR, mmd_onnx_tensor_t, raw_tensor),
    PACKED(10, DOUBLES, mmd_onnx_tensor_t, double_data),
    PACKED(11, INTS, mmd_onnx_tensor_t, uint64_data),
    FIELD(12, BYTES, mmd_onnx_tensor_t, doc_string),
    NESTED(13, MESSAGES, mmd_onnx_tensor_t, external_data, mmd_onnx_entry_message),
    FIELD(14, INT, mmd_onnx_tensor_t, data_location),
    NESTED(16, MESSAGES, mmd_onnx_tensor_t, metadata_props, mmd_onnx_entry_message),
};
const mmd_proto_message_t mmd_onnx_tensor_message =
    NAMED("TensorProto", mmd_onnx_tensor_t, tensor_fields, name, false);

static const mmd_proto_field_t sparse_fields[] = {
    NESTED(1, MESSAGE, mmd_onnx_sparse_tensor_t, values, mmd_onnx_tensor_message),
    NESTED(2, MESSAGE, mmd_onnx_sparse_tensor_t, indices, mmd_onnx_tensor_message),
    FIELD(3, INTS, mmd_onnx_sparse_tensor_t, dims),
};
static const mmd_proto_message_t sparse_message =
    MESSAGE("SparseTensorProto", mmd_onnx_sparse_tensor_t, sparse_fields);

static const mmd_proto_field_t dim_fields[] = {
    FIELD(1, INT, mmd_onnx_dim_t, dim_value),
    FIELD(2, BYTES, mmd_onnx_dim_t, dim_param),
    FIELD(3, BYTES, mmd_onnx_dim_t, denotation),
};
static const mmd_proto_message_t dim_message = MESSAGE("Dimension", mmd_onnx_dim_t, dim_fields);

static const mmd_proto_field_t shape_fields[] = {
    NESTED(1, MESSAGES, mmd_onnx_shape_t, dim, dim_message),
};
static const mmd_proto_message_t shape_message =
    MESSAGE("TensorShapeProto", mmd_onnx_shape_t, shape_fields);

static const mmd_proto_field_t tensor_type_fields[] = {
    FIELD(1, INT, mmd_onnx_tensor_type_t, elem_type),
    NESTED(2, MESSAGE, mmd_onnx_tensor_type_t, shape, shape_message),
};
static const mmd_proto_message_t tensor_type_message =
    MESSAGE("TypeProto.Tensor", mmd_onnx_tensor_type_t, tensor_type_fields);

static const mmd_proto_field_t element_type_fields[] = {
    NESTED(1, MESSAGE, mmd_onnx_element_type_t, elem_type, type_message),
};
static const mmd_proto_message_t element_type_message =
    MESSAGE("TypeProto.Sequence", mmd_onnx_element_type_t, element_type_fields);

static const mmd_proto_field_t map_type_fields[] = {
    FIELD(1, INT, mmd_onnx_map_type_t, key_type),
    NESTED(2, MESSAGE, mmd_onnx_map_type_t, value_type, type_message),
};
static const mmd_proto_message_t map_type_message =
    MESSAGE("TypeProto.Map", mmd_onnx_map_type_t, map_type_fields);

static const mmd_proto_field_t type_fields[] = {
    NESTED(1, MESSAGE, mmd_onnx_type_t, tensor_type, tensor_type_message),
    NESTED(4, MESSAGE, mmd_onnx_type_t, sequence_type, element_type_message),
    NESTED(5, MESSAGE, mmd_onnx_type_t, map_type, map_type_message),
    FIELD(6, BYTES, mmd_onnx_type_t, denotation),
    NESTED(8, MESSAGE, mmd_onnx_type_t, sparse_tensor_type, tensor_type_message),
    NESTED(9, MESSAGE, mmd_onnx_type_t, optional_type, element_type_message),
};
static const mmd_proto_message_t type_message = MESSAGE("TypeProto", mmd_onnx_type_t, type_fields);

static const mmd_proto_field_t value_info_fields[] = {
    FIELD(1, BYTES, mmd_onnx_value_info_t, name),
    NESTED(2, MESSAGE, mmd_onnx_value_info_t, type, type_message),
    FIELD(3, BYTES, mmd_onnx_value_info_t, doc_string),
    NESTED(4, MESSAGES, mmd_onnx_value_info_t, metadata_props, mmd_onnx_entry_message),
};
const mmd_proto_message_t mmd_onnx_value_info_message =
    NAMED("ValueInfoProto", mmd_onnx_value_info_t, value_info_fields, name, false);

static const mmd_proto_field_t attr_fields[] = {
    FIELD(1, BYTES, mmd_onnx_attr_t, name),
    FIELD(2, FLOAT, mmd_onnx_attr_t, f),
    FIELD(3, INT, mmd_onnx_attr_t, i),
    FIELD(4, BYTES, mmd_onnx_attr_t, s),
    NESTED(5, MESSAGE, mmd_onnx_attr_t, t, mmd_onnx_tensor_message),
    NESTED(6, MESSAGE, mmd_onnx_attr_t, g, mmd_onnx_graph_message),
    FIELD(7, FLOATS, mmd_onnx_attr_t, floats),
    FIELD(8, INTS, mmd_onnx_attr_t, ints),
    FIELD(9, STRINGS, mmd_onnx_attr_t, strings),
    NESTED(10, MESSAGES, mmd_onnx_attr_t, tensors, mmd_onnx_tensor_message),
    NESTED(11, MESSAGES, mmd_onnx_attr_t, graphs, mmd_onnx_graph_message),
    FIELD(13, BYTES, mmd_onnx_attr_t, doc_string),
    NESTED(14, MESSAGE, mmd_onnx_attr_t, tp, type_message),
    NESTED(15, MESSAGES, mmd_onnx_attr_t, type_protos, type_message),
    FIELD(20, INT, mmd_onnx_attr_t, type),
    FIELD(21, BYTES, mmd_onnx_attr_t, ref_attr_name),
    NESTED(22, MESSAGE, mmd_onnx_attr_t, sparse_tensor, sparse_message),
    NESTED(23, MESSAGES, mmd_onnx_attr_t, sparse_tensors, sparse_message),
};
const mmd_proto_message_t mmd_onnx_attr_message =
    NAMED("AttributeProto", mmd_onnx_attr_t, attr_fields, name, false);

static const mmd_proto_field_t node_fields[] = {
    FIELD(1, STRINGS, mmd_onnx_node_t, input),
    FIELD(2, STRINGS, mmd_onnx_node_t, output),
    FIELD(3, BYTES, mmd_onnx_node_t, name),
    FIELD(4, BYTES, mmd_onnx_node_t, op_type),
    NESTED(5, MESSAGES, mmd_onnx_node_t, attribute, mmd_onnx_attr_message),
    FIELD(6, BYTES, mmd_onnx_node_t, doc_string),
    FIELD(7, BYTES, mmd_onnx_node_t, domain),
    FIELD(8, BYTES, mmd_onnx_node_t, overload),
    NESTED(9, MESSAGES, mmd_onnx_node_t, metadata_props, mmd_onnx_entry_message),
};
const mmd_proto_message_t mmd_onnx_node_message =
    NAMED("NodeProto", mmd_onnx_node_t, node_fields, name, true);

static const mmd_proto_field_t annotation_fields[] = {
    FIELD(1, BYTES, mmd_onnx_annotation_t, tensor_name),
    NESTED(2, MESSAGES, mmd_onnx_annotation_t, quant_parameter_tensor_names,
           mmd_onnx_entry_message),
};
const mmd_proto_message_t mmd_onnx_annotation_message =
    NAMED("TensorAnnotation", mmd_onnx_annotation_t, annotation_fields, tensor_name, false);

static const mmd_proto_field_t graph_fields[] = {
    NESTED(1, MESSAGES, mmd_onnx_graph_t, node, mmd_onnx_node_message),
    FIELD(2, BYTES, mmd_onnx_graph_t, name),
    NESTED(5, MESSAGES, mmd_onnx_graph_t, initializer, mmd_onnx_tensor_message),
    FIELD(10, BYTES, mmd_onnx_graph_t, doc_string),
    NESTED(11, MESSAGES, mmd_onnx_graph_t, input, mmd_onnx_value_info_message),
    NESTED(12, MESSAGES, mmd_onnx_graph_t, output, mmd_onnx_value_info_message),
    NESTED(13, MESSAGES, mmd_onnx_graph_t, value_info, mmd_onnx_value_info_message),
    NESTED(15, MESSAGES, mmd_onnx_graph_t, sparse_initializer, sparse_message),
};
const mmd_proto_message_t mmd_onnx_graph_message =
    NAMED("GraphProto", mmd_onnx_graph_t, graph_fields, name, false);

static const mmd_proto_field_t function_fields[] = {
    FIELD(1, BYTES, mmd_onnx_function_t, name),
    FIELD(4, STRINGS, mmd_onnx_function_t, input),
    FIELD(5, STRINGS, mmd_onnx_function_t, output),
    FIELD(6, STRINGS, mmd_onnx_function_t, attribute),
    NESTED(7, MESSAGES, mmd_onnx_function_t, node, mmd_onnx_node_message),
    FIELD(8, BYTES, mmd_onnx_function_t, doc_string),
    NESTED(9, MESSAGES, mmd_onnx_function_t, opset_import, opset_message),
    FIELD(10, BYTES, mmd_onnx_function_t, domain),
    NESTED(11, MESSAGES, mmd_onnx_function_t, attribute_proto, mmd_onnx_attr_message),
    NESTED(12, MESSAGES, mmd_onnx_function_t, value_info, mmd_onnx_value_info_message),
    FIELD(13, BYTES, mmd_onnx_function_t, overload),
};
static const mmd_proto_message_t function_message =
    NAMED("FunctionProto", mmd_onnx_function_t, function_fields, name, false);

static const mmd_proto_field_t model_fields[] = {
    FIELD(1, INT, mmd_onnx_model_t, ir_version),
    FIELD(2, BYTES, mmd_onnx_model_t, producer_name),
    FIELD(3, BYTES, mmd_onnx_model_t, producer_version),
    FIELD(4, BYTES, mmd_onnx_model_t, domain),
    FIELD(5, INT, mmd_onnx_model_t, model_version),
    FIELD(6, BYTES, mmd_onnx_model_t, doc_string),
    NESTED(7, MESSAGE, mmd_onnx_model_t, graph, mmd_onnx_graph_message),
    NESTED(8, MESSAGES, mmd_onnx_model_t, opset_import, opset_message),
    NESTED(14, MESSAGES, mmd_onnx_model_t, metadata_props, mmd_onnx_entry_message),
    NESTED(25, MESSAGES, mmd_onnx_model_t, functions, function_message),
};
const mmd_proto_message_t mmd_onnx_model_message =
    MESSAGE("ModelProto", mmd_onnx_model_t, model_fields);

static const mmd_proto_field_t sequence_fields[] = {
    FIELD(1, BYTES, mmd_onnx_sequence_t, name),
    FIELD(2, INT, mmd_onnx_sequence_t, elem_type),
    NESTED(3, MESSAGES, mmd_onnx_sequence_t, tensor_values, mmd_onnx_tensor_message),
    NESTED(5, MESSAGES, mmd_onnx_sequence_t, sequence_values, mmd_onnx_sequence_message),
    NESTED(7, MESSAGES, mmd_onnx_sequence_t, optional_values, mmd_onnx_optional_message),
};
const mmd_proto_message_t mmd_onnx_sequence_message =
    NAMED("SequenceProto", mmd_onnx_sequence_t, sequence_fields, name, false);

static const mmd_proto_field_t optional_fields[] = {
    FIELD(1, BYTES, mmd_onnx_optional_t, name),
    FIELD(2, INT, mmd_onnx_optional_t, elem_type),
    NESTED(3, MESSAGE, mmd_onnx_optional_t, tensor_value, mmd_onnx_tensor_message),
    NESTED(5, MESSAGE, mmd_onnx_optional_t, sequence_value, mmd_onnx_sequence_message),
    NESTED(7, MESSAGE, mmd_onnx_optional_t, optional_value, mmd_onnx_optional_message),
};
const mmd_proto_message_t mmd_onnx_optional_message =
    NAMED("OptionalProto", mmd_onnx_optional_t, optional_fields, name, false);

mmd_status_t mmd_onnx_model_parse(const uint8_t *data, size_t size, mmd_arena_t *arena,
                                  mmd_onnx_model_t **out_model) {
  void *model = NULL;
  MMD_TRY(mmd_proto_parse(&mmd_onnx_model_message, data, size, arena, &model));
  *out_model = model;
  return NULL;
}

mmd_status_t mmd_onnx_tensor_parse(const uint8_t *data, size_t size, mmd_arena_t *arena,
                                   mmd_onnx_tensor_t **out_tensor) {
  void *tensor = NULL;
  MMD_TRY(mmd_proto_parse(&mmd_onnx_tensor_message, data, size, arena, &tensor));
  *out_tensor = tensor;
  return NULL;
}

// Readers everywhere refuse protobuf files of 2 GiB and more.
static mmd_status_t measure_model(mmd_onnx_model_t *model, size_t *out_size) {
  MMD_TRY(mmd_proto_measure(&mmd_onnx_model_message, model, out_size));
  if (*out_size > INT32_MAX) {
    return MMD_ERROR(MMD_NOT_SUPPORTED,
                     "the model takes %zu bytes, an ONNX file holds at most 2147483647: write the "
                     "weights as external data",
                     *out_size);
  }
  return NULL;
}

mmd_status_t mmd_onnx_model_write(mmd_onnx_model_t *model, mmd_writer_t *writer) {
  size_t size = 0;
  MMD_TRY(measure_model(model, &size));
  mmd_proto_sink_t sink;
  mmd_proto_sink_init_file(&sink, writer);
  MMD_TRY(mmd_proto_write(&mmd_onnx_model_message, model, &sink));
  return mmd_proto_sink_flush(&sink);
}

mmd_status_t mmd_onnx_model_write_memory(mmd_onnx_model_t *model, mmd_storage_t **out_storage) {
  size_t size = 0;
  MMD_TRY(measure_model(model, &size));
  mmd_storage_t *storage = NULL;
  MMD_TRY(mmd_storage_create(size, false, &storage));
  mmd_proto_sink_t sink;
  mmd_proto_sink_init_memory(&sink, mmd_storage_mutable_data(storage), size);
  mmd_status_t status = mmd_proto_write(&mmd_onnx_model_message, model, &sink);
  if (status) {
    mmd_storage_release(storage);
    return status;
  }
  *out_storage = storage;
  return NULL;
}
