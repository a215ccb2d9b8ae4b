// SPDX-License-Identifier: Apache-2.0
//
// For nodes that treat each sample on its own.
#ifndef MMD_PIPELINE_NODE_MAP_H_
#define MMD_PIPELINE_NODE_MAP_H_

#include "pipeline/node.h"

// One sample: |inputs| has one value an input of the node. |pool| is NULL when samples run side by
// side already.
typedef mmd_status_t (*mmd_sample_fn)(const mmd_pipeline_node_t *node, mmd_pool_t *pool,
                                      mmd_value_t *const *inputs, mmd_value_t **out_result);

// Calls |fn| for each sample, several at a time, and gives the array of the results. The arrays in
// |inputs| have the same size.
mmd_status_t mmd_node_map(const mmd_pipeline_node_t *node, mmd_pool_t *pool,
                          mmd_value_t *const *inputs, mmd_sample_fn fn,
                          mmd_value_t **out_results) MMD_MUST_USE;

// The scope of a node: its "name", or |fallback|.
mmd_status_t mmd_node_scope(const mmd_node_env_t *env, const mmd_value_t *config,
                            const char *fallback, mmd_profiler_scope_t **out_scope) MMD_MUST_USE;

#endif  // MMD_PIPELINE_NODE_MAP_H_
