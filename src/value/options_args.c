// SPDX-License-Identifier: Apache-2.0
//
// Command lines into objects, by table. Behaviour and messages follow Python's argparse.
#include <string.h>

#include "base/alloc.h"
#include "value/json.h"
#include "value/options_internal.h"

typedef struct {
  const mmd_option_table_t *table;
  int argc, at;
  char **argv;
  mmd_value_t *object;
  const char **words;  // positional words
  size_t word_count;
} parser_t;

static bool is_positional(const mmd_option_t *option) {
  return (option->flags & MMD_OPTION_POSITIONAL) != 0;
}

static bool is_repeated(const mmd_option_t *option) {
  return (option->flags & MMD_OPTION_REPEATED) != 0;
}

static mmd_status_t append_argument(mmd_str_t *text, const mmd_option_t *option) {
  MMD_TRY(mmd_str_append(text, "argument "));
  return mmd_option_format_name(option, text);
}

static mmd_status_t argument_error(const mmd_option_t *option, const char *what) {
  mmd_str_t label = {0};
  mmd_status_t status = append_argument(&label, option);
  if (!status) status = MMD_ERROR(MMD_INVALID_ARGUMENT, "%s: %s", mmd_str_text(&label), what);
  mmd_str_deinit(&label);
  return status;
}

// "-1" and "-.5" are values, "-" is one too.
static bool looks_like_option(const char *word) {
  double number;
  if (word[0] != '-' || word[1] == 0) return false;
  return !mmd_parse_double(word, strlen(word), &number);
}

// "--keep-ratio" and "--keep_ratio" are the same name.
static bool same_name(const char *name, const char *word, size_t size) {
  for (size_t i = 0; i < size; ++i) {
    char a = name[i] == '-' ? '_' : name[i], b = word[i] == '-' ? '_' : word[i];
    if (a != b || a == 0) return false;
  }
  return true;
}

static mmd_status_t unknown_option(const parser_t *p, const char *word, size_t size) {
  char *name = mmd_strndup(word, size);
  MMD_TRY_ALLOC(name);
  const char *nearest = NULL;
  unsigned best = UINT32_MAX;
  for (char *c = name; *c; ++c) *c = *c == '-' ? '_' : *c;
  for (size_t i = 0; i < p->table->count; ++i) {
    const mmd_option_t *option = &p->table->options[i];
    if (is_positional(option) || !mmd_nearest_name(name, &option->name, 1)) continue;
    unsigned distance = mmd_edit_distance(name, option->name);
    if (distance >= best) continue;
    best = distance;
    nearest = option->name;
  }
  mmd_free(name);
  if (!nearest) {
    return MMD_ERROR(MMD_INVALID_ARGUMENT, "unrecognized argument '--%.*s'", (int)size, word);
  }
  char *dashed = mmd_strdup(nearest);
  MMD_TRY_ALLOC(dashed);
  for (char *c = dashed; *c; ++c) *c = *c == '_' ? '-' : *c;
  mmd_status_t status =
      MMD_ERROR(MMD_INVALID_ARGUMENT, "unrecognized argument '--%.*s' (did you mean '--%s'?)",
                (int)size, word, dashed);
  mmd_free(dashed);
  return status;
}

// |word| without its dashes and without "=value". An exact name wins over beginnings of names.
static mmd_status_t find_long(const parser_t *p, const char *word, size_t size,
                              const mmd_option_t **out_option) {
  const mmd_option_t *found = NULL;
  size_t matches = 0;
  for (size_t i = 0; i < p->table->count; ++i) {
    const mmd_option_t *option = &p->table->options[i];
    if (is_positional(option) || size == 0 || !same_name(option->name, word, size)) continue;
    found = option;
    ++matches;
    if (option->name[size] != 0) continue;
    matches = 1;
    break;
  }
  *out_option = found;
  if (matches == 1) return NULL;
  if (matches == 0) return unknown_option(p, word, size);
  return MMD_ERROR(MMD_INVALID_ARGUMENT, "ambiguous option '--%.*s'", (int)size, word);
}

static const mmd_option_t *find_short(const mmd_option_table_t *table, char name) {
  for (size_t i = 0; i < table->count; ++i) {
    if (name && table->options[i].short_name == name) return &table->options[i];
  }
  return NULL;
}

// "3,224,224" as JSON; anything else stays a string, which the check then refuses.
static mmd_status_t list_from_word(const char *word, mmd_value_t **out_value) {
  mmd_str_t json = {0};
  mmd_status_t status = mmd_str_printf(&json, word[0] == '[' ? "%s" : "[%s]", word);
  if (!status) status = mmd_json_parse(mmd_str_text(&json), json.size, "", out_value);
  mmd_str_deinit(&json);
  if (mmd_status_code(status) == MMD_OUT_OF_MEMORY) return status;
  if (mmd_status_ignore(status)) *out_value = mmd_value_string(word);
  return NULL;
}

static mmd_status_t value_from_word(const mmd_option_t *option, const char *word,
                                    mmd_value_t **out_value) {
  size_t size = strlen(word);
  int64_t integer;
  double number;
  bool list = option->type == MMD_OPTION_INTS || option->type == MMD_OPTION_FLOATS;
  *out_value = NULL;
  if (option->type == MMD_OPTION_BOOL && strcmp(word, "true") == 0) {
    *out_value = mmd_value_bool(true);
  } else if (option->type == MMD_OPTION_BOOL && strcmp(word, "false") == 0) {
    *out_value = mmd_value_bool(false);
  } else if (option->type == MMD_OPTION_INT && mmd_parse_i64(word, size, &integer)) {
    *out_value = mmd_value_int(integer);
  } else if (option->type == MMD_OPTION_FLOAT && mmd_parse_double(word, size, &number)) {
    *out_value = mmd_value_float(number);
  } else if (list && !is_repeated(option)) {
    MMD_TRY(list_from_word(word, out_value));
  } else if (list && mmd_parse_i64(word, size, &integer)) {
    *out_value = mmd_value_int(integer);
  } else if (option->type == MMD_OPTION_FLOATS && mmd_parse_double(word, size, &number)) {
    *out_value = mmd_value_float(number);
  } else if (option->type == MMD_OPTION_VALUE) {
    mmd_status_t status = mmd_json_parse(word, size, "", out_value);
    if (mmd_status_code(status) == MMD_OUT_OF_MEMORY) return status;
    if (mmd_status_ignore(status)) *out_value = mmd_value_string(word);
  } else {
    *out_value = mmd_value_string(word);
  }
  return *out_value ? NULL : mmd_status_no_memory();
}

static mmd_status_t check_value(const mmd_option_t *option, const mmd_value_t *value) {
  mmd_option_field_t field;
  mmd_str_t label = {0};
  mmd_status_t status = append_argument(&label, option);
  if (!status) status = mmd_option_convert(option, value, mmd_str_text(&label), &field);
  mmd_str_deinit(&label);
  return status;
}

// Appends |word| to the option's array, or replaces its value.
static mmd_status_t add_word(parser_t *p, const mmd_option_t *option, const char *word) {
  mmd_value_t *value;
  MMD_TRY(value_from_word(option, word, &value));
  if (!is_repeated(option) && option->type != MMD_OPTION_STRINGS) {
    mmd_status_t status = check_value(option, value);
    if (!status) return mmd_object_take(p->object, option->name, value);
    mmd_value_release(value);
    return status;
  }
  mmd_value_t *list = mmd_object_get(p->object, option->name);
  if (!list) {
    list = mmd_value_array();
    mmd_status_t status = mmd_object_take(p->object, option->name, list);
    if (status) {
      mmd_value_release(value);
      return status;
    }
  }
  return mmd_array_take(list, value);
}

// A list of numbers is checked as a whole.
static mmd_status_t check_list(const parser_t *p, const mmd_option_t *option) {
  const mmd_value_t *list = mmd_object_get(p->object, option->name);
  if (!is_repeated(option) || !list) return NULL;
  if (option->type == MMD_OPTION_INTS || option->type == MMD_OPTION_FLOATS) {
    return check_value(option, list);
  }
  for (size_t i = 0; i < mmd_array_size(list) && option->type != MMD_OPTION_STRINGS; ++i) {
    MMD_TRY(check_value(option, mmd_array_at(list, i)));
  }
  return NULL;
}

// |joined| is the text behind '=' or a short option, or NULL.
static mmd_status_t take_values(parser_t *p, const mmd_option_t *option, const char *joined) {
  if (joined) return add_word(p, option, joined);
  if (option->type == MMD_OPTION_BOOL) return add_word(p, option, "true");
  if (p->at >= p->argc || looks_like_option(p->argv[p->at])) {
    return argument_error(
        option, is_repeated(option) ? "expected at least one argument" : "expected one argument");
  }
  // As in argparse, giving a list of words again replaces the first list.
  if (is_repeated(option)) mmd_object_remove(p->object, option->name);
  do {
    MMD_TRY(add_word(p, option, p->argv[p->at++]));
  } while (is_repeated(option) && p->at < p->argc && !looks_like_option(p->argv[p->at]));
  return check_list(p, option);
}

static mmd_status_t parse_option(parser_t *p, const char *word) {
  const mmd_option_t *option;
  if (word[1] == '-') {
    const char *name = word + 2;
    size_t size = strcspn(name, "=");
    MMD_TRY(find_long(p, name, size, &option));
    return take_values(p, option, name[size] == '=' ? name + size + 1 : NULL);
  }
  option = find_short(p->table, word[1]);
  if (!option) return MMD_ERROR(MMD_INVALID_ARGUMENT, "unrecognized argument '%s'", word);
  const char *joined = word[2] ? word + 2 + (word[2] == '=') : NULL;
  return take_values(p, option, joined);
}

static mmd_status_t parse_words(parser_t *p) {
  bool only_words = false;
  while (p->at < p->argc) {
    const char *word = p->argv[p->at++];
    if (!only_words && strcmp(word, "--") == 0) {
      only_words = true;
    } else if (!only_words && looks_like_option(word)) {
      MMD_TRY(parse_option(p, word));
    } else {
      p->words[p->word_count++] = word;
    }
  }
  return NULL;
}

static size_t required_behind(const mmd_option_table_t *table, size_t index) {
  size_t count = 0;
  for (size_t i = index + 1; i < table->count; ++i) {
    const mmd_option_t *option = &table->options[i];
    count += is_positional(option) && (option->flags & MMD_OPTION_REQUIRED);
  }
  return count;
}

// A repeated positional takes what those behind it do not need.
static mmd_status_t place_words(parser_t *p) {
  size_t used = 0;
  for (size_t i = 0; i < p->table->count; ++i) {
    const mmd_option_t *option = &p->table->options[i];
    if (!is_positional(option)) continue;
    size_t left = p->word_count - used, kept = required_behind(p->table, i);
    size_t spare = left > kept ? left - kept : 0;
    size_t taken = is_repeated(option) ? spare : spare > 0;
    if (taken == 0 && left > 0 && (option->flags & MMD_OPTION_REQUIRED)) taken = 1;
    for (; taken > 0; --taken) MMD_TRY(add_word(p, option, p->words[used++]));
    MMD_TRY(check_list(p, option));
  }
  if (used == p->word_count) return NULL;
  return MMD_ERROR(MMD_INVALID_ARGUMENT, "unrecognized argument '%s'", p->words[used]);
}

static mmd_status_t check_required(const parser_t *p) {
  mmd_str_t missing = {0};
  mmd_status_t status = NULL;
  for (size_t i = 0; i < p->table->count && !status; ++i) {
    const mmd_option_t *option = &p->table->options[i];
    if (!(option->flags & MMD_OPTION_REQUIRED)) continue;
    if (mmd_object_get(p->object, option->name)) continue;
    if (missing.size > 0) status = mmd_str_append(&missing, ", ");
    if (!status) status = mmd_option_format_name(option, &missing);
  }
  if (!status && missing.size > 0) {
    status = MMD_ERROR(MMD_INVALID_ARGUMENT, "the following arguments are required: %s",
                       mmd_str_text(&missing));
  }
  mmd_str_deinit(&missing);
  return status;
}

static bool asks_for_help(const parser_t *p) {
  bool short_free = find_short(p->table, 'h') == NULL;
  for (int i = 0; i < p->argc && strcmp(p->argv[i], "--") != 0; ++i) {
    if (strcmp(p->argv[i], "--help") == 0) return true;
    if (short_free && strcmp(p->argv[i], "-h") == 0) return true;
  }
  return false;
}

static mmd_status_t parse(parser_t *p) {
  p->object = mmd_value_object();
  p->words = mmd_alloc_array((size_t)p->argc + 1, sizeof *p->words);
  if (!p->object || !p->words) return mmd_status_no_memory();
  MMD_TRY(parse_words(p));
  MMD_TRY(place_words(p));
  return check_required(p);
}

mmd_status_t mmd_options_parse_args(const mmd_option_table_t *table, int argc, char **argv,
                                    bool *out_help, mmd_value_t **out_object) {
  parser_t parser = {.table = table, .argc = argc, .argv = argv};
  *out_object = NULL;
  *out_help = asks_for_help(&parser);
  if (*out_help) {
    *out_object = mmd_value_object();
    return *out_object ? NULL : mmd_status_no_memory();
  }
  mmd_status_t status = parse(&parser);
  mmd_free(parser.words);
  if (status) {
    mmd_value_release(parser.object);
    return status;
  }
  *out_object = parser.object;
  return NULL;
}
