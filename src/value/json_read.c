// SPDX-License-Identifier: Apache-2.0
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/file.h"
#include "value/json.h"

typedef struct {
  const char *begin, *at, *end;
  const char *name;
  unsigned flags;
  mmd_str_t text;  // the string being read, where it holds escapes
} reader_t;

// |at| stands where the fault is; lines and columns count from 1, columns in characters.
static mmd_status_t fault(const reader_t *r, const char *at, const char *what) {
  size_t line = 1, column = 1;
  for (const char *p = r->begin; p < at; ++p) {
    if (*p == '\n') {
      ++line;
      column = 1;
    } else if (((unsigned char)*p & 0xC0) != 0x80) {
      ++column;
    }
  }
  return MMD_ERROR(MMD_INVALID_ARGUMENT, "%s:%zu:%zu: %s", r->name, line, column, what);
}

static void skip_space(reader_t *r) {
  while (r->at < r->end && (*r->at == ' ' || *r->at == '\n' || *r->at == '\r' || *r->at == '\t')) {
    ++r->at;
  }
}

static int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

// Four hexadecimal digits behind "\u"; -1 when they are not there.
static long hex_unit(const reader_t *r, const char *at) {
  long unit = 0;
  if (r->end - at < 4) return -1;
  for (int i = 0; i < 4; ++i) {
    int digit = hex_digit(at[i]);
    if (digit < 0) return -1;
    unit = unit * 16 + digit;
  }
  return unit;
}

static mmd_status_t append_code_point(mmd_str_t *text, unsigned long c) {
  char bytes[4];
  return mmd_str_append_n(text, bytes, mmd_utf8_put((uint32_t)c, bytes));
}

// |r->at| is behind "\u".
static mmd_status_t read_unicode_escape(reader_t *r) {
  const char *start = r->at - 2;
  long unit = hex_unit(r, r->at);
  if (unit < 0) return fault(r, start, "\\u needs four hexadecimal digits");
  r->at += 4;
  if (unit < 0xD800 || unit > 0xDFFF) return append_code_point(&r->text, (unsigned long)unit);
  long low = -1;
  if (unit < 0xDC00 && r->end - r->at >= 6 && r->at[0] == '\\' && r->at[1] == 'u') {
    low = hex_unit(r, r->at + 2);
  }
  if (low < 0xDC00 || low > 0xDFFF) return fault(r, start, "half of a surrogate pair");
  r->at += 6;
  return append_code_point(
      &r->text, 0x10000 + ((unsigned long)(unit - 0xD800) << 10) + (unsigned long)(low - 0xDC00));
}

static mmd_status_t read_escape(reader_t *r) {
  static const char names[] = "\"\\/bfnrt", bytes[] = "\"\\/\b\f\n\r\t";
  const char *start = r->at++;
  if (r->at == r->end) return fault(r, start, "unterminated string");
  char c = *r->at++;
  if (c == 'u') return read_unicode_escape(r);
  const char *known = c ? strchr(names, c) : NULL;
  if (!known) return fault(r, start, "unknown escape in a string");
  return mmd_str_append_char(&r->text, bytes[known - names]);
}

// Moves over characters that stand for themselves.
static mmd_status_t skip_plain(reader_t *r) {
  while (r->at < r->end) {
    unsigned char c = (unsigned char)*r->at;
    if (c == '"' || c == '\\') return NULL;
    if (c < 0x20) return fault(r, r->at, "control character in a string");
    size_t n = c < 0x80 ? 1 : mmd_utf8_sequence(r->at, (size_t)(r->end - r->at));
    if (n == 0) return fault(r, r->at, "invalid UTF-8 in a string");
    r->at += n;
  }
  return NULL;
}

// |r->at| is at the opening quote. The result lives in the input or in |r->text| until the next
// string is read.
static mmd_status_t read_string(reader_t *r, const char **out_text, size_t *out_size) {
  const char *start = r->at++;
  const char *run = r->at;
  bool copied = false;
  mmd_str_clear(&r->text);
  for (;;) {
    MMD_TRY(skip_plain(r));
    if (r->at == r->end) return fault(r, start, "unterminated string");
    if (*r->at == '"') break;
    MMD_TRY(mmd_str_append_n(&r->text, run, (size_t)(r->at - run)));
    MMD_TRY(read_escape(r));
    run = r->at;
    copied = true;
  }
  *out_text = run;
  *out_size = (size_t)(r->at - run);
  if (copied) {
    MMD_TRY(mmd_str_append_n(&r->text, run, *out_size));
    *out_text = mmd_str_text(&r->text);
    *out_size = r->text.size;
  }
  ++r->at;
  return NULL;
}

static size_t digits_at(const char *at, const char *end) {
  const char *p = at;
  while (p < end && *p >= '0' && *p <= '9') ++p;
  return (size_t)(p - at);
}

static mmd_status_t read_number(reader_t *r, mmd_value_t **out_value) {
  const char *start = r->at, *p = r->at;
  bool integral = true;
  if (p < r->end && *p == '-') ++p;
  size_t digits = digits_at(p, r->end);
  if (digits == 0) return fault(r, start, "expected a value");
  if (digits > 1 && *p == '0') return fault(r, start, "a number has a leading zero");
  p += digits;
  if (p < r->end && *p == '.') {
    digits = digits_at(p + 1, r->end);
    if (digits == 0) return fault(r, p, "expected a digit behind the decimal point");
    p += 1 + digits;
    integral = false;
  }
  if (p < r->end && (*p == 'e' || *p == 'E')) {
    ++p;
    if (p < r->end && (*p == '+' || *p == '-')) ++p;
    digits = digits_at(p, r->end);
    if (digits == 0) return fault(r, p, "expected a digit in the exponent");
    p += digits;
    integral = false;
  }
  r->at = p;
  int64_t integer;
  double number;
  if (integral && mmd_parse_i64(start, (size_t)(p - start), &integer)) {
    *out_value = mmd_value_int(integer);
  } else if (mmd_parse_double(start, (size_t)(p - start), &number)) {
    *out_value = mmd_value_float(number);
  }
  return *out_value ? NULL : mmd_status_no_memory();
}

static bool read_word(reader_t *r, const char *word) {
  size_t size = strlen(word);
  if ((size_t)(r->end - r->at) < size || memcmp(r->at, word, size) != 0) return false;
  r->at += size;
  return true;
}

// The words of Python's json; false where another value stands.
static bool read_not_finite(reader_t *r, double *out_number) {
  if (!(r->flags & MMD_JSON_NOT_FINITE)) return false;
  if (read_word(r, "NaN")) {
    *out_number = (double)NAN;
  } else if (read_word(r, "Infinity")) {
    *out_number = (double)INFINITY;
  } else if (read_word(r, "-Infinity")) {
    *out_number = (double)-INFINITY;
  } else {
    return false;
  }
  return true;
}

static mmd_status_t read_value(reader_t *r, int depth, mmd_value_t **out_value);

// Behind an item: true in |*out_more| for a comma, false for |close|.
static mmd_status_t read_separator(reader_t *r, char close, const char *expected, bool *out_more) {
  skip_space(r);
  if (r->at == r->end) return fault(r, r->at, expected);
  if (*r->at != ',' && *r->at != close) return fault(r, r->at, expected);
  *out_more = *r->at++ == ',';
  return NULL;
}

static bool read_close(reader_t *r, char close) {
  skip_space(r);
  if (r->at == r->end || *r->at != close) return false;
  ++r->at;
  return true;
}

static mmd_status_t read_items(reader_t *r, int depth, mmd_value_t *array) {
  ++r->at;
  bool more = !read_close(r, ']');
  while (more) {
    mmd_value_t *item;
    MMD_TRY(read_value(r, depth + 1, &item));
    MMD_TRY(mmd_array_take(array, item));
    MMD_TRY(read_separator(r, ']', "expected ',' or ']'", &more));
  }
  return NULL;
}

static mmd_status_t check_key(const reader_t *r, const char *start, const mmd_value_t *object,
                              const char *key) {
  char what[256];
  if (!(r->flags & MMD_JSON_UNIQUE_KEYS) || !mmd_object_get(object, key)) return NULL;
  snprintf(what, sizeof what, "the key '%.200s' stands twice", key);
  return fault(r, start, what);
}

// Keys are short: the usual one is copied to the stack while its value is read.
static mmd_status_t read_member(reader_t *r, int depth, mmd_value_t *object) {
  char small[128];
  const char *text;
  size_t size;
  skip_space(r);
  const char *start = r->at;
  if (r->at == r->end || *r->at != '"') return fault(r, r->at, "expected a key in double quotes");
  MMD_TRY(read_string(r, &text, &size));
  if (memchr(text, 0, size)) return fault(r, start, "a key holds the character U+0000");
  skip_space(r);
  if (r->at == r->end || *r->at != ':') return fault(r, r->at, "expected ':'");
  ++r->at;
  char *key = small;
  if (size >= sizeof small) key = mmd_alloc_uninit(size + 1);
  MMD_TRY_ALLOC(key);
  if (size > 0) memcpy(key, text, size);
  key[size] = '\0';
  mmd_value_t *item;
  mmd_status_t status = check_key(r, start, object, key);
  if (!status) status = read_value(r, depth + 1, &item);
  if (!status) status = mmd_object_take_n(object, key, size, item);
  if (key != small) mmd_free(key);
  return status;
}

static mmd_status_t read_members(reader_t *r, int depth, mmd_value_t *object) {
  ++r->at;
  bool more = !read_close(r, '}');
  while (more) {
    MMD_TRY(read_member(r, depth, object));
    MMD_TRY(read_separator(r, '}', "expected ',' or '}'", &more));
  }
  return NULL;
}

static mmd_status_t read_container(reader_t *r, int depth, mmd_value_t **out_value) {
  if (depth >= MMD_JSON_MAX_DEPTH) return fault(r, r->at, "nested too deeply");
  bool list = *r->at == '[';
  mmd_value_t *value = list ? mmd_value_array() : mmd_value_object();
  MMD_TRY_ALLOC(value);
  mmd_status_t status = list ? read_items(r, depth, value) : read_members(r, depth, value);
  if (status) {
    mmd_value_release(value);
    return status;
  }
  *out_value = value;
  return NULL;
}

static mmd_status_t read_value(reader_t *r, int depth, mmd_value_t **out_value) {
  const char *text;
  size_t size;
  double number;
  *out_value = NULL;
  skip_space(r);
  if (r->at == r->end) return fault(r, r->at, "expected a value, found the end");
  switch (*r->at) {
    case '[':
    case '{':
      return read_container(r, depth, out_value);
    case '"':
      MMD_TRY(read_string(r, &text, &size));
      *out_value = mmd_value_string_n(text, size);
      return *out_value ? NULL : mmd_status_no_memory();
    case 't':
      if (read_word(r, "true")) *out_value = mmd_value_bool(true);
      break;
    case 'f':
      if (read_word(r, "false")) *out_value = mmd_value_bool(false);
      break;
    case 'n':
      if (read_word(r, "null")) *out_value = mmd_value_null();
      break;
    default:
      if (!read_not_finite(r, &number)) return read_number(r, out_value);
      *out_value = mmd_value_float(number);
      return *out_value ? NULL : mmd_status_no_memory();
  }
  return *out_value ? NULL : fault(r, r->at, "expected a value");
}

mmd_status_t mmd_json_parse(const char *text, size_t size, const char *name,
                            mmd_value_t **out_value) {
  return mmd_json_parse_as(text, size, name, 0, out_value);
}

mmd_status_t mmd_json_parse_as(const char *text, size_t size, const char *name, unsigned flags,
                               mmd_value_t **out_value) {
  reader_t r = {.begin = text, .at = text, .end = text + size, .name = name, .flags = flags};
  *out_value = NULL;
  if (size >= 3 && memcmp(text, "\xEF\xBB\xBF", 3) == 0) r.begin = r.at = text + 3;  // BOM
  mmd_value_t *value;
  mmd_status_t status = read_value(&r, 0, &value);
  if (!status) {
    skip_space(&r);
    if (r.at != r.end) status = fault(&r, r.at, "unexpected text behind the value");
    if (status) mmd_value_release(value);
  }
  mmd_str_deinit(&r.text);
  if (!status) *out_value = value;
  return status;
}

mmd_status_t mmd_json_read_file(const char *path, mmd_value_t **out_value) {
  char *text;
  size_t size;
  *out_value = NULL;
  MMD_TRY(mmd_file_read(path, 0, &text, &size));
  mmd_status_t status = mmd_json_parse(text, size, path, out_value);
  mmd_free(text);
  return status;
}
