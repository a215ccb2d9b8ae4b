// SPDX-License-Identifier: Apache-2.0
#include "nn/mark.h"

// Sizes of the time of building; 0 where they are not known.
static void set_type(mmd_builder_t *builder, mmd_node_t *node, const mmd_edge_t *edge) {
  int64_t dims[MMD_MAX_RANK] = {0};
  const mmd_type_t *type = &edge->type;
  if (type->kind != MMD_TYPE_TENSOR || !type->has_rank) return;
  for (int i = 0; i < type->rank; ++i) {
    const int64_t size = mmd_nn_size(edge, i);
    dims[i] = size > 0 ? size : 0;
  }
  mmd_nn_set_int(builder, node, "dtype", type->dtype);
  mmd_nn_set_ints(builder, node, "shape", (size_t)type->rank, dims);
}

mmd_edge_t *mmd_nn_mark(mmd_builder_t *builder, const char *func, int id, const char *type,
                        const char *name, mmd_edge_t *edge) {
  if (!builder->has_marks) return edge;
  mmd_nn_infer(builder);
  mmd_node_t *node = mmd_nn_node(builder, MMD_DOMAIN_MMDEPLOY, "Mark", 1, &edge, 1);
  mmd_nn_set_string(builder, node, "func", func);
  mmd_nn_set_int(builder, node, "func_id", id);
  mmd_nn_set_string(builder, node, "type", type);
  mmd_nn_set_string(builder, node, "name", name);
  if (!node) return NULL;
  set_type(builder, node, edge);
  return node->outputs[0];
}
