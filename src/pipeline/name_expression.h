// SPDX-License-Identifier: Apache-2.0
#ifndef MMD_PIPELINE_NAME_EXPRESSION_H_
#define MMD_PIPELINE_NAME_EXPRESSION_H_

#include "base/arena.h"

// An entry of a node's "input" or "output": "x", "a=b", "*x" (flatten, unflatten), "+x"
// (broadcast).
typedef struct mmd_name_expression_t {
  const char *left, *right;  // equal without '='
  char op;                   // '*', '+' or 0
} mmd_name_expression_t;

// Strings live in |arena|. An input's outer name is |right| and its inner name |left|; an output's
// the other way round.
mmd_status_t mmd_name_expression_parse(mmd_arena_t *arena, const char *text,
                                       mmd_name_expression_t *out_expression) MMD_MUST_USE;

#endif  // MMD_PIPELINE_NAME_EXPRESSION_H_
