// SPDX-License-Identifier: Apache-2.0
//
// Stand-alone values: the input_0.pb files of data sets.
#include <string.h>

#include "base/alloc.h"
#include "formats/onnx/tensor_data.h"

void mmd_onnx_value_deinit(mmd_onnx_value_t *value) {
  for (size_t i = 0; i < value->count; i++) mmd_onnx_value_deinit(&value->items[i]);
  mmd_free(value->items);
  mmd_tensor_deinit(&value->tensor);
  memset(value, 0, sizeof *value);
}

static mmd_status_t make_sequence(const mmd_onnx_sequence_t *proto, mmd_onnx_source_t *source,
                                  mmd_onnx_value_t *out_value);

static mmd_status_t make_tensor(const mmd_onnx_tensor_t *proto, mmd_onnx_source_t *source,
                                mmd_onnx_value_t *out_value) {
  MMD_TRY(mmd_onnx_tensor_make(proto, source, &out_value->tensor));
  out_value->kind = MMD_ONNX_VALUE_TENSOR;
  return NULL;
}

// Nesting is bounded by the parser.
static mmd_status_t make_optional(const mmd_onnx_optional_t *proto, mmd_onnx_source_t *source,
                                  mmd_onnx_value_t *out_value) {
  if (proto->tensor_value) return make_tensor(proto->tensor_value, source, out_value);
  if (proto->sequence_value) return make_sequence(proto->sequence_value, source, out_value);
  if (proto->optional_value) return make_optional(proto->optional_value, source, out_value);
  if (proto->header.unknown.size > 0) {
    return MMD_ERROR(MMD_NOT_SUPPORTED, "an optional of element type %lld",
                     (long long)proto->elem_type);
  }
  out_value->kind = MMD_ONNX_VALUE_NONE;
  return NULL;
}

static mmd_status_t make_item(const mmd_onnx_sequence_t *proto, size_t i, mmd_onnx_source_t *source,
                              mmd_onnx_value_t *out_value) {
  if (i < proto->tensor_values.count) {
    return make_tensor(&proto->tensor_values.items[i], source, out_value);
  }
  i -= proto->tensor_values.count;
  if (i < proto->sequence_values.count) {
    return make_sequence(&proto->sequence_values.items[i], source, out_value);
  }
  return make_optional(&proto->optional_values.items[i - proto->sequence_values.count], source,
                       out_value);
}

static mmd_status_t make_sequence(const mmd_onnx_sequence_t *proto, mmd_onnx_source_t *source,
                                  mmd_onnx_value_t *out_value) {
  if (proto->header.unknown.size > 0) {
    return MMD_ERROR(MMD_NOT_SUPPORTED, "a sequence of element type %lld",
                     (long long)proto->elem_type);
  }
  out_value->kind = MMD_ONNX_VALUE_SEQUENCE;
  size_t count =
      proto->tensor_values.count + proto->sequence_values.count + proto->optional_values.count;
  if (count == 0) return NULL;
  out_value->items = mmd_alloc_array(count, sizeof *out_value->items);
  MMD_TRY_ALLOC(out_value->items);
  out_value->count = count;
  for (size_t i = 0; i < count; i++) {
    MMD_TRY(mmd_status_annotate(make_item(proto, i, source, &out_value->items[i]), "item %zu", i));
  }
  return NULL;
}

static mmd_status_t make_value(mmd_onnx_value_kind_t kind, const void *message,
                               mmd_onnx_source_t *source, mmd_onnx_value_t *out_value) {
  if (kind == MMD_ONNX_VALUE_SEQUENCE) return make_sequence(message, source, out_value);
  if (kind == MMD_ONNX_VALUE_OPTIONAL) return make_optional(message, source, out_value);
  return make_tensor(message, source, out_value);
}

mmd_status_t mmd_onnx_value_read(mmd_storage_t *storage, mmd_onnx_value_kind_t kind,
                                 mmd_onnx_value_t *out_value) {
  const mmd_proto_message_t *message = &mmd_onnx_tensor_message;
  if (kind == MMD_ONNX_VALUE_SEQUENCE) message = &mmd_onnx_sequence_message;
  if (kind == MMD_ONNX_VALUE_OPTIONAL) message = &mmd_onnx_optional_message;
  mmd_onnx_source_t source = {.storage = storage};
  mmd_arena_t arena;
  mmd_arena_init(&arena);
  mmd_onnx_value_t value = {.kind = MMD_ONNX_VALUE_NONE};
  void *proto = NULL;
  mmd_status_t status = mmd_proto_parse(message, mmd_storage_data(storage),
                                        mmd_storage_size(storage), &arena, &proto);
  if (!status) status = make_value(kind, proto, &source, &value);
  mmd_arena_deinit(&arena);
  mmd_onnx_source_deinit(&source);
  if (status) {
    mmd_onnx_value_deinit(&value);
    return status;
  }
  *out_value = value;
  return NULL;
}

mmd_status_t mmd_onnx_value_load(const char *path, mmd_onnx_value_kind_t kind,
                                 mmd_onnx_value_t *out_value) {
  mmd_storage_t *storage = NULL;
  MMD_TRY(mmd_storage_map_file(path, &storage));
  mmd_status_t status = mmd_onnx_value_read(storage, kind, out_value);
  mmd_storage_release(storage);
  return mmd_status_annotate(status, "%s", path);
}

mmd_status_t mmd_onnx_tensor_load(const char *path, mmd_tensor_t *out_tensor) {
  mmd_onnx_value_t value;
  MMD_TRY(mmd_onnx_value_load(path, MMD_ONNX_VALUE_TENSOR, &value));
  *out_tensor = value.tensor;
  return NULL;
}
