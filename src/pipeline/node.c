// SPDX-License-Identifier: Apache-2.0
//
// What all nodes have in common: names, context, the choice by "type".
#include "pipeline/node.h"

#include <stddef.h>
#include <string.h>

#include "value/options.h"

enum {
  MAX_DEPTH = 32,    // of nodes in nodes
  MAX_NODES = 4096,  // of a pipeline, packages that it runs included
};

mmd_status_t mmd_key_error(const char *where, const char *key, const mmd_value_t *found,
                           const char *wanted) {
  return MMD_ERROR(MMD_CORRUPT, "%s.%s: %s is expected, %s found", where, key, wanted,
                   found ? mmd_value_kind_name(mmd_value_kind(found)) : "nothing");
}

//===--- names ---===//

// "input" or "output": a name or a list of names.
static mmd_status_t read_names(mmd_arena_t *arena, const mmd_value_t *config, const char *where,
                               const char *key, mmd_name_expression_t names[MMD_NODE_MAX_PORTS],
                               size_t *out_count) {
  const mmd_value_t *value = mmd_object_get(config, key);
  const bool is_one = mmd_value_kind(value) == MMD_VALUE_STRING;
  if (!is_one && mmd_value_kind(value) != MMD_VALUE_ARRAY)
    return mmd_key_error(where, key, value, "a name or a list of names");
  const size_t count = is_one ? 1 : mmd_array_size(value);
  if (!count || count > MMD_NODE_MAX_PORTS) {
    return MMD_ERROR(MMD_CORRUPT, "%s.%s: %zu names; 1 to %d are accepted", where, key, count,
                     MMD_NODE_MAX_PORTS);
  }
  for (size_t i = 0; i < count; ++i) {
    const mmd_value_t *item = is_one ? value : mmd_array_at(value, i);
    const char *text = mmd_value_get_string(item, NULL);
    if (!text) return mmd_key_error(where, key, item, "a name");
    MMD_TRY(mmd_status_annotate(mmd_name_expression_parse(arena, text, &names[i]), "%s.%s", where,
                                key));
  }
  *out_count = count;
  return NULL;
}

mmd_status_t mmd_ports_read(mmd_arena_t *arena, const mmd_value_t *config, const char *where,
                            mmd_ports_t *out_ports) {
  MMD_TRY(read_names(arena, config, where, "input", out_ports->inputs, &out_ports->input_count));
  return read_names(arena, config, where, "output", out_ports->outputs, &out_ports->output_count);
}

const mmd_value_t *mmd_node_unwrap(const mmd_value_t *config) {
  const mmd_value_t *type = mmd_object_get(config, "type");
  const mmd_value_t *inner = mmd_object_get(config, "pipeline");
  if (!inner || (type && strcmp(mmd_value_get_string(type, "?"), "") != 0)) return config;
  return inner;
}

//===--- context ---===//

static mmd_value_t *find_named(const mmd_node_env_t *env, const char *kind, const char *name) {
  for (const mmd_node_context_t *context = env->context; context; context = context->parent) {
    mmd_value_t *value = mmd_object_get(mmd_object_get(context->config, kind), name);
    if (value) return value;
  }
  return NULL;
}

mmd_scheduler_t *mmd_node_find_scheduler(const mmd_node_env_t *env, const char *name) {
  const mmd_pipeline_options_t *options = env->build->options;
  mmd_scheduler_t *found = mmd_value_get_scheduler(find_named(env, "scheduler", name));
  for (size_t i = 0; i < options->scheduler_count && !found; ++i) {
    if (strcmp(options->schedulers[i].name, name) == 0) found = options->schedulers[i].scheduler;
  }
  return found;
}

mmd_package_t *mmd_node_find_package(const mmd_node_env_t *env, const char *name) {
  const mmd_pipeline_options_t *options = env->build->options;
  mmd_package_t *found = mmd_value_get_package(find_named(env, "model", name));
  for (size_t i = 0; i < options->model_count && !found; ++i) {
    if (strcmp(options->models[i].name, name) == 0) found = options->models[i].package;
  }
  return found;
}

mmd_status_t mmd_node_scope(const mmd_node_env_t *env, const mmd_value_t *config,
                            const char *fallback, mmd_profiler_scope_t **out_scope) {
  const char *name = mmd_value_get_string(mmd_object_get(config, "name"), "");
  return mmd_profiler_scope_create(env->scope, *name ? name : fallback, out_scope);
}

//===--- making ---===//

// The keys that every node may have.
typedef struct node_keys_t {
  const char *type, *name;
  int64_t throttle;
  const mmd_value_t *context;
} node_keys_t;

#define AT(field) offsetof(node_keys_t, field)
static const mmd_option_t g_node_options[] = {
    {.name = "type",
     .type = MMD_OPTION_STRING,
     .offset = AT(type),
     .default_text = "",
     .help = "Pipeline, Task, Inference or Cond."},
    {.name = "name",
     .type = MMD_OPTION_STRING,
     .offset = AT(name),
     .default_text = "",
     .help = "A label; of a Net task the network of deploy.json."},
    {.name = "throttle",
     .type = MMD_OPTION_INT,
     .offset = AT(throttle),
     .help = "Only 0 is accepted."},
    {.name = "context",
     .type = MMD_OPTION_VALUE,
     .offset = AT(context),
     .help = "Models and schedulers by name."},
};
static const mmd_option_table_t g_node_table =
    MMD_OPTION_TABLE("node", node_keys_t, g_node_options);

static mmd_status_t find_maker(const char *where, const char *type, mmd_node_maker_fn *out_maker) {
  static const struct {
    const char *type;
    mmd_node_maker_fn maker;
  } makers[] = {
      {"Task", mmd_task_node_create},
      {"Pipeline", mmd_graph_node_create},
      {"Inference", mmd_inference_node_create},
      {"Cond", mmd_cond_node_create},
  };
  for (size_t i = 0; i < sizeof makers / sizeof makers[0]; ++i) {
    *out_maker = makers[i].maker;
    if (strcmp(makers[i].type, type) == 0) return NULL;
  }
  return MMD_ERROR(MMD_NOT_SUPPORTED,
                   "%s.type: there is no '%s'; there are Task, Pipeline, Inference and Cond", where,
                   type);
}

static mmd_status_t read_keys(const mmd_value_t *config, const char *where, node_keys_t *keys) {
  MMD_TRY(mmd_options_read(&g_node_table, config, where, false, keys));
  if (keys->throttle != 0) {
    return MMD_ERROR(MMD_NOT_SUPPORTED, "%s.throttle is not supported", where);
  }
  if (!keys->context || mmd_value_kind(keys->context) == MMD_VALUE_OBJECT) return NULL;
  return mmd_key_error(where, "context", keys->context, "an object");
}

static mmd_status_t check_size(const mmd_node_env_t *env, const char *where) {
  if (env->depth > MAX_DEPTH) {
    return MMD_ERROR(MMD_OUT_OF_RANGE, "%s: nodes stand more than %d deep in one another", where,
                     MAX_DEPTH);
  }
  if (++env->build->node_count > MAX_NODES) {
    return MMD_ERROR(MMD_OUT_OF_RANGE, "%s: the pipeline has more than %d nodes", where, MAX_NODES);
  }
  return NULL;
}

static bool has_flatten(const mmd_ports_t *ports) {
  for (size_t i = 0; i < ports->input_count; ++i) {
    if (ports->inputs[i].op == '*') return true;
  }
  return false;
}

// |is_wrapped|: the config stood under the key "pipeline", which says the type.
static mmd_status_t create_plain(const mmd_node_env_t *env, const mmd_value_t *config,
                                 bool is_wrapped, const char *where, const mmd_ports_t *ports,
                                 mmd_pipeline_node_t **out_node) {
  node_keys_t keys;
  mmd_node_maker_fn maker = NULL;
  MMD_TRY(read_keys(config, where, &keys));
  MMD_TRY(find_maker(where, is_wrapped ? "Pipeline" : keys.type, &maker));
  const mmd_node_context_t own = {.config = keys.context, .parent = env->context};
  mmd_node_env_t inner = *env;
  if (keys.context) inner.context = &own;
  ++inner.depth;
  MMD_TRY(maker(&inner, config, where, ports, out_node));
  (*out_node)->where = where;
  (*out_node)->input_count = ports->input_count;
  (*out_node)->output_count = ports->output_count;
  return NULL;
}

mmd_status_t mmd_pipeline_node_create(const mmd_node_env_t *env, const mmd_value_t *config,
                                      const char *where, const mmd_ports_t *ports,
                                      mmd_pipeline_node_t **out_node) {
  const mmd_value_t *inner = mmd_node_unwrap(config);
  *out_node = NULL;
  MMD_TRY(check_size(env, where));
  // The context beside "pipeline" goes into it.
  const mmd_node_context_t outer = {.config = mmd_object_get(config, "context"),
                                    .parent = env->context};
  mmd_node_env_t own = *env;
  if (inner != config && outer.config) own.context = &outer;
  mmd_pipeline_node_t *node = NULL;
  MMD_TRY(create_plain(&own, inner, inner != config, where, ports, &node));
  if (!has_flatten(ports)) {
    *out_node = node;
    return NULL;
  }
  return mmd_flatten_node_create(ports, node, out_node);
}

void mmd_pipeline_node_destroy(mmd_pipeline_node_t *node) {
  if (node) node->destroy(node);
}

mmd_status_t mmd_fill_outputs(const mmd_pipeline_node_t *node, size_t count,
                              mmd_value_t **outputs) {
  for (size_t k = 0; k < node->output_count; ++k) {
    outputs[k] = mmd_value_array();
    MMD_TRY_ALLOC(outputs[k]);
    for (size_t i = 0; i < count; ++i) MMD_TRY(mmd_array_take(outputs[k], mmd_value_null()));
  }
  return NULL;
}
