// SPDX-License-Identifier: Apache-2.0
//
// State shared by the files of the parser: statements, expressions and atoms.
#ifndef MMD_FORMATS_PYCONFIG_PARSER_H_
#define MMD_FORMATS_PYCONFIG_PARSER_H_

#include "formats/pyconfig/syntax.h"

typedef struct mmd_pyparser_t {
  mmd_pyctx_t *ctx;
  const char *file;
  const mmd_pytoken_t *token;  // the next one
  unsigned nesting;
} mmd_pyparser_t;

// A growing list of nodes in the arena.
typedef struct mmd_pynodes_t {
  mmd_pynode_t **items;
  size_t count, capacity;
} mmd_pynodes_t;

mmd_status_t mmd_pynodes_append(mmd_pyparser_t *parser, mmd_pynodes_t *nodes,
                                mmd_pynode_t *node) MMD_MUST_USE;

static inline bool mmd_pyparser_at(const mmd_pyparser_t *parser, uint32_t op) {
  return parser->token->type == MMD_PYTOKEN_OP && parser->token->op == op;
}
static inline bool mmd_pyparser_take(mmd_pyparser_t *parser, uint32_t op) {
  if (!mmd_pyparser_at(parser, op)) return false;
  ++parser->token;
  return true;
}
bool mmd_pyparser_at_word(const mmd_pyparser_t *parser, const char *word);
bool mmd_pyparser_take_word(mmd_pyparser_t *parser, const char *word);
mmd_status_t mmd_pyparser_expect(mmd_pyparser_t *parser, uint32_t op) MMD_MUST_USE;
mmd_status_t mmd_pyparser_expect_word(mmd_pyparser_t *parser, const char *word) MMD_MUST_USE;
mmd_status_t mmd_pyparser_fail(const mmd_pyparser_t *parser, const char *expected) MMD_MUST_USE;
mmd_status_t mmd_pyparser_enter(mmd_pyparser_t *parser) MMD_MUST_USE;

bool mmd_pytoken_is(const mmd_pytoken_t *token, const char *word);
bool mmd_pytoken_is_keyword(const mmd_pytoken_t *token);

// A node at |token|'s place.
mmd_status_t mmd_pyparser_node(mmd_pyparser_t *parser, mmd_pynode_type_t type,
                               const mmd_pytoken_t *token, mmd_pynode_t **out) MMD_MUST_USE;
// Children, with the height that follows from them.
mmd_status_t mmd_pynode_set_children(mmd_pyparser_t *parser, mmd_pynode_t *node, mmd_pynode_t *a,
                                     mmd_pynode_t *b) MMD_MUST_USE;
void mmd_pynode_set_items(mmd_pynode_t *node, const mmd_pynodes_t *nodes);
// An identifier that is no keyword, as its string.
mmd_status_t mmd_pyparser_name(mmd_pyparser_t *parser, mmd_pyobj_t **out_name) MMD_MUST_USE;

// An atom with its calls, subscripts and attributes.
mmd_status_t mmd_py_primary(mmd_pyparser_t *parser, mmd_pynode_t **out) MMD_MUST_USE;
// Everything that binds more tightly than a comparison.
mmd_status_t mmd_py_operand(mmd_pyparser_t *parser, mmd_pynode_t **out) MMD_MUST_USE;
// Everything but a choice or a lambda.
mmd_status_t mmd_py_or_test(mmd_pyparser_t *parser, mmd_pynode_t **out) MMD_MUST_USE;
mmd_status_t mmd_py_expression(mmd_pyparser_t *parser, mmd_pynode_t **out) MMD_MUST_USE;
// The same, or one with a star before it or with ":=".
mmd_status_t mmd_py_star_expression(mmd_pyparser_t *parser, mmd_pynode_t **out) MMD_MUST_USE;
// Expressions with stars, joined by commas to a tuple.
mmd_status_t mmd_py_expressions(mmd_pyparser_t *parser, mmd_pynode_t **out) MMD_MUST_USE;
// Targets of for, up to "in".
mmd_status_t mmd_py_targets(mmd_pyparser_t *parser, mmd_pynode_t **out) MMD_MUST_USE;
mmd_status_t mmd_py_parameters(mmd_pyparser_t *parser, uint32_t end,
                               mmd_pynode_t *function) MMD_MUST_USE;
// Refuses what cannot be assigned to.
mmd_status_t mmd_py_check_target(mmd_pyparser_t *parser, const mmd_pynode_t *node) MMD_MUST_USE;
mmd_status_t mmd_py_file(mmd_pyparser_t *parser, mmd_pynode_t **out) MMD_MUST_USE;

#endif  // MMD_FORMATS_PYCONFIG_PARSER_H_
