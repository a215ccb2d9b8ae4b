// SPDX-License-Identifier: Apache-2.0
//
// `inspect --shapes`: the tree of modules as a table and as JSON.
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "convert/graph_tree.h"
#include "convert/inspect.h"

enum {
  COLUMNS = 5,
  WIDEST = 72,           // of a column; what is longer, expressions of sizes, sticks out
  MAX_EXPRESSION = 100,  // columns that a symbolic number may take
  MAX_NAME = 60,
};

typedef struct row_t {
  char *cells[COLUMNS];
} row_t;

typedef struct table_t {
  mmd_graph_tree_t tree;
  int depth;
  size_t count, capacity;
  row_t *rows;
} table_t;

static void deinit(table_t *t) {
  for (size_t i = 0; i < t->count; ++i) {
    for (int k = 0; k < COLUMNS; ++k) mmd_free(t->rows[i].cells[k]);
  }
  mmd_free(t->rows);
  mmd_graph_tree_deinit(&t->tree);
}

//===--- numbers -----------------------------------------------------------===//

// The graph's stand-in for an expression that grew too large (see dim.h).
static bool has_stand_in(const mmd_dim_t *dim) {
  if (dim->kind == MMD_DIM_CONST) return false;
  if (dim->kind != MMD_DIM_SYMBOL) return has_stand_in(dim->a) || has_stand_in(dim->b);
  return strncmp(dim->symbol, "dim_", 4) == 0 && strlen(dim->symbol) == 20;
}

mmd_status_t mmd_inspect_count(mmd_str_t *text, uint64_t number) {
  static const char *const units[] = {"", " K", " M", " G", " T", " P", " E"};
  double shown = (double)number;
  size_t unit = 0;
  for (; shown >= 999.5 && unit + 1 < sizeof units / sizeof *units; ++unit) shown /= 1000;
  if (!unit) return mmd_str_printf(text, "%llu", (unsigned long long)number);
  return mmd_str_printf(text, "%.*f%s",
                        shown < 9.995   ? 2
                        : shown < 99.95 ? 1
                                        : 0,
                        shown, units[unit]);
}

static mmd_status_t format_cost(const mmd_dim_t *dim, mmd_str_t *out) {
  if (mmd_dim_is_const(dim)) return mmd_inspect_count(out, (uint64_t)dim->number);
  mmd_str_t expression = {0};
  mmd_status_t status = has_stand_in(dim) ? NULL : mmd_dim_format(dim, &expression);
  const bool fits = expression.size && expression.size <= MAX_EXPRESSION;
  if (!status) status = mmd_str_append(out, fits ? mmd_str_text(&expression) : "symbolic");
  mmd_str_deinit(&expression);
  return status;
}

// A number, a text where it depends on symbols, null where it is too large to say.
static mmd_status_t take_cost(mmd_value_t *item, const char *member, const mmd_dim_t *dim) {
  if (mmd_dim_is_const(dim)) return mmd_object_take(item, member, mmd_value_int(dim->number));
  if (has_stand_in(dim)) return mmd_object_take(item, member, mmd_value_null());
  mmd_str_t expression = {0};
  mmd_status_t status = mmd_dim_format(dim, &expression);
  if (!status) status = mmd_object_take(item, member, mmd_value_string(mmd_str_text(&expression)));
  mmd_str_deinit(&expression);
  return status;
}

//===--- rows --------------------------------------------------------------===//

// A module that holds one node alone is shown in one row with it.
static const mmd_tree_item_t *only_node(const table_t *t, const mmd_tree_item_t *item) {
  if (item->node || item->first_child == MMD_TREE_NONE || item->first_child != item->last_child)
    return NULL;
  const mmd_tree_item_t *child = &t->tree.items[item->first_child];
  return child->node && child->first_child == MMD_TREE_NONE ? child : NULL;
}

static bool is_open(const table_t *t, const mmd_tree_item_t *item) {
  if (item->first_child == MMD_TREE_NONE || only_node(t, item)) return false;
  return t->depth < 0 || item->level < t->depth;
}

static mmd_status_t format_op(const mmd_node_t *node, mmd_str_t *out) {
  return mmd_str_printf(out, "%s%s%s", node->domain, *node->domain ? "." : "", node->op);
}

static mmd_status_t format_output(const mmd_tree_item_t *item, mmd_str_t *out) {
  if (!item->output) return NULL;
  MMD_TRY(mmd_type_format(&item->output->type, out));
  if (item->output_count == 1) return NULL;
  return mmd_str_printf(out, " +%zu", item->output_count - 1);
}

static mmd_status_t fill_cell(const table_t *t, const mmd_tree_item_t *item, int column,
                              mmd_str_t *out) {
  const mmd_tree_item_t *node = item->node ? item : only_node(t, item);
  const mmd_dim_t *flops;
  switch (column) {
    case 0:
      return mmd_str_printf(out, "%*s%.*s", 2 * item->level, "", MAX_NAME, item->name);
    case 1:
      return node ? format_op(node->node, out) : NULL;
    case 2:
      return format_output(item, out);
    case 3:
      return item->parameters ? mmd_inspect_count(out, item->parameters) : NULL;
    default:
      if (item->unknown_costs == item->node_count) return mmd_str_append(out, "?");
      flops = mmd_cost_flops(t->tree.graph, &item->cost);
      MMD_TRY_ALLOC(flops);
      if (mmd_dim_number(flops) == 0 && !item->unknown_costs) return NULL;
      MMD_TRY(format_cost(flops, out));
      return item->unknown_costs ? mmd_str_append(out, " + ?") : NULL;
  }
}

static mmd_status_t add_row(table_t *t, const mmd_tree_item_t *item) {
  MMD_TRY(MMD_GROW(t->rows, t->capacity, t->count + 1));
  row_t *row = &t->rows[t->count++];
  *row = (row_t){{NULL}};
  for (int k = 0; k < COLUMNS; ++k) {
    mmd_str_t cell = {0};
    mmd_status_t status = fill_cell(t, item, k, &cell);
    if (status) {
      mmd_str_deinit(&cell);
      return status;
    }
    row->cells[k] = mmd_str_take(&cell);
    MMD_TRY_ALLOC(row->cells[k]);
    mmd_str_sanitize(row->cells[k]);
  }
  return NULL;
}

// The next item in the order of the tree, or the root at the end.
static size_t step(const table_t *t, size_t at) {
  const mmd_tree_item_t *items = t->tree.items;
  if (is_open(t, &items[at])) return items[at].first_child;
  while (at && items[at].next == MMD_TREE_NONE) at = items[at].parent;
  return at ? items[at].next : 0;
}

static mmd_status_t add_rows(table_t *t) {
  size_t at = 0;
  do {
    MMD_TRY(add_row(t, &t->tree.items[at]));
    at = step(t, at);
  } while (at);
  return NULL;
}

//===--- text --------------------------------------------------------------===//

static mmd_status_t print_row(const row_t *row, const int *widths, mmd_str_t *text) {
  mmd_str_t line = {0};
  mmd_status_t status = NULL;
  for (int k = 0; k < COLUMNS && !status; ++k) {
    const int width = k == 3 ? widths[k] : -widths[k];  // numbers to the right
    status = mmd_str_printf(&line, "%s%*s", k ? "  " : "", width, row->cells[k]);
  }
  while (line.size && line.data[line.size - 1] == ' ') line.data[--line.size] = '\0';
  if (!status) status = mmd_str_printf(text, "%s\n", mmd_str_text(&line));
  mmd_str_deinit(&line);
  return status;
}

static mmd_status_t print_table(const table_t *t, mmd_str_t *text) {
  static char head[COLUMNS][16] = {"module", "operator", "output", "parameters", "FLOPs"};
  int widths[COLUMNS];
  row_t first;
  for (int k = 0; k < COLUMNS; ++k) {
    first.cells[k] = head[k];
    widths[k] = (int)strlen(head[k]);
    for (size_t i = 0; i < t->count; ++i) {
      const size_t size = strlen(t->rows[i].cells[k]);
      if (size > (size_t)widths[k] && size <= WIDEST) widths[k] = (int)size;
    }
  }
  MMD_TRY(print_row(&first, widths, text));
  for (size_t i = 0; i < t->count; ++i) MMD_TRY(print_row(&t->rows[i], widths, text));
  return NULL;
}

static mmd_status_t print_totals(const table_t *t, mmd_str_t *text) {
  const mmd_tree_item_t *root = &t->tree.items[0];
  const mmd_dim_t *flops = mmd_cost_flops(t->tree.graph, &root->cost);
  MMD_TRY_ALLOC(flops);
  mmd_str_t line = {0};
  mmd_status_t status = mmd_str_printf(&line, "%zu nodes, ", root->node_count);
  if (!status) status = mmd_inspect_count(&line, root->parameters);
  if (!status) status = mmd_str_append(&line, " parameters, ");
  if (!status) status = format_cost(flops, &line);
  if (!status) status = mmd_str_append(&line, " FLOPs (");
  if (!status) status = format_cost(root->cost.macs, &line);
  if (!status) status = mmd_str_append(&line, " multiply-adds)");
  if (!status) status = mmd_inspect_row(text, "total", "%s", mmd_str_text(&line));
  mmd_str_deinit(&line);
  MMD_TRY(status);
  if (!mmd_dim_is_const(flops))
    MMD_TRY(mmd_inspect_row(text, "", "sizes are open: --input-shape gives numbers"));
  if (root->unknown_costs)
    MMD_TRY(
        mmd_inspect_row(text, "", "%zu nodes of unknown cost are left out", root->unknown_costs));
  return NULL;
}

//===--- JSON --------------------------------------------------------------===//

static mmd_status_t describe_item(const table_t *t, const mmd_tree_item_t *item,
                                  mmd_value_t *value) {
  const mmd_tree_item_t *node = item->node ? item : only_node(t, item);
  const mmd_dim_t *flops = mmd_cost_flops(t->tree.graph, &item->cost);
  MMD_TRY_ALLOC(flops);
  mmd_str_t text = {0};
  MMD_TRY(mmd_object_take(value, "name", mmd_value_string(item->name)));
  if (!item->node) MMD_TRY(mmd_object_take(value, "path", mmd_value_string(item->path)));
  mmd_status_t status = node ? format_op(node->node, &text) : NULL;
  if (!status && node) status = mmd_object_take(value, "op", mmd_value_string(mmd_str_text(&text)));
  mmd_str_clear(&text);
  if (!status && item->output) {
    status = mmd_type_format(&item->output->type, &text);
    if (!status) status = mmd_object_take(value, "output", mmd_value_string(mmd_str_text(&text)));
  }
  mmd_str_deinit(&text);
  MMD_TRY(status);
  MMD_TRY(mmd_object_take(value, "output_count", mmd_value_int((int64_t)item->output_count)));
  MMD_TRY(mmd_object_take(value, "nodes", mmd_value_int((int64_t)item->node_count)));
  MMD_TRY(mmd_object_take(value, "parameters", mmd_value_int((int64_t)item->parameters)));
  MMD_TRY(take_cost(value, "flops", flops));
  MMD_TRY(take_cost(value, "macs", item->cost.macs));
  return mmd_object_take(value, "unknown_costs", mmd_value_int((int64_t)item->unknown_costs));
}

// |values|: of the items made so far, borrowed.
static mmd_status_t add_values(const table_t *t, mmd_value_t **values, mmd_value_t *result) {
  size_t at = 0;
  do {
    const mmd_tree_item_t *item = &t->tree.items[at];
    mmd_value_t *value = mmd_value_object();
    if (at) {
      MMD_TRY(mmd_array_take(mmd_object_get(values[item->parent], "children"), value));
    } else {
      MMD_TRY(mmd_object_take(result, "tree", value));
    }
    values[at] = value;
    MMD_TRY(describe_item(t, item, value));
    if (is_open(t, item)) MMD_TRY(mmd_object_take(value, "children", mmd_value_array()));
    at = step(t, at);
  } while (at);
  return NULL;
}

static mmd_status_t add_json(const table_t *t, mmd_value_t *result) {
  mmd_value_t **values = mmd_alloc_array(t->tree.count, sizeof(mmd_value_t *));
  MMD_TRY_ALLOC(values);
  mmd_status_t status = add_values(t, values, result);
  mmd_free(values);
  return status;
}

mmd_status_t mmd_inspect_tree(mmd_graph_t *graph, int depth, mmd_value_t *result, mmd_str_t *text) {
  table_t t = {.depth = depth};
  MMD_TRY(mmd_graph_tree_create(graph, &t.tree));
  mmd_status_t status = add_rows(&t);
  if (!status) status = print_table(&t, text);
  if (!status) status = print_totals(&t, text);
  if (!status) status = add_json(&t, result);
  deinit(&t);
  return status;
}
