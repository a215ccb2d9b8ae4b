// SPDX-License-Identifier: Apache-2.0
#include "frontends/openmmlab/module.h"

#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "frontends/openmmlab/config.h"

// A module dict's "type" as code base and class name. A scope in the name or in "_scope_" wins over
// the config's own code base.
typedef struct module_name_t {
  char codebase[64];
  const char *type;  // "" when the dict has none
} module_name_t;

static module_name_t read_name(const mmd_value_t *dict, const char *codebase) {
  const char *text = mmd_value_get_string(mmd_object_get(dict, "type"), "");
  const char *scope = mmd_value_get_string(mmd_object_get(dict, "_scope_"), codebase);
  const char *dot = strchr(text, '.');
  module_name_t name = {.type = mmd_type_without_scope(text)};
  char written[64];
  if (dot) {
    snprintf(written, sizeof written, "%.*s", (int)(dot - text), text);
    scope = written;
  }
  snprintf(name.codebase, sizeof name.codebase, "%s", mmd_codebase_of_scope(scope));
  return name;
}

// |kind| NULL: any kind.
static bool is_of_kind(const mmd_module_t *module, const module_name_t *name, const char *kind) {
  return mmd_str_equal(module->codebase, name->codebase) &&
         (!kind || mmd_str_equal(module->kind, kind));
}

static bool is_named(const mmd_module_t *module, const module_name_t *name, const char *kind) {
  return is_of_kind(module, name, kind) && mmd_str_equal(module->type, name->type);
}

// |backend| NULL: any entry will do.
static const mmd_module_t *find_module(const mmd_module_t *const *registry,
                                       const module_name_t *name, const char *kind,
                                       const char *backend) {
  const mmd_module_t *fallback = NULL;
  for (size_t i = 0; registry[i]; ++i) {
    if (!is_named(registry[i], name, kind)) continue;
    if (!backend || mmd_str_equal(registry[i]->backend, backend)) return registry[i];
    if (!registry[i]->backend && !fallback) fallback = registry[i];
  }
  return fallback;
}

static const char *nearest_type(const mmd_module_t *const *registry, const module_name_t *name,
                                const char *kind) {
  const char *nearest = NULL;
  unsigned best = 0;
  for (size_t i = 0; registry[i]; ++i) {
    const mmd_module_t *module = registry[i];
    if (!is_of_kind(module, name, kind)) continue;
    const unsigned distance = mmd_edit_distance(name->type, module->type);
    if (nearest && distance >= best) continue;
    nearest = module->type;
    best = distance;
  }
  return nearest;
}

// Appends "model.backbone: backbone 'SwinTransformer' (nearest known: 'VisionTransformer')".
static mmd_status_t describe_unknown(const mmd_module_t *const *registry, const module_name_t *name,
                                     const char *kind, const char *where, mmd_str_t *text) {
  const char *nearest = nearest_type(registry, name, kind);
  if (!kind) kind = "model";
  if (!*name->type) return mmd_str_printf(text, "%s: a %s without 'type'", where, kind);
  MMD_TRY(mmd_str_printf(text, "%s: %s %s '%s'", where, name->codebase, kind, name->type));
  return nearest ? mmd_str_printf(text, " (nearest known: '%s')", nearest) : NULL;
}

static mmd_status_t unknown_module(const mmd_module_t *const *registry, const module_name_t *name,
                                   const char *kind, const char *where) {
  mmd_str_t text = {0};
  mmd_status_t status = describe_unknown(registry, name, kind, where, &text);
  if (!status) {
    status = MMD_ERROR(MMD_NOT_SUPPORTED, "unsupported module: %s", mmd_str_text(&text));
  }
  mmd_str_deinit(&text);
  return status;
}

// Runs |module| with the options in |dict|.
static mmd_status_t run_module(mmd_builder_t *builder, const mmd_module_t *module,
                               const mmd_value_t *dict, const char *where,
                               const mmd_features_t *inputs, mmd_features_t *out_outputs) {
  static const char *const machinery[] = {"type", "_scope_", NULL};
  mmd_value_t *plain = NULL;
  void *options = mmd_alloc(module->options->struct_size ? module->options->struct_size : 1);
  MMD_TRY_ALLOC(options);
  mmd_status_t status = mmd_object_without(dict, machinery, &plain);
  if (!status) status = mmd_options_read(module->options, plain, where, true, options);
  if (!status) module->build(builder, options, inputs, out_outputs);
  mmd_value_release(plain);
  mmd_free(options);
  return status;
}

void mmd_module_build(mmd_builder_t *builder, const mmd_module_t *const *registry,
                      const char *codebase, const char *kind, const mmd_value_t *dict,
                      const char *where, const mmd_features_t *inputs,
                      mmd_features_t *out_outputs) {
  memset(out_outputs, 0, sizeof *out_outputs);
  if (!mmd_builder_ok(builder)) return;
  const module_name_t name = read_name(dict, codebase);
  const mmd_module_t *module = find_module(registry, &name, kind, builder->backend);
  if (!module) {
    mmd_builder_fail(builder, unknown_module(registry, &name, kind, where));
    return;
  }
  const char *path = mmd_arena_strdup(&builder->graph->arena, where);
  if (!path) {
    mmd_builder_fail(builder, mmd_status_no_memory());
    return;
  }
  const char *outer_path = builder->config_path;
  const mmd_module_t *const *outer_modules = builder->modules;
  builder->config_path = path;
  builder->modules = registry;
  mmd_status_t status = run_module(builder, module, dict, path, inputs, out_outputs);
  if (status) mmd_builder_fail(builder, status);
  builder->config_path = outer_path;
  builder->modules = outer_modules;
}

typedef struct check_t {
  const mmd_module_t *const *registry;
  const char *codebase;
  mmd_str_t text;
  size_t count;
} check_t;

static mmd_status_t check_module(check_t *check, const mmd_value_t *dict, const char *kind,
                                 const char *where) {
  const module_name_t name = read_name(dict, check->codebase);
  if (find_module(check->registry, &name, kind, NULL)) return NULL;
  if (check->count++) MMD_TRY(mmd_str_append(&check->text, "; "));
  return describe_unknown(check->registry, &name, kind, where, &check->text);
}

// A slot holds one module dict or, rarely, a list of them; None leaves it empty.
static mmd_status_t check_slot(check_t *check, const mmd_value_t *slot, const char *kind,
                               mmd_str_t *path) {
  if (mmd_value_is_null(slot)) return NULL;
  if (mmd_value_kind(slot) != MMD_VALUE_ARRAY) {
    return check_module(check, slot, kind, mmd_str_text(path));
  }
  const size_t mark = path->size;
  for (size_t i = 0; i < mmd_array_size(slot); ++i) {
    MMD_TRY(mmd_str_printf(path, "[%zu]", i));
    MMD_TRY(check_module(check, mmd_array_at(slot, i), kind, mmd_str_text(path)));
    path->size = mark;
    path->data[mark] = '\0';
  }
  return NULL;
}

static mmd_status_t check_slots(check_t *check, const mmd_value_t *dict, const char *where,
                                const char *const *slots) {
  mmd_str_t path = {0};
  mmd_status_t status = NULL;
  for (size_t i = 0; slots[i] && !status; ++i) {
    mmd_str_clear(&path);
    status = mmd_str_printf(&path, "%s.%s", where, slots[i]);
    if (!status) status = check_slot(check, mmd_object_get(dict, slots[i]), slots[i], &path);
  }
  mmd_str_deinit(&path);
  return status;
}

mmd_status_t mmd_module_check(const mmd_module_t *const *registry, const char *codebase,
                              const mmd_value_t *dict, const char *where,
                              const char *const *slots) {
  check_t check = {.registry = registry, .codebase = codebase};
  mmd_status_t status = check_module(&check, dict, NULL, where);
  if (!status) status = check_slots(&check, dict, where, slots);
  if (!status && check.count) {
    status = MMD_ERROR(MMD_NOT_SUPPORTED, "%zu unsupported module%s: %s", check.count,
                       check.count == 1 ? "" : "s", mmd_str_text(&check.text));
  }
  mmd_str_deinit(&check.text);
  return status;
}
