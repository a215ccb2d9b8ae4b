// SPDX-License-Identifier: Apache-2.0
//
// Recursive-descent parser of expressions: operators over atoms, and lists of expressions.
#include "formats/pyconfig/parser.h"

static mmd_status_t parse_unary(mmd_pyparser_t *parser, mmd_pynode_t **out);

static mmd_status_t parse_power(mmd_pyparser_t *parser, mmd_pynode_t **out) {
  MMD_TRY(mmd_py_primary(parser, out));
  const mmd_pytoken_t *start = parser->token;
  if (!mmd_pyparser_take(parser, MMD_OP2('*', '*'))) return NULL;
  mmd_pynode_t *base = *out, *exponent;
  MMD_TRY(mmd_pyparser_enter(parser));
  MMD_TRY(parse_unary(parser, &exponent));
  --parser->nesting;
  MMD_TRY(mmd_pyparser_node(parser, MMD_PYNODE_BINARY, start, out));
  (*out)->op = MMD_OP2('*', '*');
  return mmd_pynode_set_children(parser, *out, base, exponent);
}

// -9223372036854775808 is a number of 64 bits, though the number behind the sign is none.
static bool is_lowest_int(const mmd_pytoken_t *sign, const mmd_pytoken_t *behind) {
  char digits[24] = "-";
  size_t n = 1;
  int64_t number;
  const mmd_pytoken_t *token = sign + 1;
  if (sign->op != '-' || token->type != MMD_PYTOKEN_NUMBER || behind != token + 1) return false;
  for (size_t i = 0; i < token->size; ++i) {
    if (token->text[i] == '_') continue;
    if (n == sizeof digits) return false;
    digits[n++] = token->text[i];
  }
  return mmd_parse_i64(digits, n, &number) && number == INT64_MIN;
}

static mmd_status_t parse_unary(mmd_pyparser_t *parser, mmd_pynode_t **out) {
  const mmd_pytoken_t *start = parser->token;
  if (!mmd_pyparser_at(parser, '-') && !mmd_pyparser_at(parser, '+') &&
      !mmd_pyparser_at(parser, '~'))
    return parse_power(parser, out);
  ++parser->token;
  mmd_pynode_t *operand;
  MMD_TRY(mmd_pyparser_enter(parser));
  MMD_TRY(parse_unary(parser, &operand));
  --parser->nesting;
  if (is_lowest_int(start, parser->token)) {
    *out = operand;
    return mmd_py_give(mmd_py_int(parser->ctx, INT64_MIN), &operand->object);
  }
  MMD_TRY(mmd_pyparser_node(parser, MMD_PYNODE_UNARY, start, out));
  (*out)->op = start->op;
  return mmd_pynode_set_children(parser, *out, operand, NULL);
}

// Binary operators by level, weakest first: | ^ & shifts sums products.
static bool op_of_level(uint32_t op, int level) {
  switch (level) {
    case 0:
      return op == '|';
    case 1:
      return op == '^';
    case 2:
      return op == '&';
    case 3:
      return op == MMD_OP2('<', '<') || op == MMD_OP2('>', '>');
    case 4:
      return op == '+' || op == '-';
    default:
      return op == '*' || op == '/' || op == '%' || op == '@' || op == MMD_OP2('/', '/');
  }
}

static int level_of_op(const mmd_pytoken_t *token) {
  for (int level = 0; token->type == MMD_PYTOKEN_OP && level < 6; ++level) {
    if (op_of_level(token->op, level)) return level;
  }
  return -1;
}

static mmd_status_t parse_binary(mmd_pyparser_t *parser, int level, mmd_pynode_t **out) {
  MMD_TRY(parse_unary(parser, out));
  for (;;) {
    const mmd_pytoken_t *op = parser->token;
    const int found = level_of_op(op);
    if (found < level) return NULL;
    ++parser->token;
    mmd_pynode_t *left = *out, *right;
    MMD_TRY(parse_binary(parser, found + 1, &right));
    MMD_TRY(mmd_pyparser_node(parser, MMD_PYNODE_BINARY, op, out));
    (*out)->op = op->op;
    MMD_TRY(mmd_pynode_set_children(parser, *out, left, right));
  }
}

mmd_status_t mmd_py_operand(mmd_pyparser_t *parser, mmd_pynode_t **out) {
  return parse_binary(parser, 0, out);
}

// Comparison operator at the token, packed: "is not" = 'i','!', "not in" = 'n','i', in = 'n', is =
// 'i'.
static uint32_t take_comparison(mmd_pyparser_t *parser) {
  const mmd_pytoken_t *t = parser->token;
  if (t->type == MMD_PYTOKEN_OP) {
    const uint32_t op = t->op;
    const bool known = op == '<' || op == '>' || op == MMD_OP2('<', '=') ||
                       op == MMD_OP2('>', '=') || op == MMD_OP2('=', '=') ||
                       op == MMD_OP2('!', '=');
    if (known) ++parser->token;
    return known ? op : 0;
  }
  if (mmd_pyparser_take_word(parser, "in")) return 'n';
  if (mmd_pyparser_take_word(parser, "is"))
    return mmd_pyparser_take_word(parser, "not") ? MMD_OP2('i', '!') : 'i';
  if (mmd_pytoken_is(t, "not") && mmd_pytoken_is(t + 1, "in")) {
    parser->token += 2;
    return MMD_OP2('n', '!');
  }
  return 0;
}

static mmd_status_t parse_comparison(mmd_pyparser_t *parser, mmd_pynode_t **out) {
  MMD_TRY(mmd_py_operand(parser, out));
  mmd_pynodes_t operands = {0};
  for (;;) {
    const mmd_pytoken_t *start = parser->token;
    const uint32_t op = take_comparison(parser);
    if (!op) break;
    mmd_pynode_t *right, *link;
    if (operands.count == 0) MMD_TRY(mmd_pynodes_append(parser, &operands, *out));
    MMD_TRY(mmd_py_operand(parser, &right));
    MMD_TRY(mmd_pyparser_node(parser, MMD_PYNODE_LINK, start, &link));
    link->op = op;
    MMD_TRY(mmd_pynode_set_children(parser, link, right, NULL));
    MMD_TRY(mmd_pynodes_append(parser, &operands, link));
  }
  if (operands.count == 0) return NULL;
  const mmd_pytoken_t place = {.line = operands.items[1]->line,
                               .column = operands.items[1]->column};
  MMD_TRY(mmd_pyparser_node(parser, MMD_PYNODE_COMPARE, &place, out));
  mmd_pynode_set_items(*out, &operands);
  return NULL;
}

static mmd_status_t parse_not(mmd_pyparser_t *parser, mmd_pynode_t **out) {
  const mmd_pytoken_t *start = parser->token;
  if (!mmd_pyparser_take_word(parser, "not")) return parse_comparison(parser, out);
  mmd_pynode_t *operand;
  MMD_TRY(mmd_pyparser_enter(parser));
  MMD_TRY(parse_not(parser, &operand));
  --parser->nesting;
  MMD_TRY(mmd_pyparser_node(parser, MMD_PYNODE_UNARY, start, out));
  (*out)->op = '!';
  return mmd_pynode_set_children(parser, *out, operand, NULL);
}

static mmd_status_t parse_logic(mmd_pyparser_t *parser, bool is_or, mmd_pynode_t **out) {
  MMD_TRY(is_or ? parse_logic(parser, false, out) : parse_not(parser, out));
  for (;;) {
    const mmd_pytoken_t *start = parser->token;
    if (!mmd_pyparser_take_word(parser, is_or ? "or" : "and")) return NULL;
    mmd_pynode_t *left = *out, *right;
    MMD_TRY(is_or ? parse_logic(parser, false, &right) : parse_not(parser, &right));
    MMD_TRY(mmd_pyparser_node(parser, is_or ? MMD_PYNODE_OR : MMD_PYNODE_AND, start, out));
    MMD_TRY(mmd_pynode_set_children(parser, *out, left, right));
  }
}

mmd_status_t mmd_py_or_test(mmd_pyparser_t *parser, mmd_pynode_t **out) {
  return parse_logic(parser, true, out);
}

mmd_status_t mmd_py_parameters(mmd_pyparser_t *parser, uint32_t end, mmd_pynode_t *function) {
  mmd_pynodes_t parameters = {0};
  while (!mmd_pyparser_at(parser, end)) {
    mmd_pynode_t *parameter;
    // Names before '/' cannot be given as keywords; what reads such a call need not know.
    if (parameters.count && mmd_pyparser_take(parser, '/')) {
      if (mmd_pyparser_take(parser, ',')) continue;
      if (!mmd_pyparser_at(parser, end)) return mmd_pyparser_fail(parser, "','");
      break;
    }
    MMD_TRY(mmd_pyparser_node(parser, MMD_PYNODE_PARAMETER, parser->token, &parameter));
    if (mmd_pyparser_take(parser, MMD_OP2('*', '*')))
      parameter->op = MMD_OP2('*', '*');
    else if (mmd_pyparser_take(parser, '*'))
      parameter->op = '*';
    const bool bare = parameter->op == '*' && mmd_pyparser_at(parser, ',');
    if (!bare) MMD_TRY(mmd_pyparser_name(parser, &parameter->object));
    mmd_pynode_t *annotation;
    if (end == ')' && mmd_pyparser_take(parser, ':'))
      MMD_TRY(mmd_py_expression(parser, &annotation));
    if (!parameter->op && mmd_pyparser_take(parser, '='))
      MMD_TRY(mmd_py_expression(parser, &parameter->a));
    MMD_TRY(mmd_pynodes_append(parser, &parameters, parameter));
    if (!mmd_pyparser_take(parser, ',') && !mmd_pyparser_at(parser, end))
      return mmd_pyparser_fail(parser, end == ')' ? "',' or ')'" : "',' or ':'");
  }
  ++parser->token;
  function->items = parameters.items;
  function->count = parameters.count;
  return NULL;
}

static mmd_status_t parse_lambda(mmd_pyparser_t *parser, mmd_pynode_t **out) {
  mmd_pynode_t *body;
  MMD_TRY(mmd_pyparser_node(parser, MMD_PYNODE_LAMBDA, parser->token - 1, out));
  MMD_TRY(mmd_py_parameters(parser, ':', *out));
  MMD_TRY(mmd_py_expression(parser, &body));
  return mmd_pynode_set_children(parser, *out, body, NULL);
}

static mmd_status_t parse_choice(mmd_pyparser_t *parser, mmd_pynode_t **out) {
  MMD_TRY(mmd_py_or_test(parser, out));
  const mmd_pytoken_t *start = parser->token;
  if (!mmd_pyparser_take_word(parser, "if")) return NULL;
  mmd_pynode_t *yes = *out, *condition, *no;
  MMD_TRY(mmd_py_or_test(parser, &condition));
  MMD_TRY(mmd_pyparser_expect_word(parser, "else"));
  MMD_TRY(mmd_py_expression(parser, &no));
  MMD_TRY(mmd_pyparser_node(parser, MMD_PYNODE_CHOICE, start, out));
  MMD_TRY(mmd_pynode_set_children(parser, *out, condition, no));
  (*out)->c = no;
  return mmd_pynode_set_children(parser, *out, condition, yes);
}

mmd_status_t mmd_py_expression(mmd_pyparser_t *parser, mmd_pynode_t **out) {
  MMD_TRY(mmd_pyparser_enter(parser));
  if (mmd_pyparser_take_word(parser, "lambda"))
    MMD_TRY(parse_lambda(parser, out));
  else
    MMD_TRY(parse_choice(parser, out));
  --parser->nesting;
  return NULL;
}

mmd_status_t mmd_py_star_expression(mmd_pyparser_t *parser, mmd_pynode_t **out) {
  const mmd_pytoken_t *start = parser->token;
  if (mmd_pyparser_take(parser, '*')) {
    mmd_pynode_t *inner;
    MMD_TRY(mmd_pyparser_node(parser, MMD_PYNODE_STAR, start, out));
    MMD_TRY(mmd_py_operand(parser, &inner));
    return mmd_pynode_set_children(parser, *out, inner, NULL);
  }
  MMD_TRY(mmd_py_expression(parser, out));
  if (!mmd_pyparser_at(parser, MMD_OP2(':', '='))) return NULL;
  if ((*out)->type != MMD_PYNODE_NAME) return mmd_pyparser_fail(parser, "an operator");
  ++parser->token;
  mmd_pynode_t *target = *out, *value;
  MMD_TRY(mmd_py_expression(parser, &value));
  MMD_TRY(mmd_pyparser_node(parser, MMD_PYNODE_WALRUS, start, out));
  return mmd_pynode_set_children(parser, *out, target, value);
}

static bool ends_expressions(const mmd_pyparser_t *parser) {
  const mmd_pytoken_t *t = parser->token;
  return t->type == MMD_PYTOKEN_NEWLINE || t->type == MMD_PYTOKEN_END ||
         (t->type == MMD_PYTOKEN_OP && (t->op == '=' || t->op == ')' || t->op == ']' ||
                                        t->op == '}' || t->op == ':' || t->op == ';')) ||
         mmd_pyparser_at_word(parser, "in");
}

static mmd_status_t parse_list(mmd_pyparser_t *parser,
                               mmd_status_t (*item_of)(mmd_pyparser_t *, mmd_pynode_t **),
                               mmd_pynode_t **out) {
  const mmd_pytoken_t *start = parser->token;
  MMD_TRY(item_of(parser, out));
  if (!mmd_pyparser_at(parser, ',')) return NULL;
  mmd_pynodes_t items = {0};
  MMD_TRY(mmd_pynodes_append(parser, &items, *out));
  while (mmd_pyparser_take(parser, ',') && !ends_expressions(parser)) {
    mmd_pynode_t *item;
    MMD_TRY(item_of(parser, &item));
    MMD_TRY(mmd_pynodes_append(parser, &items, item));
  }
  MMD_TRY(mmd_pyparser_node(parser, MMD_PYNODE_TUPLE, start, out));
  mmd_pynode_set_items(*out, &items);
  return NULL;
}

mmd_status_t mmd_py_expressions(mmd_pyparser_t *parser, mmd_pynode_t **out) {
  return parse_list(parser, mmd_py_star_expression, out);
}

static mmd_status_t parse_target(mmd_pyparser_t *parser, mmd_pynode_t **out) {
  const mmd_pytoken_t *start = parser->token;
  if (!mmd_pyparser_take(parser, '*')) return mmd_py_operand(parser, out);
  mmd_pynode_t *inner;
  MMD_TRY(mmd_pyparser_node(parser, MMD_PYNODE_STAR, start, out));
  MMD_TRY(mmd_py_operand(parser, &inner));
  return mmd_pynode_set_children(parser, *out, inner, NULL);
}

mmd_status_t mmd_py_check_target(mmd_pyparser_t *parser, const mmd_pynode_t *node) {
  switch (node->type) {
    case MMD_PYNODE_NAME:
    case MMD_PYNODE_ATTRIBUTE:
    case MMD_PYNODE_INDEX:
      return NULL;
    case MMD_PYNODE_STAR:
      return mmd_py_check_target(parser, node->a);
    case MMD_PYNODE_TUPLE:
    case MMD_PYNODE_LIST:
      for (size_t i = 0; i < node->count; ++i) MMD_TRY(mmd_py_check_target(parser, node->items[i]));
      return NULL;
    default:
      return mmd_py_error_at(parser->file, node->line, node->column,
                             "syntax error: this cannot be assigned to");
  }
}

mmd_status_t mmd_py_targets(mmd_pyparser_t *parser, mmd_pynode_t **out) {
  MMD_TRY(parse_list(parser, parse_target, out));
  return mmd_py_check_target(parser, *out);
}
