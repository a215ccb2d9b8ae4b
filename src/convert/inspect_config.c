// SPDX-License-Identifier: Apache-2.0
#include <string.h>

#include "convert/inspect.h"
#include "frontends/openmmlab/config.h"

#define MAX_DEPTH 6

// Modules of a model config, as a tree: "backbone  ResNet".
static mmd_status_t add_modules(const mmd_value_t *dict, int depth, mmd_value_t *result,
                                mmd_str_t *text) {
  const char *type = mmd_value_get_string(mmd_object_get(dict, "type"), NULL);
  if (type) MMD_TRY(mmd_object_take(result, "type", mmd_value_string(type)));
  for (size_t i = 0; i < mmd_object_size(dict) && depth < MAX_DEPTH; ++i) {
    const mmd_value_t *member = mmd_object_value_at(dict, i);
    const char *key = mmd_object_key_at(dict, i);
    const char *member_type = mmd_value_get_string(mmd_object_get(member, "type"), NULL);
    if (!member_type) continue;
    mmd_value_t *child = mmd_value_object();
    MMD_TRY(mmd_object_take(result, key, child));
    MMD_TRY(mmd_str_printf(text, "%*s%-*s %s\n", 2 * depth, "", 15 - 2 * depth, key, member_type));
    MMD_TRY(add_modules(member, depth + 1, child, text));
  }
  return NULL;
}

static mmd_status_t add_model(const mmd_value_t *config, mmd_value_t *result, mmd_str_t *text) {
  const mmd_value_t *model = mmd_object_get(config, "model");
  const char *dialect = mmd_dialect_detect(config) == MMD_DIALECT_0X ? "0.x" : "1.x";
  mmd_value_t *modules = mmd_value_object();
  MMD_TRY(mmd_object_take(result, "kind", mmd_value_string("model config")));
  MMD_TRY(mmd_object_take(result, "dialect", mmd_value_string(dialect)));
  MMD_TRY(mmd_object_take(result, "modules", modules));
  MMD_TRY(mmd_inspect_row(text, "model config", "%s", dialect));
  MMD_TRY(mmd_inspect_row(text, "model", "%s",
                          mmd_value_get_string(mmd_object_get(model, "type"), "(no type)")));
  return add_modules(model, 1, modules, text);
}

static mmd_status_t add_names(const char *label, const char *const *names, size_t count,
                              mmd_str_t *text) {
  for (size_t i = 0; i < count; ++i) {
    MMD_TRY(mmd_inspect_row(text, i ? "" : label, "%s", names[i]));
  }
  return NULL;
}

static mmd_status_t add_deploy(const mmd_deploy_view_t *view, mmd_value_t *result,
                               mmd_str_t *text) {
  MMD_TRY(mmd_object_take(result, "kind", mmd_value_string("deploy config")));
  MMD_TRY(mmd_object_take(result, "backend", mmd_value_string(view->backend)));
  MMD_TRY(mmd_object_take(result, "codebase", mmd_value_string(view->codebase)));
  MMD_TRY(mmd_object_take(result, "task", mmd_value_string(view->task)));
  MMD_TRY(mmd_object_take(result, "ir_type", mmd_value_string(view->ir_type)));
  MMD_TRY(mmd_object_take(result, "opset_version", mmd_value_int(view->opset_version)));
  MMD_TRY(mmd_inspect_row(text, "deploy config", "%s %s", view->codebase, view->task));
  MMD_TRY(mmd_inspect_row(text, "backend", "%s", view->backend));
  MMD_TRY(mmd_inspect_row(text, "network", "%s, %s, opset %lld", view->ir_type, view->save_file,
                          (long long)view->opset_version));
  if (view->has_input_shape) {
    MMD_TRY(mmd_inspect_row(text, "input shape", "width %lld, height %lld",
                            (long long)view->input_width, (long long)view->input_height));
  }
  MMD_TRY(add_names("inputs", view->input_names, view->input_count, text));
  MMD_TRY(add_names("outputs", view->output_names, view->output_count, text));
  if (!view->dynamic_axes) return NULL;
  MMD_TRY(mmd_str_printf(text, "%-15s ", "dynamic axes"));
  MMD_TRY(mmd_inspect_json(text, view->dynamic_axes, 0));
  return mmd_str_append_char(text, '\n');
}

static mmd_status_t add_keys(const mmd_value_t *config, mmd_value_t *result, mmd_str_t *text) {
  mmd_value_t *keys = mmd_value_array();
  MMD_TRY(mmd_object_take(result, "keys", keys));
  MMD_TRY(mmd_str_printf(text, "%-15s", "keys"));
  for (size_t i = 0; i < mmd_object_size(config); ++i) {
    const char *key = mmd_object_key_at(config, i);
    MMD_TRY(mmd_array_take(keys, mmd_value_string(key)));
    MMD_TRY(mmd_str_printf(text, "%s %s", i ? "," : "", key));
  }
  return mmd_str_append_char(text, '\n');
}

mmd_status_t mmd_inspect_config(const mmd_value_t *config, mmd_value_t *result, mmd_str_t *text) {
  if (mmd_object_get(config, "backend_config") || mmd_object_get(config, "codebase_config")) {
    mmd_deploy_view_t view;
    MMD_TRY(mmd_deploy_view_read(config, &view));
    MMD_TRY(add_deploy(&view, result, text));
  } else if (mmd_value_kind(mmd_object_get(config, "model")) == MMD_VALUE_OBJECT) {
    MMD_TRY(add_model(config, result, text));
  } else {
    MMD_TRY(mmd_object_take(result, "kind", mmd_value_string("config")));
    MMD_TRY(mmd_inspect_row(text, "config", "%zu keys", mmd_object_size(config)));
  }
  return add_keys(config, result, text);
}
