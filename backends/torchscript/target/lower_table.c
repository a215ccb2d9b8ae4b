// SPDX-License-Identifier: Apache-2.0
#include "backends/torchscript/target/lower_table.h"

#include <string.h>

#define EXPRESSION(name_, version_, expression_) \
  {.domain = "", .name = (name_), .min_version = (version_), .max_version = 25, .note = ""},
#define LOWERING(name_, version_, function_, note_) \
  {.domain = "", .name = (name_), .min_version = (version_), .max_version = 25, .note = (note_)},
#define CUSTOM(domain_, name_, function_, note_) \
  {.domain = (domain_), .name = (name_), .min_version = 1, .max_version = 25, .note = (note_)},
const mmdeploy_target_op_t mmd_ts_ops[MMD_TS_OP_COUNT] = {
    MMD_TS_EXPRESSIONS(EXPRESSION) MMD_TS_LOWERINGS(LOWERING) MMD_TS_CUSTOM_LOWERINGS(CUSTOM)};
#undef EXPRESSION
#undef LOWERING
#undef CUSTOM

// In the same order: the expressions come first.
#define TEXT(name, version, expression) expression,
static const char *const g_expressions[] = {MMD_TS_EXPRESSIONS(TEXT)};
#undef TEXT
#define FUNCTION(name, version, function, note) ts_lower_##function,
#define CUSTOM(domain, name, function, note) ts_lower_##function,
static const ts_lowering_fn g_functions[] = {MMD_TS_LOWERINGS(FUNCTION)
                                                 MMD_TS_CUSTOM_LOWERINGS(CUSTOM)};
#undef FUNCTION
#undef CUSTOM

static const size_t g_expression_count = sizeof g_expressions / sizeof *g_expressions;

static void lower_expression(ts_lower_t *l, const char *expression) {
  mmd_str_t text = {0};
  mmd_status_t status = NULL;
  for (const char *p = expression; *p && !status; ++p) {
    if (*p == '$') {
      status = mmd_str_append(&text, ts_input(l, (size_t)(*++p - '0')));
    } else {
      status = mmd_str_append_char(&text, *p);
    }
  }
  if (status) ts_fail(l, status);
  ts_output(l, 0, ts_let(l, "%s", mmd_str_text(&text)));
  mmd_str_deinit(&text);
}

void ts_lower_node(ts_lower_t *l) {
  for (size_t i = 0; i < MMD_TS_OP_COUNT; ++i) {
    if (strcmp(mmd_ts_ops[i].name, l->node->op) != 0 ||
        strcmp(mmd_ts_ops[i].domain, l->node->domain) != 0)
      continue;
    if (i < g_expression_count) {
      lower_expression(l, g_expressions[i]);
    } else {
      g_functions[i - g_expression_count](l);
    }
    return;
  }
  ts_refuse(l, "no code for it");
}
