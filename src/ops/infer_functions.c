// SPDX-License-Identifier: Apache-2.0
//
// Types behind calls of the model's functions: they are inferred in a copy that holds the bodies in
// the place of the calls. Outputs of calls keep their names there.
#include "graph/inline.h"
#include "ops/infer.h"
#include "ops/infer_util.h"

static mmd_status_t take_type(mmd_graph_t *graph, const mmd_edge_t *from, mmd_edge_t *to) {
  if (from->type.kind == MMD_TYPE_UNKNOWN) return NULL;
  MMD_TRY(mmd_edge_set_type(to, &from->type));
  to->elements = NULL;
  to->element_count = 0;
  if (!from->elements) return NULL;
  const mmd_dim_t **elements =
      mmd_arena_alloc_array(&graph->arena, from->element_count + 1, sizeof *elements);
  MMD_TRY_ALLOC(elements);
  for (size_t i = 0; i < from->element_count; ++i) {
    elements[i] = mmd_dim_import(graph, from->elements[i]);
    MMD_TRY_ALLOC(elements[i]);
  }
  to->elements = elements;
  to->element_count = from->element_count;
  return NULL;
}

static mmd_status_t take_edge(const mmd_graph_t *inlined, mmd_graph_t *graph, mmd_edge_t *edge) {
  const mmd_edge_t *twin = edge ? mmd_graph_find_edge(inlined, edge->name) : NULL;
  return twin ? take_type(graph, twin, edge) : NULL;
}

static mmd_status_t take_types(const mmd_graph_t *inlined, mmd_graph_t *graph,
                               mmd_region_t *region) {
  for (size_t i = 0; i < region->constant_count; ++i)
    MMD_TRY(take_edge(inlined, graph, region->constants[i]));
  for (mmd_node_t *node = region->first; node; node = node->next) {
    for (size_t i = 0; i < node->output_count; ++i)
      MMD_TRY(take_edge(inlined, graph, node->outputs[i]));
    for (size_t i = 0; i < node->attr_count; ++i) {
      const mmd_attr_t *attr = &node->attrs[i];
      if (attr->kind == MMD_ATTR_REGION) MMD_TRY(take_types(inlined, graph, attr->u.region));
      for (size_t k = 0; attr->kind == MMD_ATTR_REGIONS && k < attr->count; ++k)
        MMD_TRY(take_types(inlined, graph, attr->u.regions[k]));
    }
  }
  return NULL;
}

mmd_status_t mmd_infer_functions(mmd_graph_t *graph) {
  mmd_graph_t *inlined;
  MMD_TRY(mmd_graph_clone(graph, &inlined));
  mmd_status_t status = mmd_graph_inline_functions(inlined);
  if (!status) status = mmd_infer_region(inlined, inlined->root);
  if (!status) status = take_types(inlined, graph, graph->root);
  mmd_graph_destroy(inlined);
  return status;
}
