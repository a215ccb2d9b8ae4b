// SPDX-License-Identifier: Apache-2.0
//
// Dimension expressions: constants, named symbols, + - x, floor and ceil division, min, max.
// Expressions are immutable, live in the graph's arena and are interned: equal expressions of one
// graph are the same pointer. Constructors simplify (constants fold, x*1, x+0, like terms of sums
// are collected, so H+W-H is W) and return NULL only when memory is short; a NULL operand gives
// NULL. Canonical forms: sums are polynomials with sorted terms; ceil(x / c) is floor((x + c - 1) /
// c); nested divisions by constants are one; x / x is 1 (sizes that divide are taken to be not
// zero). An expression that grows past a fixed size becomes a symbol of its own, named by a hash of
// what it stands for.
#ifndef MMD_GRAPH_DIM_H_
#define MMD_GRAPH_DIM_H_

#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"
#include "base/str.h"

struct mmd_graph;

typedef enum mmd_dim_kind_t {
  MMD_DIM_CONST,
  MMD_DIM_SYMBOL,
  MMD_DIM_ADD,
  MMD_DIM_MUL,
  MMD_DIM_FLOOR_DIV,
  MMD_DIM_CEIL_DIV,
  MMD_DIM_MIN,
  MMD_DIM_MAX,
} mmd_dim_kind_t;

typedef struct mmd_dim {
  mmd_dim_kind_t kind;
  int64_t number;      // MMD_DIM_CONST
  const char *symbol;  // MMD_DIM_SYMBOL: "batch"
  const struct mmd_dim *a, *b;
  uint32_t size;  // nodes of the tree
} mmd_dim_t;

const mmd_dim_t *mmd_dim_const(struct mmd_graph *graph, int64_t number);
const mmd_dim_t *mmd_dim_symbol(struct mmd_graph *graph, const char *name);
// A symbol that no expression of the graph uses yet: "<prefix>", "<prefix>_1", … for data-dependent
// sizes.
const mmd_dim_t *mmd_dim_fresh(struct mmd_graph *graph, const char *prefix);
const mmd_dim_t *mmd_dim_add(struct mmd_graph *graph, const mmd_dim_t *a, const mmd_dim_t *b);
const mmd_dim_t *mmd_dim_sub(struct mmd_graph *graph, const mmd_dim_t *a, const mmd_dim_t *b);
const mmd_dim_t *mmd_dim_mul(struct mmd_graph *graph, const mmd_dim_t *a, const mmd_dim_t *b);
const mmd_dim_t *mmd_dim_floor_div(struct mmd_graph *graph, const mmd_dim_t *a, const mmd_dim_t *b);
const mmd_dim_t *mmd_dim_ceil_div(struct mmd_graph *graph, const mmd_dim_t *a, const mmd_dim_t *b);
const mmd_dim_t *mmd_dim_min(struct mmd_graph *graph, const mmd_dim_t *a, const mmd_dim_t *b);
const mmd_dim_t *mmd_dim_max(struct mmd_graph *graph, const mmd_dim_t *a, const mmd_dim_t *b);

static inline bool mmd_dim_is_const(const mmd_dim_t *dim) {
  return dim && dim->kind == MMD_DIM_CONST;
}
// The number of a constant, else -1.
static inline int64_t mmd_dim_number(const mmd_dim_t *dim) {
  return mmd_dim_is_const(dim) ? dim->number : -1;
}

// Value under an assignment of symbols; |lookup| returns false for an unknown symbol. MMD_NOT_FOUND
// then.
mmd_status_t mmd_dim_evaluate(const mmd_dim_t *dim,
                              bool (*lookup)(void *context, const char *symbol,
                                             int64_t *out_number),
                              void *context, int64_t *out_number) MMD_MUST_USE;

// "batch", "floor((h + 1) / 2)", "max(a, 3)"; parse reads the same form back. Symbols that are no
// identifiers stand in double quotes. Parse also takes fractions inside floor() and ceiling() and
// the operator //, which other tools write. Appends.
mmd_status_t mmd_dim_format(const mmd_dim_t *dim, mmd_str_t *out_text) MMD_MUST_USE;
mmd_status_t mmd_dim_parse(struct mmd_graph *graph, const char *text, size_t size,
                           const mmd_dim_t **out_dim) MMD_MUST_USE;

// The same expression in another graph.
const mmd_dim_t *mmd_dim_import(struct mmd_graph *graph, const mmd_dim_t *dim);

#endif  // MMD_GRAPH_DIM_H_
