// SPDX-License-Identifier: Apache-2.0
#include "convert/edit_graph.h"

#include <string.h>

#include "base/alloc.h"
#include "convert/run_onnx_inputs.h"
#include "formats/npy/npy.h"
#include "ops/infer.h"
#include "ops/op.h"
#include "passes/pass.h"
#include "writers/onnx/annotation.h"
#include "writers/onnx/lower_opset.h"

//===--- names -------------------------------------------------------------===//

static mmd_status_t unknown(const char *what, const char *name, const char *const *names,
                            size_t count) {
  const char *nearest = mmd_nearest_name(name, names, count);
  if (!nearest) return MMD_ERROR(MMD_NOT_FOUND, "the graph has no %s '%s'", what, name);
  return MMD_ERROR(MMD_NOT_FOUND, "the graph has no %s '%s' (is '%s' meant?)", what, name, nearest);
}

static mmd_status_t find_in(mmd_edge_t *const *edges, size_t count, const char *what,
                            const char *name, mmd_edge_t **out_edge) {
  for (size_t i = 0; i < count; ++i) {
    *out_edge = edges[i];
    if (strcmp(edges[i]->name, name) == 0) return NULL;
  }
  const char **names = mmd_alloc_array(count + 1, sizeof *names);
  MMD_TRY_ALLOC(names);
  for (size_t i = 0; i < count; ++i) names[i] = edges[i]->name;
  mmd_status_t status = unknown(what, name, names, count);
  mmd_free(names);
  return status;
}

static mmd_status_t rename_edge(mmd_edge_t *const *edges, size_t count, const char *what,
                                const char *entry) {
  char *name = NULL;
  const char *value = NULL;
  mmd_edge_t *edge = NULL;
  MMD_TRY(mmd_run_split(entry, what, &name, &value));
  mmd_status_t status = find_in(edges, count, what, name, &edge);
  mmd_free(name);
  MMD_TRY(status);
  return mmd_onnx_rename_annotated(edge, value);
}

mmd_status_t mmd_edit_rename_input(mmd_graph_t *graph, const char *entry) {
  return rename_edge(graph->root->inputs, graph->root->input_count, "input", entry);
}

mmd_status_t mmd_edit_rename_output(mmd_graph_t *graph, const char *entry) {
  return rename_edge(graph->root->outputs, graph->root->output_count, "output", entry);
}

static mmd_status_t find_node(mmd_graph_t *graph, const char *name, mmd_node_t **out_node) {
  size_t count = 0;
  const char **names = mmd_alloc_array(graph->root->node_count + 1, sizeof *names);
  MMD_TRY_ALLOC(names);
  *out_node = NULL;
  for (mmd_node_t *node = graph->root->first; node && !*out_node; node = node->next) {
    names[count++] = node->name;
    if (strcmp(node->name, name) == 0) *out_node = node;
  }
  mmd_status_t status = *out_node ? NULL : unknown("node", name, names, count);
  mmd_free(names);
  return status;
}

mmd_status_t mmd_edit_rename_node(mmd_graph_t *graph, const char *entry) {
  char *name = NULL;
  const char *value = NULL;
  mmd_node_t *node = NULL;
  MMD_TRY(mmd_run_split(entry, "node", &name, &value));
  mmd_status_t status = find_node(graph, name, &node);
  mmd_free(name);
  MMD_TRY(status);
  return mmd_node_set_name(node, value);
}

//===--- outputs and weights -----------------------------------------------===//

static mmd_status_t find_tensor(const mmd_graph_t *graph, const char *name, mmd_edge_t **out_edge) {
  size_t count = 0, capacity = 0;
  const char **names = NULL;
  *out_edge = mmd_graph_find_edge(graph, name);
  if (*out_edge) return NULL;
  mmd_status_t status = NULL;
  for (const mmd_node_t *node = graph->root->first; node && !status; node = node->next) {
    status = MMD_GROW(names, capacity, count + node->output_count + 1);
    for (size_t i = 0; i < node->output_count && !status; ++i)
      if (node->outputs[i]) names[count++] = node->outputs[i]->name;
  }
  if (!status) status = unknown("tensor", name, names, count);
  mmd_free(names);
  return status;
}

mmd_status_t mmd_edit_add_output(mmd_graph_t *graph, const char *entry) {
  mmd_edge_t *edge = NULL;
  MMD_TRY(find_tensor(graph, entry, &edge));
  if (edge->region != graph->root)
    return MMD_ERROR(MMD_NOT_SUPPORTED, "'%s' lies in a nested graph", entry);
  if (!edge->producer)
    return MMD_ERROR(MMD_INVALID_ARGUMENT, "'%s' is not made by a node: it cannot be an output",
                     entry);
  for (size_t i = 0; i < graph->root->output_count; ++i) {
    if (graph->root->outputs[i] == edge)
      return MMD_ERROR(MMD_INVALID_ARGUMENT, "'%s' is an output already", entry);
  }
  return mmd_region_add_output(graph->root, edge);
}

static mmd_status_t replace_weights(mmd_edge_t *edge, const char *path) {
  mmd_tensor_t array = {0};
  mmd_str_t before = {0}, after = {0};
  MMD_TRY(mmd_npy_read_file(path, &array));
  const bool fits =
      array.dtype == edge->constant.dtype && mmd_shape_equal(&array.shape, &edge->constant.shape);
  mmd_status_t status = NULL;
  if (fits) {
    mmd_tensor_t packed = {0};
    status = mmd_tensor_contiguous(&array, &packed);
    if (!status) status = mmd_edge_set_constant(edge, &packed);
    mmd_tensor_deinit(&packed);
  } else {
    status = mmd_tensor_format(&edge->constant, &before);
    if (!status) status = mmd_tensor_format(&array, &after);
    if (!status) {
      status = MMD_ERROR(MMD_INVALID_ARGUMENT, "%s: the array is %s, initializer '%s' is %s", path,
                         mmd_str_text(&after), edge->name, mmd_str_text(&before));
    }
  }
  mmd_str_deinit(&before);
  mmd_str_deinit(&after);
  mmd_tensor_deinit(&array);
  return status;
}

mmd_status_t mmd_edit_initializer(mmd_graph_t *graph, const char *entry) {
  char *name = NULL;
  const char *path = NULL;
  mmd_edge_t *edge = NULL;
  const mmd_region_t *root = graph->root;
  MMD_TRY(mmd_run_split(entry, "initializer", &name, &path));
  mmd_status_t status = find_in(root->constants, root->constant_count, "initializer", name, &edge);
  mmd_free(name);
  MMD_TRY(status);
  return replace_weights(edge, path);
}

//===--- sizes -------------------------------------------------------------===//

static mmd_status_t parse_size(mmd_graph_t *graph, const char *text, const mmd_dim_t **out_dim) {
  MMD_TRY(mmd_dim_parse(graph, text, strlen(text), out_dim));
  if (!mmd_dim_is_const(*out_dim) || (*out_dim)->number > 0) return NULL;
  return MMD_ERROR(MMD_INVALID_ARGUMENT, "'%s' is no size; a number above 0 or a name is expected",
                   text);
}

static void replace_symbol(mmd_region_t *root, const mmd_dim_t *symbol, const mmd_dim_t *dim) {
  for (size_t i = 0; i < root->input_count; ++i) {
    mmd_type_t *type = &root->inputs[i]->type;
    for (int k = 0; type->kind == MMD_TYPE_TENSOR && type->has_rank && k < type->rank; ++k)
      if (type->dims[k] == symbol) type->dims[k] = dim;
  }
}

static mmd_status_t set_dim(mmd_edge_t *edge, int axis, const mmd_dim_t *dim) {
  const mmd_dim_t *old = edge->type.dims[axis];
  mmd_type_t type = edge->type;
  type.dims[axis] = dim;
  MMD_TRY(mmd_edge_set_type(edge, &type));
  if (mmd_dim_is_const(dim) && old->kind == MMD_DIM_SYMBOL) replace_symbol(edge->region, old, dim);
  return NULL;
}

mmd_status_t mmd_edit_dim(mmd_graph_t *graph, const char *entry) {
  char *name = NULL;
  const char *size = NULL;
  mmd_edge_t *edge = NULL;
  int64_t axis = 0;
  const mmd_dim_t *dim = NULL;
  MMD_TRY(mmd_run_split(entry, "dim", &name, &size));
  char *colon = strrchr(name, ':');
  mmd_status_t status = NULL;
  if (!colon || !mmd_parse_i64(colon + 1, strlen(colon + 1), &axis)) {
    status = MMD_ERROR(MMD_INVALID_ARGUMENT, "'%s': NAME:AXIS=SIZE is expected", entry);
  } else {
    *colon = '\0';
    status = find_in(graph->root->inputs, graph->root->input_count, "input", name, &edge);
  }
  mmd_free(name);
  MMD_TRY(status);
  const int rank = edge->type.kind == MMD_TYPE_TENSOR && edge->type.has_rank ? edge->type.rank : 0;
  if (axis < 0 || axis >= rank) {
    return MMD_ERROR(MMD_OUT_OF_RANGE, "axis %lld: input '%s' has %d known sizes", (long long)axis,
                     edge->name, rank);
  }
  MMD_TRY(parse_size(graph, size, &dim));
  return set_dim(edge, (int)axis, dim);
}

//===--- batch written into reshapes ---------------------------------------===//

// The integers of a constant input, also through a Constant node.
static const mmd_tensor_t *constant_shape(const mmd_node_t *node) {
  const mmd_edge_t *edge = mmd_node_input(node, 1);
  if (!edge) return NULL;
  const mmd_tensor_t *tensor = edge->is_constant ? &edge->constant : NULL;
  if (edge->producer && mmd_node_is(edge->producer, MMD_DOMAIN_ONNX, "Constant"))
    tensor = mmd_node_attr_tensor(edge->producer, "value");
  const bool fits = tensor && tensor->dtype == MMD_I64 && tensor->shape.rank == 1 &&
                    tensor->shape.dims[0] > 0 && tensor->shape.dims[0] <= MMD_MAX_RANK;
  return fits ? tensor : NULL;
}

// What the first size says without a number: 0, the input's own, or -1, what is left; 1 for none.
static int64_t free_size(const mmd_node_t *node, const mmd_tensor_t *shape, int64_t batch) {
  const mmd_edge_t *data = mmd_node_input(node, 0);
  const bool is_ranked =
      data && data->type.kind == MMD_TYPE_TENSOR && data->type.has_rank && data->type.rank > 0;
  const int64_t first = mmd_tensor_get_i64(shape, 0);
  if (first <= 0 || !is_ranked || mmd_node_attr_int(node, "allowzero", 0)) return 1;
  if (mmd_dim_number(data->type.dims[0]) == first) return 0;
  for (int64_t i = 0; i < shape->shape.dims[0]; ++i)
    if (mmd_tensor_get_i64(shape, (size_t)i) <= 0) return 1;
  return first % batch == 0 ? -1 : 1;
}

static mmd_status_t free_reshape(mmd_node_t *node, int64_t batch) {
  const mmd_tensor_t *shape = constant_shape(node);
  const int64_t size = shape ? free_size(node, shape, batch) : 1;
  int64_t sizes[MMD_MAX_RANK] = {size};
  mmd_tensor_t tensor = {0};
  mmd_edge_t *edge = NULL;
  if (size == 1) return NULL;
  const size_t count = (size_t)shape->shape.dims[0];
  for (size_t i = 1; i < count; ++i) sizes[i] = mmd_tensor_get_i64(shape, i);
  const char *name = mmd_graph_fresh_name(node->region->graph, node->inputs[1]->name);
  MMD_TRY_ALLOC(name);
  MMD_TRY(mmd_tensor_from_i64(sizes, count, &tensor));
  mmd_status_t status = mmd_region_add_constant(node->region, name, &tensor, &edge);
  mmd_tensor_deinit(&tensor);
  return status ? status : mmd_node_set_input(node, 1, edge);
}

mmd_status_t mmd_edit_free_reshapes(mmd_graph_t *graph) {
  const mmd_region_t *root = graph->root;
  const mmd_type_t *type = root->input_count ? &root->inputs[0]->type : NULL;
  const bool is_ranked = type && type->kind == MMD_TYPE_TENSOR && type->has_rank && type->rank > 0;
  const int64_t batch = is_ranked ? mmd_dim_number(type->dims[0]) : -1;
  if (batch < 1) return NULL;
  MMD_TRY(mmd_graph_infer(graph));
  for (mmd_node_t *node = root->first; node; node = node->next)
    if (mmd_node_is(node, MMD_DOMAIN_ONNX, "Reshape")) MMD_TRY(free_reshape(node, batch));
  mmd_region_erase_unused_constants(graph->root);
  return NULL;
}

mmd_status_t mmd_edit_batch(mmd_graph_t *graph, const char *size) {
  const mmd_dim_t *dim = NULL;
  MMD_TRY(parse_size(graph, size, &dim));
  for (size_t i = 0; i < graph->root->input_count; ++i) {
    mmd_edge_t *edge = graph->root->inputs[i];
    if (edge->type.kind != MMD_TYPE_TENSOR || !edge->type.has_rank || !edge->type.rank) continue;
    MMD_TRY(set_dim(edge, 0, dim));
  }
  return NULL;
}

//===--- types -------------------------------------------------------------===//

static void forget_types(mmd_graph_t *graph) {
  for (mmd_region_t *region = graph->regions; region; region = region->next_region) {
    for (mmd_node_t *node = region->first; node; node = node->next) {
      if (!mmd_op_find(node->domain, node->op, node->version)) continue;
      for (size_t i = 0; i < node->output_count; ++i) {
        if (node->outputs[i]) mmd_edge_forget_sizes(node->outputs[i]);
      }
    }
  }
}

mmd_status_t mmd_edit_infer(mmd_graph_t *graph) {
  forget_types(graph);
  return mmd_graph_infer(graph);
}

//===--- opset -------------------------------------------------------------===//

// Bodies of functions have opsets of their own.
static bool is_of_function(const mmd_region_t *region) {
  while (region->owner) region = region->owner->region;
  return region != region->graph->root;
}

static mmd_status_t check_raised(const mmd_region_t *region, int64_t opset) {
  for (const mmd_node_t *node = region->first; node; node = node->next) {
    if (*node->domain || node->version >= opset) continue;
    const bool is_known = mmd_op_find(node->domain, node->op, node->version) != NULL;
    return MMD_ERROR(MMD_NOT_SUPPORTED, "%s node '%s' cannot be raised from opset %lld to %lld: %s",
                     node->op, node->name, (long long)node->version, (long long)opset,
                     is_known ? "what changed in the operator has no form for its attributes"
                              : "what changed in this operator is not known here");
  }
  return NULL;
}

static mmd_status_t raise_opset(mmd_graph_t *graph, int64_t opset) {
  static const char *const passes[] = {"convert_opset", NULL};
  const mmd_pass_options_t options = {.opset = opset};
  MMD_TRY(mmd_passes_run(graph, passes, &options));
  for (const mmd_region_t *region = graph->regions; region; region = region->next_region)
    if (!is_of_function(region)) MMD_TRY(check_raised(region, opset));
  return NULL;
}

mmd_status_t mmd_edit_opset(mmd_graph_t *graph, int64_t opset) {
  const int64_t present = mmd_graph_opset(graph, MMD_DOMAIN_ONNX);
  if (opset == present) return NULL;
  if (opset > present) {
    MMD_TRY(raise_opset(graph, opset));
  } else {
    MMD_TRY(mmd_graph_infer(graph));
    MMD_TRY(mmd_onnx_lower(graph, opset));
  }
  if (mmd_graph_opset(graph, MMD_DOMAIN_ONNX) == opset) return NULL;
  return MMD_ERROR(MMD_NOT_SUPPORTED, "opset %lld cannot be reached from %lld", (long long)opset,
                   (long long)present);
}
