// SPDX-License-Identifier: Apache-2.0
//
// Modules of the registries: heads of the code bases and the modules that stand by themselves.
#include <string.h>

#include "base/alloc.h"
#include "base/str.h"
#include "pipeline/module.h"
#include "pipeline/registry.h"

typedef struct component_module_t {
  const mmd_component_t *component;
  void *options;
} component_module_t;

static mmd_status_t apply(const void *self, const mmd_component_context_t *context,
                          mmd_value_t *const *inputs, size_t input_count,
                          mmd_value_t **out_result) {
  const component_module_t *module = self;
  return module->component->apply(module->options, context, inputs, input_count, out_result);
}

static void destroy(void *self) {
  component_module_t *module = self;
  if (!module) return;
  if (module->options && module->component->release) module->component->release(module->options);
  mmd_free(module->options);
  mmd_free(module);
}

//===--- finding -----------------------------------------------------------===//

static bool is_first_of_module(size_t index) {
  const mmd_component_t *const *all = mmd_postprocess_registry;
  for (size_t i = 0; i < index; ++i) {
    if (strcmp(all[i]->module, all[index]->module) == 0) return false;
  }
  return true;
}

// "mmcls" has no 'X'; it has: …
static mmd_status_t unknown_head(const char *where, const char *module, const char *name) {
  const mmd_component_t *const *all = mmd_postprocess_registry;
  mmd_str_t list = {0};
  mmd_status_t status = NULL;
  for (size_t i = 0; all[i] && !status; ++i) {
    if (strcmp(all[i]->module, module) != 0) continue;
    status = mmd_str_printf(&list, "%s%s", list.size ? ", " : "", all[i]->name);
  }
  if (!status) {
    status = MMD_ERROR(MMD_NOT_SUPPORTED, "%s.component: %s has no '%s'; it has: %s", where, module,
                       name, mmd_str_text(&list));
  }
  mmd_str_deinit(&list);
  return status;
}

static mmd_status_t unknown_module(const char *where, const char *module) {
  const mmd_component_t *const *heads = mmd_postprocess_registry;
  const mmd_component_t *const *tasks = mmd_task_module_registry;
  mmd_str_t list = {0};
  mmd_status_t status = mmd_str_append(&list, "Transform, Net");
  for (size_t i = 0; heads[i] && !status; ++i) {
    if (is_first_of_module(i)) status = mmd_str_printf(&list, ", %s", heads[i]->module);
  }
  for (size_t i = 0; tasks[i] && !status; ++i) {
    status = mmd_str_printf(&list, ", %s", tasks[i]->name);
  }
  if (!status) {
    status = MMD_ERROR(MMD_NOT_SUPPORTED, "%s.module: there is no module '%s'; there are: %s",
                       where, module, mmd_str_text(&list));
  }
  mmd_str_deinit(&list);
  return status;
}

static mmd_status_t find_head(const mmd_value_t *config, const char *where, const char *module,
                              const mmd_component_t **out_component) {
  const mmd_value_t *component = mmd_object_get(config, "component");
  const char *name = mmd_value_get_string(component, NULL);
  bool has_module = false;
  for (size_t i = 0; mmd_postprocess_registry[i]; ++i) {
    const mmd_component_t *head = mmd_postprocess_registry[i];
    if (strcmp(head->module, module) != 0) continue;
    has_module = true;
    *out_component = head;
    if (name && strcmp(head->name, name) == 0) return NULL;
  }
  if (!has_module) return unknown_module(where, module);
  if (!name) return mmd_key_error(where, "component", component, "a name");
  return unknown_head(where, module, name);
}

static mmd_status_t find(const mmd_value_t *config, const char *where,
                         const mmd_component_t **out_component, bool *out_is_head) {
  const char *module = mmd_value_get_string(mmd_object_get(config, "module"), "");
  *out_is_head = false;
  for (size_t i = 0; mmd_task_module_registry[i]; ++i) {
    *out_component = mmd_task_module_registry[i];
    if (strcmp((*out_component)->name, module) == 0) return NULL;
  }
  *out_is_head = true;
  return find_head(config, where, module, out_component);
}

//===--- making ------------------------------------------------------------===//

static mmd_status_t read_file(void *files, const char *name, mmd_storage_t **out_storage) {
  mmd_package_t *package = files;
  *out_storage = NULL;
  if (package) return mmd_package_read(package, name, out_storage, NULL);
  return MMD_ERROR(MMD_NOT_FOUND, "'%s': there is no package whose file that could be", name);
}

static mmd_status_t read_options(const component_module_t *module, const mmd_node_env_t *env,
                                 const mmd_value_t *config, const mmd_value_t *options,
                                 const char *where) {
  const mmd_component_t *component = module->component;
  MMD_TRY(mmd_options_read(component->options, options, where, false, module->options));
  if (component->check) MMD_TRY(component->check(module->options, where));
  if (!component->prepare) return NULL;
  const mmd_component_env_t prepare_env = {
      .release = mmd_package_release_number(env->package),
      .device = "cpu",
      .config = config,
      .read_file = read_file,
      .files = env->package,
  };
  return component->prepare(module->options, &prepare_env, where);
}

static mmd_status_t fill(component_module_t *module, const mmd_node_env_t *env,
                         const mmd_value_t *config, const char *where) {
  bool is_head = false;
  MMD_TRY(find(config, where, &module->component, &is_head));
  module->options = mmd_alloc(module->component->options->struct_size);
  MMD_TRY_ALLOC(module->options);
  if (!is_head) return read_options(module, env, config, config, where);
  mmd_str_t path = {0};
  mmd_status_t status = mmd_str_printf(&path, "%s.params", where);
  if (!status) {
    status =
        read_options(module, env, config, mmd_object_get(config, "params"), mmd_str_text(&path));
  }
  mmd_str_deinit(&path);
  return status;
}

mmd_status_t mmd_component_module_create(const mmd_node_env_t *env, const mmd_value_t *config,
                                         const char *where, mmd_module_t *out_module) {
  component_module_t *module = mmd_alloc(sizeof *module);
  MMD_TRY_ALLOC(module);
  mmd_status_t status = fill(module, env, config, where);
  if (status) {
    destroy(module);
    return status;
  }
  const mmd_component_t *component = module->component;
  const bool is_head = strcmp(component->module, "Task") != 0;
  *out_module = (mmd_module_t){.self = module,
                               .apply = apply,
                               .destroy = destroy,
                               .input_count = component->input_count,
                               .output_count = component->output_count,
                               .label = is_head ? "postprocess" : component->name};
  return NULL;
}
