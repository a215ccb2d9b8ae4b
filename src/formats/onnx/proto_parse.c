// SPDX-License-Identifier: Apache-2.0
#include <string.h>

#include "formats/onnx/proto.h"

enum { WIRE_VARINT = 0, WIRE_FIXED64 = 1, WIRE_BYTES = 2, WIRE_FIXED32 = 5 };

// The message being read, and the way to it, for messages to people.
typedef struct frame {
  const struct frame *parent;
  const mmd_proto_field_t *field;  // of the parent; NULL at the top
  size_t index;                    // in a repeated field
  const mmd_proto_message_t *message;
  uint8_t *value;
  unsigned depth;
} frame_t;

typedef struct parser {
  mmd_arena_t *arena;
  const uint8_t *begin;
} parser_t;

// One field as it stands in the file.
typedef struct item {
  const uint8_t *at;  // of the tag
  uint32_t number;
  unsigned wire;
  uint64_t varint;            // varint, fixed
  mmd_proto_bytes_t payload;  // bytes
} item_t;

static mmd_status_t describe(const frame_t *frame, mmd_str_t *out_text) {
  if (!frame->field) return NULL;
  MMD_TRY(describe(frame->parent, out_text));
  // Everything is in the graph of the model.
  if (frame->depth == 2 && frame->field->kind == MMD_PROTO_MESSAGE) return NULL;
  MMD_TRY(mmd_str_printf(out_text, " %s", frame->field->name));
  mmd_proto_bytes_t label = {NULL, 0};
  if (frame->message->label_offset > 0) {
    memcpy(&label, frame->value + frame->message->label_offset, sizeof label);
  }
  bool repeated = frame->field->kind == MMD_PROTO_MESSAGES;
  if (repeated && (frame->message->numbered || label.size == 0)) {
    MMD_TRY(mmd_str_printf(out_text, " %zu", frame->index));
  }
  if (label.size > 0) {
    int size = label.size > 200 ? 200 : (int)label.size;
    MMD_TRY(mmd_str_printf(out_text, " '%.*s'", size, (const char *)label.data));
  }
  return NULL;
}

// "byte 123: node 3 'Conv_0' field 'attribute': |message|"; |field| may be NULL.
static mmd_status_t fail(const parser_t *parser, const frame_t *frame, const uint8_t *at,
                         const mmd_proto_field_t *field, const char *message) {
  mmd_str_t where = {0};
  mmd_status_t status = describe(frame, &where);
  if (!status && field) status = mmd_str_printf(&where, " field '%s'", field->name);
  if (status) {
    mmd_status_free(status);
    mmd_str_deinit(&where);
    return mmd_status_no_memory();
  }
  const char *text = mmd_str_text(&where);
  status = MMD_ERROR(MMD_CORRUPT, "byte %zu:%s%s %s", (size_t)(at - parser->begin), text,
                     *text ? ":" : "", message);
  mmd_str_deinit(&where);
  return status;
}

static bool read_varint(const uint8_t **at, const uint8_t *end, uint64_t *out_number) {
  const uint8_t *p = *at;
  uint64_t number = 0;
  for (unsigned shift = 0; shift < 64 && p < end; shift += 7) {
    uint8_t byte = *p++;
    number |= (uint64_t)(byte & 0x7f) << shift;
    if (byte < 0x80) {
      *at = p;
      *out_number = number;
      return true;
    }
  }
  return false;
}

static uint64_t load_fixed(const uint8_t *data, size_t size) {
  uint64_t number = 0;
  for (size_t i = 0; i < size; i++) number |= (uint64_t)data[i] << (8 * i);
  return number;
}

// NULL, or what is wrong at |*at|.
static const char *read_item(const uint8_t **at, const uint8_t *end, item_t *out_item) {
  item_t item = {.at = *at};
  const uint8_t *p = *at;
  uint64_t tag;
  if (!read_varint(&p, end, &tag)) return "damaged field tag";
  if (tag >> 3 == 0 || tag >> 3 > 0x1fffffff) return "impossible field number";
  item.number = (uint32_t)(tag >> 3);
  item.wire = (unsigned)(tag & 7);
  if (item.wire == WIRE_VARINT) {
    if (!read_varint(&p, end, &item.varint)) return "damaged number";
  } else if (item.wire == WIRE_BYTES) {
    uint64_t size;
    if (!read_varint(&p, end, &size)) return "damaged length";
    if (size > (uint64_t)(end - p)) return "a field goes past the end of its message";
    item.payload = (mmd_proto_bytes_t){p, (size_t)size};
    p += size;
  } else if (item.wire == WIRE_FIXED32 || item.wire == WIRE_FIXED64) {
    size_t size = item.wire == WIRE_FIXED32 ? 4 : 8;
    if ((size_t)(end - p) < size) return "a number goes past the end of its message";
    item.varint = load_fixed(p, size);
    item.payload = (mmd_proto_bytes_t){p, size};
    p += size;
  } else {
    return "impossible field type";
  }
  *at = p;
  *out_item = item;
  return NULL;
}

bool mmd_proto_raw_next(mmd_proto_bytes_t *rest, mmd_proto_raw_field_t *out_field) {
  if (rest->size == 0) return false;
  const uint8_t *at = rest->data, *end = rest->data + rest->size;
  item_t item;
  if (read_item(&at, end, &item)) return false;
  *out_field = (mmd_proto_raw_field_t){
      item.number, item.wire, {item.at, (size_t)(at - item.at)}, item.payload};
  *rest = (mmd_proto_bytes_t){at, (size_t)(end - at)};
  return true;
}

static const mmd_proto_field_t *find_field(const mmd_proto_message_t *message, uint32_t number,
                                           size_t *out_index) {
  for (size_t i = 0; i < message->field_count; i++) {
    if (message->fields[i].number == number && message->fields[i].kind != MMD_PROTO_TENSOR) {
      *out_index = i;
      return &message->fields[i];
    }
  }
  return NULL;
}

static bool wire_fits(mmd_proto_kind_t kind, unsigned wire) {
  switch (kind) {
    case MMD_PROTO_INT:
      return wire == WIRE_VARINT;
    case MMD_PROTO_FLOAT:
      return wire == WIRE_FIXED32;
    case MMD_PROTO_INTS:
      return wire == WIRE_VARINT || wire == WIRE_BYTES;
    case MMD_PROTO_FLOATS:
      return wire == WIRE_FIXED32 || wire == WIRE_BYTES;
    case MMD_PROTO_DOUBLES:
      return wire == WIRE_FIXED64 || wire == WIRE_BYTES;
    default:
      return wire == WIRE_BYTES;
  }
}

// What the first pass over a message finds.
typedef struct survey {
  size_t items[MMD_PROTO_MAX_FIELDS];   // elements of repeated fields
  size_t fields[MMD_PROTO_MAX_FIELDS];  // how often the field stands there
  size_t unknown_size;
} survey_t;

static size_t count_varints(mmd_proto_bytes_t payload) {
  size_t count = 0;
  for (size_t i = 0; i < payload.size; i++) count += payload.data[i] < 0x80;
  return count;
}

static const char *count_item(const mmd_proto_field_t *field, const item_t *item,
                              size_t *io_count) {
  if (!wire_fits(field->kind, item->wire)) return "the field has another type than ONNX says";
  size_t width = field->kind == MMD_PROTO_FLOATS ? 4 : 8;
  if (field->kind == MMD_PROTO_INTS && item->wire == WIRE_BYTES) {
    *io_count += count_varints(item->payload);
  } else if (field->kind == MMD_PROTO_FLOATS || field->kind == MMD_PROTO_DOUBLES) {
    if (item->payload.size % width != 0) return "packed numbers end in the middle of one";
    *io_count += item->payload.size / width;
  } else {
    *io_count += 1;
  }
  return NULL;
}

static mmd_status_t survey_message(const parser_t *parser, const frame_t *frame,
                                   mmd_proto_bytes_t body, survey_t *out_survey) {
  const uint8_t *at = body.data, *end = body.data + body.size;
  while (at < end) {
    const uint8_t *begin = at;
    item_t item;
    const char *wrong = read_item(&at, end, &item);
    if (wrong) return fail(parser, frame, begin, NULL, wrong);
    size_t index;
    const mmd_proto_field_t *field = find_field(frame->message, item.number, &index);
    if (!field) {
      out_survey->unknown_size += (size_t)(at - begin);
      continue;
    }
    wrong = count_item(field, &item, &out_survey->items[index]);
    if (!wrong && field->kind == MMD_PROTO_MESSAGE && out_survey->fields[index] > 0) {
      wrong = "the field stands there twice";
    }
    if (wrong) return fail(parser, frame, begin, field, wrong);
    out_survey->fields[index]++;
    // The name first, for messages about what stands before it.
    if (field->kind == MMD_PROTO_BYTES && field->offset == frame->message->label_offset) {
      memcpy(frame->value + field->offset, &item.payload, sizeof item.payload);
    }
  }
  return NULL;
}

static size_t element_size(const mmd_proto_field_t *field) {
  switch (field->kind) {
    case MMD_PROTO_INTS:
      return sizeof(int64_t);
    case MMD_PROTO_FLOATS:
      return sizeof(float);
    case MMD_PROTO_DOUBLES:
      return sizeof(double);
    case MMD_PROTO_STRINGS:
      return sizeof(mmd_proto_bytes_t);
    case MMD_PROTO_MESSAGES:
      return field->message->size;
    default:
      return 0;
  }
}

// The repeated kinds all are a count followed by a pointer.
static void set_list(uint8_t *slot, size_t count, const void *items) {
  memcpy(slot, &count, sizeof count);
  memcpy(slot + offsetof(mmd_proto_messages_t, items), &items, sizeof items);
}

static uint8_t *list_items(const uint8_t *slot) {
  uint8_t *items;
  memcpy(&items, slot + offsetof(mmd_proto_messages_t, items), sizeof items);
  return items;
}

static mmd_status_t allocate_lists(parser_t *parser, const frame_t *frame, const survey_t *survey,
                                   uint8_t *value) {
  for (size_t i = 0; i < frame->message->field_count; i++) {
    const mmd_proto_field_t *field = &frame->message->fields[i];
    size_t size = element_size(field);
    if (size == 0 || survey->items[i] == 0) continue;
    // One packed run of floats stays where it is.
    bool in_place = (field->kind == MMD_PROTO_FLOATS || field->kind == MMD_PROTO_DOUBLES) &&
                    survey->fields[i] == 1;
    void *items = NULL;
    if (!in_place) {
      items = mmd_arena_alloc_array(parser->arena, survey->items[i], size);
      MMD_TRY_ALLOC(items);
    }
    set_list(value + field->offset, survey->items[i], items);
  }
  return NULL;
}

static mmd_status_t parse_message(parser_t *parser, const frame_t *frame, mmd_proto_bytes_t body,
                                  uint8_t *value);

static mmd_status_t parse_nested(parser_t *parser, const frame_t *parent,
                                 const mmd_proto_field_t *field, size_t index,
                                 mmd_proto_bytes_t body, uint8_t *value) {
  frame_t frame = {parent, field, index, field->message, value, parent->depth + 1};
  if (frame.depth > MMD_PROTO_MAX_DEPTH) {
    return MMD_ERROR(MMD_CORRUPT, "byte %zu: messages are nested more than %d deep",
                     (size_t)(body.data - parser->begin), MMD_PROTO_MAX_DEPTH);
  }
  return parse_message(parser, &frame, body, value);
}

static const char *store_ints(const item_t *item, int64_t *items, size_t *io_done) {
  if (item->wire == WIRE_VARINT) {
    items[(*io_done)++] = (int64_t)item->varint;
    return NULL;
  }
  const uint8_t *at = item->payload.data, *end = at + item->payload.size;
  while (at < end) {
    uint64_t number;
    if (!read_varint(&at, end, &number)) return "damaged number";
    items[(*io_done)++] = (int64_t)number;
  }
  return NULL;
}

static void store_numbers(const mmd_proto_field_t *field, const item_t *item, uint8_t *slot,
                          size_t *io_done) {
  size_t width = element_size(field);
  uint8_t *items = list_items(slot);
  if (!items) {
    set_list(slot, item->payload.size / width, item->payload.data);
    return;
  }
  memcpy(items + *io_done * width, item->payload.data, item->payload.size);
  *io_done += item->payload.size / width;
}

static mmd_status_t store_message(parser_t *parser, const frame_t *frame,
                                  const mmd_proto_field_t *field, const item_t *item, uint8_t *slot,
                                  size_t *io_done) {
  uint8_t *nested;
  if (field->kind == MMD_PROTO_MESSAGES) {
    nested = list_items(slot) + *io_done * field->message->size;
  } else {
    nested = mmd_arena_alloc(parser->arena, field->message->size);
    MMD_TRY_ALLOC(nested);
    memcpy(slot, &nested, sizeof nested);
  }
  return parse_nested(parser, frame, field, (*io_done)++, item->payload, nested);
}

static mmd_status_t store_item(parser_t *parser, const frame_t *frame,
                               const mmd_proto_field_t *field, const item_t *item, uint8_t *value,
                               size_t *io_done) {
  uint8_t *slot = value + field->offset;
  switch (field->kind) {
    case MMD_PROTO_INT: {
      int64_t number = (int64_t)item->varint;
      memcpy(slot, &number, sizeof number);
      ((mmd_proto_header_t *)(void *)value)->has |= (uint64_t)1 << field->number;
      return NULL;
    }
    case MMD_PROTO_FLOAT: {
      memcpy(slot, item->payload.data, sizeof(float));
      ((mmd_proto_header_t *)(void *)value)->has |= (uint64_t)1 << field->number;
      return NULL;
    }
    case MMD_PROTO_BYTES:
      memcpy(slot, &item->payload, sizeof item->payload);
      return NULL;
    case MMD_PROTO_STRINGS:
      memcpy(list_items(slot) + (*io_done)++ * sizeof item->payload, &item->payload,
             sizeof item->payload);
      return NULL;
    case MMD_PROTO_INTS: {
      const char *wrong = store_ints(item, (int64_t *)(void *)list_items(slot), io_done);
      return wrong ? fail(parser, frame, item->at, field, wrong) : NULL;
    }
    case MMD_PROTO_FLOATS:
    case MMD_PROTO_DOUBLES:
      store_numbers(field, item, slot, io_done);
      return NULL;
    default:
      return store_message(parser, frame, field, item, slot, io_done);
  }
}

// Unknown fields stay a view when they stand in one run, else they are gathered.
static mmd_status_t keep_unknown(parser_t *parser, mmd_proto_header_t *header, size_t total,
                                 mmd_proto_bytes_t field) {
  mmd_proto_bytes_t *unknown = &header->unknown;
  if (field.size == total || !unknown->data) {
    if (field.size == total) {
      *unknown = field;
      return NULL;
    }
    unknown->data = mmd_arena_alloc(parser->arena, total);
    MMD_TRY_ALLOC(unknown->data);
  }
  memcpy((uint8_t *)(uintptr_t)unknown->data + unknown->size, field.data, field.size);
  unknown->size += field.size;
  return NULL;
}

static mmd_status_t parse_message(parser_t *parser, const frame_t *frame, mmd_proto_bytes_t body,
                                  uint8_t *value) {
  survey_t survey = {0};
  MMD_TRY(survey_message(parser, frame, body, &survey));
  MMD_TRY(allocate_lists(parser, frame, &survey, value));
  size_t done[MMD_PROTO_MAX_FIELDS] = {0};
  const uint8_t *at = body.data, *end = body.data + body.size;
  while (at < end) {
    item_t item;
    const char *wrong = read_item(&at, end, &item);
    if (wrong) return fail(parser, frame, at, NULL, wrong);
    size_t index;
    const mmd_proto_field_t *field = find_field(frame->message, item.number, &index);
    if (field) {
      MMD_TRY(store_item(parser, frame, field, &item, value, &done[index]));
    } else {
      mmd_proto_bytes_t whole = {item.at, (size_t)(at - item.at)};
      MMD_TRY(
          keep_unknown(parser, (mmd_proto_header_t *)(void *)value, survey.unknown_size, whole));
    }
  }
  return NULL;
}

mmd_status_t mmd_proto_parse(const mmd_proto_message_t *message, const uint8_t *data, size_t size,
                             mmd_arena_t *arena, void **out_message) {
  static const uint8_t nothing[1];
  if (!data) data = nothing;
  uint8_t *value = mmd_arena_alloc(arena, message->size);
  MMD_TRY_ALLOC(value);
  parser_t parser = {arena, data};
  frame_t frame = {NULL, NULL, 0, message, value, 1};
  MMD_TRY(parse_message(&parser, &frame, (mmd_proto_bytes_t){data, size}, value));
  *out_message = value;
  return NULL;
}
