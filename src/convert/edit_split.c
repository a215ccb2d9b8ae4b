// SPDX-License-Identifier: Apache-2.0
#include "convert/edit_split.h"

#include <string.h>

#include "base/alloc.h"
#include "graph/extract.h"
#include "graph/verify.h"
#include "ops/op.h"

#define MAX_CUTS 64
#define NO_PIECE SIZE_MAX  // mark of nodes that need constants alone: each piece has its own copy

typedef struct names_t {
  size_t count, capacity;
  const char **items;
} names_t;

static mmd_status_t add_name(names_t *names, const char *name) {
  for (size_t i = 0; i < names->count; ++i)
    if (strcmp(names->items[i], name) == 0) return NULL;
  MMD_TRY(MMD_GROW(names->items, names->capacity, names->count + 1));
  names->items[names->count++] = name;
  return NULL;
}

// Pieces of edges; those of the graph's inputs and of constants are 0.
typedef struct split_t {
  const mmd_graph_t *graph;
  size_t piece_count;
  mmd_map_t cuts;  // name of a cut's tensor -> its number from 1, as a pointer into |numbers|
  size_t numbers[MAX_CUTS + 1];
  names_t names[MAX_CUTS + 1];  // of cut k, in the order given; [0] stays empty
} split_t;

static void drop_split(split_t *split) {
  for (size_t i = 0; i <= MAX_CUTS; ++i) mmd_free(split->names[i].items);
  mmd_map_deinit(&split->cuts);
}

static mmd_status_t add_cut(split_t *split, size_t number, const char *name, size_t size) {
  char *text = mmd_strndup(name, size);
  MMD_TRY_ALLOC(text);
  const mmd_edge_t *edge = mmd_graph_find_edge(split->graph, text);
  mmd_status_t status = NULL;
  if (!edge || edge->region != split->graph->root) {
    status = MMD_ERROR(MMD_NOT_FOUND, "--split: the main graph has no tensor '%s'", text);
  } else if (!edge->producer) {
    status = MMD_ERROR(MMD_INVALID_ARGUMENT, "--split: '%s' is not made by a node", text);
  } else if (mmd_map_has(&split->cuts, text)) {
    status = MMD_ERROR(MMD_INVALID_ARGUMENT, "--split: '%s' is given twice", text);
  }
  if (!status) status = mmd_map_set(&split->cuts, text, &split->numbers[number], NULL);
  if (!status) status = add_name(&split->names[number], edge->name);
  mmd_free(text);
  return status;
}

static mmd_status_t read_cuts(split_t *split, const mmd_value_t *cuts) {
  split->piece_count = mmd_array_size(cuts) + 1;
  if (split->piece_count > MAX_CUTS)
    return MMD_ERROR(MMD_OUT_OF_RANGE, "--split: at most %d cuts are accepted", MAX_CUTS - 1);
  for (size_t i = 1; i < split->piece_count; ++i) {
    const char *at = mmd_value_get_string(mmd_array_at(cuts, i - 1), "");
    split->numbers[i] = i;
    while (*at) {
      const size_t size = strcspn(at, ",");
      if (size) MMD_TRY(add_cut(split, i, at, size));
      at += size + (at[size] == ',');
    }
    if (!split->names[i].count)
      return MMD_ERROR(MMD_INVALID_ARGUMENT, "--split: TENSOR,TENSOR is expected");
  }
  return NULL;
}

static bool is_free(const mmd_edge_t *edge) {
  return edge->is_constant || (edge->producer && edge->producer->mark == NO_PIECE);
}

static size_t made_in(const mmd_edge_t *edge) {
  return edge->producer && !is_free(edge) ? edge->producer->mark : 0;
}

// The first piece that may use the edge.
static size_t usable_from(const split_t *split, const mmd_edge_t *edge) {
  const size_t *cut = mmd_map_get(&split->cuts, edge->name);
  const size_t made = made_in(edge);
  return cut && *cut > made ? *cut : made;
}

static size_t region_needs(const split_t *split, const mmd_node_t *node, size_t piece);

static size_t captured(const split_t *split, const mmd_region_t *region, size_t piece) {
  for (const mmd_node_t *node = region->first; node; node = node->next)
    piece = region_needs(split, node, piece);
  for (size_t i = 0; i < region->output_count; ++i) {
    const mmd_edge_t *edge = region->outputs[i];
    if (edge->region == split->graph->root && usable_from(split, edge) > piece)
      piece = usable_from(split, edge);
  }
  return piece;
}

static size_t region_needs(const split_t *split, const mmd_node_t *node, size_t piece) {
  for (size_t i = 0; i < node->input_count; ++i) {
    const mmd_edge_t *edge = node->inputs[i];
    if (edge && edge->region == split->graph->root && usable_from(split, edge) > piece)
      piece = usable_from(split, edge);
  }
  for (size_t i = 0; i < node->attr_count; ++i) {
    const mmd_attr_t *attr = &node->attrs[i];
    if (attr->kind == MMD_ATTR_REGION) piece = captured(split, attr->u.region, piece);
    for (size_t k = 0; attr->kind == MMD_ATTR_REGIONS && k < attr->count; ++k)
      piece = captured(split, attr->u.regions[k], piece);
  }
  return piece;
}

// Nodes with regions capture values: they are no free ones.
static bool needs_constants_alone(const mmd_node_t *node) {
  const mmd_op_t *op = mmd_op_find(node->domain, node->op, node->version);
  if (!op || op->flags & MMD_OP_RANDOM) return false;
  for (size_t i = 0; i < node->input_count; ++i)
    if (node->inputs[i] && !is_free(node->inputs[i])) return false;
  for (size_t i = 0; i < node->attr_count; ++i)
    if (node->attrs[i].kind == MMD_ATTR_REGION || node->attrs[i].kind == MMD_ATTR_REGIONS)
      return false;
  return true;
}

static mmd_status_t place_nodes(split_t *split) {
  for (mmd_node_t *node = split->graph->root->first; node; node = node->next)
    node->mark = needs_constants_alone(node) ? NO_PIECE : region_needs(split, node, 0);
  for (size_t k = 1; k < split->piece_count; ++k) {
    bool has_nodes = false;
    for (size_t i = 0; i < split->names[k].count; ++i) {
      const mmd_edge_t *edge = mmd_graph_find_edge(split->graph, split->names[k].items[i]);
      if (is_free(edge)) {
        return MMD_ERROR(MMD_INVALID_ARGUMENT, "--split: '%s' does not depend on the inputs",
                         edge->name);
      }
      if (made_in(edge) < k) continue;
      return MMD_ERROR(MMD_INVALID_ARGUMENT, "--split: '%s' of cut %zu is made behind cut %zu",
                       edge->name, k, made_in(edge));
    }
    for (const mmd_node_t *node = split->graph->root->first; node; node = node->next)
      has_nodes = has_nodes || node->mark == k;
    if (!has_nodes)
      return MMD_ERROR(MMD_INVALID_ARGUMENT, "--split: no node lies behind cut %zu", k);
  }
  return NULL;
}

// What later pieces, or the graph, take from piece |k|, and what it takes from earlier ones.
typedef struct wires_t {
  names_t inputs, outputs;
} wires_t;

static mmd_status_t add_use(const split_t *split, size_t k, const mmd_edge_t *edge, size_t user,
                            wires_t *wires) {
  if (!edge || edge->region != split->graph->root || is_free(edge)) return NULL;
  const bool is_input = !edge->producer;
  if (user == k && (is_input || made_in(edge) < k)) return add_name(&wires->inputs, edge->name);
  if (user > k && !is_input && made_in(edge) == k) return add_name(&wires->outputs, edge->name);
  return NULL;
}

static mmd_status_t add_uses(const split_t *split, size_t k, const mmd_node_t *node, size_t user,
                             wires_t *wires);

static mmd_status_t add_captured(const split_t *split, size_t k, const mmd_region_t *region,
                                 size_t user, wires_t *wires) {
  for (const mmd_node_t *node = region->first; node; node = node->next)
    MMD_TRY(add_uses(split, k, node, user, wires));
  for (size_t i = 0; i < region->output_count; ++i)
    MMD_TRY(add_use(split, k, region->outputs[i], user, wires));
  return NULL;
}

static mmd_status_t add_uses(const split_t *split, size_t k, const mmd_node_t *node, size_t user,
                             wires_t *wires) {
  for (size_t i = 0; i < node->input_count; ++i)
    MMD_TRY(add_use(split, k, node->inputs[i], user, wires));
  for (size_t i = 0; i < node->attr_count; ++i) {
    const mmd_attr_t *attr = &node->attrs[i];
    if (attr->kind == MMD_ATTR_REGION) MMD_TRY(add_captured(split, k, attr->u.region, user, wires));
    for (size_t j = 0; attr->kind == MMD_ATTR_REGIONS && j < attr->count; ++j)
      MMD_TRY(add_captured(split, k, attr->u.regions[j], user, wires));
  }
  return NULL;
}

// The tensors of the cuts come first, in the order in which they were given.
static mmd_status_t find_wires(const split_t *split, size_t k, wires_t *wires) {
  const mmd_region_t *root = split->graph->root;
  wires_t found = {0};
  mmd_status_t status = NULL;
  for (const mmd_node_t *node = root->first; node && !status; node = node->next)
    if (node->mark != NO_PIECE) status = add_uses(split, k, node, node->mark, &found);
  for (size_t i = 0; i < split->names[k].count && !status; ++i) {
    for (size_t j = 0; j < found.inputs.count && !status; ++j)
      if (strcmp(found.inputs.items[j], split->names[k].items[i]) == 0)
        status = add_name(&wires->inputs, found.inputs.items[j]);
  }
  for (size_t i = 0; k + 1 < split->piece_count && i < split->names[k + 1].count && !status; ++i) {
    const mmd_edge_t *edge = mmd_graph_find_edge(split->graph, split->names[k + 1].items[i]);
    if (made_in(edge) == k) status = add_name(&wires->outputs, edge->name);
  }
  for (size_t i = 0; i < found.inputs.count && !status; ++i)
    status = add_name(&wires->inputs, found.inputs.items[i]);
  for (size_t i = 0; i < found.outputs.count && !status; ++i)
    status = add_name(&wires->outputs, found.outputs.items[i]);
  for (size_t i = 0; i < root->output_count && !status; ++i) {
    const mmd_edge_t *edge = root->outputs[i];
    if (made_in(edge) == k && edge->producer) status = add_name(&wires->outputs, edge->name);
  }
  mmd_free(found.inputs.items);
  mmd_free(found.outputs.items);
  return status;
}

static mmd_status_t make_piece(const split_t *split, size_t k, mmd_graph_t **out_piece) {
  wires_t wires = {0};
  mmd_status_t status = find_wires(split, k, &wires);
  if (!status) status = mmd_graph_clone(split->graph, out_piece);
  if (!status && !wires.outputs.count)
    status = MMD_ERROR(MMD_INVALID_ARGUMENT, "--split: nobody uses what piece %zu makes", k);
  if (!status) {
    const mmd_extract_names_t names = {.inputs = wires.inputs.items,
                                       .input_count = wires.inputs.count,
                                       .outputs = wires.outputs.items,
                                       .output_count = wires.outputs.count,
                                       .drop_unused = true};
    status = mmd_graph_extract(*out_piece, &names);
  }
  if (!status) status = mmd_graph_verify(*out_piece);
  mmd_free(wires.inputs.items);
  mmd_free(wires.outputs.items);
  return status;
}

void mmd_edit_split_free(mmd_graph_t **pieces, size_t count) {
  for (size_t i = 0; pieces && i < count; ++i) mmd_graph_destroy(pieces[i]);
  mmd_free(pieces);
}

static mmd_status_t make_pieces(split_t *split, mmd_graph_t **pieces) {
  MMD_TRY(place_nodes(split));
  for (size_t k = 0; k < split->piece_count; ++k) MMD_TRY(make_piece(split, k, &pieces[k]));
  return NULL;
}

mmd_status_t mmd_edit_split(const mmd_graph_t *graph, const mmd_value_t *cuts,
                            mmd_graph_t ***out_pieces, size_t *out_count) {
  split_t split = {.graph = graph};
  mmd_graph_t **pieces = NULL;
  mmd_status_t status = read_cuts(&split, cuts);
  if (!status) {
    pieces = mmd_alloc_array(split.piece_count, sizeof(mmd_graph_t *));
    if (!pieces) status = mmd_status_no_memory();
  }
  if (!status) status = make_pieces(&split, pieces);
  const size_t count = split.piece_count;
  drop_split(&split);
  if (status) {
    mmd_edit_split_free(pieces, count);
    return status;
  }
  *out_pieces = pieces;
  *out_count = count;
  return NULL;
}
