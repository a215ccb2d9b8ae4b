// SPDX-License-Identifier: Apache-2.0
#include <string.h>

#include "base/alloc.h"
#include "base/checked.h"
#include "formats/onnx/proto.h"

enum { WIRE_VARINT = 0, WIRE_FIXED64 = 1, WIRE_BYTES = 2, WIRE_FIXED32 = 5 };

// Weights go out in pieces of this size, so that dropped pages follow closely.
enum { WEIGHT_BLOCK = 4 << 20 };

bool mmd_proto_bytes_equal(mmd_proto_bytes_t bytes, const char *text) {
  size_t size = strlen(text);
  return bytes.size == size && (size == 0 || memcmp(bytes.data, text, size) == 0);
}

mmd_proto_bytes_t mmd_proto_text(const char *text) {
  return (mmd_proto_bytes_t){(const uint8_t *)text, text ? strlen(text) : 0};
}

size_t mmd_proto_varint_size(uint64_t number) {
  size_t size = 1;
  while (number >>= 7) size++;
  return size;
}

size_t mmd_proto_varint_put(uint64_t number, uint8_t *text) {
  size_t size = 0;
  while (number >= 0x80) {
    text[size++] = (uint8_t)(number | 0x80);
    number >>= 7;
  }
  text[size++] = (uint8_t)number;
  return size;
}

static mmd_proto_messages_t list_of(const uint8_t *slot) {
  mmd_proto_messages_t list;
  memcpy(&list.count, slot, sizeof list.count);
  memcpy(&list.items, slot + offsetof(mmd_proto_messages_t, items), sizeof list.items);
  return list;
}

static const mmd_proto_header_t *header_of(const void *value) {
  return value;
}

static size_t tag_size(const mmd_proto_field_t *field) {
  return mmd_proto_varint_size((uint64_t)field->number << 3);
}

static bool add_block(size_t *io_size, const mmd_proto_field_t *field, size_t body) {
  size_t head = tag_size(field) + mmd_proto_varint_size(body);
  return mmd_checked_add(*io_size, head, io_size) && mmd_checked_add(*io_size, body, io_size);
}

static size_t packed_ints_size(mmd_proto_ints_t ints) {
  size_t size = 0;
  for (size_t i = 0; i < ints.count; i++) size += mmd_proto_varint_size((uint64_t)ints.items[i]);
  return size;
}

static mmd_proto_ints_t ints_of(const uint8_t *slot) {
  mmd_proto_messages_t list = list_of(slot);
  return (mmd_proto_ints_t){list.count, list.items};
}

static bool present(const void *value, const mmd_proto_field_t *field) {
  return (header_of(value)->has >> field->number & 1) != 0;
}

static bool measure_scalar(const void *value, const mmd_proto_field_t *field, const uint8_t *slot,
                           size_t *io_size) {
  if (!present(value, field)) return true;
  int64_t number;
  memcpy(&number, slot, sizeof number);
  size_t body = mmd_proto_varint_size((uint64_t)number);
  return mmd_checked_add(*io_size, tag_size(field) + body, io_size);
}

static bool measure_array(const mmd_proto_field_t *field, const uint8_t *slot, size_t *io_size) {
  mmd_proto_messages_t list = list_of(slot);
  if (list.count == 0) return true;
  if (field->kind == MMD_PROTO_STRINGS) {
    const mmd_proto_bytes_t *items = list.items;
    for (size_t i = 0; i < list.count; i++) {
      if (!add_block(io_size, field, items[i].size)) return false;
    }
    return true;
  }
  size_t body = field->kind == MMD_PROTO_INTS
                    ? packed_ints_size(ints_of(slot))
                    : list.count * (field->kind == MMD_PROTO_FLOATS ? 4u : 8u);
  if (field->packed) return add_block(io_size, field, body);
  return mmd_checked_add(*io_size, body + list.count * tag_size(field), io_size);
}

static mmd_status_t measure_nested(const mmd_proto_field_t *field, const uint8_t *slot,
                                   size_t *io_size) {
  mmd_proto_messages_t list = {1, NULL};
  if (field->kind == MMD_PROTO_MESSAGES) {
    list = list_of(slot);
  } else {
    memcpy(&list.items, slot, sizeof list.items);
    if (!list.items) return NULL;
  }
  for (size_t i = 0; i < list.count; i++) {
    size_t body = 0;
    MMD_TRY(
        mmd_proto_measure(field->message, (uint8_t *)list.items + i * field->message->size, &body));
    if (!add_block(io_size, field, body))
      return MMD_ERROR(MMD_OUT_OF_RANGE, "the model is too large");
  }
  return NULL;
}

static mmd_status_t measure_field(const void *value, const mmd_proto_field_t *field,
                                  size_t *io_size) {
  const uint8_t *slot = (const uint8_t *)value + field->offset;
  bool ok = true;
  switch (field->kind) {
    case MMD_PROTO_INT:
      ok = measure_scalar(value, field, slot, io_size);
      break;
    case MMD_PROTO_FLOAT:
      ok = !present(value, field) || mmd_checked_add(*io_size, tag_size(field) + 4, io_size);
      break;
    case MMD_PROTO_BYTES: {
      mmd_proto_bytes_t bytes;
      memcpy(&bytes, slot, sizeof bytes);
      ok = !bytes.data || add_block(io_size, field, bytes.size);
      break;
    }
    case MMD_PROTO_TENSOR: {
      const mmd_tensor_t *tensor;
      memcpy(&tensor, slot, sizeof tensor);
      ok = !tensor || add_block(io_size, field, mmd_tensor_byte_size(tensor));
      break;
    }
    case MMD_PROTO_MESSAGE:
    case MMD_PROTO_MESSAGES:
      return measure_nested(field, slot, io_size);
    default:
      ok = measure_array(field, slot, io_size);
      break;
  }
  return ok ? NULL : MMD_ERROR(MMD_OUT_OF_RANGE, "the model is too large");
}

mmd_status_t mmd_proto_measure(const mmd_proto_message_t *message, void *value, size_t *out_size) {
  size_t size = header_of(value)->unknown.size;
  for (size_t i = 0; i < message->field_count; i++) {
    MMD_TRY(measure_field(value, &message->fields[i], &size));
  }
  ((mmd_proto_header_t *)value)->size = size;
  *out_size = size;
  return NULL;
}

void mmd_proto_sink_init_file(mmd_proto_sink_t *sink, mmd_writer_t *writer) {
  sink->writer = writer;
  sink->memory = NULL;
  sink->position = sink->capacity = sink->pending = 0;
}

void mmd_proto_sink_init_memory(mmd_proto_sink_t *sink, uint8_t *memory, size_t capacity) {
  sink->writer = NULL;
  sink->memory = memory;
  sink->position = sink->pending = 0;
  sink->capacity = capacity;
}

mmd_status_t mmd_proto_sink_flush(mmd_proto_sink_t *sink) {
  if (!sink->writer || sink->pending == 0) return NULL;
  size_t size = sink->pending;
  sink->pending = 0;
  return mmd_writer_write(sink->writer, sink->buffer, size);
}

mmd_status_t mmd_proto_sink_put(mmd_proto_sink_t *sink, const void *data, size_t size) {
  if (size == 0) return NULL;
  if (sink->memory) {
    if (size > sink->capacity - sink->position) {
      return MMD_ERROR(MMD_INTERNAL, "the model grew between measuring and writing");
    }
    memcpy(sink->memory + sink->position, data, size);
  } else if (size > sizeof sink->buffer - sink->pending) {
    MMD_TRY(mmd_proto_sink_flush(sink));
    if (size >= sizeof sink->buffer) {
      MMD_TRY(mmd_writer_write(sink->writer, data, size));
    } else {
      memcpy(sink->buffer, data, size);
      sink->pending = size;
    }
  } else {
    memcpy(sink->buffer + sink->pending, data, size);
    sink->pending += size;
  }
  sink->position += size;
  return NULL;
}

static mmd_status_t put_packed(mmd_proto_sink_t *sink, const mmd_tensor_t *tensor) {
  const uint8_t *data = mmd_tensor_data(tensor);
  size_t size = mmd_tensor_byte_size(tensor);
  for (size_t done = 0; done < size;) {
    size_t piece = size - done < WEIGHT_BLOCK ? size - done : WEIGHT_BLOCK;
    MMD_TRY(mmd_proto_sink_put(sink, data + done, piece));
    mmd_storage_drop_pages(tensor->storage, tensor->offset + done, piece);
    done += piece;
  }
  return NULL;
}

// Gathers along the last axis and steps through the others like an odometer.
static mmd_status_t put_strided(mmd_proto_sink_t *sink, const mmd_tensor_t *tensor) {
  size_t width = mmd_dtype_size(tensor->dtype);
  const uint8_t *data = mmd_tensor_data(tensor);
  int last = tensor->shape.rank - 1;
  int64_t index[MMD_MAX_RANK] = {0};
  uint8_t block[4096];
  size_t filled = 0;
  size_t rows = mmd_tensor_count(tensor) / (size_t)tensor->shape.dims[last];
  for (size_t row = 0; row < rows; row++) {
    int64_t base = 0;
    for (int axis = 0; axis < last; axis++) base += index[axis] * tensor->strides[axis];
    for (int64_t i = 0; i < tensor->shape.dims[last]; i++) {
      size_t at = (size_t)(base + i * tensor->strides[last]) * width;
      memcpy(block + filled, data + at, width);
      filled += width;
      if (filled + width > sizeof block) {
        MMD_TRY(mmd_proto_sink_put(sink, block, filled));
        filled = 0;
      }
    }
    for (int axis = last - 1; axis >= 0; axis--) {
      if (++index[axis] < tensor->shape.dims[axis]) break;
      index[axis] = 0;
    }
  }
  MMD_TRY(mmd_proto_sink_put(sink, block, filled));
  mmd_storage_drop_pages(tensor->storage, 0, mmd_storage_size(tensor->storage));
  return NULL;
}

mmd_status_t mmd_proto_sink_put_tensor(mmd_proto_sink_t *sink, const mmd_tensor_t *tensor) {
  if (mmd_tensor_byte_size(tensor) == 0) return NULL;
  if (mmd_tensor_is_contiguous(tensor)) return put_packed(sink, tensor);
  if (mmd_dtype_size(tensor->dtype) == 0) {
    return MMD_ERROR(MMD_INTERNAL, "a strided tensor of %s cannot be written",
                     mmd_dtype_name(tensor->dtype));
  }
  return put_strided(sink, tensor);
}

static mmd_status_t put_varint(mmd_proto_sink_t *sink, uint64_t number) {
  uint8_t text[10];
  return mmd_proto_sink_put(sink, text, mmd_proto_varint_put(number, text));
}

static mmd_status_t put_tag(mmd_proto_sink_t *sink, const mmd_proto_field_t *field, unsigned wire) {
  return put_varint(sink, (uint64_t)field->number << 3 | wire);
}

static mmd_status_t put_head(mmd_proto_sink_t *sink, const mmd_proto_field_t *field, size_t size) {
  MMD_TRY(put_tag(sink, field, WIRE_BYTES));
  return put_varint(sink, size);
}

static mmd_status_t put_ints(mmd_proto_sink_t *sink, const mmd_proto_field_t *field,
                             mmd_proto_ints_t ints) {
  if (field->packed) MMD_TRY(put_head(sink, field, packed_ints_size(ints)));
  for (size_t i = 0; i < ints.count; i++) {
    if (!field->packed) MMD_TRY(put_tag(sink, field, WIRE_VARINT));
    MMD_TRY(put_varint(sink, (uint64_t)ints.items[i]));
  }
  return NULL;
}

static mmd_status_t put_numbers(mmd_proto_sink_t *sink, const mmd_proto_field_t *field,
                                mmd_proto_messages_t list) {
  size_t width = field->kind == MMD_PROTO_FLOATS ? 4 : 8;
  if (field->packed) {
    MMD_TRY(put_head(sink, field, list.count * width));
    return mmd_proto_sink_put(sink, list.items, list.count * width);
  }
  for (size_t i = 0; i < list.count; i++) {
    MMD_TRY(put_tag(sink, field, width == 4 ? WIRE_FIXED32 : WIRE_FIXED64));
    MMD_TRY(mmd_proto_sink_put(sink, (const uint8_t *)list.items + i * width, width));
  }
  return NULL;
}

static mmd_status_t put_array(mmd_proto_sink_t *sink, const mmd_proto_field_t *field,
                              const uint8_t *slot) {
  mmd_proto_messages_t list = list_of(slot);
  if (list.count == 0) return NULL;
  if (field->kind == MMD_PROTO_INTS) return put_ints(sink, field, ints_of(slot));
  if (field->kind != MMD_PROTO_STRINGS) return put_numbers(sink, field, list);
  const mmd_proto_bytes_t *items = list.items;
  for (size_t i = 0; i < list.count; i++) {
    MMD_TRY(put_head(sink, field, items[i].size));
    MMD_TRY(mmd_proto_sink_put(sink, items[i].data, items[i].size));
  }
  return NULL;
}

static mmd_status_t put_nested(mmd_proto_sink_t *sink, const mmd_proto_field_t *field,
                               const uint8_t *slot) {
  mmd_proto_messages_t list = {1, NULL};
  if (field->kind == MMD_PROTO_MESSAGES) {
    list = list_of(slot);
  } else {
    memcpy(&list.items, slot, sizeof list.items);
    if (!list.items) return NULL;
  }
  for (size_t i = 0; i < list.count; i++) {
    const uint8_t *nested = (const uint8_t *)list.items + i * field->message->size;
    MMD_TRY(put_head(sink, field, header_of(nested)->size));
    MMD_TRY(mmd_proto_write(field->message, nested, sink));
  }
  return NULL;
}

static mmd_status_t put_bytes(mmd_proto_sink_t *sink, const mmd_proto_field_t *field,
                              const uint8_t *slot) {
  if (field->kind == MMD_PROTO_TENSOR) {
    const mmd_tensor_t *tensor;
    memcpy(&tensor, slot, sizeof tensor);
    if (!tensor) return NULL;
    MMD_TRY(put_head(sink, field, mmd_tensor_byte_size(tensor)));
    return mmd_proto_sink_put_tensor(sink, tensor);
  }
  mmd_proto_bytes_t bytes;
  memcpy(&bytes, slot, sizeof bytes);
  if (!bytes.data) return NULL;
  MMD_TRY(put_head(sink, field, bytes.size));
  return mmd_proto_sink_put(sink, bytes.data, bytes.size);
}

static mmd_status_t put_scalar(mmd_proto_sink_t *sink, const mmd_proto_field_t *field,
                               const uint8_t *slot) {
  if (field->kind == MMD_PROTO_FLOAT) {
    MMD_TRY(put_tag(sink, field, WIRE_FIXED32));
    return mmd_proto_sink_put(sink, slot, sizeof(float));
  }
  int64_t number;
  memcpy(&number, slot, sizeof number);
  MMD_TRY(put_tag(sink, field, WIRE_VARINT));
  return put_varint(sink, (uint64_t)number);
}

mmd_status_t mmd_proto_write(const mmd_proto_message_t *message, const void *value,
                             mmd_proto_sink_t *sink) {
  for (size_t i = 0; i < message->field_count; i++) {
    const mmd_proto_field_t *field = &message->fields[i];
    const uint8_t *slot = (const uint8_t *)value + field->offset;
    switch (field->kind) {
      case MMD_PROTO_INT:
      case MMD_PROTO_FLOAT:
        if (present(value, field)) MMD_TRY(put_scalar(sink, field, slot));
        break;
      case MMD_PROTO_BYTES:
      case MMD_PROTO_TENSOR:
        MMD_TRY(put_bytes(sink, field, slot));
        break;
      case MMD_PROTO_MESSAGE:
      case MMD_PROTO_MESSAGES:
        MMD_TRY(put_nested(sink, field, slot));
        break;
      default:
        MMD_TRY(put_array(sink, field, slot));
        break;
    }
  }
  mmd_proto_bytes_t unknown = header_of(value)->unknown;
  return mmd_proto_sink_put(sink, unknown.data, unknown.size);
}

mmd_status_t mmd_proto_append_field(uint32_t number, const mmd_proto_message_t *message,
                                    void *value, mmd_str_t *out_bytes) {
  size_t size = 0;
  MMD_TRY(mmd_proto_measure(message, value, &size));
  uint8_t head[20];
  size_t used = mmd_proto_varint_put((uint64_t)number << 3 | WIRE_BYTES, head);
  used += mmd_proto_varint_put(size, head + used);
  MMD_TRY(mmd_str_append_n(out_bytes, (const char *)head, used));
  // Reserve, then write in place.
  if (size > SIZE_MAX - out_bytes->size - 1) return mmd_status_no_memory();
  MMD_TRY(MMD_GROW(out_bytes->data, out_bytes->capacity, out_bytes->size + size + 1));
  mmd_proto_sink_t sink;
  mmd_proto_sink_init_memory(&sink, (uint8_t *)out_bytes->data + out_bytes->size, size);
  MMD_TRY(mmd_proto_write(message, value, &sink));
  out_bytes->size += size;
  out_bytes->data[out_bytes->size] = '\0';
  return NULL;
}
