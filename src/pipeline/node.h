// SPDX-License-Identifier: Apache-2.0
//
// Inside the pipeline: a node turns one value an input into one value an output; every value is an
// array over the batch.
#ifndef MMD_PIPELINE_NODE_H_
#define MMD_PIPELINE_NODE_H_

#include "base/thread.h"
#include "pipeline/pipeline.h"
#include "value/value.h"

#define MMD_NODE_MAX_PORTS 16

typedef struct mmd_node_env_t {
  mmd_package_t *package;
  const mmd_pipeline_options_t *options;
  mmd_pool_t *pool;             // of this pipeline
  mmd_profiler_scope_t *scope;  // of the pipeline around
} mmd_node_env_t;

typedef struct mmd_pipeline_node mmd_pipeline_node_t;
struct mmd_pipeline_node {
  mmd_status_t (*run)(const mmd_pipeline_node_t *node, mmd_value_t *const *inputs,
                      mmd_value_t **outputs);
  void (*destroy)(mmd_pipeline_node_t *node);
  const char *where;  // config path, in the pipeline's arena
  // A maker sets |input_count| when the module takes a certain number, else 0.
  size_t input_count, output_count;
};

// Node makers, one file each. |config| is the task's object and outlives the node.
mmd_status_t mmd_transform_node_create(const mmd_node_env_t *env, const mmd_value_t *config,
                                       const char *where,
                                       mmd_pipeline_node_t **out_node) MMD_MUST_USE;
mmd_status_t mmd_net_node_create(const mmd_node_env_t *env, const mmd_value_t *config,
                                 const char *where, mmd_pipeline_node_t **out_node) MMD_MUST_USE;
mmd_status_t mmd_postprocess_node_create(const mmd_node_env_t *env, const mmd_value_t *config,
                                         const char *where,
                                         mmd_pipeline_node_t **out_node) MMD_MUST_USE;

#endif  // MMD_PIPELINE_NODE_H_
