// SPDX-License-Identifier: Apache-2.0
//
// Node Inference: the pipeline of another package in the place of this node.
#include <string.h>

#include "base/alloc.h"
#include "pipeline/node.h"

typedef struct inference_node_t {
  mmd_pipeline_node_t base;
  mmd_package_t *package;
  mmd_pipeline_node_t *body;
  mmd_profiler_scope_t *scope;
} inference_node_t;

// Packages that were opened by path while the pipeline is built, so that two nodes with one path
// share the weights. References belong to the nodes, which outlive the build.
typedef struct mmd_opened_package {
  struct mmd_opened_package *next;
  const char *path;
  mmd_package_t *package;
} opened_package_t;

static mmd_status_t open_path(mmd_build_t *build, const char *path, mmd_package_t **out_package) {
  for (const opened_package_t *at = build->opened; at; at = at->next) {
    if (strcmp(at->path, path) != 0) continue;
    *out_package = mmd_package_retain(at->package);
    return NULL;
  }
  opened_package_t *entry = mmd_arena_alloc(build->arena, sizeof *entry);
  MMD_TRY_ALLOC(entry);
  MMD_TRY(mmd_package_open(path, out_package));
  *entry = (opened_package_t){build->opened, path, *out_package};
  build->opened = entry;
  return NULL;
}

static mmd_status_t find_model(const mmd_node_env_t *env, const mmd_value_t *model,
                               const char *where, mmd_package_t **out_package) {
  *out_package = mmd_package_retain(mmd_value_get_package(model));
  if (*out_package) return NULL;
  const char *name = mmd_value_get_string(model, NULL);
  if (!name) {
    return mmd_key_error(where, "params.model", model, "a model, its name or its path");
  }
  *out_package = mmd_package_retain(mmd_node_find_package(env, name));
  if (*out_package) return NULL;
  return mmd_status_annotate(open_path(env->build, name, out_package),
                             "%s.params.model: no model of the context has the name '%s', and as a "
                             "path",
                             where, name);
}

static mmd_status_t check_count(const char *where, const char *key, size_t given, size_t wanted) {
  if (given == wanted) return NULL;
  return MMD_ERROR(MMD_CORRUPT, "%s.%s: %zu names, the model's pipeline has %zu", where, key, given,
                   wanted);
}

static mmd_status_t create_body(const mmd_node_env_t *env, inference_node_t *node,
                                const char *where, const mmd_ports_t *outer) {
  const mmd_value_t *root = NULL;
  mmd_ports_t ports;
  MMD_TRY(mmd_package_pipeline(node->package, &root));
  const char *path = mmd_arena_printf(env->build->arena, "%s: %s: pipeline", where,
                                      mmd_package_path(node->package));
  MMD_TRY_ALLOC(path);
  MMD_TRY(mmd_ports_read(env->build->arena, mmd_node_unwrap(root), path, &ports));
  MMD_TRY(check_count(where, "input", outer->input_count, ports.input_count));
  MMD_TRY(check_count(where, "output", outer->output_count, ports.output_count));
  mmd_node_env_t inner = *env;
  inner.package = node->package;
  inner.scope = node->scope;
  return mmd_pipeline_node_create(&inner, root, path, &ports, &node->body);
}

static mmd_status_t fill(const mmd_node_env_t *env, inference_node_t *node,
                         const mmd_value_t *config, const char *where, const mmd_ports_t *ports) {
  const mmd_value_t *params = mmd_object_get(config, "params");
  if (mmd_value_kind(params) != MMD_VALUE_OBJECT) {
    return mmd_key_error(where, "params", params, "an object with the key model");
  }
  MMD_TRY(find_model(env, mmd_object_get(params, "model"), where, &node->package));
  MMD_TRY(mmd_node_scope(env, config, "Inference", &node->scope));
  return create_body(env, node, where, ports);
}

static mmd_status_t run(const mmd_pipeline_node_t *base, const mmd_run_t *call,
                        mmd_value_t *const *inputs, mmd_value_t **outputs) {
  const inference_node_t *node = (const inference_node_t *)base;
  const uint64_t event = mmd_profiler_begin(node->scope);
  mmd_status_t status = node->body->run(node->body, call, inputs, outputs);
  mmd_profiler_end(node->scope, event);
  return status;
}

static void destroy(mmd_pipeline_node_t *base) {
  inference_node_t *node = (inference_node_t *)base;
  mmd_pipeline_node_destroy(node->body);
  mmd_package_release(node->package);
  mmd_free(node);
}

mmd_status_t mmd_inference_node_create(const mmd_node_env_t *env, const mmd_value_t *config,
                                       const char *where, const mmd_ports_t *ports,
                                       mmd_pipeline_node_t **out_node) {
  inference_node_t *node = mmd_alloc(sizeof *node);
  MMD_TRY_ALLOC(node);
  node->base = (mmd_pipeline_node_t){.run = run, .destroy = destroy};
  mmd_status_t status = fill(env, node, config, where, ports);
  if (status) {
    destroy(&node->base);
    return status;
  }
  *out_node = &node->base;
  return NULL;
}
