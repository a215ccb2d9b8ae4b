// SPDX-License-Identifier: Apache-2.0
//
// Node Pipeline: tasks over numbered slots: inputs first, then what each task puts out. Tasks run
// in list order as far as their inputs allow.
#include <string.h>

#include "base/alloc.h"
#include "base/map.h"
#include "base/str.h"
#include "pipeline/node.h"

typedef struct step_t {
  mmd_pipeline_node_t *node;
  const mmd_value_t *config;
  const char *where;
  mmd_ports_t *ports;
  size_t inputs[MMD_NODE_MAX_PORTS];  // slots
  size_t first_output;                // slot
} step_t;

typedef struct graph_node_t {
  mmd_pipeline_node_t base;
  mmd_profiler_scope_t *scope;
  size_t slot_count, step_count;
  size_t outputs[MMD_NODE_MAX_PORTS];  // slots
  step_t *steps;
  size_t *order;      // numbers of steps, as they run
  size_t *last_uses;  // of a slot: place in |order| + 1 after which nobody needs it; 0 = kept
} graph_node_t;

//===--- names -------------------------------------------------------------===//

// Names of the graph while it is built.
typedef struct scope_t {
  const mmd_node_env_t *env;
  const char *where;
  mmd_map_t *slots;  // name -> slot + 1
} scope_t;

static mmd_status_t publish(const scope_t *scope, graph_node_t *graph, const char *where,
                            const char *name) {
  if (mmd_map_has(scope->slots, name)) {
    return MMD_ERROR(MMD_CORRUPT, "%s: the name '%s' is given twice", where, name);
  }
  const uintptr_t slot = ++graph->slot_count;
  return mmd_map_set(scope->slots, name, (void *)slot, NULL);
}

static mmd_status_t unknown_name(const scope_t *scope, const char *where, const char *key,
                                 const char *name) {
  mmd_str_t names = {0};
  mmd_status_t status = NULL;
  for (size_t i = 0; i < mmd_map_size(scope->slots) && !status; ++i) {
    status = mmd_str_printf(&names, "%s'%s'", i ? ", " : "", mmd_map_at(scope->slots, i).key);
  }
  if (!status) {
    status = MMD_ERROR(MMD_NOT_FOUND, "%s.%s: nothing gives '%s'; there are %s", where, key, name,
                       mmd_str_text(&names));
  }
  mmd_str_deinit(&names);
  return status;
}

static mmd_status_t find_slot(const scope_t *scope, const char *where, const char *key,
                              const char *name, size_t *out_slot) {
  const uintptr_t slot = (uintptr_t)mmd_map_get(scope->slots, name);
  if (!slot) return unknown_name(scope, where, key, name);
  *out_slot = slot - 1;
  return NULL;
}

static mmd_status_t read_step(const scope_t *scope, graph_node_t *graph, const mmd_value_t *config,
                              size_t index) {
  mmd_arena_t *arena = scope->env->build->arena;
  step_t *step = &graph->steps[index];
  step->where = mmd_arena_printf(arena, "%s.tasks[%zu]", scope->where, index);
  step->ports = mmd_arena_alloc(arena, sizeof *step->ports);
  MMD_TRY_ALLOC(step->where);
  MMD_TRY_ALLOC(step->ports);
  step->config = config;
  if (mmd_value_kind(mmd_node_unwrap(config)) != MMD_VALUE_OBJECT) {
    return MMD_ERROR(MMD_CORRUPT, "%s: an object is expected, %s found", step->where,
                     mmd_value_kind_name(mmd_value_kind(config)));
  }
  MMD_TRY(mmd_ports_read(arena, mmd_node_unwrap(config), step->where, step->ports));
  step->first_output = graph->slot_count;
  for (size_t i = 0; i < step->ports->output_count; ++i) {
    MMD_TRY(publish(scope, graph, step->where, step->ports->outputs[i].left));
  }
  return NULL;
}

static mmd_status_t read_tasks(const scope_t *scope, graph_node_t *graph, const mmd_value_t *tasks,
                               const mmd_ports_t *ports) {
  for (size_t i = 0; i < ports->input_count; ++i) {
    MMD_TRY(publish(scope, graph, scope->where, ports->inputs[i].left));
  }
  for (size_t i = 0; i < graph->step_count; ++i) {
    MMD_TRY(read_step(scope, graph, mmd_array_at(tasks, i), i));
  }
  for (size_t i = 0; i < graph->step_count; ++i) {
    step_t *step = &graph->steps[i];
    for (size_t k = 0; k < step->ports->input_count; ++k) {
      MMD_TRY(
          find_slot(scope, step->where, "input", step->ports->inputs[k].right, &step->inputs[k]));
    }
  }
  return NULL;
}

//===--- order -------------------------------------------------------------===//

static bool is_ready(const step_t *step, const bool *is_known) {
  for (size_t k = 0; k < step->ports->input_count; ++k) {
    if (!is_known[step->inputs[k]]) return false;
  }
  return true;
}

static mmd_status_t cycle(const graph_node_t *graph, const bool *is_known) {
  for (size_t i = 0; i < graph->step_count; ++i) {
    const step_t *step = &graph->steps[i];
    if (is_known[step->first_output]) continue;
    for (size_t k = 0; k < step->ports->input_count; ++k) {
      if (is_known[step->inputs[k]]) continue;
      return MMD_ERROR(MMD_CORRUPT, "%s.input: '%s' depends on what this task gives: a cycle",
                       step->where, step->ports->inputs[k].right);
    }
  }
  return MMD_ERROR(MMD_INTERNAL, "tasks that wait for nothing");
}

// The first task in the list whose inputs are there goes next.
static mmd_status_t sort(graph_node_t *graph, size_t input_count, bool *is_known) {
  for (size_t i = 0; i < input_count; ++i) is_known[i] = true;
  for (size_t placed = 0; placed < graph->step_count;) {
    const size_t before = placed;
    for (size_t i = 0; i < graph->step_count; ++i) {
      const step_t *step = &graph->steps[i];
      if (is_known[step->first_output] || !is_ready(step, is_known)) continue;
      for (size_t k = 0; k < step->ports->output_count; ++k)
        is_known[step->first_output + k] = true;
      graph->order[placed++] = i;
    }
    if (placed == before) return cycle(graph, is_known);
  }
  return NULL;
}

static void find_last_uses(graph_node_t *graph, const mmd_ports_t *ports) {
  for (size_t at = 0; at < graph->step_count; ++at) {
    const step_t *step = &graph->steps[graph->order[at]];
    for (size_t k = 0; k < step->ports->input_count; ++k) {
      graph->last_uses[step->inputs[k]] = at + 1;
    }
  }
  for (size_t i = 0; i < ports->output_count; ++i) graph->last_uses[graph->outputs[i]] = 0;
}

//===--- making ------------------------------------------------------------===//

static mmd_status_t allocate(graph_node_t *graph, mmd_arena_t *arena, const mmd_value_t *tasks) {
  graph->step_count = mmd_array_size(tasks);
  graph->steps = mmd_arena_alloc_array(arena, graph->step_count, sizeof *graph->steps);
  graph->order = mmd_arena_alloc_array(arena, graph->step_count, sizeof *graph->order);
  MMD_TRY_ALLOC(graph->steps);
  MMD_TRY_ALLOC(graph->order);
  return NULL;
}

static mmd_status_t create_nodes(const mmd_node_env_t *env, graph_node_t *graph) {
  mmd_node_env_t inner = *env;
  inner.scope = graph->scope;
  for (size_t i = 0; i < graph->step_count; ++i) {
    step_t *step = &graph->steps[i];
    MMD_TRY(mmd_pipeline_node_create(&inner, step->config, step->where, step->ports, &step->node));
  }
  return NULL;
}

static mmd_status_t wire(const scope_t *scope, graph_node_t *graph, const mmd_value_t *tasks,
                         const mmd_ports_t *ports) {
  mmd_arena_t *arena = scope->env->build->arena;
  MMD_TRY(allocate(graph, arena, tasks));
  MMD_TRY(read_tasks(scope, graph, tasks, ports));
  graph->last_uses = mmd_arena_alloc_array(arena, graph->slot_count, sizeof *graph->last_uses);
  bool *is_known = mmd_arena_alloc_array(arena, graph->slot_count, sizeof *is_known);
  MMD_TRY_ALLOC(graph->last_uses);
  MMD_TRY_ALLOC(is_known);
  MMD_TRY(sort(graph, ports->input_count, is_known));
  MMD_TRY(create_nodes(scope->env, graph));
  for (size_t i = 0; i < ports->output_count; ++i) {
    MMD_TRY(find_slot(scope, scope->where, "output", ports->outputs[i].right, &graph->outputs[i]));
  }
  find_last_uses(graph, ports);
  return NULL;
}

static mmd_status_t fill(const mmd_node_env_t *env, graph_node_t *graph, const mmd_value_t *config,
                         const char *where, const mmd_ports_t *ports) {
  const mmd_value_t *tasks = mmd_object_get(config, "tasks");
  if (mmd_value_kind(tasks) != MMD_VALUE_ARRAY) {
    return mmd_key_error(where, "tasks", tasks, "a list");
  }
  MMD_TRY(mmd_node_scope(env, config, "Pipeline", &graph->scope));
  scope_t scope = {.env = env, .where = where};
  MMD_TRY(mmd_map_create(&scope.slots));
  mmd_status_t status = wire(&scope, graph, tasks, ports);
  mmd_map_destroy(scope.slots);
  return status;
}

static void destroy(mmd_pipeline_node_t *base) {
  graph_node_t *graph = (graph_node_t *)base;
  for (size_t i = 0; i < graph->step_count && graph->steps; ++i) {
    mmd_pipeline_node_destroy(graph->steps[i].node);
  }
  mmd_free(graph);
}

//===--- run ---------------------------------------------------------------===//

static mmd_status_t run_step(const graph_node_t *graph, size_t at, const mmd_run_t *run,
                             mmd_value_t **slots) {
  const step_t *step = &graph->steps[graph->order[at]];
  const mmd_pipeline_node_t *node = step->node;
  mmd_value_t *inputs[MMD_NODE_MAX_PORTS];
  MMD_TRY(mmd_status_annotate(mmd_call_check(run->call), "%s", step->where));
  for (size_t i = 0; i < node->input_count; ++i) inputs[i] = slots[step->inputs[i]];
  MMD_TRY(node->run(node, run, inputs, &slots[step->first_output]));
  for (size_t i = 0; i < node->input_count; ++i) {
    const size_t slot = step->inputs[i];
    if (graph->last_uses[slot] != at + 1) continue;
    mmd_value_release(slots[slot]);
    slots[slot] = NULL;
  }
  return NULL;
}

static mmd_status_t run(const mmd_pipeline_node_t *base, const mmd_run_t *call,
                        mmd_value_t *const *inputs, mmd_value_t **outputs) {
  const graph_node_t *graph = (const graph_node_t *)base;
  mmd_value_t **slots = mmd_alloc_array(graph->slot_count, sizeof *slots);
  MMD_TRY_ALLOC(slots);
  mmd_status_t status = NULL;
  const uint64_t event = mmd_profiler_begin(graph->scope);
  for (size_t i = 0; i < base->input_count; ++i) slots[i] = mmd_value_retain(inputs[i]);
  for (size_t at = 0; at < graph->step_count && !status; ++at) {
    status = run_step(graph, at, call, slots);
  }
  for (size_t i = 0; i < base->output_count && !status; ++i) {
    outputs[i] = mmd_value_retain(slots[graph->outputs[i]]);
  }
  mmd_profiler_end(graph->scope, event);
  for (size_t i = 0; i < graph->slot_count; ++i) mmd_value_release(slots[i]);
  mmd_free(slots);
  return status;
}

mmd_status_t mmd_graph_node_create(const mmd_node_env_t *env, const mmd_value_t *config,
                                   const char *where, const mmd_ports_t *ports,
                                   mmd_pipeline_node_t **out_node) {
  graph_node_t *graph = mmd_alloc(sizeof *graph);
  MMD_TRY_ALLOC(graph);
  graph->base = (mmd_pipeline_node_t){.run = run, .destroy = destroy};
  mmd_status_t status = fill(env, graph, config, where, ports);
  if (status) {
    destroy(&graph->base);
    return status;
  }
  *out_node = &graph->base;
  return NULL;
}
