// SPDX-License-Identifier: Apache-2.0
//
// Stable topological order: a depth-first walk in the present order, so sorted nodes stay where
// they are.
#include <stdint.h>

#include "base/alloc.h"
#include "graph/internal.h"
#include "graph/verify.h"

typedef struct list_t {
  size_t *items;
  size_t count, capacity;
} list_t;

typedef struct sort_t {
  mmd_region_t *region;
  size_t count;
  mmd_node_t **nodes;  // in the old order; node->mark is the index
  size_t *first;       // of each node's dependencies
  list_t dependencies;
  list_t stack, position;  // of the walk: nodes, and the next dependency of each
  unsigned char *state;    // 0 new, 1 on the stack, 2 done
} sort_t;

static mmd_status_t push(list_t *list, size_t item) {
  MMD_TRY(MMD_GROW(list->items, list->capacity, list->count + 1));
  list->items[list->count++] = item;
  return NULL;
}

static mmd_status_t add_producer(sort_t *s, const mmd_edge_t *edge) {
  if (!edge || !edge->producer || edge->producer->region != s->region) return NULL;
  return push(&s->dependencies, edge->producer->mark);
}

static mmd_status_t collect(sort_t *s, const mmd_node_t *node);

static mmd_status_t collect_region(sort_t *s, const mmd_region_t *region) {
  for (const mmd_node_t *node = region->first; node; node = node->next) MMD_TRY(collect(s, node));
  for (size_t i = 0; i < region->output_count; ++i) MMD_TRY(add_producer(s, region->outputs[i]));
  return NULL;
}

// Everything that |node| and the regions inside of it read from the region that is sorted.
static mmd_status_t collect(sort_t *s, const mmd_node_t *node) {
  for (size_t i = 0; i < node->input_count; ++i) MMD_TRY(add_producer(s, node->inputs[i]));
  for (size_t i = 0; i < node->attr_count; ++i) {
    const mmd_attr_t *attr = &node->attrs[i];
    if (attr->kind == MMD_ATTR_REGION) MMD_TRY(collect_region(s, attr->u.region));
    for (size_t j = 0; attr->kind == MMD_ATTR_REGIONS && j < attr->count; ++j)
      MMD_TRY(collect_region(s, attr->u.regions[j]));
  }
  return NULL;
}

static mmd_status_t collect_all(sort_t *s) {
  s->nodes = mmd_alloc_array(s->count + 1, sizeof *s->nodes);
  s->first = mmd_alloc_array(s->count + 1, sizeof *s->first);
  s->state = mmd_alloc(s->count + 1);
  if (!s->nodes || !s->first || !s->state) return mmd_status_no_memory();
  size_t i = 0;
  for (mmd_node_t *node = s->region->first; node; node = node->next) {
    node->mark = i;
    s->nodes[i++] = node;
  }
  for (i = 0; i < s->count; ++i) {
    s->first[i] = s->dependencies.count;
    MMD_TRY(collect(s, s->nodes[i]));
  }
  s->first[s->count] = s->dependencies.count;
  return NULL;
}

static mmd_status_t report_cycle(const sort_t *s, size_t node) {
  mmd_str_t text = {0};
  size_t at = s->stack.count;
  while (at > 0 && s->stack.items[at - 1] != node) --at;
  mmd_status_t status = NULL;
  size_t listed = 0;
  for (size_t i = at ? at - 1 : 0; i < s->stack.count && !status && listed < 8; ++i, ++listed) {
    if (listed) status = mmd_str_append(&text, ", ");
    if (!status) status = mmd_node_describe(s->nodes[s->stack.items[i]], &text);
  }
  if (!status && at + listed < s->stack.count + 1 && listed == 8)
    status = mmd_str_append(&text, ", ...");
  if (!status)
    status = MMD_ERROR(MMD_INVALID_ARGUMENT, "nodes form a cycle: %s", mmd_str_text(&text));
  mmd_str_deinit(&text);
  return status;
}

static mmd_status_t visit(sort_t *s, size_t root) {
  MMD_TRY(push(&s->stack, root));
  MMD_TRY(push(&s->position, s->first[root]));
  s->state[root] = 1;
  while (s->stack.count > 0) {
    size_t node = s->stack.items[s->stack.count - 1];
    size_t *position = &s->position.items[s->position.count - 1];
    if (*position == s->first[node + 1]) {
      s->state[node] = 2;
      mmd_node_move_before(s->nodes[node], NULL);
      --s->stack.count;
      --s->position.count;
      continue;
    }
    size_t next = s->dependencies.items[(*position)++];
    if (s->state[next] == 1) return report_cycle(s, next);
    if (s->state[next] == 2) continue;
    s->state[next] = 1;
    MMD_TRY(push(&s->stack, next));
    MMD_TRY(push(&s->position, s->first[next]));
  }
  return NULL;
}

static mmd_status_t sort_nodes(mmd_region_t *region) {
  sort_t s = {.region = region, .count = region->node_count};
  mmd_status_t status = collect_all(&s);
  for (size_t i = 0; i < s.count && !status; ++i)
    if (s.state[i] == 0) status = visit(&s, i);
  mmd_free(s.nodes);
  mmd_free(s.first);
  mmd_free(s.state);
  mmd_free(s.dependencies.items);
  mmd_free(s.stack.items);
  mmd_free(s.position.items);
  return status;
}

static mmd_status_t sort_region(mmd_region_t *region) {
  MMD_TRY(sort_nodes(region));
  for (mmd_node_t *node = region->first; node; node = node->next) {
    for (size_t i = 0; i < node->attr_count; ++i) {
      mmd_attr_t *attr = &node->attrs[i];
      if (attr->kind == MMD_ATTR_REGION) MMD_TRY(sort_region(attr->u.region));
      for (size_t j = 0; attr->kind == MMD_ATTR_REGIONS && j < attr->count; ++j)
        MMD_TRY(sort_region(attr->u.regions[j]));
    }
  }
  return NULL;
}

mmd_status_t mmd_graph_sort(mmd_graph_t *graph) {
  MMD_TRY(sort_region(graph->root));
  for (size_t i = 0; i < graph->function_count; ++i)
    MMD_TRY(sort_region(graph->functions[i]->body));
  return NULL;
}
