// SPDX-License-Identifier: Apache-2.0
#include "convert/graph_tree.h"

#include <ctype.h>
#include <string.h>

#include "base/alloc.h"
#include "base/map.h"

enum { MAX_PARTS = 32 };  // of a path; what is deeper stays together

typedef struct maker_t {
  mmd_graph_tree_t *tree;
  mmd_map_t modules;  // "<owner>:<path>" to item
} maker_t;

//===--- module paths ------------------------------------------------------===//

static size_t word_size(const char *text, const char *separators) {
  return strcspn(text, separators);
}

// "conv1" behind "layer1" in "layer1/layer1.0/conv1": PyTorch repeats the list's name.
static const char *skip_repeated(const char *part, size_t size, const char *last,
                                 size_t last_size) {
  const bool repeats =
      last && size > last_size + 1 && part[last_size] == '.' && strncmp(part, last, last_size) == 0;
  return repeats ? part + last_size + 1 : part;
}

// "/a/b/b.0" to "a.b.0".
static mmd_status_t normalise_path(const char *text, size_t size, mmd_str_t *out) {
  const char *last = NULL, *end = text + size;
  size_t last_size = 0;
  while (text < end) {
    size_t part_size = word_size(text, "/");
    if (part_size > (size_t)(end - text)) part_size = (size_t)(end - text);
    const char *part = skip_repeated(text, part_size, last, last_size);
    const size_t rest = part_size - (size_t)(part - text);
    if (rest) {
      if (out->size) MMD_TRY(mmd_str_append_char(out, '.'));
      MMD_TRY(mmd_str_append_n(out, part, rest));
      last = text;
      last_size = part_size;
    }
    text += part_size;
    if (text < end) ++text;
  }
  return NULL;
}

// Where the last part of a path begins: behind the last '/', else the last '.'.
static const char *last_part(const char *name) {
  const char *cut = strrchr(name, '/');
  if (!cut) cut = strrchr(name, '.');
  return cut ? cut + 1 : name;
}

static bool is_number(const char *text) {
  if (!*text) return false;
  while (isdigit((unsigned char)*text)) ++text;
  return !*text;
}

// Names that a tool made of the operator and a number, "p2o.Conv.3", say nothing of modules.
static bool is_numbered(const mmd_node_t *node) {
  const char *part = last_part(node->name);
  if (part == node->name || strchr(node->name, '/')) return false;
  const size_t size = strlen(node->op), before = (size_t)(part - 1 - node->name);
  if (!is_number(part) || before < size) return false;
  const char *word = node->name + before - size;
  return strncmp(word, node->op, size) == 0 && (word == node->name || word[-1] == '.');
}

static mmd_status_t path_of_name(const mmd_node_t *node, mmd_str_t *out) {
  const char *part = last_part(node->name);
  if (part == node->name || is_numbered(node)) return NULL;
  return normalise_path(node->name, (size_t)(part - 1 - node->name), out);
}

static bool is_key(const char *name) {
  for (const char *c = name; *c; ++c) {
    if (!isalnum((unsigned char)*c) && *c != '_' && *c != '.') return false;
  }
  return isalpha((unsigned char)*name) && !is_number(last_part(name));
}

// "backbone.conv1.weight" is used in backbone.conv1.
static mmd_status_t path_of_weights(const mmd_node_t *node, mmd_str_t *out) {
  for (size_t i = 0; i < node->input_count; ++i) {
    const mmd_edge_t *edge = node->inputs[i];
    if (!edge || !edge->is_constant || !is_key(edge->name)) continue;
    const char *part = last_part(edge->name);
    if (part != edge->name) return normalise_path(edge->name, (size_t)(part - 1 - edge->name), out);
  }
  return NULL;
}

static mmd_status_t find_path(const mmd_node_t *node, mmd_str_t *out) {
  if (*node->scope) return normalise_path(node->scope, strlen(node->scope), out);
  MMD_TRY(path_of_name(node, out));
  return out->size ? NULL : path_of_weights(node, out);
}

// Bytes of the modules that both paths lie in.
static size_t common_size(const char *a, const char *b) {
  size_t common = 0;
  for (size_t i = 0;; ++i) {
    const bool a_ends = !a[i] || a[i] == '.', b_ends = !b[i] || b[i] == '.';
    if (a_ends && b_ends) common = i;
    if (!a[i] || !b[i] || a[i] != b[i]) return common;
  }
}

// Nodes without a path lie in what the nearest ones with a path have in common.
static mmd_status_t fill_gaps(maker_t *m, size_t count, const char **paths) {
  for (size_t i = 0; i < count; ++i) {
    if (paths[i]) continue;
    size_t end = i;
    while (end < count && !paths[end]) ++end;
    const char *before = i ? paths[i - 1] : "", *after = end < count ? paths[end] : "";
    const char *path = mmd_arena_strndup(&m->tree->arena, before, common_size(before, after));
    MMD_TRY_ALLOC(path);
    for (; i < end; ++i) paths[i] = path;
  }
  return NULL;
}

static mmd_status_t find_paths(maker_t *m, const mmd_region_t *region, const char **paths) {
  mmd_str_t path = {0};
  mmd_status_t status = NULL;
  size_t i = 0;
  for (const mmd_node_t *node = region->first; node && !status; node = node->next, ++i) {
    mmd_str_clear(&path);
    status = find_path(node, &path);
    if (status || !path.size) continue;
    paths[i] = mmd_arena_strdup(&m->tree->arena, mmd_str_text(&path));
    if (!paths[i]) status = mmd_status_no_memory();
  }
  mmd_str_deinit(&path);
  return status ? status : fill_gaps(m, i, paths);
}

//===--- items -------------------------------------------------------------===//

static mmd_status_t add_item(maker_t *m, size_t parent, const char *name, const char *path,
                             const mmd_node_t *node, size_t *out_item) {
  mmd_graph_tree_t *tree = m->tree;
  const size_t at = tree->count;
  MMD_TRY(MMD_GROW(tree->items, tree->capacity, at + 1));
  tree->items[at] = (mmd_tree_item_t){.name = name,
                                      .path = path,
                                      .node = node,
                                      .parent = parent,
                                      .first_child = MMD_TREE_NONE,
                                      .last_child = MMD_TREE_NONE,
                                      .next = MMD_TREE_NONE};
  const mmd_dim_t *zero = mmd_dim_const(tree->graph, 0);
  MMD_TRY_ALLOC(zero);
  tree->items[at].cost = (mmd_cost_t){zero, zero};
  ++tree->count;
  *out_item = at;
  if (parent == MMD_TREE_NONE) return NULL;
  mmd_tree_item_t *above = &tree->items[parent];
  tree->items[at].level = above->level + 1;
  if (above->last_child == MMD_TREE_NONE) {
    above->first_child = at;
  } else {
    tree->items[above->last_child].next = at;
  }
  above->last_child = at;
  return NULL;
}

// The module |path| below |owner|, made with those around it when missing.
static mmd_status_t find_module(maker_t *m, size_t owner, const char *path, size_t *out_item) {
  mmd_graph_tree_t *tree = m->tree;
  size_t at = owner;
  const char *end = path;
  for (int part = 1; *end; ++part) {
    const char *begin = end == path ? end : end + 1;
    end = part < MAX_PARTS ? begin + word_size(begin, ".") : begin + strlen(begin);
    char *key = mmd_arena_printf(&tree->arena, "%zu:%.*s", owner, (int)(end - path), path);
    MMD_TRY_ALLOC(key);
    const uintptr_t found = (uintptr_t)mmd_map_get(&m->modules, key);
    if (!found) {
      char *name = mmd_arena_strndup(&tree->arena, begin, (size_t)(end - begin));
      MMD_TRY_ALLOC(name);
      MMD_TRY(add_item(m, at, name, strchr(key, ':') + 1, NULL, &at));
      MMD_TRY(mmd_map_set(&m->modules, key, (void *)(uintptr_t)at, NULL));
    } else {
      at = (size_t)found;
    }
  }
  *out_item = at;
  return NULL;
}

static const char *node_name(const mmd_node_t *node) {
  if (is_numbered(node)) return node->name;
  if (*node->name) return last_part(node->name);
  for (size_t i = 0; i < node->output_count; ++i) {
    if (node->outputs[i]) return node->outputs[i]->name;
  }
  return "";
}

static mmd_status_t add_region(maker_t *m, size_t owner, const mmd_region_t *region);

static mmd_status_t add_body(maker_t *m, size_t owner, const char *name,
                             const mmd_region_t *region) {
  size_t item;
  MMD_TRY(add_item(m, owner, name, name, NULL, &item));
  return add_region(m, item, region);
}

// The graph bounds how deep regions nest.
static mmd_status_t add_bodies(maker_t *m, size_t owner, const mmd_node_t *node) {
  for (size_t i = 0; i < node->attr_count; ++i) {
    const mmd_attr_t *attr = &node->attrs[i];
    if (attr->kind == MMD_ATTR_REGION) MMD_TRY(add_body(m, owner, attr->name, attr->u.region));
    if (attr->kind != MMD_ATTR_REGIONS) continue;
    for (size_t k = 0; k < attr->count; ++k)
      MMD_TRY(add_body(m, owner, attr->name, attr->u.regions[k]));
  }
  return NULL;
}

static mmd_status_t add_nodes(maker_t *m, size_t owner, const mmd_region_t *region,
                              const char *const *paths) {
  size_t i = 0;
  for (mmd_node_t *node = region->first; node; node = node->next, ++i) {
    size_t item;
    MMD_TRY(find_module(m, owner, paths[i], &item));
    node->mark = item;
    if (mmd_node_is(node, MMD_DOMAIN_ONNX, "Constant")) continue;
    MMD_TRY(add_item(m, item, node_name(node), "", node, &item));
    node->mark = item;
    MMD_TRY(add_bodies(m, item, node));
  }
  return NULL;
}

static mmd_status_t add_region(maker_t *m, size_t owner, const mmd_region_t *region) {
  const char **paths = mmd_alloc_array(region->node_count + 1, sizeof *paths);
  MMD_TRY_ALLOC(paths);
  mmd_status_t status = find_paths(m, region, paths);
  if (!status) status = add_nodes(m, owner, region, paths);
  mmd_free(paths);
  return status;
}

//===--- sums --------------------------------------------------------------===//

static mmd_status_t count_node(mmd_graph_tree_t *tree, size_t item) {
  mmd_cost_t cost;
  bool known;
  MMD_TRY(mmd_node_cost(tree->graph, tree->items[item].node, &cost, &known));
  for (size_t at = item; at != MMD_TREE_NONE; at = tree->items[at].parent) {
    mmd_tree_item_t *above = &tree->items[at];
    ++above->node_count;
    if (!known) ++above->unknown_costs;
    if (known) MMD_TRY(mmd_cost_add(tree->graph, &above->cost, &cost));
  }
  return NULL;
}

// The first node that uses |edge|; the root for none.
static size_t first_user(const mmd_edge_t *edge) {
  size_t first = MMD_TREE_NONE;
  for (const mmd_use_t *use = edge->uses; use; use = use->next) {
    if (use->node && use->node->mark < first) first = use->node->mark;
  }
  return first == MMD_TREE_NONE ? 0 : first;
}

static void add_parameters(mmd_graph_tree_t *tree, const mmd_edge_t *edge, size_t count) {
  for (size_t at = first_user(edge); at != MMD_TREE_NONE; at = tree->items[at].parent)
    tree->items[at].parameters += count;
}

// Some exporters write weights as nodes, among numbers that are none.
static size_t weights_of_node(const mmd_node_t *node) {
  if (!mmd_node_is(node, MMD_DOMAIN_ONNX, "Constant") || !node->outputs[0]) return 0;
  const mmd_tensor_t *tensor = mmd_node_attr_tensor(node, "value");
  const bool is_weight = tensor && tensor->shape.rank && mmd_dtype_is_float(tensor->dtype);
  return is_weight ? mmd_tensor_count(tensor) : 0;
}

static void count_constants(mmd_graph_tree_t *tree, const mmd_region_t *region) {
  for (size_t i = 0; i < region->constant_count; ++i) {
    const mmd_edge_t *edge = region->constants[i];
    add_parameters(tree, edge, mmd_tensor_count(&edge->constant));
  }
  for (const mmd_node_t *node = region->first; node; node = node->next) {
    const size_t count = weights_of_node(node);
    if (count) add_parameters(tree, node->outputs[0], count);
  }
}

// Level of the innermost item that holds both; -1 for an output of the whole graph.
static int common_level(const mmd_graph_tree_t *tree, size_t a, const mmd_use_t *use) {
  const mmd_node_t *user = use->node ? use->node : use->region->owner;
  if (!user) return -1;
  size_t b = user->mark;
  while (a != b) {
    size_t *deeper = tree->items[a].level >= tree->items[b].level ? &a : &b;
    *deeper = tree->items[*deeper].parent;
  }
  return tree->items[a].level;
}

// Every item that |edge| leaves has it as a result.
static void count_output(mmd_graph_tree_t *tree, size_t item, const mmd_edge_t *edge) {
  int level = tree->items[item].level;
  for (const mmd_use_t *use = edge->uses; use; use = use->next) {
    const int common = common_level(tree, item, use);
    if (common < level) level = common;
  }
  for (size_t at = item; at != MMD_TREE_NONE; at = tree->items[at].parent) {
    mmd_tree_item_t *above = &tree->items[at];
    if (above->level <= level && at != item) break;
    const bool keeps_first = at == item || at == 0;
    if (above->output_count++ == 0 || !keeps_first) above->output = edge;
  }
}

static mmd_status_t sum_up(mmd_graph_tree_t *tree) {
  for (size_t i = 0; i < tree->count; ++i) {
    const mmd_node_t *node = tree->items[i].node;
    if (!node) continue;
    MMD_TRY(count_node(tree, i));
    for (size_t k = 0; k < node->output_count; ++k) {
      if (node->outputs[k]) count_output(tree, i, node->outputs[k]);
    }
  }
  return NULL;
}

static mmd_status_t make_tree(maker_t *m) {
  mmd_graph_t *graph = m->tree->graph;
  size_t root;
  // Bodies of functions belong to no node: what lies in them gets the root.
  for (mmd_region_t *region = graph->regions; region; region = region->next_region) {
    for (mmd_node_t *node = region->first; node; node = node->next) node->mark = 0;
  }
  MMD_TRY(add_item(m, MMD_TREE_NONE, graph->name ? graph->name : "", "", NULL, &root));
  MMD_TRY(add_region(m, root, graph->root));
  for (mmd_region_t *region = graph->regions; region; region = region->next_region)
    count_constants(m->tree, region);
  return sum_up(m->tree);
}

mmd_status_t mmd_graph_tree_create(mmd_graph_t *graph, mmd_graph_tree_t *out_tree) {
  *out_tree = (mmd_graph_tree_t){.graph = graph};
  mmd_arena_init(&out_tree->arena);
  maker_t m = {.tree = out_tree};
  mmd_status_t status = make_tree(&m);
  mmd_map_deinit(&m.modules);
  if (status) mmd_graph_tree_deinit(out_tree);
  return status;
}

void mmd_graph_tree_deinit(mmd_graph_tree_t *tree) {
  mmd_free(tree->items);
  mmd_arena_deinit(&tree->arena);
  *tree = (mmd_graph_tree_t){0};
}

size_t mmd_graph_tree_visible(const mmd_graph_tree_t *tree, size_t item, int depth) {
  size_t visible = item;
  for (size_t at = tree->items[item].parent; at != MMD_TREE_NONE; at = tree->items[at].parent) {
    const bool is_closed = depth >= 0 && tree->items[at].level >= depth;
    if (is_closed || tree->items[at].node) visible = at;
  }
  return visible;
}
