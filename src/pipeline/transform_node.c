// SPDX-License-Identifier: Apache-2.0
//
// Module Transform: pre-processing, a sample at a time.
#include "base/alloc.h"
#include "base/str.h"
#include "pipeline/node_map.h"
#include "pipeline/preprocess.h"

typedef struct transform_node_t {
  mmd_pipeline_node_t base;
  mmd_preprocess_t *preprocess;
  mmd_profiler_scope_t *scope;
  mmd_pool_t *pool;
} transform_node_t;

static mmd_status_t run_sample(const mmd_pipeline_node_t *base, mmd_pool_t *pool,
                               mmd_value_t *const *inputs, mmd_value_t **out_result) {
  const transform_node_t *node = (const transform_node_t *)base;
  const mmd_component_context_t context = {.pool = pool, .device = "cpu"};
  return mmd_preprocess_run(node->preprocess, &context, inputs[0], out_result);
}

static mmd_status_t run(const mmd_pipeline_node_t *base, mmd_value_t *const *inputs,
                        mmd_value_t **outputs) {
  const transform_node_t *node = (const transform_node_t *)base;
  const uint64_t call = mmd_profiler_begin(node->scope);
  mmd_status_t status = mmd_node_map(base, node->pool, inputs, run_sample, &outputs[0]);
  mmd_profiler_end(node->scope, call);
  return status;
}

static void destroy(mmd_pipeline_node_t *base) {
  transform_node_t *node = (transform_node_t *)base;
  mmd_preprocess_destroy(node->preprocess);
  mmd_free(node);
}

// The major number of deploy.json's "version": sizes changed their order with 1.0.
static int release_of(const mmd_package_t *package) {
  const mmd_value_t *deploy = mmd_package_deploy(package);
  const char *version = mmd_value_get_string(mmd_object_get(deploy, "version"), "");
  int release = 0;
  if (*version == 'v') ++version;
  for (int i = 0; i < 4 && version[i] >= '0' && version[i] <= '9'; ++i) {
    release = release * 10 + (version[i] - '0');
  }
  return release;
}

static mmd_status_t fill(transform_node_t *node, const mmd_node_env_t *env,
                         const mmd_value_t *config, const char *where) {
  mmd_str_t path = {0};
  MMD_TRY(mmd_node_scope(env, config, "Preprocess", &node->scope));
  mmd_status_t status = mmd_str_printf(&path, "%s.transforms", where);
  if (!status) {
    status = mmd_preprocess_create(mmd_object_get(config, "transforms"), release_of(env->package),
                                   mmd_str_text(&path), true, node->scope, &node->preprocess);
  }
  mmd_str_deinit(&path);
  return status;
}

mmd_status_t mmd_transform_node_create(const mmd_node_env_t *env, const mmd_value_t *config,
                                       const char *where, mmd_pipeline_node_t **out_node) {
  transform_node_t *node = mmd_alloc(sizeof *node);
  MMD_TRY_ALLOC(node);
  node->base = (mmd_pipeline_node_t){.run = run, .destroy = destroy, .input_count = 1};
  node->pool = env->pool;
  mmd_status_t status = fill(node, env, config, where);
  if (status) {
    destroy(&node->base);
    return status;
  }
  *out_node = &node->base;
  return NULL;
}
