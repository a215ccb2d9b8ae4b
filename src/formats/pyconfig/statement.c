// SPDX-License-Identifier: Apache-2.0
//
// Recursive-descent parser of statements.
#include <string.h>

#include "formats/pyconfig/parser.h"

static mmd_status_t parse_statement(mmd_pyparser_t *parser, mmd_pynodes_t *block);

static mmd_status_t close_block(mmd_pyparser_t *parser, const mmd_pytoken_t *start,
                                const mmd_pynodes_t *statements, mmd_pynode_t **out) {
  MMD_TRY(mmd_pyparser_node(parser, MMD_PYNODE_BLOCK, start, out));
  (*out)->items = statements->items;
  (*out)->count = statements->count;
  return NULL;
}

static mmd_status_t parse_simple_line(mmd_pyparser_t *parser, mmd_pynodes_t *block);

// What follows ':': statements on the same line, or an indented block.
static mmd_status_t parse_block(mmd_pyparser_t *parser, mmd_pynode_t **out) {
  MMD_TRY(mmd_pyparser_expect(parser, ':'));
  const mmd_pytoken_t *start = parser->token;
  mmd_pynodes_t statements = {0};
  if (parser->token->type != MMD_PYTOKEN_NEWLINE) {
    MMD_TRY(parse_simple_line(parser, &statements));
    return close_block(parser, start, &statements, out);
  }
  ++parser->token;
  if (parser->token->type != MMD_PYTOKEN_INDENT)
    return mmd_pyparser_fail(parser, "an indented block");
  ++parser->token;
  MMD_TRY(mmd_pyparser_enter(parser));
  while (parser->token->type != MMD_PYTOKEN_DEDENT) MMD_TRY(parse_statement(parser, &statements));
  ++parser->token;
  --parser->nesting;
  return close_block(parser, start, &statements, out);
}

static mmd_status_t parse_dotted(mmd_pyparser_t *parser, mmd_pyobj_t **out) {
  const mmd_pytoken_t *start = parser->token;
  mmd_pyobj_t *part;
  MMD_TRY(mmd_pyparser_name(parser, &part));
  while (mmd_pyparser_take(parser, '.')) MMD_TRY(mmd_pyparser_name(parser, &part));
  const mmd_pytoken_t *last = parser->token - 1;
  mmd_str_t text = {0};  // blanks may stand around the dots
  mmd_status_t status = NULL;
  for (const mmd_pytoken_t *t = start; t <= last && !status; ++t)
    status = mmd_str_append_n(&text, t->text, t->size);
  if (!status) status = mmd_py_give(mmd_py_str_n(parser->ctx, mmd_str_text(&text), text.size), out);
  mmd_str_deinit(&text);
  return status;
}

static mmd_status_t parse_alias(mmd_pyparser_t *parser, bool dotted, mmd_pynode_t **out) {
  MMD_TRY(mmd_pyparser_node(parser, MMD_PYNODE_ALIAS, parser->token, out));
  if (!dotted && mmd_pyparser_take(parser, '*'))
    return mmd_py_give(mmd_py_str(parser->ctx, "*"), &(*out)->object);
  MMD_TRY(dotted ? parse_dotted(parser, &(*out)->object)
                 : mmd_pyparser_name(parser, &(*out)->object));
  if (!mmd_pyparser_take_word(parser, "as")) return NULL;
  MMD_TRY(mmd_pyparser_node(parser, MMD_PYNODE_NAME, parser->token, &(*out)->a));
  return mmd_pyparser_name(parser, &(*out)->a->object);
}

static mmd_status_t parse_aliases(mmd_pyparser_t *parser, bool dotted, mmd_pynode_t *node) {
  mmd_pynodes_t aliases = {0};
  mmd_pynode_t *alias;
  const bool brackets = !dotted && mmd_pyparser_take(parser, '(');
  do {
    if (brackets && mmd_pyparser_at(parser, ')')) break;
    MMD_TRY(parse_alias(parser, dotted, &alias));
    MMD_TRY(mmd_pynodes_append(parser, &aliases, alias));
  } while (mmd_pyparser_take(parser, ','));
  if (brackets) MMD_TRY(mmd_pyparser_expect(parser, ')'));
  node->items = aliases.items;
  node->count = aliases.count;
  return NULL;
}

static mmd_status_t parse_from(mmd_pyparser_t *parser, mmd_pynode_t *node) {
  for (;;) {
    if (mmd_pyparser_take(parser, '.'))
      node->op += 1;
    else if (mmd_pyparser_take(parser, MMD_OP3('.', '.', '.')))
      node->op += 3;
    else
      break;
  }
  if (!node->op || !mmd_pyparser_at_word(parser, "import"))
    MMD_TRY(parse_dotted(parser, &node->object));
  MMD_TRY(mmd_pyparser_expect_word(parser, "import"));
  return parse_aliases(parser, false, node);
}

static uint32_t augmented_op(const mmd_pytoken_t *token) {
  if (token->type != MMD_PYTOKEN_OP || token->size < 2 || token->text[token->size - 1] != '=')
    return 0;
  const uint32_t op = token->size == 2 ? token->op & 0xff : token->op & 0xffff;
  return op == '=' || op == '<' || op == '>' || op == '!' || op == ':' ? 0 : op;
}

static mmd_status_t parse_assignment(mmd_pyparser_t *parser, mmd_pynode_t *node,
                                     mmd_pynode_t *first) {
  mmd_pynodes_t targets = {0};
  node->type = MMD_PYNODE_ASSIGN;
  node->a = first;
  while (mmd_pyparser_take(parser, '=')) {
    MMD_TRY(mmd_py_check_target(parser, node->a));
    MMD_TRY(mmd_pynodes_append(parser, &targets, node->a));
    MMD_TRY(mmd_py_expressions(parser, &node->a));
  }
  node->items = targets.items;
  node->count = targets.count;
  return NULL;
}

// An expression, an assignment of any kind, or an annotation.
static mmd_status_t parse_expression_statement(mmd_pyparser_t *parser, mmd_pynode_t *node) {
  mmd_pynode_t *first, *annotation;
  MMD_TRY(mmd_py_expressions(parser, &first));
  node->type = MMD_PYNODE_EXPRESSION;
  node->a = first;
  if (mmd_pyparser_take(parser, ':')) {
    MMD_TRY(mmd_py_expression(parser, &annotation));
    if (!mmd_pyparser_at(parser, '=')) {
      node->type = MMD_PYNODE_PASS;
      return NULL;
    }
  }
  if (mmd_pyparser_at(parser, '=')) return parse_assignment(parser, node, first);
  const uint32_t op = augmented_op(parser->token);
  if (!op) return NULL;
  ++parser->token;
  MMD_TRY(mmd_py_check_target(parser, first));
  node->type = MMD_PYNODE_AUGMENTED;
  node->op = op;
  return mmd_py_expressions(parser, &node->b);
}

static mmd_status_t refuse_word(mmd_pyparser_t *parser) {
  static const char *const refused[] = {"class", "async", "await", "yield", "nonlocal"};
  for (size_t i = 0; i < sizeof refused / sizeof *refused; ++i) {
    if (mmd_pyparser_at_word(parser, refused[i])) {
      return mmd_py_error_at(parser->file, parser->token->line, parser->token->column,
                             "'%s' is not supported: configs hold assignments, expressions, if, "
                             "for, while, def, imports and 'try' with 'except ImportError'",
                             refused[i]);
    }
  }
  return NULL;
}

static mmd_status_t parse_delete(mmd_pyparser_t *parser, mmd_pynode_t *node) {
  mmd_pynode_t *targets;
  MMD_TRY(mmd_py_targets(parser, &targets));
  mmd_pynodes_t items = {0};
  if (targets->type == MMD_PYNODE_TUPLE) {
    items = (mmd_pynodes_t){targets->items, targets->count, targets->count};
  } else {
    MMD_TRY(mmd_pynodes_append(parser, &items, targets));
  }
  node->items = items.items;
  node->count = items.count;
  return NULL;
}

static mmd_status_t parse_global(mmd_pyparser_t *parser, mmd_pynode_t *node) {
  mmd_pynodes_t names = {0};
  do {
    mmd_pynode_t *name;
    MMD_TRY(mmd_pyparser_node(parser, MMD_PYNODE_NAME, parser->token, &name));
    MMD_TRY(mmd_pyparser_name(parser, &name->object));
    MMD_TRY(mmd_pynodes_append(parser, &names, name));
  } while (mmd_pyparser_take(parser, ','));
  node->items = names.items;
  node->count = names.count;
  return NULL;
}

static bool at_statement_end(const mmd_pyparser_t *parser) {
  return parser->token->type == MMD_PYTOKEN_NEWLINE || mmd_pyparser_at(parser, ';');
}

static mmd_status_t parse_simple(mmd_pyparser_t *parser, mmd_pynode_t **out) {
  static const struct {
    const char *word;
    mmd_pynode_type_t type;
  } words[] = {{"pass", MMD_PYNODE_PASS},         {"break", MMD_PYNODE_BREAK},
               {"continue", MMD_PYNODE_CONTINUE}, {"return", MMD_PYNODE_RETURN},
               {"del", MMD_PYNODE_DELETE},        {"global", MMD_PYNODE_GLOBAL},
               {"assert", MMD_PYNODE_ASSERT},     {"raise", MMD_PYNODE_RAISE},
               {"import", MMD_PYNODE_IMPORT},     {"from", MMD_PYNODE_FROM}};
  MMD_TRY(refuse_word(parser));
  MMD_TRY(mmd_pyparser_node(parser, MMD_PYNODE_EXPRESSION, parser->token, out));
  mmd_pynode_t *node = *out, *message;
  for (size_t i = 0; i < sizeof words / sizeof *words; ++i) {
    if (!mmd_pyparser_take_word(parser, words[i].word)) continue;
    node->type = words[i].type;
    switch (node->type) {
      case MMD_PYNODE_RETURN:
      case MMD_PYNODE_RAISE:
        return at_statement_end(parser) ? NULL : mmd_py_expressions(parser, &node->a);
      case MMD_PYNODE_DELETE:
        return parse_delete(parser, node);
      case MMD_PYNODE_GLOBAL:
        return parse_global(parser, node);
      case MMD_PYNODE_IMPORT:
        return parse_aliases(parser, true, node);
      case MMD_PYNODE_FROM:
        return parse_from(parser, node);
      case MMD_PYNODE_ASSERT:
        MMD_TRY(mmd_py_expression(parser, &node->a));
        return mmd_pyparser_take(parser, ',') ? mmd_py_expression(parser, &message) : NULL;
      default:
        return NULL;
    }
  }
  return parse_expression_statement(parser, node);
}

static mmd_status_t parse_simple_line(mmd_pyparser_t *parser, mmd_pynodes_t *block) {
  for (;;) {
    mmd_pynode_t *node;
    MMD_TRY(parse_simple(parser, &node));
    MMD_TRY(mmd_pynodes_append(parser, block, node));
    if (!mmd_pyparser_take(parser, ';')) break;
    if (parser->token->type == MMD_PYTOKEN_NEWLINE) break;
  }
  if (parser->token->type != MMD_PYTOKEN_NEWLINE)
    return mmd_pyparser_fail(parser, "the end of the statement");
  ++parser->token;
  return NULL;
}

static mmd_status_t parse_if(mmd_pyparser_t *parser, mmd_pynode_t *node) {
  node->type = MMD_PYNODE_IF;
  MMD_TRY(mmd_py_expression(parser, &node->a));
  MMD_TRY(parse_block(parser, &node->b));
  if (mmd_pyparser_take_word(parser, "else")) return parse_block(parser, &node->c);
  const mmd_pytoken_t *start = parser->token;
  if (!mmd_pyparser_take_word(parser, "elif")) return NULL;
  MMD_TRY(mmd_pyparser_enter(parser));
  MMD_TRY(mmd_pyparser_node(parser, MMD_PYNODE_IF, start, &node->c));
  MMD_TRY(parse_if(parser, node->c));
  --parser->nesting;
  return NULL;
}

static mmd_status_t parse_for(mmd_pyparser_t *parser, mmd_pynode_t *node) {
  node->type = MMD_PYNODE_FOR;
  MMD_TRY(mmd_py_targets(parser, &node->a));
  MMD_TRY(mmd_pyparser_expect_word(parser, "in"));
  MMD_TRY(mmd_py_expressions(parser, &node->b));
  MMD_TRY(parse_block(parser, &node->c));
  if (!mmd_pyparser_take_word(parser, "else")) return NULL;
  mmd_pynodes_t items = {0};
  mmd_pynode_t *otherwise;
  MMD_TRY(parse_block(parser, &otherwise));
  MMD_TRY(mmd_pynodes_append(parser, &items, otherwise));
  node->items = items.items;
  node->count = 1;
  return NULL;
}

static mmd_status_t parse_def(mmd_pyparser_t *parser, mmd_pynode_t *node) {
  mmd_pynode_t *annotation;
  node->type = MMD_PYNODE_DEF;
  MMD_TRY(mmd_pyparser_name(parser, &node->object));
  MMD_TRY(mmd_pyparser_expect(parser, '('));
  MMD_TRY(mmd_py_parameters(parser, ')', node));
  if (mmd_pyparser_take(parser, MMD_OP2('-', '>'))) MMD_TRY(mmd_py_expression(parser, &annotation));
  return parse_block(parser, &node->a);
}

static bool is_import_error(const mmd_pynode_t *node) {
  if (node->type == MMD_PYNODE_TUPLE) {
    for (size_t i = 0; i < node->count; ++i) {
      if (!is_import_error(node->items[i])) return false;
    }
    return true;
  }
  return node->type == MMD_PYNODE_NAME && (mmd_py_is_text(node->object, "ImportError") ||
                                           mmd_py_is_text(node->object, "ModuleNotFoundError"));
}

static mmd_status_t parse_handler(mmd_pyparser_t *parser) {
  const mmd_pytoken_t *start = parser->token - 1;
  mmd_pynode_t *error = NULL, *unused;
  mmd_pyobj_t *name;
  if (!mmd_pyparser_at(parser, ':')) MMD_TRY(mmd_py_expression(parser, &error));
  if (!error || !is_import_error(error)) {
    return mmd_py_error_at(parser->file, start->line, start->column,
                           "only 'except ImportError' and 'except ModuleNotFoundError' are "
                           "supported");
  }
  if (mmd_pyparser_take_word(parser, "as")) MMD_TRY(mmd_pyparser_name(parser, &name));
  return parse_block(parser, &unused);
}

// Imports never fail here, as where all packages are installed: what runs is the body and 'else'.
static mmd_status_t parse_try(mmd_pyparser_t *parser, mmd_pynode_t *node) {
  mmd_pynodes_t parts = {0};
  mmd_pynode_t *part;
  node->type = MMD_PYNODE_BLOCK;
  MMD_TRY(parse_block(parser, &part));
  MMD_TRY(mmd_pynodes_append(parser, &parts, part));
  if (!mmd_pyparser_at_word(parser, "except")) {
    return mmd_pyparser_fail(parser, "'except ImportError' ('finally' is not supported)");
  }
  while (mmd_pyparser_take_word(parser, "except")) MMD_TRY(parse_handler(parser));
  if (mmd_pyparser_take_word(parser, "else")) {
    MMD_TRY(parse_block(parser, &part));
    MMD_TRY(mmd_pynodes_append(parser, &parts, part));
  }
  if (mmd_pyparser_at_word(parser, "finally")) {
    return mmd_pyparser_fail(parser, "a statement ('finally' is not supported)");
  }
  node->items = parts.items;
  node->count = parts.count;
  return NULL;
}

static mmd_status_t parse_statement(mmd_pyparser_t *parser, mmd_pynodes_t *block) {
  mmd_pynode_t *node;
  if (parser->token->type == MMD_PYTOKEN_INDENT) return mmd_pyparser_fail(parser, "a statement");
  if (mmd_pyparser_at(parser, '@'))
    return mmd_py_error_at(parser->file, parser->token->line, parser->token->column,
                           "decorators are not supported");
  MMD_TRY(mmd_pyparser_node(parser, MMD_PYNODE_PASS, parser->token, &node));
  if (mmd_pyparser_take_word(parser, "if")) {
    MMD_TRY(parse_if(parser, node));
  } else if (mmd_pyparser_take_word(parser, "for")) {
    MMD_TRY(parse_for(parser, node));
  } else if (mmd_pyparser_take_word(parser, "while")) {
    node->type = MMD_PYNODE_WHILE;
    MMD_TRY(mmd_py_expression(parser, &node->a));
    MMD_TRY(parse_block(parser, &node->b));
    if (mmd_pyparser_take_word(parser, "else")) MMD_TRY(parse_block(parser, &node->c));
  } else if (mmd_pyparser_take_word(parser, "def")) {
    MMD_TRY(parse_def(parser, node));
  } else if (mmd_pyparser_take_word(parser, "try")) {
    MMD_TRY(parse_try(parser, node));
  } else if (mmd_pyparser_take_word(parser, "with")) {
    node->type = MMD_PYNODE_WITH;
    MMD_TRY(mmd_py_expression(parser, &node->a));
    MMD_TRY(parse_block(parser, &node->b));
  } else {
    return parse_simple_line(parser, block);
  }
  return mmd_pynodes_append(parser, block, node);
}

mmd_status_t mmd_py_file(mmd_pyparser_t *parser, mmd_pynode_t **out) {
  const mmd_pytoken_t *start = parser->token;
  mmd_pynodes_t statements = {0};
  while (parser->token->type != MMD_PYTOKEN_END) {
    if (parser->token->type == MMD_PYTOKEN_NEWLINE)
      ++parser->token;
    else
      MMD_TRY(parse_statement(parser, &statements));
  }
  return close_block(parser, start, &statements, out);
}

mmd_status_t mmd_py_parse_nested(mmd_pyctx_t *ctx, const mmd_pysource_t *source, unsigned nesting,
                                 mmd_pynode_t **out) {
  mmd_pytoken_t *tokens;
  MMD_TRY(mmd_py_tokenize(ctx, source, &tokens));
  mmd_pyparser_t parser = {ctx, source->file, tokens, nesting};
  if (!source->expression) return mmd_py_file(&parser, out);
  MMD_TRY(mmd_py_expressions(&parser, out));
  return parser.token->type == MMD_PYTOKEN_END
             ? NULL
             : mmd_pyparser_fail(&parser, "the end of the expression");
}

mmd_status_t mmd_py_parse(mmd_pyctx_t *ctx, const mmd_pysource_t *source, mmd_pynode_t **out) {
  return mmd_py_parse_nested(ctx, source, 0, out);
}
