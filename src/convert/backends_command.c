// SPDX-License-Identifier: Apache-2.0
//
// `backends`: what can be run on and converted to, one line each.
#include "convert/commands.h"
#include "convert/plugin.h"
#include "convert/target.h"
#include "runtime/session.h"

typedef struct backends_options_t {
  const mmd_value_t *plugin;
} backends_options_t;

static const mmd_option_t g_options[] = {
    {.name = "plugin",
     .type = MMD_OPTION_STRINGS,
     .offset = offsetof(backends_options_t, plugin),
     .flags = MMD_OPTION_REPEATED,
     .metavar = "FILE",
     .help = "Shared objects whose backends are listed too, besides those in "
             "MMDEPLOY_PLUGIN_PATH."},
};
static const mmd_option_table_t g_table =
    MMD_OPTION_TABLE("backends", backends_options_t, g_options);

typedef struct line_t {
  const char *run, *convert, *description;
} line_t;

// "1.20.1"; "no engine" when its library cannot be opened; "no" without a module.
static mmd_status_t describe_run(const char *name, line_t *line) {
  mmd_backend_t *backend = NULL;
  mmd_status_t status = mmd_backend_get(name, &backend);
  if (mmd_status_code(status) == MMD_OUT_OF_MEMORY) return status;
  mmd_status_free(status);
  if (!backend) return NULL;
  line->description = mmd_backend_table(backend)->description;
  status = mmd_backend_open(backend);
  if (mmd_status_code(status) == MMD_OUT_OF_MEMORY) return status;
  line->run = status ? "no engine" : mmd_backend_version(backend);
  mmd_status_free(status);
  return NULL;
}

static mmd_status_t describe_target(const char *name, line_t *line) {
  const mmdeploy_target_t *target = NULL;
  mmd_status_t status = mmd_target_get(name, &target);
  if (mmd_status_code(status) == MMD_OUT_OF_MEMORY) return status;
  mmd_status_free(status);
  if (!target) return NULL;
  const mmdeploy_target_request_t request = {.struct_size = sizeof request};
  status = mmd_target_prepare(target, &request);
  if (mmd_status_code(status) == MMD_OUT_OF_MEMORY) return status;
  line->convert = !status ? "yes" : target->op_count ? "no compiler" : "no";
  mmd_status_free(status);
  if (target->description) line->description = target->description;
  return NULL;
}

static mmd_status_t print_backend(const char *name, mmd_value_t *list,
                                  mmd_command_context_t *context) {
  line_t line = {"no", "no", ""};
  mmd_value_t *item = mmd_value_object();
  MMD_TRY(mmd_array_take(list, item));
  MMD_TRY(describe_run(name, &line));
  MMD_TRY(describe_target(name, &line));
  MMD_TRY(mmd_object_take(item, "name", mmd_value_string(name)));
  MMD_TRY(mmd_object_take(item, "run", mmd_value_string(line.run)));
  MMD_TRY(mmd_object_take(item, "convert", mmd_value_string(line.convert)));
  MMD_TRY(mmd_object_take(item, "description", mmd_value_string(line.description)));
  mmd_command_printf(context, "%-14s %-12s %-12s %s\n", name, line.run, line.convert,
                     line.description);
  return NULL;
}

static mmd_status_t run(const void *opaque, mmd_command_context_t *context) {
  const backends_options_t *options = opaque;
  MMD_TRY(mmd_plugin_load_all(options->plugin));
  mmd_value_t *list = mmd_value_array();
  mmd_map_t *names = NULL;
  MMD_TRY(mmd_object_take(context->result, "backends", list));
  MMD_TRY(mmd_target_backends(&names));
  mmd_command_printf(context, "%-14s %-12s %-12s %s\n", "backend", "run", "convert", "what it is");
  mmd_status_t status = NULL;
  for (size_t i = 0; i < mmd_map_size(names) && !status; ++i)
    status = print_backend(mmd_map_at(names, i).key, list, context);
  mmd_map_destroy(names);
  return status;
}

const mmd_command_t mmd_backends_command = {
    .name = "backends",
    .summary = "List the backends that can be run on and converted to.",
    .options = &g_table,
    .run = run,
};
