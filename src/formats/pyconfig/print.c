// SPDX-License-Identifier: Apache-2.0
//
// Values as config text.
#include <math.h>
#include <string.h>

#include "formats/pyconfig/object.h"

#define WIDTH 100
#define MAX_DEPTH 200

static bool is_identifier(const char *text) {
  static const char *const keywords[] = {
      "False", "None",     "True",  "and",    "as",   "assert", "async",  "await",    "break",
      "class", "continue", "def",   "del",    "elif", "else",   "except", "finally",  "for",
      "from",  "global",   "if",    "import", "in",   "is",     "lambda", "nonlocal", "not",
      "or",    "pass",     "raise", "return", "try",  "while",  "with",   "yield"};
  static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789";
  if (!*text || (*text >= '0' && *text <= '9') || text[strspn(text, letters)]) return false;
  for (size_t i = 0; i < sizeof keywords / sizeof *keywords; ++i) {
    if (strcmp(text, keywords[i]) == 0) return false;
  }
  return true;
}

// Two braces in a row would be taken for a substitution when the text is read.
static mmd_status_t print_text(const char *text, size_t size, bool bytes, mmd_str_t *out) {
  mmd_str_t repr = {0};
  mmd_status_t status = mmd_py_repr_text(text, size, bytes, &repr);
  const char *at = mmd_str_text(&repr);
  for (const char *twice; !status && (twice = strstr(at, "{{")); at = twice + 2) {
    status = mmd_str_append_n(out, at, (size_t)(twice - at));
    if (!status) status = mmd_str_append(out, "{\\x7b");
  }
  if (!status) status = mmd_str_append(out, at);
  mmd_str_deinit(&repr);
  return status;
}

static mmd_status_t print_value(const mmd_value_t *value, unsigned indent, unsigned depth,
                                bool wide, mmd_str_t *out);

static mmd_status_t new_line(unsigned indent, mmd_str_t *out) {
  MMD_TRY(mmd_str_append_char(out, '\n'));
  for (unsigned i = 0; i < indent; ++i) MMD_TRY(mmd_str_append(out, "    "));
  return NULL;
}

// A comma and a blank or, in the wide form, a new line before item |i|.
static mmd_status_t separate(size_t i, unsigned indent, bool wide, mmd_str_t *out) {
  if (wide) {
    if (i) MMD_TRY(mmd_str_append_char(out, ','));
    return new_line(indent + 1, out);
  }
  return i ? mmd_str_append(out, ", ") : NULL;
}

static mmd_status_t print_array(const mmd_value_t *array, unsigned indent, unsigned depth,
                                bool wide, mmd_str_t *out) {
  const mmd_array_flavour_t flavour = mmd_array_flavour(array);
  const char *brackets = flavour == MMD_ARRAY_LIST    ? "[]"
                         : flavour == MMD_ARRAY_TUPLE ? "()"
                                                      : "{}";
  const size_t count = mmd_array_size(array);
  if (count == 0)
    return mmd_str_append(out, flavour == MMD_ARRAY_SET ? "set()"
                               : brackets[0] == '['     ? "[]"
                                                        : "()");
  MMD_TRY(mmd_str_append_char(out, brackets[0]));
  for (size_t i = 0; i < count; ++i) {
    MMD_TRY(separate(i, indent, wide, out));
    MMD_TRY(print_value(mmd_array_at(array, i), indent + 1, depth + 1, wide, out));
  }
  if (flavour == MMD_ARRAY_TUPLE && count == 1) MMD_TRY(mmd_str_append_char(out, ','));
  if (wide) MMD_TRY(new_line(indent, out));
  return mmd_str_append_char(out, brackets[1]);
}

static mmd_status_t print_object(const mmd_value_t *object, unsigned indent, unsigned depth,
                                 bool wide, mmd_str_t *out) {
  const size_t count = mmd_object_size(object);
  bool names = true;
  for (size_t i = 0; i < count; ++i) names &= is_identifier(mmd_object_key_at(object, i));
  MMD_TRY(mmd_str_append(out, names ? "dict(" : "{"));
  for (size_t i = 0; i < count; ++i) {
    const char *key = mmd_object_key_at(object, i);
    MMD_TRY(separate(i, indent, wide, out));
    MMD_TRY(names ? mmd_str_append(out, key) : print_text(key, strlen(key), false, out));
    MMD_TRY(mmd_str_append(out, names ? "=" : ": "));
    MMD_TRY(print_value(mmd_object_value_at(object, i), indent + 1, depth + 1, wide, out));
  }
  if (wide && count) MMD_TRY(new_line(indent, out));
  return mmd_str_append_char(out, names ? ')' : '}');
}

static mmd_status_t print_float(double number, mmd_str_t *out) {
  char text[32];
  mmd_format_double(number, text);
  return isfinite(number) ? mmd_str_append(out, text) : mmd_str_printf(out, "float('%s')", text);
}

static mmd_status_t print_container(const mmd_value_t *value, unsigned indent, unsigned depth,
                                    bool wide, mmd_str_t *out) {
  return mmd_value_kind(value) == MMD_VALUE_ARRAY ? print_array(value, indent, depth, wide, out)
                                                  : print_object(value, indent, depth, wide, out);
}

// Containers stand on one line when they fit. The short form is tried up to the width only.
static mmd_status_t short_size(const mmd_value_t *value, size_t *budget) {
  const mmd_value_kind_t kind = mmd_value_kind(value);
  size_t size = 0, own = 4;
  if (kind == MMD_VALUE_STRING)
    mmd_value_get_string_n(value, &own);
  else if (kind == MMD_VALUE_ARRAY)
    size = mmd_array_size(value);
  else if (kind == MMD_VALUE_OBJECT)
    size = mmd_object_size(value);
  *budget = own < *budget ? *budget - own : 0;
  for (size_t i = 0; i < size && *budget; ++i) {
    MMD_TRY(short_size(
        kind == MMD_VALUE_ARRAY ? mmd_array_at(value, i) : mmd_object_value_at(value, i), budget));
  }
  return NULL;
}

static mmd_status_t print_fitting(const mmd_value_t *value, unsigned indent, unsigned depth,
                                  mmd_str_t *out) {
  mmd_str_t line = {0};
  size_t budget = 2 * WIDTH;
  MMD_TRY(short_size(value, &budget));
  mmd_status_t status = budget ? print_container(value, indent, depth, false, &line) : NULL;
  const bool fits = budget && line.size + 4 * indent <= WIDTH - 20;
  if (!status)
    status = fits ? mmd_str_append_n(out, mmd_str_text(&line), line.size)
                  : print_container(value, indent, depth, true, out);
  mmd_str_deinit(&line);
  return status;
}

static mmd_status_t print_value(const mmd_value_t *value, unsigned indent, unsigned depth,
                                bool wide, mmd_str_t *out) {
  size_t size;
  const char *text;
  if (depth > MAX_DEPTH)
    return MMD_ERROR(MMD_OUT_OF_RANGE, "values nested more than %d deep", MAX_DEPTH);
  switch (mmd_value_kind(value)) {
    case MMD_VALUE_NULL:
      return mmd_str_append(out, "None");
    case MMD_VALUE_BOOL:
      return mmd_str_append(out, mmd_value_get_bool(value, false) ? "True" : "False");
    case MMD_VALUE_INT:
      return mmd_str_printf(out, "%lld", (long long)mmd_value_get_int(value, 0));
    case MMD_VALUE_FLOAT:
      return print_float(mmd_value_get_float(value, 0), out);
    case MMD_VALUE_STRING:
      text = mmd_value_get_string_n(value, &size);
      return print_text(text, size, false, out);
    case MMD_VALUE_BYTES:
      text = mmd_value_get_bytes(value, &size);
      return print_text(text ? text : "", size, true, out);
    case MMD_VALUE_ARRAY:
    case MMD_VALUE_OBJECT:
      return wide ? print_fitting(value, indent, depth, out)
                  : print_container(value, indent, depth, false, out);
    default:
      return MMD_ERROR(MMD_NOT_SUPPORTED, "a value of kind %s has no config text",
                       mmd_value_kind_name(mmd_value_kind(value)));
  }
}

mmd_status_t mmd_pyconfig_print_value(const mmd_value_t *value, bool one_line,
                                      mmd_str_t *out_text) {
  return print_value(value, 0, 1, !one_line, out_text);
}

mmd_status_t mmd_pyconfig_print(const mmd_value_t *config, mmd_str_t *out_text) {
  if (mmd_value_kind(config) != MMD_VALUE_OBJECT)
    return MMD_ERROR(MMD_INVALID_ARGUMENT, "a config must be an object");
  for (size_t i = 0; i < mmd_object_size(config); ++i) {
    const char *key = mmd_object_key_at(config, i);
    if (!is_identifier(key))
      return MMD_ERROR(MMD_NOT_SUPPORTED, "top-level key '%s' is no Python name", key);
    MMD_TRY(mmd_str_printf(out_text, "%s = ", key));
    MMD_TRY(print_value(mmd_object_value_at(config, i), 0, 1, true, out_text));
    MMD_TRY(mmd_str_append_char(out_text, '\n'));
  }
  return NULL;
}
