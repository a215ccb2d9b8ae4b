// SPDX-License-Identifier: Apache-2.0
//
// Node Cond: its body runs on the samples whose predicate holds; the others become null.
#include "base/alloc.h"
#include "pipeline/node.h"

typedef struct cond_node_t {
  mmd_pipeline_node_t base;
  mmd_pipeline_node_t *body;
  mmd_profiler_scope_t *scope;
} cond_node_t;

static mmd_status_t count_chosen(const mmd_pipeline_node_t *node, const mmd_value_t *predicates,
                                 size_t *out_count) {
  *out_count = 0;
  for (size_t i = 0; i < mmd_array_size(predicates); ++i) {
    const mmd_value_t *predicate = mmd_array_at(predicates, i);
    if (!mmd_value_is_number(predicate)) {
      return MMD_ERROR(MMD_INVALID_ARGUMENT,
                       "%s: the predicate of sample %zu must be a bool or a number, found %s",
                       node->where, i, mmd_value_kind_name(mmd_value_kind(predicate)));
    }
    *out_count += mmd_value_get_bool(predicate, false);
  }
  return NULL;
}

static mmd_status_t choose(const mmd_value_t *predicates, const mmd_value_t *from,
                           mmd_value_t **out_chosen) {
  *out_chosen = mmd_value_array();
  MMD_TRY_ALLOC(*out_chosen);
  for (size_t i = 0; i < mmd_array_size(predicates); ++i) {
    if (!mmd_value_get_bool(mmd_array_at(predicates, i), false)) continue;
    MMD_TRY(mmd_array_take(*out_chosen, mmd_value_retain(mmd_array_at(from, i))));
  }
  return NULL;
}

// Puts |chosen| at the places of its samples among nulls.
static mmd_status_t put_back(const mmd_pipeline_node_t *node, const mmd_value_t *predicates,
                             const mmd_value_t *chosen, size_t count, mmd_value_t *output) {
  if (mmd_value_kind(chosen) != MMD_VALUE_ARRAY || mmd_array_size(chosen) != count) {
    return MMD_ERROR(MMD_INVALID_ARGUMENT, "%s.body: %zu samples went in, %zu came out",
                     node->where, count, mmd_array_size(chosen));
  }
  size_t at = 0;
  for (size_t i = 0; i < mmd_array_size(predicates); ++i) {
    if (!mmd_value_get_bool(mmd_array_at(predicates, i), false)) continue;
    MMD_TRY(mmd_array_set(output, i, mmd_value_retain(mmd_array_at(chosen, at++))));
  }
  return NULL;
}

static mmd_status_t run_some(const cond_node_t *node, const mmd_run_t *run, size_t count,
                             mmd_value_t *const *inputs, mmd_value_t **chosen,
                             mmd_value_t **answers, mmd_value_t **outputs) {
  for (size_t i = 1; i < node->base.input_count; ++i) {
    MMD_TRY(choose(inputs[0], inputs[i], &chosen[i - 1]));
  }
  MMD_TRY(node->body->run(node->body, run, chosen, answers));
  MMD_TRY(mmd_fill_outputs(&node->base, mmd_array_size(inputs[0]), outputs));
  for (size_t k = 0; k < node->base.output_count; ++k) {
    MMD_TRY(put_back(&node->base, inputs[0], answers[k], count, outputs[k]));
  }
  return NULL;
}

static mmd_status_t run_mixed(const cond_node_t *node, const mmd_run_t *run, size_t count,
                              mmd_value_t *const *inputs, mmd_value_t **outputs) {
  mmd_value_t *chosen[MMD_NODE_MAX_PORTS] = {NULL}, *answers[MMD_NODE_MAX_PORTS] = {NULL};
  mmd_status_t status = run_some(node, run, count, inputs, chosen, answers, outputs);
  for (size_t i = 0; i < MMD_NODE_MAX_PORTS; ++i) {
    mmd_value_release(chosen[i]);
    mmd_value_release(answers[i]);
  }
  return status;
}

static mmd_status_t run_body(const cond_node_t *node, const mmd_run_t *run,
                             mmd_value_t *const *inputs, mmd_value_t **outputs) {
  const size_t batch = mmd_array_size(inputs[0]);
  size_t count = 0;
  for (size_t i = 1; i < node->base.input_count; ++i) {
    if (mmd_array_size(inputs[i]) == batch) continue;
    return MMD_ERROR(MMD_INVALID_ARGUMENT, "%s: %zu predicates, but input %zu has %zu samples",
                     node->base.where, batch, i, mmd_array_size(inputs[i]));
  }
  MMD_TRY(count_chosen(&node->base, inputs[0], &count));
  if (count == batch) return node->body->run(node->body, run, inputs + 1, outputs);
  if (!count) return mmd_fill_outputs(&node->base, batch, outputs);
  return run_mixed(node, run, count, inputs, outputs);
}

static mmd_status_t run(const mmd_pipeline_node_t *base, const mmd_run_t *call,
                        mmd_value_t *const *inputs, mmd_value_t **outputs) {
  const cond_node_t *node = (const cond_node_t *)base;
  const uint64_t event = mmd_profiler_begin(node->scope);
  mmd_status_t status = run_body(node, call, inputs, outputs);
  mmd_profiler_end(node->scope, event);
  return status;
}

static void destroy(mmd_pipeline_node_t *base) {
  cond_node_t *node = (cond_node_t *)base;
  mmd_pipeline_node_destroy(node->body);
  mmd_free(node);
}

// The body has the inner names of the node, whatever it says itself.
static mmd_ports_t body_ports(const mmd_ports_t *ports) {
  mmd_ports_t body = {.input_count = ports->input_count - 1, .output_count = ports->output_count};
  for (size_t i = 0; i < body.input_count; ++i) {
    const char *name = ports->inputs[i + 1].left;
    body.inputs[i] = (mmd_name_expression_t){.left = name, .right = name};
  }
  for (size_t i = 0; i < body.output_count; ++i) {
    const char *name = ports->outputs[i].right;
    body.outputs[i] = (mmd_name_expression_t){.left = name, .right = name};
  }
  return body;
}

static mmd_status_t fill(const mmd_node_env_t *env, cond_node_t *node, const mmd_value_t *config,
                         const char *where, const mmd_ports_t *ports) {
  const mmd_value_t *body = mmd_object_get(config, "body");
  if (mmd_value_kind(body) != MMD_VALUE_OBJECT) {
    return mmd_key_error(where, "body", body, "an object");
  }
  if (ports->input_count < 2) {
    return MMD_ERROR(MMD_CORRUPT, "%s.input: a predicate and at least one argument are expected",
                     where);
  }
  const mmd_ports_t inner_ports = body_ports(ports);
  const char *path = mmd_arena_printf(env->build->arena, "%s.body", where);
  MMD_TRY_ALLOC(path);
  MMD_TRY(mmd_node_scope(env, config, "Cond", &node->scope));
  mmd_node_env_t inner = *env;
  inner.scope = node->scope;
  return mmd_pipeline_node_create(&inner, body, path, &inner_ports, &node->body);
}

mmd_status_t mmd_cond_node_create(const mmd_node_env_t *env, const mmd_value_t *config,
                                  const char *where, const mmd_ports_t *ports,
                                  mmd_pipeline_node_t **out_node) {
  cond_node_t *node = mmd_alloc(sizeof *node);
  MMD_TRY_ALLOC(node);
  node->base = (mmd_pipeline_node_t){.run = run, .destroy = destroy};
  mmd_status_t status = fill(env, node, config, where, ports);
  if (status) {
    destroy(&node->base);
    return status;
  }
  *out_node = &node->base;
  return NULL;
}
