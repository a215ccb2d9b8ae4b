// SPDX-License-Identifier: Apache-2.0
#include "graph/extract.h"

#include <string.h>

#include "base/alloc.h"
#include "graph/internal.h"

//===--- finding edges -----------------------------------------------------===//

typedef struct names_t {
  size_t count, capacity;
  const char **items;
} names_t;

static mmd_status_t add_name(names_t *names, const char *name) {
  MMD_TRY(MMD_GROW(names->items, names->capacity, names->count + 1));
  names->items[names->count++] = name;
  return NULL;
}

// Names of all edges of |region|, for "is … meant?".
static mmd_status_t list_edges(const mmd_region_t *region, names_t *out_names) {
  for (size_t i = 0; i < region->input_count; ++i)
    MMD_TRY(add_name(out_names, region->inputs[i]->name));
  for (size_t i = 0; i < region->constant_count; ++i)
    MMD_TRY(add_name(out_names, region->constants[i]->name));
  for (const mmd_node_t *node = region->first; node; node = node->next) {
    for (size_t i = 0; i < node->output_count; ++i)
      if (node->outputs[i]) MMD_TRY(add_name(out_names, node->outputs[i]->name));
  }
  return NULL;
}

static mmd_status_t unknown_edge(const mmd_graph_t *graph, const char *what, const char *name) {
  names_t names = {0};
  mmd_status_t status = list_edges(graph->root, &names);
  const char *nearest = status ? NULL : mmd_nearest_name(name, names.items, names.count);
  if (!status && nearest) {
    status = MMD_ERROR(MMD_NOT_FOUND, "%s '%s': the graph has no such tensor (is '%s' meant?)",
                       what, name, nearest);
  } else if (!status) {
    status = MMD_ERROR(MMD_NOT_FOUND, "%s '%s': the graph has no such tensor", what, name);
  }
  mmd_free(names.items);
  return status;
}

static mmd_status_t find_edge(const mmd_graph_t *graph, const char *what, const char *name,
                              mmd_edge_t **out_edge) {
  *out_edge = mmd_graph_find_edge(graph, name);
  if (!*out_edge) return unknown_edge(graph, what, name);
  if ((*out_edge)->region == graph->root) return NULL;
  return MMD_ERROR(MMD_NOT_SUPPORTED,
                   "%s '%s' lies in a nested graph; tensors of the main graph are accepted", what,
                   name);
}

static mmd_status_t check_twice(const char *what, const char *const *names, size_t count) {
  for (size_t i = 0; i < count; ++i) {
    for (size_t k = 0; k < i; ++k) {
      if (strcmp(names[i], names[k]) == 0)
        return MMD_ERROR(MMD_INVALID_ARGUMENT, "%s '%s' is given twice", what, names[i]);
    }
  }
  return NULL;
}

static mmd_status_t check_names(const mmd_graph_t *graph, const mmd_extract_names_t *names) {
  mmd_edge_t *edge = NULL;
  MMD_TRY(check_twice("input", names->inputs, names->input_count));
  MMD_TRY(check_twice("output", names->outputs, names->output_count));
  for (size_t i = 0; i < names->input_count; ++i)
    MMD_TRY(find_edge(graph, "input", names->inputs[i], &edge));
  for (size_t i = 0; i < names->output_count; ++i) {
    MMD_TRY(find_edge(graph, "output", names->outputs[i], &edge));
    for (size_t k = 0; k < names->input_count; ++k) {
      if (strcmp(names->outputs[i], names->inputs[k]) == 0)
        return MMD_ERROR(MMD_INVALID_ARGUMENT, "'%s' is both input and output", edge->name);
    }
  }
  return NULL;
}

//===--- cutting -----------------------------------------------------------===//

static mmd_status_t remove_outputs(mmd_region_t *root) {
  while (root->output_count) MMD_TRY(mmd_region_remove_output(root, root->output_count - 1));
  return NULL;
}

// The uses of |edge| read a new input of its name; |edge| itself gets another one.
static mmd_status_t replace_by_input(mmd_edge_t *edge) {
  mmd_graph_t *graph = edge->region->graph;
  mmd_edge_t *input = NULL;
  const char *name = edge->name, *spare = mmd_graph_fresh_name(graph, name);
  MMD_TRY_ALLOC(spare);
  const mmd_type_t type = edge->type;
  MMD_TRY(mmd_region_add_input(graph->root, NULL, &type, &input));
  input->doc = edge->doc;
  input->kept = edge->kept;
  MMD_TRY(mmd_edge_replace_uses(edge, input));
  MMD_TRY(mmd_edge_rename(edge, spare));
  return mmd_edge_rename(input, name);
}

static mmd_status_t add_output(mmd_graph_t *graph, const char *name) {
  mmd_edge_t *edge = NULL;
  MMD_TRY(find_edge(graph, "output", name, &edge));
  if (!edge->is_constant) return mmd_region_add_output(graph->root, edge);
  // Weights cannot be an output themselves.
  mmd_node_t *node = NULL;
  const char *spare = mmd_graph_fresh_name(graph, name);
  MMD_TRY_ALLOC(spare);
  MMD_TRY(
      mmd_node_create(graph->root, NULL, MMD_DOMAIN_ONNX, "Identity", name, 1, &edge, 1, &node));
  const char *wanted = edge->name;
  MMD_TRY(mmd_edge_rename(edge, spare));
  MMD_TRY(mmd_edge_rename(node->outputs[0], wanted));
  MMD_TRY(mmd_edge_set_type(node->outputs[0], &edge->type));
  return mmd_region_add_output(graph->root, node->outputs[0]);
}

static bool is_used(const mmd_node_t *node) {
  for (size_t i = 0; i < node->output_count; ++i)
    if (node->outputs[i] && node->outputs[i]->uses) return true;
  return false;
}

// Nodes stand in topological order: users go before what they use.
static mmd_status_t erase_unused_nodes(mmd_region_t *root) {
  for (mmd_node_t *node = root->last, *previous = NULL; node; node = previous) {
    previous = node->previous;
    if (!is_used(node)) MMD_TRY(mmd_node_erase(node));
  }
  return NULL;
}

// The inputs that the graph had before: |kept| of the new ones stand behind them.
static mmd_status_t remove_old_inputs(mmd_region_t *root, size_t old_count) {
  for (size_t i = old_count; i-- > 0;) {
    if (root->inputs[i]->uses) {
      return MMD_ERROR(
          MMD_INVALID_ARGUMENT,
          "the outputs need '%s', which the inputs do not replace; give it as input too",
          root->inputs[i]->name);
    }
    MMD_TRY(mmd_region_remove_input(root, i));
  }
  return NULL;
}

static mmd_status_t check_used(mmd_region_t *root, bool drop) {
  for (size_t i = root->input_count; i-- > 0;) {
    if (root->inputs[i]->uses) continue;
    if (!drop) {
      return MMD_ERROR(MMD_INVALID_ARGUMENT, "input '%s': no output needs it",
                       root->inputs[i]->name);
    }
    MMD_TRY(mmd_region_remove_input(root, i));
  }
  return NULL;
}

static bool uses_domain(const mmd_graph_t *graph, const char *domain) {
  for (const mmd_region_t *region = graph->regions; region; region = region->next_region) {
    for (const mmd_node_t *node = region->first; node; node = node->next)
      if (strcmp(node->domain, domain) == 0) return true;
  }
  return false;
}

static void drop_unused_opsets(mmd_graph_t *graph) {
  size_t kept = 0;
  for (size_t i = 0; i < graph->opset_count; ++i) {
    const mmd_opset_t opset = graph->opsets[i];
    if (!*opset.domain || uses_domain(graph, opset.domain)) graph->opsets[kept++] = opset;
  }
  graph->opset_count = kept;
}

static mmd_status_t cut(mmd_graph_t *graph, const mmd_extract_names_t *names) {
  mmd_region_t *root = graph->root;
  const size_t old_count = root->input_count;
  mmd_edge_t *edge = NULL;
  MMD_TRY(remove_outputs(root));
  for (size_t i = 0; i < names->input_count; ++i) {
    MMD_TRY(find_edge(graph, "input", names->inputs[i], &edge));
    MMD_TRY(replace_by_input(edge));
  }
  for (size_t i = 0; i < names->output_count; ++i) MMD_TRY(add_output(graph, names->outputs[i]));
  MMD_TRY(erase_unused_nodes(root));
  if (names->input_count) MMD_TRY(remove_old_inputs(root, old_count));
  MMD_TRY(check_used(root, names->drop_unused || !names->input_count));
  mmd_region_erase_unused_constants(root);
  drop_unused_opsets(graph);
  return NULL;
}

mmd_status_t mmd_graph_extract(mmd_graph_t *graph, const mmd_extract_names_t *names) {
  mmd_extract_names_t all = *names;
  names_t own = {0};
  mmd_status_t status = NULL;
  for (size_t i = 0; !names->output_count && i < graph->root->output_count && !status; ++i)
    status = add_name(&own, graph->root->outputs[i]->name);
  if (!names->output_count) {
    all.outputs = own.items;
    all.output_count = own.count;
  }
  if (!status) status = check_names(graph, &all);
  if (!status) status = cut(graph, &all);
  mmd_free(own.items);
  return status;
}

//===--- marks -------------------------------------------------------------===//

bool mmd_node_is_mark(const mmd_node_t *node) {
  return mmd_node_is(node, MMD_DOMAIN_MMDEPLOY, "Mark") && node->input_count == 1 &&
         node->output_count == 1 && node->inputs[0] && node->outputs[0];
}

static bool is_typed(const mmd_type_t *type) {
  if (type->kind == MMD_TYPE_TENSOR) return type->has_rank && type->dtype != MMD_DTYPE_UNDEFINED;
  return type->kind != MMD_TYPE_UNKNOWN;
}

mmd_status_t mmd_graph_remove_marks(mmd_graph_t *graph) {
  for (mmd_region_t *region = graph->regions; region; region = region->next_region) {
    for (mmd_node_t *node = region->first, *next = NULL; node; node = next) {
      next = node->next;
      if (!mmd_node_is_mark(node)) continue;
      const mmd_type_t type = node->outputs[0]->type;
      if (!is_typed(&node->inputs[0]->type) && is_typed(&type))
        MMD_TRY(mmd_edge_set_type(node->inputs[0], &type));
      MMD_TRY(mmd_edge_forward(node->outputs[0], node->inputs[0]));
      MMD_TRY(mmd_node_erase(node));
    }
  }
  drop_unused_opsets(graph);
  return NULL;
}

static const char *mark_func(const mmd_node_t *node) {
  return mmd_node_attr_string(node, "func", "");
}
static const char *mark_type(const mmd_node_t *node) {
  return mmd_node_attr_string(node, "type", "");
}
static int64_t mark_id(const mmd_node_t *node) {
  return mmd_node_attr_int(node, "func_id", 0);
}

static bool is_same_mark(const mmd_node_t *a, const mmd_node_t *b) {
  return strcmp(mark_func(a), mark_func(b)) == 0 && strcmp(mark_type(a), mark_type(b)) == 0 &&
         mark_id(a) == mark_id(b);
}

mmd_status_t mmd_graph_list_marks(const mmd_graph_t *graph, mmd_str_t *out_text) {
  for (const mmd_node_t *node = graph->root->first; node; node = node->next) {
    if (!mmd_node_is_mark(node)) continue;
    const mmd_node_t *seen = graph->root->first;
    while (seen != node && !(mmd_node_is_mark(seen) && is_same_mark(seen, node))) seen = seen->next;
    if (seen != node) continue;
    MMD_TRY(mmd_str_printf(out_text, "%s[%lld]:%s\n", mark_func(node), (long long)mark_id(node),
                           mark_type(node)));
  }
  return NULL;
}

typedef struct marker_t {
  const char *func;  // |size| bytes
  size_t size;
  int64_t id;
  const char *type;
} marker_t;

static mmd_status_t parse_marker(const char *text, marker_t *out_marker) {
  const char *colon = strrchr(text, ':');
  *out_marker = (marker_t){.func = text, .type = colon ? colon + 1 : ""};
  bool is_good =
      colon && (strcmp(out_marker->type, "input") == 0 || strcmp(out_marker->type, "output") == 0);
  if (is_good) {
    out_marker->size = (size_t)(colon - text);
    const char *end = colon - 1, *digits = end;
    if (out_marker->size && *end == ']') {
      while (digits > text && *digits != '[') --digits;
      if (digits > text && mmd_parse_i64(digits + 1, (size_t)(end - digits - 1), &out_marker->id)) {
        out_marker->size = (size_t)(digits - text);
      }
    }
    is_good = out_marker->size > 0 && out_marker->id >= 0;
  }
  if (is_good) return NULL;
  return MMD_ERROR(MMD_INVALID_ARGUMENT,
                   "marker '%s': 'func:input', 'func:output' or 'func[1]:output' is expected",
                   text);
}

static bool matches(const mmd_node_t *node, const marker_t *marker) {
  if (!mmd_node_is_mark(node)) return false;
  const char *func = mark_func(node);
  return strlen(func) == marker->size && memcmp(func, marker->func, marker->size) == 0 &&
         strcmp(mark_type(node), marker->type) == 0 && mark_id(node) == marker->id;
}

static mmd_status_t unknown_marker(const mmd_graph_t *graph, const char *text) {
  mmd_str_t all = {0};
  mmd_status_t status = mmd_graph_list_marks(graph, &all);
  for (size_t i = 0; i < all.size; ++i)
    if (all.data[i] == '\n') all.data[i] = i + 1 < all.size ? ' ' : '\0';
  if (!status) {
    status = all.size
                 ? MMD_ERROR(MMD_NOT_FOUND, "there is no mark '%s'; there are: %s", text,
                             mmd_str_text(&all))
                 : MMD_ERROR(MMD_NOT_FOUND, "there is no mark '%s'; the graph has no marks", text);
  }
  mmd_str_deinit(&all);
  return status;
}

// What the mark knows, where the edge knows nothing.
static mmd_status_t take_mark_type(mmd_edge_t *edge, const mmd_node_t *mark) {
  size_t rank = 0;
  const int64_t *dims = mmd_node_attr_ints(mark, "shape", &rank);
  const int64_t dtype = mmd_node_attr_int(mark, "dtype", 0);
  if (is_typed(&edge->type) || dtype <= 0 || dtype >= MMD_DTYPE_COUNT || rank > MMD_MAX_RANK)
    return NULL;
  int64_t sizes[MMD_MAX_RANK] = {0};
  for (size_t i = 0; i < rank; ++i) sizes[i] = dims[i] < 0 ? -1 : dims[i];
  const mmd_type_t type =
      mmd_type_tensor(edge->region->graph, (mmd_dtype_t)dtype, (int)rank, sizes);
  if (type.kind == MMD_TYPE_UNKNOWN) return mmd_status_no_memory();
  return mmd_edge_set_type(edge, &type);
}

static mmd_status_t mark_name(const mmd_node_t *mark, mmd_str_t *out_name) {
  const char *name = mmd_node_attr_string(mark, "name", "");
  if (*name) return mmd_str_append(out_name, name);
  return mmd_str_printf(out_name, "%s_%s_%lld", mark_func(mark), mark_type(mark),
                        (long long)mmd_node_attr_int(mark, "id", 0));
}

// Whether |from| is |name| or "marker:name".
static bool is_meant(const char *from, const char *marker, const char *name) {
  const size_t size = strlen(marker);
  if (strcmp(from, name) == 0) return true;
  return strncmp(from, marker, size) == 0 && from[size] == ':' &&
         strcmp(from + size + 1, name) == 0;
}

static bool is_listed(const names_t *names, const char *name) {
  for (size_t i = 0; i < names->count; ++i)
    if (strcmp(names->items[i], name) == 0) return true;
  return false;
}

// One of the two lists of markers, and what they chose.
typedef struct side_t {
  bool is_start;
  const char *const *markers;
  size_t marker_count;
  const mmd_extract_rename_t *renames;
  size_t rename_count;
  names_t chosen;
} side_t;

static mmd_status_t wanted_name(const side_t *side, const char *marker, const mmd_node_t *mark,
                                mmd_str_t *out_name) {
  MMD_TRY(mark_name(mark, out_name));
  for (size_t i = 0; i < side->rename_count; ++i) {
    if (!is_meant(side->renames[i].from, marker, mmd_str_text(out_name))) continue;
    mmd_str_clear(out_name);
    return mmd_str_append(out_name, side->renames[i].to);
  }
  return NULL;
}

// |edge| gets the mark's name; another edge that has it gives it up unless it is chosen too.
static mmd_status_t choose(mmd_edge_t *edge, const mmd_node_t *mark, const char *marker,
                           const names_t *other, side_t *side) {
  mmd_graph_t *graph = edge->region->graph;
  names_t *chosen = &side->chosen;
  mmd_str_t name = {0};
  MMD_TRY(take_mark_type(edge, mark));
  if (is_listed(chosen, edge->name)) return NULL;
  if (is_listed(other, edge->name))
    return MMD_ERROR(MMD_INVALID_ARGUMENT, "'%s' is both start and end", edge->name);
  mmd_status_t status = wanted_name(side, marker, mark, &name);
  mmd_edge_t *owner = status ? NULL : mmd_graph_find_edge(graph, mmd_str_text(&name));
  if (owner && owner != edge && (is_listed(chosen, owner->name) || is_listed(other, owner->name))) {
    status = MMD_ERROR(MMD_INVALID_ARGUMENT, "two marks give the name '%s'", owner->name);
  } else if (owner && owner != edge) {
    const char *spare = mmd_graph_fresh_name(graph, owner->name);
    status = spare ? mmd_edge_rename(owner, spare) : mmd_status_no_memory();
  }
  if (!status) status = mmd_edge_rename(edge, mmd_str_text(&name));
  if (!status) status = add_name(chosen, edge->name);
  mmd_str_deinit(&name);
  return status;
}

static mmd_status_t choose_marked(const mmd_graph_t *graph, const char *text, const names_t *other,
                                  side_t *side) {
  marker_t marker;
  bool is_found = false;
  MMD_TRY(parse_marker(text, &marker));
  for (const mmd_node_t *node = graph->root->first; node; node = node->next) {
    if (!matches(node, &marker)) continue;
    is_found = true;
    MMD_TRY(choose(side->is_start ? node->inputs[0] : node->outputs[0], node, text, other, side));
  }
  return is_found ? NULL : unknown_marker(graph, text);
}

static mmd_status_t choose_side(const mmd_graph_t *graph, const names_t *other, side_t *side) {
  for (size_t i = 0; i < side->marker_count; ++i)
    MMD_TRY(choose_marked(graph, side->markers[i], other, side));
  return NULL;
}

static mmd_status_t forbid_empty_batch(mmd_region_t *root) {
  for (size_t i = 0; i < root->input_count; ++i) {
    mmd_type_t type = root->inputs[i]->type;
    if (type.kind != MMD_TYPE_TENSOR || !type.has_rank || !type.rank) continue;
    if (!mmd_dim_is_const(type.dims[0]) || type.dims[0]->number != 0) continue;
    type.dims[0] = mmd_dim_const(root->graph, 1);
    MMD_TRY_ALLOC(type.dims[0]);
    MMD_TRY(mmd_edge_set_type(root->inputs[i], &type));
  }
  return NULL;
}

static mmd_status_t choose_sides(mmd_graph_t *graph, const mmd_extract_marks_t *marks,
                                 side_t *out_start, side_t *out_end) {
  *out_start = (side_t){.is_start = true,
                        .markers = marks->start,
                        .marker_count = marks->start_count,
                        .renames = marks->start_names,
                        .rename_count = marks->start_name_count};
  *out_end = (side_t){.markers = marks->end,
                      .marker_count = marks->end_count,
                      .renames = marks->end_names,
                      .rename_count = marks->end_name_count};
  MMD_TRY(choose_side(graph, &out_end->chosen, out_start));
  return choose_side(graph, &out_start->chosen, out_end);
}

mmd_status_t mmd_graph_name_marked(mmd_graph_t *graph, const mmd_extract_marks_t *marks) {
  side_t start, end;
  mmd_status_t status = choose_sides(graph, marks, &start, &end);
  mmd_free(start.chosen.items);
  mmd_free(end.chosen.items);
  return status;
}

mmd_status_t mmd_graph_extract_marks(mmd_graph_t *graph, const mmd_extract_marks_t *marks) {
  side_t start, end;
  mmd_status_t status = choose_sides(graph, marks, &start, &end);
  const mmd_extract_names_t names = {.inputs = start.chosen.items,
                                     .input_count = start.chosen.count,
                                     .outputs = end.chosen.items,
                                     .output_count = end.chosen.count,
                                     .drop_unused = true};
  if (!status) status = mmd_graph_extract(graph, &names);
  if (!status) status = mmd_graph_remove_marks(graph);
  if (!status && marks->start_count) status = forbid_empty_batch(graph->root);
  mmd_free(start.chosen.items);
  mmd_free(end.chosen.items);
  return status;
}
