// SPDX-License-Identifier: Apache-2.0
//
// Number and string tokens to constants; f-strings to trees.
#include <string.h>

#include "formats/pyconfig/syntax.h"

static mmd_status_t parse_radix(const char *file, const mmd_pytoken_t *token, const char *digits,
                                int64_t *out) {
  const int radix = digits[1] == 'x' || digits[1] == 'X'   ? 16
                    : digits[1] == 'b' || digits[1] == 'B' ? 2
                                                           : 8;
  int64_t value = 0;
  if (!digits[2]) return mmd_py_error_at(file, token->line, token->column, "number without digits");
  for (const char *p = digits + 2; *p; ++p) {
    const int digit = *p >= '0' && *p <= '9'   ? *p - '0'
                      : *p >= 'a' && *p <= 'f' ? *p - 'a' + 10
                      : *p >= 'A' && *p <= 'F' ? *p - 'A' + 10
                                               : 99;
    if (digit >= radix) {
      return mmd_py_error_at(file, token->line, token->column, "bad digit '%c' in a number", *p);
    }
    if (__builtin_mul_overflow(value, radix, &value) ||
        __builtin_add_overflow(value, digit, &value)) {
      return mmd_py_error_at(file, token->line, token->column, "integer outside 64 bits");
    }
  }
  *out = value;
  return NULL;
}

mmd_status_t mmd_py_parse_number(mmd_pyctx_t *ctx, const char *file, const mmd_pytoken_t *token,
                                 mmd_pyobj_t **out) {
  char digits[128];
  size_t n = 0;
  for (size_t i = 0; i < token->size && n + 1 < sizeof digits; ++i) {
    if (token->text[i] != '_') digits[n++] = token->text[i];
  }
  digits[n] = '\0';
  int64_t integer;
  double number;
  if (digits[0] == '0' && digits[1] && strchr("xXoObB", digits[1])) {
    MMD_TRY(parse_radix(file, token, digits, &integer));
    return mmd_py_give(mmd_py_int(ctx, integer), out);
  }
  if (digits[strspn(digits, "0123456789")] == '\0') {
    if (digits[0] == '0' && digits[strspn(digits, "0")] != '\0') {
      return mmd_py_error_at(file, token->line, token->column, "integers do not start with 0: %s",
                             digits);
    }
    // Values hold 64 bits; a larger literal (a random seed, as a rule) becomes a float, as in JSON.
    if (!mmd_parse_i64(digits, n, &integer) && mmd_parse_double(digits, n, &number)) {
      return mmd_py_give(mmd_py_float(ctx, number), out);
    }
    return mmd_py_give(mmd_py_int(ctx, integer), out);
  }
  if (digits[strspn(digits, "0123456789.eE+-")] == '\0' && mmd_parse_double(digits, n, &number)) {
    return mmd_py_give(mmd_py_float(ctx, number), out);
  }
  return mmd_py_error_at(file, token->line, token->column, "bad number: %.*s", (int)token->size,
                         token->text);
}

typedef struct piece_t {
  const char *file;
  const mmd_pytoken_t *token;
  const char *at, *end;  // between the quotes
  bool raw, bytes, formatted;
} piece_t;

static mmd_status_t fail(const piece_t *piece, const char *what) {
  return mmd_py_error_at(piece->file, piece->token->line, piece->token->column, "%s", what);
}

static mmd_status_t take_hex(piece_t *piece, int digits, uint32_t *out) {
  uint32_t value = 0;
  for (int i = 0; i < digits; ++i, ++piece->at) {
    const char c = piece->at < piece->end ? *piece->at : '\0';
    const int digit = c >= '0' && c <= '9'   ? c - '0'
                      : c >= 'a' && c <= 'f' ? c - 'a' + 10
                      : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                             : -1;
    if (digit < 0) return fail(piece, "bad escape in a string: hexadecimal digits are missing");
    value = value << 4 | (uint32_t)digit;
  }
  *out = value;
  return NULL;
}

static mmd_status_t append_number_escape(piece_t *piece, uint32_t code, mmd_str_t *out) {
  if (piece->bytes) return mmd_str_append_char(out, (char)(unsigned char)code);
  if (code > 0x10ffff || (code >= 0xd800 && code < 0xe000))
    return fail(piece, "bad escape in a string: not a character");
  char bytes[4];
  return mmd_str_append_n(out, bytes, mmd_utf8_put(code, bytes));
}

// |piece->at| stands behind the backslash.
static mmd_status_t take_escape(piece_t *piece, mmd_str_t *out) {
  static const char from[] = "\\'\"abfnrtv", to[] = "\\'\"\a\b\f\n\r\t\v";
  if (piece->at == piece->end) return mmd_str_append_char(out, '\\');
  const char c = *piece->at++;
  uint32_t code = 0;
  const char *simple = c ? strchr(from, c) : NULL;
  if (simple) return mmd_str_append_char(out, to[simple - from]);
  if (c == '\n') return NULL;
  if (c == '\r') {
    if (piece->at < piece->end && *piece->at == '\n') ++piece->at;
    return NULL;
  }
  if (c >= '0' && c <= '7') {
    code = (uint32_t)(c - '0');
    for (int i = 0; i < 2 && piece->at < piece->end && *piece->at >= '0' && *piece->at <= '7';
         ++i) {
      code = code * 8 + (uint32_t)(*piece->at++ - '0');
    }
    return append_number_escape(piece, code, out);
  }
  if (c == 'x' || (!piece->bytes && (c == 'u' || c == 'U'))) {
    MMD_TRY(take_hex(piece, c == 'x' ? 2 : c == 'u' ? 4 : 8, &code));
    return append_number_escape(piece, code, out);
  }
  if (c == 'N' && !piece->bytes)
    return fail(piece, "\\N{...} escapes are not supported: write the character");
  MMD_TRY(mmd_str_append_char(out, '\\'));
  return mmd_str_append_char(out, c);
}

// Literal text up to the end or, in f-strings, up to a single brace.
static mmd_status_t take_text(piece_t *piece, mmd_str_t *out) {
  while (piece->at < piece->end) {
    const char c = *piece->at;
    if (piece->formatted && (c == '{' || c == '}')) {
      if (piece->at + 1 == piece->end || piece->at[1] != c) return NULL;
      ++piece->at;
    }
    ++piece->at;
    if (c == '\\' && !piece->raw) {
      MMD_TRY(take_escape(piece, out));
    } else if (c == '\r') {
      if (piece->at < piece->end && *piece->at == '\n') ++piece->at;
      MMD_TRY(mmd_str_append_char(out, '\n'));
    } else {
      MMD_TRY(mmd_str_append_char(out, c));
    }
  }
  return NULL;
}

static mmd_status_t append_constant(mmd_pyctx_t *ctx, const piece_t *piece, mmd_str_t *text,
                                    mmd_pyobj_t *list) {
  if (text->size == 0) return NULL;
  mmd_pynode_t *node = mmd_pynode_make(ctx, piece->file, MMD_PYNODE_CONSTANT, piece->token->line,
                                       piece->token->column);
  MMD_TRY_ALLOC(node);
  MMD_TRY(mmd_py_give(mmd_py_str_n(ctx, mmd_str_text(text), text->size), &node->object));
  mmd_str_clear(text);
  return mmd_pylist_append(ctx, list, (mmd_pyobj_t *)(void *)node);
}

// End of the expression in braces: '!' before a conversion, ':' before a spec, or '}'.
static const char *expression_end(const piece_t *piece) {
  unsigned brackets = 0;
  char quote = 0;
  for (const char *p = piece->at; p < piece->end; ++p) {
    if (quote) {
      if (*p == quote) quote = 0;
    } else if (*p == '\'' || *p == '"') {
      quote = *p;
    } else if (*p && strchr("([{", *p)) {
      ++brackets;
    } else if (brackets == 0 &&
               (*p == '}' || *p == ':' || (*p == '!' && (p + 1 == piece->end || p[1] != '=')))) {
      return p;
    } else if (*p && strchr(")]}", *p) && brackets) {
      --brackets;
    }
  }
  return NULL;
}

static mmd_status_t take_pieces(mmd_pyctx_t *ctx, piece_t *piece, unsigned nesting, bool spec,
                                mmd_pyobj_t *list);

static mmd_status_t take_spec(mmd_pyctx_t *ctx, piece_t *piece, unsigned nesting,
                              mmd_pynode_t *node) {
  mmd_pyobj_t *pieces = mmd_pylist_make(ctx, MMD_PY_LIST, 2);
  MMD_TRY_ALLOC(pieces);
  MMD_TRY(take_pieces(ctx, piece, nesting, true, pieces));
  node->b = mmd_pynode_make(ctx, piece->file, MMD_PYNODE_FSTRING, node->line, node->column);
  MMD_TRY_ALLOC(node->b);
  node->b->items = (mmd_pynode_t **)(void *)pieces->u.list.items;
  node->b->count = pieces->u.list.count;
  return NULL;
}

// The end of the expression in "{expression=}", whose text stands before its value; |end| in all
// other ones ("a==b", "a<=b").
static const char *documented_end(const char *start, const char *end) {
  const char *at = end;
  while (at > start && at[-1] == ' ') --at;
  return at - start >= 2 && at[-1] == '=' && !strchr("=!<>", at[-2]) ? at - 1 : end;
}

// The text from |start| to |end| as a constant.
static mmd_status_t append_source(mmd_pyctx_t *ctx, const piece_t *piece, const char *start,
                                  const char *end, mmd_pyobj_t *list) {
  mmd_str_t text = {0};
  mmd_status_t status = mmd_str_append_n(&text, start, (size_t)(end - start));
  if (!status) status = append_constant(ctx, piece, &text, list);
  mmd_str_deinit(&text);
  return status;
}

// |piece->at| stands behind the opening brace.
static mmd_status_t take_expression(mmd_pyctx_t *ctx, piece_t *piece, unsigned nesting,
                                    mmd_pyobj_t *list) {
  const char *end = expression_end(piece);
  if (!end) return fail(piece, "f-string: expected '}'");
  mmd_pynode_t *node = mmd_pynode_make(ctx, piece->file, MMD_PYNODE_FORMAT, piece->token->line,
                                       piece->token->column);
  MMD_TRY_ALLOC(node);
  const char *stop = documented_end(piece->at, end);
  if (stop < end) MMD_TRY(append_source(ctx, piece, piece->at, end, list));
  const size_t offset = (size_t)(piece->at - piece->token->text);
  const mmd_pysource_t source = {piece->file,
                                 piece->at,
                                 (size_t)(stop - piece->at),
                                 piece->token->line,
                                 piece->token->column + (uint32_t)offset,
                                 true};
  MMD_TRY(mmd_py_parse_nested(ctx, &source, nesting + 1, &node->a));
  piece->at = end;
  if (*piece->at == '!') {
    if (piece->end - piece->at < 2 || !strchr("rsa", piece->at[1]))
      return fail(piece, "f-string: expected !r, !s or !a");
    node->op = (uint32_t)piece->at[1];
    piece->at += 2;
  }
  if (piece->at < piece->end && *piece->at == ':') {
    ++piece->at;
    MMD_TRY(take_spec(ctx, piece, nesting + 1, node));
  } else if (stop < end && !node->op) {
    node->op = 'r';
  }
  if (piece->at == piece->end || *piece->at != '}') return fail(piece, "f-string: expected '}'");
  ++piece->at;
  return mmd_pylist_append(ctx, list, (mmd_pyobj_t *)(void *)node);
}

static mmd_status_t take_pieces_into(mmd_pyctx_t *ctx, piece_t *piece, unsigned nesting, bool spec,
                                     mmd_pyobj_t *list, mmd_str_t *text) {
  for (;;) {
    MMD_TRY(take_text(piece, text));
    MMD_TRY(append_constant(ctx, piece, text, list));
    if (piece->at == piece->end || (spec && *piece->at == '}')) return NULL;
    if (*piece->at == '}') return fail(piece, "f-string: single '}'");
    ++piece->at;
    MMD_TRY(take_expression(ctx, piece, nesting, list));
  }
}

static mmd_status_t take_pieces(mmd_pyctx_t *ctx, piece_t *piece, unsigned nesting, bool spec,
                                mmd_pyobj_t *list) {
  if (nesting > MMD_PY_MAX_NESTING) return fail(piece, "nested too deep");
  mmd_str_t text = {0};
  mmd_status_t status = take_pieces_into(ctx, piece, nesting, spec, list, &text);
  mmd_str_deinit(&text);
  return status;
}

static void open_piece(const char *file, const mmd_pytoken_t *token, piece_t *piece) {
  *piece =
      (piece_t){.file = file, .token = token, .at = token->text, .end = token->text + token->size};
  for (; *piece->at != '\'' && *piece->at != '"'; ++piece->at) {
    const char c = (char)(*piece->at | 0x20);
    piece->raw |= c == 'r';
    piece->bytes |= c == 'b';
    piece->formatted |= c == 'f';
  }
  const size_t quotes =
      piece->end - piece->at >= 6 && piece->at[1] == piece->at[0] && piece->at[2] == piece->at[0]
          ? 3
          : 1;
  piece->at += quotes;
  piece->end -= quotes;
}

static mmd_status_t parse_bytes(mmd_pyctx_t *ctx, const char *file, const mmd_pytoken_t *tokens,
                                size_t count, mmd_str_t *text, mmd_pyobj_t **out) {
  for (size_t i = 0; i < count; ++i) {
    piece_t piece;
    open_piece(file, &tokens[i], &piece);
    if (!piece.bytes) return fail(&piece, "bytes and text cannot be joined");
    MMD_TRY(take_text(&piece, text));
  }
  MMD_TRY(mmd_py_give(mmd_py_str_n(ctx, mmd_str_text(text), text->size), out));
  (*out)->kind = MMD_PY_BYTES;
  return NULL;
}

static mmd_status_t parse_text(mmd_pyctx_t *ctx, const char *file, const mmd_pytoken_t *tokens,
                               size_t count, unsigned nesting, mmd_str_t *text,
                               mmd_pynode_t *node) {
  mmd_pyobj_t *list = NULL;
  for (size_t i = 0; i < count; ++i) {
    piece_t piece;
    open_piece(file, &tokens[i], &piece);
    if (piece.bytes) return fail(&piece, "bytes and text cannot be joined");
    if (!piece.formatted) {
      MMD_TRY(take_text(&piece, text));
      continue;
    }
    if (!list) MMD_TRY(mmd_py_give(mmd_pylist_make(ctx, MMD_PY_LIST, 4), &list));
    MMD_TRY(append_constant(ctx, &piece, text, list));
    MMD_TRY(take_pieces(ctx, &piece, nesting, false, list));
  }
  if (!list) return mmd_py_give(mmd_py_str_n(ctx, mmd_str_text(text), text->size), &node->object);
  piece_t last;
  open_piece(file, &tokens[count - 1], &last);
  MMD_TRY(append_constant(ctx, &last, text, list));
  node->type = MMD_PYNODE_FSTRING;
  node->items = (mmd_pynode_t **)(void *)list->u.list.items;
  node->count = list->u.list.count;
  return NULL;
}

mmd_status_t mmd_py_parse_strings(mmd_pyctx_t *ctx, const char *file, const mmd_pytoken_t *tokens,
                                  size_t count, unsigned nesting, mmd_pynode_t **out) {
  mmd_pynode_t *node =
      mmd_pynode_make(ctx, file, MMD_PYNODE_CONSTANT, tokens->line, tokens->column);
  MMD_TRY_ALLOC(node);
  piece_t first;
  open_piece(file, tokens, &first);
  mmd_str_t text = {0};
  mmd_status_t status = first.bytes ? parse_bytes(ctx, file, tokens, count, &text, &node->object)
                                    : parse_text(ctx, file, tokens, count, nesting, &text, node);
  mmd_str_deinit(&text);
  *out = node;
  return status;
}
