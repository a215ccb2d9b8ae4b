// SPDX-License-Identifier: Apache-2.0
//
// "a.b.0.c=value": command-line overrides.
#include <string.h>

#include "base/alloc.h"
#include "formats/pyconfig/pyconfig.h"

#define MAX_DEPTH 64

static mmd_status_t parse_value(const char *text, size_t size, unsigned depth, mmd_value_t **out);

static bool equals_word(const char *text, size_t size, const char *word, bool any_case) {
  if (strlen(word) != size) return false;
  for (size_t i = 0; i < size; ++i) {
    const char c = any_case && text[i] >= 'A' && text[i] <= 'Z' ? (char)(text[i] | 0x20) : text[i];
    if (c != word[i]) return false;
  }
  return true;
}

static mmd_value_t *make_atom(const char *text, size_t size) {
  int64_t integer;
  double number;
  if (mmd_parse_i64(text, size, &integer)) return mmd_value_int(integer);
  if (mmd_parse_double(text, size, &number)) return mmd_value_float(number);
  if (equals_word(text, size, "true", true)) return mmd_value_bool(true);
  if (equals_word(text, size, "false", true)) return mmd_value_bool(false);
  if (equals_word(text, size, "None", false)) return mmd_value_null();
  return mmd_value_string_n(text, size);
}

// Behind the first element: a comma outside brackets, or the end. NULL when brackets do not match.
static const char *element_end(const char *at, const char *end) {
  int round = 0, square = 0;
  for (; at < end; ++at) {
    round += (*at == '(') - (*at == ')');
    square += (*at == '[') - (*at == ']');
    if (*at == ',' && round == 0 && square == 0) return at;
  }
  return round == 0 && square == 0 ? end : NULL;
}

static mmd_status_t parse_elements(const char *at, const char *end, unsigned depth,
                                   mmd_value_t *array) {
  while (at < end) {
    const char *stop = element_end(at, end);
    mmd_value_t *item;
    if (!stop)
      return MMD_ERROR(MMD_INVALID_ARGUMENT, "brackets do not match in '%.*s'", (int)(end - at),
                       at);
    MMD_TRY(parse_value(at, (size_t)(stop - at), depth + 1, &item));
    MMD_TRY(mmd_array_take(array, item));
    at = stop + 1;
  }
  return NULL;
}

static mmd_status_t parse_value(const char *text, size_t size, unsigned depth, mmd_value_t **out) {
  *out = NULL;
  if (depth > MAX_DEPTH)
    return MMD_ERROR(MMD_OUT_OF_RANGE, "the value is nested more than %d deep", MAX_DEPTH);
  while (size && (*text == '\'' || *text == '"')) ++text, --size;
  while (size && (text[size - 1] == '\'' || text[size - 1] == '"')) --size;
  const bool tuple = size >= 2 && text[0] == '(' && text[size - 1] == ')';
  const bool list = size >= 2 && text[0] == '[' && text[size - 1] == ']';
  if (!tuple && !list && !memchr(text, ',', size)) {
    *out = make_atom(text, size);
    return *out ? NULL : mmd_status_no_memory();
  }
  const char *at = tuple || list ? text + 1 : text,
             *end = tuple || list ? text + size - 1 : text + size;
  mmd_value_t *array = tuple ? mmd_value_tuple() : mmd_value_array();
  MMD_TRY_ALLOC(array);
  mmd_status_t status = parse_elements(at, end, depth, array);
  if (status)
    mmd_value_release(array);
  else
    *out = array;
  return status;
}

static bool all_digits(const char *text) {
  return *text && text[strspn(text, "0123456789")] == '\0';
}

// The member |key| of |owner|, made when it is missing; |out| is borrowed.
static mmd_status_t descend(mmd_value_t *owner, const char *key, mmd_value_t **out) {
  int64_t index;
  if (mmd_value_kind(owner) == MMD_VALUE_ARRAY && all_digits(key)) {
    if (!mmd_parse_i64(key, strlen(key), &index) || (uint64_t)index >= mmd_array_size(owner)) {
      return MMD_ERROR(MMD_OUT_OF_RANGE, "index %s is outside a list of %zu", key,
                       mmd_array_size(owner));
    }
    *out = mmd_array_at(owner, (size_t)index);
    return NULL;
  }
  if (mmd_value_kind(owner) != MMD_VALUE_OBJECT) {
    return MMD_ERROR(MMD_INVALID_ARGUMENT, "'%s' cannot be set inside a value of kind %s", key,
                     mmd_value_kind_name(mmd_value_kind(owner)));
  }
  *out = mmd_object_get(owner, key);
  if (*out) return NULL;
  MMD_TRY(mmd_object_take(owner, key, mmd_value_object()));
  *out = mmd_object_get(owner, key);
  return NULL;
}

static mmd_status_t set_leaf(mmd_value_t *owner, const char *key, mmd_value_t *value) {
  int64_t index;
  if (mmd_value_kind(owner) == MMD_VALUE_OBJECT) return mmd_object_take(owner, key, value);
  if (mmd_value_kind(owner) == MMD_VALUE_ARRAY && all_digits(key) &&
      mmd_parse_i64(key, strlen(key), &index) && (uint64_t)index < mmd_array_size(owner)) {
    return mmd_array_set(owner, (size_t)index, value);
  }
  mmd_value_release(value);
  if (mmd_value_kind(owner) == MMD_VALUE_ARRAY)
    return MMD_ERROR(MMD_OUT_OF_RANGE, "index %s is outside a list of %zu", key,
                     mmd_array_size(owner));
  return MMD_ERROR(MMD_INVALID_ARGUMENT, "'%s' cannot be set inside a value of kind %s", key,
                   mmd_value_kind_name(mmd_value_kind(owner)));
}

// |path| is cut at its dots.
static mmd_status_t set_path(mmd_value_t *config, char *path, const char *text) {
  mmd_value_t *owner = config, *value;
  char *dot;
  for (; (dot = strchr(path, '.')); path = dot + 1) {
    *dot = '\0';
    MMD_TRY(descend(owner, path, &owner));
  }
  if (!*path) return MMD_ERROR(MMD_INVALID_ARGUMENT, "the key is empty");
  MMD_TRY(parse_value(text, strlen(text), 0, &value));
  return set_leaf(owner, path, value);
}

static char *without_spaces(const char *text) {
  char *copy = mmd_strdup(text);
  if (!copy) return NULL;
  char *to = copy;
  for (const char *from = copy; *from; ++from) {
    if (*from != ' ') *to++ = *from;
  }
  *to = '\0';
  return copy;
}

mmd_status_t mmd_pyconfig_apply_override(mmd_value_t *config, const char *assignment) {
  const char *equals = strchr(assignment, '=');
  if (!equals || equals == assignment)
    return MMD_ERROR(MMD_INVALID_ARGUMENT, "override '%s': expected KEY=VALUE", assignment);
  char *path = mmd_strndup(assignment, (size_t)(equals - assignment));
  char *text = without_spaces(equals + 1);
  mmd_status_t status = path && text ? set_path(config, path, text) : mmd_status_no_memory();
  mmd_free(path);
  mmd_free(text);
  return mmd_status_annotate(status, "override '%s'", assignment);
}
