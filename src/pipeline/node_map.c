// SPDX-License-Identifier: Apache-2.0
#include "pipeline/node_map.h"

#include "base/alloc.h"

typedef struct sample_t {
  mmd_value_t *result;
  mmd_status_t status;
} sample_t;

typedef struct job_t {
  const mmd_pipeline_node_t *node;
  mmd_pool_t *pool;
  mmd_value_t *const *inputs;
  mmd_sample_fn fn;
  sample_t *samples;
} job_t;

static void run_samples(void *context, size_t begin, size_t end) {
  job_t *job = context;
  mmd_value_t *arguments[MMD_NODE_MAX_PORTS];
  for (size_t i = begin; i < end; ++i) {
    for (size_t k = 0; k < job->node->input_count; ++k) {
      arguments[k] = mmd_array_at(job->inputs[k], i);
    }
    sample_t *sample = &job->samples[i];
    sample->status = job->fn(job->node, job->pool, arguments, &sample->result);
  }
}

// The results as an array; of several failures the first one.
static mmd_status_t gather(sample_t *samples, size_t count, mmd_value_t *results) {
  mmd_status_t status = NULL;
  for (size_t i = 0; i < count; ++i) {
    mmd_status_t one = samples[i].status;
    if (count > 1) one = mmd_status_annotate(one, "sample %zu", i);
    status = mmd_status_join(status, one);
    if (status) {
      mmd_value_release(samples[i].result);
    } else {
      status = mmd_array_take(results, samples[i].result);
    }
  }
  return status;
}

mmd_status_t mmd_node_map(const mmd_pipeline_node_t *node, mmd_pool_t *pool,
                          mmd_value_t *const *inputs, mmd_sample_fn fn, mmd_value_t **out_results) {
  const size_t count = mmd_array_size(inputs[0]);
  sample_t *samples = mmd_alloc_array(count, sizeof *samples);
  mmd_value_t *results = mmd_value_array();
  mmd_status_t status = NULL;
  if (samples && results) {
    // One sample alone may use the threads inside.
    job_t job = {node, count > 1 ? NULL : pool, inputs, fn, samples};
    mmd_parallel_for(count > 1 ? pool : NULL, count, 1, run_samples, &job);
    status = gather(samples, count, results);
  } else {
    status = mmd_status_no_memory();
  }
  mmd_free(samples);
  if (status) {
    mmd_value_release(results);
    return status;
  }
  *out_results = results;
  return NULL;
}

mmd_status_t mmd_node_scope(const mmd_node_env_t *env, const mmd_value_t *config,
                            const char *fallback, mmd_profiler_scope_t **out_scope) {
  const char *name = mmd_value_get_string(mmd_object_get(config, "name"), "");
  return mmd_profiler_scope_create(env->scope, *name ? name : fallback, out_scope);
}
