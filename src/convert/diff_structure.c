// SPDX-License-Identifier: Apache-2.0
#include <stdio.h>
#include <string.h>

#include "convert/diff_graph.h"

#define MAX_DEPTH 32

typedef struct list_t {
  mmd_value_t *rows;
  size_t *count;
} list_t;

static mmd_status_t add_row(const list_t *list, const char *change, const char *name,
                            const char *detail) {
  mmd_value_t *row = mmd_value_object();
  MMD_TRY(mmd_array_take(list->rows, row));
  MMD_TRY(mmd_object_take(row, "change", mmd_value_string(change)));
  MMD_TRY(mmd_object_take(row, "name", mmd_value_string(name)));
  MMD_TRY(mmd_object_take(row, "detail", mmd_value_string(detail)));
  ++*list->count;
  return NULL;
}

static mmd_status_t add_list(mmd_value_t *result, const char *key, size_t *count,
                             list_t *out_list) {
  *out_list = (list_t){.rows = mmd_value_array(), .count = count};
  return mmd_object_take(result, key, out_list->rows);
}

//===--- edges -------------------------------------------------------------===//

static const mmd_edge_t *find_in(mmd_edge_t *const *edges, size_t count, const char *name) {
  for (size_t i = 0; i < count; ++i)
    if (strcmp(edges[i]->name, name) == 0) return edges[i];
  return NULL;
}

// "f32[1,3] -> f32[2,3]"; appends nothing when they are equal.
static mmd_status_t compare_types(const mmd_type_t *a, const mmd_type_t *b, mmd_str_t *text) {
  mmd_str_t before = {0}, after = {0};
  mmd_status_t status = mmd_type_format(a, &before);
  if (!status) status = mmd_type_format(b, &after);
  if (!status && strcmp(mmd_str_text(&before), mmd_str_text(&after)) != 0)
    status = mmd_str_printf(text, "%s -> %s", mmd_str_text(&before), mmd_str_text(&after));
  mmd_str_deinit(&before);
  mmd_str_deinit(&after);
  return status;
}

static mmd_status_t describe_weights(const mmd_tensor_t *a, const mmd_tensor_t *b,
                                     mmd_str_t *text) {
  if (mmd_tensor_equal(a, b)) return NULL;
  if (a->dtype != b->dtype || !mmd_shape_equal(&a->shape, &b->shape)) {
    MMD_TRY(mmd_tensor_format(a, text));
    MMD_TRY(mmd_str_append(text, " -> "));
    return mmd_tensor_format(b, text);
  }
  if (a->dtype == MMD_STRING) return mmd_str_append(text, "other values");
  mmd_difference_t d;
  MMD_TRY(mmd_tensor_difference(a, b, &d));
  return mmd_str_printf(text, "values differ by up to %.3g", d.max_abs);
}

static mmd_status_t describe_edge(const mmd_edge_t *edge, mmd_str_t *text) {
  if (edge->is_constant) return mmd_tensor_format(&edge->constant, text);
  return mmd_type_format(&edge->type, text);
}

static mmd_status_t compare_edge(const list_t *list, const mmd_edge_t *a, const mmd_edge_t *b) {
  mmd_str_t text = {0};
  mmd_status_t status = NULL;
  const char *change = !a ? "added" : !b ? "removed" : "changed";
  if (!a || !b) {
    status = describe_edge(a ? a : b, &text);
  } else if (a->is_constant && b->is_constant) {
    status = describe_weights(&a->constant, &b->constant, &text);
  } else {
    status = compare_types(&a->type, &b->type, &text);
  }
  if (!status && text.size) status = add_row(list, change, a ? a->name : b->name, text.data);
  mmd_str_deinit(&text);
  return status;
}

static mmd_status_t compare_edges(mmd_edge_t *const *a, size_t a_count, mmd_edge_t *const *b,
                                  size_t b_count, const list_t *list) {
  for (size_t i = 0; i < a_count; ++i)
    MMD_TRY(compare_edge(list, a[i], find_in(b, b_count, a[i]->name)));
  for (size_t i = 0; i < b_count; ++i)
    if (!find_in(a, a_count, b[i]->name)) MMD_TRY(compare_edge(list, NULL, b[i]));
  return NULL;
}

static const mmd_edge_t *find_constant(const mmd_graph_t *graph, const char *name) {
  const mmd_edge_t *edge = mmd_graph_find_edge(graph, name);
  return edge && edge->is_constant && edge->region == graph->root ? edge : NULL;
}

static mmd_status_t compare_constants(const mmd_graph_t *a, const mmd_graph_t *b,
                                      const list_t *list) {
  const mmd_region_t *before = a->root, *after = b->root;
  for (size_t i = 0; i < before->constant_count; ++i)
    MMD_TRY(compare_edge(list, before->constants[i], find_constant(b, before->constants[i]->name)));
  for (size_t i = 0; i < after->constant_count; ++i) {
    if (!find_constant(a, after->constants[i]->name))
      MMD_TRY(compare_edge(list, NULL, after->constants[i]));
  }
  return NULL;
}

//===--- attributes --------------------------------------------------------===//

static bool is_same_region(const mmd_region_t *a, const mmd_region_t *b, int depth);

static bool is_same_text(const mmd_attr_string_t *a, const mmd_attr_string_t *b) {
  return a->size == b->size && memcmp(a->data, b->data, a->size) == 0;
}

static bool is_same_item(const mmd_attr_t *a, const mmd_attr_t *b, size_t i, int depth) {
  switch (a->kind) {
    case MMD_ATTR_INTS:
      return a->u.integers[i] == b->u.integers[i];
    case MMD_ATTR_FLOATS:
      return memcmp(&a->u.numbers[i], &b->u.numbers[i], sizeof(double)) == 0;
    case MMD_ATTR_STRINGS:
      return is_same_text(&a->u.strings[i], &b->u.strings[i]);
    case MMD_ATTR_TENSORS:
      return mmd_tensor_equal(&a->u.tensors[i], &b->u.tensors[i]);
    case MMD_ATTR_REGIONS:
      return is_same_region(a->u.regions[i], b->u.regions[i], depth);
    default:
      return true;
  }
}

static bool is_same_attr(const mmd_attr_t *a, const mmd_attr_t *b, int depth) {
  if (a->kind != b->kind) return false;
  switch (a->kind) {
    case MMD_ATTR_INT:
      return a->u.integer == b->u.integer;
    case MMD_ATTR_FLOAT:
      return memcmp(&a->u.number, &b->u.number, sizeof(double)) == 0;
    case MMD_ATTR_STRING:
    case MMD_ATTR_REFERENCE:
      return is_same_text(&a->u.string, &b->u.string);
    case MMD_ATTR_TENSOR:
      return mmd_tensor_equal(a->u.tensor, b->u.tensor);
    case MMD_ATTR_REGION:
      return is_same_region(a->u.region, b->u.region, depth);
    case MMD_ATTR_TYPE:
      return a->u.type->kind == b->u.type->kind;
    default:
      break;
  }
  if (a->count != b->count) return false;
  for (size_t i = 0; i < a->count; ++i)
    if (!is_same_item(a, b, i, depth)) return false;
  return true;
}

// The first attribute that differs, or NULL.
static const char *other_attr(const mmd_node_t *a, const mmd_node_t *b, int depth) {
  for (size_t i = 0; i < a->attr_count; ++i) {
    const mmd_attr_t *other = mmd_node_attr(b, a->attrs[i].name);
    if (!other || !is_same_attr(&a->attrs[i], other, depth)) return a->attrs[i].name;
  }
  for (size_t i = 0; i < b->attr_count; ++i)
    if (!mmd_node_attr(a, b->attrs[i].name)) return b->attrs[i].name;
  return NULL;
}

//===--- nodes -------------------------------------------------------------===//

static const char *name_of(const mmd_edge_t *edge) {
  return edge ? edge->name : "";
}

static bool is_same_edges(mmd_edge_t *const *a, size_t a_count, mmd_edge_t *const *b,
                          size_t b_count) {
  if (a_count != b_count) return false;
  for (size_t i = 0; i < a_count; ++i)
    if (strcmp(name_of(a[i]), name_of(b[i])) != 0) return false;
  return true;
}

static bool is_same_op(const mmd_node_t *a, const mmd_node_t *b) {
  return strcmp(a->op, b->op) == 0 && strcmp(a->domain, b->domain) == 0;
}

static bool is_same_region(const mmd_region_t *a, const mmd_region_t *b, int depth) {
  if (depth >= MAX_DEPTH || a->node_count != b->node_count) return depth >= MAX_DEPTH;
  const mmd_node_t *x = a->first, *y = b->first;
  for (; x && y; x = x->next, y = y->next) {
    if (!is_same_op(x, y) || !is_same_edges(x->inputs, x->input_count, y->inputs, y->input_count))
      return false;
    if (other_attr(x, y, depth + 1)) return false;
  }
  return a->constant_count == b->constant_count &&
         is_same_edges(a->outputs, a->output_count, b->outputs, b->output_count);
}

static const char *label(const mmd_node_t *node) {
  if (*node->name) return node->name;
  for (size_t i = 0; i < node->output_count; ++i)
    if (node->outputs[i]) return node->outputs[i]->name;
  return node->op;
}

static mmd_status_t describe_change(const mmd_node_t *a, const mmd_node_t *b, mmd_str_t *text) {
  if (!is_same_op(a, b)) return mmd_str_printf(text, "%s -> %s", a->op, b->op);
  const char *attr = other_attr(a, b, 0);
  if (attr) return mmd_str_printf(text, "%s: attribute '%s'", a->op, attr);
  if (a->input_count != b->input_count)
    return mmd_str_printf(text, "%s: %zu -> %zu inputs", a->op, a->input_count, b->input_count);
  for (size_t i = 0; i < a->input_count; ++i) {
    if (strcmp(name_of(a->inputs[i]), name_of(b->inputs[i])) != 0) {
      return mmd_str_printf(text, "%s: input %zu '%s' -> '%s'", a->op, i, name_of(a->inputs[i]),
                            name_of(b->inputs[i]));
    }
  }
  if (!is_same_edges(a->outputs, a->output_count, b->outputs, b->output_count))
    return mmd_str_printf(text, "%s: other outputs", a->op);
  return NULL;
}

// Nodes by name; of two with one name the first.
static mmd_status_t index_nodes(const mmd_region_t *region, mmd_map_t **out_map) {
  MMD_TRY(mmd_map_create(out_map));
  for (mmd_node_t *node = region->first; node; node = node->next) {
    node->mark = 0;
    if (*node->name && !mmd_map_has(*out_map, node->name))
      MMD_TRY(mmd_map_set(*out_map, node->name, node, NULL));
  }
  return NULL;
}

static mmd_node_t *find_partner(const mmd_node_t *node, const mmd_graph_t *other,
                                const mmd_map_t *names) {
  for (size_t i = 0; i < node->output_count; ++i) {
    const mmd_edge_t *edge =
        node->outputs[i] ? mmd_graph_find_edge(other, node->outputs[i]->name) : NULL;
    if (edge && edge->producer && edge->region == other->root && !edge->producer->mark)
      return edge->producer;
  }
  mmd_node_t *partner = *node->name ? mmd_map_get(names, node->name) : NULL;
  return partner && !partner->mark ? partner : NULL;
}

static mmd_status_t compare_node(const list_t *list, const mmd_node_t *a, const mmd_node_t *b) {
  mmd_str_t text = {0};
  mmd_status_t status = describe_change(a, b, &text);
  if (!status && text.size) status = add_row(list, "changed", label(a), text.data);
  mmd_str_deinit(&text);
  return status;
}

static mmd_status_t compare_nodes(const mmd_graph_t *a, const mmd_graph_t *b,
                                  const mmd_map_t *names, const list_t *list) {
  for (const mmd_node_t *node = a->root->first; node; node = node->next) {
    mmd_node_t *partner = find_partner(node, b, names);
    if (partner) partner->mark = 1;
    MMD_TRY(partner ? compare_node(list, node, partner)
                    : add_row(list, "removed", label(node), node->op));
  }
  for (const mmd_node_t *node = b->root->first; node; node = node->next)
    if (!node->mark) MMD_TRY(add_row(list, "added", label(node), node->op));
  return NULL;
}

//===--- all ---------------------------------------------------------------===//

static mmd_status_t compare_opsets(const mmd_graph_t *a, const mmd_graph_t *b, const list_t *list) {
  for (size_t i = 0; i < a->opset_count + b->opset_count; ++i) {
    const bool is_first = i < a->opset_count;
    const mmd_opset_t *opset = is_first ? &a->opsets[i] : &b->opsets[i - a->opset_count];
    const int64_t before = mmd_graph_opset(a, opset->domain);
    const int64_t after = mmd_graph_opset(b, opset->domain);
    if (before == after || (!is_first && before)) continue;
    char detail[64];
    snprintf(detail, sizeof detail, "%lld -> %lld", (long long)before, (long long)after);
    MMD_TRY(add_row(list,
                    !before  ? "added"
                    : !after ? "removed"
                             : "changed",
                    *opset->domain ? opset->domain : "ai.onnx", detail));
  }
  return NULL;
}

mmd_status_t mmd_diff_structure(const mmd_graph_t *a, const mmd_graph_t *b, mmd_value_t *result,
                                size_t *out_count) {
  const mmd_region_t *x = a->root, *y = b->root;
  list_t list;
  *out_count = 0;
  MMD_TRY(add_list(result, "opsets", out_count, &list));
  MMD_TRY(compare_opsets(a, b, &list));
  MMD_TRY(add_list(result, "inputs", out_count, &list));
  MMD_TRY(compare_edges(x->inputs, x->input_count, y->inputs, y->input_count, &list));
  MMD_TRY(add_list(result, "outputs", out_count, &list));
  MMD_TRY(compare_edges(x->outputs, x->output_count, y->outputs, y->output_count, &list));
  MMD_TRY(add_list(result, "initializers", out_count, &list));
  MMD_TRY(compare_constants(a, b, &list));
  MMD_TRY(add_list(result, "nodes", out_count, &list));
  mmd_map_t *names = NULL;
  mmd_status_t status = index_nodes(y, &names);
  if (!status) status = compare_nodes(a, b, names, &list);
  mmd_map_destroy(names);
  return status;
}
