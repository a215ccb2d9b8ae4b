// SPDX-License-Identifier: Apache-2.0
//
// The handle: one node with what it needs to run.
#include "pipeline/pipeline.h"

#include "base/alloc.h"
#include "pipeline/node.h"
#include "pipeline/registry.h"

struct mmd_pipeline {
  mmd_arena_t arena;
  mmd_package_t *package;  // NULL for configs
  mmd_value_t *config;     // NULL for packages
  mmd_profiler_t *profiler;
  mmd_pool_t *pool;
  mmd_pipeline_node_t *root;
};

//===--- life --------------------------------------------------------------===//

static mmd_status_t build_root(mmd_pipeline_t *pipeline, const mmd_pipeline_options_t *options,
                               const mmd_value_t *config) {
  const mmd_value_t *inner = mmd_node_unwrap(config);
  const bool has_type = mmd_object_get(inner, "type") || inner != config;
  if (mmd_value_kind(inner) != MMD_VALUE_OBJECT || !has_type) {
    return MMD_ERROR(MMD_CORRUPT, "pipeline: an object is expected, %s found",
                     inner == config ? "nothing" : mmd_value_kind_name(mmd_value_kind(inner)));
  }
  mmd_build_t build = {.arena = &pipeline->arena, .options = options, .pool = pipeline->pool};
  const mmd_node_env_t env = {.build = &build,
                              .package = pipeline->package,
                              .scope = mmd_profiler_root(pipeline->profiler)};
  mmd_ports_t ports;
  MMD_TRY(mmd_ports_read(&pipeline->arena, inner, "pipeline", &ports));
  return mmd_pipeline_node_create(&env, config, "pipeline", &ports, &pipeline->root);
}

static mmd_status_t build(mmd_pipeline_t *pipeline, const mmd_pipeline_options_t *options) {
  const mmd_value_t *config = pipeline->config;
  MMD_TRY(mmd_backend_registry_use());
  if (pipeline->package) {
    MMD_TRY(mmd_package_pipeline(pipeline->package, &config));
  }
  const unsigned threads = options->threads > 0 ? (unsigned)options->threads : 0;
  MMD_TRY(mmd_pool_create(threads, &pipeline->pool));
  return build_root(pipeline, options, config);
}

// Takes |config|, also on failure.
static mmd_status_t create(mmd_package_t *package, mmd_value_t *config,
                           const mmd_pipeline_options_t *options, mmd_pipeline_t **out_pipeline) {
  *out_pipeline = NULL;
  mmd_pipeline_t *pipeline = mmd_alloc(sizeof *pipeline);
  if (!pipeline) {
    mmd_value_release(config);
    return mmd_status_no_memory();
  }
  mmd_arena_init(&pipeline->arena);
  pipeline->package = mmd_package_retain(package);
  pipeline->config = config;
  pipeline->profiler = mmd_profiler_retain(options->profiler);
  mmd_status_t status = build(pipeline, options);
  if (status) {
    mmd_pipeline_destroy(pipeline);
    return status;
  }
  *out_pipeline = pipeline;
  return NULL;
}

mmd_status_t mmd_pipeline_create(mmd_package_t *package, const mmd_pipeline_options_t *options,
                                 mmd_pipeline_t **out_pipeline) {
  return mmd_status_annotate(create(package, NULL, options, out_pipeline), "%s: pipeline.json",
                             mmd_package_path(package));
}

mmd_status_t mmd_pipeline_create_from_config(const mmd_value_t *config,
                                             const mmd_pipeline_options_t *options,
                                             mmd_pipeline_t **out_pipeline) {
  mmd_value_t *copy = NULL;
  *out_pipeline = NULL;
  MMD_TRY(mmd_value_copy(config, &copy));
  return create(NULL, copy, options, out_pipeline);
}

void mmd_pipeline_destroy(mmd_pipeline_t *pipeline) {
  if (!pipeline) return;
  mmd_pipeline_node_destroy(pipeline->root);
  mmd_pool_destroy(pipeline->pool);
  mmd_profiler_release(pipeline->profiler);
  mmd_value_release(pipeline->config);
  mmd_package_release(pipeline->package);
  mmd_arena_deinit(&pipeline->arena);
  mmd_free(pipeline);
}

size_t mmd_pipeline_input_count(const mmd_pipeline_t *pipeline) {
  return pipeline->root->input_count;
}

size_t mmd_pipeline_output_count(const mmd_pipeline_t *pipeline) {
  return pipeline->root->output_count;
}

//===--- run ---------------------------------------------------------------===//

static mmd_status_t check_input(const mmd_pipeline_t *pipeline, const mmd_value_t *input) {
  const size_t count = pipeline->root->input_count;
  if (mmd_value_kind(input) != MMD_VALUE_ARRAY || mmd_array_size(input) != count) {
    return MMD_ERROR(MMD_INVALID_ARGUMENT,
                     "the input must be a list of %zu lists, one a pipeline input", count);
  }
  for (size_t i = 0; i < count; ++i) {
    if (mmd_value_kind(mmd_array_at(input, i)) == MMD_VALUE_ARRAY) continue;
    return MMD_ERROR(MMD_INVALID_ARGUMENT, "input %zu must be a list over the batch", i);
  }
  return NULL;
}

// |outputs| are taken.
static mmd_status_t gather(mmd_value_t **outputs, size_t count, mmd_value_t **out_output) {
  mmd_value_t *list = mmd_value_array();
  mmd_status_t status = list ? NULL : mmd_status_no_memory();
  for (size_t i = 0; i < count; ++i) {
    if (status)
      mmd_value_release(outputs[i]);
    else
      status = mmd_array_take(list, outputs[i]);
  }
  if (status)
    mmd_value_release(list);
  else
    *out_output = list;
  return status;
}

static mmd_status_t run_root(const mmd_pipeline_node_t *root, const mmd_run_t *run,
                             const mmd_value_t *input, mmd_value_t **out_output) {
  mmd_value_t *inputs[MMD_NODE_MAX_PORTS], *outputs[MMD_NODE_MAX_PORTS] = {NULL};
  for (size_t i = 0; i < root->input_count; ++i) inputs[i] = mmd_array_at(input, i);
  mmd_status_t status = root->run(root, run, inputs, outputs);
  if (!status) return gather(outputs, root->output_count, out_output);
  for (size_t i = 0; i < root->output_count; ++i) mmd_value_release(outputs[i]);
  return status;
}

mmd_status_t mmd_pipeline_run_call(mmd_pipeline_t *pipeline, const mmd_call_t *call,
                                   mmd_value_t *input, mmd_value_t **out_output,
                                   mmd_value_t **out_raw) {
  mmd_run_t run = {.call = call};
  *out_output = NULL;
  if (out_raw) *out_raw = NULL;
  MMD_TRY(check_input(pipeline, input));
  MMD_TRY(mmd_call_validate(call));
  if (out_raw) {
    run.raw = mmd_value_array();
    MMD_TRY_ALLOC(run.raw);
  }
  mmd_status_t status = run_root(pipeline->root, &run, input, out_output);
  if (status)
    mmd_value_release(run.raw);
  else if (out_raw)
    *out_raw = run.raw;
  return status;
}

mmd_status_t mmd_pipeline_run(mmd_pipeline_t *pipeline, mmd_value_t *input,
                              mmd_value_t **out_output) {
  return mmd_pipeline_run_call(pipeline, NULL, input, out_output, NULL);
}

//===--- values ------------------------------------------------------------===//

static const char g_package_tag[] = "package";
static const char g_scheduler_tag[] = "scheduler";

static void release_package(void *package) {
  mmd_package_release(package);
}

mmd_value_t *mmd_package_value(mmd_package_t *package) {
  mmd_value_t *value = mmd_value_any(g_package_tag, package, release_package);
  if (value) mmd_package_retain(package);
  return value;
}

mmd_package_t *mmd_value_get_package(const mmd_value_t *value) {
  return mmd_value_get_any(value, g_package_tag);
}

static void release_scheduler(void *scheduler) {
  mmd_scheduler_release(scheduler);
}

mmd_value_t *mmd_scheduler_value(mmd_scheduler_t *scheduler) {
  mmd_value_t *value = mmd_value_any(g_scheduler_tag, scheduler, release_scheduler);
  if (value) mmd_scheduler_retain(scheduler);
  return value;
}

mmd_scheduler_t *mmd_value_get_scheduler(const mmd_value_t *value) {
  return mmd_value_get_any(value, g_scheduler_tag);
}
