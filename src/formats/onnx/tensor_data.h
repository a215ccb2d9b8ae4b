// SPDX-License-Identifier: Apache-2.0
//
// TensorProto to mmd_tensor_t. Raw data and packed floats become views into the storage that was
// parsed, or into the mapped external file; the rest is converted.
#ifndef MMD_FORMATS_ONNX_TENSOR_DATA_H_
#define MMD_FORMATS_ONNX_TENSOR_DATA_H_

#include "base/map.h"
#include "base/storage.h"
#include "formats/onnx/model.h"

// Where the bytes of a model lie.
typedef struct mmd_onnx_source_t {
  mmd_storage_t *storage;  // borrowed: what the messages point into
  const char *directory;   // of external data; NULL = external data is refused
  const char *path;        // of the model, or NULL
  size_t dense_limit;      // bytes of one expanded sparse tensor, 0 = 1 GiB
  mmd_map_t *externals;    // location -> mmd_storage_t *, made on first use
} mmd_onnx_source_t;

void mmd_onnx_source_deinit(mmd_onnx_source_t *source);
uint64_t mmd_onnx_source_external_bytes(const mmd_onnx_source_t *source);  // of files in use
// The name of the external file of |proto|; absent when its data are in the model.
mmd_proto_bytes_t mmd_onnx_tensor_location(const mmd_onnx_tensor_t *proto);

// Errors name neither tensor nor file: the caller knows more.
mmd_status_t mmd_onnx_tensor_make(const mmd_onnx_tensor_t *proto, mmd_onnx_source_t *source,
                                  mmd_tensor_t *out_tensor) MMD_MUST_USE;
// Expanded: zeros (empty strings are not supported) where no value stands.
mmd_status_t mmd_onnx_sparse_make(const mmd_onnx_sparse_tensor_t *proto, mmd_onnx_source_t *source,
                                  mmd_tensor_t *out_tensor) MMD_MUST_USE;

// A file of a data set: TensorProto, SequenceProto or OptionalProto alone.
typedef enum mmd_onnx_value_kind_t {
  MMD_ONNX_VALUE_NONE,  // an empty optional
  MMD_ONNX_VALUE_TENSOR,
  MMD_ONNX_VALUE_SEQUENCE,
  MMD_ONNX_VALUE_OPTIONAL,  // to ask for only; an optional that holds something reads as that
} mmd_onnx_value_kind_t;

typedef struct mmd_onnx_value {
  mmd_onnx_value_kind_t kind;
  mmd_tensor_t tensor;
  size_t count;
  struct mmd_onnx_value *items;
} mmd_onnx_value_t;

mmd_status_t mmd_onnx_value_load(const char *path, mmd_onnx_value_kind_t kind,
                                 mmd_onnx_value_t *out_value) MMD_MUST_USE;
mmd_status_t mmd_onnx_value_read(mmd_storage_t *storage, mmd_onnx_value_kind_t kind,
                                 mmd_onnx_value_t *out_value) MMD_MUST_USE;
void mmd_onnx_value_deinit(mmd_onnx_value_t *value);

// A tensor file alone.
mmd_status_t mmd_onnx_tensor_load(const char *path, mmd_tensor_t *out_tensor) MMD_MUST_USE;

#endif  // MMD_FORMATS_ONNX_TENSOR_DATA_H_
