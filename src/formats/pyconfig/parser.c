// SPDX-License-Identifier: Apache-2.0
//
// What the parsers of statements, expressions and atoms share.
#include <string.h>

#include "formats/pyconfig/parser.h"

mmd_pynode_t *mmd_pynode_make(mmd_pyctx_t *ctx, const char *file, mmd_pynode_type_t type,
                              uint32_t line, uint32_t column) {
  mmd_pynode_t *node = mmd_arena_alloc(&ctx->arena, sizeof *node);
  if (!node) return NULL;
  node->type = type;
  node->file = file;
  node->line = line;
  node->column = column;
  return node;
}

mmd_status_t mmd_pynodes_append(mmd_pyparser_t *parser, mmd_pynodes_t *nodes, mmd_pynode_t *node) {
  if (nodes->count == nodes->capacity) {
    const size_t capacity = nodes->capacity ? nodes->capacity * 2 : 4;
    mmd_pynode_t **items = mmd_arena_alloc_array(&parser->ctx->arena, capacity, sizeof *items);
    MMD_TRY_ALLOC(items);
    if (nodes->count) memcpy(items, nodes->items, nodes->count * sizeof *items);
    nodes->items = items;
    nodes->capacity = capacity;
  }
  nodes->items[nodes->count++] = node;
  return NULL;
}

bool mmd_pytoken_is(const mmd_pytoken_t *token, const char *word) {
  return token->type == MMD_PYTOKEN_NAME && strlen(word) == token->size &&
         memcmp(token->text, word, token->size) == 0;
}
bool mmd_pyparser_at_word(const mmd_pyparser_t *parser, const char *word) {
  return mmd_pytoken_is(parser->token, word);
}
bool mmd_pyparser_take_word(mmd_pyparser_t *parser, const char *word) {
  if (!mmd_pytoken_is(parser->token, word)) return false;
  ++parser->token;
  return true;
}

mmd_status_t mmd_pyparser_fail(const mmd_pyparser_t *parser, const char *expected) {
  const mmd_pytoken_t *t = parser->token;
  switch (t->type) {
    case MMD_PYTOKEN_END:
      return mmd_py_error_at(parser->file, t->line, t->column,
                             "syntax error: expected %s before the end", expected);
    case MMD_PYTOKEN_NEWLINE:
      return mmd_py_error_at(parser->file, t->line, t->column,
                             "syntax error: expected %s before the end of the line", expected);
    case MMD_PYTOKEN_INDENT:
      return mmd_py_error_at(parser->file, t->line, t->column,
                             "syntax error: unexpected indentation");
    case MMD_PYTOKEN_DEDENT:
      return mmd_py_error_at(parser->file, t->line, t->column,
                             "syntax error: expected %s before the end of the block", expected);
    default:
      return mmd_py_error_at(parser->file, t->line, t->column,
                             "syntax error: expected %s before '%.*s'", expected,
                             t->size > 40 ? 40 : (int)t->size, t->text);
  }
}

mmd_status_t mmd_pyparser_expect(mmd_pyparser_t *parser, uint32_t op) {
  if (mmd_pyparser_take(parser, op)) return NULL;
  const char text[] = {'\'', (char)(op & 0xff), '\'', '\0'};
  return mmd_pyparser_fail(parser, text);
}
mmd_status_t mmd_pyparser_expect_word(mmd_pyparser_t *parser, const char *word) {
  if (mmd_pyparser_take_word(parser, word)) return NULL;
  char text[16] = "'";
  strncat(text, word, 10);
  strncat(text, "'", 2);
  return mmd_pyparser_fail(parser, text);
}

mmd_status_t mmd_pyparser_enter(mmd_pyparser_t *parser) {
  if (++parser->nesting <= MMD_PY_MAX_NESTING) return NULL;
  return mmd_py_error_at(parser->file, parser->token->line, parser->token->column,
                         "nested too deep (more than %d levels)", MMD_PY_MAX_NESTING);
}

mmd_status_t mmd_pyparser_node(mmd_pyparser_t *parser, mmd_pynode_type_t type,
                               const mmd_pytoken_t *token, mmd_pynode_t **out) {
  *out = mmd_pynode_make(parser->ctx, parser->file, type, token->line, token->column);
  MMD_TRY_ALLOC(*out);
  (*out)->height = 1;
  return NULL;
}

mmd_status_t mmd_pynode_set_children(mmd_pyparser_t *parser, mmd_pynode_t *node, mmd_pynode_t *a,
                                     mmd_pynode_t *b) {
  node->a = a;
  node->b = b;
  if (a && a->height >= node->height) node->height = a->height + 1;
  if (b && b->height >= node->height) node->height = b->height + 1;
  if (node->height <= MMD_PY_MAX_TREE) return NULL;
  return mmd_py_error_at(parser->file, node->line, node->column,
                         "expression has more than %d levels", MMD_PY_MAX_TREE);
}

void mmd_pynode_set_items(mmd_pynode_t *node, const mmd_pynodes_t *nodes) {
  node->items = nodes->items;
  node->count = nodes->count;
  for (size_t i = 0; i < nodes->count; ++i) {
    if (nodes->items[i] && nodes->items[i]->height >= node->height)
      node->height = nodes->items[i]->height + 1;
  }
}

bool mmd_pytoken_is_keyword(const mmd_pytoken_t *token) {
  static const char *const words[] = {
      "False", "None",     "True",  "and",    "as",   "assert", "async",  "await",    "break",
      "class", "continue", "def",   "del",    "elif", "else",   "except", "finally",  "for",
      "from",  "global",   "if",    "import", "in",   "is",     "lambda", "nonlocal", "not",
      "or",    "pass",     "raise", "return", "try",  "while",  "with",   "yield"};
  for (size_t i = 0; i < sizeof words / sizeof *words; ++i) {
    if (mmd_pytoken_is(token, words[i])) return true;
  }
  return false;
}

mmd_status_t mmd_pyparser_name(mmd_pyparser_t *parser, mmd_pyobj_t **out_name) {
  if (parser->token->type != MMD_PYTOKEN_NAME || mmd_pytoken_is_keyword(parser->token))
    return mmd_pyparser_fail(parser, "a name");
  MMD_TRY(
      mmd_py_give(mmd_py_str_n(parser->ctx, parser->token->text, parser->token->size), out_name));
  ++parser->token;
  return NULL;
}
