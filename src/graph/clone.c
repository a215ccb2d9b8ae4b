// SPDX-License-Identifier: Apache-2.0
//
// Names are unique in a graph, so the copy of an edge is found by its name.
#include <string.h>

#include "graph/append.h"
#include "graph/internal.h"

static mmd_status_t clone_region(const mmd_region_t *from, mmd_region_t *to);
static mmd_status_t connect_region(const mmd_region_t *from, mmd_region_t *to);

static mmd_edge_t *twin(mmd_graph_t *graph, const mmd_edge_t *edge) {
  return edge ? mmd_graph_find_edge(graph, edge->name) : NULL;
}

static mmd_status_t clone_doc(mmd_graph_t *graph, const char *doc, const char **out_doc) {
  return doc ? mmd_graph_strdup(graph, doc, out_doc) : NULL;
}

// Behind what the other graph has: fields of one message may stand in pieces.
static mmd_status_t append_kept(mmd_graph_t *graph, const mmd_kept_t *from,
                                const mmd_kept_t **io_kept) {
  if (!*io_kept) return mmd_kept_copy(graph, from, io_kept);
  if (!from) return NULL;
  mmd_str_t bytes = {0};
  mmd_status_t status = mmd_str_append_n(&bytes, (const char *)(*io_kept)->data, (*io_kept)->size);
  if (!status) status = mmd_str_append_n(&bytes, (const char *)from->data, from->size);
  if (!status) status = mmd_graph_keep(graph, bytes.data, bytes.size, io_kept);
  mmd_str_deinit(&bytes);
  return status;
}

static mmd_status_t clone_edge(const mmd_edge_t *from, mmd_edge_t *to) {
  mmd_graph_t *graph = to->region->graph;
  MMD_TRY(mmd_edge_set_type(to, &from->type));
  MMD_TRY(clone_doc(graph, from->doc, &to->doc));
  MMD_TRY(mmd_kept_copy(graph, from->kept, &to->kept));
  MMD_TRY(mmd_kept_copy(graph, from->tensor_kept, &to->tensor_kept));
  if (!from->elements) return NULL;
  to->elements = mmd_arena_alloc_array(&graph->arena, from->element_count, sizeof *to->elements);
  MMD_TRY_ALLOC(to->elements);
  for (size_t i = 0; i < from->element_count; ++i) {
    to->elements[i] = mmd_dim_import(graph, from->elements[i]);
    if (from->elements[i]) MMD_TRY_ALLOC(to->elements[i]);
  }
  to->element_count = from->element_count;
  return NULL;
}

static mmd_status_t clone_inner(mmd_graph_t *graph, const mmd_region_t *from,
                                mmd_region_t **out_region) {
  MMD_TRY(mmd_region_create(graph, from->name, out_region));
  return NULL;
}

// Attributes with empty regions; they are filled when the regions have their owner.
static mmd_status_t clone_attr(const mmd_attr_t *from, mmd_node_t *to) {
  mmd_graph_t *graph = to->region->graph;
  mmd_attr_t attr = *from;
  if (from->kind == MMD_ATTR_REGION) {
    MMD_TRY(clone_inner(graph, from->u.region, &attr.u.region));
  } else if (from->kind == MMD_ATTR_REGIONS) {
    attr.u.regions = mmd_arena_alloc_array(&graph->arena, from->count, sizeof *attr.u.regions);
    MMD_TRY_ALLOC(attr.u.regions);
    for (size_t i = 0; i < from->count; ++i)
      MMD_TRY(clone_inner(graph, from->u.regions[i], &attr.u.regions[i]));
  }
  MMD_TRY(mmd_node_set_attr(to, &attr));
  if (from->kind == MMD_ATTR_REGION) return clone_region(from->u.region, attr.u.region);
  for (size_t i = 0; from->kind == MMD_ATTR_REGIONS && i < from->count; ++i)
    MMD_TRY(clone_region(from->u.regions[i], attr.u.regions[i]));
  return NULL;
}

static mmd_status_t clone_node(const mmd_node_t *from, mmd_region_t *region) {
  mmd_graph_t *graph = region->graph;
  const char **names = mmd_arena_alloc_array(&graph->arena, from->output_count, sizeof *names);
  MMD_TRY_ALLOC(names);
  for (size_t i = 0; i < from->output_count; ++i)
    names[i] = from->outputs[i] ? from->outputs[i]->name : NULL;
  mmd_node_t *node = NULL;
  MMD_TRY(mmd_node_create_named(region, NULL, from->domain, from->op, from->name, from->input_count,
                                NULL, from->output_count, names, &node));
  node->version = from->version;
  MMD_TRY(mmd_node_set_scope(node, from->scope));
  MMD_TRY(mmd_graph_strdup(graph, from->overload, &node->overload));
  MMD_TRY(clone_doc(graph, from->doc, &node->doc));
  node->unknown = mmd_storage_retain(from->unknown);
  for (size_t i = 0; i < from->output_count; ++i)
    if (from->outputs[i]) MMD_TRY(clone_edge(from->outputs[i], node->outputs[i]));
  MMD_TRY(mmd_node_reserve_attrs(node, from->attr_count));
  for (size_t i = 0; i < from->attr_count; ++i) MMD_TRY(clone_attr(&from->attrs[i], node));
  return NULL;
}

static mmd_status_t clone_region(const mmd_region_t *from, mmd_region_t *to) {
  MMD_TRY(clone_doc(to->graph, from->doc, &to->doc));
  MMD_TRY(append_kept(to->graph, from->kept, &to->kept));
  mmd_edge_t *edge = NULL;
  for (size_t i = 0; i < from->input_count; ++i) {
    MMD_TRY(mmd_region_add_input(to, from->inputs[i]->name, NULL, &edge));
    MMD_TRY(clone_edge(from->inputs[i], edge));
  }
  for (size_t i = 0; i < from->constant_count; ++i) {
    const mmd_edge_t *constant = from->constants[i];
    MMD_TRY(mmd_region_add_constant(to, constant->name, &constant->constant, &edge));
    MMD_TRY(clone_edge(constant, edge));
  }
  for (const mmd_node_t *node = from->first; node; node = node->next) MMD_TRY(clone_node(node, to));
  return NULL;
}

static mmd_status_t connect_node(const mmd_node_t *from, mmd_node_t *to) {
  mmd_graph_t *graph = to->region->graph;
  for (size_t i = 0; i < from->input_count; ++i)
    if (from->inputs[i]) MMD_TRY(mmd_node_set_input(to, i, twin(graph, from->inputs[i])));
  for (size_t i = 0; i < from->attr_count; ++i) {
    const mmd_attr_t *a = &from->attrs[i], *b = &to->attrs[i];
    if (a->kind == MMD_ATTR_REGION) MMD_TRY(connect_region(a->u.region, b->u.region));
    for (size_t j = 0; a->kind == MMD_ATTR_REGIONS && j < a->count; ++j)
      MMD_TRY(connect_region(a->u.regions[j], b->u.regions[j]));
  }
  return NULL;
}

// Inputs and outputs, once all edges exist: a graph need not be sorted.
static mmd_status_t connect_region(const mmd_region_t *from, mmd_region_t *to) {
  const mmd_node_t *a = from->first;
  for (mmd_node_t *b = to->first; b; b = b->next, a = a->next) MMD_TRY(connect_node(a, b));
  for (size_t i = 0; i < from->output_count; ++i)
    MMD_TRY(mmd_region_add_output(to, twin(to->graph, from->outputs[i])));
  return NULL;
}

static mmd_status_t clone_function(mmd_graph_t *graph, const mmd_function_t *from) {
  mmd_function_t *to = NULL;
  mmd_arena_t *arena = &graph->arena;
  MMD_TRY(mmd_graph_add_function(graph, from->domain, from->name, &to));
  MMD_TRY(mmd_graph_strdup(graph, from->overload, &to->overload));
  MMD_TRY(clone_doc(graph, from->doc, &to->doc));
  MMD_TRY(mmd_kept_copy(graph, from->kept, &to->kept));
  to->attr_names = mmd_arena_alloc_array(arena, from->attr_name_count, sizeof *to->attr_names);
  to->attr_defaults =
      mmd_arena_alloc_array(arena, from->attr_default_count, sizeof *to->attr_defaults);
  to->opsets = mmd_arena_alloc_array(arena, from->opset_count, sizeof *to->opsets);
  if (!to->attr_names || !to->attr_defaults || !to->opsets) return mmd_status_no_memory();
  for (; to->attr_name_count < from->attr_name_count; ++to->attr_name_count)
    MMD_TRY(mmd_graph_strdup(graph, from->attr_names[to->attr_name_count],
                             &to->attr_names[to->attr_name_count]));
  for (; to->attr_default_count < from->attr_default_count; ++to->attr_default_count)
    MMD_TRY(mmd_attr_copy(graph, &from->attr_defaults[to->attr_default_count],
                          &to->attr_defaults[to->attr_default_count]));
  for (; to->opset_count < from->opset_count; ++to->opset_count) {
    const mmd_opset_t *opset = &from->opsets[to->opset_count];
    mmd_opset_t *copy = &to->opsets[to->opset_count];
    copy->version = opset->version;
    MMD_TRY(mmd_graph_strdup(graph, opset->domain, &copy->domain));
    MMD_TRY(mmd_kept_copy(graph, opset->kept, &copy->kept));
  }
  return clone_region(from->body, to->body);
}

static mmd_status_t clone_fields(const mmd_graph_t *from, mmd_graph_t *to) {
  to->ir_version = from->ir_version;
  to->model_version = from->model_version;
  MMD_TRY(mmd_graph_strdup(to, from->producer_name, &to->producer_name));
  MMD_TRY(mmd_graph_strdup(to, from->producer_version, &to->producer_version));
  MMD_TRY(mmd_graph_strdup(to, from->model_domain, &to->model_domain));
  MMD_TRY(clone_doc(to, from->doc, &to->doc));
  MMD_TRY(mmd_kept_copy(to, from->kept, &to->kept));
  for (size_t i = 0; i < from->opset_count; ++i) {
    MMD_TRY(mmd_graph_set_opset(to, from->opsets[i].domain, from->opsets[i].version));
    MMD_TRY(mmd_kept_copy(to, from->opsets[i].kept, &to->opsets[i].kept));
  }
  for (size_t i = 0; i < from->property_count; ++i) {
    MMD_TRY(mmd_graph_set_property(to, from->properties[i].key, from->properties[i].value));
    MMD_TRY(mmd_kept_copy(to, from->properties[i].kept, &to->properties[i].kept));
  }
  return NULL;
}

static mmd_status_t clone_into(const mmd_graph_t *from, mmd_graph_t *to) {
  MMD_TRY(clone_fields(from, to));
  MMD_TRY(clone_region(from->root, to->root));
  for (size_t i = 0; i < from->function_count; ++i) MMD_TRY(clone_function(to, from->functions[i]));
  MMD_TRY(connect_region(from->root, to->root));
  for (size_t i = 0; i < from->function_count; ++i)
    MMD_TRY(connect_region(from->functions[i]->body, to->functions[i]->body));
  return NULL;
}

mmd_status_t mmd_graph_clone(const mmd_graph_t *graph, mmd_graph_t **out_graph) {
  mmd_graph_t *copy = NULL;
  MMD_TRY(mmd_graph_create(graph->name, &copy));
  mmd_status_t status = clone_into(graph, copy);
  if (status) {
    mmd_graph_destroy(copy);
    return status;
  }
  *out_graph = copy;
  return NULL;
}

//===--- appending ---------------------------------------------------------===//

static mmd_status_t check_opsets(const mmd_graph_t *to, const mmd_graph_t *from) {
  for (size_t i = 0; i < from->opset_count; ++i) {
    const mmd_opset_t *opset = &from->opsets[i];
    const int64_t ours = mmd_graph_opset(to, opset->domain);
    if (!ours || ours == opset->version) continue;
    return MMD_ERROR(MMD_INVALID_ARGUMENT, "one graph has opset %lld of '%s', the other %lld",
                     (long long)ours, opset->domain, (long long)opset->version);
  }
  return NULL;
}

static mmd_status_t check_functions(const mmd_graph_t *to, const mmd_graph_t *from) {
  for (size_t i = 0; i < from->function_count; ++i) {
    for (size_t k = 0; k < to->function_count; ++k) {
      const mmd_function_t *a = from->functions[i], *b = to->functions[k];
      if (strcmp(a->domain, b->domain) == 0 && strcmp(a->name, b->name) == 0)
        return MMD_ERROR(MMD_NOT_SUPPORTED, "both graphs define function '%s'", a->name);
    }
  }
  return NULL;
}

mmd_status_t mmd_graph_append(mmd_graph_t *graph, const mmd_graph_t *other) {
  const size_t functions = graph->function_count;
  mmd_node_t *const last = graph->root->last;
  MMD_TRY(check_opsets(graph, other));
  MMD_TRY(check_functions(graph, other));
  for (size_t i = 0; i < other->opset_count; ++i)
    MMD_TRY(mmd_graph_set_opset(graph, other->opsets[i].domain, other->opsets[i].version));
  MMD_TRY(clone_region(other->root, graph->root));
  for (size_t i = 0; i < other->function_count; ++i)
    MMD_TRY(clone_function(graph, other->functions[i]));
  const mmd_node_t *from = other->root->first;
  for (mmd_node_t *to = last ? last->next : graph->root->first; to;
       to = to->next, from = from->next)
    MMD_TRY(connect_node(from, to));
  for (size_t i = 0; i < other->root->output_count; ++i)
    MMD_TRY(mmd_region_add_output(graph->root, twin(graph, other->root->outputs[i])));
  for (size_t i = 0; i < other->function_count; ++i) {
    MMD_TRY(connect_region(other->functions[i]->body, graph->functions[functions + i]->body));
  }
  return NULL;
}
