// SPDX-License-Identifier: Apache-2.0
#include <string.h>

#include "graph/graph.h"
#include "graph/internal.h"

mmd_status_t mmd_edge_create(mmd_region_t *region, const char *name, mmd_edge_t **out_edge) {
  mmd_graph_t *graph = region->graph;
  mmd_edge_t *edge = mmd_arena_alloc(&graph->arena, sizeof *edge);
  MMD_TRY_ALLOC(edge);
  const char *fresh = mmd_graph_fresh_name(graph, name);
  MMD_TRY_ALLOC(fresh);
  edge->region = region;
  mmd_names_add(edge, fresh);
  *out_edge = edge;
  return NULL;
}

void mmd_edge_discard(mmd_edge_t *edge) {
  mmd_names_remove(edge);
  mmd_tensor_deinit(&edge->constant);
}

void mmd_use_link(mmd_use_t *use, mmd_edge_t *edge) {
  use->previous = NULL;
  use->next = edge->uses;
  if (edge->uses) edge->uses->previous = use;
  edge->uses = use;
}

void mmd_use_unlink(mmd_use_t *use, mmd_edge_t *edge) {
  if (use->next) use->next->previous = use->previous;
  if (use->previous) {
    use->previous->next = use->next;
  } else {
    edge->uses = use->next;
  }
  use->next = use->previous = NULL;
}

mmd_status_t mmd_edge_set_type(mmd_edge_t *edge, const mmd_type_t *type) {
  if (!type) {
    edge->type = (mmd_type_t){0};
    return NULL;
  }
  mmd_type_t copy;
  MMD_TRY(mmd_type_copy(edge->region->graph, type, &copy));
  edge->type = copy;
  return NULL;
}

void mmd_edge_forget_sizes(mmd_edge_t *edge) {
  if (edge->type.kind != MMD_TYPE_TENSOR) return;
  edge->type.has_rank = false;
  edge->type.rank = 0;
  edge->elements = NULL;
  edge->element_count = 0;
}

mmd_status_t mmd_edge_rename(mmd_edge_t *edge, const char *name) {
  mmd_graph_t *graph = edge->region->graph;
  if (strcmp(edge->name, name) == 0) return NULL;
  if (!*name) return MMD_ERROR(MMD_INVALID_ARGUMENT, "'%s' gets an empty name", edge->name);
  if (mmd_graph_find_edge(graph, name))
    return MMD_ERROR(MMD_INVALID_ARGUMENT, "cannot rename '%s': the name '%s' is taken", edge->name,
                     name);
  const char *copy = NULL;
  MMD_TRY(mmd_graph_strdup(graph, name, &copy));
  mmd_names_remove(edge);
  mmd_names_add(edge, copy);
  return NULL;
}

// Lets one use read |to|; needs no memory.
static void redirect(mmd_use_t *use, mmd_edge_t *from, mmd_edge_t *to) {
  mmd_use_unlink(use, from);
  if (use->node) {
    use->node->inputs[use->index] = to;
  } else {
    use->region->outputs[use->index] = to;
  }
  mmd_use_link(use, to);
}

mmd_status_t mmd_edge_replace_uses(mmd_edge_t *from, mmd_edge_t *to) {
  if (from == to) return NULL;
  while (from->uses) redirect(from->uses, from, to);
  return NULL;
}

// Names of outputs of the root and of functions are part of the interface.
static bool is_pinned(const mmd_edge_t *edge) {
  if (!edge->producer && !edge->is_constant && !edge->region->owner) return true;
  for (const mmd_use_t *use = edge->uses; use; use = use->next)
    if (use->region && !use->region->owner) return true;
  return false;
}

// Whether |to| may itself be the output that |use| stands for.
static bool can_be_output(const mmd_use_t *use, const mmd_edge_t *to) {
  if (to->region != use->region || !to->producer) return false;
  return use->region->owner || !is_pinned(to);
}

bool mmd_edge_can_forward(const mmd_edge_t *from, const mmd_edge_t *to) {
  if (from == to) return true;
  bool is_input = !from->producer && !from->is_constant;
  for (const mmd_use_t *use = from->uses; use; use = use->next)
    if (use->region && (is_input || !can_be_output(use, to))) return false;
  return true;
}

static mmd_use_t *find_output_use(mmd_edge_t *edge) {
  mmd_use_t *use = edge->uses;
  while (use && !use->region) use = use->next;
  return use;
}

// Lets |edge| have |name|, and its present owner another one.
static mmd_status_t hand_over_name(mmd_edge_t *owner, mmd_edge_t *edge) {
  mmd_graph_t *graph = edge->region->graph;
  const char *name = owner->name;
  const char *other = mmd_graph_fresh_name(graph, name);
  MMD_TRY_ALLOC(other);
  mmd_names_remove(owner);
  mmd_names_remove(edge);
  mmd_names_add(owner, other);
  mmd_names_add(edge, name);
  return NULL;
}

// An edge may be more than one output of its region; they have one name.
static void redirect_outputs(const mmd_region_t *region, mmd_edge_t *from, mmd_edge_t *to) {
  for (mmd_use_t *use = from->uses, *next; use; use = next) {
    next = use->next;
    if (use->region == region) redirect(use, from, to);
  }
}

static mmd_status_t forward_output(const mmd_use_t *use, mmd_edge_t *from, mmd_edge_t *to) {
  mmd_region_t *region = use->region;
  bool pinned = !region->owner;
  if (can_be_output(use, to)) {
    if (pinned) MMD_TRY(hand_over_name(from, to));
    redirect_outputs(region, from, to);
    return NULL;
  }
  mmd_node_t *identity = NULL;
  MMD_TRY(
      mmd_node_create(region, NULL, MMD_DOMAIN_ONNX, "Identity", from->name, 1, &to, 1, &identity));
  mmd_edge_t *output = identity->outputs[0];
  output->type = to->type.kind == MMD_TYPE_UNKNOWN ? from->type : to->type;
  mmd_status_t status = pinned ? hand_over_name(from, output) : NULL;
  if (status) return mmd_status_join(status, mmd_node_erase(identity));
  redirect_outputs(region, from, output);
  return NULL;
}

mmd_status_t mmd_edge_forward(mmd_edge_t *from, mmd_edge_t *to) {
  if (from == to) return NULL;
  bool is_input = !from->producer && !from->is_constant && !from->region->owner;
  for (mmd_use_t *use = find_output_use(from); use; use = find_output_use(from)) {
    if (is_input && !use->region->owner)
      return MMD_ERROR(MMD_INVALID_ARGUMENT, "'%s' is input and output; it cannot be replaced",
                       from->name);
    MMD_TRY(forward_output(use, from, to));
  }
  return mmd_edge_replace_uses(from, to);
}

size_t mmd_edge_use_count(const mmd_edge_t *edge) {
  size_t count = 0;
  for (const mmd_use_t *use = edge->uses; use; use = use->next) ++count;
  return count;
}

bool mmd_edge_is_output(const mmd_edge_t *edge) {
  for (const mmd_use_t *use = edge->uses; use; use = use->next)
    if (use->region) return true;
  return false;
}
