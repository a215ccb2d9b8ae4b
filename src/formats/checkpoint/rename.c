// SPDX-License-Identifier: Apache-2.0
#include "formats/checkpoint/rename.h"

#include <regex.h>
#include <string.h>

#include "base/alloc.h"
#include "base/file.h"
#include "base/map.h"
#include "base/str.h"

enum { MAX_GROUPS = 11, FILE_LIMIT = 16 << 20, LISTED_KEYS = 8 };
// Of one pattern, and of the names it is tried on.
enum { MAX_NODES = 2000, MAX_DEPTH = 32, MAX_KEY = 4096 };

typedef struct rule_t {
  char *pattern;
  char *replacement;  // "" drops the key
  int line;
  bool is_compiled;
  bool is_fill;   // adds a parameter beside each new name that matches
  double number;  // of all its elements
  regex_t regex;  // "^(PATTERN)$": group N of the pattern is N + 1 here
} rule_t;

struct mmd_rename_rules {
  char *name;
  rule_t *items;
  size_t count, capacity;
  bool keeps_unmatched;
};

typedef struct slice_t {
  const char *begin, *end;
} slice_t;

static bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\r';
}

static slice_t trim(slice_t s) {
  while (s.begin < s.end && is_blank(*s.begin)) ++s.begin;
  while (s.end > s.begin && is_blank(s.end[-1])) --s.end;
  return s;
}

static bool slice_is(slice_t s, const char *text) {
  size_t n = (size_t)(s.end - s.begin);
  return n == strlen(text) && memcmp(s.begin, text, n) == 0;
}

static mmd_status_t line_error(const mmd_rename_rules_t *rules, int line, const char *what) {
  return MMD_ERROR(MMD_INVALID_ARGUMENT, "%s:%d: %s", rules->name, line, what);
}

// --- parsing ---

// Splits at the first " -> "; " ->" at the end of the line has an empty replacement.
static bool split(slice_t line, slice_t *out_pattern, slice_t *out_replacement) {
  for (const char *p = line.begin; line.end - p >= 3; ++p) {
    if (memcmp(p, " ->", 3) != 0) continue;
    if (line.end - p > 3 && p[3] != ' ') continue;
    *out_pattern = trim((slice_t){line.begin, p});
    *out_replacement = trim((slice_t){p + 3, line.end});
    return out_pattern->begin < out_pattern->end;
  }
  return false;
}

static mmd_status_t regex_error(const mmd_rename_rules_t *rules, const rule_t *rule, int code,
                                const regex_t *regex) {
  char text[128];
  regerror(code, regex, text, sizeof text);
  return MMD_ERROR(code == REG_ESPACE ? MMD_OUT_OF_MEMORY : MMD_INVALID_ARGUMENT,
                   "%s:%d: bad pattern '%s': %s", rules->name, rule->line, rule->pattern, text);
}

// The work of regcomp: it copies what is repeated, "x+" into "xx*" and "x{1,9}" into nine, and
// walks nested stars by all their ways, so that repetitions of repetitions grow without bounds.
typedef struct estimate_t {
  size_t total[MAX_DEPTH];  // of each open group
  size_t last[MAX_DEPTH];   // the atom that a repetition would copy
  int depth;
} estimate_t;

static void add_atom(estimate_t *estimate, size_t size) {
  estimate->last[estimate->depth] = size;
  estimate->total[estimate->depth] += size;
}

static void repeat_atom(estimate_t *estimate, size_t times) {
  size_t *last = &estimate->last[estimate->depth];
  if (times < 2 || *last > MAX_NODES) return;
  const size_t copies = times > MAX_NODES ? MAX_NODES + 1 : times;
  estimate->total[estimate->depth] += *last * (copies - 1);
  *last *= copies;
}

// Behind the bracket expression at |p|, "[^]a-z[:digit:]]".
static const char *skip_bracket(const char *p) {
  ++p;
  if (*p == '^') ++p;
  if (*p == ']') ++p;
  for (; *p && *p != ']'; ++p) {
    if (p[0] != '[' || (p[1] != ':' && p[1] != '.' && p[1] != '=')) continue;
    const char kind = p[1];
    for (p += 2; *p && !(p[0] == kind && p[1] == ']');) ++p;
    if (!*p) return p;
    ++p;
  }
  return *p ? p + 1 : p;
}

// Behind the bounds at |p|, "{2,5}"; |*out_times| is the larger.
static const char *skip_bounds(const char *p, size_t *out_times) {
  size_t number = 0;
  *out_times = 1;
  for (++p; *p && *p != '}'; ++p) {
    number = *p >= '0' && *p <= '9' && number <= MAX_NODES ? number * 10 + (size_t)(*p - '0') : 0;
    if (number > *out_times) *out_times = number;
  }
  return *p ? p + 1 : p;
}

static bool enter_group(estimate_t *estimate) {
  if (++estimate->depth == MAX_DEPTH) return false;
  estimate->total[estimate->depth] = 1;
  estimate->last[estimate->depth] = 0;
  return true;
}

static void leave_group(estimate_t *estimate) {
  if (estimate->depth == 0) {  // an ordinary character to glibc
    add_atom(estimate, 1);
    return;
  }
  const size_t size = estimate->total[estimate->depth--];
  add_atom(estimate, size);
}

static bool is_small(const char *p) {
  estimate_t estimate = {0};
  while (*p) {
    size_t times = 2;
    if (*p == '(') {
      if (!enter_group(&estimate)) return false;
      ++p;
    } else if (*p == ')') {
      leave_group(&estimate);
      ++p;
    } else if (*p == '{') {
      p = skip_bounds(p, &times);
      repeat_atom(&estimate, times);
    } else if (*p == '+' || *p == '*' || *p == '?') {
      repeat_atom(&estimate, times);
      ++p;
    } else {
      add_atom(&estimate, 1);
      p = *p == '[' ? skip_bracket(p) : p + (*p == '\\' && p[1] ? 2 : 1);
    }
    if (estimate.total[estimate.depth] > MAX_NODES) return false;
  }
  return true;
}

// A GNU extension, whose matching takes exponential time.
static bool has_back_reference(const char *p) {
  for (; *p; ++p) {
    if (*p != '\\' || !p[1]) continue;
    if (p[1] >= '1' && p[1] <= '9') return true;
    ++p;
  }
  return false;
}

static mmd_status_t check_pattern(const mmd_rename_rules_t *rules, const rule_t *rule) {
  if (has_back_reference(rule->pattern)) {
    return line_error(rules, rule->line, "a back reference in a pattern");
  }
  if (is_small(rule->pattern)) return NULL;
  return line_error(rules, rule->line,
                    "the pattern is too large once its repetitions are written out");
}

static mmd_status_t compile(const mmd_rename_rules_t *rules, rule_t *rule) {
  MMD_TRY(check_pattern(rules, rule));
  // Alone first, so that the parentheses around it cannot make it right.
  int code = regcomp(&rule->regex, rule->pattern, REG_EXTENDED);
  if (code != 0) return regex_error(rules, rule, code, &rule->regex);
  regfree(&rule->regex);
  mmd_str_t whole = {0};
  mmd_status_t status = mmd_str_printf(&whole, "^(%s)$", rule->pattern);
  if (!status) {
    code = regcomp(&rule->regex, mmd_str_text(&whole), REG_EXTENDED);
    rule->is_compiled = code == 0;
    if (code != 0) status = regex_error(rules, rule, code, &rule->regex);
  }
  mmd_str_deinit(&whole);
  return status;
}

// "\1" to "\9" name a group of the pattern, "\\" is a backslash.
static mmd_status_t check_replacement(const mmd_rename_rules_t *rules, const rule_t *rule) {
  for (const char *p = rule->replacement; *p; ++p) {
    if (*p != '\\') continue;
    ++p;
    if (*p == '\\') continue;
    if (*p < '1' || *p > '9') {
      return line_error(rules, rule->line,
                        "a backslash in a replacement stands before 1 to 9 or "
                        "another backslash");
    }
    if ((size_t)(*p - '0') >= rule->regex.re_nsub) {
      return MMD_ERROR(MMD_INVALID_ARGUMENT, "%s:%d: '\\%c', but the pattern has %zu groups",
                       rules->name, rule->line, *p, rule->regex.re_nsub - 1);
    }
  }
  return NULL;
}

// "fill PATTERN -> NAME = NUMBER": |text| and |replacement| lose what is no part of the rule.
static bool take_fill(slice_t *text) {
  static const char word[] = "fill ";
  const size_t size = sizeof word - 1;
  if ((size_t)(text->end - text->begin) < size || memcmp(text->begin, word, size) != 0)
    return false;
  text->begin += size;
  return true;
}

static mmd_status_t take_number(const mmd_rename_rules_t *rules, int line, slice_t *replacement,
                                double *out_number) {
  const char *p = replacement->end;
  while (p > replacement->begin && p[-1] != '=') --p;
  const slice_t number = trim((slice_t){p, replacement->end});
  *replacement = trim((slice_t){replacement->begin, p - (p > replacement->begin)});
  if (replacement->begin < replacement->end &&
      mmd_parse_double(number.begin, (size_t)(number.end - number.begin), out_number))
    return NULL;
  return line_error(rules, line, "expected 'fill PATTERN -> NAME = NUMBER'");
}

static mmd_status_t parse_line(mmd_rename_rules_t *rules, slice_t line, int number) {
  slice_t text = trim(line);
  if (text.begin == text.end || *text.begin == '#') return NULL;
  if (memchr(text.begin, '\0', (size_t)(text.end - text.begin))) {
    return line_error(rules, number, "a NUL byte");
  }
  if (slice_is(text, "keep_unmatched")) {
    rules->keeps_unmatched = true;
    return NULL;
  }
  slice_t pattern, replacement;
  double filler = 0;
  const bool is_fill = take_fill(&text);
  if (!split(text, &pattern, &replacement)) {
    return line_error(rules, number,
                      "expected 'PATTERN -> REPLACEMENT', 'fill …' or 'keep_unmatched'");
  }
  if (is_fill) MMD_TRY(take_number(rules, number, &replacement, &filler));
  MMD_TRY(MMD_GROW(rules->items, rules->capacity, rules->count + 1));
  rule_t *rule = &rules->items[rules->count++];
  *rule = (rule_t){.line = number, .is_fill = is_fill, .number = filler};
  rule->pattern = mmd_strndup(pattern.begin, (size_t)(pattern.end - pattern.begin));
  MMD_TRY_ALLOC(rule->pattern);
  rule->replacement = mmd_strndup(replacement.begin, (size_t)(replacement.end - replacement.begin));
  MMD_TRY_ALLOC(rule->replacement);
  MMD_TRY(compile(rules, rule));
  return check_replacement(rules, rule);
}

static mmd_status_t parse_lines(mmd_rename_rules_t *rules, slice_t text) {
  int number = 0;
  while (text.begin < text.end) {
    const char *end = memchr(text.begin, '\n', (size_t)(text.end - text.begin));
    slice_t line = {text.begin, end ? end : text.end};
    MMD_TRY(parse_line(rules, line, ++number));
    text.begin = end ? end + 1 : text.end;
  }
  return NULL;
}

mmd_status_t mmd_rename_rules_parse(const char *text, size_t size, const char *name,
                                    mmd_rename_rules_t **out_rules) {
  *out_rules = NULL;
  mmd_rename_rules_t *rules = mmd_alloc(sizeof *rules);
  MMD_TRY_ALLOC(rules);
  rules->name = mmd_strdup(name);
  mmd_status_t status =
      rules->name ? parse_lines(rules, (slice_t){text, text + size}) : mmd_status_no_memory();
  if (status) {
    mmd_rename_rules_destroy(rules);
    return status;
  }
  *out_rules = rules;
  return NULL;
}

mmd_status_t mmd_rename_rules_read_file(const char *path, mmd_rename_rules_t **out_rules) {
  *out_rules = NULL;
  char *text = NULL;
  size_t size = 0;
  MMD_TRY(mmd_file_read(path, FILE_LIMIT, &text, &size));
  mmd_status_t status = mmd_rename_rules_parse(text, size, path, out_rules);
  mmd_free(text);
  return status;
}

void mmd_rename_rules_destroy(mmd_rename_rules_t *rules) {
  if (!rules) return;
  for (size_t i = 0; i < rules->count; ++i) {
    rule_t *rule = &rules->items[i];
    if (rule->is_compiled) regfree(&rule->regex);
    mmd_free(rule->pattern);
    mmd_free(rule->replacement);
  }
  mmd_free(rules->items);
  mmd_free(rules->name);
  mmd_free(rules);
}

size_t mmd_rename_rules_size(const mmd_rename_rules_t *rules) {
  return rules->count;
}

const char *mmd_rename_rules_pattern(const mmd_rename_rules_t *rules, size_t index) {
  return rules->items[index].pattern;
}

int mmd_rename_rules_line(const mmd_rename_rules_t *rules, size_t index) {
  return rules->items[index].line;
}

const char *mmd_rename_rules_name(const mmd_rename_rules_t *rules) {
  return rules->name;
}

// --- applying ---

static mmd_status_t substitute(const rule_t *rule, const char *key, const regmatch_t *groups,
                               mmd_str_t *name) {
  for (const char *p = rule->replacement; *p; ++p) {
    if (*p != '\\') {
      MMD_TRY(mmd_str_append_char(name, *p));
      continue;
    }
    ++p;
    if (*p == '\\') {
      MMD_TRY(mmd_str_append_char(name, '\\'));
      continue;
    }
    const regmatch_t *g = &groups[*p - '0' + 1];
    if (g->rm_so < 0) continue;
    MMD_TRY(mmd_str_append_n(name, key + g->rm_so, (size_t)(g->rm_eo - g->rm_so)));
  }
  return NULL;
}

static mmd_status_t make_name(const rule_t *rule, const char *key, const regmatch_t *groups,
                              char **out_name) {
  mmd_str_t name = {0};
  mmd_status_t status = substitute(rule, key, groups, &name);
  if (!status) {
    *out_name = mmd_str_take(&name);
    if (!*out_name) status = mmd_status_no_memory();
  }
  mmd_str_deinit(&name);
  return status;
}

static bool matches(const rule_t *rule, const char *key, regmatch_t *groups) {
  return regexec(&rule->regex, key, MAX_GROUPS, groups, 0) == 0;
}

// |*out_rule| is the first rule that matches, or the number of rules; |*out_name| stays NULL for a
// dropped key.
static mmd_status_t rename_key(const mmd_rename_rules_t *rules, const char *key, size_t *out_rule,
                               char **out_name) {
  regmatch_t groups[MAX_GROUPS];
  size_t i = 0;
  if (strlen(key) > MAX_KEY) {
    return MMD_ERROR(MMD_OUT_OF_RANGE, "%s: a name of %zu bytes", rules->name, strlen(key));
  }
  while (i < rules->count && (rules->items[i].is_fill || !matches(&rules->items[i], key, groups)))
    ++i;
  *out_rule = i;
  if (i == rules->count) {
    if (!rules->keeps_unmatched) return NULL;
    *out_name = mmd_strdup(key);
    return *out_name ? NULL : mmd_status_no_memory();
  }
  if (rules->items[i].replacement[0] == '\0') return NULL;
  return make_name(&rules->items[i], key, groups, out_name);
}

static mmd_status_t list_unmatched(const mmd_rename_rules_t *rules, const mmd_str_t *list,
                                   size_t count) {
  return MMD_ERROR(MMD_INVALID_ARGUMENT, "%s: no rule matches %zu names: %s%s", rules->name, count,
                   mmd_str_text(list), count > LISTED_KEYS ? ", …" : "");
}

static mmd_status_t check_collision(const mmd_rename_rules_t *rules, const char *const *keys,
                                    mmd_map_t *taken, size_t index, const char *name, size_t rule) {
  uintptr_t other = (uintptr_t)mmd_map_get(taken, name);
  if (other == 0) return mmd_map_set(taken, name, (void *)(uintptr_t)(index + 1), NULL);
  int line = rule < rules->count ? rules->items[rule].line : 0;
  return MMD_ERROR(MMD_INVALID_ARGUMENT, "%s:%d: '%s' and '%s' both get the name '%s'", rules->name,
                   line, keys[other - 1], keys[index], name);
}

static mmd_status_t apply(const mmd_rename_rules_t *rules, const char *const *keys, size_t count,
                          mmd_map_t *taken, mmd_str_t *unmatched, mmd_rename_result_t *result) {
  size_t unmatched_count = 0;
  for (size_t i = 0; i < count; ++i) {
    size_t rule = 0;
    MMD_TRY(rename_key(rules, keys[i], &rule, &result->names[i]));
    if (rule < rules->count) {
      ++result->hits[rule];
    } else if (!rules->keeps_unmatched) {
      if (unmatched_count++ < LISTED_KEYS) {
        MMD_TRY(mmd_str_printf(unmatched, "%s'%s'", unmatched->size ? ", " : "", keys[i]));
      }
    }
    if (!result->names[i]) continue;
    MMD_TRY(check_collision(rules, keys, taken, i, result->names[i], rule));
  }
  return unmatched_count ? list_unmatched(rules, unmatched, unmatched_count) : NULL;
}

// Beside the new name of key |index|; unlike renaming, all rules that match count.
static mmd_status_t add_fills(const mmd_rename_rules_t *rules, const char *const *keys,
                              size_t index, mmd_map_t *taken, mmd_rename_result_t *result) {
  const char *name = result->names[index];
  regmatch_t groups[MAX_GROUPS];
  if (!name || strlen(name) > MAX_KEY) return NULL;
  for (size_t i = 0; i < rules->count; ++i) {
    const rule_t *rule = &rules->items[i];
    if (!rule->is_fill || !matches(rule, name, groups)) continue;
    MMD_TRY(MMD_GROW(result->fills, result->fill_capacity, result->fill_count + 1));
    mmd_rename_fill_t *fill = &result->fills[result->fill_count++];
    *fill = (mmd_rename_fill_t){.like = index, .number = rule->number};
    MMD_TRY(make_name(rule, name, groups, &fill->name));
    MMD_TRY(check_collision(rules, keys, taken, index, fill->name, i));
    ++result->hits[i];
  }
  return NULL;
}

mmd_status_t mmd_rename_rules_apply(const mmd_rename_rules_t *rules, const char *const *keys,
                                    size_t count, mmd_rename_result_t *out_result) {
  *out_result = (mmd_rename_result_t){.count = count};
  mmd_map_t *taken = NULL;
  mmd_str_t unmatched = {0};
  out_result->names = mmd_alloc_array(count + 1, sizeof *out_result->names);
  out_result->hits = mmd_alloc_array(rules->count + 1, sizeof *out_result->hits);
  mmd_status_t status =
      out_result->names && out_result->hits ? mmd_map_create(&taken) : mmd_status_no_memory();
  if (!status) status = apply(rules, keys, count, taken, &unmatched, out_result);
  for (size_t i = 0; i < count && !status; ++i)
    status = add_fills(rules, keys, i, taken, out_result);
  mmd_str_deinit(&unmatched);
  mmd_map_destroy(taken);
  if (status) mmd_rename_result_deinit(out_result);
  return status;
}

void mmd_rename_result_deinit(mmd_rename_result_t *result) {
  for (size_t i = 0; result->names && i < result->count; ++i) mmd_free(result->names[i]);
  for (size_t i = 0; i < result->fill_count; ++i) mmd_free(result->fills[i].name);
  mmd_free(result->names);
  mmd_free(result->hits);
  mmd_free(result->fills);
  *result = (mmd_rename_result_t){0};
}
