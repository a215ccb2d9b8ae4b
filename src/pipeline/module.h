// SPDX-License-Identifier: Apache-2.0
//
// Inside the pipeline: what the node Task runs, a sample at a time.
#ifndef MMD_PIPELINE_MODULE_H_
#define MMD_PIPELINE_MODULE_H_

#include "pipeline/node.h"

typedef struct mmd_module_t {
  void *self;
  // |out_result| as of mmd_component_t: the value, or an array of |output_count| values.
  mmd_status_t (*apply)(const void *self, const mmd_component_context_t *context,
                        mmd_value_t *const *inputs, size_t input_count, mmd_value_t **out_result);
  void (*destroy)(void *self);       // NULL |self| is fine
  size_t input_count, output_count;  // 0 inputs = any; 0 outputs = 1
  const char *label;                 // of the profiler, for tasks without a name
} mmd_module_t;

// |scope| is the task's own. The module is unchanged on failure.
mmd_status_t mmd_transform_module_create(const mmd_node_env_t *env, const mmd_value_t *config,
                                         const char *where, mmd_profiler_scope_t *scope,
                                         mmd_module_t *out_module) MMD_MUST_USE;
// A module or a head of the registries.
mmd_status_t mmd_component_module_create(const mmd_node_env_t *env, const mmd_value_t *config,
                                         const char *where, mmd_module_t *out_module) MMD_MUST_USE;

// Options that every Task has.
typedef struct mmd_task_keys_t {
  const char *module, *scheduler, *sha256, *device;
  bool is_batched, is_thread_safe, fuse_transform;
} mmd_task_keys_t;

// Module Net is a node of its own: it takes the whole batch.
mmd_status_t mmd_net_node_create(const mmd_node_env_t *env, const mmd_value_t *config,
                                 const mmd_task_keys_t *keys, const char *where,
                                 mmd_pipeline_node_t **out_node) MMD_MUST_USE;

#endif  // MMD_PIPELINE_MODULE_H_
