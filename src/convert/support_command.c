// SPDX-License-Identifier: Apache-2.0
//
// `support`: what this build can do, from the registries, as Markdown. The READMEs' tables are its
// output.
#include <string.h>

#include "convert/commands.h"
#include "convert/registry.h"
#include "ops/op.h"
#include "pipeline/preprocess.h"
#include "pipeline/registry.h"

typedef struct support_options_t {
  bool operators;
} support_options_t;

static const mmd_option_t g_options[] = {
    {.name = "operators",
     .type = MMD_OPTION_BOOL,
     .offset = offsetof(support_options_t, operators),
     .help = "List the evaluator's operators instead."},
};
static const mmd_option_table_t g_table = MMD_OPTION_TABLE("support", support_options_t, g_options);

// Appends ", `name`" and takes the name into |list|.
static mmd_status_t add_name(const char *name, mmd_str_t *text, mmd_value_t *list) {
  MMD_TRY(mmd_str_printf(text, "%s`%s`", text->size ? ", " : "", name));
  return mmd_array_take(list, mmd_value_string(name));
}

static mmd_status_t finish_row(mmd_command_context_t *context, const char *title, const char *key,
                               mmd_status_t status, mmd_str_t *text, mmd_value_t *list) {
  if (!status) status = mmd_object_take(context->result, key, mmd_value_retain(list));
  if (!status) mmd_command_printf(context, "| %s | ", title);
  if (!status) mmd_command_text(context, mmd_str_text(text));
  if (!status) mmd_command_text(context, " |\n");
  mmd_str_deinit(text);
  mmd_value_release(list);
  return status;
}

static mmd_status_t print_tasks(mmd_command_context_t *context) {
  mmd_str_t text = {0};
  mmd_value_t *list = mmd_value_array();
  mmd_status_t status = list ? NULL : mmd_status_no_memory();
  for (size_t i = 0; mmd_task_table[i] && !status; ++i) {
    mmd_str_t name = {0};
    status = mmd_str_printf(&name, "%s", mmd_task_table[i]->codebase);
    for (const char *const *alias = mmd_task_table[i]->aliases; *alias && !status; ++alias) {
      status = mmd_str_printf(&name, "/%s", *alias);
    }
    if (!status) status = mmd_str_printf(&name, " %s", mmd_task_table[i]->task);
    if (!status) status = add_name(mmd_str_text(&name), &text, list);
    mmd_str_deinit(&name);
  }
  return finish_row(context, "codebases and tasks", "tasks", status, &text, list);
}

static mmd_status_t print_modules(mmd_command_context_t *context, const char *kind,
                                  const char *title) {
  mmd_str_t text = {0};
  mmd_value_t *list = mmd_value_array();
  mmd_status_t status = list ? NULL : mmd_status_no_memory();
  for (size_t i = 0; mmd_module_registry[i] && !status; ++i) {
    const mmd_module_t *module = mmd_module_registry[i];
    mmd_str_t name = {0};
    if (strcmp(module->kind, kind) != 0) continue;
    status = mmd_str_printf(&name, "%s.%s", module->codebase, module->type);
    if (!status) status = add_name(mmd_str_text(&name), &text, list);
    mmd_str_deinit(&name);
  }
  return finish_row(context, title, kind, status, &text, list);
}

static mmd_status_t print_targets(mmd_command_context_t *context) {
  mmd_str_t text = {0};
  mmd_value_t *list = mmd_value_array();
  mmd_status_t status = list ? NULL : mmd_status_no_memory();
  for (size_t i = 0; mmd_target_registry[i] && !status; ++i) {
    if (!mmd_target_registry[i]->op_count) continue;  // only says what it waits for
    status = add_name(mmd_target_registry[i]->name, &text, list);
  }
  return finish_row(context, "backends", "backends", status, &text, list);
}

static mmd_status_t print_components(mmd_command_context_t *context,
                                     const mmd_component_t *const *table, const char *key,
                                     const char *title) {
  mmd_str_t text = {0};
  mmd_value_t *list = mmd_value_array();
  mmd_status_t status = list ? NULL : mmd_status_no_memory();
  for (size_t i = 0; table[i] && !status; ++i) status = add_name(table[i]->name, &text, list);
  return finish_row(context, title, key, status, &text, list);
}

static mmd_status_t print_operators(mmd_command_context_t *context) {
  mmd_value_t *list = mmd_value_array();
  MMD_TRY(mmd_object_take(context->result, "operators", list));
  mmd_command_text(context, "| operator | since opset |\n|---|---|\n");
  for (size_t i = 0; i < mmd_op_count();) {
    const mmd_op_t *op = mmd_op_at(i);
    mmd_command_printf(context, "| %s%s%s | ", op->domain, *op->domain ? "::" : "", op->name);
    for (bool is_first = true; i < mmd_op_count(); ++i, is_first = false) {
      const mmd_op_t *next = mmd_op_at(i);
      if (strcmp(next->name, op->name) != 0 || strcmp(next->domain, op->domain) != 0) break;
      mmd_command_printf(context, "%s%lld", is_first ? "" : ", ", (long long)next->since_version);
    }
    mmd_command_text(context, " |\n");
    MMD_TRY(mmd_array_take(list, mmd_value_string(op->name)));
  }
  return NULL;
}

static mmd_status_t run_support(const void *opaque, mmd_command_context_t *context) {
  const support_options_t *options = opaque;
  if (options->operators) return print_operators(context);
  mmd_command_text(context, "| what | names |\n|---|---|\n");
  MMD_TRY(print_tasks(context));
  MMD_TRY(print_modules(context, "backbone", "backbones"));
  MMD_TRY(print_modules(context, "neck", "necks"));
  MMD_TRY(print_modules(context, "head", "heads"));
  MMD_TRY(print_modules(context, "bbox_head", "heads of detectors"));
  MMD_TRY(print_targets(context));
  MMD_TRY(print_components(context, mmd_transform_registry, "transforms", "transforms (SDK)"));
  MMD_TRY(
      print_components(context, mmd_postprocess_registry, "postprocess", "post-processing (SDK)"));
  MMD_TRY(print_components(context, mmd_task_module_registry, "modules", "modules (SDK)"));
  mmd_command_printf(
      context,
      "| operators of the evaluator | %zu entries; `mmdeploy support --operators` lists them |\n",
      mmd_op_count());
  return NULL;
}

const mmd_command_t mmd_support_command = {
    .name = "support",
    .summary = "List what this build supports, as Markdown tables made from the registries.",
    .options = &g_table,
    .run = run_support,
};
