// SPDX-License-Identifier: Apache-2.0
//
// Post-processing: a head of a code base, a sample at a time.
#include <string.h>

#include "base/alloc.h"
#include "base/str.h"
#include "pipeline/node_map.h"
#include "pipeline/registry.h"

typedef struct postprocess_node_t {
  mmd_pipeline_node_t base;
  const mmd_component_t *component;
  void *options;
  mmd_profiler_scope_t *scope;
  mmd_pool_t *pool;
} postprocess_node_t;

static mmd_status_t run_sample(const mmd_pipeline_node_t *base, mmd_pool_t *pool,
                               mmd_value_t *const *inputs, mmd_value_t **out_result) {
  const postprocess_node_t *node = (const postprocess_node_t *)base;
  const mmd_component_context_t context = {.pool = pool, .device = "cpu"};
  return node->component->apply(node->options, &context, inputs, base->input_count, out_result);
}

static mmd_status_t run(const mmd_pipeline_node_t *base, mmd_value_t *const *inputs,
                        mmd_value_t **outputs) {
  const postprocess_node_t *node = (const postprocess_node_t *)base;
  const uint64_t call = mmd_profiler_begin(node->scope);
  mmd_status_t status = mmd_node_map(base, node->pool, inputs, run_sample, &outputs[0]);
  mmd_profiler_end(node->scope, call);
  return status;
}

static void destroy(mmd_pipeline_node_t *base) {
  postprocess_node_t *node = (postprocess_node_t *)base;
  mmd_free(node->options);
  mmd_free(node);
}

//===--- finding the head ---===//

static bool is_first_of_module(size_t index) {
  const mmd_component_t *const *all = mmd_postprocess_registry;
  for (size_t i = 0; i < index; ++i) {
    if (strcmp(all[i]->module, all[index]->module) == 0) return false;
  }
  return true;
}

// "mmcls" has no 'X'; its heads are: …, or the modules when there is none of that name.
static mmd_status_t unknown_head(const char *where, const char *module, const char *name) {
  const mmd_component_t *const *all = mmd_postprocess_registry;
  mmd_str_t list = {0};
  mmd_status_t status = NULL;
  bool has_module = false;
  for (size_t i = 0; all[i] && !has_module; ++i) has_module = strcmp(all[i]->module, module) == 0;
  for (size_t i = 0; all[i] && !status; ++i) {
    const bool is_listed = has_module ? strcmp(all[i]->module, module) == 0 : is_first_of_module(i);
    const char *label = has_module ? all[i]->name : all[i]->module;
    if (is_listed) status = mmd_str_printf(&list, "%s%s", list.size ? ", " : "", label);
  }
  if (!status && has_module) {
    status = MMD_ERROR(MMD_NOT_SUPPORTED, "%s.component: %s has no '%s'; it has: %s", where, module,
                       name, mmd_str_text(&list));
  } else if (!status) {
    status = MMD_ERROR(MMD_NOT_SUPPORTED,
                       "%s.module: there is no module '%s'; there are: Transform, Net%s%s", where,
                       module, list.size ? ", " : "", mmd_str_text(&list));
  }
  mmd_str_deinit(&list);
  return status;
}

static mmd_status_t find_head(const mmd_value_t *config, const char *where,
                              const mmd_component_t **out_component) {
  const char *module = mmd_value_get_string(mmd_object_get(config, "module"), "");
  const char *name = mmd_value_get_string(mmd_object_get(config, "component"), "");
  for (size_t i = 0; mmd_postprocess_registry[i]; ++i) {
    *out_component = mmd_postprocess_registry[i];
    if (strcmp((*out_component)->module, module) == 0 &&
        strcmp((*out_component)->name, name) == 0) {
      return NULL;
    }
  }
  return unknown_head(where, module, name);
}

//===--- life ---===//

static mmd_status_t read_params(postprocess_node_t *node, const mmd_value_t *config,
                                const char *where) {
  mmd_str_t path = {0};
  mmd_status_t status = mmd_str_printf(&path, "%s.params", where);
  if (!status) {
    status = mmd_options_read(node->component->options, mmd_object_get(config, "params"),
                              mmd_str_text(&path), false, node->options);
  }
  if (!status && node->component->check) {
    status = node->component->check(node->options, mmd_str_text(&path));
  }
  mmd_str_deinit(&path);
  return status;
}

static mmd_status_t fill(postprocess_node_t *node, const mmd_node_env_t *env,
                         const mmd_value_t *config, const char *where) {
  MMD_TRY(find_head(config, where, &node->component));
  node->options = mmd_alloc(node->component->options->struct_size);
  MMD_TRY_ALLOC(node->options);
  MMD_TRY(read_params(node, config, where));
  return mmd_node_scope(env, config, "postprocess", &node->scope);
}

mmd_status_t mmd_postprocess_node_create(const mmd_node_env_t *env, const mmd_value_t *config,
                                         const char *where, mmd_pipeline_node_t **out_node) {
  postprocess_node_t *node = mmd_alloc(sizeof *node);
  MMD_TRY_ALLOC(node);
  node->base = (mmd_pipeline_node_t){.run = run, .destroy = destroy};
  node->pool = env->pool;
  mmd_status_t status = fill(node, env, config, where);
  if (status) {
    destroy(&node->base);
    return status;
  }
  *out_node = &node->base;
  return NULL;
}
