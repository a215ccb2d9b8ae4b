// SPDX-License-Identifier: Apache-2.0
//
// `passes`: the rewrites of a conversion, in their order.
#include "convert/commands.h"
#include "passes/pass.h"

typedef struct passes_options_t {
  bool unused;
} passes_options_t;

static const mmd_option_table_t g_table = {"passes", NULL, 0, sizeof(passes_options_t)};

static mmd_status_t run(const void *options, mmd_command_context_t *context) {
  (void)options;
  mmd_value_t *passes = mmd_value_array();
  MMD_TRY(mmd_object_take(context->result, "passes", passes));
  for (size_t i = 0; i < mmd_pass_count(); ++i) {
    const mmd_pass_t *pass = mmd_pass_at(i);
    mmd_value_t *item = mmd_value_object();
    MMD_TRY(mmd_array_take(passes, item));
    MMD_TRY(mmd_object_take(item, "name", mmd_value_string(pass->name)));
    MMD_TRY(mmd_object_take(item, "help", mmd_value_string(pass->help)));
    mmd_command_printf(context, "%-34s %s\n", pass->name, pass->help);
  }
  return NULL;
}

const mmd_command_t mmd_passes_command = {
    .name = "passes",
    .summary = "List the graph passes that --dump-after knows.",
    .options = &g_table,
    .run = run,
};
