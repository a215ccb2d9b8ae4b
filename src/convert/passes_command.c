// SPDX-License-Identifier: Apache-2.0
//
// `passes`: the rewrites of a conversion, in their order.
#include "convert/commands.h"
#include "convert/plugin.h"
#include "passes/pass.h"

typedef struct passes_options_t {
  const mmd_value_t *plugin;
} passes_options_t;

static const mmd_option_t g_options[] = {
    {.name = "plugin",
     .type = MMD_OPTION_STRINGS,
     .offset = offsetof(passes_options_t, plugin),
     .flags = MMD_OPTION_REPEATED,
     .metavar = "FILE",
     .help = "Shared objects whose passes are listed too, besides those in MMDEPLOY_PLUGIN_PATH."},
};
static const mmd_option_table_t g_table = MMD_OPTION_TABLE("passes", passes_options_t, g_options);

static mmd_status_t add_plugin_passes(mmd_value_t *passes, mmd_command_context_t *context) {
  for (size_t i = 0; i < mmd_plugin_pass_count(); ++i) {
    const mmd_plugin_pass_t pass = mmd_plugin_pass_at(i);
    const char *help = pass.pass->help ? pass.pass->help : "";
    mmd_value_t *item = mmd_value_object();
    MMD_TRY(mmd_array_take(passes, item));
    MMD_TRY(mmd_object_take(item, "name", mmd_value_string(pass.pass->name)));
    MMD_TRY(mmd_object_take(item, "help", mmd_value_string(help)));
    MMD_TRY(mmd_object_take(item, "plugin", mmd_value_string(pass.path)));
    mmd_command_printf(context, "%-34s %s (--pass, of %s)\n", pass.pass->name, help, pass.path);
  }
  return NULL;
}

static mmd_status_t run(const void *opaque, mmd_command_context_t *context) {
  const passes_options_t *options = opaque;
  MMD_TRY(mmd_plugin_load_all(options->plugin));
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
  return add_plugin_passes(passes, context);
}

const mmd_command_t mmd_passes_command = {
    .name = "passes",
    .summary = "List the graph passes of this build and of plugins.",
    .options = &g_table,
    .run = run,
};
