// SPDX-License-Identifier: Apache-2.0
//
// plugin/graph.h over the graph's own functions: handles are checked for NULL, statuses become
// codes.
#include <string.h>

#include "base/plugin_error.h"
#include "convert/plugin.h"
#include "convert/plugin_tensor.h"
#include "convert/target.h"
#include "graph/tensor_info.h"
#include "graph/verify.h"
#include "ops/infer.h"

// Fails the calling function unless |handle| is one.
#define NEED(handle, error)                                                               \
  do {                                                                                    \
    if (!(handle))                                                                        \
      return mmd_plugin_error_set(                                                        \
          (error), MMD_ERROR(MMD_INVALID_ARGUMENT, "%s: " #handle " is NULL", __func__)); \
  } while (0)

static const char *text_or_empty(const char *text) {
  return text ? text : "";
}

//===--- graph -------------------------------------------------------------===//

static mmdeploy_region_t *graph_root(mmdeploy_graph_t *graph) {
  return graph ? graph->root : NULL;
}

static const char *graph_name(const mmdeploy_graph_t *graph) {
  return text_or_empty(graph ? graph->name : NULL);
}

static int64_t graph_opset(const mmdeploy_graph_t *graph, const char *domain) {
  return graph && domain ? mmd_graph_opset(graph, domain) : 0;
}

static int32_t graph_set_opset(mmdeploy_graph_t *graph, const char *domain, int64_t version,
                               mmdeploy_plugin_error_t *error) {
  NEED(graph, error);
  NEED(domain, error);
  return mmd_plugin_error_set(error, mmd_graph_set_opset(graph, domain, version));
}

static mmdeploy_graph_value_t *graph_find_value(const mmdeploy_graph_t *graph, const char *name) {
  return graph && name ? mmd_graph_find_edge(graph, name) : NULL;
}

static int32_t graph_infer(mmdeploy_graph_t *graph, mmdeploy_plugin_error_t *error) {
  NEED(graph, error);
  return mmd_plugin_error_set(error, mmd_graph_infer(graph));
}

static int32_t graph_verify(const mmdeploy_graph_t *graph, mmdeploy_plugin_error_t *error) {
  NEED(graph, error);
  return mmd_plugin_error_set(error, mmd_graph_verify(graph));
}

//===--- regions -----------------------------------------------------------===//

static size_t region_input_count(const mmdeploy_region_t *region) {
  return region ? region->input_count : 0;
}

static mmdeploy_graph_value_t *region_input(const mmdeploy_region_t *region, size_t index) {
  return region && index < region->input_count ? region->inputs[index] : NULL;
}

static size_t region_output_count(const mmdeploy_region_t *region) {
  return region ? region->output_count : 0;
}

static mmdeploy_graph_value_t *region_output(const mmdeploy_region_t *region, size_t index) {
  return region && index < region->output_count ? region->outputs[index] : NULL;
}

static int32_t region_set_output(mmdeploy_region_t *region, size_t index,
                                 mmdeploy_graph_value_t *value, mmdeploy_plugin_error_t *error) {
  NEED(region, error);
  NEED(value, error);
  if (index >= region->output_count) {
    return mmd_plugin_error_set(
        error, MMD_ERROR(MMD_OUT_OF_RANGE, "output %zu of a region with %zu", index,
                         region->output_count));
  }
  return mmd_plugin_error_set(error, mmd_region_set_output(region, index, value));
}

static size_t region_constant_count(const mmdeploy_region_t *region) {
  return region ? region->constant_count : 0;
}

static mmdeploy_graph_value_t *region_constant(const mmdeploy_region_t *region, size_t index) {
  return region && index < region->constant_count ? region->constants[index] : NULL;
}

static size_t region_node_count(const mmdeploy_region_t *region) {
  return region ? region->node_count : 0;
}

static mmdeploy_node_t *region_first_node(const mmdeploy_region_t *region) {
  return region ? region->first : NULL;
}

static mmdeploy_node_t *region_last_node(const mmdeploy_region_t *region) {
  return region ? region->last : NULL;
}

static mmdeploy_node_t *region_owner(const mmdeploy_region_t *region) {
  return region ? region->owner : NULL;
}

//===--- nodes -------------------------------------------------------------===//

static mmdeploy_node_t *node_next(const mmdeploy_node_t *node) {
  return node ? node->next : NULL;
}

static mmdeploy_node_t *node_previous(const mmdeploy_node_t *node) {
  return node ? node->previous : NULL;
}

static mmdeploy_region_t *node_region(const mmdeploy_node_t *node) {
  return node ? node->region : NULL;
}

static const char *node_domain(const mmdeploy_node_t *node) {
  return text_or_empty(node ? node->domain : NULL);
}

static const char *node_op(const mmdeploy_node_t *node) {
  return text_or_empty(node ? node->op : NULL);
}

static int64_t node_version(const mmdeploy_node_t *node) {
  return node ? node->version : 0;
}

static const char *node_name(const mmdeploy_node_t *node) {
  return text_or_empty(node ? node->name : NULL);
}

static const char *node_scope(const mmdeploy_node_t *node) {
  return text_or_empty(node ? node->scope : NULL);
}

static size_t node_input_count(const mmdeploy_node_t *node) {
  return node ? node->input_count : 0;
}

static mmdeploy_graph_value_t *node_input(const mmdeploy_node_t *node, size_t index) {
  return node ? mmd_node_input(node, index) : NULL;
}

static size_t node_output_count(const mmdeploy_node_t *node) {
  return node ? node->output_count : 0;
}

static mmdeploy_graph_value_t *node_output(const mmdeploy_node_t *node, size_t index) {
  return node && index < node->output_count ? node->outputs[index] : NULL;
}

static mmd_status_t create_node(mmd_region_t *region, mmd_node_t *before, const char *domain,
                                const char *op, const char *name, size_t input_count,
                                mmd_edge_t *const *inputs, size_t output_count,
                                mmd_node_t **out_node) {
  if (!mmd_graph_opset(region->graph, domain)) {
    return MMD_ERROR(MMD_INVALID_ARGUMENT,
                     "node '%s': the graph does not import the domain '%s'; use graph_set_opset",
                     name, domain);
  }
  if (before && before->region != region) {
    return MMD_ERROR(MMD_INVALID_ARGUMENT, "node '%s': '%s' lies in another region", name,
                     before->name);
  }
  for (size_t i = 0; i < input_count; ++i) {
    if (!inputs[i] || inputs[i]->region->graph == region->graph) continue;
    return MMD_ERROR(MMD_INVALID_ARGUMENT, "node '%s': input %zu is of another graph", name, i);
  }
  return mmd_node_create(region, before, domain, op, name, input_count, inputs, output_count,
                         out_node);
}

static int32_t node_create(mmdeploy_region_t *region, mmdeploy_node_t *before, const char *domain,
                           const char *op, const char *name, size_t input_count,
                           mmdeploy_graph_value_t *const *inputs, size_t output_count,
                           mmdeploy_node_t **out_node, mmdeploy_plugin_error_t *error) {
  NEED(out_node, error);
  *out_node = NULL;
  NEED(region, error);
  NEED(domain, error);
  NEED(op, error);
  if (input_count) NEED(inputs, error);
  return mmd_plugin_error_set(error, create_node(region, before, domain, op, text_or_empty(name),
                                                 input_count, inputs, output_count, out_node));
}

static int32_t node_erase(mmdeploy_node_t *node, mmdeploy_plugin_error_t *error) {
  NEED(node, error);
  return mmd_plugin_error_set(error, mmd_node_erase(node));
}

static int32_t node_set_input(mmdeploy_node_t *node, size_t index, mmdeploy_graph_value_t *value,
                              mmdeploy_plugin_error_t *error) {
  NEED(node, error);
  return mmd_plugin_error_set(error, mmd_node_set_input(node, index, value));
}

static int32_t node_set_op(mmdeploy_node_t *node, const char *domain, const char *op,
                           int64_t version, mmdeploy_plugin_error_t *error) {
  NEED(node, error);
  NEED(domain, error);
  NEED(op, error);
  return mmd_plugin_error_set(error, mmd_node_set_op(node, domain, op, version));
}

static int32_t node_set_name(mmdeploy_node_t *node, const char *name,
                             mmdeploy_plugin_error_t *error) {
  NEED(node, error);
  return mmd_plugin_error_set(error, mmd_node_set_name(node, text_or_empty(name)));
}

static int32_t node_set_scope(mmdeploy_node_t *node, const char *scope,
                              mmdeploy_plugin_error_t *error) {
  NEED(node, error);
  return mmd_plugin_error_set(error, mmd_node_set_scope(node, text_or_empty(scope)));
}

static int32_t node_move_before(mmdeploy_node_t *node, mmdeploy_node_t *before,
                                mmdeploy_plugin_error_t *error) {
  NEED(node, error);
  if (before && before->region != node->region) {
    return mmd_plugin_error_set(
        error, MMD_ERROR(MMD_INVALID_ARGUMENT, "'%s' lies in another region", before->name));
  }
  mmd_node_move_before(node, before);
  return MMDEPLOY_PLUGIN_OK;
}

//===--- attributes --------------------------------------------------------===//

static size_t attr_count(const mmdeploy_node_t *node) {
  return node ? node->attr_count : 0;
}

static const char *attr_name(const mmdeploy_node_t *node, size_t index) {
  return node && index < node->attr_count ? node->attrs[index].name : "";
}

static int32_t attr_kind(const mmdeploy_node_t *node, const char *name) {
  const mmd_attr_t *attr = node && name ? mmd_node_attr(node, name) : NULL;
  if (!attr) return MMDEPLOY_ATTR_NONE;
  switch (attr->kind) {
    case MMD_ATTR_INT:
      return MMDEPLOY_ATTR_INT;
    case MMD_ATTR_FLOAT:
      return MMDEPLOY_ATTR_FLOAT;
    case MMD_ATTR_STRING:
      return MMDEPLOY_ATTR_STRING;
    case MMD_ATTR_TENSOR:
      return MMDEPLOY_ATTR_TENSOR;
    case MMD_ATTR_REGION:
      return MMDEPLOY_ATTR_REGION;
    case MMD_ATTR_INTS:
      return MMDEPLOY_ATTR_INTS;
    case MMD_ATTR_FLOATS:
      return MMDEPLOY_ATTR_FLOATS;
    case MMD_ATTR_STRINGS:
      return MMDEPLOY_ATTR_STRINGS;
    default:
      return MMDEPLOY_ATTR_OTHER;
  }
}

static int64_t attr_int(const mmdeploy_node_t *node, const char *name, int64_t fallback) {
  const mmd_attr_t *attr = mmd_plugin_attr_find(node, name, MMD_ATTR_INT);
  return attr ? attr->u.integer : fallback;
}

static double attr_float(const mmdeploy_node_t *node, const char *name, double fallback) {
  const mmd_attr_t *attr = mmd_plugin_attr_find(node, name, MMD_ATTR_FLOAT);
  return attr ? attr->u.number : fallback;
}

static const char *attr_string(const mmdeploy_node_t *node, const char *name,
                               const char *fallback) {
  const mmd_attr_t *attr = mmd_plugin_attr_find(node, name, MMD_ATTR_STRING);
  return attr ? attr->u.string.data : fallback;
}

static const int64_t *attr_ints(const mmdeploy_node_t *node, const char *name, size_t *out_count) {
  const mmd_attr_t *attr = mmd_plugin_attr_find(node, name, MMD_ATTR_INTS);
  if (out_count) *out_count = attr ? attr->count : 0;
  return attr ? attr->u.integers : NULL;
}

static const double *attr_floats(const mmdeploy_node_t *node, const char *name, size_t *out_count) {
  const mmd_attr_t *attr = mmd_plugin_attr_find(node, name, MMD_ATTR_FLOATS);
  if (out_count) *out_count = attr ? attr->count : 0;
  return attr ? attr->u.numbers : NULL;
}

static int32_t attr_tensor(mmdeploy_node_t *node, const char *name,
                           mmdeploy_graph_tensor_t *out_tensor, mmdeploy_plugin_error_t *error) {
  NEED(node, error);
  NEED(name, error);
  NEED(out_tensor, error);
  return mmd_plugin_error_set(error, mmd_plugin_attr_show(node, name, out_tensor));
}

static mmdeploy_region_t *attr_region(const mmdeploy_node_t *node, const char *name) {
  const mmd_attr_t *attr = mmd_plugin_attr_find(node, name, MMD_ATTR_REGION);
  return attr ? attr->u.region : NULL;
}

static int32_t attr_set_int(mmdeploy_node_t *node, const char *name, int64_t number,
                            mmdeploy_plugin_error_t *error) {
  NEED(node, error);
  NEED(name, error);
  return mmd_plugin_error_set(error, mmd_node_set_int(node, name, number));
}

static int32_t attr_set_float(mmdeploy_node_t *node, const char *name, double number,
                              mmdeploy_plugin_error_t *error) {
  NEED(node, error);
  NEED(name, error);
  return mmd_plugin_error_set(error, mmd_node_set_float(node, name, number));
}

static int32_t attr_set_string(mmdeploy_node_t *node, const char *name, const char *text,
                               mmdeploy_plugin_error_t *error) {
  NEED(node, error);
  NEED(name, error);
  NEED(text, error);
  return mmd_plugin_error_set(error, mmd_node_set_string(node, name, text));
}

static int32_t attr_set_ints(mmdeploy_node_t *node, const char *name, size_t count,
                             const int64_t *numbers, mmdeploy_plugin_error_t *error) {
  NEED(node, error);
  NEED(name, error);
  if (count) NEED(numbers, error);
  return mmd_plugin_error_set(error, mmd_node_set_ints(node, name, count, numbers));
}

static int32_t attr_set_floats(mmdeploy_node_t *node, const char *name, size_t count,
                               const double *numbers, mmdeploy_plugin_error_t *error) {
  NEED(node, error);
  NEED(name, error);
  if (count) NEED(numbers, error);
  return mmd_plugin_error_set(error, mmd_node_set_floats(node, name, count, numbers));
}

static int32_t attr_set_tensor(mmdeploy_node_t *node, const char *name,
                               const mmdeploy_graph_tensor_t *tensor,
                               mmdeploy_plugin_error_t *error) {
  NEED(node, error);
  NEED(name, error);
  NEED(tensor, error);
  return mmd_plugin_error_set(error, mmd_plugin_attr_write(node, name, tensor));
}

static void attr_remove(mmdeploy_node_t *node, const char *name) {
  if (node && name) mmd_node_remove_attr(node, name);
}

//===--- values ------------------------------------------------------------===//

static const char *value_name(const mmdeploy_graph_value_t *value) {
  return text_or_empty(value ? value->name : NULL);
}

static int32_t value_info(const mmdeploy_graph_value_t *value,
                          mmdeploy_plugin_tensor_info_t *out_info) {
  if (!value || !out_info) return MMDEPLOY_PLUGIN_INVALID_ARGUMENT;
  return mmd_edge_tensor_info(value, out_info) ? MMDEPLOY_PLUGIN_OK : MMDEPLOY_PLUGIN_NOT_SUPPORTED;
}

static mmd_status_t set_info(mmd_edge_t *edge, const mmdeploy_plugin_tensor_info_t *info) {
  mmd_graph_t *graph = edge->region->graph;
  if (info->rank > MMD_MAX_RANK || info->dtype < 0 || info->dtype >= MMD_DTYPE_COUNT) {
    return MMD_ERROR(MMD_INVALID_ARGUMENT, "value '%s': element type %d and rank %d", edge->name,
                     (int)info->dtype, (int)info->rank);
  }
  mmd_type_t type = {.kind = MMD_TYPE_TENSOR,
                     .dtype = (mmd_dtype_t)info->dtype,
                     .has_rank = info->rank >= 0,
                     .rank = info->rank < 0 ? 0 : info->rank};
  for (int i = 0; i < type.rank; ++i) {
    const char *name = info->dim_names[i];
    type.dims[i] = info->dims[i] >= 0 ? mmd_dim_const(graph, info->dims[i])
                   : name && *name    ? mmd_dim_symbol(graph, name)
                                      : mmd_dim_fresh(graph, edge->name);
    MMD_TRY_ALLOC(type.dims[i]);
  }
  return mmd_edge_set_type(edge, &type);
}

static int32_t value_set_info(mmdeploy_graph_value_t *value,
                              const mmdeploy_plugin_tensor_info_t *info,
                              mmdeploy_plugin_error_t *error) {
  NEED(value, error);
  NEED(info, error);
  return mmd_plugin_error_set(error, set_info(value, info));
}

static mmdeploy_node_t *value_producer(const mmdeploy_graph_value_t *value) {
  return value ? value->producer : NULL;
}

static int32_t value_is_constant(const mmdeploy_graph_value_t *value) {
  return value && value->is_constant;
}

static int32_t value_is_output(const mmdeploy_graph_value_t *value) {
  return value && mmd_edge_is_output(value);
}

static size_t value_use_count(const mmdeploy_graph_value_t *value) {
  return value ? mmd_edge_use_count(value) : 0;
}

static mmdeploy_node_t *value_user(const mmdeploy_graph_value_t *value, size_t index) {
  const mmd_use_t *use = value ? value->uses : NULL;
  for (; use && index; --index) use = use->next;
  return use ? use->node : NULL;
}

static int32_t value_rename(mmdeploy_graph_value_t *value, const char *name,
                            mmdeploy_plugin_error_t *error) {
  NEED(value, error);
  NEED(name, error);
  return mmd_plugin_error_set(error, mmd_edge_rename(value, name));
}

static int32_t value_replace_uses(mmdeploy_graph_value_t *from, mmdeploy_graph_value_t *to,
                                  mmdeploy_plugin_error_t *error) {
  NEED(from, error);
  NEED(to, error);
  return mmd_plugin_error_set(error, mmd_edge_replace_uses(from, to));
}

static int32_t value_forward(mmdeploy_graph_value_t *from, mmdeploy_graph_value_t *to,
                             mmdeploy_plugin_error_t *error) {
  NEED(from, error);
  NEED(to, error);
  return mmd_plugin_error_set(error, mmd_edge_forward(from, to));
}

//===--- constants ---------------------------------------------------------===//

static int32_t value_constant(mmdeploy_graph_value_t *value, mmdeploy_graph_tensor_t *out_tensor,
                              mmdeploy_plugin_error_t *error) {
  NEED(value, error);
  NEED(out_tensor, error);
  return mmd_plugin_error_set(error, mmd_plugin_constant_show(value, out_tensor));
}

static int32_t constant_create(mmdeploy_region_t *region, const char *name,
                               const mmdeploy_graph_tensor_t *tensor,
                               mmdeploy_graph_value_t **out_value, mmdeploy_plugin_error_t *error) {
  NEED(out_value, error);
  *out_value = NULL;
  NEED(region, error);
  NEED(tensor, error);
  return mmd_plugin_error_set(error, mmd_plugin_constant_add(region, name, tensor, out_value));
}

static int32_t constant_set(mmdeploy_graph_value_t *value, const mmdeploy_graph_tensor_t *tensor,
                            mmdeploy_plugin_error_t *error) {
  NEED(value, error);
  NEED(tensor, error);
  return mmd_plugin_error_set(error, mmd_plugin_constant_write(value, tensor));
}

static int32_t value_erase_constant(mmdeploy_graph_value_t *value, mmdeploy_plugin_error_t *error) {
  NEED(value, error);
  if (!value->is_constant || value->uses) {
    return mmd_plugin_error_set(
        error,
        MMD_ERROR(MMD_INVALID_ARGUMENT, "value '%s' is no initialiser without uses", value->name));
  }
  return mmd_plugin_error_set(error, mmd_edge_erase_constant(value));
}

const mmdeploy_graph_api_t mmd_plugin_graph_api = {
    .abi_version = MMDEPLOY_GRAPH_ABI_VERSION,
    .struct_size = sizeof(mmdeploy_graph_api_t),
    .base = &mmd_target_host_base,
    .graph_root = graph_root,
    .graph_name = graph_name,
    .graph_opset = graph_opset,
    .graph_set_opset = graph_set_opset,
    .graph_find_value = graph_find_value,
    .graph_infer = graph_infer,
    .graph_verify = graph_verify,
    .region_input_count = region_input_count,
    .region_input = region_input,
    .region_output_count = region_output_count,
    .region_output = region_output,
    .region_set_output = region_set_output,
    .region_constant_count = region_constant_count,
    .region_constant = region_constant,
    .region_node_count = region_node_count,
    .region_first_node = region_first_node,
    .region_last_node = region_last_node,
    .region_owner = region_owner,
    .node_next = node_next,
    .node_previous = node_previous,
    .node_region = node_region,
    .node_domain = node_domain,
    .node_op = node_op,
    .node_version = node_version,
    .node_name = node_name,
    .node_scope = node_scope,
    .node_input_count = node_input_count,
    .node_input = node_input,
    .node_output_count = node_output_count,
    .node_output = node_output,
    .node_create = node_create,
    .node_erase = node_erase,
    .node_set_input = node_set_input,
    .node_set_op = node_set_op,
    .node_set_name = node_set_name,
    .node_set_scope = node_set_scope,
    .node_move_before = node_move_before,
    .attr_count = attr_count,
    .attr_name = attr_name,
    .attr_kind = attr_kind,
    .attr_int = attr_int,
    .attr_float = attr_float,
    .attr_string = attr_string,
    .attr_ints = attr_ints,
    .attr_floats = attr_floats,
    .attr_tensor = attr_tensor,
    .attr_region = attr_region,
    .attr_set_int = attr_set_int,
    .attr_set_float = attr_set_float,
    .attr_set_string = attr_set_string,
    .attr_set_ints = attr_set_ints,
    .attr_set_floats = attr_set_floats,
    .attr_set_tensor = attr_set_tensor,
    .attr_remove = attr_remove,
    .value_name = value_name,
    .value_info = value_info,
    .value_set_info = value_set_info,
    .value_producer = value_producer,
    .value_is_constant = value_is_constant,
    .value_is_output = value_is_output,
    .value_use_count = value_use_count,
    .value_user = value_user,
    .value_rename = value_rename,
    .value_replace_uses = value_replace_uses,
    .value_forward = value_forward,
    .value_constant = value_constant,
    .constant_create = constant_create,
    .constant_set = constant_set,
    .value_erase_constant = value_erase_constant,
};
