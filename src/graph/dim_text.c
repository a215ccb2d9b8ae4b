// SPDX-License-Identifier: Apache-2.0
#include <string.h>

#include "base/alloc.h"
#include "graph/graph.h"
#include "graph/internal.h"

// Printing.

static bool is_symbol_char(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         c == '.' || c == ':' || c == '$' || c == '@' || ((unsigned char)c & 0x80);
}

static bool is_plain_symbol(const char *symbol) {
  if (!*symbol || (*symbol >= '0' && *symbol <= '9')) return false;
  for (const char *c = symbol; *c; ++c)
    if (!is_symbol_char(*c)) return false;
  return true;
}

static mmd_status_t format_call(const mmd_dim_t *dim, const char *name, const char *separator,
                                mmd_str_t *text) {
  bool wrap_a = *separator == ' ' && dim->a->kind == MMD_DIM_ADD;
  bool wrap_b = *separator == ' ' && (dim->b->kind == MMD_DIM_ADD || dim->b->kind == MMD_DIM_MUL);
  MMD_TRY(mmd_str_printf(text, "%s(%s", name, wrap_a ? "(" : ""));
  MMD_TRY(mmd_dim_format(dim->a, text));
  MMD_TRY(mmd_str_printf(text, "%s%s%s", wrap_a ? ")" : "", separator, wrap_b ? "(" : ""));
  MMD_TRY(mmd_dim_format(dim->b, text));
  return mmd_str_append(text, wrap_b ? "))" : ")");
}

// The sign of a term of a sum stands between the terms.
static mmd_status_t format_sum(const mmd_dim_t *dim, mmd_str_t *text) {
  MMD_TRY(mmd_dim_format(dim->a, text));
  size_t start = text->size;
  MMD_TRY(mmd_dim_format(dim->b, text));
  mmd_str_t term = {0};
  mmd_status_t status = mmd_str_append_n(&term, text->data + start, text->size - start);
  text->size = start;
  text->data[start] = '\0';
  const char *body = mmd_str_text(&term);
  bool is_negative = *body == '-';
  if (!status)
    status = mmd_str_printf(text, "%s%s", is_negative ? " - " : " + ", body + is_negative);
  mmd_str_deinit(&term);
  return status;
}

static mmd_status_t format_product(const mmd_dim_t *dim, mmd_str_t *text) {
  if (mmd_dim_is_const(dim->a) && dim->a->number == -1) {
    MMD_TRY(mmd_str_append_char(text, '-'));
  } else {
    MMD_TRY(mmd_dim_format(dim->a, text));
    MMD_TRY(mmd_str_append(text, "*"));
  }
  return mmd_dim_format(dim->b, text);
}

mmd_status_t mmd_dim_format(const mmd_dim_t *dim, mmd_str_t *out_text) {
  switch (dim->kind) {
    case MMD_DIM_CONST:
      if (dim->number == INT64_MIN)  // its positive twin could not be read back
        return mmd_str_append(out_text, "(-9223372036854775807 - 1)");
      return mmd_str_printf(out_text, "%lld", (long long)dim->number);
    case MMD_DIM_SYMBOL:
      if (is_plain_symbol(dim->symbol)) return mmd_str_append(out_text, dim->symbol);
      return mmd_text_quote(dim->symbol, strlen(dim->symbol), out_text);
    case MMD_DIM_ADD:
      return format_sum(dim, out_text);
    case MMD_DIM_MUL:
      return format_product(dim, out_text);
    case MMD_DIM_FLOOR_DIV:
      return format_call(dim, "floor", " / ", out_text);
    case MMD_DIM_CEIL_DIV:
      return format_call(dim, "ceil", " / ", out_text);
    case MMD_DIM_MIN:
      return format_call(dim, "min", ", ", out_text);
    case MMD_DIM_MAX:
      return format_call(dim, "max", ", ", out_text);
  }
  return MMD_ERROR(MMD_INTERNAL, "dimension kind %d", (int)dim->kind);
}

// Parsing. Inside floor() and ceil() a value is a fraction of two expressions.

enum { MAX_DEPTH = 48 };

typedef struct cursor_t {
  mmd_graph_t *graph;
  const char *text;
  size_t size, at;
  int depth;
} cursor_t;

typedef struct fraction_t {
  const mmd_dim_t *over, *under;
} fraction_t;

static mmd_status_t parse_sum(cursor_t *c, fraction_t *out);

static mmd_status_t syntax_error(const cursor_t *c, const char *wanted) {
  size_t rest = c->size - c->at;
  return MMD_ERROR(MMD_INVALID_ARGUMENT, "expected %s in a dimension at '%.*s'", wanted,
                   (int)(rest < 20 ? rest : 20), c->text + c->at);
}

static void skip_space(cursor_t *c) {
  while (c->at < c->size && (c->text[c->at] == ' ' || c->text[c->at] == '\t')) ++c->at;
}

static bool accept(cursor_t *c, const char *token) {
  skip_space(c);
  size_t n = strlen(token);
  if (c->size - c->at < n || memcmp(c->text + c->at, token, n) != 0) return false;
  c->at += n;
  return true;
}

static mmd_status_t check(const fraction_t *value) {
  return value->over && value->under ? NULL : mmd_status_no_memory();
}

static mmd_status_t whole(cursor_t *c, const fraction_t *value, const mmd_dim_t **out_dim) {
  if (mmd_dim_number(value->under) != 1) return syntax_error(c, "a whole number, not a fraction,");
  *out_dim = value->over;
  return NULL;
}

static fraction_t make_whole(cursor_t *c, const mmd_dim_t *dim) {
  return (fraction_t){dim, mmd_dim_const(c->graph, 1)};
}

// Divides out what divides, so that 2*h/2 is whole.
static void reduce(cursor_t *c, fraction_t *value) {
  if (!value->over || !value->under || mmd_dim_number(value->under) == 1) return;
  if (mmd_dim_number(value->under) == 0) return;
  const mmd_dim_t *quotient = mmd_dim_floor_div(c->graph, value->over, value->under);
  const mmd_dim_t *product = mmd_dim_mul(c->graph, quotient, value->under);
  if (product && product == value->over) *value = make_whole(c, quotient);
}

static mmd_status_t parse_number(cursor_t *c, fraction_t *out) {
  size_t start = c->at;
  while (c->at < c->size && c->text[c->at] >= '0' && c->text[c->at] <= '9') ++c->at;
  int64_t number = 0;
  if (!mmd_parse_i64(c->text + start, c->at - start, &number)) {
    c->at = start;
    return syntax_error(c, "a number of 64 bits");
  }
  *out = make_whole(c, mmd_dim_const(c->graph, number));
  return check(out);
}

typedef const mmd_dim_t *(*pair_fn)(mmd_graph_t *, const mmd_dim_t *, const mmd_dim_t *);

static mmd_status_t parse_bound(cursor_t *c, pair_fn pair, fraction_t *out) {
  const mmd_dim_t *bound = NULL;
  do {
    fraction_t item;
    const mmd_dim_t *dim = NULL;
    MMD_TRY(parse_sum(c, &item));
    MMD_TRY(whole(c, &item, &dim));
    bound = bound ? pair(c->graph, bound, dim) : dim;
    MMD_TRY_ALLOC(bound);
  } while (accept(c, ","));
  *out = make_whole(c, bound);
  return check(out);
}

static mmd_status_t parse_rounding(cursor_t *c, pair_fn divide, fraction_t *out) {
  fraction_t inner;
  MMD_TRY(parse_sum(c, &inner));
  *out = make_whole(c, divide(c->graph, inner.over, inner.under));
  return check(out);
}

static bool word_is(const char *word, size_t size, const char *a, const char *b) {
  return (size == strlen(a) && memcmp(word, a, size) == 0) ||
         (size == strlen(b) && memcmp(word, b, size) == 0);
}

static mmd_status_t parse_call(cursor_t *c, const char *word, size_t size, fraction_t *out) {
  if (word_is(word, size, "floor", "Floor")) {
    MMD_TRY(parse_rounding(c, mmd_dim_floor_div, out));
  } else if (word_is(word, size, "ceil", "ceiling")) {
    MMD_TRY(parse_rounding(c, mmd_dim_ceil_div, out));
  } else if (word_is(word, size, "min", "Min")) {
    MMD_TRY(parse_bound(c, mmd_dim_min, out));
  } else if (word_is(word, size, "max", "Max")) {
    MMD_TRY(parse_bound(c, mmd_dim_max, out));
  } else {
    return MMD_ERROR(MMD_INVALID_ARGUMENT, "a dimension calls '%.*s', not floor, ceil, min or max",
                     (int)(size < 40 ? size : 40), word);
  }
  return accept(c, ")") ? NULL : syntax_error(c, "')'");
}

static mmd_status_t make_symbol(cursor_t *c, const char *name, size_t size, fraction_t *out) {
  char *copy = mmd_arena_strndup(&c->graph->arena, name, size);
  MMD_TRY_ALLOC(copy);
  *out = make_whole(c, mmd_dim_symbol(c->graph, copy));
  return check(out);
}

static mmd_status_t parse_word(cursor_t *c, fraction_t *out) {
  size_t start = c->at;
  while (c->at < c->size && is_symbol_char(c->text[c->at])) ++c->at;
  if (c->at == start) return syntax_error(c, "a number or a symbol");
  size_t size = c->at - start;
  if (c->at < c->size && c->text[c->at] == '(') {
    ++c->at;
    return parse_call(c, c->text + start, size, out);
  }
  return make_symbol(c, c->text + start, size, out);
}

static mmd_status_t parse_quoted(cursor_t *c, fraction_t *out) {
  mmd_str_t name = {0};
  size_t used = 0;
  mmd_status_t status = mmd_text_unquote(c->text + c->at, c->size - c->at, &used, &name);
  c->at += used;
  if (!status && (name.size == 0 || strlen(name.data) != name.size))
    status = syntax_error(c, "a symbol's name without NUL");
  if (!status) status = make_symbol(c, name.data, name.size, out);
  mmd_str_deinit(&name);
  return status;
}

static mmd_status_t parse_primary(cursor_t *c, fraction_t *out) {
  if (accept(c, "(")) {
    MMD_TRY(parse_sum(c, out));
    return accept(c, ")") ? NULL : syntax_error(c, "')'");
  }
  skip_space(c);
  char next = c->at < c->size ? c->text[c->at] : '\0';
  if (next >= '0' && next <= '9') return parse_number(c, out);
  return next == '"' ? parse_quoted(c, out) : parse_word(c, out);
}

static mmd_status_t parse_factor(cursor_t *c, fraction_t *out) {
  bool negative = false;
  while (accept(c, "-")) negative = !negative;
  if (++c->depth > MAX_DEPTH) return MMD_ERROR(MMD_OUT_OF_RANGE, "a dimension is nested too deep");
  MMD_TRY(parse_primary(c, out));
  --c->depth;
  if (negative) out->over = mmd_dim_mul(c->graph, out->over, mmd_dim_const(c->graph, -1));
  return check(out);
}

static mmd_status_t parse_product(cursor_t *c, fraction_t *out) {
  mmd_graph_t *graph = c->graph;
  MMD_TRY(parse_factor(c, out));
  for (;;) {
    fraction_t right;
    if (accept(c, "*")) {
      MMD_TRY(parse_factor(c, &right));
      out->over = mmd_dim_mul(graph, out->over, right.over);
      out->under = mmd_dim_mul(graph, out->under, right.under);
    } else if (accept(c, "//")) {
      MMD_TRY(parse_factor(c, &right));
      const mmd_dim_t *over = mmd_dim_mul(graph, out->over, right.under);
      const mmd_dim_t *under = mmd_dim_mul(graph, out->under, right.over);
      *out = make_whole(c, mmd_dim_floor_div(graph, over, under));
    } else if (accept(c, "/")) {
      MMD_TRY(parse_factor(c, &right));
      out->over = mmd_dim_mul(graph, out->over, right.under);
      out->under = mmd_dim_mul(graph, out->under, right.over);
    } else {
      return NULL;
    }
    MMD_TRY(check(out));
    // A lone division keeps its form: floor(a / b) must read back as it was printed.
    if (mmd_dim_is_const(out->under) && mmd_dim_number(out->under) > 0) reduce(c, out);
    MMD_TRY(check(out));
  }
}

static void add_fraction(cursor_t *c, fraction_t *sum, const fraction_t *term, bool negative) {
  mmd_graph_t *graph = c->graph;
  const mmd_dim_t *left = mmd_dim_mul(graph, sum->over, term->under);
  const mmd_dim_t *right = mmd_dim_mul(graph, term->over, sum->under);
  sum->over = negative ? mmd_dim_sub(graph, left, right) : mmd_dim_add(graph, left, right);
  sum->under = mmd_dim_mul(graph, sum->under, term->under);
  reduce(c, sum);
}

static mmd_status_t parse_sum(cursor_t *c, fraction_t *out) {
  MMD_TRY(parse_product(c, out));
  for (;;) {
    bool negative = false;
    if (!accept(c, "+")) {
      negative = accept(c, "-");
      if (!negative) return NULL;
    }
    fraction_t term;
    MMD_TRY(parse_product(c, &term));
    add_fraction(c, out, &term, negative);
    MMD_TRY(check(out));
  }
}

mmd_status_t mmd_dim_parse_prefix(mmd_graph_t *graph, const char *text, size_t size,
                                  size_t *out_used, const mmd_dim_t **out_dim) {
  cursor_t c = {.graph = graph, .text = text, .size = size};
  fraction_t value;
  MMD_TRY(parse_sum(&c, &value));
  MMD_TRY(whole(&c, &value, out_dim));
  *out_used = c.at;
  return NULL;
}

mmd_status_t mmd_dim_parse(mmd_graph_t *graph, const char *text, size_t size,
                           const mmd_dim_t **out_dim) {
  size_t used = 0;
  const mmd_dim_t *dim = NULL;
  MMD_TRY(mmd_dim_parse_prefix(graph, text, size, &used, &dim));
  while (used < size && text[used] == ' ') ++used;
  if (used != size)
    return MMD_ERROR(MMD_INVALID_ARGUMENT, "dimension '%.*s' has text behind its end",
                     (int)(size < 80 ? size : 80), text);
  *out_dim = dim;
  return NULL;
}
