// SPDX-License-Identifier: Apache-2.0
//
// String builder and string helpers. Text is UTF-8.
#ifndef MMD_BASE_STR_H_
#define MMD_BASE_STR_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

// A growing, always NUL-terminated string. Zero-initialise, deinit at the end.
typedef struct mmd_str_t {
  char *data;   // NULL while empty; use mmd_str_text
  size_t size;  // bytes without the NUL
  size_t capacity;
} mmd_str_t;

void mmd_str_deinit(mmd_str_t *str);
void mmd_str_clear(mmd_str_t *str);              // keeps the memory
const char *mmd_str_text(const mmd_str_t *str);  // never NULL
char *mmd_str_take(mmd_str_t *str);  // caller frees with mmd_free; NULL when memory is short
mmd_status_t mmd_str_append(mmd_str_t *str, const char *text) MMD_MUST_USE;
mmd_status_t mmd_str_append_n(mmd_str_t *str, const char *text, size_t size) MMD_MUST_USE;
mmd_status_t mmd_str_append_char(mmd_str_t *str, char c) MMD_MUST_USE;
mmd_status_t mmd_str_printf(mmd_str_t *str, const char *fmt, ...) MMD_MUST_USE MMD_PRINTF(2, 3);

// Shortest decimal form that reads back as the same number, as Python's repr prints it
// (1.0, 1e-05, 0.1, inf, nan). |text| has room for 32 bytes. Does not depend on the locale.
void mmd_format_double(double number, char text[32]);
void mmd_format_float(float number, char text[32]);

// Locale-free strtod over exactly |size| bytes; false unless all of them are one number.
bool mmd_parse_double(const char *text, size_t size, double *out_number);
bool mmd_parse_i64(const char *text, size_t size, int64_t *out_number);

bool mmd_str_equal(const char *a, const char *b);  // NULL-safe
bool mmd_str_starts_with(const char *text, const char *prefix);
bool mmd_str_ends_with(const char *text, const char *suffix);

// Number of edits between two names, for "did you mean"; capped at 64 characters each.
unsigned mmd_edit_distance(const char *a, const char *b);

// The name of |names| nearest to |name|, or NULL when none is near (distance > 1/3 of the length).
const char *mmd_nearest_name(const char *name, const char *const *names, size_t count);

// Replaces control characters and invalid UTF-8 in |text| by '?'.
void mmd_str_sanitize(char *text);

// Size of the valid UTF-8 sequence at |text| (1..4), or 0.
size_t mmd_utf8_sequence(const char *text, size_t size);
// Characters of valid UTF-8.
size_t mmd_utf8_count(const char *text, size_t size);
// Writes the code point |c| (at most U+10FFFF) and tells its bytes, 1..4.
size_t mmd_utf8_put(uint32_t c, char out[4]);

#endif  // MMD_BASE_STR_H_
