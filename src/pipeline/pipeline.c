// SPDX-License-Identifier: Apache-2.0
//
// A pipeline is a list of nodes over numbered slots: inputs first, then what each node puts out, in
// list order.
#include "pipeline/pipeline.h"

#include <string.h>

#include "base/alloc.h"
#include "base/arena.h"
#include "base/map.h"
#include "pipeline/name_expression.h"
#include "pipeline/node.h"
#include "pipeline/registry.h"

typedef struct step_t {
  mmd_pipeline_node_t *node;
  size_t inputs[MMD_NODE_MAX_PORTS];  // slots
  size_t first_output;                // slot
} step_t;

struct mmd_pipeline {
  mmd_arena_t arena;
  mmd_package_t *package;
  mmd_pipeline_options_t options;
  mmd_profiler_t *profiler;
  mmd_profiler_scope_t *scope;
  mmd_pool_t *pool;
  size_t input_count, output_count, slot_count;
  size_t outputs[MMD_NODE_MAX_PORTS];  // slots
  size_t step_count;
  step_t *steps;
  mmd_map_t *slots;  // outer name -> slot + 1, while building
};

//===--- names -------------------------------------------------------------===//

static mmd_status_t key_error(const char *where, const char *key, const mmd_value_t *found,
                              const char *wanted) {
  return MMD_ERROR(MMD_CORRUPT, "%s.%s: %s is expected, %s found", where, key, wanted,
                   found ? mmd_value_kind_name(mmd_value_kind(found)) : "nothing");
}

// "input" or "output" of a node: a name or a list of names.
static mmd_status_t read_names(mmd_pipeline_t *pipeline, const mmd_value_t *config,
                               const char *where, const char *key,
                               mmd_name_expression_t names[MMD_NODE_MAX_PORTS], size_t *out_count) {
  const mmd_value_t *value = mmd_object_get(config, key);
  const bool is_one = mmd_value_kind(value) == MMD_VALUE_STRING;
  if (!is_one && mmd_value_kind(value) != MMD_VALUE_ARRAY)
    return key_error(where, key, value, "a name or a list of names");
  const size_t count = is_one ? 1 : mmd_array_size(value);
  if (!count || count > MMD_NODE_MAX_PORTS) {
    return MMD_ERROR(MMD_CORRUPT, "%s.%s: %zu names; 1 to %d are accepted", where, key, count,
                     MMD_NODE_MAX_PORTS);
  }
  for (size_t i = 0; i < count; ++i) {
    const mmd_value_t *item = is_one ? value : mmd_array_at(value, i);
    const char *text = mmd_value_get_string(item, NULL);
    if (!text) return key_error(where, key, item, "a name");
    MMD_TRY(mmd_status_annotate(mmd_name_expression_parse(&pipeline->arena, text, &names[i]),
                                "%s.%s", where, key));
    if (names[i].op) {
      return MMD_ERROR(MMD_NOT_SUPPORTED,
                       "%s.%s: '%s': flatten and broadcast are not supported yet", where, key,
                       text);
    }
  }
  *out_count = count;
  return NULL;
}

static mmd_status_t publish(mmd_pipeline_t *pipeline, const char *where, const char *name) {
  if (mmd_map_has(pipeline->slots, name)) {
    return MMD_ERROR(MMD_CORRUPT, "%s: the name '%s' is given twice", where, name);
  }
  const uintptr_t slot = ++pipeline->slot_count;
  return mmd_map_set(pipeline->slots, name, (void *)slot, NULL);
}

static mmd_status_t find_slot(const mmd_pipeline_t *pipeline, const char *where, const char *name,
                              size_t *out_slot) {
  const uintptr_t slot = (uintptr_t)mmd_map_get(pipeline->slots, name);
  if (!slot) return MMD_ERROR(MMD_CORRUPT, "%s: nothing before it gives '%s'", where, name);
  *out_slot = slot - 1;
  return NULL;
}

//===--- nodes -------------------------------------------------------------===//

static mmd_status_t create_node(mmd_pipeline_t *pipeline, const mmd_value_t *config,
                                const char *where, mmd_pipeline_node_t **out_node) {
  const mmd_node_env_t env = {.package = pipeline->package,
                              .options = &pipeline->options,
                              .pool = pipeline->pool,
                              .scope = pipeline->scope};
  const char *type = mmd_value_get_string(mmd_object_get(config, "type"), "");
  const char *module = mmd_value_get_string(mmd_object_get(config, "module"), NULL);
  if (strcmp(type, "Task") != 0) {
    return MMD_ERROR(MMD_NOT_SUPPORTED, "%s.type: '%s' is not supported; Task is", where, type);
  }
  if (mmd_value_get_int(mmd_object_get(config, "throttle"), 0) != 0) {
    return MMD_ERROR(MMD_NOT_SUPPORTED, "%s.throttle is not supported", where);
  }
  if (!module) return key_error(where, "module", mmd_object_get(config, "module"), "a name");
  if (strcmp(module, "Transform") == 0)
    return mmd_transform_node_create(&env, config, where, out_node);
  if (strcmp(module, "Net") == 0) return mmd_net_node_create(&env, config, where, out_node);
  return mmd_postprocess_node_create(&env, config, where, out_node);
}

static mmd_status_t add_step(mmd_pipeline_t *pipeline, const mmd_value_t *config,
                             const char *where) {
  mmd_name_expression_t inputs[MMD_NODE_MAX_PORTS], outputs[MMD_NODE_MAX_PORTS];
  step_t *step = &pipeline->steps[pipeline->step_count];
  size_t input_count = 0, output_count = 0;
  if (mmd_value_kind(config) != MMD_VALUE_OBJECT) {
    return MMD_ERROR(MMD_CORRUPT, "%s: an object is expected, %s found", where,
                     mmd_value_kind_name(mmd_value_kind(config)));
  }
  MMD_TRY(read_names(pipeline, config, where, "input", inputs, &input_count));
  MMD_TRY(read_names(pipeline, config, where, "output", outputs, &output_count));
  for (size_t i = 0; i < input_count; ++i)
    MMD_TRY(find_slot(pipeline, where, inputs[i].right, &step->inputs[i]));
  MMD_TRY(create_node(pipeline, config, where, &step->node));
  ++pipeline->step_count;
  step->node->where = where;
  if (step->node->input_count && step->node->input_count != input_count) {
    return MMD_ERROR(MMD_CORRUPT, "%s.input: %zu names, the module takes %zu", where, input_count,
                     step->node->input_count);
  }
  if (output_count != 1) {
    return MMD_ERROR(MMD_CORRUPT, "%s.output: %zu names, the module gives one value", where,
                     output_count);
  }
  step->node->input_count = input_count;
  step->node->output_count = output_count;
  step->first_output = pipeline->slot_count;
  for (size_t i = 0; i < output_count; ++i) MMD_TRY(publish(pipeline, where, outputs[i].left));
  return NULL;
}

static mmd_status_t build_steps(mmd_pipeline_t *pipeline, const mmd_value_t *config,
                                const char *where) {
  mmd_name_expression_t names[MMD_NODE_MAX_PORTS];
  const mmd_value_t *tasks = mmd_object_get(config, "tasks");
  if (mmd_value_kind(tasks) != MMD_VALUE_ARRAY) return key_error(where, "tasks", tasks, "a list");
  MMD_TRY(read_names(pipeline, config, where, "input", names, &pipeline->input_count));
  for (size_t i = 0; i < pipeline->input_count; ++i)
    MMD_TRY(publish(pipeline, where, names[i].left));
  pipeline->steps =
      mmd_arena_alloc_array(&pipeline->arena, mmd_array_size(tasks), sizeof *pipeline->steps);
  MMD_TRY_ALLOC(pipeline->steps);
  for (size_t i = 0; i < mmd_array_size(tasks); ++i) {
    const char *path = mmd_arena_printf(&pipeline->arena, "%s.tasks[%zu]", where, i);
    MMD_TRY_ALLOC(path);
    MMD_TRY(add_step(pipeline, mmd_array_at(tasks, i), path));
  }
  MMD_TRY(read_names(pipeline, config, where, "output", names, &pipeline->output_count));
  for (size_t i = 0; i < pipeline->output_count; ++i) {
    MMD_TRY(find_slot(pipeline, where, names[i].right, &pipeline->outputs[i]));
  }
  return NULL;
}

//===--- life --------------------------------------------------------------===//

static mmd_status_t build(mmd_pipeline_t *pipeline) {
  MMD_TRY(mmd_backend_registry_use());
  const mmd_value_t *root = NULL;
  MMD_TRY(mmd_package_pipeline(pipeline->package, &root));
  const mmd_value_t *config = mmd_object_get(root, "pipeline");
  if (mmd_value_kind(config) != MMD_VALUE_OBJECT) {
    return MMD_ERROR(MMD_CORRUPT, "pipeline: an object is expected, %s found",
                     config ? mmd_value_kind_name(mmd_value_kind(config)) : "nothing");
  }
  const unsigned threads = pipeline->options.threads > 0 ? (unsigned)pipeline->options.threads : 0;
  MMD_TRY(mmd_pool_create(threads, &pipeline->pool));
  const char *name = mmd_value_get_string(mmd_object_get(config, "name"), "Pipeline");
  MMD_TRY(mmd_profiler_scope_create(mmd_profiler_root(pipeline->profiler), name, &pipeline->scope));
  MMD_TRY(mmd_map_create(&pipeline->slots));
  return build_steps(pipeline, config, "pipeline");
}

mmd_status_t mmd_pipeline_create(mmd_package_t *package, const mmd_pipeline_options_t *options,
                                 mmd_pipeline_t **out_pipeline) {
  *out_pipeline = NULL;
  mmd_pipeline_t *pipeline = mmd_alloc(sizeof *pipeline);
  MMD_TRY_ALLOC(pipeline);
  mmd_arena_init(&pipeline->arena);
  pipeline->package = mmd_package_retain(package);
  pipeline->options = *options;
  pipeline->profiler = mmd_profiler_retain(options->profiler);
  mmd_status_t status = build(pipeline);
  mmd_map_destroy(pipeline->slots);
  pipeline->slots = NULL;
  // Texts of the caller, needed while nodes are made.
  pipeline->options.device_name = pipeline->options.backend_options_json = NULL;
  if (status) {
    status = mmd_status_annotate(status, "%s: pipeline.json", mmd_package_path(package));
    mmd_pipeline_destroy(pipeline);
    return status;
  }
  *out_pipeline = pipeline;
  return NULL;
}

void mmd_pipeline_destroy(mmd_pipeline_t *pipeline) {
  if (!pipeline) return;
  for (size_t i = 0; i < pipeline->step_count; ++i)
    pipeline->steps[i].node->destroy(pipeline->steps[i].node);
  mmd_pool_destroy(pipeline->pool);
  mmd_profiler_release(pipeline->profiler);
  mmd_package_release(pipeline->package);
  mmd_arena_deinit(&pipeline->arena);
  mmd_free(pipeline);
}

//===--- run ---------------------------------------------------------------===//

// An empty batch gives empty results: no node has anything to do.
static mmd_status_t empty_outputs(const mmd_pipeline_node_t *node, mmd_value_t **outputs) {
  for (size_t i = 0; i < node->output_count; ++i) {
    outputs[i] = mmd_value_array();
    MMD_TRY_ALLOC(outputs[i]);
  }
  return NULL;
}

static mmd_status_t run_step(const step_t *step, mmd_value_t **slots) {
  const mmd_pipeline_node_t *node = step->node;
  mmd_value_t *inputs[MMD_NODE_MAX_PORTS];
  mmd_value_t **outputs = &slots[step->first_output];
  const size_t batch = mmd_array_size(slots[step->inputs[0]]);
  for (size_t i = 0; i < node->input_count; ++i) {
    inputs[i] = slots[step->inputs[i]];
    if (mmd_array_size(inputs[i]) == batch) continue;
    return MMD_ERROR(MMD_INVALID_ARGUMENT, "%s: inputs of %zu and %zu samples do not go together",
                     node->where, batch, mmd_array_size(inputs[i]));
  }
  if (!batch) return empty_outputs(node, outputs);
  return mmd_status_annotate(node->run(node, inputs, outputs), "%s", node->where);
}

static mmd_status_t run_steps(const mmd_pipeline_t *pipeline, const mmd_value_t *input,
                              mmd_value_t **slots, mmd_value_t **out_output) {
  for (size_t i = 0; i < pipeline->input_count; ++i)
    slots[i] = mmd_value_retain(mmd_array_at(input, i));
  for (size_t i = 0; i < pipeline->step_count; ++i) MMD_TRY(run_step(&pipeline->steps[i], slots));
  mmd_value_t *output = mmd_value_array();
  MMD_TRY_ALLOC(output);
  mmd_status_t status = NULL;
  for (size_t i = 0; i < pipeline->output_count && !status; ++i) {
    status = mmd_array_take(output, mmd_value_retain(slots[pipeline->outputs[i]]));
  }
  if (status)
    mmd_value_release(output);
  else
    *out_output = output;
  return status;
}

mmd_status_t mmd_pipeline_run(mmd_pipeline_t *pipeline, mmd_value_t *input,
                              mmd_value_t **out_output) {
  *out_output = NULL;
  if (mmd_value_kind(input) != MMD_VALUE_ARRAY || mmd_array_size(input) != pipeline->input_count) {
    return MMD_ERROR(MMD_INVALID_ARGUMENT,
                     "the input must be a list of %zu lists, one a pipeline input",
                     pipeline->input_count);
  }
  for (size_t i = 0; i < pipeline->input_count; ++i) {
    if (mmd_value_kind(mmd_array_at(input, i)) != MMD_VALUE_ARRAY) {
      return MMD_ERROR(MMD_INVALID_ARGUMENT, "input %zu must be a list over the batch", i);
    }
  }
  mmd_value_t **slots = mmd_alloc_array(pipeline->slot_count + 1, sizeof *slots);
  MMD_TRY_ALLOC(slots);
  const uint64_t call = mmd_profiler_begin(pipeline->scope);
  mmd_status_t status = run_steps(pipeline, input, slots, out_output);
  mmd_profiler_end(pipeline->scope, call);
  for (size_t i = 0; i < pipeline->slot_count; ++i) mmd_value_release(slots[i]);
  mmd_free(slots);
  return status;
}
