// SPDX-License-Identifier: Apache-2.0
#include "convert/plugin_tensor.h"

static bool is_known_dtype(int32_t dtype) {
  return (dtype >= MMDEPLOY_PLUGIN_F32 && dtype <= MMDEPLOY_PLUGIN_U64 &&
          dtype != MMDEPLOY_PLUGIN_STRING) ||
         dtype == MMDEPLOY_PLUGIN_BF16;
}

static mmd_status_t read_tensor(const mmdeploy_graph_tensor_t *from, mmd_tensor_t *out_tensor) {
  mmd_shape_t shape;
  if (!is_known_dtype(from->dtype))
    return MMD_ERROR(MMD_NOT_SUPPORTED, "tensors of element type %d", (int)from->dtype);
  MMD_TRY(mmd_shape_make(from->rank, from->dims, &shape));
  size_t count;
  MMD_TRY(mmd_shape_count(&shape, &count));
  const size_t item_size = mmd_dtype_bits((mmd_dtype_t)from->dtype) / 8;
  if (from->byte_size / item_size != count || from->byte_size % item_size) {
    return MMD_ERROR(MMD_INVALID_ARGUMENT,
                     "tensor data of %zu bytes; its shape needs %zu elements of %zu bytes",
                     from->byte_size, count, item_size);
  }
  if (!from->data && from->byte_size) return MMD_ERROR(MMD_INVALID_ARGUMENT, "tensor data is NULL");
  return mmd_tensor_from_data((mmd_dtype_t)from->dtype, &shape, from->data, out_tensor);
}

// |tensor| is packed and aligned.
static mmd_status_t show_tensor(const mmd_tensor_t *tensor, mmdeploy_graph_tensor_t *out) {
  if (!is_known_dtype((int32_t)tensor->dtype)) {
    return MMD_ERROR(MMD_NOT_SUPPORTED, "tensors of element type %s",
                     mmd_dtype_name(tensor->dtype));
  }
  *out = (mmdeploy_graph_tensor_t){.dtype = (int32_t)tensor->dtype,
                                   .rank = tensor->shape.rank,
                                   .data = mmd_tensor_data(tensor),
                                   .byte_size = mmd_tensor_byte_size(tensor)};
  for (int i = 0; i < out->rank; ++i) out->dims[i] = tensor->shape.dims[i];
  return NULL;
}

static bool is_readable(const mmd_tensor_t *tensor) {
  return mmd_tensor_is_contiguous(tensor) && mmd_tensor_is_aligned(tensor);
}

const mmd_attr_t *mmd_plugin_attr_find(const mmd_node_t *node, const char *name,
                                       mmd_attr_kind_t kind) {
  const mmd_attr_t *attr = node && name ? mmd_node_attr(node, name) : NULL;
  return attr && attr->kind == kind ? attr : NULL;
}

// Weights in a file may lie at any byte; they move once they are read.
mmd_status_t mmd_plugin_attr_show(mmd_node_t *node, const char *name,
                                  mmdeploy_graph_tensor_t *out_tensor) {
  const mmd_attr_t *attr = mmd_plugin_attr_find(node, name, MMD_ATTR_TENSOR);
  if (!attr) {
    return MMD_ERROR(MMD_NOT_FOUND, "node '%s' has no tensor attribute '%s'", node->name, name);
  }
  if (!is_readable(attr->u.tensor)) {
    mmd_tensor_t packed;
    MMD_TRY(mmd_tensor_copy(attr->u.tensor, &packed));
    mmd_status_t status = mmd_node_set_tensor(node, name, &packed);
    mmd_tensor_deinit(&packed);
    MMD_TRY(status);
    attr = mmd_plugin_attr_find(node, name, MMD_ATTR_TENSOR);
  }
  return show_tensor(attr->u.tensor, out_tensor);
}

mmd_status_t mmd_plugin_attr_write(mmd_node_t *node, const char *name,
                                   const mmdeploy_graph_tensor_t *tensor) {
  mmd_tensor_t copy;
  MMD_TRY(read_tensor(tensor, &copy));
  mmd_status_t status = mmd_node_set_tensor(node, name, &copy);
  mmd_tensor_deinit(&copy);
  return status;
}

mmd_status_t mmd_plugin_constant_show(mmd_edge_t *edge, mmdeploy_graph_tensor_t *out_tensor) {
  if (!edge->is_constant) {
    mmd_node_t *node = edge->producer;
    if (node && mmd_node_is(node, MMD_DOMAIN_ONNX, "Constant"))
      return mmd_plugin_attr_show(node, "value", out_tensor);
    return MMD_ERROR(MMD_NOT_FOUND, "value '%s' is no constant", edge->name);
  }
  if (!is_readable(&edge->constant)) {
    mmd_tensor_t packed;
    MMD_TRY(mmd_tensor_copy(&edge->constant, &packed));
    mmd_status_t status = mmd_edge_set_constant(edge, &packed);
    mmd_tensor_deinit(&packed);
    MMD_TRY(status);
  }
  return show_tensor(&edge->constant, out_tensor);
}

mmd_status_t mmd_plugin_constant_add(mmd_region_t *region, const char *name,
                                     const mmdeploy_graph_tensor_t *tensor, mmd_edge_t **out_edge) {
  mmd_tensor_t copy;
  MMD_TRY(read_tensor(tensor, &copy));
  mmd_status_t status = mmd_region_add_constant(region, name, &copy, out_edge);
  mmd_tensor_deinit(&copy);
  return status;
}

mmd_status_t mmd_plugin_constant_write(mmd_edge_t *edge, const mmdeploy_graph_tensor_t *tensor) {
  if (!edge->is_constant)
    return MMD_ERROR(MMD_INVALID_ARGUMENT, "value '%s' is no initialiser", edge->name);
  mmd_tensor_t copy;
  MMD_TRY(read_tensor(tensor, &copy));
  mmd_status_t status = mmd_edge_set_constant(edge, &copy);
  mmd_tensor_deinit(&copy);
  return status;
}
