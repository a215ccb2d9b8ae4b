// SPDX-License-Identifier: Apache-2.0
//
// "a.b.0.c=value": command-line overrides.
#include <string.h>

#include "base/alloc.h"
#include "formats/pyconfig/pyconfig.h"

#define MAX_DEPTH 64
#define DELETE "_delete_"

static mmd_status_t parse_value(const char *text, size_t size, unsigned depth, mmd_value_t **out);

static bool equals_word(const char *text, size_t size, const char *word, bool any_case) {
  if (strlen(word) != size) return false;
  for (size_t i = 0; i < size; ++i) {
    const char c = any_case && text[i] >= 'A' && text[i] <= 'Z' ? (char)(text[i] | 0x20) : text[i];
    if (c != word[i]) return false;
  }
  return true;
}

// Digits joined by single underscores, as Python's int() takes them.
static bool parse_grouped(const char *text, size_t size, int64_t *out) {
  char digits[24];
  size_t n = 0;
  for (size_t i = 0; i < size; ++i) {
    const bool inside = i > 0 && i + 1 < size && text[i - 1] != '_' && text[i - 1] != '-';
    if (text[i] == '_' && inside) continue;
    if (n == sizeof digits) return false;
    digits[n++] = text[i];
  }
  return n < size && mmd_parse_i64(digits, n, out);
}

static mmd_value_t *make_atom(const char *text, size_t size) {
  int64_t integer;
  double number;
  if (parse_grouped(text, size, &integer)) return mmd_value_int(integer);
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

static mmd_status_t bad_index(const mmd_value_t *list, const char *key) {
  if (all_digits(key))
    return MMD_ERROR(MMD_OUT_OF_RANGE, "index %s is outside a list of %zu", key,
                     mmd_array_size(list));
  return MMD_ERROR(MMD_INVALID_ARGUMENT, "'%s' is no index of a list of %zu", key,
                   mmd_array_size(list));
}

// The member |key| of |owner|, made when it is missing; |out| is borrowed.
static mmd_status_t descend(mmd_value_t *owner, const char *key, mmd_value_t **out) {
  int64_t index;
  if (mmd_value_kind(owner) == MMD_VALUE_ARRAY) {
    if (!all_digits(key) || !mmd_parse_i64(key, strlen(key), &index) ||
        (uint64_t)index >= mmd_array_size(owner)) {
      return bad_index(owner, key);
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

// "a._delete_=True" empties the dict a; the flag is no key of it.
static mmd_status_t clear_dict(mmd_value_t *dict, mmd_value_t *flag) {
  const bool clears = mmd_value_get_bool(flag, false) || mmd_value_get_int(flag, 0) != 0;
  mmd_value_release(flag);
  for (size_t i = mmd_object_size(dict); clears && i-- > 0;)
    mmd_object_remove(dict, mmd_object_key_at(dict, i));
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
  if (mmd_value_kind(owner) == MMD_VALUE_ARRAY) return bad_index(owner, key);
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
  if (owner != config && mmd_value_kind(owner) == MMD_VALUE_OBJECT && strcmp(path, DELETE) == 0)
    return clear_dict(owner, value);
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

bool mmd_pyconfig_override_deletes(const char *assignment) {
  const size_t size = strcspn(assignment, "="), word = strlen("." DELETE);
  return size > word && memcmp(assignment + size - word, "." DELETE, word) == 0;
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
