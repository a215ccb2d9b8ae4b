// SPDX-License-Identifier: Apache-2.0
//
// Recursive-descent parser of atoms: names, constants, displays, comprehensions, and the calls,
// subscripts and attributes behind them.
#include "formats/pyconfig/parser.h"

// --- comprehensions, displays, calls -------------------------------------------------------------

static mmd_status_t parse_clauses(mmd_pyparser_t *parser, mmd_pynode_t *node) {
  mmd_pynodes_t clauses = {0};
  for (;;) {
    const mmd_pytoken_t *start = parser->token;
    mmd_pynode_t *clause, *a, *b = NULL;
    if (mmd_pyparser_take_word(parser, "for")) {
      MMD_TRY(mmd_pyparser_node(parser, MMD_PYNODE_CLAUSE_FOR, start, &clause));
      MMD_TRY(mmd_py_targets(parser, &a));
      MMD_TRY(mmd_pyparser_expect_word(parser, "in"));
      MMD_TRY(mmd_py_or_test(parser, &b));
    } else if (clauses.count && mmd_pyparser_take_word(parser, "if")) {
      MMD_TRY(mmd_pyparser_node(parser, MMD_PYNODE_CLAUSE_IF, start, &clause));
      MMD_TRY(mmd_py_or_test(parser, &a));
    } else {
      break;
    }
    MMD_TRY(mmd_pynode_set_children(parser, clause, a, b));
    MMD_TRY(mmd_pynodes_append(parser, &clauses, clause));
  }
  mmd_pynode_set_items(node, &clauses);
  return NULL;
}

static mmd_status_t parse_comprehension(mmd_pyparser_t *parser, uint32_t kind,
                                        mmd_pynode_t *element, mmd_pynode_t *value,
                                        mmd_pynode_t **out) {
  const mmd_pytoken_t place = {.line = element->line, .column = element->column};
  MMD_TRY(mmd_pyparser_node(parser, MMD_PYNODE_COMPREHENSION, &place, out));
  (*out)->op = kind;
  MMD_TRY(parse_clauses(parser, *out));
  return mmd_pynode_set_children(parser, *out, element, value);
}

// "(", "[" are taken; |end| closes. A lone parenthesised expression is itself.
static mmd_status_t parse_sequence(mmd_pyparser_t *parser, const mmd_pytoken_t *start, uint32_t end,
                                   mmd_pynode_t **out) {
  mmd_pynodes_t items = {0};
  mmd_pynode_t *item;
  bool comma = false;
  while (!mmd_pyparser_at(parser, end)) {
    MMD_TRY(mmd_py_star_expression(parser, &item));
    if (items.count == 0 && mmd_pyparser_at_word(parser, "for")) {
      MMD_TRY(parse_comprehension(parser, end == ']' ? '[' : '(', item, NULL, out));
      return mmd_pyparser_expect(parser, end);
    }
    MMD_TRY(mmd_pynodes_append(parser, &items, item));
    comma = mmd_pyparser_take(parser, ',');
    if (!comma && !mmd_pyparser_at(parser, end))
      return mmd_pyparser_fail(parser, end == ']' ? "',' or ']'" : "',' or ')'");
  }
  ++parser->token;
  if (end == ')' && items.count == 1 && !comma) {
    *out = items.items[0];
    return (*out)->type == MMD_PYNODE_STAR
               ? mmd_pyparser_fail(parser, "',' after a starred expression")
               : NULL;
  }
  MMD_TRY(mmd_pyparser_node(parser, end == ']' ? MMD_PYNODE_LIST : MMD_PYNODE_TUPLE, start, out));
  mmd_pynode_set_items(*out, &items);
  return NULL;
}

// "{" is taken: a dict, a set or a comprehension of either.
static mmd_status_t parse_braces(mmd_pyparser_t *parser, const mmd_pytoken_t *start,
                                 mmd_pynode_t **out) {
  mmd_pynodes_t items = {0};
  bool is_set = false;
  while (!mmd_pyparser_at(parser, '}')) {
    mmd_pynode_t *key = NULL, *value;
    if (!is_set && mmd_pyparser_take(parser, MMD_OP2('*', '*'))) {
      MMD_TRY(mmd_py_operand(parser, &value));
    } else {
      MMD_TRY(mmd_py_star_expression(parser, &value));
      if (items.count == 0 && !mmd_pyparser_at(parser, ':')) is_set = true;
      if (!is_set) {
        key = value;
        MMD_TRY(mmd_pyparser_expect(parser, ':'));
        MMD_TRY(mmd_py_expression(parser, &value));
      }
      if (items.count == 0 && mmd_pyparser_at_word(parser, "for")) {
        MMD_TRY(parse_comprehension(parser, is_set ? '{' : ':', is_set ? value : key,
                                    is_set ? NULL : value, out));
        return mmd_pyparser_expect(parser, '}');
      }
    }
    if (!is_set) MMD_TRY(mmd_pynodes_append(parser, &items, key));
    MMD_TRY(mmd_pynodes_append(parser, &items, value));
    if (!mmd_pyparser_take(parser, ',') && !mmd_pyparser_at(parser, '}'))
      return mmd_pyparser_fail(parser, "',' or '}'");
  }
  ++parser->token;
  MMD_TRY(mmd_pyparser_node(parser, is_set ? MMD_PYNODE_SET : MMD_PYNODE_DICT, start, out));
  mmd_pynode_set_items(*out, &items);
  return NULL;
}

static mmd_status_t parse_argument(mmd_pyparser_t *parser, mmd_pynode_t **out) {
  const mmd_pytoken_t *start = parser->token;
  mmd_pynode_t *value;
  const bool double_star = mmd_pyparser_take(parser, MMD_OP2('*', '*'));
  const bool named = !double_star && start->type == MMD_PYTOKEN_NAME &&
                     start[1].type == MMD_PYTOKEN_OP && start[1].op == '=';
  if (!double_star && !named) {
    MMD_TRY(mmd_py_star_expression(parser, out));
    return mmd_pyparser_at_word(parser, "for") ? parse_comprehension(parser, '(', *out, NULL, out)
                                               : NULL;
  }
  MMD_TRY(mmd_pyparser_node(parser, MMD_PYNODE_KEYWORD, start, out));
  if (named) {
    MMD_TRY(mmd_pyparser_name(parser, &(*out)->object));
    ++parser->token;
  }
  MMD_TRY(mmd_py_expression(parser, &value));
  return mmd_pynode_set_children(parser, *out, value, NULL);
}

static mmd_status_t parse_call(mmd_pyparser_t *parser, mmd_pynode_t *function, mmd_pynode_t **out) {
  const mmd_pytoken_t place = {.line = function->line, .column = function->column};
  mmd_pynodes_t arguments = {0};
  mmd_pynode_t *argument;
  MMD_TRY(mmd_pyparser_node(parser, MMD_PYNODE_CALL, &place, out));
  while (!mmd_pyparser_at(parser, ')')) {
    MMD_TRY(parse_argument(parser, &argument));
    MMD_TRY(mmd_pynodes_append(parser, &arguments, argument));
    if (!mmd_pyparser_take(parser, ',') && !mmd_pyparser_at(parser, ')'))
      return mmd_pyparser_fail(parser, "',' or ')'");
  }
  ++parser->token;
  mmd_pynode_set_items(*out, &arguments);
  return mmd_pynode_set_children(parser, *out, function, NULL);
}

static mmd_status_t parse_slice_part(mmd_pyparser_t *parser, mmd_pynode_t **out) {
  *out = NULL;
  if (mmd_pyparser_at(parser, ':') || mmd_pyparser_at(parser, ']')) return NULL;
  return mmd_py_expression(parser, out);
}

static mmd_status_t parse_index(mmd_pyparser_t *parser, mmd_pynode_t *owner, mmd_pynode_t **out) {
  const mmd_pytoken_t *start = parser->token;
  const mmd_pytoken_t place = {.line = owner->line, .column = owner->column};
  mmd_pynode_t *index, *low = NULL, *high = NULL;
  if (!mmd_pyparser_at(parser, ':')) MMD_TRY(mmd_py_expressions(parser, &low));
  index = low;
  if (mmd_pyparser_take(parser, ':')) {
    MMD_TRY(mmd_pyparser_node(parser, MMD_PYNODE_SLICE, start, &index));
    MMD_TRY(parse_slice_part(parser, &high));
    if (mmd_pyparser_take(parser, ':')) MMD_TRY(parse_slice_part(parser, &index->c));
    MMD_TRY(mmd_pynode_set_children(parser, index, low, high));
  }
  MMD_TRY(mmd_pyparser_expect(parser, ']'));
  MMD_TRY(mmd_pyparser_node(parser, MMD_PYNODE_INDEX, &place, out));
  return mmd_pynode_set_children(parser, *out, owner, index);
}

// --- atoms and operators -------------------------------------------------------------------------

static mmd_status_t parse_word(mmd_pyparser_t *parser, mmd_pynode_t **out) {
  const mmd_pytoken_t *start = parser->token;
  mmd_pyctx_t *ctx = parser->ctx;
  MMD_TRY(mmd_pyparser_node(parser, MMD_PYNODE_CONSTANT, start, out));
  if (mmd_pyparser_take_word(parser, "None"))
    (*out)->object = ctx->none;
  else if (mmd_pyparser_take_word(parser, "True"))
    (*out)->object = ctx->true_object;
  else if (mmd_pyparser_take_word(parser, "False"))
    (*out)->object = ctx->false_object;
  if ((*out)->object) return NULL;
  if (mmd_pytoken_is_keyword(start)) return mmd_pyparser_fail(parser, "an expression");
  (*out)->type = MMD_PYNODE_NAME;
  return mmd_pyparser_name(parser, &(*out)->object);
}

static mmd_status_t parse_bracketed(mmd_pyparser_t *parser, mmd_pynode_t **out) {
  const mmd_pytoken_t *start = parser->token++;
  MMD_TRY(mmd_pyparser_enter(parser));
  if (start->op == '{')
    MMD_TRY(parse_braces(parser, start, out));
  else
    MMD_TRY(parse_sequence(parser, start, start->op == '[' ? ']' : ')', out));
  --parser->nesting;
  return NULL;
}

static mmd_status_t parse_atom(mmd_pyparser_t *parser, mmd_pynode_t **out) {
  const mmd_pytoken_t *t = parser->token;
  if (t->type == MMD_PYTOKEN_NAME) return parse_word(parser, out);
  if (t->type == MMD_PYTOKEN_STRING) {
    while (parser->token->type == MMD_PYTOKEN_STRING) ++parser->token;
    MMD_TRY(mmd_py_parse_strings(parser->ctx, parser->file, t, (size_t)(parser->token - t),
                                 parser->nesting, out));
    (*out)->height = 1;
    return NULL;
  }
  if (t->type == MMD_PYTOKEN_NUMBER) {
    MMD_TRY(mmd_pyparser_node(parser, MMD_PYNODE_CONSTANT, t, out));
    ++parser->token;
    return mmd_py_parse_number(parser->ctx, parser->file, t, &(*out)->object);
  }
  if (mmd_pyparser_take(parser, MMD_OP3('.', '.', '.'))) {
    MMD_TRY(mmd_pyparser_node(parser, MMD_PYNODE_CONSTANT, t, out));
    return mmd_py_give(mmd_py_make(parser->ctx, MMD_PY_ELLIPSIS), &(*out)->object);
  }
  if (mmd_pyparser_at(parser, '(') || mmd_pyparser_at(parser, '[') || mmd_pyparser_at(parser, '{'))
    return parse_bracketed(parser, out);
  return mmd_pyparser_fail(parser, "an expression");
}

static mmd_status_t parse_trailers(mmd_pyparser_t *parser, mmd_pynode_t **inout) {
  for (;;) {
    mmd_pynode_t *owner = *inout;
    const mmd_pytoken_t place = {.line = owner->line, .column = owner->column};
    if (mmd_pyparser_take(parser, '.')) {
      MMD_TRY(mmd_pyparser_node(parser, MMD_PYNODE_ATTRIBUTE, &place, inout));
      MMD_TRY(mmd_pyparser_name(parser, &(*inout)->object));
      MMD_TRY(mmd_pynode_set_children(parser, *inout, owner, NULL));
      continue;
    }
    const bool call = mmd_pyparser_at(parser, '(');
    if (!call && !mmd_pyparser_at(parser, '[')) return NULL;
    ++parser->token;
    MMD_TRY(mmd_pyparser_enter(parser));
    MMD_TRY(call ? parse_call(parser, owner, inout) : parse_index(parser, owner, inout));
    --parser->nesting;
  }
}

mmd_status_t mmd_py_primary(mmd_pyparser_t *parser, mmd_pynode_t **out) {
  MMD_TRY(parse_atom(parser, out));
  return parse_trailers(parser, out);
}
