// SPDX-License-Identifier: Apache-2.0
//
// JSON in and out (RFC 8259, UTF-8, bounded depth).
#ifndef MMD_VALUE_JSON_H_
#define MMD_VALUE_JSON_H_

#include "base/str.h"
#include "value/value.h"

#define MMD_JSON_MAX_DEPTH 200

// |name| stands in messages for the source: "deploy.json:3:17: expected ',' or '}'".
// Integers outside int64 are read as floats. Duplicate keys: the last wins.
mmd_status_t mmd_json_parse(const char *text, size_t size, const char *name,
                            mmd_value_t **out_value) MMD_MUST_USE;
mmd_status_t mmd_json_read_file(const char *path, mmd_value_t **out_value) MMD_MUST_USE;

// The same for files whose writers go by other rules; |flags| are joined with '|'.
typedef enum mmd_json_flags_t {
  MMD_JSON_NOT_FINITE = 1,   // NaN, Infinity and -Infinity, which Python writes and reads
  MMD_JSON_UNIQUE_KEYS = 2,  // a key that stands twice in an object is an error
} mmd_json_flags_t;
mmd_status_t mmd_json_parse_as(const char *text, size_t size, const char *name, unsigned flags,
                               mmd_value_t **out_value) MMD_MUST_USE;

// Appends. |indent| 0 gives one line with ", " and ": " like Python's json.dumps; else nested lines
// like json.dumps(indent=…). Not-finite numbers are written as the strings "inf", "-inf", "nan",
// bytes as base64, tensors and images as {"dtype", "shape"}, any as "<tag>", sets as sorted arrays.
// Non-ASCII text stays UTF-8; invalid UTF-8 becomes U+FFFD.
mmd_status_t mmd_json_write(const mmd_value_t *value, int indent, mmd_str_t *out_text) MMD_MUST_USE;
// The same as a new string, freed with mmd_free.
mmd_status_t mmd_json_format(const mmd_value_t *value, int indent, char **out_text) MMD_MUST_USE;
mmd_status_t mmd_json_write_file(const mmd_value_t *value, int indent,
                                 const char *path) MMD_MUST_USE;  // final newline; atomic

#endif  // MMD_VALUE_JSON_H_
