// SPDX-License-Identifier: Apache-2.0
//
// `config print`: a config as it is after its bases and overrides.
#include "convert/commands.h"
#include "convert/config_read.h"
#include "formats/pyconfig/pyconfig.h"

typedef struct print_options_t {
  const char *file;
  const mmd_value_t *cfg_options;
} print_options_t;

#define AT(field) offsetof(print_options_t, field)
static const mmd_option_t g_options[] = {
    {.name = "file",
     .type = MMD_OPTION_STRING,
     .offset = AT(file),
     .flags = MMD_OPTION_REQUIRED | MMD_OPTION_POSITIONAL,
     .help = "Config file (.py, .json, .yml, .yaml)."},
    {.name = "cfg_options",
     .type = MMD_OPTION_STRINGS,
     .offset = AT(cfg_options),
     .flags = MMD_OPTION_REPEATED,
     .metavar = "KEY=VALUE",
     .help = "Values that replace those of the config."},
};
static const mmd_option_table_t g_table =
    MMD_OPTION_TABLE("config print", print_options_t, g_options);

static mmd_status_t run(const void *data, mmd_command_context_t *context) {
  const print_options_t *options = data;
  mmd_value_t *config = NULL;
  MMD_TRY(mmd_config_read(options->file, options->cfg_options, &config));
  mmd_value_release(context->result);
  context->result = config;
  if (!context->callbacks || !context->callbacks->text) return NULL;
  mmd_str_t text = {0};
  mmd_status_t status = mmd_pyconfig_print(config, &text);
  if (!status) mmd_command_text(context, mmd_str_text(&text));
  mmd_str_deinit(&text);
  return status;
}

const mmd_command_t mmd_config_print_command = {
    .name = "config print",
    .summary = "Print a config with its bases, substitutions and overrides resolved.",
    .options = &g_table,
    .run = run,
};
