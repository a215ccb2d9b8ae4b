// SPDX-License-Identifier: Apache-2.0
//
// Tokens and syntax tree of the Python subset.
#ifndef MMD_FORMATS_PYCONFIG_SYNTAX_H_
#define MMD_FORMATS_PYCONFIG_SYNTAX_H_

#include "formats/pyconfig/object.h"

#define MMD_PY_MAX_NESTING 150  // brackets and blocks
#define MMD_PY_MAX_TREE 700     // height of one expression's tree

typedef enum mmd_pytoken_type_t {
  MMD_PYTOKEN_END,
  MMD_PYTOKEN_NEWLINE,
  MMD_PYTOKEN_INDENT,
  MMD_PYTOKEN_DEDENT,
  MMD_PYTOKEN_NAME,
  MMD_PYTOKEN_NUMBER,
  MMD_PYTOKEN_STRING,
  MMD_PYTOKEN_OP,
} mmd_pytoken_type_t;

// Operators are packed into one number: MMD_OP2('*', '*').
#define MMD_OP1(a) ((uint32_t)(a))
#define MMD_OP2(a, b) ((uint32_t)(a) | (uint32_t)(b) << 8)
#define MMD_OP3(a, b, c) (MMD_OP2(a, b) | (uint32_t)(c) << 16)

typedef struct mmd_pytoken_t {
  mmd_pytoken_type_t type;
  uint32_t op;
  const char *text;
  size_t size;
  uint32_t line, column;  // from 1; columns count bytes
} mmd_pytoken_t;

// Text of one file or of one expression inside an f-string.
typedef struct mmd_pysource_t {
  const char *file;  // stands in messages
  const char *text;
  size_t size;
  uint32_t line, column;  // of the first byte
  bool expression;        // line ends are white space
} mmd_pysource_t;

typedef enum mmd_pynode_type_t {
  // expressions
  MMD_PYNODE_CONSTANT,  // object
  MMD_PYNODE_NAME,      // object: the name
  MMD_PYNODE_TUPLE,     // items
  MMD_PYNODE_LIST,
  MMD_PYNODE_SET,
  MMD_PYNODE_DICT,       // items: key, value, key, value …; key NULL for **value
  MMD_PYNODE_STAR,       // *a
  MMD_PYNODE_CALL,       // a(items); items may be STAR and KEYWORD
  MMD_PYNODE_KEYWORD,    // object=a; object NULL for **a
  MMD_PYNODE_ATTRIBUTE,  // a.object
  MMD_PYNODE_INDEX,      // a[b]
  MMD_PYNODE_SLICE,      // a:b:c, each may be NULL
  MMD_PYNODE_UNARY,      // op a
  MMD_PYNODE_BINARY,     // a op b
  MMD_PYNODE_COMPARE,    // items[0] items[1]->op items[1] …
  MMD_PYNODE_LINK,       // op a: one further operand of COMPARE
  MMD_PYNODE_AND,
  MMD_PYNODE_OR,
  MMD_PYNODE_CHOICE,     // b if a else c
  MMD_PYNODE_LAMBDA,     // items: PARAMETER; a: body
  MMD_PYNODE_PARAMETER,  // object: name, a: default or NULL; op '*' or '**' for the collecting ones
  MMD_PYNODE_COMPREHENSION,  // op: '[' '(' '{' ':' ; a: element (b: value); items: clauses
  MMD_PYNODE_CLAUSE_FOR,     // for a in b
  MMD_PYNODE_CLAUSE_IF,      // if a
  MMD_PYNODE_FSTRING,        // items: CONSTANT and FORMAT
  MMD_PYNODE_FORMAT,         // a, op: conversion or 0, b: spec as FSTRING or NULL
  MMD_PYNODE_WALRUS,         // a := b
  // statements
  MMD_PYNODE_BLOCK,       // items
  MMD_PYNODE_EXPRESSION,  // a
  MMD_PYNODE_ASSIGN,      // items: targets; a: value
  MMD_PYNODE_AUGMENTED,   // a op= b
  MMD_PYNODE_FOR,         // for a in b: c  (items[0]: else)
  MMD_PYNODE_WHILE,       // while a: b
  MMD_PYNODE_IF,          // if a: b else: c
  MMD_PYNODE_DEF,         // object: name; items: PARAMETER; a: body
  MMD_PYNODE_RETURN,      // a or NULL
  MMD_PYNODE_BREAK,
  MMD_PYNODE_CONTINUE,
  MMD_PYNODE_PASS,
  MMD_PYNODE_DELETE,  // items
  MMD_PYNODE_GLOBAL,  // items: NAME
  MMD_PYNODE_ASSERT,  // a
  MMD_PYNODE_RAISE,
  MMD_PYNODE_WITH,    // a: context; b: body
  MMD_PYNODE_IMPORT,  // items: ALIAS
  MMD_PYNODE_FROM,    // object: module (may be NULL); op: level; items: ALIAS
  MMD_PYNODE_ALIAS,   // object: dotted name or "*"; a: NAME or NULL
} mmd_pynode_type_t;

struct mmd_pynode {
  mmd_pynode_type_t type;
  uint32_t op;
  uint32_t line, column;
  uint32_t height;
  const char *file;
  mmd_pyobj_t *object;
  mmd_pynode_t *a, *b, *c;
  mmd_pynode_t **items;
  size_t count;
};

mmd_status_t mmd_py_tokenize(mmd_pyctx_t *ctx, const mmd_pysource_t *source,
                             mmd_pytoken_t **out_tokens) MMD_MUST_USE;

// A file as BLOCK, an expression source as its expression.
mmd_status_t mmd_py_parse(mmd_pyctx_t *ctx, const mmd_pysource_t *source,
                          mmd_pynode_t **out_node) MMD_MUST_USE;

// A status at a place of |file|.
mmd_status_t mmd_py_error_at(const char *file, uint32_t line, uint32_t column, const char *fmt,
                             ...) MMD_MUST_USE MMD_PRINTF(4, 5);

// Pieces of the parser in their own files. A string token becomes a CONSTANT or FSTRING; adjacent
// tokens are joined by the caller.
mmd_pynode_t *mmd_pynode_make(mmd_pyctx_t *ctx, const char *file, mmd_pynode_type_t type,
                              uint32_t line, uint32_t column);
mmd_status_t mmd_py_parse_number(mmd_pyctx_t *ctx, const char *file, const mmd_pytoken_t *token,
                                 mmd_pyobj_t **out) MMD_MUST_USE;
mmd_status_t mmd_py_parse_strings(mmd_pyctx_t *ctx, const char *file, const mmd_pytoken_t *tokens,
                                  size_t count, unsigned nesting, mmd_pynode_t **out) MMD_MUST_USE;
mmd_status_t mmd_py_parse_nested(mmd_pyctx_t *ctx, const mmd_pysource_t *source, unsigned nesting,
                                 mmd_pynode_t **out) MMD_MUST_USE;

#endif  // MMD_FORMATS_PYCONFIG_SYNTAX_H_
