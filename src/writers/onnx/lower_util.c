// SPDX-License-Identifier: Apache-2.0
#include "writers/onnx/lower_rules.h"

static const char *base_name(const mmd_node_t *node) {
  if (*node->name) return node->name;
  return node->output_count > 0 && node->outputs[0] ? node->outputs[0]->name : node->op;
}

const mmd_tensor_t *mmd_lower_constant(const mmd_node_t *node, size_t index) {
  const mmd_edge_t *edge = mmd_node_input(node, index);
  if (!edge) return NULL;
  if (edge->is_constant) return &edge->constant;
  if (!edge->producer || !mmd_node_is(edge->producer, MMD_DOMAIN_ONNX, "Constant")) return NULL;
  return mmd_node_attr_tensor(edge->producer, "value");
}

bool mmd_lower_ints(const mmd_node_t *node, size_t index, int64_t *numbers, size_t capacity,
                    size_t *out_count) {
  const mmd_tensor_t *tensor = mmd_lower_constant(node, index);
  if (!tensor || (tensor->dtype != MMD_I64 && tensor->dtype != MMD_I32)) return false;
  size_t count = mmd_tensor_count(tensor);
  if (count > capacity) return false;
  for (size_t i = 0; i < count; i++) numbers[i] = mmd_tensor_get_i64(tensor, i);
  *out_count = count;
  return true;
}

int mmd_lower_rank(const mmd_node_t *node, size_t index) {
  const mmd_edge_t *edge = mmd_node_input(node, index);
  bool known = edge && edge->type.kind == MMD_TYPE_TENSOR && edge->type.has_rank;
  return known ? edge->type.rank : -1;
}

mmd_dtype_t mmd_lower_dtype(const mmd_node_t *node, size_t index) {
  const mmd_edge_t *edge = mmd_node_input(node, index);
  bool known = edge && edge->type.kind == MMD_TYPE_TENSOR && edge->type.dtype;
  return known ? edge->type.dtype : MMD_F32;
}

bool mmd_lower_output_used(const mmd_node_t *node, size_t index) {
  return index < node->output_count && node->outputs[index] && node->outputs[index]->uses;
}

mmd_status_t mmd_lower_insert(mmd_node_t *node, const char *op, mmd_edge_t *a, mmd_edge_t *b,
                              mmd_edge_t *c, mmd_node_t **out_node) {
  mmd_edge_t *inputs[] = {a, b, c};
  size_t count = !a ? 0 : !b ? 1 : !c ? 2 : 3;
  // The number keeps names of nodes apart, which some engines ask for.
  const char *name = mmd_arena_printf(&node->region->graph->arena, "%s_%s_%zu", base_name(node), op,
                                      node->region->node_count);
  MMD_TRY_ALLOC(name);
  MMD_TRY(
      mmd_node_create(node->region, node, MMD_DOMAIN_ONNX, op, name, count, inputs, 1, out_node));
  return mmd_node_set_scope(*out_node, node->scope);
}

static mmd_status_t add_constant(mmd_node_t *node, const char *what, mmd_tensor_t *tensor,
                                 mmd_edge_t **out_edge) {
  const char *name = mmd_arena_printf(&node->region->graph->arena, "%s_%s", base_name(node), what);
  mmd_status_t status = name ? NULL : mmd_status_no_memory();
  if (!status) status = mmd_region_add_constant(node->region, name, tensor, out_edge);
  mmd_tensor_deinit(tensor);
  return status;
}

mmd_status_t mmd_lower_scalar(mmd_node_t *node, const char *what, mmd_dtype_t dtype, double number,
                              mmd_edge_t **out_edge) {
  const mmd_shape_t shape = {.rank = 0};
  mmd_tensor_t tensor = {0};
  MMD_TRY(mmd_tensor_create(dtype, &shape, true, &tensor));
  mmd_dtype_store_f64(dtype, mmd_tensor_mutable_data(&tensor), 0, number);
  return add_constant(node, what, &tensor, out_edge);
}

mmd_status_t mmd_lower_i64s(mmd_node_t *node, const char *what, const int64_t *numbers,
                            size_t count, mmd_edge_t **out_edge) {
  mmd_tensor_t tensor = {0};
  MMD_TRY(mmd_tensor_from_i64(numbers, count, &tensor));
  return add_constant(node, what, &tensor, out_edge);
}

mmd_status_t mmd_lower_become(mmd_node_t *node, const char *op, mmd_edge_t *a, mmd_edge_t *b) {
  while (node->attr_count > 0) mmd_node_remove_attr(node, node->attrs[0].name);
  MMD_TRY(mmd_node_set_op(node, MMD_DOMAIN_ONNX, op, node->version));
  MMD_TRY(mmd_node_set_input(node, 0, a));
  if (b) MMD_TRY(mmd_node_set_input(node, 1, b));
  MMD_TRY(mmd_node_trim_inputs(node, b ? 2 : 1));
  while (node->output_count > 1) MMD_TRY(mmd_node_drop_output(node, node->output_count - 1));
  return NULL;
}

mmd_status_t mmd_lower_drop_int(mmd_node_t *node, const char *name, int64_t value,
                                const char *reason, const char **out_reason) {
  if (mmd_node_attr_int(node, name, value) != value) {
    *out_reason = reason;
  } else {
    mmd_node_remove_attr(node, name);
  }
  return NULL;
}

mmd_status_t mmd_lower_drop_text(mmd_node_t *node, const char *name, const char *value,
                                 const char *reason, const char **out_reason) {
  if (!mmd_str_equal(mmd_node_attr_string(node, name, value), value)) {
    *out_reason = reason;
  } else {
    mmd_node_remove_attr(node, name);
  }
  return NULL;
}
