// SPDX-License-Identifier: Apache-2.0
//
// A small protobuf engine. Messages are plain C structs that begin with mmd_proto_header_t; a table
// of fields describes each, and one reader and one writer serve them all.
//
// Strings, byte fields and packed numbers of a parsed message are views into the bytes that were
// parsed; only arrays and structs are allocated, in an arena. Fields that the table does not know
// are kept as raw bytes and written back behind the known ones.
#ifndef MMD_FORMATS_ONNX_PROTO_H_
#define MMD_FORMATS_ONNX_PROTO_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/file.h"
#include "base/status.h"
#include "base/str.h"
#include "tensor/tensor.h"

// |data| is NULL for a field that is absent.
typedef struct mmd_proto_bytes_t {
  const uint8_t *data;
  size_t size;
} mmd_proto_bytes_t;

typedef struct mmd_proto_header_t {
  uint64_t has;               // bit n: the number field n is present
  size_t size;                // bytes of the body, set by mmd_proto_measure
  mmd_proto_bytes_t unknown;  // whole fields, with their tags
} mmd_proto_header_t;

typedef struct mmd_proto_strings_t {
  size_t count;
  mmd_proto_bytes_t *items;
} mmd_proto_strings_t;

typedef struct mmd_proto_ints_t {
  size_t count;
  const int64_t *items;
} mmd_proto_ints_t;

// Little-endian float32 or float64, packed, possibly unaligned.
typedef struct mmd_proto_numbers_t {
  size_t count;
  const void *data;
} mmd_proto_numbers_t;

// An array of structs.
typedef struct mmd_proto_messages_t {
  size_t count;
  void *items;
} mmd_proto_messages_t;

typedef enum mmd_proto_kind_t {
  MMD_PROTO_INT,       // int64_t; int32, bool and enums too
  MMD_PROTO_FLOAT,     // float
  MMD_PROTO_BYTES,     // mmd_proto_bytes_t
  MMD_PROTO_MESSAGE,   // pointer
  MMD_PROTO_INTS,      // mmd_proto_ints_t
  MMD_PROTO_FLOATS,    // mmd_proto_numbers_t
  MMD_PROTO_DOUBLES,   // mmd_proto_numbers_t
  MMD_PROTO_STRINGS,   // mmd_proto_strings_t
  MMD_PROTO_MESSAGES,  // mmd_proto_messages_t
  MMD_PROTO_TENSOR,    // const mmd_tensor_t *: written as a bytes field, never read
} mmd_proto_kind_t;

typedef struct mmd_proto_message mmd_proto_message_t;

typedef struct mmd_proto_field_t {
  uint32_t number;  // 1..63
  mmd_proto_kind_t kind;
  size_t offset;
  const mmd_proto_message_t *message;
  const char *name;
  bool packed;
} mmd_proto_field_t;

#define MMD_PROTO_MAX_FIELDS 24

struct mmd_proto_message {
  const char *name;
  size_t size;  // of the struct
  size_t field_count;
  const mmd_proto_field_t *fields;
  size_t label_offset;  // of the bytes field that names an instance in messages, 0 = none
  bool numbered;        // messages show the index too
};

// Messages may nest so deep: 64 graphs of three messages each, and what stands in the last.
#define MMD_PROTO_MAX_DEPTH 208

// Reads one message of exactly |size| bytes. Errors begin with "byte 123: node 3 'Conv_0': ".
// |out_message| lives in |arena| and points into |data|.
mmd_status_t mmd_proto_parse(const mmd_proto_message_t *message, const uint8_t *data, size_t size,
                             mmd_arena_t *arena, void **out_message) MMD_MUST_USE;

// Sets header.size of |value| and everything below it.
mmd_status_t mmd_proto_measure(const mmd_proto_message_t *message, void *value,
                               size_t *out_size) MMD_MUST_USE;

// Where bytes go: a file, or memory of a known size.
typedef struct mmd_proto_sink_t {
  mmd_writer_t *writer;  // or NULL
  uint8_t *memory;       // or NULL
  size_t position, capacity;
  size_t pending;  // bytes in |buffer| not yet handed to |writer|
  uint8_t buffer[16384];
} mmd_proto_sink_t;

void mmd_proto_sink_init_file(mmd_proto_sink_t *sink, mmd_writer_t *writer);
void mmd_proto_sink_init_memory(mmd_proto_sink_t *sink, uint8_t *memory, size_t capacity);
mmd_status_t mmd_proto_sink_put(mmd_proto_sink_t *sink, const void *data, size_t size) MMD_MUST_USE;
mmd_status_t mmd_proto_sink_flush(mmd_proto_sink_t *sink) MMD_MUST_USE;

// The packed bytes of |tensor|, in small blocks; pages of a mapped storage are dropped behind them.
mmd_status_t mmd_proto_sink_put_tensor(mmd_proto_sink_t *sink,
                                       const mmd_tensor_t *tensor) MMD_MUST_USE;

// Writes the body of a measured message.
mmd_status_t mmd_proto_write(const mmd_proto_message_t *message, const void *value,
                             mmd_proto_sink_t *sink) MMD_MUST_USE;

// Appends a whole field of number |number| that holds the message |value|.
mmd_status_t mmd_proto_append_field(uint32_t number, const mmd_proto_message_t *message,
                                    void *value, mmd_str_t *out_bytes) MMD_MUST_USE;

// Bytes of |number| as a varint, and its writing to |text| (room for 10 bytes).
size_t mmd_proto_varint_size(uint64_t number);
size_t mmd_proto_varint_put(uint64_t number, uint8_t *text);

// Steps through the fields of raw bytes. False at the end and at damaged bytes.
typedef struct mmd_proto_raw_field_t {
  uint32_t number;
  unsigned wire;              // 0 varint, 1 and 5 fixed, 2 bytes
  mmd_proto_bytes_t whole;    // with the tag
  mmd_proto_bytes_t payload;  // of wire type 2
} mmd_proto_raw_field_t;
bool mmd_proto_raw_next(mmd_proto_bytes_t *rest, mmd_proto_raw_field_t *out_field);

bool mmd_proto_bytes_equal(mmd_proto_bytes_t bytes, const char *text);
mmd_proto_bytes_t mmd_proto_text(const char *text);  // NULL stays absent

#endif  // MMD_FORMATS_ONNX_PROTO_H_
