// SPDX-License-Identifier: Apache-2.0
//
// Inside the pipeline: a node turns one value an input into one value an output; every value is an
// array over the batch.
#ifndef MMD_PIPELINE_NODE_H_
#define MMD_PIPELINE_NODE_H_

#include "base/arena.h"
#include "base/thread.h"
#include "pipeline/name_expression.h"
#include "pipeline/pipeline.h"
#include "pipeline/session_cache.h"
#include "value/component.h"

#define MMD_NODE_MAX_PORTS 16

// What a whole build shares.
typedef struct mmd_build_t {
  mmd_arena_t *arena;  // of the pipeline
  const mmd_pipeline_options_t *options;
  mmd_pool_t *pool;  // of the pipeline
  size_t node_count;
  struct mmd_opened_package *opened;  // by path, in the arena
} mmd_build_t;

// "context" objects of the config, innermost first.
typedef struct mmd_node_context_t {
  const mmd_value_t *config;
  const struct mmd_node_context_t *parent;
} mmd_node_context_t;

// Where in the config a node stands.
typedef struct mmd_node_env_t {
  mmd_build_t *build;
  mmd_package_t *package;             // whose pipeline.json this is; NULL outside packages
  const mmd_node_context_t *context;  // may be NULL
  mmd_profiler_scope_t *scope;        // of the node around; may be NULL
  size_t depth;
} mmd_node_env_t;

// One call of the pipeline.
typedef struct mmd_run_t {
  const mmd_call_t *call;  // may be NULL
  mmd_value_t *raw;        // array that collects what the networks give; NULL = not wanted
} mmd_run_t;

typedef struct mmd_pipeline_node mmd_pipeline_node_t;
struct mmd_pipeline_node {
  // What stands in |outputs| after a failure is released by the caller.
  mmd_status_t (*run)(const mmd_pipeline_node_t *node, const mmd_run_t *run,
                      mmd_value_t *const *inputs, mmd_value_t **outputs);
  void (*destroy)(mmd_pipeline_node_t *node);
  const char *where;  // config path, in the build's arena
  size_t input_count, output_count;
};

// "input" and "output" of a node. An input's outer name is |right| and its inner one |left|, an
// output's the other way round.
typedef struct mmd_ports_t {
  size_t input_count, output_count;
  mmd_name_expression_t inputs[MMD_NODE_MAX_PORTS], outputs[MMD_NODE_MAX_PORTS];
} mmd_ports_t;

// The node's own object: an object without "type" but with "pipeline" stands for what is in there.
const mmd_value_t *mmd_node_unwrap(const mmd_value_t *config);
mmd_status_t mmd_ports_read(mmd_arena_t *arena, const mmd_value_t *config, const char *where,
                            mmd_ports_t *out_ports) MMD_MUST_USE;

// Any node. |config| outlives it; its "input" and "output" are not looked at, |ports| counts.
mmd_status_t mmd_pipeline_node_create(const mmd_node_env_t *env, const mmd_value_t *config,
                                      const char *where, const mmd_ports_t *ports,
                                      mmd_pipeline_node_t **out_node) MMD_MUST_USE;
void mmd_pipeline_node_destroy(mmd_pipeline_node_t *node);  // NULL is fine

// Makers by "type", one file each; mmd_pipeline_node_create has unwrapped |config| and fills the
// counts and |where| afterwards.
typedef mmd_status_t (*mmd_node_maker_fn)(const mmd_node_env_t *env, const mmd_value_t *config,
                                          const char *where, const mmd_ports_t *ports,
                                          mmd_pipeline_node_t **out_node);
mmd_status_t mmd_graph_node_create(const mmd_node_env_t *env, const mmd_value_t *config,
                                   const char *where, const mmd_ports_t *ports,
                                   mmd_pipeline_node_t **out_node) MMD_MUST_USE;
mmd_status_t mmd_task_node_create(const mmd_node_env_t *env, const mmd_value_t *config,
                                  const char *where, const mmd_ports_t *ports,
                                  mmd_pipeline_node_t **out_node) MMD_MUST_USE;
mmd_status_t mmd_inference_node_create(const mmd_node_env_t *env, const mmd_value_t *config,
                                       const char *where, const mmd_ports_t *ports,
                                       mmd_pipeline_node_t **out_node) MMD_MUST_USE;
mmd_status_t mmd_cond_node_create(const mmd_node_env_t *env, const mmd_value_t *config,
                                  const char *where, const mmd_ports_t *ports,
                                  mmd_pipeline_node_t **out_node) MMD_MUST_USE;
// Around |inner|, which is taken also on failure, when an input of |ports| has '*'.
mmd_status_t mmd_flatten_node_create(const mmd_ports_t *ports, mmd_pipeline_node_t *inner,
                                     mmd_pipeline_node_t **out_node) MMD_MUST_USE;

// Helpers for makers and runs.
mmd_status_t mmd_key_error(const char *where, const char *key, const mmd_value_t *found,
                           const char *wanted) MMD_MUST_USE;
// The scope of a node: its "name", or |fallback|.
mmd_status_t mmd_node_scope(const mmd_node_env_t *env, const mmd_value_t *config,
                            const char *fallback, mmd_profiler_scope_t **out_scope) MMD_MUST_USE;
// What |name| means under "scheduler" or "model" of the contexts and options; NULL = nothing.
mmd_scheduler_t *mmd_node_find_scheduler(const mmd_node_env_t *env, const char *name);
mmd_package_t *mmd_node_find_package(const mmd_node_env_t *env, const char *name);
// One new array an output: empty, or of |count| nulls.
mmd_status_t mmd_fill_outputs(const mmd_pipeline_node_t *node, size_t count,
                              mmd_value_t **outputs) MMD_MUST_USE;

#endif  // MMD_PIPELINE_NODE_H_
