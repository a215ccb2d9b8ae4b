// SPDX-License-Identifier: Apache-2.0
//
// `ops`: the operators that we know, with the backends that have them; or those of one backend.
#include <string.h>

#include "convert/commands.h"
#include "convert/plugin.h"
#include "convert/target.h"
#include "ops/op.h"

typedef struct ops_options_t {
  const char *backend;
  const mmd_value_t *plugin;
} ops_options_t;

static const mmd_option_t g_options[] = {
    {.name = "backend",
     .type = MMD_OPTION_STRING,
     .offset = offsetof(ops_options_t, backend),
     .metavar = "NAME",
     .help = "List what this backend takes, with versions and limits."},
    {.name = "plugin",
     .type = MMD_OPTION_STRINGS,
     .offset = offsetof(ops_options_t, plugin),
     .flags = MMD_OPTION_REPEATED,
     .metavar = "FILE",
     .help = "Shared objects that add backends, besides those in MMDEPLOY_PLUGIN_PATH."},
};
static const mmd_option_table_t g_table = MMD_OPTION_TABLE("ops", ops_options_t, g_options);

// "Conv", "mmdeploy::NMSRotated".
static mmd_status_t print_name(const char *domain, const char *name, mmd_str_t *out_text) {
  return mmd_str_printf(out_text, "%s%s%s", domain, *domain ? "::" : "", name);
}

//===--- one backend -------------------------------------------------------===//

static mmd_status_t list_op(const mmdeploy_target_op_t *op, mmd_value_t *list,
                            mmd_command_context_t *context) {
  mmd_str_t name = {0};
  mmd_value_t *item = mmd_value_object();
  mmd_status_t status = mmd_array_take(list, item);
  if (!status) status = print_name(op->domain, op->name, &name);
  if (!status) status = mmd_object_take(item, "domain", mmd_value_string(op->domain));
  if (!status) status = mmd_object_take(item, "name", mmd_value_string(op->name));
  if (!status) status = mmd_object_take(item, "min_version", mmd_value_int(op->min_version));
  if (!status) status = mmd_object_take(item, "max_version", mmd_value_int(op->max_version));
  if (!status) status = mmd_object_take(item, "note", mmd_value_string(op->note));
  if (!status) {
    const char *note = *op->note ? "  " : "";
    mmd_command_printf(context, "%-36s %d to %d%s%s\n", mmd_str_text(&name), op->min_version,
                       op->max_version, note, op->note);
  }
  mmd_str_deinit(&name);
  return status;
}

static mmd_status_t list_backend(const char *name, mmd_value_t *list,
                                 mmd_command_context_t *context) {
  const mmdeploy_target_t *target = NULL;
  MMD_TRY(mmd_status_annotate(mmd_target_get(name, &target), "--backend"));
  for (size_t i = 0; i < target->op_count; ++i) MMD_TRY(list_op(&target->ops[i], list, context));
  return NULL;
}

//===--- all ---------------------------------------------------------------===//

// Tables that stand for whatever a compiler takes say nothing about one operator.
static bool takes(const mmdeploy_target_t *target, const mmd_op_t *op) {
  for (size_t i = 0; i < target->op_count; ++i) {
    const mmdeploy_target_op_t *row = &target->ops[i];
    if (strcmp(row->domain, "*") == 0) return true;
    if (strcmp(row->domain, op->domain) == 0 && strcmp(row->name, op->name) == 0) return true;
  }
  return false;
}

static bool is_same(const mmd_op_t *a, const mmd_op_t *b) {
  return strcmp(a->name, b->name) == 0 && strcmp(a->domain, b->domain) == 0;
}

static mmd_status_t list_ours(const mmd_op_t *op, mmd_value_t *list,
                              mmd_command_context_t *context) {
  mmd_str_t name = {0}, backends = {0};
  mmd_value_t *item = mmd_value_object(), *names = mmd_value_array();
  mmd_status_t status = mmd_array_take(list, item);
  if (!status) status = print_name(op->domain, op->name, &name);
  if (!status) status = mmd_object_take(item, "name", mmd_value_string(mmd_str_text(&name)));
  if (!status) status = mmd_object_take(item, "backends", mmd_value_retain(names));
  for (size_t i = 0; mmd_target_at(i) && !status; ++i) {
    const char *backend = mmd_target_at(i)->name;
    if (!takes(mmd_target_at(i), op)) continue;
    status = mmd_array_take(names, mmd_value_string(backend));
    if (!status) status = mmd_str_printf(&backends, " %s", backend);
  }
  if (!status)
    mmd_command_printf(context, "%-36s%s\n", mmd_str_text(&name), mmd_str_text(&backends));
  mmd_value_release(names);
  mmd_str_deinit(&backends);
  mmd_str_deinit(&name);
  return status;
}

static mmd_status_t list_all(mmd_value_t *list, mmd_command_context_t *context) {
  for (size_t i = 0; i < mmd_op_count(); ++i) {
    if (i && is_same(mmd_op_at(i), mmd_op_at(i - 1))) continue;  // another version
    MMD_TRY(list_ours(mmd_op_at(i), list, context));
  }
  return NULL;
}

static mmd_status_t run(const void *opaque, mmd_command_context_t *context) {
  const ops_options_t *options = opaque;
  MMD_TRY(mmd_plugin_load_all(options->plugin));
  mmd_value_t *list = mmd_value_array();
  MMD_TRY(mmd_object_take(context->result, "operators", list));
  return options->backend ? list_backend(options->backend, list, context) : list_all(list, context);
}

const mmd_command_t mmd_ops_command = {
    .name = "ops",
    .summary = "List operators: ours with the backends that take them, or those of one backend.",
    .options = &g_table,
    .run = run,
};
