// SPDX-License-Identifier: Apache-2.0
//
// Objects into structs, by table.
#include "value/options.h"

#include <math.h>
#include <stddef.h>
#include <string.h>

#include "base/alloc.h"
#include "value/json.h"
#include "value/options_internal.h"

static mmd_status_t append_number(mmd_str_t *text, double number) {
  char digits[32];
  if (number == floor(number) && fabs(number) < 1e15) {
    return mmd_str_printf(text, "%.0f", number);
  }
  mmd_format_double(number, digits);
  return mmd_str_append(text, digits);
}

static bool is_limited(const mmd_option_t *option) {
  return option->min != 0 || option->max != 0;
}

mmd_status_t mmd_option_format_range(const mmd_option_t *option, mmd_str_t *out_text) {
  bool low = !isinf(option->min), high = !isinf(option->max);
  if (!is_limited(option) || (!low && !high)) return NULL;
  if (low && high) {
    MMD_TRY(mmd_str_append(out_text, " of "));
    MMD_TRY(append_number(out_text, option->min));
    MMD_TRY(mmd_str_append(out_text, ".."));
    return append_number(out_text, option->max);
  }
  MMD_TRY(mmd_str_append(out_text, low ? " of at least " : " of at most "));
  return append_number(out_text, low ? option->min : option->max);
}

// What would be accepted: "an integer of 1..100".
static mmd_status_t append_expected(const mmd_option_t *option, mmd_str_t *text) {
  static const char *const phrases[] = {
      "true or false", "an integer", "a number",          "a string", "one of ",
      "an integer",    "a number",   "a list of strings", "a value",
  };
  MMD_TRY(mmd_str_append(text, phrases[option->type]));
  if (option->type == MMD_OPTION_CHOICE) {
    for (size_t i = 0; option->choices[i]; ++i) {
      MMD_TRY(mmd_str_printf(text, "%s'%s'", i ? ", " : "", option->choices[i]));
    }
    return NULL;
  }
  MMD_TRY(mmd_option_format_range(option, text));
  if (option->type != MMD_OPTION_INTS && option->type != MMD_OPTION_FLOATS) return NULL;
  return mmd_str_printf(text, " or a list of at most %d of them", MMD_OPTION_MAX_ITEMS);
}

static mmd_status_t append_found(const mmd_value_t *value, mmd_str_t *text) {
  enum { SHOWN = 60 };
  const char *string = mmd_value_get_string(value, NULL);
  if (string) {
    return mmd_str_printf(text, "'%.*s%s'", SHOWN, string, strlen(string) > SHOWN ? "..." : "");
  }
  mmd_str_t json = {0};
  mmd_status_t status = mmd_json_write(value, 0, &json);
  if (status && mmd_status_code(status) == MMD_OUT_OF_RANGE) {  // too deep to be shown
    mmd_status_free(status);
    status = NULL;
  }
  if (!status) {
    status =
        mmd_str_printf(text, "%.*s%s", SHOWN, mmd_str_text(&json), json.size > SHOWN ? "..." : "");
  }
  mmd_str_deinit(&json);
  return status;
}

static mmd_status_t reject(const mmd_option_t *option, const mmd_value_t *value,
                           const char *label) {
  mmd_str_t text = {0};
  mmd_status_t status = append_expected(option, &text);
  if (!status) status = mmd_str_append(&text, ", found ");
  if (!status) status = append_found(value, &text);
  if (!status) {
    status = MMD_ERROR(MMD_INVALID_ARGUMENT, "%s: expected %s", label, mmd_str_text(&text));
  }
  mmd_str_deinit(&text);
  return status;
}

static bool in_range(const mmd_option_t *option, double number) {
  return !is_limited(option) || (number >= option->min && number <= option->max);
}

static bool convert_int(const mmd_option_t *option, const mmd_value_t *value, int64_t *out) {
  mmd_value_kind_t kind = mmd_value_kind(value);
  double number = mmd_value_get_float(value, 0);
  if (kind != MMD_VALUE_INT && kind != MMD_VALUE_FLOAT) return false;
  if (kind == MMD_VALUE_FLOAT && (number != floor(number) || fabs(number) >= 0x1p63)) return false;
  *out = mmd_value_get_int(value, 0);
  return in_range(option, number);
}

static bool convert_float(const mmd_option_t *option, const mmd_value_t *value, double *out) {
  mmd_value_kind_t kind = mmd_value_kind(value);
  const char *text = mmd_value_get_string(value, NULL);
  if (text) {  // how JSON holds what it has no number for
    if (!mmd_parse_double(text, strlen(text), out) || isfinite(*out)) return false;
  } else {
    if (kind != MMD_VALUE_INT && kind != MMD_VALUE_FLOAT) return false;
    *out = mmd_value_get_float(value, 0);
  }
  return in_range(option, *out);
}

static bool convert_bool(const mmd_value_t *value, bool *out) {
  mmd_value_kind_t kind = mmd_value_kind(value);
  int64_t number = mmd_value_get_int(value, -1);
  if (kind != MMD_VALUE_BOOL && (kind != MMD_VALUE_INT || (number != 0 && number != 1))) {
    return false;
  }
  *out = number != 0;
  return true;
}

static bool convert_choice(const mmd_option_t *option, const char *text, int *out) {
  for (int i = 0; text && option->choices[i]; ++i) {
    if (strcmp(option->choices[i], text) != 0) continue;
    *out = i;
    return true;
  }
  return false;
}

static bool convert_ints(const mmd_option_t *option, const mmd_value_t *value, mmd_ints_t *out) {
  bool list = mmd_value_kind(value) == MMD_VALUE_ARRAY;
  size_t count = list ? mmd_array_size(value) : 1;
  if (count > MMD_OPTION_MAX_ITEMS) return false;
  for (size_t i = 0; i < count; ++i) {
    if (!convert_int(option, list ? mmd_array_at(value, i) : value, &out->items[i])) return false;
  }
  out->count = (int)count;
  return true;
}

static bool convert_floats(const mmd_option_t *option, const mmd_value_t *value,
                           mmd_floats_t *out) {
  bool list = mmd_value_kind(value) == MMD_VALUE_ARRAY;
  size_t count = list ? mmd_array_size(value) : 1;
  if (count > MMD_OPTION_MAX_ITEMS) return false;
  for (size_t i = 0; i < count; ++i) {
    if (!convert_float(option, list ? mmd_array_at(value, i) : value, &out->items[i])) return false;
  }
  out->count = (int)count;
  return true;
}

static bool is_string_list(const mmd_value_t *value) {
  if (mmd_value_kind(value) != MMD_VALUE_ARRAY) return false;
  for (size_t i = 0; i < mmd_array_size(value); ++i) {
    if (mmd_value_kind(mmd_array_at(value, i)) != MMD_VALUE_STRING) return false;
  }
  return true;
}

static bool convert(const mmd_option_t *option, const mmd_value_t *value, mmd_option_field_t *out) {
  switch (option->type) {
    case MMD_OPTION_BOOL:
      return convert_bool(value, &out->flag);
    case MMD_OPTION_INT:
      return convert_int(option, value, &out->integer);
    case MMD_OPTION_FLOAT:
      return convert_float(option, value, &out->number);
    case MMD_OPTION_STRING:
      out->text = mmd_value_get_string(value, NULL);
      return out->text != NULL;
    case MMD_OPTION_CHOICE:
      return convert_choice(option, mmd_value_get_string(value, NULL), &out->choice);
    case MMD_OPTION_INTS:
      return convert_ints(option, value, &out->ints);
    case MMD_OPTION_FLOATS:
      return convert_floats(option, value, &out->floats);
    case MMD_OPTION_STRINGS:
      out->value = value;
      return is_string_list(value);
    case MMD_OPTION_VALUE:
      out->value = value;
      return true;
  }
  return false;
}

mmd_status_t mmd_option_convert(const mmd_option_t *option, const mmd_value_t *value,
                                const char *label, mmd_option_field_t *out_field) {
  memset(out_field, 0, sizeof *out_field);
  return convert(option, value, out_field) ? NULL : reject(option, value, label);
}

static void store(const mmd_option_t *option, const mmd_option_field_t *field, void *out_struct) {
  static const size_t sizes[] = {
      sizeof(bool),         sizeof(int64_t),       sizeof(double),
      sizeof(char *),       sizeof(int),           sizeof(mmd_ints_t),
      sizeof(mmd_floats_t), sizeof(mmd_value_t *), sizeof(mmd_value_t *),
  };
  memcpy((char *)out_struct + option->offset, field, sizes[option->type]);
}

// The text itself, or a JSON string without escapes.
static bool convert_default_choice(const mmd_option_t *option, int *out) {
  const char *text = option->default_text;
  size_t size = strlen(text);
  if (size >= 2 && text[0] == '"' && text[size - 1] == '"') ++text, size -= 2;
  for (int i = 0; option->choices[i]; ++i) {
    if (strlen(option->choices[i]) != size || memcmp(option->choices[i], text, size) != 0) continue;
    *out = i;
    return true;
  }
  return false;
}

static mmd_status_t convert_default_json(const mmd_option_t *option, bool *out_good,
                                         mmd_option_field_t *out_field) {
  mmd_value_t *value;
  const char *text = option->default_text;
  MMD_TRY(mmd_json_parse(text, strlen(text), option->name, &value));
  // A field that borrows would outlive the parsed value.
  bool borrows = option->type == MMD_OPTION_STRINGS || option->type == MMD_OPTION_VALUE;
  *out_good = !borrows && convert(option, value, out_field);
  mmd_value_release(value);
  return NULL;
}

static mmd_status_t convert_default(const mmd_option_t *option, const char *table,
                                    mmd_option_field_t *out_field) {
  bool good;
  memset(out_field, 0, sizeof *out_field);
  if (option->type == MMD_OPTION_STRING) {
    out_field->text = option->default_text;
    good = option->default_text[0] != '"';  // quotes would become part of the text
  } else if (option->type == MMD_OPTION_CHOICE) {
    good = convert_default_choice(option, &out_field->choice);
  } else {
    MMD_TRY(convert_default_json(option, &good, out_field));
  }
  if (good) return NULL;
  return MMD_ERROR(MMD_INTERNAL, "option table %s: bad default '%s' of '%s'", table,
                   option->default_text, option->name);
}

// "where.key"; |where| may be empty.
static char *label_of(const char *where, const char *key) {
  mmd_str_t label = {0};
  bool dot = where && where[0];
  mmd_status_t status = mmd_str_printf(&label, "%s%s%s", dot ? where : "", dot ? "." : "", key);
  if (mmd_status_ignore(status)) {
    mmd_str_deinit(&label);
    return NULL;
  }
  return mmd_str_take(&label);
}

static mmd_status_t read_option(const mmd_option_table_t *table, const mmd_option_t *option,
                                const mmd_value_t *object, const char *where, void *out_struct) {
  const mmd_value_t *value = mmd_object_get(object, option->name);
  mmd_option_field_t field;
  if (option->flags & MMD_OPTION_IGNORED) return NULL;
  if (mmd_value_is_null(value) && (!value || (option->flags & MMD_OPTION_NULLABLE))) {
    if ((option->flags & MMD_OPTION_REQUIRED) && !value) {
      return MMD_ERROR(MMD_INVALID_ARGUMENT, "%s%s'%s' of %s is missing", where ? where : "",
                       where && where[0] ? ": " : "", option->name, table->name);
    }
    if (!option->default_text) return NULL;
    MMD_TRY(convert_default(option, table->name, &field));
  } else {
    char *label = label_of(where, option->name);
    MMD_TRY_ALLOC(label);
    mmd_status_t status = mmd_option_convert(option, value, label, &field);
    mmd_free(label);
    MMD_TRY(status);
  }
  store(option, &field, out_struct);
  return NULL;
}

static const mmd_option_t *find_option(const mmd_option_table_t *table, const char *name) {
  for (size_t i = 0; i < table->count; ++i) {
    if (strcmp(table->options[i].name, name) == 0) return &table->options[i];
  }
  return NULL;
}

static mmd_status_t list_names(const mmd_option_table_t *table, mmd_str_t *text) {
  for (size_t i = 0; i < table->count; ++i) {
    MMD_TRY(mmd_str_printf(text, "%s%s", i ? ", " : "", table->options[i].name));
  }
  return NULL;
}

static mmd_status_t unknown_key(const mmd_option_table_t *table, const char *label,
                                const char *key) {
  const char *nearest = NULL;
  unsigned best = UINT32_MAX;
  for (size_t i = 0; i < table->count; ++i) {
    const char *near = mmd_nearest_name(key, &table->options[i].name, 1);
    unsigned distance = near ? mmd_edit_distance(key, near) : best;
    if (distance >= best) continue;
    best = distance;
    nearest = near;
  }
  if (nearest) {
    return MMD_ERROR(MMD_INVALID_ARGUMENT, "%s: %s has no such option (did you mean '%s'?)", label,
                     table->name, nearest);
  }
  mmd_str_t names = {0};
  mmd_status_t status = list_names(table, &names);
  if (!status) {
    status = MMD_ERROR(MMD_INVALID_ARGUMENT, "%s: %s has no such option; it has: %s", label,
                       table->name, names.size ? mmd_str_text(&names) : "none");
  }
  mmd_str_deinit(&names);
  return status;
}

static mmd_status_t check_keys(const mmd_option_table_t *table, const mmd_value_t *object,
                               const char *where) {
  for (size_t i = 0; i < mmd_object_size(object); ++i) {
    const char *key = mmd_object_key_at(object, i);
    if (strcmp(key, "type") == 0 || find_option(table, key)) continue;
    char *label = label_of(where, key);
    MMD_TRY_ALLOC(label);
    mmd_status_t status = unknown_key(table, label, key);
    mmd_free(label);
    return status;
  }
  return NULL;
}

mmd_status_t mmd_options_read(const mmd_option_table_t *table, const mmd_value_t *object,
                              const char *where, bool strict, void *out_struct) {
  memset(out_struct, 0, table->struct_size);
  mmd_value_kind_t kind = mmd_value_kind(object);
  if (kind != MMD_VALUE_OBJECT && kind != MMD_VALUE_NULL) {
    return MMD_ERROR(
        MMD_INVALID_ARGUMENT, "%s: expected an object with the options of %s, found %s",
        where && where[0] ? where : table->name, table->name, mmd_value_kind_name(kind));
  }
  if (strict) MMD_TRY(check_keys(table, object, where));
  for (size_t i = 0; i < table->count; ++i) {
    MMD_TRY(read_option(table, &table->options[i], object, where, out_struct));
  }
  return NULL;
}
