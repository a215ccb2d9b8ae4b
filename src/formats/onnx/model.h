// SPDX-License-Identifier: Apache-2.0
//
// The messages of ONNX files as structs (field numbers of onnx.proto and onnx-data.proto, IR 10).
// Numbers of a field that may be absent need their bit in header.has, see MMD_ONNX_BIT.
#ifndef MMD_FORMATS_ONNX_MODEL_H_
#define MMD_FORMATS_ONNX_MODEL_H_

#include "formats/onnx/proto.h"

#define MMD_ONNX_BIT(number) ((uint64_t)1 << (number))
#define MMD_ONNX_HAS(message, number) (((message)->header.has & MMD_ONNX_BIT(number)) != 0)

// The typed array of a repeated message field.
#define MMD_ONNX_LIST(type) \
  struct {                  \
    size_t count;           \
    type *items;            \
  }

typedef struct mmd_onnx_graph mmd_onnx_graph_t;
typedef struct mmd_onnx_type mmd_onnx_type_t;
typedef struct mmd_onnx_sequence mmd_onnx_sequence_t;
typedef struct mmd_onnx_optional mmd_onnx_optional_t;

typedef struct mmd_onnx_entry {  // StringStringEntryProto
  mmd_proto_header_t header;
  mmd_proto_bytes_t key, value;
} mmd_onnx_entry_t;

typedef struct mmd_onnx_opset {  // OperatorSetIdProto
  mmd_proto_header_t header;
  mmd_proto_bytes_t domain;
  int64_t version;
} mmd_onnx_opset_t;
enum { MMD_ONNX_OPSET_VERSION = 2 };

typedef struct mmd_onnx_tensor {  // TensorProto
  mmd_proto_header_t header;
  mmd_proto_ints_t dims;
  int64_t data_type;
  mmd_proto_bytes_t segment;  // kept raw
  mmd_proto_numbers_t float_data;
  mmd_proto_ints_t int32_data;
  mmd_proto_strings_t string_data;
  mmd_proto_ints_t int64_data;
  mmd_proto_bytes_t name;
  mmd_proto_bytes_t doc_string;
  mmd_proto_bytes_t raw_data;
  const mmd_tensor_t *raw_tensor;  // writing: raw_data streamed from here instead
  mmd_proto_numbers_t double_data;
  mmd_proto_ints_t uint64_data;
  MMD_ONNX_LIST(mmd_onnx_entry_t) external_data;
  int64_t data_location;
  MMD_ONNX_LIST(mmd_onnx_entry_t) metadata_props;
} mmd_onnx_tensor_t;
enum { MMD_ONNX_TENSOR_DATA_TYPE = 2, MMD_ONNX_TENSOR_DATA_LOCATION = 14 };

typedef struct mmd_onnx_sparse_tensor {  // SparseTensorProto
  mmd_proto_header_t header;
  mmd_onnx_tensor_t *values, *indices;
  mmd_proto_ints_t dims;
} mmd_onnx_sparse_tensor_t;

typedef struct mmd_onnx_dim {  // TensorShapeProto.Dimension
  mmd_proto_header_t header;
  int64_t dim_value;
  mmd_proto_bytes_t dim_param, denotation;
} mmd_onnx_dim_t;
enum { MMD_ONNX_DIM_VALUE = 1 };

typedef struct mmd_onnx_shape {  // TensorShapeProto
  mmd_proto_header_t header;
  MMD_ONNX_LIST(mmd_onnx_dim_t) dim;
} mmd_onnx_shape_t;

typedef struct mmd_onnx_tensor_type {  // TypeProto.Tensor and .SparseTensor
  mmd_proto_header_t header;
  int64_t elem_type;
  mmd_onnx_shape_t *shape;
} mmd_onnx_tensor_type_t;
enum { MMD_ONNX_TENSOR_TYPE_ELEM = 1 };

typedef struct mmd_onnx_element_type {  // TypeProto.Sequence and .Optional
  mmd_proto_header_t header;
  mmd_onnx_type_t *elem_type;
} mmd_onnx_element_type_t;

typedef struct mmd_onnx_map_type {  // TypeProto.Map
  mmd_proto_header_t header;
  int64_t key_type;
  mmd_onnx_type_t *value_type;
} mmd_onnx_map_type_t;

struct mmd_onnx_type {  // TypeProto
  mmd_proto_header_t header;
  mmd_onnx_tensor_type_t *tensor_type;
  mmd_onnx_element_type_t *sequence_type;
  mmd_onnx_map_type_t *map_type;
  mmd_proto_bytes_t denotation;
  mmd_onnx_tensor_type_t *sparse_tensor_type;
  mmd_onnx_element_type_t *optional_type;
};

typedef struct mmd_onnx_value_info {  // ValueInfoProto
  mmd_proto_header_t header;
  mmd_proto_bytes_t name;
  mmd_onnx_type_t *type;
  mmd_proto_bytes_t doc_string;
  MMD_ONNX_LIST(mmd_onnx_entry_t) metadata_props;
} mmd_onnx_value_info_t;
typedef MMD_ONNX_LIST(mmd_onnx_value_info_t) mmd_onnx_value_infos_t;

typedef enum mmd_onnx_attr_type_t {
  MMD_ONNX_ATTR_UNDEFINED = 0,
  MMD_ONNX_ATTR_FLOAT = 1,
  MMD_ONNX_ATTR_INT = 2,
  MMD_ONNX_ATTR_STRING = 3,
  MMD_ONNX_ATTR_TENSOR = 4,
  MMD_ONNX_ATTR_GRAPH = 5,
  MMD_ONNX_ATTR_FLOATS = 6,
  MMD_ONNX_ATTR_INTS = 7,
  MMD_ONNX_ATTR_STRINGS = 8,
  MMD_ONNX_ATTR_TENSORS = 9,
  MMD_ONNX_ATTR_GRAPHS = 10,
  MMD_ONNX_ATTR_SPARSE_TENSOR = 11,
  MMD_ONNX_ATTR_SPARSE_TENSORS = 12,
  MMD_ONNX_ATTR_TYPE_PROTO = 13,
  MMD_ONNX_ATTR_TYPE_PROTOS = 14,
} mmd_onnx_attr_type_t;

typedef struct mmd_onnx_attr {  // AttributeProto
  mmd_proto_header_t header;
  mmd_proto_bytes_t name;
  float f;
  int64_t i;
  mmd_proto_bytes_t s;
  mmd_onnx_tensor_t *t;
  mmd_onnx_graph_t *g;
  mmd_proto_numbers_t floats;
  mmd_proto_ints_t ints;
  mmd_proto_strings_t strings;
  MMD_ONNX_LIST(mmd_onnx_tensor_t) tensors;
  MMD_ONNX_LIST(mmd_onnx_graph_t) graphs;
  mmd_proto_bytes_t doc_string;
  mmd_onnx_type_t *tp;
  MMD_ONNX_LIST(mmd_onnx_type_t) type_protos;
  int64_t type;
  mmd_proto_bytes_t ref_attr_name;
  mmd_onnx_sparse_tensor_t *sparse_tensor;
  MMD_ONNX_LIST(mmd_onnx_sparse_tensor_t) sparse_tensors;
} mmd_onnx_attr_t;
enum { MMD_ONNX_ATTR_F = 2, MMD_ONNX_ATTR_I = 3, MMD_ONNX_ATTR_TYPE = 20 };

typedef struct mmd_onnx_node {  // NodeProto
  mmd_proto_header_t header;
  mmd_proto_strings_t input, output;
  mmd_proto_bytes_t name, op_type;
  MMD_ONNX_LIST(mmd_onnx_attr_t) attribute;
  mmd_proto_bytes_t doc_string, domain, overload;
  MMD_ONNX_LIST(mmd_onnx_entry_t) metadata_props;
} mmd_onnx_node_t;

// TensorAnnotation; stays among the unknown fields of a graph, and has a message for renaming.
typedef struct mmd_onnx_annotation {
  mmd_proto_header_t header;
  mmd_proto_bytes_t tensor_name;
  MMD_ONNX_LIST(mmd_onnx_entry_t) quant_parameter_tensor_names;
} mmd_onnx_annotation_t;
enum { MMD_ONNX_GRAPH_ANNOTATION = 14 };

struct mmd_onnx_graph {  // GraphProto
  mmd_proto_header_t header;
  MMD_ONNX_LIST(mmd_onnx_node_t) node;
  mmd_proto_bytes_t name;
  MMD_ONNX_LIST(mmd_onnx_tensor_t) initializer;
  mmd_proto_bytes_t doc_string;
  MMD_ONNX_LIST(mmd_onnx_value_info_t) input;
  MMD_ONNX_LIST(mmd_onnx_value_info_t) output;
  mmd_onnx_value_infos_t value_info;
  MMD_ONNX_LIST(mmd_onnx_sparse_tensor_t) sparse_initializer;
};

typedef struct mmd_onnx_function {  // FunctionProto
  mmd_proto_header_t header;
  mmd_proto_bytes_t name;
  mmd_proto_strings_t input, output, attribute;
  MMD_ONNX_LIST(mmd_onnx_node_t) node;
  mmd_proto_bytes_t doc_string;
  MMD_ONNX_LIST(mmd_onnx_opset_t) opset_import;
  mmd_proto_bytes_t domain;
  MMD_ONNX_LIST(mmd_onnx_attr_t) attribute_proto;
  mmd_onnx_value_infos_t value_info;
  mmd_proto_bytes_t overload;
} mmd_onnx_function_t;

typedef struct mmd_onnx_model {  // ModelProto; training_info is among the unknown fields
  mmd_proto_header_t header;
  int64_t ir_version;
  mmd_proto_bytes_t producer_name, producer_version, domain;
  int64_t model_version;
  mmd_proto_bytes_t doc_string;
  mmd_onnx_graph_t *graph;
  MMD_ONNX_LIST(mmd_onnx_opset_t) opset_import;
  MMD_ONNX_LIST(mmd_onnx_entry_t) metadata_props;
  MMD_ONNX_LIST(mmd_onnx_function_t) functions;
} mmd_onnx_model_t;
enum { MMD_ONNX_MODEL_IR_VERSION = 1, MMD_ONNX_MODEL_VERSION = 5, MMD_ONNX_MODEL_GRAPH = 7 };

// SequenceProto; elem_type: 1 tensor, 2 sparse tensor, 3 sequence, 4 map, 5 optional.
struct mmd_onnx_sequence {
  mmd_proto_header_t header;
  mmd_proto_bytes_t name;
  int64_t elem_type;
  MMD_ONNX_LIST(mmd_onnx_tensor_t) tensor_values;
  MMD_ONNX_LIST(mmd_onnx_sequence_t) sequence_values;
  MMD_ONNX_LIST(mmd_onnx_optional_t) optional_values;
};

struct mmd_onnx_optional {  // OptionalProto
  mmd_proto_header_t header;
  mmd_proto_bytes_t name;
  int64_t elem_type;
  mmd_onnx_tensor_t *tensor_value;
  mmd_onnx_sequence_t *sequence_value;
  mmd_onnx_optional_t *optional_value;
};

extern const mmd_proto_message_t mmd_onnx_model_message;
extern const mmd_proto_message_t mmd_onnx_node_message;
extern const mmd_proto_message_t mmd_onnx_attr_message;
extern const mmd_proto_message_t mmd_onnx_graph_message;
extern const mmd_proto_message_t mmd_onnx_annotation_message;
extern const mmd_proto_message_t mmd_onnx_tensor_message;
extern const mmd_proto_message_t mmd_onnx_value_info_message;
extern const mmd_proto_message_t mmd_onnx_sequence_message;
extern const mmd_proto_message_t mmd_onnx_optional_message;
extern const mmd_proto_message_t mmd_onnx_entry_message;

// All structs live in |arena| and point into |data|.
mmd_status_t mmd_onnx_model_parse(const uint8_t *data, size_t size, mmd_arena_t *arena,
                                  mmd_onnx_model_t **out_model) MMD_MUST_USE;
mmd_status_t mmd_onnx_tensor_parse(const uint8_t *data, size_t size, mmd_arena_t *arena,
                                   mmd_onnx_tensor_t **out_tensor) MMD_MUST_USE;

// Writing measures the whole model first and streams it then; models of 2 GiB and more are refused.
mmd_status_t mmd_onnx_model_write(mmd_onnx_model_t *model, mmd_writer_t *writer) MMD_MUST_USE;
mmd_status_t mmd_onnx_model_write_memory(mmd_onnx_model_t *model,
                                         mmd_storage_t **out_storage) MMD_MUST_USE;

#endif  // MMD_FORMATS_ONNX_MODEL_H_
