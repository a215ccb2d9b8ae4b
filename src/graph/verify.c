// SPDX-License-Identifier: Apache-2.0
#include "graph/verify.h"

#include <string.h>

#include "graph/internal.h"

static mmd_status_t verify_region(const mmd_graph_t *graph, mmd_region_t *region, int depth);

// "<what> of Conv node 'c'" in front of a message.
static mmd_status_t at_node(mmd_status_t status, const mmd_node_t *node) {
  if (!status) return NULL;
  mmd_str_t text = {0};
  mmd_status_t failed = mmd_node_describe(node, &text);
  if (mmd_status_ignore(failed)) {
    mmd_str_deinit(&text);
    return status;
  }
  status = mmd_status_annotate(status, "%s", mmd_str_text(&text));
  mmd_str_deinit(&text);
  return status;
}

#define BROKEN(...) MMD_ERROR(MMD_INVALID_ARGUMENT, __VA_ARGS__)

static mmd_status_t check_type(const mmd_type_t *type, int depth) {
  if (depth > 16) return BROKEN("its type is nested too deep");
  if (type->kind == MMD_TYPE_SEQUENCE || type->kind == MMD_TYPE_OPTIONAL)
    return type->element ? check_type(type->element, depth + 1) : NULL;
  if (type->kind != MMD_TYPE_TENSOR || !type->has_rank) return NULL;
  if (type->rank < 0 || type->rank > MMD_MAX_RANK)
    return BROKEN("its rank is %d, not in 0..%d", type->rank, MMD_MAX_RANK);
  for (int i = 0; i < type->rank; ++i)
    if (!type->dims[i]) return BROKEN("dimension %d of its type is missing", i);
  return NULL;
}

// Every use listed by the edge is where it says to be.
static mmd_status_t check_uses(const mmd_edge_t *edge) {
  const mmd_use_t *previous = NULL;
  for (const mmd_use_t *use = edge->uses; use; previous = use, use = use->next) {
    if (use->previous != previous) return BROKEN("the list of uses is not linked both ways");
    if (use->node) {
      const mmd_node_t *node = use->node;
      if (node->erased) return BROKEN("it is used by an erased %s node", node->op);
      if (use->index >= node->input_count || node->inputs[use->index] != edge ||
          node->input_uses[use->index] != use)
        return BROKEN("it is not input %zu of its user", use->index);
    } else if (!use->region || use->index >= use->region->output_count ||
               use->region->outputs[use->index] != edge ||
               use->region->output_uses[use->index] != use) {
      return BROKEN("it is not output %zu of its user", use->index);
    }
  }
  return NULL;
}

static mmd_status_t check_definition(const mmd_graph_t *graph, const mmd_edge_t *edge,
                                     const mmd_region_t *region, const mmd_node_t *producer,
                                     size_t index) {
  if (!edge->name || !*edge->name) return BROKEN("an edge has no name");
  mmd_status_t status = NULL;
  if (mmd_graph_find_edge(graph, edge->name) != edge) {
    status = BROKEN("its name belongs to another edge");
  } else if (edge->region != region || edge->producer != producer || edge->output_index != index) {
    status = BROKEN("it names another producer");
  } else {
    status = check_type(&edge->type, 0);
  }
  if (!status) status = check_uses(edge);
  return mmd_status_annotate(status, "edge '%s'", edge->name);
}

static mmd_status_t check_constant(const mmd_edge_t *edge) {
  const mmd_tensor_t *tensor = &edge->constant;
  const mmd_type_t *type = &edge->type;
  if (!edge->is_constant || !mmd_tensor_is_set(tensor))
    return BROKEN("constant '%s' has no data", edge->name);
  bool same = type->kind == MMD_TYPE_TENSOR && type->dtype == tensor->dtype && type->has_rank &&
              type->rank == tensor->shape.rank;
  for (int i = 0; same && i < type->rank; ++i)
    same = mmd_dim_is_const(type->dims[i]) && type->dims[i]->number == tensor->shape.dims[i];
  return same ? NULL : BROKEN("constant '%s' has another type than its data", edge->name);
}

// The node of |region| that is or holds |node|.
static const mmd_node_t *lift(const mmd_node_t *node, const mmd_region_t *region) {
  while (node && node->region != region) node = node->region->owner;
  return node;
}

// |user| (NULL for an output) of |region| may read |edge|. Nodes met so far carry their numbers.
static mmd_status_t check_visible(const mmd_graph_t *graph, const mmd_edge_t *edge,
                                  const mmd_region_t *region, const mmd_node_t *user) {
  if (mmd_graph_find_edge(graph, edge->name) != edge)
    return BROKEN("edge '%s' is no longer in the graph", edge->name);
  if (!mmd_region_is_inside(region, edge->region))
    return BROKEN("edge '%s' of region '%s' is not visible here", edge->name, edge->region->name);
  if (!edge->producer) return NULL;
  const mmd_node_t *at = user ? user : region->owner;
  if (!user && edge->region == region) return NULL;
  at = lift(at, edge->region);
  if (at && edge->producer->mark < at->mark && !edge->producer->erased) return NULL;
  return BROKEN("edge '%s' is used before it is made", edge->name);
}

static bool uses_edge(const mmd_edge_t *edge, const mmd_use_t *wanted) {
  // The list was, or will be, checked from the edge's side; here a look at both neighbours does.
  return wanted && (wanted->previous ? wanted->previous->next == wanted : edge->uses == wanted);
}

static mmd_status_t check_attr(const mmd_graph_t *graph, const mmd_node_t *node,
                               const mmd_attr_t *attr, int depth) {
  if (!attr->name || !*attr->name) return BROKEN("an attribute has no name");
  mmd_region_t *const *regions = NULL;
  size_t count = 0;
  mmd_region_t *single = attr->kind == MMD_ATTR_REGION ? attr->u.region : NULL;
  switch (attr->kind) {
    case MMD_ATTR_REGION:
      regions = &single;
      count = 1;
      break;
    case MMD_ATTR_REGIONS:
      regions = attr->u.regions;
      count = attr->count;
      break;
    case MMD_ATTR_TENSOR:
      if (!attr->u.tensor || !mmd_tensor_is_set(attr->u.tensor))
        return BROKEN("attribute '%s' has no data", attr->name);
      break;
    case MMD_ATTR_TYPE:
      if (!attr->u.type) return BROKEN("attribute '%s' has no type", attr->name);
      return check_type(attr->u.type, 0);
    default:
      break;
  }
  for (size_t i = 0; i < count; ++i) {
    if (!regions[i] || regions[i]->owner != node)
      return BROKEN("attribute '%s' holds a region of another owner", attr->name);
    MMD_TRY(mmd_status_annotate(verify_region(graph, regions[i], depth + 1), "region '%s'",
                                regions[i]->name));
  }
  return NULL;
}

static mmd_status_t check_node(const mmd_graph_t *graph, mmd_node_t *node, int depth) {
  if (node->erased) return BROKEN("an erased node is still listed");
  if (!node->op || !*node->op) return BROKEN("it has no operator");
  for (size_t i = 0; i < node->input_count; ++i) {
    const mmd_edge_t *edge = node->inputs[i];
    if (!edge) continue;
    MMD_TRY(check_visible(graph, edge, node->region, node));
    if (!uses_edge(edge, node->input_uses[i]))
      return BROKEN("edge '%s' does not know of this use", edge->name);
  }
  for (size_t i = 0; i < node->output_count; ++i)
    if (node->outputs[i]) MMD_TRY(check_definition(graph, node->outputs[i], node->region, node, i));
  for (size_t i = 0; i < node->attr_count; ++i) {
    MMD_TRY(check_attr(graph, node, &node->attrs[i], depth));
    for (size_t j = 0; j < i; ++j)
      if (strcmp(node->attrs[i].name, node->attrs[j].name) == 0)
        return BROKEN("attribute '%s' stands twice", node->attrs[i].name);
  }
  return NULL;
}

static mmd_status_t check_interface(const mmd_graph_t *graph, const mmd_region_t *region) {
  for (size_t i = 0; i < region->input_count; ++i)
    MMD_TRY(check_definition(graph, region->inputs[i], region, NULL, i));
  for (size_t i = 0; i < region->constant_count; ++i) {
    MMD_TRY(check_definition(graph, region->constants[i], region, NULL, i));
    MMD_TRY(check_constant(region->constants[i]));
  }
  return NULL;
}

static mmd_status_t verify_region(const mmd_graph_t *graph, mmd_region_t *region, int depth) {
  if (depth > MMD_REGION_MAX_DEPTH)
    return MMD_ERROR(MMD_OUT_OF_RANGE, "regions are nested deeper than %d", MMD_REGION_MAX_DEPTH);
  if (region->graph != graph) return BROKEN("region '%s' is of another graph", region->name);
  MMD_TRY(check_interface(graph, region));
  size_t number = 0;
  for (mmd_node_t *node = region->first; node; node = node->next) node->mark = ++number;
  if (number != region->node_count)
    return BROKEN("region '%s' has %zu nodes, not %zu", region->name, number, region->node_count);
  const mmd_node_t *previous = NULL;
  for (mmd_node_t *node = region->first; node; previous = node, node = node->next) {
    if (node->region != region || node->previous != previous)
      return at_node(BROKEN("it is not linked into its region"), node);
    mmd_status_t status = check_node(graph, node, depth);
    if (status) return at_node(status, node);
  }
  for (size_t i = 0; i < region->output_count; ++i) {
    MMD_TRY(check_visible(graph, region->outputs[i], region, NULL));
    if (!uses_edge(region->outputs[i], region->output_uses[i]))
      return BROKEN("edge '%s' does not know that it is an output", region->outputs[i]->name);
  }
  return NULL;
}

static mmd_status_t verify_function(const mmd_graph_t *graph, const mmd_function_t *function) {
  for (size_t i = 0; i < function->attr_name_count; ++i)
    if (!*function->attr_names[i]) return BROKEN("an attribute has no name");
  for (size_t i = 0; i < function->attr_default_count; ++i)
    if (!*function->attr_defaults[i].name) return BROKEN("a default has no name");
  return verify_region(graph, function->body, 0);
}

mmd_status_t mmd_graph_verify(const mmd_graph_t *graph) {
  mmd_status_t status = verify_region(graph, graph->root, 0);
  for (size_t i = 0; !status && i < graph->function_count; ++i) {
    const mmd_function_t *function = graph->functions[i];
    status = mmd_status_annotate(verify_function(graph, function), "function '%s'", function->name);
  }
  return mmd_status_annotate(status, "graph '%s'", graph->name);
}
