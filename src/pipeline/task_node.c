// SPDX-License-Identifier: Apache-2.0
//
// Node Task: a module, applied to each sample of the batch, or once to the whole batch.
#include <stddef.h>
#include <string.h>

#include "base/alloc.h"
#include "pipeline/module.h"

typedef struct task_node_t {
  mmd_pipeline_node_t base;
  mmd_module_t module;
  mmd_profiler_scope_t *scope;
  mmd_pool_t *pool;
  mmd_scheduler_t *scheduler;  // or NULL: the pool
  int release;
  bool is_batched;
} task_node_t;

//===--- a sample at a time ------------------------------------------------===//

typedef struct sample_t {
  mmd_value_t *result;
  mmd_status_t status;
} sample_t;

typedef struct job_t {
  const task_node_t *node;
  mmd_component_context_t context;
  mmd_value_t *const *inputs;
  sample_t *samples;
} job_t;

static void run_sample(void *context, size_t index) {
  const job_t *job = context;
  const size_t count = job->node->base.input_count;
  mmd_value_t *arguments[MMD_NODE_MAX_PORTS];
  sample_t *sample = &job->samples[index];
  for (size_t k = 0; k < count; ++k) arguments[k] = mmd_array_at(job->inputs[k], index);
  sample->status = mmd_call_check(job->context.call);
  if (sample->status) return;
  const mmd_module_t *module = &job->node->module;
  sample->status = module->apply(module->self, &job->context, arguments, count, &sample->result);
}

static void run_samples(void *context, size_t begin, size_t end) {
  for (size_t i = begin; i < end; ++i) run_sample(context, i);
}

static mmd_status_t check_result(const mmd_pipeline_node_t *node, const mmd_value_t *result) {
  if (node->output_count == 1) return NULL;
  if (mmd_value_kind(result) == MMD_VALUE_ARRAY && mmd_array_size(result) == node->output_count) {
    return NULL;
  }
  return MMD_ERROR(MMD_INTERNAL, "the module did not give %zu values", node->output_count);
}

// Puts the result, which is taken, at the end of the outputs.
static mmd_status_t deal(const mmd_pipeline_node_t *node, mmd_value_t *result,
                         mmd_value_t **outputs) {
  mmd_status_t status = check_result(node, result);
  if (!status && node->output_count == 1) return mmd_array_take(outputs[0], result);
  for (size_t k = 0; k < node->output_count && !status; ++k) {
    status = mmd_array_take(outputs[k], mmd_value_retain(mmd_array_at(result, k)));
  }
  mmd_value_release(result);
  return status;
}

// Of several failures the first one counts.
static mmd_status_t gather(const mmd_pipeline_node_t *node, sample_t *samples, size_t count,
                           mmd_value_t **outputs) {
  mmd_status_t status = mmd_fill_outputs(node, 0, outputs);
  for (size_t i = 0; i < count; ++i) {
    mmd_status_t one = samples[i].status;
    if (!one && !status) {
      one = deal(node, samples[i].result, outputs);
    } else {
      mmd_value_release(samples[i].result);
    }
    if (count > 1) one = mmd_status_annotate(one, "sample %zu", i);
    status = mmd_status_join(status, one);
  }
  return status;
}

static mmd_status_t run_each(const task_node_t *node, const mmd_call_t *call,
                             mmd_value_t *const *inputs, mmd_value_t **outputs) {
  const size_t count = mmd_array_size(inputs[0]);
  sample_t *samples = mmd_alloc_array(count, sizeof *samples);
  MMD_TRY_ALLOC(samples);
  // One sample alone may use the threads inside.
  job_t job = {.node = node, .inputs = inputs, .samples = samples};
  job.context = (mmd_component_context_t){.pool = count > 1 ? NULL : node->pool,
                                          .device = "cpu",
                                          .release = node->release,
                                          .call = call};
  if (node->scheduler)
    mmd_scheduler_for_each(node->scheduler, count, run_sample, &job);
  else
    mmd_parallel_for(count > 1 ? node->pool : NULL, count, 1, run_samples, &job);
  mmd_status_t status = gather(&node->base, samples, count, outputs);
  mmd_free(samples);
  return status;
}

//===--- the whole batch ---------------------------------------------------===//

static mmd_status_t run_whole(const task_node_t *node, const mmd_call_t *call,
                              mmd_value_t *const *inputs, mmd_value_t **outputs) {
  const mmd_component_context_t context = {
      .pool = node->pool, .device = "cpu", .release = node->release, .call = call};
  const mmd_pipeline_node_t *base = &node->base;
  mmd_value_t *result = NULL;
  MMD_TRY(node->module.apply(node->module.self, &context, inputs, base->input_count, &result));
  mmd_status_t status = check_result(base, result);
  for (size_t k = 0; k < base->output_count && !status; ++k) {
    outputs[k] = mmd_value_retain(base->output_count == 1 ? result : mmd_array_at(result, k));
    if (mmd_value_kind(outputs[k]) == MMD_VALUE_ARRAY) continue;
    status = MMD_ERROR(MMD_INVALID_ARGUMENT, "is_batched: the module gives no list over the batch");
  }
  mmd_value_release(result);
  return status;
}

static mmd_status_t run_merged(void *context, mmd_value_t *const *inputs, mmd_value_t **outputs) {
  return run_whole(context, NULL, inputs, outputs);
}

// Callers with parameters of their own do not go together with others.
static mmd_status_t run_batched(const task_node_t *node, const mmd_call_t *call,
                                mmd_value_t *const *inputs, mmd_value_t **outputs) {
  mmd_scheduler_t *scheduler = node->scheduler;
  if (!scheduler || !mmd_scheduler_is_dynamic_batch(scheduler) || (call && call->options)) {
    return run_whole(node, call, inputs, outputs);
  }
  const mmd_batch_task_t task = {.key = node,
                                 .input_count = node->base.input_count,
                                 .output_count = node->base.output_count,
                                 .run = run_merged,
                                 .context = (void *)(uintptr_t)node};
  return mmd_scheduler_run_batched(scheduler, &task, call, inputs, outputs);
}

//===--- run ---------------------------------------------------------------===//

static mmd_status_t run_task(const task_node_t *node, const mmd_call_t *call,
                             mmd_value_t *const *inputs, mmd_value_t **outputs) {
  const size_t batch = mmd_array_size(inputs[0]);
  // An empty batch: no module has anything to do, whatever the other inputs hold.
  if (!batch) return mmd_fill_outputs(&node->base, 0, outputs);
  for (size_t i = 1; i < node->base.input_count; ++i) {
    if (mmd_array_size(inputs[i]) == batch) continue;
    return MMD_ERROR(MMD_INVALID_ARGUMENT, "inputs of %zu and %zu samples do not go together",
                     batch, mmd_array_size(inputs[i]));
  }
  return node->is_batched ? run_batched(node, call, inputs, outputs)
                          : run_each(node, call, inputs, outputs);
}

static mmd_status_t run(const mmd_pipeline_node_t *base, const mmd_run_t *call,
                        mmd_value_t *const *inputs, mmd_value_t **outputs) {
  const task_node_t *node = (const task_node_t *)base;
  const uint64_t event = mmd_profiler_begin(node->scope);
  mmd_status_t status = run_task(node, call->call, inputs, outputs);
  mmd_profiler_end(node->scope, event);
  return mmd_status_annotate(status, "%s", base->where);
}

//===--- making ------------------------------------------------------------===//

#define AT(field) offsetof(mmd_task_keys_t, field)
static const mmd_option_t g_task_options[] = {
    {.name = "module",
     .type = MMD_OPTION_STRING,
     .offset = AT(module),
     .flags = MMD_OPTION_REQUIRED,
     .help = "Transform, Net, a code base, or a module such as CropBox."},
    {.name = "scheduler",
     .type = MMD_OPTION_STRING,
     .offset = AT(scheduler),
     .default_text = "",
     .help = "Name of a scheduler of the context."},
    {.name = "is_batched",
     .type = MMD_OPTION_BOOL,
     .offset = AT(is_batched),
     .default_text = "false",
     .help = "Give the module the whole batch at once."},
    {.name = "is_thread_safe",
     .type = MMD_OPTION_BOOL,
     .offset = AT(is_thread_safe),
     .default_text = "false",
     .help = "Recorded only: all modules are."},
    {.name = "sha256",
     .type = MMD_OPTION_STRING,
     .offset = AT(sha256),
     .flags = MMD_OPTION_NULLABLE,
     .help = "Recorded only: tag of the list of transforms."},
    {.name = "fuse_transform",
     .type = MMD_OPTION_BOOL,
     .offset = AT(fuse_transform),
     .default_text = "false",
     .help = "Recorded only: what can become one pass does so anyway."},
    {.name = "device",
     .type = MMD_OPTION_STRING,
     .offset = AT(device),
     .flags = MMD_OPTION_NULLABLE,
     .help = "Recorded only: transforms run on the processor."},
};
static const mmd_option_table_t g_task_table =
    MMD_OPTION_TABLE("Task", mmd_task_keys_t, g_task_options);

static void destroy(mmd_pipeline_node_t *base) {
  task_node_t *node = (task_node_t *)base;
  if (node->module.destroy) node->module.destroy(node->module.self);
  mmd_scheduler_release(node->scheduler);
  mmd_free(node);
}

static mmd_status_t check_ports(const mmd_module_t *module, const char *where,
                                const mmd_ports_t *ports) {
  const size_t output_count = module->output_count ? module->output_count : 1;
  if (module->input_count && ports->input_count != module->input_count) {
    return MMD_ERROR(MMD_CORRUPT, "%s.input: %zu names, the module takes %zu", where,
                     ports->input_count, module->input_count);
  }
  if (ports->output_count == output_count) return NULL;
  if (output_count == 1) {
    return MMD_ERROR(MMD_CORRUPT, "%s.output: %zu names, the module gives one value", where,
                     ports->output_count);
  }
  return MMD_ERROR(MMD_CORRUPT, "%s.output: %zu names, the module gives %zu values", where,
                   ports->output_count, output_count);
}

static mmd_status_t fill(const mmd_node_env_t *env, task_node_t *node, const mmd_task_keys_t *keys,
                         const mmd_value_t *config, const char *where, const mmd_ports_t *ports) {
  node->pool = env->build->pool;
  node->scheduler = mmd_scheduler_retain(mmd_node_find_scheduler(env, keys->scheduler));
  node->release = mmd_package_release_number(env->package);
  node->is_batched = keys->is_batched;
  if (strcmp(keys->module, "Transform") == 0) {
    MMD_TRY(mmd_node_scope(env, config, "Preprocess", &node->scope));
    MMD_TRY(mmd_transform_module_create(env, config, where, node->scope, &node->module));
  } else {
    MMD_TRY(mmd_component_module_create(env, config, where, &node->module));
    MMD_TRY(mmd_node_scope(env, config, node->module.label, &node->scope));
  }
  return check_ports(&node->module, where, ports);
}

static mmd_status_t create_net(const mmd_node_env_t *env, const mmd_value_t *config,
                               const mmd_task_keys_t *keys, const char *where,
                               const mmd_ports_t *ports, mmd_pipeline_node_t **out_node) {
  const mmd_module_t net = {.input_count = 1};
  MMD_TRY(check_ports(&net, where, ports));
  return mmd_net_node_create(env, config, keys, where, out_node);
}

mmd_status_t mmd_task_node_create(const mmd_node_env_t *env, const mmd_value_t *config,
                                  const char *where, const mmd_ports_t *ports,
                                  mmd_pipeline_node_t **out_node) {
  mmd_task_keys_t keys;
  MMD_TRY(mmd_options_read(&g_task_table, config, where, false, &keys));
  if (strcmp(keys.module, "Net") == 0)
    return create_net(env, config, &keys, where, ports, out_node);
  task_node_t *node = mmd_alloc(sizeof *node);
  MMD_TRY_ALLOC(node);
  node->base = (mmd_pipeline_node_t){.run = run, .destroy = destroy};
  mmd_status_t status = fill(env, node, &keys, config, where, ports);
  if (status) {
    destroy(&node->base);
    return status;
  }
  *out_node = &node->base;
  return NULL;
}
