// SPDX-License-Identifier: Apache-2.0
#include "pipeline/name_expression.h"

#include <string.h>

mmd_status_t mmd_name_expression_parse(mmd_arena_t *arena, const char *text,
                                       mmd_name_expression_t *out_expression) {
  const size_t size = strlen(text);
  char *parts[2] = {mmd_arena_alloc(arena, size + 1), mmd_arena_alloc(arena, size + 1)};
  size_t sizes[2] = {0, 0};
  int side = 0;
  MMD_TRY_ALLOC(parts[0]);
  MMD_TRY_ALLOC(parts[1]);
  out_expression->op = 0;
  for (const char *c = text; *c; ++c) {
    if (*c == '=')
      side = 1;
    else if (*c == '*' || *c == '+')
      out_expression->op = *c;
    else
      parts[side][sizes[side]++] = *c;
  }
  out_expression->left = parts[0];
  out_expression->right = side ? parts[1] : parts[0];
  if (!*out_expression->left || !*out_expression->right) {
    return MMD_ERROR(MMD_INVALID_ARGUMENT,
                     "'%s' is no name; 'x', 'a=b', '*x' and '+x' are accepted", text);
  }
  return NULL;
}
