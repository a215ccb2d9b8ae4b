// SPDX-License-Identifier: Apache-2.0
#include "graph/inline.h"

#include <string.h>

#include "base/map.h"
#include "graph/internal.h"

enum { MAX_DEPTH = 64, MAX_NODES = 100000 };

//===--- which function a node calls ---------------------------------------===//

typedef struct functions_t {
  mmd_map_t by_name;
  mmd_str_t key;
  size_t node_count;  // that were copied
} functions_t;

static mmd_status_t make_key(const char *domain, const char *name, const char *overload,
                             mmd_str_t *out_key) {
  mmd_str_clear(out_key);
  return mmd_str_printf(out_key, "%s\n%s\n%s", mmd_domain_normal(domain), name, overload);
}

static mmd_status_t list_functions(const mmd_graph_t *graph, functions_t *out_functions) {
  for (size_t i = 0; i < graph->function_count; ++i) {
    mmd_function_t *f = graph->functions[i];
    MMD_TRY(make_key(f->domain, f->name, f->overload, &out_functions->key));
    MMD_TRY(mmd_map_set(&out_functions->by_name, mmd_str_text(&out_functions->key), f, NULL));
  }
  return NULL;
}

static void deinit_functions(functions_t *functions) {
  mmd_map_deinit(&functions->by_name);
  mmd_str_deinit(&functions->key);
}

static mmd_status_t find_function(functions_t *functions, const mmd_node_t *node,
                                  const mmd_function_t **out_function) {
  MMD_TRY(make_key(node->domain, node->op, node->overload, &functions->key));
  *out_function = mmd_map_get(&functions->by_name, mmd_str_text(&functions->key));
  return NULL;
}

static mmd_status_t look_for_call(functions_t *functions, const mmd_region_t *region,
                                  bool *out_calls) {
  for (const mmd_node_t *node = region->first; node && !*out_calls; node = node->next) {
    const mmd_function_t *function;
    MMD_TRY(find_function(functions, node, &function));
    *out_calls |= function != NULL;
    for (size_t i = 0; i < node->attr_count; ++i) {
      const mmd_attr_t *attr = &node->attrs[i];
      if (attr->kind == MMD_ATTR_REGION)
        MMD_TRY(look_for_call(functions, attr->u.region, out_calls));
      for (size_t k = 0; attr->kind == MMD_ATTR_REGIONS && k < attr->count; ++k)
        MMD_TRY(look_for_call(functions, attr->u.regions[k], out_calls));
    }
  }
  return NULL;
}

mmd_status_t mmd_graph_calls_functions(const mmd_graph_t *graph, bool *out_calls) {
  functions_t functions = {.node_count = 0};
  *out_calls = false;
  if (graph->function_count == 0) return NULL;
  mmd_status_t status = list_functions(graph, &functions);
  if (!status) status = look_for_call(&functions, graph->root, out_calls);
  deinit_functions(&functions);
  return status;
}

//===--- copying a body ----------------------------------------------------===//

typedef struct expansion_t {
  const mmd_function_t *function;
  mmd_node_t *call;
  mmd_map_t edges;  // name of an edge of the body -> its copy, NULL for an input left out
  functions_t *functions;
} expansion_t;

// What stands for an edge of the body. Edges of a region that the call passes as an attribute may
// lie outside: they stand for themselves.
static mmd_edge_t *twin(const expansion_t *x, mmd_edge_t *edge) {
  if (!edge || !mmd_map_has(&x->edges, edge->name)) return edge;
  return mmd_map_get(&x->edges, edge->name);
}

static mmd_status_t make_name(const expansion_t *x, const char *name, mmd_str_t *out_name) {
  const char *call = *x->call->name ? x->call->name : x->call->op;
  return mmd_str_printf(out_name, "%s/%s", call, name);
}

// The attribute itself, or the one of the call that it refers to; NULL when there is none.
static const mmd_attr_t *resolve(const expansion_t *x, const mmd_attr_t *attr) {
  if (attr->kind != MMD_ATTR_REFERENCE) return attr;
  const char *name = attr->u.string.data;
  const mmd_attr_t *found = mmd_node_attr(x->call, name);
  for (size_t i = 0; !found && i < x->function->attr_default_count; ++i) {
    if (strcmp(x->function->attr_defaults[i].name, name) == 0)
      found = &x->function->attr_defaults[i];
  }
  return found && found->kind != MMD_ATTR_REFERENCE ? found : NULL;
}

static mmd_status_t copy_region(expansion_t *x, const mmd_region_t *from, mmd_region_t *to);
static mmd_status_t connect_region(const expansion_t *x, const mmd_region_t *from,
                                   mmd_region_t *to);

static mmd_status_t copy_attr(expansion_t *x, const mmd_attr_t *from, mmd_node_t *to) {
  mmd_graph_t *graph = to->region->graph;
  const mmd_attr_t *value = resolve(x, from);
  if (!value) return NULL;
  mmd_attr_t attr = *value;
  attr.name = from->name;
  if (value->kind == MMD_ATTR_REGION) {
    MMD_TRY(mmd_region_create(graph, value->u.region->name, &attr.u.region));
  } else if (value->kind == MMD_ATTR_REGIONS) {
    attr.u.regions = mmd_arena_alloc_array(&graph->arena, value->count, sizeof *attr.u.regions);
    MMD_TRY_ALLOC(attr.u.regions);
    for (size_t i = 0; i < value->count; ++i)
      MMD_TRY(mmd_region_create(graph, value->u.regions[i]->name, &attr.u.regions[i]));
  }
  MMD_TRY(mmd_node_set_attr(to, &attr));
  // The edges around a region of the call exist already; it may be copied several times.
  bool is_foreign = value != from;
  if (value->kind == MMD_ATTR_REGION) {
    MMD_TRY(copy_region(x, value->u.region, attr.u.region));
    if (is_foreign) MMD_TRY(connect_region(x, value->u.region, attr.u.region));
  }
  for (size_t i = 0; value->kind == MMD_ATTR_REGIONS && i < value->count; ++i) {
    MMD_TRY(copy_region(x, value->u.regions[i], attr.u.regions[i]));
    if (is_foreign) MMD_TRY(connect_region(x, value->u.regions[i], attr.u.regions[i]));
  }
  return NULL;
}

// The node with fresh names, without inputs.
static mmd_status_t copy_node(expansion_t *x, const mmd_node_t *from, mmd_region_t *region,
                              mmd_node_t *before) {
  mmd_graph_t *graph = region->graph;
  mmd_str_t name = {0};
  mmd_node_t *node = NULL;
  if (++x->functions->node_count > MAX_NODES)
    return MMD_ERROR(MMD_OUT_OF_RANGE, "its functions have more than %d nodes", MAX_NODES);
  const char **names = mmd_arena_alloc_array(&graph->arena, from->output_count + 1, sizeof *names);
  MMD_TRY_ALLOC(names);
  for (size_t i = 0; i < from->output_count; ++i) {
    if (!from->outputs[i]) continue;
    mmd_str_t output = {0};
    mmd_status_t status = make_name(x, from->outputs[i]->name, &output);
    if (!status) status = mmd_graph_strdup(graph, mmd_str_text(&output), &names[i]);
    mmd_str_deinit(&output);
    MMD_TRY(status);
  }
  mmd_status_t status = make_name(x, *from->name ? from->name : from->op, &name);
  if (!status) {
    status = mmd_node_create_named(region, before, from->domain, from->op, mmd_str_text(&name),
                                   from->input_count, NULL, from->output_count, names, &node);
  }
  mmd_str_deinit(&name);
  MMD_TRY(status);
  node->version = from->version;
  MMD_TRY(mmd_graph_strdup(graph, from->overload, &node->overload));
  MMD_TRY(mmd_node_set_scope(node, x->call->scope));
  for (size_t i = 0; i < from->output_count; ++i)
    if (from->outputs[i])
      MMD_TRY(mmd_map_set(&x->edges, from->outputs[i]->name, node->outputs[i], NULL));
  for (size_t i = 0; i < from->attr_count; ++i) MMD_TRY(copy_attr(x, &from->attrs[i], node));
  return NULL;
}

static mmd_status_t copy_constants(expansion_t *x, const mmd_region_t *from, mmd_region_t *to) {
  for (size_t i = 0; i < from->constant_count; ++i) {
    mmd_edge_t *edge = NULL;
    mmd_str_t name = {0};
    mmd_status_t status = make_name(x, from->constants[i]->name, &name);
    if (!status) {
      status =
          mmd_region_add_constant(to, mmd_str_text(&name), &from->constants[i]->constant, &edge);
    }
    mmd_str_deinit(&name);
    MMD_TRY(status);
    MMD_TRY(mmd_map_set(&x->edges, from->constants[i]->name, edge, NULL));
  }
  return NULL;
}

static mmd_status_t connect_node(const expansion_t *x, const mmd_node_t *from, mmd_node_t *to);

static mmd_status_t connect_region(const expansion_t *x, const mmd_region_t *from,
                                   mmd_region_t *to) {
  const mmd_node_t *a = from->first;
  for (mmd_node_t *b = to->first; b; b = b->next, a = a->next) MMD_TRY(connect_node(x, a, b));
  for (size_t i = 0; i < from->output_count; ++i) {
    mmd_edge_t *edge = twin(x, from->outputs[i]);
    if (!edge) return MMD_ERROR(MMD_INVALID_ARGUMENT, "an input that the call leaves out is used");
    MMD_TRY(mmd_region_add_output(to, edge));
  }
  return NULL;
}

// The inputs, once all edges exist: a body need not be sorted.
static mmd_status_t connect_node(const expansion_t *x, const mmd_node_t *from, mmd_node_t *to) {
  for (size_t i = 0; i < from->input_count; ++i)
    MMD_TRY(mmd_node_set_input(to, i, twin(x, from->inputs[i])));
  for (size_t i = 0; i < from->attr_count; ++i) {
    const mmd_attr_t *a = &from->attrs[i], *b = mmd_node_attr(to, a->name);
    if (a->kind == MMD_ATTR_REGION) MMD_TRY(connect_region(x, a->u.region, b->u.region));
    for (size_t k = 0; a->kind == MMD_ATTR_REGIONS && k < a->count; ++k)
      MMD_TRY(connect_region(x, a->u.regions[k], b->u.regions[k]));
  }
  return NULL;
}

static mmd_status_t copy_region(expansion_t *x, const mmd_region_t *from, mmd_region_t *to) {
  for (size_t i = 0; i < from->input_count; ++i) {
    mmd_edge_t *edge = NULL;
    MMD_TRY(mmd_region_add_input(to, from->inputs[i]->name, &from->inputs[i]->type, &edge));
    MMD_TRY(mmd_map_set(&x->edges, from->inputs[i]->name, edge, NULL));
  }
  MMD_TRY(copy_constants(x, from, to));
  for (const mmd_node_t *node = from->first; node; node = node->next)
    MMD_TRY(copy_node(x, node, to, NULL));
  return NULL;
}

//===--- calls -------------------------------------------------------------===//

static mmd_status_t bind_inputs(expansion_t *x) {
  const mmd_region_t *body = x->function->body;
  if (x->call->input_count > body->input_count || x->call->output_count > body->output_count)
    return MMD_ERROR(MMD_INVALID_ARGUMENT, "the function has %zu inputs and %zu outputs",
                     body->input_count, body->output_count);
  for (size_t i = 0; i < body->input_count; ++i)
    MMD_TRY(mmd_map_set(&x->edges, body->inputs[i]->name, mmd_node_input(x->call, i), NULL));
  return NULL;
}

// Whether a node between |before| and the call makes |edge|.
static bool is_copied(const expansion_t *x, const mmd_edge_t *edge, const mmd_node_t *before) {
  for (const mmd_node_t *n = x->call->previous; n != before; n = n->previous)
    if (edge->producer == n) return true;
  return false;
}

// Output |i| of the call is replaced by what the body computes, under the name of the former. Two
// outputs may be the same edge, or one of the inputs: then the name goes to an Identity.
static mmd_status_t bind_output(const expansion_t *x, size_t i, const mmd_node_t *before) {
  mmd_node_t *call = x->call;
  mmd_edge_t *old = call->outputs[i], *edge = twin(x, x->function->body->outputs[i]);
  if (!old) return NULL;
  if (!edge) return MMD_ERROR(MMD_INVALID_ARGUMENT, "output %zu is an input left out", i);
  bool is_new = is_copied(x, edge, before);
  for (size_t k = 0; k < i; ++k)
    is_new &= !call->outputs[k] || twin(x, x->function->body->outputs[k]) != edge;
  if (!is_new) {
    mmd_node_t *identity = NULL;
    MMD_TRY(mmd_node_create(call->region, call, "", "Identity", old->name, 1, &edge, 1, &identity));
    edge = identity->outputs[0];
  }
  const char *name = old->name;
  const char *spare = mmd_graph_fresh_name(call->region->graph, "replaced");
  MMD_TRY_ALLOC(spare);
  MMD_TRY(mmd_edge_rename(old, spare));
  MMD_TRY(mmd_edge_rename(edge, name));
  MMD_TRY(mmd_edge_set_type(edge, &old->type));
  return mmd_edge_replace_uses(old, edge);
}

// The body in front of the call, whose outputs have no uses then.
static mmd_status_t expand(expansion_t *x) {
  mmd_node_t *call = x->call, *before = call->previous;
  mmd_region_t *region = call->region;
  const mmd_region_t *body = x->function->body;
  for (size_t i = 0; i < x->function->opset_count; ++i) {
    const mmd_opset_t *opset = &x->function->opsets[i];
    if (mmd_graph_opset(region->graph, opset->domain) == 0)
      MMD_TRY(mmd_graph_set_opset(region->graph, opset->domain, opset->version));
  }
  MMD_TRY(bind_inputs(x));
  MMD_TRY(copy_constants(x, body, region));
  for (const mmd_node_t *node = body->first; node; node = node->next)
    MMD_TRY(copy_node(x, node, region, call));
  mmd_node_t *copy = before ? before->next : region->first;
  for (const mmd_node_t *node = body->first; node; node = node->next, copy = copy->next)
    MMD_TRY(connect_node(x, node, copy));
  for (size_t i = 0; i < call->output_count; ++i) MMD_TRY(bind_output(x, i, before));
  return NULL;
}

static mmd_status_t inline_region(mmd_region_t *region, size_t depth, functions_t *functions);

static mmd_status_t inline_inside(mmd_node_t *node, size_t depth, functions_t *functions) {
  for (size_t i = 0; i < node->attr_count; ++i) {
    const mmd_attr_t *attr = &node->attrs[i];
    if (attr->kind == MMD_ATTR_REGION) MMD_TRY(inline_region(attr->u.region, depth, functions));
    for (size_t k = 0; attr->kind == MMD_ATTR_REGIONS && k < attr->count; ++k)
      MMD_TRY(inline_region(attr->u.regions[k], depth, functions));
  }
  return NULL;
}

static mmd_status_t inline_node(mmd_node_t *node, size_t depth, functions_t *functions) {
  expansion_t x = {.call = node, .functions = functions};
  mmd_node_t *before = node->previous;
  mmd_region_t *region = node->region;
  MMD_TRY(find_function(functions, node, &x.function));
  if (!x.function) return inline_inside(node, depth, functions);
  if (depth == MAX_DEPTH)
    return MMD_ERROR(MMD_INVALID_ARGUMENT, "functions call each other %d deep", MAX_DEPTH);
  mmd_status_t status = expand(&x);
  mmd_map_deinit(&x.edges);
  MMD_TRY(status);
  mmd_node_t *next = before ? before->next : region->first;
  while (next != node) {
    mmd_node_t *now = next;
    next = now->next;
    MMD_TRY(inline_node(now, depth + 1, functions));
  }
  return mmd_node_erase(node);
}

static mmd_status_t inline_region(mmd_region_t *region, size_t depth, functions_t *functions) {
  for (mmd_node_t *node = region->first, *next; node; node = next) {
    const char *domain = node->domain, *op = node->op;  // live as long as the graph
    next = node->next;
    MMD_TRY(mmd_status_annotate(inline_node(node, depth, functions), "%s%s%s", domain,
                                *domain ? "::" : "", op));
  }
  return NULL;
}

static void drop_functions(mmd_graph_t *graph) {
  for (size_t i = 0; i < graph->function_count; ++i) {
    mmd_function_t *function = graph->functions[i];
    for (size_t k = 0; k < function->attr_default_count; ++k)
      mmd_attr_discard(&function->attr_defaults[k]);
    mmd_region_clear(function->body);
  }
  graph->function_count = 0;
}

mmd_status_t mmd_graph_inline_functions(mmd_graph_t *graph) {
  functions_t functions = {.node_count = 0};
  if (graph->function_count == 0) return NULL;
  mmd_status_t status = list_functions(graph, &functions);
  if (!status) status = inline_region(graph->root, 0, &functions);
  deinit_functions(&functions);
  if (!status) drop_functions(graph);
  return status;
}
