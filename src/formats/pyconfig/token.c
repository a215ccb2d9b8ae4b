// SPDX-License-Identifier: Apache-2.0
//
// Python's lexical rules: line joining, indentation, names, numbers, every kind of string.
#include <string.h>

#include "base/alloc.h"
#include "base/str.h"
#include "formats/pyconfig/syntax.h"

#define MAX_INDENTS 100

typedef struct lexer_t {
  const mmd_pysource_t *source;
  const char *at, *end;
  const char *line_start;  // columns count from here
  uint32_t line, column_base;
  mmd_pytoken_t *tokens;  // heap while growing
  size_t count, capacity;
  unsigned brackets;
  unsigned indents[MAX_INDENTS];
  unsigned indent_count;
} lexer_t;

static uint32_t column_of(const lexer_t *lexer, const char *at) {
  return (uint32_t)(at - lexer->line_start) + lexer->column_base;
}

static mmd_status_t fail(const lexer_t *lexer, const char *at, const char *what) {
  return mmd_py_error_at(lexer->source->file, lexer->line, column_of(lexer, at), "%s", what);
}

static mmd_status_t check_utf8(const lexer_t *lexer, const char *text, size_t size) {
  for (size_t i = 0, n; i < size; i += n) {
    n = (unsigned char)text[i] < 0x80 ? 1 : mmd_utf8_sequence(text + i, size - i);
    if (n == 0)
      return mmd_py_error_at(lexer->source->file, lexer->line, column_of(lexer, text),
                             "byte 0x%02x is not UTF-8", (unsigned char)text[i]);
  }
  return NULL;
}

static mmd_status_t push(lexer_t *lexer, mmd_pytoken_type_t type, const char *text, size_t size,
                         uint32_t op) {
  MMD_TRY(check_utf8(lexer, text, size));
  MMD_TRY(MMD_GROW(lexer->tokens, lexer->capacity, lexer->count + 1));
  lexer->tokens[lexer->count++] =
      (mmd_pytoken_t){type, op, text, size, lexer->line, column_of(lexer, text)};
  return NULL;
}

static void next_line(lexer_t *lexer) {
  ++lexer->line;
  lexer->line_start = lexer->at;
  lexer->column_base = 1;
}

// Steps over one line end (\n, \r\n or \r).
static void skip_line_end(lexer_t *lexer) {
  if (*lexer->at == '\r' && lexer->at + 1 < lexer->end && lexer->at[1] == '\n') ++lexer->at;
  ++lexer->at;
  next_line(lexer);
}

static bool is_line_end(char c) {
  return c == '\n' || c == '\r';
}
static bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
static bool is_name_start(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || (unsigned char)c >= 0x80;
}
static bool is_name(char c) {
  return is_name_start(c) || is_digit(c);
}

static char peek(const lexer_t *lexer, size_t ahead) {
  return (size_t)(lexer->end - lexer->at) > ahead ? lexer->at[ahead] : '\0';
}

static mmd_status_t take_indent(lexer_t *lexer, unsigned width) {
  unsigned current = lexer->indents[lexer->indent_count - 1];
  if (width > current) {
    if (lexer->indent_count == MAX_INDENTS) return fail(lexer, lexer->at, "blocks nested too deep");
    lexer->indents[lexer->indent_count++] = width;
    return push(lexer, MMD_PYTOKEN_INDENT, lexer->at, 0, 0);
  }
  while (width < lexer->indents[lexer->indent_count - 1]) {
    --lexer->indent_count;
    MMD_TRY(push(lexer, MMD_PYTOKEN_DEDENT, lexer->at, 0, 0));
  }
  if (width != lexer->indents[lexer->indent_count - 1]) {
    return fail(lexer, lexer->at, "indentation does not match any outer level");
  }
  return NULL;
}

// At the start of a line: measures the indentation; lines without code are skipped.
static mmd_status_t start_line(lexer_t *lexer) {
  while (lexer->at < lexer->end) {
    unsigned width = 0;
    for (; lexer->at < lexer->end; ++lexer->at) {
      if (*lexer->at == ' ')
        ++width;
      else if (*lexer->at == '\t')
        width = (width / 8 + 1) * 8;
      else if (*lexer->at == '\f')
        width = 0;
      else
        break;
    }
    if (lexer->at < lexer->end && *lexer->at == '#') {
      while (lexer->at < lexer->end && !is_line_end(*lexer->at)) ++lexer->at;
    }
    if (lexer->at == lexer->end) return NULL;
    if (!is_line_end(*lexer->at)) return take_indent(lexer, width);
    skip_line_end(lexer);
  }
  return NULL;
}

// Length of a string prefix (r, b, f, u and their pairs) when a quote follows, else -1.
static int string_prefix(const lexer_t *lexer) {
  size_t n = 0;
  while (n < 2 && peek(lexer, n) && strchr("rRbBfFuU", peek(lexer, n))) ++n;
  char quote = peek(lexer, n);
  return quote == '\'' || quote == '"' ? (int)n : -1;
}

static mmd_status_t take_string(lexer_t *lexer, size_t prefix) {
  const char *start = lexer->at;
  const uint32_t line = lexer->line, column = column_of(lexer, start);
  lexer->at += prefix;
  const char quote = *lexer->at;
  const bool triple = peek(lexer, 1) == quote && peek(lexer, 2) == quote;
  lexer->at += triple ? 3 : 1;
  for (;;) {
    if (lexer->at >= lexer->end || (!triple && is_line_end(*lexer->at))) {
      return mmd_py_error_at(lexer->source->file, line, column, "string is not closed");
    }
    if (*lexer->at == '\\' && lexer->at + 1 < lexer->end) {
      ++lexer->at;
      if (is_line_end(*lexer->at))
        skip_line_end(lexer);
      else
        ++lexer->at;
    } else if (*lexer->at == quote &&
               (!triple || (peek(lexer, 1) == quote && peek(lexer, 2) == quote))) {
      lexer->at += triple ? 3 : 1;
      break;
    } else if (is_line_end(*lexer->at)) {
      skip_line_end(lexer);
    } else {
      ++lexer->at;
    }
  }
  MMD_TRY(push(lexer, MMD_PYTOKEN_STRING, start, (size_t)(lexer->at - start), 0));
  lexer->tokens[lexer->count - 1].line = line;
  lexer->tokens[lexer->count - 1].column = column;
  return NULL;
}

static mmd_status_t take_number(lexer_t *lexer) {
  const char *start = lexer->at;
  const bool hex = *start == '0' && (peek(lexer, 1) == 'x' || peek(lexer, 1) == 'X');
  while (lexer->at < lexer->end) {
    const char c = *lexer->at;
    const bool exponent = (c == 'e' || c == 'E') && !hex;
    if (!is_name(c) && c != '.') break;
    ++lexer->at;
    if (exponent && (peek(lexer, 0) == '+' || peek(lexer, 0) == '-')) ++lexer->at;
  }
  return push(lexer, MMD_PYTOKEN_NUMBER, start, (size_t)(lexer->at - start), 0);
}

static size_t operator_size(const lexer_t *lexer) {
  static const char *const three[] = {"**=", "//=", ">>=", "<<=", "..."};
  static const char *const two[] = {"**", "//", ">>", "<<", "==", "!=", "<=", ">=", "+=", "-=",
                                    "*=", "/=", "%=", "&=", "|=", "^=", "->", ":=", "@="};
  const size_t left = (size_t)(lexer->end - lexer->at);
  for (size_t i = 0; left >= 3 && i < sizeof three / sizeof *three; ++i) {
    if (memcmp(lexer->at, three[i], 3) == 0) return 3;
  }
  for (size_t i = 0; left >= 2 && i < sizeof two / sizeof *two; ++i) {
    if (memcmp(lexer->at, two[i], 2) == 0) return 2;
  }
  return *lexer->at && strchr("+-*/%@&|^~<>()[]{},:.;=", *lexer->at) ? 1 : 0;
}

static mmd_status_t take_operator(lexer_t *lexer) {
  const size_t size = operator_size(lexer);
  if (size == 0) {
    const unsigned char c = (unsigned char)*lexer->at;
    return mmd_py_error_at(
        lexer->source->file, lexer->line, column_of(lexer, lexer->at),
        c > ' ' && c < 0x7f ? "unexpected character '%c'" : "unexpected byte 0x%02x", c);
  }
  uint32_t op = 0;
  for (size_t i = 0; i < size; ++i) op |= (uint32_t)(unsigned char)lexer->at[i] << (8 * i);
  if (size == 1 && strchr("([{", *lexer->at)) ++lexer->brackets;
  if (size == 1 && strchr(")]}", *lexer->at) && lexer->brackets) --lexer->brackets;
  const char *start = lexer->at;
  lexer->at += size;
  return push(lexer, MMD_PYTOKEN_OP, start, size, op);
}

static mmd_status_t take_line_end(lexer_t *lexer) {
  if (lexer->brackets || lexer->source->expression) {
    skip_line_end(lexer);
    return NULL;
  }
  MMD_TRY(push(lexer, MMD_PYTOKEN_NEWLINE, lexer->at, 0, 0));
  skip_line_end(lexer);
  return start_line(lexer);
}

static mmd_status_t take_token(lexer_t *lexer) {
  const char c = *lexer->at;
  if (c == ' ' || c == '\t' || c == '\f') {
    ++lexer->at;
    return NULL;
  }
  if (c == '#') {
    while (lexer->at < lexer->end && !is_line_end(*lexer->at)) ++lexer->at;
    return NULL;
  }
  if (is_line_end(c)) return take_line_end(lexer);
  if (c == '\\' && is_line_end(peek(lexer, 1))) {
    ++lexer->at;
    skip_line_end(lexer);
    return NULL;
  }
  const int prefix = string_prefix(lexer);
  if (prefix >= 0) return take_string(lexer, (size_t)prefix);
  if (is_name_start(c)) {
    const char *start = lexer->at;
    while (lexer->at < lexer->end && is_name(*lexer->at)) ++lexer->at;
    return push(lexer, MMD_PYTOKEN_NAME, start, (size_t)(lexer->at - start), 0);
  }
  if (is_digit(c) || (c == '.' && is_digit(peek(lexer, 1)))) return take_number(lexer);
  return take_operator(lexer);
}

static mmd_status_t take_all(lexer_t *lexer) {
  if (!lexer->source->expression) MMD_TRY(start_line(lexer));
  while (lexer->at < lexer->end) MMD_TRY(take_token(lexer));
  if (!lexer->source->expression) {
    if (lexer->count && lexer->tokens[lexer->count - 1].type != MMD_PYTOKEN_NEWLINE) {
      MMD_TRY(push(lexer, MMD_PYTOKEN_NEWLINE, lexer->at, 0, 0));
    }
    MMD_TRY(take_indent(lexer, 0));
  }
  return push(lexer, MMD_PYTOKEN_END, lexer->at, 0, 0);
}

mmd_status_t mmd_py_tokenize(mmd_pyctx_t *ctx, const mmd_pysource_t *source,
                             mmd_pytoken_t **out_tokens) {
  lexer_t lexer = {.source = source, .at = source->text, .end = source->text + source->size};
  if (source->size >= 3 && memcmp(source->text, "\xef\xbb\xbf", 3) == 0) lexer.at += 3;
  lexer.line = source->line;
  lexer.line_start = lexer.at;
  lexer.column_base = source->column;
  lexer.indent_count = 1;
  mmd_status_t status = take_all(&lexer);
  if (!status) {
    *out_tokens = mmd_arena_alloc_array(&ctx->arena, lexer.count, sizeof *lexer.tokens);
    if (*out_tokens)
      memcpy(*out_tokens, lexer.tokens, lexer.count * sizeof *lexer.tokens);
    else
      status = mmd_status_no_memory();
  }
  mmd_free(lexer.tokens);
  return status;
}
